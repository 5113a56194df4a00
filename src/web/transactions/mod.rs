//! Movements of many customers in the workspaces of resellers and of the platform: found, exported, explained, taken back.

mod export;
mod list;
mod reversal;
mod show;

use super::actor::Actor;
use super::error::Problem;
use super::view::format;
use super::view::page::Page;
use crate::app::App;
use crate::domain::id::TenantId;
use crate::domain::party::{Member, Role, Scope, Tenant, TenantKind};
use crate::store;
use axum::Router;
use axum::routing::get;
use std::collections::{BTreeSet, HashMap};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/reseller/transactions", get(list::index))
        .route("/reseller/transactions.csv", get(export::csv))
        .route("/reseller/transactions/{id}", get(show::show))
        .route("/reseller/transactions/{id}/reversal", get(reversal::new).post(reversal::create))
        .route("/admin/transactions", get(list::index))
        .route("/admin/transactions.csv", get(export::csv))
        .route("/admin/transactions/{id}", get(show::show))
        .route("/admin/transactions/{id}/reversal", get(reversal::new).post(reversal::create))
}

/// Whose list it is, by the workspace that the path names.
struct Console {
    member: Member,
    base: &'static str,
}

impl Console {
    fn enter(actor: Actor, page: &Page) -> Result<Console, Problem> {
        let (kind, base) = if page.path.starts_with("/admin/") {
            (TenantKind::Platform, "/admin/transactions")
        } else {
            (TenantKind::Reseller, "/reseller/transactions")
        };
        Ok(Console { member: actor.of(kind)?, base })
    }

    const fn scope(&self) -> Scope {
        self.member.scope()
    }

    /// Whether this is the platform, which sees every reseller and the posted entries.
    const fn is_platform(&self) -> bool {
        matches!(self.member.tenant.kind, TenantKind::Platform)
    }

    /// Support helps without knowing whom a customer calls.
    const fn masks(&self) -> bool {
        matches!(self.member.role, Role::Support)
    }

    /// A text as this reader may see it.
    fn text(&self, text: &str) -> String {
        if self.masks() { format::masked(text) } else { text.to_owned() }
    }
}

/// Tenants by id, for lists that name many.
struct Names(HashMap<TenantId, Tenant>);

impl Names {
    /// Reads them in one statement.
    async fn load(app: &App, scope: Scope, ids: &[TenantId]) -> Result<Names, store::Error> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect::<BTreeSet<_>>().into_iter().collect();
        let found = store::tenants::list_by_ids(&app.db, scope, &ids).await?;
        Ok(Names(found.into_iter().map(|tenant| (tenant.id, tenant)).collect()))
    }

    fn name(&self, id: TenantId) -> String {
        self.0.get(&id).map(|tenant| tenant.name.clone()).unwrap_or_default()
    }

    fn number(&self, id: TenantId) -> String {
        self.0.get(&id).map(|tenant| tenant.number.clone()).unwrap_or_default()
    }
}
