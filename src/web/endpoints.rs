//! Webhooks to others: where events are sent, and what became of each. The same pages below the platform's and a reseller's settings.

use super::actor::{Actor, By, manages};
use super::error::Problem;
use super::frame::Frame;
use super::view::endpoint::{
    DeliveryRow, EndpointForm, EndpointIndex, EndpointRow, EndpointState, Errors, NewEndpoint, ShowEndpoint,
    ShowSecret,
};
use super::view::page::Page;
use crate::app::App;
use crate::billing::endpoints::{self, Created, Wishes};
use crate::domain::clock::Ts;
use crate::domain::endpoint::{DeliveryStatus, DisabledReason, EndpointUrl, EventType};
use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::party::{Member, TenantKind};
use crate::i18n::T;
use crate::outbound::show_secret;
use crate::store;
use crate::store::endpoints::{Delivery, Endpoint};
use askama::Template;
use axum::Form;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

/// Deliveries on a page.
const ROWS: i64 = 50;
/// Longest description, in characters.
const DESCRIPTION: usize = 100;
const ADMIN: &str = "/admin/settings/webhooks";
const RESELLER: &str = "/reseller/settings/webhooks";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/admin/settings/webhooks", get(index).post(create))
        .route("/admin/settings/webhooks/new", get(new))
        .route("/admin/settings/webhooks/{id}", get(show).post(update))
        .route("/admin/settings/webhooks/{id}/secret", post(rotate))
        .route("/admin/settings/webhooks/{id}/test", post(send_test))
        .route("/admin/settings/webhooks/{id}/deliveries/{delivery}/retry", post(send_again))
        .route("/reseller/settings/webhooks", get(index).post(create))
        .route("/reseller/settings/webhooks/new", get(new))
        .route("/reseller/settings/webhooks/{id}", get(show).post(update))
        .route("/reseller/settings/webhooks/{id}/secret", post(rotate))
        .route("/reseller/settings/webhooks/{id}/test", post(send_test))
        .route("/reseller/settings/webhooks/{id}/deliveries/{delivery}/retry", post(send_again))
}

/// Fields as they come; the events come several times.
type Fields = Vec<(String, String)>;

/// The member, if it manages the area that the page belongs to, and where the pages of this area are.
fn manager(actor: Actor, page: &Page) -> Result<(Member, &'static str), Problem> {
    let (kind, base) = match page.within("/admin") {
        true => (TenantKind::Platform, ADMIN),
        false => (TenantKind::Reseller, RESELLER),
    };
    let member = actor.of(kind)?;
    if manages(&member) { Ok((member, base)) } else { Err(Problem::Forbidden) }
}

async fn own(app: &App, member: &Member, id: &str) -> Result<Endpoint, Problem> {
    let id = EndpointId::parse(id).ok_or(Problem::NotFound)?;
    endpoints::find(app, member, id).await?.ok_or(Problem::NotFound)
}

fn text(fields: &Fields, name: &str) -> String {
    fields
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn read(fields: &Fields) -> EndpointForm {
    let chosen = fields.iter().filter(|(field, _)| field == "events");
    let mut events: Vec<EventType> = chosen.filter_map(|(_, value)| EventType::parse(value)).collect();
    events.sort_unstable();
    events.dedup();
    EndpointForm {
        key: text(fields, "key"),
        url: text(fields, "url"),
        description: text(fields, "description"),
        events,
        active: text(fields, "active") == "on",
    }
}

/// The wishes, or what is wrong beside which field.
fn check(app: &App, t: T, form: &EndpointForm) -> Result<Wishes, Errors> {
    let mut errors = vec![];
    let url = EndpointUrl::parse(&form.url, app.config.webhooks_allow_private);
    if let Err(error) = url {
        errors.push(("url", t.say(error.key(), &[])));
    }
    if form.description.chars().count() > DESCRIPTION || form.description.chars().any(char::is_control) {
        errors.push(("description", t.endpoint_description_bad()));
    }
    if form.events.is_empty() {
        errors.push(("events", t.endpoint_events_missing()));
    }
    match url {
        Ok(url) if errors.is_empty() => {
            Ok(Wishes { url, description: form.description.clone(), events: form.events.clone() })
        }
        _ => Err(errors),
    }
}

fn state(endpoint: &Endpoint) -> EndpointState {
    match (endpoint.active, endpoint.failing_since_at) {
        (false, _) => {
            let reason = endpoint.disabled_reason.unwrap_or(DisabledReason::ByHand);
            EndpointState::Off(reason, endpoint.disabled_at.unwrap_or(endpoint.created_at))
        }
        (true, Some(since)) => EndpointState::Failing(since),
        (true, None) => EndpointState::Fine,
    }
}

async fn index(State(app): State<App>, actor: Actor, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let (member, base) = manager(actor, &page)?;
    let found = store::endpoints::list(&app.db, member.scope(), member.tenant.id, endpoints::MOST).await?;
    let row = |endpoint: &Endpoint| EndpointRow {
        href: format!("{base}/{}", endpoint.id),
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: EventType::parse_list(&endpoint.events),
        state: state(endpoint),
    };
    Ok(Html(EndpointIndex { rows: found.iter().map(row).collect(), base, page }.render()?))
}

async fn new(State(app): State<App>, actor: Actor, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let (_, base) = manager(actor, &page)?;
    let form = EndpointForm {
        key: EndpointId::new(app.clock.now()).to_string(),
        events: EventType::ALL.to_vec(),
        ..EndpointForm::default()
    };
    Ok(Html(NewEndpoint { page, base, form, errors: vec![] }.render()?))
}

async fn create(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (member, base) = manager(actor, &page)?;
    let form = read(&fields);
    let wishes = match check(&app, page.t, &form) {
        Ok(wishes) => wishes,
        Err(errors) => return unprocessable(NewEndpoint { page, base, form, errors }.render()?),
    };
    let id = EndpointId::parse(&form.key).unwrap_or_else(|| EndpointId::new(app.clock.now()));
    match endpoints::create(&app, &by, &member, id, wishes).await? {
        Created::Now(endpoint) => {
            let secret = show_secret(&endpoint.secret);
            let (href, url) = (format!("{base}/{}", endpoint.id), endpoint.url);
            Ok(Html(ShowSecret { page, base, href, url, secret, previous_until: None }.render()?)
                .into_response())
        }
        Created::Before(id) => Ok(Redirect::to(&format!("{base}/{id}")).into_response()),
        Created::TooMany => {
            let errors = vec![("", page.t.endpoint_too_many(endpoints::MOST))];
            unprocessable(NewEndpoint { page, base, form, errors }.render()?)
        }
    }
}

fn unprocessable(html: String) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response())
}

/// What was just done, and from where the log is read.
#[derive(Clone, Debug, Default, Deserialize)]
struct Look {
    #[serde(default)]
    done: String,
    #[serde(default)]
    after: String,
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Result<Html<String>, Problem> {
    let (member, base) = manager(actor, &page)?;
    let endpoint = own(&app, &member, &id).await?;
    let form = EndpointForm {
        key: String::new(),
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: EventType::parse_list(&endpoint.events),
        active: endpoint.active,
    };
    let view = page_of(&app, &member, page, base, &endpoint, (form, vec![]), &look).await?;
    Ok(Html(view.render()?))
}

async fn page_of(
    app: &App,
    member: &Member,
    page: Page,
    base: &'static str,
    endpoint: &Endpoint,
    (form, errors): (EndpointForm, Errors),
    look: &Look,
) -> Result<ShowEndpoint, Problem> {
    let href = format!("{base}/{}", endpoint.id);
    let after = DeliveryId::parse(&look.after);
    let scope = member.scope();
    let mut found = store::endpoints::list_deliveries(&app.db, scope, endpoint.id, after, ROWS + 1).await?;
    let has_older = found.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let older = found.last().filter(|_| has_older).map(|last| format!("{href}?after={}", last.id));
    let t = page.t;
    let done = match look.done.as_str() {
        "saved" => Some(t.endpoint_done_saved()),
        "test" => Some(t.endpoint_done_test()),
        "retry" => Some(t.endpoint_done_retry()),
        _ => None,
    };
    Ok(ShowEndpoint {
        state: state(endpoint),
        url: endpoint.url.clone(),
        secret_made_at: endpoint.secret_made_at,
        previous_until: endpoint.previous_until_at.filter(|until| *until > page.now),
        deliveries: found.iter().map(|delivery| row(t, &href, endpoint.active, delivery)).collect(),
        newer: after.map(|_| href.clone()),
        older,
        done,
        page,
        base,
        href,
        form,
        errors,
    })
}

fn row(t: T, href: &str, active: bool, delivery: &Delivery) -> DeliveryRow {
    let waits = delivery.status == DeliveryStatus::Waiting;
    let result = match (delivery.last_error, delivery.last_status) {
        (Some(error), None) => t.say(&format!("attempt-{}", error.as_str().replace('_', "-")), &[]),
        (_, Some(status)) => t.delivery_status(status),
        (None, None) => String::new(),
    };
    DeliveryRow {
        id: delivery.id.to_string(),
        event: delivery.event_type.clone(),
        at: delivery.created_at,
        status: delivery.status,
        result,
        answer: delivery.last_answer.clone().unwrap_or_default(),
        attempts: delivery.attempts,
        next_at: (waits && delivery.attempts > 0).then_some(delivery.next_attempt_at),
        retry: (!waits && active).then(|| format!("{href}/deliveries/{}/retry", delivery.id)),
    }
}

async fn update(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (member, base) = manager(actor, &page)?;
    let endpoint = own(&app, &member, &id).await?;
    let form = read(&fields);
    match check(&app, page.t, &form) {
        Ok(wishes) => {
            endpoints::update(&app, &by, &endpoint, wishes, form.active).await?;
            Ok(Redirect::to(&format!("{base}/{}?done=saved", endpoint.id)).into_response())
        }
        Err(errors) => {
            let look = Look::default();
            let view = page_of(&app, &member, page, base, &endpoint, (form, errors), &look).await?;
            unprocessable(view.render()?)
        }
    }
}

/// A new secret, shown this once; a form that is sent again finds the secret changed and changes nothing.
async fn rotate(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (member, base) = manager(actor, &page)?;
    let endpoint = own(&app, &member, &id).await?;
    let href = format!("{base}/{}", endpoint.id);
    let seen = text(&fields, "made_at").parse::<i64>().ok().map(Ts);
    let secret = match seen {
        Some(seen) => endpoints::rotate(&app, &by, &endpoint, seen).await?,
        None => None,
    };
    let Some(secret) = secret else { return Ok(Redirect::to(&href).into_response()) };
    let previous_until = own(&app, &member, &id).await?.previous_until_at;
    let (url, secret) = (endpoint.url, show_secret(&secret));
    Ok(Html(ShowSecret { page, base, href, url, secret, previous_until }.render()?).into_response())
}

async fn send_test(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let (member, base) = manager(actor, &page)?;
    let endpoint = own(&app, &member, &id).await?;
    if !endpoint.active {
        return Ok(Redirect::to(&format!("{base}/{}", endpoint.id)));
    }
    endpoints::send_test(&app, &endpoint).await?;
    Ok(Redirect::to(&format!("{base}/{}?done=test", endpoint.id)))
}

async fn send_again(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let (member, base) = manager(actor, &page)?;
    let endpoint = own(&app, &member, &id).await?;
    let delivery = DeliveryId::parse(&delivery).ok_or(Problem::NotFound)?;
    let known = store::endpoints::find_delivery(&app.db, member.scope(), endpoint.id, delivery).await?;
    known.ok_or(Problem::NotFound)?;
    let sent = endpoint.active && endpoints::send_again(&app, member.scope(), &endpoint, delivery).await?;
    let done = if sent { "?done=retry" } else { "" };
    Ok(Redirect::to(&format!("{base}/{}{done}", endpoint.id)))
}
