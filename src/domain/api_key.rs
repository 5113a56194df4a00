//! Keys of the API: what they may do, for which kind of money they are, and how a secret is told from noise.
//!
//! A secret reads `gut_live_…` or `gut_test_…`. It is shown once and stored as a hash; what people see of it afterwards is its beginning.

use super::party::{TenantKind, text_enum};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiScope {
    /// Report usage.
    UsageWrite,
    /// Reserve, capture and release.
    HoldsWrite,
    /// Balances, transactions, prices, commissions.
    Read,
    /// Set up customers.
    CustomersWrite,
}

text_enum!(ApiScope {
    UsageWrite = "usage:write",
    HoldsWrite = "holds:write",
    Read = "read",
    CustomersWrite = "customers:write",
});

impl ApiScope {
    /// Whether a key of a tenant of `kind` may have it: customers read what is theirs and report nothing about themselves.
    pub const fn fits(self, kind: TenantKind) -> bool {
        match kind {
            TenantKind::Platform | TenantKind::Reseller => true,
            TenantKind::Customer => matches!(self, ApiScope::Read),
        }
    }
}

/// A set of scopes, in the order of [`ApiScope::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiScopes(Vec<ApiScope>);

impl ApiScopes {
    /// The scopes, sorted and each once.
    pub fn new(scopes: impl IntoIterator<Item = ApiScope>) -> ApiScopes {
        let mut scopes: Vec<ApiScope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        ApiScopes(scopes)
    }

    /// Whether one of them is `scope`.
    pub fn has(&self, scope: ApiScope) -> bool {
        self.0.contains(&scope)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = ApiScope> + '_ {
        self.0.iter().copied()
    }

    /// The stored form: names with a space between them.
    pub fn as_str(&self) -> String {
        self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Reads the stored form; `None` when a name is unknown.
    pub fn parse(text: &str) -> Option<ApiScopes> {
        text.split_whitespace().map(ApiScope::parse).collect::<Option<Vec<_>>>().map(ApiScopes::new)
    }
}

/// Real money or play money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyMode {
    /// An installation that takes real money.
    Live,
    /// Any other one, so that a copy of its database opens nothing elsewhere, and the other way round.
    Test,
}

text_enum!(KeyMode { Live = "live", Test = "test" });

impl KeyMode {
    /// How every secret of this mode begins.
    pub const fn prefix(self) -> &'static str {
        match self {
            KeyMode::Live => "gut_live_",
            KeyMode::Test => "gut_test_",
        }
    }
}

/// Letters and digits of a new secret after its prefix: 43 of 62 are more than 256 bits.
pub const SECRET_LETTERS: usize = 43;
/// No secret is longer; what is longer is not worth a hash.
const LONGEST: usize = 64;
/// How much of a secret people see in lists, after the prefix.
const SHOWN_LETTERS: usize = 4;

/// Whether a text could be a secret at all.
pub fn looks_like_a_secret(text: &str) -> bool {
    let known =
        KeyMode::ALL.iter().any(|mode| text.strip_prefix(mode.prefix()).is_some_and(|rest| !rest.is_empty()));
    known && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The beginning of a secret, by which people recognise it: `gut_live_3fK9`.
pub fn shown(mode: KeyMode, secret: &str) -> String {
    secret.chars().take(mode.prefix().len() + SHOWN_LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scopes_are_a_set_and_come_back_from_their_text() {
        let scopes = ApiScopes::new([ApiScope::Read, ApiScope::UsageWrite, ApiScope::Read]);
        assert_eq!(scopes.as_str(), "usage:write read");
        assert_eq!(ApiScopes::parse(&scopes.as_str()), Some(scopes.clone()));
        assert!(scopes.has(ApiScope::Read) && !scopes.has(ApiScope::HoldsWrite));
        assert_eq!(ApiScopes::parse("read everything"), None);
        assert_eq!(ApiScopes::parse(""), Some(ApiScopes::default()));
    }

    #[test]
    fn noise_is_no_secret() {
        for good in ["gut_test_demo", "gut_live_3fK9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(looks_like_a_secret(good), "{good}");
        }
        let long = format!("gut_live_{}", "a".repeat(64));
        for bad in
            ["", "gut_", "gut_live_", "gut_prod_abc", "sk_live_abc", "gut_live_ä", "gut_live_a b", &long]
        {
            assert!(!looks_like_a_secret(bad), "{bad}");
        }
        assert_eq!(shown(KeyMode::Live, "gut_live_3fK9secret"), "gut_live_3fK9");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = (looks_like_a_secret(&text), shown(KeyMode::Test, &text), ApiScopes::parse(&text));
        }
    }
}
