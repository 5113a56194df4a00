//! One version of a price: what one meter costs from an instant on.

use super::meter::{Increment, Meter, Unit};
use crate::domain::clock::Ts;
use crate::domain::id::{PriceId, PriceListId};
use crate::domain::money::{Exact, OutOfRange, UnitPrice};

/// The highest price per unit or package: 10,000 €.
pub const MAX_UNIT_PRICE: UnitPrice = UnitPrice::cents(1_000_000);
/// Tiers of a price at most.
pub const MAX_TIERS: usize = 20;
/// Billed units at most wherever a price names a number of them; far above what a month can hold.
const MAX_UNITS: i64 = 1_000_000_000_000;

/// From how many billed units a month on which price applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tier {
    /// Billed units (seconds or pieces) of this calendar month after which it applies, not counting included ones; the first is 0.
    pub above: i64,
    /// Price per minute or piece.
    pub price: UnitPrice,
}

/// How a price grows with what is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// The same for every minute or piece.
    Flat(UnitPrice),
    /// Every unit at the price of the tier it lies in; a record that crosses a border is split.
    Graduated(Vec<Tier>),
    /// Packages of units. A started package is paid whole; what is left of it serves the rest of the month.
    Package {
        /// Billed units (seconds or pieces) in a package.
        units: i64,
        /// Price of a package.
        price: UnitPrice,
    },
}

/// What is wrong with a model that somebody entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// A price is negative or above [`MAX_UNIT_PRICE`].
    Price,
    /// Tiers must begin at 0 and rise, and there are at most [`MAX_TIERS`].
    Tiers,
    /// A package needs at least one unit.
    Package,
}

impl Model {
    /// Whether it can be calculated with and read.
    ///
    /// # Errors
    /// [`ModelError`] names the first fault.
    pub fn check(&self) -> Result<(), ModelError> {
        let priced = |price: UnitPrice| {
            if (0..=MAX_UNIT_PRICE.0).contains(&price.0) { Ok(()) } else { Err(ModelError::Price) }
        };
        match self {
            Model::Flat(price) => priced(*price),
            Model::Graduated(tiers) => {
                let begins = tiers.first().is_some_and(|tier| tier.above == 0);
                let rises = tiers.windows(2).all(|pair| pair[0].above < pair[1].above);
                if !begins || !rises || tiers.len() > MAX_TIERS || tiers.iter().any(|t| t.above > MAX_UNITS) {
                    return Err(ModelError::Tiers);
                }
                tiers.iter().try_for_each(|tier| priced(tier.price))
            }
            Model::Package { units, price } => {
                if !(1..=MAX_UNITS).contains(units) {
                    return Err(ModelError::Package);
                }
                priced(*price)
            }
        }
    }

    /// Whether what a record costs depends on what was used before it this month.
    pub const fn counts_the_month(&self) -> bool {
        !matches!(self, Model::Flat(_))
    }

    /// Whether a price below one cent occurs, so that rounding every record for itself would lose money.
    pub fn is_below_a_cent(&self) -> bool {
        let tiny = |price: &UnitPrice| (1..UnitPrice::cents(1).0).contains(&price.0);
        match self {
            Model::Flat(price) | Model::Package { price, .. } => tiny(price),
            Model::Graduated(tiers) => tiers.iter().any(|tier| tiny(&tier.price)),
        }
    }

    /// What the first `units` billed units of a month cost.
    pub(super) fn total(&self, unit: Unit, units: i64) -> Result<Exact, OutOfRange> {
        match self {
            Model::Flat(price) => per_unit(*price, unit, units),
            Model::Graduated(tiers) => within_tiers(tiers, 0, units)
                .try_fold(Exact::ZERO, |sum, (tier, units)| sum.plus(per_unit(tier.price, unit, units)?)),
            Model::Package { units: size, price } => {
                let packages =
                    i128::from(units.max(0)).checked_add(i128::from(*size) - 1).ok_or(OutOfRange)?;
                Exact::sixtieths(*price, packages.checked_div(i128::from(*size)).ok_or(OutOfRange)? * 60)
            }
        }
    }

    /// The price per minute or piece of the unit that follows `units` used ones; of a package, its part.
    pub fn unit_price(&self, unit: Unit, units: i64) -> UnitPrice {
        match self {
            Model::Flat(price) => *price,
            Model::Graduated(tiers) => {
                let tier = tiers.iter().rev().find(|tier| tier.above <= units).or(tiers.first());
                tier.map_or(UnitPrice(0), |tier| tier.price)
            }
            Model::Package { units: size, price } => price.scaled(unit.per_price(), *size).unwrap_or(*price),
        }
    }
}

/// How many of the units after `from` up to `to` lie in each tier; tiers without any are left out.
pub(super) fn within_tiers(tiers: &[Tier], from: i64, to: i64) -> impl Iterator<Item = (&Tier, i64)> {
    let ends = tiers.iter().skip(1).map(|tier| tier.above).chain([i64::MAX]);
    let within = move |(tier, end): (_, i64)| {
        let tier: &Tier = tier;
        (tier, to.min(end).saturating_sub(from.max(tier.above)))
    };
    tiers.iter().zip(ends).map(within).filter(|(_, units)| *units > 0)
}

/// What `units` billed units cost at one price.
pub(super) fn per_unit(price: UnitPrice, unit: Unit, units: i64) -> Result<Exact, OutOfRange> {
    Exact::sixtieths(price, i128::from(units) * i128::from(60 / unit.per_price()))
}

impl Unit {
    /// How many billed units one price is for: 60 seconds are a minute, a piece is a piece.
    pub const fn per_price(self) -> i64 {
        match self {
            Unit::Second => 60,
            Unit::Piece => 1,
        }
    }
}

/// One version of a price in a list. It never changes; a charge names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Its id.
    pub id: PriceId,
    /// The list it is in.
    pub list: PriceListId,
    /// What it is for.
    pub meter: Meter,
    /// How that is counted.
    pub unit: Unit,
    /// What it costs; `None` ends the list's price for this meter, and the next list in order applies again.
    pub model: Option<Model>,
    /// Free billed units (seconds or pieces) per calendar month; tiers and packages begin after them.
    pub included: i64,
    /// How seconds are rounded up.
    pub increment: Increment,
    /// Allowed to be below the platform's price; the reseller bears the difference then.
    pub below_platform: bool,
    /// From when on.
    pub valid_from: Ts,
}

impl Price {
    /// Whether a record's cost depends on what was used this month before it.
    pub fn counts_the_month(&self) -> bool {
        self.included > 0 || self.model.as_ref().is_some_and(Model::counts_the_month)
    }

    /// Whether what rounding leaves over is carried from record to record.
    pub fn carries(&self) -> bool {
        self.model.as_ref().is_some_and(Model::is_below_a_cent)
    }

    /// Whether a month's cost does not fall evenly on its records: one pays for a package that others use, included units pay nothing.
    pub const fn is_lumpy(&self) -> bool {
        self.included > 0 || matches!(self.model, Some(Model::Package { .. }))
    }

    /// Billed units that are paid for out of the month's first `units`.
    pub(super) fn beyond_included(&self, units: i64) -> i64 {
        units.saturating_sub(self.included.max(0)).max(0)
    }

    /// What `quantity` billed units cost after `used` ones of the same month; exact.
    pub(super) fn cost(&self, used: i64, quantity: i64) -> Result<Exact, OutOfRange> {
        let Some(model) = &self.model else { return Ok(Exact::ZERO) };
        let end = used.checked_add(quantity).ok_or(OutOfRange)?;
        let before = model.total(self.unit, self.beyond_included(used))?;
        model.total(self.unit, self.beyond_included(end))?.minus(before)
    }
}
