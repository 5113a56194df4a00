//! Prices with their validity dates.

use super::engine::{Result, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, new_uuid};
use crate::domain::money::UnitPrice;
use crate::domain::pricing::{Increment, Meter};

/// Whom a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// What the platform takes from usage of a reseller's customers.
    Reseller,
    /// What end customers pay.
    Customer,
}

impl Audience {
    const fn as_str(self) -> &'static str {
        match self {
            Audience::Reseller => "reseller",
            Audience::Customer => "customer",
        }
    }
}

row! {
    struct PriceRow { price_micros: UnitPrice, first_seconds: i64, next_seconds: i64 }
}

/// Writes a price of `tenant` for `audience`, valid from an instant on.
///
/// # Errors
/// When that version exists.
pub async fn create(
    tx: &mut Tx,
    tenant: TenantId,
    audience: Audience,
    meter: Meter,
    price: UnitPrice,
    increment: Increment,
    valid_from: Ts,
) -> Result<()> {
    tx.q("INSERT INTO prices (id, tenant_id, audience, meter, price_micros, first_seconds, next_seconds, valid_from) \
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(new_uuid(valid_from))
        .bind(tenant)
        .bind(audience.as_str().to_owned())
        .bind(meter)
        .bind(price)
        .bind(i64::from(increment.first))
        .bind(i64::from(increment.next))
        .bind(valid_from)
        .exec()
        .await?;
    Ok(())
}

/// The price of `tenant` for `audience` that is valid at `at`.
///
/// # Errors
/// Failures of the engine. `None` when there is none.
pub async fn find(
    tx: &mut Tx,
    tenant: TenantId,
    audience: Audience,
    meter: Meter,
    at: Ts,
) -> Result<Option<(UnitPrice, Increment)>> {
    let row = tx
        .q("SELECT price_micros, first_seconds, next_seconds FROM prices \
            WHERE tenant_id = $1 AND audience = $2 AND meter = $3 AND valid_from <= $4 ORDER BY valid_from DESC LIMIT 1")
        .bind(tenant)
        .bind(audience.as_str().to_owned())
        .bind(meter)
        .bind(at)
        .opt::<PriceRow>()
        .await?;
    Ok(row.map(|row| {
        let seconds = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        (row.price_micros, Increment { first: seconds(row.first_seconds), next: seconds(row.next_seconds) })
    }))
}
