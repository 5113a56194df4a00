//! `/api/v1/holds`: may this call start? Reserve before usage, extend while it goes on, settle or give back when it is over.

use super::auth::Caller;
use super::body::{Body, Instant, Optional};
use super::problem::{Code, Problem, ProblemDocument};
use super::usage::EventResult;
use crate::app::App;
use crate::billing::holds::{self, NewHold};
use crate::domain::api_key::ApiScope;
use crate::domain::hold;
use crate::domain::id::HoldId;
use crate::domain::party::Scope;
use crate::domain::pricing::Unit;
use crate::domain::usage::{CustomerRef, EventOutcome};
use crate::store;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A hold to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldBody {
    /// Your id of what is going to happen and its idempotency key. The usage is charged under it, by capturing the hold or by
    /// reporting a usage event with the same id, once in either case.
    #[schema(min_length = 1, max_length = 200, example = "call-2026-11-23-000417")]
    id: String,
    /// Whose balance: the customer's number, your `external_id`, or our id.
    #[schema(min_length = 1, max_length = 200, example = "K-10427")]
    customer: String,
    /// What is going to be used: the key of a meter.
    #[schema(example = "call")]
    meter: String,
    /// Seconds at most, for meters that count them; an hour unless said otherwise.
    #[schema(minimum = 1, maximum = 86_400)]
    max_seconds: Option<i64>,
    /// Pieces at most, for all other meters; one unless said otherwise.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    max_quantity: Option<i64>,
}

/// More of a hold.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtensionBody {
    /// Seconds more at most; an hour unless said otherwise.
    #[schema(minimum = 1, maximum = 86_400)]
    max_seconds: Option<i64>,
    /// Pieces more at most; one unless said otherwise.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    max_quantity: Option<i64>,
}

/// What was really used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaptureBody {
    /// Seconds, for meters that count them. Zero is an unanswered call and free.
    #[schema(minimum = 0, maximum = 2_678_400)]
    seconds: Option<i64>,
    /// Pieces, for all other meters.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity: Option<i64>,
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Hold {
    /// Its id.
    #[schema(example = "hld_01kawz1pf8e3ttq8m8d4ktjq8p")]
    hold_id: String,
    /// Your id.
    id: String,
    /// Our id of the customer.
    customer_id: String,
    /// The meter's key.
    #[schema(example = "call")]
    meter: String,
    /// `active`, `captured`, `released` or `expired`.
    #[schema(example = "active")]
    status: &'static str,
    /// Seconds that the balance pays for, counted from the start: end the call by then, or extend the hold before.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_seconds: Option<i64>,
    /// Pieces that the balance pays for.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_quantity: Option<i64>,
    /// What is reserved, in cents; zero when the hold is over.
    held_cents: i64,
    /// When it was opened; its usage is rated by the prices of then.
    #[schema(inline)]
    started_at: Instant,
    /// When it ends by itself, unless it is extended, captured or released before.
    #[schema(inline)]
    expires_at: Instant,
    /// The charge that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_id: Option<String>,
}

impl From<hold::Hold> for Hold {
    fn from(hold: hold::Hold) -> Hold {
        let counts = |unit| (hold.unit == unit).then_some(hold.units);
        Hold {
            hold_id: hold.id.to_string(),
            id: hold.key.clone(),
            customer_id: hold.customer.to_string(),
            meter: hold.meter.to_string(),
            status: hold.status.as_str(),
            max_seconds: counts(Unit::Second),
            max_quantity: counts(Unit::Piece),
            held_cents: hold.reserved().held.0,
            started_at: Instant(hold.started_at),
            expires_at: Instant(hold.expires_at),
            transfer_id: hold.transfer.map(|id| id.to_string()),
        }
    }
}

/// A hold that was settled, and its charge.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Capture {
    /// The hold.
    hold: Hold,
    /// The charge, as reporting the usage would answer it.
    charge: EventResult,
}

/// The amount in the field that fits the unit; the other one must be empty. `names` are those of seconds and pieces.
fn units(unit: Unit, amounts: [Option<i64>; 2], names: [&str; 2]) -> Result<Option<i64>, Problem> {
    let ([seconds, pieces], [of_seconds, of_pieces]) = (amounts, names);
    match (unit, seconds, pieces) {
        (Unit::Second, seconds, None) => Ok(seconds),
        (Unit::Piece, None, pieces) => Ok(pieces),
        (Unit::Second, ..) => Err(Problem::at(Code::QuantityMissing, of_seconds)),
        (Unit::Piece, ..) => Err(Problem::at(Code::QuantityMissing, of_pieces)),
    }
}

const MOST: [&str; 2] = ["max_seconds", "max_quantity"];
const USED: [&str; 2] = ["seconds", "quantity"];

/// What went wrong, with the name that this call gives to the quantity.
fn named(unit: Unit, names: [&'static str; 2]) -> impl Fn(crate::billing::Error) -> Problem {
    move |error| {
        let problem = Problem::from(error);
        let name = if unit == Unit::Second { names[0] } else { names[1] };
        match problem.code {
            Code::QuantityInvalid => Problem::at(problem.code, name),
            _ => problem,
        }
    }
}

/// The hold that a path names, and how its meter counts.
async fn of_path(app: &App, scope: Scope, id: &str) -> Result<(HoldId, Unit), Problem> {
    let id = HoldId::parse(id).ok_or(Code::UnknownHold)?;
    let unit = store::holds::unit_of(&app.db, scope, id).await?;
    Ok((id, unit.ok_or(Code::UnknownHold)?))
}

/// May this call start? Reserves as much of the balance as it may cost.
///
/// The answer says how long the balance lasts beside everything else that is reserved. The same id with the same content answers with the same
/// hold.
#[utoipa::path(post, path = "/api/v1/holds", tag = "holds", operation_id = "open_hold", request_body = HoldBody,
    responses(
        (status = 201, body = Hold, description = "It is reserved."),
        (status = 402, body = ProblemDocument, content_type = "application/problem+json", description = "insufficient_balance"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "scope_missing, customer_suspended"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "unknown_customer"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "conflict"),
    ))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<HoldBody>,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::HoldsWrite)?;
    let meters = store::meters::all(&app.db).await?;
    let unit = meters.iter().find(|info| info.meter.as_str() == body.meter).map(|info| info.unit);
    let unit = unit.ok_or(Code::UnknownMeter)?;
    let max_units = units(unit, [body.max_seconds, body.max_quantity], MOST)?;
    let customer = CustomerRef::parse(&body.customer);
    let new = NewHold { key: body.id, customer, meter: body.meter, max_units };
    let hold = holds::open(&app, scope, new).await.map_err(named(unit, MOST))?;
    Ok((StatusCode::CREATED, Json(Hold::from(hold))).into_response())
}

/// May this call go on? Reserves more for a hold that stands, or that has just expired.
#[utoipa::path(post, path = "/api/v1/holds/{hold}/extend", tag = "holds", operation_id = "extend_hold",
    request_body(content = Option<ExtensionBody>, content_type = "application/json", description = "How much more."),
    params(("hold" = String, Path, description = "The `hold_id`.")),
    responses(
        (status = 200, body = Hold, description = "It is extended; `max_seconds` counts from the start."),
        (status = 402, body = ProblemDocument, content_type = "application/problem+json", description = "insufficient_balance"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "scope_missing, customer_suspended"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "hold_closed"),
    ))]
pub(super) async fn extend(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Optional(body): Optional<ExtensionBody>,
) -> Result<Json<Hold>, Problem> {
    let scope = caller.may(ApiScope::HoldsWrite)?;
    let (id, unit) = of_path(&app, scope, &id).await?;
    let max_units = units(unit, [body.max_seconds, body.max_quantity], MOST)?;
    let hold = holds::extend(&app, scope, id, max_units).await.map_err(named(unit, MOST))?;
    Ok(Json(hold.into()))
}

/// The call is over: charges what was really used, in full, and gives the rest back. Capturing again answers the same.
#[utoipa::path(post, path = "/api/v1/holds/{hold}/capture", tag = "holds", operation_id = "capture_hold", request_body = CaptureBody,
    params(("hold" = String, Path, description = "The `hold_id`.")),
    responses(
        (status = 200, body = Capture, description = "It is charged."),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "conflict"),
    ))]
pub(super) async fn capture(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<CaptureBody>,
) -> Result<Json<Capture>, Problem> {
    let scope = caller.may(ApiScope::HoldsWrite)?;
    let (id, unit) = of_path(&app, scope, &id).await?;
    let used = units(unit, [body.seconds, body.quantity], USED)?;
    let name = if unit == Unit::Second { USED[0] } else { USED[1] };
    let used = used.ok_or_else(|| Problem::at(Code::QuantityMissing, name))?;
    let (hold, receipt) = holds::capture(&app, scope, id, used).await.map_err(named(unit, USED))?;
    let charged = EventOutcome::Charged {
        transfer: receipt.transfer,
        amount: receipt.amount,
        balance: receipt.balance,
        commission: receipt.commission,
        replayed: receipt.replayed,
    };
    let charge = EventResult::of(Some(hold.key.clone()), charged, caller.t);
    Ok(Json(Capture { hold: hold.into(), charge }))
}

/// The call did not take place: gives everything back. Releasing again changes nothing.
#[utoipa::path(post, path = "/api/v1/holds/{hold}/release", tag = "holds", operation_id = "release_hold",
    params(("hold" = String, Path, description = "The `hold_id`.")),
    responses(
        (status = 200, body = Hold, description = "Nothing is reserved any more."),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "hold_closed"),
    ))]
pub(super) async fn release(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Hold>, Problem> {
    let scope = caller.may(ApiScope::HoldsWrite)?;
    let id = HoldId::parse(&id).ok_or(Code::UnknownHold)?;
    Ok(Json(holds::release(&app, scope, id).await?.into()))
}
