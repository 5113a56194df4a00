//! What is metered: the platform's admins add meters, rename them, and close them for further usage.

use super::prices::{Editor, name};
use super::{Error, Failure};
use crate::app::App;
use crate::domain::id::TenantId;
use crate::domain::party::Scope;
use crate::domain::pricing::{Increment, Meter, MeterInfo, Unit};
use crate::domain::refusal::Refusal;
use crate::store;
use serde_json::{Value, json};

/// A meter to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMeter {
    /// Its key, as it was entered.
    pub key: String,
    /// How it counts.
    pub unit: Unit,
    /// What German readers call it.
    pub name_de: String,
    /// What English readers call it.
    pub name_en: String,
    /// The increment that new prices begin with; pieces have none.
    pub increment: Increment,
}

/// A single increment for pieces; a valid one for seconds.
fn increment(unit: Unit, increment: Increment) -> Result<Increment, Refusal> {
    match unit {
        Unit::Piece => Ok(Increment::SINGLE),
        Unit::Second if increment.is_valid() => Ok(increment),
        Unit::Second => Err(Refusal::IncrementInvalid { most: Increment::MAX }),
    }
}

fn platform_only(editor: &Editor) -> Result<(), Refusal> {
    if editor.scope() == Scope::Platform { Ok(()) } else { Err(Refusal::NotAllowed) }
}

/// Whose log changes of meters belong into.
async fn operator(app: &App) -> Result<TenantId, Error> {
    let platform = store::tenants::platform(&app.db).await?;
    Ok(platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id)
}

/// A meter as the log of changes keeps it.
fn told(info: &MeterInfo) -> Value {
    json!({
        "unit": info.unit,
        "name_de": info.name_de,
        "name_en": info.name_en,
        "increment": format!("{}/{}", info.increment.first, info.increment.next),
        "active": info.active,
    })
}

/// Adds a meter after the others; usage of it is taken once a price list has a price.
///
/// # Errors
/// [`Refusal::MeterKeyInvalid`], [`Refusal::MeterTaken`], [`Refusal::NameInvalid`], [`Refusal::IncrementInvalid`]; [`Refusal::NotAllowed`]
/// for resellers.
pub async fn create(app: &App, editor: &Editor, new: NewMeter) -> Result<MeterInfo, Error> {
    platform_only(editor)?;
    let meter = Meter::parse(new.key.trim()).ok_or(Refusal::MeterKeyInvalid)?;
    let (name_de, name_en) = (name(&new.name_de)?, name(&new.name_en)?);
    let (increment, owner) = (increment(new.unit, new.increment)?, operator(app).await?);
    let mut tx = app.db.begin().await?;
    let position = store::meters::next_position(&mut tx).await?;
    let info = MeterInfo { meter, unit: new.unit, name_de, name_en, increment, position, active: true };
    if !store::meters::create(&mut tx, &info).await? {
        return Err(Refusal::MeterTaken.into());
    }
    let states = (None, Some(told(&info)));
    editor.log(&mut tx, owner, "meter.created", meter.to_string(), states, app.clock.now()).await?;
    tx.commit().await?;
    Ok(info)
}

/// Renames a meter, changes what new prices begin with, and opens or closes it for further usage. `None` where there is none.
///
/// # Errors
/// [`Refusal::NameInvalid`], [`Refusal::IncrementInvalid`]; [`Refusal::NotAllowed`] for resellers.
pub async fn update(
    app: &App,
    editor: &Editor,
    meter: Meter,
    names: (&str, &str),
    step: Increment,
    active: bool,
) -> Result<Option<MeterInfo>, Error> {
    platform_only(editor)?;
    let (name_de, name_en, owner) = (name(names.0)?, name(names.1)?, operator(app).await?);
    let mut tx = app.db.begin().await?;
    let Some(known) = store::meters::find(&mut tx, meter).await? else { return Ok(None) };
    let increment = increment(known.unit, step)?;
    store::meters::update(&mut tx, meter, &name_de, &name_en, increment, active).await?;
    let info = MeterInfo { name_de, name_en, increment, active, ..known.clone() };
    if info != known {
        let states = (Some(told(&known)), Some(told(&info)));
        editor.log(&mut tx, owner, "meter.changed", meter.to_string(), states, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(Some(info))
}
