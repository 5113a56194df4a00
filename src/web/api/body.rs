//! Reading what a call sends: JSON bodies and queries, strictly, with the name of the field that is wrong.

use super::problem::{Code, Problem};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A body that says it is JSON, unread.
pub(super) struct JsonBytes(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<JsonBytes, Problem> {
        if !is_json(request.headers()) {
            return Err(Code::UnsupportedMediaType.into());
        }
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(JsonBytes(bytes)),
            // Longer than the limit, however it was sent; a sender who hangs up never reads this.
            Err(_) => Err(Code::BodyTooLarge.into()),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A body of one type.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        Ok(Body(parse(&bytes)?))
    }
}

/// A body that may be left out.
pub(super) struct Optional<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Optional<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Optional<T>, Problem> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|_| Code::BodyTooLarge)?;
        match (bytes.is_empty(), is_json) {
            (true, _) => Ok(Optional(T::default())),
            (false, true) => Ok(Optional(parse(&bytes)?)),
            (false, false) => Err(Code::UnsupportedMediaType.into()),
        }
    }
}

/// A query of one type; names that it does not know are refused as in bodies.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, Problem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(value)| Params(value)).map_err(|error| named(&cause(&error)))
    }
}

/// Reads JSON as `T`.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    match Json::from_bytes(json) {
        Ok(Json(value)) => Ok(value),
        Err(JsonRejection::JsonDataError(error)) => Err(named(&cause(&error))),
        Err(_) => Err(Code::MalformedJson.into()),
    }
}

/// The innermost sentence of an error: `path: what is wrong`.
fn cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Turns serde's sentence into a code and a field. Unknown and missing names stand in it in backticks; values that do not fit have
/// their path before the first colon.
fn named(sentence: &str) -> Problem {
    let quoted = sentence.split_once('`').and_then(|(before, rest)| {
        let mut words = before.split_whitespace().rev();
        let (noun, kind) = (words.next()?, words.next()?);
        (noun == "field").then_some((kind, rest.split('`').next()?.to_owned()))
    });
    match quoted {
        Some(("unknown", field)) => Problem { code: Code::FieldUnknown, field: Some(field) },
        Some(("missing", field)) => Problem { code: Code::FieldMissing, field: Some(field) },
        Some((_, field)) => Problem { code: Code::FieldInvalid, field: Some(field) },
        None => {
            let path = sentence.split_once(": ").map(|(path, _)| path);
            let field = path.filter(|path| !path.contains([' ', '?'])).map(str::to_owned);
            Problem { code: Code::FieldInvalid, field }
        }
    }
}

/// An instant as the API writes it: RFC 3339, read with any offset, written in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant(pub(super) Ts);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        let text = String::deserialize(deserializer)?;
        calendar::instant(&text).map(Instant).ok_or_else(|| D::Error::custom("not-rfc-3339"))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = jiff::Timestamp::from_microsecond(self.0.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        serializer.collect_str(&at)
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        RefOr::T(ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build().into())
    }
}

impl ToSchema for Instant {}

/// A German day as the API and the store write it: `2026-11-23`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day(pub(super) String);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        let day = text.parse::<jiff::civil::Date>().ok().map(|day| day.to_string());
        // Days are compared as texts, so another way to write one, or one before year 0, would lie anywhere.
        day.filter(|day| *day == text && day.len() == 10)
            .map(Day)
            .ok_or_else(|| D::Error::custom("not-a-day"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        id: String,
        at: Option<Instant>,
        n: Option<i64>,
    }

    fn refused(json: &str) -> (Code, Option<String>) {
        let problem = parse::<Sample>(json.as_bytes()).expect_err(json);
        (problem.code, problem.field)
    }

    #[test]
    fn every_mistake_names_its_field() {
        let field = |name: &str| Some(name.to_owned());
        assert_eq!(refused(r#"{"id":"a","x: y":1}"#), (Code::FieldUnknown, field("x: y")));
        assert_eq!(refused(r#"{"n":1}"#), (Code::FieldMissing, field("id")));
        assert_eq!(refused(r#"{"id":5}"#), (Code::FieldInvalid, field("id")));
        assert_eq!(refused(r#"{"id":"a","n":1.5}"#), (Code::FieldInvalid, field("n")));
        assert_eq!(refused(r#"{"id":"a","n":1e400}"#).0, Code::MalformedJson);
        assert_eq!(refused(r#"{"id":"a","n":9223372036854775808}"#), (Code::FieldInvalid, field("n")));
        assert_eq!(refused(r#"{"id":"a","id":"b"}"#), (Code::FieldInvalid, field("id")));
        assert_eq!(refused(r#"{"id":"a","at":"gestern"}"#), (Code::FieldInvalid, field("at")));
        assert_eq!(refused("5"), (Code::FieldInvalid, None));
        for broken in ["", "{", r#"{"id":"a"} x"#, "{'id':1}", "\u{feff}{}", "nul"] {
            assert_eq!(refused(broken), (Code::MalformedJson, None), "{broken}");
        }
    }

    #[test]
    fn instants_are_read_with_any_offset_and_written_in_utc() {
        let read = |text: &str| serde_json::from_value::<Instant>(text.into()).ok();
        let at = read("2026-11-23T10:00:00.5+01:00").expect("an instant");
        assert_eq!(serde_json::to_value(at).expect("JSON"), "2026-11-23T09:00:00.5Z");
        for wrong in [
            "2026-11-23",
            "2026-11-23T10:00:00",
            "1795424400",
            "2026-11-23T10:00:00+01:00[Europe/Berlin]",
            "2026-13-01T00:00:00Z",
            "2026-11-23T10:00:00,5Z",
            "",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_are_written_in_one_way() {
        let read = |text: &str| serde_json::from_value::<Day>(text.into()).ok();
        assert_eq!(read("2026-11-23"), Some(Day("2026-11-23".to_owned())));
        for wrong in ["2026-02-30", "20261123", "23.11.2026", "-002026-11-23", "2026-11-23T00:00:00Z", ""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_body_must_say_that_it_is_json() {
        let said = |kind: &'static str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static(kind))]))
        };
        assert!(
            said("application/json") && said("Application/JSON; charset=utf-8") && said("application/x+json")
        );
        assert!(!said("text/plain") && !said("application/jsonx") && !is_json(&HeaderMap::new()));
    }
}
