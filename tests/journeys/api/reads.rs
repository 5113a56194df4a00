//! What keys read, and the walls between tenants: what lies beyond a key's reach does not exist.

use super::{Machine, call, instant};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site, use_calls};
use guthaben::billing::commissions;
use serde_json::{Value, json};
use std::time::Duration;

/// An answer without what belongs to this very request.
fn neutral(answer: &super::Answer) -> Value {
    let mut json = answer.json.clone();
    json["request_id"] = Value::Null;
    json
}

on_both! {
    async fn a_reseller_reaches_its_own_customers_and_nobody_else(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Reseller(0)).await;
        machine.post("/usage-events", &call(&site, "own", "K-10001", 1)).await.expect(201);
        for path in ["", "/balance", "/transactions"] {
            machine.get(&format!("/customers/K-10002{path}")).await.expect(200);
            let unknown = neutral(&machine.get(&format!("/customers/K-99999{path}")).await.expect(404));
            assert_eq!(unknown["code"], "unknown_customer");
            let foreign = [
                "K-10003".to_owned(), "K-10004".to_owned(), "R-101".to_owned(), "R-102".to_owned(), "P-1".to_owned(), "%00".to_owned(),
                site.chain.customers[2].to_string(), site.chain.resellers[0].to_string(), "ten_00000000000000000000000000".to_owned(),
            ];
            for name in foreign {
                assert_eq!(neutral(&machine.get(&format!("/customers/{name}{path}")).await.expect(404)), unknown, "{name}{path}");
            }
        }
        machine.get("/prices?customer=K-10001").await.expect(200);
        machine.get("/prices?customer=K-10003").await.refuses(404, "unknown_customer", "");
        let unknown = neutral(&machine.post("/usage-events", &call(&site, "a", "K-99999", 1)).await.expect(404));
        let foreign = neutral(&machine.post("/usage-events", &call(&site, "a", "K-10003", 1)).await.expect(404));
        assert_eq!(foreign, unknown);
        let batch = json!([call(&site, "a", "K-10003", 1), call(&site, "b", "K-10002", 1)]);
        let results = machine.post("/usage-events", &batch).await.expect(200).json;
        assert_eq!((&results[0]["error"]["code"], &results[1]["status"]), (&json!("unknown_customer"), &json!("charged")));
        assert_eq!((site.movements(2).await.len(), site.movements(1).await.len()), (0, 1));
    }

    async fn a_customer_reads_its_own_and_never_what_is_earned_from_it(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 2).await;
        let machine = Machine::of(&site, Place::Customer(0)).await;
        assert_eq!(machine.get("/customers/K-10001/balance").await.expect(200).json["booked_cents"], -80);
        let own = machine.get("/customers/K-10001/transactions").await.expect(200);
        assert_eq!(own.json["data"][0]["amount_cents"], -40);
        own.page.hides("commission");
        let prices = machine.get("/prices?customer=K-10001").await.expect(200);
        for word in ["commission", "platform", "margin", "wholesale", "300000"] {
            prices.page.hides(word);
        }
        for other in ["K-10002", "K-10003"] {
            machine.get(&format!("/customers/{other}/balance")).await.refuses(404, "unknown_customer", "");
            machine.get(&format!("/prices?customer={other}")).await.refuses(404, "unknown_customer", "");
        }
        machine.post("/usage-events", &call(&site, "a", "K-10001", 1)).await.refuses(403, "scope_missing", "");
        // Sellers see what they earn.
        for place in [Place::Reseller(0), Place::Platform] {
            let answer = Machine::of(&site, place).await.get("/customers/K-10001/transactions").await.expect(200);
            assert_eq!(answer.json["data"][0]["commission_cents"], 10);
        }
    }

    async fn balances_are_those_of_the_ledger(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "50").await;
        use_calls(&site, 0, 3).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let expected = json!({
            "customer_id": site.chain.customers[0].to_string(), "currency": "EUR", "available_cents": 4_880, "booked_cents": 4_880,
            "wallet_cents": 4_880, "bonus_cents": 0, "held_cents": 0, "as_of": instant(&site, 0),
        });
        assert_eq!(machine.get("/customers/K-10001/balance").await.expect(200).json, expected);
    }

    async fn transactions_are_read_page_by_page_and_none_twice(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "50").await;
        use_calls(&site, 0, 24).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let (mut seen, mut path) = (vec![], "/customers/K-10001/transactions?limit=10".to_owned());
        loop {
            let page = machine.get(&path).await.expect(200).json;
            seen.extend(page["data"].as_array().expect("an array").iter().map(|row| row["id"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/customers/K-10001/transactions?limit=10&after={next}");
        }
        let all: Vec<Value> = site.movements(0).await.iter().map(|row| json!(row.id.to_string())).collect();
        assert_eq!(seen, all);
        assert_eq!(all.len(), 25);
        let first = machine.get("/customers/K-10001/transactions?kind=topup").await.expect(200).json;
        assert_eq!((first["data"].as_array().expect("an array").len(), &first["next"]), (1, &Value::Null));
        assert_eq!(first["data"][0]["kind"], "topup");
        assert_eq!(first["data"][0]["meter"], Value::Null);
        let none = machine.get("/customers/K-10001/transactions?to=2026-11-22").await.expect(200).json;
        assert_eq!(none["data"], json!([]));
        let row = &machine.get("/customers/K-10001/transactions?kind=call&from=2026-11-23&limit=1").await.expect(200).json["data"][0];
        let expected = [("kind", json!("usage")), ("meter", json!("call")), ("quantity", json!(60)), ("unit_price_micros", json!(400_000)),
            ("description", json!("0170 000023")), ("occurred_at", json!(instant(&site, 0)))];
        for (field, value) in expected {
            assert_eq!(row[field], value, "{field}");
        }
    }

    async fn resellers_read_their_commission_by_where_it_stands(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 3).await;
        use_calls(&site, 2, 1).await;
        commissions::update(site.app()).await.expect("brought up to date");
        let machine = Machine::of(&site, Place::Reseller(0)).await;
        let states = json!({ "accrued_cents": 30, "available_cents": 0, "in_payout_cents": 0, "paid_cents": 0 });
        let expected = json!({
            "reseller_id": site.chain.resellers[0].to_string(), "currency": "EUR", "states": states,
            "months": [{ "month": "2026-11", "states": states }], "as_of": instant(&site, 0),
        });
        assert_eq!(machine.get("/commissions").await.expect(200).json, expected);
        assert_eq!(machine.get("/commissions?reseller=R-101").await.expect(200).json, expected);
        for foreign in ["R-102", "R-999", "K-10001", "P-1", "%00"] {
            machine.get(&format!("/commissions?reseller={foreign}")).await.refuses(422, "unknown_reseller", "reseller");
        }
        let platform = Machine::of(&site, Place::Platform).await;
        assert_eq!(platform.get("/commissions?reseller=R-102").await.expect(200).json["states"]["accrued_cents"], 10);
        platform.get("/commissions").await.refuses(422, "field_missing", "reseller");
        Machine::of(&site, Place::Customer(0)).await.get("/commissions").await.refuses(404, "not_found", "");
        // After the time that was agreed it is available.
        site.advance(Duration::from_secs(15 * 86_400));
        let later = machine.get("/commissions").await.expect(200).json;
        assert_eq!((&later["states"]["accrued_cents"], &later["states"]["available_cents"]), (&json!(0), &json!(30)));
    }

    async fn what_a_list_cannot_be_narrowed_by_is_refused(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        for (query, code, field) in [
            ("limit=0", "field_invalid", "limit"),
            ("limit=201", "field_invalid", "limit"),
            ("limit=viele", "field_invalid", "limit"),
            ("after=x", "field_invalid", "after"),
            ("after=-1", "field_invalid", "after"),
            ("after=99999999999999999999", "field_invalid", "after"),
            ("from=23.11.2026", "field_invalid", "from"),
            ("to=2026-02-30", "field_invalid", "to"),
            ("kind=%27--", "field_invalid", "kind"),
            ("kind=", "field_invalid", "kind"),
            ("offset=5", "field_unknown", "offset"),
            ("limit=1&limit=2", "field_invalid", "limit"),
        ] {
            machine.get(&format!("/customers/K-10001/transactions?{query}")).await.refuses(422, code, field);
        }
        machine.get("/prices").await.refuses(422, "field_missing", "customer");
        machine.get("/prices?customer=K-10001&at=now").await.refuses(422, "field_unknown", "at");
        machine.get("/prices?customer=%00").await.refuses(404, "unknown_customer", "");
    }

    async fn prices_are_those_of_the_customers_list(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let prices = machine.get("/prices?customer=K-10001").await.expect(200).json;
        let expected = json!({
            "meter": "call", "name": "Calls", "unit": "second", "model": "flat", "price_micros": 400_000, "included_units": 0,
            "first_seconds": 60, "next_seconds": 60, "valid_from": instant(&site, 0),
        });
        assert_eq!(prices["data"][0], expected);
        let listed: Vec<_> = prices["data"].as_array().expect("an array").iter().map(|price| (price["meter"].clone(), price["price_micros"].clone())).collect();
        let pair = |meter: &str, micros: i64| (json!(meter), json!(micros));
        assert_eq!(listed, [pair("call", 400_000), pair("api_call", 150_000), pair("appointment", 1_500_000), pair("sms", 80_000)]);
        let german = Machine(machine.0.with("accept-language", "de-DE"));
        assert_eq!(german.get("/prices?customer=K-10001").await.expect(200).json["data"][0]["name"], "Anrufe");
    }
}
