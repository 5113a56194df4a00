//! Reservations for usage that is going on: what a wallet is good for, how long a hold stands, and what may become of it.
//!
//! A hold is opened before a call and settled after it. What it reserves is the price of everything it allows, so calls that run at
//! the same time cannot spend the same money; and as a price may depend on what was used before ([`MeterState`]), holds on one meter are
//! reckoned one after the other, as if each used all that it may.

use crate::domain::clock::Ts;
use crate::domain::id::{HoldId, TenantId, TransferId};
use crate::domain::money::{Cents, OutOfRange};
use crate::domain::party::text_enum;
use crate::domain::pricing::{self, Meter, MeterState, Rate, Settlement, Unit, Usage};
use crate::domain::usage::MOST_PIECES;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long a hold stands after the time it has reserved: the gateway's report may be late.
pub const GRACE: Duration = Duration::from_secs(300);
/// How long a hold stands at most, however often it is extended.
pub const LONGEST: Duration = Duration::from_secs(86_400);
/// Seconds that are reserved when nobody says how many: an hour.
const USUAL_SECONDS: i64 = 3_600;

/// What became of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It reserves money.
    Active,
    /// The usage was reported and charged.
    Captured,
    /// The usage did not take place.
    Released,
    /// Nobody said anything in time; nothing is reserved any more.
    Expired,
}

text_enum!(Status {
    Active = "active",
    Captured = "captured",
    Released = "released",
    Expired = "expired",
});

impl Status {
    /// Whether it may be extended: one that has expired is authorised anew.
    pub const fn may_be_extended(self) -> bool {
        matches!(self, Status::Active | Status::Expired)
    }
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose money it reserves.
    pub customer: TenantId,
    /// The customer's reseller.
    pub reseller: Option<TenantId>,
    /// The sender's id; unique per customer, and the same as that of the usage event it becomes.
    pub key: String,
    /// What is going to be used.
    pub meter: Meter,
    /// How that is counted.
    pub unit: Unit,
    /// Where it stands.
    pub status: Status,
    /// Seconds or pieces that are paid for, counted from the start.
    pub units: i64,
    /// What it reserves of the customer's balance; of a hold that is over, what it reserved.
    pub held: Cents,
    /// The same for the wallet of a reseller who prepays.
    pub wholesale: Cents,
    /// The charge it became.
    pub transfer: Option<TransferId>,
    /// When it was opened; its usage is rated by the prices of then.
    pub started_at: Ts,
    /// Until when it stands if nobody says anything.
    pub expires_at: Ts,
    /// When it was over.
    pub closed_at: Option<Ts>,
}

impl Hold {
    /// What it reserves now.
    pub fn reserved(&self) -> Reserved {
        let active = self.status == Status::Active;
        let now = |amount: Cents| if active { amount } else { Cents::ZERO };
        Reserved { units: self.units, held: now(self.held), wholesale: now(self.wholesale) }
    }

    /// After this it can no longer be extended.
    pub fn ends_at(&self) -> Ts {
        self.started_at.plus(LONGEST)
    }
}

/// What makes two requests with the same id the same request.
pub fn content(meter: &str, asked: Option<i64>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([u8::from(asked.is_some())]);
    hash.update(asked.unwrap_or(0).to_be_bytes());
    hash.update(meter);
    hash.finalize().into()
}

/// Units that are reserved when nobody says how many.
pub const fn usual(unit: Unit) -> i64 {
    match unit {
        Unit::Second => USUAL_SECONDS,
        Unit::Piece => 1,
    }
}

/// Units of one hold at most.
pub const fn most(unit: Unit) -> i64 {
    match unit {
        Unit::Second => LONGEST.as_secs() as i64,
        Unit::Piece => MOST_PIECES,
    }
}

/// Until when a hold stands that was opened at `started_at` and is granted `units` at `now`: until the reserved time is over, with some
/// grace. Pieces take no time.
pub fn expires_at(unit: Unit, started_at: Ts, units: i64, now: Ts) -> Ts {
    let reserved_until = match unit {
        Unit::Second => started_at.plus(Duration::from_secs(u64::try_from(units).unwrap_or(0))).max(now),
        Unit::Piece => now,
    };
    reserved_until.plus(GRACE).min(started_at.plus(LONGEST))
}

/// What may be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Of the customer.
    pub customer: Cents,
    /// Of the customer's reseller, where that prepays.
    pub reseller: Option<Cents>,
}

/// What a number of units reserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// Seconds or pieces.
    pub units: i64,
    /// Of the customer's balance.
    pub held: Cents,
    /// Of the wallet of a reseller who prepays.
    pub wholesale: Cents,
}

/// Reckons what `units` reserve from `state` on, and where the meter is when all of them are used.
///
/// # Errors
/// [`OutOfRange`] when an amount does not fit.
pub fn reserve(rate: &Rate, state: MeterState, units: i64) -> Result<(Reserved, MeterState), OutOfRange> {
    let count = u32::try_from(units).map_err(|_| OutOfRange)?;
    let (charge, after) = pricing::rate(Usage::of(rate.customer.unit, count), rate, state)?;
    let wholesale = match rate.settlement {
        Settlement::Resale => charge.platform,
        Settlement::Commission => Cents::ZERO,
    };
    Ok((Reserved { units, held: charge.amount, wholesale }, after))
}

/// As many of the `asked` units as the purse pays for; `None` when it does not even pay for the first increment. What costs nothing is
/// allowed whatever the balance.
pub fn authorise(rate: &Rate, state: MeterState, purse: Purse, asked: i64) -> Option<Reserved> {
    let asked = asked.min(most(rate.customer.unit));
    let mut units = pricing::affordable(rate, state, purse.customer.max(Cents::ZERO), asked);
    if let (Settlement::Resale, Some(reseller)) = (rate.settlement, purse.reseller) {
        units = units.min(pricing::affordable_wholesale(rate, state, reseller.max(Cents::ZERO), asked));
    }
    let (reserved, _) = reserve(rate, state, units).ok().filter(|_| units > 0)?;
    Some(reserved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{PriceId, PriceListId};
    use crate::domain::money::UnitPrice;
    use crate::domain::pricing::{Increment, Model, Price, Share, Tier};
    use proptest::prelude::*;

    fn price(unit: Unit, model: Model, included: i64, increment: Increment) -> Price {
        let id = uuid::Uuid::nil();
        let meter = if unit == Unit::Second { Meter::CALL } else { Meter::SMS };
        Price {
            id: PriceId(id),
            list: PriceListId(id),
            meter,
            unit,
            model: Some(model),
            included,
            increment,
            below_platform: false,
            valid_from: Ts(0),
        }
    }

    fn rate(customer: Price, platform: UnitPrice, settlement: Settlement) -> Rate {
        let model = Model::Flat(platform);
        let platform = Share::Price(price(customer.unit, model, 0, customer.increment));
        Rate { customer, platform, settlement, terms: None, below_platform: false }
    }

    /// Calls at 0,40 € a minute in whole minutes, 0,30 € for the platform.
    fn calls(settlement: Settlement) -> Rate {
        let model = Model::Flat(UnitPrice::cents(40));
        rate(price(Unit::Second, model, 0, Increment::MINUTES), UnitPrice::cents(30), settlement)
    }

    fn customer(cents: i64) -> Purse {
        Purse { customer: Cents(cents), reseller: None }
    }

    fn granted(rate: &Rate, purse: Purse, asked: i64) -> Option<(i64, i64)> {
        authorise(rate, MeterState::default(), purse, asked).map(|granted| (granted.units, granted.held.0))
    }

    #[test]
    fn what_is_asked_for_is_granted_as_far_as_it_is_paid_for() {
        let rate = calls(Settlement::Commission);
        assert_eq!(granted(&rate, customer(2_400), 3_600), Some((3_600, 2_400)));
        assert_eq!(granted(&rate, customer(2_399), 3_600), Some((3_540, 2_360)));
        assert_eq!(granted(&rate, customer(40), 3_600), Some((60, 40)));
        assert_eq!(granted(&rate, customer(40), 20), Some((20, 40)), "the first increment is paid whole");
        assert_eq!(granted(&rate, customer(39), 3_600), None);
        assert_eq!(granted(&rate, customer(-500), 3_600), None);
        assert_eq!(granted(&rate, customer(1_000_000), 1_000_000), Some((86_400, 57_600)), "a day at most");
    }

    #[test]
    fn what_is_free_reserves_nothing_and_needs_no_balance() {
        let free = price(Unit::Second, Model::Flat(UnitPrice(0)), 0, Increment::MINUTES);
        let free = rate(free, UnitPrice(0), Settlement::Commission);
        assert_eq!(granted(&free, customer(-500), 3_600), Some((3_600, 0)));
        let included = price(Unit::Second, Model::Flat(UnitPrice::cents(40)), 600, Increment::MINUTES);
        let included = rate(included, UnitPrice(0), Settlement::Commission);
        assert_eq!(granted(&included, customer(0), 3_600), Some((600, 0)));
        assert_eq!(granted(&included, customer(40), 3_600), Some((660, 40)));
    }

    #[test]
    fn where_the_reseller_prepays_both_wallets_must_cover() {
        let rate = calls(Settlement::Resale);
        let of = |cents, reseller| Purse { reseller: Some(Cents(reseller)), ..customer(cents) };
        let both = |purse| authorise(&rate, MeterState::default(), purse, 3_600);
        let full = Reserved { units: 3_600, held: Cents(2_400), wholesale: Cents(1_800) };
        assert_eq!(both(of(2_400, 1_800)), Some(full));
        let less = Reserved { units: 120, held: Cents(80), wholesale: Cents(60) };
        assert_eq!(both(of(2_400, 89)), Some(less));
        assert_eq!((both(of(2_400, 29)), both(of(39, 1_800))), (None, None));
    }

    #[test]
    fn a_hold_stands_as_long_as_it_has_reserved_and_a_day_at_most() {
        let at = Ts::from_seconds;
        assert_eq!(expires_at(Unit::Second, at(0), 3_600, at(0)), at(3_900));
        assert_eq!(expires_at(Unit::Second, at(0), 60, at(600)), at(900), "granted late");
        assert_eq!(expires_at(Unit::Second, at(0), 86_400, at(0)), at(86_400));
        assert_eq!(expires_at(Unit::Piece, at(0), 500, at(0)), at(300));
    }

    #[test]
    fn a_request_is_the_same_only_with_the_same_content() {
        let hash = content("call", Some(60));
        assert_eq!(hash, content("call", Some(60)));
        for other in [content("call", None), content("call", Some(61)), content("sms", Some(60))] {
            assert_ne!(hash, other);
        }
    }

    fn models() -> impl Strategy<Value = Model> {
        let price = || (0..2_000_000i64).prop_map(UnitPrice);
        let tiers = prop::collection::btree_map(1..20_000i64, price(), 0..4);
        prop_oneof![
            price().prop_map(Model::Flat),
            (0..20_000i64).prop_map(|micros| Model::Flat(UnitPrice(micros))),
            (1..5_000i64, price()).prop_map(|(units, price)| Model::Package { units, price }),
            (price(), tiers).prop_map(|(first, rest)| {
                let first = Tier { above: 0, price: first };
                let rest = rest.into_iter().map(|(above, price)| Tier { above, price });
                Model::Graduated([first].into_iter().chain(rest).collect())
            }),
        ]
    }

    prop_compose! {
        fn rates()(
            model in models(), included in prop_oneof![Just(0), 0..5_000i64], first in 1..90u32, next in 1..90u32,
            seconds: bool, resale: bool, platform in 0..1_000_000i64,
        ) -> Rate {
            let unit = if seconds { Unit::Second } else { Unit::Piece };
            let settlement = if resale { Settlement::Resale } else { Settlement::Commission };
            rate(price(unit, model, included, Increment { first, next }), UnitPrice(platform), settlement)
        }
    }

    fn cost(rate: &Rate, state: MeterState, units: i64) -> (Reserved, MeterState) {
        reserve(rate, state, units).expect("small amounts fit")
    }

    proptest! {
        #[test]
        fn a_grant_is_covered_and_one_unit_more_is_not(
            rate in rates(), used in 0..30_000i64, wallet in -500..20_000i64, reseller in -500..20_000i64,
            asked in 1..20_000i64, part in 0..=100i64,
        ) {
            let state = MeterState { used, ..MeterState::default() };
            let purse = Purse { customer: Cents(wallet), reseller: Some(Cents(reseller)) };
            let covered = |reserved: Reserved| {
                reserved.held <= purse.customer.max(Cents::ZERO)
                    && reserved.wholesale <= Cents(reseller).max(Cents::ZERO)
            };
            let Some(granted) = authorise(&rate, state, purse, asked) else {
                prop_assert!(!covered(cost(&rate, state, 1).0), "one unit is paid for");
                return Ok(());
            };
            prop_assert!((1..=asked).contains(&granted.units) && covered(granted));
            prop_assert!(granted.units == asked || !covered(cost(&rate, state, granted.units + 1).0));
            // Whatever is used of it costs no more than is reserved.
            let (used, _) = cost(&rate, state, granted.units * part / 100);
            prop_assert!(used.held <= granted.held && used.wholesale <= granted.wholesale);
        }

        #[test]
        fn two_at_a_time_are_covered_in_whichever_order_they_end(
            rate in rates(), used in 0..30_000i64, first in 1..20_000i64, second in 1..20_000i64, parts in (0..=100i64, 0..=100i64),
            swapped: bool,
        ) {
            let state = MeterState { used, ..MeterState::default() };
            let (one, after) = cost(&rate, state, first);
            let (two, _) = cost(&rate, after, second);
            let mut ends = [first * parts.0 / 100, second * parts.1 / 100];
            if swapped {
                ends.reverse();
            }
            let (earlier, between) = cost(&rate, state, ends[0]);
            let (later, _) = cost(&rate, between, ends[1]);
            // Each record is rounded for itself, so each may be half a cent off either way.
            let slack = Cents(2);
            prop_assert!(earlier.held + later.held <= one.held + two.held + slack);
        }
    }
}
