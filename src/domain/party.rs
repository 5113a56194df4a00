//! Who is who: tenants, people, their roles, and the [`Scope`] a role may see.

use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, TenantId};
use crate::domain::money::Cents;

/// The kinds of tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantKind {
    /// The operator; there is exactly one.
    Platform,
    /// Sells to customers and earns commission.
    Reseller,
    /// Uses the service; belongs to one reseller or to the platform directly.
    Customer,
}

/// A role of one person in one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Platform: everything.
    Admin,
    /// Platform: money, payouts, refunds.
    Finance,
    /// Platform: reads, with personal data masked.
    Support,
    /// Reseller or customer: everything of that tenant.
    Owner,
    /// Reseller: daily work.
    Staff,
    /// Customer: money pages only.
    Accounting,
    /// Customer: reads.
    Viewer,
}

macro_rules! text_enum {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// The stored and public form.
            pub const fn as_str(self) -> &'static str { match self { $($name::$variant => $text),* } }
            /// Reads the stored form.
            pub fn parse(text: &str) -> Option<$name> { match text { $($text => Some($name::$variant),)* _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
pub(crate) use text_enum;

text_enum!(TenantKind { Platform = "platform", Reseller = "reseller", Customer = "customer" });
text_enum!(Role {
    Admin = "admin",
    Finance = "finance",
    Support = "support",
    Owner = "owner",
    Staff = "staff",
    Accounting = "accounting",
    Viewer = "viewer",
});

impl Role {
    /// Whether a tenant of `kind` knows this role.
    pub const fn fits(self, kind: TenantKind) -> bool {
        match kind {
            TenantKind::Platform => matches!(self, Role::Admin | Role::Finance | Role::Support),
            TenantKind::Reseller => matches!(self, Role::Owner | Role::Staff),
            TenantKind::Customer => matches!(self, Role::Owner | Role::Accounting | Role::Viewer),
        }
    }

    /// Whether the role may spend the tenant's money (top up).
    pub const fn may_pay(self) -> bool {
        matches!(self, Role::Owner | Role::Accounting)
    }
}

/// What a request may see. Every list and find of the store takes one; a row outside it does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Platform,
    /// One reseller and its customers.
    Reseller(TenantId),
    /// One customer.
    Customer(TenantId),
}

impl Scope {
    /// The scope of a membership in `tenant`.
    pub const fn of(kind: TenantKind, tenant: TenantId) -> Scope {
        match kind {
            TenantKind::Platform => Scope::Platform,
            TenantKind::Reseller => Scope::Reseller(tenant),
            TenantKind::Customer => Scope::Customer(tenant),
        }
    }

    /// The reseller to whom rows are limited, if any.
    pub const fn reseller(self) -> Option<TenantId> {
        match self {
            Scope::Reseller(id) => Some(id),
            _ => None,
        }
    }

    /// The customer to whom rows are limited, if any.
    pub const fn customer(self) -> Option<TenantId> {
        match self {
            Scope::Customer(id) => Some(id),
            _ => None,
        }
    }
}

/// A tenant as pages and the business need it.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Platform, reseller or customer.
    pub kind: TenantKind,
    /// The customer's reseller; `None` for direct customers and for other kinds.
    pub reseller_id: Option<TenantId>,
    /// The number people use: `K-10427`, `R-101`.
    pub number: String,
    /// The company's name.
    pub name: String,
    /// False blocks authorisation of usage, not sign-in.
    pub active: bool,
    /// Below this balance the customer is warned.
    pub low_balance: Cents,
    /// Below this balance the warning is urgent.
    pub critical_balance: Cents,
    /// When the balance will last for fewer days than this, the customer is warned; 0 never.
    pub alert_days: i64,
    /// The operator's own name for it, unique.
    pub external_id: Option<String>,
    /// The customer object at Stripe, once one was needed.
    pub stripe_customer: Option<String>,
    /// A support contact shown to this tenant's customers, e.g. a telephone number.
    pub support_contact: Option<String>,
    /// When it was created.
    pub created_at: Ts,
}

/// A person with the tenant and role of the current session.
#[derive(Clone, Debug)]
pub struct Member {
    /// The person.
    pub person_id: PersonId,
    /// Full name.
    pub name: String,
    /// Sign-in address.
    pub email: String,
    /// The role in `tenant`.
    pub role: Role,
    /// The tenant acted for.
    pub tenant: Tenant,
}

impl Member {
    /// What this member may see.
    pub const fn scope(&self) -> Scope {
        Scope::of(self.tenant.kind, self.tenant.id)
    }
}
