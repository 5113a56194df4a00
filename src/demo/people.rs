//! The demo's chain: one platform, two resellers, their customers, some direct ones, and everybody's prices.

use crate::app::App;
use crate::billing::prices::{self, Editor, NewPrice, NewTerms, Target};
use crate::billing::tenants::{self, NewTenant};
use crate::billing::{Error, Failure, api_keys};
use crate::domain::id::TenantId;
use crate::domain::money::UnitPrice;
use crate::domain::party::{Role, Tenant, TenantKind};
use crate::domain::pricing::Meter;
use crate::i18n::Lang;

/// How a customer uses the service and pays for it.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Calls on a busy weekday.
    pub calls: u32,
    /// Appointments booked on a busy weekday.
    pub appointments: u32,
    /// Calls of the API on a busy weekday.
    pub api_calls: u32,
    /// Share of a weekday's usage on Saturdays, in percent (Sundays: a quarter of it).
    pub saturday: u32,
    /// Opening hours.
    pub hours: (i8, i8),
    /// What is topped up, in euros.
    pub top_up: i64,
    /// How: every customer keeps to one method.
    pub sepa: bool,
}

/// A customer of the demo.
pub struct Customer {
    /// The tenant.
    pub tenant: Tenant,
    /// Its habits.
    pub profile: Profile,
}

/// Everybody.
pub struct Chain {
    /// The customers, in the order of their numbers.
    pub customers: Vec<Customer>,
}

const SALON: Profile = Profile {
    calls: 9,
    appointments: 3,
    api_calls: 4,
    saturday: 90,
    hours: (9, 18),
    top_up: 100,
    sepa: false,
};
const PRACTICE: Profile = Profile {
    calls: 16,
    appointments: 5,
    api_calls: 10,
    saturday: 15,
    hours: (8, 17),
    top_up: 250,
    sepa: true,
};
const OFFICE: Profile = Profile {
    calls: 6,
    appointments: 1,
    api_calls: 8,
    saturday: 10,
    hours: (8, 18),
    top_up: 50,
    sepa: false,
};
const GARAGE: Profile = Profile {
    calls: 12,
    appointments: 3,
    api_calls: 2,
    saturday: 60,
    hours: (7, 17),
    top_up: 100,
    sepa: true,
};

/// Name, sign-in address, contact, habits; the number follows from the place in the list.
type Entry = (&'static str, &'static str, &'static str, Profile);

const OF_PREMIUM: [Entry; 7] = [
    ("Friseursalon Eleganz", "kunde@guthaben.example", "Elena Ganz", SALON),
    ("Zahnarztpraxis am Markt", "praxis.markt@guthaben.example", "Dr. Mara Lindner", PRACTICE),
    ("Autohaus Berger", "autohaus@guthaben.example", "Tobias Berger", GARAGE),
    ("Kanzlei Hoffmann & Partner", "kanzlei@guthaben.example", "Julia Hoffmann", OFFICE),
    ("Physiotherapie Sonnenhof", "physio@guthaben.example", "Jonas Weiß", SALON),
    ("Kosmetikstudio Rosé", "kosmetik@guthaben.example", "Ayşe Yılmaz", SALON),
    ("Tierarztpraxis Pfote", "tierarzt@guthaben.example", "Dr. Sven Möller", PRACTICE),
];
const OF_NORDLICHT: [Entry; 4] = [
    ("Pension Seeblick", "pension@guthaben.example", "Karin Petersen", OFFICE),
    ("Augenarztzentrum Förde", "augen@guthaben.example", "Dr. Ole Hansen", PRACTICE),
    ("Barbershop Hafen", "barber@guthaben.example", "Deniz Kaya", SALON),
    ("Elektro Thomsen", "elektro@guthaben.example", "Lars Thomsen", GARAGE),
];
const DIRECT: [Entry; 3] = [
    ("Steuerberatung König", "direkt@guthaben.example", "Sabine König", OFFICE),
    ("Hautarztpraxis Dr. Beck", "hautarzt@guthaben.example", "Dr. Leonie Beck", PRACTICE),
    ("Fahrradwerkstatt Kette", "fahrrad@guthaben.example", "Paul Krüger", GARAGE),
];

/// Creates everybody with the product's own functions.
///
/// # Errors
/// Failures.
pub async fn create(app: &App) -> Result<Chain, Error> {
    let platform =
        company(app, TenantKind::Platform, None, "P-1", "Guthaben Plattform GmbH", "040 5551 2300").await?;
    api_keys::create_demo_key(app, &platform).await?;
    person(app, "admin@guthaben.example", "Fabian Sommer", platform.id, Role::Admin).await?;
    person(app, "finanzen@guthaben.example", "Nina Kraus", platform.id, Role::Finance).await?;
    person(app, "support@guthaben.example", "Emre Aydın", platform.id, Role::Support).await?;
    set_prices(app, Target::Platform(None), [30, 10, 100, 5]).await?;
    set_prices(app, Target::Default, [42, 15, 150, 8]).await?;

    let premium =
        company(app, TenantKind::Reseller, None, "R-101", "Premium Solutions GmbH", "040 5551 2340").await?;
    person(app, "reseller@guthaben.example", "Martina Vogt", premium.id, Role::Owner).await?;
    agree(app, premium.id).await?;
    set_prices(app, Target::Reseller(premium.id), [40, 15, 150, 8]).await?;
    let nordlicht =
        company(app, TenantKind::Reseller, None, "R-102", "Nordlicht Kommunikation", "0461 555 0180").await?;
    person(app, "nordlicht@guthaben.example", "Hauke Jensen", nordlicht.id, Role::Owner).await?;
    agree(app, nordlicht.id).await?;
    set_prices(app, Target::Reseller(nordlicht.id), [40, 15, 150, 8]).await?;

    let mut customers = vec![];
    let groups =
        [(Some(premium.id), &OF_PREMIUM[..]), (Some(nordlicht.id), &OF_NORDLICHT[..]), (None, &DIRECT[..])];
    for (reseller, entries) in groups {
        for (name, email, contact, profile) in entries {
            let number = format!("K-{}", 10_427 + customers.len());
            let tenant = company(app, TenantKind::Customer, reseller, &number, name, "").await?;
            person(app, email, contact, tenant.id, Role::Owner).await?;
            customers.push(Customer { tenant, profile: *profile });
        }
    }
    // One person who keeps the books of two customers, so that switching between tenants can be seen.
    person(app, "kunde@guthaben.example", "Elena Ganz", customers[5].tenant.id, Role::Accounting).await?;
    Ok(Chain { customers })
}

async fn company(
    app: &App,
    kind: TenantKind,
    reseller: Option<TenantId>,
    number: &str,
    name: &str,
    support: &str,
) -> Result<Tenant, Error> {
    let support_contact = (!support.is_empty()).then(|| support.to_owned());
    let new = NewTenant {
        kind,
        reseller,
        number: number.to_owned(),
        external_id: None,
        name: name.to_owned(),
        support_contact,
    };
    tenants::create(app, new).await
}

async fn person(app: &App, email: &str, name: &str, tenant: TenantId, role: Role) -> Result<(), Error> {
    tenants::add_person(app, email, name, super::PASSWORD.to_owned(), tenant, role, Lang::De).await?;
    Ok(())
}

/// Cents per call minute, API call, appointment and text message.
async fn set_prices(app: &App, target: Target, cents: [i64; 4]) -> Result<(), Error> {
    let list = Meter::BUILT_IN.into_iter().zip(cents);
    let list = list.map(|(meter, cents)| NewPrice::flat(target, meter, UnitPrice::cents(cents))).collect();
    let set = prices::set_prices(app, &Editor::SYSTEM, list).await?;
    set.map(|_| ()).ok_or_else(|| Failure::Broken("the demo has no such price list".into()).into())
}

/// The standard: commission is the difference of the price lists.
async fn agree(app: &App, reseller: TenantId) -> Result<(), Error> {
    let agreed = prices::set_terms(app, &Editor::SYSTEM, NewTerms::standard(reseller)).await?;
    agreed.map(|_| ()).ok_or_else(|| Failure::Broken("the demo has no such reseller".into()).into())
}
