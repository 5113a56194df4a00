//! What rating reads among thousands of price lists: asked from the engines' own plans.

use super::*;
use crate::ledger::plans::{copy, plan, scans, statement_with, touched};
use crate::support::engines::on_both;
use guthaben::billing::prices::{NewTerms, set_terms};

const CUSTOMERS: usize = 2_000;
const RESELLERS: usize = 1_000;
/// Past versions in each customer's list.
const VERSIONS: usize = 12;

/// Gives thousands of customers a list of their own with a long past.
async fn fill(store: &Store, site: &Site) -> Raw {
    set(site, &reseller(site).await, call_price(Target::Customer(site.chain.customers[0]), 40, None)).await;
    let terms = NewTerms::standard(site.chain.resellers[0]);
    set_terms(site.app(), &Editor::SYSTEM, terms).await.expect("accepted").expect("a reseller");
    let mut raw = Raw::open(store).await;
    let lite = store.engine == Engine::Sqlite;
    let uuid = if lite { "randomblob(16)" } else { "gen_random_uuid()" };
    let numbers = |to: usize| {
        format!(
            "(WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {to}) SELECT n FROM g) g"
        )
    };
    let past =
        if lite { "o.valid_from - g.n * 86400000000" } else { "o.valid_from - g.n * INTERVAL '1 day'" };
    let tenants = copy(&mut raw, "tenants", &[("id", uuid), ("number", "'X-' || g.n")]).await;
    let lists = copy(&mut raw, "price_lists", &[("id", uuid), ("subject_id", "t.id")]).await;
    let prices = copy(&mut raw, "prices", &[("id", uuid), ("list_id", "l.id"), ("valid_from", past)]).await;
    let terms = copy(&mut raw, "reseller_terms", &[("id", uuid), ("owner_id", "t.id")]).await;
    let plans = "INSERT INTO plan_assignments (customer_id, list_id, valid_from) SELECT t.id, NULL, l.created_at \
                 FROM tenants t CROSS JOIN price_lists l WHERE t.number LIKE 'X-%' AND l.role = 'default'";
    let fills = [
        format!("{tenants} FROM tenants o CROSS JOIN {} WHERE o.number = 'K-10001'", numbers(CUSTOMERS)),
        format!(
            "{lists} FROM price_lists o CROSS JOIN tenants t WHERE o.role = 'customer' AND t.number LIKE 'X-%'"
        ),
        format!(
            "{prices} FROM prices o JOIN price_lists k ON k.id = o.list_id AND k.role = 'customer' \
             CROSS JOIN price_lists l CROSS JOIN {} WHERE l.role = 'customer'",
            numbers(VERSIONS)
        ),
        format!("{tenants} FROM tenants o CROSS JOIN {} WHERE o.number = 'R-101'", numbers(RESELLERS))
            .replace("'X-' ||", "'Y-' ||"),
        format!("{terms} FROM reseller_terms o CROSS JOIN tenants t WHERE t.number LIKE 'Y-%'"),
        plans.to_owned(),
        "ANALYZE".to_owned(),
    ];
    for fill in fills {
        raw.run(&fill).await.unwrap_or_else(|error| panic!("{fill}: {error}"));
    }
    raw
}

/// Arguments as literals of the engine: some tenants, and an instant.
fn arguments(engine: Engine, tenants: &[TenantId], since: Ts) -> [String; 2] {
    let ids: Vec<String> = tenants.iter().map(|id| hex(id.0)).collect();
    match engine {
        Engine::Sqlite => [format!("'{}'", serde_json::json!(ids)), since.0.to_string()],
        Engine::Postgres => {
            let ids: Vec<String> = ids.iter().map(|id| format!("CAST('{id}' AS uuid)")).collect();
            let since = format!("TIMESTAMPTZ 'epoch' + {} * INTERVAL '1 microsecond'", since.0);
            [format!("(ARRAY[{}])", ids.join(", ")), format!("({since})")]
        }
    }
}

/// Scans of anything but the arguments, the few lists that were found, and the handful of meters.
fn table_scans(plan: &[String]) -> Vec<&String> {
    let small = ["json_each", "SCAN l", "SCAN (join-", "on meters", "SCAN m"];
    scans(plan).into_iter().filter(|step| !small.iter().any(|name| step.contains(name))).collect()
}

on_both! {
    async fn rating_reads_the_lists_that_matter_and_the_versions_of_late(store: Store) {
        let site = Site::start(&store).await;
        let mut raw = fill(&store, &site).await;
        let tenants = [site.chain.customers[0], site.chain.customers[3], site.chain.resellers[0]];
        for (words, rows) in [("WITH lists (id, owner_id", 250), ("FROM reseller_terms t", 40)] {
            let statement = statement_with(words, store.engine);
            let arguments = arguments(store.engine, &tenants, day(0));
            let plan = plan(&mut raw, &statement, &[&arguments[0], &arguments[1]]).await;
            assert!(!plan.is_empty() && table_scans(&plan).is_empty(), "{words}: {plan:#?}");
            assert!(touched(&plan) <= rows, "{words}: {} rows: {plan:#?}", touched(&plan));
        }
        // What is read is enough: the latest version before, and everything after.
        let mut tx = store.db.begin().await.expect("begin");
        let buyer = guthaben::domain::pricing::Buyer { customer: tenants[0], reseller: Some(tenants[2]) };
        let book = store::prices::price_book(&mut tx, &[buyer], day(0)).await.expect("read");
        let price = book.customer_price(&buyer, Meter::CALL, day(0)).expect("a price");
        assert_eq!(price.valid_from, MORNING);
        assert_eq!(book.customer_price(&buyer, Meter::CALL, Ts(MORNING.0 - 1)), None);
    }
}
