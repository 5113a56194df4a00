//! Setting prices: who may write into which list, from when on, and between which rails. A version never changes; a later one takes its
//! place at its date.

mod affected;
mod plans;
mod terms;

pub use affected::Affected;
pub(crate) use plans::name;
pub use plans::{assign_plan, create_plan};
pub use terms::{NewTerms, set_terms};

use super::{Error, Failure};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, PriceId, PriceListId, TenantId};
use crate::domain::money::UnitPrice;
use crate::domain::party::{Member, Role, Scope, Tenant, TenantKind};
use crate::domain::pricing::{
    Increment, ListRole, MAX_TIERS, MAX_UNIT_PRICE, Meter, Model, ModelError, Price, PriceBook, PriceList,
    Rails, Unit,
};
use crate::domain::refusal::Refusal;
use crate::domain::usage::AHEAD;
use crate::store;
use crate::store::Tx;
use std::time::Duration;

/// Who changes prices, plans, terms or meters: the platform everything, a reseller what it sells by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Editor {
    scope: Scope,
    person: Option<PersonId>,
}

impl Editor {
    /// The installation itself: set-up and command line.
    pub const SYSTEM: Editor = Editor { scope: Scope::Platform, person: None };

    /// A member who may change prices: an admin of the platform, or an owner of a reseller.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] for everybody else.
    pub const fn of(member: &Member) -> Result<Editor, Refusal> {
        match (member.tenant.kind, member.role) {
            (TenantKind::Platform, Role::Admin) | (TenantKind::Reseller, Role::Owner) => {
                Ok(Editor { scope: member.scope(), person: Some(member.person_id) })
            }
            _ => Err(Refusal::NotAllowed),
        }
    }

    /// What it reaches.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    const fn is_platform(&self) -> bool {
        matches!(self.scope, Scope::Platform)
    }
}

/// Which list a price goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// What the platform takes from usage of resellers' customers; of one reseller's, where named.
    Platform(Option<TenantId>),
    /// What customers pay whom no other list serves.
    Default,
    /// What customers with a plan pay.
    Plan(PriceListId),
    /// What a reseller's customers pay.
    Reseller(TenantId),
    /// What one customer pays.
    Customer(TenantId),
}

/// A price to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrice {
    /// The list.
    pub target: Target,
    /// What it is for.
    pub meter: Meter,
    /// What it costs; `None` ends the list's price for this meter.
    pub model: Option<Model>,
    /// Free billed units (seconds or pieces) per month.
    pub included: i64,
    /// How seconds are rounded up; `None` as the meter has it.
    pub increment: Option<Increment>,
    /// The platform allows this price to be below its own. A reseller cannot allow it to itself; its terms may.
    pub below_platform: bool,
    /// From when on; `None` from now on.
    pub valid_from: Option<Ts>,
}

impl NewPrice {
    /// The same price for every unit, from now on, in the meter's increment.
    pub const fn flat(target: Target, meter: Meter, price: UnitPrice) -> NewPrice {
        NewPrice {
            target,
            meter,
            model: Some(Model::Flat(price)),
            included: 0,
            increment: None,
            below_platform: false,
            valid_from: None,
        }
    }
}

/// A price that was set.
#[derive(Clone, Debug)]
pub struct Change {
    /// The new version.
    pub price: Price,
    /// Prices of resellers that break their rails beside a new platform price. They stay as they are: whoever set them is to decide.
    pub affected: Vec<Affected>,
}

/// How far ahead a price may be planned.
const PLANNED: Duration = Duration::from_secs(10 * 366 * 86_400);
/// Included units at most.
const MOST_INCLUDED: i64 = 1_000_000_000;

/// From when on a version is to hold.
fn from_now(valid_from: Option<Ts>, now: Ts) -> Result<Ts, Refusal> {
    match valid_from {
        None => Ok(now),
        Some(at) if at < now => Err(Refusal::DateInPast),
        Some(at) if at > now.plus(PLANNED) => Err(Refusal::DateTooFar),
        Some(at) => Ok(at),
    }
}

/// Sets one price; see [`set_prices`].
///
/// # Errors
/// As [`set_prices`].
pub async fn set_price(app: &App, editor: &Editor, new: NewPrice) -> Result<Option<Change>, Error> {
    Ok(set_prices(app, editor, vec![new]).await?.and_then(|mut changes| changes.pop()))
}

/// Sets prices, all or none, in one transaction. `None` where a list, reseller or customer does not exist for the editor.
///
/// # Errors
/// Refusals: an unknown meter, a price that cannot be calculated with, a date in the past, a version with the same date, or a reseller's
/// price outside its rails. Nothing changed then.
pub async fn set_prices(
    app: &App,
    editor: &Editor,
    new: Vec<NewPrice>,
) -> Result<Option<Vec<Change>>, Error> {
    let now = app.clock.now();
    let platform = store::tenants::platform(&app.db).await?;
    let platform = platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id;
    let mut places = Vec::with_capacity(new.len());
    for price in &new {
        let Some(place) = place(app, editor, price.target, platform, now).await? else { return Ok(None) };
        places.push(place);
    }
    let mut tx = app.db.begin().await?;
    let mut changes = Vec::with_capacity(new.len());
    for (new, place) in new.into_iter().zip(places) {
        let list = match place {
            Place::Only(list) => store::prices::ensure_list(&mut tx, &list, now).await?,
            Place::Plan(id) => match store::prices::find_list(&mut tx, editor.scope, id).await? {
                Some(list) if list.role == ListRole::Plan => list,
                _ => return Ok(None),
            },
        };
        changes.push(write(&mut tx, editor, &list, platform, new, now).await?);
    }
    tx.commit().await?;
    Ok(Some(changes))
}

/// A list that exists or will.
enum Place {
    /// The only one of its role for its owner and subject.
    Only(PriceList),
    /// A plan.
    Plan(PriceListId),
}

async fn tenant(
    app: &App,
    editor: &Editor,
    id: TenantId,
    kind: TenantKind,
) -> Result<Option<Tenant>, store::Error> {
    let found = store::tenants::find(&app.db, editor.scope, id).await?;
    Ok(found.filter(|tenant| tenant.kind == kind))
}

async fn place(
    app: &App,
    editor: &Editor,
    target: Target,
    platform: TenantId,
    now: Ts,
) -> Result<Option<Place>, Error> {
    let only = |owner, role: ListRole, subject| {
        let name = role.as_str().to_owned();
        Some(Place::Only(PriceList { id: PriceListId::new(now), owner, role, subject, name }))
    };
    Ok(match target {
        Target::Platform(_) | Target::Default if !editor.is_platform() => None,
        Target::Platform(None) => only(platform, ListRole::Platform, None),
        Target::Platform(Some(reseller)) => tenant(app, editor, reseller, TenantKind::Reseller)
            .await?
            .and_then(|reseller| only(platform, ListRole::Platform, Some(reseller.id))),
        Target::Default => only(platform, ListRole::Default, None),
        Target::Plan(list) => Some(Place::Plan(list)),
        Target::Reseller(reseller) => tenant(app, editor, reseller, TenantKind::Reseller)
            .await?
            .and_then(|reseller| only(reseller.id, ListRole::Reseller, None)),
        Target::Customer(customer) => {
            tenant(app, editor, customer, TenantKind::Customer).await?.and_then(|customer| {
                let seller = customer.reseller_id.unwrap_or(platform);
                only(seller, ListRole::Customer, Some(customer.id))
            })
        }
    })
}

/// What was entered, as it can be kept.
fn checked(
    new: &NewPrice,
    unit: Unit,
    of_meter: Increment,
    list: PriceListId,
    now: Ts,
) -> Result<Price, Refusal> {
    let valid_from = from_now(new.valid_from, now)?;
    if let Some(model) = &new.model {
        model.check().map_err(|error| match error {
            ModelError::Price => Refusal::PriceOutOfRange { max: MAX_UNIT_PRICE },
            ModelError::Tiers => Refusal::TiersInvalid { most: MAX_TIERS },
            ModelError::Package => Refusal::PackageInvalid,
        })?;
    }
    if !(0..=MOST_INCLUDED).contains(&new.included) {
        return Err(Refusal::IncludedInvalid);
    }
    // Pieces are billed one by one.
    let increment = match unit {
        Unit::Second => new.increment.unwrap_or(of_meter),
        Unit::Piece => Increment::SINGLE,
    };
    if !increment.is_valid() {
        return Err(Refusal::IncrementInvalid { most: Increment::MAX });
    }
    Ok(Price {
        id: PriceId::new(now),
        list,
        meter: new.meter,
        unit,
        model: new.model.clone(),
        included: new.included,
        increment,
        below_platform: false,
        valid_from,
    })
}

async fn write(
    tx: &mut Tx,
    editor: &Editor,
    list: &PriceList,
    platform: TenantId,
    new: NewPrice,
    now: Ts,
) -> Result<Change, Error> {
    let meter = store::meters::find(tx, new.meter).await?.ok_or(Refusal::UnknownMeter)?;
    let mut price = checked(&new, meter.unit, meter.increment, list.id, now)?;
    if list.owner != platform {
        let book = store::prices::book_of(tx, &[list.owner.0], price.valid_from).await?;
        let allowed = new.below_platform && editor.is_platform();
        price.below_platform = keeps_to_rails(&book, list.owner, &price, allowed)?;
    }
    if !store::prices::insert(tx, &price, list.owner, editor.person, now).await? {
        return Err(Refusal::DateTaken.into());
    }
    let affected = match list.role {
        ListRole::Platform => affected::beside(tx, list.subject, &price).await?,
        _ => vec![],
    };
    Ok(Change { price, affected })
}

/// Checks a reseller's price beside the platform's that is valid with it; says whether it lies below and may. With a percentage there is
/// nothing to keep to, and without a platform price either.
fn keeps_to_rails(
    book: &PriceBook,
    reseller: TenantId,
    price: &Price,
    allowed: bool,
) -> Result<bool, Refusal> {
    let Some((platform, rails)) = affected::rails_of(book, reseller, price.meter, price.valid_from) else {
        return Ok(false);
    };
    let below_platform = rails.below_platform || allowed;
    Rails { below_platform, ..rails }.check(price, platform).map_err(Refusal::PriceOutsideRails)?;
    // Only a price that lies below needs the permission; it would be in force after later changes of the platform's price as well.
    let strict = Rails { below_platform: false, min_markup_bps: 0, ..rails };
    Ok(strict.check(price, platform).is_err())
}

/// Withdraws a version that has not taken effect. `None` where there is none for the editor.
///
/// # Errors
/// [`Refusal::PriceInForce`] where usage may have been charged by it already: usage is taken up to some minutes ahead.
pub async fn withdraw(app: &App, editor: &Editor, id: PriceId) -> Result<Option<()>, Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if editor.scope.customer().is_some()
        || store::prices::find_version(&mut tx, editor.scope, id).await?.is_none()
    {
        return Ok(None);
    }
    if !store::prices::withdraw(&mut tx, id, now.plus(AHEAD), now).await? {
        return Err(Refusal::PriceInForce.into());
    }
    tx.commit().await?;
    Ok(Some(()))
}
