//! Whatever is typed into an address, a query or a form: the answer is never "something broke".

use super::{enter, lively};
use crate::support::client::{Client, encoded};
use crate::support::engines::{Store, on_both};
use hyper::Method;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Paths with the fields that they read.
const QUERIES: &[(&str, &[&str])] = &[
    ("/login", &["next"]),
    ("/health", &["format"]),
    ("/portal/topups/new", &["amount_choice", "amount", "method", "request_key", "canceled"]),
    ("/portal/topups/summary", &["amount_choice", "amount", "method"]),
    ("/portal/settings/alerts", &["saved"]),
    ("/portal/transactions", &["q", "from", "to", "kind", "min", "max", "after", "before"]),
    ("/portal/transactions.csv", &["q", "from", "to", "kind", "min", "max", "after", "before"]),
    ("/reseller/transactions", &["q", "customer", "from", "to", "kind", "min", "max", "after"]),
    ("/reseller/transactions.csv", &["q", "customer", "from", "to", "kind", "min", "max", "after"]),
    ("/reseller/commissions", &["month", "after"]),
    ("/reseller/commissions.csv", &["month", "after"]),
    ("/admin/transactions", &["q", "customer", "reseller", "from", "to", "kind", "min", "max", "after"]),
];
const FORMS: &[(&str, &[&str])] = &[
    ("/login", &["email", "password", "next"]),
    ("/session/tenant", &["tenant"]),
    ("/session/language", &["language", "next"]),
    ("/session/theme", &["theme", "next"]),
    ("/portal/settings/alerts", &["low", "critical", "days"]),
    ("/portal/topups", &["amount_choice", "amount", "method", "request_key"]),
];
/// Values that broke other programs.
const ODD: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "%",
    "_",
    "!",
    "'",
    "\"",
    "\\",
    "';--",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1e9",
    "NaN",
    "99999999999999999,99",
    "0000-00-00",
    "9999-12-31",
    "-9999-01-01",
    "2026-02-30",
    "2026-11-23T10:00:00Z",
    "..",
    "//x",
    "\u{feff}",
    "\u{202e}",
    "ﷺ",
    "👩‍👩‍👧",
    "\r\nSet-Cookie: a=b",
    "<script>",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "top_01jd0000000000000000000000",
    "card",
    "€",
];

/// Some values: all odd ones, and random ones.
fn values() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let random = proptest::string::string_regex("(?s).{0,60}").expect("a pattern");
    let long = "[a-zä0-9]{900,1100}".prop_map(|text: String| text);
    let mut draw = |strategy: &dyn Fn(&mut TestRunner) -> String| strategy(&mut runner);
    let mut values: Vec<String> = ODD.iter().map(|text| (*text).to_owned()).collect();
    for _ in 0..12 {
        values.push(draw(&|runner| random.new_tree(runner).expect("a value").current()));
    }
    values.push(draw(&|runner| long.new_tree(runner).expect("a value").current()));
    values
}

fn query(fields: &[(&str, &str)]) -> String {
    String::from_utf8(encoded(fields)).expect("ASCII")
}

async fn assert_whole(client: &mut Client, method: Method, path: &str, body: Option<Vec<u8>>, what: &str) {
    let page = client.send(method, path, body).await;
    assert!(
        page.status < 500 || page.status == 503,
        "{} {} with {what}: {}",
        page.status,
        page.asked,
        page.body
    );
}

on_both! {
    async fn no_query_breaks_a_page(store: Store) {
        let site = lively(&store).await;
        let mut client = enter(&site, "owner@site.example").await;
        let mut visitor = enter(&site, "").await;
        let mut reseller = enter(&site, "reseller@site.example").await;
        let mut admin = enter(&site, "admin@site.example").await;
        for value in values() {
            for (path, fields) in QUERIES {
                let reader = match *path {
                    "/login" => &mut visitor,
                    path if path.starts_with("/reseller") => &mut reseller,
                    path if path.starts_with("/admin") => &mut admin,
                    _ => &mut client,
                };
                for field in *fields {
                    let path = format!("{path}?{}", query(&[(field, &value)]));
                    assert_whole(reader, Method::GET, &path, None, &format!("{value:?}")).await;
                }
                let all: Vec<(&str, &str)> = fields.iter().map(|field| (*field, value.as_str())).collect();
                let path = format!("{path}?{}", query(&all));
                assert_whole(reader, Method::GET, &path, None, &format!("{value:?} everywhere")).await;
            }
        }
    }

    async fn no_id_breaks_a_page(store: Store) {
        let site = lively(&store).await;
        let mut client = enter(&site, "owner@site.example").await;
        for value in values() {
            let id = query(&[("", &value)]).trim_start_matches('=').replace('+', "%20");
            for path in ["/portal/topups", "/portal/transactions", "/static", "/static/x", ""] {
                let path = format!("{path}/{id}");
                assert_whole(&mut client, Method::GET, &path, None, &format!("{value:?}")).await;
            }
        }
        for path in ["/portal/topups/%ff%fe", "/portal/transactions/%00", "/%2e%2e/%2e%2e/etc/passwd", "/portal?%ff=%ff", "/portal/transactions?q=%ff&after=%"] {
            assert_whole(&mut client, Method::GET, path, None, path).await;
        }
    }

    async fn no_form_breaks_a_page(store: Store) {
        let site = lively(&store).await;
        let client = enter(&site, "owner@site.example").await;
        let visitor = enter(&site, "").await;
        for value in values() {
            for (path, fields) in FORMS {
                let mut reader = if *path == "/login" { visitor.clone() } else { client.clone() };
                let token = reader.token.clone();
                for field in *fields {
                    let mut form: Vec<(&str, &str)> = fields.iter().filter(|f| *f != field).map(|f| (*f, "10")).collect();
                    form.extend([(*field, value.as_str()), ("csrf_token", &token)]);
                    assert_whole(&mut reader, Method::POST, path, Some(encoded(&form)), &format!("{field}={value:?}")).await;
                }
            }
        }
        for body in [&b"\xff\xfe\x00"[..], b"csrf_token=%ff", b"=&=&&&", b"%", b""] {
            assert_whole(&mut client.clone(), Method::POST, "/portal/topups", Some(body.to_vec()), &format!("{body:?}")).await;
        }
    }

    async fn no_header_breaks_a_page(store: Store) {
        let site = lively(&store).await;
        for (name, value) in [
            ("accept-language", ";;q=,,\u{e4}"),
            ("accept-language", &"de,".repeat(500)),
            ("accept", "application/json;q=x"),
            ("user-agent", &"x".repeat(3000)),
            ("x-forwarded-for", "nonsense, 1.2.3.4, ::1"),
            ("origin", "\u{e4}"),
            ("last-event-id", "-1"),
            ("last-event-id", "99999999999999999999"),
            ("hx-request", "maybe"),
        ] {
            let client = enter(&site, "owner@site.example").await.with(name, value);
            for path in ["/portal", "/portal/balance", "/login", "/nowhere"] {
                assert_whole(&mut client.clone(), Method::GET, path, None, &format!("{name}: {value:.40}")).await;
            }
            let status = client.clone().stream("/portal/balance/stream").await.status;
            assert_eq!(status, 200, "{name}: {value:.40}");
        }
        for cookie in ["__Host-sid=x", "__Host-sid=%00; __Host-form=y; __Host-theme=\"; __Host-lang=<", ";;;=", "__Host-sid"] {
            let mut client = site.visitor().with("cookie", cookie);
            assert_whole(&mut client, Method::GET, "/portal", None, cookie).await;
            assert_whole(&mut client, Method::GET, "/login", None, cookie).await;
        }
    }
}
