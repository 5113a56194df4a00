//! What the walls need of prices: something to look at and to withdraw, and forms that are in order.

use crate::support::site::Site;
use guthaben::billing::prices::{Editor, NewPrice, Target, create_plan, find_target, set_prices};
use guthaben::domain::money::UnitPrice;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::Meter;
use guthaben::store::prices;
use std::time::Duration;

/// Something to withdraw for the platform and for a reseller, and a plan.
pub async fn plan(site: &Site) {
    let from = Some(site.clock.now().plus(Duration::from_secs(30 * 86_400)));
    let price =
        |target| NewPrice { valid_from: from, ..NewPrice::flat(target, Meter::SMS, UnitPrice::cents(8)) };
    let prices = vec![price(Target::Default), price(Target::Reseller(site.chain.resellers[0]))];
    set_prices(site.app(), &Editor::SYSTEM, prices).await.expect("prices").expect("lists");
    create_plan(site.app(), &Editor::SYSTEM, "Praxis").await.expect("a plan");
}

/// The path with a list of its area, the planned version in it, the plan, a meter and a reseller.
pub async fn path(site: &Site, path: String) -> String {
    let is_admin = path.starts_with("/admin");
    let path = path.replace("{place}", if is_admin { "default" } else { "own" }).replace("{meter}", "call");
    let db = &site.store.db;
    if path.contains("/versions/{id}") {
        let target = if is_admin { Target::Default } else { Target::Reseller(site.chain.resellers[0]) };
        let list =
            find_target(site.app(), Scope::Platform, target).await.expect("a reading").expect("a list");
        let versions = prices::list_versions(db, Scope::Platform, list.id, 100).await.expect("a reading");
        let planned = versions.iter().find(|version| version.price.valid_from > site.clock.now());
        return path.replace("{id}", &planned.expect("a planned version").price.id.to_string());
    }
    if path.contains("/plans/{id}") {
        let plans = prices::list_plans(db, Scope::Platform, site.chain.platform, site.clock.now(), 10).await;
        return path.replace("{id}", &plans.expect("a reading")[0].id.to_string());
    }
    if path.contains("/resellers/{id}") {
        path.replace("{id}", &site.chain.resellers[0].to_string())
    } else {
        path
    }
}

/// A form that is in order for prices, meters, plans and terms alike.
pub fn fields() -> Vec<(&'static str, String)> {
    let fields = [
        ("model", "flat"),
        ("price", "0,45"),
        ("increment", "60/60"),
        ("key", "fax"),
        ("unit", "piece"),
        ("name", "Plan"),
        ("name_de", "Anrufe"),
        ("name_en", "Calls"),
        ("active", "on"),
        ("customers", "K-10004"),
        ("settlement", "commission"),
        ("min", "10"),
        ("max", "100"),
        ("days", "14"),
        ("sepa_days", "56"),
        ("start", "date"),
        ("date", "24.12.2026"),
        ("confirm", "yes"),
    ];
    fields.map(|(name, value)| (name, value.to_owned())).to_vec()
}
