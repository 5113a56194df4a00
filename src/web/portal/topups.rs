//! Topping up: the form, its summary, the way to Checkout, and the page that follows one top-up.

use super::snapshot;
use crate::app::App;
use crate::billing::{Error, topups};
use crate::domain::calendar;
use crate::domain::id::TopUpId;
use crate::domain::money::Cents;
use crate::domain::party::Member;
use crate::domain::refusal::Refusal;
use crate::domain::topup::{Method, Status};
use crate::i18n::T;
use crate::store;
use crate::store::topups::TopUp;
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::form::fresh_token;
use crate::web::frame::Frame;
use crate::web::view::page::Page;
use crate::web::view::parts::Reach;
use crate::web::view::topup::{NewTopUp, ShowTopUp, TopUpForm, TopUpSummary, TopUpSummaryPart};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::time::Duration;

/// What is chosen before anybody has chosen.
const PRESELECTED: &str = "50";
/// How long a customer waits for Stripe before he is told to try again.
const OPENING_PATIENCE: Duration = Duration::from_secs(25);
/// Bank days until a debit is usually confirmed (Stripe: "typically 5 business days").
const BANK_DAYS: usize = 5;

/// The fields of the form, all as text: what cannot be read is answered beside its field.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    amount_choice: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    request_key: String,
    /// The top-up that was left at Checkout.
    #[serde(default)]
    canceled: String,
}

impl Fields {
    /// The free amount wins over the chips.
    fn entered_amount(&self) -> &str {
        match (self.amount.trim(), self.amount_choice.as_str()) {
            ("", "other") => "",
            ("", choice) => choice,
            (amount, _) => amount,
        }
    }

    fn form(&self) -> TopUpForm {
        TopUpForm {
            amount_choice: self.amount_choice.clone(),
            amount: self.amount.clone(),
            method: Method::parse(&self.method),
            request_key: self.request_key.clone(),
        }
    }
}

/// Members who may not pay see their portal without this page.
fn payer(actor: Actor) -> Result<Member, Problem> {
    let member = actor.customer()?;
    if member.role.may_pay() { Ok(member) } else { Err(Problem::Forbidden) }
}

/// `GET /portal/topups/new`; the query may choose amount and method.
pub(super) async fn new(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(mut fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let member = payer(actor)?;
    let left = TopUpId::parse(&fields.canceled);
    let left = match left {
        Some(id) => {
            store::topups::find(&app.db, member.scope(), id).await?.filter(|left| !left.status.is_final())
        }
        None => None,
    };
    if let Some(left) = &left {
        keep_choice(&mut fields, left);
    }
    if fields.amount.is_empty() && fields.amount_choice.is_empty() {
        PRESELECTED.clone_into(&mut fields.amount_choice);
    }
    if fields.method.is_empty() {
        Method::Card.as_str().clone_into(&mut fields.method);
    }
    fields.request_key = fresh_token();
    let view = form_page(&app, &member, page, &fields, vec![], left.is_some()).await?;
    Ok(Html(view.render()?))
}

/// Who comes back from Checkout finds what was chosen before.
fn keep_choice(fields: &mut Fields, left: &TopUp) {
    let euros = left.amount_cents.0 / 100;
    let preset = left.amount_cents.0 % 100 == 0 && crate::web::view::topup::PRESETS.contains(&euros);
    if preset {
        fields.amount_choice = euros.to_string();
    } else {
        "other".clone_into(&mut fields.amount_choice);
        fields.amount = left.amount_cents.plain().replace('.', ",");
    }
    left.method.as_str().clone_into(&mut fields.method);
}

async fn form_page(
    app: &App,
    member: &Member,
    page: Page,
    fields: &Fields,
    errors: Vec<(&'static str, String)>,
    cancelled: bool,
) -> Result<NewTopUp, Problem> {
    let limits = app.config.limits;
    let now = app.clock.now();
    let today = calendar::start_of(calendar::day(now));
    let sum = store::topups::sum_today(&app.db, member.scope(), member.tenant.id, today, now).await?;
    let left_today = (sum > Cents::ZERO).then(|| (limits.per_day - sum).max(Cents::ZERO));
    let summary = summarise(app, member, fields).await?;
    let (min, max, enabled) = (limits.min, limits.max, app.gateway.is_some());
    Ok(NewTopUp { page, form: fields.form(), errors, min, max, left_today, summary, enabled, cancelled })
}

async fn summarise(app: &App, member: &Member, fields: &Fields) -> Result<TopUpSummary, Problem> {
    let now = app.clock.now();
    let balance =
        store::ledger::balance(&app.db, member.scope(), member.tenant.id).await?.ok_or(Problem::NotFound)?;
    let amount = app.config.limits.read(fields.entered_amount()).ok();
    let per_day = snapshot::per_day(app, member, now).await?;
    let after = balance.booked() + amount.unwrap_or_default();
    let reach_days = match Reach::of(after, per_day, now) {
        Reach::Days { days, .. } => Some(days),
        _ => None,
    };
    Ok(TopUpSummary {
        balance: balance.available(),
        amount,
        method: Method::parse(&fields.method),
        vat_percent: app.config.vat_percent,
        reach_days,
    })
}

/// `GET /portal/topups/summary`: the box that follows the choice.
pub(super) async fn summary(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let member = payer(actor)?;
    let summary = summarise(&app, &member, &fields).await?;
    let part = TopUpSummaryPart { page: &page, summary, enabled: app.gateway.is_some() };
    Ok(Html(part.render()?))
}

/// `POST /portal/topups`: 303 to Checkout, or the form again with what is wrong.
pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Form(mut fields): Form<Fields>,
) -> Result<Response, Problem> {
    let member = payer(actor)?;
    let t = page.t;
    let known_key = !fields.request_key.is_empty()
        && fields.request_key.len() <= 64
        && fields.request_key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !known_key {
        // A script without a key makes one top-up per request; a browser always sends the form's.
        fields.request_key = fresh_token();
    }
    let mut errors = vec![];
    let amount = app.config.limits.read(fields.entered_amount());
    if let Err(refusal) = &amount {
        errors.push(("amount", t.refusal(refusal)));
    }
    let method = Method::parse(&fields.method);
    if method.is_none() {
        errors.push(("method", t.refusal(&Refusal::MethodMissing)));
    }
    let (Ok(amount), Some(method)) = (amount, method) else {
        return refused(&app, &member, page, &fields, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let request_key = fields.request_key.clone();
    let new = topups::NewTopUp { amount, method, request_key, language: t.lang() };
    let opened = tokio::time::timeout(OPENING_PATIENCE, topups::open(&app, &member, new)).await;
    // The row stays, and the same form tries again where this one stopped.
    let opened = opened.unwrap_or(Err(Error::Refused(Refusal::PaymentUnavailable)));
    match opened {
        Ok(opened) => {
            let own = format!("/portal/topups/{}", opened.id);
            Ok(Redirect::to(&opened.checkout_url.unwrap_or(own)).into_response())
        }
        Err(Error::Refused(refusal)) => {
            let (field, status) = match refusal {
                Refusal::DailyLimit { .. } => ("amount", StatusCode::UNPROCESSABLE_ENTITY),
                Refusal::TopUpsOff | Refusal::PaymentUnavailable => ("", StatusCode::SERVICE_UNAVAILABLE),
                _ => ("", StatusCode::UNPROCESSABLE_ENTITY),
            };
            refused(&app, &member, page, &fields, vec![(field, t.refusal(&refusal))], status).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn refused(
    app: &App,
    member: &Member,
    page: Page,
    fields: &Fields,
    errors: Vec<(&'static str, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let view = form_page(app, member, page, fields, errors, false).await?;
    Ok((status, Html(view.render()?)).into_response())
}

/// `GET /portal/topups/{id}`: where Checkout leads back to, and where a debit is followed for days.
pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let member = actor.customer()?;
    let id = TopUpId::parse(&id).ok_or(Problem::NotFound)?;
    let scope = member.scope();
    let before = store::topups::find(&app.db, scope, id).await?.ok_or(Problem::NotFound)?;
    topups::refresh(&app, &before).await?;
    let top_up = store::topups::find(&app.db, scope, id).await?.ok_or(Problem::NotFound)?;
    let balance = store::ledger::balance(&app.db, scope, member.tenant.id).await?.ok_or(Problem::NotFound)?;
    let pending = store::topups::sum_collecting(&app.db, scope, member.tenant.id).await?;
    let view = ShowTopUp {
        id: number(&member, &top_up),
        amount: top_up.amount_cents,
        method: top_up.method,
        status: top_up.status,
        created_at: top_up.created_at,
        expected_at: top_up.collecting_at.map(|since| calendar::bank_days_after(since, BANK_DAYS)),
        finished_at: top_up.finished_at,
        reason: (top_up.status == Status::Failed).then(|| failure(page.t, top_up.failure_code.as_deref())),
        checkout_url: top_up.checkout_url.filter(|_| top_up.status == Status::Open && member.role.may_pay()),
        balance: balance.available(),
        pending,
        page,
    };
    Ok(Html(view.render()?))
}

/// `A-10427-3`: the customer's number and a running one, short enough for the telephone.
fn number(member: &Member, top_up: &TopUp) -> String {
    let digits = member.tenant.number.trim_start_matches(|c: char| !c.is_ascii_digit());
    format!("A-{digits}-{}", top_up.number)
}

/// Stripe's code in words; one sentence fits those that have none of their own.
fn failure(t: T, code: Option<&str>) -> String {
    match code {
        Some("insufficient_funds") => t.topup_reason_insufficient_funds(),
        Some("debit_not_authorized" | "refer_to_customer") => t.topup_reason_not_authorized(),
        Some("account_closed" | "no_account" | "bank_account_closed") => t.topup_reason_account_closed(),
        Some("expired_card") => t.topup_reason_expired_card(),
        _ => t.topup_reason_other(),
    }
}

impl Fields {
    #[cfg(test)]
    fn of(choice: &str, amount: &str) -> Fields {
        Fields { amount_choice: choice.into(), amount: amount.into(), ..Fields::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_amount_wins_over_the_chips() {
        assert_eq!(Fields::of("100", "").entered_amount(), "100");
        assert_eq!(Fields::of("100", " 25,50 ").entered_amount(), "25,50");
        assert_eq!(Fields::of("other", "").entered_amount(), "");
        assert_eq!(Fields::of("", "50").entered_amount(), "50");
    }
}
