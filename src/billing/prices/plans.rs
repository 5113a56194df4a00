//! Plans: price lists that customers are given by name.

use super::{Editor, Error, from_now, platform};
use crate::app::App;
use crate::billing::endpoints::rfc3339;
use crate::domain::clock::Ts;
use crate::domain::id::{PriceListId, TenantId};
use crate::domain::party::{Scope, Tenant, TenantKind};
use crate::domain::pricing::{ListRole, PlanAssignment, PriceList};
use crate::domain::refusal::Refusal;
use crate::store;
use serde_json::json;
use std::collections::HashMap;

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
        Scope::Platform => platform(app).await?,
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
    let states = (None, Some(json!({ "name": list.name })));
    editor.log(&mut tx, owner, "plan.created", list.id.to_string(), states, now).await?;
    tx.commit().await?;
    Ok(list)
}

/// Gives a plan another name. `None` where it is not the editor's.
///
/// # Errors
/// [`Refusal::NameInvalid`].
pub async fn rename_plan(
    app: &App,
    editor: &Editor,
    plan: PriceListId,
    called: &str,
) -> Result<Option<()>, Error> {
    let (called, now) = (name(called)?, app.clock.now());
    let mut tx = app.db.begin().await?;
    let found = store::prices::find_list(&mut tx, editor.scope(), plan).await?;
    let Some(list) = found.filter(|list| list.role == ListRole::Plan) else { return Ok(None) };
    if list.name != called {
        store::prices::rename_list(&mut tx, plan, &called).await?;
        let states = (Some(json!({ "name": list.name })), Some(json!({ "name": called })));
        editor.log(&mut tx, list.owner, "plan.renamed", plan.to_string(), states, now).await?;
    }
    tx.commit().await?;
    Ok(Some(()))
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
    let assigned = assign_plan_to(app, editor, &[customer], plan, valid_from).await?;
    Ok(assigned.and_then(|mut assigned| assigned.pop()))
}

/// The same for many customers, all or none, in one transaction. `None` where the plan or one of the customers does not exist for the
/// editor.
///
/// # Errors
/// As [`assign_plan`].
pub async fn assign_plan_to(
    app: &App,
    editor: &Editor,
    customers: &[TenantId],
    plan: Option<PriceListId>,
    valid_from: Option<Ts>,
) -> Result<Option<Vec<PlanAssignment>>, Error> {
    let now = app.clock.now();
    let ids: Vec<_> = customers.iter().map(|id| id.0).collect();
    let found = store::tenants::list_by_ids(&app.db, editor.scope(), &ids).await?;
    let found: HashMap<TenantId, Tenant> = found.into_iter().map(|tenant| (tenant.id, tenant)).collect();
    let is_customer = |id: &TenantId| found.get(id).is_some_and(|tenant| tenant.kind == TenantKind::Customer);
    if customers.is_empty() || !customers.iter().all(is_customer) {
        return Ok(None);
    }
    let (platform, valid_from) = (platform(app).await?, from_now(valid_from, now)?);
    let mut tx = app.db.begin().await?;
    if let Some(plan) = plan {
        let Some(list) = store::prices::find_list(&mut tx, editor.scope(), plan).await? else {
            return Ok(None);
        };
        let is_for = |id: &TenantId| {
            list.owner == platform || found.get(id).is_some_and(|of| of.reseller_id == Some(list.owner))
        };
        if list.role != ListRole::Plan || !customers.iter().all(is_for) {
            return Ok(None);
        }
    }
    let mut assigned = Vec::with_capacity(customers.len());
    for customer in customers {
        let assignment = PlanAssignment { customer: *customer, list: plan, valid_from };
        if !store::prices::assign_plan(&mut tx, &assignment).await? {
            return Err(Refusal::DateTaken.into());
        }
        let after = json!({ "plan": plan, "valid_from": rfc3339(valid_from) });
        let subject = customer.to_string();
        editor.log(&mut tx, *customer, "plan.assigned", subject, (None, Some(after)), now).await?;
        assigned.push(assignment);
    }
    tx.commit().await?;
    Ok(Some(assigned))
}
