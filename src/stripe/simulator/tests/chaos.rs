//! Many things going wrong at once: whatever the faults, a key makes one object and an event arrives or stays findable.

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::stripe::simulator::{Fault, FaultKind};

const TRIES: usize = 60;

/// Sends until it is answered with 200, as a careful caller does: the same key, the same parameters.
async fn insist(world: &World, path: &str, form: &str, key: &str) -> Value {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
    for _ in 0..TRIES {
        let answer = world.send("POST", &format!("{}v1/{path}", world.base), form, &headers).await;
        if let Ok(Answer { status: 200, text, .. }) = &answer
            && let Ok(value) = serde_json::from_str(text)
        {
            return value;
        }
    }
    panic!("{TRIES} tries were not enough for {key}");
}

#[tokio::test]
async fn whatever_goes_wrong_with_calls_a_key_makes_one_session_and_one_refund() {
    for seed in 0..6 {
        let world = World::start().await;
        lock(&world.sim.inner.faults).reseed(seed);
        let kinds = [
            FaultKind::ErrorBefore,
            FaultKind::ErrorAfter,
            FaultKind::CutBefore,
            FaultKind::CutAfter,
            FaultKind::RateLimit,
            FaultKind::Conflict,
            FaultKind::BrokenBody,
        ];
        for kind in kinds {
            world.sim.inject(Fault { count: 1_000, percent: 12, ..Fault::once("POST /v1/*", kind) });
        }
        let mut ids = HashSet::new();
        for at in 0..8 {
            let session =
                insist(&world, "checkout/sessions", &session_form(1_000 + at, ""), &format!("s{at}")).await;
            let id = session["id"].as_str().unwrap().to_owned();
            world.sim.pay(&id, Instrument::card("4242424242424242")).await.unwrap();
            let intent = world.get(&format!("checkout/sessions/{id}")).await["payment_intent"].clone();
            let form = format!("payment_intent={}&amount=100", intent.as_str().unwrap());
            for part in 0..2 {
                insist(&world, "refunds", &form, &format!("r{at}-{part}")).await;
            }
            ids.insert(id);
        }
        let truth = world.sim.truth().await.unwrap();
        assert_eq!((ids.len(), truth.len()), (8, 8), "seed {seed}");
        assert!(
            truth.iter().all(|payment| payment.succeeded && payment.refunded == 200),
            "seed {seed}: {truth:?}"
        );
        let open = world.get("checkout/sessions?status=open").await;
        assert_eq!(open["data"], serde_json::json!([]), "seed {seed}: no second session for a key");
    }
}

#[tokio::test]
async fn whatever_goes_wrong_with_webhooks_every_event_arrives_or_is_listed_as_undelivered() {
    for seed in 0..6 {
        let world = World::start().await;
        let receiver = Receiver::default();
        let secret = world.sim.create_endpoint(&receiver.start().await).await.unwrap();
        lock(&world.sim.inner.faults).reseed(seed);
        let kinds = [
            FaultKind::Duplicate,
            FaultKind::Shuffle,
            FaultKind::Delay { seconds: 7_000 },
            FaultKind::Drop,
            FaultKind::Burst { copies: 3 },
            FaultKind::Twin,
            FaultKind::BothSecrets,
        ];
        for kind in kinds {
            world.sim.inject(Fault { count: 1_000, percent: 20, ..Fault::once("event *", kind) });
        }
        receiver.answer_with(&[500; 7]);
        for _ in 0..4 {
            world.paid(1_000, Instrument::card("4242424242424242")).await;
            world.paid(2_000, Instrument::iban("DE89370400440532013000")).await;
        }
        for _ in 0..80 {
            world.sim.deliver_due().await;
            world.advance(7_200);
        }
        let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
        for (signature, body) in receiver.take() {
            assert!(webhooks::verifies(&signature, &body, &secret, stamp(&signature)), "{signature}");
            let event: Value = serde_json::from_str(&body).unwrap();
            *arrived.entry(event["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let all = world.get("events?limit=100").await;
        let missing = world.get("events?limit=100&delivery_success=false").await;
        let ids = |list: &Value| -> HashSet<String> {
            list["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["id"].as_str().unwrap().to_owned())
                .collect()
        };
        let (all, missing) = (ids(&all), ids(&missing));
        assert!(
            !missing.is_empty() && arrived.values().any(|times| *times > 1),
            "seed {seed} makes it too easy"
        );
        let arrived: HashSet<String> = arrived.into_keys().collect();
        assert_eq!(&arrived | &missing, all, "seed {seed}");
    }
}

fn stamp(signature: &str) -> i64 {
    signature.split(',').next().and_then(|field| field.strip_prefix("t=")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn pressing_pay_many_times_at_once_pays_once() {
    let world = World::start().await;
    let session = world.session(1_000, "").await;
    let url = session["url"].as_str().unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let presses = (0..10).map(|_| world.send("POST", url, "test=4242424242424242", &form));
    let statuses: Vec<u16> = futures_util::future::join_all(presses)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().status)
        .collect();
    assert!(statuses.iter().all(|status| [200, 303].contains(status)), "{statuses:?}");
    assert_eq!(world.get("charges").await["data"].as_array().unwrap().len(), 1);
    let completed = world.events().await.iter().filter(|kind| *kind == "checkout.session.completed").count();
    assert_eq!(completed, 1);
}
