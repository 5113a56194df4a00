//! Whose price counts, and from when on.

use super::*;

const CUSTOMER: u128 = 1;
const RESELLER: u128 = 2;
const PLATFORM: u128 = 3;

fn listed(number: u128, owner: u128, role: ListRole, subject: Option<u128>) -> PriceList {
    let (owner, subject) = (tenant(owner), subject.map(tenant));
    PriceList { id: list(number), owner, role, subject, name: String::new() }
}

fn version(number: u128, of: u128, cents: Option<i64>, from: i64) -> Price {
    Price {
        id: PriceId(Uuid::from_u128(number)),
        list: list(of),
        model: cents.map(|cents| Model::Flat(UnitPrice::cents(cents))),
        valid_from: Ts(from),
        ..calls(0)
    }
}

/// 1 default, 2 plan, 3 reseller's, 4 customer's, 5 common platform, 6 platform for the reseller.
fn lists() -> Vec<PriceList> {
    vec![
        listed(1, PLATFORM, ListRole::Default, None),
        listed(2, PLATFORM, ListRole::Plan, None),
        listed(3, RESELLER, ListRole::Reseller, None),
        listed(4, RESELLER, ListRole::Customer, Some(CUSTOMER)),
        listed(5, PLATFORM, ListRole::Platform, None),
        listed(6, PLATFORM, ListRole::Platform, Some(RESELLER)),
    ]
}

fn plan(of: Option<u128>, from: i64) -> PlanAssignment {
    PlanAssignment { customer: tenant(CUSTOMER), list: of.map(list), valid_from: Ts(from) }
}

#[test]
fn lists_take_precedence_and_change_at_their_date() {
    let prices = vec![
        version(10, 1, Some(42), 0),
        version(11, 2, Some(41), 0),
        version(13, 3, Some(45), 20),
        version(12, 3, Some(40), 10),
        version(14, 3, None, 40),
        version(15, 4, Some(35), 30),
        version(16, 4, None, 35),
        version(99, 77, Some(1), 0),
    ];
    let book = PriceBook::new(&lists(), prices, vec![], vec![plan(None, 45), plan(Some(2), 5)]);
    let buyer = Buyer { customer: tenant(CUSTOMER), reseller: Some(tenant(RESELLER)) };
    let at = |at| book.customer_price(&buyer, Meter::CALL, Ts(at)).map(|price| price.id.0.as_u128());
    for (instant, expected) in [
        (-1, None),
        (0, Some(10)),
        (4, Some(10)),
        (5, Some(11)),
        (9, Some(11)),
        (10, Some(12)),
        (19, Some(12)),
        (20, Some(13)),
        (30, Some(15)),
        // The customer's own price ended: the reseller's again; then that ended as well: the plan's, and without a plan the default.
        (35, Some(13)),
        (40, Some(11)),
        (45, Some(10)),
    ] {
        assert_eq!(at(instant), expected, "at {instant}");
    }
    assert_eq!(book.rate(&buyer, Meter::SMS, Ts(99)), None);
    let direct = Buyer { customer: tenant(8), reseller: None };
    let rate = book.rate(&direct, Meter::CALL, Ts(50)).expect("a price");
    assert_eq!(
        (rate.platform, rate.terms, rate.settlement),
        (Share::Everything, None, Settlement::Commission)
    );
}

#[test]
fn the_platforms_share_is_its_price_a_rate_or_a_quarter() {
    let reseller = tenant(RESELLER);
    let prices = vec![
        version(10, 1, Some(42), 0),
        version(20, 5, Some(30), 10),
        version(21, 6, Some(28), 20),
        version(22, 6, None, 30),
    ];
    let agreed = vec![
        Terms { commission_bps: Some(2_000), ..terms(2, reseller, 40) },
        Terms { settlement: Settlement::Resale, below_platform: true, ..terms(3, reseller, 50) },
        terms(1, reseller, 15),
    ];
    let book = PriceBook::new(&lists(), prices, agreed, vec![]);
    let buyer = Buyer { customer: tenant(CUSTOMER), reseller: Some(reseller) };
    let at = |at| book.rate(&buyer, Meter::CALL, Ts(at)).expect("a price");
    let version = |rate: &Rate| rate.platform_price().map(|price| price.id.0.as_u128());
    assert_eq!(at(9).platform, DEFAULT_COMMISSION);
    assert_eq!((version(&at(10)), at(10).terms), (Some(20), None));
    assert_eq!((version(&at(20)), at(20).terms.map(|id| id.0.as_u128())), (Some(21), Some(1)));
    assert_eq!(version(&at(30)), Some(20));
    assert_eq!(at(40).platform, Share::Commission { rate_bps: 2_000 });
    let resale = at(50);
    assert_eq!(
        (version(&resale), resale.settlement, resale.below_platform),
        (Some(20), Settlement::Resale, true)
    );
    let other = Buyer { customer: tenant(7), reseller: Some(tenant(9)) };
    assert_eq!(version(&book.rate(&other, Meter::CALL, Ts(50)).expect("a price")), Some(20));
}

#[test]
fn a_charge_names_the_versions_it_used() {
    let prices = vec![version(10, 1, Some(42), 0), version(20, 5, Some(30), 0)];
    let book = PriceBook::new(&lists(), prices, vec![terms(1, tenant(RESELLER), 0)], vec![]);
    let buyer = Buyer { customer: tenant(CUSTOMER), reseller: Some(tenant(RESELLER)) };
    let rate = book.rate(&buyer, Meter::CALL, Ts(1)).expect("a price");
    let charge = in_turn(&rate, &[Usage::Seconds(60)])[0];
    let number = |id: Uuid| id.as_u128();
    assert_eq!(number(charge.price.0), 10);
    assert_eq!(charge.platform_price.map(|id| number(id.0)), Some(20));
    assert_eq!(charge.terms.map(|id| number(id.0)), Some(1));
}
