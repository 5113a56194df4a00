//! Health: three words with the right status for probes, findings for the platform's people, nothing of the inside for anybody else.

use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use crate::support::sql::Raw;
use guthaben::stripe::simulator::{Fault, FaultKind};
use hyper::Method;
use serde_json::{Value, json};
use std::time::Duration;

const STAFF: [&str; 3] = ["admin@site.example", "finance@site.example", "support@site.example"];

fn parsed(page: &Page) -> Value {
    assert_eq!(page.header("content-type"), "application/json", "{}", page.asked);
    serde_json::from_str(&page.body).expect("JSON")
}

/// What a probe is told once the last finding is no longer fresh: the word, and nothing else.
async fn probe(site: &Site, status: u16) -> String {
    site.advance(Duration::from_secs(10));
    let body = parsed(&site.visitor().get("/health").await.expect(status));
    assert_eq!(body.as_object().expect("an object").len(), 1, "{body}");
    body["status"].as_str().expect("a word").to_owned()
}

/// The level of one finding, for insiders.
async fn level(site: &Site, name: &str) -> String {
    let page = site.sign_in("admin@site.example").await.get("/health?format=json").await;
    let checks = parsed(&page)["checks"].clone();
    let check = checks.as_array().expect("a list").iter().find(|check| check["check"] == name);
    check.unwrap_or_else(|| panic!("no {name} in {checks}"))["level"].as_str().expect("a level").to_owned()
}

/// Runs a statement past the product, as a fault of the engine or a forger would.
async fn tamper(store: &Store, statement: &str) {
    let changed = Raw::open(store).await.run(statement).await.expect("a statement");
    assert!(changed > 0, "{statement}");
}

on_both! {
    async fn a_sound_site_says_ok_and_only_that(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "50").await;
        assert_eq!(probe(&site, 200).await, "ok");
        let outsiders = ["owner@site.example", "viewer@site.example", "reseller@site.example", "staff@site.example"];
        for email in outsiders {
            for path in ["/health", "/health?format=json"] {
                let page = site.sign_in(email).await.get(path).await.expect(200);
                assert_eq!(parsed(&page), json!({ "status": "ok" }), "{email}");
            }
        }
        assert_eq!(parsed(&site.visitor().get("/health?format=json").await), json!({ "status": "ok" }));
        for email in STAFF {
            let probing = site.sign_in(email).await.with("accept", "application/json").get("/health").await.expect(200);
            assert_eq!(parsed(&probing), json!({ "status": "ok" }), "{email}");
        }
        for path in ["/health/live", "/health/ready"] {
            let page = site.visitor().get(path).await.expect(200);
            assert_eq!(page.body, "");
        }
        assert_eq!(site.visitor().send(Method::HEAD, "/health", None).await.status, 200);
    }

    async fn the_platforms_people_see_every_check_with_value_age_and_meaning(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "50").await;
        for email in STAFF {
            let page = site.sign_in(email).await.get("/health").await.expect(200);
            page.shows(&DE.health_all_fine());
            for name in [
                DE.health_database(), DE.health_schema(), DE.health_ledger(), DE.health_accounts(), DE.health_reservations(), DE.health_stripe(),
                DE.health_webhooks(), DE.health_signatures(), DE.health_queue(), DE.health_mails(),
            ] {
                page.shows(&format!("<span>{name}"));
            }
            page.shows(&DE.health_accounts_note());
            page.shows(&DE.health_database_note(if site.is_sqlite() { "SQLite" } else { "PostgreSQL" }));
            assert_eq!(page.body.matches("class=\"checkrow").count(), 10);
            assert!(page.tags("time").len() >= 10, "each says when it was looked at");
        }
        let page = site.sign_in("admin@site.example").await.get("/health?format=json").await.expect(200);
        let checks = parsed(&page)["checks"].as_array().expect("a list").len();
        assert_eq!(checks, 10);
        site.sign_in("admin@site.example").await.get("/admin").await.expect(200).shows(&DE.health_fine());
    }

    async fn stripe_away_is_degraded_because_balances_can_still_be_used(store: Store) {
        let site = Site::start(&store).await;
        site.simulator().inject(Fault { count: 1_000_000, ..Fault::once("GET /v1/balance", FaultKind::CutBefore) });
        assert_eq!(probe(&site, 200).await, "degraded");
        site.visitor().get("/health/ready").await.expect(200);
        let page = site.sign_in("admin@site.example").await.get("/health").await.expect(200);
        page.shows(&DE.health_stripe_down());
        page.shows(&DE.health_fault());
        site.simulator().clear_faults();
        assert_eq!(probe(&site, 200).await, "ok");
    }

    async fn without_keys_it_is_degraded_and_says_so(store: Store) {
        let site = Site::with(&store, &[("STRIPE_MODE", "test")]).await;
        assert_eq!(probe(&site, 200).await, "degraded");
        site.sign_in("support@site.example").await.get("/health").await.expect(200).shows(&DE.health_stripe_off());
    }

    async fn a_forged_balance_is_down(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 1).await;
        assert_eq!(probe(&site, 200).await, "ok");
        tamper(&store, "UPDATE accounts SET balance_cents = balance_cents + 1 WHERE kind = 'wallet' AND balance_cents <> 0").await;
        assert_eq!(probe(&site, 503).await, "down");
        assert_eq!((level(&site, "ledger_balanced").await, level(&site, "balances_match_entries").await), ("fault".into(), "fault".into()));
        // Two forgeries that cancel out are found all the same.
        tamper(&store, "UPDATE accounts SET balance_cents = balance_cents - 1 WHERE kind = 'revenue' AND balance_cents <> 0").await;
        assert_eq!((probe(&site, 503).await.as_str(), level(&site, "ledger_balanced").await.as_str()), ("down", "ok"));
        let page = site.sign_in("finance@site.example").await.get("/health").await.expect(200);
        page.shows(&DE.health_accounts_broken(2));
    }

    async fn a_forged_reservation_is_down(store: Store) {
        let site = Site::start(&store).await;
        tamper(&store, "UPDATE books SET held_cents = held_cents + 1 WHERE customer_id IN (SELECT id FROM tenants WHERE number = 'K-10001')").await;
        assert_eq!(probe(&site, 503).await, "down");
        assert_eq!(level(&site, "reservations_match_holds").await, "fault");
        site.sign_in("finance@site.example").await.get("/health").await.expect(200).shows(&DE.health_reservations_broken(1));
        tamper(&store, "UPDATE books SET held_cents = 0").await;
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "reservations_match_holds").await.as_str()), ("ok", "ok"));
    }

    async fn probes_are_told_what_was_found_a_moment_ago_and_insiders_look_anew(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 1).await;
        assert_eq!(probe(&site, 200).await, "ok");
        tamper(&store, "UPDATE accounts SET balance_cents = balance_cents + 1 WHERE kind = 'wallet' AND balance_cents <> 0").await;
        site.advance(Duration::from_secs(9));
        assert_eq!(parsed(&site.visitor().get("/health").await.expect(200)), json!({ "status": "ok" }));
        site.sign_in("admin@site.example").await.get("/health").await.expect(200).shows(&DE.health_fault());
        site.advance(Duration::from_secs(1));
        assert_eq!(parsed(&site.visitor().get("/health").await.expect(503)), json!({ "status": "down" }));
    }

    async fn what_waits_too_long_or_failed_is_degraded(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "50").await;
        tamper(&store, "UPDATE webhook_events SET status = 'received'").await;
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "queue").await.as_str()), ("ok", "ok"));
        site.advance(Duration::from_secs(121));
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "queue").await.as_str()), ("degraded", "warning"));
        tamper(&store, "UPDATE webhook_events SET status = 'failed'").await;
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "queue").await.as_str()), ("degraded", "fault"));
        tamper(&store, "UPDATE webhook_events SET status = 'done'").await;
        tamper(&store, "UPDATE mails SET status = 'failed'").await;
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "mails").await.as_str()), ("degraded", "warning"));
    }

    async fn missing_webhooks_and_forged_ones_are_noticed(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.check_out(&mut client, "50", "card").await;
        site.advance(Duration::from_secs(2 * 3_600));
        assert_eq!(level(&site, "webhooks").await, "ok", "Stripe may take an hour");
        site.advance(Duration::from_secs(60));
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "webhooks").await.as_str()), ("degraded", "warning"));
        site.deliver().await;
        assert_eq!(level(&site, "webhooks").await, "ok", "the checkout's end was told");
        for _ in 0..20 {
            site.visitor().send(Method::POST, "/billing/webhook", Some(b"{}".to_vec())).await.expect(400);
        }
        assert_eq!((probe(&site, 200).await.as_str(), level(&site, "signatures").await.as_str()), ("degraded", "warning"));
        site.advance(Duration::from_secs(25 * 3_600));
        assert_eq!(level(&site, "signatures").await, "ok");
    }

    async fn without_its_database_it_is_alive_but_not_ready_and_down(store: Store) {
        let site = Site::start(&store).await;
        site.app().db.close().await;
        assert_eq!(probe(&site, 503).await, "down");
        site.visitor().get("/health/live").await.expect(200);
        site.visitor().get("/health/ready").await.expect(503);
    }
}
