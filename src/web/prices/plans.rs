//! `/admin/plans`: price lists that customers are given by name.

use super::fields::{self, Fields, text};
use super::lists::VERSIONS;
use super::words::lines;
use super::{Desk, unprocessable};
use crate::app::App;
use crate::billing::{Error, prices};
use crate::domain::clock::Ts;
use crate::domain::id::{PriceListId, TenantId};
use crate::domain::party::{Tenant, TenantKind};
use crate::domain::pricing::{ListRole, PriceList};
use crate::domain::refusal::Refusal;
use crate::store;
use crate::store::prices::{PlanList, PlanMember};
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::page::Page;
use crate::web::view::price::{AssignPlan, Errors, MemberRow, PlanIndex, PlanRow, ShowPlan};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

const PATH: &str = "/admin/plans";
/// Plans that are listed.
const PLANS: i64 = 200;
/// Customers on a page.
const ROWS: usize = 50;
/// Customers that a form can name at once.
const AT_ONCE: usize = 500;

async fn list(
    app: &App,
    desk: &Desk,
    page: Page,
    name: String,
    errors: Errors,
) -> Result<PlanIndex, Problem> {
    let owner = store::tenants::platform(&app.db).await?.ok_or(Problem::NotFound)?.id;
    let found = store::prices::list_plans(&app.db, desk.scope(), owner, page.now, PLANS).await?;
    let row = |of: PlanList| PlanRow {
        href: format!("{PATH}/{}", of.id),
        name: of.name,
        meters: of.meters,
        customers: of.customers,
    };
    Ok(PlanIndex {
        rows: found.into_iter().map(row).collect(),
        may_edit: desk.may_edit(),
        page,
        name,
        errors,
    })
}

pub(super) async fn index(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
) -> Result<Html<String>, Problem> {
    let desk = Desk::of(actor, &page)?;
    Ok(Html(list(&app, &desk, page, String::new(), vec![]).await?.render()?))
}

/// A name as it was sent: one that is too long is refused, not cut.
fn name(sent: &Fields) -> String {
    let found = sent.iter().find(|(field, _)| field == "name");
    found.map(|(_, value)| value.trim().chars().take(200).collect()).unwrap_or_default()
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
    let name = name(&sent);
    match prices::create_plan(&app, &editor, &name).await {
        Ok(plan) => Ok(Redirect::to(&format!("{PATH}/{}?done=created", plan.id)).into_response()),
        Err(Error::Refused(refusal)) => {
            let errors = vec![("name".to_owned(), page.t.refusal(&refusal))];
            Ok(unprocessable(list(&app, &desk, page, name, errors).await?.render()?))
        }
        Err(error) => Err(error.into()),
    }
}

async fn plan(app: &App, desk: &Desk, id: &str) -> Result<PriceList, Problem> {
    let id = PriceListId::parse(id).ok_or(Problem::NotFound)?;
    let mut db = &app.db;
    let found = store::prices::find_list(&mut db, desk.scope(), id).await?;
    found.filter(|list| list.role == ListRole::Plan).ok_or(Problem::NotFound)
}

/// A plan's page with nothing entered.
async fn page_of(
    app: &App,
    desk: &Desk,
    page: Page,
    list: &PriceList,
    after: &str,
) -> Result<ShowPlan, Problem> {
    let (t, now, scope) = (page.t, page.now, desk.scope());
    let meters = store::meters::all(&app.db).await?;
    let records = store::prices::list_versions(&app.db, scope, list.id, VERSIONS).await?;
    let wanted = i64::try_from(ROWS).unwrap_or(50) + 1;
    let mut found = store::prices::list_plan_members(&app.db, scope, list.id, now, after, wanted).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let href = format!("{PATH}/{}", list.id);
    let key = |number: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("after", number).finish();
        format!("{href}?{query}")
    };
    let prices = format!("{}/plan-{}", desk.base, list.id);
    let older = found.last().filter(|_| has_more).map(|last| key(&last.number));
    let row = |of: PlanMember| MemberRow { number: of.number, name: of.name, since: of.valid_from };
    let may_edit = desk.may_edit();
    Ok(ShowPlan {
        lines: lines(t, &meters, &records, now, may_edit.then_some(prices.as_str())),
        members: found.into_iter().map(row).collect(),
        count: store::prices::count_plan_members(&app.db, scope, list.id, now).await?,
        older,
        newer: (!after.is_empty()).then(|| href.clone()),
        may_edit,
        name: list.name.clone(),
        title: list.name.clone(),
        customers: String::new(),
        start: "now".to_owned(),
        date: String::new(),
        errors: vec![],
        done: None,
        href,
        prices,
        page,
    })
}

pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
    Query(query): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let desk = Desk::of(actor, &page)?;
    let list = plan(&app, &desk, &id).await?;
    let t = page.t;
    let done = match text(&query, "done").as_str() {
        "created" => Some(t.plan_done_created()),
        "renamed" => Some(t.plan_done_renamed()),
        "assigned" => Some(t.plan_done_assigned()),
        "ended" => Some(t.plan_done_ended()),
        _ => None,
    };
    let view = page_of(&app, &desk, page, &list, &text(&query, "after")).await?;
    Ok(Html(ShowPlan { done, ..view }.render()?))
}

pub(super) async fn rename(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
    Form(sent): Form<Fields>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let editor = desk.editor(by)?;
    let list = plan(&app, &desk, &id).await?;
    let (t, name) = (page.t, name(&sent));
    match prices::rename_plan(&app, &editor, list.id, &name).await {
        Ok(done) => {
            done.ok_or(Problem::NotFound)?;
            Ok(Redirect::to(&format!("{PATH}/{}?done=renamed", list.id)).into_response())
        }
        Err(Error::Refused(refusal)) => {
            let errors = vec![("name".to_owned(), t.refusal(&refusal))];
            let view = page_of(&app, &desk, page, &list, "").await?;
            Ok(unprocessable(ShowPlan { name, errors, ..view }.render()?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The customers that a text names by number, whatever stands between; those that nobody has are named back.
async fn named(app: &App, desk: &Desk, wanted: &str) -> Result<Result<Vec<Tenant>, Vec<String>>, Problem> {
    let (mut found, mut unknown): (Vec<Tenant>, Vec<String>) = (vec![], vec![]);
    let numbers =
        wanted.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty());
    for number in numbers.take(AT_ONCE) {
        let tenant = store::tenants::find_by_number(&app.db, desk.scope(), number).await?;
        match tenant.filter(|tenant| tenant.kind == TenantKind::Customer) {
            Some(tenant) if found.iter().any(|known| known.id == tenant.id) => {}
            Some(tenant) => found.push(tenant),
            None => unknown.push(number.chars().take(40).collect()),
        }
    }
    Ok(if unknown.is_empty() { Ok(found) } else { Err(unknown) })
}

/// `POST /admin/plans/{id}/customers`: gives customers the plan, or ends it; asks first.
pub(super) async fn assign(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
    Form(sent): Form<Fields>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let editor = desk.editor(by)?;
    let list = plan(&app, &desk, &id).await?;
    let (t, now) = (page.t, page.now);
    let wanted: String = sent
        .iter()
        .find(|(field, _)| field == "customers")
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    let (choice, date, ends) = (text(&sent, "start"), text(&sent, "date"), text(&sent, "what") == "end");
    let mut errors = Errors::new();
    let customers = match named(&app, &desk, &wanted).await? {
        Ok(found) if found.is_empty() => {
            errors.push(("customers".to_owned(), t.plan_customers_missing()));
            vec![]
        }
        Ok(found) => found,
        Err(unknown) => {
            errors.push(("customers".to_owned(), t.plan_customers_unknown(unknown.join(", "))));
            vec![]
        }
    };
    let from = fields::start(t, &choice, &date, now).unwrap_or_else(|sentence| {
        errors.push(("date".to_owned(), sentence));
        None
    });
    if errors.is_empty() && from.is_some_and(|from| from < now) {
        errors.push(("date".to_owned(), t.refusal(&Refusal::DateInPast)));
    }
    if errors.is_empty() && text(&sent, "confirm") == "yes" {
        let ids: Vec<TenantId> = customers.iter().map(|customer| customer.id).collect();
        let given = (!ends).then_some(list.id);
        match prices::assign_plan_to(&app, &editor, &ids, given, from).await {
            Ok(done) => {
                done.ok_or(Problem::NotFound)?;
                let done = if ends { "ended" } else { "assigned" };
                return Ok(Redirect::to(&format!("{PATH}/{}?done={done}", list.id)).into_response());
            }
            Err(Error::Refused(refusal)) => errors.push(("date".to_owned(), t.refusal(&refusal))),
            Err(error) => return Err(error.into()),
        }
    } else if errors.is_empty() {
        let question = Question { list: &list, customers: &customers, from: from.unwrap_or(now), ends };
        return Ok(Html(question.ask(page, &wanted, &choice, &date).render()?).into_response());
    }
    let view = page_of(&app, &desk, page, &list, "").await?;
    Ok(unprocessable(ShowPlan { customers: wanted, start: choice, date, errors, ..view }.render()?))
}

/// What is about to happen.
struct Question<'q> {
    list: &'q PriceList,
    customers: &'q [Tenant],
    from: Ts,
    ends: bool,
}

impl Question<'_> {
    fn ask(&self, page: Page, wanted: &str, choice: &str, date: &str) -> AssignPlan {
        let href = format!("{PATH}/{}", self.list.id);
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        AssignPlan {
            page,
            action: format!("{href}/customers"),
            plan: (self.list.name.clone(), href),
            fields: vec![
                field("customers", wanted),
                field("start", choice),
                field("date", date),
                field("what", if self.ends { "end" } else { "give" }),
            ],
            customers: self.customers.iter().map(|of| (of.number.clone(), of.name.clone())).collect(),
            from: self.from,
            ends: self.ends,
        }
    }
}
