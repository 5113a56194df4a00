//! Prices with their validity dates.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, new_uuid};
use crate::domain::money::UnitPrice;
use crate::domain::pricing::{Increment, Meter, Price, PriceBook};

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
    struct PriceRow {
        tenant_id: TenantId,
        audience: String,
        meter: Meter,
        price_micros: UnitPrice,
        first_seconds: i64,
        next_seconds: i64,
        valid_from: Ts,
    }
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

const OF_SELLERS: Sql = Sql {
    lite: "SELECT tenant_id, audience, meter, price_micros, first_seconds, next_seconds, valid_from FROM prices \
           WHERE tenant_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT tenant_id, audience, meter, price_micros, first_seconds, next_seconds, valid_from FROM prices WHERE tenant_id = ANY($1)",
};

/// The price lists of some sellers with all their versions; a list has few.
///
/// # Errors
/// Failures of the engine.
pub async fn book_of(db: &Db, sellers: &[uuid::Uuid]) -> Result<PriceBook> {
    let rows = db.q(OF_SELLERS).bind_ids(sellers).all::<PriceRow>().await?;
    let seconds = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let prices = rows.into_iter().map(|row| Price {
        seller: row.tenant_id,
        to_resellers: row.audience == Audience::Reseller.as_str(),
        meter: row.meter,
        price: row.price_micros,
        increment: Increment { first: seconds(row.first_seconds), next: seconds(row.next_seconds) },
        valid_from: row.valid_from,
    });
    Ok(PriceBook(prices.collect()))
}
