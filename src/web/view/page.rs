//! What every page knows: language, brand, who is signed in, and how money and time are written for him.

use super::format;
use super::parts::BalanceState;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::i18n::{Lang, T};

/// The frame of a page. The web layer fills one per request; templates read it as `page`.
#[derive(Clone, Debug)]
pub struct Page {
    /// The reader's language.
    pub t: T,
    /// The token of every form's hidden `csrf_token`.
    pub csrf: String,
    /// Path of the request without its query, for the current item of the navigation.
    pub path: String,
    /// Path with its query: where a change of language or theme leads back to.
    pub here: String,
    /// The brand of the shell.
    pub brand: BrandView,
    /// Who is signed in.
    pub actor: Option<ActorView>,
    /// The balance in the bar; customers only.
    pub balance: Option<BalanceView>,
    /// `light` or `dark`; `None` follows the system.
    pub theme: Option<&'static str>,
    /// Whether this is the demo: nothing is real, mails are shown on a page.
    pub demo: bool,
    /// The time of the request.
    pub now: Ts,
    /// Where the assets are served: `/static/{hash}`, without a trailing slash.
    pub asset_base: &'static str,
}

/// Whose name stands on the page.
#[derive(Clone, Debug, Default)]
pub struct BrandView {
    /// `TeleNord`.
    pub name: String,
    /// The line below: `Kundenportal`.
    pub sub: String,
    /// Where a reader gets help, if the brand says so.
    pub support: Option<SupportView>,
}

/// A help line or mailbox.
#[derive(Clone, Debug, Default)]
pub struct SupportView {
    /// `tel:+494055512340` or `mailto:…`.
    pub href: String,
    /// `040 5551 2340`.
    pub label: String,
    /// `Mo–Fr 8–18 Uhr`; may be empty.
    pub hours: String,
}

/// Which workspace a person works in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Area {
    /// End customer.
    #[default]
    Portal,
    /// Reseller.
    Reseller,
    /// Platform.
    Admin,
}

impl Area {
    /// The first page of the area.
    pub const fn home(self) -> &'static str {
        match self {
            Area::Portal => "/portal",
            Area::Reseller => "/reseller",
            Area::Admin => "/admin",
        }
    }

    /// Where the movements of many customers are, in workspaces that have several.
    pub const fn transactions(self) -> Option<&'static str> {
        match self {
            Area::Portal => None,
            Area::Reseller => Some("/reseller/transactions"),
            Area::Admin => Some("/admin/transactions"),
        }
    }

    /// Whether this is a reseller's workspace.
    pub const fn is_reseller(self) -> bool {
        matches!(self, Area::Reseller)
    }

    /// Where the keys of the API are, in workspaces that have them.
    pub const fn api_keys(self) -> Option<&'static str> {
        match self {
            Area::Portal => None,
            Area::Reseller => Some("/reseller/settings/api-keys"),
            Area::Admin => Some("/admin/settings/api-keys"),
        }
    }

    /// Whether this is the platform's workspace.
    pub const fn is_admin(self) -> bool {
        matches!(self, Area::Admin)
    }
}

/// The signed-in person in one tenant.
#[derive(Clone, Debug, Default)]
pub struct ActorView {
    /// Full name.
    pub name: String,
    /// One or two letters for the avatar.
    pub initials: String,
    /// The sign-in address.
    pub email: String,
    /// The role in the reader's language.
    pub role_label: String,
    /// The workspace of this membership.
    pub area: Area,
    /// Whether the role may spend the tenant's money.
    pub may_pay: bool,
    /// Whether the role manages the tenant's connections to other systems.
    pub manages: bool,
    /// The tenant's name.
    pub tenant_name: String,
    /// The tenant's public number.
    pub tenant_number: String,
    /// Other memberships of the same person.
    pub other_tenants: Vec<TenantLink>,
}

/// A membership to switch to.
#[derive(Clone, Debug, Default)]
pub struct TenantLink {
    /// The value of the form field `tenant`.
    pub id: String,
    /// The tenant's name.
    pub name: String,
    /// The role there.
    pub role_label: String,
}

/// The balance in the bar.
#[derive(Clone, Copy, Debug, Default)]
pub struct BalanceView {
    /// Available money.
    pub amount: Cents,
    /// Reserved for usage that is going on.
    pub held: Cents,
    /// How it stands.
    pub state: BalanceState,
}

/// A value that templates may hold directly or behind references.
pub trait Held<V: Copy> {
    /// The value itself.
    fn get(&self) -> V;
}

impl Held<Cents> for Cents {
    fn get(&self) -> Cents {
        *self
    }
}

impl Held<Ts> for Ts {
    fn get(&self) -> Ts {
        *self
    }
}

impl<V: Copy, H: Held<V> + ?Sized> Held<V> for &H {
    fn get(&self) -> V {
        (**self).get()
    }
}

impl Page {
    /// The address of a file below `static/`.
    pub fn asset(&self, name: &str) -> String {
        format!("{}/{name}", self.asset_base)
    }

    /// The language tag of the document.
    pub fn lang(&self) -> &'static str {
        self.t.lang().code()
    }

    /// The language one could switch to, with its own name for itself.
    pub fn other_lang(&self) -> (&'static str, String) {
        let other = if self.t.lang() == Lang::De { Lang::En } else { Lang::De };
        (other.code(), T::new(other).shell_language_name())
    }

    /// The first page of whoever reads: the own area, or the sign-in.
    pub fn home(&self) -> &'static str {
        self.actor.as_ref().map_or("/login", |actor| actor.area.home())
    }

    /// Whether `path` is this page or above it.
    pub fn within(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// `1.234,56 €`.
    pub fn money(&self, amount: impl Held<Cents>) -> String {
        self.t.money(amount.get())
    }

    /// `+1.234,56 €`.
    pub fn signed(&self, amount: impl Held<Cents>) -> String {
        self.t.money_signed(amount.get())
    }

    /// `1234.56`, the `value` of a `<data>` element.
    pub fn plain(&self, amount: impl Held<Cents>) -> String {
        amount.get().plain()
    }

    /// Whether an amount is a credit.
    pub fn is_credit(&self, amount: impl Held<Cents>) -> bool {
        amount.get() > Cents::ZERO
    }

    /// `23.11.2026`.
    pub fn date(&self, at: impl Held<Ts>) -> String {
        format::date(self.t, at.get())
    }

    /// `23. Nov.`.
    pub fn short(&self, at: impl Held<Ts>) -> String {
        format::short(self.t, at.get())
    }

    /// `23. November`.
    pub fn long(&self, at: impl Held<Ts>) -> String {
        format::long(self.t, at.get(), self.now)
    }

    /// `14:36`.
    pub fn clock(&self, at: impl Held<Ts>) -> String {
        format::clock(at.get())
    }

    /// `14:36`, `gestern`, `20. Nov.`.
    pub fn recent(&self, at: impl Held<Ts>) -> String {
        format::recent(self.t, at.get(), self.now)
    }

    /// `heute, 14:36 Uhr`.
    pub fn moment(&self, at: impl Held<Ts>) -> String {
        format::moment(self.t, at.get(), self.now)
    }

    /// `23.11.2026, 14:35:40 Uhr`.
    pub fn exact(&self, at: impl Held<Ts>) -> String {
        format::exact(self.t, at.get())
    }

    /// `vor 7 Min.`.
    pub fn ago(&self, at: impl Held<Ts>) -> String {
        format::ago(self.t, at.get(), self.now)
    }

    /// `Heute, 23. November`.
    pub fn day_head(&self, at: impl Held<Ts>) -> String {
        format::day_head(self.t, at.get(), self.now)
    }

    /// The `datetime` attribute.
    pub fn iso(&self, at: impl Held<Ts>) -> String {
        format::iso(at.get())
    }
}
