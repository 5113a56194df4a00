//! Every route by every role, with own, foreign and nonsense ids. A new route without a row here fails.

use super::{Customer, Platform, Reseller, VISITORS, Visitor, contents, enter, lively, prices};
use crate::support::client::{Client, Page};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site};
use guthaben::domain::clock::Ts;
use guthaben::domain::id::{TopUpId, TransferId};
use guthaben::domain::party::{Role, Scope, TenantKind};
use guthaben::store::{api_keys, endpoints};
use std::collections::BTreeSet;
use std::path::Path;

/// Who gets what.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Everybody gets this status.
    Everyone(u16),
    /// Nobody gets the page, members are sent home.
    Guests,
    /// Members get this status, others sign in first.
    Members(u16),
    /// Members of one kind of tenant; for other members the page does not exist.
    Only(TenantKind, u16),
    /// Customers who may pay; other customers are told that they may not.
    Payers(u16),
    /// The platform's people who change money; support is told that it may not.
    Correctors(u16),
    /// One role of one kind of tenant; other roles there are told that they may not.
    Manager(TenantKind, Role, u16),
    /// Only in the demo; elsewhere the path does not exist.
    Demo,
}

use Rule::{Correctors, Demo, Everyone, Guests, Manager, Members, Only, Payers};

/// Method, pattern, rule. The sign-out comes last, because it ends the session.
const TABLE: &[(&str, &str, Rule)] = &[
    ("GET", "/", Everyone(303)),
    ("GET", "/login", Guests),
    ("POST", "/login", Everyone(422)),
    ("POST", "/session/tenant", Members(303)),
    ("POST", "/session/language", Everyone(303)),
    ("POST", "/session/theme", Everyone(303)),
    ("GET", "/imprint", Everyone(200)),
    ("GET", "/privacy", Everyone(200)),
    ("GET", "/accessibility", Everyone(200)),
    ("GET", "/health", Everyone(200)),
    ("GET", "/health/live", Everyone(200)),
    ("GET", "/health/ready", Everyone(200)),
    ("POST", "/billing/webhook", Everyone(400)),
    ("GET", "/static/{hash}/{*name}", Everyone(200)),
    ("GET", "/favicon.ico", Everyone(200)),
    ("GET", "/portal", Only(Customer, 200)),
    ("GET", "/portal/balance", Only(Customer, 200)),
    ("GET", "/portal/balance/stream", Only(Customer, 200)),
    ("GET", "/portal/topups/new", Payers(200)),
    ("GET", "/portal/topups/summary", Payers(200)),
    ("POST", "/portal/topups", Payers(303)),
    ("GET", "/portal/topups/{id}", Only(Customer, 200)),
    ("GET", "/portal/settings/alerts", Payers(200)),
    ("POST", "/portal/settings/alerts", Payers(303)),
    ("GET", "/portal/transactions", Only(Customer, 200)),
    ("GET", "/portal/transactions.csv", Only(Customer, 200)),
    ("GET", "/portal/transactions/{id}", Only(Customer, 200)),
    ("GET", "/admin/settings/webhooks", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/settings/webhooks", Manager(Platform, Role::Admin, 200)),
    ("GET", "/admin/settings/webhooks/new", Manager(Platform, Role::Admin, 200)),
    ("GET", "/admin/settings/webhooks/{id}", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/settings/webhooks/{id}", Manager(Platform, Role::Admin, 303)),
    ("POST", "/admin/settings/webhooks/{id}/secret", Manager(Platform, Role::Admin, 303)),
    ("POST", "/admin/settings/webhooks/{id}/test", Manager(Platform, Role::Admin, 303)),
    (
        "POST",
        "/admin/settings/webhooks/{id}/deliveries/{delivery}/retry",
        Manager(Platform, Role::Admin, 303),
    ),
    ("GET", "/reseller/settings/webhooks", Manager(Reseller, Role::Owner, 200)),
    ("POST", "/reseller/settings/webhooks", Manager(Reseller, Role::Owner, 200)),
    ("GET", "/reseller/settings/webhooks/new", Manager(Reseller, Role::Owner, 200)),
    ("GET", "/reseller/settings/webhooks/{id}", Manager(Reseller, Role::Owner, 200)),
    ("POST", "/reseller/settings/webhooks/{id}", Manager(Reseller, Role::Owner, 303)),
    ("POST", "/reseller/settings/webhooks/{id}/secret", Manager(Reseller, Role::Owner, 303)),
    ("POST", "/reseller/settings/webhooks/{id}/test", Manager(Reseller, Role::Owner, 303)),
    (
        "POST",
        "/reseller/settings/webhooks/{id}/deliveries/{delivery}/retry",
        Manager(Reseller, Role::Owner, 303),
    ),
    ("GET", "/admin/prices", Only(Platform, 200)),
    ("GET", "/admin/prices/{place}", Only(Platform, 200)),
    ("GET", "/admin/prices/{place}/{meter}", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/prices/{place}/{meter}", Manager(Platform, Role::Admin, 303)),
    ("GET", "/admin/prices/{place}/{meter}/preview", Manager(Platform, Role::Admin, 200)),
    ("GET", "/admin/prices/versions/{id}/withdraw", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/prices/versions/{id}/withdraw", Manager(Platform, Role::Admin, 303)),
    ("GET", "/reseller/prices", Manager(Reseller, Role::Owner, 200)),
    ("GET", "/reseller/prices/simulator", Manager(Reseller, Role::Owner, 200)),
    ("GET", "/reseller/prices/{place}", Manager(Reseller, Role::Owner, 200)),
    ("GET", "/reseller/prices/{place}/{meter}", Manager(Reseller, Role::Owner, 200)),
    ("POST", "/reseller/prices/{place}/{meter}", Manager(Reseller, Role::Owner, 303)),
    ("GET", "/reseller/prices/{place}/{meter}/preview", Manager(Reseller, Role::Owner, 200)),
    ("GET", "/reseller/prices/versions/{id}/withdraw", Manager(Reseller, Role::Owner, 200)),
    ("POST", "/reseller/prices/versions/{id}/withdraw", Manager(Reseller, Role::Owner, 303)),
    ("GET", "/admin/meters", Only(Platform, 200)),
    ("POST", "/admin/meters", Manager(Platform, Role::Admin, 303)),
    ("GET", "/admin/meters/{meter}", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/meters/{meter}", Manager(Platform, Role::Admin, 303)),
    ("GET", "/admin/plans", Only(Platform, 200)),
    ("POST", "/admin/plans", Manager(Platform, Role::Admin, 303)),
    ("GET", "/admin/plans/{id}", Only(Platform, 200)),
    ("POST", "/admin/plans/{id}", Manager(Platform, Role::Admin, 303)),
    ("POST", "/admin/plans/{id}/customers", Manager(Platform, Role::Admin, 303)),
    ("GET", "/admin/resellers/{id}/terms", Only(Platform, 200)),
    ("POST", "/admin/resellers/{id}/terms", Manager(Platform, Role::Admin, 303)),
    ("GET", "/reseller", Only(Reseller, 200)),
    ("GET", "/reseller/transactions", Only(Reseller, 200)),
    ("GET", "/reseller/transactions.csv", Only(Reseller, 200)),
    ("GET", "/reseller/transactions/{id}", Only(Reseller, 200)),
    ("GET", "/reseller/transactions/{id}/reversal", Only(Reseller, 200)),
    ("POST", "/reseller/transactions/{id}/reversal", Only(Reseller, 422)),
    ("GET", "/reseller/commissions", Only(Reseller, 200)),
    ("GET", "/reseller/commissions.csv", Only(Reseller, 200)),
    ("GET", "/admin/transactions", Only(Platform, 200)),
    ("GET", "/admin/transactions.csv", Only(Platform, 200)),
    ("GET", "/admin/transactions/{id}", Only(Platform, 200)),
    ("GET", "/admin/transactions/{id}/reversal", Correctors(200)),
    ("POST", "/admin/transactions/{id}/reversal", Correctors(422)),
    ("GET", "/admin", Only(Platform, 200)),
    ("GET", "/admin/settings/api-keys", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/settings/api-keys", Manager(Platform, Role::Admin, 422)),
    ("GET", "/admin/settings/api-keys/{id}", Manager(Platform, Role::Admin, 200)),
    ("POST", "/admin/settings/api-keys/{id}/revocation", Manager(Platform, Role::Admin, 303)),
    ("GET", "/reseller/settings/api-keys", Manager(Reseller, Role::Owner, 200)),
    ("POST", "/reseller/settings/api-keys", Manager(Reseller, Role::Owner, 422)),
    ("GET", "/reseller/settings/api-keys/{id}", Manager(Reseller, Role::Owner, 200)),
    ("POST", "/reseller/settings/api-keys/{id}/revocation", Manager(Reseller, Role::Owner, 303)),
    // Machines come with keys; a session opens nothing here.
    ("POST", "/api/v1/usage-events", Everyone(401)),
    ("POST", "/api/v1/holds", Everyone(401)),
    ("POST", "/api/v1/holds/{hold}/extend", Everyone(401)),
    ("POST", "/api/v1/holds/{hold}/capture", Everyone(401)),
    ("POST", "/api/v1/holds/{hold}/release", Everyone(401)),
    ("POST", "/api/v1/customers", Everyone(401)),
    ("GET", "/api/v1/customers/{customer}", Everyone(401)),
    ("GET", "/api/v1/customers/{customer}/balance", Everyone(401)),
    ("GET", "/api/v1/customers/{customer}/transactions", Everyone(401)),
    ("GET", "/api/v1/prices", Everyone(401)),
    ("GET", "/api/v1/commissions", Everyone(401)),
    ("GET", "/api/v1/openapi.json", Everyone(200)),
    ("GET", "/api/v1/problems/{code}", Everyone(200)),
    ("ANY", "/api/{*rest}", Everyone(404)),
    ("GET", "/demo/mails", Demo),
    ("GET", "/demo/mails/{id}", Demo),
    ("POST", "/logout", Everyone(303)),
];

/// What a visitor gets; `None` for "sign in first".
fn expected(rule: Rule, visitor: Visitor) -> Option<u16> {
    match (rule, visitor) {
        (Everyone(status), _) => Some(status),
        (Demo, _) => Some(404),
        (Guests, Visitor::Nobody) => Some(200),
        (Guests, _) => Some(303),
        (_, Visitor::Nobody) => None,
        (Members(status), _) => Some(status),
        (Only(kind, status), Visitor::Member(of, _)) => Some(if of == kind { status } else { 404 }),
        (Payers(status), Visitor::Member(Customer, role)) => Some(if role.may_pay() { status } else { 403 }),
        (Payers(_), _) => Some(404),
        (Correctors(_), Visitor::Member(Platform, Role::Support)) => Some(403),
        (Correctors(status), Visitor::Member(Platform, _)) => Some(status),
        (Correctors(_), _) => Some(404),
        (Manager(kind, of, status), Visitor::Member(in_kind, role)) if kind == in_kind => {
            Some(if of == role { status } else { 403 })
        }
        (Manager(..), _) => Some(404),
    }
}

/// The pattern with ids of the first customer, and what a form of it says.
async fn example(site: &Site, pattern: &str, client: &Client) -> (String, Vec<(&'static str, String)>) {
    let top_up = site.top_ups(0).await.last().expect("a top-up").id;
    let movement = site.movements(0).await[0].id;
    let path = match pattern {
        "/static/{hash}/{*name}" => format!("{}/guthaben.css", guthaben::web::assets::base()),
        "/portal/topups/{id}" => format!("/portal/topups/{top_up}"),
        // Newest of the lively customer's movements is a call.
        charge if charge.contains("/transactions/{id}") => charge.replace("{id}", &movement.to_string()),
        "/demo/mails/{id}" => "/demo/mails/mai_00000000000000000000000000".to_owned(),
        "/api/{*rest}" => "/api/v2/nowhere".to_owned(),
        "/api/v1/problems/{code}" => "/api/v1/problems/conflict".to_owned(),
        api if api.starts_with("/api/") => {
            api.replace("{customer}", "K-10001").replace("{hold}", "hld_00000000000000000000000000")
        }
        keys if keys.starts_with("/admin/settings/api-keys/") => {
            keys.replace("{id}", &key_of(site, Place::Platform).await)
        }
        keys if keys.starts_with("/reseller/settings/api-keys/") => {
            keys.replace("{id}", &key_of(site, Place::Reseller(0)).await)
        }
        plain => plain.to_owned(),
    };
    let path = hook_path(site, path).await;
    let path = prices::path(site, path).await;
    let own = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let fields = match pattern {
        "/session/tenant" => own("tenant", &own_tenant(site, client).await),
        "/session/language" => own("language", "de"),
        "/session/theme" => own("theme", "system"),
        "/login" => vec![("email", String::new()), ("password", "x".to_owned())],
        "/portal/settings/alerts" => {
            vec![("low", "10".to_owned()), ("critical", "5".to_owned()), ("days", "3".to_owned())]
        }
        path if path.contains("/settings/webhooks") => {
            let url = "https://hooks.example.com/".to_owned();
            vec![("url", url), ("events", "topup.settled".to_owned()), ("active", "on".to_owned())]
        }
        path if path.contains("/prices/")
            || path.contains("/plans")
            || path.contains("/meters")
            || path.ends_with("/terms") =>
        {
            let mut fields = prices::fields();
            if path.ends_with("/terms") {
                fields[0].1 = "rates".to_owned();
            }
            fields
        }
        "/portal/topups" => vec![("amount", "10".to_owned()), ("method", "card".to_owned())],
        _ => vec![],
    };
    (path, fields)
}

/// The path with the endpoint of its area, and with the last delivery to it.
async fn hook_path(site: &Site, path: String) -> String {
    if !path.contains("/settings/webhooks/{id}") {
        return path;
    }
    let owner = if path.starts_with("/admin") { site.chain.platform } else { site.chain.resellers[0] };
    let db = &site.store.db;
    // More endpoints appear while the table is walked through; only the first one was sent something.
    for hook in endpoints::list(db, Scope::Platform, owner, 100).await.expect("a reading") {
        let log =
            endpoints::list_deliveries(db, Scope::Platform, hook.id, None, 10).await.expect("a reading");
        if let Some(delivery) = log.first() {
            return path
                .replace("{id}", &hook.id.to_string())
                .replace("{delivery}", &delivery.id.to_string());
        }
    }
    panic!("no endpoint was sent anything");
}

/// The key that a site's tenant has.
async fn key_of(site: &Site, place: Place) -> String {
    let owner = site.chain.tenant(place);
    let keys = api_keys::list(&site.store.db, Scope::Platform, owner, 1).await.expect("a reading");
    keys[0].id.to_string()
}

/// The tenant a client acts for: the one of the people that signed in with it.
async fn own_tenant(site: &Site, client: &Client) -> String {
    let mut client = client.clone();
    let home = client.get("/").await.location().to_owned();
    let tenant = match home.as_str() {
        "/admin" => site.chain.platform,
        "/reseller" => site.chain.resellers[0],
        _ => site.chain.customers[0],
    };
    tenant.to_string()
}

async fn ask(client: &mut Client, method: &str, path: &str, fields: &[(&str, String)]) -> Page {
    if path.ends_with("/stream") {
        // A stream never ends by itself; its head says all there is to know.
        let stream = client.stream(path).await;
        let headers = hyper::HeaderMap::new();
        return Page { asked: format!("GET {path}"), status: stream.status, headers, body: String::new() };
    }
    if method == "GET" {
        return client.get(path).await;
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.post(path, &fields).await
}

/// Routes as they stand in the source: `.route("/path", get(…).post(…))`.
fn routes(source: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (at, _) in source.match_indices(".route(") {
        let Some(rest) = source[at + ".route(".len()..].trim_start().strip_prefix('"') else { continue };
        let (path, rest) = rest.split_once('"').expect("the path ends");
        let mut depth = 1;
        let end = rest.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let handlers = &rest[..end.expect("the call ends")];
        for method in ["get", "post", "put", "patch", "delete", "any"] {
            let calls = [format!(" {method}("), format!(".{method}("), format!(":{method}(")];
            if calls.iter().any(|call| handlers.contains(call.as_str())) {
                found.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    found
}

fn harvest(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            harvest(&path, found);
        } else {
            found.extend(routes(&std::fs::read_to_string(&path).expect("a source")));
        }
    }
}

/// The routes of the API, without the one that catches all others.
pub fn api_routes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    harvest(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/api"), &mut found);
    found.retain(|(method, _)| method != "ANY");
    found
}

#[test]
fn every_route_has_its_row() {
    let mut found = BTreeSet::new();
    harvest(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut found);
    let rows = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(found, rows.collect::<BTreeSet<_>>());
}

#[test]
fn routes_are_found_in_the_source() {
    let source = "x.route(\"/a\", get(f).post(g)).route(\n\"/b/{id}\", axum::routing::delete(h::i))";
    let expected = [("DELETE", "/b/{id}"), ("GET", "/a"), ("POST", "/a")];
    assert_eq!(routes(source), expected.map(|(m, p)| (m.to_owned(), p.to_owned())).into());
}

/// A page without what differs between two requests: reference, form token, and the address asked for.
fn neutral(page: &Page, path: &str) -> String {
    let mut body = page.body.replace(page.header("x-request-id"), "R").replace(path, "P");
    if let Some(token) = page.value("csrf_token").filter(|token| !token.is_empty()) {
        body = body.replace(&token, "T");
    }
    body
}

on_both! {
    async fn every_role_gets_what_the_table_says(store: Store) {
        let site = lively(&store).await;
        for (visitor, email) in VISITORS {
            let mut client = enter(&site, email).await;
            for (method, pattern, rule) in TABLE {
                let (path, fields) = example(&site, pattern, &client).await;
                let page = ask(&mut client, method, &path, &fields).await;
                let name = format!("{visitor:?} {method} {pattern}");
                match expected(*rule, visitor) {
                    Some(status) => assert_eq!(page.status, status, "{name}: {}", page.body),
                    None => {
                        assert_eq!(page.status, 303, "{name}");
                        let next = method == &"GET";
                        let login = if next { format!("/login?next={}", path.replace('/', "%2F")) } else { "/login".to_owned() };
                        assert!(path.ends_with("/stream") || page.location() == login, "{name}: {}", page.location());
                    }
                }
            }
        }
        // Those who may pay have opened a top-up each; nobody else has.
        assert_eq!(site.top_ups(0).await.len(), 3);
    }

    async fn foreign_and_unknown_things_are_the_same_nothing(store: Store) {
        let site = lively(&store).await;
        let later = Ts(site.clock.now().0 + 1);
        for (visitor, email) in VISITORS.into_iter().filter(|(_, email)| !email.is_empty()) {
            let mut client = enter(&site, email).await;
            let mut bodies = BTreeSet::new();
            for place in 1..4 {
                let foreign = [
                    format!("/portal/topups/{}", site.top_ups(place).await[0].id),
                    format!("/portal/transactions/{}", site.movements(place).await[0].id),
                ];
                for path in foreign {
                    let page = client.get(&path).await.expect(404);
                    bodies.insert(neutral(&page, &path));
                }
            }
            let unknown = [
                format!("/portal/topups/{}", TopUpId::new(later)),
                format!("/portal/transactions/{}", TransferId::new(later)),
                format!("/portal/topups/{}", site.movements(0).await[0].id),
                "/portal/topups/1".to_owned(),
                "/portal/transactions/trf_".to_owned(),
                "/portal/transactions/..%2F..%2Fadmin".to_owned(),
                "/nowhere".to_owned(),
            ];
            for path in unknown {
                let page = client.get(&path).await.expect(404);
                bodies.insert(neutral(&page, &path));
            }
            assert_eq!(bodies.len(), 1, "{visitor:?} sees a difference: {bodies:#?}");
        }
    }

    async fn nobody_acts_for_a_foreign_tenant(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("both@site.example").await;
        let foreign = [site.chain.platform, site.chain.resellers[1], site.chain.customers[0], site.chain.customers[2]];
        for tenant in foreign {
            client.post("/session/tenant", &[("tenant", &tenant.to_string())]).await.expect(404);
        }
        for nonsense in ["", "ten_", "x", "ten_00000000000000000000000000"] {
            client.post("/session/tenant", &[("tenant", nonsense)]).await.expect(404);
        }
        client.get("/").await.leads_to("/portal");
    }

    async fn looking_changes_nothing(store: Store) {
        let site = lively(&store).await;
        let mut clients = vec![];
        for (_, email) in VISITORS {
            clients.push(enter(&site, email).await);
        }
        let before = contents(&store).await;
        for mut client in clients {
            for (_, pattern, _) in TABLE.iter().filter(|(method, ..)| *method == "GET") {
                let (path, _) = example(&site, pattern, &client).await;
                ask(&mut client, "GET", &path, &[]).await;
                client.send(hyper::Method::HEAD, &path, None).await;
            }
            for (_, pattern, _) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
                let (path, _) = example(&site, pattern, &client).await;
                client.get(&path).await;
            }
        }
        assert_eq!(contents(&store).await, before);
    }

    async fn scripts_learn_by_status_that_the_session_is_over(store: Store) {
        let site = Site::start(&store).await;
        let mut script = site.visitor().with("hx-request", "true");
        let page = script.get("/portal/balance").await.expect(401);
        assert_eq!(page.header("hx-redirect"), "/login");
        let mut stream = site.visitor().with("accept", "text/event-stream");
        stream.get("/portal/balance/stream").await.expect(401);
    }
}
