//! How much a read costs among thousands of customers and movements: asked from the engines' own plans, not from a stopwatch.

use crate::house::statements::statements;
use crate::support::engines::{Engine, Store, on_both};
use crate::support::sql::Raw;
use crate::support::world::{MORNING, World, draft, post};
use guthaben::domain::ledger::Posting;
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::store::transfers::{self, Listed, TransferFilter};

const CUSTOMERS: usize = 2_000;
const MOVEMENTS: usize = 20_000;
/// Movements of each other customer.
const OTHERS: usize = 40;

/// `INSERT INTO table … SELECT …` that copies a row `o` with other values in some columns, whatever columns the table has.
pub async fn copy(raw: &mut Raw, table: &str, changes: &[(&str, &str)]) -> String {
    let ask = match raw {
        Raw::Lite(_) => format!("SELECT name FROM pragma_table_info('{table}')"),
        Raw::Pg(_) => format!(
            "SELECT CAST(column_name AS text) FROM information_schema.columns WHERE table_name = '{table}'"
        ),
    };
    let columns: Vec<String> = raw.texts(&ask).await.into_iter().flatten().collect();
    assert!(
        changes.iter().all(|(name, _)| columns.iter().any(|column| column == name)),
        "{table}: {columns:?}"
    );
    let value = |column: &String| {
        let change = changes.iter().find(|(name, _)| name == column);
        change.map_or(format!("o.{column}"), |(_, value)| (*value).to_owned())
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!("INSERT INTO {table} ({}) SELECT {}", columns.join(", "), values.join(", "))
}

/// Fills the tables far beyond what a planner reads as a whole: customers with accounts and movements, one of them with very many.
async fn fill(store: &Store, raw: &mut Raw) {
    let uuid = if store.engine == Engine::Sqlite { "randomblob(16)" } else { "gen_random_uuid()" };
    let numbers = |to: usize| {
        format!(
            "(WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {to}) SELECT n FROM g) g"
        )
    };
    let new_tenants = copy(raw, "tenants", &[("id", uuid), ("number", "'X-' || g.n")]).await;
    let new_books = copy(raw, "books", &[("customer_id", "t.id")]).await;
    let new_accounts = copy(
        raw,
        "accounts",
        &[("id", uuid), ("customer_id", "t.id"), ("owner_id", "t.id"), ("entries", "0")],
    )
    .await;
    let category = "CASE WHEN g.n % 2 = 0 THEN 'call' ELSE 'sms' END";
    let busy = [("id", uuid), ("key", "'bulk-' || g.n"), ("seq", "g.n + 100"), ("category", category)];
    let busy = copy(raw, "transfers", &busy).await;
    let other = [
        ("id", uuid),
        ("key", "t.number || '-' || g.n"),
        ("customer_id", "t.id"),
        ("seq", "g.n"),
        ("category", category),
    ];
    let other = copy(raw, "transfers", &other).await;
    let model = "JOIN tenants m ON m.id = o.customer_id AND m.number = 'N-003'";
    let fills = [
        format!("{new_tenants} FROM tenants o CROSS JOIN {} WHERE o.number = 'N-003'", numbers(CUSTOMERS)),
        format!("{new_books} FROM books o {model} CROSS JOIN tenants t WHERE t.number LIKE 'X-%'"),
        format!("{new_accounts} FROM accounts o {model} CROSS JOIN tenants t WHERE t.number LIKE 'X-%'"),
        format!("{busy} FROM transfers o CROSS JOIN {} WHERE o.key = 'fund'", numbers(MOVEMENTS)),
        format!(
            "{other} FROM transfers o CROSS JOIN tenants t CROSS JOIN {} WHERE o.key = 'fund' AND t.number LIKE 'X-%'",
            numbers(OTHERS)
        ),
        "ANALYZE".to_owned(),
    ];
    for fill in fills {
        raw.run(&fill).await.unwrap_or_else(|error| panic!("{fill}: {error}"));
    }
}

/// The steps of the engine's plan; on PostgreSQL it is run, so that every step says how many rows it touched.
pub async fn plan(raw: &mut Raw, statement: &str, arguments: &[&str]) -> Vec<String> {
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
pub fn scans(plan: &[String]) -> Vec<&String> {
    let scan = |step: &&String| step.contains("Seq Scan") || step.trim_start().starts_with("SCAN ");
    // Reading the one row that another step made is no scan of a table.
    plan.iter().filter(scan).filter(|step| !step.contains("SCAN CONSTANT ROW")).collect()
}

/// Rows that PostgreSQL's steps returned or read in vain.
pub fn touched(plan: &[String]) -> u64 {
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
pub fn statement_with(words: &str, engine: Engine) -> String {
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

    async fn a_list_over_many_customers_reads_no_more_than_its_window(store: Store) {
        let (mut raw, customer) = filled(&store).await;
        let is_lite = store.engine == Engine::Sqlite;
        let reseller = raw.texts(&format!("SELECT {} FROM tenants WHERE number = 'N-001'", if is_lite { "lower(hex(id))" } else { "replace(CAST(id AS text), '-', '')" })).await;
        let literal = |hex: &str| if is_lite { format!("x'{hex}'") } else { format!("CAST('{hex}' AS uuid)") };
        let reseller = literal(&reseller[0][0]);
        let (first, end) = (literal(&"0".repeat(32)), literal(&"f".repeat(32)));
        let nobody = if is_lite { "'[]'" } else { "CAST('{}' AS uuid[])" };
        let bases = [
            ("SELECT * FROM transfers WHERE id < $1", vec![]),
            ("WHERE reseller_id = $10 AND id < $1", vec![reseller.as_str()]),
            ("WHERE kind = $10 AND kind NOT IN", vec!["'topup'"]),
            ("reseller_id = $10 AND kind = $11", vec![reseller.as_str(), "'topup'"]),
        ];
        for (words, base) in bases {
            let statement = statement_with(words, store.engine);
            // Without a search the window is the page; a search for what is nowhere reads the whole window and stops.
            for (window, text, most) in [("51", "''", 300), ("1000", "'%nothing%'", 4_000)] {
                let mut arguments = vec![end.as_str(), &first, window, "0", "9223372036854775807", text, "''", nobody, "51"];
                arguments.extend(&base);
                let plan = plan(&mut raw, &statement, &arguments).await;
                let read: Vec<&String> = scans(&plan).into_iter().filter(|step| !step.contains("SCAN w") && !step.contains("json_each")).collect();
                assert!(!plan.is_empty() && read.is_empty(), "{words}: {plan:#?}");
                assert!(touched(&plan) <= most, "{words}: {} rows: {plan:#?}", touched(&plan));
                assert!(is_lite || !plan.iter().any(|step| step.contains("Sort")), "{words} sorts: {plan:#?}");
            }
        }
        for (words, base) in [("x.customer_id = $1 AND x.seq < $2", vec![]), ("x.category = $9 AND x.seq < $2", vec!["'call'"])] {
            let statement = statement_with(words, store.engine);
            let mut arguments = vec![customer.as_str(), "10000", "0", "0", "9223372036854775807", "''", "NULL", "51"];
            arguments.extend(&base);
            let plan = plan(&mut raw, &statement, &arguments).await;
            assert!(scans(&plan).is_empty() && touched(&plan) <= 300, "{words}: {plan:#?}");
        }
    }

    async fn a_search_goes_on_window_by_window_until_everything_was_read(store: Store) {
        let (raw, _) = filled(&store).await;
        drop(raw);
        let all = (MOVEMENTS + CUSTOMERS * OTHERS + 1).div_ceil(usize::try_from(transfers::WINDOW).expect("a size"));
        for text in ["nothing like this", "FUND"] {
            let filter = TransferFilter { text: Some(text.into()), min: Cents(1), ..TransferFilter::default() };
            let (mut after, mut pages, mut found) = (None, 0, 0);
            loop {
                let page = transfers::list(&store.db, Scope::Platform, &filter, after, 60_000).await.expect("a page");
                (pages, found) = (pages + 1, found + page.rows.len());
                assert_eq!(page.next.is_some(), page.searched_to.is_some());
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(pages, all, "{text}");
            assert_eq!(found, if text == "FUND" { MOVEMENTS + CUSTOMERS * OTHERS + 1 } else { 0 });
        }
        let nowhere = TransferFilter { listed: Listed::parse("api_call"), ..TransferFilter::default() };
        let page = transfers::list(&store.db, Scope::Platform, &nowhere, None, 50).await.expect("a page");
        assert!(page.rows.is_empty() && page.next.is_none(), "no day has it, so nothing is searched");
    }

    async fn a_scan_is_seen(store: Store) {
        let (mut raw, _) = filled(&store).await;
        let plan = plan(&mut raw, "SELECT description FROM transfers WHERE description = $1", &["'nothing'"]).await;
        assert_eq!(scans(&plan).len(), 1, "{plan:#?}");
        assert_eq!(touched(&plan) > 20_000, store.engine == Engine::Postgres, "{plan:#?}");
    }
}
