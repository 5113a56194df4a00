//! `/admin/meters`: what is metered. Admins add meters, rename them, and close them for further usage.

use super::fields::{Fields, text};
use super::{Desk, unprocessable};
use crate::app::App;
use crate::billing::Error;
use crate::billing::meters::{self, NewMeter};
use crate::domain::pricing::{Increment, Meter, MeterInfo, Unit};
use crate::domain::refusal::Refusal;
use crate::i18n::T;
use crate::store;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::page::Page;
use crate::web::view::price::{Errors, MeterForm, MeterIndex, MeterRow, ShowMeter, meter_icon, meter_name};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

const PATH: &str = "/admin/meters";

fn read(fields: &Fields) -> MeterForm {
    MeterForm {
        key: text(fields, "key"),
        unit: text(fields, "unit"),
        name_de: whole(fields, "name_de"),
        name_en: whole(fields, "name_en"),
        increment: text(fields, "increment"),
        active: text(fields, "active") == "on",
    }
}

/// A name as it was sent: one that is too long is refused, not cut.
fn whole(fields: &Fields, name: &str) -> String {
    let found = fields.iter().find(|(field, _)| field == name);
    found.map(|(_, value)| value.trim().chars().take(200).collect()).unwrap_or_default()
}

/// `60/60`, `60/1`; nothing else reads like an increment.
fn increment(text: &str) -> Option<Increment> {
    let (first, next) = text.split_once('/')?;
    let seconds = |text: &str| text.trim().parse::<u32>().ok();
    Some(Increment { first: seconds(first)?, next: seconds(next)? }).filter(|increment| increment.is_valid())
}

fn said(t: T, form: &MeterForm, refusal: &Refusal) -> (String, String) {
    let is_name =
        |name: &str| (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let field = match refusal {
        Refusal::MeterKeyInvalid | Refusal::MeterTaken => "key",
        Refusal::IncrementInvalid { .. } => "increment",
        Refusal::NameInvalid { .. } if is_name(&form.name_de) => "name_en",
        Refusal::NameInvalid { .. } => "name_de",
        _ => "",
    };
    (field.to_owned(), t.refusal(refusal))
}

fn row(t: T, info: &MeterInfo, may_edit: bool) -> MeterRow {
    MeterRow {
        icon: meter_icon(info.meter),
        name: meter_name(t, info),
        key: info.meter.to_string(),
        counts: match info.unit {
            Unit::Second => {
                t.meter_counts_seconds(format!("{}/{}", info.increment.first, info.increment.next))
            }
            Unit::Piece => t.meter_counts_pieces(),
        },
        active: info.active,
        href: if may_edit { format!("{PATH}/{}", info.meter) } else { String::new() },
    }
}

async fn list(
    app: &App,
    desk: &Desk,
    page: Page,
    form: MeterForm,
    errors: Errors,
    done: Option<String>,
) -> Result<MeterIndex, Problem> {
    let found = store::meters::all(&app.db).await?;
    let may_edit = desk.may_edit();
    let rows = found.iter().map(|info| row(page.t, info, may_edit)).collect();
    Ok(MeterIndex { page, rows, form: may_edit.then_some(form), errors, done })
}

pub(super) async fn index(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(query): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let desk = Desk::of(actor, &page)?;
    let form = MeterForm { unit: "second".to_owned(), increment: "60/60".to_owned(), ..MeterForm::default() };
    let done = match text(&query, "done").as_str() {
        "created" => Some(page.t.meter_done_created()),
        "changed" => Some(page.t.meter_done_changed()),
        _ => None,
    };
    Ok(Html(list(&app, &desk, page, form, vec![], done).await?.render()?))
}

pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Form(sent): Form<Fields>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let editor = desk.editor(by)?;
    let (t, form) = (page.t, read(&sent));
    let mut errors = Errors::new();
    let unit = Unit::parse(&form.unit);
    if unit.is_none() {
        errors.push(("unit".to_owned(), t.meter_unit_missing()));
    }
    let step = match (unit, increment(&form.increment)) {
        (Some(Unit::Second), None) => {
            let refusal = Refusal::IncrementInvalid { most: Increment::MAX };
            errors.push(("increment".to_owned(), t.refusal(&refusal)));
            Increment::MINUTES
        }
        (_, step) => step.unwrap_or(Increment::SINGLE),
    };
    if let (Some(unit), true) = (unit, errors.is_empty()) {
        let new = NewMeter {
            key: form.key.clone(),
            unit,
            name_de: form.name_de.clone(),
            name_en: form.name_en.clone(),
            increment: step,
        };
        match meters::create(&app, &editor, new).await {
            Ok(_) => return Ok(Redirect::to(&format!("{PATH}?done=created")).into_response()),
            Err(Error::Refused(refusal)) => errors.push(said(t, &form, &refusal)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(unprocessable(list(&app, &desk, page, form, errors, None).await?.render()?))
}

async fn known(app: &App, key: &str) -> Result<MeterInfo, Problem> {
    let meter = Meter::parse(key).ok_or(Problem::NotFound)?;
    let found = store::meters::all(&app.db).await?.into_iter().find(|info| info.meter == meter);
    found.ok_or(Problem::NotFound)
}

fn show_of(page: Page, info: &MeterInfo, form: MeterForm, errors: Errors, closing: bool) -> ShowMeter {
    let name = meter_name(page.t, info);
    ShowMeter { page, name, action: format!("{PATH}/{}", info.meter), form, errors, closing }
}

pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    Desk::of(actor, &page)?.editor(by)?;
    let info = known(&app, &key).await?;
    let form = MeterForm {
        key: info.meter.to_string(),
        unit: info.unit.to_string(),
        name_de: info.name_de.clone(),
        name_en: info.name_en.clone(),
        increment: format!("{}/{}", info.increment.first, info.increment.next),
        active: info.active,
    };
    Ok(Html(show_of(page, &info, form, vec![], false).render()?))
}

/// Closing a meter stops usage from being charged, so it is asked about first.
pub(super) async fn update(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(key): Path<String>,
    Form(sent): Form<Fields>,
) -> Result<Response, Problem> {
    let editor = Desk::of(actor, &page)?.editor(by)?;
    let info = known(&app, &key).await?;
    let t = page.t;
    let form = MeterForm { key: info.meter.to_string(), unit: info.unit.to_string(), ..read(&sent) };
    let mut errors = Errors::new();
    let step = increment(&form.increment);
    if info.unit == Unit::Second && step.is_none() {
        let refusal = Refusal::IncrementInvalid { most: Increment::MAX };
        errors.push(("increment".to_owned(), t.refusal(&refusal)));
    }
    if errors.is_empty() {
        let is_closing = info.active && !form.active && text(&sent, "confirm") != "yes";
        if is_closing {
            return Ok(Html(show_of(page, &info, form, vec![], true).render()?).into_response());
        }
        let (names, step) =
            ((form.name_de.as_str(), form.name_en.as_str()), step.unwrap_or(Increment::SINGLE));
        match meters::update(&app, &editor, info.meter, names, step, form.active).await {
            Ok(done) => {
                done.ok_or(Problem::NotFound)?;
                return Ok(Redirect::to(&format!("{PATH}?done=changed")).into_response());
            }
            Err(Error::Refused(refusal)) => errors.push(said(t, &form, &refusal)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(unprocessable(show_of(page, &info, form, errors, false).render()?))
}
