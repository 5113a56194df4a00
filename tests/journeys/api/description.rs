//! The API describes itself: OpenAPI 3.1 that names every route, every problem and every field that is really sent.

use super::{Machine, call};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Place, Site, use_calls};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

async fn document(site: &Site) -> Value {
    let page = site.visitor().get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(page.header("content-type"), "application/json");
    serde_json::from_str(&page.body).expect("JSON")
}

/// Every `$ref` below a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "$ref") {
                    Some(target) => drop(found.insert(target.to_owned())),
                    None => references(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("{value} is no object"))
}

/// Method and path of every operation with its description.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = vec![];
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            found.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    found
}

/// Checks that an answer has the fields that a schema promises, and no others.
fn assert_fits(document: &Value, name: &str, value: &Value) {
    let schema = &document["components"]["schemas"][name];
    let known: BTreeSet<&String> = object(&schema["properties"]).keys().collect();
    let sent: BTreeSet<&String> = object(value).keys().collect();
    assert!(sent.is_subset(&known), "{name}: {value}");
    let needed = schema["required"].as_array().expect("what is always there");
    for field in needed.iter().filter_map(Value::as_str) {
        assert!(value.get(field).is_some(), "{name} promises {field}: {value}");
    }
}

on_both! {
    async fn it_is_a_whole_description_of_version_three_one(store: Store) {
        let site = Site::start(&store).await;
        let document = document(&site).await;
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() >= 8, "{found:?}");
        for reference in found {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference} leads nowhere");
        }
        let mut names = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let responses = object(&operation["responses"]);
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            for (status, answer) in responses {
                assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path} {status}");
                let kind = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
                assert!(answer["content"][kind]["schema"].is_object(), "{method} {path} {status}: {answer}");
            }
            let placeholders = path.matches('{').count();
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(parameters.iter().filter(|parameter| parameter["in"] == "path").count(), placeholders, "{path}");
            let open = operation["security"] == json!([{}]);
            assert_eq!(open, path.ends_with("openapi.json") || path.contains("/problems/"), "{path}");
            assert_eq!(responses.contains_key("429"), !open, "{path}");
        }
    }

    async fn it_names_every_route_and_no_other(store: Store) {
        let site = Site::start(&store).await;
        let document = document(&site).await;
        let described: BTreeSet<(String, String)> =
            operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
        let routes = crate::walls::api_routes();
        assert_eq!(described, routes);
    }

    async fn it_names_every_problem_and_each_explains_itself(store: Store) {
        let site = Site::start(&store).await;
        let document = document(&site).await;
        let codes = document["components"]["schemas"]["Code"]["enum"].as_array().expect("the codes");
        assert!(codes.len() > 30, "{codes:?}");
        let described: BTreeSet<String> = operations(&document)
            .iter()
            .flat_map(|(_, _, operation)| object(&operation["responses"]).clone())
            .filter_map(|(status, _)| (!status.starts_with('2')).then_some(status))
            .collect();
        for code in codes.iter().filter_map(Value::as_str) {
            let meaning = site.visitor().get(&format!("/api/v1/problems/{code}")).await.expect(200);
            let meaning: Value = serde_json::from_str(&meaning.body).expect("JSON");
            assert_eq!(meaning["code"], code);
            assert!(meaning["detail"].as_str().is_some_and(|text| !text.starts_with("problem-")), "{code}");
            // Nothing has a 405 of its own: it is the answer of methods that are not described.
            let status = meaning["status"].to_string();
            assert!(status == "405" || described.contains(&status), "{code}: no call describes {status}");
        }
    }

    async fn its_schemas_are_what_is_really_sent(store: Store) {
        let site = Site::start(&store).await;
        let document = document(&site).await;
        let machine = Machine::of(&site, Place::Platform).await;
        let body = &document["components"]["schemas"]["UsageEvent"];
        assert_eq!(body["additionalProperties"], false);
        assert_eq!(body["required"], json!(["id", "customer", "meter", "occurred_at"]));
        // Every field that the description names is taken.
        let mut full = call(&site, "full", "K-10001", 1);
        full["metadata"] = json!({ "a": [1, 2] });
        let named: BTreeSet<&String> = object(&body["properties"]).keys().collect();
        let sent: BTreeSet<&String> = object(&full).keys().collect();
        assert_eq!(named.difference(&sent).map(|name| name.as_str()).collect::<Vec<_>>(), ["quantity"]);
        assert_fits(&document, "EventResult", &machine.post("/usage-events", &full).await.expect(201).json);
        let rejected = machine.post("/usage-events", &json!([5])).await.expect(200).json;
        assert_fits(&document, "EventResult", &rejected[0]);
        assert_fits(&document, "EventProblem", &rejected[0]["error"]);
        assert_fits(&document, "Problem", &machine.get("/customers/nobody").await.expect(404).json);
        let customer = machine.post("/customers", &json!({ "external_id": "a", "name": "A" })).await.expect(201).json;
        assert_fits(&document, "Customer", &customer);
        use_calls(&site, 0, 1).await;
        assert_fits(&document, "Balance", &machine.get("/customers/K-10001/balance").await.expect(200).json);
        let page = machine.get("/customers/K-10001/transactions?limit=1").await.expect(200).json;
        assert_fits(&document, "TransactionPage", &page);
        assert_fits(&document, "Transaction", &page["data"][0]);
        let hold = json!({ "id": "hold", "customer": "K-10004", "meter": "call" });
        let top_up = site.sign_in("direct@site.example").await;
        site.top_up(&mut top_up.clone(), "10").await;
        let hold = machine.post("/holds", &hold).await.expect(201).json;
        assert_fits(&document, "Hold", &hold);
        let path = format!("/holds/{}/capture", hold["hold_id"].as_str().expect("an id"));
        let capture = machine.post(&path, &json!({ "seconds": 1 })).await.expect(200).json;
        assert_fits(&document, "Capture", &capture);
        assert_fits(&document, "Hold", &capture["hold"]);
        let commissions = machine.get("/commissions?reseller=R-101").await.expect(200).json;
        assert_fits(&document, "Commissions", &commissions);
        assert_fits(&document, "CommissionStates", &commissions["states"]);
        let prices = machine.get("/prices?customer=K-10001").await.expect(200).json;
        assert_fits(&document, "PriceList", &prices);
        assert_fits(&document, "CustomerPrice", &prices["data"][0]);
    }
}
