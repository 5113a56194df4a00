//! Plans: price lists that customers are given by name.

use super::{Editor, Error, from_now, tenant};
use crate::app::App;
use crate::billing::Failure;
use crate::domain::clock::Ts;
use crate::domain::id::{PriceListId, TenantId};
use crate::domain::party::{Scope, TenantKind};
use crate::domain::pricing::{ListRole, PlanAssignment, PriceList};
use crate::domain::refusal::Refusal;
use crate::store;

/// Characters of a name at most.
const NAME_LENGTH: usize = 60;

/// A name that people read: without blanks around it, one to sixty characters, on one line.
pub(crate) fn name(text: &str) -> Result<String, Refusal> {
    let name = text.trim();
    let length = name.chars().count();
    if !(1..=NAME_LENGTH).contains(&length) || name.chars().any(char::is_control) {
        return Err(Refusal::NameInvalid { most: NAME_LENGTH });
    }
    Ok(name.to_owned())
}

/// Creates an empty plan of the platform, or of the reseller who asks.
///
/// # Errors
/// [`Refusal::NameInvalid`].
pub async fn create_plan(app: &App, editor: &Editor, called: &str) -> Result<PriceList, Error> {
    let now = app.clock.now();
    let owner = match editor.scope() {
        Scope::Reseller(reseller) => reseller,
        Scope::Platform => {
            let platform = store::tenants::platform(&app.db).await?;
            platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id
        }
        Scope::Customer(_) => return Err(Refusal::NotAllowed.into()),
    };
    let list = PriceList {
        id: PriceListId::new(now),
        owner,
        role: ListRole::Plan,
        subject: None,
        name: name(called)?,
    };
    let mut tx = app.db.begin().await?;
    store::prices::create_list(&mut tx, &list, now).await?;
    tx.commit().await?;
    Ok(list)
}

/// Gives a customer a plan, or none, from an instant on (`None`: now). A reseller gives its own plans to its own customers; the platform
/// gives its own to everybody, and a reseller's to that reseller's customers. `None` where customer or plan do not exist for the editor.
///
/// # Errors
/// [`Refusal::DateInPast`], [`Refusal::DateTooFar`], [`Refusal::DateTaken`].
pub async fn assign_plan(
    app: &App,
    editor: &Editor,
    customer: TenantId,
    plan: Option<PriceListId>,
    valid_from: Option<Ts>,
) -> Result<Option<PlanAssignment>, Error> {
    let now = app.clock.now();
    let Some(customer) = tenant(app, editor, customer, TenantKind::Customer).await? else { return Ok(None) };
    let platform = store::tenants::platform(&app.db).await?.map(|platform| platform.id);
    let valid_from = from_now(valid_from, now)?;
    let mut tx = app.db.begin().await?;
    if let Some(plan) = plan {
        let list = store::prices::find_list(&mut tx, editor.scope(), plan).await?;
        let is_for = |list: &PriceList| {
            list.role == ListRole::Plan
                && (Some(list.owner) == platform || Some(list.owner) == customer.reseller_id)
        };
        if !list.is_some_and(|list| is_for(&list)) {
            return Ok(None);
        }
    }
    let assignment = PlanAssignment { customer: customer.id, list: plan, valid_from };
    if !store::prices::assign_plan(&mut tx, &assignment).await? {
        return Err(Refusal::DateTaken.into());
    }
    tx.commit().await?;
    Ok(Some(assignment))
}
