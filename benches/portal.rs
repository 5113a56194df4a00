//! How fast the portal is, printed beside a reference measured in the same run on the same machine: `cargo bench --bench portal`.
//!
//! Pages of one customer with a million movements against the bare `/health/live`, a payment until it is seen in an open page against one
//! bare posting, and the idle process. Figures are printed, never asserted: what is fast enough is decided by a reader.

#[path = "../tests/support/mod.rs"]
#[allow(unused_imports)] // the tests' macros stay unused here
mod support;

use futures_util::StreamExt;
use guthaben::billing::prices::{self, Editor, NewPrice, Target};
use guthaben::billing::tenants::{self, NewTenant};
use guthaben::billing::topups::{self, NewTopUp};
use guthaben::config;
use guthaben::domain::clock::Clock;
use guthaben::domain::id::TenantId;
use guthaben::domain::ledger::{Draft, Posting};
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::{Member, Role, TenantKind};
use guthaben::domain::pricing::Meter;
use guthaben::domain::topup::Method;
use guthaben::i18n::Lang;
use guthaben::server::{Options, Server};
use guthaben::store;
use guthaben::stripe::simulator::Instrument;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::client::legacy::{Client as Pool, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use support::engines::{Engine, Store, run};
use support::sql::Raw;

const MOVEMENTS: i64 = 1_000_000;
const ROUNDS: usize = 300;
const PAYMENTS: usize = 20;
const EMAIL: &str = "bench@guthaben.example";
const PASSWORD: &str = "a long enough password";

fn main() {
    println!("{:<44} {:>9} {:>9} {:>9}", "", "p50", "p99", "÷ ref");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run(engine, bench);
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(idle_process());
}

async fn bench(store: Store) {
    println!("\n{:?}", store.engine);
    let mut server = start(&store.url).await;
    let (customer, member) = people(&server).await;
    fill(&store, customer).await;
    server.run_automatically();
    let browser = Browser::sign_in(&server.base_url).await;
    let reference = measure("reference: /health/live", None, || browser.get("/health/live")).await;
    for (name, path) in [
        ("movements, newest of 1,000,000", "/portal/transactions".to_owned()),
        ("movements, in the middle", format!("/portal/transactions?after={}", MOVEMENTS / 2)),
        ("movements, one kind", "/portal/transactions?kind=sms".to_owned()),
        ("movements, a kind without any", "/portal/transactions?kind=refund".to_owned()),
        ("overview", "/portal".to_owned()),
        ("balance fragment", "/portal/balance".to_owned()),
    ] {
        measure(name, Some(reference), || browser.get(&path)).await;
    }
    payments(&server, &member, &browser).await;
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

/// The platform, its prices, one customer and its owner.
async fn people(server: &Server) -> (TenantId, Member) {
    let app = &server.app;
    let new = |kind, number: &str| NewTenant {
        kind,
        reseller: None,
        number: number.to_owned(),
        external_id: None,
        name: number.to_owned(),
        support_contact: None,
    };
    tenants::create(app, new(TenantKind::Platform, "P-1")).await.expect("platform");
    let price = NewPrice::flat(Target::Default, Meter::CALL, UnitPrice::cents(40));
    prices::set_price(app, &Editor::SYSTEM, price).await.expect("prices").expect("a list");
    let customer = tenants::create(app, new(TenantKind::Customer, "K-1")).await.expect("customer").id;
    let person = tenants::add_person(app, EMAIL, "Bench", PASSWORD.into(), customer, Role::Owner, Lang::De)
        .await
        .expect("person");
    let member = store::persons::member(&app.db, person, customer).await.expect("read").expect("a member");
    post(server, customer, "first", Cents::euros(500)).await;
    (customer, member)
}

async fn post(server: &Server, customer: TenantId, key: &str, amount: Cents) {
    let now = server.app.clock.now();
    let posting = Posting::TopUp { amount };
    let draft = Draft::new(customer, key.to_owned(), posting, now, "card".into());
    let mut tx = server.app.db.begin().await.expect("begin");
    store::ledger::post(&mut tx, vec![draft], now).await.expect("post");
    tx.commit().await.expect("commit");
}

/// Copies the first movement a million times; only what lists read is made, the entries are not.
async fn fill(store: &Store, customer: TenantId) {
    let started = Instant::now();
    let mut raw = Raw::open(store).await;
    let (id, hex) = match store.engine {
        Engine::Sqlite => ("randomblob(16)", format!("x'{}'", customer.0.simple())),
        Engine::Postgres => ("gen_random_uuid()", format!("CAST('{}' AS uuid)", customer.0)),
    };
    let rows = format!(
        "INSERT INTO transfers (id, key, customer_id, reseller_id, seq, kind, category, amount_cents, balance_cents, quantity, \
         unit_price_micros, commission_cents, platform_cents, used_quantity, description, search_text, top_up_id, occurred_at, posted_at) \
         SELECT {id}, 'bulk-' || g.n, o.customer_id, NULL, g.n, 'usage', CASE WHEN g.n % 4 = 0 THEN 'sms' ELSE 'call' END, -1, 50000, 60, \
         400000, 0, 1, 60, 'Eingehend', 'eingehend', NULL, o.occurred_at, o.posted_at FROM \
         (WITH RECURSIVE g (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM g WHERE n < {MOVEMENTS}) SELECT n FROM g) g, transfers o \
         WHERE o.key = 'first'"
    );
    raw.run(&rows).await.expect("fill");
    raw.run(&format!("UPDATE books SET seq = {MOVEMENTS} WHERE customer_id = {hex}"))
        .await
        .expect("position");
    raw.run("ANALYZE").await.expect("statistics");
    if store.engine == Engine::Sqlite {
        // A log of this size would otherwise be folded into the file by the first page that writes something.
        raw.run("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("a checkpoint");
    }
    println!("(filled in {:.0} s)", started.elapsed().as_secs_f64());
}

/// Runs something many times and prints how long it took; returns the median.
async fn measure<F, Fut>(name: &str, reference: Option<Duration>, mut what: F) -> Duration
where
    F: FnMut() -> Fut,
    Fut: Future<Output = ()>,
{
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        what().await;
        times.push(started.elapsed());
    }
    report(name, times, reference)
}

fn report(name: &str, mut times: Vec<Duration>, reference: Option<Duration>) -> Duration {
    times.sort();
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    let ratio = reference.map_or(String::new(), |r| format!("{:.1}", p50.as_secs_f64() / r.as_secs_f64()));
    println!("{name:<44} {:>9} {:>9} {ratio:>9}", millis(p50), millis(p99));
    p50
}

/// From the customer's payment at Stripe until the open page has the new balance, beside one bare posting.
async fn payments(server: &Server, member: &Member, browser: &Browser) {
    let mut posts = vec![];
    for round in 0..PAYMENTS {
        let started = Instant::now();
        post(server, member.tenant.id, &format!("bare-{round}"), Cents(1)).await;
        posts.push(started.elapsed());
    }
    let reference = report("reference: one posting", posts, None);
    let simulator = server.simulator.as_ref().expect("the simulator");
    let mut stream = browser.open("/portal/balance/stream").await.into_body().into_data_stream();
    next_event(&mut stream).await;
    let mut times = vec![];
    for round in 0..PAYMENTS {
        let new = NewTopUp {
            amount: Cents::euros(10),
            method: Method::Card,
            request_key: format!("b{round}"),
            language: Lang::De,
        };
        let opened = topups::open(&server.app, member, new).await.expect("a top-up");
        let top_up = store::topups::find(&server.app.db, member.scope(), opened.id)
            .await
            .expect("read")
            .expect("a top-up");
        let session = top_up.session_id.expect("a session");
        let started = Instant::now();
        simulator.pay(&session, Instrument::card("4242424242424242")).await.expect("paid");
        loop {
            next_event(&mut stream).await;
            let paid = store::topups::find(&server.app.db, member.scope(), opened.id).await.expect("read");
            if paid.is_some_and(|top_up| top_up.transfer_id.is_some()) {
                break;
            }
        }
        times.push(started.elapsed());
    }
    report("payment → webhook → balance in an open page", times, Some(reference));
}

async fn next_event<S>(stream: &mut S)
where
    S: futures_util::Stream<Item = Result<Bytes, hyper::Error>> + Unpin,
{
    loop {
        let chunk = stream.next().await.expect("the stream goes on").expect("a chunk");
        if chunk.windows(3).any(|window| window == b"id:") {
            return;
        }
    }
}

/// A signed-in client with kept-alive connections.
struct Browser {
    pool: Pool<HttpConnector, Full<Bytes>>,
    base: String,
    cookies: String,
}

impl Browser {
    async fn sign_in(base: &str) -> Browser {
        let pool = Pool::builder(TokioExecutor::new()).build_http();
        let mut browser = Browser { pool, base: base.to_owned(), cookies: String::new() };
        let page = browser.open("/login").await;
        browser.keep(&page);
        let html = page.into_body().collect().await.expect("a page").to_bytes();
        let html = String::from_utf8_lossy(&html).into_owned();
        let token = html.split("name=\"csrf_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let body = {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("csrf_token", token.expect("a token"));
            form.append_pair("email", EMAIL).append_pair("password", PASSWORD);
            form.finish()
        };
        let request = Request::post(format!("{base}/login")).header("cookie", &browser.cookies);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = browser
            .pool
            .request(request.body(Full::from(body)).expect("a request"))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 303, "signed in");
        browser.keep(&answer);
        browser
    }

    fn keep<B>(&mut self, answer: &Response<B>) {
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
            self.cookies = format!("{}; {cookie}", self.cookies).trim_start_matches("; ").to_owned();
        }
    }

    async fn open(&self, path: &str) -> Response<Incoming> {
        let request = Request::get(format!("{}{path}", self.base)).header("cookie", &self.cookies);
        self.pool.request(request.body(Full::default()).expect("a request")).await.expect("an answer")
    }

    async fn get(&self, path: &str) {
        let answer = self.open(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.into_body().collect().await.expect("the whole page");
    }
}

/// The binary as an operator starts it: time to the first answer, and memory afterwards.
async fn idle_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let started = Instant::now();
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_guthaben"))
        .arg("serve")
        .current_dir(folder.path())
        .env("DATABASE_URL", format!("sqlite://{}/guthaben.db", folder.path().display()))
        .env("GUTHABEN_LISTEN", format!("127.0.0.1:{port}"))
        .env("GUTHABEN_LOG", "warn")
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the binary");
    let pool: Pool<HttpConnector, Full<Bytes>> = Pool::builder(TokioExecutor::new()).build_http();
    let browser = Browser { pool, base: format!("http://127.0.0.1:{port}"), cookies: String::new() };
    let ask = || {
        browser.pool.request(
            Request::get(format!("{}/login", browser.base)).body(Full::default()).expect("a request"),
        )
    };
    while ask().await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("\nempty folder to sign-in page: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("memory, idle: {:.1} MB", resident(process.id()));
    for _ in 0..ROUNDS {
        browser.get("/login").await;
    }
    println!("memory after {ROUNDS} pages: {:.1} MB", resident(process.id()));
    let _ = process.kill();
    let _ = process.wait();
}

/// Resident megabytes of a process, as Linux tells.
fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes: f64 =
        line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
    kilobytes / 1024.0
}
