//! Tenants: the platform, resellers and customers.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::money::Cents;
use crate::domain::party::{Scope, Tenant, TenantKind};
use crate::domain::pricing::Buyer;
use crate::domain::usage::CustomerRef;
use std::collections::{BTreeSet, HashMap};

row! {
    pub(super) struct TenantRow {
        pub(super) id: TenantId,
        kind: TenantKind,
        reseller_id: Option<TenantId>,
        number: String,
        name: String,
        active: bool,
        low_balance_cents: Cents,
        critical_balance_cents: Cents,
        alert_days: i64,
        external_id: Option<String>,
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
            critical_balance: row.critical_balance_cents,
            alert_days: row.alert_days,
            external_id: row.external_id,
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
    tx.q("INSERT INTO tenants (id, kind, reseller_id, number, name, active, low_balance_cents, stripe_customer, support_contact, created_at, \
          critical_balance_cents, alert_days, external_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
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
        .bind(tenant.critical_balance)
        .bind(tenant.alert_days)
        .bind(tenant.external_id.clone())
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
          AND d.category NOT IN ('topup', 'wholesale', 'refund', 'bonus', 'adjustment')) AS BIGINT) AS used_cents \
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

row! {
    struct ConsumerRow { id: TenantId, reseller_id: Option<TenantId>, number: String, external_id: Option<String> }
}

/// The customers that some usage events name.
#[derive(Clone, Debug, Default)]
pub struct Consumers {
    by_id: HashMap<TenantId, Buyer>,
    by_name: HashMap<String, TenantId>,
}

impl Consumers {
    /// The customer of that name.
    pub fn find(&self, name: &CustomerRef) -> Option<&Buyer> {
        match name {
            CustomerRef::Id(id) => self.by_id.get(id),
            CustomerRef::Named(name) => self.by_name.get(name).and_then(|id| self.by_id.get(id)),
        }
    }

    /// All of them.
    pub fn buyers(&self) -> Vec<Buyer> {
        self.by_id.values().cloned().collect()
    }
}

const CONSUMERS: Sql = Sql {
    lite: "SELECT id, reseller_id, number, external_id FROM tenants WHERE kind = 'customer' AND (id IN (SELECT unhex(value) FROM json_each($1)) \
           OR number IN (SELECT value FROM json_each($2)) OR external_id IN (SELECT value FROM json_each($2)))",
    pg: "SELECT id, reseller_id, number, external_id FROM tenants WHERE kind = 'customer' \
         AND (id = ANY($1) OR number = ANY($2) OR external_id = ANY($2))",
};

/// Finds the customers that events name, by id, number or external id, with one statement. A number goes before an external id that
/// reads the same. For the platform: the caller limits what a sender reaches.
///
/// # Errors
/// Failures of the engine.
pub async fn resolve(tx: &mut Tx, names: &[&CustomerRef]) -> Result<Consumers> {
    let (mut ids, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for name in names {
        match name {
            CustomerRef::Id(id) => ids.insert(id.0),
            // PostgreSQL takes no NUL in a text, and no name has one.
            CustomerRef::Named(text) => !text.contains('\0') && texts.insert(text.clone()),
        };
    }
    let (ids, texts): (Vec<_>, Vec<_>) = (ids.into_iter().collect(), texts.into_iter().collect());
    let mut consumers = Consumers::default();
    let mut numbers = vec![];
    for row in tx.q(CONSUMERS).bind_ids(&ids).bind_texts(&texts).all::<ConsumerRow>().await? {
        consumers.by_id.insert(row.id, Buyer { customer: row.id, reseller: row.reseller_id });
        if let Some(external) = row.external_id {
            consumers.by_name.insert(external, row.id);
        }
        numbers.push((row.number, row.id));
    }
    consumers.by_name.extend(numbers);
    Ok(consumers)
}

/// Resellers in the scope by name, at most a thousand: for filters that offer them.
///
/// # Errors
/// Failures of the engine.
pub async fn list_resellers(db: &Db, scope: Scope) -> Result<Vec<Tenant>> {
    let rows = db
        .q("SELECT * FROM tenants t WHERE t.kind = 'reseller' AND ($1 IS NULL OR t.id = $1) AND ($2 IS NULL OR t.id = $2) ORDER BY t.name, t.number LIMIT 1000")
        .bind(scope.reseller())
        .bind(scope.customer())
        .all::<TenantRow>()
        .await?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}
