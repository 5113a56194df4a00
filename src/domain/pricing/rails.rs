//! Guard rails for resellers' prices: how far a price may lie above the platform's, and that it does not lie below.

use super::meter::Increment;
use super::price::{Model, Price};
use crate::domain::money::UnitPrice;

/// What a reseller's prices have to keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rails {
    /// Least markup over the platform's price, in hundredths of a percent.
    pub min_markup_bps: i64,
    /// Largest markup over the platform's price, in hundredths of a percent.
    pub max_markup_bps: i64,
    /// Whether prices may lie below the platform's; the least markup does not count then.
    pub below_platform: bool,
}

/// Which rail a price breaks. Prices are per minute or piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// It is below the platform's price.
    BelowPlatform {
        /// The platform's price where it is.
        platform: UnitPrice,
    },
    /// The markup is outside the range.
    Markup {
        /// The lowest price within the rails there.
        min: UnitPrice,
        /// The highest.
        max: UnitPrice,
    },
    /// Its increment bills less than the platform's.
    Increment {
        /// The platform's.
        platform: Increment,
    },
    /// It includes more units than the platform's price.
    Included {
        /// How many the platform includes.
        platform: i64,
    },
}

/// A price per unit as a fraction, so that a package's part is compared without rounding.
#[derive(Clone, Copy)]
struct Ratio {
    micros: i128,
    units: i128,
}

impl Ratio {
    fn of(price: &Price, units: i64) -> Ratio {
        match &price.model {
            Some(Model::Package { units, price }) => {
                Ratio { micros: i128::from(price.0), units: i128::from(*units).max(1) }
            }
            Some(model) => Ratio {
                micros: i128::from(model.unit_price(price.unit, units).0),
                units: i128::from(price.unit.per_price()),
            },
            None => Ratio { micros: 0, units: 1 },
        }
    }

    /// Whether `own` is less than `bps` hundredths of a percent of this.
    fn times_bps_exceeds(self, bps: i128, own: Ratio) -> bool {
        own.micros * self.units * 10_000 < self.micros * own.units * bps
    }
}

impl Rails {
    /// Where nothing else is agreed (product decision 2): 10 to 100 % markup.
    pub const STANDARD: Rails =
        Rails { min_markup_bps: 1_000, max_markup_bps: 10_000, below_platform: false };

    /// Whether `own` keeps to the rails beside the platform's price that is valid with it. Where tiers begin, each is compared with what
    /// the platform takes from there on.
    ///
    /// # Errors
    /// The first [`Breach`].
    pub fn check(&self, own: &Price, platform: &Price) -> Result<(), Breach> {
        if own.model.is_none() {
            return Ok(());
        }
        if !self.below_platform && !own.increment.covers(platform.increment) {
            return Err(Breach::Increment { platform: platform.increment });
        }
        if !self.below_platform && own.included > platform.included {
            return Err(Breach::Included { platform: platform.included });
        }
        let mut places: Vec<i64> = borders(own).chain(borders(platform)).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().try_for_each(|place| self.check_at(own, platform, place))
    }

    fn check_at(&self, own: &Price, platform: &Price, units: i64) -> Result<(), Breach> {
        let (mine, theirs) = (Ratio::of(own, units), Ratio::of(platform, units));
        let (min, max) = (10_000 + i128::from(self.min_markup_bps), 10_000 + i128::from(self.max_markup_bps));
        // What the platform gives away has no markup.
        let is_above =
            theirs.micros > 0 && mine.micros * theirs.units * 10_000 > theirs.micros * mine.units * max;
        let is_below = !self.below_platform && theirs.times_bps_exceeds(10_000, mine);
        if is_below {
            return Err(Breach::BelowPlatform { platform: shown(platform, units, 10_000) });
        }
        if is_above || (!self.below_platform && theirs.times_bps_exceeds(min, mine)) {
            return Err(Breach::Markup {
                min: shown(
                    platform,
                    units,
                    if self.below_platform { 0 } else { 10_000 + self.min_markup_bps },
                ),
                max: shown(platform, units, 10_000 + self.max_markup_bps),
            });
        }
        Ok(())
    }
}

/// The platform's price with a markup, per minute or piece.
fn shown(platform: &Price, units: i64, bps: i64) -> UnitPrice {
    let model = platform.model.as_ref();
    let price = model.map_or(UnitPrice(0), |model| model.unit_price(platform.unit, units));
    price.scaled(bps, 10_000).unwrap_or(UnitPrice(i64::MAX))
}

/// After how many paid units a price changes.
fn borders(price: &Price) -> impl Iterator<Item = i64> {
    let tiers: &[_] = match &price.model {
        Some(Model::Graduated(tiers)) => tiers,
        _ => &[],
    };
    tiers.iter().map(|tier| tier.above).chain([0])
}
