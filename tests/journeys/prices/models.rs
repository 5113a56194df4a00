//! Tiers, included units, packages and parts of a cent, charged over weeks and months.

use super::*;
use crate::support::engines::on_both;
use guthaben::domain::pricing::{Buyer, MAX_UNIT_PRICE, Model, Tier};

fn sms(model: Model, included: i64) -> NewPrice {
    NewPrice { model: Some(model), included, ..NewPrice::flat(Target::Default, Meter::SMS, UnitPrice(0)) }
}

fn tiers() -> Model {
    let tier = |above, cents| Tier { above, price: UnitPrice::cents(cents) };
    Model::Graduated(vec![tier(0, 8), tier(100, 6), tier(1_000, 5)])
}

/// What the direct customer pays for so many messages, in cents.
async fn messages(site: &Site, count: u32, at: Ts, id: &str) -> i64 {
    charge(site, 3, Meter::SMS, Usage::Pieces(count), at, id).await.amount.0
}

on_both! {
    async fn tiers_and_included_units_count_the_month_of_the_day_of_use(store: Store) {
        let site = Site::start(&store).await;
        set(&site, &Editor::SYSTEM, NewPrice { valid_from: Some(day(1)), ..sms(tiers(), 10) }).await;
        site.clock.set(day(9));
        assert_eq!(messages(&site, 30, day(1), "a").await, 20 * 8);
        assert_eq!(messages(&site, 90, day(2), "b").await, 80 * 8 + 10 * 6);
        // The month ends at German midnight, an hour before that of UTC; usage reported later belongs to the month in which it occurred.
        let half_to = Duration::from_secs(13 * 3_600 + 1_800);
        let (november, december) = (day(7).plus(half_to), day(7).plus(half_to + Duration::from_secs(3_600)));
        assert_eq!(messages(&site, 12, december, "c").await, 2 * 8);
        assert_eq!(messages(&site, 10, november, "d").await, 10 * 6);
        assert_eq!(messages(&site, 1, december, "e").await, 8);
        site.assert_sound().await;
    }

    async fn a_package_is_paid_with_its_first_unit(store: Store) {
        let site = Site::start(&store).await;
        let package = Model::Package { units: 100, price: UnitPrice::cents(500) };
        site.clock.set(day(1));
        set(&site, &Editor::SYSTEM, sms(package, 0)).await;
        let direct = [(1, 500), (99, 0), (101, 1_000), (99, 0)];
        for (place, (count, cents)) in direct.into_iter().enumerate() {
            assert_eq!(messages(&site, count, day(1), &format!("p{place}")).await, cents);
        }
        // With a reseller between: what the package brings is its own until its customer used it.
        let first = charge(&site, 0, Meter::SMS, Usage::Pieces(1), day(1), "x").await;
        let second = charge(&site, 0, Meter::SMS, Usage::Pieces(99), day(1), "y").await;
        assert_eq!((first.commission, second.commission), (Cents(495), Cents(-495)));
        site.assert_sound().await;
    }

    async fn parts_of_a_cent_add_up_from_record_to_record(store: Store) {
        let site = Site::start(&store).await;
        site.clock.set(day(1));
        let set_micros = async |target, micros| set(&site, &Editor::SYSTEM, NewPrice::flat(target, Meter::API_CALL, UnitPrice(micros))).await;
        set_micros(Target::Default, 3_700).await;
        set_micros(Target::Platform(None), 2_100).await;
        let (mut amount, mut commission) = (0, 0);
        for place in 0..50 {
            let one = charge(&site, 0, Meter::API_CALL, Usage::Pieces(1), day(1), &format!("one {place}")).await;
            amount += one.amount.0;
            commission += one.commission.0;
            assert!(one.commission >= Cents::ZERO);
        }
        let customer = site.chain.customers[0];
        let event = |place: usize| UsageEvent::new(format!("many {place}"), customer, Meter::API_CALL, Usage::Pieces(1), day(1), String::new());
        let outcomes = record(site.app(), Scope::Platform, (0..950).map(event).collect()).await.expect("recorded");
        for outcome in outcomes {
            let EventOutcome::Charged { amount: one, commission: part, .. } = outcome else { panic!("{outcome:?}") };
            amount += one.0;
            commission += part.0;
        }
        // A thousand calls at 0.37 ct and 0.21 ct.
        assert_eq!((amount, commission), (370, 160));
        site.assert_sound().await;
    }

    async fn what_is_kept_is_what_was_entered(store: Store) {
        let site = Site::start(&store).await;
        let package = Model::Package { units: 6_000, price: UnitPrice(12_345_678) };
        let models = [Some(tiers()), Some(package), Some(Model::Flat(UnitPrice(1))), Some(Model::Flat(MAX_UNIT_PRICE)), None];
        let direct = Buyer { customer: site.chain.customers[3], reseller: None };
        for (days, model) in (1..).zip(models) {
            let new = NewPrice { model, included: 7, valid_from: Some(day(days)), ..sms(tiers(), 0) };
            let change = set(&site, &Editor::SYSTEM, new).await;
            let mut tx = store.db.begin().await.expect("begin");
            let book = store::prices::price_book(&mut tx, &[direct], day(days)).await.expect("read");
            let found = book.customer_price(&direct, Meter::SMS, day(days));
            match change.price.model {
                Some(_) => assert_eq!(found, Some(&change.price)),
                None => assert_eq!(found, None),
            }
        }
        for (model, said) in [
            (Model::Flat(UnitPrice(-1)), Refusal::PriceOutOfRange { max: MAX_UNIT_PRICE }),
            (Model::Graduated(vec![]), Refusal::TiersInvalid { most: 20 }),
            (Model::Package { units: 0, price: UnitPrice(1) }, Refusal::PackageInvalid),
        ] {
            assert_eq!(refusal(prices::set_price(site.app(), &Editor::SYSTEM, sms(model, 0)).await), said);
        }
        for included in [-1, i64::MAX] {
            assert_eq!(refusal(prices::set_price(site.app(), &Editor::SYSTEM, sms(tiers(), included)).await), Refusal::IncludedInvalid);
        }
    }

    async fn a_version_never_changes(store: Store) {
        Site::start(&store).await;
        let mut raw = Raw::open(&store).await;
        for statement in ["UPDATE prices SET price_micros = 1", "UPDATE prices SET valid_from = valid_from", "DELETE FROM prices"] {
            assert!(raw.run(statement).await.is_err(), "{statement}");
        }
    }
}
