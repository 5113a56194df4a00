//! Who is let in: keys that are missing, wrong, revoked, expired, of another mode, or without the right; and that their use is noted.

use super::{Answer, Machine, call, make_key};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site};
use crate::support::sql::Raw;
use guthaben::billing::api_keys::{self, DEMO_SECRET, Made, NewApiKey};
use guthaben::domain::api_key::{ApiScope, ApiScopes};
use guthaben::domain::audit::Author;
use guthaben::domain::clock::Ts;
use guthaben::domain::party::Scope;
use guthaben::server::Job;
use guthaben::store::api_keys::list;
use guthaben::store::tenants;
use serde_json::json;
use std::time::Duration;

const BALANCE: &str = "/customers/K-10001/balance";

on_both! {
    async fn without_a_key_that_opens_something_nobody_comes_in(store: Store) {
        let site = Site::start(&store).await;
        let path = format!("/api/v1{BALANCE}");
        let missing = Answer::of(site.visitor().get(&path).await);
        missing.refuses(401, "key_missing", "");
        assert_eq!(missing.page.header("www-authenticate"), "Bearer");
        let basic = site.visitor().with("authorization", "Basic Z3V0OnRlc3Q=").get(&path).await;
        Answer::of(basic).refuses(401, "key_missing", "");
        let secret = make_key(&site, Place::Platform, ApiScope::ALL).await;
        Machine::with(&site, &secret).get(BALANCE).await.expect(200);
        let longer = format!("{secret}x");
        for wrong in [&secret[..secret.len() - 1], &longer, "gut_test_", "sk_test_simulator", DEMO_SECRET, "gut_test_'--"] {
            Machine::with(&site, wrong).get(BALANCE).await.refuses(401, "key_unknown", "");
        }
        // A session opens nothing here, not even the admin's.
        let mut admin = site.sign_in("admin@site.example").await;
        Answer::of(admin.get(&path).await).refuses(401, "key_missing", "");
    }

    async fn a_secret_is_stored_nowhere(store: Store) {
        let site = Site::start(&store).await;
        let secret = make_key(&site, Place::Platform, ApiScope::ALL).await;
        assert!(secret.starts_with("gut_test_") && secret.len() == 52, "{secret}");
        let mut raw = Raw::open(&store).await;
        let rows = raw.texts("SELECT name, shown, scopes, mode, request_key FROM api_keys").await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0][1], secret[..13]);
        assert!(!rows[0].iter().any(|text| text.contains(&secret)));
        let log = raw.texts("SELECT action, subject, COALESCE(CAST(after AS TEXT), '') FROM audit_entries").await;
        assert_eq!(log[0][0], "api_key.created");
        assert!(!log[0][2].contains(&secret[9..]));
    }

    async fn a_revoked_key_is_over_at_once_and_on_other_nodes_in_two_seconds(store: Store) {
        let site = Site::start(&store).await;
        let other = site.second_node(&[]).await;
        let secret = make_key(&site, Place::Platform, ApiScope::ALL).await;
        let machine = Machine::with(&site, &secret);
        let elsewhere = Machine(machine.0.at(&other.base_url));
        machine.get(BALANCE).await.expect(200);
        elsewhere.get(BALANCE).await.expect(200);
        let owner = tenants::platform(&store.db).await.expect("a reading").expect("a platform");
        let id = list(&store.db, Scope::Platform, owner.id, 1).await.expect("a reading")[0].id;
        assert!(api_keys::revoke(site.app(), &Author::SYSTEM, &owner, id).await.expect("revoked"));
        assert!(!api_keys::revoke(site.app(), &Author::SYSTEM, &owner, id).await.expect("once only"));
        machine.get(BALANCE).await.refuses(401, "key_revoked", "");
        // What the other node remembers is two seconds old at most.
        site.advance(Duration::from_secs(2));
        elsewhere.get(BALANCE).await.refuses(401, "key_revoked", "");
        other.stop().await;
    }

    async fn a_key_ends_with_its_last_day(store: Store) {
        let site = Site::start(&store).await;
        let owner = tenants::platform(&store.db).await.expect("a reading").expect("a platform");
        let new = NewApiKey {
            name: "Bis heute".to_owned(),
            scopes: ApiScopes::new([ApiScope::Read]),
            rate_per_minute: 60,
            expires_at: Some(Ts(site.clock.now().0 + 3_600_000_000)),
            request_key: "form".to_owned(),
        };
        let made = api_keys::create(site.app(), &Author::SYSTEM, &owner, new.clone()).await.expect("a key");
        let Made::Key { secret, .. } = made else { panic!("{made:?}") };
        let machine = Machine::with(&site, &secret);
        machine.get(BALANCE).await.expect(200);
        site.advance(Duration::from_secs(3_599));
        machine.get(BALANCE).await.expect(200);
        site.advance(Duration::from_secs(1));
        machine.get(BALANCE).await.refuses(401, "key_expired", "");
        // The same form makes no second key.
        let again = api_keys::create(site.app(), &Author::SYSTEM, &owner, new).await.expect("an answer");
        assert!(matches!(again, Made::Before));
    }

    async fn a_key_of_another_mode_opens_nothing(store: Store) {
        let site = Site::start(&store).await;
        let secret = make_key(&site, Place::Platform, ApiScope::ALL).await;
        Raw::open(&store).await.run("UPDATE api_keys SET mode = 'live'").await.expect("a copied database");
        Machine::with(&site, &secret).get(BALANCE).await.refuses(401, "key_of_other_mode", "");
    }

    async fn every_call_needs_its_right(store: Store) {
        let site = Site::start(&store).await;
        let reads = [BALANCE, "/customers/K-10001", "/customers/K-10001/transactions", "/prices?customer=K-10001"];
        let writer = Machine::with(&site, &make_key(&site, Place::Platform, &[ApiScope::UsageWrite]).await);
        for path in reads {
            writer.get(path).await.refuses(403, "scope_missing", "");
        }
        writer.post("/usage-events", &call(&site, "c-1", "K-10001", 1)).await.expect(201);
        let reader = Machine::with(&site, &make_key(&site, Place::Platform, &[ApiScope::Read]).await);
        for path in reads {
            reader.get(path).await.expect(200);
        }
        reader.post("/usage-events", &call(&site, "c-2", "K-10001", 1)).await.refuses(403, "scope_missing", "");
        let body = json!({ "external_id": "x", "name": "X" });
        for machine in [reader, writer] {
            machine.post("/customers", &body).await.refuses(403, "scope_missing", "");
        }
        assert_eq!(site.movements(0).await.len(), 1);
    }

    async fn its_last_use_is_written_down_by_a_job(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let used = || async {
            let keys = list(&store.db, Scope::Platform, site.chain.platform, 1).await.expect("a reading");
            keys[0].last_used_at
        };
        machine.get(BALANCE).await.expect(200);
        assert_eq!(used().await, None, "no request waits for it");
        assert_eq!(Job::ApiKeys.run(site.app()).await, Ok(1));
        let first = used().await;
        assert_eq!(first, Some(site.clock.now()));
        assert_eq!(Job::ApiKeys.run(site.app()).await, Ok(0));
        site.advance(Duration::from_secs(90));
        machine.get("/customers/nobody").await.expect(404);
        assert_eq!(Job::ApiKeys.run(site.app()).await, Ok(1));
        assert_eq!(used().await, Some(site.clock.now()), "a call that found nothing is a use as well");
    }
}
