//! The log of what people did: written in the transaction of the change, never changed, read by whom it concerns.

use super::engine::{Db, Result, Tx, row};
use crate::domain::audit::Entry;
use crate::domain::clock::Ts;
use crate::domain::id::{AuditId, PersonId, TenantId};
use crate::domain::party::Scope;

row! {
    /// An entry with the names a reader needs.
    pub struct AuditRow {
        /// Its id; ordered by time.
        pub id: AuditId,
        /// Whose data.
        pub owner_id: TenantId,
        /// The owner's name.
        pub owner_name: String,
        /// The owner's number.
        pub owner_number: String,
        /// Who; `None` is the system.
        pub actor_id: Option<PersonId>,
        /// Name of the person.
        pub actor_name: Option<String>,
        /// The tenant the person acted for.
        pub actor_tenant_name: Option<String>,
        /// What was done, such as `customer.suspended`.
        pub action: String,
        /// What it was done to: a public id or a name.
        pub subject: String,
        /// The state before.
        pub before: Option<serde_json::Value>,
        /// The state afterwards.
        pub after: Option<serde_json::Value>,
        /// Why.
        pub reason: Option<String>,
        /// From where.
        pub address: Option<String>,
        /// The request, as error pages and logs name it.
        pub request_id: Option<String>,
        /// When.
        pub created_at: Ts,
    }
}

/// Writes an entry.
///
/// # Errors
/// Failures of the engine.
pub async fn write(tx: &mut Tx, entry: &Entry, now: Ts) -> Result<()> {
    tx.q("INSERT INTO audit_entries (id, owner_id, reseller_id, actor_id, actor_tenant_id, action, subject, before, after, reason, address, \
          request_id, created_at) SELECT $1, t.id, CASE WHEN t.kind = 'reseller' THEN t.id ELSE t.reseller_id END, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 \
          FROM tenants t WHERE t.id = $2")
        .bind(AuditId::new(now))
        .bind(entry.owner)
        .bind(entry.actor)
        .bind(entry.actor_tenant)
        .bind(entry.action.to_owned())
        .bind(entry.subject.clone())
        .bind(entry.before.clone())
        .bind(entry.after.clone())
        .bind(entry.reason.clone())
        .bind(entry.address.clone())
        .bind(entry.request_id.clone())
        .bind(now)
        .exec()
        .await?;
    Ok(())
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// One tenant's data.
    pub owner: Option<TenantId>,
    /// One person's doing.
    pub actor: Option<PersonId>,
    /// Actions that begin with this, such as `customer.`.
    pub action: String,
}

/// Entries in a scope, newest first, older than `before`.
///
/// # Errors
/// Failures of the engine.
pub async fn list(
    db: &Db,
    scope: Scope,
    filter: &AuditFilter,
    before: Option<AuditId>,
    limit: i64,
) -> Result<Vec<AuditRow>> {
    db.q("SELECT a.id, a.owner_id, o.name AS owner_name, o.number AS owner_number, a.actor_id, p.name AS actor_name, n.name AS actor_tenant_name, \
          a.action, a.subject, a.before, a.after, a.reason, a.address, a.request_id, a.created_at FROM audit_entries a \
          JOIN tenants o ON o.id = a.owner_id LEFT JOIN persons p ON p.id = a.actor_id LEFT JOIN tenants n ON n.id = a.actor_tenant_id \
          WHERE ($1 IS NULL OR a.reseller_id = $1) AND ($2 IS NULL OR a.owner_id = $2) AND ($3 IS NULL OR a.owner_id = $3) \
          AND ($4 IS NULL OR a.actor_id = $4) AND ($5 = '' OR a.action LIKE $5 ESCAPE '!') AND ($6 IS NULL OR a.id < $6) \
          ORDER BY a.id DESC LIMIT $7")
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(filter.owner)
        .bind(filter.actor)
        .bind(match filter.action.as_str() {
            "" => String::new(),
            action => format!("{}%", action.replace('!', "!!").replace('%', "!%").replace('_', "!_")),
        })
        .bind(before)
        .bind(limit)
        .all()
        .await
}
