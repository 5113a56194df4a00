//! Keys of the API: the list with its form, the secret that is shown once, and one key.

use super::page::Page;
use crate::domain::api_key::{ApiScope, ApiScopes, KeyMode};
use crate::domain::clock::Ts;
use crate::i18n::T;
use askama::Template;

/// The list and the form for a new key.
#[derive(Template, Debug)]
#[template(path = "pages/console/api_key/index.html")]
pub struct ApiKeyIndex {
    /// The frame.
    pub page: Page,
    /// Where the list is: `/admin/settings/api-keys`.
    pub base: &'static str,
    /// Living keys first.
    pub keys: Vec<ApiKeyRow>,
    /// The form.
    pub form: ApiKeyForm,
    /// What is wrong with it, as (field id, sentence); an empty id concerns the whole form.
    pub errors: Vec<(&'static str, String)>,
    /// What a form has just made.
    pub made: Option<MadeKey>,
}

/// What a form has just made.
#[derive(Clone, Debug)]
pub enum MadeKey {
    /// A key, whose secret nobody sees again.
    Key {
        /// Its name.
        name: String,
        /// Its secret.
        secret: String,
    },
    /// The form came a second time.
    Before,
}

/// What is entered in the form.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyForm {
    /// The name.
    pub name: String,
    /// The rights chosen.
    pub scopes: ApiScopes,
    /// Requests per minute; `None` where they cannot be chosen.
    pub rate: Option<String>,
    /// The last day, as browsers write dates.
    pub expires_on: String,
    /// The key of this very form.
    pub request_key: String,
    /// Smallest and largest rate.
    pub rates: (i64, i64),
}

impl ApiKeyIndex {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
    }

    /// Every right as a checkbox.
    fn rights(&self) -> Vec<RightView> {
        let (t, form) = (self.page.t, &self.form);
        let right = |scope: &ApiScope| RightView {
            field: field(*scope),
            label: label(*scope, t),
            note: note(*scope, t),
            chosen: form.scopes.has(*scope),
        };
        ApiScope::ALL.iter().map(right).collect()
    }

    fn rate_hint(&self) -> String {
        let t = self.page.t;
        t.api_key_rate_hint(t.number(self.form.rates.1), t.number(self.form.rates.0))
    }
}

/// A right in the form.
struct RightView {
    field: &'static str,
    label: String,
    note: String,
    chosen: bool,
}

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It opens what it may.
    Active,
    /// Its last day is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl KeyState {
    fn label(self, t: T) -> String {
        match self {
            KeyState::Active => t.api_key_state_active(),
            KeyState::Expired => t.api_key_state_expired(),
            KeyState::Revoked => t.api_key_state_revoked(),
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            KeyState::Active => "ok",
            KeyState::Expired => "warn",
            KeyState::Revoked => "danger",
        }
    }

    const fn is_revoked(self) -> bool {
        matches!(self, KeyState::Revoked)
    }
}

/// A key in the list, and on its own page.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Where its page is.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// The beginning of its secret.
    pub shown: String,
    /// What it may do.
    pub scopes: ApiScopes,
    /// Requests per minute.
    pub rate: i64,
    /// Real money or not.
    pub mode: KeyMode,
    /// How it stands.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Ts,
    /// By whom, if by a person.
    pub creator: Option<String>,
    /// The last instant of its life.
    pub expires_at: Option<Ts>,
    /// When it was last used.
    pub last_used_at: Option<Ts>,
    /// When it was revoked.
    pub revoked_at: Option<Ts>,
    /// By whom.
    pub revoker: Option<String>,
}

impl ApiKeyRow {
    fn scope_labels(&self, t: T) -> String {
        self.scopes.iter().map(|scope| label(scope, t)).collect::<Vec<_>>().join(", ")
    }

    fn mode_label(&self, t: T) -> String {
        match self.mode {
            KeyMode::Live => t.api_key_mode_live(),
            KeyMode::Test => t.api_key_mode_test(),
        }
    }

    /// `heute, 14:36 Uhr, von Mara Lindner`; without the name where nobody is known.
    fn by(&self, page: &Page, at: &Ts, name: Option<&String>) -> String {
        match name {
            Some(name) => page.t.api_key_created_by(page.moment(at), name.as_str()),
            None => page.moment(at),
        }
    }
}

/// One key, with the way to revoke it.
#[derive(Template, Debug)]
#[template(path = "pages/console/api_key/show.html")]
pub struct ShowApiKey {
    /// The frame.
    pub page: Page,
    /// Where the list is.
    pub base: &'static str,
    /// The key.
    pub key: ApiKeyRow,
}

/// What a scope allows, in two or three words.
pub fn label(scope: ApiScope, t: T) -> String {
    match scope {
        ApiScope::UsageWrite => t.api_key_scope_usage_write(),
        ApiScope::HoldsWrite => t.api_key_scope_holds_write(),
        ApiScope::Read => t.api_key_scope_read(),
        ApiScope::CustomersWrite => t.api_key_scope_customers_write(),
    }
}

fn note(scope: ApiScope, t: T) -> String {
    match scope {
        ApiScope::UsageWrite => t.api_key_scope_usage_write_note(),
        ApiScope::HoldsWrite => t.api_key_scope_holds_write_note(),
        ApiScope::Read => t.api_key_scope_read_note(),
        ApiScope::CustomersWrite => t.api_key_scope_customers_write_note(),
    }
}

/// The name of a scope's checkbox.
pub const fn field(scope: ApiScope) -> &'static str {
    match scope {
        ApiScope::UsageWrite => "usage_write",
        ApiScope::HoldsWrite => "holds_write",
        ApiScope::Read => "read",
        ApiScope::CustomersWrite => "customers_write",
    }
}
