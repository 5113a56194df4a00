//! The hosted pages: pay a session, approve with 3-D Secure, read a mandate. They need no JavaScript.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::instruments::{CARDS, IBANS, Instrument, TestValue};
use super::pages::{euro, grouped, is_foreign, moment, page, see_other};
use super::payments::{self, PayOutcome};
use super::refusal::ApiError;
use super::shapes::{number, text};
use super::store::{Origin, Tx};
use super::wire::Params;
use super::{Inner, Simulator, delivery, later};

/// How long the page waits for the merchant to acknowledge the completion before it sends the payer back (real time).
const PATIENCE: Duration = Duration::from_secs(10);

/// A test value as the page shows it.
struct Choice {
    value: &'static str,
    shown: String,
    deed: &'static str,
}

fn choices(values: &'static [TestValue], usual: usize) -> (Vec<Choice>, Vec<Choice>) {
    let choice =
        |value: &TestValue| Choice { value: value.number, shown: grouped(value.number), deed: value.deed };
    let (first, rest) = values.split_at(usual.min(values.len()));
    (first.iter().map(choice).collect(), rest.iter().map(choice).collect())
}

struct Line {
    name: String,
    quantity: i64,
    amount: String,
}

/// What the payer typed, to be shown again.
#[derive(Default)]
struct Typed {
    sepa: bool,
    number: String,
    iban: String,
    name: String,
    email: String,
}

#[derive(Template)]
#[template(path = "simulator/pay.html")]
struct PayPage<'a> {
    base: &'a str,
    merchant: &'a str,
    id: &'a str,
    setup: bool,
    amount: String,
    lines: Vec<Line>,
    expires: String,
    cancel_url: &'a str,
    known_email: &'a str,
    card: bool,
    sepa: bool,
    /// The usual test values, then the rest.
    cards: (Vec<Choice>, Vec<Choice>),
    ibans: (Vec<Choice>, Vec<Choice>),
    /// Stripe's decline or error code; empty when nothing is wrong.
    problem: &'a str,
    typed: Typed,
}

#[derive(Template)]
#[template(path = "simulator/notice.html")]
struct NoticePage<'a> {
    base: &'a str,
    merchant: &'a str,
    /// `paid`, `processing`, `saved`, `expired`, `unknown`, `foreign`, `idle` or `mandate`.
    kind: &'a str,
    detail: String,
    back: &'a str,
}

#[derive(Template)]
#[template(path = "simulator/challenge.html")]
struct ChallengePage<'a> {
    base: &'a str,
    merchant: &'a str,
    id: &'a str,
    amount: String,
    last4: String,
}

/// `GET /c/pay/{id}`.
pub(super) async fn show(
    State(sim): State<Simulator>,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let problem =
        query.iter().find(|(key, _)| key == "problem").map(|(_, value)| value.as_str()).unwrap_or_default();
    answer(show_session(&sim.inner, &id, problem, Typed::default()).await, &sim.inner)
}

fn answer(result: Result<Response, ApiError>, sim: &Inner) -> Response {
    result.unwrap_or_else(|error| {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        notice(sim, status, "unknown", error.message.clone(), "")
    })
}

fn notice(sim: &Inner, status: StatusCode, kind: &str, detail: String, back: &str) -> Response {
    page(
        status,
        &NoticePage { base: &sim.base_path, merchant: &sim.settings.merchant_name, kind, detail, back },
        &[],
    )
}

async fn show_session(sim: &Arc<Inner>, id: &str, problem: &str, typed: Typed) -> Result<Response, ApiError> {
    later::run_due(sim).await?;
    let mut tx = sim.begin(Origin::default()).await?;
    let session = tx.get("checkout.session", id, "id").await?;
    let (success, cancel) = (filled(&session), text(&session, "cancel_url").to_owned());
    let kind = match (text(&session, "status"), text(&session, "payment_status")) {
        ("complete", "paid") => "paid",
        ("complete", "no_payment_required") => "saved",
        ("complete", _) => "processing",
        ("expired", _) => "expired",
        _ => return pay_page(&mut tx, &session, problem, typed).await,
    };
    let back = if kind == "expired" { cancel } else { success };
    Ok(notice(sim, StatusCode::OK, kind, String::new(), &back))
}

async fn pay_page(tx: &mut Tx, session: &Value, problem: &str, typed: Typed) -> Result<Response, ApiError> {
    let offers = |kind: &str| {
        session["payment_method_types"]
            .as_array()
            .is_some_and(|types| types.iter().any(|offered| offered == kind))
    };
    let items = super::sessions::line_items(tx, session).await?;
    let line = |item: &Value| Line {
        name: text(item, "description").to_owned(),
        quantity: number(item, "quantity"),
        amount: euro(number(item, "amount_total")),
    };
    let sim = Arc::clone(&tx.sim);
    let template = PayPage {
        base: &sim.base_path,
        merchant: &sim.settings.merchant_name,
        id: text(session, "id"),
        setup: session["mode"] == "setup",
        amount: euro(number(session, "amount_total")),
        lines: items["data"].as_array().into_iter().flatten().map(line).collect(),
        expires: moment(number(session, "expires_at")),
        cancel_url: text(session, "cancel_url"),
        known_email: text(&session["customer_details"], "email"),
        card: offers("card"),
        sepa: offers("sepa_debit"),
        cards: choices(CARDS, 5),
        ibans: choices(IBANS, 3),
        problem,
        typed,
    };
    Ok(page(StatusCode::OK, &template, &[text(session, "success_url"), text(session, "cancel_url")]))
}

/// The success URL with the session's id filled in.
fn filled(session: &Value) -> String {
    text(session, "success_url").replace("{CHECKOUT_SESSION_ID}", text(session, "id"))
}

/// `POST /c/pay/{id}`: the form, or one of the test values' buttons.
pub(super) async fn submit(
    State(sim): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if is_foreign(&headers) {
        return notice(&sim.inner, StatusCode::FORBIDDEN, "foreign", String::new(), "");
    }
    answer(submit_form(&sim.inner, &id, &body).await, &sim.inner)
}

async fn submit_form(sim: &Arc<Inner>, id: &str, body: &[u8]) -> Result<Response, ApiError> {
    let form = Params::decode(body)?;
    let field = |name: &str| form.text(name).unwrap_or_default().trim().to_owned();
    let test = field("test");
    let sepa = if test.is_empty() {
        field("method") == "sepa_debit"
    } else {
        test.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let name = field("name");
    let instrument = match (sepa, test.is_empty()) {
        (true, true) => Instrument::iban(&field("iban")),
        (true, false) => Instrument::iban(&test),
        (false, true) => Instrument::card(&field("number")),
        (false, false) => Instrument::card(&test),
    };
    let instrument = match instrument {
        Instrument::Iban { iban, name: default } => {
            Instrument::Iban { iban, name: if name.is_empty() { default } else { name.clone() } }
        }
        card => card,
    };
    later::run_due(sim).await?;
    let mut tx = sim.begin(Origin::default()).await?;
    if tx.get("checkout.session", id, "id").await?["status"] != "open" {
        // A second press after the payment: the page says how it stands.
        drop(tx);
        return show_session(sim, id, "", Typed::default()).await;
    }
    let email = form.text("email").map_or(Value::Null, |email| json!(email));
    let outcome = payments::pay_session(&mut tx, id, &instrument, &email).await?;
    tx.commit().await?;
    let typed = Typed { sepa, number: field("number"), iban: field("iban"), name, email: field("email") };
    proceed(sim, id, &outcome, typed).await
}

/// Where the payer goes after an attempt.
async fn proceed(
    sim: &Arc<Inner>,
    id: &str,
    outcome: &PayOutcome,
    typed: Typed,
) -> Result<Response, ApiError> {
    match outcome {
        PayOutcome::Declined { code, decline_code, .. } => {
            let problem = if decline_code.is_empty() { code } else { decline_code };
            let mut refused = show_session(sim, id, problem, typed).await?;
            *refused.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(refused)
        }
        PayOutcome::Authenticate { .. } => Ok(see_other(&format!("{}c/3ds/{id}", sim.base_path))),
        PayOutcome::Paid | PayOutcome::Processing => {
            await_acknowledgement(sim, id).await;
            let mut tx = sim.begin(Origin::default()).await?;
            let session = tx.get("checkout.session", id, "id").await?;
            Ok(see_other(&filled(&session)))
        }
    }
}

/// Waits until every endpoint has answered the completion once, or patience ends.
async fn await_acknowledgement(sim: &Arc<Inner>, session: &str) {
    let mut attempts = sim.attempts.subscribe();
    // Delivers itself, so that the page works without the background task; the other deliveries go on when this one is through.
    let worker = Arc::clone(sim);
    let delivering = tokio::spawn(async move { delivery::deliver_due(&worker).await });
    let answered = async {
        loop {
            attempts.borrow_and_update();
            let Ok(mut tx) = sim.begin(Origin::default()).await else { return };
            if !matches!(tx.awaits_first_attempt(session).await, Ok(true)) {
                return;
            }
            drop(tx);
            if attempts.changed().await.is_err() {
                return;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, answered).await.is_err() {
        tracing::warn!(session, "no endpoint acknowledged the completed session in time");
    }
    drop(delivering);
}

/// `GET /c/3ds/{id}` for a session or a payment intent.
pub(super) async fn show_challenge(State(sim): State<Simulator>, Path(id): Path<String>) -> Response {
    answer(challenge(&sim.inner, &id).await, &sim.inner)
}

async fn challenge(sim: &Arc<Inner>, id: &str) -> Result<Response, ApiError> {
    let mut tx = sim.begin(Origin::default()).await?;
    let object = tx.find(id).await?.ok_or_else(|| ApiError::no_such("checkout.session", id, "id"))?;
    let intent = match (object["payment_intent"].as_str(), object["setup_intent"].as_str()) {
        (Some(intent), _) | (None, Some(intent)) => tx.find(intent).await?.unwrap_or_default(),
        (None, None) => object.clone(),
    };
    if intent["status"] != "requires_action" {
        return Ok(notice(
            sim,
            StatusCode::CONFLICT,
            "idle",
            String::new(),
            &format!("{}c/pay/{id}", sim.base_path),
        ));
    }
    let method = tx.get("payment_method", text(&intent, "payment_method"), "payment_method").await?;
    let hidden = tx.hidden(text(&intent, "id")).await?;
    let template = ChallengePage {
        base: &sim.base_path,
        merchant: &sim.settings.merchant_name,
        id,
        amount: euro(number(&intent, "amount")),
        last4: text(&method["card"], "last4").to_owned(),
    };
    Ok(page(StatusCode::OK, &template, &[text(&object, "success_url"), text(&hidden, "return_url")]))
}

/// `POST /c/3ds/{id}` with `decision` = approve or reject.
pub(super) async fn answer_challenge(
    State(sim): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if is_foreign(&headers) {
        return notice(&sim.inner, StatusCode::FORBIDDEN, "foreign", String::new(), "");
    }
    answer(decide(&sim.inner, &id, &body).await, &sim.inner)
}

async fn decide(sim: &Arc<Inner>, id: &str, body: &[u8]) -> Result<Response, ApiError> {
    let form = Params::decode(body)?;
    let approve = form.choice("decision", &["approve", "reject"], "reject")? == "approve";
    let mut tx = sim.begin(Origin::default()).await?;
    if !id.starts_with("cs_") {
        return decide_intent(tx, id, approve).await;
    }
    let outcome = payments::answer_session(&mut tx, id, approve).await?;
    tx.commit().await?;
    match &outcome {
        PayOutcome::Declined { code, decline_code, .. } => {
            let problem = if decline_code.is_empty() { code } else { decline_code };
            Ok(see_other(&format!("{}c/pay/{id}?problem={problem}", sim.base_path)))
        }
        _ => proceed(sim, id, &outcome, Typed::default()).await,
    }
}

/// The same for an intent without a session: back to its `return_url`.
async fn decide_intent(mut tx: Tx, id: &str, approve: bool) -> Result<Response, ApiError> {
    let mut intent = tx.get("payment_intent", id, "id").await?;
    let back = text(&tx.hidden(id).await?, "return_url").to_owned();
    payments::answer_owner(&mut tx, &mut intent, approve).await?;
    let sim = Arc::clone(&tx.sim);
    tx.commit().await?;
    if back.is_empty() {
        let kind = if intent["status"] == "succeeded" { "paid" } else { "idle" };
        return Ok(notice(&sim, StatusCode::OK, kind, String::new(), ""));
    }
    let join = if back.contains('?') { '&' } else { '?' };
    Ok(see_other(&format!("{back}{join}payment_intent={id}&redirect_status={}", text(&intent, "status"))))
}

/// `GET /c/mandate/{id}`.
pub(super) async fn show_mandate(State(sim): State<Simulator>, Path(id): Path<String>) -> Response {
    let found = async {
        let mut tx = sim.inner.begin(Origin::default()).await?;
        tx.get("mandate", &id, "id").await
    };
    match found.await {
        Ok(mandate) => {
            let reference = text(&mandate["payment_method_details"]["sepa_debit"], "reference").to_owned();
            notice(&sim.inner, StatusCode::OK, "mandate", reference, "")
        }
        Err(error) => answer(Err(error), &sim.inner),
    }
}
