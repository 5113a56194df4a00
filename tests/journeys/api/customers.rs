//! Customers that machines set up: each external id once, with a number and a book of its own, below the right reseller.

use super::{Machine, call};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site};
use crate::support::sql::Raw;
use futures_util::future::join_all;
use guthaben::domain::party::Scope;
use guthaben::domain::usage::CustomerRef;
use guthaben::store::customers;
use serde_json::json;
use std::collections::BTreeSet;

on_both! {
    async fn a_customer_is_set_up_once_and_can_be_charged_at_once(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Reseller(0)).await;
        let body = json!({ "external_id": "crm-1", "name": " Bäckerei Süß " });
        let answer = machine.post("/customers", &body).await.expect(201);
        assert_eq!((&answer.json["number"], &answer.json["name"], &answer.json["active"]), (&json!("K-10005"), &json!("Bäckerei Süß"), &json!(true)));
        assert_eq!(answer.page.location(), "/api/v1/customers/K-10005");
        let again = machine.post("/customers", &body).await.expect(200);
        assert_eq!(again.json, answer.json);
        assert_eq!(machine.get("/customers/crm-1").await.expect(200).json, answer.json);
        let charge = machine.post("/usage-events", &call(&site, "c", "crm-1", 1)).await.expect(201).json;
        assert_eq!((&charge["amount_cents"], &charge["commission_cents"]), (&json!(40), &json!(10)), "its reseller earns from it");
        let log = Raw::open(&store).await.texts("SELECT action, subject FROM audit_entries WHERE action LIKE 'customer.%'").await;
        assert_eq!(log, [["customer.created", "K-10005"]]);
        site.assert_sound().await;
    }

    async fn names_that_are_taken_are_refused(store: Store) {
        let site = Site::start(&store).await;
        let first = Machine::of(&site, Place::Reseller(0)).await;
        let rival = Machine::of(&site, Place::Reseller(1)).await;
        let platform = Machine::of(&site, Place::Platform).await;
        let body = json!({ "external_id": "crm-1", "name": "Salon" });
        first.post("/customers", &body).await.expect(201);
        rival.post("/customers", &body).await.refuses(409, "name_taken", "external_id");
        platform.post("/customers", &body).await.refuses(409, "name_taken", "external_id");
        first.post("/customers", &json!({ "external_id": "crm-1", "name": "Anders" })).await.refuses(409, "name_taken", "external_id");
        // An external id must not read like somebody's number.
        first.post("/customers", &json!({ "external_id": "K-10003", "name": "X" })).await.refuses(409, "name_taken", "external_id");
        rival.get("/customers/crm-1").await.refuses(404, "unknown_customer", "");
    }

    async fn the_platform_says_whose_customer_it_is(store: Store) {
        let site = Site::start(&store).await;
        let platform = Machine::of(&site, Place::Platform).await;
        let body = |id: &str, reseller: &str| json!({ "external_id": id, "name": "Salon", "reseller": reseller });
        platform.post("/customers", &body("a", "R-102")).await.expect(201);
        Machine::of(&site, Place::Reseller(1)).await.get("/customers/a").await.expect(200);
        for wrong in ["R-999", "K-10001", "P-1", "\u{0}", ""] {
            platform.post("/customers", &body("b", wrong)).await.refuses(422, "unknown_reseller", "reseller");
        }
        platform.post("/customers", &json!({ "external_id": "direct", "name": "Direkt" })).await.expect(201);
        let direct = customers::find(&store.db, Scope::Platform, &CustomerRef::Named("direct".into())).await;
        assert_eq!(direct.expect("a reading").expect("the customer").reseller_id, None);
        // A reseller may name itself and nobody else.
        let first = Machine::of(&site, Place::Reseller(0)).await;
        first.post("/customers", &body("c", "R-101")).await.expect(201);
        first.post("/customers", &body("d", "R-102")).await.refuses(422, "unknown_reseller", "reseller");
    }

    async fn what_cannot_be_a_customer_is_refused_with_its_field(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let (long, longest) = ("x".repeat(101), "ü".repeat(201));
        for (body, code, field) in [
            (json!({ "name": "X" }), "field_missing", "external_id"),
            (json!({ "external_id": "a" }), "field_missing", "name"),
            (json!({ "external_id": "", "name": "X" }), "field_invalid", "external_id"),
            (json!({ "external_id": long, "name": "X" }), "field_invalid", "external_id"),
            (json!({ "external_id": "a\u{0}", "name": "X" }), "field_invalid", "external_id"),
            (json!({ "external_id": site.chain.customers[0].to_string(), "name": "X" }), "field_invalid", "external_id"),
            (json!({ "external_id": "a", "name": "  " }), "field_invalid", "name"),
            (json!({ "external_id": "a", "name": longest }), "field_invalid", "name"),
            (json!({ "external_id": "a", "name": 5 }), "field_invalid", "name"),
            (json!({ "external_id": "a", "name": "X", "balance_cents": 1_000_000 }), "field_unknown", "balance_cents"),
            (json!({ "external_id": "a", "name": "X", "number": "K-1" }), "field_unknown", "number"),
            (json!({ "external_id": "a", "name": "X", "reseller_id": site.chain.resellers[1].to_string() }), "field_unknown", "reseller_id"),
        ] {
            machine.post("/customers", &body).await.refuses(422, code, field);
        }
        let count = Raw::open(&store).await.texts("SELECT COUNT(*) FROM tenants WHERE kind = 'customer'").await;
        assert_eq!(count, [["4"]]);
    }

    async fn many_at_once_get_a_number_each_and_the_same_one_is_set_up_once(store: Store) {
        let site = Site::start(&store).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let post = |id: String| {
            let machine = machine.clone();
            async move { machine.post("/customers", &json!({ "external_id": id, "name": "Salon" })).await }
        };
        let answers = join_all((0..8).map(|n| post(format!("crm-{}", n % 4)))).await;
        let created = answers.iter().filter(|answer| answer.page.status == 201).count();
        for answer in &answers {
            assert!([200, 201].contains(&answer.page.status), "{}", answer.page.body);
        }
        let numbers: BTreeSet<_> = answers.iter().map(|answer| answer.json["number"].to_string()).collect();
        assert_eq!((created, numbers.len()), (4, 4));
    }
}
