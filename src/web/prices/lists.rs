//! `GET /reseller/prices`, `GET /admin/prices` and one list with all its versions.

use super::place::{find, place_of};
use super::words::{lines, versions};
use super::{Desk, fields};
use crate::app::App;
use crate::billing::prices::Target;
use crate::domain::id::TenantId;
use crate::domain::party::TenantKind;
use crate::domain::pricing::ListRole;
use crate::i18n::T;
use crate::store;
use crate::store::prices::{OwnList, PriceRecord};
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::price::{ListRow, PriceIndex, ShowList};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Versions of a list that are shown.
pub(super) const VERSIONS: i64 = 500;
/// Rows of a table of lists.
const ROWS: usize = 100;

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Search {
    /// A customer's number, whose list is wanted.
    #[serde(default)]
    customer: String,
}

pub(super) async fn index(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(search): Query<Search>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let t = page.t;
    let wanted: String = search.customer.trim().chars().take(60).collect();
    let found = match wanted.as_str() {
        "" => None,
        number => store::tenants::find_by_number(&app.db, desk.scope(), number).await?,
    };
    if let Some(customer) = found.as_ref().filter(|tenant| tenant.kind == TenantKind::Customer) {
        let place = place_of(&desk, Target::Customer(customer.id));
        return Ok(Redirect::to(&format!("{}/{place}", desk.base)).into_response());
    }
    let not_found = if wanted.is_empty() { String::new() } else { t.price_customer_unknown() };
    let status = if wanted.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let meters = store::meters::all(&app.db).await?;
    let mut lists = vec![];
    let shown: &[&str] = if desk.is_admin() { &["platform", "default"] } else { &["own"] };
    for place in shown {
        let found = find(&app, &desk, t, place).await?;
        let records = store::prices::list_versions(&app.db, desk.scope(), found.list.id, VERSIONS).await?;
        let href = found.href(&desk);
        let edit = desk.may_edit().then_some(href.as_str());
        let rows = lines(t, &meters, &records, page.now, edit);
        lists.push((found.title, href, rows));
    }
    let (mut customers, has_more) = own_lists(&app, &desk).await?;
    customers.sort_by(|a, b| a.number.cmp(&b.number));
    let view = PriceIndex {
        base: desk.base,
        lists,
        sellers: sellers(&app, &desk).await?,
        plans: plans(&app, &desk, page.now).await?,
        customers,
        has_more,
        wanted,
        not_found,
        may_edit: desk.may_edit(),
        page,
    };
    Ok((status, Html(view.render()?)).into_response())
}

/// Customers with a list of their own that the reader sells by.
async fn own_lists(app: &App, desk: &Desk) -> Result<(Vec<ListRow>, bool), Problem> {
    let owner = seller(app, desk).await?;
    let wanted = i64::try_from(ROWS).unwrap_or(100) + 1;
    let found =
        store::prices::list_own_lists(&app.db, desk.scope(), owner, ListRole::Customer, "", wanted).await?;
    let has_more = found.len() > ROWS;
    let row = |of: OwnList| ListRow {
        href: format!("{}/{}", desk.base, place_of(desk, Target::Customer(of.subject_id))),
        name: of.name,
        number: of.number,
        meters: of.meters,
        other: None,
    };
    Ok((found.into_iter().take(ROWS).map(row).collect(), has_more))
}

/// Who sells by the reader's lists.
async fn seller(app: &App, desk: &Desk) -> Result<TenantId, Problem> {
    if !desk.is_admin() {
        return Ok(desk.member.tenant.id);
    }
    Ok(store::tenants::platform(&app.db).await?.ok_or(Problem::NotFound)?.id)
}

/// Resellers with the platform's price for them, and with what they sell by.
async fn sellers(app: &App, desk: &Desk) -> Result<Vec<ListRow>, Problem> {
    if !desk.is_admin() {
        return Ok(vec![]);
    }
    let limit = i64::try_from(ROWS).unwrap_or(100);
    let found = store::prices::list_sellers(&app.db, desk.scope(), "", limit).await?;
    let href = |target| format!("{}/{}", desk.base, place_of(desk, target));
    let row = |of: store::prices::SellerRow| ListRow {
        name: of.name,
        number: of.number,
        href: href(Target::Platform(Some(of.id))),
        meters: of.platform_meters,
        other: Some((href(Target::Reseller(of.id)), of.own_meters)),
    };
    Ok(found.into_iter().map(row).collect())
}

async fn plans(app: &App, desk: &Desk, now: crate::domain::clock::Ts) -> Result<Vec<ListRow>, Problem> {
    if !desk.is_admin() {
        return Ok(vec![]);
    }
    let owner = seller(app, desk).await?;
    let limit = i64::try_from(ROWS).unwrap_or(100);
    let found = store::prices::list_plans(&app.db, desk.scope(), owner, now, limit).await?;
    let row = |of: store::prices::PlanList| ListRow {
        href: format!("/admin/plans/{}", of.id),
        name: of.name,
        number: String::new(),
        meters: of.meters,
        other: None,
    };
    Ok(found.into_iter().map(row).collect())
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Look {
    #[serde(default)]
    pub(super) done: String,
}

pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(place): Path<String>,
    Query(look): Query<Look>,
) -> Result<Html<String>, Problem> {
    let desk = Desk::of(actor, &page)?;
    let (t, now) = (page.t, page.now);
    let found = find(&app, &desk, t, &place).await?;
    let meters = store::meters::all(&app.db).await?;
    let records = store::prices::list_versions(&app.db, desk.scope(), found.list.id, VERSIONS).await?;
    let href = found.href(&desk);
    let edit = desk.may_edit().then_some(href.as_str());
    let (planned, history) = versions(t, &meters, &records, now, desk.may_edit().then_some(desk.base));
    let view = ShowList {
        base: desk.base,
        lines: lines(t, &meters, &records, now, edit),
        title: found.title,
        lead: found.lead,
        planned,
        history,
        done: done(t, &look.done),
        page,
    };
    Ok(Html(view.render()?))
}

fn done(t: T, what: &str) -> Option<String> {
    match what {
        "set" => Some(t.price_done_set()),
        "withdrawn" => Some(t.price_done_withdrawn()),
        _ => None,
    }
}

/// The version of a meter that is valid in a list now; the form of a new one begins with it.
pub(super) fn valid_now(
    records: &[PriceRecord],
    meter: crate::domain::pricing::Meter,
    now: crate::domain::clock::Ts,
) -> Option<&PriceRecord> {
    let versions =
        records.iter().filter(|record| record.price.meter == meter && record.withdrawn_at.is_none());
    versions.filter(|record| record.price.valid_from <= now).max_by_key(|record| record.price.valid_from)
}

/// Whether an address says anything about a price.
pub(super) fn is_filled(query: &fields::Fields) -> bool {
    query.iter().any(|(name, _)| name == "model")
}
