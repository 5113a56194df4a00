//! The editor of a price: the form, its preview, the question, and setting it.

use super::fields::{self, Fields, check, field_of};
use super::lists::{VERSIONS, is_filled, valid_now};
use super::place::{Found, find};
use super::words;
use super::{Desk, unprocessable};
use crate::app::App;
use crate::billing::Error;
use crate::billing::prices::{self, Editor, NewPrice, Target};
use crate::domain::audit::Author;
use crate::domain::party::TenantKind;
use crate::domain::pricing::{ListRole, Meter, MeterInfo};
use crate::domain::refusal::Refusal;
use crate::store;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::page::Page;
use crate::web::view::price::{
    ConfirmPrice, EditPrice, Errors, PreviewPart, PreviewView, PriceForm, meter_name,
};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

/// The list and the meter that an editor is about.
struct Subject {
    desk: Desk,
    editor: Editor,
    found: Found,
    meters: Vec<MeterInfo>,
    info: MeterInfo,
}

impl Subject {
    async fn of(
        app: &App,
        actor: Actor,
        by: Author,
        page: &Page,
        (place, meter): (&str, &str),
    ) -> Result<Subject, Problem> {
        let desk = Desk::of(actor, page)?;
        let editor = desk.editor(by)?;
        let found = find(app, &desk, page.t, place).await?;
        let meter = Meter::parse(meter).ok_or(Problem::NotFound)?;
        let meters = store::meters::all(&app.db).await?;
        let info = meters.iter().find(|info| info.meter == meter).cloned().ok_or(Problem::NotFound)?;
        Ok(Subject { desk, editor, found, meters, info })
    }

    fn list_href(&self) -> String {
        self.found.href(&self.desk)
    }

    fn action(&self) -> String {
        format!("{}/{}", self.list_href(), self.info.meter)
    }

    /// What the form asks for, or what is wrong with it by itself.
    fn check(&self, page: &Page, form: &PriceForm) -> Result<NewPrice, Errors> {
        check(page.t, form, self.found.target, (self.info.meter, self.info.unit), page.now)
    }

    /// What the form's price would do, with what is wrong with it.
    async fn preview(
        &self,
        app: &App,
        page: &Page,
        form: &PriceForm,
    ) -> Result<(PreviewView, Errors), Problem> {
        let t = page.t;
        let problem = |sentence: &str| PreviewView { problem: sentence.to_owned(), ..PreviewView::default() };
        let new = match self.check(page, form) {
            Ok(new) => new,
            Err(errors) => {
                let first = errors.first().map(|(_, sentence)| sentence.clone()).unwrap_or_default();
                return Ok((problem(&first), errors));
            }
        };
        match prices::preview(app, &self.editor, &new).await {
            Ok(found) => {
                let found = found.ok_or(Problem::NotFound)?;
                let view = words::preview(app, &self.desk, t, &self.meters, &found).await?;
                let errors = found.refused.iter().map(|refusal| said(page, form, refusal)).collect();
                Ok((view, errors))
            }
            Err(Error::Refused(refusal)) => {
                let error = said(page, form, &refusal);
                Ok((problem(&error.1), vec![error]))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn edit(self, page: Page, form: PriceForm, errors: Errors, preview: PreviewView) -> EditPrice {
        let list = &self.found.list;
        let is_sellers = list.role == ListRole::Reseller || self.of_reseller();
        let simulator = (!self.desk.is_admin() && is_sellers).then(|| {
            let path = format!("{}/simulator", self.desk.base);
            let href = fields::href(&path, &form);
            format!("{href}&place={}&meter={}", self.found.place, self.info.meter)
        });
        EditPrice {
            base: self.desk.base,
            action: self.action(),
            list: (self.found.title.clone(), self.list_href()),
            meter: meter_name(page.t, &self.info),
            unit: self.info.unit,
            may_end: !matches!(self.found.target, Target::Default | Target::Platform(None)),
            may_allow: self.desk.is_admin() && is_sellers,
            simulator,
            page,
            form,
            errors,
            preview,
        }
    }

    /// Whether a reseller sells by the list: its own, or one of a customer of it.
    fn of_reseller(&self) -> bool {
        let is_customers = self.found.list.role == ListRole::Customer;
        let own = self.found.list.owner;
        is_customers
            && (self.desk.member.tenant.kind == TenantKind::Reseller || own != self.desk.member.tenant.id)
    }
}

/// A refusal beside its field.
fn said(page: &Page, form: &PriceForm, refusal: &Refusal) -> (String, String) {
    (field_of(form, refusal).to_owned(), page.t.refusal(refusal))
}

/// `GET …/{place}/{meter}`: the address may fill in the form.
pub(super) async fn edit(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path((place, meter)): Path<(String, String)>,
    Query(query): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let subject = Subject::of(&app, actor, by, &page, (&place, &meter)).await?;
    let scope = subject.desk.scope();
    let records = store::prices::list_versions(&app.db, scope, subject.found.list.id, VERSIONS).await?;
    let valid = valid_now(&records, subject.info.meter, page.now).map(|record| &record.price);
    let mut form = fields::of(valid, subject.info.unit, subject.info.increment, page.now);
    if is_filled(&query) {
        let asked = fields::read(&query);
        let increment = if asked.increment.is_empty() { form.increment } else { asked.increment.clone() };
        form = PriceForm { key: form.key, increment, ..asked };
        if form.start.is_empty() {
            "now".clone_into(&mut form.start);
        }
    }
    let (preview, _) = subject.preview(&app, &page, &form).await?;
    Ok(Html(subject.edit(page, form, vec![], preview).render()?))
}

/// `GET …/{place}/{meter}/preview`: what the fields would do, while they are being filled in.
pub(super) async fn preview(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path((place, meter)): Path<(String, String)>,
    Query(query): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let subject = Subject::of(&app, actor, by, &page, (&place, &meter)).await?;
    let (preview, _) = subject.preview(&app, &page, &fields::read(&query)).await?;
    Ok(Html(PreviewPart { page: &page, preview }.render()?))
}

/// `POST …/{place}/{meter}`: asks first, sets the price when it was confirmed.
pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path((place, meter)): Path<(String, String)>,
    Form(sent): Form<Fields>,
) -> Result<Response, Problem> {
    let subject = Subject::of(&app, actor, by, &page, (&place, &meter)).await?;
    let form = fields::read(&sent);
    let confirmed = fields::text(&sent, "confirm") == "yes";
    // A price that was set is not in order a second time, but the form that set it is.
    let again = crate::domain::id::PriceId::parse(&form.key).filter(|_| confirmed);
    let (preview, errors) = match again {
        Some(_) => (PreviewView::default(), subject.check(&page, &form).err().unwrap_or_default()),
        None => subject.preview(&app, &page, &form).await?,
    };
    if !errors.is_empty() {
        let preview = match again {
            Some(_) => subject.preview(&app, &page, &form).await?.0,
            None => preview,
        };
        return Ok(unprocessable(subject.edit(page, form, errors, preview).render()?));
    }
    if !confirmed {
        return Ok(Html(ask(subject, page, &form, preview).render()?).into_response());
    }
    let Ok(new) = subject.check(&page, &form) else { return Err(Problem::NotFound) };
    match prices::set_price(&app, &subject.editor, new).await {
        Ok(set) => {
            set.ok_or(Problem::NotFound)?;
            Ok(Redirect::to(&format!("{}?done=set", subject.list_href())).into_response())
        }
        Err(Error::Refused(refusal)) => {
            let errors = vec![said(&page, &form, &refusal)];
            let (preview, _) = subject.preview(&app, &page, &form).await?;
            Ok(unprocessable(subject.edit(page, form, errors, preview).render()?))
        }
        Err(error) => Err(error.into()),
    }
}

fn ask(subject: Subject, page: Page, form: &PriceForm, preview: PreviewView) -> ConfirmPrice {
    let mut fields = fields::pairs(form);
    fields.push(("key".to_owned(), form.key.clone()));
    ConfirmPrice {
        base: subject.desk.base,
        action: subject.action(),
        list: (subject.found.title.clone(), subject.list_href()),
        meter: meter_name(page.t, &subject.info),
        back: fields::href(&subject.action(), form),
        fields,
        page,
        preview,
    }
}
