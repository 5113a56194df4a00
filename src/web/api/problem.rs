//! What went wrong, for machines: problem documents (RFC 9457) with a stable code.
//!
//! A handler answers with a [`Problem`]; [`finish`] writes it in the reader's language, and makes one of every other failed answer too
//! (unknown paths, bodies too long, broken handlers), so that nothing below `/api/` ever answers an error in another form.

use crate::billing::api_keys::Denied;
use crate::billing::{Error, Failure};
use crate::domain::party::text_enum;
use crate::domain::refusal::Refusal;
use crate::domain::usage::EventError;
use crate::i18n::{Lang, T};
use crate::store;
use crate::web::error::log_panic;
use crate::web::trace::RequestId;
use axum::Json;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::any::Any;
use utoipa::ToSchema;

/// Stable names of everything that can go wrong. New ones may come; none changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// No `Authorization: Bearer …` header.
    KeyMissing,
    /// No key has this secret.
    KeyUnknown,
    /// The key was revoked.
    KeyRevoked,
    /// The key has expired.
    KeyExpired,
    /// A test key on an installation with real money, or the other way round.
    KeyOfOtherMode,
    /// The key does not have the right that this call needs.
    ScopeMissing,
    /// There is nothing at this path.
    NotFound,
    /// The path does not know this method.
    MethodNotAllowed,
    /// The request cannot be read.
    MalformedRequest,
    /// The body is not JSON.
    MalformedJson,
    /// The body is longer than 1 MiB.
    BodyTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// A field that this call does not know.
    FieldUnknown,
    /// A field that this call needs.
    FieldMissing,
    /// A field with a value that it cannot have.
    FieldInvalid,
    /// A batch without events.
    BatchEmpty,
    /// A batch with more than 1,000 events.
    BatchTooLarge,
    /// No such customer within the key's reach.
    UnknownCustomer,
    /// No such hold within the key's reach.
    UnknownHold,
    /// No such reseller within the key's reach.
    UnknownReseller,
    /// No such meter, or it is no longer used.
    UnknownMeter,
    /// `seconds` or `quantity` is missing, or the other one was sent.
    QuantityMissing,
    /// Negative, zero pieces, or more than one record can be.
    QuantityInvalid,
    /// The event's id is empty or too long.
    IdInvalid,
    /// The event has not happened yet.
    InFuture,
    /// The event happened more than 35 days ago.
    TooOld,
    /// No price list has a price for it.
    NoPrice,
    /// The same id came before with other content.
    Conflict,
    /// Description or metadata are too long, or hold characters that cannot be stored.
    TextInvalid,
    /// The amount is larger than any account can hold.
    OutOfRange,
    /// Another customer has this number or external id.
    NameTaken,
    /// The balance does not pay for it.
    InsufficientBalance,
    /// No usage of this customer is authorised.
    CustomerSuspended,
    /// The hold was settled, given back, or stood as long as a hold may.
    HoldClosed,
    /// More requests than the key's limit allows.
    RateLimited,
    /// Something broke. Sending the request again with the same ids is safe.
    Internal,
    /// Not possible at the moment. Sending the request again with the same ids is safe.
    Unavailable,
}

text_enum!(Code {
    KeyMissing = "key_missing",
    KeyUnknown = "key_unknown",
    KeyRevoked = "key_revoked",
    KeyExpired = "key_expired",
    KeyOfOtherMode = "key_of_other_mode",
    ScopeMissing = "scope_missing",
    NotFound = "not_found",
    MethodNotAllowed = "method_not_allowed",
    MalformedRequest = "malformed_request",
    MalformedJson = "malformed_json",
    BodyTooLarge = "body_too_large",
    UnsupportedMediaType = "unsupported_media_type",
    FieldUnknown = "field_unknown",
    FieldMissing = "field_missing",
    FieldInvalid = "field_invalid",
    BatchEmpty = "batch_empty",
    BatchTooLarge = "batch_too_large",
    UnknownCustomer = "unknown_customer",
    UnknownHold = "unknown_hold",
    UnknownReseller = "unknown_reseller",
    UnknownMeter = "unknown_meter",
    QuantityMissing = "quantity_missing",
    QuantityInvalid = "quantity_invalid",
    IdInvalid = "id_invalid",
    InFuture = "in_future",
    TooOld = "too_old",
    NoPrice = "no_price",
    Conflict = "conflict",
    TextInvalid = "text_invalid",
    OutOfRange = "out_of_range",
    NameTaken = "name_taken",
    InsufficientBalance = "insufficient_balance",
    CustomerSuspended = "customer_suspended",
    HoldClosed = "hold_closed",
    RateLimited = "rate_limited",
    Internal = "internal",
    Unavailable = "unavailable",
});

impl Code {
    /// The status of an answer that is about this alone.
    pub const fn status(self) -> StatusCode {
        match self {
            Code::KeyMissing
            | Code::KeyUnknown
            | Code::KeyRevoked
            | Code::KeyExpired
            | Code::KeyOfOtherMode => StatusCode::UNAUTHORIZED,
            Code::InsufficientBalance => StatusCode::PAYMENT_REQUIRED,
            Code::ScopeMissing | Code::CustomerSuspended => StatusCode::FORBIDDEN,
            Code::NotFound | Code::UnknownCustomer | Code::UnknownHold => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::MalformedRequest | Code::MalformedJson => StatusCode::BAD_REQUEST,
            Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Conflict | Code::NameTaken | Code::HoldClosed => StatusCode::CONFLICT,
            Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The code of an answer that was made elsewhere and has only a status.
    fn of_status(status: StatusCode) -> Code {
        match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => Code::Unavailable,
            _ if status.is_client_error() => Code::MalformedRequest,
            _ => Code::Internal,
        }
    }

    /// The field of an event or a customer that the code is about, where there is only one.
    const fn field(self) -> Option<&'static str> {
        match self {
            Code::UnknownCustomer => Some("customer"),
            Code::UnknownReseller => Some("reseller"),
            Code::UnknownMeter | Code::NoPrice => Some("meter"),
            Code::QuantityMissing | Code::QuantityInvalid => Some("quantity"),
            Code::IdInvalid | Code::Conflict => Some("id"),
            Code::InFuture | Code::TooOld => Some("occurred_at"),
            _ => None,
        }
    }

    /// A short name of the problem.
    pub fn title(self, t: T) -> String {
        t.say(&format!("problem-{}", self.as_str().replace('_', "-")), &[])
    }

    /// What it means and what to do.
    pub fn detail(self, t: T) -> String {
        t.say(&format!("problem-{}-detail", self.as_str().replace('_', "-")), &[])
    }
}

impl From<EventError> for Code {
    fn from(error: EventError) -> Code {
        match error {
            EventError::UnknownCustomer => Code::UnknownCustomer,
            EventError::UnknownMeter => Code::UnknownMeter,
            EventError::QuantityMissing => Code::QuantityMissing,
            EventError::QuantityInvalid => Code::QuantityInvalid,
            EventError::IdInvalid => Code::IdInvalid,
            EventError::InFuture => Code::InFuture,
            EventError::TooOld => Code::TooOld,
            EventError::NoPrice => Code::NoPrice,
            EventError::Conflict => Code::Conflict,
            EventError::TextInvalid => Code::TextInvalid,
            EventError::OutOfRange => Code::OutOfRange,
        }
    }
}

impl From<Denied> for Code {
    fn from(denied: Denied) -> Code {
        match denied {
            Denied::Unknown => Code::KeyUnknown,
            Denied::Revoked => Code::KeyRevoked,
            Denied::Expired => Code::KeyExpired,
            Denied::OtherMode => Code::KeyOfOtherMode,
        }
    }
}

/// Why a call did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// The field of the body or query that is wrong, as a path: `metadata`, `events[3].meter`.
    pub field: Option<String>,
}

impl Problem {
    /// A problem with one field.
    pub fn at(code: Code, field: &str) -> Problem {
        Problem { code, field: Some(field.to_owned()) }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Problem {
        Problem { code, field: code.field().map(str::to_owned) }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        Problem::from(Failure::from(error))
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        tracing::error!(error = %failure, "a call of the API failed");
        Code::Internal.into()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Failed(failure) => failure.into(),
            Error::Refused(Refusal::InsufficientBalance) => Code::InsufficientBalance.into(),
            Error::Refused(Refusal::CustomerSuspended) => Code::CustomerSuspended.into(),
            Error::Refused(Refusal::UnknownHold) => Code::UnknownHold.into(),
            Error::Refused(Refusal::HoldClosed) => Code::HoldClosed.into(),
            Error::Refused(Refusal::UsageOutOfRange) => Code::OutOfRange.into(),
            Error::Refused(Refusal::Usage(error)) => Code::from(error).into(),
            // What no call of the API can be refused for.
            Error::Refused(refusal) => Failure::Broken(format!("{refusal:?}")).into(),
        }
    }
}

/// Marks an answer whose document is still to be written.
#[derive(Clone, Debug)]
struct Unwritten(Problem);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(Unwritten(self));
        response
    }
}

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Where the code is explained, relative to this server.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in few words, in the language of `Accept-Language` (English unless German is preferred).
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened and what to do.
    detail: String,
    /// The stable name to program against.
    code: Code,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Names this very answer in our logs.
    request_id: String,
}

/// The language of titles and details: German for those who prefer it, English for all other machines.
pub(super) fn language(headers: &HeaderMap) -> Lang {
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').find_map(|tag| Lang::from_code(tag.split(';').next()?.trim())).unwrap_or(Lang::En)
}

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Gives every failed answer its document.
pub(super) async fn finish(request: Request, next: Next) -> Response {
    let t = T::new(language(request.headers()));
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let problem = match parts.extensions.remove::<Unwritten>() {
        Some(Unwritten(problem)) => problem,
        None => Problem { code: Code::of_status(status), field: None },
    };
    let document = ProblemDocument {
        kind: format!("/api/v1/problems/{}", problem.code),
        title: problem.code.title(t),
        status: status.as_u16(),
        detail: problem.code.detail(t),
        code: problem.code,
        field: problem.field,
        request_id,
    };
    let mut answer = (status, Json(document)).into_response();
    // What was said beside the status stays: `Allow`, `Retry-After`, the limits.
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
    answer.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(t.lang().code()));
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// Turns a panic into an answer.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    log_panic(panic.as_ref());
    Problem::from(Code::Internal).into_response()
}

/// Paths below `/api/` that do not exist.
pub(super) async fn not_found() -> Problem {
    Code::NotFound.into()
}

/// Known paths with another method.
pub(super) async fn method_not_allowed() -> Problem {
    Code::MethodNotAllowed.into()
}

/// What a code means.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemMeaning {
    /// The code.
    code: Code,
    /// The status of an answer that is about it alone.
    status: u16,
    /// The kind of problem in few words.
    title: String,
    /// What it means and what to do.
    detail: String,
}

/// Explains a code, as the `type` of a problem document promises.
#[utoipa::path(get, path = "/api/v1/problems/{code}", tag = "documents", security(()), operation_id = "explain_problem",
    params(("code" = String, Path, description = "The `code` of a problem document.")),
    responses((status = 200, body = ProblemMeaning, description = "What the code means.")))]
pub(super) async fn show(
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ProblemMeaning>, Problem> {
    let (code, t) = (Code::parse(&code).ok_or(Code::NotFound)?, T::new(language(&headers)));
    let status = code.status().as_u16();
    Ok(Json(ProblemMeaning { code, status, title: code.title(t), detail: code.detail(t) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_words_in_both_languages() {
        for code in Code::ALL {
            for t in Lang::ALL.map(T::new) {
                let key = format!("problem-{}", code.as_str().replace('_', "-"));
                assert!(t.has(&key) && t.has(&format!("{key}-detail")), "{code}");
            }
            let written = serde_json::to_value(code).expect("JSON");
            assert_eq!(written, code.as_str(), "the document and the code say the same");
        }
    }

    #[test]
    fn every_error_of_an_event_keeps_its_code() {
        for error in EventError::ALL {
            assert_eq!(Code::from(error).as_str(), error.code());
        }
    }

    #[test]
    fn machines_read_english_unless_they_prefer_german() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value))])
        };
        assert_eq!(language(&HeaderMap::new()), Lang::En);
        assert_eq!(language(&headers("*")), Lang::En);
        assert_eq!(language(&headers("fr, de-AT;q=0.8")), Lang::De);
    }
}
