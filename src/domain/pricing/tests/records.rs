//! Single records and months, worked out by hand.

use super::*;
use crate::domain::money::{Exact, OutOfRange};

#[test]
fn the_published_prices_split_as_published() {
    let flat = |meter, cents| price(meter, Unit::Piece, Model::Flat(UnitPrice::cents(cents)));
    let of = |meter, customer, platform| between(flat(meter, customer), flat(meter, platform));
    assert_eq!(split(Usage::Seconds(600), &between(calls(40), calls(30))), (400, 300, 100));
    assert_eq!(split(Usage::Pieces(1), &of(Meter::API_CALL, 15, 10)), (15, 10, 5));
    assert_eq!(split(Usage::Pieces(1), &of(Meter::APPOINTMENT, 150, 100)), (150, 100, 50));
    assert_eq!(split(Usage::Pieces(1), &of(Meter::SMS, 8, 5)), (8, 5, 3));
    let direct = Rate { platform: Share::Everything, ..between(calls(42), calls(1)) };
    assert_eq!(split(Usage::Seconds(600), &direct), (420, 420, 0));
    assert_eq!(split(Usage::Seconds(61), &direct), (84, 84, 0));
}

#[test]
fn increments_decide_what_is_billed_on_each_side() {
    let with = |first, next| Price { increment: Increment { first, next }, ..calls(40) };
    for (first, next, seconds, cents) in [
        (60, 60, 1, 40),
        (60, 60, 61, 80),
        (60, 1, 61, 41),
        (60, 1, 90, 60),
        (30, 6, 31, 24),
        (30, 6, 37, 28),
        (1, 1, 30, 20),
        (1, 1, 1, 1),
        (60, 60, 0, 0),
        (1, 1, 0, 0),
    ] {
        let rate = between(with(first, next), calls(0));
        assert_eq!(split(Usage::Seconds(seconds), &rate).0, cents, "{first}/{next} {seconds}");
    }
    let charge = in_turn(&between(with(60, 1), calls(30)), &[Usage::Seconds(600)])[0];
    assert_eq!((charge.used, charge.quantity, parts(&charge)), (600, 600, (400, 300, 100)));
    let coarser = between(Price { increment: Increment::MINUTES, ..calls(40) }, Price { ..with(1, 1) });
    assert_eq!(split(Usage::Seconds(61), &coarser), (80, 41, 39));
}

#[test]
fn a_record_that_crosses_a_tier_is_split() {
    let tier = |above, cents| Tier { above, price: UnitPrice::cents(cents) };
    // 40 ct for the first 100 minutes, 30 ct up to 200, then 20 ct.
    let tiers = Model::Graduated(vec![tier(0, 40), tier(6_000, 30), tier(12_000, 20)]);
    let rate = between(price(Meter::CALL, Unit::Second, tiers), calls(10));
    let minutes = |minutes: u32| Usage::Seconds(minutes * 60);
    let charges = in_turn(&rate, &[minutes(99), minutes(2), minutes(100), minutes(1)]);
    let found: Vec<_> = charges.iter().map(|charge| (charge.amount.0, charge.unit_price)).collect();
    let cents = UnitPrice::cents;
    let expected = [(3_960, cents(40)), (70, cents(40)), (2_990, cents(30)), (20, cents(20))];
    assert_eq!(found, expected);
    assert_eq!(charges[1].basis.map(|basis| basis.used), Some(5_940));
    assert_eq!(split(minutes(300), &rate).0, 4_000 + 3_000 + 2_000);
    let told = explain(minutes(102), &rate, MeterState { used: 5_940, carry: Carry::default() });
    let steps: Vec<_> = told.expect("in range").customer.steps;
    assert_eq!(steps.len(), 3);
    assert!(matches!(steps[0], Step::Units { above: 0, quantity: 60, value: Exact(24_000_000), .. }));
    assert!(matches!(steps[1], Step::Units { above: 6_000, quantity: 6_000, .. }));
    assert!(matches!(steps[2], Step::Units { above: 12_000, quantity: 60, value: Exact(12_000_000), .. }));
}

#[test]
fn included_units_come_before_tiers_and_packages() {
    let sms = Price { included: 10, ..pieces(80_000) };
    let rate = Rate { platform: Share::Everything, ..between(sms, pieces(0)) };
    assert_eq!(amounts(&rate, &[Usage::Pieces(4), Usage::Pieces(8), Usage::Pieces(1)]), [0, 16, 8]);
    let tiers =
        vec![Tier { above: 0, price: UnitPrice::cents(8) }, Tier { above: 5, price: UnitPrice::cents(6) }];
    let tiered = Price { model: Some(Model::Graduated(tiers)), ..rate.customer.clone() };
    let rate = Rate { customer: tiered, ..rate };
    assert_eq!(amounts(&rate, &[Usage::Pieces(16)]), [5 * 8 + 6]);
    let told = explain(Usage::Pieces(16), &rate, MeterState::default()).expect("in range");
    assert_eq!(told.customer.steps[0], Step::Included { quantity: 10 });
    assert_eq!((told.customer.steps.len(), told.customer.increment), (3, None));
}

#[test]
fn a_started_package_is_paid_whole_and_serves_the_rest_of_the_month() {
    let package = Model::Package { units: 100, price: UnitPrice::cents(500) };
    let rate = between(price(Meter::SMS, Unit::Piece, package), pieces(40_000));
    let usages = [Usage::Pieces(1), Usage::Pieces(99), Usage::Pieces(1), Usage::Pieces(250)];
    let charges = in_turn(&rate, &usages);
    assert_eq!(charges.iter().map(|charge| charge.amount.0).collect::<Vec<_>>(), [500, 0, 500, 1_000]);
    // The reseller is paid with the package and owes the platform for what its customer makes of it.
    let commission: Vec<_> = charges.iter().map(|charge| parts(charge).2).collect();
    assert_eq!(commission, [496, -396, 496, 0]);
    assert_eq!(charges[0].unit_price, UnitPrice::cents(5));
    let told = explain(Usage::Pieces(250), &rate, charges[3].basis.expect("stateful")).expect("in range");
    assert!(matches!(told.customer.steps[..], [Step::Packages { started: 2, quantity: 250, .. }]));
    let minutes = Model::Package { units: 6_000, price: UnitPrice::cents(1_000) };
    let rate = between(Price { included: 600, ..price(Meter::CALL, Unit::Second, minutes) }, calls(5));
    assert_eq!(
        amounts(&rate, &[Usage::Seconds(600), Usage::Seconds(1), Usage::Seconds(6_000)]),
        [0, 1_000, 1_000]
    );
}

#[test]
fn parts_of_a_cent_are_carried_to_the_next_record() {
    let rate = Rate { platform: Share::Everything, ..between(pieces(3_000), pieces(0)) };
    let one = [Usage::Pieces(1); 10];
    // 0.3, 0.6 → 1, −0.1, 0.2, 0.5 → 1, …: three cents after ten.
    assert_eq!(amounts(&rate, &one), [0, 1, 0, 0, 1, 0, 0, 0, 1, 0]);
    let whole = Rate { platform: Share::Everything, ..between(pieces(10_000), pieces(0)) };
    assert!(rate.is_stateful() && !whole.is_stateful());
    // A price of a cent and more is rounded with every record and leaves nothing over.
    let fine = Price { increment: Increment::SINGLE, ..calls(40) };
    let rate_fine = Rate { platform: Share::Everything, ..between(fine, pieces(0)) };
    assert_eq!(amounts(&rate_fine, &[Usage::Seconds(2); 3]), [1, 1, 1]);
    let told = explain(Usage::Pieces(1), &rate, MeterState::default()).expect("in range");
    assert_eq!(told.customer.carry, Some((Exact::ZERO, Exact(180_000))));
}

#[test]
fn both_sides_carry_and_the_reseller_never_pays_for_rounding() {
    // 0.8 ct and 0.5 ct: the platform's cent would come due before the customer's; it waits instead.
    let charges = in_turn(&between(pieces(8_000), pieces(5_000)), &[Usage::Pieces(1); 1_000]);
    assert!(charges.iter().all(|charge| parts(charge).2 >= 0));
    let total = |of: fn(&Charge) -> i64| charges.iter().map(of).sum::<i64>();
    assert_eq!(total(|charge| charge.amount.0), 800);
    assert_eq!((total(|charge| charge.platform.0), total(|charge| parts(charge).2)), (500, 300));
}

#[test]
fn a_percentage_is_taken_from_the_charge() {
    let rate = |bps| Rate { platform: Share::Commission { rate_bps: bps }, ..between(calls(40), calls(0)) };
    assert_eq!(split(Usage::Seconds(600), &rate(2_500)), (400, 300, 100));
    assert_eq!(split(Usage::Seconds(60), &rate(3_333)), (40, 27, 13));
    assert_eq!(split(Usage::Seconds(60), &rate(10_000)), (40, 0, 40));
    let cent = Rate { platform: DEFAULT_COMMISSION, ..between(pieces(10_000), pieces(0)) };
    assert_eq!(split(Usage::Pieces(1), &cent), (1, 1, 0));
    assert_eq!(split(Usage::Pieces(2), &cent), (2, 1, 1));
}

#[test]
fn below_the_platforms_price_the_platform_bears_it_unless_that_was_allowed() {
    let rate = between(calls(20), calls(30));
    assert_eq!(split(Usage::Seconds(60), &rate), (20, 20, 0));
    let allowed = Rate { below_platform: true, ..rate.clone() };
    assert_eq!(split(Usage::Seconds(60), &allowed), (20, 30, -10));
    let resale = Rate { settlement: Settlement::Resale, ..rate };
    assert_eq!(in_turn(&resale, &[Usage::Seconds(60)])[0].platform, Cents(30));
}

#[test]
fn commission_follows_what_the_wallet_paid() {
    let charge = in_turn(&between(calls(40), calls(30)), &[Usage::Seconds(600)])[0];
    let on = |paid| charge.commission_on(Cents(paid)).0;
    assert_eq!((on(400), on(200), on(1), on(0)), (100, 50, 0, 0));
}

#[test]
fn affordable_units_end_with_an_increment() {
    let rate = between(calls(40), calls(30));
    let can = |cents, cap| affordable(&rate, MeterState::default(), Cents(cents), cap);
    assert_eq!((can(400, 3_600), can(439, 3_600), can(440, 3_600)), (600, 600, 660));
    assert_eq!((can(39, 3_600), can(-5, 3_600), can(400, 90), can(400, -1)), (0, 0, 90, 0));
    let wholesale = |cents| affordable_wholesale(&rate, MeterState::default(), Cents(cents), 3_600);
    assert_eq!((wholesale(299), wholesale(300)), (540, 600));
    let free = between(calls(0), calls(0));
    assert_eq!(affordable(&free, MeterState::default(), Cents::ZERO, 7_200), 7_200);
    assert_eq!(affordable(&free, MeterState::default(), Cents::ZERO, i64::MAX), i64::from(u32::MAX));
}

#[test]
fn what_no_account_could_hold_is_an_error() {
    let huge = between(pieces(i64::MAX), pieces(0));
    assert_eq!(rate(Usage::Pieces(u32::MAX), &huge, MeterState::default()), Err(OutOfRange));
    let state = MeterState { used: i64::MAX, carry: Carry::default() };
    assert_eq!(rate(Usage::Pieces(1), &between(pieces(1), pieces(1)), state), Err(OutOfRange));
    assert_eq!(
        rate(Usage::Pieces(1), &between(calls(40), calls(30)), MeterState::default()),
        Err(OutOfRange)
    );
    let broken = Model::Package { units: 0, price: UnitPrice(1) };
    let rate_of = |model| {
        rate(
            Usage::Pieces(1),
            &between(price(Meter::SMS, Unit::Piece, model), pieces(0)),
            MeterState::default(),
        )
    };
    assert_eq!(rate_of(broken), Err(OutOfRange));
}

#[test]
fn models_are_checked_before_they_are_kept() {
    let tier = |above, cents| Tier { above, price: UnitPrice::cents(cents) };
    let package = |units, micros| Model::Package { units, price: UnitPrice(micros) };
    for (model, expected) in [
        (Model::Flat(UnitPrice(0)), Ok(())),
        (Model::Flat(MAX_UNIT_PRICE), Ok(())),
        (Model::Flat(UnitPrice(-1)), Err(ModelError::Price)),
        (Model::Flat(UnitPrice(MAX_UNIT_PRICE.0 + 1)), Err(ModelError::Price)),
        (Model::Graduated(vec![]), Err(ModelError::Tiers)),
        (Model::Graduated(vec![tier(1, 1)]), Err(ModelError::Tiers)),
        (Model::Graduated(vec![tier(0, 1), tier(0, 2)]), Err(ModelError::Tiers)),
        (Model::Graduated(vec![tier(0, 1), tier(5, -2)]), Err(ModelError::Price)),
        (Model::Graduated((0..21).map(|at| tier(at, 1)).collect()), Err(ModelError::Tiers)),
        (Model::Graduated(vec![tier(0, 2), tier(5, 1)]), Ok(())),
        (package(0, 1), Err(ModelError::Package)),
        (package(1, -1), Err(ModelError::Price)),
        (package(1_000, 100), Ok(())),
    ] {
        assert_eq!(model.check(), expected, "{model:?}");
    }
}
