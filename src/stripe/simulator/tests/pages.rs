//! The hosted pages and the control interface, as a browser without JavaScript uses them.

use super::*;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn paying_on_the_page_waits_for_the_acknowledgement_and_leads_back() {
    let world = World::start().await;
    let receiver = Receiver::default();
    world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    let session = world.session(123_456, "").await;
    let (id, url) = (session["id"].as_str().unwrap(), session["url"].as_str().unwrap());
    let page = world.send("GET", url, "", &[]).await.unwrap();
    assert_eq!(page.status, 200);
    for needed in [
        "1.234,56\u{a0}€",
        "Guthaben GmbH",
        "kein echtes Geld",
        "4242 4242 4242 4242",
        "DE89 3704 0044 0532 0130 00",
        "http://127.0.0.1:1/no",
        "Abbrechen",
    ] {
        assert!(page.text.contains(needed), "{needed}");
    }
    assert!(!page.text.contains("<script") && !page.text.contains("style="));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'self' http://127.0.0.1:1")
    );

    let declined = world.send("POST", url, "method=card&number=4000000000000002", &[FORM]).await.unwrap();
    assert_eq!(declined.status, 422);
    assert!(declined.text.contains("abgelehnt") && declined.text.contains("value=\"4000000000000002\""));
    let no_test_value =
        world.send("POST", url, "method=card&number=4111111111111111", &[FORM]).await.unwrap();
    assert!(no_test_value.text.contains("keine Testkarte"));

    let paid =
        world.send("POST", url, "test=4242424242424242&method=sepa_debit&iban=", &[FORM]).await.unwrap();
    assert_eq!((paid.status, paid.location()), (303, format!("http://127.0.0.1:1/ok?session={id}").as_str()));
    assert!(
        receiver.types().contains(&"checkout.session.completed".to_owned()),
        "acknowledged before the payer is back"
    );
    let again = world.send("POST", url, "test=4242424242424242", &[FORM]).await.unwrap();
    assert_eq!(again.status, 200);
    assert!(again.text.contains("erledigt"));
    assert_eq!(world.sim.truth().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusing_endpoint_does_not_hold_the_payer() {
    let world = World::start().await;
    let receiver = Receiver::default();
    receiver.answer_with(&[500; 10]);
    world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    let session = world.session(1_000, "").await;
    let paid = world.send(
        "POST",
        session["url"].as_str().unwrap(),
        "method=sepa_debit&iban=DE89370400440532013000&name=Erika",
        &[FORM],
    );
    assert_eq!(paid.await.unwrap().status, 303);
    let page = world
        .send("GET", &format!("{}c/pay/{}", world.base, session["id"].as_str().unwrap()), "", &[])
        .await
        .unwrap();
    assert!(page.text.contains("unterwegs"));
}

#[tokio::test]
async fn three_d_secure_has_its_page() {
    let world = World::start().await;
    let session = world.session(1_000, "").await;
    let (id, url) = (session["id"].as_str().unwrap(), session["url"].as_str().unwrap());
    let asked = world.send("POST", url, "test=4000002760003184", &[FORM]).await.unwrap();
    assert_eq!((asked.status, asked.location()), (303, format!("/_stripe/c/3ds/{id}").as_str()));
    let challenge = format!("{}c/3ds/{id}", world.base);
    let page = world.send("GET", &challenge, "", &[]).await.unwrap();
    assert!(page.text.contains("10,00\u{a0}€") && page.text.contains("3184"));
    let rejected = world.send("POST", &challenge, "decision=reject", &[FORM]).await.unwrap();
    assert_eq!(rejected.status, 303);
    let back =
        world.send("GET", &format!("http://{}{}", host(&world), rejected.location()), "", &[]).await.unwrap();
    assert!(back.text.contains("nicht freigegeben"));
    assert_eq!(world.send("GET", &challenge, "", &[]).await.unwrap().status, 409);
    world.send("POST", url, "test=4000002760003184", &[FORM]).await.unwrap();
    let approved = world.send("POST", &challenge, "decision=approve", &[FORM]).await.unwrap();
    assert!(approved.location().starts_with("http://127.0.0.1:1/ok"));
}

fn host(world: &World) -> String {
    world.base.trim_start_matches("http://").split('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn hostile_input_on_the_pages_is_shown_harmlessly_or_refused() {
    let world = World::start().await;
    let session = world.session(1_000, "").await;
    let url = session["url"].as_str().unwrap();
    let shown = world.send("POST", url, "method=card&number=%22%3E%3Cscript%3Ex", &[FORM]).await.unwrap();
    assert_eq!(shown.status, 422);
    assert!(!shown.text.contains("<script>"));
    let foreign = world
        .send("POST", url, "test=4242424242424242", &[FORM, ("sec-fetch-site", "cross-site")])
        .await
        .unwrap();
    assert_eq!(foreign.status, 403);
    for path in ["c/pay/cs_none", "c/3ds/cs_none", "c/mandate/x", "c/pay/%F0%9F%92%A9"] {
        assert_eq!(
            world.send("GET", &format!("{}{path}", world.base), "", &[]).await.unwrap().status,
            404,
            "{path}"
        );
    }
    let css = world.send("GET", &format!("{}assets/sim.css", world.base), "", &[]).await.unwrap();
    assert!(css.headers["content-type"].to_str().unwrap().starts_with("text/css"));
}

#[tokio::test]
async fn the_control_interface_settles_moves_the_clock_and_is_closed_to_others() {
    let world = World::start().await;
    let intent = world.paid(5_000, Instrument::iban("DE89370400440532013000")).await;
    let control = format!("{}_sim", world.base);
    let page = world.send("GET", &control, "", &[]).await.unwrap();
    assert!(page.text.contains(&intent) && page.text.contains("30.11.2026, 10:00:00"), "{}", page.text);
    let settled =
        world.send("POST", &format!("{control}/payment_intents/{intent}/settle"), "", &[FORM]).await.unwrap();
    assert_eq!((settled.status, settled.location()), (303, "/_stripe/_sim"));
    let refund = world
        .send("POST", &format!("{control}/payment_intents/{intent}/refund"), "{\"amount\":1000}", &[JSON])
        .await
        .unwrap();
    assert_eq!(refund.json()["amount"], 1_000);
    let fault = r#"[{"on":"POST /v1/refunds","kind":"latency","milliseconds":5,"count":2},{"on":"event *","kind":"drop"}]"#;
    let faults = world.send("POST", &format!("{control}/faults"), fault, &[JSON]).await.unwrap();
    assert_eq!(faults.json().as_array().unwrap().len(), 2);
    let form = world
        .send("POST", &format!("{control}/faults"), "on=event+charge.updated&kind=delay&count=1", &[FORM])
        .await
        .unwrap();
    assert_eq!(form.status, 303);
    assert_eq!(
        world
            .send("POST", &format!("{control}/faults"), r#"{"on":"x","kind":"nonsense"}"#, &[JSON])
            .await
            .unwrap()
            .status,
        400
    );
    let state = world.send("GET", &format!("{control}/state"), "", &[]).await.unwrap().json();
    assert_eq!(
        (state["truth"][0]["refunded"].as_i64(), state["faults"].as_array().unwrap().len()),
        (Some(1_000), 3)
    );
    world.send("DELETE", &format!("{control}/faults"), "", &[JSON]).await.unwrap();
    world.send("POST", &format!("{control}/clock"), "advance_seconds=86400", &[FORM]).await.unwrap();
    assert_eq!(world.clock.now(), Ts::from_seconds(START + 86_400));
    let tuned = world
        .send("POST", &format!("{control}/tuning"), "{\"sepa_business_days\":1}", &[JSON])
        .await
        .unwrap();
    assert_eq!(tuned.json()["sepa_business_days"], 1);
    assert_eq!(
        world.send("POST", &format!("{control}/tuning"), "{\"nope\":1}", &[JSON]).await.unwrap().status,
        400
    );

    let rebound = world.send("GET", &control, "", &[("host", "evil.example")]).await.unwrap();
    assert_eq!(rebound.status, 403);
    let foreign = world
        .send("POST", &format!("{control}/reset"), "", &[FORM, ("sec-fetch-site", "cross-site")])
        .await
        .unwrap();
    assert_eq!(foreign.status, 403);
    assert_eq!(world.sim.truth().await.unwrap().len(), 1);
    world.send("POST", &format!("{control}/reset"), "", &[FORM]).await.unwrap();
    assert_eq!(world.sim.truth().await.unwrap(), []);
    assert_ne!(
        world.paid(5_000, Instrument::card("4242424242424242")).await,
        intent,
        "ids are never given twice"
    );
}
