//! What every answer carries: security headers, a reference, careful cookies, and the right word about caches.

use super::{enter, lively};
use crate::support::client::{Client, Page};
use crate::support::engines::{Store, on_both};
use crate::support::site::PASSWORD;
use hyper::Method;
use std::collections::BTreeSet;

/// Answers of every kind with a name for each.
async fn answers(client: &mut Client) -> Vec<Page> {
    let files = guthaben::web::assets::base();
    let mut pages = vec![];
    for path in [
        "/",
        "/login",
        "/imprint",
        "/portal",
        "/portal/balance",
        "/portal/topups/new",
        "/portal/topups/nonsense",
        "/portal/transactions",
        "/portal/transactions.csv",
        "/reseller",
        "/admin",
        "/health",
        "/health?format=json",
        "/health/live",
        "/health/ready",
        "/api/v1/openapi.json",
        "/api/v1/prices",
        "/api/v1/problems/conflict",
        "/api/nowhere",
        "/nowhere",
        "/favicon.ico",
        "/static/old/guthaben.css",
        "/static/old/none",
    ] {
        pages.push(client.get(path).await);
    }
    for file in ["guthaben.css", "guthaben.js", "icons.svg", "favicon.svg"] {
        pages.push(client.get(&format!("{files}/{file}")).await.expect(200));
    }
    pages.push(client.post("/portal/topups", &[("amount", "1")]).await);
    pages.push(client.post("/portal/topups", &[("csrf_token", "0")]).await.expect(403));
    pages.push(client.post("/admin", &[]).await.expect(405));
    pages.push(client.send(Method::POST, "/billing/webhook", Some(b"{}".to_vec())).await.expect(400));
    pages.push(client.send(Method::DELETE, "/login", None).await);
    pages.push(client.send(Method::POST, "/portal/topups", Some(vec![b'a'; 70_000])).await.expect(413));
    pages
}

on_both! {
    async fn every_answer_carries_the_security_headers_and_a_reference(store: Store) {
        let site = lively(&store).await;
        let mut references = BTreeSet::new();
        for email in ["", "owner@site.example", "admin@site.example"] {
            let mut client = enter(&site, email).await;
            for page in answers(&mut client).await {
                let name = format!("{} {}", page.asked, page.status);
                let policy = page.header("content-security-policy");
                for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
                    assert!(policy.contains(part), "{name}: {policy}");
                }
                assert!(policy.contains("form-action 'self' https://checkout.stripe.com;"), "{name}: {policy}");
                assert!(!policy.contains("unsafe") && !policy.contains('*'), "{name}: {policy}");
                for (header, value) in [
                    ("x-content-type-options", "nosniff"),
                    ("x-frame-options", "DENY"),
                    ("referrer-policy", "same-origin"),
                    ("cross-origin-opener-policy", "same-origin"),
                    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
                ] {
                    assert_eq!(page.header(header), value, "{name}");
                }
                assert!(page.header("permissions-policy").contains("camera=()"), "{name}");
                assert!(page.header("server").is_empty() && page.header("x-powered-by").is_empty(), "{name}");
                assert!(references.insert(page.header("x-request-id").to_owned()), "{name}: no reference of its own");
            }
        }
    }

    async fn only_files_may_be_kept(store: Store) {
        let site = lively(&store).await;
        let mut client = enter(&site, "owner@site.example").await;
        for page in answers(&mut client).await {
            let keep = page.header("cache-control");
            let expected = match page.asked.as_str() {
                asked if asked.starts_with(&format!("GET {}", guthaben::web::assets::base())) => "public, max-age=31536000, immutable",
                "GET /static/old/guthaben.css" => "no-cache",
                "GET /static/old/none" => "",
                "GET /favicon.ico" => "public, max-age=86400",
                _ => "no-store",
            };
            assert_eq!(keep, expected, "{}", page.asked);
        }
    }

    async fn cookies_are_for_us_alone(store: Store) {
        let site = lively(&store).await;
        let mut client = site.visitor();
        let mut pages = vec![client.get("/login").await];
        pages.push(client.post("/session/theme", &[("theme", "dark")]).await);
        pages.push(client.post("/session/language", &[("language", "en")]).await);
        pages.push(client.post("/login", &[("email", "owner@site.example"), ("password", PASSWORD)]).await.expect(303));
        client.get("/portal").await.expect(200);
        pages.push(client.post("/logout", &[]).await.expect(303));
        let mut names = BTreeSet::new();
        for line in pages.iter().flat_map(|page| page.headers.get_all("set-cookie")) {
            let line = line.to_str().expect("text");
            let attributes: Vec<String> = line.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect();
            for wanted in ["secure", "httponly", "samesite=lax", "path=/"] {
                assert!(attributes.iter().any(|a| a == wanted), "{line} has no {wanted}");
            }
            assert!(!attributes.iter().any(|a| a.starts_with("domain")), "{line}");
            names.insert(line.split('=').next().expect("a name").to_owned());
        }
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["__Host-form", "__Host-lang", "__Host-sid", "__Host-theme"]);
    }
}
