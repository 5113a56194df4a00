//! Deliveries: signatures, retries on the clock, and what the faults do to them.

use hmac::{Hmac, KeyInit, Mac};

use super::*;
use crate::stripe::simulator::{Fault, FaultKind};

/// Verifies as Stripe documents it: any `v1` over `t.body` with the secret, within five minutes.
pub(super) fn verifies(signature: &str, body: &str, secret: &str, now: i64) -> bool {
    let fields: Vec<(&str, &str)> = signature.split(',').filter_map(|field| field.split_once('=')).collect();
    let t = fields.iter().find(|(name, _)| *name == "t").unwrap().1;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{t}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let fresh = (now - t.parse::<i64>().unwrap()).abs() <= 300;
    fresh && fields.iter().any(|(name, value)| *name == "v1" && *value == hex)
}

#[tokio::test]
async fn events_arrive_signed_in_order_and_once() {
    let world = World::start().await;
    let receiver = Receiver::default();
    let secret = world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    world.paid(1_000, Instrument::card("4242424242424242")).await;
    assert_eq!(world.sim.deliver_due().await, 4);
    let seen = receiver.take();
    for (signature, body) in &seen {
        assert!(verifies(signature, body, &secret, START), "{signature}");
        assert!(!verifies(signature, body, "whsec_other", START));
        assert!(!verifies(signature, &format!("{body} "), &secret, START));
        let event: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (event["api_version"].as_str(), event["livemode"].as_bool()),
            (Some("2026-09-30.endive"), Some(false))
        );
    }
    let last: Value = serde_json::from_str(&seen[3].1).unwrap();
    assert_eq!(
        (last["type"].as_str(), last["data"]["object"]["payment_status"].as_str()),
        (Some("checkout.session.completed"), Some("paid"))
    );
    assert_eq!(world.sim.deliver_due().await, 0);
    let undelivered = world.get("events?delivery_success=false").await;
    assert_eq!(undelivered["data"], serde_json::json!([]));
    world.advance(3);
    assert_eq!(world.sim.deliver_due().await, 1);
    assert_eq!(receiver.types(), ["charge.updated"]);
}

#[tokio::test]
async fn failed_deliveries_are_repeated_on_the_clock_with_fresh_signatures_until_they_get_through() {
    let world = World::start().await;
    let receiver = Receiver::default();
    let secret = world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    receiver.answer_with(&[500, 301, 404]);
    world.post("customers", "email=a@b.example").await;
    assert_eq!(world.sim.deliver_due().await, 1);
    for pause in [60, 300, 1_800] {
        assert_eq!(world.get("events?delivery_success=false").await["data"].as_array().unwrap().len(), 1);
        world.advance(pause - 1);
        assert_eq!(world.sim.deliver_due().await, 0, "not before {pause} s");
        world.advance(1);
        assert_eq!(world.sim.deliver_due().await, 1);
    }
    let seen = receiver.take();
    assert_eq!(seen.len(), 4);
    assert!(verifies(&seen[3].0, &seen[3].1, &secret, START + 2_160));
    assert_ne!(seen[0].0, seen[3].0);
    assert_eq!(world.get("events?delivery_success=true").await["data"].as_array().unwrap().len(), 1);

    let gone = World::start().await;
    gone.sim.create_endpoint("http://127.0.0.1:1/hook").await.unwrap();
    gone.post("customers", "").await;
    let mut attempts = 0;
    for _ in 0..80 {
        attempts += gone.sim.deliver_due().await;
        gone.advance(3_600);
    }
    assert_eq!(attempts, 11, "three days of attempts and no more");
}

#[tokio::test]
async fn two_secrets_sign_while_one_is_rolled() {
    let world = World::start().await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    let old = world.sim.create_endpoint(&url).await.unwrap();
    let new = world.sim.roll_secret(&url, 3_600).await.unwrap();
    world.post("customers", "").await;
    world.sim.deliver_due().await;
    let (signature, body) = receiver.take().remove(0);
    assert!(verifies(&signature, &body, &old, START) && verifies(&signature, &body, &new, START));
    world.advance(3_600);
    world.post("customers", "").await;
    world.sim.deliver_due().await;
    let (signature, body) = receiver.take().remove(0);
    assert!(
        !verifies(&signature, &body, &old, START + 3_600) && verifies(&signature, &body, &new, START + 3_600)
    );
}

#[tokio::test]
async fn webhook_faults_do_what_they_say() {
    let world = World::start().await;
    let receiver = Receiver::default();
    let secret = world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    let mut now = START;
    for (fault, first, honest) in [
        (FaultKind::Duplicate, 2, 2),
        (FaultKind::Twin, 2, 2),
        (FaultKind::Burst { copies: 5 }, 6, 6),
        (FaultKind::Drop, 0, 0),
        (FaultKind::Delay { seconds: 50 }, 0, 0),
        (FaultKind::WrongSecret, 1, 0),
        (FaultKind::OldSecret, 1, 0),
        (FaultKind::BothSecrets, 1, 1),
        (FaultKind::StaleTimestamp, 1, 0),
        (FaultKind::FutureTimestamp, 1, 0),
        (FaultKind::OldApiVersion, 1, 1),
        (FaultKind::BrokenPayload, 1, 1),
        (FaultKind::UnknownType, 2, 2),
        (FaultKind::ForeignAccount, 2, 2),
        (FaultKind::LivemodeFlip, 2, 2),
    ] {
        world.sim.inject(Fault::once("event customer.*", fault.clone()));
        world.post("customers", "").await;
        assert_eq!(world.sim.deliver_due().await, first, "{fault:?}");
        let seen = receiver.take();
        let good = seen.iter().filter(|(signature, body)| verifies(signature, body, &secret, now)).count();
        assert_eq!((seen.len(), good), (first, honest), "{fault:?}");
        let events: Vec<Value> =
            seen.iter().filter_map(|(_, body)| serde_json::from_str(body).ok()).collect();
        let ids: std::collections::HashSet<&str> =
            events.iter().filter_map(|event| event["id"].as_str()).collect();
        match fault {
            FaultKind::Duplicate | FaultKind::Burst { .. } => assert_eq!(ids.len(), 1),
            FaultKind::Twin | FaultKind::ForeignAccount => assert_eq!(ids.len(), 2),
            FaultKind::UnknownType => assert_eq!(events[1]["type"], "zzz.unknown"),
            FaultKind::LivemodeFlip => assert_eq!(events[1]["livemode"], true),
            FaultKind::OldApiVersion => assert_eq!(events[0]["api_version"], "2020-08-27"),
            FaultKind::BrokenPayload => assert!(events.is_empty()),
            FaultKind::Delay { .. } => {
                world.advance(50);
                now += 50;
                assert_eq!(world.sim.deliver_due().await, 1);
                receiver.take();
            }
            _ => {}
        }
    }
    assert!(world.sim.inner.faults.lock().unwrap().list().is_empty());
}

#[tokio::test]
async fn shuffled_events_arrive_complete_in_another_order() {
    let world = World::start().await;
    let receiver = Receiver::default();
    world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    world.sim.inject(Fault { count: 100, ..Fault::once("event *", FaultKind::Shuffle) });
    world.paid(1_000, Instrument::card("4242424242424242")).await;
    world.paid(1_000, Instrument::card("4242424242424242")).await;
    world.sim.deliver_due().await;
    let mut types = receiver.types();
    let true_order = world.events().await;
    assert_ne!(types, true_order);
    types.sort_unstable();
    let mut expected = true_order;
    expected.sort_unstable();
    assert_eq!(types, expected);
}

#[tokio::test]
async fn the_background_task_delivers_what_a_call_leaves() {
    let world = World::start().await;
    let receiver = Receiver::default();
    world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    let task = world.sim.spawn_delivery();
    let mut attempts = world.sim.inner.attempts.subscribe();
    world.post("customers", "").await;
    tokio::time::timeout(Duration::from_secs(10), attempts.changed()).await.unwrap().unwrap();
    assert_eq!(receiver.types(), ["customer.created"]);
    task.abort();
}

#[tokio::test]
async fn the_products_own_verification_accepts_every_honest_delivery() {
    let world = World::start().await;
    let receiver = Receiver::default();
    let secret = world.sim.create_endpoint(&receiver.start().await).await.unwrap();
    world.paid(1_000, Instrument::iban("DE89370400440532013000")).await;
    world.sim.deliver_due().await;
    for (signature, body) in receiver.take() {
        let secrets = [secret.clone()];
        let now = Ts::from_seconds(START);
        crate::stripe::webhook::verify(body.as_bytes(), &signature, &secrets, now, Duration::from_secs(300))
            .unwrap();
    }
}
