//! How fast usage is charged, as ratios of what the engine itself can do in the same run on the same machine:
//! `cargo bench --bench charges -- [seconds=3] [rounds=3] [movements=1000000] [customers=400]`.
//!
//! The server, the load that asks it over TCP, and the database share the machine, as they would in a small installation. Everything an
//! answer promises is on disk before it is given. After every engine the ledger has to prove; where it does not, the figures are void.

#[path = "../tests/support/mod.rs"]
#[allow(unused_imports)] // the tests' macros stay unused here
mod support;

#[path = "charges/ceiling.rs"]
mod ceiling;
#[path = "charges/load.rs"]
mod load;

use guthaben::billing::api_keys::{self, HIGHEST_RATE, Made, NewApiKey};
use guthaben::billing::prices::{self, Editor, NewPrice, Target};
use guthaben::billing::tenants::{self, NewTenant};
use guthaben::billing::usage;
use guthaben::config;
use guthaben::domain::api_key::{ApiScope, ApiScopes};
use guthaben::domain::audit::Author;
use guthaben::domain::clock::Clock;
use guthaben::domain::id::TenantId;
use guthaben::domain::money::UnitPrice;
use guthaben::domain::party::{Tenant, TenantKind};
use guthaben::domain::pricing::Meter;
use guthaben::domain::usage::{CustomerRef, EventOutcome, Reach, UsageEvent};
use guthaben::server::{Options, Server};
use guthaben::store::ledger;
use load::{Load, Sample, Target as Path};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::engines::{Engine, Store, run};
use support::sql::Raw;

/// What can be said on the command line.
#[derive(Clone, Copy)]
struct Size {
    seconds: u64,
    rounds: usize,
    movements: u64,
    customers: usize,
}

impl Size {
    fn read() -> Size {
        let said: BTreeMap<String, u64> = std::env::args()
            .filter_map(|word| {
                let (name, value) = word.split_once('=')?;
                Some((name.trim_start_matches('-').to_owned(), value.parse().ok()?))
            })
            .collect();
        let of = |name: &str, usual: u64| said.get(name).copied().unwrap_or(usual).max(1);
        Size {
            seconds: of("seconds", 3),
            rounds: usize::try_from(of("rounds", 3)).expect("a small number"),
            movements: of("movements", 1_000_000),
            customers: usize::try_from(of("customers", 400)).expect("a small number"),
        }
    }
}

fn main() {
    support::cluster::make_durable();
    let size = Size::read();
    println!("{:<46} {:>9} {:>19} {:>9} {:>9} {:>7}  goal", "", "/s", "range", "p50", "p99", "÷ ref");
    let only = std::env::args().find_map(|word| word.strip_prefix("only=").map(str::to_owned));
    for (name, engine) in [("postgres", Engine::Postgres), ("sqlite", Engine::Sqlite)] {
        if only.as_deref().is_none_or(|only| only == name) {
            run(engine, move |store| bench(store, size));
        }
    }
}

/// A row of the table: the median of its rounds.
struct Row {
    rate: f64,
    p50: Duration,
}

fn report(name: &str, mut samples: Vec<Sample>, reference: Option<(f64, &str)>) -> Row {
    samples.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let (slowest, fastest) = (samples[0].rate, samples[samples.len() - 1].rate);
    let middle = samples.swap_remove(samples.len() / 2);
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    let (ratio, goal) = reference
        .map_or((String::new(), ""), |(reference, goal)| (format!("{:.2}", middle.rate / reference), goal));
    let range = format!("{slowest:.0}–{fastest:.0}");
    println!(
        "{name:<46} {:>9.0} {range:>19} {:>9} {:>9} {ratio:>7}  {goal}",
        middle.rate,
        millis(middle.p50),
        millis(middle.p99)
    );
    Row { rate: middle.rate, p50: middle.p50 }
}

async fn bench(store: Store, size: Size) {
    println!("\n{:?}", store.engine);
    let mut server = start(&store.url).await;
    let world = World::build(&server, size.customers).await;
    server.run_automatically();
    let bench = Bench { store: &store, server: &server, world: &world, size };
    match store.engine {
        Engine::Postgres => bench.beside_pgbench().await,
        Engine::Sqlite => bench.beside_raw_sqlite().await,
    }
    bench.hot_and_spread().await;
    bench.import().await;
    bench.prove().await;
    bench.balances().await;
    server.stop().await;
}

async fn start(url: &str) -> Server {
    let values = [
        ("DATABASE_URL", url),
        ("GUTHABEN_LISTEN", "127.0.0.1:0"),
        ("GUTHABEN_PROFILE", "development"),
        ("STRIPE_MODE", "simulator"),
    ];
    let values: BTreeMap<String, String> =
        values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let config = config::from_values(&values).expect("settings");
    let options = Options { clock: Clock::system(), demo: false, automatic: false, simulator_file: None };
    Server::start(config, options).await.expect("a server")
}

/// Who is charged: half of the customers belong to one reseller, the others to one of fifty.
struct World {
    hot: Vec<Tenant>,
    spread: Vec<Tenant>,
    secret: String,
}

const RESELLERS: usize = 50;

impl World {
    async fn build(server: &Server, customers: usize) -> World {
        let app = &server.app;
        let platform = create(server, TenantKind::Platform, None, "P-1".into()).await;
        for (target, cents) in [(Target::Platform(None), 30), (Target::Default, 40)] {
            let price = NewPrice::flat(target, Meter::CALL, UnitPrice::cents(cents));
            prices::set_price(app, &Editor::SYSTEM, price).await.expect("prices").expect("a list");
        }
        let hot_reseller = create(server, TenantKind::Reseller, None, "R-hot".into()).await.id;
        let mut resellers = vec![];
        for place in 0..RESELLERS {
            resellers.push(create(server, TenantKind::Reseller, None, format!("R-{place}")).await.id);
        }
        let (mut hot, mut spread) = (vec![], vec![]);
        for place in 0..customers / 2 {
            let customer = create(server, TenantKind::Customer, Some(hot_reseller), format!("H-{place}"));
            hot.push(customer.await);
            let reseller = resellers[place % RESELLERS];
            spread.push(create(server, TenantKind::Customer, Some(reseller), format!("S-{place}")).await);
        }
        let new = NewApiKey {
            name: "bench".into(),
            scopes: ApiScopes::new(ApiScope::ALL.iter().copied()),
            rate_per_minute: HIGHEST_RATE,
            expires_at: None,
            request_key: "bench".into(),
        };
        let made = api_keys::create(app, &Author::SYSTEM, &platform, new).await.expect("a key");
        let Made::Key { secret, .. } = made else { panic!("a new key") };
        World { hot, spread, secret }
    }
}

async fn create(server: &Server, kind: TenantKind, reseller: Option<TenantId>, number: String) -> Tenant {
    let new =
        NewTenant { kind, reseller, name: number.clone(), number, external_id: None, support_contact: None };
    tenants::create(&server.app, new).await.expect("a tenant")
}

struct Bench<'a> {
    store: &'a Store,
    server: &'a Server,
    world: &'a World,
    size: Size,
}

impl Bench<'_> {
    /// One sample of charges over HTTP: `connections` senders of `batch` events each, for customers of a choice.
    async fn charges(&self, connections: usize, batch: usize, customers: &[Tenant]) -> Sample {
        let numbers: Vec<String> = customers.iter().map(|customer| customer.number.clone()).collect();
        let path = Path::Usage { batch, customers: numbers };
        self.load(connections, path).await
    }

    async fn load(&self, connections: usize, target: Path) -> Sample {
        let (base, key) = (self.server.base_url.clone(), self.world.secret.clone());
        Load { base, key, connections, time: Duration::from_secs(self.size.seconds) }.run(target).await
    }

    /// Product and ceiling in turn, so that a disk that slows down slows both.
    async fn beside_pgbench(&self) {
        let pgbench = ceiling::PgBench::prepare(self.store).await;
        let mut rows: [Vec<Sample>; 5] = Default::default();
        let mut disk = vec![];
        for _ in 0..self.size.rounds {
            disk.push(ceiling::fdatasync());
            for (place, clients) in [(0, 1), (1, 16)] {
                rows[place]
                    .extend(pgbench.as_ref().and_then(|bench| bench.sample(clients, self.size.seconds)));
            }
            rows[2].push(self.charges(1, 1, &self.world.spread).await);
            rows[3].push(self.charges(64, 1, &self.world.spread).await);
            rows[4].push(self.charges(4, usage::BATCH, &self.world.spread).await);
        }
        let [one, sixteen, single, many, batches] = rows;
        tell_disk(disk);
        if one.is_empty() {
            println!("pgbench: not run");
        }
        let reference = |name, samples: Vec<Sample>| {
            if samples.is_empty() { f64::NAN } else { report(name, samples, None).rate }
        };
        let one = reference("reference: pgbench, 1-row charge, 1 client", one);
        let sixteen = reference("reference: pgbench, 1-row charge, 16 clients", sixteen);
        report("charges over HTTP, 1 connection", single, Some((one, "≥ 0.67")));
        report("charges over HTTP, 64 connections", many, Some((sixteen, "≥ 1.5")));
        report("events in batches of 1,000, 4 connections", batches, Some((sixteen, "≥ 60,000/s")));
    }

    async fn beside_raw_sqlite(&self) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut raw = ceiling::RawSqlite::prepare(folder.path()).await;
        let mut rows: [Vec<Sample>; 6] = Default::default();
        let mut disk = vec![];
        for _ in 0..self.size.rounds {
            disk.push(ceiling::fdatasync());
            for (place, group) in [(0, 1), (1, 64), (2, 1_000)] {
                rows[place].push(raw.sample(group, self.size.seconds).await);
            }
            rows[3].push(self.charges(1, 1, &self.world.spread).await);
            rows[4].push(self.charges(64, 1, &self.world.spread).await);
            rows[5].push(self.charges(4, usage::BATCH, &self.world.spread).await);
        }
        let [one, group, thousand, single, many, batches] = rows;
        tell_disk(disk);
        let one = report("reference: raw SQLite, groups of 1", one, None).rate;
        let group = report("reference: raw SQLite, groups of 64", group, None).rate;
        let thousand = report("reference: raw SQLite, groups of 1,000", thousand, None).rate;
        report("charges over HTTP, 1 connection", single, Some((one, "")));
        report("charges over HTTP, 64 connections", many, Some((group, "≥ 0.6")));
        report("events in batches of 1,000, 4 connections", batches, Some((thousand, "≥ 30,000/s")));
    }

    /// What everybody shares must not slow charges down: one reseller of all customers, and one customer with all charges.
    async fn hot_and_spread(&self) {
        let (mut spread, mut hot, mut wallet) = (vec![], vec![], vec![]);
        for _ in 0..self.size.rounds {
            spread.push(self.charges(64, 1, &self.world.spread).await);
            hot.push(self.charges(64, 1, &self.world.hot).await);
            wallet.push(self.charges(64, 1, &self.world.hot[..1]).await);
        }
        let spread = report("reference: customers of 50 resellers", spread, None).rate;
        report("customers of one reseller", hot, Some((spread, "≥ 0.9")));
        report("one customer's wallet", wallet, Some((spread, "")));
    }

    /// What `import` does with the lines it has read, without HTTP.
    async fn import(&self) {
        let mut samples = vec![];
        for _ in 0..self.size.rounds {
            let (started, mut times, mut events) = (Instant::now(), vec![], 0);
            while started.elapsed() < Duration::from_secs(self.size.seconds) {
                let batch: Vec<UsageEvent> =
                    (0..usage::BATCH).map(|place| self.event(&self.world.spread, place)).collect();
                let asked = Instant::now();
                let outcomes = usage::record_history(&self.server.app, Reach::History, batch).await;
                times.push(asked.elapsed());
                for outcome in outcomes.expect("recorded") {
                    assert!(matches!(outcome, EventOutcome::Charged { replayed: false, .. }), "{outcome:?}");
                    events += 1;
                }
            }
            samples.push(Sample::of(events, started.elapsed(), times));
        }
        report("import of 1,000 lines at a time", samples, None);
    }

    fn event(&self, customers: &[Tenant], place: usize) -> UsageEvent {
        UsageEvent {
            id: format!("import-{}", COUNTER.fetch_add(1, Ordering::Relaxed)),
            customer: CustomerRef::Id(customers[place % customers.len()].id),
            meter: Meter::CALL.as_str().to_owned(),
            seconds: Some(45),
            quantity: None,
            occurred_at: self.server.app.clock.now(),
            description: "Eingehend +49 30 1234567".to_owned(),
            metadata: None,
        }
    }

    async fn prove(&self) {
        let db = &self.server.app.db;
        let broken = ledger::count_broken(db).await.expect("the proof")
            + ledger::count_stale_balances(db).await.expect("the proof");
        let proof = ledger::prove_totals(db).await.expect("the proof");
        let sound = broken == 0 && proof.total_cents == 0;
        println!("the ledger {}", if sound { "proves: 0 broken" } else { "is BROKEN: all figures are void" });
    }

    /// A balance is read from its two accounts, so history must not matter.
    async fn balances(&self) {
        let (old, young) = (&self.world.hot[1], &self.world.hot[2]);
        self.fill(old).await;
        let path = |tenant: &Tenant| Path::Get(format!("/api/v1/customers/{}/balance", tenant.number));
        let (mut few, mut many, mut crowd) = (vec![], vec![], vec![]);
        for _ in 0..self.size.rounds {
            few.push(self.load(1, path(young)).await);
            many.push(self.load(1, path(old)).await);
            crowd.push(self.load(64, path(old)).await);
        }
        let few = report("reference: balance, few movements", few, None);
        let many = report(&format!("balance, {} movements", self.size.movements), many, None);
        println!("{:<88} {:>13.2}  ≤ 1.1", "   p50 ÷ p50", many.p50.as_secs_f64() / few.p50.as_secs_f64());
        report("balance, 64 connections", crowd, None);
    }

    /// Copies one movement many times; a balance never reads entries, so none are made.
    async fn fill(&self, customer: &Tenant) {
        let mut raw = Raw::open(self.store).await;
        let (id, literal) = match self.store.engine {
            Engine::Sqlite => ("randomblob(16)", format!("x'{}'", customer.id.0.simple())),
            Engine::Postgres => ("gen_random_uuid()", format!("CAST('{}' AS uuid)", customer.id.0)),
        };
        let to = self.size.movements;
        let rows = format!(
            "INSERT INTO transfers (id, key, customer_id, reseller_id, seq, kind, category, amount_cents, balance_cents, quantity, \
             unit_price_micros, commission_cents, platform_cents, used_quantity, description, search_text, occurred_at, posted_at) \
             SELECT {id}, 'bulk-' || g.n, {literal}, reseller_id, 10000000 + g.n, 'usage', 'call', -40, 0, 60, 400000, 10, 30, 45, 'x', 'x', \
             occurred_at, posted_at FROM (WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {to}) SELECT n FROM g) g, \
             (SELECT * FROM transfers WHERE customer_id = {literal} LIMIT 1) o"
        );
        raw.run(&rows).await.expect("fill");
        let position = format!("UPDATE books SET seq = {} WHERE customer_id = {literal}", 10_000_000 + to);
        raw.run(&position).await.expect("position");
        raw.run("ANALYZE").await.expect("statistics");
    }
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

fn tell_disk(mut times: Vec<Duration>) {
    times.sort();
    println!("(fdatasync of 8 KiB: {:.0} µs)", times[times.len() / 2].as_secs_f64() * 1e6);
}
