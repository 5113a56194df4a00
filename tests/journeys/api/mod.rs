//! The API as gateways and resellers' systems use it: keys, usage exactly once, reads, limits, and its own description.

mod customers;
mod description;
mod holds;
mod keys;
mod pages;
mod reads;
mod refusals;
mod usage;

use crate::support::client::{Client, Page};
use crate::support::site::{Place, Site};
use guthaben::billing::api_keys::{self, Made, NewApiKey};
use guthaben::domain::api_key::{ApiScope, ApiScopes};
use guthaben::domain::audit::Author;
use guthaben::domain::party::Scope;
use guthaben::store::tenants;
use hyper::Method;
use serde_json::{Value, json};

/// Makes a key of the tenant at a place that hurts nobody by its limit.
pub async fn make_key(site: &Site, place: Place, scopes: &[ApiScope]) -> String {
    make_key_with(site, place, scopes, 100_000).await
}

/// The same with a limit.
async fn make_key_with(site: &Site, place: Place, scopes: &[ApiScope], rate_per_minute: i64) -> String {
    let owner = tenants::find(&site.store.db, Scope::Platform, site.chain.tenant(place)).await;
    let owner = owner.expect("a reading").expect("a tenant");
    let new = NewApiKey {
        name: format!("Anlage {}", owner.number),
        scopes: ApiScopes::new(scopes.iter().copied()),
        rate_per_minute,
        expires_at: None,
        request_key: format!("{:032x}", rand::random::<u128>()),
    };
    match api_keys::create(site.app(), &Author::SYSTEM, &owner, new).await.expect("a key") {
        Made::Key { secret, .. } => secret,
        other => panic!("{other:?}"),
    }
}

/// A machine with a key.
#[derive(Clone, Debug)]
struct Machine(Client);

/// Its answer.
#[derive(Clone, Debug)]
struct Answer {
    page: Page,
    json: Value,
}

impl Machine {
    /// A machine with the secret of a key.
    fn with(site: &Site, secret: &str) -> Machine {
        let client = site.visitor().with("authorization", &format!("Bearer {secret}"));
        Machine(client.with("content-type", "application/json"))
    }

    /// A machine with a new key of the tenant at a place that may do everything it can.
    async fn of(site: &Site, place: Place) -> Machine {
        let all = if matches!(place, Place::Customer(_)) { &[ApiScope::Read] } else { ApiScope::ALL };
        Machine::with(site, &make_key(site, place, all).await)
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.0.clone().get(&format!("/api/v1{path}")).await)
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, body.to_string().as_bytes()).await
    }

    async fn send(&self, path: &str, body: &[u8]) -> Answer {
        let path = format!("/api/v1{path}");
        Answer::of(self.0.clone().send(Method::POST, &path, Some(body.to_vec())).await)
    }
}

impl Answer {
    fn of(page: Page) -> Answer {
        let json = serde_json::from_str(&page.body).unwrap_or(Value::Null);
        let is_error = page.status >= 400;
        let kind = if is_error { "application/problem+json" } else { "application/json" };
        assert_eq!(page.header("content-type"), kind, "{}: {}", page.asked, page.body);
        assert!(page.header("set-cookie").is_empty(), "{}", page.asked);
        assert!(page.header("access-control-allow-origin").is_empty(), "{}", page.asked);
        if is_error {
            let code = json["code"].as_str().expect("a code");
            assert_eq!(json["type"], format!("/api/v1/problems/{code}"));
            assert_eq!(json["status"], page.status);
            assert_eq!(json["request_id"], page.header("x-request-id"));
            for text in ["title", "detail"] {
                assert!(json[text].as_str().is_some_and(|text| !text.is_empty()), "{}", page.body);
            }
            assert!(json["title"] != json["detail"], "{}", page.body);
        }
        Answer { page, json }
    }

    #[track_caller]
    fn expect(self, status: u16) -> Answer {
        assert_eq!(self.page.status, status, "{}: {}", self.page.asked, self.page.body);
        self
    }

    /// Checks that the answer is a problem with a code, and with a field (empty for none).
    #[track_caller]
    fn refuses(&self, status: u16, code: &str, field: &str) {
        let found =
            (self.page.status, self.json["code"].as_str(), self.json["field"].as_str().unwrap_or_default());
        assert_eq!(found, (status, Some(code), field), "{}: {}", self.page.asked, self.page.body);
    }
}

/// A call of some minutes that happened now.
fn call(site: &Site, id: &str, customer: &str, minutes: i64) -> Value {
    json!({
        "id": id,
        "customer": customer,
        "meter": "call",
        "seconds": minutes * 60,
        "occurred_at": instant(site, 0),
        "description": "0170 1234567",
    })
}

/// So many seconds after the site's time, as the API writes it.
fn instant(site: &Site, seconds: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(site.clock.now().0 + seconds * 1_000_000);
    at.expect("an instant").to_string()
}
