//! Proofs under fire: real processes killed at random moments, and crowds of tasks that contradict each other. Whatever happens, what was
//! acknowledged is there once, nothing is there twice, and every sum is right.

mod api;
mod crowd;
mod import;

use crate::support::audit::Ledger;
use crate::support::engines::Store;
use crate::support::sql::record;
use guthaben::app::App;
use guthaben::billing::api_keys::{self, Made, NewApiKey};
use guthaben::billing::prices::{self, Editor, NewPrice, NewTerms, Target};
use guthaben::billing::tenants::{self, NewTenant};
use guthaben::config;
use guthaben::domain::api_key::{ApiScope, ApiScopes};
use guthaben::domain::audit::Author;
use guthaben::domain::clock::{Clock, Ts};
use guthaben::domain::id::TenantId;
use guthaben::domain::ledger::TransferKind;
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::TenantKind;
use guthaben::domain::pricing::{Meter, Settlement};
use guthaben::store::{self, ledger};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

record! {
    struct Count { n: i64 }
}

/// Nothing that works takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at what another process has done.
const LOOK: Duration = Duration::from_millis(3);
/// How long ago the stage's prices began.
const PRICED: Duration = Duration::from_secs(30 * 86_400);
/// What a call's minute costs in cents.
const CALL: i64 = 40;
/// What an SMS costs, in micro-euros: less than a cent, so that the rest is carried from charge to charge.
const SMS_MICROS: i64 = 8_300;

/// Customers of two resellers and of nobody, in a database that other processes open as well; their clock is the machine's.
struct Stage {
    store: Store,
    folder: tempfile::TempDir,
    now: Ts,
    customers: Vec<(String, TenantId)>,
    /// The secret of a key that reaches everybody.
    key: String,
}

impl Stage {
    async fn build(store: &Store) -> Stage {
        let now = Clock::system().now();
        let values = BTreeMap::from([("DATABASE_URL".to_owned(), store.url.clone())]);
        let config = config::from_values(&values).expect("valid settings");
        let clock = Clock::fixed(now.minus(PRICED));
        let app = App::assemble(config, store.db.clone(), clock, false).await.expect("an app");
        tenant(&app, TenantKind::Platform, None, "P-1").await;
        let key = key(&app).await;
        let first = tenant(&app, TenantKind::Reseller, None, "R-1").await;
        let second = tenant(&app, TenantKind::Reseller, None, "R-2").await;
        let price = |target, meter, micros| NewPrice::flat(target, meter, UnitPrice(micros));
        let list = vec![
            price(Target::Platform(None), Meter::CALL, 300_000),
            price(Target::Default, Meter::CALL, CALL * 10_000),
            price(Target::Platform(None), Meter::SMS, 5_100),
            price(Target::Default, Meter::SMS, SMS_MICROS),
        ];
        prices::set_prices(&app, &Editor::SYSTEM, list).await.expect("prices").expect("lists");
        // The second reseller prepays: each of its customers' charges is a movement of its own wallet as well.
        let resale = NewTerms { settlement: Settlement::Resale, ..NewTerms::standard(second) };
        prices::set_terms(&app, &Editor::SYSTEM, resale).await.expect("terms").expect("a reseller");
        let mut customers = vec![];
        for (place, reseller) in
            [Some(first), Some(first), Some(second), Some(second), None].into_iter().enumerate()
        {
            let number = format!("K-{place}");
            let id = tenant(&app, TenantKind::Customer, reseller, &number).await;
            customers.push((number, id));
        }
        let folder = tempfile::tempdir().expect("a folder");
        Stage { store: store.clone(), folder, now, customers, key }
    }

    /// The product as a process of its own, in the stage's folder and on its database.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guthaben"));
        for (key, _) in std::env::vars() {
            if ["GUTHABEN_", "STRIPE_", "DATABASE_"].iter().any(|start| key.starts_with(start)) {
                command.env_remove(key);
            }
        }
        command.args(arguments).current_dir(self.folder.path());
        command.env("DATABASE_URL", &self.store.url).env("GUTHABEN_LOG", "warn");
        command.stdin(Stdio::null());
        command
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// How many charges there are.
    async fn charges(&self) -> i64 {
        let count =
            self.store.db.q("SELECT COUNT(*) AS n FROM transfers WHERE kind = 'usage'").one::<Count>().await;
        count.expect("a reading").n
    }

    /// Waits until so many charges are there or the process has ended; true when it still ran.
    async fn reached(&self, child: &mut Child, charges: i64) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if child.try_wait().expect("a process").is_some() {
                return false;
            }
            if self.charges().await >= charges {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("the process neither ends nor gets anywhere");
    }

    /// Proves the ledger and compares it with what should be there: events by key, with what each costs whose price is whole cents.
    async fn prove(&self, expected: &BTreeMap<String, Event>) {
        let ledger = Ledger::read(&self.store.db).await;
        assert_eq!(ledger.faults(), Vec::<String>::new());
        assert_eq!(ledger::count_broken(&self.store.db).await.expect("a reading"), 0);
        assert_eq!(ledger::prove_totals(&self.store.db).await.expect("a reading").total_cents, 0);
        let charges = ledger.transfers.iter().filter(|t| t.kind == TransferKind::Usage);
        let mut found: BTreeMap<&str, Cents> = charges.map(|t| (t.key.as_str(), -t.amount_cents)).collect();
        let mut messages: BTreeMap<TenantId, i64> = BTreeMap::new();
        for (key, event) in expected {
            let amount = found.remove(key.as_str()).unwrap_or_else(|| panic!("{key} is not charged"));
            match event {
                Event::Call { seconds } => assert_eq!(amount, Cents((seconds + 59) / 60 * CALL), "{key}"),
                Event::Messages { customer, pieces } => {
                    *messages.entry(*customer).or_default() += pieces;
                }
            }
        }
        assert_eq!(found, BTreeMap::new(), "charged, but never sent");
        for (customer, pieces) in messages {
            let sms = ledger.transfers.iter().filter(|t| t.customer_id == customer && t.category == "sms");
            let paid: Cents = sms.map(|t| -t.amount_cents).sum();
            // Half up, once for all of them: what each left over was carried to the next.
            assert_eq!(paid, Cents((pieces * SMS_MICROS + 5_000) / 10_000), "{customer}");
        }
    }
}

/// What an event uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Call { seconds: i64 },
    Messages { customer: TenantId, pieces: i64 },
}

async fn tenant(app: &App, kind: TenantKind, reseller: Option<TenantId>, number: &str) -> TenantId {
    let (number, name) = (number.to_owned(), format!("Mandant {number}"));
    let new = NewTenant { kind, reseller, number, external_id: None, name, support_contact: None };
    tenants::create(app, new).await.expect("a tenant").id
}

async fn key(app: &App) -> String {
    let platform = store::tenants::platform(&app.db).await.expect("a reading").expect("the platform");
    let new = NewApiKey {
        name: "Anlage".to_owned(),
        scopes: ApiScopes::new([ApiScope::UsageWrite]),
        rate_per_minute: api_keys::HIGHEST_RATE,
        expires_at: None,
        request_key: "crash".to_owned(),
    };
    match api_keys::create(app, &Author::SYSTEM, &platform, new).await.expect("a key") {
        Made::Key { secret, .. } => secret,
        other => panic!("{other:?}"),
    }
}

/// An instant as events tell it.
fn text_of(at: Ts) -> String {
    jiff::Timestamp::from_microsecond(at.0).expect("a present time").to_string()
}

/// The key under which an event is charged.
fn key_of(customer: TenantId, id: &str) -> String {
    format!("usage:{customer}:{id}")
}

/// A seed that the test prints, or the one that the environment repeats.
fn seed() -> u64 {
    let given = std::env::var("GUTHABEN_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(rand::random);
    eprintln!("seed {seed}");
    seed
}
