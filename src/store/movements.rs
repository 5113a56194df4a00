//! The ledger read as its customers see it: movements by key, and sums from the daily totals.

use super::engine::{Db, Result, Sql, row};
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TopUpId, TransferId};
use crate::domain::ledger::TransferKind;
use crate::domain::money::{Cents, UnitPrice};
use crate::domain::party::Scope;

row! {
    /// A movement as its customer sees it.
    pub struct Movement {
        /// Its id.
        pub id: TransferId,
        /// Whose.
        pub customer_id: TenantId,
        /// Position in the customer's book.
        pub seq: i64,
        /// Kind.
        pub kind: TransferKind,
        /// Meter of usage, otherwise the kind.
        pub category: String,
        /// Change of the balance.
        pub amount_cents: Cents,
        /// Balance afterwards.
        pub balance_cents: Cents,
        /// Billed seconds or pieces.
        pub quantity: i64,
        /// The customer's unit price.
        pub unit_price_micros: UnitPrice,
        /// The reseller's commission of it.
        pub commission_cents: Cents,
        /// What it was.
        pub description: String,
        /// Why somebody did it by hand; its customer may read that.
        pub reason: Option<String>,
        /// The charge that it takes back.
        pub reverses_id: Option<TransferId>,
        /// The top-up it belongs to.
        pub top_up_id: Option<TopUpId>,
        /// When it happened.
        pub occurred_at: Ts,
        /// When it was posted.
        pub posted_at: Ts,
    }
}

/// What a list of movements is narrowed to; `Default` shows all.
#[derive(Clone, Debug)]
pub struct MovementFilter {
    /// A meter or kind.
    pub category: Option<String>,
    /// Part of the description.
    pub text: Option<String>,
    /// Smallest absolute amount.
    pub min: Cents,
    /// Largest absolute amount.
    pub max: Cents,
    /// First German day, `2026-11-01`.
    pub from: Option<String>,
    /// Last German day.
    pub to: Option<String>,
}

impl Default for MovementFilter {
    fn default() -> MovementFilter {
        MovementFilter {
            category: None,
            text: None,
            min: Cents::ZERO,
            max: Cents(i64::MAX),
            from: None,
            to: None,
        }
    }
}

/// From where a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// The newest.
    Start,
    /// Older than this position.
    OlderThan(i64),
    /// Newer than this position.
    NewerThan(i64),
}

// An amount that nobody asked for must not look like a filter to the planner, or it would read and sort the whole book.
// Four texts instead of one with `OR`: only so does each use its index and stay fast at any depth.
const OLDER: &str = "SELECT * FROM transfers WHERE customer_id = $1 AND seq < $2 AND seq >= $3 AND seq <= $4 \
    AND ($5 = 0 OR ABS(amount_cents) >= $5) AND ($6 = 9223372036854775807 OR ABS(amount_cents) <= $6) AND ($7 = '' OR search_text LIKE $7 ESCAPE '!') \
    ORDER BY seq DESC LIMIT $8";
const NEWER: &str = "SELECT * FROM transfers WHERE customer_id = $1 AND seq > $2 AND seq >= $3 AND seq <= $4 \
    AND ($5 = 0 OR ABS(amount_cents) >= $5) AND ($6 = 9223372036854775807 OR ABS(amount_cents) <= $6) AND ($7 = '' OR search_text LIKE $7 ESCAPE '!') \
    ORDER BY seq LIMIT $8";
// Without statistics, as in a young database, SQLite would walk the whole book by position when a kind is rare.
const OLDER_OF_CATEGORY: Sql = Sql {
    lite: "SELECT * FROM transfers INDEXED BY transfers_by_category WHERE customer_id = $1 AND category = $9 AND seq < $2 AND seq >= $3 AND seq <= $4 \
    AND ($5 = 0 OR ABS(amount_cents) >= $5) AND ($6 = 9223372036854775807 OR ABS(amount_cents) <= $6) AND ($7 = '' OR search_text LIKE $7 ESCAPE '!') \
    ORDER BY seq DESC LIMIT $8",
    pg: "SELECT * FROM transfers WHERE customer_id = $1 AND category = $9 AND seq < $2 AND seq >= $3 AND seq <= $4 \
    AND ($5 = 0 OR ABS(amount_cents) >= $5) AND ($6 = 9223372036854775807 OR ABS(amount_cents) <= $6) AND ($7 = '' OR search_text LIKE $7 ESCAPE '!') \
    ORDER BY seq DESC LIMIT $8",
};
const NEWER_OF_CATEGORY: Sql = Sql {
    lite: "SELECT * FROM transfers INDEXED BY transfers_by_category WHERE customer_id = $1 AND category = $9 AND seq > $2 AND seq >= $3 AND seq <= $4 \
    AND ($5 = 0 OR ABS(amount_cents) >= $5) AND ($6 = 9223372036854775807 OR ABS(amount_cents) <= $6) AND ($7 = '' OR search_text LIKE $7 ESCAPE '!') \
    ORDER BY seq LIMIT $8",
    pg: "SELECT * FROM transfers WHERE customer_id = $1 AND category = $9 AND seq > $2 AND seq >= $3 AND seq <= $4 \
    AND ($5 = 0 OR ABS(amount_cents) >= $5) AND ($6 = 9223372036854775807 OR ABS(amount_cents) <= $6) AND ($7 = '' OR search_text LIKE $7 ESCAPE '!') \
    ORDER BY seq LIMIT $8",
};

/// A page of movements of one customer, newest first, by key.
///
/// # Errors
/// Failures of the engine. Empty for a customer outside the scope.
pub async fn list_movements(
    db: &Db,
    scope: Scope,
    customer: TenantId,
    filter: &MovementFilter,
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<Movement>> {
    if !super::tenants::is_visible(db, scope, customer).await? {
        return Ok(vec![]);
    }
    let Some((first, last)) = positions(db, customer, filter).await? else { return Ok(vec![]) };
    let (newer, key) = match cursor {
        Cursor::Start => (false, i64::MAX),
        Cursor::OlderThan(seq) => (false, seq),
        Cursor::NewerThan(seq) => (true, seq),
    };
    let sql = match (newer, filter.category.is_some()) {
        (false, false) => Sql::from(OLDER),
        (true, false) => Sql::from(NEWER),
        (false, true) => OLDER_OF_CATEGORY,
        (true, true) => NEWER_OF_CATEGORY,
    };
    let mut query =
        db.q(sql).bind(customer).bind(key).bind(first).bind(last).bind(filter.min).bind(filter.max);
    query = query.bind(pattern(filter.text.as_deref())).bind(limit);
    if let Some(category) = &filter.category {
        query = query.bind(category.clone());
    }
    let mut rows = query.all::<Movement>().await?;
    if newer {
        rows.reverse();
    }
    Ok(rows)
}

/// A `LIKE` pattern that finds `text` literally.
pub(super) fn pattern(text: Option<&str>) -> String {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => String::new(),
        Some(text) => {
            let escaped = text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
            format!("%{escaped}%")
        }
    }
}

row! {
    struct Positions { first: Option<i64>, last: Option<i64> }
}

/// Turns days into positions, so that a date never needs an index of its own. `None` when no movement lies between them.
async fn positions(db: &Db, customer: TenantId, filter: &MovementFilter) -> Result<Option<(i64, i64)>> {
    if filter.from.is_none() && filter.to.is_none() {
        return Ok(Some((0, i64::MAX)));
    }
    let found = db
        .q("SELECT CAST(MIN(first_seq) AS BIGINT) AS first, CAST(MAX(last_seq) AS BIGINT) AS last FROM daily_totals \
            WHERE customer_id = $1 AND day >= $2 AND day <= $3")
        .bind(customer)
        .bind(filter.from.clone().unwrap_or_default())
        .bind(filter.to.clone().unwrap_or_else(|| "9999-12-31".into()))
        .one::<Positions>()
        .await?;
    Ok(found.first.zip(found.last))
}

/// One movement of a customer.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find_movement(db: &Db, scope: Scope, id: TransferId) -> Result<Option<Movement>> {
    db.q("SELECT x.* FROM transfers x JOIN tenants t ON t.id = x.customer_id \
          WHERE x.id = $1 AND ($2 IS NULL OR t.reseller_id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

row! {
    /// What one customer moved on one German day in one category.
    pub struct DailyTotal {
        /// The day, `2026-11-23`.
        pub day: String,
        /// Meter or kind.
        pub category: String,
        /// Number of movements.
        pub transfers: i64,
        /// Billed seconds or pieces.
        pub quantity: i64,
        /// Sum, signed.
        pub amount_cents: Cents,
    }
}

/// Sums per day and category between two German days, oldest first.
///
/// # Errors
/// Failures of the engine. Empty outside the scope.
pub async fn daily_totals(
    db: &Db,
    scope: Scope,
    customer: TenantId,
    from: &str,
    to: &str,
) -> Result<Vec<DailyTotal>> {
    db.q("SELECT d.day, d.category, d.transfers, d.quantity, d.amount_cents FROM daily_totals d JOIN tenants t ON t.id = d.customer_id \
          WHERE d.customer_id = $1 AND d.day >= $2 AND d.day <= $3 \
          AND ($4 IS NULL OR t.reseller_id = $4) AND ($5 IS NULL OR t.id = $5) ORDER BY d.day, d.category")
        .bind(customer)
        .bind(from.to_owned())
        .bind(to.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .all()
        .await
}

row! {
    /// What a customer's list of movements adds up to.
    pub struct MovementSums {
        /// Number of movements.
        pub transfers: i64,
        /// Sum of the categories that were credits on balance of their day.
        pub credit_cents: Cents,
        /// Sum of the others.
        pub debit_cents: Cents,
    }
}

/// Adds up one customer's daily totals, of one category or all.
///
/// # Errors
/// Failures of the engine.
pub async fn sum_movements(
    db: &Db,
    scope: Scope,
    customer: TenantId,
    category: Option<&str>,
    from: &str,
    to: &str,
) -> Result<MovementSums> {
    db.q("SELECT CAST(COALESCE(SUM(d.transfers), 0) AS BIGINT) AS transfers, \
          CAST(COALESCE(SUM(CASE WHEN d.amount_cents > 0 THEN d.amount_cents ELSE 0 END), 0) AS BIGINT) AS credit_cents, \
          CAST(COALESCE(SUM(CASE WHEN d.amount_cents < 0 THEN d.amount_cents ELSE 0 END), 0) AS BIGINT) AS debit_cents \
          FROM daily_totals d JOIN tenants t ON t.id = d.customer_id \
          WHERE d.customer_id = $1 AND d.day >= $2 AND d.day <= $3 AND ($4 = '' OR d.category = $4) \
          AND ($5 IS NULL OR t.reseller_id = $5) AND ($6 IS NULL OR t.id = $6)")
        .bind(customer)
        .bind(from.to_owned())
        .bind(to.to_owned())
        .bind(category.unwrap_or_default().to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .one()
        .await
}

row! {
    /// What moved within a scope over some days.
    pub struct Sums {
        /// Credited by top-ups.
        pub topped_up_cents: Cents,
        /// Used, as a positive amount.
        pub used_cents: Cents,
        /// The resellers' commission of it.
        pub commission_cents: Cents,
    }
}

/// Sums over all customers in the scope between two German days.
///
/// # Errors
/// Failures of the engine.
pub async fn sums(db: &Db, scope: Scope, from: &str, to: &str) -> Result<Sums> {
    db.q("SELECT CAST(COALESCE(SUM(CASE WHEN d.category = 'topup' THEN d.amount_cents ELSE 0 END), 0) AS BIGINT) AS topped_up_cents, \
          CAST(COALESCE(SUM(CASE WHEN d.category NOT IN ('topup', 'wholesale', 'refund', 'bonus', 'adjustment') THEN -d.amount_cents ELSE 0 END), 0) AS BIGINT) AS used_cents, \
          CAST(COALESCE(SUM(d.commission_cents), 0) AS BIGINT) AS commission_cents \
          FROM daily_totals d JOIN tenants t ON t.id = d.customer_id \
          WHERE d.day >= $1 AND d.day <= $2 AND ($3 IS NULL OR t.reseller_id = $3) AND ($4 IS NULL OR t.id = $4)")
        .bind(from.to_owned())
        .bind(to.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .one()
        .await
}
