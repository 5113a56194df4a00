//! Signing in and out.

use super::actor::{Actor, ClientAddress};
use super::error::Problem;
use super::form::fresh_token;
use super::frame::{Frame, LANGUAGE_COOKIE, THEME_COOKIE, home};
use super::session_store::key;
use super::view::sign_in::{DemoAccount, SignIn};
use crate::app::App;
use crate::billing::Error;
use crate::billing::sign_in::{self, SignedIn};
use crate::domain::party::TenantKind;
use crate::domain::refusal::Refusal;
use crate::store;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use validator::Validate;

/// `GET /`: home for members, the sign-in for everyone else.
pub async fn root(actor: Option<Actor>) -> Redirect {
    Redirect::to(actor.as_ref().map_or("/login", |actor| home(&actor.0)))
}

#[derive(Deserialize)]
pub(super) struct NextQuery {
    #[serde(default)]
    next: String,
}

/// `GET /login`.
pub(super) async fn show(
    State(app): State<App>,
    Frame(page): Frame,
    actor: Option<Actor>,
    Query(query): Query<NextQuery>,
) -> Result<Response, Problem> {
    if let Some(actor) = actor {
        return Ok(Redirect::to(home(&actor.0)).into_response());
    }
    let t = page.t;
    let next = local_path(&query.next).unwrap_or_default().to_owned();
    let notice = (!next.is_empty()).then(|| t.sign_in_expired());
    Ok(Html(view(&app, page, String::new(), next, None, notice).render()?).into_response())
}

fn view(
    app: &App,
    page: super::view::page::Page,
    email: String,
    next: String,
    error: Option<String>,
    notice: Option<String>,
) -> SignIn {
    let t = page.t;
    let demo_accounts = if app.demo {
        vec![
            DemoAccount { label: t.sign_in_demo_customer(), email: "kunde@guthaben.example".into() },
            DemoAccount { label: t.sign_in_demo_direct(), email: "direkt@guthaben.example".into() },
            DemoAccount { label: t.sign_in_demo_reseller(), email: "reseller@guthaben.example".into() },
            DemoAccount { label: t.sign_in_demo_finance(), email: "finanzen@guthaben.example".into() },
            DemoAccount { label: t.sign_in_demo_admin(), email: "admin@guthaben.example".into() },
        ]
    } else {
        vec![]
    };
    let demo_password = if app.demo { crate::app::DEMO_PASSWORD.to_owned() } else { String::new() };
    SignIn { page, email, next, error, notice, demo_accounts, demo_password }
}

/// The sign-in form. Lengths are bounded so that nobody hashes megabytes.
#[derive(Deserialize, Validate)]
pub(super) struct SignInForm {
    #[validate(length(min = 1, max = 254))]
    email: String,
    #[validate(length(min = 1, max = 256))]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`.
pub(super) async fn create(
    State(app): State<App>,
    Frame(page): Frame,
    client: ClientAddress,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let next = local_path(&form.next).unwrap_or_default().to_owned();
    let result = match form.validate() {
        Ok(()) => sign_in::sign_in(&app, &form.email, form.password, &client.throttle_key()).await,
        Err(_) => Err(Refusal::SignInFailed.into()),
    };
    match result {
        Ok(person) => enter(&app, &session, &headers, &client.0.to_string(), &person, &next).await,
        Err(Error::Refused(refusal)) => {
            let status = match refusal {
                Refusal::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let error = Some(page.t.refusal(&refusal));
            let html = view(&app, page, form.email, next, error, None).render()?;
            let mut response = (status, Html(html)).into_response();
            if let Refusal::TooManyAttempts { minutes } = refusal {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(minutes * 60));
            }
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

async fn enter(
    app: &App,
    session: &Session,
    headers: &HeaderMap,
    address: &str,
    person: &SignedIn,
    next: &str,
) -> Result<Response, Problem> {
    let member =
        store::persons::member(&app.db, person.person, person.tenant).await?.ok_or(Problem::NotFound)?;
    // A new id and no leftovers: what was known before signing in is worth nothing afterwards.
    session.clear().await;
    session.cycle_id().await.map_err(Problem::session)?;
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(200).collect();
    let staff = member.tenant.kind != TenantKind::Customer;
    session.insert(key::PERSON, person.person).await.map_err(Problem::session)?;
    session.insert(key::TENANT, person.tenant).await.map_err(Problem::session)?;
    session.insert(key::STAFF, staff).await.map_err(Problem::session)?;
    session.insert(key::CSRF, fresh_token()).await.map_err(Problem::session)?;
    session.insert(key::ADDRESS, address).await.map_err(Problem::session)?;
    session.insert(key::AGENT, agent).await.map_err(Problem::session)?;
    let to = if next.is_empty() { home(&member) } else { next };
    let mut response = Redirect::to(to).into_response();
    // The last choice of language and theme follows the person to a new device.
    for (name, value) in [(LANGUAGE_COOKIE, &person.language), (THEME_COOKIE, &person.theme)] {
        super::session::remember(response.headers_mut(), name, value);
    }
    Ok(response)
}

/// `POST /logout`.
pub(super) async fn destroy(session: Session) -> Result<Redirect, Problem> {
    session.flush().await.map_err(Problem::session)?;
    Ok(Redirect::to("/login"))
}

/// A path on this site, and nothing a browser would take for another one.
pub(super) fn local_path(next: &str) -> Option<&str> {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic())
        && next.len() <= 1000;
    safe.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn the_way_back_stays_on_this_site() {
        for good in ["/portal", "/portal/transactions?kind=call&from=2026-11-01", "/"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "portal", "/a\r\nb", "/\t/evil"]
        {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}
