//! Who asks: the signed-in member with its present role, and the walls between the audiences.

use super::error::Problem;
use super::session_store::key;
use super::trace::RequestId;
use crate::app::App;
use crate::domain::audit::Author;
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

/// Who asks for a change, as the log of changes keeps it: the member with address and request.
#[derive(Clone, Debug)]
pub struct By(pub Author);

impl FromRequestParts<App> for By {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<By, Problem> {
        let Actor(member) = <Actor as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        let address = ClientAddress::from_request_parts(parts, app).await.ok();
        Ok(By(Author {
            address: address.map(|address| address.0.to_string()),
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
            ..Author::of(&member)
        }))
    }
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

/// Whether a member manages its tenant's connections to other systems: the platform's administrators and resellers' owners.
pub const fn manages(member: &Member) -> bool {
    match member.tenant.kind {
        TenantKind::Platform => matches!(member.role, Role::Admin),
        TenantKind::Reseller => matches!(member.role, Role::Owner),
        TenantKind::Customer => false,
    }
}

/// The client's address: of the connection, or what our own proxies say of it.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<ClientAddress, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let trusted =
            |address: &IpAddr| app.config.trusted_proxies.iter().any(|network| network.contains(address));
        let hops = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).collect();
        Ok(ClientAddress(client(peer.to_canonical(), &hops, trusted)))
    }
}

/// The client behind our own proxies: from the right, the first hop that is not ours. Everything left of it may be forged, and so may what
/// stands left of a hop that cannot be read; then the last proxy that was understood stands for the client.
fn client(peer: IpAddr, hops: &[&str], trusted: impl Fn(&IpAddr) -> bool) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        if !trusted(&nearest) {
            break;
        }
        let hop = hop.trim();
        // Some proxies write the port as well.
        let address =
            hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|with_port| with_port.ip()));
        match address {
            Ok(address) => nearest = address.to_canonical(),
            Err(_) => break,
        }
    }
    nearest
}

impl ClientAddress {
    /// What attempts are counted by: an IPv6 customer has a whole /64 to itself.
    pub fn throttle_key(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let ours = |a: &IpAddr| *a == address("10.0.0.1") || *a == address("10.0.0.2");
        let seen = |peer, hops: &[&str]| client(address(peer), hops, ours).to_string();
        assert_eq!(seen("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", " 10.0.0.2"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "198.51.100.1:5678"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "nonsense"]), "10.0.0.1");
        assert_eq!(ClientAddress(address("2001:db8:1:2:3::4")).throttle_key(), "2001:db8:1:2::/64");
    }
}
