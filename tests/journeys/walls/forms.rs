//! Whose forms are taken: those of our own pages, with the token of this very session.

use super::{contents, enter};
use crate::support::client::{Client, encoded};
use crate::support::engines::{Store, on_both};
use crate::support::site::{PASSWORD, Site};
use hyper::Method;

/// Every form that writes, filled in so that it would be carried out.
fn forms(site: &Site) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let text = str::to_owned;
    vec![
        ("/portal/topups", vec![("amount", text("50")), ("method", text("card"))]),
        ("/portal/settings/alerts", vec![("low", text("20")), ("critical", text("8")), ("days", text("7"))]),
        ("/session/language", vec![("language", text("en"))]),
        ("/session/theme", vec![("theme", text("dark"))]),
        ("/session/tenant", vec![("tenant", site.chain.customers[0].to_string())]),
        ("/login", vec![("email", text("direct@site.example")), ("password", text(PASSWORD))]),
        ("/logout", vec![]),
    ]
}

async fn send(client: &Client, path: &str, fields: &[(&str, String)], token: Option<&str>) -> u16 {
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend(token.map(|token| ("csrf_token", token)));
    // A jar of its own, so that no answer helps the next request.
    client.clone().send(Method::POST, path, Some(encoded(&fields))).await.status
}

on_both! {
    async fn a_form_without_its_token_changes_nothing(store: Store) {
        let site = Site::start(&store).await;
        let client = enter(&site, "owner@site.example").await;
        let stranger = enter(&site, "foreign@site.example").await;
        let visitor = enter(&site, "").await;
        let before = contents(&store).await;
        for (path, fields) in forms(&site) {
            let flipped: String = client.token.chars().rev().collect();
            let longer = format!("{}0", client.token);
            let wrong = [None, Some(""), Some("0"), Some(flipped.as_str()), Some(&longer), Some(&stranger.token), Some(&visitor.token)];
            for token in wrong {
                assert_eq!(send(&client, path, &fields, token).await, 403, "{path} {token:?}");
            }
            // The token in the address or in a cookie is none.
            let query = format!("{path}?csrf_token={}", client.token);
            assert_eq!(send(&client, &query, &fields, None).await, 403, "{path}");
        }
        assert_eq!(contents(&store).await, before);
        client.clone().get("/portal").await.expect(200);
    }

    async fn a_form_of_another_site_changes_nothing_even_with_the_token(store: Store) {
        let site = Site::start(&store).await;
        let client = enter(&site, "owner@site.example").await;
        let before = contents(&store).await;
        for (path, fields) in forms(&site) {
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("origin", "http://127.0.0.1:1"),
            ] {
                let foreign = client.with(name, value);
                assert_eq!(send(&foreign, path, &fields, Some(&client.token)).await, 403, "{path} {name}: {value}");
            }
        }
        assert_eq!(contents(&store).await, before);
    }

    async fn our_own_forms_are_taken(store: Store) {
        let site = Site::start(&store).await;
        let client = enter(&site, "owner@site.example").await;
        for (path, fields) in forms(&site) {
            let headers = [("sec-fetch-site", "same-origin".to_owned()), ("origin", site.server.base_url.clone()), ("accept", "*/*".to_owned())];
            for (name, value) in headers {
                let own = client.with(name, &value);
                let status = send(&own, path, &fields, Some(&client.token)).await;
                // The session is over after the first sign-in or sign-out; without it the token is worth nothing.
                assert!(status == 303 || (status == 403 && ["/login", "/logout"].contains(&path)), "{path} {name}: {status}");
            }
        }
        assert_eq!(site.top_ups(0).await.len(), 3);
    }

    async fn nobody_is_signed_in_by_another_site(store: Store) {
        let site = Site::start(&store).await;
        let visitor = enter(&site, "").await;
        let attacker = enter(&site, "").await;
        let fields = [("email", "owner@site.example".to_owned()), ("password", PASSWORD.to_owned())];
        // The attacker knows a token, but of its own cookie.
        assert_eq!(send(&visitor, "/login", &fields, Some(&attacker.token)).await, 403);
        let mut bare = site.visitor();
        bare.token.clone_from(&attacker.token);
        assert_eq!(send(&bare, "/login", &fields, Some(&attacker.token)).await, 403);
        assert_eq!(send(&visitor, "/login", &fields, Some(&visitor.token)).await, 303);
    }

    async fn other_kinds_of_bodies_are_no_forms(store: Store) {
        let site = Site::start(&store).await;
        let client = enter(&site, "owner@site.example").await;
        let before = contents(&store).await;
        let json = format!("{{\"csrf_token\":\"{}\",\"amount\":\"50\",\"method\":\"card\"}}", client.token);
        let as_json = client.with("content-type", "application/json");
        let page = as_json.clone().send(Method::POST, "/portal/topups", Some(json.into_bytes())).await;
        assert_eq!(page.status, 403);
        let plain = client.with("content-type", "text/plain");
        let body = encoded(&[("csrf_token", &client.token), ("amount", "50"), ("method", "card")]);
        let page = plain.clone().send(Method::POST, "/portal/topups", Some(body)).await;
        assert_eq!(page.status, 415);
        assert_eq!(contents(&store).await, before);
    }
}
