//! Rating: one usage record, rated for both sides, each rounded once.

use super::book::Settlement;
use super::meter::{Meter, Usage};
use super::price::{Model, Price};
use crate::domain::id::{PriceId, TermsId};
use crate::domain::money::{Cents, Exact, OutOfRange, UnitPrice};

/// What the platform keeps of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    /// Its own price; the rest is commission.
    Price(Price),
    /// All but a commission of so many hundredths of a percent.
    Commission {
        /// 2,500 are 25 %.
        rate_bps: i64,
    },
    /// Everything: a direct customer.
    Everything,
}

/// The commission where a reseller has no platform price for a meter (product decision: 25 %).
pub const DEFAULT_COMMISSION: Share = Share::Commission { rate_bps: 2_500 };

/// The versions that are valid for one customer and meter at one instant: what the customer pays, what the platform takes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The customer's price; it has a model.
    pub customer: Price,
    /// What the platform takes of it.
    pub platform: Share,
    /// How the reseller settles; commission for direct customers, whose platform share is everything.
    pub settlement: Settlement,
    /// What was agreed with the reseller then.
    pub terms: Option<TermsId>,
    /// Whether the reseller may sell below the platform's price and bears the difference.
    pub below_platform: bool,
}

/// What unit prices below a cent have left over, for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Carry {
    /// Sixtieths of a micro-euro that the customer still owes; negative ones were paid in advance.
    pub customer: i64,
    /// The same for the platform's side.
    pub platform: i64,
}

/// What a stateful rate needs to know of one customer and meter before a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MeterState {
    /// Units billed to the customer before, in the (German) calendar month in which the record occurred.
    pub used: i64,
    /// Parts of a cent brought along.
    pub carry: Carry,
}

/// The state a charge was rated with; rating it again from there gives the same charge.
pub type Basis = MeterState;

/// A rated usage record, ready to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The meter.
    pub meter: Meter,
    /// Used units: seconds or pieces as reported.
    pub used: i64,
    /// Billed units: used ones, rounded up by the increment.
    pub quantity: i64,
    /// The customer's price per minute or piece where the record begins; of a package, its part.
    pub unit_price: UnitPrice,
    /// What the customer pays.
    pub amount: Cents,
    /// What the platform gets when the wallet pays all; with the commission it is the amount.
    pub platform: Cents,
    /// The customer's version.
    pub price: PriceId,
    /// The platform's version, where one was used.
    pub platform_price: Option<PriceId>,
    /// What was agreed with the reseller.
    pub terms: Option<TermsId>,
    /// How the reseller settles.
    pub settlement: Settlement,
    /// Whether commission may be negative: sold below the platform's price with permission, or packages and included units, whose
    /// costs do not fall evenly on a month's records.
    pub below_platform: bool,
    /// Present for stateful rates.
    pub basis: Option<Basis>,
}

impl Charge {
    /// The reseller's commission when `paid` of the amount came from the wallet, by difference and without loss.
    /// Negative only where [`Charge::below_platform`] says so; otherwise the platform bears what is missing.
    pub fn commission_on(&self, paid: Cents) -> Cents {
        let full = self.amount - self.platform;
        let full = if self.below_platform { full } else { full.max(Cents::ZERO) };
        if paid == self.amount || self.amount == Cents::ZERO {
            return full;
        }
        let share = i128::from(full.0) * i128::from(paid.0) / i128::from(self.amount.0);
        Cents(i64::try_from(share).expect("a share is smaller than the whole"))
    }
}

impl Rate {
    /// What is metered.
    pub const fn meter(&self) -> Meter {
        self.customer.meter
    }

    /// The platform's price, where its share is one.
    pub const fn platform_price(&self) -> Option<&Price> {
        match &self.platform {
            Share::Price(price) => Some(price),
            Share::Commission { .. } | Share::Everything => None,
        }
    }

    /// Whether a record's charge depends on those before it: tiers, included units, packages, or a unit price below a cent on either
    /// side. Only then is a [`MeterState`] read and written.
    pub fn is_stateful(&self) -> bool {
        let stateful = |price: &Price| price.counts_the_month() || price.carries();
        stateful(&self.customer) || self.platform_price().is_some_and(stateful)
    }

    /// Whether commission may be negative; see [`Charge::below_platform`].
    fn may_be_negative(&self) -> bool {
        let lumpy = |price: &Price| price.is_lumpy();
        self.below_platform
            || self.platform_price().is_some_and(|platform| lumpy(platform) || lumpy(&self.customer))
    }
}

/// One side of a record before and after rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rated {
    pub(super) quantity: i64,
    pub(super) exact: Exact,
    pub(super) amount: Cents,
    /// The carry afterwards.
    pub(super) carry: i64,
}

/// What the increment of `price` makes of a usage.
pub(super) fn billed(usage: Usage, price: &Price) -> Result<i64, OutOfRange> {
    if usage.unit() != price.unit {
        return Err(OutOfRange);
    }
    match usage {
        Usage::Seconds(seconds) => {
            i64::try_from(price.increment.billed_seconds(seconds)).map_err(|_| OutOfRange)
        }
        Usage::Pieces(pieces) => Ok(i64::from(pieces)),
    }
}

/// Rates `quantity` billed units at a price and rounds once, half up; a price below a cent takes the carry along.
fn rate_units(price: &Price, used: i64, quantity: i64, carry: i64) -> Result<Rated, OutOfRange> {
    let exact = price.cost(used, quantity)?;
    if !price.carries() {
        let (amount, _) = exact.rounded()?;
        return Ok(Rated { quantity, exact, amount, carry });
    }
    let (amount, rest) = exact.plus(Exact(i128::from(carry)))?.rounded()?;
    if amount.is_negative() {
        return Err(OutOfRange);
    }
    Ok(Rated { quantity, exact, amount, carry: i64::try_from(rest.0).map_err(|_| OutOfRange)? })
}

pub(super) fn rate_customer(usage: Usage, rate: &Rate, state: MeterState) -> Result<Rated, OutOfRange> {
    rate_units(&rate.customer, state.used, billed(usage, &rate.customer)?, state.carry.customer)
}

/// The carry that the platform's side may hold back at most: one and a half cents. It is more than the half cent of plain rounding,
/// because both sides round at different records: where the customer's amount is not yet enough for the platform's, the rest waits.
const PLATFORM_CARRY: i64 = 900_000;

/// The platform's side of a record whose customer pays `customer`. Tiers, packages and included units go by the units billed to the
/// customer, because only those are counted over the month; a plain price goes by its own increment.
pub(super) fn rate_platform(
    usage: Usage,
    rate: &Rate,
    state: MeterState,
    customer: Rated,
) -> Result<Rated, OutOfRange> {
    let price = match &rate.platform {
        Share::Everything => return Ok(Rated { carry: state.carry.platform, ..customer }),
        Share::Commission { rate_bps } => {
            let amount = customer.amount - customer.amount.share((*rate_bps).clamp(0, 10_000));
            return Ok(Rated { amount, carry: state.carry.platform, ..customer });
        }
        Share::Price(price) => price,
    };
    let quantity = if price.counts_the_month() { customer.quantity } else { billed(usage, price)? };
    let rated = rate_units(price, state.used, quantity, state.carry.platform)?;
    // A reseller who prepays owes the platform's price whatever the customer pays.
    let unclamped = rate.may_be_negative() || rate.settlement == Settlement::Resale;
    if unclamped || rated.amount <= customer.amount {
        return Ok(rated);
    }
    if !price.carries() {
        return Ok(Rated { amount: customer.amount, ..rated });
    }
    let late = i128::from((rated.amount - customer.amount).0) * Exact::CENT.0 + i128::from(rated.carry);
    let carry = i64::try_from(late).map_or(PLATFORM_CARRY, |late| late.min(PLATFORM_CARRY));
    Ok(Rated { amount: customer.amount, carry, ..rated })
}

/// Rates one usage record: increments first, then each side rounded once, half up. Answers the charge and the state after it.
///
/// # Errors
/// [`OutOfRange`] when an amount does not fit, or usage is not counted in the price's unit.
pub fn rate(usage: Usage, rate: &Rate, state: MeterState) -> Result<(Charge, MeterState), OutOfRange> {
    let customer = rate_customer(usage, rate, state)?;
    let platform = rate_platform(usage, rate, state, customer)?;
    let begins = rate.customer.beyond_included(state.used);
    let unit_price = |model: &Model| model.unit_price(rate.customer.unit, begins);
    let charge = Charge {
        meter: rate.customer.meter,
        used: i64::from(usage.count()),
        quantity: customer.quantity,
        unit_price: rate.customer.model.as_ref().map_or(UnitPrice(0), unit_price),
        amount: customer.amount,
        platform: platform.amount,
        price: rate.customer.id,
        platform_price: rate.platform_price().map(|price| price.id),
        terms: rate.terms,
        settlement: rate.settlement,
        below_platform: rate.may_be_negative(),
        basis: rate.is_stateful().then_some(state),
    };
    let used = state.used.checked_add(customer.quantity).ok_or(OutOfRange)?;
    Ok((charge, MeterState { used, carry: Carry { customer: customer.carry, platform: platform.carry } }))
}

/// How many units (seconds or pieces, at most `cap`) fit into `budget` at this rate from this state. One more would cost more than the
/// budget or pass the cap.
pub fn affordable(rate: &Rate, state: MeterState, budget: Cents, cap: i64) -> i64 {
    largest(rate, budget, cap, |usage| Ok(rate_customer(usage, rate, state)?.amount))
}

/// The same for what the platform takes: how much the wallet of a reseller who prepays is good for.
pub fn affordable_wholesale(rate: &Rate, state: MeterState, budget: Cents, cap: i64) -> i64 {
    largest(rate, budget, cap, |usage| {
        let customer = rate_customer(usage, rate, state)?;
        Ok(rate_platform(usage, rate, state, customer)?.amount)
    })
}

/// Costs never fall when more is used, so the last affordable number is found by halving; what does not fit an account is not affordable.
fn largest(rate: &Rate, budget: Cents, cap: i64, cost: impl Fn(Usage) -> Result<Cents, OutOfRange>) -> i64 {
    let (mut fits, mut beyond) = (0, u64::from(u32::try_from(cap.max(0)).unwrap_or(u32::MAX)) + 1);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        let usage = u32::try_from(middle).map(|count| Usage::of(rate.customer.unit, count));
        let is_paid = usage.is_ok_and(|usage| cost(usage).is_ok_and(|cost| cost <= budget));
        if is_paid { fits = middle } else { beyond = middle }
    }
    i64::try_from(fits).unwrap_or(i64::MAX)
}
