//! Movements of many customers by key, newest first, whatever they are narrowed to and however many there are.
//!
//! The key is the id: it begins with the time of posting, so days are ranges of ids. What no index knows, a text or an amount, is looked
//! for in a window of the newest movements; where the window ends before a page is full, [`Found::next`] leads on from there.

use super::Transfer;
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TransferId, first_uuid_of};
use crate::domain::ledger::TransferKind;
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::store::engine::{Db, Q, Result, Sql, row};
use crate::store::movements::pattern;
use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

/// Movements that one search looks through.
pub const WINDOW: i64 = 50_000;

/// A kind of movement, as it can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A meter, or `wholesale`: charges and what was taken back of them.
    Category(String),
    /// Top-ups, refunds, bonus, adjustments, and reversals of whatever meter.
    Rare(TransferKind),
}

impl Listed {
    /// What a name in an address stands for: a meter or a kind; `None` for `usage`, which is all meters.
    pub fn parse(name: &str) -> Option<Listed> {
        match TransferKind::parse(name) {
            Some(TransferKind::Usage) => None,
            None | Some(TransferKind::Wholesale) => Some(Listed::Category(name.to_owned())),
            Some(kind) => Some(Listed::Rare(kind)),
        }
    }
}

/// What a list is narrowed to; `Default` shows all.
#[derive(Clone, Debug)]
pub struct TransferFilter {
    /// A kind of movement.
    pub listed: Option<Listed>,
    /// Part of the description.
    pub text: Option<String>,
    /// Customers that the text names; their movements are found as well.
    pub named: Vec<TenantId>,
    /// One customer, or a reseller who prepays.
    pub customer: Option<TenantId>,
    /// The customers of one reseller.
    pub reseller: Option<TenantId>,
    /// Smallest absolute amount.
    pub min: Cents,
    /// Largest absolute amount.
    pub max: Cents,
    /// First German day of posting.
    pub from: Option<Date>,
    /// Last German day of posting.
    pub to: Option<Date>,
}

impl Default for TransferFilter {
    fn default() -> TransferFilter {
        TransferFilter {
            listed: None,
            text: None,
            named: vec![],
            customer: None,
            reseller: None,
            min: Cents::ZERO,
            max: Cents(i64::MAX),
            from: None,
            to: None,
        }
    }
}

impl TransferFilter {
    /// Whether something is asked for that no index knows.
    pub fn searches(&self) -> bool {
        self.text.is_some() || self.min > Cents::ZERO || self.max < Cents(i64::MAX)
    }

    /// The first and last day as texts, open ends included.
    pub(super) fn days(&self) -> (String, String) {
        let from = self.from.map_or_else(String::new, |day| day.to_string());
        (from, self.to.map_or_else(|| "9999-12-31".to_owned(), |day| day.to_string()))
    }
}

/// A page of what was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The movements, newest first.
    pub rows: Vec<Transfer>,
    /// Where to go on (`after`), if there may be more.
    pub next: Option<TransferId>,
    /// Set when the search ended before the page was full: everything posted since then was looked through.
    pub searched_to: Option<Ts>,
}

// Inside, the newest movements by one index and nothing else; around them, what no index knows. Only so does either engine stop at the
// window's end whatever its statistics say. A filter that nobody set must not look like one to the planner.
const PLATFORM: Sql = Sql {
    lite: "SELECT w.* FROM (SELECT * FROM transfers WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
           WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
           AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id IN (SELECT unhex(value) FROM json_each($8))) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
    pg: "SELECT w.* FROM (SELECT * FROM transfers WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
         WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
         AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id = ANY($8)) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
};
const RESELLER: Sql = Sql {
    lite: "SELECT w.* FROM (SELECT * FROM transfers INDEXED BY transfers_of_reseller WHERE reseller_id = $10 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
           WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
           AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id IN (SELECT unhex(value) FROM json_each($8))) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
    pg: "SELECT w.* FROM (SELECT * FROM transfers WHERE reseller_id = $10 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
         WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
         AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id = ANY($8)) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
};
const RARE: Sql = Sql {
    lite: "SELECT w.* FROM (SELECT * FROM transfers INDEXED BY transfers_rare WHERE kind = $10 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
           WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
           AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id IN (SELECT unhex(value) FROM json_each($8))) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
    pg: "SELECT w.* FROM (SELECT * FROM transfers WHERE kind = $10 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
         WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
         AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id = ANY($8)) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
};
const RARE_OF_RESELLER: Sql = Sql {
    lite: "SELECT w.* FROM (SELECT * FROM transfers INDEXED BY transfers_rare_of_reseller WHERE reseller_id = $10 AND kind = $11 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
           WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
           AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id IN (SELECT unhex(value) FROM json_each($8))) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
    pg: "SELECT w.* FROM (SELECT * FROM transfers WHERE reseller_id = $10 AND kind = $11 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3) w \
         WHERE ($4 = 0 OR ABS(w.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(w.amount_cents) <= $5) \
         AND ($6 = '' OR w.search_text LIKE $6 ESCAPE '!' OR w.customer_id = ANY($8)) AND ($7 = '' OR w.category = $7) ORDER BY w.id DESC LIMIT $9",
};

const PLATFORM_END: &str =
    "SELECT id FROM transfers WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3";
const RESELLER_END: Sql = Sql {
    lite: "SELECT id FROM transfers INDEXED BY transfers_of_reseller WHERE reseller_id = $4 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
    pg: "SELECT id FROM transfers WHERE reseller_id = $4 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
};
const RARE_END: Sql = Sql {
    lite: "SELECT id FROM transfers INDEXED BY transfers_rare WHERE kind = $4 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
    pg: "SELECT id FROM transfers WHERE kind = $4 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
};
const RARE_OF_RESELLER_END: Sql = Sql {
    lite: "SELECT id FROM transfers INDEXED BY transfers_rare_of_reseller WHERE reseller_id = $4 AND kind = $5 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
    pg: "SELECT id FROM transfers WHERE reseller_id = $4 AND kind = $5 AND kind NOT IN ('usage', 'wholesale') AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
};

// One customer's book has positions without gaps, so its window is a subtraction.
const CUSTOMER: &str = "SELECT * FROM transfers x WHERE x.customer_id = $1 AND x.seq < $2 AND x.seq >= $3 \
    AND ($4 = 0 OR ABS(x.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(x.amount_cents) <= $5) AND ($6 = '' OR x.search_text LIKE $6 ESCAPE '!') \
    AND ($7 IS NULL OR x.reseller_id = $7 OR x.customer_id = $7) ORDER BY x.seq DESC LIMIT $8";
const CUSTOMER_CATEGORY: Sql = Sql {
    lite: "SELECT * FROM transfers x INDEXED BY transfers_by_category WHERE x.customer_id = $1 AND x.category = $9 AND x.seq < $2 AND x.seq >= $3 \
           AND ($4 = 0 OR ABS(x.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(x.amount_cents) <= $5) AND ($6 = '' OR x.search_text LIKE $6 ESCAPE '!') \
           AND ($7 IS NULL OR x.reseller_id = $7 OR x.customer_id = $7) ORDER BY x.seq DESC LIMIT $8",
    pg: "SELECT * FROM transfers x WHERE x.customer_id = $1 AND x.category = $9 AND x.seq < $2 AND x.seq >= $3 \
         AND ($4 = 0 OR ABS(x.amount_cents) >= $4) AND ($5 = 9223372036854775807 OR ABS(x.amount_cents) <= $5) AND ($6 = '' OR x.search_text LIKE $6 ESCAPE '!') \
         AND ($7 IS NULL OR x.reseller_id = $7 OR x.customer_id = $7) ORDER BY x.seq DESC LIMIT $8",
};

/// A page of movements within a scope, newest first, by key.
///
/// # Errors
/// Failures of the engine. Empty outside the scope.
pub async fn list(
    db: &Db,
    scope: Scope,
    filter: &TransferFilter,
    after: Option<TransferId>,
    limit: i64,
) -> Result<Found> {
    let reseller = match (scope.reseller(), filter.reseller) {
        (Some(own), Some(asked)) if own != asked => return Ok(Found::default()),
        (own, asked) => own.or(asked),
    };
    match scope.customer().or(filter.customer) {
        Some(customer) => list_book(db, scope, customer, reseller, filter, after, limit).await,
        None => list_scope(db, reseller, filter, after, limit).await,
    }
}

/// Ids between which to look: at least the first, less than the second.
struct Bounds {
    first: Uuid,
    end: Uuid,
}

impl Bounds {
    fn of(filter: &TransferFilter, after: Option<TransferId>) -> Bounds {
        let first = filter.from.map_or(Uuid::nil(), |day| first_uuid_of(calendar::start_of(day)));
        let end = filter.to.map_or(Uuid::max(), after_day);
        Bounds { first, end: after.map_or(end, |id| end.min(id.0)) }
    }

    /// Whether nothing lies between them.
    fn is_empty(&self) -> bool {
        self.end <= self.first
    }
}

/// The first id that no movement of a day or before can have.
fn after_day(day: Date) -> Uuid {
    day.checked_add(1.day()).map_or(Uuid::max(), |next| first_uuid_of(calendar::start_of(next)))
}

async fn list_scope(
    db: &Db,
    reseller: Option<TenantId>,
    filter: &TransferFilter,
    after: Option<TransferId>,
    limit: i64,
) -> Result<Found> {
    let mut bounds = Bounds::of(filter, after);
    let (mut category, mut rare) = (String::new(), None);
    match &filter.listed {
        Some(Listed::Category(name)) => {
            category.clone_from(name);
            // Days without this meter are passed over; where there are none at all, nothing is read.
            let Some(day) = newest_day(db, reseller, name, filter, bounds.end).await? else {
                return Ok(Found::default());
            };
            bounds.end = bounds.end.min(after_day(day));
        }
        Some(Listed::Rare(kind)) => rare = Some(*kind),
        None => {}
    }
    if bounds.is_empty() {
        return Ok(Found::default());
    }
    let searches = filter.searches() || !category.is_empty();
    let window = if searches { WINDOW } else { limit + 1 };
    let (page, end) = match (reseller, rare) {
        (None, None) => (PLATFORM, Sql::from(PLATFORM_END)),
        (Some(_), None) => (RESELLER, RESELLER_END),
        (None, Some(_)) => (RARE, RARE_END),
        (Some(_), Some(_)) => (RARE_OF_RESELLER, RARE_OF_RESELLER_END),
    };
    let named: Vec<Uuid> = filter.named.iter().map(|id| id.0).collect();
    let query = db.q(page).bind(bounds.end).bind(bounds.first).bind(window).bind(filter.min).bind(filter.max);
    let query = query.bind(pattern(filter.text.as_deref())).bind(category).bind_ids(&named).bind(limit + 1);
    let rows = of_base(query, reseller, rare).all::<Transfer>().await?;
    if !searches || has_more(&rows, limit) {
        return Ok(full(rows, limit));
    }
    let query = db.q(end).bind(bounds.end).bind(bounds.first).bind(window - 1);
    row! { struct End { id: TransferId } }
    let end = of_base(query, reseller, rare).opt::<End>().await?;
    Ok(Found { searched_to: end.as_ref().map(|end| time_of(end.id)), next: end.map(|end| end.id), rows })
}

/// Binds what the base of a statement is chosen by.
fn of_base(query: Q<'_>, reseller: Option<TenantId>, rare: Option<TransferKind>) -> Q<'_> {
    let query = match reseller {
        Some(reseller) => query.bind(reseller),
        None => query,
    };
    match rare {
        Some(kind) => query.bind(kind),
        None => query,
    }
}

fn has_more(rows: &[Transfer], limit: i64) -> bool {
    i64::try_from(rows.len()).is_ok_and(|rows| rows > limit)
}

/// A page that ends where it is full, or with everything there is.
fn full(mut rows: Vec<Transfer>, limit: i64) -> Found {
    let more = has_more(&rows, limit);
    rows.truncate(usize::try_from(limit).unwrap_or(0));
    let next = rows.last().map(|row| row.id).filter(|_| more);
    Found { rows, next, searched_to: None }
}

/// The time in an id, to the millisecond.
fn time_of(id: TransferId) -> Ts {
    Ts(i64::try_from(id.0.as_u128() >> 80).unwrap_or(0).saturating_mul(1_000))
}

row! {
    struct Newest { day: Option<String> }
    struct Position { seq: i64 }
    struct Positions { first: Option<i64>, last: Option<i64> }
}

/// The newest day with a movement of a category, not after the day of `end`.
async fn newest_day(
    db: &Db,
    reseller: Option<TenantId>,
    category: &str,
    filter: &TransferFilter,
    end: Uuid,
) -> Result<Option<Date>> {
    let (from, mut to) = filter.days();
    if end < Uuid::max() {
        to = to.min(calendar::day(time_of(TransferId(end))).to_string());
    }
    let found = match reseller {
        None => db.q("SELECT MAX(day) AS day FROM daily_totals WHERE category = $1 AND day >= $2 AND day <= $3"),
        Some(_) => db.q("SELECT MAX((SELECT MAX(d.day) FROM daily_totals d WHERE d.customer_id = t.id AND d.category = $1 AND d.day >= $2 AND d.day <= $3)) AS day \
                         FROM tenants t WHERE t.reseller_id = $4"),
    };
    let found = of_base(found.bind(category.to_owned()).bind(from).bind(to), reseller, None);
    Ok(found.one::<Newest>().await?.day.and_then(|day| day.parse().ok()))
}

async fn list_book(
    db: &Db,
    scope: Scope,
    customer: TenantId,
    reseller: Option<TenantId>,
    filter: &TransferFilter,
    after: Option<TransferId>,
    limit: i64,
) -> Result<Found> {
    if !crate::store::tenants::is_visible(db, scope, customer).await? {
        return Ok(Found::default());
    }
    let (from, to) = filter.days();
    let days = db
        .q("SELECT CAST(MIN(first_seq) AS BIGINT) AS first, CAST(MAX(last_seq) AS BIGINT) AS last FROM daily_totals \
            WHERE customer_id = $1 AND day >= $2 AND day <= $3")
        .bind(customer)
        .bind(from)
        .bind(to)
        .one::<Positions>()
        .await?;
    let Some((first, last)) = days.first.zip(days.last) else { return Ok(Found::default()) };
    let key = match after {
        None => last.saturating_add(1),
        Some(id) => match position(db, customer, id).await? {
            Some(seq) => seq.min(last.saturating_add(1)),
            None => return Ok(Found::default()),
        },
    };
    let (category, rare) = match &filter.listed {
        Some(Listed::Category(name)) => (Some(name.clone()), false),
        // A reversal is listed under the meter of what it takes back.
        Some(Listed::Rare(TransferKind::Reversal)) => {
            return reversals(db, customer, reseller, filter, after, limit).await;
        }
        Some(Listed::Rare(kind)) => (Some(kind.as_str().to_owned()), true),
        None => (None, false),
    };
    let window_first = if filter.searches() && !rare { first.max(key.saturating_sub(WINDOW)) } else { first };
    let sql = if category.is_some() { CUSTOMER_CATEGORY } else { Sql::from(CUSTOMER) };
    let query = db.q(sql).bind(customer).bind(key).bind(window_first).bind(filter.min).bind(filter.max);
    let query = query.bind(pattern(filter.text.as_deref())).bind(reseller).bind(limit + 1);
    let query = match category {
        Some(category) => query.bind(category),
        None => query,
    };
    let rows = query.all::<Transfer>().await?;
    if window_first <= first || has_more(&rows, limit) {
        return Ok(full(rows, limit));
    }
    let next = at_position(db, customer, window_first).await?;
    Ok(Found { rows, searched_to: next.map(time_of), next })
}

async fn position(db: &Db, customer: TenantId, id: TransferId) -> Result<Option<i64>> {
    let query = db.q("SELECT seq FROM transfers WHERE id = $1 AND customer_id = $2").bind(id).bind(customer);
    Ok(query.opt::<Position>().await?.map(|position| position.seq))
}

async fn at_position(db: &Db, customer: TenantId, seq: i64) -> Result<Option<TransferId>> {
    row! { struct At { id: TransferId } }
    let query = db.q("SELECT id FROM transfers WHERE customer_id = $1 AND seq = $2").bind(customer).bind(seq);
    Ok(query.opt::<At>().await?.map(|at| at.id))
}

/// What was taken back of one customer's charges: there is little of it, and the index of rare kinds has it.
async fn reversals(
    db: &Db,
    customer: TenantId,
    reseller: Option<TenantId>,
    filter: &TransferFilter,
    after: Option<TransferId>,
    limit: i64,
) -> Result<Found> {
    let bounds = Bounds::of(filter, after);
    let rows = db
        .q("SELECT x.* FROM transfers x WHERE x.kind = 'reversal' AND x.kind NOT IN ('usage', 'wholesale') AND x.customer_id = $1 \
            AND x.id < $2 AND x.id >= $3 AND ABS(x.amount_cents) >= $4 AND ABS(x.amount_cents) <= $5 AND ($6 = '' OR x.search_text LIKE $6 ESCAPE '!') \
            AND ($7 IS NULL OR x.reseller_id = $7 OR x.customer_id = $7) ORDER BY x.id DESC LIMIT $8")
        .bind(customer)
        .bind(bounds.end)
        .bind(bounds.first)
        .bind(filter.min)
        .bind(filter.max)
        .bind(pattern(filter.text.as_deref()))
        .bind(reseller)
        .bind(limit + 1)
        .all::<Transfer>()
        .await?;
    Ok(full(rows, limit))
}
