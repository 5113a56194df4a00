//! What is agreed with a reseller: its share by price lists or by percentage, whose money, from when on.

use super::*;
use crate::support::engines::on_both;
use guthaben::billing::prices::{NewTerms, set_terms};
use guthaben::domain::pricing::{Settlement, Terms};

async fn agree(site: &Site, new: NewTerms) -> Terms {
    let agreed = set_terms(site.app(), &Editor::SYSTEM, new).await.expect("accepted");
    agreed.expect("a reseller").0
}

on_both! {
    async fn commission_follows_the_terms_of_the_day(store: Store) {
        let site = Site::start(&store).await;
        let first = site.chain.resellers[0];
        let percent = agree(&site, NewTerms { commission_bps: Some(2_000), valid_from: Some(day(1)), ..NewTerms::standard(first) }).await;
        let rates = agree(&site, NewTerms { valid_from: Some(day(2)), ..NewTerms::standard(first) }).await;
        site.clock.set(day(3));
        for (at, terms, commission) in [(day(0), None, 100), (day(1), Some(percent.id), 80), (day(2), Some(rates.id), 100)] {
            let charged = charge(&site, 0, Meter::CALL, Usage::Seconds(600), at, &format!("at {}", at.0)).await;
            assert_eq!((charged.amount, charged.commission), (Cents(400), Cents(commission)));
            let names = named(&store, charged.transfer).await;
            assert_eq!(names[2], terms.map_or("NULL".to_owned(), |id| hex(id.0)));
            // A percentage needs no platform price.
            assert_eq!(names[1] == "NULL", commission == 80);
        }
        // Without a platform price for a meter a quarter is commission: the other reseller's fourth meter ends.
        let ends = NewPrice { model: None, ..NewPrice::flat(Target::Platform(None), Meter::SMS, UnitPrice(0)) };
        set(&site, &Editor::SYSTEM, ends).await;
        let sms = charge(&site, 2, Meter::SMS, Usage::Pieces(10), day(3), "sms").await;
        assert_eq!((sms.amount, sms.commission), (Cents(80), Cents(20)));
        let current = store::prices::current_terms(&store.db, Scope::Reseller(first), first, day(1)).await.expect("read");
        assert_eq!(current, Some(percent));
        let foreign = store::prices::current_terms(&store.db, Scope::Reseller(site.chain.resellers[1]), first, day(1)).await;
        assert_eq!(foreign.expect("read"), None);
        let all = store::prices::list_terms(&store.db, Scope::Platform, first, 10).await.expect("read");
        assert_eq!(all.iter().map(|terms| terms.valid_from).collect::<Vec<_>>(), [day(2), day(1)]);
        site.assert_sound().await;
    }

    async fn a_reseller_who_prepays_pays_its_part_from_its_own_wallet(store: Store) {
        let site = Site::start(&store).await;
        let first = site.chain.resellers[0];
        let resale = NewTerms { settlement: Settlement::Resale, valid_from: Some(day(1)), ..NewTerms::standard(first) };
        agree(&site, resale).await;
        agree(&site, NewTerms { valid_from: Some(day(2)), ..resale }).await;
        site.clock.set(day(1));
        let charged = charge(&site, 0, Meter::CALL, Usage::Seconds(600), day(1), "resold").await;
        assert_eq!((charged.amount, charged.commission), (Cents(400), Cents::ZERO));
        assert_eq!(site.balance(0).await, Cents(-400));
        let mut raw = Raw::open(&store).await;
        let wholesale = raw.texts("SELECT kind, amount_cents, platform_cents FROM transfers WHERE kind = 'wholesale'").await;
        assert_eq!(wholesale, [["wholesale", "-300", "300"]]);
        site.assert_sound().await;
    }

    async fn terms_are_checked(store: Store) {
        let site = Site::start(&store).await;
        let standard = NewTerms::standard(site.chain.resellers[0]);
        for (new, said) in [
            (NewTerms { commission_bps: Some(10_001), ..standard }, Refusal::CommissionRateInvalid),
            (NewTerms { commission_bps: Some(-1), ..standard }, Refusal::CommissionRateInvalid),
            (NewTerms { min_markup_bps: -1, ..standard }, Refusal::MarkupRangeInvalid { most: 1_000 }),
            (NewTerms { min_markup_bps: 20_000, ..standard }, Refusal::MarkupRangeInvalid { most: 1_000 }),
            (NewTerms { max_markup_bps: i64::MAX, ..standard }, Refusal::MarkupRangeInvalid { most: 1_000 }),
            (NewTerms { hold_days: -1, ..standard }, Refusal::HoldDaysInvalid { most: 365 }),
            (NewTerms { sepa_hold_days: 366, ..standard }, Refusal::HoldDaysInvalid { most: 365 }),
            (NewTerms { valid_from: Some(Ts(0)), ..standard }, Refusal::DateInPast),
        ] {
            assert_eq!(refusal(set_terms(site.app(), &Editor::SYSTEM, new).await), said);
        }
        for nobody in [site.chain.customers[0], site.chain.platform] {
            let answer = set_terms(site.app(), &Editor::SYSTEM, NewTerms { reseller: nobody, ..standard }).await;
            assert!(answer.expect("answered").is_none());
        }
        agree(&site, standard).await;
        assert_eq!(refusal(set_terms(site.app(), &Editor::SYSTEM, standard).await), Refusal::DateTaken);
    }
}
