//! What a month's usage would have cost at other prices.

use super::book::Settlement;
use super::price::Model;
use super::rating::{Rate, Share};
use crate::domain::money::{Cents, OutOfRange, UnitPrice};
use std::ops::{Add, AddAssign};

/// A month's revenue and how it is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// What the customer pays.
    pub revenue: Cents,
    /// What the platform gets of it.
    pub platform: Cents,
}

impl Estimate {
    /// What is left to the reseller.
    pub fn commission(self) -> Cents {
        self.revenue - self.platform
    }
}

impl Add for Estimate {
    type Output = Estimate;
    fn add(self, other: Estimate) -> Estimate {
        Estimate { revenue: self.revenue + other.revenue, platform: self.platform + other.platform }
    }
}

impl AddAssign for Estimate {
    fn add_assign(&mut self, other: Estimate) {
        *self = *self + other;
    }
}

/// What `billed` units of one customer and calendar month cost at a rate, each side rounded once. Records are rounded one by one when they
/// are charged, so where prices have fractions of a cent per record the real sum differs by parts of a cent each; and the increments are
/// those by which the units were billed.
///
/// # Errors
/// [`OutOfRange`] where no account could hold it.
pub fn estimate(rate: &Rate, billed: i64) -> Result<Estimate, OutOfRange> {
    let (revenue, _) = rate.customer.cost(0, billed)?.rounded()?;
    let platform = match &rate.platform {
        Share::Everything => revenue,
        Share::Commission { rate_bps } => revenue - revenue.share((*rate_bps).clamp(0, 10_000)),
        Share::Price(price) => {
            let (own, _) = price.cost(0, billed)?.rounded()?;
            let unclamped = rate.below_platform || rate.settlement == Settlement::Resale;
            if unclamped { own } else { own.min(revenue) }
        }
    };
    Ok(Estimate { revenue, platform })
}

/// What a minute or piece costs, and how that is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitShares {
    /// After how many billed units of the month.
    pub above: i64,
    /// What the customer pays.
    pub customer: UnitPrice,
    /// What the platform takes of it.
    pub platform: UnitPrice,
}

impl UnitShares {
    /// What is left to the reseller.
    pub const fn commission(self) -> UnitPrice {
        UnitPrice(self.customer.0 - self.platform.0)
    }

    /// The commission's part of the price, in hundredths of a percent; `None` where nothing is paid.
    pub fn commission_bps(self) -> Option<i64> {
        part(self.commission(), self.customer)
    }

    /// The markup over the platform's price, in hundredths of a percent; `None` where the platform takes nothing.
    pub fn markup_bps(self) -> Option<i64> {
        part(self.commission(), self.platform)
    }
}

/// A part of a whole in hundredths of a percent, rounded; `None` of nothing.
fn part(part: UnitPrice, whole: UnitPrice) -> Option<i64> {
    (whole.0 > 0).then(|| UnitPrice(10_000).scaled(part.0, whole.0).map_or(i64::MAX, |bps| bps.0))
}

/// How a minute or piece is shared, wherever the customer's price changes in the course of a month.
pub fn unit_shares(rate: &Rate) -> Vec<UnitShares> {
    let unit = rate.customer.unit;
    let Some(model) = &rate.customer.model else { return vec![] };
    let borders = match model {
        Model::Graduated(tiers) => tiers.iter().map(|tier| tier.above).collect(),
        Model::Flat(_) | Model::Package { .. } => vec![0],
    };
    let share = |above: i64| {
        let customer = model.unit_price(unit, above);
        let platform = match &rate.platform {
            Share::Everything => customer,
            Share::Commission { rate_bps } => {
                customer.scaled(10_000 - (*rate_bps).clamp(0, 10_000), 10_000).unwrap_or(customer)
            }
            Share::Price(price) => {
                price.model.as_ref().map_or(UnitPrice(0), |model| model.unit_price(unit, above))
            }
        };
        UnitShares { above, customer, platform }
    };
    borders.into_iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Ts;
    use crate::domain::id::{PriceId, PriceListId};
    use crate::domain::money::UnitPrice;
    use crate::domain::pricing::{Increment, Meter, Model, Price, Tier, Unit};

    fn price(model: Model) -> Price {
        Price {
            id: PriceId(uuid::Uuid::nil()),
            list: PriceListId(uuid::Uuid::nil()),
            meter: Meter::CALL,
            unit: Unit::Second,
            model: Some(model),
            included: 0,
            increment: Increment::MINUTES,
            below_platform: false,
            valid_from: Ts(0),
        }
    }

    fn rate(customer: Model, platform: Share) -> Rate {
        let (settlement, terms) = (Settlement::Commission, None);
        Rate { customer: price(customer), platform, settlement, terms, below_platform: false }
    }

    #[test]
    fn a_month_is_shared_by_prices_by_percent_or_not_at_all() {
        let flat = |cents| Model::Flat(UnitPrice::cents(cents));
        let share = Share::Price(price(flat(30)));
        let sums = |rate: Rate, units| estimate(&rate, units).map(|sum| (sum.revenue.0, sum.commission().0));
        assert_eq!(sums(rate(flat(40), share.clone()), 600), Ok((400, 100)));
        assert_eq!(sums(rate(flat(40), Share::Commission { rate_bps: 2_500 }), 600), Ok((400, 100)));
        assert_eq!(sums(rate(flat(42), Share::Everything), 600), Ok((420, 0)));
        // Below the platform's price the platform bears what is missing, unless it was allowed.
        assert_eq!(sums(rate(flat(20), share.clone()), 600), Ok((200, 0)));
        assert_eq!(sums(Rate { below_platform: true, ..rate(flat(20), share) }, 600), Ok((200, -100)));
    }

    #[test]
    fn a_unit_is_shared_in_euros_and_percent() {
        let flat = |cents| Model::Flat(UnitPrice::cents(cents));
        let shares = |rate: Rate| {
            let first = unit_shares(&rate)[0];
            (first.commission().0, first.commission_bps(), first.markup_bps())
        };
        let platform = |cents| Share::Price(price(flat(cents)));
        assert_eq!(shares(rate(flat(40), platform(30))), (100_000, Some(2_500), Some(3_333)));
        assert_eq!(shares(rate(flat(8), platform(5))), (30_000, Some(3_750), Some(6_000)));
        assert_eq!(shares(rate(flat(20), platform(30))), (-100_000, Some(-5_000), Some(-3_333)));
        assert_eq!(
            shares(rate(flat(40), Share::Commission { rate_bps: 2_000 })),
            (80_000, Some(2_000), Some(2_500))
        );
        assert_eq!(shares(rate(flat(0), platform(0))), (0, None, None));
        let package = Model::Package { units: 6_000, price: UnitPrice::cents(3_000) };
        assert_eq!(unit_shares(&rate(package, platform(20)))[0].customer, UnitPrice::cents(30));
    }

    #[test]
    fn tiers_begin_anew_every_month() {
        let tiers = Model::Graduated(vec![
            Tier { above: 0, price: UnitPrice::cents(40) },
            Tier { above: 600, price: UnitPrice::cents(20) },
        ]);
        let rate = rate(tiers, Share::Everything);
        assert_eq!(estimate(&rate, 1_200).map(|sum| sum.revenue), Ok(Cents(600)));
        assert_eq!(estimate(&rate, 0), Ok(Estimate::default()));
        assert!(estimate(&rate, i64::MAX / 2).is_ok_and(|sum| sum.revenue > Cents::ZERO));
    }
}
