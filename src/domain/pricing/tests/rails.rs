//! What a reseller's price may be beside the platform's.

use super::*;
use proptest::prelude::*;

const TEN_TO_HUNDRED: Rails = Rails::STANDARD;

fn markup(min: i64, max: i64) -> Breach {
    Breach::Markup { min: UnitPrice(min), max: UnitPrice(max) }
}

#[test]
fn a_flat_price_keeps_between_the_markups() {
    let check = |cents| TEN_TO_HUNDRED.check(&calls(cents), &calls(30));
    assert_eq!((check(33), check(40), check(60)), (Ok(()), Ok(()), Ok(())));
    assert_eq!(check(32), Err(markup(330_000, 600_000)));
    assert_eq!(check(61), Err(markup(330_000, 600_000)));
    assert_eq!(check(29), Err(Breach::BelowPlatform { platform: UnitPrice::cents(30) }));
    let allowed = Rails { below_platform: true, ..TEN_TO_HUNDRED };
    assert_eq!(allowed.check(&calls(5), &calls(30)), Ok(()));
    assert_eq!(allowed.check(&calls(61), &calls(30)), Err(markup(0, 600_000)));
    assert_eq!(TEN_TO_HUNDRED.check(&Price { model: None, ..calls(1) }, &calls(30)), Ok(()));
    assert_eq!(TEN_TO_HUNDRED.check(&calls(5), &calls(0)), Ok(()));
}

#[test]
fn increments_and_included_units_must_not_undercut_the_platform() {
    let with = |first, next, price: Price| Price { increment: Increment { first, next }, ..price };
    let coarse = with(60, 60, calls(30));
    let fine = Err(Breach::Increment { platform: Increment::MINUTES });
    assert_eq!(TEN_TO_HUNDRED.check(&with(60, 1, calls(40)), &coarse), fine);
    assert_eq!(TEN_TO_HUNDRED.check(&with(60, 60, calls(40)), &with(30, 6, calls(30))), Ok(()));
    let giving = Price { included: 100, ..calls(40) };
    let theirs = Price { included: 50, ..calls(30) };
    assert_eq!(TEN_TO_HUNDRED.check(&giving, &theirs), Err(Breach::Included { platform: 50 }));
    assert_eq!(TEN_TO_HUNDRED.check(&Price { included: 50, ..giving }, &theirs), Ok(()));
}

#[test]
fn every_tier_and_package_is_compared() {
    let tier = |above, cents| Tier { above, price: UnitPrice::cents(cents) };
    let tiered = |tiers| price(Meter::CALL, Unit::Second, Model::Graduated(tiers));
    let platform = tiered(vec![tier(0, 30), tier(6_000, 20)]);
    assert_eq!(TEN_TO_HUNDRED.check(&calls(40), &platform), Ok(()));
    assert_eq!(TEN_TO_HUNDRED.check(&calls(45), &platform), Err(markup(220_000, 400_000)));
    let own = tiered(vec![tier(0, 40), tier(3_000, 25)]);
    assert_eq!(
        TEN_TO_HUNDRED.check(&own, &platform),
        Err(Breach::BelowPlatform { platform: UnitPrice::cents(30) })
    );
    // 50 minutes for 20 € are 40 ct each.
    let package = |cents| {
        price(Meter::CALL, Unit::Second, Model::Package { units: 3_000, price: UnitPrice::cents(cents) })
    };
    assert_eq!(TEN_TO_HUNDRED.check(&package(2_000), &calls(30)), Ok(()));
    assert_eq!(TEN_TO_HUNDRED.check(&package(3_001), &calls(30)), Err(markup(330_000, 600_000)));
    assert_eq!(TEN_TO_HUNDRED.check(&package(2_000), &package(1_500)), Ok(()));
}

proptest! {
    /// Within the rails no record costs the reseller money.
    #[test]
    fn within_the_rails_nobody_sells_at_a_loss(
        platform in 10i64..200, percent in 10i64..=90, coarse in 0usize..4, finer: bool, counts in prop::collection::vec(0u32..4_000, 1..20),
    ) {
        let presets = [(60, 60), (60, 1), (30, 6), (1, 1)].map(|(first, next)| Increment { first, next });
        // Whole minutes cover every preset, and every preset covers single seconds.
        let (own, theirs) = if finer { (presets[coarse], Increment::SINGLE) } else { (Increment::MINUTES, presets[coarse]) };
        let cents = (platform * (100 + percent) + 99) / 100;
        let (own, theirs) = (Price { increment: own, ..calls(cents) }, Price { increment: theirs, ..calls(platform) });
        prop_assert_eq!(TEN_TO_HUNDRED.check(&own, &theirs), Ok(()));
        let seconds: Vec<Usage> = counts.iter().map(|count| Usage::Seconds(*count)).collect();
        for charge in in_turn(&Rate { below_platform: true, ..between(own, theirs) }, &seconds) {
            prop_assert!(charge.commission_on(charge.amount) >= Cents::ZERO);
        }
    }
}
