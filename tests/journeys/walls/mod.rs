//! The walls: who may see and do what, whose forms are taken, what every answer carries, and what no input may break.

mod errors;
mod forms;
mod headers;
mod input;
mod matrix;
mod prices;

pub use matrix::api_routes;

use crate::support::client::Client;
use crate::support::engines::Store;
use crate::support::site::{Place, Site, use_calls};
use crate::support::sql::Raw;
use guthaben::domain::api_key::ApiScope;
use guthaben::domain::party::{Role, TenantKind};

/// Who knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Nobody is signed in.
    Nobody,
    /// A person of a kind of tenant in a role.
    Member(TenantKind, Role),
}

use TenantKind::{Customer, Platform, Reseller};

/// Everybody who may knock, with the address to sign in with.
pub const VISITORS: [(Visitor, &str); 9] = [
    (Visitor::Nobody, ""),
    (Visitor::Member(Platform, Role::Admin), "admin@site.example"),
    (Visitor::Member(Platform, Role::Finance), "finance@site.example"),
    (Visitor::Member(Platform, Role::Support), "support@site.example"),
    (Visitor::Member(Reseller, Role::Owner), "reseller@site.example"),
    (Visitor::Member(Reseller, Role::Staff), "staff@site.example"),
    (Visitor::Member(Customer, Role::Owner), "owner@site.example"),
    (Visitor::Member(Customer, Role::Accounting), "accounting@site.example"),
    (Visitor::Member(Customer, Role::Viewer), "viewer@site.example"),
];

/// A visitor with a fresh form token.
async fn enter(site: &Site, email: &str) -> Client {
    if !email.is_empty() {
        return site.sign_in(email).await;
    }
    let mut client = site.visitor();
    client.get("/login").await.expect(200);
    client
}

/// A site on which every customer has topped up and used something.
async fn lively(store: &Store) -> Site {
    let site = Site::start(store).await;
    let owners = ["owner@site.example", "sister@site.example", "foreign@site.example", "direct@site.example"];
    for (place, owner) in owners.into_iter().enumerate() {
        let mut client = site.sign_in(owner).await;
        site.top_up(&mut client, "50").await;
        use_calls(&site, place, 3).await;
    }
    for (email, base) in [("admin@site.example", "/admin"), ("reseller@site.example", "/reseller")] {
        let base = format!("{base}/settings/webhooks");
        let mut client = site.sign_in(email).await;
        let key = client.get(&format!("{base}/new")).await.expect(200).value("key").expect("a key");
        let fields =
            [("key", key.as_str()), ("url", "https://hooks.example.com/"), ("events", "topup.settled")];
        client.post(&base, &fields).await.expect(200);
        client.post(&format!("{base}/{key}/test"), &[]).await.expect(303);
    }
    prices::plan(&site).await;
    for place in [Place::Platform, Place::Reseller(0)] {
        crate::api::make_key(&site, place, ApiScope::ALL).await;
    }
    site
}

/// Everything in the database that a request could change, in short.
async fn contents(store: &Store) -> Vec<String> {
    let mut raw = Raw::open(store).await;
    let mut found = vec![];
    let tables = [
        "tenants",
        "persons",
        "memberships",
        "sessions",
        "throttles",
        "secrets",
        "price_lists",
        "prices",
        "plan_assignments",
        "reseller_terms",
        "meters",
        "books",
        "accounts",
        "transfers",
        "entries",
        "daily_totals",
        "top_ups",
        "commission_lines",
        "webhook_events",
        "webhook_refusals",
        "mails",
        "alerts",
        "forecast_alerts",
        "endpoints",
        "webhook_deliveries",
        "api_keys",
        "audit_entries",
    ];
    for table in tables {
        let count = raw.texts(&format!("SELECT COUNT(*) FROM {table}")).await;
        found.push(format!("{table} {}", count[0][0]));
    }
    for values in [
        "SELECT kind, CAST(SUM(balance_cents) AS BIGINT) FROM accounts GROUP BY kind ORDER BY kind",
        "SELECT status, CAST(SUM(amount_cents) AS BIGINT) FROM top_ups GROUP BY status ORDER BY status",
        "SELECT language, theme, COUNT(*) FROM persons GROUP BY language, theme ORDER BY language, theme",
        "SELECT status, COUNT(*) FROM webhook_events GROUP BY status ORDER BY status",
        "SELECT role, COUNT(*) FROM memberships GROUP BY role ORDER BY role",
        "SELECT number, name, low_balance_cents, critical_balance_cents, alert_days FROM tenants ORDER BY number",
        "SELECT url, events, COUNT(*) FROM endpoints WHERE active GROUP BY url, events ORDER BY url, events",
        "SELECT status, CAST(SUM(attempts) AS BIGINT) FROM webhook_deliveries GROUP BY status ORDER BY status",
        "SELECT number, name FROM tenants ORDER BY number",
        "SELECT name, CASE WHEN revoked_at IS NULL THEN 'lives' ELSE 'revoked' END FROM api_keys ORDER BY name",
    ] {
        found.extend(raw.texts(values).await.into_iter().map(|row| row.join(" ")));
    }
    found
}
