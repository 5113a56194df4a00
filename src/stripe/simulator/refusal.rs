//! What the simulated API answers when it says no: Stripe's error body, with the status it belongs to.

use std::ops::{Deref, DerefMut};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error as Stripe's API words it.
#[derive(Debug, Clone)]
pub(super) struct ApiError(Box<Problem>);

/// The parts of an error, reached through [`ApiError`], which is a pointer to keep results small.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub status: u16,
    pub kind: &'static str,
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub message: String,
    pub param: Option<String>,
    pub charge: Option<String>,
    pub payment_intent: Option<Value>,
    /// Whether what was written so far stays: a declined card leaves its traces.
    pub keep: bool,
}

impl ApiError {
    /// A refused request: 400 `invalid_request_error`.
    pub fn invalid(code: &str, message: impl Into<String>, param: Option<&str>) -> ApiError {
        ApiError(Box::new(Problem {
            status: 400,
            kind: "invalid_request_error",
            code: (!code.is_empty()).then(|| code.to_owned()),
            decline_code: None,
            message: message.into(),
            param: param.map(str::to_owned),
            charge: None,
            payment_intent: None,
            keep: false,
        }))
    }

    /// A parameter that must be there and is not.
    pub fn missing(param: &str) -> ApiError {
        ApiError::invalid("parameter_missing", format!("Missing required param: {param}."), Some(param))
    }

    /// 404 for an object this simulator does not hold. `param` is `id` for paths and the parameter's name in bodies.
    pub fn no_such(kind: &str, id: &str, param: &str) -> ApiError {
        let name = kind.replace(['.', '_'], " ");
        let status = if param == "id" { 404 } else { 400 };
        let message = format!("No such {name}: '{id}'");
        ApiError::invalid("resource_missing", message, Some(param)).with_status(status)
    }

    /// 401: no key or a foreign one.
    pub fn unauthorized(message: &str) -> ApiError {
        ApiError::invalid("", message, None).with_status(401)
    }

    /// 404 for a path that is no endpoint here.
    pub fn no_route(method: &str, path: &str) -> ApiError {
        let message =
            format!("Unrecognized request URL ({method}: {path}). The simulator has no such endpoint.");
        ApiError::invalid("", message, None).with_status(404)
    }

    /// An error of another type, with its own status.
    pub fn of(status: u16, kind: &'static str, code: &str, message: &str) -> ApiError {
        let mut error = ApiError::invalid(code, message, None).with_status(status);
        error.kind = kind;
        error
    }

    fn with_status(mut self, status: u16) -> ApiError {
        self.status = status;
        self
    }

    /// 500 `api_error`: what went wrong inside stands in the log, not in the answer.
    pub fn internal() -> ApiError {
        ApiError::of(500, "api_error", "", "An unexpected error occurred in the simulator.")
    }

    /// Stripe's error body.
    pub fn body(&self) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                error[key] = value;
            }
        };
        put("code", self.code.clone().map(Value::String));
        put(
            "doc_url",
            self.code
                .as_ref()
                .map(|code| json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")))),
        );
        put("decline_code", self.decline_code.clone().map(Value::String));
        put("param", self.param.clone().map(Value::String));
        put("charge", self.charge.clone().map(Value::String));
        put("payment_intent", self.payment_intent.clone());
        json!({ "error": error })
    }
}

impl Deref for ApiError {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        &self.0
    }
}

impl DerefMut for ApiError {
    fn deref_mut(&mut self) -> &mut Problem {
        &mut self.0
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> ApiError {
        tracing::error!(%error, "the simulator's store failed");
        ApiError::internal()
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> ApiError {
        tracing::error!(%error, "the simulator's store holds text that is not JSON");
        ApiError::internal()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, axum::Json(self.body())).into_response()
    }
}
