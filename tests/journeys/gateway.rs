//! The contract of [`Gateway`]: what every implementation must promise. Here the real client keeps it, speaking to the simulator over HTTP.

use axum::Router;
use guthaben::domain::clock::{Clock, Ts};
use guthaben::domain::money::Cents;
use guthaben::domain::topup::{Method, PaymentStatus, SessionStatus};
use guthaben::stripe::client::StripeClient;
use guthaben::stripe::gateway::{Gateway, GatewayError, NewCheckout, NewCustomer, Refund};
use guthaben::stripe::simulator::{
    Fault, FaultKind, Instrument, Simulator, SimulatorDatabase, SimulatorSettings,
};
use std::time::Duration;

const KEY: &str = "sk_test_contract";
const CARD: &str = "4242424242424242";
const IBAN: &str = "DE89370400440532013000";
const NOW: Ts = crate::support::world::MORNING;

/// An implementation, and the provider's side to act as payer and merchant.
struct Bench {
    gateway: Box<dyn Gateway>,
    provider: Simulator,
    base: String,
}

impl Bench {
    async fn start() -> Bench {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}/_stripe/", listener.local_addr().expect("an address"));
        let provider = Simulator::open(SimulatorSettings {
            database: SimulatorDatabase::Memory,
            clock: Clock::fixed(NOW),
            seed: 1,
            public_base: base.clone(),
            merchant_name: "Vertrag".to_owned(),
            secret_key: KEY.to_owned(),
        });
        let provider = provider.await.expect("the simulator opens");
        let router = Router::new().nest("/_stripe", provider.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let gateway = Box::new(StripeClient::new(KEY, &base, Duration::from_secs(20)).expect("a client"));
        Bench { gateway, provider, base }
    }

    async fn customer(&self) -> String {
        self.gateway.create_customer(&customer("customer:1")).await.expect("a customer")
    }

    /// Opens a session and lets it be paid; gives the session and its payment.
    async fn paid(&self, key: &str, method: Method) -> (String, String) {
        let checkout = NewCheckout { method, ..checkout(key, &self.customer().await) };
        let session = self.gateway.open_checkout(&checkout).await.expect("a session").id;
        let instrument = if method == Method::Card { Instrument::card(CARD) } else { Instrument::iban(IBAN) };
        self.provider.pay(&session, instrument).await.expect("an open session");
        let facts = self.gateway.fetch_checkout(&session).await.expect("the session").facts;
        (session, facts.payment_intent.expect("a payment"))
    }

    fn fail(&self, on: &str, kind: FaultKind, count: u32) {
        self.provider.inject(Fault { count, ..Fault::once(on, kind) });
    }
}

fn customer(key: &str) -> NewCustomer {
    NewCustomer {
        key: key.to_owned(),
        name: "Salon & Söhne".to_owned(),
        email: "kasse@salon.example".to_owned(),
        language: "de".to_owned(),
        tenant: "ten_1".to_owned(),
    }
}

fn checkout(key: &str, stripe_customer: &str) -> NewCheckout {
    NewCheckout {
        key: key.to_owned(),
        reference: "top_1".to_owned(),
        tenant: "ten_1".to_owned(),
        stripe_customer: stripe_customer.to_owned(),
        amount: Cents(12_345),
        product: "Guthaben".to_owned(),
        method: Method::Card,
        language: "de".to_owned(),
        success_url: "https://portal.example/done".to_owned(),
        cancel_url: "https://portal.example/left".to_owned(),
        expires_at: NOW.plus(Duration::from_secs(3_600)),
    }
}

fn is_unavailable<V: std::fmt::Debug>(outcome: Result<V, GatewayError>, answered: bool) {
    match outcome {
        Err(GatewayError::Unavailable { answered: found, .. }) => assert_eq!(found, answered),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_makes_one_customer() {
    let bench = Bench::start().await;
    let first = bench.customer().await;
    assert_eq!(bench.customer().await, first);
    let other = bench.gateway.create_customer(&customer("customer:2")).await.expect("a customer");
    assert_ne!(other, first);
    let changed = NewCustomer { name: "Anders".to_owned(), ..customer("customer:1") };
    let refused = bench.gateway.create_customer(&changed).await;
    assert!(matches!(refused, Err(GatewayError::Refused { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_key_opens_one_session_and_other_parameters_are_refused() {
    let bench = Bench::start().await;
    let wanted = checkout("checkout:1", &bench.customer().await);
    let first = bench.gateway.open_checkout(&wanted).await.expect("a session");
    let again = bench.gateway.open_checkout(&wanted).await.expect("the session");
    assert_eq!((&again.id, &again.url), (&first.id, &first.url));
    assert!(first.url.expect("a page").starts_with("http"));
    let dearer = NewCheckout { amount: Cents(12_346), ..wanted.clone() };
    let refused = bench.gateway.open_checkout(&dearer).await;
    assert_eq!(refused.expect_err("refused"), GatewayError::Refused { code: "idempotency_error".to_owned() });
    let other = NewCheckout { key: "checkout:2".to_owned(), ..wanted };
    assert_ne!(bench.gateway.open_checkout(&other).await.expect("a session").id, first.id);
}

#[tokio::test]
async fn a_session_tells_how_it_stands() {
    let bench = Bench::start().await;
    let stripe_customer = bench.customer().await;
    let opened =
        bench.gateway.open_checkout(&checkout("checkout:1", &stripe_customer)).await.expect("a session");
    let state = bench.gateway.fetch_checkout(&opened.id).await.expect("the session");
    assert_eq!((state.id.as_str(), state.reference.as_deref()), (opened.id.as_str(), Some("top_1")));
    let facts = state.facts;
    assert_eq!((facts.session, facts.payment), (SessionStatus::Open, PaymentStatus::Unpaid));
    assert_eq!((facts.amount, facts.currency.as_deref(), facts.livemode), (Some(12_345), Some("eur"), false));
    assert_eq!(facts.stripe_customer.as_deref(), Some(stripe_customer.as_str()));
    bench.provider.pay(&opened.id, Instrument::card(CARD)).await.expect("paid");
    let facts = bench.gateway.fetch_checkout(&opened.id).await.expect("the session").facts;
    assert_eq!(
        (facts.session, facts.payment, facts.payment_failed),
        (SessionStatus::Complete, PaymentStatus::Paid, false)
    );
    let intent = facts.payment_intent.expect("a payment");
    let found = bench.gateway.find_checkout(&intent).await.expect("an answer").expect("the session");
    assert_eq!((found.id, found.facts.payment), (opened.id, PaymentStatus::Paid));
}

#[tokio::test]
async fn a_debit_runs_and_comes_back_with_its_reason() {
    let bench = Bench::start().await;
    let (session, intent) = bench.paid("checkout:1", Method::SepaDebit).await;
    let facts = bench.gateway.fetch_checkout(&session).await.expect("the session").facts;
    assert_eq!(
        (facts.session, facts.payment, facts.payment_failed),
        (SessionStatus::Complete, PaymentStatus::Unpaid, false)
    );
    bench.provider.fail_debit(&intent, "insufficient_funds").await.expect("it comes back");
    let facts = bench.gateway.fetch_checkout(&session).await.expect("the session").facts;
    assert!(facts.payment_failed && facts.payment == PaymentStatus::Unpaid);
    assert_eq!(facts.failure_code.as_deref(), Some("insufficient_funds"));
}

#[tokio::test]
async fn only_the_asked_method_is_offered() {
    let bench = Bench::start().await;
    let stripe_customer = bench.customer().await;
    let card =
        bench.gateway.open_checkout(&checkout("checkout:1", &stripe_customer)).await.expect("a session");
    bench.provider.pay(&card.id, Instrument::iban(IBAN)).await.expect_err("cards only");
    let debit = NewCheckout { method: Method::SepaDebit, ..checkout("checkout:2", &stripe_customer) };
    let debit = bench.gateway.open_checkout(&debit).await.expect("a session");
    bench.provider.pay(&debit.id, Instrument::card(CARD)).await.expect_err("debits only");
}

#[tokio::test]
async fn a_closed_session_cannot_be_paid_and_closing_again_does_no_harm() {
    let bench = Bench::start().await;
    let opened = bench
        .gateway
        .open_checkout(&checkout("checkout:1", &bench.customer().await))
        .await
        .expect("a session");
    bench.gateway.expire_checkout(&opened.id).await.expect("closed");
    bench.gateway.expire_checkout(&opened.id).await.expect("closed already, with the same key");
    bench.provider.pay(&opened.id, Instrument::card(CARD)).await.expect_err("too late");
    let facts = bench.gateway.fetch_checkout(&opened.id).await.expect("the session").facts;
    assert_eq!((facts.session, facts.payment), (SessionStatus::Expired, PaymentStatus::Unpaid));
    let (paid, _) = bench.paid("checkout:2", Method::Card).await;
    let refused = bench.gateway.expire_checkout(&paid).await;
    assert!(matches!(refused, Err(GatewayError::Refused { .. })), "{refused:?}");
}

#[tokio::test]
async fn refunds_are_listed_each_with_its_own_amount() {
    let bench = Bench::start().await;
    let (_, intent) = bench.paid("checkout:1", Method::Card).await;
    assert_eq!(bench.gateway.list_refunds(&intent).await.expect("an answer"), []);
    let first = bench.provider.refund(&intent, Some(1_000)).await.expect("a refund");
    let second = bench.provider.refund(&intent, Some(500)).await.expect("a refund");
    bench.provider.fail_refund(&second).await.expect("it fails");
    let mut refunds = bench.gateway.list_refunds(&intent).await.expect("an answer");
    refunds.sort_by_key(|refund| std::cmp::Reverse(refund.amount));
    let expected = [
        Refund { id: first, amount: Cents(1_000), returned: false },
        Refund { id: second, amount: Cents(500), returned: true },
    ];
    assert_eq!(refunds, expected);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let bench = Bench::start().await;
    let unknown = bench.gateway.fetch_checkout("cs_test_unknown").await;
    assert_eq!(unknown.expect_err("unknown"), GatewayError::NotFound);
    let closing = bench.gateway.expire_checkout("cs_test_unknown").await;
    assert_eq!(closing.expect_err("unknown"), GatewayError::NotFound);
    // A payment without a session of ours is no error: there is nothing to find.
    assert!(!matches!(bench.gateway.find_checkout("pi_3unknown").await, Ok(Some(_))));
}

#[tokio::test]
async fn it_answers_whether_the_provider_is_there_and_knows_us() {
    let bench = Bench::start().await;
    assert!(!bench.gateway.ping().await.expect("an answer").livemode);
    let stranger =
        StripeClient::new("sk_test_stranger", &bench.base, Duration::from_secs(20)).expect("a client");
    let refused = stranger.ping().await;
    assert!(matches!(refused, Err(GatewayError::Refused { .. })), "{refused:?}");
}

#[tokio::test]
async fn failures_without_an_outcome_say_so_and_whether_they_were_answered() {
    let bench = Bench::start().await;
    for (kind, answered) in [
        (FaultKind::ErrorBefore, true),
        (FaultKind::CutBefore, false),
        (FaultKind::RateLimit, false),
        (FaultKind::BrokenBody, false),
    ] {
        bench.fail("GET /v1/balance", kind, 3);
        is_unavailable(bench.gateway.ping().await, answered);
        bench.gateway.ping().await.expect("three attempts were all it takes");
    }
    let hasty = StripeClient::new(KEY, &bench.base, Duration::from_millis(50)).expect("a client");
    bench.fail("GET /v1/balance", FaultKind::Latency { milliseconds: 5_000 }, 3);
    is_unavailable(hasty.ping().await, false);
    let nobody = StripeClient::new(KEY, "http://127.0.0.1:9/", Duration::from_secs(5)).expect("a client");
    is_unavailable(nobody.ping().await, false);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_opens_nothing_twice() {
    for kind in [
        FaultKind::ErrorAfter,
        FaultKind::CutAfter,
        FaultKind::BrokenBody,
        FaultKind::Conflict,
        FaultKind::RateLimit,
    ] {
        let bench = Bench::start().await;
        let wanted = checkout("checkout:1", &bench.customer().await);
        bench.fail("POST /v1/checkout/sessions", kind.clone(), 1);
        let first = bench.gateway.open_checkout(&wanted).await.expect("the second attempt is answered");
        let again = bench.gateway.open_checkout(&wanted).await.expect("the same");
        assert_eq!(first.id, again.id, "{kind:?}");
        // Lost for good, then asked again much later with the same key.
        let other = NewCheckout { key: "checkout:2".to_owned(), ..wanted };
        bench.fail("POST /v1/checkout/sessions", FaultKind::CutAfter, 3);
        is_unavailable(bench.gateway.open_checkout(&other).await, false);
        let found = bench.gateway.open_checkout(&other).await.expect("it was opened");
        assert_eq!(found.id, bench.gateway.open_checkout(&other).await.expect("the same").id);
        assert_ne!(found.id, first.id);
    }
}
