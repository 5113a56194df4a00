//! Transfers as resellers and the platform see them: over many customers, each with its chain, its entries and what belongs to it.
//!
//! What a customer sees of its own movements is read in [`super::movements`].

mod list;

pub use list::{Found, Listed, TransferFilter, WINDOW, list};

use super::engine::{Db, Result, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, PriceId, TenantId, TermsId, TopUpId, TransferId};
use crate::domain::ledger::{AccountKind, TransferKind};
use crate::domain::money::{Cents, UnitPrice};
use crate::domain::party::Scope;
use crate::domain::pricing::{Carry, MeterState};

row! {
    /// A transfer with everything that was written about it. Only the chain's own people may see platform share and commission.
    pub struct Transfer {
        /// Its id.
        pub id: TransferId,
        /// The key it was posted under, once.
        pub key: String,
        /// Whose book.
        pub customer_id: TenantId,
        /// The reseller at that time.
        pub reseller_id: Option<TenantId>,
        /// Position in the book.
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
        /// The customer's price per minute or piece.
        pub unit_price_micros: UnitPrice,
        /// The reseller's commission.
        pub commission_cents: Cents,
        /// The platform's share.
        pub platform_cents: Cents,
        /// Used seconds or pieces.
        pub used_quantity: i64,
        /// The version of the customer's price.
        pub price_id: Option<PriceId>,
        /// The version of the platform's price.
        pub platform_price_id: Option<PriceId>,
        /// What was agreed with the reseller.
        pub terms_id: Option<TermsId>,
        /// What a rate that counts the month was rated from.
        pub basis: Option<serde_json::Value>,
        /// The sender's own data.
        pub metadata: Option<serde_json::Value>,
        /// What it was.
        pub description: String,
        /// Why somebody did it by hand.
        pub reason: Option<String>,
        /// Who did.
        pub actor_id: Option<PersonId>,
        /// The top-up it belongs to.
        pub top_up_id: Option<TopUpId>,
        /// The charge it takes back.
        pub reverses_id: Option<TransferId>,
        /// The charge whose wholesale part it is.
        pub charge_id: Option<TransferId>,
        /// When it happened.
        pub occurred_at: Ts,
        /// When it was posted.
        pub posted_at: Ts,
    }
    /// One entry with the account it stands in.
    pub struct PostedEntry {
        /// What the account stands for.
        pub kind: AccountKind,
        /// Whose account it is.
        pub owner_id: TenantId,
        /// Signed amount.
        pub amount_cents: Cents,
        /// Balance before.
        pub before_cents: Cents,
        /// Balance after.
        pub after_cents: Cents,
    }
    struct Leg { kind: AccountKind, amount_cents: Cents }
}

impl Transfer {
    /// The state that a rate which counts the month was rated from; `None` where it needed none.
    pub fn state(&self) -> Option<MeterState> {
        let number = |place: usize| self.basis.as_ref()?.get(place)?.as_i64();
        let (used, customer, platform) = (number(0)?, number(1)?, number(2)?);
        Some(MeterState { used, carry: Carry { customer, platform } })
    }
}

/// One transfer: of the scope's customers at that time, or of the scope's own book.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find(db: &Db, scope: Scope, id: TransferId) -> Result<Option<Transfer>> {
    db.q("SELECT x.* FROM transfers x WHERE x.id = $1 AND ($2 IS NULL OR x.reseller_id = $2 OR x.customer_id = $2) \
          AND ($3 IS NULL OR x.customer_id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// The same within a transaction that is going to take it back.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find_in(tx: &mut Tx, scope: Scope, id: TransferId) -> Result<Option<Transfer>> {
    tx.q("SELECT y.* FROM transfers y WHERE y.id = $1 AND ($2 IS NULL OR y.reseller_id = $2 OR y.customer_id = $2) \
          AND ($3 IS NULL OR y.customer_id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// The wholesale part of a charge, in the book of a reseller who prepays. For the platform: it acts on both books at once.
///
/// # Errors
/// Failures of the engine.
pub async fn find_wholesale(tx: &mut Tx, charge: TransferId) -> Result<Option<Transfer>> {
    tx.q("SELECT * FROM transfers WHERE charge_id = $1").bind(charge).opt().await
}

/// What a transfer moved, by account kind. Entries never change, so no lock is needed.
///
/// # Errors
/// Failures of the engine.
pub async fn legs(tx: &mut Tx, id: TransferId) -> Result<Vec<(AccountKind, Cents)>> {
    let legs = tx
        .q("SELECT a.kind, e.amount_cents FROM entries e JOIN accounts a ON a.id = e.account_id WHERE e.transfer_id = $1 ORDER BY a.kind")
        .bind(id)
        .all::<Leg>()
        .await?;
    Ok(legs.into_iter().map(|leg| (leg.kind, leg.amount_cents)).collect())
}

/// The entries of a transfer in the scope, by account kind.
///
/// # Errors
/// Failures of the engine. Empty outside the scope.
pub async fn entries(db: &Db, scope: Scope, id: TransferId) -> Result<Vec<PostedEntry>> {
    db.q("SELECT a.kind, a.owner_id, e.amount_cents, e.before_cents, e.after_cents FROM transfers x JOIN entries e ON e.transfer_id = x.id \
          JOIN accounts a ON a.id = e.account_id WHERE x.id = $1 AND ($2 IS NULL OR x.reseller_id = $2 OR x.customer_id = $2) \
          AND ($3 IS NULL OR x.customer_id = $3) ORDER BY a.kind")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .all()
        .await
}

/// What belongs to a transfer within the scope: its reversal, and its wholesale part.
///
/// # Errors
/// Failures of the engine.
pub async fn related(db: &Db, scope: Scope, id: TransferId) -> Result<Vec<Transfer>> {
    db.q("SELECT * FROM transfers r WHERE r.reverses_id = $1 AND ($2 IS NULL OR r.reseller_id = $2 OR r.customer_id = $2) AND ($3 IS NULL OR r.customer_id = $3) \
          UNION ALL SELECT * FROM transfers c WHERE c.charge_id = $1 AND ($2 IS NULL OR c.reseller_id = $2 OR c.customer_id = $2) AND ($3 IS NULL OR c.customer_id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .all()
        .await
}

row! {
    /// What a list adds up to.
    pub struct TransferSums {
        /// Number of movements.
        pub transfers: i64,
        /// Sum of the categories that were credits on balance of their day.
        pub credit_cents: Cents,
        /// Sum of the others.
        pub debit_cents: Cents,
        /// The resellers' commission.
        pub commission_cents: Cents,
    }
}

/// Sums over everything a filter finds, from the daily totals; `None` where they do not tell: for a text, an amount, or reversals.
///
/// # Errors
/// Failures of the engine.
pub async fn sums(db: &Db, scope: Scope, filter: &TransferFilter) -> Result<Option<TransferSums>> {
    let category = match &filter.listed {
        Some(Listed::Rare(TransferKind::Reversal)) => return Ok(None),
        Some(Listed::Rare(kind)) => kind.as_str().to_owned(),
        Some(Listed::Category(name)) => name.clone(),
        None => String::new(),
    };
    if filter.searches() {
        return Ok(None);
    }
    let (from, to) = filter.days();
    let sums = db
        .q("SELECT CAST(COALESCE(SUM(d.transfers), 0) AS BIGINT) AS transfers, \
            CAST(COALESCE(SUM(CASE WHEN d.amount_cents > 0 THEN d.amount_cents ELSE 0 END), 0) AS BIGINT) AS credit_cents, \
            CAST(COALESCE(SUM(CASE WHEN d.amount_cents < 0 THEN d.amount_cents ELSE 0 END), 0) AS BIGINT) AS debit_cents, \
            CAST(COALESCE(SUM(d.commission_cents), 0) AS BIGINT) AS commission_cents \
            FROM daily_totals d JOIN tenants t ON t.id = d.customer_id WHERE d.day >= $1 AND d.day <= $2 AND ($3 = '' OR d.category = $3) \
            AND ($4 IS NULL OR t.reseller_id = $4 OR (t.id = $4 AND t.id = $7)) AND ($5 IS NULL OR t.id = $5) \
            AND ($6 IS NULL OR t.reseller_id = $6) AND ($7 IS NULL OR t.id = $7)")
        .bind(from)
        .bind(to)
        .bind(category)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(filter.reseller)
        .bind(filter.customer)
        .one::<TransferSums>()
        .await?;
    Ok(Some(sums))
}

row! {
    struct NamedRow { id: TenantId }
}

/// Customers at most whose movements a text finds by their name.
const NAMED: i64 = 50;

/// Customers of the scope that a text names, by a part of name or number.
///
/// # Errors
/// Failures of the engine.
pub async fn named_customers(db: &Db, scope: Scope, text: &str) -> Result<Vec<TenantId>> {
    let like = |text: &str| {
        let escaped = text.trim().replace('!', "!!").replace('%', "!%").replace('_', "!_");
        format!("%{escaped}%")
    };
    // Engines fold umlauts differently or not at all; a name usually begins with a capital.
    let mut letters = text.trim().chars();
    let capital: String =
        letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let rows = db
        .q("SELECT t.id FROM tenants t WHERE (LOWER(t.name) LIKE $1 ESCAPE '!' OR t.name LIKE $2 ESCAPE '!' OR t.name LIKE $3 ESCAPE '!' \
            OR LOWER(t.number) LIKE $1 ESCAPE '!') AND t.kind = 'customer' AND ($4 IS NULL OR t.reseller_id = $4) AND ($5 IS NULL OR t.id = $5) \
            ORDER BY t.number LIMIT $6")
        .bind(like(&text.to_lowercase()))
        .bind(like(text))
        .bind(like(&capital))
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(NAMED)
        .all::<NamedRow>()
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The only transaction that a reference names: ours of a movement or top-up, or Stripe's of a payment. The outer `None` for what is no
/// reference, the inner one for a reference to nothing in the scope.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_reference(db: &Db, scope: Scope, text: &str) -> Result<Option<Option<Transfer>>> {
    let text = text.trim();
    if let Some(id) = TransferId::parse(text) {
        return Ok(Some(find(db, scope, id).await?));
    }
    let top_up = if let Some(id) = TopUpId::parse(text) {
        super::topups::find(db, scope, id).await?
    } else if text.starts_with("pi_") {
        match super::topups::find_by_payment_intent(db, text).await? {
            // Found for the platform; the scope decides whether it exists for the reader.
            Some(top_up) => super::topups::find(db, scope, top_up.id).await?,
            None => None,
        }
    } else {
        return Ok(None);
    };
    let id = top_up.and_then(|top_up| top_up.transfer_id);
    Ok(Some(match id {
        Some(id) => find(db, scope, id).await?,
        None => None,
    }))
}

/// Names of people who did something by hand, for pages that tell who.
///
/// # Errors
/// Failures of the engine.
pub async fn actor_name(db: &Db, id: PersonId) -> Result<Option<String>> {
    row! { struct Name { name: String } }
    Ok(db.q("SELECT name FROM persons WHERE id = $1").bind(id).opt::<Name>().await?.map(|row| row.name))
}
