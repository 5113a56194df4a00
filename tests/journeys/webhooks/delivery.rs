//! Deliveries: which are believed, and how often one is booked.

use super::{deliver, events_about, of_types, outcomes, send, signature};
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, Site};
use crate::support::sql::Raw;
use guthaben::billing::webhooks::work_off;
use guthaben::domain::clock::Ts;
use guthaben::domain::money::Cents;
use guthaben::store::webhooks;
use hyper::Method;

/// A paid session whose events nobody has delivered, and the event that completes it.
async fn paid(site: &Site) -> (String, String) {
    let mut client = site.sign_in("owner@site.example").await;
    let session = site.check_out(&mut client, "50", "card").await;
    site.pay(&session, CARD).await;
    let events = events_about(site, &session).await;
    let completed = of_types(&events, &["checkout.session.completed"])[0].to_string();
    (session, completed)
}

on_both! {
    async fn what_stripe_did_not_sign_is_refused_and_counted(store: Store) {
        let site = Site::start(&store).await;
        let (_, body) = paid(&site).await;
        let secret = site.app().webhook_secrets[0].clone();
        let tampered = body.replace("5000", "9000");
        assert_ne!(tampered, body);
        let refused = [
            (body.as_str(), String::new()),
            (&body, "nonsense".to_owned()),
            (&body, signature(&site, "whsec_somebody", 0, &body)),
            (&body, signature(&site, &secret, -301, &body)),
            (&body, signature(&site, &secret, 301, &body)),
            (&body, signature(&site, &secret, 0, &body).replace("v1=", "v0=")),
            (&tampered, signature(&site, &secret, 0, &body)),
        ];
        for (body, header) in &refused {
            let page = send(&site, body, header).await.expect(400);
            assert_eq!(page.body, "", "the sender learns nothing");
        }
        guthaben::billing::webhooks::record_refusals(site.app()).await.expect("written down");
        let counted = webhooks::refusals_since(&store.db, Ts(0)).await.expect("a reading");
        assert_eq!(counted, refused.len() as i64);
        assert!(webhooks::inbox(&store.db).await.expect("a reading").last_received_at.is_none());
        for offset in [-300, 300] {
            send(&site, &body, &signature(&site, &secret, offset, &body)).await.expect(200);
        }
    }

    async fn old_and_new_secret_are_both_good_while_they_are_changed(store: Store) {
        let site = Site::with(&store, &[("STRIPE_WEBHOOK_SECRET", "whsec_old,whsec_new")]).await;
        let (_, body) = paid(&site).await;
        for secret in ["whsec_old", "whsec_new"] {
            send(&site, &body, &signature(&site, secret, 0, &body)).await.expect(200);
        }
        let both = format!("{},v1={}", signature(&site, "whsec_other", 0, &body), "00");
        send(&site, &body, &both).await.expect(400);
        let time = site.clock.now().seconds();
        let rolled = format!("t={time},v1=00,v1={}", guthaben::stripe::webhook::sign("whsec_new", time, body.as_bytes()));
        send(&site, &body, &rolled).await.expect(200);
        site.deliver().await;
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
    }

    async fn what_is_no_event_for_us_is_accepted_and_left_alone(store: Store) {
        let site = Site::start(&store).await;
        for body in [r#"{"id":"evt_thin","object":"v2.core.event","type":"v1.billing.meter.no_meter_found"}"#, "{}", "no json"] {
            deliver(&site, body).await.expect(200);
        }
        assert!(webhooks::inbox(&store.db).await.expect("a reading").last_received_at.is_none());
        let unknown = r#"{"id":"evt_new","object":"event","type":"a.thing.of.tomorrow","data":{"object":{"id":"x_1","object":"x"}}}"#;
        deliver(&site, unknown).await.expect(200);
        work_off(site.app()).await.expect("worked off");
        assert_eq!(outcomes(&site, "a.thing.of.tomorrow").await, ["ignored no_meaning"]);
    }

    async fn events_of_other_accounts_and_of_real_money_book_nothing(store: Store) {
        let site = Site::start(&store).await;
        let (_, body) = paid(&site).await;
        let event: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        for (id, key, value) in [("evt_a", "account", "acct_1".into()), ("evt_b", "livemode", serde_json::Value::Bool(true))] {
            let mut other = event.clone();
            other["id"] = id.into();
            other[key] = value;
            deliver(&site, &other.to_string()).await.expect(200);
        }
        work_off(site.app()).await.expect("worked off");
        let mut seen = outcomes(&site, "checkout.session.completed").await;
        seen.sort();
        assert_eq!(seen, ["ignored connected_account", "ignored other_mode"]);
        assert_eq!(site.balance(0).await, Cents::ZERO);
    }

    async fn fifty_equal_deliveries_at_once_are_one_credit(store: Store) {
        let site = Site::start(&store).await;
        let (_, body) = paid(&site).await;
        let sends = (0..50).map(|_| deliver(&site, &body));
        for page in futures_util::future::join_all(sends).await {
            page.expect(200);
        }
        let workers = (0..5).map(|_| work_off(site.app()));
        for taken in futures_util::future::join_all(workers).await {
            taken.expect("worked off");
        }
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
        let mut raw = Raw::open(&store).await;
        assert_eq!(raw.texts("SELECT deliveries FROM webhook_events").await, [["50"]]);
        assert_eq!(site.mails().await.len(), 2);
        site.assert_sound().await;
    }

    async fn two_nodes_return_pages_and_webhooks_together_credit_once(store: Store) {
        let site = Site::start(&store).await;
        let node = site.second_node(&[]).await;
        let client = site.sign_in("owner@site.example").await;
        for round in 1..=4_i64 {
            let session = site.check_out(&mut client.clone(), "50", "card").await;
            site.pay(&session, CARD).await;
            let path = format!("/portal/topups/{}", site.top_ups(0).await[0].id);
            for event in events_about(&site, &session).await {
                deliver(&site, &event.to_string()).await.expect(200);
            }
            let (mut here, mut there) = (client.clone(), client.at(&node.base_url));
            let (a, b, c, d) = tokio::join!(
                work_off(site.app()), work_off(&node.app), here.get(&path), there.get(&path),
            );
            assert!(a.expect("worked off") + b.expect("worked off") > 0);
            assert_eq!([c.status, d.status], [200, 200]);
            site.deliver().await;
            assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50 * round), round as usize));
            site.advance(std::time::Duration::from_secs(1));
        }
        site.assert_sound().await;
        node.stop().await;
    }

    async fn a_second_event_for_one_fact_is_not_a_second_credit(store: Store) {
        let site = Site::start(&store).await;
        let (_, body) = paid(&site).await;
        for id in ["evt_first", "evt_twin"] {
            let mut twin: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            twin["id"] = id.into();
            deliver(&site, &twin.to_string()).await.expect(200);
        }
        site.deliver().await;
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
    }

    async fn the_body_is_kept_byte_for_byte(store: Store) {
        let site = Site::start(&store).await;
        let body = "{ \"id\" :\t\"evt_odd\", \"object\":\"event\",\"type\":\"x.y\",\"note\":\"\\u0000 é\" }\n";
        deliver(&site, body).await.expect(200);
        let mut raw = Raw::open(&store).await;
        let hex: String = body.bytes().map(|byte| format!("{byte:02x}")).collect();
        let stored = if site.is_sqlite() { "LOWER(HEX(body))" } else { "encode(body, 'hex')" };
        assert_eq!(raw.texts(&format!("SELECT {stored} FROM webhook_events")).await, [[hex]]);
    }

    async fn the_door_takes_posts_of_bearable_length_only(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.visitor();
        client.get("/billing/webhook").await.expect(405);
        client.headers.insert("stripe-signature", "t=1,v1=00".to_owned());
        // The head alone decides: who sends the body all the same may find the connection closed.
        let head = format!(
            "POST /billing/webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            1024 * 1024 + 1
        );
        let answer = crate::support::client::exchange(&site.server.base_url, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let fits = client.send(Method::POST, "/billing/webhook", Some(vec![b' '; 1024 * 1024])).await;
        fits.expect(400);
    }
}
