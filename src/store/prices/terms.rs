//! What is agreed with resellers and which plan a customer has, from when on.

use crate::domain::clock::Ts;
use crate::domain::id::{PriceListId, TenantId, TermsId};
use crate::domain::party::Scope;
use crate::domain::pricing::{PlanAssignment, Settlement, Terms};
use crate::store::engine::{Db, Result, Tx, row};

row! {
    struct TermsRow {
        id: TermsId,
        owner_id: TenantId,
        settlement: Settlement,
        commission_bps: Option<i64>,
        min_markup_bps: i64,
        max_markup_bps: i64,
        below_platform: bool,
        hold_days: i64,
        sepa_hold_days: i64,
        valid_from: Ts,
    }
    /// Terms or a plan: the columns of the other are empty.
    pub(super) struct AgreedRow {
        owner_id: Option<TenantId>,
        id: Option<TermsId>,
        settlement: Option<Settlement>,
        commission_bps: Option<i64>,
        min_markup_bps: Option<i64>,
        max_markup_bps: Option<i64>,
        below_platform: Option<bool>,
        hold_days: Option<i64>,
        sepa_hold_days: Option<i64>,
        customer_id: Option<TenantId>,
        list_id: Option<PriceListId>,
        valid_from: Ts,
    }
    /// A customer's plan from an instant on, with its name.
    pub struct PlanRecord {
        /// The list; `None` where the plan ends.
        pub list_id: Option<PriceListId>,
        /// What its owner calls it.
        pub name: Option<String>,
        /// From when on.
        pub valid_from: Ts,
    }
}

impl From<TermsRow> for Terms {
    fn from(row: TermsRow) -> Terms {
        Terms {
            id: row.id,
            reseller: row.owner_id,
            settlement: row.settlement,
            commission_bps: row.commission_bps,
            min_markup_bps: row.min_markup_bps,
            max_markup_bps: row.max_markup_bps,
            below_platform: row.below_platform,
            hold_days: row.hold_days,
            sepa_hold_days: row.sepa_hold_days,
            valid_from: row.valid_from,
        }
    }
}

/// Takes terms and plans apart again; a row that is neither is an error and not a default.
pub(super) fn agreed(rows: Vec<AgreedRow>) -> Result<(Vec<Terms>, Vec<PlanAssignment>)> {
    let (mut terms, mut plans) = (vec![], vec![]);
    for row in rows {
        let valid_from = row.valid_from;
        if let Some(customer) = row.customer_id {
            plans.push(PlanAssignment { customer, list: row.list_id, valid_from });
            continue;
        }
        let version = || {
            Some(Terms {
                id: row.id?,
                reseller: row.owner_id?,
                settlement: row.settlement?,
                commission_bps: row.commission_bps,
                min_markup_bps: row.min_markup_bps?,
                max_markup_bps: row.max_markup_bps?,
                below_platform: row.below_platform?,
                hold_days: row.hold_days?,
                sepa_hold_days: row.sepa_hold_days?,
                valid_from,
            })
        };
        terms.push(version().ok_or(sqlx::Error::RowNotFound)?);
    }
    Ok((terms, plans))
}

/// Writes a version of terms; false where the reseller has one of the same instant.
///
/// # Errors
/// Failures of the engine.
pub async fn insert_terms(tx: &mut Tx, terms: &Terms, now: Ts) -> Result<bool> {
    let written = tx
        .q("INSERT INTO reseller_terms (id, owner_id, settlement, commission_bps, min_markup_bps, max_markup_bps, below_platform, hold_days, \
            sepa_hold_days, valid_from, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (owner_id, valid_from) DO NOTHING")
        .bind(terms.id)
        .bind(terms.reseller)
        .bind(terms.settlement)
        .bind(terms.commission_bps)
        .bind(terms.min_markup_bps)
        .bind(terms.max_markup_bps)
        .bind(terms.below_platform)
        .bind(terms.hold_days)
        .bind(terms.sepa_hold_days)
        .bind(terms.valid_from)
        .bind(now)
        .exec()
        .await?;
    Ok(written > 0)
}

/// The version of a reseller's terms that a charge names.
///
/// # Errors
/// Failures of the engine.
pub async fn terms(db: &Db, id: TermsId) -> Result<Option<Terms>> {
    let row = db.q("SELECT * FROM reseller_terms WHERE id = $1").bind(id).opt::<TermsRow>().await?;
    Ok(row.map(Terms::from))
}

/// The terms valid with a reseller at an instant.
///
/// # Errors
/// Failures of the engine. `None` where the standard holds, or outside the scope.
pub async fn current_terms(db: &Db, scope: Scope, reseller: TenantId, at: Ts) -> Result<Option<Terms>> {
    let row = db
        .q("SELECT * FROM reseller_terms WHERE owner_id = $1 AND valid_from <= $2 AND ($3 IS NULL OR owner_id = $3) AND ($4 IS NULL OR owner_id = $4) \
            ORDER BY valid_from DESC LIMIT 1")
        .bind(reseller)
        .bind(at)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<TermsRow>()
        .await?;
    Ok(row.map(Terms::from))
}

/// Every version of a reseller's terms, newest first, at most `limit`. Customers see none.
///
/// # Errors
/// Failures of the engine.
pub async fn list_terms(db: &Db, scope: Scope, reseller: TenantId, limit: i64) -> Result<Vec<Terms>> {
    let rows = db
        .q("SELECT * FROM reseller_terms WHERE owner_id = $1 AND ($2 IS NULL OR owner_id = $2) AND ($3 IS NULL OR owner_id = $3) \
            ORDER BY valid_from DESC LIMIT $4")
        .bind(reseller)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all::<TermsRow>()
        .await?;
    Ok(rows.into_iter().map(Terms::from).collect())
}

/// Gives a customer a plan, or none, from an instant on; false where another was chosen for the same instant.
///
/// # Errors
/// Failures of the engine.
pub async fn assign_plan(tx: &mut Tx, plan: &PlanAssignment) -> Result<bool> {
    let written = tx
        .q("INSERT INTO plan_assignments (customer_id, list_id, valid_from) VALUES ($1, $2, $3) ON CONFLICT (customer_id, valid_from) DO NOTHING")
        .bind(plan.customer)
        .bind(plan.list)
        .bind(plan.valid_from)
        .exec()
        .await?;
    Ok(written > 0)
}

/// A customer's plans within the scope, newest first, at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_plan_records(
    db: &Db,
    scope: Scope,
    customer: TenantId,
    limit: i64,
) -> Result<Vec<PlanRecord>> {
    db.q("SELECT a.list_id, l.name, a.valid_from FROM plan_assignments a JOIN tenants t ON t.id = a.customer_id \
          LEFT JOIN price_lists l ON l.id = a.list_id \
          WHERE a.customer_id = $1 AND ($2 IS NULL OR t.reseller_id = $2) AND ($3 IS NULL OR t.id = $3) ORDER BY a.valid_from DESC LIMIT $4")
        .bind(customer)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}
