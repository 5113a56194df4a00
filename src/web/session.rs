//! What a reader sets for itself: the tenant acted for, language, theme.

use super::actor::Actor;
use super::error::Problem;
use super::frame::{LANGUAGE_COOKIE, THEME_COOKIE, cookie, home, language};
use super::session_store::key;
use super::sign_in::local_path;
use crate::app::App;
use crate::domain::id::TenantId;
use crate::domain::party::TenantKind;
use crate::i18n::Lang;
use crate::store;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

#[derive(Deserialize)]
pub(super) struct TenantForm {
    tenant: String,
}

/// `POST /session/tenant`: acts for another tenant the person belongs to.
pub(super) async fn switch_tenant(
    State(app): State<App>,
    Actor(member): Actor,
    session: Session,
    Form(form): Form<TenantForm>,
) -> Result<Redirect, Problem> {
    let tenant = TenantId::parse(&form.tenant).ok_or(Problem::NotFound)?;
    let member = store::persons::member(&app.db, member.person_id, tenant).await?.ok_or(Problem::NotFound)?;
    session.insert(key::TENANT, tenant).await.map_err(Problem::session)?;
    // Once staff, always the short session: switching must not prolong it.
    if member.tenant.kind != TenantKind::Customer {
        session.insert(key::STAFF, true).await.map_err(Problem::session)?;
    }
    Ok(Redirect::to(home(&member)))
}

#[derive(Deserialize)]
pub(super) struct LanguageForm {
    language: String,
    #[serde(default)]
    next: String,
}

/// `POST /session/language`.
pub(super) async fn set_language(
    State(app): State<App>,
    actor: Option<Actor>,
    headers: HeaderMap,
    Form(form): Form<LanguageForm>,
) -> Result<Response, Problem> {
    let language = Lang::from_code(&form.language).ok_or(Problem::NotFound)?.code();
    let theme = cookie(&headers, THEME_COOKIE).filter(|theme| THEMES.contains(theme)).unwrap_or("system");
    keep(&app, actor, language, theme).await?;
    Ok(back(&form.next, LANGUAGE_COOKIE, language))
}

#[derive(Deserialize)]
pub(super) struct ThemeForm {
    theme: String,
    #[serde(default)]
    next: String,
}

const THEMES: [&str; 3] = ["system", "light", "dark"];

/// `POST /session/theme`.
pub(super) async fn set_theme(
    State(app): State<App>,
    actor: Option<Actor>,
    headers: HeaderMap,
    Form(form): Form<ThemeForm>,
) -> Result<Response, Problem> {
    let theme = THEMES.into_iter().find(|theme| *theme == form.theme).ok_or(Problem::NotFound)?;
    keep(&app, actor, language(&headers).code(), theme).await?;
    Ok(back(&form.next, THEME_COOKIE, theme))
}

async fn keep(app: &App, actor: Option<Actor>, language: &str, theme: &str) -> Result<(), Problem> {
    if let Some(Actor(member)) = actor {
        let mut tx = app.db.begin().await?;
        store::persons::set_preferences(&mut tx, member.person_id, language, theme).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn back(next: &str, name: &str, value: &str) -> Response {
    let mut response = Redirect::to(local_path(next).unwrap_or("/")).into_response();
    remember(response.headers_mut(), name, value);
    response
}

/// Sets a preference cookie for a year.
pub(super) fn remember(headers: &mut HeaderMap, name: &str, value: &str) {
    let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}
