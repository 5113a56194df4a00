//! The harness proves itself on a tiny server: it sees what a person sees, and it finds what is wrong on a bad page.

use super::browser::{Browser, PHONE};
use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::json;

/// The product's own policy.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const GOOD: &str = "<!DOCTYPE html><html lang=\"de\"><head><title>Probe</title><link rel=\"icon\" href=\"/icon.svg\">\
    <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/style.css\"><script src=\"/app.js\" defer></script></head>\
    <body><main><h1>Probe</h1><p id=\"state\">ohne Skript</p><p id=\"size\"></p><button id=\"later\" type=\"button\">Später</button>\
    <form method=\"post\" action=\"/login\"><label>E-Mail <input name=\"email\" autocomplete=\"username\"></label>\
    <label>Passwort <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label><button type=\"submit\">Anmelden</button></form></main></body></html>";
const BAD: &str = "<!DOCTYPE html><html><head><title></title><link rel=\"icon\" href=\"/icon.svg\"></head><body><img src=\"/icon.svg\">\
    <script>document.title = 'inline'</script><p style=\"color: #eee\">blass</p><div class=\"wide\"></div></body></html>";
const STYLE: &str = "body { background: #fff; color: #000 } .wide { width: 3000px; height: 1px } \
    @media (prefers-color-scheme: dark) { body { background: rgb(1, 2, 3); color: #fff } }";
const SCRIPT: &str = "state.textContent = 'mit Skript'; size.textContent = innerWidth + ' px'; \
    later.addEventListener('click', () => setTimeout(() => { state.textContent = '1.234,56\\u00a0€' }, 300));";

async fn page(kind: &'static str, body: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)], body)
}

/// A server on a free port, for as long as the runtime lives.
fn serve(runtime: &tokio::runtime::Runtime) -> String {
    const HTML: &str = "text/html; charset=utf-8";
    let icon = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let signed_in = |form: String| async move {
        let body = format!(
            "<!DOCTYPE html><html lang=\"de\"><title>x</title><link rel=\"icon\" href=\"/icon.svg\"><p>{form}</p></html>"
        );
        ([(CONTENT_TYPE, HTML), (CONTENT_SECURITY_POLICY, POLICY)], body)
    };
    let router = Router::new()
        .route("/good", get(|| page(HTML, GOOD)))
        .route("/login", get(|| page(HTML, GOOD)))
        .route("/login", post(signed_in))
        .route("/bad", get(|| page(HTML, BAD)))
        .route("/style.css", get(|| page("text/css", STYLE)))
        .route("/app.js", get(|| page("text/javascript; charset=utf-8", SCRIPT)))
        .route("/icon.svg", get(move || page("image/svg+xml", icon)));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

#[test]
fn a_good_page_is_seen_as_a_person_sees_it() {
    let runtime = runtime();
    let browser = Browser::open(&serve(&runtime));
    browser.goto("/good");
    browser.see("#state", "mit Skript");
    browser.see("#size", "1440 px");
    browser.click("#later");
    browser.see("#state", "1.234,56 €");
    browser.expect_accessible();
    browser.expect_no_sideways_scroll();
    browser.viewport(PHONE);
    browser.reload();
    browser.see("#size", "390 px");
    let colour = "return getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.script(colour, json!([])), "rgb(255, 255, 255)");
    browser.dark(true);
    assert_eq!(browser.script(colour, json!([])), "rgb(1, 2, 3)");
    browser.screenshot("harness-good-dark-390");
    browser.expect_quiet(&[]);
    assert_eq!(browser.count("button"), 2);
    assert_eq!(browser.attribute("#later", "type").as_deref(), Some("button"));
}

#[test]
fn pages_work_with_their_scripts_switched_off() {
    let runtime = runtime();
    let browser = Browser::open(&serve(&runtime));
    browser.javascript(false);
    browser.goto("/good");
    browser.see("#state", "ohne Skript");
    browser.sign_in("kunde@guthaben.example", "geheim");
    browser.see("p", "email=kunde%40guthaben.example&password=geheim");
    browser.arrive("/login");
    browser.back();
    browser.javascript(true);
    browser.reload();
    browser.see("#state", "mit Skript");
    browser.expect_quiet(&[]);
}

#[test]
fn everything_wrong_on_a_bad_page_is_found() {
    let runtime = runtime();
    let browser = Browser::open(&serve(&runtime));
    browser.goto("/bad");
    let console = browser.console().join("\n");
    assert!(console.contains("Content Security Policy"), "{console}");
    assert!(console.contains("script-src") && console.contains("style-src"), "{console}");
    assert_eq!(browser.script("return document.title", json!([])), "", "the policy stopped the script");
    let findings = browser.findings().join("\n");
    for rule in ["image-alt", "document-title", "html-has-lang"] {
        assert!(findings.contains(rule), "{rule}: {findings}");
    }
    browser.goto("/missing");
    assert!(browser.console().join("\n").contains("404"));
    browser.expect_quiet(&[]);
}
