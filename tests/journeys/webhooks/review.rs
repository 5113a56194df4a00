//! What does not match is held, shown to the platform's people, and never credited.

use super::outcomes;
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, DE, Site};
use crate::support::sql::Raw;
use guthaben::billing::topups::{reconcile, settle};
use guthaben::domain::money::Cents;
use guthaben::domain::topup::Status;
use hyper::Method;
use std::time::Duration;

/// Pays, then falsifies our side before anything was delivered, and checks that the payment is held for `sentence`.
async fn held(store: &Store, falsify: &str, sentence: String) {
    let site = Site::start(store).await;
    let mut client = site.sign_in("sister@site.example").await;
    let session = site.check_out(&mut client, "50", "card").await;
    site.pay(&session, CARD).await;
    let changed = Raw::open(store).await.run(falsify).await.expect("falsified");
    assert_eq!(changed, 1, "{falsify}");
    site.deliver().await;
    let top_up = site.top_ups(1).await[0].clone();
    assert_eq!((top_up.status, site.balance(1).await), (Status::Review, Cents::ZERO));
    client.get(&format!("/portal/topups/{}", top_up.id)).await.expect(200).shows(&DE.topup_held_title());
    for person in ["admin@site.example", "finance@site.example", "support@site.example"] {
        let mut staff = site.sign_in(person).await;
        let page = staff.get("/admin").await.expect(200);
        page.shows(&sentence);
        page.shows("Praxis Nord");
    }
    // Asking again, by whatever way, does not release it.
    site.advance(Duration::from_secs(61));
    settle(site.app(), top_up.id, None).await.expect("asked again");
    reconcile(site.app()).await.expect("reconciled");
    site.deliver().await;
    assert_eq!((site.top_ups(1).await[0].status, site.balance(1).await), (Status::Review, Cents::ZERO));
    assert!(site.movements(1).await.is_empty() && site.mails().await.is_empty());
}

/// Opens a session at Stripe past our product, as another program with our key would.
async fn open_elsewhere(site: &Site, cents: i64, reference: &str) -> String {
    let key = format!("Bearer {}", site.app().config.stripe.secret.0);
    let mut client = site.visitor().with("authorization", &key);
    let amount = cents.to_string();
    let fields = [
        ("mode", "payment"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", &amount),
        ("line_items[0][price_data][product_data][name]", "X"),
        ("client_reference_id", reference),
        ("success_url", "https://shop.example/"),
    ];
    let body = crate::support::client::encoded(&fields);
    let page = client.send(Method::POST, "/_stripe/v1/checkout/sessions", Some(body)).await.expect(200);
    let session: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
    session["id"].as_str().expect("an id").to_owned()
}

on_both! {
    async fn another_amount_is_held(store: Store) {
        held(&store, "UPDATE top_ups SET amount_cents = amount_cents + 1", DE.admin_detail_amount()).await;
    }

    async fn another_customers_payment_is_held(store: Store) {
        let falsify = "UPDATE tenants SET stripe_customer = 'cus_other' WHERE stripe_customer IS NOT NULL";
        held(&store, falsify, DE.admin_detail_customer()).await;
    }

    async fn money_that_belongs_to_no_top_up_is_shown_and_not_booked(store: Store) {
        let site = Site::start(&store).await;
        let session = open_elsewhere(&site, 1_234, "order-77").await;
        site.pay(&session, CARD).await;
        site.deliver().await;
        assert_eq!(outcomes(&site, "payment_intent.succeeded").await, ["attention orphan"]);
        assert_eq!(outcomes(&site, "checkout.session.completed").await, ["ignored not_ours"]);
        let intent = site.stripe(&format!("checkout/sessions/{session}")).await["payment_intent"].clone();
        let page = site.sign_in("admin@site.example").await.get("/admin").await.expect(200);
        page.shows(&DE.admin_detail_orphan(intent.as_str().expect("an intent")));
        site.assert_sound().await;
    }

    async fn a_cheap_session_that_names_our_top_up_does_not_pay_for_it(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.check_out(&mut client, "1000", "card").await;
        let reference = site.top_ups(0).await[0].id.to_string();
        let cheap = open_elsewhere(&site, 100, &reference).await;
        site.pay(&cheap, CARD).await;
        site.deliver().await;
        assert_eq!((site.top_ups(0).await[0].status, site.balance(0).await), (Status::Open, Cents::ZERO));
        // Our own session still can be paid, and only that counts.
        let own = site.top_ups(0).await[0].session_id.clone().expect("a session");
        site.pay(&own, CARD).await;
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents::euros(1000));
        let page = site.sign_in("admin@site.example").await.get("/admin").await.expect(200);
        page.shows(&DE.admin_attention_mismatch());
    }
}
