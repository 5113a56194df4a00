//! Holds through the API: may this call start, go on, and what it came to.

use super::{Machine, call, instant};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site};
use crate::support::sql::Raw;
use hyper::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A request for a call of a customer.
fn may(id: &str, customer: &str, max_seconds: Option<i64>) -> Value {
    json!({ "id": id, "customer": customer, "meter": "call", "max_seconds": max_seconds })
}

/// A site whose first customer has ten euros: 25 minutes.
async fn with_ten_euros(store: &Store) -> (Site, Machine) {
    let site = Site::start(store).await;
    let mut owner = site.sign_in("owner@site.example").await;
    site.top_up(&mut owner, "10").await;
    let machine = Machine::of(&site, Place::Platform).await;
    (site, machine)
}

on_both! {
    async fn a_call_is_let_through_extended_and_settled(store: Store) {
        let (site, machine) = with_ten_euros(&store).await;
        let hold = machine.post("/holds", &may("call-1", "K-10001", Some(600))).await.expect(201).json;
        let id = hold["hold_id"].as_str().expect("an id").to_owned();
        let expected = json!({
            "hold_id": id, "id": "call-1", "customer_id": site.chain.customers[0].to_string(), "meter": "call", "status": "active",
            "max_seconds": 600, "held_cents": 400, "started_at": instant(&site, 0), "expires_at": instant(&site, 900),
        });
        assert_eq!(hold, expected);
        let balance = machine.get("/customers/K-10001/balance").await.expect(200).json;
        assert_eq!((&balance["available_cents"], &balance["booked_cents"], &balance["held_cents"]), (&json!(600), &json!(1_000), &json!(400)));
        // Asked again, it is the same hold; asked for something else, a conflict.
        assert_eq!(machine.post("/holds", &may("call-1", "K-10001", Some(600))).await.expect(201).json, hold);
        machine.post("/holds", &may("call-1", "K-10001", Some(601))).await.refuses(409, "conflict", "id");
        // What is left pays for 15 minutes more, whatever is asked for; a body is not needed.
        let mut client = machine.0.clone();
        client.headers.remove("content-type");
        let extended = client.send(Method::POST, &format!("/api/v1/holds/{id}/extend"), None).await;
        let extended: Value = serde_json::from_str(&extended.expect(200).body).expect("JSON");
        assert_eq!((&extended["max_seconds"], &extended["held_cents"]), (&json!(1_500), &json!(1_000)));
        machine.post(&format!("/holds/{id}/extend"), &json!({ "max_seconds": 60 })).await.refuses(402, "insufficient_balance", "");
        machine.post("/holds", &may("call-2", "K-10001", None)).await.refuses(402, "insufficient_balance", "");
        let settled = machine.post(&format!("/holds/{id}/capture"), &json!({ "seconds": 61 })).await.expect(200).json;
        let charge = &settled["charge"];
        assert_eq!((&charge["status"], &charge["amount_cents"], &charge["balance_cents"], &charge["commission_cents"]),
            (&json!("charged"), &json!(80), &json!(920), &json!(20)));
        assert_eq!((&settled["hold"]["status"], &settled["hold"]["held_cents"]), (&json!("captured"), &json!(0)));
        assert_eq!(settled["hold"]["transfer_id"], charge["transfer_id"]);
        let again = machine.post(&format!("/holds/{id}/capture"), &json!({ "seconds": 61 })).await.expect(200).json;
        assert_eq!((&again["charge"]["status"], &again["charge"]["transfer_id"]), (&json!("duplicate"), &charge["transfer_id"]));
        machine.post(&format!("/holds/{id}/capture"), &json!({ "seconds": 62 })).await.refuses(409, "conflict", "id");
        for verb in ["extend", "release"] {
            machine.post(&format!("/holds/{id}/{verb}"), &json!({})).await.refuses(409, "hold_closed", "");
        }
        // Reported once more under the same id, it is charged no second time.
        let event = call(&site, "call-1", "K-10001", 2);
        machine.post("/usage-events", &event).await.refuses(409, "conflict", "id");
        assert_eq!(site.movements(0).await.len(), 2);
        site.assert_sound().await;
    }

    async fn a_call_that_does_not_take_place_gives_everything_back(store: Store) {
        let (site, machine) = with_ten_euros(&store).await;
        let hold = machine.post("/holds", &may("call-1", "K-10001", None)).await.expect(201).json;
        assert_eq!((&hold["max_seconds"], &hold["held_cents"]), (&json!(1_500), &json!(1_000)), "as much as the balance pays for");
        let path = format!("/holds/{}/release", hold["hold_id"].as_str().expect("an id"));
        let mut client = machine.0.clone();
        client.headers.remove("content-type");
        for _ in 0..2 {
            let released = client.send(Method::POST, &format!("/api/v1{path}"), None).await.expect(200);
            let released: Value = serde_json::from_str(&released.body).expect("JSON");
            assert_eq!((&released["status"], &released["held_cents"]), (&json!("released"), &json!(0)));
        }
        let balance = machine.get("/customers/K-10001/balance").await.expect(200).json;
        assert_eq!((&balance["available_cents"], &balance["held_cents"]), (&json!(1_000), &json!(0)));
        assert_eq!(site.movements(0).await.len(), 1);
    }

    async fn pieces_are_held_as_pieces(store: Store) {
        let (_site, machine) = with_ten_euros(&store).await;
        let body = json!({ "id": "sms", "customer": "K-10001", "meter": "sms", "max_quantity": 3 });
        let hold = machine.post("/holds", &body).await.expect(201).json;
        assert_eq!((&hold["max_quantity"], &hold["held_cents"], hold.get("max_seconds")), (&json!(3), &json!(24), None));
        let path = format!("/holds/{}/capture", hold["hold_id"].as_str().expect("an id"));
        machine.post(&path, &json!({ "seconds": 2 })).await.refuses(422, "quantity_missing", "quantity");
        machine.post(&path, &json!({ "quantity": 0 })).await.refuses(422, "quantity_invalid", "quantity");
        machine.post(&path, &json!({})).await.refuses(422, "quantity_missing", "quantity");
        let charge = machine.post(&path, &json!({ "quantity": 2 })).await.expect(200).json;
        assert_eq!(charge["charge"]["amount_cents"], 16);
    }

    async fn what_cannot_be_held_is_refused_with_its_field(store: Store) {
        let (site, machine) = with_ten_euros(&store).await;
        for (field, value, status, code, named) in [
            ("id", json!(""), 422, "id_invalid", "id"),
            ("customer", json!("K-99999"), 404, "unknown_customer", "customer"),
            ("meter", json!("fax"), 422, "unknown_meter", "meter"),
            ("max_seconds", json!(0), 422, "quantity_invalid", "max_seconds"),
            ("max_seconds", json!(-5), 422, "quantity_invalid", "max_seconds"),
            ("max_seconds", json!("60"), 422, "field_invalid", "max_seconds"),
            ("max_quantity", json!(1), 422, "quantity_missing", "max_seconds"),
            ("amount_cents", json!(1), 422, "field_unknown", "amount_cents"),
        ] {
            let mut body = may("call-1", "K-10001", Some(60));
            body[field] = value;
            machine.post("/holds", &body).await.refuses(status, code, named);
        }
        for id in ["hld_00000000000000000000000000", "1", "%00"] {
            for (verb, body) in [("extend", json!({})), ("capture", json!({ "seconds": 1 })), ("release", json!({}))] {
                machine.post(&format!("/holds/{id}/{verb}"), &body).await.refuses(404, "unknown_hold", "");
            }
        }
        let broken = machine.send("/holds/hld_00000000000000000000000000/extend", b"{").await;
        broken.refuses(400, "malformed_json", "");
        Raw::open(&store).await.run("UPDATE tenants SET active = (1 = 0) WHERE number = 'K-10001'").await.expect("suspended");
        machine.post("/holds", &may("call-1", "K-10001", Some(60))).await.refuses(403, "customer_suspended", "");
        // Usage that happened is charged nevertheless.
        machine.post("/usage-events", &call(&site, "call-1", "K-10001", 1)).await.expect(201);
    }

    async fn holds_are_within_the_reach_of_their_key(store: Store) {
        let (site, machine) = with_ten_euros(&store).await;
        let hold = machine.post("/holds", &may("call-1", "K-10001", Some(60))).await.expect(201).json;
        let path = |verb: &str| format!("/holds/{}/{verb}", hold["hold_id"].as_str().expect("an id"));
        let rival = Machine::of(&site, Place::Reseller(1)).await;
        rival.post("/holds", &may("call-2", "K-10001", Some(60))).await.refuses(404, "unknown_customer", "customer");
        rival.post(&path("extend"), &json!({})).await.refuses(404, "unknown_hold", "");
        rival.post(&path("capture"), &json!({ "seconds": 1 })).await.refuses(404, "unknown_hold", "");
        rival.post(&path("release"), &json!({})).await.refuses(404, "unknown_hold", "");
        let own = Machine::of(&site, Place::Reseller(0)).await;
        own.post(&path("capture"), &json!({ "seconds": 1 })).await.expect(200);
        let customer = Machine::of(&site, Place::Customer(0)).await;
        customer.post("/holds", &may("call-3", "K-10001", Some(60))).await.refuses(403, "scope_missing", "");
    }

    async fn a_hold_that_has_expired_is_settled_nevertheless(store: Store) {
        let (site, machine) = with_ten_euros(&store).await;
        let hold = machine.post("/holds", &may("call-1", "K-10001", Some(60))).await.expect(201).json;
        site.advance(Duration::from_secs(7_200));
        assert_eq!(guthaben::billing::holds::expire_due(site.app()).await.expect("expired"), 1);
        let path = format!("/holds/{}/capture", hold["hold_id"].as_str().expect("an id"));
        let settled = machine.post(&path, &json!({ "seconds": 600 })).await.expect(200).json;
        assert_eq!((&settled["charge"]["amount_cents"], &settled["hold"]["status"]), (&json!(400), &json!("captured")));
        site.assert_sound().await;
    }
}
