//! A whole site for a journey: the real server on a free port, its simulator, a clock that stands, a small chain of tenants with people in every role.

use super::client::Client;
use super::engines::{Engine, Store};
use super::world::MORNING;
use guthaben::app::App;
use guthaben::billing::prices::{self, Editor, NewPrice, Target};
use guthaben::billing::tenants::{self, NewTenant};
use guthaben::billing::usage;
use guthaben::billing::webhooks;
use guthaben::config;
use guthaben::domain::clock::Clock;
use guthaben::domain::id::{PersonId, TenantId, TopUpId};
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::{Role, Scope, TenantKind};
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::{EventOutcome, UsageEvent};
use guthaben::i18n::{Lang, T};
use guthaben::passwords::Passwords;
use guthaben::server::{Options, Server};
use guthaben::store::Db;
use guthaben::store::ledger;
use guthaben::store::mails::{self, Mail};
use guthaben::store::movements::{self, Cursor, Movement, MovementFilter};
use guthaben::store::persons::{self, NewPerson};
use guthaben::store::topups::{self, TopUp};
use guthaben::stripe::simulator::{Instrument, PayOutcome, Simulator};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Everybody's password.
pub const PASSWORD: &str = "ein langes Passwort";
/// A card that pays.
pub const CARD: &str = "4242424242424242";
/// An account whose debit settles.
pub const IBAN: &str = "DE89370400440532013000";
/// An account whose debit comes back for lack of money.
pub const EMPTY_IBAN: &str = "DE65370400440002222227";
/// The German sentences.
pub const DE: T = T::new(Lang::De);

/// People: sign-in address, the tenant's place in [`Chain`], role.
pub const PEOPLE: &[(&str, Place, Role)] = &[
    ("admin@site.example", Place::Platform, Role::Admin),
    ("finance@site.example", Place::Platform, Role::Finance),
    ("support@site.example", Place::Platform, Role::Support),
    ("reseller@site.example", Place::Reseller(0), Role::Owner),
    ("staff@site.example", Place::Reseller(0), Role::Staff),
    ("rival@site.example", Place::Reseller(1), Role::Owner),
    ("owner@site.example", Place::Customer(0), Role::Owner),
    ("accounting@site.example", Place::Customer(0), Role::Accounting),
    ("viewer@site.example", Place::Customer(0), Role::Viewer),
    ("sister@site.example", Place::Customer(1), Role::Owner),
    ("foreign@site.example", Place::Customer(2), Role::Owner),
    ("direct@site.example", Place::Customer(3), Role::Owner),
    // Belongs to a customer first, and to its reseller as well.
    ("both@site.example", Place::Customer(1), Role::Viewer),
    ("both@site.example", Place::Reseller(0), Role::Staff),
];

/// Where a person works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The operator.
    Platform,
    /// One of two resellers.
    Reseller(usize),
    /// Two customers of the first reseller, one of the second, one direct.
    Customer(usize),
}

/// The tenants of a site.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The operator.
    pub platform: TenantId,
    /// Two resellers.
    pub resellers: [TenantId; 2],
    /// Two customers of the first reseller, one of the second, one direct.
    pub customers: [TenantId; 4],
    /// People by address.
    pub people: BTreeMap<&'static str, PersonId>,
}

impl Chain {
    /// The tenant at a place.
    pub fn tenant(&self, place: Place) -> TenantId {
        match place {
            Place::Platform => self.platform,
            Place::Reseller(at) => self.resellers[at],
            Place::Customer(at) => self.customers[at],
        }
    }
}

/// A running site.
pub struct Site {
    /// The server.
    pub server: Server,
    /// The database it runs on.
    pub store: Store,
    /// The time of everything: product and simulator.
    pub clock: Clock,
    /// Who is there.
    pub chain: Chain,
}

/// Starts a node on a database.
async fn start_node(store: &Store, clock: &Clock, demo: bool, settings: &[(&str, &str)]) -> Server {
    let mut values = BTreeMap::from([
        ("DATABASE_URL", store.url.as_str()),
        ("GUTHABEN_LISTEN", "127.0.0.1:0"),
        ("GUTHABEN_PROFILE", "development"),
        ("GUTHABEN_DATABASE_CONNECTIONS", "8"),
        ("STRIPE_MODE", "simulator"),
    ]);
    values.extend(settings.iter().copied());
    let values = values.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let config = config::from_values(&values).expect("valid settings");
    let options = Options { clock: clock.clone(), demo, automatic: false, simulator_file: None };
    Server::start(config, options).await.expect("the server starts")
}

impl Site {
    /// A site with its chain, on Monday morning.
    pub async fn start(store: &Store) -> Site {
        Site::with(store, &[]).await
    }

    /// The same with further settings.
    pub async fn with(store: &Store, settings: &[(&str, &str)]) -> Site {
        let clock = Clock::fixed(MORNING);
        let server = start_node(store, &clock, false, settings).await;
        let chain = build(&server.app).await;
        Site { server, store: store.clone(), clock, chain }
    }

    /// A site without anybody, as `demo` begins.
    pub async fn empty(store: &Store) -> Site {
        let clock = Clock::fixed(MORNING);
        let server = start_node(store, &clock, true, &[]).await;
        let nobody = TenantId::new(MORNING);
        let people = BTreeMap::new();
        let chain = Chain { platform: nobody, resellers: [nobody; 2], customers: [nobody; 4], people };
        Site { server, store: store.clone(), clock, chain }
    }

    /// A second node on the same database, which speaks to the same simulator.
    pub async fn second_node(&self, settings: &[(&str, &str)]) -> Server {
        let base = format!("{}/_stripe/", self.server.base_url);
        let secrets = self.app().webhook_secrets.join(",");
        let mut all = vec![
            ("STRIPE_MODE", "test"),
            ("STRIPE_SECRET", self.app().config.stripe.secret.0.as_str()),
            ("STRIPE_API_BASE", base.as_str()),
            ("STRIPE_WEBHOOK_SECRET", secrets.as_str()),
        ];
        all.extend(settings);
        start_node(&self.store, &self.clock, false, &all).await
    }

    /// The shared state.
    pub fn app(&self) -> &App {
        &self.server.app
    }

    /// Stripe's stand-in.
    pub fn simulator(&self) -> &Simulator {
        self.server.simulator.as_ref().expect("the simulator runs")
    }

    /// A reader who is not signed in.
    pub fn visitor(&self) -> Client {
        Client::new(&self.server.base_url)
    }

    /// A signed-in reader whose last page is its home.
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.visitor();
        client.get("/login").await.expect(200);
        let page = client.post("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
        let home = page.location().to_owned();
        client.get(&home).await.expect(200);
        client
    }

    /// What Stripe lists or shows at `/v1/{path}`.
    pub async fn stripe(&self, path: &str) -> serde_json::Value {
        let key = format!("Bearer {}", self.app().config.stripe.secret.0);
        let page = self.visitor().with("authorization", &key).get(&format!("/_stripe/v1/{path}")).await;
        serde_json::from_str(&page.expect(200).body).expect("JSON")
    }

    /// How many objects Stripe lists at `/v1/{path}`.
    pub async fn stripe_count(&self, path: &str) -> usize {
        self.stripe(&format!("{path}?limit=100")).await["data"].as_array().expect("a list").len()
    }

    /// A customer's top-ups, newest first.
    pub async fn top_ups(&self, place: usize) -> Vec<TopUp> {
        let scope = Scope::Customer(self.chain.customers[place]);
        topups::list_latest(&self.store.db, scope, 100).await.expect("a reading")
    }

    /// The mails in the outbox, newest first.
    pub async fn mails(&self) -> Vec<Mail> {
        mails::list_latest(&self.store.db, 1000).await.expect("a reading")
    }

    /// Moves the time.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Delivers every due webhook and works off the inbox until both are quiet.
    pub async fn deliver(&self) {
        loop {
            let mut moved = self.simulator().deliver_due().await;
            loop {
                let taken = webhooks::work_off(self.app()).await.expect("the inbox can be read");
                moved += taken;
                if taken == 0 {
                    break;
                }
            }
            if moved == 0 {
                return;
            }
        }
    }

    /// Fills in the top-up form and sends it; gives the Checkout Session it leads to.
    pub async fn check_out(&self, client: &mut Client, amount: &str, method: &str) -> String {
        let form = client.get("/portal/topups/new").await.expect(200);
        let key = form.value("request_key").expect("a key in the form");
        let fields = [("amount", amount), ("method", method), ("request_key", key.as_str())];
        let page = client.post("/portal/topups", &fields).await.expect(303);
        session_of(page.location())
    }

    /// Pays a session with a card or from an account.
    pub async fn pay(&self, session: &str, number: &str) -> PayOutcome {
        let is_iban = number.starts_with("DE");
        let instrument = if is_iban { Instrument::iban(number) } else { Instrument::card(number) };
        self.simulator().pay(session, instrument).await.expect("a session that can be paid")
    }

    /// Tops up by card and waits for the credit.
    pub async fn top_up(&self, client: &mut Client, amount: &str) -> String {
        let session = self.check_out(client, amount, "card").await;
        assert_eq!(self.pay(&session, CARD).await, PayOutcome::Paid);
        self.deliver().await;
        session
    }

    /// What a customer may spend.
    pub async fn balance(&self, place: usize) -> Cents {
        let customer = self.chain.customers[place];
        let balance = ledger::balance(&self.store.db, Scope::Platform, customer).await.expect("a reading");
        balance.expect("a customer's book").available()
    }

    /// A customer's movements, newest first.
    pub async fn movements(&self, place: usize) -> Vec<Movement> {
        let (customer, all) = (self.chain.customers[place], MovementFilter::default());
        let start = Cursor::Start;
        let listed =
            movements::list_movements(&self.store.db, Scope::Platform, customer, &all, start, 1000).await;
        listed.expect("a reading")
    }

    /// Proves that all sums are zero and every balance is that of its entries.
    pub async fn assert_sound(&self) {
        self.assert_sound_in(&self.store.db).await;
    }

    /// The same, read through another opening of the database.
    pub async fn assert_sound_in(&self, db: &Db) {
        assert_eq!(ledger::count_broken(db).await.expect("a reading"), 0);
        assert_eq!(ledger::prove_totals(db).await.expect("a reading").total_cents, 0);
        assert_eq!(super::audit::Ledger::read(db).await.faults(), Vec::<String>::new());
    }

    /// True on SQLite, where a second process sees changes by watching the file.
    pub fn is_sqlite(&self) -> bool {
        self.store.engine == Engine::Sqlite
    }
}

/// The Checkout Session in the address of its page.
pub fn session_of(url: &str) -> String {
    let id = url.rsplit('/').next().unwrap_or_default();
    assert!(id.starts_with("cs_"), "{url} is no page of Checkout");
    id.to_owned()
}

/// Lets a customer use `minutes` of calls, one a minute, for 0.40 € each.
pub async fn use_calls(site: &Site, place: usize, minutes: u32) {
    use_calls_on(site.app(), site.chain.customers[place], &site.clock, minutes).await;
}

/// The same on any node.
pub async fn use_calls_on(app: &App, customer: TenantId, clock: &Clock, minutes: u32) {
    let event = |minute: u32| {
        // Unique as long as time moves or numbers differ.
        let id = format!("{}-{minute}-{}", clock.now().0, TopUpId::new(clock.now()));
        let description = format!("0170 {minute:06}");
        UsageEvent::new(id, customer, Meter::CALL, Usage::Seconds(60), clock.now(), description)
    };
    let outcomes =
        usage::record(app, Scope::Platform, (0..minutes).map(event).collect()).await.expect("recorded");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, EventOutcome::Charged { .. })), "{outcomes:?}");
    assert_eq!(outcomes.len(), minutes as usize);
}

/// One hash for everybody, made once: hashing is slow by design.
async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let pool = Passwords::new(1, 1).expect("a pool");
        pool.hash(PASSWORD.to_owned()).await.expect("a hash")
    };
    HASH.get_or_init(make).await.clone()
}

async fn build(app: &App) -> Chain {
    let platform = tenant(app, TenantKind::Platform, None, "P-1", "Plattform GmbH").await;
    let first = tenant(app, TenantKind::Reseller, None, "R-101", "Erste Partner GmbH").await;
    let second = tenant(app, TenantKind::Reseller, None, "R-102", "Zweite Partner GmbH").await;
    let customers = [
        tenant(app, TenantKind::Customer, Some(first), "K-10001", "Salon & Söhne <Mitte>").await,
        tenant(app, TenantKind::Customer, Some(first), "K-10002", "Praxis Nord").await,
        tenant(app, TenantKind::Customer, Some(second), "K-10003", "Kanzlei Fremd").await,
        tenant(app, TenantKind::Customer, None, "K-10004", "Direkt AG").await,
    ];
    let mut chain = Chain { platform, resellers: [first, second], customers, people: BTreeMap::new() };
    set_prices(app).await;
    let hash = password_hash().await;
    let mut tx = app.db.begin().await.expect("begin");
    for (place, (email, of, role)) in PEOPLE.iter().enumerate() {
        // A moment apart, so that the first membership is the first.
        let now = MORNING.plus(Duration::from_micros(place as u64));
        if !chain.people.contains_key(email) {
            let (id, name) = (PersonId::new(now), format!("Person {place}"));
            let person = NewPerson { id, email: (*email).to_owned(), name, password_hash: hash.clone() };
            persons::create(&mut tx, &person, "de", now).await.expect("write a person");
            chain.people.insert(email, id);
        }
        persons::join(&mut tx, chain.people[email], chain.tenant(*of), *role, now).await.expect("join");
    }
    tx.commit().await.expect("commit");
    chain
}

async fn tenant(
    app: &App,
    kind: TenantKind,
    reseller: Option<TenantId>,
    number: &str,
    name: &str,
) -> TenantId {
    let contact = (kind == TenantKind::Reseller).then(|| "040 5551 2300".to_owned());
    let new = NewTenant {
        kind,
        reseller,
        number: number.to_owned(),
        external_id: None,
        name: name.to_owned(),
        support_contact: contact,
    };
    tenants::create(app, new).await.expect("a tenant").id
}

async fn set_prices(app: &App) {
    let list = [
        (Meter::CALL, 30, 40),
        (Meter::API_CALL, 10, 15),
        (Meter::APPOINTMENT, 100, 150),
        (Meter::SMS, 5, 8),
    ];
    let prices = list.into_iter().flat_map(|(meter, platform, customer)| {
        [
            NewPrice::flat(Target::Platform(None), meter, UnitPrice::cents(platform)),
            NewPrice::flat(Target::Default, meter, UnitPrice::cents(customer)),
        ]
    });
    let set = prices::set_prices(app, &Editor::SYSTEM, prices.collect()).await.expect("prices");
    assert_eq!(set.expect("lists of the platform").len(), 8);
}
