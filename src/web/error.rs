//! Everything that went wrong, as a page in the reader's language. Causes are logged here, once; readers get a reference.

use super::frame::FrameSource;
use super::trace::RequestId;
use super::view::error::ErrorPage;
use crate::app::App;
use crate::billing::{Error, Failure};
use crate::passwords::PasswordError;
use crate::store;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::any::Any;

/// Why a handler has no page of its own to show.
#[derive(Debug)]
pub enum Problem {
    /// No such thing, or not for this reader: there is no difference to see.
    NotFound,
    /// The request cannot be read.
    Unreadable,
    /// The body is longer than any form.
    TooLong,
    /// The role may see but not do this.
    Forbidden,
    /// Sign in first.
    SignIn {
        /// Where to go afterwards.
        next: Option<String>,
    },
    /// Too many requests; try again after so many seconds.
    Wait(u64),
    /// Something broke.
    Failed(Failure),
}

impl Problem {
    /// A broken session store.
    pub fn session(error: tower_sessions::session::Error) -> Problem {
        Problem::Failed(Failure::Broken(error.to_string()))
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        Problem::Failed(error.into())
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Problem {
        Problem::Failed(Failure::Broken(error.to_string()))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Failed(Failure::Passwords(PasswordError::Busy)) => Problem::Wait(2),
            Error::Failed(failure) => Problem::Failed(failure),
            // A handler that has a form shows refusals beside their fields; one that has none is forbidden to.
            Error::Refused(_) => Problem::Forbidden,
        }
    }
}

/// Marks an answer that still needs its page.
#[derive(Clone, Copy, Debug)]
struct Unpaged;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match &self {
            Problem::SignIn { next } => {
                let query = next.as_ref().map(|next| {
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish()
                });
                return Redirect::to(&query.map_or("/login".to_owned(), |query| format!("/login?{query}")))
                    .into_response();
            }
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::Unreadable => StatusCode::BAD_REQUEST,
            Problem::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::Forbidden => StatusCode::FORBIDDEN,
            Problem::Wait(_) => StatusCode::SERVICE_UNAVAILABLE,
            Problem::Failed(failure) => {
                tracing::error!(error = %failure, "request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let mut response = status.into_response();
        if let Problem::Wait(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Unpaged);
        response
    }
}

/// Unknown paths.
pub async fn not_found() -> Problem {
    Problem::NotFound
}

/// Known paths with another method.
pub async fn method_not_allowed() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

/// Turns a panic into an answer; the reader learns no more than that.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    log_panic(panic.as_ref());
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Writes down what a handler panicked with.
pub(super) fn log_panic(panic: &(dyn Any + Send + 'static)) {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked");
}

/// A script that follows the redirect to the sign-in would swap that page into a corner of its own, and a stream would take it for a
/// success and ask again at once. It learns the status, and htmx where to go.
fn sign_in_by_script(response: Response) -> Response {
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    if response.status() != StatusCode::SEE_OTHER || !(to == "/login" || to.starts_with("/login?")) {
        return response;
    }
    (StatusCode::UNAUTHORIZED, [(HX_REDIRECT, "/login"), (header::CONTENT_TYPE, "text/html")]).into_response()
}

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Gives every failed answer without a body of its own its page.
pub async fn pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let source = FrameSource::of(&parts);
    let reference = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(Request::from_parts(parts, body)).await;
    let response = if source.is_script() { sign_in_by_script(response) } else { response };
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let has_page = response.headers().contains_key(header::CONTENT_TYPE)
        && response.extensions().get::<Unpaged>().is_none();
    // Rejections of extractors (unreadable forms, bodies too long) come as plain text that nobody should read.
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_error || (has_page && !plain) {
        return response;
    }
    let page = source.frame(&app).await;
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let allow = response.headers().get(header::ALLOW).cloned();
    let html =
        askama::Template::render(&ErrorPage { page, status: status.as_u16(), reference }).unwrap_or_default();
    let mut answer = (status, axum::response::Html(html)).into_response();
    for (name, value) in [(header::RETRY_AFTER, retry_after), (header::ALLOW, allow)] {
        if let Some(value) = value {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
