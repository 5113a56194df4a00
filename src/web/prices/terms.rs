//! `/admin/resellers/{id}/terms`: what is agreed with a reseller, version by version.

use super::fields::{self, Fields, text};
use super::words::breaches;
use super::{Desk, unprocessable};
use crate::app::App;
use crate::billing::Error;
use crate::billing::prices::{self, NewTerms};
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TermsId};
use crate::domain::money::parse_percent;
use crate::domain::party::{Tenant, TenantKind};
use crate::domain::pricing::{Settlement, Terms};
use crate::domain::refusal::Refusal;
use crate::i18n::T;
use crate::store;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::page::Page;
use crate::web::view::price::{ConfirmTerms, EditTerms, Errors, TermsForm, TermsRow, percent};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

/// Versions that are shown.
const VERSIONS: i64 = 100;

/// The reseller that an address means, by its id or its number.
async fn reseller(app: &App, desk: &Desk, id: &str) -> Result<Tenant, Problem> {
    let found = match TenantId::parse(id) {
        Some(id) => store::tenants::find(&app.db, desk.scope(), id).await?,
        None => store::tenants::find_by_number(&app.db, desk.scope(), id).await?,
    };
    found.filter(|tenant| tenant.kind == TenantKind::Reseller).ok_or(Problem::NotFound)
}

fn href(reseller: &Tenant) -> String {
    format!("/admin/resellers/{}/terms", reseller.id)
}

/// The terms of now, or the standard.
async fn current(app: &App, desk: &Desk, reseller: &Tenant, at: Ts) -> Result<Terms, Problem> {
    let found = store::prices::current_terms(&app.db, desk.scope(), reseller.id, at).await?;
    Ok(found.unwrap_or_else(|| Terms::standard(TermsId(uuid::Uuid::nil()), reseller.id, Ts(0))))
}

/// A share as it is entered: `25`, `12,5`.
fn entered(bps: i64) -> String {
    match (bps / 100, bps % 100) {
        (whole, 0) => whole.to_string(),
        (whole, rest) => format!("{whole},{rest:02}").trim_end_matches('0').to_owned(),
    }
}

fn form_of(terms: &Terms) -> TermsForm {
    TermsForm {
        settlement: terms.settlement.to_string(),
        model: if terms.commission_bps.is_some() { "percent" } else { "rates" }.to_owned(),
        rate: terms.commission_bps.map(entered).unwrap_or_default(),
        min: entered(terms.min_markup_bps),
        max: entered(terms.max_markup_bps),
        below: terms.below_platform,
        days: terms.hold_days.to_string(),
        sepa_days: terms.sepa_hold_days.to_string(),
        start: "now".to_owned(),
        date: String::new(),
    }
}

fn read(fields: &Fields) -> TermsForm {
    TermsForm {
        settlement: text(fields, "settlement"),
        model: text(fields, "model"),
        rate: text(fields, "rate"),
        min: text(fields, "min"),
        max: text(fields, "max"),
        below: text(fields, "below") == "on",
        days: text(fields, "days"),
        sepa_days: text(fields, "sepa_days"),
        start: text(fields, "start"),
        date: text(fields, "date"),
    }
}

/// What a version says, line by line, in the order of the form.
fn facts(t: T, terms: &Terms) -> Vec<(String, String)> {
    let yes = |is: bool| if is { t.terms_yes() } else { t.terms_no() };
    vec![
        (t.terms_settlement(), settlement(t, terms.settlement)),
        (
            t.terms_model(),
            terms.commission_bps.map_or_else(|| t.terms_rates(), |bps| t.terms_percent(percent(t, bps))),
        ),
        (
            t.terms_markup(),
            t.terms_markup_range(percent(t, terms.max_markup_bps), percent(t, terms.min_markup_bps)),
        ),
        (t.terms_below(), yes(terms.below_platform)),
        (t.terms_hold_days(), t.terms_days(terms.hold_days)),
        (t.terms_sepa_hold_days(), t.terms_days(terms.sepa_hold_days)),
    ]
}

fn settlement(t: T, settlement: Settlement) -> String {
    match settlement {
        Settlement::Commission => t.terms_commission(),
        Settlement::Resale => t.terms_resale(),
    }
}

/// The terms that a form asks for, or what is wrong beside which field.
fn check(t: T, reseller: TenantId, form: &TermsForm, now: Ts) -> Result<NewTerms, Errors> {
    let mut errors = Errors::new();
    let mut wrong = |field: &str, sentence: String| errors.push((field.to_owned(), sentence));
    let settlement = Settlement::parse(&form.settlement);
    if settlement.is_none() {
        wrong("settlement", t.terms_settlement_missing());
    }
    let mut share = |field: &str, text: &str| {
        let share = parse_percent(text);
        if share.is_err() {
            wrong(field, t.terms_percent_bad());
        }
        share.unwrap_or_default()
    };
    let (min, max) = (share("min", &form.min), share("max", &form.max));
    let rate = (form.model == "percent").then(|| share("rate", &form.rate));
    if form.model != "percent" && form.model != "rates" {
        wrong("model", t.terms_model_missing());
    }
    let mut days = |field: &str, text: &str| {
        let days = text.parse::<i64>();
        if days.is_err() {
            wrong(field, t.terms_days_bad());
        }
        days.unwrap_or_default()
    };
    let (hold_days, sepa_hold_days) = (days("days", &form.days), days("sepa_days", &form.sepa_days));
    let valid_from = fields::start(t, &form.start, &form.date, now).unwrap_or_else(|sentence| {
        wrong("date", sentence);
        None
    });
    match settlement {
        Some(settlement) if errors.is_empty() => Ok(NewTerms {
            reseller,
            settlement,
            commission_bps: rate,
            min_markup_bps: min,
            max_markup_bps: max,
            below_platform: form.below,
            hold_days,
            sepa_hold_days,
            valid_from,
        }),
        _ => Err(errors),
    }
}

fn said(t: T, refusal: &Refusal) -> (String, String) {
    let field = match refusal {
        Refusal::CommissionRateInvalid => "rate",
        Refusal::MarkupRangeInvalid { .. } => "min",
        Refusal::HoldDaysInvalid { .. } => "days",
        Refusal::DateInPast | Refusal::DateTooFar | Refusal::DateTaken => "date",
        _ => "",
    };
    (field.to_owned(), t.refusal(refusal))
}

async fn page_of(
    app: &App,
    desk: &Desk,
    page: Page,
    reseller: &Tenant,
    form: TermsForm,
    errors: Errors,
) -> Result<EditTerms, Problem> {
    let (t, now) = (page.t, page.now);
    let found = store::prices::list_terms(&app.db, desk.scope(), reseller.id, VERSIONS).await?;
    let valid = found.iter().find(|terms| terms.valid_from <= now).map(|terms| terms.id);
    let row = |terms: &Terms| TermsRow {
        from: terms.valid_from,
        valid: valid == Some(terms.id),
        planned: terms.valid_from > now,
        facts: facts(t, terms),
    };
    let meters = store::meters::all(&app.db).await?;
    let broken = prices::outside_rails(app, reseller.id).await?;
    Ok(EditTerms {
        action: href(reseller),
        reseller: (reseller.name.clone(), reseller.number.clone()),
        rows: found.iter().map(row).collect(),
        form: desk.may_edit().then_some(form),
        errors,
        breaches: breaches(app, desk, t, &meters, &broken).await?,
        done: None,
        page,
    })
}

pub(super) async fn edit(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
    Query(query): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let desk = Desk::of(actor, &page)?;
    let reseller = reseller(&app, &desk, &id).await?;
    let form = form_of(&current(&app, &desk, &reseller, page.now).await?);
    let done = (text(&query, "done") == "set").then(|| page.t.terms_done());
    let view = page_of(&app, &desk, page, &reseller, form, vec![]).await?;
    Ok(Html(EditTerms { done, ..view }.render()?))
}

/// `POST /admin/resellers/{id}/terms`: asks first.
pub(super) async fn update(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
    Form(sent): Form<Fields>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let editor = desk.editor(by)?;
    let reseller = reseller(&app, &desk, &id).await?;
    let (t, now, form) = (page.t, page.now, read(&sent));
    let errors = match check(t, reseller.id, &form, now) {
        Err(errors) => errors,
        Ok(new) if text(&sent, "confirm") == "yes" => match prices::set_terms(&app, &editor, new).await {
            Ok(done) => {
                done.ok_or(Problem::NotFound)?;
                return Ok(Redirect::to(&format!("{}?done=set", href(&reseller))).into_response());
            }
            Err(Error::Refused(refusal)) => vec![said(t, &refusal)],
            Err(error) => return Err(error.into()),
        },
        Ok(new) => match new.check(now) {
            Err(refusal) => vec![said(t, &refusal)],
            Ok(from) => {
                let before = current(&app, &desk, &reseller, from).await?;
                let view = ask(page, &reseller, &form, &before, &new.terms(from));
                return Ok(Html(view.render()?).into_response());
            }
        },
    };
    Ok(unprocessable(page_of(&app, &desk, page, &reseller, form, errors).await?.render()?))
}

/// The question: only what changes.
fn ask(page: Page, reseller: &Tenant, form: &TermsForm, before: &Terms, after: &Terms) -> ConfirmTerms {
    let t = page.t;
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let pairs = facts(t, before).into_iter().zip(facts(t, after));
    let changes = pairs.filter(|(old, new)| old.1 != new.1).map(|(old, new)| (old.0, old.1, new.1));
    ConfirmTerms {
        action: href(reseller),
        reseller: (reseller.name.clone(), reseller.number.clone()),
        fields: vec![
            field("settlement", &form.settlement),
            field("model", &form.model),
            field("rate", &form.rate),
            field("min", &form.min),
            field("max", &form.max),
            field("below", if form.below { "on" } else { "" }),
            field("days", &form.days),
            field("sepa_days", &form.sepa_days),
            field("start", &form.start),
            field("date", &form.date),
        ],
        from: after.valid_from,
        changes: changes.collect(),
        prepays: after.settlement == Settlement::Resale && before.settlement != Settlement::Resale,
        page,
    }
}
