//! The product as `guthaben demo` runs it, on a free port with two weeks of history. All tests of the binary share it; each works
//! with a customer of its own, so that none sees another's money.

use super::browser::Browser;
use guthaben::billing;
use guthaben::billing::tenants::NewTenant;
use guthaben::billing::usage;
use guthaben::config;
use guthaben::demo;
use guthaben::domain::clock::Clock;
use guthaben::domain::id::{TenantId, TopUpId};
use guthaben::domain::party::{Role, Scope, TenantKind};
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::{EventOutcome, UsageEvent};
use guthaben::i18n::{Lang, T};
use guthaben::server::{Options, Server};
use guthaben::store::topups::TopUp;
use guthaben::store::{persons, tenants, topups};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The German sentences.
pub const DE: T = T::new(Lang::De);
/// The English ones.
pub const EN: T = T::new(Lang::En);
/// A card that pays.
pub const CARD: &str = "4242424242424242";
/// An account whose debit settles when it is told to.
pub const IBAN: &str = "DE89370400440532013000";
/// Chromium's own note about a refused form, which is no error of the page.
pub const REFUSED: &str =
    "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)";

/// Weeks of history: enough for charts, and for more than one page of movements.
const WEEKS: u32 = 2;
/// The same people and the same story every time.
const SEED: u64 = 7;

/// A running product.
pub struct Site {
    runtime: tokio::runtime::Runtime,
    server: Server,
}

/// The product that all tests share.
pub fn shared() -> &'static Site {
    static SITE: LazyLock<Site> = LazyLock::new(|| Site::start(WEEKS));
    &SITE
}

impl Site {
    /// Starts the demo with `weeks` of history.
    fn start(weeks: u32) -> Site {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let folder = fresh_folder();
        let server = runtime.block_on(async {
            let options = Options {
                clock: Clock::system(),
                demo: true,
                automatic: false,
                simulator_file: Some(folder.join("stripe-simulator.db")),
            };
            let mut server = Server::start(settings(&folder), options).await.expect("the server starts");
            demo::fill(&server, SEED, weeks, |_| {}).await.expect("a history");
            server.run_automatically();
            server
        });
        Site { runtime, server }
    }

    /// A fresh browser at this product.
    pub fn browser(&self) -> Browser {
        Browser::open(&self.server.base_url)
    }

    /// A fresh browser in which somebody has signed in and sees their first page.
    pub fn signed_in(&self, email: &str, home: &str) -> Browser {
        let browser = self.browser();
        self.sign_in(&browser, email, home);
        browser
    }

    /// Signs somebody in and waits for their first page.
    pub fn sign_in(&self, browser: &Browser, email: &str, home: &str) {
        browser.sign_in(email, demo::PASSWORD);
        browser.arrive(home);
    }

    /// The customer whose owner signs in with `email`.
    pub fn customer(&self, email: &str) -> TenantId {
        self.runtime.block_on(async {
            let db = &self.server.app.db;
            let person = persons::credentials(db, email).await.expect("a read").expect("a person");
            persons::memberships(db, person.id).await.expect("a read")[0].tenant_id
        })
    }

    /// The customer's top-ups, newest first.
    pub fn top_ups(&self, email: &str) -> Vec<TopUp> {
        let scope = Scope::Customer(self.customer(email));
        self.runtime.block_on(topups::list_latest(&self.server.app.db, scope, 100)).expect("a read")
    }

    /// The payment behind the top-up whose page the browser shows.
    pub fn payment_of(&self, browser: &Browser) -> String {
        let path = browser.path();
        let id = path.trim_start_matches("/portal/topups/").split(['?', '#']).next().unwrap_or_default();
        let id = TopUpId::parse(id).unwrap_or_else(|| panic!("{path} is no page of a top-up"));
        let top_up = self.runtime.block_on(topups::find(&self.server.app.db, Scope::Platform, id));
        top_up.expect("a read").and_then(|top_up| top_up.payment_intent).expect("a payment")
    }

    /// The customer makes a call of one minute, as the telephone system would report it.
    pub fn call(&self, email: &str, id: &str) {
        let customer = self.customer(email);
        self.runtime.block_on(async {
            let app = &self.server.app;
            let (now, description) = (app.clock.now(), "0170 ••• 4218".to_owned());
            let event =
                UsageEvent::new(id.to_owned(), customer, Meter::CALL, Usage::Seconds(60), now, description);
            let outcomes = usage::record(app, Scope::Platform, vec![event]).await.expect("recorded");
            assert!(matches!(outcomes[..], [EventOutcome::Charged { .. }]), "{outcomes:?}");
        });
    }

    /// The customer's own number, as pages show it.
    pub fn number(&self, email: &str) -> String {
        let customer = self.customer(email);
        let tenant =
            self.runtime.block_on(tenants::find(&self.server.app.db, Scope::Customer(customer), customer));
        tenant.expect("a read").expect("a customer").number
    }

    /// A direct customer who has just been set up, with an owner who signs in with `email`.
    pub fn newcomer(&self, name: &str, email: &str) {
        self.runtime.block_on(async {
            let app = &self.server.app;
            let new = NewTenant {
                kind: TenantKind::Customer,
                reseller: None,
                number: "K-10500".to_owned(),
                external_id: None,
                name: name.to_owned(),
                support_contact: None,
            };
            let tenant = billing::tenants::create(app, new).await.expect("a tenant");
            let password = demo::PASSWORD.to_owned();
            billing::tenants::add_person(app, email, name, password, tenant.id, Role::Owner, Lang::De)
                .await
                .expect("a person");
        });
    }
}

/// The demo's settings, as `src/cli/demo.rs` makes them.
fn settings(folder: &Path) -> config::Config {
    let database = format!("sqlite://{}", folder.join("guthaben.db").display());
    let values = [
        ("DATABASE_URL", database.as_str()),
        ("GUTHABEN_LISTEN", "127.0.0.1:0"),
        ("GUTHABEN_PROFILE", "development"),
        ("STRIPE_MODE", "simulator"),
        ("GUTHABEN_OPERATOR_NAME", "Guthaben Plattform GmbH"),
        ("GUTHABEN_OPERATOR_ADDRESS", "Musterstraße 1 | 20095 Hamburg"),
        ("GUTHABEN_OPERATOR_REPRESENTATIVE", "Fabian Sommer"),
        ("GUTHABEN_OPERATOR_EMAIL", "post@guthaben.example"),
        ("GUTHABEN_OPERATOR_PHONE", "040 5551 2300"),
        ("GUTHABEN_OPERATOR_REGISTER", "Amtsgericht Hamburg, HRB 000000"),
        ("GUTHABEN_OPERATOR_VAT_ID", "DE000000000"),
    ];
    let values: BTreeMap<String, String> =
        values.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    config::from_values(&values).expect("valid settings")
}

/// A folder of this process. Those of processes that have ended are removed: a shared product outlives its tests and cannot clean up.
fn fresh_folder() -> PathBuf {
    const PREFIX: &str = "browser-demo-";
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for entry in std::fs::read_dir(root).expect("the folder for tests").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another run may be removing it at the same moment.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(root).expect("a folder").keep()
}

/// What the balance in the middle of the overview says, in cents.
pub fn balance(browser: &Browser) -> i64 {
    let value = browser.attribute("#balance data", "value").expect("the balance has a value");
    value.replace('.', "").parse().unwrap_or_else(|_| panic!("{value} is no amount"))
}

/// Cents as the machine-readable value of a page.
pub fn plain(cents: i64) -> String {
    guthaben::domain::money::Cents(cents).plain()
}

/// Fills in the top-up form by chip and method and waits until its summary names the amount.
pub fn choose(browser: &Browser, euros: u32, method: &str) {
    browser.click(&format!("label.chip:has(input[value=\"{euros}\"])"));
    browser.click(&format!("label.choice:has(input[value={method}])"));
    browser.see("#summary button[type=submit]", &format!("{euros},00 €"));
}

/// Pays on the simulator's hosted page by typing a card or an account in.
pub fn pay(browser: &Browser, method: &str, number: &str) {
    browser.arrive("/_stripe/c/pay/");
    let field = if method == "card" { "#number" } else { "#iban" };
    browser.fill(field, number);
    browser.click("button.primary");
    browser.arrive("/portal/topups/top_");
}

/// Lets the bank pay (`settle`) or return (`fail`) a debit, by the simulator's control page, and waits until that is done.
pub fn end_debit(browser: &Browser, payment: &str, verb: &str) {
    let form = format!("form[action$=\"/payment_intents/{payment}/{verb}\"]");
    browser.goto("/_stripe/_sim");
    browser.click(&format!("{form} button"));
    browser.until(
        "the debit has ended",
        "return document.readyState === 'complete' && !document.querySelector(arguments[0])",
        &json!([form]),
    );
}
