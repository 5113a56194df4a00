//! Pages of the demo only: the mails that would have been sent. Outside the demo these paths do not exist.

use super::actor::Actor;
use super::error::Problem;
use super::frame::Frame;
use super::view::mail::{MailIndex, MailRow, ShowMail};
use crate::app::App;
use crate::domain::id::MailId;
use crate::store;
use crate::store::mails::Mail;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

/// Mails on the page.
const MAILS: i64 = 100;

pub(super) fn router(demo: bool) -> Router<App> {
    if demo {
        Router::new().route("/demo/mails", get(index)).route("/demo/mails/{id}", get(show))
    } else {
        Router::new()
    }
}

/// Leads readers who came by another name of this machine (`localhost`) to the one that payments come back to: cookies and the
/// rule where forms may lead know one name only.
pub(super) async fn one_name(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ours = app.config.base_url.split_once("://").map_or("", |(_, host)| host);
    let is_page = request.method() == Method::GET && !request.uri().path().starts_with("/health");
    if !app.demo || !is_page || host.is_empty() || host == ours {
        return next.run(request).await;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Redirect::temporary(&format!("{}{path}", app.config.base_url)).into_response()
}

fn row(mail: &Mail) -> MailRow {
    MailRow {
        href: format!("/demo/mails/{}", mail.id),
        recipient: mail.recipient.clone(),
        subject: mail.subject.clone(),
        at: mail.created_at,
    }
}

async fn index(State(app): State<App>, _: Actor, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let mails = store::mails::list_latest(&app.db, MAILS).await?;
    Ok(Html(MailIndex { page, mails: mails.iter().map(row).collect() }.render()?))
}

async fn show(
    State(app): State<App>,
    _: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let id = MailId::parse(&id).ok_or(Problem::NotFound)?;
    let mail = store::mails::find(&app.db, id).await?.ok_or(Problem::NotFound)?;
    Ok(Html(ShowMail { page, mail: row(&mail), text: mail.text_body }.render()?))
}
