//! New customers from machines: the same external id is set up once.

use super::tenants::{self, NewTenant};
use super::{Error, Failure};
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::id::TenantId;
use crate::domain::party::{Tenant, TenantKind};
use crate::store;
use serde_json::json;

/// A customer to be set up.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// The operator's own name for it.
    pub external_id: String,
    /// Company name.
    pub name: String,
    /// Its reseller; `None` for a direct customer.
    pub reseller: Option<TenantId>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It is new.
    New(Tenant),
    /// It was set up before with the same content.
    Known(Tenant),
    /// Something else has this name.
    Taken,
}

/// The first number of an installation that has none yet.
const FIRST_NUMBER: i64 = 10_001;
/// How often another number is tried when somebody was faster.
const ATTEMPTS: i64 = 8;

/// Sets up a customer with its book, under the next free number.
///
/// # Errors
/// Failures only.
pub async fn open(app: &App, author: &Author, new: NewCustomer) -> Result<Opened, Error> {
    for attempt in 0..ATTEMPTS {
        if let Some(known) = store::customers::find_by_external_id(&app.db, &new.external_id).await? {
            let same = known.kind == TenantKind::Customer
                && known.reseller_id == new.reseller
                && known.name == new.name;
            return Ok(if same { Opened::Known(known) } else { Opened::Taken });
        }
        let platform = store::tenants::platform(&app.db).await?;
        let platform = platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id;
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        // A number goes before an external id, so the id of one customer must not read like the number of another.
        if store::customers::is_number(&mut tx, &new.external_id).await? {
            return Ok(Opened::Taken);
        }
        let highest = store::customers::highest_number(&mut tx).await?;
        let number = highest.unwrap_or(FIRST_NUMBER - 1).saturating_add(1 + attempt);
        let number = format!("K-{number}");
        if store::customers::is_taken(&mut tx, &number).await? {
            continue;
        }
        let tenant = tenants::build(
            NewTenant {
                kind: TenantKind::Customer,
                reseller: new.reseller,
                number,
                external_id: Some(new.external_id.clone()),
                name: new.name.clone(),
                support_contact: None,
            },
            now,
        );
        // Somebody else may have taken number or id between reading and writing: look again.
        if store::customers::create(&mut tx, &tenant).await? {
            store::ledger::open_book(&mut tx, tenant.id, tenant.reseller_id, platform, now).await?;
            let facts = json!({ "name": tenant.name, "external_id": tenant.external_id });
            let entry = Entry::new(author, tenant.id, "customer.created", tenant.number.clone());
            store::audit::write(&mut tx, &Entry { after: Some(facts), ..entry }, now).await?;
            tx.commit().await?;
            return Ok(Opened::New(tenant));
        }
    }
    Err(Failure::Broken("no free number was found for a new customer".into()).into())
}
