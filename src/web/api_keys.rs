//! Keys of the API in the workspaces of platform and resellers: list, create, show once, revoke.

use super::actor::{Actor, By, manages};
use super::error::Problem;
use super::form::fresh_token;
use super::frame::Frame;
use super::view::api_key::{ApiKeyForm, ApiKeyIndex, ApiKeyRow, KeyState, MadeKey, ShowApiKey, field};
use super::view::page::Page;
use crate::app::App;
use crate::billing::api_keys::{self, DEFAULT_RATE, HIGHEST_RATE, MOST_KEYS, Made, NewApiKey};
use crate::domain::api_key::{ApiScope, ApiScopes};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::id::ApiKeyId;
use crate::domain::party::{Member, TenantKind};
use crate::i18n::T;
use crate::store;
use crate::store::api_keys::ApiKey;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use jiff::ToSpan;
use serde::Deserialize;

/// Rows of the list: all living keys, and the latest of those that ended.
const ROWS: i64 = 2 * MOST_KEYS;
/// Characters of a name.
const NAME_CHARS: usize = 60;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/admin/settings/api-keys", get(index).post(create))
        .route("/admin/settings/api-keys/{id}", get(show))
        .route("/admin/settings/api-keys/{id}/revocation", post(revoke))
        .route("/reseller/settings/api-keys", get(index).post(create))
        .route("/reseller/settings/api-keys/{id}", get(show))
        .route("/reseller/settings/api-keys/{id}/revocation", post(revoke))
}

/// Whose list it is, by the workspace that the path names.
struct Console {
    member: Member,
    base: &'static str,
}

impl Console {
    fn enter(actor: Actor, page: &Page) -> Result<Console, Problem> {
        let (kind, base) = if page.within("/admin") {
            (TenantKind::Platform, "/admin/settings/api-keys")
        } else {
            (TenantKind::Reseller, "/reseller/settings/api-keys")
        };
        let member = actor.of(kind)?;
        // Keys open the whole workspace, so those who answer for it make them.
        if manages(&member) { Ok(Console { member, base }) } else { Err(Problem::Forbidden) }
    }

    /// Resellers keep the usual limit; the platform gives its own gateway what it needs.
    const fn chooses_rate(&self) -> bool {
        matches!(self.member.tenant.kind, TenantKind::Platform)
    }

    fn row(&self, key: ApiKey, now: Ts) -> ApiKeyRow {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => KeyState::Revoked,
            (None, Some(end)) if end <= now => KeyState::Expired,
            _ => KeyState::Active,
        };
        ApiKeyRow {
            href: format!("{}/{}", self.base, key.id),
            name: key.name,
            shown: key.shown,
            scopes: key.scopes,
            rate: key.rate_per_minute,
            mode: key.mode,
            state,
            created_at: key.created_at,
            creator: key.creator,
            // The last instant, so that its date is the day that was entered.
            expires_at: key.expires_at.map(|end| Ts(end.0 - 1)),
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            revoker: key.revoker,
        }
    }

    async fn view(
        &self,
        app: &App,
        page: Page,
        form: ApiKeyForm,
        errors: Vec<(&'static str, String)>,
        made: Option<MadeKey>,
    ) -> Result<ApiKeyIndex, Problem> {
        let keys = store::api_keys::list(&app.db, self.member.scope(), self.member.tenant.id, ROWS).await?;
        let now = page.now;
        let keys = keys.into_iter().map(|key| self.row(key, now)).collect();
        Ok(ApiKeyIndex { page, base: self.base, keys, form, errors, made })
    }

    /// The form before anybody has entered anything.
    fn blank(&self) -> ApiKeyForm {
        ApiKeyForm {
            rate: self.chooses_rate().then(|| DEFAULT_RATE.to_string()),
            request_key: fresh_token(),
            rates: (1, HIGHEST_RATE),
            ..ApiKeyForm::default()
        }
    }
}

async fn index(State(app): State<App>, actor: Actor, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let console = Console::enter(actor, &page)?;
    let form = console.blank();
    Ok(Html(console.view(&app, page, form, vec![], None).await?.render()?))
}

/// The fields of the form, all as text: what cannot be read is answered beside its field.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    name: String,
    usage_write: String,
    holds_write: String,
    read: String,
    customers_write: String,
    rate: String,
    expires_on: String,
    request_key: String,
}

impl Fields {
    fn scopes(&self) -> ApiScopes {
        let chosen = |scope: &ApiScope| match field(*scope) {
            "usage_write" => &self.usage_write,
            "holds_write" => &self.holds_write,
            "read" => &self.read,
            _ => &self.customers_write,
        };
        ApiScopes::new(ApiScope::ALL.iter().filter(|scope| chosen(scope) == "on").copied())
    }

    fn form(&self, console: &Console) -> ApiKeyForm {
        ApiKeyForm {
            name: self.name.clone(),
            scopes: self.scopes(),
            rate: console.chooses_rate().then(|| self.rate.clone()),
            expires_on: self.expires_on.clone(),
            request_key: self.request_key.clone(),
            rates: (1, HIGHEST_RATE),
        }
    }

    /// What is asked for, or what is wrong with it.
    fn read(&self, console: &Console, t: T, now: Ts) -> Result<NewApiKey, Vec<(&'static str, String)>> {
        let mut errors = vec![];
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS {
            errors.push(("name", t.api_key_error_name(NAME_CHARS)));
        }
        let scopes = self.scopes();
        if scopes.is_empty() {
            errors.push(("scopes", t.api_key_error_scopes()));
        }
        let rate = if console.chooses_rate() { read_rate(&self.rate) } else { Some(DEFAULT_RATE) };
        if rate.is_none() {
            errors.push(("rate", t.api_key_error_rate(t.number(HIGHEST_RATE), t.number(1))));
        }
        let expires_at = read_expiry(&self.expires_on, now);
        if expires_at.is_err() {
            errors.push(("expires_on", t.api_key_error_expires()));
        }
        match (rate, expires_at) {
            (Some(rate_per_minute), Ok(expires_at)) if errors.is_empty() => Ok(NewApiKey {
                name: name.to_owned(),
                scopes,
                rate_per_minute,
                expires_at,
                // A form without a key of its own is as new as it can be.
                request_key: match self.request_key.as_str() {
                    "" => fresh_token(),
                    key => key.chars().take(64).collect(),
                },
            }),
            _ => Err(errors),
        }
    }
}

fn read_rate(text: &str) -> Option<i64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '.')).collect();
    digits.parse().ok().filter(|rate| (1..=HIGHEST_RATE).contains(rate))
}

/// The end of the day that was entered: the first instant of the next one. Nothing entered is no end.
fn read_expiry(text: &str, now: Ts) -> Result<Option<Ts>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse::<jiff::civil::Date>().map_err(|_| ())?;
    let end = calendar::start_of(day.checked_add(1.day()).map_err(|_| ())?);
    if day < calendar::day(now) || end <= now { Err(()) } else { Ok(Some(end)) }
}

/// The secret stands on the page that answers the form and nowhere else: no redirect could carry it.
async fn create(
    State(app): State<App>,
    actor: Actor,
    By(author): By,
    Frame(page): Frame,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let console = Console::enter(actor, &page)?;
    let t = page.t;
    let new = match fields.read(&console, t, page.now) {
        Ok(new) => new,
        Err(errors) => return refused(&app, &console, page, &fields, errors).await,
    };
    let name = new.name.clone();
    let made = match api_keys::create(&app, &author, &console.member.tenant, new).await? {
        Made::Key { secret, .. } => MadeKey::Key { name, secret },
        Made::Before => MadeKey::Before,
        Made::Full => {
            let full = vec![("", t.api_key_error_full(t.number(MOST_KEYS)))];
            return refused(&app, &console, page, &fields, full).await;
        }
    };
    let form = console.blank();
    Ok(Html(console.view(&app, page, form, vec![], Some(made)).await?.render()?).into_response())
}

async fn refused(
    app: &App,
    console: &Console,
    page: Page,
    fields: &Fields,
    errors: Vec<(&'static str, String)>,
) -> Result<Response, Problem> {
    let view = console.view(app, page, fields.form(console), errors, None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response())
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let console = Console::enter(actor, &page)?;
    let id = ApiKeyId::parse(&id).ok_or(Problem::NotFound)?;
    let (scope, owner) = (console.member.scope(), console.member.tenant.id);
    let key = store::api_keys::find(&app.db, scope, owner, id).await?.ok_or(Problem::NotFound)?;
    let key = console.row(key, page.now);
    Ok(Html(ShowApiKey { page, base: console.base, key }.render()?))
}

async fn revoke(
    State(app): State<App>,
    actor: Actor,
    By(author): By,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let console = Console::enter(actor, &page)?;
    let id = ApiKeyId::parse(&id).ok_or(Problem::NotFound)?;
    let (scope, owner) = (console.member.scope(), &console.member.tenant);
    store::api_keys::find(&app.db, scope, owner.id, id).await?.ok_or(Problem::NotFound)?;
    // A key that was revoked already stays as it is; the page says so either way.
    api_keys::revoke(&app, &author, owner, id).await?;
    Ok(Redirect::to(&format!("{}/{id}", console.base)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_last_day_is_meant_to_its_end_and_not_in_the_past() {
        let now = Ts(calendar::start_of(date(2026, 11, 23)).0 + 36_000_000_000);
        assert_eq!(read_expiry(" ", now), Ok(None));
        assert_eq!(read_expiry("2026-11-23", now), Ok(Some(calendar::start_of(date(2026, 11, 24)))));
        for wrong in ["2026-11-22", "23.11.2026", "morgen", "2026-02-30", "9999-12-31"] {
            assert_eq!(read_expiry(wrong, now), Err(()), "{wrong}");
        }
    }

    #[test]
    fn rates_are_whole_numbers_within_limits() {
        assert_eq!(read_rate("60"), Some(60));
        assert_eq!(read_rate("1.000.000"), Some(1_000_000));
        for wrong in ["", "0", "-5", "1,5", "1000001", "viele"] {
            assert_eq!(read_rate(wrong), None, "{wrong}");
        }
    }
}
