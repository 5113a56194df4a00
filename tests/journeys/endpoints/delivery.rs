//! Deliveries: signed, repeated on the clock, given up, and made once however many senders there are.

use super::{ADMIN, ALL, add, form, hear, open_site, secret_on, send};
use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::receiver::Receiver;
use crate::support::site::{DE, Site};
use crate::support::sql::Raw;
use guthaben::server::Job;
use std::time::Duration;

const HOUR: u64 = 3_600;
/// Seconds between the attempts.
const PAUSES: [u64; 9] = [5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// Status, attempts, last status and last error of every delivery.
async fn log(site: &Site) -> Vec<String> {
    let mut raw = Raw::open(&site.store).await;
    let rows = "SELECT status, attempts, COALESCE(last_status, 0), COALESCE(last_error, '-') FROM webhook_deliveries ORDER BY id";
    raw.texts(rows).await.into_iter().map(|row| row.join(" ")).collect()
}

/// Asks for a test event.
async fn test_event(site: &Site, href: &str) {
    let mut client = site.sign_in("admin@site.example").await;
    client.post(&format!("{href}/test"), &[]).await.leads_to(&format!("{href}?done=test"));
}

/// The page of an endpoint, read anew: the session of a moment ago may be over.
async fn look(site: &Site, href: &str) -> Page {
    site.sign_in("admin@site.example").await.get(href).await.expect(200)
}

on_both! {
    async fn an_event_arrives_signed_as_standard_webhooks_say(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        test_event(&site, &hook.href).await;
        assert_eq!(send(&site).await, 1);
        let heard = receiver.take();
        let [event] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!(event.asked, "POST /hook?for=us");
        assert_eq!(event.timestamp, site.clock.now().seconds().to_string());
        assert!(event.id.starts_with("evt_") && event.is_signed_with(&hook.secret) && event.signatures() == 1);
        assert!(!event.is_signed_with("whsec_c29tZWJvZHkgZWxzZQ=="));
        assert_eq!(event.kind(), "endpoint.test");
        assert_eq!(event.json()["timestamp"], "2026-11-23T09:00:00Z");
        assert_eq!(log(&site).await, ["delivered 1 204 -"]);
        assert_eq!(send(&site).await, 0, "once is enough");
        let page = admin.get(&hook.href).await.expect(200);
        page.shows(&event.id);
        page.shows(&DE.delivery_delivered());
        page.shows(&DE.delivery_status(204));
        page.hides(&hook.secret);
    }

    async fn a_failing_endpoint_is_tried_ten_times_over_three_days_with_the_same_id(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let hook = add(&mut site.sign_in("admin@site.example").await, ADMIN, &receiver.url(), &ALL).await;
        receiver.answer(500);
        test_event(&site, &hook.href).await;
        assert_eq!(send(&site).await, 1, "at once");
        for (place, pause) in PAUSES.into_iter().enumerate() {
            site.advance(Duration::from_secs(pause - 1));
            assert_eq!(send(&site).await, 0, "a second too early after attempt {}", place + 1);
            site.advance(Duration::from_secs(1));
            assert_eq!(send(&site).await, 1, "attempt {}", place + 2);
        }
        assert_eq!(log(&site).await, ["failed 10 500 status"]);
        site.advance(Duration::from_secs(30 * 24 * HOUR));
        assert_eq!(send(&site).await, 0, "given up");
        let heard = receiver.take();
        assert_eq!(heard.len(), 10);
        assert!(heard.iter().all(|event| event.id == heard[0].id && event.body == heard[0].body && event.is_signed_with(&hook.secret)));
        let times: std::collections::BTreeSet<&str> = heard.iter().map(|event| event.timestamp.as_str()).collect();
        assert_eq!(times.len(), 10, "each attempt is signed with its own time");
    }

    async fn an_endpoint_that_recovers_gets_what_it_missed(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        receiver.answer_next(&[503, 404, 200]);
        test_event(&site, &hook.href).await;
        send(&site).await;
        let page = admin.get(&hook.href).await.expect(200);
        page.shows(&DE.endpoint_state_failing());
        page.shows(&DE.delivery_waiting());
        page.shows("answer 503 Service Unavailable &#60;b&#62;");
        site.advance(Duration::from_secs(5));
        send(&site).await;
        site.advance(Duration::from_secs(300));
        send(&site).await;
        assert_eq!(log(&site).await, ["delivered 3 200 -"]);
        admin.get(&hook.href).await.expect(200).hides(&DE.endpoint_state_failing());
    }

    async fn redirects_are_not_followed(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        for status in [301, 302, 303, 307, 308] {
            receiver.answer_next(&[status]);
            test_event(&site, &hook.href).await;
            assert_eq!(send(&site).await, 1);
            assert_eq!(receiver.take().len(), 1, "{status} leads elsewhere, which is not asked");
            site.advance(Duration::from_secs(1));
        }
        assert!(log(&site).await.iter().all(|line| line.starts_with("waiting 1 30") && line.ends_with("redirect")), "{:?}", log(&site).await);
    }

    async fn an_endpoint_that_is_gone_is_switched_off_at_once(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        receiver.answer(410);
        test_event(&site, &hook.href).await;
        test_event(&site, &hook.href).await;
        send(&site).await;
        let lines = log(&site).await;
        assert!(lines.iter().all(|line| line.starts_with("failed 1 ")), "{lines:?}");
        let page = admin.get(&hook.href).await.expect(200);
        page.shows(&DE.endpoint_state_off());
        let mails = site.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!((mails[0].recipient.as_str(), &mails[0].subject), ("admin@site.example", &DE.mail_endpoint_off_subject()));
        assert!(mails[0].text_body.contains(&format!("{}{}", site.server.base_url, hook.href)), "{}", mails[0].text_body);
        receiver.answer(200);
        receiver.take();
        // Nothing is sent until it is switched on again.
        admin.post(&format!("{}/test", hook.href), &[]).await.leads_to(&hook.href);
        assert_eq!(send(&site).await, 0);
        admin.post(&hook.href, &form(&receiver.url(), &ALL)).await.expect(303);
        admin.get(&hook.href).await.expect(200).shows(&DE.endpoint_state_fine());
        test_event(&site, &hook.href).await;
        assert_eq!(hear(&site, &receiver).await.len(), 1);
    }

    async fn five_days_without_success_switch_an_endpoint_off_and_say_so_once(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        receiver.answer(500);
        for _ in 0..5 {
            // Every day something new happens, and no attempt succeeds.
            test_event(&site, &hook.href).await;
            send(&site).await;
            site.advance(Duration::from_secs(23 * HOUR));
            send(&site).await;
            assert_eq!(site.mails().await.len(), 0);
        }
        site.advance(Duration::from_secs(5 * HOUR));
        test_event(&site, &hook.href).await;
        send(&site).await;
        assert_eq!(site.mails().await.len(), 1);
        look(&site, &hook.href).await.shows(&DE.endpoint_state_off());
        assert!(log(&site).await.iter().all(|line| line.starts_with("failed")), "{:?}", log(&site).await);
        site.advance(Duration::from_secs(48 * HOUR));
        assert_eq!(send(&site).await, 0);
        assert_eq!(site.mails().await.len(), 1);
    }

    async fn one_success_in_between_counts_as_well(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        for day in 0..8 {
            receiver.answer(if day == 4 { 200 } else { 500 });
            test_event(&site, &hook.href).await;
            send(&site).await;
            site.advance(Duration::from_secs(24 * HOUR));
        }
        look(&site, &hook.href).await.hides(&DE.endpoint_state_off());
        assert_eq!(site.mails().await.len(), 0);
    }

    async fn old_and_new_secret_sign_together_for_a_day(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &ALL).await;
        let seen = admin.get(&hook.href).await.expect(200).value("made_at").expect("the secret's time");
        let rotate = format!("{}/secret", hook.href);
        let new = secret_on(&admin.post(&rotate, &[("made_at", &seen)]).await.expect(200));
        assert_ne!(new, hook.secret);
        // The form sent again, or one that is too old, changes nothing.
        for stale in [seen.as_str(), "0", "x", ""] {
            admin.post(&rotate, &[("made_at", stale)]).await.leads_to(&hook.href);
        }
        test_event(&site, &hook.href).await;
        let both = hear(&site, &receiver).await;
        assert!(both[0].is_signed_with(&hook.secret) && both[0].is_signed_with(&new) && both[0].signatures() == 2);
        site.advance(Duration::from_secs(24 * HOUR));
        test_event(&site, &hook.href).await;
        let one = hear(&site, &receiver).await;
        assert!(!one[0].is_signed_with(&hook.secret) && one[0].is_signed_with(&new) && one[0].signatures() == 1);
    }

    async fn two_senders_send_each_event_once(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let node = site.second_node(&[("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "on")]).await;
        let hook = add(&mut site.sign_in("admin@site.example").await, ADMIN, &receiver.url(), &ALL).await;
        for _ in 0..20 {
            test_event(&site, &hook.href).await;
        }
        let runs = (0..6).map(|run| Job::Endpoints.run(if run % 2 == 0 { site.app() } else { &node.app }));
        let attempts: usize = futures_util::future::join_all(runs).await.into_iter().map(|run| run.expect("sent")).sum();
        let ids: std::collections::BTreeSet<String> = receiver.heard().into_iter().map(|event| event.id).collect();
        assert_eq!((attempts, ids.len(), receiver.heard().len()), (20, 20, 20));
        node.stop().await;
    }

    async fn a_sender_that_died_is_replaced(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let hook = add(&mut site.sign_in("admin@site.example").await, ADMIN, &receiver.url(), &ALL).await;
        test_event(&site, &hook.href).await;
        let (now, lease) = (site.clock.now(), Duration::from_secs(60));
        let mut tx = store.db.begin().await.expect("begin");
        let taken = guthaben::store::endpoints::claim(&mut tx, now, lease, 16).await.expect("claimed");
        tx.commit().await.expect("commit");
        assert_eq!((taken.len(), send(&site).await), (1, 0));
        site.advance(lease);
        assert_eq!(hear(&site, &receiver).await.len(), 1);
        assert_eq!(log(&site).await, ["delivered 2 204 -"]);
    }

    async fn one_slow_owner_does_not_keep_the_others_waiting(store: Store) {
        let (site, busy, quiet) = (open_site(&store).await, Receiver::start().await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let much = add(&mut admin, ADMIN, &busy.url(), &ALL).await;
        let little = add(&mut admin, ADMIN, &quiet.url(), &ALL).await;
        for _ in 0..9 {
            test_event(&site, &much.href).await;
        }
        site.advance(Duration::from_secs(1));
        test_event(&site, &little.href).await;
        let mut tx = store.db.begin().await.expect("begin");
        let first = guthaben::store::endpoints::claim(&mut tx, site.clock.now(), Duration::from_secs(60), 16).await.expect("claimed");
        tx.commit().await.expect("commit");
        let of_little = first.iter().filter(|delivery| little.href.ends_with(&delivery.endpoint_id.to_string())).count();
        assert_eq!((first.len(), of_little), (5, 1), "four of the busy one, and the newest of the other");
        site.advance(Duration::from_secs(60));
        assert_eq!(send(&site).await, 10);
    }

    async fn old_deliveries_are_removed_and_waiting_ones_stay(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let hook = add(&mut site.sign_in("admin@site.example").await, ADMIN, &receiver.url(), &ALL).await;
        test_event(&site, &hook.href).await;
        send(&site).await;
        test_event(&site, &hook.href).await;
        site.advance(Duration::from_secs(90 * 24 * HOUR));
        Job::Cleanup.run(site.app()).await.expect("cleaned");
        assert_eq!(log(&site).await.len(), 2, "ninety days are kept");
        site.advance(Duration::from_secs(1));
        Job::Cleanup.run(site.app()).await.expect("cleaned");
        assert_eq!(log(&site).await, ["waiting 0 0 -"]);
    }
}
