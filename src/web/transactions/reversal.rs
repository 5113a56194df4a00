//! Taking a charge back: a page that says what will happen and asks why, and the form on it.

use super::list::{is_resale, shared, title};
use super::show::rest_label;
use super::{Console, Names};
use crate::app::App;
use crate::billing::Error;
use crate::billing::corrections::{self, may_reverse};
use crate::domain::correction::check_reversible;
use crate::domain::id::TransferId;
use crate::domain::refusal::Refusal;
use crate::store;
use crate::store::transfers::Transfer;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::meters::Meters;
use crate::web::view::movement::ReverseMovement;
use crate::web::view::page::Page;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    reason: String,
}

/// The charge, for those who may take it back.
async fn find(app: &App, console: &Console, id: &str) -> Result<Transfer, Problem> {
    let id = TransferId::parse(id).ok_or(Problem::NotFound)?;
    let row = store::transfers::find(&app.db, console.scope(), id).await?.ok_or(Problem::NotFound)?;
    if may_reverse(&console.member) { Ok(row) } else { Err(Problem::Forbidden) }
}

/// `GET …/transactions/{id}/reversal`. What cannot be taken back, or was already, is shown instead.
pub(super) async fn new(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let console = Console::enter(actor, &page)?;
    let charge = find(&app, &console, &id).await?;
    let is_reversed = store::transfers::related(&app.db, console.scope(), charge.id).await?;
    let is_reversed = is_reversed.iter().any(|other| other.reverses_id == Some(charge.id));
    if is_reversed || check_reversible(charge.kind, charge.posted_at, page.now).is_err() {
        return Ok(Redirect::to(&format!("{}/{}", console.base, charge.id)).into_response());
    }
    let view = view(&app, &console, page, charge, String::new(), vec![]).await?;
    Ok(Html(view.render()?).into_response())
}

/// `POST …/transactions/{id}/reversal`. A form sent twice leads to the same page as once.
pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let console = Console::enter(actor, &page)?;
    let charge = find(&app, &console, &id).await?;
    let back = format!("{}/{}", console.base, charge.id);
    match corrections::reverse_within(&app, console.scope(), &by, charge.id, &fields.reason).await {
        Ok(Some(_)) => Ok(Redirect::to(&format!("{back}?reversed=1")).into_response()),
        Ok(None) => Err(Problem::NotFound),
        Err(Error::Refused(Refusal::AlreadyReversed)) => Ok(Redirect::to(&back).into_response()),
        Err(Error::Refused(refusal)) => {
            let field = if matches!(refusal, Refusal::ReasonLength { .. }) { "reason" } else { "" };
            let errors = vec![(field, page.t.refusal(&refusal))];
            let view = view(&app, &console, page, charge, fields.reason, errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn view(
    app: &App,
    console: &Console,
    page: Page,
    charge: Transfer,
    reason: String,
    errors: Vec<(&'static str, String)>,
) -> Result<ReverseMovement, Problem> {
    let t = page.t;
    let names = Names::load(app, console.scope(), &[charge.customer_id]).await?;
    let title = Some(title(t, console, &charge)).filter(|title| !title.is_empty());
    let title = match title {
        Some(title) => title,
        None => Meters::load(app).await?.label(t, charge.kind, &charge.category),
    };
    let rest = charge.reseller_id.map(|_| (rest_label(t, is_resale(&charge)), shared(&charge)));
    let parts = [Some((t.movement_platform(), charge.platform_cents)), rest].into_iter().flatten();
    Ok(ReverseMovement {
        base: console.base,
        id: charge.id.to_string(),
        title,
        customer: names.name(charge.customer_id),
        amount: -charge.amount_cents,
        parts: parts.collect(),
        reason,
        errors,
        page,
    })
}
