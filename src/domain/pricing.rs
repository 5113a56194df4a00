//! Meters, prices and increments: from what was used to what it costs each side.

use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::money::{Cents, OutOfRange, UnitPrice};
use crate::domain::party::text_enum;

/// What is metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meter {
    /// Telephone calls, billed by the minute in increments.
    Call,
    /// Calls of the API.
    ApiCall,
    /// Booked appointments.
    Appointment,
    /// Text messages.
    Sms,
}

text_enum!(Meter { Call = "call", ApiCall = "api_call", Appointment = "appointment", Sms = "sms" });

/// The first and every further step in which seconds are billed (Taktung): 60/60, 60/1, 30/6, 1/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increment {
    /// Seconds billed at least, once a call is answered.
    pub first: u32,
    /// Seconds of each further step.
    pub next: u32,
}

impl Increment {
    /// Whole minutes, the default.
    pub const MINUTES: Increment = Increment { first: 60, next: 60 };

    /// Seconds billed for `seconds` of conversation. An unanswered call (0 s) is free.
    pub fn billed_seconds(self, seconds: u32) -> u64 {
        let (first, next) = (u64::from(self.first.max(1)), u64::from(self.next.max(1)));
        match u64::from(seconds) {
            0 => 0,
            s if s <= first => first,
            s => first + (s - first).div_ceil(next) * next,
        }
    }
}

/// What was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Seconds of conversation; the price is per minute.
    Seconds(u32),
    /// A number of pieces.
    Pieces(u32),
}

/// What the platform keeps of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Its own price per unit; the rest is commission.
    Price(UnitPrice),
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

/// A price for one meter: what the customer pays, what the platform takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The meter.
    pub meter: Meter,
    /// The customer's price per unit (minute or piece).
    pub customer: UnitPrice,
    /// What the platform takes of it.
    pub platform: Share,
    /// How seconds are rounded up.
    pub increment: Increment,
}

/// A rated usage record, ready to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The meter.
    pub meter: Meter,
    /// Billed units: seconds for calls, pieces otherwise.
    pub quantity: i64,
    /// The customer's unit price (per minute or piece).
    pub unit_price: UnitPrice,
    /// What the customer pays.
    pub amount: Cents,
    /// What the platform keeps of it when the wallet pays all.
    pub platform: Cents,
}

impl Charge {
    /// The reseller's commission when `paid` of the amount came from the wallet, by difference and without loss.
    pub fn commission_on(&self, paid: Cents) -> Cents {
        let full = (self.amount - self.platform).max(Cents::ZERO);
        if paid == self.amount || self.amount == Cents::ZERO {
            return full;
        }
        let share = i128::from(full.0) * i128::from(paid.0) / i128::from(self.amount.0);
        Cents(i64::try_from(share).expect("a share is smaller than the whole"))
    }
}

/// Rates one usage record: increments first, then each side rounded once, half up.
///
/// # Errors
/// [`OutOfRange`] when an amount does not fit.
pub fn rate(usage: Usage, rate: &Rate) -> Result<Charge, OutOfRange> {
    let (quantity, per_unit) = match usage {
        Usage::Seconds(seconds) => {
            (i64::try_from(rate.increment.billed_seconds(seconds)).map_err(|_| OutOfRange)?, 60)
        }
        Usage::Pieces(pieces) => (i64::from(pieces), 1),
    };
    let amount = rate.customer.times_fraction(quantity, per_unit)?;
    let platform = match rate.platform {
        Share::Price(price) => price.times_fraction(quantity, per_unit)?,
        Share::Commission { rate_bps } => amount - amount.share(rate_bps),
        Share::Everything => amount,
    };
    Ok(Charge { meter: rate.meter, quantity, unit_price: rate.customer, amount, platform })
}

/// One version of a price, as a price list holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Whose list.
    pub seller: TenantId,
    /// Whether it is what the platform takes from resellers' customers.
    pub to_resellers: bool,
    /// The meter.
    pub meter: Meter,
    /// Per unit.
    pub price: UnitPrice,
    /// How seconds are rounded up.
    pub increment: Increment,
    /// From when on.
    pub valid_from: Ts,
}

/// The price lists of some sellers.
#[derive(Clone, Debug, Default)]
pub struct PriceBook(pub Vec<Price>);

impl PriceBook {
    /// The version of `seller` that is valid at `at`.
    pub fn find(&self, seller: TenantId, to_resellers: bool, meter: Meter, at: Ts) -> Option<&Price> {
        let mine = self
            .0
            .iter()
            .filter(|p| p.seller == seller && p.to_resellers == to_resellers && p.meter == meter);
        mine.filter(|p| p.valid_from <= at).max_by_key(|p| p.valid_from)
    }

    /// The rate for a customer: its own price, else its reseller's, else the platform's. `None` when nobody has a price.
    pub fn rate(
        &self,
        customer: TenantId,
        reseller: Option<TenantId>,
        platform: TenantId,
        meter: Meter,
        at: Ts,
    ) -> Option<Rate> {
        let sellers = [Some(customer), reseller, Some(platform)];
        let price = sellers.into_iter().flatten().find_map(|seller| self.find(seller, false, meter, at))?;
        let share = match reseller {
            None => Share::Everything,
            Some(_) => self
                .find(platform, true, meter, at)
                .map_or(DEFAULT_COMMISSION, |price| Share::Price(price.price)),
        };
        Some(Rate { meter, customer: price.price, platform: share, increment: price.increment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn cents(meter: Meter, customer: i64, platform: i64) -> Rate {
        Rate {
            meter,
            customer: UnitPrice::cents(customer),
            platform: Share::Price(UnitPrice::cents(platform)),
            increment: Increment::MINUTES,
        }
    }

    fn split(usage: Usage, r: Rate) -> (i64, i64, i64) {
        let charge = rate(usage, &r).expect("in range");
        (charge.amount.0, charge.platform.0, charge.commission_on(charge.amount).0)
    }

    #[test]
    fn the_published_prices_split_as_published() {
        assert_eq!(split(Usage::Seconds(600), cents(Meter::Call, 40, 30)), (400, 300, 100));
        assert_eq!(split(Usage::Pieces(1), cents(Meter::ApiCall, 15, 10)), (15, 10, 5));
        assert_eq!(split(Usage::Pieces(1), cents(Meter::Appointment, 150, 100)), (150, 100, 50));
        assert_eq!(split(Usage::Pieces(1), cents(Meter::Sms, 8, 5)), (8, 5, 3));
        assert_eq!(split(Usage::Seconds(61), cents(Meter::Call, 42, 42)), (84, 84, 0));
    }

    #[test]
    fn lists_take_precedence_and_change_at_their_date() {
        let id = |n| TenantId(uuid::Uuid::from_u128(n));
        let (customer, reseller, platform) = (id(1), id(2), id(3));
        let price = |seller, to_resellers, cents, from| Price {
            seller,
            to_resellers,
            meter: Meter::Call,
            price: UnitPrice::cents(cents),
            increment: Increment::MINUTES,
            valid_from: Ts(from),
        };
        let book = PriceBook(vec![
            price(platform, false, 42, 0),
            price(platform, true, 30, 10),
            price(reseller, false, 40, 0),
            price(reseller, false, 45, 20),
            price(customer, false, 35, 30),
        ]);
        let rate =
            |reseller, at| book.rate(customer, reseller, platform, Meter::Call, Ts(at)).expect("a price");
        assert_eq!(rate(None, 5).customer, UnitPrice::cents(42));
        assert_eq!(rate(Some(reseller), 19).customer, UnitPrice::cents(40));
        assert_eq!(rate(Some(reseller), 20).customer, UnitPrice::cents(45));
        assert_eq!(rate(Some(reseller), 30).customer, UnitPrice::cents(35));
        assert_eq!(rate(Some(reseller), 9).platform, DEFAULT_COMMISSION);
        assert_eq!(rate(Some(reseller), 10).platform, Share::Price(UnitPrice::cents(30)));
        assert_eq!(book.rate(customer, None, platform, Meter::Sms, Ts(99)), None);
    }

    #[test]
    fn without_a_platform_price_a_quarter_is_commission() {
        let rate = Rate { platform: DEFAULT_COMMISSION, ..cents(Meter::Call, 40, 0) };
        assert_eq!(split(Usage::Seconds(600), rate), (400, 300, 100));
        assert_eq!(split(Usage::Seconds(60), Rate { customer: UnitPrice::cents(1), ..rate }), (1, 1, 0));
    }

    #[test]
    fn increments_round_up_and_silence_is_free() {
        let billed = |first, next, s| Increment { first, next }.billed_seconds(s);
        assert_eq!((billed(60, 60, 0), billed(60, 60, 1), billed(60, 60, 61)), (0, 60, 120));
        assert_eq!((billed(60, 1, 59), billed(60, 1, 61), billed(30, 6, 31)), (60, 61, 36));
        assert_eq!((billed(1, 1, 17), billed(60, 60, u32::MAX)), (17, 4_294_967_340));
    }

    proptest! {
        #[test]
        fn shares_never_exceed_the_charge(seconds: u32, customer in 0i64..2_000_000, discount in 0i64..2_000_000, paid in 0i64..1_000_000) {
            let r = Rate {
                meter: Meter::Call,
                customer: UnitPrice(customer),
                platform: Share::Price(UnitPrice(customer.min(discount))),
                increment: Increment { first: 30, next: 6 },
            };
            let charge = rate(Usage::Seconds(seconds), &r).unwrap();
            let commission = charge.commission_on(Cents(paid.min(charge.amount.0)));
            prop_assert!(commission.0 >= 0 && commission <= charge.amount);
            prop_assert_eq!(charge.commission_on(charge.amount) + charge.platform, charge.amount);
        }
    }
}
