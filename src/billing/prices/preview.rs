//! What a price would do, shown before anybody sets it. Nothing is written, and nothing waits for whoever writes.

use super::{
    Affected, Editor, Error, NewPrice, Target, affected, checked, find_target, keeps_to_rails, platform,
    tenant,
};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::money::Cents;
use crate::domain::party::TenantKind;
use crate::domain::pricing::{
    self, Buyer, ListRole, MeterInfo, MeterState, PlanAssignment, Price, PriceBook, PriceList, Rails, Rate,
    Settlement, Unit, Usage,
};
use crate::domain::refusal::Refusal;
use crate::store;
use uuid::Uuid;

/// Minutes or pieces of the example that every preview reckons.
pub const EXAMPLE: u32 = 10;
/// Versions of a plan that are looked at.
const VERSIONS: i64 = 1_000;

/// What [`EXAMPLE`] minutes or pieces cost at the beginning of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the customer pays.
    pub customer: Cents,
    /// What the platform gets.
    pub platform: Cents,
    /// What the reseller gets.
    pub commission: Cents,
}

impl Example {
    fn of(rate: &Rate) -> Option<Example> {
        let count = if rate.customer.unit == Unit::Second { EXAMPLE * 60 } else { EXAMPLE };
        let usage = Usage::of(rate.customer.unit, count);
        let (charge, _) = pricing::rate(usage, rate, MeterState::default()).ok()?;
        let commission = match charge.settlement {
            Settlement::Commission => charge.commission_on(charge.amount),
            Settlement::Resale => charge.amount - charge.platform,
        };
        Some(Example { customer: charge.amount, platform: charge.amount - commission, commission })
    }
}

/// Who pays by a price from its date on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyers {
    /// How many customers.
    pub count: i64,
    /// All of one reseller, where they are.
    pub reseller: Option<TenantId>,
}

/// What a price would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The list it would go into.
    pub list: PriceList,
    /// The version it would be.
    pub price: Price,
    /// The version of the same list until then.
    pub before: Option<Price>,
    /// What a customer of the list pays until then, by whichever list is first in order; `None` where nobody has a price.
    pub old: Option<Rate>,
    /// What it pays afterwards.
    pub new: Option<Rate>,
    /// The example at the old rate.
    pub old_example: Option<Example>,
    /// The example at the new rate.
    pub new_example: Option<Example>,
    /// The rails, where the seller has some.
    pub rails: Option<Rails>,
    /// The platform's price beside it, where there is one to compare with.
    pub platform: Option<Price>,
    /// Why it cannot be set as it is.
    pub refused: Option<Refusal>,
    /// For whom.
    pub buyers: Buyers,
    /// Prices of resellers that would break their rails beside a new platform price.
    pub affected: Vec<Affected>,
}

/// Somebody who stands for all that pay by a list.
const ANYBODY: TenantId = TenantId(Uuid::nil());

/// What is known of a price before its effect is reckoned.
pub(super) struct Draft {
    pub(super) list: PriceList,
    pub(super) price: Price,
    pub(super) platform: TenantId,
}

/// Checks what can be checked without other prices. `None` where the list is not the editor's.
pub(super) async fn draft(app: &App, editor: &Editor, new: &NewPrice) -> Result<Option<Draft>, Error> {
    let Some(list) = find_target(app, editor.scope(), new.target).await? else { return Ok(None) };
    let meters = store::meters::all(&app.db).await?;
    let is_meter = |info: &&MeterInfo| info.meter == new.meter;
    let info = meters.iter().find(is_meter).ok_or(Refusal::UnknownMeter)?;
    let price = checked(new, info.unit, info.increment, list.id, app.clock.now())?;
    Ok(Some(Draft { list, price, platform: platform(app).await? }))
}

/// Whether a reseller's price may be set, with whether it lies below the platform's.
pub(super) fn allowed(
    book: &PriceBook,
    editor: &Editor,
    draft: &Draft,
    new: &NewPrice,
) -> Result<bool, Refusal> {
    if draft.list.owner == draft.platform {
        return Ok(false);
    }
    keeps_to_rails(book, draft.list.owner, &draft.price, new.below_platform && editor.is_platform())
}

/// Reckons what a price would do. `None` where the list is not the editor's.
///
/// # Errors
/// Refusals for what no price can be: see [`set_prices`](super::set_prices). One outside its rails, or at a date that is taken, is shown
/// nevertheless; [`Preview::refused`] says so.
pub async fn preview(app: &App, editor: &Editor, new: &NewPrice) -> Result<Option<Preview>, Error> {
    let Some(mut draft) = draft(app, editor, new).await? else { return Ok(None) };
    let at = draft.price.valid_from;
    let (buyer, ids) = buyer(app, editor, new.target).await?;
    let mut db = &app.db;
    let mut book = store::prices::book_of(&mut db, &ids, at).await?;
    if let Target::Plan(plan) = new.target {
        for record in store::prices::list_versions(&app.db, editor.scope, plan, VERSIONS).await? {
            if record.withdrawn_at.is_none() {
                book = book.with(&draft.list, record.price);
            }
        }
        book = book.with_plan(PlanAssignment { customer: ANYBODY, list: Some(plan), valid_from: Ts(0) });
    }
    let before = store::prices::valid_version(&mut db, draft.list.id, new.meter, at).await?;
    let mut refused = before.as_ref().filter(|before| before.valid_from == at).map(|_| Refusal::DateTaken);
    match allowed(&book, editor, &draft, new) {
        Ok(below) => draft.price.below_platform = below,
        Err(refusal) => refused = Some(refusal),
    }
    let rails = affected::rails_of(&book, draft.list.owner, new.meter, at);
    let rails = rails.filter(|_| draft.list.owner != draft.platform);
    let (platform, rails) = (rails.map(|(price, _)| price.clone()), rails.map(|(_, rails)| rails));
    let old = book.rate(&buyer, new.meter, at);
    let rate = book.with(&draft.list, draft.price.clone()).rate(&buyer, new.meter, at);
    let affected = match draft.list.role {
        ListRole::Platform => affected::beside(&mut db, &draft.list, &draft.price).await?,
        _ => vec![],
    };
    Ok(Some(Preview {
        buyers: buyers(app, &draft, new.target).await?,
        old_example: old.as_ref().and_then(Example::of),
        new_example: rate.as_ref().and_then(Example::of),
        old,
        new: rate,
        rails,
        platform,
        refused,
        affected,
        before,
        list: draft.list,
        price: draft.price,
    }))
}

/// Who stands for the customers of a list, and whose prices have to be read for it.
async fn buyer(app: &App, editor: &Editor, target: Target) -> Result<(Buyer, Vec<Uuid>), Error> {
    Ok(match target {
        Target::Customer(id) => {
            let customer = tenant(app, editor.scope(), id, TenantKind::Customer).await?;
            let reseller = customer.and_then(|customer| customer.reseller_id);
            let ids = [Some(id.0), reseller.map(|id| id.0)].into_iter().flatten().collect();
            (Buyer { customer: id, reseller }, ids)
        }
        Target::Reseller(id) | Target::Platform(Some(id)) => {
            (Buyer { customer: ANYBODY, reseller: Some(id) }, vec![id.0])
        }
        // A reseller about whom nothing is known sells by the default list.
        Target::Platform(None) => (Buyer { customer: ANYBODY, reseller: Some(ANYBODY) }, vec![]),
        Target::Default | Target::Plan(_) => (Buyer { customer: ANYBODY, reseller: None }, vec![]),
    })
}

/// How many customers pay by it from its date on.
async fn buyers(app: &App, draft: &Draft, target: Target) -> Result<Buyers, Error> {
    let (db, meter, at) = (&app.db, draft.price.meter, draft.price.valid_from);
    let reseller = match target {
        Target::Reseller(id) => Some(id),
        Target::Platform(reseller) => reseller,
        Target::Default | Target::Plan(_) | Target::Customer(_) => None,
    };
    let count = match target {
        Target::Customer(_) => 1,
        Target::Platform(_) => store::prices::count_platform_buyers(db, meter, at, reseller).await?,
        Target::Plan(plan) => {
            store::prices::count_buyers(db, meter, at, ListRole::Plan, None, Some(plan)).await?
        }
        Target::Reseller(_) | Target::Default => {
            store::prices::count_buyers(db, meter, at, draft.list.role, reseller, None).await?
        }
    };
    Ok(Buyers { count, reseller })
}
