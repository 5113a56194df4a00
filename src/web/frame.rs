//! The frame of a page: language, brand, who is signed in, balance in the bar, form token.

use super::actor::{self, Actor, current};
use super::assets;
use super::error::Problem;
use super::form::FormToken;
use super::view::page::{ActorView, Area, BalanceView, BrandView, Page, SupportView, TenantLink};
use super::view::parts::BalanceState;
use crate::app::App;
use crate::domain::party::{Member, Role, Scope, TenantKind};
use crate::i18n::{Lang, T};
use crate::store;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use tower_sessions::Session;

/// Cookies of language and theme; they hold before signing in as well.
pub const LANGUAGE_COOKIE: &str = "__Host-lang";
/// See [`LANGUAGE_COOKIE`].
pub const THEME_COOKIE: &str = "__Host-theme";

/// The frame, as an extractor.
pub struct Frame(pub Page);

impl FromRequestParts<App> for Frame {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Frame, Problem> {
        let member =
            <Actor as axum::extract::OptionalFromRequestParts<App>>::from_request_parts(parts, app).await?;
        Ok(Frame(build(app, &FrameSource::of(parts), member.map(|actor| actor.0)).await?))
    }
}

/// What a frame is made from, kept aside for error pages.
#[derive(Clone, Debug)]
pub struct FrameSource {
    headers: HeaderMap,
    uri: Uri,
    token: FormToken,
    session: Option<Session>,
}

impl FrameSource {
    /// Takes what is needed from a request.
    pub fn of(parts: &Parts) -> FrameSource {
        FrameSource {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            token: parts.extensions.get::<FormToken>().cloned().unwrap_or_default(),
            session: parts.extensions.get::<Session>().cloned(),
        }
    }

    /// Whether a script asks for a part, rather than a reader for a page.
    pub fn is_script(&self) -> bool {
        let accepts = |kind: &str| {
            self.headers
                .get(header::ACCEPT)
                .is_some_and(|value| value.as_bytes().starts_with(kind.as_bytes()))
        };
        self.headers.contains_key("hx-request") || accepts("text/event-stream")
    }

    /// The frame of an error page: whatever can be known, and nothing that could fail again.
    pub async fn frame(mut self, app: &App) -> Page {
        let mut member = None;
        if let Some(session) = self.session.clone() {
            member = current(app, &session).await.unwrap_or_default();
            if self.token.0.is_empty() {
                let token = session.get::<String>(super::session_store::key::CSRF).await.ok().flatten();
                self.token = FormToken(token.unwrap_or_default());
            }
        }
        match build(app, &self, member).await {
            Ok(page) => page,
            Err(_) => bare(app, &self),
        }
    }
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The reader's language: chosen, else what the browser prefers, else German.
pub fn language(headers: &HeaderMap) -> Lang {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(Lang::from_code);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    chosen.unwrap_or_else(|| Lang::from_accept(accepted))
}

fn bare(app: &App, source: &FrameSource) -> Page {
    let theme = match cookie(&source.headers, THEME_COOKIE) {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        _ => None,
    };
    let t = T::new(language(&source.headers));
    Page {
        t,
        csrf: source.token.0.clone(),
        path: source.uri.path().to_owned(),
        here: source.uri.path_and_query().map_or("/".to_owned(), |path| path.as_str().to_owned()),
        brand: BrandView { name: t.shell_product(), sub: String::new(), support: None },
        actor: None,
        balance: None,
        theme,
        demo: app.demo,
        now: app.clock.now(),
        asset_base: assets::base(),
    }
}

async fn build(app: &App, source: &FrameSource, member: Option<Member>) -> Result<Page, Problem> {
    let mut page = bare(app, source);
    let Some(member) = member else { return Ok(page) };
    let t = page.t;
    page.brand = brand(app, t, &member).await?;
    if member.tenant.kind == TenantKind::Customer {
        let balance = store::ledger::balance(&app.db, member.scope(), member.tenant.id).await?;
        page.balance = balance.map(|balance| BalanceView {
            amount: balance.available(),
            held: balance.held_cents,
            state: BalanceState::of(balance.booked(), member.tenant.low_balance),
        });
    }
    let memberships = store::persons::memberships(&app.db, member.person_id).await?;
    let others = memberships.into_iter().filter(|other| other.tenant_id != member.tenant.id);
    let other_tenants = others.map(|other| TenantLink {
        id: other.tenant_id.to_string(),
        name: other.name,
        role_label: role_label(t, other.role),
    });
    page.actor = Some(ActorView {
        initials: initials(&member.name),
        role_label: role_label(t, member.role),
        area: match member.tenant.kind {
            TenantKind::Customer => Area::Portal,
            TenantKind::Reseller => Area::Reseller,
            TenantKind::Platform => Area::Admin,
        },
        manages: actor::manages(&member),
        may_pay: member.tenant.kind == TenantKind::Customer && member.role.may_pay(),
        tenant_name: member.tenant.name.clone(),
        tenant_number: member.tenant.number.clone(),
        other_tenants: other_tenants.collect(),
        email: member.email,
        name: member.name,
    });
    Ok(page)
}

/// Customers see their reseller's name; everyone else the platform's.
async fn brand(app: &App, t: T, member: &Member) -> Result<BrandView, Problem> {
    let sub = match member.tenant.kind {
        TenantKind::Customer => t.shell_sub_portal(),
        TenantKind::Reseller => t.shell_sub_reseller(),
        TenantKind::Platform => t.shell_sub_platform(),
    };
    let seller = match (member.tenant.kind, member.tenant.reseller_id) {
        (TenantKind::Reseller, _) => Some(member.tenant.clone()),
        (TenantKind::Customer, Some(reseller)) => {
            store::tenants::find(&app.db, Scope::Platform, reseller).await?
        }
        _ => store::tenants::platform(&app.db).await?,
    };
    let Some(seller) = seller else { return Ok(BrandView { name: t.shell_product(), sub, support: None }) };
    let support = seller.support_contact.filter(|contact| !contact.is_empty()).map(|label| {
        let digits: String = label.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let href = if label.contains('@') { format!("mailto:{label}") } else { format!("tel:{digits}") };
        SupportView { href, label, hours: String::new() }
    });
    let name = if seller.kind == TenantKind::Platform { t.shell_product() } else { seller.name };
    Ok(BrandView { name, sub, support })
}

fn initials(name: &str) -> String {
    let letters =
        name.split_whitespace().filter(|word| !word.ends_with('.')).filter_map(|word| word.chars().next());
    let letters: Vec<char> = letters.collect();
    match letters.as_slice() {
        [] => String::new(),
        [only] => only.to_uppercase().collect(),
        [first, .., last] => first.to_uppercase().chain(last.to_uppercase()).collect(),
    }
}

fn role_label(t: T, role: Role) -> String {
    match role {
        Role::Admin => t.role_admin(),
        Role::Finance => t.role_finance(),
        Role::Support => t.role_support(),
        Role::Owner => t.role_owner(),
        Role::Staff => t.role_staff(),
        Role::Accounting => t.role_accounting(),
        Role::Viewer => t.role_viewer(),
    }
}

/// Where a member begins.
pub const fn home(member: &Member) -> &'static str {
    actor::home(member.tenant.kind)
}
