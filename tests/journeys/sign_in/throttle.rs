//! Guessing is slow: by account, by address, on all nodes together.

use super::attempt;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, PASSWORD, Site};
use guthaben::domain::refusal::Refusal;
use std::time::Duration;

/// The tests' own proxy, so that clients can come from anywhere.
const PROXY: (&str, &str) = ("GUTHABEN_TRUSTED_PROXIES", "127.0.0.1");
const WINDOW: Duration = Duration::from_secs(15 * 60);

on_both! {
    async fn the_sixth_guess_must_wait_whether_the_account_exists_or_not(store: Store) {
        let site = Site::start(&store).await;
        for email in ["owner@site.example", "nobody@site.example"] {
            let mut client = site.visitor();
            for _ in 0..5 {
                attempt(&mut client, email, "falsch").await.expect(422);
            }
            let page = attempt(&mut client, email, "falsch").await.expect(429);
            assert_eq!(page.header("retry-after"), "900");
            page.shows(&DE.refusal(&Refusal::TooManyAttempts { minutes: 15 }));
            assert_eq!(page.value("email").as_deref(), Some(email));
            // Not even the right password helps now, and another spelling is the same account.
            attempt(&mut client, email, PASSWORD).await.expect(429);
            attempt(&mut client, &email.to_uppercase(), PASSWORD).await.expect(429);
        }
        site.advance(WINDOW);
        let mut client = site.visitor();
        attempt(&mut client, "nobody@site.example", "falsch").await.expect(422);
        attempt(&mut client, "owner@site.example", PASSWORD).await.expect(303);
    }

    async fn signing_in_forgets_the_guesses_before_it(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.visitor();
        for _ in 0..3 {
            for _ in 0..4 {
                attempt(&mut client.clone(), "owner@site.example", "falsch").await.expect(422);
            }
            attempt(&mut client.clone(), "owner@site.example", PASSWORD).await.expect(303);
        }
        client.get("/login").await.expect(200);
    }

    async fn one_address_may_not_try_many_accounts(store: Store) {
        let site = Site::with(&store, &[PROXY, ("GUTHABEN_SIGN_IN_ADDRESS_ATTEMPTS", "6")]).await;
        let mut here = site.visitor().with("x-forwarded-for", "203.0.113.7");
        for guess in 0..6 {
            attempt(&mut here, &format!("someone{guess}@site.example"), "falsch").await.expect(422);
        }
        attempt(&mut here, "owner@site.example", PASSWORD).await.expect(429);
        // What a client writes before the proxy's own hop changes nothing.
        let mut forged = site.visitor().with("x-forwarded-for", "198.51.100.1, 203.0.113.7");
        attempt(&mut forged, "owner@site.example", PASSWORD).await.expect(429);
        let mut elsewhere = site.visitor().with("x-forwarded-for", "203.0.113.8");
        attempt(&mut elsewhere, "owner@site.example", PASSWORD).await.expect(303);
    }

    async fn without_a_trusted_proxy_nobody_chooses_its_address(store: Store) {
        let site = Site::with(&store, &[("GUTHABEN_SIGN_IN_ADDRESS_ATTEMPTS", "3")]).await;
        for guess in 0..3 {
            let mut client = site.visitor().with("x-forwarded-for", &format!("203.0.113.{guess}"));
            attempt(&mut client, &format!("someone{guess}@site.example"), "falsch").await.expect(422);
        }
        let mut client = site.visitor().with("x-forwarded-for", "203.0.113.99");
        attempt(&mut client, "owner@site.example", PASSWORD).await.expect(429);
    }

    async fn two_nodes_count_together(store: Store) {
        let site = Site::start(&store).await;
        let node = site.second_node(&[]).await;
        let (mut here, mut there) = (site.visitor(), site.visitor().at(&node.base_url));
        for guess in 0..5 {
            let client = if guess % 2 == 0 { &mut here } else { &mut there };
            attempt(client, "owner@site.example", "falsch").await.expect(422);
        }
        attempt(&mut here, "owner@site.example", PASSWORD).await.expect(429);
        attempt(&mut there, "owner@site.example", PASSWORD).await.expect(429);
        node.stop().await;
    }

    async fn guesses_at_once_count_too(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.visitor();
        client.get("/login").await.expect(200);
        let guesses = (0..15).map(|_| {
            let mut client = client.clone();
            async move { client.post("/login", &[("email", "owner@site.example"), ("password", "x")]).await.status }
        });
        let statuses = futures_util::future::join_all(guesses).await;
        assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 10, "{statuses:?}");
    }
}
