//! Withdrawing a version that has not taken effect: the question, and doing it.

use super::place::{describe, target_of};
use super::words;
use super::{Desk, unprocessable};
use crate::app::App;
use crate::billing::{Error, prices};
use crate::domain::id::PriceId;
use crate::store;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::page::Page;
use crate::web::view::price::{AskWithdraw, Standing};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};

/// The question about one version.
async fn question(app: &App, desk: &Desk, page: Page, id: PriceId) -> Result<AskWithdraw, Problem> {
    let mut db = &app.db;
    let version = store::prices::find_version(&mut db, desk.scope(), id).await?.ok_or(Problem::NotFound)?;
    let target = target_of(&version.list).ok_or(Problem::NotFound)?;
    let list = version.list.id;
    let found = describe(app, desk, page.t, target, version.list).await?;
    let records = store::prices::list_versions(&app.db, desk.scope(), list, super::lists::VERSIONS).await?;
    let record = records.iter().find(|record| record.price.id == id).ok_or(Problem::NotFound)?;
    let meters = store::meters::all(&app.db).await?;
    Ok(AskWithdraw {
        base: desk.base,
        action: format!("{}/versions/{id}/withdraw", desk.base),
        list: (found.title.clone(), found.href(desk)),
        version: words::version(page.t, &meters, record, Standing::Planned, None),
        refused: String::new(),
        page,
    })
}

pub(super) async fn ask(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let desk = Desk::of(actor, &page)?;
    desk.editor(by)?;
    let id = PriceId::parse(&id).ok_or(Problem::NotFound)?;
    Ok(Html(question(&app, &desk, page, id).await?.render()?))
}

pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let editor = desk.editor(by)?;
    let id = PriceId::parse(&id).ok_or(Problem::NotFound)?;
    let t = page.t;
    let view = question(&app, &desk, page, id).await?;
    match prices::withdraw(&app, &editor, id).await {
        Ok(done) => {
            done.ok_or(Problem::NotFound)?;
            Ok(Redirect::to(&format!("{}?done=withdrawn", view.list.1)).into_response())
        }
        Err(Error::Refused(refusal)) => {
            Ok(unprocessable(AskWithdraw { refused: t.refusal(&refusal), ..view }.render()?))
        }
        Err(error) => Err(error.into()),
    }
}
