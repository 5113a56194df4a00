//! Kept payment methods: saved with a payment or without one, charged without their owner, and ended.

use super::*;

#[tokio::test]
async fn a_kept_card_is_charged_without_its_owner_or_tells_why_not() {
    let world = World::start().await;
    let customer = world.post("customers", "email=kunde@guthaben.example&name=Salon").await.json();
    let customer = customer["id"].as_str().unwrap();
    let keep = format!("&customer={customer}&payment_intent_data[setup_future_usage]=off_session");
    for (number, expected) in [
        ("4242424242424242", "succeeded"),
        ("4000002500003155", "succeeded"),
        ("4000002760003184", "requires_payment_method"),
    ] {
        let session = world.session(1_000, &keep).await;
        let id = session["id"].as_str().unwrap();
        if let PayOutcome::Authenticate { .. } = world.sim.pay(id, Instrument::card(number)).await.unwrap() {
            assert_eq!(world.sim.authenticate(id, true).await.unwrap(), PayOutcome::Paid);
        }
        let methods = world.get(&format!("customers/{customer}/payment_methods?type=card")).await;
        let method = methods["data"][0]["id"].as_str().unwrap().to_owned();
        let form = format!(
            "amount=2000&currency=eur&customer={customer}&payment_method={method}&off_session=true&confirm=true&metadata[a]=b"
        );
        let answer = world.post("payment_intents", &form).await;
        let (intent, status) = match answer.status {
            200 => (answer.json(), 200),
            status => (answer.json()["error"]["payment_intent"].clone(), status),
        };
        assert_eq!(
            (intent["status"].as_str(), status),
            (Some(expected), if expected == "succeeded" { 200 } else { 402 }),
            "{number}"
        );
        if status == 402 {
            assert_eq!(answer.json()["error"]["code"], "authentication_required");
            let kept = world.get(&format!("payment_intents/{}", intent["id"].as_str().unwrap())).await;
            assert_eq!(
                kept["last_payment_error"]["code"], "authentication_required",
                "the refused attempt stays"
            );
        }
    }
}

#[tokio::test]
async fn a_kept_account_is_debited_again_until_its_mandate_ends() {
    let world = World::start().await;
    let customer = world.post("customers", "email=kunde@guthaben.example").await.json();
    let customer = customer["id"].as_str().unwrap();
    let keep = format!("&customer={customer}&payment_intent_data[setup_future_usage]=off_session");
    let session = world.session(1_000, &keep).await;
    world.sim.pay(session["id"].as_str().unwrap(), Instrument::iban("DE89370400440532013000")).await.unwrap();
    let methods = world.get(&format!("customers/{customer}/payment_methods")).await;
    let method = methods["data"][0]["id"].as_str().unwrap().to_owned();
    let form = format!(
        "amount=2000&currency=eur&customer={customer}&payment_method={method}&off_session=true&confirm=true"
    );
    let again = world.post("payment_intents", &form).await.json();
    assert_eq!(again["status"], "processing");
    let intent = again["id"].as_str().unwrap();
    world.sim.settle_debit(intent).await.unwrap();
    world.sim.dispute(intent, false, None).await.unwrap();
    let refused = world.post("payment_intents", &form).await;
    assert_eq!((refused.status, refused.json()["error"]["param"].as_str()), (400, Some("payment_method")));
}

#[tokio::test]
async fn setup_mode_keeps_a_method_without_money_and_sessions_expire_by_the_clock() {
    let world = World::start().await;
    let customer = world.post("customers", "email=kunde@guthaben.example").await.json();
    let form = format!(
        "mode=setup&currency=eur&customer={}&success_url=http://127.0.0.1:1/ok",
        customer["id"].as_str().unwrap()
    );
    let session = world.post("checkout/sessions", &form).await.json();
    let id = session["id"].as_str().unwrap();
    assert_eq!(
        world.sim.pay(id, Instrument::iban("DE89370400440532013000")).await.unwrap(),
        PayOutcome::Paid
    );
    let session = world.get(&format!("checkout/sessions/{id}?expand[]=setup_intent.mandate")).await;
    assert_eq!(session["payment_status"], "no_payment_required");
    assert_eq!(session["setup_intent"]["mandate"]["status"], "active");
    let kept = world
        .get(&format!("payment_methods/{}", session["setup_intent"]["payment_method"].as_str().unwrap()))
        .await;
    assert_eq!(
        (kept["customer"].clone(), kept["allow_redisplay"].as_str()),
        (customer["id"].clone(), Some("limited"))
    );
    let detached = world.post(&format!("payment_methods/{}/detach", kept["id"].as_str().unwrap()), "").await;
    assert_eq!((detached.status, detached.json()["customer"].clone()), (200, Value::Null));
    let twice = world.post(&format!("payment_methods/{}/detach", kept["id"].as_str().unwrap()), "").await;
    assert_eq!(twice.status, 400);
    assert_eq!(world.sim.truth().await.unwrap(), []);

    let open = world.session(1_000, &format!("&expires_at={}", world.clock.now().seconds() + 1_800)).await;
    let path = format!("checkout/sessions/{}", open["id"].as_str().unwrap());
    world.sim.pay(open["id"].as_str().unwrap(), Instrument::card("4000000000000002")).await.unwrap();
    world.advance(1_800);
    let expired = world.get(&path).await;
    assert_eq!((expired["status"].as_str(), expired["url"].as_str()), (Some("expired"), None));
    let intent = world.get(&format!("payment_intents/{}", expired["payment_intent"].as_str().unwrap())).await;
    assert_eq!(intent["status"], "canceled");
    assert!(world.sim.pay(open["id"].as_str().unwrap(), Instrument::card("4242424242424242")).await.is_err());
}
