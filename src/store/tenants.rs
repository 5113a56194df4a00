//! Tenants: the platform, resellers and customers.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::money::Cents;
use crate::domain::party::{Scope, Tenant, TenantKind};

row! {
    pub(super) struct TenantRow {
        pub(super) id: TenantId,
        kind: TenantKind,
        reseller_id: Option<TenantId>,
        number: String,
        name: String,
        active: bool,
        low_balance_cents: Cents,
        stripe_customer: Option<String>,
        support_contact: Option<String>,
        created_at: Ts,
    }
    struct Seen { n: i64 }
}

impl From<TenantRow> for Tenant {
    fn from(row: TenantRow) -> Tenant {
        Tenant {
            id: row.id,
            kind: row.kind,
            reseller_id: row.reseller_id,
            number: row.number,
            name: row.name,
            active: row.active,
            low_balance: row.low_balance_cents,
            stripe_customer: row.stripe_customer,
            support_contact: row.support_contact,
            created_at: row.created_at,
        }
    }
}

/// Writes a new tenant. A customer also needs its book ([`super::ledger::open_book`]).
///
/// # Errors
/// When the number is taken or a second platform is created.
pub async fn create(tx: &mut Tx, tenant: &Tenant) -> Result<()> {
    tx.q("INSERT INTO tenants (id, kind, reseller_id, number, name, active, low_balance_cents, stripe_customer, support_contact, created_at) \
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(tenant.id)
        .bind(tenant.kind)
        .bind(tenant.reseller_id)
        .bind(tenant.number.clone())
        .bind(tenant.name.clone())
        .bind(tenant.active)
        .bind(tenant.low_balance)
        .bind(tenant.stripe_customer.clone())
        .bind(tenant.support_contact.clone())
        .bind(tenant.created_at)
        .exec()
        .await?;
    Ok(())
}

/// A tenant inside the scope: the scope's own tenant, or one of its customers.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find(db: &Db, scope: Scope, id: TenantId) -> Result<Option<Tenant>> {
    let row = db
        .q("SELECT * FROM tenants t WHERE t.id = $1 AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<TenantRow>()
        .await?;
    Ok(row.map(Tenant::from))
}

/// Whether the scope may see a tenant.
///
/// # Errors
/// Failures of the engine.
pub async fn is_visible(db: &Db, scope: Scope, id: TenantId) -> Result<bool> {
    match scope {
        Scope::Customer(own) => Ok(own == id),
        Scope::Platform => Ok(true),
        Scope::Reseller(reseller) => {
            let seen =
                db.q("SELECT COUNT(*) AS n FROM tenants WHERE id = $1 AND (reseller_id = $2 OR id = $2)");
            Ok(seen.bind(id).bind(reseller).one::<Seen>().await?.n > 0)
        }
    }
}

/// The platform; `None` in an empty database.
///
/// # Errors
/// Failures of the engine.
pub async fn platform(db: &Db) -> Result<Option<Tenant>> {
    Ok(db.q("SELECT * FROM tenants WHERE kind = 'platform'").opt::<TenantRow>().await?.map(Tenant::from))
}

/// The tenant with a number, for the command line.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find_by_number(db: &Db, scope: Scope, number: &str) -> Result<Option<Tenant>> {
    let row = db
        .q("SELECT * FROM tenants t WHERE t.number = $1 AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(number.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<TenantRow>()
        .await?;
    Ok(row.map(Tenant::from))
}

row! {
    /// A customer with what it has and what it used, for lists.
    pub struct CustomerSummary {
        /// Its id.
        pub id: TenantId,
        /// Number.
        pub number: String,
        /// Name.
        pub name: String,
        /// Whether usage is authorised.
        pub active: bool,
        /// Name of its reseller, if it has one.
        pub reseller_name: Option<String>,
        /// Warning threshold.
        pub low_balance_cents: Cents,
        /// Wallet plus bonus.
        pub balance_cents: Cents,
        /// What it used in the period asked for, as a positive amount.
        pub used_cents: Cents,
    }
}

/// Customers by number with balance and usage since `since_day`, after `after` (a number), at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_customers(
    db: &Db,
    scope: Scope,
    since_day: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<CustomerSummary>> {
    db.q("SELECT t.id, t.number, t.name, t.active, r.name AS reseller_name, t.low_balance_cents, \
          CAST((SELECT SUM(a.balance_cents) FROM accounts a WHERE a.customer_id = t.id AND a.kind IN ('wallet', 'bonus')) AS BIGINT) AS balance_cents, \
          CAST((SELECT COALESCE(-SUM(d.amount_cents), 0) FROM daily_totals d WHERE d.customer_id = t.id AND d.day >= $1 \
          AND d.category IN ('call', 'api_call', 'appointment', 'sms')) AS BIGINT) AS used_cents \
          FROM tenants t LEFT JOIN tenants r ON r.id = t.reseller_id \
          WHERE t.kind = 'customer' AND t.number > $2 AND ($3 IS NULL OR t.reseller_id = $3) AND ($4 IS NULL OR t.id = $4) \
          ORDER BY t.number LIMIT $5")
        .bind(since_day.to_owned())
        .bind(after.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// Forgets a customer object that Stripe does not know (another account, test instead of live).
///
/// # Errors
/// Failures of the engine.
pub async fn forget_stripe_customer(tx: &mut Tx, customer: TenantId, stripe_customer: &str) -> Result<()> {
    tx.q("UPDATE tenants SET stripe_customer = NULL WHERE id = $1 AND stripe_customer = $2")
        .bind(customer)
        .bind(stripe_customer.to_owned())
        .exec()
        .await?;
    Ok(())
}

/// Remembers the customer's object at Stripe, unless one is known already.
///
/// # Errors
/// Failures of the engine.
pub async fn set_stripe_customer(tx: &mut Tx, customer: TenantId, stripe_customer: &str) -> Result<()> {
    tx.q("UPDATE tenants SET stripe_customer = $2 WHERE id = $1 AND stripe_customer IS NULL")
        .bind(customer)
        .bind(stripe_customer.to_owned())
        .exec()
        .await?;
    Ok(())
}

row! {
    /// How many customers there are, and what they have.
    pub struct CustomerCount {
        /// All of them.
        pub customers: i64,
        /// Those whose usage is authorised.
        pub active: i64,
        /// Wallets and bonus together.
        pub balance_cents: Cents,
    }
}

/// Counts the customers in a scope.
///
/// # Errors
/// Failures of the engine.
pub async fn count_customers(db: &Db, scope: Scope) -> Result<CustomerCount> {
    db.q("SELECT COUNT(*) AS customers, CAST(COALESCE(SUM(CASE WHEN t.active THEN 1 ELSE 0 END), 0) AS BIGINT) AS active, \
          CAST(COALESCE(SUM((SELECT SUM(a.balance_cents) FROM accounts a WHERE a.customer_id = t.id AND a.kind IN ('wallet', 'bonus'))), 0) AS BIGINT) \
          AS balance_cents FROM tenants t \
          WHERE t.kind = 'customer' AND ($1 IS NULL OR t.reseller_id = $1) AND ($2 IS NULL OR t.id = $2)")
        .bind(scope.reseller())
        .bind(scope.customer())
        .one()
        .await
}

/// Names by id, for lists that name many tenants at once.
///
/// # Errors
/// Failures of the engine.
pub async fn list_by_ids(db: &Db, scope: Scope, ids: &[uuid::Uuid]) -> Result<Vec<Tenant>> {
    let rows =
        db.q(BY_IDS).bind_ids(ids).bind(scope.reseller()).bind(scope.customer()).all::<TenantRow>().await?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}

const BY_IDS: Sql = Sql {
    lite: "SELECT * FROM tenants t WHERE t.id IN (SELECT unhex(value) FROM json_each($1)) \
           AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3)",
    pg: "SELECT * FROM tenants t WHERE t.id = ANY($1) AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3)",
};
