//! Setting prices: who may write into which list, from when on, and between which rails. A version never changes; a later one takes its
//! place at its date.

mod affected;
mod plans;
mod preview;
mod simulate;
mod terms;

pub use affected::Affected;
pub(crate) use plans::name;
pub use plans::{assign_plan, assign_plan_to, create_plan, rename_plan};
pub use preview::{Buyers, EXAMPLE, Example, Preview, preview};
pub use simulate::{CustomerChange, Simulation, simulate};
pub use terms::{NewTerms, outside_rails, set_terms};

use super::endpoints::rfc3339;
use super::{Error, Failure};
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::clock::Ts;
use crate::domain::id::{PriceId, PriceListId, TenantId};
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
use serde_json::{Value, json};
use std::time::Duration;

/// Who changes prices, plans, terms or meters: the platform everything, a reseller what it sells by. What a person changes stands in the
/// log of changes; what the installation sets up itself is told by the versions alone.
#[derive(Clone, Debug)]
pub struct Editor {
    scope: Scope,
    author: Author,
}

impl Editor {
    /// The installation itself: set-up and command line.
    pub const SYSTEM: Editor = Editor { scope: Scope::Platform, author: Author::SYSTEM };

    /// A member who may change prices: an admin of the platform, or an owner of a reseller.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] for everybody else.
    pub fn of(member: &Member) -> Result<Editor, Refusal> {
        match (member.tenant.kind, member.role) {
            (TenantKind::Platform, Role::Admin) | (TenantKind::Reseller, Role::Owner) => {
                Ok(Editor { scope: member.scope(), author: Author::of(member) })
            }
            _ => Err(Refusal::NotAllowed),
        }
    }

    /// The same with the address and the request that the log of changes keeps.
    #[must_use]
    pub fn by(self, author: Author) -> Editor {
        Editor { author, ..self }
    }

    /// What it reaches.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Writes into the log of changes, where a person did it.
    pub(super) async fn log(
        &self,
        tx: &mut Tx,
        owner: TenantId,
        action: &'static str,
        subject: String,
        (before, after): (Option<Value>, Option<Value>),
        now: Ts,
    ) -> Result<(), store::Error> {
        if self.author.person.is_none() {
            return Ok(());
        }
        let entry = Entry { before, after, ..Entry::new(&self.author, owner, action, subject) };
        store::audit::write(tx, &entry, now).await
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
    /// The id it is to have: a form that is sent twice sets one price.
    pub key: Option<PriceId>,
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
            key: None,
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
    let platform = platform(app).await?;
    let mut places = Vec::with_capacity(new.len());
    for price in &new {
        let Some(place) = place(app, editor.scope, price.target, platform, now).await? else {
            return Ok(None);
        };
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
        changes.push(write(&mut tx, editor, &list, platform, &new, now).await?);
    }
    tx.commit().await?;
    Ok(Some(changes))
}

/// The operator.
async fn platform(app: &App) -> Result<TenantId, Error> {
    let platform = store::tenants::platform(&app.db).await?;
    Ok(platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id)
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
    scope: Scope,
    id: TenantId,
    kind: TenantKind,
) -> Result<Option<Tenant>, store::Error> {
    let found = store::tenants::find(&app.db, scope, id).await?;
    Ok(found.filter(|tenant| tenant.kind == kind))
}

async fn place(
    app: &App,
    scope: Scope,
    target: Target,
    platform: TenantId,
    now: Ts,
) -> Result<Option<Place>, Error> {
    let only = |owner, role: ListRole, subject| {
        let name = role.as_str().to_owned();
        Some(Place::Only(PriceList { id: PriceListId::new(now), owner, role, subject, name }))
    };
    Ok(match target {
        Target::Platform(_) | Target::Default if scope != Scope::Platform => None,
        Target::Platform(None) => only(platform, ListRole::Platform, None),
        Target::Platform(Some(reseller)) => tenant(app, scope, reseller, TenantKind::Reseller)
            .await?
            .and_then(|reseller| only(platform, ListRole::Platform, Some(reseller.id))),
        Target::Default => only(platform, ListRole::Default, None),
        Target::Plan(list) => Some(Place::Plan(list)),
        Target::Reseller(reseller) => tenant(app, scope, reseller, TenantKind::Reseller)
            .await?
            .and_then(|reseller| only(reseller.id, ListRole::Reseller, None)),
        Target::Customer(customer) => {
            tenant(app, scope, customer, TenantKind::Customer).await?.and_then(|customer| {
                let seller = customer.reseller_id.unwrap_or(platform);
                only(seller, ListRole::Customer, Some(customer.id))
            })
        }
    })
}

/// The list that a price would go into; one that does not exist yet has an id that nothing names. `None` outside the scope.
///
/// # Errors
/// Failures.
pub async fn find_target(app: &App, scope: Scope, target: Target) -> Result<Option<PriceList>, Error> {
    let now = app.clock.now();
    let mut db = &app.db;
    Ok(match place(app, scope, target, platform(app).await?, now).await? {
        None => None,
        Some(Place::Only(list)) => {
            let found = store::prices::find_only_list(&mut db, &list).await?;
            Some(found.unwrap_or(list))
        }
        Some(Place::Plan(id)) => {
            let found = store::prices::find_list(&mut db, scope, id).await?;
            found.filter(|list| list.role == ListRole::Plan)
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
        id: new.key.unwrap_or_else(|| PriceId::new(now)),
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
    new: &NewPrice,
    now: Ts,
) -> Result<Change, Error> {
    let meter = store::meters::find(tx, new.meter).await?.ok_or(Refusal::UnknownMeter)?;
    if let Some(key) = new.key
        && let Some(version) = store::prices::find_version(tx, Scope::Platform, key).await?
    {
        // The same form once more; an id that belongs to another list is no key of ours.
        return if version.list.id == list.id && version.price.meter == new.meter {
            Ok(Change { price: version.price, affected: vec![] })
        } else {
            Err(Refusal::DateTaken.into())
        };
    }
    let mut price = checked(new, meter.unit, meter.increment, list.id, now)?;
    if list.owner != platform {
        let book = store::prices::book_of(tx, &[list.owner.0], price.valid_from).await?;
        let allowed = new.below_platform && editor.is_platform();
        price.below_platform = keeps_to_rails(&book, list.owner, &price, allowed)?;
    }
    let before = store::prices::valid_version(tx, list.id, price.meter, price.valid_from).await?;
    if !store::prices::insert(tx, &price, list.owner, editor.author.person, now).await? {
        return Err(Refusal::DateTaken.into());
    }
    let states = (before.map(|before| told(&before)), Some(told(&price)));
    editor.log(tx, concerned(list), "price.set", price.id.to_string(), states, now).await?;
    let affected = match list.role {
        ListRole::Platform => affected::beside(tx, list, &price).await?,
        _ => vec![],
    };
    Ok(Change { price, affected })
}

/// Whose log a change of a list belongs into: of whom it was made for, else of whoever sells by it.
fn concerned(list: &PriceList) -> TenantId {
    list.subject.unwrap_or(list.owner)
}

/// A version as the log of changes keeps it.
fn told(price: &Price) -> Value {
    let (model, prices) = match &price.model {
        None => ("none", Value::Null),
        Some(Model::Flat(flat)) => ("flat", json!({ "price_micros": flat.0 })),
        Some(Model::Package { units, price }) => {
            ("package", json!({ "units": units, "price_micros": price.0 }))
        }
        Some(Model::Graduated(tiers)) => ("graduated", json!(tiers)),
    };
    json!({
        "meter": price.meter,
        "model": model,
        "prices": prices,
        "included": price.included,
        "increment": format!("{}/{}", price.increment.first, price.increment.next),
        "valid_from": rfc3339(price.valid_from),
    })
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
    let found = store::prices::find_version(&mut tx, editor.scope, id).await?;
    let Some(version) = found.filter(|_| editor.scope.customer().is_none()) else { return Ok(None) };
    if !store::prices::withdraw(&mut tx, id, now.plus(AHEAD), now).await? {
        return Err(Refusal::PriceInForce.into());
    }
    let states = (Some(told(&version.price)), None);
    editor.log(&mut tx, concerned(&version.list), "price.withdrawn", id.to_string(), states, now).await?;
    tx.commit().await?;
    Ok(Some(()))
}
