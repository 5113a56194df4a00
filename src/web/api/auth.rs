//! Who calls: the key of the request, counted against its limit before anything else happens.

use super::limit::{self, Windows};
use super::problem::{Code, Problem, language};
use crate::app::App;
use crate::billing::api_keys;
use crate::domain::api_key::ApiScope;
use crate::domain::audit::Author;
use crate::domain::id::ApiKeyId;
use crate::domain::party::Scope;
use crate::i18n::T;
use crate::store::api_keys::KnownKey;
use crate::web::trace::RequestId;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// What the guard needs.
#[derive(Clone)]
pub(super) struct Gate {
    /// The shared state.
    pub(super) app: App,
    /// The windows of this node.
    pub(super) windows: Arc<Windows<ApiKeyId>>,
}

/// The holder of a valid key.
#[derive(Clone, Debug)]
pub struct Caller {
    key: Arc<KnownKey>,
    /// The request, as logs name it.
    request_id: Option<String>,
    /// The language of sentences within answers.
    pub t: T,
}

impl Caller {
    /// What it may see, if the key has a right.
    ///
    /// # Errors
    /// [`Code::ScopeMissing`].
    pub fn may(&self, right: ApiScope) -> Result<Scope, Problem> {
        if self.key.scopes.has(right) { Ok(self.key.scope()) } else { Err(Code::ScopeMissing.into()) }
    }

    /// Whether it may know what is earned from a customer: sellers do, customers see their own price only.
    pub fn sells(&self) -> bool {
        !matches!(self.key.scope(), Scope::Customer(_))
    }
}

impl Caller {
    /// Who asks for a change: the tenant whose key it is.
    pub fn author(&self) -> Author {
        let (tenant, request_id) = (Some(self.key.owner_id), self.request_id.clone());
        Author { tenant, request_id, ..Author::SYSTEM }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Caller, Problem> {
        // The guard stands before every route that asks for a caller; one it does not stand before is open to nobody.
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| Code::KeyMissing.into())
    }
}

/// The secret of `Authorization: Bearer …`; the word itself is read in any case.
fn secret(headers: &HeaderMap) -> Option<&str> {
    let (word, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    word.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// Lets nobody in without a key, counts the request, and says on every answer how many are left.
pub(super) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let Some(secret) = secret(request.headers()) else {
        return Problem::from(Code::KeyMissing).into_response();
    };
    let key = match api_keys::verify(&gate.app, secret).await {
        Ok(Ok(key)) => key,
        Ok(Err(denied)) => return Problem::from(Code::from(denied)).into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let allowance = gate.windows.count(key.id, key.rate_per_minute, gate.app.clock.now());
    let t = T::new(language(request.headers()));
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let mut response = if allowance.allowed {
        request.extensions_mut().insert(Caller { key, request_id, t });
        next.run(request).await
    } else {
        Problem::from(Code::RateLimited).into_response()
    };
    limit::say(&allowance, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_key_comes_as_a_bearer_token() {
        let read = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            secret(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer gut_test_demo").as_deref(), Some("gut_test_demo"));
        assert_eq!(read("bearer  gut_test_demo ").as_deref(), Some("gut_test_demo"));
        for wrong in ["gut_test_demo", "Basic gut_test_demo", "Bearer", ""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(secret(&HeaderMap::new()), None);
    }
}
