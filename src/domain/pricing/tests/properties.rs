//! What holds for any price, usage and state.

use super::*;
use crate::domain::money::Exact;
use proptest::prelude::*;

/// Prices from parts of a cent to two euros.
fn any_unit_price() -> impl Strategy<Value = UnitPrice> {
    prop_oneof![0i64..10_000, 10_000i64..2_000_000].prop_map(UnitPrice)
}

fn any_model() -> impl Strategy<Value = Model> {
    let tiers = prop::collection::vec((1i64..5_000, any_unit_price()), 0..4);
    prop_oneof![
        any_unit_price().prop_map(Model::Flat),
        (any_unit_price(), tiers).prop_map(|(first, further)| {
            let mut tiers = vec![Tier { above: 0, price: first }];
            for (step, price) in further {
                let above = tiers.last().map_or(0, |tier| tier.above) + step;
                tiers.push(Tier { above, price });
            }
            Model::Graduated(tiers)
        }),
        (1i64..5_000, any_unit_price()).prop_map(|(units, price)| Model::Package { units, price }),
    ]
}

fn any_increment() -> impl Strategy<Value = Increment> {
    prop_oneof![Just((60, 60)), Just((60, 1)), Just((30, 6)), Just((1, 1)), (1u32..400, 1u32..400)]
        .prop_map(|(first, next)| Increment { first, next })
}

fn any_price(unit: Unit) -> impl Strategy<Value = Price> {
    (any_model(), prop_oneof![Just(0i64), 0i64..3_000], any_increment()).prop_map(
        move |(model, included, increment)| Price { included, increment, ..price(Meter::CALL, unit, model) },
    )
}

fn any_rate() -> impl Strategy<Value = Rate> {
    let unit = prop_oneof![Just(Unit::Second), Just(Unit::Piece)];
    unit.prop_flat_map(|unit| {
        let share = prop_oneof![
            4 => any_price(unit).prop_map(Share::Price),
            1 => (0i64..=10_000).prop_map(|rate_bps| Share::Commission { rate_bps }),
            1 => Just(Share::Everything),
        ];
        (any_price(unit), share, any::<bool>(), any::<bool>()).prop_map(
            |(customer, platform, below, resale)| {
                let settlement = if resale { Settlement::Resale } else { Settlement::Commission };
                Rate { customer, platform, settlement, terms: None, below_platform: below }
            },
        )
    })
}

fn any_state() -> impl Strategy<Value = MeterState> {
    (0i64..20_000, -300_000i64..300_000, -300_000i64..900_000)
        .prop_map(|(used, customer, platform)| MeterState { used, carry: Carry { customer, platform } })
}

fn usages(rate: &Rate, counts: &[u32]) -> Vec<Usage> {
    counts.iter().map(|count| Usage::of(rate.customer.unit, *count)).collect()
}

proptest! {
    #[test]
    fn amount_is_platform_and_commission(rate in any_rate(), count in 0u32..20_000, state in any_state(), paid in 0i64..1_000_000) {
        let usage = Usage::of(rate.customer.unit, count);
        let (charge, after) = super::super::rate(usage, &rate, state).expect("in range");
        prop_assert!(charge.amount >= Cents::ZERO);
        prop_assert_eq!(after.used, state.used + charge.quantity);
        if rate.settlement == Settlement::Commission {
            let commission = charge.commission_on(charge.amount);
            prop_assert_eq!(charge.platform + commission, charge.amount);
            prop_assert!(charge.below_platform || commission >= Cents::ZERO);
            let part = charge.commission_on(Cents(paid.min(charge.amount.0)));
            prop_assert!(part.abs() <= commission.abs());
        }
        if count == 0 {
            prop_assert_eq!((charge.amount, charge.quantity, after.carry.customer), (Cents::ZERO, 0, state.carry.customer));
        }
    }

    #[test]
    fn the_basis_gives_the_same_charge_again(rate in any_rate(), counts in prop::collection::vec(0u32..4_000, 1..8)) {
        let usages = usages(&rate, &counts);
        for (usage, charge) in usages.iter().zip(in_turn(&rate, &usages)) {
            prop_assert_eq!(charge.basis.is_some(), rate.is_stateful());
            let basis = charge.basis.unwrap_or_default();
            prop_assert_eq!(super::super::rate(*usage, &rate, basis).expect("in range").0, charge);
            let told = explain(*usage, &rate, basis).expect("in range");
            prop_assert_eq!((told.customer.amount, told.platform_amount), (charge.amount, charge.platform));
            prop_assert_eq!(told.commission, charge.amount - charge.platform);
            let values = told.customer.steps.iter().map(|step| match step {
                Step::Included { .. } => 0,
                Step::Units { value, .. } | Step::Packages { value, .. } => value.0,
            });
            prop_assert_eq!(values.sum::<i128>(), told.customer.exact.0);
            let quantities = told.customer.steps.iter().map(|step| match step {
                Step::Included { quantity } | Step::Units { quantity, .. } | Step::Packages { quantity, .. } => *quantity,
            });
            prop_assert_eq!(quantities.sum::<i64>(), charge.quantity);
        }
    }

    #[test]
    fn a_stateless_rate_does_not_look_at_the_state(
        customer in 10_000i64..2_000_000, platform in 10_000i64..2_000_000, own in any_increment(), theirs in any_increment(),
        count in 0u32..20_000, state in any_state(),
    ) {
        let flat = |micros, increment| Price { increment, ..price(Meter::CALL, Unit::Second, Model::Flat(UnitPrice(micros))) };
        let rate = between(flat(customer, own), flat(platform, theirs));
        prop_assert!(!rate.is_stateful());
        let usage = Usage::Seconds(count);
        let charge = |state| super::super::rate(usage, &rate, state).expect("in range").0;
        prop_assert_eq!(charge(state), charge(MeterState::default()));
    }

    /// However a month's pieces are split into records, together they cost what they cost in one.
    #[test]
    fn with_a_carry_no_split_gains_or_loses_more_than_half_a_cent(
        micros in 1i64..10_000, included in 0i64..300, counts in prop::collection::vec(0u32..500, 1..60),
    ) {
        let rate = between(Price { included, ..pieces(micros) }, Price { included, ..pieces(micros * 2 / 3) });
        let charges = in_turn(&rate, &usages(&rate, &counts));
        let total: i64 = counts.iter().map(|count| i64::from(*count)).sum();
        let paid = (total - included).max(0);
        let exact = |micros: i64| i128::from(micros) * i128::from(paid) * 60;
        let off = |micros, cents: i128| exact(micros) - cents * Exact::CENT.0;
        let customer = off(micros, sum(charges.iter().map(|charge| charge.amount)));
        prop_assert!((-300_000..300_000).contains(&customer), "{customer}");
        let platform = off(micros * 2 / 3, sum(charges.iter().map(|charge| charge.platform)));
        prop_assert!((-300_000..900_000).contains(&platform), "{platform}");
    }

    /// Seconds at a price per minute below a cent, with an increment of one second.
    #[test]
    fn seconds_below_a_cent_add_up(micros in 1i64..10_000, counts in prop::collection::vec(0u32..4_000, 1..60)) {
        let customer = Price {
            increment: Increment::SINGLE,
            ..price(Meter::CALL, Unit::Second, Model::Flat(UnitPrice(micros)))
        };
        let rate = Rate { platform: Share::Everything, ..between(customer, calls(0)) };
        let charges = in_turn(&rate, &usages(&rate, &counts));
        let seconds: i128 = counts.iter().map(|count| i128::from(*count)).sum();
        let off = i128::from(micros) * seconds - sum(charges.iter().map(|charge| charge.amount)) * Exact::CENT.0;
        prop_assert!((-300_000..300_000).contains(&off), "{off}");
    }

    /// Platform prices below a cent under prices that are not: the reseller's commission never turns negative by rounding, and what
    /// the platform holds back stays bounded.
    #[test]
    fn sides_that_round_at_different_records_never_make_commission_negative(
        customer in 1i64..30_000, part in 0i64..=100, counts in prop::collection::vec(0u32..100, 1..200),
    ) {
        let rate = between(pieces(customer), pieces(customer * part / 100));
        let charges = in_turn(&rate, &usages(&rate, &counts));
        prop_assert!(charges.iter().all(|charge| charge.commission_on(charge.amount) >= Cents::ZERO));
        let held = charges.iter().filter_map(|charge| charge.basis).map(|basis| basis.carry.platform);
        prop_assert!(held.into_iter().all(|carry| (-300_000..=900_000).contains(&carry)));
    }

    /// Whole cents per piece: any split costs the same, with tiers, packages and included units alike.
    #[test]
    fn a_month_costs_the_same_however_it_is_split(
        first in 0i64..100, second in 0i64..100, border in 1i64..500, size in 1i64..200, included in 0i64..100,
        counts in prop::collection::vec(0u32..200, 1..20), packaged: bool,
    ) {
        let tier = |above, cents| Tier { above, price: UnitPrice::cents(cents) };
        let tiers = Model::Graduated(vec![tier(0, first), tier(border, second)]);
        let package = Model::Package { units: size, price: UnitPrice::cents(first) };
        let model = if packaged { package } else { tiers };
        let customer = Price { included, ..price(Meter::SMS, Unit::Piece, model) };
        let rate = Rate { platform: Share::Everything, ..between(customer, pieces(0)) };
        let total: u32 = counts.iter().sum();
        let whole = in_turn(&rate, &[Usage::Pieces(total)])[0].amount;
        prop_assert_eq!(in_turn(&rate, &usages(&rate, &counts)).iter().map(|c| c.amount).sum::<Cents>(), whole);
    }

    #[test]
    fn affordable_is_the_most(rate in any_rate(), state in any_state(), budget in -100i64..200_000, cap in 0i64..200_000) {
        let cost = |count: i64| {
            let usage = Usage::of(rate.customer.unit, u32::try_from(count).expect("small"));
            super::super::rate(usage, &rate, state).expect("in range").0
        };
        let most = affordable(&rate, state, Cents(budget), cap);
        prop_assert!((0..=cap).contains(&most));
        prop_assert!(most == 0 || cost(most).amount <= Cents(budget));
        prop_assert!(most == cap || cost(most + 1).amount > Cents(budget));
        let wholesale = affordable_wholesale(&rate, state, Cents(budget), cap);
        prop_assert!(wholesale == 0 || cost(wholesale).platform <= Cents(budget));
        prop_assert!(wholesale == cap || cost(wholesale + 1).platform > Cents(budget));
    }

    #[test]
    fn nothing_panics(
        rate in any_rate(), count: u32, price: i64, other: i64, used: i64, customer: i64, platform: i64, budget: i64, cap: i64,
    ) {
        let state = MeterState { used, carry: Carry { customer, platform } };
        let extreme = Rate {
            customer: Price { model: Some(Model::Flat(UnitPrice(price))), included: other, ..rate.customer.clone() },
            ..rate.clone()
        };
        let packaged = Rate {
            customer: Price { model: Some(Model::Package { units: other, price: UnitPrice(price) }), ..rate.customer.clone() },
            ..rate.clone()
        };
        let tier = Tier { above: other, price: UnitPrice(price) };
        let tiered = Rate {
            customer: Price { model: Some(Model::Graduated(vec![tier, tier])), ..rate.customer.clone() },
            ..rate.clone()
        };
        for rate in [rate, extreme, packaged, tiered] {
            let usage = Usage::of(rate.customer.unit, count);
            let _ = super::super::rate(usage, &rate, state).map(|(charge, _)| charge.commission_on(charge.amount));
            let _ = explain(usage, &rate, state);
            let _ = affordable(&rate, state, Cents(budget), cap);
        }
    }
}
