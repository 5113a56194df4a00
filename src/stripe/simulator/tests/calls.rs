//! The protocol: keys, parameters, idempotency, paging, faults.

use std::collections::HashSet;

use super::*;
use crate::stripe::simulator::{Fault, FaultKind, SimulatorError, Tuning};

#[tokio::test]
async fn live_keys_and_wrong_bases_do_not_start_and_foreign_keys_are_let_in_nowhere() {
    let clock = Clock::fixed(Ts::from_seconds(START));
    let mut live = settings("http://127.0.0.1:1/_stripe/", &clock);
    live.secret_key = "sk_live_x".to_owned();
    assert!(matches!(Simulator::open(live.clone()).await, Err(SimulatorError::LiveKey)));
    live.secret_key = "rk_test_x".to_owned();
    assert!(matches!(Simulator::open(live).await, Err(SimulatorError::BadKey)));
    let bad = settings("http://127.0.0.1:1/_stripe", &clock);
    assert!(matches!(Simulator::open(bad).await, Err(SimulatorError::BadBase(_))));

    let world = World::start().await;
    let url = format!("{}v1/balance", world.base);
    for headers in
        [&[][..], &[("authorization", "Bearer sk_test_other")][..], &[("authorization", "Basic c2s6")][..]]
    {
        let answer = world.send("GET", &url, "", headers).await.unwrap();
        assert_eq!(
            (answer.status, answer.json()["error"]["type"].as_str()),
            (401, Some("invalid_request_error"))
        );
    }
    let bearer = format!("Bearer {KEY}");
    let old = [("authorization", bearer.as_str()), ("stripe-version", "2020-08-27")];
    assert_eq!(world.send("GET", &url, "", &old).await.unwrap().status, 400);
    let answer = world.call("GET", "balance", "", None).await;
    assert_eq!(answer.headers["stripe-version"], "2026-09-30.endive");
    assert!(answer.headers["request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(world.call("GET", "subscriptions", "", None).await.status, 404);
    assert_eq!(world.call("DELETE", "customers/cus_1", "", None).await.status, 404);
}

#[tokio::test]
async fn wrong_parameters_are_named_as_stripe_names_them() {
    let world = World::start().await;
    let good = session_form(1_000, "");
    let long = "x".repeat(201);
    for (form, code, param) in [
        (format!("{good}&tax_id=1"), "parameter_unknown", "tax_id"),
        (format!("{good}&line_items[0][price]=p"), "parameter_unknown", "line_items[0][price]"),
        (
            format!("{good}&payment_method_types[0]=card"),
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        (good.replace("success_url", "return_url_"), "parameter_unknown", "return_url_"),
        (
            good.replace("&success_url=http://127.0.0.1:1/ok?session={CHECKOUT_SESSION_ID}", ""),
            "parameter_missing",
            "success_url",
        ),
        (good.replace("http://127.0.0.1:1/no", "javascript:x"), "url_invalid", "cancel_url"),
        (
            good.replace("unit_amount]=1000", "unit_amount]=9,5"),
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        (good.replace("unit_amount]=1000", "unit_amount]=49"), "amount_too_small", "line_items"),
        (
            good.replace("unit_amount]=1000", "unit_amount]=9223372036854775807")
                .replace("quantity]=1", "quantity]=2"),
            "amount_too_large",
            "line_items.0",
        ),
        (good.replace("currency]=eur", "currency]=usd"), "", "line_items.0.price_data.currency"),
        (
            good.replace("client_reference_id=top_1", &format!("client_reference_id={long}")),
            "",
            "client_reference_id",
        ),
        (format!("{good}&customer=cus_none"), "resource_missing", "customer"),
        (format!("{good}&expires_at={}", START + 60), "", "expires_at"),
        (format!("{good}&mode=x"), "", "mode"),
    ] {
        let answer = world.post("checkout/sessions", &form).await;
        let error = answer.json()["error"].clone();
        assert_eq!(answer.status, 400, "{form}");
        if form.ends_with("mode=x") {
            continue; // sent twice: refused before it has a name
        }
        assert_eq!(error["param"].as_str(), Some(param), "{error}");
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{error}");
    }
    let missing = world.call("GET", "checkout/sessions/cs_test_none", "", None).await;
    assert_eq!((missing.status, missing.json()["error"]["code"].as_str()), (404, Some("resource_missing")));
    let customer = world.call("GET", "payment_intents/cus_1", "", None).await;
    assert_eq!(customer.status, 404);
    assert_eq!(world.call("GET", "balance?expand[]=nothing", "", None).await.status, 400);
    assert_eq!(world.events().await, Vec::<String>::new(), "a refused call leaves nothing");
}

#[tokio::test]
async fn a_key_replays_its_answer_refuses_other_parameters_and_is_forgotten_after_a_day() {
    let world = World::start().await;
    let form = session_form(1_000, "");
    let first = world.call("POST", "checkout/sessions", &form, Some("topup-1")).await;
    let again = world.call("POST", "checkout/sessions", &form, Some("topup-1")).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert!(first.headers.get("idempotent-replayed").is_none());
    let other = world.call("POST", "checkout/sessions", &session_form(1_001, ""), Some("topup-1")).await;
    assert_eq!((other.status, other.json()["error"]["type"].as_str()), (400, Some("idempotency_error")));
    let elsewhere = world.call("POST", "customers", "email=a@b.example", Some("topup-1")).await;
    assert_eq!(elsewhere.status, 400);
    // Refused parameters began nothing, so the key is free for the right ones.
    assert_eq!(world.call("POST", "customers", "emial=a@b.example", Some("c-1")).await.status, 400);
    assert_eq!(world.call("POST", "customers", "email=a@b.example", Some("c-1")).await.status, 200);
    world.advance(86_400);
    let next_day = world.call("POST", "checkout/sessions", &form, Some("topup-1")).await;
    assert_ne!(next_day.json()["id"], first.json()["id"]);
    assert_eq!(world.call("POST", "customers", "", Some(&"k".repeat(256))).await.status, 400);
}

#[tokio::test]
async fn the_same_key_twice_at_a_time_is_refused_while_it_works() {
    let world = World::start().await;
    world.sim.inject(Fault::once("POST /v1/customers", FaultKind::Latency { milliseconds: 300 }));
    let calls = futures_util::future::join_all(
        (0..4).map(|_| world.call("POST", "customers", "email=a@b.example", Some("k"))),
    );
    let answers = calls.await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(
        statuses[1..].iter().all(|status| [200, 409].contains(status)) && statuses.contains(&409),
        "{statuses:?}"
    );
    let busy = answers.iter().find(|answer| answer.status == 409).unwrap().json();
    assert_eq!(busy["error"]["code"], "idempotency_key_in_use");
    assert_eq!(world.get("customers").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn lists_page_newest_first_in_both_directions() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for at in 0..7 {
        let customer = world.post("customers", &format!("email=c{at}@b.example")).await.json();
        ids.push(customer["id"].as_str().unwrap().to_owned());
        world.advance(10);
    }
    ids.reverse();
    let of = |page: &Value| -> Vec<String> {
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|customer| customer["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = world.get("customers?limit=3").await;
    assert_eq!(
        (of(&first), first["has_more"].as_bool(), first["url"].as_str()),
        (ids[..3].to_vec(), Some(true), Some("/v1/customers"))
    );
    let last = world.get(&format!("customers?limit=4&starting_after={}", ids[2])).await;
    assert_eq!((of(&last), last["has_more"].as_bool()), (ids[3..].to_vec(), Some(false)));
    let back = world.get(&format!("customers?limit=2&ending_before={}", ids[4])).await;
    assert_eq!((of(&back), back["has_more"].as_bool()), (ids[2..4].to_vec(), Some(true)));
    let between =
        world.get(&format!("customers?created[gte]={}&created[lt]={}", START + 20, START + 40)).await;
    assert_eq!(of(&between), ids[3..5]);
    for wrong in
        ["limit=0", "limit=101", "limit=x", "starting_after=cus_none", "starting_after=a&ending_before=b"]
    {
        assert_eq!(world.call("GET", &format!("customers?{wrong}"), "", None).await.status, 400, "{wrong}");
    }
    let unique: HashSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
}

#[tokio::test]
async fn after_a_500_or_a_cut_the_same_key_finds_what_had_happened() {
    let world = World::start().await;
    let form = session_form(1_000, "");
    for (at, fault) in
        [FaultKind::ErrorAfter, FaultKind::CutAfter, FaultKind::BrokenBody].into_iter().enumerate()
    {
        world.sim.inject(Fault::once("POST /v1/checkout/sessions", fault.clone()));
        let key = format!("k{at}");
        let bearer = format!("Bearer {KEY}");
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
        let url = format!("{}v1/checkout/sessions", world.base);
        let failed = world.send("POST", &url, &form, &headers).await;
        match fault {
            FaultKind::ErrorAfter => assert_eq!(failed.unwrap().status, 500),
            FaultKind::CutAfter => assert!(failed.is_err()),
            _ => assert!(serde_json::from_str::<Value>(&failed.unwrap().text).is_err()),
        }
        let sessions = world.get("checkout/sessions").await["data"].clone();
        let retried = world.send("POST", &url, &form, &headers).await.unwrap();
        assert_eq!(retried.json()["id"], sessions[0]["id"], "{fault:?}");
        assert_eq!(sessions.as_array().unwrap().len(), at + 1);
    }
    for (fault, status) in
        [(FaultKind::ErrorBefore, 500), (FaultKind::RateLimit, 429), (FaultKind::Conflict, 409)]
    {
        world.sim.inject(Fault::once("POST /v1/*", fault));
        assert_eq!(world.call("POST", "customers", "", Some("c")).await.status, status);
        assert_eq!(world.get("customers").await["data"].as_array().unwrap().len(), 0);
    }
    world.sim.inject(Fault::once("POST /v1/customers", FaultKind::StickyError));
    for _ in 0..2 {
        assert_eq!(
            world.call("POST", "customers", "", Some("s")).await.status,
            500,
            "a kept 500 stays for the key"
        );
    }
    assert_eq!(world.get("customers").await["data"].as_array().unwrap().len(), 1);
    world.sim.inject(Fault::once("GET /v1/customers", FaultKind::SlowBody { milliseconds: 20 }));
    assert_eq!(world.get("customers").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_undo_the_effect() {
    let world = World::start().await;
    world.sim.inject(Fault::once("POST /v1/customers", FaultKind::Latency { milliseconds: 200 }));
    let call = world.call("POST", "customers", "email=a@b.example", Some("gone"));
    assert!(tokio::time::timeout(Duration::from_millis(50), call).await.is_err());
    // The key stays busy until the work is done; then it has the answer.
    let answer = loop {
        let answer = world.call("POST", "customers", "email=a@b.example", Some("gone")).await;
        if answer.status != 409 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(answer.headers["idempotent-replayed"], "true");
    assert_eq!(world.get("customers").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_method_that_is_not_activated_vanishes_silently() {
    let world = World::start().await;
    world.sim.tune(Tuning { methods: vec!["card".to_owned()], ..Tuning::default() }).await.unwrap();
    let session = world.session(1_000, "").await;
    assert_eq!(session["payment_method_types"], serde_json::json!(["card"]));
    let only_sepa = session_form(1_000, "").replace("allowed_payment_method_types[0]=card&", "");
    assert_eq!(world.post("checkout/sessions", &only_sepa).await.status, 400);
}

#[tokio::test]
async fn a_kept_database_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Ts::from_seconds(START));
    let open = || {
        let mut settings = settings("http://127.0.0.1:1/_stripe/", &clock);
        settings.database = SimulatorDatabase::File(folder.path().join("stripe.db"));
        Simulator::open(settings)
    };
    let first = open().await.unwrap();
    let secret = first.ensure_endpoint("http://127.0.0.1:1/hook").await.unwrap();
    first.tune(Tuning { sepa_business_days: 2, ..Tuning::default() }).await.unwrap();
    drop(first);
    let second = open().await.unwrap();
    assert_eq!(second.ensure_endpoint("http://127.0.0.1:1/hook").await.unwrap(), secret);
    assert_ne!(second.create_endpoint("http://127.0.0.1:1/other").await.unwrap(), secret);
    assert_eq!(second.tuning().sepa_business_days, 2);
    assert!(second.create_endpoint("ftp://x/").await.is_err());
}
