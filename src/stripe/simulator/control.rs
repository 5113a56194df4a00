//! The control interface `/_sim`, as a page and as JSON: settle, fail and dispute payments, move the clock, set faults, look at deliveries.
//!
//! For this machine only. Actions are `POST /_sim/{noun}/{id}/{verb}`; with a JSON body they answer JSON, from a form they lead back to the page.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::faults::Fault;
use super::pages::{euro, is_foreign, is_local, moment, page, see_other};
use super::payments::{self, PayOutcome};
use super::refusal::ApiError;
use super::shapes::{number, text};
use super::store::{Filter, Origin, Tx};
use super::wire::Params;
use super::{Instrument, Simulator, Tuning, disputes, endpoints, later, lock, refunds, sessions, truth};
use crate::domain::clock::Ts;

/// Everything below `/_sim`, closed to other machines and other sites.
pub(super) fn router(sim: &Simulator) -> Router<Simulator> {
    Router::new()
        .route("/_sim", get(show))
        .route("/_sim/", get(show))
        .route("/_sim/state", get(state))
        .route("/_sim/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/_sim/faults/clear", post(clear_faults))
        .route("/_sim/tuning", get(tuning).post(tune))
        .route("/_sim/clock", post(clock))
        .route("/_sim/deliver", post(deliver))
        .route("/_sim/reset", post(reset))
        .route("/_sim/{noun}/{id}/{verb}", post(act))
        .layer(middleware::from_fn_with_state(sim.clone(), guard))
}

async fn guard(State(sim): State<Simulator>, request: Request, next: Next) -> Response {
    let foreign = request.method() != Method::GET && is_foreign(request.headers());
    if foreign || !is_local(&sim.inner, request.headers(), request.extensions()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn params(headers: &HeaderMap, body: &[u8]) -> Result<Params, ApiError> {
    if is_json(headers) {
        let value = if body.is_empty() { json!({}) } else { parse(body)? };
        return Ok(Params::from_json(&value));
    }
    Params::decode(body)
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::invalid("", format!("Invalid JSON: {error}"), None))
}

/// JSON for programs, the page again for people.
fn reply(sim: &Simulator, headers: &HeaderMap, result: Result<Value, ApiError>) -> Response {
    match result {
        Ok(value) if is_json(headers) => axum::Json(value).into_response(),
        Ok(_) => see_other(&format!("{}_sim", sim.inner.base_path)),
        Err(error) => error.into_response(),
    }
}

/// `POST /_sim/{noun}/{id}/{verb}`.
async fn act(
    State(sim): State<Simulator>,
    Path((noun, id, verb)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let result = async {
        later::run_due(&sim.inner).await?;
        let params = params(&headers, &body)?;
        let mut tx = sim.inner.begin(Origin::default()).await?;
        let value = perform(&mut tx, &noun, &id, &verb, &params).await?;
        tx.commit().await?;
        Ok(value)
    };
    reply(&sim, &headers, result.await)
}

async fn perform(tx: &mut Tx, noun: &str, id: &str, verb: &str, params: &Params) -> Result<Value, ApiError> {
    let amount = params.integer("amount")?;
    match (noun, verb) {
        ("payment_intents", "settle") => payments::settle_debit(tx, id).await?,
        ("payment_intents", "fail") => {
            payments::fail_debit(tx, id, params.text("code").unwrap_or("insufficient_funds")).await?
        }
        ("payment_intents", "refund") => return refunds::by_hand(tx, id, amount).await,
        ("payment_intents", "dispute" | "inquiry") => {
            let intent = tx.get("payment_intent", id, "id").await?;
            return disputes::open(
                tx,
                text(&intent, "latest_charge"),
                verb == "inquiry",
                amount,
                params.text("reason"),
            )
            .await;
        }
        ("disputes", "win") => return disputes::win(tx, id).await,
        ("disputes", "close") => return disputes::close(tx, id).await,
        ("disputes", "escalate") => return disputes::escalate(tx, id).await,
        ("refunds", "fail") => refunds::fail(tx, id).await?,
        ("refunds", "finish") => refunds::finish(tx, id).await?,
        ("sessions", "expire") => return sessions::expire(tx, id).await,
        ("sessions", "pay") => {
            let instrument = match (params.text("number"), params.text("iban")) {
                (Some(number), None) => Instrument::card(number),
                (None, Some(iban)) => Instrument::iban(iban),
                _ => return Err(ApiError::missing("number")),
            };
            return Ok(told(&payments::pay_session(tx, id, &instrument, &Value::Null).await?));
        }
        ("sessions", "approve" | "reject") => {
            return Ok(told(&payments::answer_session(tx, id, verb == "approve").await?));
        }
        ("events", "resend") => return Ok(json!({"deliveries": tx.resend(id).await?})),
        ("endpoints", "roll") => {
            let endpoint = tx.get("webhook_endpoint", id, "id").await?;
            let keep = params.integer("keep_old_seconds")?.unwrap_or(86_400);
            return Ok(json!({"secret": endpoints::roll(tx, text(&endpoint, "url"), keep).await?}));
        }
        _ => return Err(ApiError::no_route("POST", &format!("/_sim/{noun}/{id}/{verb}"))),
    }
    Ok(tx.find(id).await?.unwrap_or_default())
}

fn told(outcome: &PayOutcome) -> Value {
    match outcome {
        PayOutcome::Paid => json!({"outcome": "paid"}),
        PayOutcome::Processing => json!({"outcome": "processing"}),
        PayOutcome::Authenticate { url } => json!({"outcome": "authenticate", "url": url}),
        PayOutcome::Declined { code, decline_code, message } => {
            json!({"outcome": "declined", "code": code, "decline_code": decline_code, "message": message})
        }
    }
}

/// `GET /_sim/state`: clock, truth, deliveries, faults and tuning.
async fn state(State(sim): State<Simulator>) -> Response {
    let result = async {
        later::run_due(&sim.inner).await?;
        let mut tx = sim.inner.begin(Origin::default()).await?;
        Ok(json!({
            "now": tx.now, "truth": truth::all(&mut tx).await?, "deliveries": tx.deliveries(100).await?,
            "faults": lock(&sim.inner.faults).list(), "tuning": sim.tuning(),
        }))
    };
    let result: Result<Value, ApiError> = result.await;
    result.map_or_else(IntoResponse::into_response, |value| axum::Json(value).into_response())
}

async fn faults(State(sim): State<Simulator>) -> Response {
    let list = lock(&sim.inner.faults).list().to_vec();
    axum::Json(list).into_response()
}

/// `POST /_sim/faults`: one fault, a list of them, or `{"seed": n, "faults": […]}`; from the page a form with `on`, `kind` and `count`.
async fn add_faults(State(sim): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    let result = if is_json(&headers) {
        parse::<Value>(&body)
    } else {
        Params::decode(&body).map(|form| form_fault(&form))
    };
    let result = result.and_then(|value| {
        if let Some(seed) = value["seed"].as_u64() {
            lock(&sim.inner.faults).reseed(seed);
        }
        let list = match &value {
            Value::Array(list) => list.clone(),
            Value::Object(fields) if fields.contains_key("faults") => {
                fields["faults"].as_array().cloned().unwrap_or_default()
            }
            Value::Object(fields) if fields.contains_key("seed") => Vec::new(),
            one => vec![one.clone()],
        };
        let list: Result<Vec<Fault>, _> = list.into_iter().map(serde_json::from_value).collect();
        let list = list.map_err(|error| ApiError::invalid("", format!("Invalid fault: {error}"), None))?;
        for fault in list {
            sim.inject(fault);
        }
        Ok(json!(lock(&sim.inner.faults).list()))
    });
    reply(&sim, &headers, result)
}

fn form_fault(form: &Params) -> Value {
    let number = |name: &str, default: i64| form.integer(name).ok().flatten().unwrap_or(default);
    json!({
        "on": form.text("on").unwrap_or_default(), "kind": form.text("kind").unwrap_or_default(), "count": number("count", 1),
        // Each kind takes of these what it knows.
        "milliseconds": number("milliseconds", 3_000), "seconds": number("seconds", 60), "copies": number("copies", 5),
    })
}

async fn clear_faults(State(sim): State<Simulator>, headers: HeaderMap) -> Response {
    sim.clear_faults();
    reply(&sim, &headers, Ok(json!([])))
}

async fn tuning(State(sim): State<Simulator>) -> Response {
    axum::Json(sim.tuning()).into_response()
}

/// `POST /_sim/tuning` with the fields to change.
async fn tune(State(sim): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    let result = async {
        let mut now = serde_json::to_value(sim.tuning())?;
        for (key, value) in parse::<serde_json::Map<String, Value>>(&body)? {
            now[key] = value;
        }
        let tuning: Tuning =
            serde_json::from_value(now).map_err(|error| ApiError::invalid("", error.to_string(), None))?;
        sim.tune(tuning.clone()).await.map_err(|_| ApiError::internal())?;
        Ok(json!(tuning))
    };
    reply(&sim, &headers, result.await)
}

/// `POST /_sim/clock` with `advance_seconds`, `set` (seconds) or `follow` (let it run with the system again).
async fn clock(State(sim): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    let result = params(&headers, &body).and_then(|params| {
        let clock = &sim.inner.settings.clock;
        if params.has("follow") {
            clock.follow_system();
        } else if let Some(at) = params.integer("set")? {
            clock.set(Ts::from_seconds(at));
        } else {
            let seconds =
                params.integer("advance_seconds")?.ok_or_else(|| ApiError::missing("advance_seconds"))?;
            let seconds = u64::try_from(seconds).map_err(|_| {
                ApiError::invalid("", "The clock only goes forward.", Some("advance_seconds"))
            })?;
            clock.advance(Duration::from_secs(seconds));
        }
        sim.inner.wake.notify_one();
        Ok(json!({"now": sim.inner.now()}))
    });
    reply(&sim, &headers, result)
}

async fn deliver(State(sim): State<Simulator>, headers: HeaderMap) -> Response {
    let attempts = sim.deliver_due().await;
    reply(&sim, &headers, Ok(json!({"attempts": attempts})))
}

/// `POST /_sim/reset`: forgets everything but the endpoints.
async fn reset(State(sim): State<Simulator>, headers: HeaderMap) -> Response {
    let result = async {
        let mut tx = sim.inner.begin(Origin::default()).await?;
        tx.clear().await?;
        tx.commit().await?;
        sim.clear_faults();
        Ok(json!({"reset": true}))
    };
    reply(&sim, &headers, result.await)
}

/// A row of one of the page's tables.
struct Row {
    id: String,
    amount: String,
    status: String,
    at: String,
    due: String,
    /// For deliveries: the event's type, for payments the method.
    what: String,
}

#[derive(Template)]
#[template(path = "simulator/control.html")]
struct ControlPage<'a> {
    base: &'a str,
    merchant: &'a str,
    now: String,
    debits: Vec<Row>,
    sessions: Vec<Row>,
    payments: Vec<Row>,
    disputes: Vec<Row>,
    refunds: Vec<Row>,
    deliveries: Vec<Row>,
    faults: Vec<String>,
}

/// `GET /_sim`.
pub(super) async fn show(State(sim): State<Simulator>) -> Response {
    let result = async {
        later::run_due(&sim.inner).await?;
        let mut tx = sim.inner.begin(Origin::default()).await?;
        let faults = lock(&sim.inner.faults).list().iter().map(|fault| json!(fault).to_string()).collect();
        let mut debits = rows(&mut tx, "payment_intent", Some("processing")).await?;
        for row in &mut debits {
            row.due = tx.scheduled_for("settle", &row.id).await?.map(moment).unwrap_or_default();
        }
        let template = ControlPage {
            base: &sim.inner.base_path,
            merchant: &sim.inner.settings.merchant_name,
            now: moment(tx.now),
            debits,
            sessions: rows(&mut tx, "checkout.session", Some("open")).await?,
            payments: rows(&mut tx, "payment_intent", Some("succeeded")).await?,
            disputes: rows(&mut tx, "dispute", None).await?,
            refunds: rows(&mut tx, "refund", None).await?,
            deliveries: delivery_rows(&mut tx).await?,
            faults,
        };
        Ok(page(StatusCode::OK, &template, &[]))
    };
    let result: Result<Response, ApiError> = result.await;
    result.unwrap_or_else(IntoResponse::into_response)
}

async fn rows(tx: &mut Tx, kind: &str, status: Option<&str>) -> Result<Vec<Row>, ApiError> {
    let filter = Filter { status: status.map(str::to_owned), limit: 20, ..Filter::kind(kind) };
    let row = |object: &Value| Row {
        id: text(object, "id").to_owned(),
        amount: euro(if kind == "checkout.session" {
            number(object, "amount_total")
        } else {
            number(object, "amount")
        }),
        status: text(object, "status").to_owned(),
        at: moment(number(object, "created")),
        due: String::new(),
        what: text(object, "client_reference_id").to_owned(),
    };
    Ok(tx.list(&filter).await?.iter().map(row).collect())
}

async fn delivery_rows(tx: &mut Tx) -> Result<Vec<Row>, ApiError> {
    let row = |delivery: &Value| Row {
        id: text(delivery, "event").to_owned(),
        amount: number(delivery, "attempts").to_string(),
        status: text(delivery, "state").to_owned(),
        at: moment(number(delivery, "due")),
        due: delivery["status"]
            .as_i64()
            .map_or_else(|| text(delivery, "error").to_owned(), |status| status.to_string()),
        what: text(delivery, "type").to_owned(),
    };
    Ok(tx.deliveries(30).await?.iter().map(row).collect())
}
