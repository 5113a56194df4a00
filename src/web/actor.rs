//! Who asks: the signed-in member with its present role, and the walls between the audiences.

use super::error::Problem;
use super::session_store::key;
use crate::app::App;
use crate::domain::id::{PersonId, TenantId};
use crate::domain::party::{Member, Role, Scope, TenantKind};
use crate::store;
use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use std::net::{IpAddr, SocketAddr};
use tower_sessions::Session;

/// A signed-in member. Rights are read on every request, so that a change holds at once.
#[derive(Clone, Debug)]
pub struct Actor(pub Member);

impl Actor {
    /// What it may see.
    pub const fn scope(&self) -> Scope {
        self.0.scope()
    }

    /// The member, if it works for a customer.
    ///
    /// # Errors
    /// [`Problem::NotFound`]: other audiences' pages do not exist for it.
    pub fn customer(self) -> Result<Member, Problem> {
        self.of(TenantKind::Customer)
    }

    /// The member, if it works for a tenant of `kind`.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub fn of(self, kind: TenantKind) -> Result<Member, Problem> {
        if self.0.tenant.kind == kind { Ok(self.0) } else { Err(Problem::NotFound) }
    }
}

/// Who is signed in, according to the session and the database.
pub async fn current(app: &App, session: &Session) -> Result<Option<Member>, Problem> {
    let person = session.get::<PersonId>(key::PERSON).await.map_err(Problem::session)?;
    let tenant = session.get::<TenantId>(key::TENANT).await.map_err(Problem::session)?;
    match (person, tenant) {
        (Some(person), Some(tenant)) => Ok(store::persons::member(&app.db, person, tenant).await?),
        _ => Ok(None),
    }
}

async fn from_parts(parts: &mut Parts, app: &App) -> Result<Option<Member>, Problem> {
    if let Some(known) = parts.extensions.get::<Option<Member>>() {
        return Ok(known.clone());
    }
    let session = Session::from_request_parts(parts, app).await.map_err(|_| Problem::NotFound)?;
    let member = current(app, &session).await?;
    parts.extensions.insert(member.clone());
    Ok(member)
}

impl FromRequestParts<App> for Actor {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Actor, Problem> {
        let member = from_parts(parts, app).await?;
        member.map(Actor).ok_or_else(|| Problem::SignIn { next: here(parts) })
    }
}

impl OptionalFromRequestParts<App> for Actor {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Actor>, Problem> {
        Ok(from_parts(parts, app).await?.map(Actor))
    }
}

/// Where a reader comes back to after signing in: the page itself, for a form its home.
fn here(parts: &Parts) -> Option<String> {
    let path = parts.uri.path_and_query().map(|path| path.as_str().to_owned());
    (parts.method == axum::http::Method::GET).then_some(path).flatten()
}

/// The first page of a member.
pub const fn home(kind: TenantKind) -> &'static str {
    match kind {
        TenantKind::Customer => "/portal",
        TenantKind::Reseller => "/reseller",
        TenantKind::Platform => "/admin",
    }
}

/// Whether a role may see the health dashboard.
pub fn sees_health(member: &Member) -> bool {
    member.tenant.kind == TenantKind::Platform
        && matches!(member.role, Role::Admin | Role::Finance | Role::Support)
}

/// The client's address: of the connection, or what our own proxies say of it.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<ClientAddress, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let trusted = &app.config.trusted_proxies;
        if !trusted.contains(&peer) {
            return Ok(ClientAddress(peer));
        }
        // From the right: the first hop that is not ours is the client; everything left of it may be forged.
        let hops = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<IpAddr> =
            hops.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
        let client = hops.into_iter().rev().find(|hop| !trusted.contains(hop));
        Ok(ClientAddress(client.unwrap_or(peer)))
    }
}
