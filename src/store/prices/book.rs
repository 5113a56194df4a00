//! What rating reads: with two statements, whatever the number of customers.

use super::terms::{AgreedRow, agreed};
use super::{PriceRow, Version, versions_of};
use crate::domain::clock::Ts;
use crate::domain::pricing::{Buyer, PriceBook};
use crate::store::engine::{Asks, Result, Sql};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Lists that can matter to customers and resellers ($1), and of each meter in them the version valid at $2 and all later ones.
/// Every branch is found by an index of its own, and so is the latest version before $2.
const PRICES: Sql = Sql {
    lite: "WITH lists (id, owner_id, role, subject_id, name) AS ( \
           SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id IS NULL AND role <> 'plan' \
           AND owner_id = (SELECT id FROM tenants WHERE kind = 'platform') \
           UNION ALL SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id IS NULL AND role <> 'plan' AND role = 'reseller' \
           AND owner_id IN (SELECT unhex(value) FROM json_each($1)) \
           UNION ALL SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id IN (SELECT unhex(value) FROM json_each($1)) \
           UNION ALL SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE id IN \
           (SELECT a.list_id FROM plan_assignments a WHERE a.customer_id IN (SELECT unhex(value) FROM json_each($1)))) \
           SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
           p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
           FROM lists l CROSS JOIN prices p ON p.list_id = l.id AND p.withdrawn_at IS NULL JOIN meters m ON m.key = p.meter \
           WHERE p.valid_from > $2 OR p.valid_from = (SELECT MAX(v.valid_from) FROM prices v \
           WHERE v.list_id = p.list_id AND v.meter = p.meter AND v.withdrawn_at IS NULL AND v.valid_from <= $2)",
    pg: "WITH lists (id, owner_id, role, subject_id, name) AS ( \
         SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id IS NULL AND role <> 'plan' \
         AND owner_id = (SELECT id FROM tenants WHERE kind = 'platform') \
         UNION ALL SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id IS NULL AND role <> 'plan' AND role = 'reseller' \
         AND owner_id = ANY($1) \
         UNION ALL SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id = ANY($1) \
         UNION ALL SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE id IN \
         (SELECT a.list_id FROM plan_assignments a WHERE a.customer_id = ANY($1))) \
         SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
         p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
         FROM lists l JOIN prices p ON p.list_id = l.id AND p.withdrawn_at IS NULL JOIN meters m ON m.key = p.meter \
         WHERE p.valid_from > $2 OR p.valid_from = (SELECT MAX(v.valid_from) FROM prices v \
         WHERE v.list_id = p.list_id AND v.meter = p.meter AND v.withdrawn_at IS NULL AND v.valid_from <= $2)",
};

/// Terms of resellers and plans of customers ($1): those valid at $2 and all later ones.
const AGREED: Sql = Sql {
    lite: "SELECT t.owner_id, t.id, t.settlement, t.commission_bps, t.min_markup_bps, t.max_markup_bps, t.below_platform, t.hold_days, \
           t.sepa_hold_days, NULL AS customer_id, NULL AS list_id, t.valid_from FROM reseller_terms t \
           WHERE t.owner_id IN (SELECT unhex(value) FROM json_each($1)) AND (t.valid_from > $2 OR t.valid_from = \
           (SELECT MAX(v.valid_from) FROM reseller_terms v WHERE v.owner_id = t.owner_id AND v.valid_from <= $2)) \
           UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, a.customer_id, a.list_id, a.valid_from FROM plan_assignments a \
           WHERE a.customer_id IN (SELECT unhex(value) FROM json_each($1)) AND (a.valid_from > $2 OR a.valid_from = \
           (SELECT MAX(v.valid_from) FROM plan_assignments v WHERE v.customer_id = a.customer_id AND v.valid_from <= $2))",
    pg: "SELECT t.owner_id, t.id, t.settlement, t.commission_bps, t.min_markup_bps, t.max_markup_bps, t.below_platform, t.hold_days, \
         t.sepa_hold_days, CAST(NULL AS uuid) AS customer_id, CAST(NULL AS uuid) AS list_id, t.valid_from FROM reseller_terms t \
         WHERE t.owner_id = ANY($1) AND (t.valid_from > $2 OR t.valid_from = \
         (SELECT MAX(v.valid_from) FROM reseller_terms v WHERE v.owner_id = t.owner_id AND v.valid_from <= $2)) \
         UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, a.customer_id, a.list_id, a.valid_from FROM plan_assignments a \
         WHERE a.customer_id = ANY($1) AND (a.valid_from > $2 OR a.valid_from = \
         (SELECT MAX(v.valid_from) FROM plan_assignments v WHERE v.customer_id = a.customer_id AND v.valid_from <= $2))",
};

/// What some buyers' prices are found in, for usage that occurred at `since` or later: earlier versions are left out. For the platform:
/// the caller limits what a sender reaches.
///
/// # Errors
/// Failures of the engine.
pub async fn price_book(tx: &mut impl Asks, buyers: &[Buyer], since: Ts) -> Result<PriceBook> {
    let ids = buyers.iter().flat_map(|buyer| [Some(buyer.customer.0), buyer.reseller.map(|id| id.0)]);
    let ids: Vec<Uuid> = ids.flatten().collect::<BTreeSet<_>>().into_iter().collect();
    book_of(tx, &ids, since).await
}

/// The same for customers and resellers by their ids.
///
/// # Errors
/// Failures of the engine.
pub async fn book_of(tx: &mut impl Asks, tenants: &[Uuid], since: Ts) -> Result<PriceBook> {
    let versions = versions_of(tx.ask(PRICES).bind_ids(tenants).bind(since).all::<PriceRow>().await?)?;
    let (terms, plans) = agreed(tx.ask(AGREED).bind_ids(tenants).bind(since).all::<AgreedRow>().await?)?;
    let (prices, lists): (Vec<_>, Vec<_>) =
        versions.into_iter().map(|Version { price, list }| (price, list)).unzip();
    Ok(PriceBook::new(&lists, prices, terms, plans))
}
