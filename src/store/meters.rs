//! Meters. They belong to the installation, so no scope limits them.

use super::engine::{Db, Result, Tx, row};
use crate::domain::pricing::{Increment, Meter, MeterInfo, Unit};

row! {
    struct MeterRow {
        key: Meter,
        unit: Unit,
        name_de: String,
        name_en: String,
        first_seconds: i64,
        next_seconds: i64,
        position: i64,
        active: bool,
    }
    struct Place { position: i64 }
}

impl From<MeterRow> for MeterInfo {
    fn from(row: MeterRow) -> MeterInfo {
        MeterInfo {
            meter: row.key,
            unit: row.unit,
            name_de: row.name_de,
            name_en: row.name_en,
            increment: increment(row.first_seconds, row.next_seconds),
            position: row.position,
            active: row.active,
        }
    }
}

/// An increment as its two columns hold it; what does not fit is longer than any call.
pub(super) fn increment(first_seconds: i64, next_seconds: i64) -> Increment {
    let seconds = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    Increment { first: seconds(first_seconds), next: seconds(next_seconds) }
}

/// All meters in their order.
///
/// # Errors
/// Failures of the engine.
pub async fn list(tx: &mut Tx) -> Result<Vec<MeterInfo>> {
    let rows = tx.q("SELECT * FROM meters ORDER BY position, key").all::<MeterRow>().await?;
    Ok(rows.into_iter().map(MeterInfo::from).collect())
}

/// The same, for pages.
///
/// # Errors
/// Failures of the engine.
pub async fn all(db: &Db) -> Result<Vec<MeterInfo>> {
    let rows = db.q("SELECT * FROM meters ORDER BY position, key").all::<MeterRow>().await?;
    Ok(rows.into_iter().map(MeterInfo::from).collect())
}

/// One meter.
///
/// # Errors
/// Failures of the engine. `None` for a key nobody has added.
pub async fn find(tx: &mut Tx, meter: Meter) -> Result<Option<MeterInfo>> {
    let row = tx.q("SELECT * FROM meters WHERE key = $1").bind(meter).opt::<MeterRow>().await?;
    Ok(row.map(MeterInfo::from))
}

/// The position after the last meter.
///
/// # Errors
/// Failures of the engine.
pub async fn next_position(tx: &mut Tx) -> Result<i64> {
    let last = tx.q("SELECT CAST(COALESCE(MAX(position), 0) AS BIGINT) AS position FROM meters");
    Ok(last.one::<Place>().await?.position + 1)
}

/// Writes a new meter; false where its key is taken.
///
/// # Errors
/// Failures of the engine.
pub async fn create(tx: &mut Tx, info: &MeterInfo) -> Result<bool> {
    let written = tx
        .q("INSERT INTO meters (key, unit, name_de, name_en, first_seconds, next_seconds, position, active) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (key) DO NOTHING")
        .bind(info.meter)
        .bind(info.unit)
        .bind(info.name_de.clone())
        .bind(info.name_en.clone())
        .bind(i64::from(info.increment.first))
        .bind(i64::from(info.increment.next))
        .bind(info.position)
        .bind(info.active)
        .exec()
        .await?;
    Ok(written > 0)
}

/// Renames a meter, and opens or closes it for further usage. Key and unit stay: charges were made by them. False where there is none.
///
/// # Errors
/// Failures of the engine.
pub async fn update(
    tx: &mut Tx,
    meter: Meter,
    name_de: &str,
    name_en: &str,
    increment: Increment,
    active: bool,
) -> Result<bool> {
    let written = tx
        .q("UPDATE meters SET name_de = $2, name_en = $3, first_seconds = $4, next_seconds = $5, active = $6 WHERE key = $1")
        .bind(meter)
        .bind(name_de.to_owned())
        .bind(name_en.to_owned())
        .bind(i64::from(increment.first))
        .bind(i64::from(increment.next))
        .bind(active)
        .exec()
        .await?;
    Ok(written > 0)
}
