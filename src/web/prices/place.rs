//! Which list an address means: `own`, `platform`, `default`, `reseller-ten_…`, `platform-ten_…`, `customer-ten_…`, `plan-prl_…`.

use super::Desk;
use crate::app::App;
use crate::billing::prices::{self, Target};
use crate::domain::id::{PriceListId, TenantId};
use crate::domain::party::TenantKind;
use crate::domain::pricing::{ListRole, PriceList};
use crate::i18n::T;
use crate::store;
use crate::web::error::Problem;

/// A list with what a reader calls it.
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) list: PriceList,
    /// Its part of the address.
    pub(super) place: String,
    pub(super) title: String,
    /// What it is for.
    pub(super) lead: String,
}

impl Found {
    /// Where the list is shown.
    pub(super) fn href(&self, desk: &Desk) -> String {
        format!("{}/{}", desk.base, self.place)
    }
}

/// The part of the address that means a list.
pub(super) fn place_of(desk: &Desk, target: Target) -> String {
    match target {
        Target::Platform(None) => "platform".to_owned(),
        Target::Platform(Some(reseller)) => format!("platform-{reseller}"),
        Target::Default => "default".to_owned(),
        Target::Plan(plan) => format!("plan-{plan}"),
        Target::Reseller(reseller) if reseller == desk.member.tenant.id => "own".to_owned(),
        Target::Reseller(reseller) => format!("reseller-{reseller}"),
        Target::Customer(customer) => format!("customer-{customer}"),
    }
}

/// The target that a list was found for.
pub(super) fn target_of(list: &PriceList) -> Option<Target> {
    Some(match (list.role, list.subject) {
        (ListRole::Platform, reseller) => Target::Platform(reseller),
        (ListRole::Default, _) => Target::Default,
        (ListRole::Plan, _) => Target::Plan(list.id),
        (ListRole::Reseller, _) => Target::Reseller(list.owner),
        (ListRole::Customer, customer) => Target::Customer(customer?),
    })
}

fn parse(desk: &Desk, place: &str) -> Option<Target> {
    match place {
        "own" if desk.member.tenant.kind == TenantKind::Reseller => {
            return Some(Target::Reseller(desk.member.tenant.id));
        }
        "platform" => return Some(Target::Platform(None)),
        "default" => return Some(Target::Default),
        _ => {}
    }
    let (kind, id) = place.split_once('-')?;
    match kind {
        "platform" => TenantId::parse(id).map(|id| Target::Platform(Some(id))),
        "reseller" => TenantId::parse(id).map(Target::Reseller),
        "customer" => TenantId::parse(id).map(Target::Customer),
        "plan" => PriceListId::parse(id).map(Target::Plan),
        _ => None,
    }
}

/// The list that an address means.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist for the reader.
pub(super) async fn find(app: &App, desk: &Desk, t: T, place: &str) -> Result<Found, Problem> {
    let target = parse(desk, place).ok_or(Problem::NotFound)?;
    let list = prices::find_target(app, desk.scope(), target).await?.ok_or(Problem::NotFound)?;
    describe(app, desk, t, target, list).await
}

/// A list in the words of its reader.
pub(super) async fn describe(
    app: &App,
    desk: &Desk,
    t: T,
    target: Target,
    list: PriceList,
) -> Result<Found, Problem> {
    let of = match target {
        Target::Platform(Some(id)) | Target::Reseller(id) | Target::Customer(id) => Some(id),
        Target::Platform(None) | Target::Default | Target::Plan(_) => None,
    };
    let name = match of {
        Some(id) => store::tenants::find(&app.db, desk.scope(), id).await?.ok_or(Problem::NotFound)?.name,
        None => list.name.clone(),
    };
    let place = place_of(desk, target);
    let (title, lead) = match target {
        Target::Platform(None) => (t.price_list_platform(), t.price_list_platform_lead()),
        Target::Platform(Some(_)) => (t.price_list_platform_for(name), t.price_list_platform_for_lead()),
        Target::Default => (t.price_list_default(), t.price_list_default_lead()),
        Target::Plan(_) => (t.price_list_plan(name), t.price_list_plan_lead()),
        Target::Reseller(_) if place == "own" => (t.price_list_own(), t.price_list_own_lead()),
        Target::Reseller(_) => (t.price_list_reseller(name), t.price_list_reseller_lead()),
        Target::Customer(_) => (t.price_list_customer(name), t.price_list_customer_lead()),
    };
    Ok(Found { target, list, place, title, lead })
}
