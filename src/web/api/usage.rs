//! `POST /api/v1/usage-events`: usage that happened, one event or a batch.

use super::auth::Caller;
use super::body::{Instant, JsonBytes, parse};
use super::problem::{Code, Problem, ProblemDocument};
use crate::app::App;
use crate::billing::usage;
use crate::domain::api_key::ApiScope;
use crate::domain::usage::{CustomerRef, EventOutcome, UsageEvent};
use crate::i18n::T;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Ref};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One usage event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UsageEvent)]
pub(super) struct EventBody {
    /// Your id of this event and its idempotency key: the same id is charged once per customer. The same content again gets the same
    /// answer, other content is a conflict.
    #[schema(min_length = 1, max_length = 200, example = "call-2026-11-23-000417")]
    id: String,
    /// Whose usage: the customer's number, your `external_id`, or our id.
    #[schema(min_length = 1, max_length = 200, example = "K-10427")]
    customer: String,
    /// What was used: the key of a meter.
    #[schema(example = "call")]
    meter: String,
    /// Seconds, for meters that count them (calls). Zero is an unanswered call and free.
    #[schema(minimum = 0, maximum = 2_678_400)]
    seconds: Option<i64>,
    /// Pieces, for all other meters.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity: Option<i64>,
    /// When it happened: at most 35 days ago, not in the future.
    #[schema(inline)]
    occurred_at: Instant,
    /// What the customer reads beside the charge.
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Your own data, stored with the charge; at most 4,096 bytes of JSON.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

impl EventBody {
    fn event(self) -> UsageEvent {
        UsageEvent {
            id: self.id,
            customer: CustomerRef::parse(&self.customer),
            meter: self.meter,
            seconds: self.seconds,
            quantity: self.quantity,
            occurred_at: self.occurred_at.0,
            description: self.description.unwrap_or_default(),
            metadata: self.metadata.map(|data| Value::Object(data).to_string()),
        }
    }
}

/// What the description of the API calls the body: an event, or a batch of them.
pub(super) struct UsageBody;

impl PartialSchema for UsageBody {
    fn schema() -> RefOr<Schema> {
        one_or_many("UsageEvent")
    }
}

impl ToSchema for UsageBody {}

/// What the description of the API calls the answer: a result, or one per event.
pub(super) struct UsageAnswer;

impl PartialSchema for UsageAnswer {
    fn schema() -> RefOr<Schema> {
        one_or_many("EventResult")
    }
}

impl ToSchema for UsageAnswer {}

fn one_or_many(name: &str) -> RefOr<Schema> {
    let one = Ref::from_schema_name(name);
    let many = ArrayBuilder::new().items(one.clone()).min_items(Some(1)).max_items(Some(usage::BATCH));
    RefOr::T(OneOfBuilder::new().item(one).item(many).build().into())
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventStatus {
    /// It is charged now.
    Charged,
    /// It had been charged before; nothing changed, and this is that charge.
    Duplicate,
    /// It is not charged; `error` says why.
    Rejected,
}

/// What became of one event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventResult {
    /// The event's id; null when it could not be read.
    id: Option<String>,
    /// How it ended.
    status: EventStatus,
    /// What the customer pays, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_cents: Option<i64>,
    /// What is booked for the customer afterwards, in cents. Usage that happened is charged in full, so it may be below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance_cents: Option<i64>,
    /// The reseller's commission, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    commission_cents: Option<i64>,
    /// The charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_id: Option<String>,
    /// Why it is not charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<EventProblem>,
}

/// Why an event of a batch is not charged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventProblem {
    /// The stable name to program against.
    code: Code,
    /// What happened and what to do.
    detail: String,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl EventResult {
    pub(super) fn of(id: Option<String>, outcome: EventOutcome, t: T) -> EventResult {
        match outcome {
            EventOutcome::Charged { transfer, amount, balance, commission, replayed } => EventResult {
                id,
                status: if replayed { EventStatus::Duplicate } else { EventStatus::Charged },
                amount_cents: Some(amount.0),
                balance_cents: Some(balance.0),
                commission_cents: Some(commission.0),
                transfer_id: Some(transfer.to_string()),
                error: None,
            },
            EventOutcome::Rejected(error) => EventResult::rejected(id, Code::from(error).into(), t),
        }
    }

    fn rejected(id: Option<String>, problem: Problem, t: T) -> EventResult {
        let Problem { code, field } = problem;
        EventResult {
            id,
            status: EventStatus::Rejected,
            amount_cents: None,
            balance_cents: None,
            commission_cents: None,
            transfer_id: None,
            error: Some(EventProblem { code, detail: code.detail(t), field }),
        }
    }
}

/// Reports usage: one event, or an array of up to 1,000.
///
/// A single event answers 201 when it is charged, 200 when it had been charged before, and a problem document otherwise. An array
/// always answers 200 with one result per event, in order: events that are wrong are rejected by themselves, all others are charged.
/// Sending the same events again is safe at any time.
#[utoipa::path(post, path = "/api/v1/usage-events", tag = "usage", operation_id = "report_usage",
    request_body(content = inline(UsageBody), content_type = "application/json", description = "An event, or an array of 1 to 1,000."),
    responses(
        (status = 200, body = inline(UsageAnswer), description = "A result per event of an array; for a single event the charge it had before."),
        (status = 201, body = EventResult, description = "A single event is charged."),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "unknown_customer"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "conflict"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json",
            description = "The event or the batch cannot be charged as it is; `code` says why."),
    ))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBytes(bytes): JsonBytes,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::UsageWrite)?;
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        let event = parse::<EventBody>(&bytes)?.event();
        let id = Some(event.id.clone());
        let outcome = usage::record(&app, scope, vec![event]).await?.pop();
        return match outcome {
            Some(EventOutcome::Rejected(error)) => Err(Code::from(error).into()),
            Some(outcome) => {
                let result = EventResult::of(id, outcome, caller.t);
                let new = result.status == EventStatus::Charged;
                let status = if new { StatusCode::CREATED } else { StatusCode::OK };
                Ok((status, Json(result)).into_response())
            }
            None => Err(Code::Internal.into()),
        };
    }
    let events: Vec<&RawValue> = serde_json::from_slice(&bytes).map_err(|_| Code::MalformedJson)?;
    match events.len() {
        0 => Err(Code::BatchEmpty.into()),
        1..=usage::BATCH => Ok(Json(batch(&app, &caller, scope, &events).await?).into_response()),
        _ => Err(Code::BatchTooLarge.into()),
    }
}

/// Charges what can be read and rejects the rest, each event by itself.
async fn batch(
    app: &App,
    caller: &Caller,
    scope: crate::domain::party::Scope,
    events: &[&RawValue],
) -> Result<Vec<EventResult>, Problem> {
    let (mut good, mut read) = (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
    for raw in events {
        read.push(match parse::<EventBody>(raw.get().as_bytes()) {
            Ok(body) => {
                good.push(body.event());
                Ok(good[good.len() - 1].id.clone())
            }
            Err(problem) => Err(problem),
        });
    }
    let mut outcomes = usage::record(app, scope, good).await?.into_iter();
    let mut results = Vec::with_capacity(events.len());
    for (event, raw) in read.into_iter().zip(events) {
        results.push(match event {
            Ok(id) => EventResult::of(Some(id), outcomes.next().ok_or(Code::Internal)?, caller.t),
            Err(problem) => EventResult::rejected(id_of(raw), problem, caller.t),
        });
    }
    Ok(results)
}

/// The id of an event that is wrong elsewhere, so that its sender finds it again.
fn id_of(raw: &RawValue) -> Option<String> {
    let value: Value = serde_json::from_str(raw.get()).ok()?;
    value.get("id")?.as_str().map(str::to_owned)
}
