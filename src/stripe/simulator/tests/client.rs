//! The real async-stripe client against the simulator: every call the product makes must parse.

use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{self as api, CreateCheckoutSession};
use stripe_core::balance::RetrieveForMyAccountBalance;
use stripe_core::charge::RetrieveCharge;
use stripe_core::customer::CreateCustomer;
use stripe_core::event::ListEvent;
use stripe_core::payment_intent::{
    CreatePaymentIntent, CreatePaymentIntentOffSession, RetrievePaymentIntent,
};
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_types::Currency;

use super::*;

fn client(world: &World) -> Client {
    ClientBuilder::new(KEY).url(&world.base).timeout(Duration::from_secs(10)).build().unwrap()
}

async fn send<R: StripeRequest>(client: &Client, request: R, key: &str) -> Result<R::Output, StripeError>
where
    R::Output: miniserde::Deserialize + Send,
{
    let strategy = RequestStrategy::Idempotent(IdempotencyKey::new(key).unwrap());
    request.customize().request_strategy(strategy).send(client).await
}

/// What the client's types make of an answer that no call of the enabled features fetches.
async fn parsed<T: miniserde::Deserialize>(world: &World, path: &str) -> T {
    let text = world.call("GET", path, "", None).await.text;
    miniserde::json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"))
}

fn new_session(world: &World, cents: i64, customer: &str) -> CreateCheckoutSession {
    let mut price = api::CreateCheckoutSessionLineItemsPriceData::new(Currency::EUR);
    price.unit_amount = Some(cents);
    price.product_data = Some(api::ProductData::new("Guthaben 25,00 €"));
    let mut item = api::CreateCheckoutSessionLineItems::new();
    item.quantity = Some(1);
    item.price_data = Some(price);
    let mut data = api::CreateCheckoutSessionPaymentIntentData::new();
    data.metadata = Some([("topup".to_owned(), "top_1".to_owned())].into());
    data.setup_future_usage = Some(api::CreateCheckoutSessionPaymentIntentDataSetupFutureUsage::OffSession);
    let methods = vec![
        api::CreateCheckoutSessionAllowedPaymentMethodTypes::Card,
        api::CreateCheckoutSessionAllowedPaymentMethodTypes::SepaDebit,
    ];
    CreateCheckoutSession::new()
        .mode(stripe_shared::CheckoutSessionMode::Payment)
        .customer(customer)
        .client_reference_id("top_1")
        .allowed_payment_method_types(methods)
        .line_items(vec![item])
        .payment_intent_data(data)
        .locale(stripe_shared::CheckoutSessionLocale::De)
        .expires_at(world.clock.now().seconds() + 3_600)
        .success_url("http://127.0.0.1:1/ok?s={CHECKOUT_SESSION_ID}")
        .cancel_url("http://127.0.0.1:1/no")
}

#[tokio::test]
async fn the_real_client_understands_every_answer_of_a_top_up_and_its_refund() {
    let world = World::start().await;
    let client = client(&world);
    let balance = RetrieveForMyAccountBalance::new().send(&client).await.unwrap();
    assert!(!balance.livemode);
    let customer = CreateCustomer::new().email("kunde@guthaben.example").name("Salon");
    let customer = send(&client, customer, "c1").await.unwrap();
    let session = send(&client, new_session(&world, 2_500, customer.id.as_str()), "t1").await.unwrap();
    let same = send(&client, new_session(&world, 2_500, customer.id.as_str()), "t1").await.unwrap();
    assert_eq!((session.amount_total, &session.id), (Some(2_500), &same.id));
    assert!(session.url.as_deref().is_some_and(|url| url.starts_with(&world.base)));
    world.sim.pay(session.id.as_str(), Instrument::card("4242424242424242")).await.unwrap();
    world.advance(3);

    let expand =
        vec!["payment_intent".to_owned(), "payment_intent.latest_charge.balance_transaction".to_owned()];
    let paid = api::RetrieveCheckoutSession::new(&session.id).expand(expand).send(&client).await.unwrap();
    assert_eq!(paid.payment_status, stripe_shared::CheckoutSessionPaymentStatus::Paid);
    let intent = paid.payment_intent.as_ref().and_then(|intent| intent.as_object()).unwrap();
    let charge = intent.latest_charge.as_ref().and_then(|charge| charge.as_object()).unwrap();
    assert_eq!(charge.balance_transaction.as_ref().and_then(|booked| booked.as_object()).unwrap().fee, 63);
    let found =
        api::ListCheckoutSession::new().payment_intent(intent.id.as_str()).send(&client).await.unwrap();
    assert_eq!(found.data[0].id, session.id);
    let items = api::ListLineItemsCheckoutSession::new(&session.id).send(&client).await.unwrap();
    assert_eq!(items.data[0].amount_total, 2_500);
    let intent = RetrievePaymentIntent::new(&intent.id).send(&client).await.unwrap();
    assert_eq!(intent.amount_received, 2_500);
    assert!(RetrieveCharge::new(&charge.id).send(&client).await.unwrap().paid);

    let refund = send(&client, CreateRefund::new().payment_intent(intent.id.as_str()).amount(500), "r1")
        .await
        .unwrap();
    assert_eq!(refund.amount, 500);
    RetrieveRefund::new(&refund.id).send(&client).await.unwrap();
    let refunds = ListRefund::new().payment_intent(intent.id.as_str()).send(&client).await.unwrap();
    assert_eq!(refunds.data.len(), 1);
    let events = ListEvent::new().limit(100).send(&client).await.unwrap();
    assert_eq!(events.data.len(), world.events().await.len());

    let method = intent.payment_method.as_ref().unwrap().id().to_string();
    let again = CreatePaymentIntent::new(2_000, Currency::EUR)
        .customer(customer.id.as_str())
        .payment_method(method)
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true);
    let again = send(&client, again, "auto-1").await.unwrap();
    assert_eq!(again.status, stripe_shared::PaymentIntentStatus::Succeeded);
}

#[tokio::test]
async fn the_real_client_understands_debits_disputes_declines_and_refusals() {
    let world = World::start().await;
    let client = client(&world);
    let customer = send(&client, CreateCustomer::new().email("kunde@guthaben.example"), "c1").await.unwrap();
    let mut failed = 0;
    for (at, iban) in
        ["DE35370400440532013002", "DE62370400440532013001", "DE27370400440000121212"].iter().enumerate()
    {
        let session =
            send(&client, new_session(&world, 2_500, customer.id.as_str()), &format!("t{at}")).await.unwrap();
        world.sim.pay(session.id.as_str(), Instrument::iban(iban)).await.unwrap();
        world.advance(8 * 86_400);
        let expand = vec!["payment_intent.latest_charge".to_owned()];
        let session =
            api::RetrieveCheckoutSession::new(&session.id).expand(expand).send(&client).await.unwrap();
        let intent = session.payment_intent.as_ref().and_then(|intent| intent.as_object()).unwrap();
        failed += usize::from(intent.last_payment_error.is_some());
        RetrievePaymentIntent::new(&intent.id).send(&client).await.unwrap();
    }
    assert_eq!(failed, 2);
    let disputes: stripe_types::List<stripe_shared::Dispute> = parsed(&world, "disputes").await;
    assert_eq!((disputes.data.len(), disputes.data[0].amount), (1, 2_500));
    parsed::<stripe_types::List<stripe_shared::BalanceTransaction>>(&world, "balance_transactions").await;
    parsed::<stripe_types::List<stripe_shared::PaymentMethod>>(
        &world,
        &format!("customers/{}/payment_methods", customer.id),
    )
    .await;
    ListEvent::new().limit(100).send(&client).await.unwrap();

    let session = send(&client, new_session(&world, 2_500, customer.id.as_str()), "t9").await.unwrap();
    world.sim.pay(session.id.as_str(), Instrument::card("4000002760003184")).await.unwrap();
    world.sim.authenticate(session.id.as_str(), true).await.unwrap();
    let methods = world.get(&format!("customers/{}/payment_methods?type=card", customer.id)).await;
    let again = CreatePaymentIntent::new(2_000, Currency::EUR)
        .customer(customer.id.as_str())
        .payment_method(methods["data"][0]["id"].as_str().unwrap())
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .confirm(true);
    match send(&client, again, "auto-1").await {
        Err(StripeError::Stripe(error, 402)) => {
            assert_eq!(error.code.unwrap().as_str(), "authentication_required");
            assert!(error.payment_intent.is_some());
        }
        other => panic!("{other:?}"),
    }
    let missing = api::RetrieveCheckoutSession::new("cs_test_none").send(&client).await;
    assert!(matches!(missing, Err(StripeError::Stripe(_, 404))));
}
