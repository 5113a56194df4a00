//! Usage that is reported: charged once, whatever is sent again, alone or in a batch.

use super::{Machine, call, instant};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site};
use serde_json::{Value, json};
use std::time::Duration;

/// Status, code and field of a result of a batch.
fn outcome(result: &Value) -> (&str, &str, &str) {
    (
        result["status"].as_str().unwrap_or_default(),
        result["error"]["code"].as_str().unwrap_or_default(),
        result["error"]["field"].as_str().unwrap_or_default(),
    )
}

on_both! {
    async fn ten_minutes_cost_four_euros_of_which_one_is_commission(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "50").await;
        let machine = Machine::of(&site, Place::Platform).await;
        let answer = machine.post("/usage-events", &call(&site, "call-1", "K-10001", 10)).await.expect(201).json;
        let transfer = answer["transfer_id"].as_str().expect("a charge").to_owned();
        let expected = json!({
            "id": "call-1", "status": "charged", "amount_cents": 400, "balance_cents": 4600, "commission_cents": 100,
            "transfer_id": transfer,
        });
        assert_eq!(answer, expected);
        assert_eq!(site.movements(0).await[0].id.to_string(), transfer);
        for (meter, cents, commission) in [("api_call", 15, 5), ("appointment", 150, 50), ("sms", 8, 3)] {
            let event = json!({ "id": meter, "customer": "K-10001", "meter": meter, "quantity": 1, "occurred_at": instant(&site, 0) });
            let answer = machine.post("/usage-events", &event).await.expect(201).json;
            assert_eq!((&answer["amount_cents"], &answer["commission_cents"]), (&json!(cents), &json!(commission)), "{meter}");
        }
        site.assert_sound().await;
    }

    async fn the_same_event_is_charged_once_and_another_content_is_a_conflict(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        site.advance(Duration::from_secs(3_600));
        let event = call(&site, "call-1", "K-10001", 3);
        let first = machine.post("/usage-events", &event).await.expect(201).json;
        let again = machine.post("/usage-events", &event).await.expect(200).json;
        assert_eq!(again["status"], "duplicate");
        for field in ["transfer_id", "amount_cents", "balance_cents", "commission_cents", "id"] {
            assert_eq!(again[field], first[field], "{field}");
        }
        // The same instant with another offset and another order of fields is the same content.
        let at = site.clock.now().0;
        let berlin = jiff::Timestamp::from_microsecond(at).expect("an instant").to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(1)));
        let mut other = event.clone();
        other["occurred_at"] = json!(berlin.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
        machine.post("/usage-events", &other).await.expect(200);
        for (field, value) in [
            ("seconds", json!(181)), ("description", json!("anders")), ("meter", json!("sms")),
            ("occurred_at", json!(instant(&site, -1))), ("metadata", json!({ "a": 1 })),
        ] {
            let mut changed = event.clone();
            changed[field] = value;
            if field == "meter" {
                changed.as_object_mut().expect("an object").remove("seconds");
                changed["quantity"] = json!(3);
            }
            machine.post("/usage-events", &changed).await.refuses(409, "conflict", "id");
        }
        // The same id of another customer is another event.
        machine.post("/usage-events", &call(&site, "call-1", "K-10002", 3)).await.expect(201);
        assert_eq!((site.movements(0).await.len(), site.movements(1).await.len()), (1, 1));
        site.assert_sound().await;
    }

    async fn a_batch_has_a_result_per_event_and_one_wrong_event_stops_no_other(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        machine.post("/usage-events", &call(&site, "old", "K-10001", 1)).await.expect(201);
        let mut changed = call(&site, "new", "K-10001", 2);
        changed["seconds"] = json!(61);
        let mut unknown_field = call(&site, "field", "K-10001", 1);
        unknown_field["price"] = json!(0);
        let mut future = call(&site, "future", "K-10001", 1);
        future["occurred_at"] = json!(instant(&site, 3_600));
        let mut silent = call(&site, "silent", "K-10001", 0);
        silent["metadata"] = json!({ "trunk": 7 });
        let events = json!([
            call(&site, "old", "K-10001", 1),
            call(&site, "new", "K-10001", 2),
            call(&site, "new", "K-10001", 2),
            changed,
            call(&site, "x", "K-99999", 1),
            unknown_field,
            { "id": "half", "customer": "K-10001" },
            5,
            { "id": 7, "customer": "K-10001", "meter": "call", "seconds": 1, "occurred_at": instant(&site, 0) },
            { "id": "m", "customer": "K-10001", "meter": "fax", "quantity": 1, "occurred_at": instant(&site, 0) },
            { "id": "q", "customer": "K-10001", "meter": "sms", "seconds": 1, "occurred_at": instant(&site, 0) },
            { "id": "n", "customer": "K-10001", "meter": "sms", "quantity": 0, "occurred_at": instant(&site, 0) },
            future,
            silent,
            call(&site, "last", "K-10004", 1),
        ]);
        let results = machine.post("/usage-events", &events).await.expect(200).json;
        let results = results.as_array().expect("an array");
        let found: Vec<_> = results.iter().map(outcome).collect();
        let expected = [
            ("duplicate", "", ""),
            ("charged", "", ""),
            ("duplicate", "", ""),
            ("rejected", "conflict", "id"),
            ("rejected", "unknown_customer", "customer"),
            ("rejected", "field_unknown", "price"),
            ("rejected", "field_missing", "meter"),
            ("rejected", "field_invalid", ""),
            ("rejected", "field_invalid", "id"),
            ("rejected", "unknown_meter", "meter"),
            ("rejected", "quantity_missing", "quantity"),
            ("rejected", "quantity_invalid", "quantity"),
            ("rejected", "in_future", "occurred_at"),
            ("charged", "", ""),
            ("charged", "", ""),
        ];
        assert_eq!(found, expected);
        assert_eq!(results[1]["transfer_id"], results[2]["transfer_id"]);
        assert_eq!((&results[6]["id"], &results[7]["id"], &results[8]["id"]), (&json!("half"), &Value::Null, &Value::Null));
        assert_eq!((&results[13]["amount_cents"], &results[14]["amount_cents"]), (&json!(0), &json!(40)));
        assert!(results[3]["error"]["detail"].as_str().is_some_and(|text| text.contains("charged before")));
        assert!(results[3].get("amount_cents").is_none());
        assert_eq!((site.movements(0).await.len(), site.movements(3).await.len()), (3, 1));
        // The whole batch again changes nothing.
        let again = machine.post("/usage-events", &events).await.expect(200).json;
        assert!(again.as_array().expect("an array").iter().all(|result| result["status"] != "charged"), "{again}");
        site.assert_sound().await;
    }

    async fn a_thousand_events_are_one_request_and_more_are_refused(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let batch = |n: usize| -> Value {
            (0..n).map(|i| call(&site, &format!("call-{i}"), ["K-10001", "K-10002", "K-10003"][i % 3], 1)).collect()
        };
        machine.post("/usage-events", &batch(1001)).await.refuses(422, "batch_too_large", "");
        machine.post("/usage-events", &json!([])).await.refuses(422, "batch_empty", "");
        let results = machine.post("/usage-events", &batch(1000)).await.expect(200).json;
        let results = results.as_array().expect("an array");
        assert_eq!(results.len(), 1000);
        for (at, result) in results.iter().enumerate() {
            assert_eq!((&result["id"], &result["status"]), (&json!(format!("call-{at}")), &json!("charged")));
        }
        site.assert_sound().await;
    }

    async fn usage_may_be_thirty_five_days_late_and_not_early(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let begin = instant(&site, 0);
        site.advance(Duration::from_secs(35 * 86_400));
        let at = |id: &str, at: String| {
            let mut event = call(&site, id, "K-10001", 1);
            event["occurred_at"] = json!(at);
            event
        };
        machine.post("/usage-events", &at("late", begin)).await.expect(201);
        let too_late = instant(&site, -35 * 86_400 - 1);
        machine.post("/usage-events", &at("too-late", too_late)).await.refuses(422, "too_old", "occurred_at");
        machine.post("/usage-events", &at("ahead", instant(&site, 60))).await.expect(201);
        machine.post("/usage-events", &at("future", instant(&site, 3_600))).await.refuses(422, "in_future", "occurred_at");
        let movement = &site.movements(0).await[1];
        assert_eq!(movement.occurred_at, crate::support::world::MORNING);
        site.assert_sound().await;
    }

    async fn customers_are_known_by_number_external_id_and_id(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let body = json!({ "external_id": "crm-1", "name": "Neue GmbH" });
        let made = machine.post("/customers", &body).await.expect(201).json;
        let names = [made["number"].clone(), made["external_id"].clone(), made["id"].clone()];
        for (place, name) in names.iter().enumerate() {
            let event = call(&site, &format!("c-{place}"), name.as_str().expect("a name"), 1);
            machine.post("/usage-events", &event).await.expect(201);
            let path = format!("/customers/{}/balance", name.as_str().expect("a name"));
            assert_eq!(machine.get(&path).await.expect(200).json["booked_cents"], -40 * (i64::try_from(place).expect("small") + 1));
        }
    }
}
