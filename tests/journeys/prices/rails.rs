//! What resellers may set: their own lists, and prices that keep to what was agreed.

use super::*;
use crate::support::engines::on_both;
use guthaben::billing::prices::{NewTerms, assign_plan, create_plan, set_terms};
use guthaben::domain::pricing::{Breach, Increment};

fn outside(breach: Breach) -> Refusal {
    Refusal::PriceOutsideRails(breach)
}

const RANGE: Breach = Breach::Markup { min: UnitPrice(330_000), max: UnitPrice(600_000) };
const BELOW: Breach = Breach::BelowPlatform { platform: UnitPrice(300_000) };

on_both! {
    async fn a_resellers_price_keeps_between_the_markups(store: Store) {
        let site = Site::start(&store).await;
        let (own, seller) = (reseller(&site).await, site.chain.resellers[0]);
        let customer = site.chain.customers[0];
        let plan = create_plan(site.app(), &own, "Hausplan").await.expect("a plan");
        assert_eq!(plan.owner, seller);
        for (days, target) in [(1, Target::Reseller(seller)), (2, Target::Customer(customer)), (3, Target::Plan(plan.id))] {
            for (place, (cents, breach)) in (0u64..).zip([(33, None), (60, None), (32, Some(RANGE)), (61, Some(RANGE)), (29, Some(BELOW))]) {
                let from = day(days).plus(Duration::from_secs(place));
                let new = call_price(target, cents, Some(from));
                let allowed = NewPrice { below_platform: true, ..new.clone() };
                let answer = prices::set_price(site.app(), &own, new).await;
                match breach {
                    None => assert!(answer.expect("accepted").is_some_and(|change| !change.price.below_platform)),
                    // A reseller cannot give itself the permission.
                    Some(breach) => {
                        assert_eq!(refusal(answer), outside(breach));
                        assert_eq!(refusal(prices::set_price(site.app(), &own, allowed).await), outside(breach));
                    }
                }
            }
        }
        let finer = NewPrice { increment: Some(Increment { first: 60, next: 1 }), ..call_price(Target::Reseller(seller), 40, None) };
        let said = refusal(prices::set_price(site.app(), &own, finer).await);
        assert_eq!(said, outside(Breach::Increment { platform: Increment::MINUTES }));
        let giving = NewPrice { included: 60, ..call_price(Target::Reseller(seller), 40, None) };
        assert_eq!(refusal(prices::set_price(site.app(), &own, giving).await), outside(Breach::Included { platform: 0 }));
        // The rails are those of the day on which the price begins.
        set(&site, &Editor::SYSTEM, call_price(Target::Platform(None), 40, Some(day(9)))).await;
        let late = call_price(Target::Reseller(seller), 42, Some(day(9)));
        let range = Breach::Markup { min: UnitPrice(440_000), max: UnitPrice(800_000) };
        assert_eq!(refusal(prices::set_price(site.app(), &own, late).await), outside(range));
        set(&site, &own, call_price(Target::Reseller(seller), 75, Some(day(9)))).await;
    }

    async fn below_the_platforms_price_the_reseller_bears_the_difference_where_it_is_allowed(store: Store) {
        let site = Site::start(&store).await;
        let (seller, customer) = (site.chain.resellers[0], site.chain.customers[0]);
        let gift = NewPrice { below_platform: true, ..call_price(Target::Customer(customer), 20, None) };
        let change = set(&site, &Editor::SYSTEM, gift).await;
        assert!(change.price.below_platform);
        let gifted = charge(&site, 0, Meter::CALL, Usage::Seconds(60), MORNING, "gifted").await;
        assert_eq!((gifted.amount, gifted.commission), (Cents(20), Cents(-10)));
        let agreed = NewTerms { below_platform: true, ..NewTerms::standard(seller) };
        assert!(set_terms(site.app(), &Editor::SYSTEM, agreed).await.expect("accepted").is_some());
        let own = reseller(&site).await;
        assert!(set(&site, &own, call_price(Target::Reseller(seller), 25, None)).await.price.below_platform);
        let sold = charge(&site, 1, Meter::CALL, Usage::Seconds(60), MORNING, "sold").await;
        assert_eq!((sold.amount, sold.commission), (Cents(25), Cents(-5)));
        site.assert_sound().await;
        // Nobody allowed the other reseller: when the platform's price rises above its own, the platform bears it.
        let rival = site.chain.resellers[1];
        set(&site, &Editor::SYSTEM, call_price(Target::Reseller(rival), 34, None)).await;
        set(&site, &Editor::SYSTEM, call_price(Target::Platform(None), 50, Some(day(1)))).await;
        site.clock.set(day(1));
        let squeezed = charge(&site, 2, Meter::CALL, Usage::Seconds(60), day(1), "squeezed").await;
        assert_eq!((squeezed.amount, squeezed.commission), (Cents(34), Cents::ZERO));
        site.assert_sound().await;
    }

    async fn changes_above_tell_which_prices_they_break(store: Store) {
        let site = Site::start(&store).await;
        let ([first, second], customer) = (site.chain.resellers, site.chain.customers[0]);
        let system = &Editor::SYSTEM;
        let of_first = set(&site, system, call_price(Target::Reseller(first), 40, None)).await.price;
        set(&site, system, call_price(Target::Reseller(second), 55, None)).await;
        let planned = set(&site, system, call_price(Target::Customer(customer), 38, Some(day(5)))).await.price;
        // A price for one reseller concerns that one; the common price those without their own.
        let alone = set(&site, system, call_price(Target::Platform(Some(second)), 54, Some(day(2)))).await;
        assert_eq!(alone.affected.len(), 1);
        let range = Breach::Markup { min: UnitPrice(594_000), max: UnitPrice(1_080_000) };
        assert_eq!((alone.affected[0].list.owner, alone.affected[0].breach), (second, range));
        let common = set(&site, system, call_price(Target::Platform(None), 39, Some(day(3)))).await;
        let mut broken: Vec<_> = common.affected.iter().map(|one| (one.price.id, one.at, one.breach)).collect();
        broken.sort_by_key(|(_, at, _)| *at);
        let range = Breach::Markup { min: UnitPrice(429_000), max: UnitPrice(780_000) };
        let below = Breach::BelowPlatform { platform: UnitPrice::cents(39) };
        assert_eq!(broken, [(of_first.id, day(3), range), (planned.id, day(5), below)]);
        // They hold all the same: whoever set them is to decide.
        site.clock.set(day(4));
        assert_eq!(minute(&site, 1, day(4), "still").await, 40);
        let tighter = NewTerms { min_markup_bps: 5_000, ..NewTerms::standard(first) };
        let (_, affected) = set_terms(site.app(), system, tighter).await.expect("accepted").expect("a reseller");
        assert_eq!(affected.len(), 2);
        let percent = NewTerms { commission_bps: Some(2_000), valid_from: Some(day(4).plus(DAY)), ..tighter };
        let (_, affected) = set_terms(site.app(), system, percent).await.expect("accepted").expect("a reseller");
        assert!(affected.is_empty());
    }

    async fn everybody_reaches_their_own_lists_only(store: Store) {
        let site = Site::start(&store).await;
        let ([first, second], customers) = (site.chain.resellers, site.chain.customers);
        let own = reseller(&site).await;
        let foreign_plan = create_plan(site.app(), &Editor::SYSTEM, "Plattform").await.expect("a plan");
        let beyond = [
            Target::Platform(None),
            Target::Platform(Some(first)),
            Target::Default,
            Target::Reseller(second),
            Target::Customer(customers[2]),
            Target::Customer(customers[3]),
            Target::Customer(first),
            Target::Reseller(customers[0]),
            Target::Plan(foreign_plan.id),
        ];
        for target in beyond {
            let answer = prices::set_price(site.app(), &own, call_price(target, 40, None)).await;
            assert!(answer.expect("answered").is_none(), "{target:?}");
        }
        let assigned = assign_plan(site.app(), &own, customers[0], Some(foreign_plan.id), None).await;
        assert!(assigned.expect("answered").is_none());
        let plan = create_plan(site.app(), &own, "Eigener").await.expect("a plan");
        let assigned = assign_plan(site.app(), &own, customers[2], Some(plan.id), None).await;
        assert!(assigned.expect("answered").is_none());
        // The platform gives a reseller's plan to that reseller's customers only.
        let assigned = assign_plan(site.app(), &Editor::SYSTEM, customers[2], Some(plan.id), None).await;
        assert!(assigned.expect("answered").is_none());
        assert!(assign_plan(site.app(), &own, customers[0], Some(plan.id), None).await.expect("answered").is_some());
        assert!(set_terms(site.app(), &own, NewTerms::standard(first)).await.expect("answered").is_none());
        let tenants = [
            ("finance@site.example", site.chain.platform),
            ("support@site.example", site.chain.platform),
            ("staff@site.example", first),
            ("owner@site.example", customers[0]),
            ("viewer@site.example", customers[0]),
        ];
        for (email, tenant) in tenants {
            assert_eq!(editor(&site, email, tenant).await.err(), Some(Refusal::NotAllowed), "{email}");
        }
        let lists = store::prices::list_lists(&store.db, own.scope(), guthaben::domain::pricing::ListRole::Plan, None, 10).await;
        assert_eq!(lists.expect("a reading").iter().map(|list| list.id).collect::<Vec<_>>(), [plan.id]);
    }
}
