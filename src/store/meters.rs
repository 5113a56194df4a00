//! Meters.

use super::engine::{Result, Tx, row};
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
}

/// All meters in their order; they belong to the installation.
///
/// # Errors
/// Failures of the engine.
pub async fn list(tx: &mut Tx) -> Result<Vec<MeterInfo>> {
    let rows = tx.q("SELECT * FROM meters ORDER BY position, key").all::<MeterRow>().await?;
    let seconds = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let info = |row: MeterRow| MeterInfo {
        meter: row.key,
        unit: row.unit,
        name_de: row.name_de,
        name_en: row.name_en,
        increment: Increment { first: seconds(row.first_seconds), next: seconds(row.next_seconds) },
        position: row.position,
        active: row.active,
    };
    Ok(rows.into_iter().map(info).collect())
}
