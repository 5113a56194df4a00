//! How much a read costs among thousands of customers and movements: asked from the engines' own plans, not from a stopwatch.

use crate::house::statements::statements;
use crate::support::engines::{Engine, Store, on_both};
use crate::support::sql::Raw;
use crate::support::world::{MORNING, World, draft, post};
use guthaben::domain::ledger::Posting;
use guthaben::domain::money::Cents;

const CUSTOMERS: usize = 2_000;
const MOVEMENTS: usize = 20_000;
/// Movements of each other customer.
const OTHERS: usize = 40;

/// Fills the tables far beyond what a planner reads as a whole: customers with accounts, and one customer with many movements.
async fn fill(store: &Store, raw: &mut Raw) {
    let (uuid, yes, now) = match store.engine {
        Engine::Sqlite => ("randomblob(16)", "1", "0"),
        Engine::Postgres => ("gen_random_uuid()", "true", "TIMESTAMPTZ 'epoch'"),
    };
    let numbers = |to: usize| {
        format!("WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {to})")
    };
    let busy = "SELECT id FROM tenants WHERE number = 'N-003'";
    let fills = [
        format!(
            "INSERT INTO tenants (id, kind, number, name, active, low_balance_cents, created_at) {} \
             SELECT {uuid}, 'customer', 'X-' || n, 'X', {yes}, 0, {now} FROM g",
            numbers(CUSTOMERS)
        ),
        format!(
            "INSERT INTO books (customer_id, seq, last_posted_at) SELECT id, 0, {now} FROM tenants WHERE number LIKE 'X-%'"
        ),
        format!(
            "INSERT INTO accounts (id, customer_id, owner_id, kind, balance_cents, floor_cents, entries) \
             SELECT {uuid}, b.customer_id, b.customer_id, k.kind, 0, 0, 0 FROM books b JOIN tenants t ON t.id = b.customer_id \
             CROSS JOIN (SELECT DISTINCT kind FROM accounts) k WHERE t.number LIKE 'X-%'"
        ),
        format!(
            "INSERT INTO transfers (id, key, customer_id, seq, kind, category, amount_cents, balance_cents, quantity, unit_price_micros, \
             commission_cents, description, occurred_at, posted_at) {} SELECT {uuid}, 'bulk-' || n, ({busy}), n + 100, 'usage', \
             CASE WHEN n % 2 = 0 THEN 'call' ELSE 'sms' END, -1, 0, 1, 0, 0, 'bulk', {now}, {now} FROM g",
            numbers(MOVEMENTS)
        ),
        format!(
            "INSERT INTO entries (account_id, seq, transfer_id, amount_cents, before_cents, after_cents) \
             SELECT a.id, x.seq, x.id, -1, 1, 0 FROM transfers x JOIN accounts a ON a.customer_id = x.customer_id AND a.kind = 'wallet' \
             WHERE x.key LIKE 'bulk-%'"
        ),
        // The others have movements too, so that one customer's are a small part of the table.
        format!(
            "INSERT INTO transfers (id, key, customer_id, seq, kind, category, amount_cents, balance_cents, quantity, unit_price_micros, \
             commission_cents, description, occurred_at, posted_at) {} SELECT {uuid}, 'other-' || t.number || '-' || n, t.id, n, 'usage', \
             'call', -1, 0, 1, 0, 0, 'other', {now}, {now} FROM tenants t CROSS JOIN g WHERE t.number LIKE 'X-%'",
            numbers(OTHERS)
        ),
        "ANALYZE".to_owned(),
    ];
    for fill in fills {
        raw.run(&fill).await.unwrap_or_else(|error| panic!("{fill}: {error}"));
    }
}

/// The steps of the engine's plan; on PostgreSQL it is run, so that every step says how many rows it touched.
async fn plan(raw: &mut Raw, statement: &str, arguments: &[&str]) -> Vec<String> {
    let numbered = arguments.iter().enumerate().rev();
    let text = numbered
        .fold(statement.to_owned(), |text, (place, value)| text.replace(&format!("${}", place + 1), value));
    let ask = match raw {
        Raw::Lite(_) => "EXPLAIN QUERY PLAN",
        Raw::Pg(_) => "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)",
    };
    raw.texts(&format!("{ask} {text}")).await.into_iter().filter_map(|mut row| row.pop()).collect()
}

/// Steps that read a whole table.
fn scans(plan: &[String]) -> Vec<&String> {
    let scan = |step: &&String| step.contains("Seq Scan") || step.trim_start().starts_with("SCAN ");
    // Reading the one row that another step made is no scan of a table.
    plan.iter().filter(scan).filter(|step| !step.contains("SCAN CONSTANT ROW")).collect()
}

/// Rows that PostgreSQL's steps returned or read in vain.
fn touched(plan: &[String]) -> u64 {
    let number = |step: &str, label: &str| -> u64 {
        let digits = step.split_once(label).map_or("0", |(_, rest)| rest);
        digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
    };
    plan.iter()
        .map(|step| {
            number(step, "actual rows=") * number(step, "loops=").max(1) + number(step, "Removed by Filter: ")
        })
        .sum()
}

/// The one statement of the store that says `words`.
fn statement_with(words: &str, engine: Engine) -> String {
    let fits = |place: Option<Engine>| place.is_none_or(|own| own == engine);
    let found: Vec<String> = statements()
        .into_iter()
        .filter(|s| s.text.contains(words) && fits(s.engine))
        .map(|s| s.text)
        .collect();
    assert_eq!(found.len(), 1, "`{words}` names one statement: {found:?}");
    found.into_iter().next().expect("one")
}

async fn filled(store: &Store) -> (Raw, String) {
    let world = World::build(&store.db).await;
    let customer = world.customer(0);
    post(&store.db, vec![draft(customer, "fund", Posting::TopUp { amount: Cents::euros(20) })], MORNING)
        .await;
    let mut raw = Raw::open(store).await;
    fill(store, &mut raw).await;
    let hex = customer.0.simple().to_string();
    let literal =
        if store.engine == Engine::Sqlite { format!("x'{hex}'") } else { format!("CAST('{hex}' AS uuid)") };
    (raw, literal)
}

on_both! {
    async fn a_balance_costs_the_same_among_thousands(store: Store) {
        let (mut raw, customer) = filled(&store).await;
        let statement = statement_with("AS wallet_cents", store.engine);
        let scopes = [["NULL", "NULL"], [&customer, "NULL"], ["NULL", &customer]];
        for [reseller, own] in scopes {
            let plan = plan(&mut raw, &statement, &[&customer, reseller, own]).await;
            assert!(plan.len() >= 4 && scans(&plan).is_empty(), "{plan:#?}");
            assert!(touched(&plan) <= 16, "{} rows: {plan:#?}", touched(&plan));
        }
    }

    async fn a_page_of_movements_reads_its_own_rows_only(store: Store) {
        let (mut raw, customer) = filled(&store).await;
        let pages = [
            ("seq < $2 AND seq >= $3 AND seq <= $4", "customer_id = $1 AND seq < $2"),
            ("seq > $2 AND seq >= $3 AND seq <= $4", "customer_id = $1 AND seq > $2"),
            ("newest first of one category", "category = $9 AND seq < $2"),
            ("oldest first of one category", "category = $9 AND seq > $2"),
        ];
        for (name, words) in pages {
            let statement = statement_with(words, store.engine);
            let arguments = [&customer, "10000", "0", "9000000000", "0", "9223372036854775807", "''", "51", "'call'"];
            let plan = plan(&mut raw, &statement, &arguments).await;
            assert!(!plan.is_empty() && scans(&plan).is_empty(), "{name}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("Sort") || step.contains("TEMP B-TREE")), "{name} sorts: {plan:#?}");
            assert!(touched(&plan) <= 110, "{name}: {} rows: {plan:#?}", touched(&plan));
        }
    }

    async fn a_scan_is_seen(store: Store) {
        let (mut raw, _) = filled(&store).await;
        let plan = plan(&mut raw, "SELECT description FROM transfers WHERE description = $1", &["'nothing'"]).await;
        assert_eq!(scans(&plan).len(), 1, "{plan:#?}");
        assert_eq!(touched(&plan) > 20_000, store.engine == Engine::Postgres, "{plan:#?}");
    }
}
