//! What a person did, as the log keeps it.

use crate::domain::id::{PersonId, TenantId};
use crate::domain::party::Member;
use serde_json::Value;

/// Who asks for a change, and from where.
#[derive(Clone, Debug)]
pub struct Author {
    /// The person; `None` is the system or the command line.
    pub person: Option<PersonId>,
    /// The tenant acted for.
    pub tenant: Option<TenantId>,
    /// The client's address.
    pub address: Option<String>,
    /// The request, as error pages and logs name it.
    pub request_id: Option<String>,
}

impl Author {
    /// Nobody in particular: jobs, the command line, the demo.
    pub const SYSTEM: Author = Author { person: None, tenant: None, address: None, request_id: None };

    /// A signed-in member.
    pub fn of(member: &Member) -> Author {
        Author { person: Some(member.person_id), tenant: Some(member.tenant.id), ..Author::SYSTEM }
    }
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose data was changed.
    pub owner: TenantId,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// For whom.
    pub actor_tenant: Option<TenantId>,
    /// What was done: noun and participle, such as `customer.suspended`. Worded in `locales/*/audit.ftl`.
    pub action: &'static str,
    /// What it was done to: a public id or a name.
    pub subject: String,
    /// The state before; only what changed, and no secrets.
    pub before: Option<Value>,
    /// The state afterwards.
    pub after: Option<Value>,
    /// Why.
    pub reason: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// The request.
    pub request_id: Option<String>,
}

impl Entry {
    /// An entry of `author` about the data of `owner`.
    pub fn new(author: &Author, owner: TenantId, action: &'static str, subject: impl Into<String>) -> Entry {
        Entry {
            owner,
            actor: author.person,
            actor_tenant: author.tenant,
            action,
            subject: subject.into(),
            before: None,
            after: None,
            reason: None,
            address: author.address.clone(),
            request_id: author.request_id.clone(),
        }
    }

    /// The same with the states before and after.
    #[must_use]
    pub fn change(mut self, before: Value, after: Value) -> Entry {
        (self.before, self.after) = (Some(before), Some(after));
        self
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Entry {
        self.reason = Some(reason.into());
        self
    }
}
