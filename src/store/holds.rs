//! Holds. Whoever changes one holds the lock of its customer's book ([`super::ledger::lock_books`]), so what a book says to be reserved
//! and its holds change together.

use super::engine::{Db, Result, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::hold::{Hold, Reserved, Status};
use crate::domain::id::{HoldId, TenantId, TransferId};
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::domain::pricing::{Meter, Unit};

row! {
    struct HoldRow {
        id: HoldId,
        customer_id: TenantId,
        reseller_id: Option<TenantId>,
        key: String,
        meter: Meter,
        unit: Unit,
        status: Status,
        units: i64,
        held_cents: Cents,
        wholesale_cents: Cents,
        content_hash: Vec<u8>,
        transfer_id: Option<TransferId>,
        started_at: Ts,
        expires_at: Ts,
        closed_at: Option<Ts>,
    }
    struct Due { id: HoldId }
    struct Counted { unit: Unit }
    struct Active { active: bool }
    /// What was charged under a key.
    pub struct PostedCharge {
        /// The charge.
        pub id: TransferId,
        /// The meter's key.
        pub category: String,
        /// Seconds or pieces, as they were reported.
        pub used_quantity: i64,
        /// Change of what was booked for the customer.
        pub amount_cents: Cents,
        /// What was booked afterwards.
        pub balance_cents: Cents,
        /// The reseller's commission.
        pub commission_cents: Cents,
    }
}

impl From<HoldRow> for Hold {
    fn from(row: HoldRow) -> Hold {
        Hold {
            id: row.id,
            customer: row.customer_id,
            reseller: row.reseller_id,
            key: row.key,
            meter: row.meter,
            unit: row.unit,
            status: row.status,
            units: row.units,
            held: row.held_cents,
            wholesale: row.wholesale_cents,
            transfer: row.transfer_id,
            started_at: row.started_at,
            expires_at: row.expires_at,
            closed_at: row.closed_at,
        }
    }
}

/// Writes a new hold with the hash of what was asked for.
///
/// # Errors
/// When the customer has one with this key.
pub async fn create(tx: &mut Tx, hold: &Hold, content: [u8; 32]) -> Result<()> {
    tx.q("INSERT INTO holds (id, customer_id, reseller_id, key, meter, status, units, held_cents, wholesale_cents, content_hash, started_at, expires_at) \
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(hold.id)
        .bind(hold.customer)
        .bind(hold.reseller)
        .bind(hold.key.clone())
        .bind(hold.meter)
        .bind(hold.status)
        .bind(hold.units)
        .bind(hold.held)
        .bind(hold.wholesale)
        .bind(content.to_vec())
        .bind(hold.started_at)
        .bind(hold.expires_at)
        .exec()
        .await?;
    Ok(())
}

/// A hold inside the scope.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find(tx: &mut Tx, scope: Scope, id: HoldId) -> Result<Option<Hold>> {
    let row = tx
        .q("SELECT h.*, m.unit FROM holds h JOIN meters m ON m.key = h.meter \
            WHERE h.id = $1 AND ($2 IS NULL OR h.reseller_id = $2) AND ($3 IS NULL OR h.customer_id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<HoldRow>()
        .await?;
    Ok(row.map(Hold::from))
}

/// How the meter of a hold counts.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn unit_of(db: &Db, scope: Scope, id: HoldId) -> Result<Option<Unit>> {
    let row = db
        .q("SELECT m.unit FROM holds h JOIN meters m ON m.key = h.meter \
            WHERE h.id = $1 AND ($2 IS NULL OR h.reseller_id = $2) AND ($3 IS NULL OR h.customer_id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<Counted>()
        .await?;
    Ok(row.map(|row| row.unit))
}

/// A customer's hold with a key, and the hash of what was asked for. For the business: the caller limits whose customer it is.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_key(tx: &mut Tx, customer: TenantId, key: &str) -> Result<Option<(Hold, Vec<u8>)>> {
    let row = tx
        .q("SELECT h.*, m.unit FROM holds h JOIN meters m ON m.key = h.meter WHERE h.customer_id = $1 AND h.key = $2")
        .bind(customer)
        .bind(key.to_owned())
        .opt::<HoldRow>()
        .await?;
    Ok(row.map(|row| (row.clone().into(), row.content_hash)))
}

/// The holds that stand on a meter of a locked customer, in the order in which they began.
///
/// # Errors
/// Failures of the engine.
pub async fn list_standing(tx: &mut Tx, customer: TenantId, meter: Meter) -> Result<Vec<Hold>> {
    let rows = tx
        .q("SELECT h.*, m.unit FROM holds h JOIN meters m ON m.key = h.meter \
            WHERE h.customer_id = $1 AND h.meter = $2 AND h.status = 'active' ORDER BY h.started_at, h.id")
        .bind(customer)
        .bind(meter)
        .all::<HoldRow>()
        .await?;
    Ok(rows.into_iter().map(Hold::from).collect())
}

/// Holds whose time is over, the oldest first. For the job alone: it works for everybody.
///
/// # Errors
/// Failures of the engine.
pub async fn list_due(db: &Db, now: Ts, limit: i64) -> Result<Vec<HoldId>> {
    let rows = db
        .q("SELECT id FROM holds WHERE status = 'active' AND expires_at <= $1 ORDER BY expires_at LIMIT $2")
        .bind(now)
        .bind(limit)
        .all::<Due>()
        .await?;
    Ok(rows.into_iter().map(|due| due.id).collect())
}

/// Grants a hold more, or grants one that had expired anew; `hold` is it as it was read under the lock.
///
/// # Errors
/// When it is no longer as it was read, and failures of the engine.
pub async fn extend(tx: &mut Tx, hold: &Hold, granted: Reserved, expires_at: Ts) -> Result<()> {
    let changed = tx
        .q("UPDATE holds SET status = 'active', units = $2, held_cents = $3, wholesale_cents = $4, expires_at = $5, closed_at = NULL \
            WHERE id = $1 AND status = $6 AND units = $7")
        .bind(hold.id)
        .bind(granted.units)
        .bind(granted.held)
        .bind(granted.wholesale)
        .bind(expires_at)
        .bind(hold.status)
        .bind(hold.units)
        .exec()
        .await?;
    expect_one(changed)
}

/// Writes what a standing hold reserves now that the usage before it is known better.
///
/// # Errors
/// When it is no longer as it was read, and failures of the engine.
pub async fn set_reserved(tx: &mut Tx, hold: &Hold, reserved: Reserved) -> Result<()> {
    let changed = tx
        .q("UPDATE holds SET held_cents = $2, wholesale_cents = $3 \
            WHERE id = $1 AND status = 'active' AND held_cents = $4 AND wholesale_cents = $5")
        .bind(hold.id)
        .bind(reserved.held)
        .bind(reserved.wholesale)
        .bind(hold.held)
        .bind(hold.wholesale)
        .exec()
        .await?;
    expect_one(changed)
}

/// Ends a hold; `hold` is it as it was read under the lock.
///
/// # Errors
/// When it is no longer as it was read, and failures of the engine.
pub async fn close(
    tx: &mut Tx,
    hold: &Hold,
    status: Status,
    transfer: Option<TransferId>,
    now: Ts,
) -> Result<()> {
    let changed = tx
        .q("UPDATE holds SET status = $2, transfer_id = $3, closed_at = $4 WHERE id = $1 AND status = $5")
        .bind(hold.id)
        .bind(status)
        .bind(transfer)
        .bind(now)
        .bind(hold.status)
        .exec()
        .await?;
    expect_one(changed)
}

/// Writes what a locked book has reserved. Whoever watches its balance is told after the commit.
///
/// # Errors
/// When it is no longer as it was read, and failures of the engine.
pub async fn set_held(tx: &mut Tx, tenant: TenantId, before: Cents, after: Cents) -> Result<()> {
    let changed = tx
        .q("UPDATE books SET held_cents = $3 WHERE customer_id = $1 AND held_cents = $2")
        .bind(tenant)
        .bind(before)
        .bind(after)
        .exec()
        .await?;
    tx.changed(tenant);
    expect_one(changed)
}

/// What was charged under a key of the ledger.
///
/// # Errors
/// Failures of the engine.
pub async fn find_charge(tx: &mut Tx, key: &str) -> Result<Option<PostedCharge>> {
    tx.q("SELECT id, category, used_quantity, amount_cents, balance_cents, commission_cents FROM transfers WHERE key = $1")
        .bind(key.to_owned())
        .opt()
        .await
}

/// Whether usage of a customer is authorised at all.
///
/// # Errors
/// `RowNotFound` for an unknown tenant; failures of the engine.
pub async fn is_active(tx: &mut Tx, customer: TenantId) -> Result<bool> {
    Ok(tx.q("SELECT active FROM tenants WHERE id = $1").bind(customer).one::<Active>().await?.active)
}

/// Under the lock nobody else changes a hold or what is reserved; anything but one changed row means that the lock did not hold.
fn expect_one(changed: u64) -> Result<()> {
    if changed == 1 {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!("{changed} rows instead of one were as they had been read")))
}
