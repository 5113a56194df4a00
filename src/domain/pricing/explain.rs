//! The way from what was used to what it costs, step by step, for pages that show it.

use super::meter::{Increment, Unit, Usage};
use super::price::{Model, Price, per_unit, within_tiers};
use super::rating::{MeterState, Rate, Rated, Share, rate_customer, rate_platform};
use crate::domain::id::PriceId;
use crate::domain::money::{Cents, Exact, OutOfRange, UnitPrice};

/// One part of a record's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Units included in the month.
    Included {
        /// Billed units.
        quantity: i64,
    },
    /// Units at one price: all of them, or those in one tier.
    Units {
        /// After how many units of the month the tier begins; 0 for the first and where there are none.
        above: i64,
        /// Billed units.
        quantity: i64,
        /// Price per minute or piece.
        price: UnitPrice,
        /// What they cost, exactly.
        value: Exact,
    },
    /// Packages that this record started; none where it used what was left of an earlier one.
    Packages {
        /// How many.
        started: i64,
        /// Billed units of the record.
        quantity: i64,
        /// Billed units in a package.
        units: i64,
        /// Price of a package.
        price: UnitPrice,
        /// What they cost, exactly.
        value: Exact,
    },
}

/// One side of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideExplanation {
    /// The version.
    pub price: PriceId,
    /// The increment by which seconds were rounded up; pieces have none.
    pub increment: Option<Increment>,
    /// Billed units.
    pub quantity: i64,
    /// How the amount came about, in order.
    pub steps: Vec<Step>,
    /// The sum of the steps, before rounding.
    pub exact: Exact,
    /// Parts of a cent brought along and left over, where the price carries them.
    pub carry: Option<(Exact, Exact)>,
    /// What was charged.
    pub amount: Cents,
}

/// What the platform's share was by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareExplanation {
    /// Its own price.
    Price(SideExplanation),
    /// All but a commission rate.
    Commission {
        /// In hundredths of a percent.
        rate_bps: i64,
    },
    /// Everything: a direct customer.
    Everything,
}

/// A charge, explained. Customers see their side only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// How the meter counts.
    pub unit: Unit,
    /// Units as reported.
    pub used: i64,
    /// Units billed before in the same month.
    pub used_before: i64,
    /// What the customer pays.
    pub customer: SideExplanation,
    /// What the platform gets.
    pub platform: ShareExplanation,
    /// The platform's amount.
    pub platform_amount: Cents,
    /// The reseller's amount; both together are the customer's.
    pub commission: Cents,
}

/// Explains what [`rate`](super::rate()) charges from the same state.
///
/// # Errors
/// [`OutOfRange`] where rating refuses as well.
pub fn explain(usage: Usage, rate: &Rate, state: MeterState) -> Result<Explanation, OutOfRange> {
    let customer = rate_customer(usage, rate, state)?;
    let platform = rate_platform(usage, rate, state, customer)?;
    let carries = state.carry;
    let share = match &rate.platform {
        Share::Price(price) => ShareExplanation::Price(side(price, state.used, platform, carries.platform)?),
        Share::Commission { rate_bps } => ShareExplanation::Commission { rate_bps: *rate_bps },
        Share::Everything => ShareExplanation::Everything,
    };
    Ok(Explanation {
        unit: rate.customer.unit,
        used: i64::from(usage.count()),
        used_before: state.used,
        customer: side(&rate.customer, state.used, customer, carries.customer)?,
        platform: share,
        platform_amount: platform.amount,
        commission: customer.amount - platform.amount,
    })
}

fn side(price: &Price, used: i64, rated: Rated, carry: i64) -> Result<SideExplanation, OutOfRange> {
    let brought = (Exact(i128::from(carry)), Exact(i128::from(rated.carry)));
    Ok(SideExplanation {
        price: price.id,
        increment: (price.unit == Unit::Second).then_some(price.increment),
        quantity: rated.quantity,
        steps: steps(price, used, rated.quantity)?,
        exact: rated.exact,
        carry: price.carries().then_some(brought),
        amount: rated.amount,
    })
}

fn steps(price: &Price, used: i64, quantity: i64) -> Result<Vec<Step>, OutOfRange> {
    let end = used.checked_add(quantity).ok_or(OutOfRange)?;
    let (from, to) = (price.beyond_included(used), price.beyond_included(end));
    let mut steps = vec![];
    if quantity > to - from {
        steps.push(Step::Included { quantity: quantity - (to - from) });
    }
    if to == from {
        return Ok(steps);
    }
    match &price.model {
        None => {}
        Some(Model::Flat(flat)) => {
            let value = per_unit(*flat, price.unit, to - from)?;
            steps.push(Step::Units { above: 0, quantity: to - from, price: *flat, value });
        }
        Some(Model::Graduated(tiers)) => {
            for (tier, quantity) in within_tiers(tiers, from, to) {
                let value = per_unit(tier.price, price.unit, quantity)?;
                steps.push(Step::Units { above: tier.above, quantity, price: tier.price, value });
            }
        }
        Some(model @ Model::Package { units, price: per_package }) => {
            let value = model.total(price.unit, to)?.minus(model.total(price.unit, from)?)?;
            let started = packages(to, *units)? - packages(from, *units)?;
            steps.push(Step::Packages {
                started,
                quantity: to - from,
                units: *units,
                price: *per_package,
                value,
            });
        }
    }
    Ok(steps)
}

/// How many packages serve so many units.
fn packages(units: i64, size: i64) -> Result<i64, OutOfRange> {
    let full = units.checked_div(size).ok_or(OutOfRange)?;
    let is_started = units.checked_rem(size).ok_or(OutOfRange)? > 0;
    Ok(full + i64::from(is_started))
}
