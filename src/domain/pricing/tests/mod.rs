//! Rating and precedence, in numbers that were worked out by hand and in properties that hold for all.

mod lists;
mod properties;
mod rails;
mod records;

use super::*;
use crate::domain::clock::Ts;
use crate::domain::id::{PriceId, PriceListId, TenantId, TermsId};
use crate::domain::money::{Cents, UnitPrice};
use uuid::Uuid;

/// The tenant with a number.
fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

/// A list's id by number.
fn list(number: u128) -> PriceListId {
    PriceListId(Uuid::from_u128(number))
}

/// A price of some meter, from the beginning of time.
fn price(meter: Meter, unit: Unit, model: Model) -> Price {
    Price {
        id: PriceId(Uuid::from_u128(1)),
        list: list(1),
        meter,
        unit,
        model: Some(model),
        included: 0,
        increment: if unit == Unit::Second { Increment::MINUTES } else { Increment::SINGLE },
        below_platform: false,
        valid_from: Ts(0),
    }
}

/// Calls at so many cents a minute.
fn calls(cents: i64) -> Price {
    price(Meter::CALL, Unit::Second, Model::Flat(UnitPrice::cents(cents)))
}

/// Pieces at so many micro-euros each.
fn pieces(micros: i64) -> Price {
    price(Meter::SMS, Unit::Piece, Model::Flat(UnitPrice(micros)))
}

/// A rate whose commission is the difference of two prices.
fn between(customer: Price, platform: Price) -> Rate {
    Rate {
        customer,
        platform: Share::Price(Price { id: PriceId(Uuid::from_u128(2)), ..platform }),
        settlement: Settlement::Commission,
        terms: None,
        below_platform: false,
    }
}

/// Rates records one after the other; the state goes from each to the next.
fn in_turn(rate: &Rate, usages: &[Usage]) -> Vec<Charge> {
    let mut state = MeterState::default();
    let mut charges = vec![];
    for usage in usages {
        let (charge, after) = super::rate(*usage, rate, state).expect("in range");
        state = after;
        charges.push(charge);
    }
    charges
}

/// Amount, platform's part and commission of one record, in cents.
fn split(usage: Usage, rate: &Rate) -> (i64, i64, i64) {
    parts(&in_turn(rate, &[usage])[0])
}

fn parts(charge: &Charge) -> (i64, i64, i64) {
    (charge.amount.0, charge.platform.0, charge.commission_on(charge.amount).0)
}

/// Amounts of records in turn.
fn amounts(rate: &Rate, usages: &[Usage]) -> Vec<i64> {
    in_turn(rate, usages).iter().map(|charge| charge.amount.0).collect()
}

/// Terms from an instant on.
fn terms(number: u128, reseller: TenantId, from: i64) -> Terms {
    Terms::standard(TermsId(Uuid::from_u128(number)), reseller, Ts(from))
}

/// The sum of some amounts.
fn sum(amounts: impl Iterator<Item = Cents>) -> i128 {
    amounts.map(|amount| i128::from(amount.0)).sum()
}
