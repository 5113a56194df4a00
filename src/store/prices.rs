//! Prices with their validity dates.

use super::engine::{Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{PriceId, PriceListId, TenantId, TermsId};
use crate::domain::money::UnitPrice;
use crate::domain::pricing::{
    Buyer, Increment, ListRole, Meter, Model, PlanAssignment, Price, PriceBook, PriceList, Settlement, Terms,
    Unit,
};
use std::collections::BTreeSet;

/// Whom a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// What the platform takes from usage of a reseller's customers.
    Reseller,
    /// What end customers pay.
    Customer,
}

row! {
    struct ListRow { id: PriceListId, owner_id: TenantId, role: ListRole, subject_id: Option<TenantId>, name: String }
    struct PriceRow {
        id: PriceId,
        list_id: PriceListId,
        meter: Meter,
        unit: Unit,
        model: String,
        price_micros: UnitPrice,
        package_units: i64,
        included_units: i64,
        tiers: serde_json::Value,
        first_seconds: i64,
        next_seconds: i64,
        below_platform: bool,
        valid_from: Ts,
    }
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
    struct PlanRow { customer_id: TenantId, list_id: Option<PriceListId>, valid_from: Ts }
    struct Found { id: PriceListId }
}

/// Writes a price of `tenant` for `audience`, valid from an instant on.
///
/// # Errors
/// When that version exists.
pub async fn create(
    tx: &mut Tx,
    owner: TenantId,
    role: ListRole,
    meter: Meter,
    price: UnitPrice,
    increment: Increment,
    valid_from: Ts,
) -> Result<()> {
    let found = tx
        .q("SELECT id FROM price_lists WHERE owner_id = $1 AND role = $2 AND subject_id IS NULL")
        .bind(owner)
        .bind(role)
        .opt::<Found>()
        .await?;
    let list = match found {
        Some(found) => found.id,
        None => {
            let id = PriceListId::new(valid_from);
            tx.q(
                "INSERT INTO price_lists (id, owner_id, role, name, created_at) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(id)
            .bind(owner)
            .bind(role)
            .bind(role.as_str().to_owned())
            .bind(valid_from)
            .exec()
            .await?;
            id
        }
    };
    tx.q("INSERT INTO prices (id, list_id, owner_id, meter, model, price_micros, package_units, included_units, tiers, \
          first_seconds, next_seconds, below_platform, valid_from, created_at) \
          VALUES ($1, $2, $3, $4, 'flat', $5, 0, 0, $6, $7, $8, $9, $10, $10)")
        .bind(PriceId::new(valid_from))
        .bind(list)
        .bind(owner)
        .bind(meter)
        .bind(price)
        .bind(serde_json::json!([]))
        .bind(i64::from(increment.first))
        .bind(i64::from(increment.next))
        .bind(false)
        .bind(valid_from)
        .exec()
        .await?;
    Ok(())
}

const LISTS: Sql = Sql {
    lite: "SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE role IN ('default', 'plan') OR (role = 'platform' AND subject_id IS NULL) \
           OR (role = 'reseller' AND owner_id IN (SELECT unhex(value) FROM json_each($1))) OR subject_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE role IN ('default', 'plan') OR (role = 'platform' AND subject_id IS NULL) \
         OR (role = 'reseller' AND owner_id = ANY($1)) OR subject_id = ANY($1)",
};
const PRICES: Sql = Sql {
    lite: "SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
           p.next_seconds, p.below_platform, p.valid_from FROM prices p JOIN meters m ON m.key = p.meter \
           WHERE p.withdrawn_at IS NULL AND p.list_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
         p.next_seconds, p.below_platform, p.valid_from FROM prices p JOIN meters m ON m.key = p.meter \
         WHERE p.withdrawn_at IS NULL AND p.list_id = ANY($1)",
};
const TERMS: Sql = Sql {
    lite: "SELECT * FROM reseller_terms WHERE owner_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT * FROM reseller_terms WHERE owner_id = ANY($1)",
};
const PLANS: Sql = Sql {
    lite: "SELECT * FROM plan_assignments WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT * FROM plan_assignments WHERE customer_id = ANY($1)",
};

/// What some buyers' prices are found in.
///
/// # Errors
/// Failures of the engine.
pub async fn price_book(tx: &mut Tx, buyers: &[Buyer]) -> Result<PriceBook> {
    let ids = buyers.iter().flat_map(|buyer| [Some(buyer.customer.0), buyer.reseller.map(|id| id.0)]);
    let ids: Vec<_> = ids.flatten().collect::<BTreeSet<_>>().into_iter().collect();
    let list = |row: ListRow| PriceList {
        id: row.id,
        owner: row.owner_id,
        role: row.role,
        subject: row.subject_id,
        name: row.name,
    };
    let lists: Vec<PriceList> =
        tx.q(LISTS).bind_ids(&ids).all::<ListRow>().await?.into_iter().map(list).collect();
    let list_ids: Vec<_> = lists.iter().map(|list| list.id.0).collect();
    let prices = tx.q(PRICES).bind_ids(&list_ids).all::<PriceRow>().await?;
    let prices = prices.into_iter().map(price).collect::<Result<Vec<_>>>()?;
    let terms = tx.q(TERMS).bind_ids(&ids).all::<TermsRow>().await?.into_iter().map(|row| Terms {
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
    });
    let plans = tx.q(PLANS).bind_ids(&ids).all::<PlanRow>().await?.into_iter().map(|row| PlanAssignment {
        customer: row.customer_id,
        list: row.list_id,
        valid_from: row.valid_from,
    });
    Ok(PriceBook::new(&lists, prices, terms.collect(), plans.collect()))
}

fn price(row: PriceRow) -> Result<Price> {
    let seconds = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let model = match row.model.as_str() {
        "none" => None,
        "flat" => Some(Model::Flat(row.price_micros)),
        "package" => Some(Model::Package { units: row.package_units, price: row.price_micros }),
        _ => {
            let tiers = serde_json::from_value(row.tiers);
            Some(Model::Graduated(tiers.map_err(|error| sqlx::Error::Decode(error.into()))?))
        }
    };
    Ok(Price {
        id: row.id,
        list: row.list_id,
        meter: row.meter,
        unit: row.unit,
        model,
        included: row.included_units,
        increment: Increment { first: seconds(row.first_seconds), next: seconds(row.next_seconds) },
        below_platform: row.below_platform,
        valid_from: row.valid_from,
    })
}
