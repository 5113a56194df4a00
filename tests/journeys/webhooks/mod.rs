//! Stripe's webhooks: who is believed, what is booked once, in which order, after which mishap, and what a person must see.

mod chaos;
mod delivery;
mod lost;
mod order;
mod refunds;
mod review;

use crate::support::client::Page;
use crate::support::site::Site;
use guthaben::billing::webhooks::work_off;
use guthaben::stripe::webhook::sign;
use hyper::Method;
use serde_json::Value;

/// A `Stripe-Signature` made with `secret`, `offset` seconds from now.
fn signature(site: &Site, secret: &str, offset: i64, body: &str) -> String {
    let time = site.clock.now().seconds() + offset;
    format!("t={time},v1={}", sign(secret, time, body.as_bytes()))
}

/// Delivers a body with a header of its own.
async fn send(site: &Site, body: &str, signature: &str) -> Page {
    let mut stripe = site.visitor().with("stripe-signature", signature);
    stripe.headers.insert("content-type", "application/json".to_owned());
    stripe.send(Method::POST, "/billing/webhook", Some(body.as_bytes().to_vec())).await
}

/// Delivers a body as Stripe does, now.
async fn deliver(site: &Site, body: &str) -> Page {
    let signature = signature(site, &site.app().webhook_secrets[0], 0, body);
    send(site, body, &signature).await
}

/// Every event at Stripe about a payment, oldest first: its session, its intent, its charges and refunds.
async fn events_about(site: &Site, session: &str) -> Vec<Value> {
    let intent = site.stripe(&format!("checkout/sessions/{session}")).await["payment_intent"].clone();
    let all = site.stripe("events?limit=100").await;
    let about = |event: &&Value| {
        let object = &event["data"]["object"];
        object["id"] == session
            || (!intent.is_null() && [&object["id"], &object["payment_intent"]].contains(&&intent))
    };
    all["data"].as_array().expect("a list").iter().filter(about).rev().cloned().collect()
}

/// The events of some types, in the order of the types.
fn of_types(events: &[Value], types: &[&str]) -> Vec<Value> {
    let find = |kind: &&str| events.iter().find(|event| event["type"] == **kind).cloned();
    types.iter().map(|kind| find(kind).unwrap_or_else(|| panic!("no {kind}"))).collect()
}

/// Delivers events one after the other, each worked off before the next.
async fn deliver_in_order(site: &Site, events: &[&Value]) {
    for event in events {
        deliver(site, &event.to_string()).await.expect(200);
        while work_off(site.app()).await.expect("the inbox can be read") > 0 {}
    }
}

/// Status and note of every stored event of a type.
async fn outcomes(site: &Site, kind: &str) -> Vec<String> {
    let mut raw = crate::support::sql::Raw::open(&site.store).await;
    let rows =
        raw.texts("SELECT type, status, COALESCE(note, '') FROM webhook_events ORDER BY received_at").await;
    rows.into_iter().filter(|row| row[0] == kind).map(|row| format!("{} {}", row[1], row[2])).collect()
}

/// All orders of the numbers below `count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at))).collect()
}

#[test]
fn every_order_comes_once() {
    let mut all = permutations(4);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 24);
}
