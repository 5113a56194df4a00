//! Agreements with resellers and own prices of customers, written past the product's verbs so that a journey can begin with them.

use super::engines::{Engine, Store};
use super::sql::Raw;
use guthaben::domain::clock::Ts;
use guthaben::domain::id::{TenantId, new_uuid};
use uuid::Uuid;

/// What is agreed with a reseller.
#[derive(Clone, Copy, Debug)]
pub struct Agreed {
    /// `commission` or `resale`.
    pub settlement: &'static str,
    /// A rate instead of the difference of price lists.
    pub commission_bps: Option<i64>,
    /// Days until commission is available.
    pub hold_days: i64,
    /// The same after direct debits.
    pub sepa_hold_days: i64,
}

impl Agreed {
    /// The standard.
    pub const STANDARD: Agreed =
        Agreed { settlement: "commission", commission_bps: None, hold_days: 14, sepa_hold_days: 56 };
}

fn id(store: &Store, id: Uuid) -> String {
    let hex = id.simple();
    if store.engine == Engine::Sqlite { format!("x'{hex}'") } else { format!("CAST('{hex}' AS uuid)") }
}

fn at(store: &Store, at: Ts) -> String {
    if store.engine == Engine::Sqlite {
        at.0.to_string()
    } else {
        format!("TIMESTAMPTZ 'epoch' + {} * INTERVAL '1 microsecond'", at.0)
    }
}

/// Agrees on terms with a reseller from an instant on.
pub async fn agree(store: &Store, reseller: TenantId, from: Ts, agreed: Agreed) {
    let (terms, owner, from) = (id(store, new_uuid(from)), id(store, reseller.0), at(store, from));
    let rate = agreed.commission_bps.map_or("NULL".to_owned(), |rate| rate.to_string());
    let text = format!(
        "INSERT INTO reseller_terms (id, owner_id, settlement, commission_bps, min_markup_bps, max_markup_bps, below_platform, hold_days, \
         sepa_hold_days, valid_from, created_at) VALUES ({terms}, {owner}, '{}', {rate}, 0, 100000, FALSE, {}, {}, {from}, {from})",
        agreed.settlement, agreed.hold_days, agreed.sepa_hold_days
    );
    Raw::open(store).await.run(&text).await.expect("write the terms");
}

/// Gives a customer tiers of its own for a meter: (above, micro-euros), with so many included units.
pub async fn own_tiers(
    store: &Store,
    platform: TenantId,
    customer: TenantId,
    meter: &str,
    included: i64,
    tiers: &[(i64, i64)],
    from: Ts,
) {
    let (list, price) = (id(store, new_uuid(from)), id(store, new_uuid(from)));
    let (owner, subject, from) = (id(store, platform.0), id(store, customer.0), at(store, from));
    let tiers: Vec<String> =
        tiers.iter().map(|(above, price)| format!("{{\"above\":{above},\"price\":{price}}}")).collect();
    let tiers = tiers.join(",");
    let mut raw = Raw::open(store).await;
    for text in [
        format!(
            "INSERT INTO price_lists (id, owner_id, role, subject_id, name, created_at) VALUES ({list}, {owner}, 'customer', {subject}, 'eigene', {from})"
        ),
        format!(
            "INSERT INTO prices (id, list_id, owner_id, meter, model, price_micros, package_units, included_units, tiers, first_seconds, next_seconds, \
             below_platform, valid_from, created_at) VALUES ({price}, {list}, {owner}, '{meter}', 'graduated', 0, 0, {included}, '[{tiers}]', 60, 60, \
             FALSE, {from}, {from})"
        ),
    ] {
        raw.run(&text).await.expect("write the price");
    }
}
