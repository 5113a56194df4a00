//! What calls are refused for, whatever they are about: limits, lengths, kinds of bodies, paths, methods. Nothing that is sent breaks anything.

use super::{Answer, Machine, call, instant, make_key_with};
use crate::support::client::exchange;
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site};
use guthaben::domain::api_key::ApiScope;
use hyper::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// What an answer says about the limit: limit, remaining, seconds until it is renewed.
fn limits(answer: &Answer) -> [String; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
        .map(|name| answer.page.header(name).to_owned())
}

on_both! {
    async fn every_key_has_its_limit_and_every_answer_says_what_is_left(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::with(&site, &make_key_with(&site, Place::Platform, ApiScope::ALL, 3).await);
        let other = Machine::with(&site, &make_key_with(&site, Place::Platform, ApiScope::ALL, 60).await);
        assert_eq!(limits(&machine.get("/customers/K-10001").await.expect(200)), ["3", "2", "60"]);
        site.advance(Duration::from_secs(20));
        assert_eq!(limits(&machine.get("/customers/nobody").await.expect(404)), ["3", "1", "40"]);
        assert_eq!(limits(&machine.send("/usage-events", b"{").await.expect(400)), ["3", "0", "40"]);
        for _ in 0..2 {
            let refused = machine.post("/usage-events", &call(&site, "a", "K-10001", 1)).await;
            refused.refuses(429, "rate_limited", "");
            assert_eq!((limits(&refused), refused.page.header("retry-after")), (["3", "0", "40"].map(str::to_owned), "40"));
        }
        assert_eq!(limits(&other.get("/customers/K-10001").await.expect(200)), ["60", "59", "60"]);
        site.advance(Duration::from_secs(40));
        assert_eq!(limits(&machine.get("/customers/K-10001").await.expect(200)), ["3", "2", "60"]);
        assert!(site.movements(0).await.is_empty());
    }

    async fn a_batch_is_one_request(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::with(&site, &make_key_with(&site, Place::Platform, ApiScope::ALL, 2).await);
        let events: Value = (0..50).map(|n| call(&site, &format!("c-{n}"), "K-10001", 1)).collect();
        let answer = machine.post("/usage-events", &events).await.expect(200);
        assert_eq!(limits(&answer), ["2", "1", "60"]);
    }

    async fn bodies_over_a_mebibyte_are_refused_however_they_are_sent(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let mut body = call(&site, "c-1", "K-10001", 1).to_string().into_bytes();
        body.resize(1024 * 1024, b' ');
        machine.send("/usage-events", &body).await.expect(201);
        body.push(b' ');
        machine.send("/usage-events", &body).await.refuses(413, "body_too_large", "");
        // Without a length in the head the end is only seen while reading.
        let secret = machine.0.headers["authorization"].clone();
        let request = format!(
            "POST /api/v1/usage-events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {secret}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n{}\r\n0\r\n\r\n",
            " ".repeat(0x10_0001)
        );
        let answer = exchange(&site.server.base_url, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("\"body_too_large\""), "{answer}");
    }

    async fn what_cannot_be_read_is_refused_and_names_its_field(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        for broken in ["", "{", "{\"id\":\"a\"", "[{]", "[1,]", "[{\"id\":\"a\"}", "nul", "\u{feff}{}", "[] []"] {
            machine.send("/usage-events", broken.as_bytes()).await.refuses(400, "malformed_json", "");
        }
        machine.send("/usage-events", b"\"\xff\"").await.refuses(400, "malformed_json", "");
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let answer = machine.send("/usage-events", deep.as_bytes()).await;
        assert!(answer.page.status < 500, "{}", answer.page.body);
        for (field, value, code) in [
            ("id", json!(5), "field_invalid"), ("id", json!(""), "id_invalid"), ("id", json!("x".repeat(201)), "id_invalid"),
            ("id", json!("a\u{0}"), "id_invalid"), ("customer", json!(null), "field_invalid"),
            ("meter", json!(["call"]), "field_invalid"), ("seconds", json!("60"), "field_invalid"),
            ("seconds", json!(1.5), "field_invalid"), ("seconds", json!(u64::MAX), "field_invalid"),
            ("occurred_at", json!("2026-11-23"), "field_invalid"), ("occurred_at", json!(1_795_424_400), "field_invalid"),
            ("metadata", json!("text"), "field_invalid"), ("description", json!({}), "field_invalid"),
            ("amount_cents", json!(1), "field_unknown"),
        ] {
            let mut event = call(&site, "c", "K-10001", 1);
            event[field] = value.clone();
            machine.post("/usage-events", &event).await.refuses(422, code, field);
        }
        for (field, value) in [("description", json!("x".repeat(501))), ("description", json!("a\u{0}b")),
            ("metadata", json!({ "a": "x".repeat(5_000) })), ("metadata", json!({ "a": "\u{0}" }))] {
            let mut event = call(&site, "c", "K-10001", 1);
            event[field] = value;
            machine.post("/usage-events", &event).await.refuses(422, "text_invalid", "");
        }
        let mut event = call(&site, "c", "K-10001", 1);
        event["quantity"] = json!(1);
        machine.post("/usage-events", &event).await.refuses(422, "quantity_missing", "quantity");
        event = json!({ "id": "c", "customer": "K-10001", "meter": "call", "seconds": -1, "occurred_at": instant(&site, 0) });
        machine.post("/usage-events", &event).await.refuses(422, "quantity_invalid", "quantity");
        let twice = format!("{{\"id\":\"a\",{}", &call(&site, "b", "K-10001", 1).to_string()[1..]);
        machine.send("/usage-events", twice.as_bytes()).await.refuses(422, "field_invalid", "id");
        let in_batch = machine.send("/usage-events", format!("[{twice}]").as_bytes()).await.expect(200).json;
        assert_eq!(in_batch[0]["error"]["code"], "field_invalid", "a field twice is ambiguous in a batch as well");
        assert!(site.movements(0).await.is_empty());
    }

    async fn only_json_is_a_body(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let event = call(&site, "c", "K-10001", 1);
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"] {
            Machine(machine.0.with("content-type", kind)).post("/usage-events", &event).await.refuses(415, "unsupported_media_type", "");
        }
        Machine(machine.0.with("content-type", "application/json; charset=utf-8")).post("/usage-events", &event).await.expect(201);
    }

    async fn unknown_paths_and_methods_are_problems_too(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        for path in ["/nowhere", "/usage-events/1", "/customers/K-10001/secrets", "/problems/nothing"] {
            machine.get(path).await.refuses(404, "not_found", "");
        }
        machine.get("/customers/%ff").await.refuses(400, "malformed_request", "");
        let mut client = machine.0.clone();
        Answer::of(client.get("/api/v2/prices").await).refuses(404, "not_found", "");
        for (method, path, allow) in [
            (Method::GET, "/api/v1/usage-events", "POST"),
            (Method::DELETE, "/api/v1/customers/K-10001", "GET,HEAD"),
            (Method::PUT, "/api/v1/prices", "GET,HEAD"),
        ] {
            let answer = Answer::of(client.send(method, path, None).await);
            answer.refuses(405, "method_not_allowed", "");
            assert_eq!(answer.page.header("allow"), allow);
        }
        // No script of another site is told that it may ask.
        let preflight = site.visitor().with("origin", "https://evil.example").with("access-control-request-method", "POST")
            .send(Method::OPTIONS, "/api/v1/usage-events", None).await;
        Answer::of(preflight).refuses(405, "method_not_allowed", "");
    }

    async fn problems_are_told_in_the_language_that_is_asked_for(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let english = machine.get("/customers/nobody").await.expect(404);
        assert_eq!((&english.json["title"], english.page.header("content-language")), (&json!("Unknown customer"), "en"));
        let german = Machine(machine.0.with("accept-language", "de-DE,de;q=0.9,en;q=0.8"));
        let answer = german.get("/customers/nobody").await.expect(404);
        assert_eq!((&answer.json["title"], answer.page.header("content-language")), (&json!("Unbekannter Kunde"), "de"));
        let batch = german.post("/usage-events", &json!([call(&site, "a", "nobody", 1)])).await.expect(200);
        assert_eq!(batch.json[0]["error"]["detail"], "In Reichweite dieses Schlüssels gibt es keinen solchen Kunden.");
        let meaning = german.get("/problems/unknown_customer").await.expect(200).json;
        let expected = json!({ "code": "unknown_customer", "status": 404, "title": "Unbekannter Kunde",
            "detail": "In Reichweite dieses Schlüssels gibt es keinen solchen Kunden." });
        assert_eq!(meaning, expected);
    }

    async fn a_broken_database_is_a_problem_without_its_inside(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        machine.get("/customers/K-10001").await.expect(200);
        site.app().db.close().await;
        let answer = machine.post("/usage-events", &call(&site, "a", "K-10001", 1)).await;
        answer.refuses(500, "internal", "");
        for inside in ["sqlx", "pool", "SELECT", "src/"] {
            answer.page.hides(inside);
        }
        let stranger = Machine::with(&site, "gut_test_unknownunknownunknown");
        stranger.get("/customers/K-10001").await.refuses(500, "internal", "");
    }
}
