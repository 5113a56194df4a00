//! Forms: where they may come from, and the token each of them carries.
//!
//! Two walls: the browser says that the request comes from our own pages (`Sec-Fetch-Site`, else `Origin`), and the form knows a
//! token. A signed-in session has its own token; before, the token is a keyed hash of a random cookie.

use super::error::Problem;
use super::session_store::key;
use crate::app::App;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tower_sessions::Session;

const COOKIE: &str = "__Host-form";

/// The token that the forms of this request's page carry.
#[derive(Clone, Debug, Default)]
pub struct FormToken(pub String);

/// A random text of 128 bits.
pub fn fresh_token() -> String {
    let random: u128 = rand::random();
    format!("{random:032x}")
}

/// Checks every writing request and gives every page its token.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(&app, request).await {
        Ok((request, cookie)) => {
            let mut response = next.run(request).await;
            if let Some(cookie) = cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// No keyboard types a NUL, and PostgreSQL's texts cannot hold one: it would be a failure wherever it is looked up.
fn has_nul(encoded: &[u8]) -> bool {
    form_urlencoded::parse(encoded).any(|(name, value)| name.contains('\0') || value.contains('\0'))
}

async fn check(app: &App, request: Request) -> Result<(Request, Option<HeaderValue>), Problem> {
    let (mut parts, body) = request.into_parts();
    if parts.uri.query().is_some_and(|query| has_nul(query.as_bytes())) {
        return Err(Problem::Unreadable);
    }
    let session = Session::from_request_parts(&mut parts, app).await.map_err(|_| Problem::NotFound)?;
    let of_session = session.get::<String>(key::CSRF).await.map_err(Problem::session)?;
    let nonce = cookie(&parts.headers);
    let had_session = super::frame::cookie(&parts.headers, "__Host-sid").is_some();
    let of_cookie = nonce.as_deref().map(|nonce| keyed(app, nonce));
    if parts.method == Method::GET || parts.method == Method::HEAD {
        let (token, set) = match (of_session, of_cookie) {
            (Some(token), _) | (None, Some(token)) => (token, None),
            (None, None) => {
                let nonce = fresh_token();
                let set = format!("{COOKIE}={nonce}; Path=/; Secure; HttpOnly; SameSite=Lax");
                (keyed(app, &nonce), HeaderValue::from_str(&set).ok())
            }
        };
        parts.extensions.insert(FormToken(token));
        return Ok((Request::from_parts(parts, body), set));
    }
    if !comes_from_us(&parts.headers) {
        tracing::warn!("a form came from another site");
        return Err(Problem::Forbidden);
    }
    let bytes = tokio::time::timeout(BODY_PATIENCE, axum::body::to_bytes(body, super::FORM_BYTES)).await;
    let bytes = bytes.map_err(|_| Problem::Unreadable)?.map_err(|_| Problem::TooLong)?;
    if has_nul(&bytes) {
        return Err(Problem::Unreadable);
    }
    let given = form_urlencoded::parse(&bytes)
        .find(|(name, _)| name == "csrf_token")
        .map(|(_, value)| value.into_owned());
    let given = given.unwrap_or_default();
    let known = [of_session.as_deref(), of_cookie.as_deref()];
    if !known.into_iter().flatten().any(|token| bool::from(token.as_bytes().ct_eq(given.as_bytes()))) {
        // Who was signed in and is no longer signs in again; the form itself cannot be sent for him.
        let ended = of_session.is_none() && had_session && parts.uri.path() != "/login";
        return Err(if ended { Problem::SignIn { next: None } } else { Problem::Forbidden });
    }
    parts.extensions.insert(FormToken(of_session.or(of_cookie).unwrap_or_default()));
    Ok((Request::from_parts(parts, Body::from(bytes)), None))
}

/// How long a form may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(15);

fn keyed(app: &App, nonce: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&app.token_key).expect("HMAC takes keys of any length");
    mac.update(nonce.as_bytes());
    mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let nonce = pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())?;
    (nonce.len() == 32).then_some(nonce)
}

/// What a browser says about the origin of a request; a client that says nothing (a script) still needs the token.
fn comes_from_us(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().expect("name"), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_write() {
        let host = ("host", "portal.example");
        for (good, pairs) in [
            (true, vec![host]),
            (true, vec![host, ("origin", "https://portal.example")]),
            (true, vec![host, ("sec-fetch-site", "same-origin")]),
            (false, vec![host, ("sec-fetch-site", "cross-site")]),
            (false, vec![host, ("sec-fetch-site", "same-site")]),
            (false, vec![host, ("origin", "https://portal.example.evil")]),
            (false, vec![host, ("origin", "null")]),
        ] {
            assert_eq!(comes_from_us(&headers(&pairs)), good, "{pairs:?}");
        }
        assert_eq!(cookie(&headers(&[("cookie", "a=b; __Host-form=short")])), None);
    }
}
