//! Keys on the pages of platform and resellers: made, shown once, revoked; and what the form is refused for.

use super::{Machine, make_key};
use crate::support::client::{Client, Page};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Place, Site};
use crate::support::sql::Raw;
use guthaben::domain::api_key::ApiScope;

const ADMIN: &str = "/admin/settings/api-keys";
const RESELLER: &str = "/reseller/settings/api-keys";

/// Fills in the form of the page at `base` and sends it.
async fn create(client: &mut Client, base: &str, fields: &[(&str, &str)]) -> Page {
    let form = client.get(base).await.expect(200);
    let key = form.value("request_key").expect("a form");
    let all = [fields, &[("request_key", key.as_str())]].concat();
    client.post(base, &all).await
}

/// The secret that a page shows.
fn secret(page: &Page) -> String {
    let field = page.tags("input").into_iter().find(|input| input.get("id").is_some_and(|id| id == "secret"));
    field.expect("a secret on the page")["value"].clone()
}

on_both! {
    async fn a_key_is_made_shown_once_used_and_revoked(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        admin.get(ADMIN).await.expect(200).shows(&DE.api_key_none());
        let fields = [("name", "Telefonanlage <Nord>"), ("usage_write", "on"), ("read", "on"), ("rate", "5.000"), ("expires_on", "")];
        let page = create(&mut admin, ADMIN, &fields).await.expect(200);
        let secret = secret(&page);
        page.shows("Telefonanlage &#60;Nord&#62;");
        let machine = Machine::with(&site, &secret);
        let answer = machine.get("/customers/K-10001/balance").await.expect(200);
        assert_eq!(answer.page.header("ratelimit-limit"), "5000");
        machine.post("/customers", &serde_json::json!({})).await.expect(422);
        let list = admin.get(ADMIN).await.expect(200);
        list.hides(&secret);
        list.shows(&secret[..13]);
        let id = Raw::open(&store).await.texts("SELECT subject FROM audit_entries").await[0][0].clone();
        let path = format!("{ADMIN}/{id}");
        let shown = admin.get(&path).await.expect(200);
        shown.hides(&secret);
        shown.shows("Person 0");
        admin.post(&format!("{path}/revocation"), &[]).await.leads_to(&path);
        let revoked = admin.get(&path).await.expect(200);
        revoked.shows(&DE.api_key_state_revoked());
        revoked.hides("/revocation");
        machine.get("/customers/K-10001/balance").await.refuses(401, "key_revoked", "");
        let log = Raw::open(&store).await.texts("SELECT action, CASE WHEN actor_id IS NULL THEN 'nobody' ELSE 'somebody' END FROM audit_entries ORDER BY action").await;
        assert_eq!(log, [["api_key.created", "somebody"], ["api_key.revoked", "somebody"]]);
        // A second click changes nothing.
        admin.post(&format!("{path}/revocation"), &[]).await.leads_to(&path);
    }

    async fn the_same_form_makes_one_key(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        let key = admin.get(ADMIN).await.expect(200).value("request_key").expect("a form");
        let fields = [("name", "Anlage"), ("read", "on"), ("rate", "60"), ("request_key", key.as_str())];
        secret(&admin.post(ADMIN, &fields).await.expect(200));
        let again = admin.post(ADMIN, &fields).await.expect(200);
        again.shows(&DE.api_key_before_title());
        assert!(!again.body.contains("id=\"secret\""));
        assert_eq!(Raw::open(&store).await.texts("SELECT COUNT(*) FROM api_keys").await, [["1"]]);
    }

    async fn what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        let long = "x".repeat(61);
        let (one, most) = (DE.number(1), DE.number(1_000_000));
        for (field, value, error) in [
            ("name", "", DE.api_key_error_name(60)),
            ("name", &long, DE.api_key_error_name(60)),
            ("read", "", DE.api_key_error_scopes()),
            ("rate", "0", DE.api_key_error_rate(most.as_str(), one.as_str())),
            ("rate", "viele", DE.api_key_error_rate(most.as_str(), one.as_str())),
            ("rate", "1000001", DE.api_key_error_rate(most.as_str(), one.as_str())),
            ("expires_on", "2026-11-22", DE.api_key_error_expires()),
            ("expires_on", "morgen", DE.api_key_error_expires()),
        ] {
            let good = [("name", "Anlage 7"), ("read", "on"), ("rate", "77"), ("expires_on", "2026-12-31")];
            let fields: Vec<(&str, &str)> = good.into_iter().map(|(name, kept)| (name, if name == field { value } else { kept })).collect();
            let page = create(&mut admin, ADMIN, &fields).await.expect(422);
            page.shows(&error);
            for (name, value) in fields.iter().filter(|(name, _)| *name != "read") {
                assert_eq!(page.value(name).as_deref(), Some(*value), "{field}: {name}");
            }
        }
        assert_eq!(Raw::open(&store).await.texts("SELECT COUNT(*) FROM api_keys").await, [["0"]]);
    }

    async fn resellers_make_keys_for_their_customers_with_the_usual_limit(store: Store) {
        let site = Site::start(&store).await;
        let mut reseller = site.sign_in("reseller@site.example").await;
        let fields = [("name", "Anlage"), ("read", "on"), ("rate", "1000000"), ("expires_on", "2026-11-23")];
        let page = create(&mut reseller, RESELLER, &fields).await.expect(200);
        assert!(page.value("rate").is_none(), "resellers do not choose their limit");
        let machine = Machine::with(&site, &secret(&page));
        let answer = machine.get("/customers/K-10001/balance").await.expect(200);
        assert_eq!(answer.page.header("ratelimit-limit"), "60");
        machine.get("/customers/K-10003/balance").await.refuses(404, "unknown_customer", "");
        // Its colleague manages no keys; rivals and the platform's pages see nothing of it.
        let mut staff = site.sign_in("staff@site.example").await;
        staff.get(RESELLER).await.expect(403);
        staff.post(RESELLER, &fields).await.expect(403);
        let mut rival = site.sign_in("rival@site.example").await;
        rival.get(RESELLER).await.expect(200).hides("Anlage");
        let id = Raw::open(&store).await.texts("SELECT subject FROM audit_entries").await[0][0].clone();
        let mut admin = site.sign_in("admin@site.example").await;
        for id in [id.as_str(), "1", "key_00000000000000000000000000"] {
            rival.get(&format!("{RESELLER}/{id}")).await.expect(404);
            admin.get(&format!("{ADMIN}/{id}")).await.expect(404);
            admin.post(&format!("{ADMIN}/{id}/revocation"), &[]).await.expect(404);
        }
        rival.post(&format!("{RESELLER}/{id}/revocation"), &[]).await.expect(404);
        machine.get("/customers/K-10001/balance").await.expect(200);
    }

    async fn a_hundred_living_keys_are_enough(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        for _ in 0..100 {
            make_key(&site, Place::Platform, ApiScope::ALL).await;
        }
        let fields = [("name", "Noch eine"), ("read", "on"), ("rate", "60")];
        create(&mut admin, ADMIN, &fields).await.expect(422).shows(&DE.api_key_error_full("100"));
        let id = Raw::open(&store).await.texts("SELECT subject FROM audit_entries ORDER BY id LIMIT 1").await[0][0].clone();
        admin.post(&format!("{ADMIN}/{id}/revocation"), &[]).await.expect(303);
        secret(&create(&mut admin, ADMIN, &fields).await.expect(200));
    }
}
