//! Price lists with the names and numbers that pages show, and how many customers a price is for.

use crate::domain::clock::Ts;
use crate::domain::id::{PriceListId, TenantId};
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::domain::pricing::{ListRole, Meter};
use crate::store::engine::{Db, Result, Tx, row};

row! {
    /// A list that was made for somebody, with whom.
    pub struct OwnList {
        /// The list.
        pub id: PriceListId,
        /// For whom.
        pub subject_id: TenantId,
        /// Its number.
        pub number: String,
        /// Its name.
        pub name: String,
        /// Meters that the list has ever had a price for.
        pub meters: i64,
    }
    /// A reseller with the lists that matter for it.
    pub struct SellerRow {
        /// The reseller.
        pub id: TenantId,
        /// Its number.
        pub number: String,
        /// Its name.
        pub name: String,
        /// Meters with a platform price of its own.
        pub platform_meters: i64,
        /// Meters it sells by its own list.
        pub own_meters: i64,
    }
    /// A plan with how many have it.
    pub struct PlanList {
        /// The list.
        pub id: PriceListId,
        /// What its owner calls it.
        pub name: String,
        /// Meters it has ever had a price for.
        pub meters: i64,
        /// Customers who have it at present.
        pub customers: i64,
    }
    /// A customer with a plan.
    pub struct PlanMember {
        /// The customer.
        pub id: TenantId,
        /// Its number.
        pub number: String,
        /// Its name.
        pub name: String,
        /// Since when.
        pub valid_from: Ts,
    }
    /// What one customer used of a meter in one German calendar month, as it was charged.
    pub struct MonthUse {
        /// The customer.
        pub customer_id: TenantId,
        /// Its number.
        pub number: String,
        /// Its name.
        pub name: String,
        /// The month, `2026-11`.
        pub month: String,
        /// Billed units.
        pub quantity: i64,
        /// What it paid.
        pub amount_cents: Cents,
        /// What the platform got of it.
        pub platform_cents: Cents,
        /// What the reseller got of it.
        pub commission_cents: Cents,
    }
    struct Counted { n: i64 }
}

/// Lists of a role that were made for somebody, within the scope, by the number of whom they are for, after `after`, at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_own_lists(
    db: &Db,
    scope: Scope,
    owner: TenantId,
    role: ListRole,
    after: &str,
    limit: i64,
) -> Result<Vec<OwnList>> {
    db.q("SELECT l.id, l.subject_id, t.number, t.name, (SELECT COUNT(DISTINCT p.meter) FROM prices p WHERE p.list_id = l.id \
          AND p.withdrawn_at IS NULL) AS meters FROM price_lists l JOIN tenants t ON t.id = l.subject_id \
          WHERE l.owner_id = $1 AND l.role = $2 AND t.number > $3 AND ($4 IS NULL OR l.owner_id = $4) \
          AND ($5 IS NULL OR (l.subject_id = $5 AND l.role = 'customer')) ORDER BY t.number LIMIT $6")
        .bind(owner)
        .bind(role)
        .bind(after.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// Resellers by number with how many prices of their own they have, after `after`, at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_sellers(db: &Db, scope: Scope, after: &str, limit: i64) -> Result<Vec<SellerRow>> {
    db.q("SELECT t.id, t.number, t.name, \
          (SELECT COUNT(DISTINCT p.meter) FROM price_lists l JOIN prices p ON p.list_id = l.id AND p.withdrawn_at IS NULL \
          WHERE l.subject_id = t.id AND l.role = 'platform') AS platform_meters, \
          (SELECT COUNT(DISTINCT p.meter) FROM price_lists l JOIN prices p ON p.list_id = l.id AND p.withdrawn_at IS NULL \
          WHERE l.owner_id = t.id AND l.role = 'reseller' AND l.subject_id IS NULL) AS own_meters FROM tenants t \
          WHERE t.kind = 'reseller' AND t.number > $1 AND ($2 IS NULL OR t.id = $2) AND ($3 IS NULL OR t.id = $3) ORDER BY t.number LIMIT $4")
        .bind(after.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// Plans of an owner within the scope by name, with how many customers have each at `at`, at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_plans(db: &Db, scope: Scope, owner: TenantId, at: Ts, limit: i64) -> Result<Vec<PlanList>> {
    db.q("SELECT l.id, l.name, (SELECT COUNT(DISTINCT p.meter) FROM prices p WHERE p.list_id = l.id AND p.withdrawn_at IS NULL) AS meters, \
          (SELECT COUNT(*) FROM plan_assignments a WHERE a.list_id = l.id AND a.valid_from = \
          (SELECT MAX(v.valid_from) FROM plan_assignments v WHERE v.customer_id = a.customer_id AND v.valid_from <= $2)) AS customers \
          FROM price_lists l WHERE l.owner_id = $1 AND l.role = 'plan' AND ($3 IS NULL OR l.owner_id = $3) AND ($4 IS NULL OR l.subject_id = $4) \
          ORDER BY l.name, l.id LIMIT $5")
        .bind(owner)
        .bind(at)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// Customers within the scope who have a plan at `at`, by number, after `after`, at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_plan_members(
    db: &Db,
    scope: Scope,
    plan: PriceListId,
    at: Ts,
    after: &str,
    limit: i64,
) -> Result<Vec<PlanMember>> {
    db.q("SELECT t.id, t.number, t.name, a.valid_from FROM plan_assignments a JOIN tenants t ON t.id = a.customer_id \
          WHERE a.list_id = $1 AND a.valid_from = \
          (SELECT MAX(v.valid_from) FROM plan_assignments v WHERE v.customer_id = a.customer_id AND v.valid_from <= $2) AND t.number > $3 \
          AND ($4 IS NULL OR t.reseller_id = $4) AND ($5 IS NULL OR t.id = $5) ORDER BY t.number LIMIT $6")
        .bind(plan)
        .bind(at)
        .bind(after.to_owned())
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// How many customers within the scope have a plan at `at`.
///
/// # Errors
/// Failures of the engine.
pub async fn count_plan_members(db: &Db, scope: Scope, plan: PriceListId, at: Ts) -> Result<i64> {
    let counted = db
        .q("SELECT COUNT(*) AS n FROM plan_assignments a JOIN tenants t ON t.id = a.customer_id WHERE a.list_id = $1 AND a.valid_from = \
            (SELECT MAX(v.valid_from) FROM plan_assignments v WHERE v.customer_id = a.customer_id AND v.valid_from <= $2) \
            AND ($3 IS NULL OR t.reseller_id = $3) AND ($4 IS NULL OR t.id = $4)")
        .bind(plan)
        .bind(at)
        .bind(scope.reseller())
        .bind(scope.customer())
        .one::<Counted>()
        .await?;
    Ok(counted.n)
}

/// Gives a list another name.
///
/// # Errors
/// Failures of the engine.
pub async fn rename_list(tx: &mut Tx, id: PriceListId, name: &str) -> Result<()> {
    tx.q("UPDATE price_lists SET name = $2 WHERE id = $1").bind(id).bind(name.to_owned()).exec().await?;
    Ok(())
}

/// How many customers pay by a list for a meter at `at`, because no other goes before it. `role` says which kind of list: a reseller's
/// (`reseller`), a plan (`plan`), or the default.
///
/// # Errors
/// Failures of the engine.
pub async fn count_buyers(
    db: &Db,
    meter: Meter,
    at: Ts,
    role: ListRole,
    reseller: Option<TenantId>,
    plan: Option<PriceListId>,
) -> Result<i64> {
    let counted = db
        .q("WITH valid AS (SELECT l.id AS list_id, l.role, l.owner_id, l.subject_id FROM price_lists l \
            JOIN prices p ON p.list_id = l.id AND p.meter = $1 AND p.withdrawn_at IS NULL WHERE p.model <> 'none' AND p.valid_from = \
            (SELECT MAX(v.valid_from) FROM prices v WHERE v.list_id = l.id AND v.meter = $1 AND v.withdrawn_at IS NULL AND v.valid_from <= $2)), \
            planned AS (SELECT a.customer_id, a.list_id FROM plan_assignments a WHERE a.valid_from = \
            (SELECT MAX(v.valid_from) FROM plan_assignments v WHERE v.customer_id = a.customer_id AND v.valid_from <= $2)) \
            SELECT COUNT(*) AS n FROM tenants t WHERE t.kind = 'customer' AND ($3 IS NULL OR t.reseller_id = $3) \
            AND NOT EXISTS (SELECT 1 FROM valid WHERE valid.role = 'customer' AND valid.subject_id = t.id) \
            AND ($4 = 'reseller' OR NOT EXISTS (SELECT 1 FROM valid WHERE valid.role = 'reseller' AND valid.owner_id = t.reseller_id)) \
            AND ($4 <> 'plan' OR EXISTS (SELECT 1 FROM planned WHERE planned.customer_id = t.id AND planned.list_id = $5)) \
            AND ($4 <> 'default' OR NOT EXISTS (SELECT 1 FROM planned JOIN valid ON valid.list_id = planned.list_id WHERE planned.customer_id = t.id))")
        .bind(meter)
        .bind(at)
        .bind(reseller)
        .bind(role)
        .bind(plan)
        .one::<Counted>()
        .await?;
    Ok(counted.n)
}

/// How many customers the platform's price for a meter is taken from at `at`: of one reseller, or of all resellers without a platform
/// price of their own.
///
/// # Errors
/// Failures of the engine.
pub async fn count_platform_buyers(db: &Db, meter: Meter, at: Ts, reseller: Option<TenantId>) -> Result<i64> {
    let counted = db
        .q("WITH valid AS (SELECT l.subject_id FROM price_lists l \
            JOIN prices p ON p.list_id = l.id AND p.meter = $1 AND p.withdrawn_at IS NULL WHERE l.role = 'platform' AND l.subject_id IS NOT NULL \
            AND p.model <> 'none' AND p.valid_from = (SELECT MAX(v.valid_from) FROM prices v \
            WHERE v.list_id = l.id AND v.meter = $1 AND v.withdrawn_at IS NULL AND v.valid_from <= $2)) \
            SELECT COUNT(*) AS n FROM tenants t WHERE t.kind = 'customer' AND t.reseller_id IS NOT NULL \
            AND (t.reseller_id = $3 OR ($3 IS NULL AND t.reseller_id NOT IN (SELECT subject_id FROM valid)))")
        .bind(meter)
        .bind(at)
        .bind(reseller)
        .one::<Counted>()
        .await?;
    Ok(counted.n)
}

/// What the customers within the scope used of a meter from a German day on, per customer and calendar month, of one customer where named.
///
/// # Errors
/// Failures of the engine.
pub async fn list_month_uses(
    db: &Db,
    scope: Scope,
    customer: Option<TenantId>,
    meter: Meter,
    from_day: &str,
) -> Result<Vec<MonthUse>> {
    db.q("SELECT u.customer_id, t.number, t.name, substr(u.day, 1, 7) AS month, CAST(SUM(u.quantity) AS BIGINT) AS quantity, \
          CAST(SUM(u.amount_cents) AS BIGINT) AS amount_cents, CAST(SUM(u.platform_cents) AS BIGINT) AS platform_cents, \
          CAST(SUM(u.commission_cents) AS BIGINT) AS commission_cents FROM usage_totals u JOIN tenants t ON t.id = u.customer_id \
          WHERE u.meter = $1 AND u.day >= $2 AND ($3 IS NULL OR t.id = $3) AND ($4 IS NULL OR t.reseller_id = $4) AND ($5 IS NULL OR t.id = $5) \
          GROUP BY u.customer_id, t.number, t.name, substr(u.day, 1, 7) ORDER BY t.number, month")
        .bind(meter)
        .bind(from_day.to_owned())
        .bind(customer)
        .bind(scope.reseller())
        .bind(scope.customer())
        .all()
        .await
}
