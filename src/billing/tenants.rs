//! Setting up tenants and the people in them.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, TenantId};
use crate::domain::money::Cents;
use crate::domain::party::{Role, Scope, Tenant, TenantKind};
use crate::domain::refusal::Refusal;
use crate::domain::usage::EventError;
use crate::i18n::Lang;
use crate::store::{self, persons::NewPerson};
use serde_json::json;

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

/// The highest credit limit.
const MOST_CREDIT: Cents = Cents::euros(100_000);

/// Lets a customer's wallet go below zero by as much as `limit`: what is authorised counts with it. Only the platform may. A limit below
/// what is spent already blocks the next authorisation.
///
/// # Errors
/// [`Refusal::AmountOutOfRange`]; [`EventError::UnknownCustomer`] for a tenant without a wallet, or for anybody but the platform.
pub async fn set_credit_limit(
    app: &App,
    by: &Author,
    scope: Scope,
    customer: TenantId,
    limit: Cents,
) -> Result<(), Error> {
    if scope != Scope::Platform {
        return Err(Refusal::Usage(EventError::UnknownCustomer).into());
    }
    if !(Cents::ZERO..=MOST_CREDIT).contains(&limit) {
        return Err(Refusal::AmountOutOfRange { min: Cents::ZERO, max: MOST_CREDIT }.into());
    }
    let mut tx = app.db.begin().await?;
    let books = store::ledger::lock_books(&mut tx, &[customer]).await?;
    let book = books.get(&customer).ok_or(Refusal::Usage(EventError::UnknownCustomer))?;
    let before = -store::ledger::set_floor(&mut tx, book, -limit).await?;
    if before == limit {
        return Ok(());
    }
    let entry = Entry::new(by, customer, "customer.credit_limit_changed", customer.to_string());
    let states = (json!({ "credit_limit_cents": before }), json!({ "credit_limit_cents": limit }));
    store::audit::write(&mut tx, &entry.change(states.0, states.1), app.clock.now()).await?;
    Ok(tx.commit().await?)
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
