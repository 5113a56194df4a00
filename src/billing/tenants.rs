//! Setting up tenants and the people in them.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, TenantId};
use crate::domain::money::Cents;
use crate::domain::party::{Role, Tenant, TenantKind};
use crate::i18n::Lang;
use crate::store::{self, persons::NewPerson};

/// A tenant to be created.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its kind.
    pub kind: TenantKind,
    /// Its reseller, for customers.
    pub reseller: Option<TenantId>,
    /// Number, such as `K-10427`.
    pub number: String,
    /// The operator's own name for it, unique.
    pub external_id: Option<String>,
    /// Company name.
    pub name: String,
    /// Shown to its customers.
    pub support_contact: Option<String>,
}

/// The balance below which customers are warned until they choose otherwise (product decision: 10 €).
const LOW_BALANCE: Cents = Cents::euros(10);
/// The balance below which the warning is urgent (product decision: 5 €).
const CRITICAL_BALANCE: Cents = Cents::euros(5);
/// The reach in days below which customers are warned.
const ALERT_DAYS: i64 = 3;

/// A new tenant with the settings that everybody begins with.
pub(super) fn build(new: NewTenant, now: Ts) -> Tenant {
    Tenant {
        id: TenantId::new(now),
        kind: new.kind,
        reseller_id: new.reseller,
        number: new.number,
        name: new.name,
        active: true,
        low_balance: LOW_BALANCE,
        critical_balance: CRITICAL_BALANCE,
        alert_days: ALERT_DAYS,
        external_id: new.external_id,
        stripe_customer: None,
        support_contact: new.support_contact,
        created_at: now,
    }
}

/// Creates a tenant; a customer gets its book of accounts in the same step.
///
/// # Errors
/// When the number is taken, or a customer is created before the platform.
pub async fn create(app: &App, new: NewTenant) -> Result<Tenant, Error> {
    let now = app.clock.now();
    let tenant = build(new, now);
    let platform = match tenant.kind {
        TenantKind::Platform => tenant.id,
        _ => {
            let platform = store::tenants::platform(&app.db).await?;
            platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id
        }
    };
    let mut tx = app.db.begin().await?;
    store::tenants::create(&mut tx, &tenant).await?;
    if tenant.kind == TenantKind::Customer {
        store::ledger::open_book(&mut tx, tenant.id, tenant.reseller_id, platform, now).await?;
    }
    tx.commit().await?;
    Ok(tenant)
}

/// Creates a person with a role, or gives an existing one (by address) a further role.
///
/// # Errors
/// Failures only; an existing person keeps its password.
pub async fn add_person(
    app: &App,
    email: &str,
    name: &str,
    password: String,
    tenant: TenantId,
    role: Role,
    language: Lang,
) -> Result<PersonId, Error> {
    let email = email.trim().to_lowercase();
    let existing = store::persons::credentials(&app.db, &email).await?;
    let password_hash = match existing {
        Some(_) => String::new(),
        None => app.passwords.hash(password).await.map_err(Failure::from)?,
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let id = match existing {
        Some(person) => person.id,
        None => {
            let person = NewPerson { id: PersonId::new(now), email, name: name.to_owned(), password_hash };
            store::persons::create(&mut tx, &person, language.code(), now).await?;
            person.id
        }
    };
    store::persons::join(&mut tx, id, tenant, role, now).await?;
    tx.commit().await?;
    Ok(id)
}
