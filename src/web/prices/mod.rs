//! Prices: lists with their versions, the editor with its preview, the simulator; meters, plans, and what is agreed with resellers.
//!
//! Resellers see their own list and those of their customers below `/reseller/prices`, the platform everything below `/admin/prices`.
//! The same handlers serve both; `place` reads which list an address means.

mod editor;
mod fields;
mod lists;
mod meters;
mod place;
mod plans;
mod simulator;
mod terms;
mod withdrawal;
mod words;

use super::actor::Actor;
use super::error::Problem;
use super::view::page::Page;
use crate::app::App;
use crate::billing::prices::Editor;
use crate::domain::audit::Author;
use crate::domain::party::{Member, Role, Scope, TenantKind};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

const ADMIN: &str = "/admin/prices";
const RESELLER: &str = "/reseller/prices";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/admin/prices", get(lists::index))
        .route("/admin/prices/{place}", get(lists::show))
        .route("/admin/prices/{place}/{meter}", get(editor::edit).post(editor::create))
        .route("/admin/prices/{place}/{meter}/preview", get(editor::preview))
        .route("/admin/prices/versions/{id}/withdraw", get(withdrawal::ask).post(withdrawal::create))
        .route("/reseller/prices", get(lists::index))
        .route("/reseller/prices/simulator", get(simulator::show))
        .route("/reseller/prices/{place}", get(lists::show))
        .route("/reseller/prices/{place}/{meter}", get(editor::edit).post(editor::create))
        .route("/reseller/prices/{place}/{meter}/preview", get(editor::preview))
        .route("/reseller/prices/versions/{id}/withdraw", get(withdrawal::ask).post(withdrawal::create))
        .route("/admin/meters", get(meters::index).post(meters::create))
        .route("/admin/meters/{meter}", get(meters::show).post(meters::update))
        .route("/admin/plans", get(plans::index).post(plans::create))
        .route("/admin/plans/{id}", get(plans::show).post(plans::rename))
        .route("/admin/plans/{id}/customers", post(plans::assign))
        .route("/admin/resellers/{id}/terms", get(terms::edit).post(terms::update))
}

/// Who looks at prices, and where its pages are.
struct Desk {
    member: Member,
    base: &'static str,
}

impl Desk {
    /// The platform's people may all look; of a reseller only its owner.
    fn of(actor: Actor, page: &Page) -> Result<Desk, Problem> {
        if !page.within("/admin") {
            let member = actor.of(TenantKind::Reseller)?;
            let may_look = member.role == Role::Owner;
            return if may_look { Ok(Desk { member, base: RESELLER }) } else { Err(Problem::Forbidden) };
        }
        Ok(Desk { member: actor.of(TenantKind::Platform)?, base: ADMIN })
    }

    const fn scope(&self) -> Scope {
        self.member.scope()
    }

    fn may_edit(&self) -> bool {
        Editor::of(&self.member).is_ok()
    }

    /// Who changes something, as the log of changes keeps it.
    fn editor(&self, by: Author) -> Result<Editor, Problem> {
        Editor::of(&self.member).map(|editor| editor.by(by)).map_err(|_| Problem::Forbidden)
    }

    fn is_admin(&self) -> bool {
        self.base == ADMIN
    }
}

/// A refused form with its page.
fn unprocessable(html: String) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response()
}
