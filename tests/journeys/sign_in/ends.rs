//! What a session is worth, and what ends it.

use super::attempt;
use crate::support::client::Client;
use crate::support::engines::{Store, on_both};
use crate::support::site::{PASSWORD, Site};
use crate::support::sql::Raw;
use guthaben::domain::party::Role;
use guthaben::store::{persons, sessions};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// True while the session stands.
async fn stands(client: &Client, home: &str) -> bool {
    match client.clone().get(home).await.status {
        200 => true,
        303 => false,
        status => panic!("{home}: {status}"),
    }
}

async fn revoke(site: &Site, email: &str) -> u64 {
    let mut tx = site.store.db.begin().await.expect("begin");
    let ended = sessions::delete_all_of(&mut tx, site.chain.people[email]).await.expect("revoked");
    tx.commit().await.expect("commit");
    ended
}

on_both! {
    async fn a_planted_session_is_worth_nothing_after_signing_in(store: Store) {
        let site = Site::start(&store).await;
        let thief = site.sign_in("foreign@site.example").await;
        // The victim's browser was given the thief's cookies.
        let mut victim = thief.clone();
        victim.post("/login", &[("email", "owner@site.example"), ("password", PASSWORD)]).await.leads_to("/portal");
        assert_ne!(victim.jar["__Host-sid"], thief.jar["__Host-sid"], "a new id");
        let page = victim.get("/portal").await.expect(200);
        page.shows("owner@site.example");
        assert_ne!(victim.token, thief.token, "and a new form token");
        let old = thief.clone().get("/portal").await;
        assert_ne!(old.status, 200, "the planted id is gone");
        let mut invented = site.visitor();
        invented.jar.insert("__Host-sid".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
        attempt(&mut invented, "owner@site.example", PASSWORD).await.expect(303);
        assert_ne!(invented.jar["__Host-sid"], "AAAAAAAAAAAAAAAAAAAAAA");
    }

    async fn signing_out_ends_the_session_on_every_node(store: Store) {
        let site = Site::start(&store).await;
        let node = site.second_node(&[]).await;
        let mut client = site.sign_in("owner@site.example").await;
        let (old, other) = (client.clone(), site.sign_in("owner@site.example").await);
        assert!(stands(&old.at(&node.base_url), "/portal").await);
        client.post("/logout", &[]).await.leads_to("/login");
        assert!(!client.jar.contains_key("__Host-sid"));
        assert!(!stands(&old, "/portal").await && !stands(&old.at(&node.base_url), "/portal").await);
        assert!(stands(&other, "/portal").await, "another device stays signed in");
        let page = old.clone().get("/portal").await.expect(303);
        assert_eq!(page.location(), "/login?next=%2Fportal");
        node.stop().await;
    }

    async fn a_copy_of_the_table_signs_nobody_in(store: Store) {
        let site = Site::start(&store).await;
        let client = site.sign_in("owner@site.example").await;
        let hex = if site.is_sqlite() { "LOWER(HEX(id_hash))" } else { "encode(id_hash, 'hex')" };
        let select = format!("SELECT {hex}, CAST(data AS TEXT) FROM sessions WHERE person_id IS NOT NULL");
        let rows = Raw::open(&store).await.texts(&select).await;
        assert_eq!(rows.len(), 1);
        let cookie = &client.jar["__Host-sid"];
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, cookie).expect("an id");
        let id: String = bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
        let reversed: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for row in &rows[0] {
            assert!(!row.contains(cookie.as_str()) && !row.contains(&id) && !row.contains(&reversed), "{row}");
        }
        assert_eq!(rows[0][0].len(), 64, "a SHA-256");
        for forged in [&rows[0][0][..22], &rows[0][0]] {
            let mut thief = site.visitor();
            thief.jar.insert("__Host-sid".into(), forged.to_owned());
            assert!(!stands(&thief, "/portal").await);
        }
    }

    async fn a_customers_session_lasts_two_idle_weeks_and_thirty_days_at_most(store: Store) {
        let site = Site::start(&store).await;
        let idle = site.sign_in("owner@site.example").await;
        let busy = site.sign_in("direct@site.example").await;
        site.advance(13 * DAY);
        assert!(stands(&busy, "/portal").await);
        site.advance(DAY);
        assert!(!stands(&idle, "/portal").await, "two weeks without a request");
        site.advance(12 * DAY);
        assert!(stands(&busy, "/portal").await);
        site.advance(4 * DAY - Duration::from_secs(1));
        assert!(stands(&busy, "/portal").await, "one second before the thirtieth day ends");
        site.advance(Duration::from_secs(1));
        assert!(!stands(&busy, "/portal").await, "thirty days are over however busy it was");
    }

    async fn staff_is_signed_out_after_half_an_hour_or_twelve_hours(store: Store) {
        let site = Site::start(&store).await;
        for (email, home) in [("admin@site.example", "/admin"), ("staff@site.example", "/reseller")] {
            let client = site.sign_in(email).await;
            site.advance(Duration::from_secs(29 * 60));
            assert!(stands(&client, home).await);
            site.advance(Duration::from_secs(30 * 60));
            assert!(!stands(&client, home).await, "{email} was idle");
            let busy = site.sign_in(email).await;
            for _ in 0..35 {
                site.advance(Duration::from_secs(20 * 60));
                assert!(stands(&busy, home).await);
            }
            site.advance(Duration::from_secs(20 * 60));
            assert!(!stands(&busy, home).await, "{email} has had twelve hours");
        }
    }

    async fn who_acts_for_a_reseller_has_a_resellers_session_from_then_on(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("both@site.example").await;
        let page = client.get("/portal").await.expect(200);
        page.shows("Erste Partner GmbH");
        let reseller = site.chain.resellers[0].to_string();
        client.post("/session/tenant", &[("tenant", &reseller)]).await.leads_to("/reseller");
        client.get("/reseller").await.expect(200);
        client.get("/portal").await.expect(404);
        let customer = site.chain.customers[1].to_string();
        client.post("/session/tenant", &[("tenant", &customer)]).await.leads_to("/portal");
        client.get("/portal").await.expect(200);
        site.advance(Duration::from_secs(31 * 60));
        assert!(!stands(&client, "/portal").await, "the long session did not come back");
        let never = site.sign_in("both@site.example").await;
        site.advance(HOUR);
        assert!(stands(&never, "/portal").await, "a customer's session is long");
    }

    async fn a_revoked_session_ends_at_once_with_its_open_stream(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let second = site.sign_in("owner@site.example").await;
        let other = site.sign_in("accounting@site.example").await;
        let mut stream = client.clone().stream("/portal/balance/stream").await;
        let mut foreign = other.clone().stream("/portal/balance/stream").await;
        assert!(stream.next().await.is_some() && foreign.next().await.is_some());
        assert_eq!(revoke(&site, "owner@site.example").await, 2);
        assert!(!stands(&client, "/portal").await && !stands(&second, "/portal").await);
        client.post("/portal/topups", &[("amount", "50"), ("method", "card")]).await.expect(303);
        // The next change of the balance is not told any more.
        crate::support::site::use_calls(&site, 0, 1).await;
        assert_eq!(stream.next().await, None, "the stream has ended");
        assert!(foreign.next().await.is_some(), "a colleague's goes on");
        assert!(stands(&other, "/portal").await);
    }

    async fn a_changed_role_holds_at_the_next_request(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("accounting@site.example").await;
        client.get("/portal/topups/new").await.expect(200);
        let (person, tenant) = (site.chain.people["accounting@site.example"], site.chain.customers[0]);
        let mut tx = store.db.begin().await.expect("begin");
        persons::join(&mut tx, person, tenant, Role::Viewer, site.clock.now()).await.expect("demoted");
        tx.commit().await.expect("commit");
        client.get("/portal/topups/new").await.expect(403);
        client.post("/portal/topups", &[("amount", "50"), ("method", "card")]).await.expect(403);
        client.get("/portal").await.expect(200);
    }

    async fn who_is_disabled_or_has_left_is_out_at_the_next_request(store: Store) {
        let site = Site::start(&store).await;
        let disabled = site.sign_in("owner@site.example").await;
        let left = site.sign_in("foreign@site.example").await;
        let mut raw = Raw::open(&store).await;
        raw.run("UPDATE persons SET active = (1 = 0) WHERE email = 'owner@site.example'").await.expect("disabled");
        raw.run("DELETE FROM memberships WHERE person_id = (SELECT id FROM persons WHERE email = 'foreign@site.example')").await.expect("left");
        assert!(!stands(&disabled, "/portal").await && !stands(&left, "/portal").await);
        raw.run("UPDATE persons SET active = (1 = 1) WHERE email = 'owner@site.example'").await.expect("enabled");
        assert!(stands(&disabled, "/portal").await);
    }
}
