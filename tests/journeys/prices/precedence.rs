//! Whose price counts: the customer's own, its reseller's, its plan's, the default; each from its date on and never backwards.

use super::*;
use crate::support::engines::on_both;
use guthaben::billing::prices::{assign_plan, create_plan, withdraw};

/// Everything that will hold, planned on the first morning: a plan from day 1 to 6, the reseller's price from 2 to 5, the customer's own
/// from 3 to 4.
async fn plan_ahead(site: &Site) {
    let (customer, seller) = (site.chain.customers[0], site.chain.resellers[0]);
    let plan = create_plan(site.app(), &Editor::SYSTEM, " Treue ").await.expect("a plan");
    assert_eq!((plan.name.as_str(), plan.owner), ("Treue", site.chain.platform));
    set(site, &Editor::SYSTEM, call_price(Target::Plan(plan.id), 38, None)).await;
    for (list, from) in [(Some(plan.id), 1), (None, 6)] {
        let assigned = assign_plan(site.app(), &Editor::SYSTEM, customer, list, Some(day(from))).await;
        assert!(assigned.expect("accepted").is_some());
    }
    let own = reseller(site).await;
    set(site, &own, call_price(Target::Reseller(seller), 45, Some(day(2)))).await;
    set(site, &own, call_price(Target::Customer(customer), 35, Some(day(3)))).await;
    let ends = |target, from| NewPrice { model: None, ..call_price(target, 0, Some(day(from))) };
    set(site, &own, ends(Target::Customer(customer), 4)).await;
    set(site, &own, ends(Target::Reseller(seller), 5)).await;
}

const EXPECTED: [i64; 7] = [40, 38, 45, 35, 45, 38, 40];

on_both! {
    async fn every_list_counts_in_its_turn_and_time(store: Store) {
        let site = Site::start(&store).await;
        plan_ahead(&site).await;
        for (days, expected) in (0..).zip(EXPECTED) {
            site.clock.set(day(days));
            assert_eq!(minute(&site, 0, day(days), &format!("on {days}")).await, expected, "day {days}");
        }
        // Its sister has neither plan nor price of its own, and the customer of the other reseller pays the default throughout.
        for (days, sister) in (0..).zip([40, 40, 45, 45, 45, 40, 40]) {
            assert_eq!(minute(&site, 1, day(days), &format!("sister {days}")).await, sister, "day {days}");
            assert_eq!(minute(&site, 2, day(days), &format!("foreign {days}")).await, 40, "day {days}");
        }
        // Usage reported weeks later costs what it cost on its day.
        site.clock.set(day(30));
        set(&site, &Editor::SYSTEM, call_price(Target::Default, 99, None)).await;
        for (days, expected) in (0..).zip(EXPECTED) {
            assert_eq!(minute(&site, 0, day(days), &format!("late {days}")).await, expected, "day {days}");
        }
        assert_eq!(minute(&site, 0, day(30), "now").await, 99);
        // An API call is in none of these lists but the default.
        let other = charge(&site, 0, Meter::API_CALL, Usage::Pieces(1), day(3), "api").await;
        assert_eq!((other.amount, other.commission), (Cents(15), Cents(5)));
        site.assert_sound().await;
    }

    async fn a_change_takes_effect_at_its_instant_and_charges_name_their_version(store: Store) {
        let site = Site::start(&store).await;
        let seller = site.chain.resellers[0];
        let noon = day(0).plus(Duration::from_secs(7_200));
        let old = set(&site, &Editor::SYSTEM, call_price(Target::Reseller(seller), 44, None)).await;
        let new = set(&site, &Editor::SYSTEM, call_price(Target::Reseller(seller), 48, Some(noon))).await;
        let platform = set(&site, &Editor::SYSTEM, call_price(Target::Platform(Some(seller)), 32, Some(noon))).await;
        site.clock.set(noon.plus(Duration::from_secs(60)));
        let before = charge(&site, 0, Meter::CALL, Usage::Seconds(60), Ts(noon.0 - 1), "before").await;
        let after = charge(&site, 0, Meter::CALL, Usage::Seconds(60), noon, "after").await;
        assert_eq!((before.amount, before.commission), (Cents(44), Cents(14)));
        assert_eq!((after.amount, after.commission), (Cents(48), Cents(16)));
        let (before, after) = (named(&store, before.transfer).await, named(&store, after.transfer).await);
        assert_eq!((&before[0], &after[0]), (&hex(old.price.id.0), &hex(new.price.id.0)));
        assert_eq!(after[1], hex(platform.price.id.0));
        assert!(before[1] != after[1] && before[1] != "NULL");
        assert_eq!(after[2], "NULL");
        let direct = charge(&site, 3, Meter::CALL, Usage::Seconds(60), noon, "direct").await;
        let direct = named(&store, direct.transfer).await;
        assert!(direct[0] != "NULL" && direct[1] == "NULL", "{direct:?}");
        site.assert_sound().await;
    }

    async fn dates_lie_ahead_and_are_taken_once(store: Store) {
        let site = Site::start(&store).await;
        let at = |from: Ts| call_price(Target::Default, 41, Some(from));
        let try_at = async |from| prices::set_price(site.app(), &Editor::SYSTEM, at(from)).await;
        assert_eq!(refusal(try_at(Ts(MORNING.0 - 1)).await), Refusal::DateInPast);
        assert_eq!(refusal(try_at(day(3_700)).await), Refusal::DateTooFar);
        // The site's own prices begin in this very moment.
        assert_eq!(refusal(try_at(MORNING).await), Refusal::DateTaken);
        assert!(try_at(day(1)).await.is_ok());
        assert_eq!(refusal(try_at(day(1)).await), Refusal::DateTaken);
        // Of many prices all are set or none.
        let (good, bad) = (at(day(2)), at(day(1)));
        let both = prices::set_prices(site.app(), &Editor::SYSTEM, vec![good, bad]).await;
        assert_eq!(refusal(both), Refusal::DateTaken);
        assert!(try_at(day(2)).await.is_ok());
    }

    async fn only_what_does_not_hold_yet_is_withdrawn(store: Store) {
        let site = Site::start(&store).await;
        let (seller, own) = (site.chain.resellers[0], reseller(&site).await);
        let now = set(&site, &own, call_price(Target::Reseller(seller), 44, None)).await.price;
        let soon = set(&site, &own, call_price(Target::Reseller(seller), 46, Some(MORNING.plus(Duration::from_secs(200))))).await.price;
        let later = set(&site, &own, call_price(Target::Reseller(seller), 48, Some(day(1)))).await.price;
        let rival = editor(&site, "rival@site.example", site.chain.resellers[1]).await.expect("an owner");
        assert!(withdraw(site.app(), &rival, later.id).await.expect("answered").is_none());
        assert_eq!(refusal(withdraw(site.app(), &own, now.id).await), Refusal::PriceInForce);
        // Senders' clocks may be some minutes ahead, so this one may be in use.
        assert_eq!(refusal(withdraw(site.app(), &own, soon.id).await), Refusal::PriceInForce);
        for _ in 0..2 {
            assert_eq!(withdraw(site.app(), &own, later.id).await.expect("answered"), Some(()));
        }
        site.clock.set(day(2));
        assert_eq!(minute(&site, 0, day(2), "as before").await, 46);
        // Its place is free again, and the history shows both.
        site.clock.set(MORNING);
        set(&site, &own, call_price(Target::Reseller(seller), 50, Some(day(1)))).await;
        let versions = store::prices::list_versions(&store.db, own.scope(), later.list, 10).await.expect("read");
        let withdrawn: Vec<_> = versions.iter().map(|version| version.withdrawn_at.is_some()).collect();
        assert_eq!(withdrawn.iter().filter(|withdrawn| **withdrawn).count(), 1);
        assert_eq!((versions.len(), versions[0].price.valid_from), (4, day(1)));
        assert!(versions.iter().all(|version| version.created_by == Some(site.chain.people["reseller@site.example"])));
        let foreign = store::prices::list_versions(&store.db, rival.scope(), later.list, 10).await.expect("read");
        assert!(foreign.is_empty());
    }
}
