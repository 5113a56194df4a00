//! Customers as machines name them: by number, external id or our id; and setting up new ones once.

use super::engine::{Db, Result, Tx, row};
use super::tenants::TenantRow;
use crate::domain::party::{Scope, Tenant};
use crate::domain::usage::CustomerRef;

row! {
    struct Number { number: String }
    struct Count { n: i64 }
}

/// The customer of that name. A number goes before an external id that reads the same.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find(db: &Db, scope: Scope, name: &CustomerRef) -> Result<Option<Tenant>> {
    let (id, text) = match name {
        CustomerRef::Id(id) => (Some(*id), None),
        // PostgreSQL takes no NUL in a text, and no name has one.
        CustomerRef::Named(text) if text.contains('\0') => return Ok(None),
        CustomerRef::Named(text) => (None, Some(text.clone())),
    };
    let row = db
        .q("SELECT * FROM tenants t WHERE t.kind = 'customer' AND (t.id = $1 OR t.number = $2 OR t.external_id = $2) \
            AND ($3 IS NULL OR t.reseller_id = $3) AND ($4 IS NULL OR t.id = $4) ORDER BY CASE WHEN t.number = $2 THEN 0 ELSE 1 END LIMIT 1")
        .bind(id)
        .bind(text)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<TenantRow>()
        .await?;
    Ok(row.map(Tenant::from))
}

/// The customer with an external id, whosever it is. Not scoped: the name is unique over the whole installation, and a new one must not
/// take it. Callers show a row of another reseller to nobody.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_external_id(db: &Db, external_id: &str) -> Result<Option<Tenant>> {
    let row = db
        .q("SELECT * FROM tenants WHERE external_id = $1")
        .bind(external_id.to_owned())
        .opt::<TenantRow>()
        .await?;
    Ok(row.map(Tenant::from))
}

/// Whether a text is somebody's number.
///
/// # Errors
/// Failures of the engine.
pub async fn is_number(tx: &mut Tx, text: &str) -> Result<bool> {
    let found =
        tx.q("SELECT COUNT(*) AS n FROM tenants WHERE number = $1").bind(text.to_owned()).one::<Count>();
    Ok(found.await?.n > 0)
}

/// Whether a text names a tenant already, as a number or as an external id.
///
/// # Errors
/// Failures of the engine.
pub async fn is_taken(tx: &mut Tx, text: &str) -> Result<bool> {
    let taken = tx
        .q("SELECT COUNT(*) AS n FROM tenants WHERE number = $1 OR external_id = $1")
        .bind(text.to_owned())
        .one::<Count>()
        .await?;
    Ok(taken.n > 0)
}

/// The highest number in use of the form `K-10427`, without its letter.
///
/// # Errors
/// Failures of the engine.
pub async fn highest_number(tx: &mut Tx) -> Result<Option<i64>> {
    // The longest number is the highest; a few may not be numbers at all.
    let rows = tx
        .q("SELECT number FROM tenants WHERE number LIKE 'K-%' ORDER BY LENGTH(number) DESC, number DESC LIMIT 100")
        .all::<Number>()
        .await?;
    Ok(rows.iter().find_map(|row| row.number.strip_prefix("K-")?.parse().ok()))
}

/// Writes a new customer; false when another one has its number or external id.
///
/// # Errors
/// Failures of the engine.
pub async fn create(tx: &mut Tx, customer: &Tenant) -> Result<bool> {
    let written = tx
        .q("INSERT INTO tenants (id, kind, reseller_id, number, external_id, name, active, low_balance_cents, critical_balance_cents, \
            alert_days, support_contact, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING")
        .bind(customer.id)
        .bind(customer.kind)
        .bind(customer.reseller_id)
        .bind(customer.number.clone())
        .bind(customer.external_id.clone())
        .bind(customer.name.clone())
        .bind(customer.active)
        .bind(customer.low_balance)
        .bind(customer.critical_balance)
        .bind(customer.alert_days)
        .bind(customer.support_contact.clone())
        .bind(customer.created_at)
        .exec()
        .await?;
    Ok(written > 0)
}
