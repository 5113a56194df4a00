//! One movement explained to each side, and the commission that comes from it.

use super::{rows, used};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site};
use guthaben::billing::commissions::update;
use guthaben::billing::prices::{Editor, NewPrice, NewTerms, Target, set_price, set_terms};
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::pricing::{Meter, Model, Tier};
use std::time::Duration;

/// Agrees on a rate with the first reseller, from now on.
async fn percent(site: &Site, bps: i64) {
    let terms = NewTerms { commission_bps: Some(bps), ..NewTerms::standard(site.chain.resellers[0]) };
    set_terms(site.app(), &Editor::SYSTEM, terms).await.expect("terms").expect("a reseller");
}

on_both! {
    async fn the_chain_is_shown_to_both_and_the_margin_to_no_customer(store: Store) {
        let site = Site::start(&store).await;
        let id = used(&site, 0, Meter::CALL, 570, "0170 1234567").await;
        update(site.app()).await.expect("a run");
        let mut admin = site.sign_in("admin@site.example").await;
        let page = admin.get(&format!("/admin/transactions/{id}")).await.expect(200);
        for (cents, label) in [(400, DE.movement_customer()), (300, DE.movement_platform()), (100, DE.movement_commission())] {
            page.shows(&format!("<small>{label}</small> <data class=\"money\" value=\"{}\">", Cents(cents).plain()));
        }
        for text in [
            "10\u{a0}Min. × 0,40\u{a0}€", "10\u{a0}Min. × 0,30\u{a0}€", "60/60", "9:30\u{a0}Min.", "gw-7", "0170 1234567", "Erste Partner GmbH",
            "href=\"/admin/transactions?customer=K-10001\"", "ab 07.12.2026",
        ] {
            page.shows(text);
        }
        page.shows(&DE.account_revenue());
        page.shows(&DE.movement_entries_sum(DE.money(Cents::ZERO)));
        page.shows(&DE.origin_terms_standard());
        let mut reseller = site.sign_in("staff@site.example").await;
        let page = reseller.get(&format!("/reseller/transactions/{id}")).await.expect(200);
        page.shows("10\u{a0}Min. × 0,30\u{a0}€");
        page.hides(&DE.movement_entries());
        page.hides(&DE.movement_key());
        let mut owner = site.sign_in("owner@site.example").await;
        let page = owner.get(&format!("/portal/transactions/{id}")).await.expect(200);
        page.shows("10\u{a0}Min. × 0,40\u{a0}€");
        page.shows(&DE.origin_list_usual());
        page.shows("gültig ab 23.11.2026");
        for secret in ["0,30", "3,00", "1,00", "Provision", "Plattform", "gw-7", "Partner GmbH · "] {
            page.hides(secret);
        }
        let mut support = site.sign_in("support@site.example").await;
        let page = support.get(&format!("/admin/transactions/{id}")).await.expect(200);
        page.shows("017 ••• 567");
        for personal in ["0170 1234567", "gw-7", &format!("/admin/transactions/{id}/reversal")] {
            page.hides(personal);
        }
    }

    async fn what_is_foreign_does_not_exist(store: Store) {
        let site = Site::start(&store).await;
        let ids = [used(&site, 0, Meter::SMS, 1, "a").await, used(&site, 3, Meter::SMS, 1, "b").await];
        let mut rival = site.sign_in("rival@site.example").await;
        for id in &ids {
            for path in [format!("/reseller/transactions/{id}"), format!("/reseller/transactions/{id}/reversal")] {
                rival.get(&path).await.expect(404);
            }
            rival.post(&format!("/reseller/transactions/{id}/reversal"), &[("reason", "falsch")]).await.expect(404);
            rival.get(&format!("/admin/transactions/{id}")).await.expect(404);
        }
        assert_eq!(site.movements(0).await.len() + site.movements(3).await.len(), 2);
    }

    async fn tiers_included_units_and_rates_are_explained_by_what_held_then(store: Store) {
        let site = Site::start(&store).await;
        let customer = site.chain.customers[0];
        // Two messages are included; then 8 cents, and 4 cents beyond three more.
        percent(&site, 2_000).await;
        let tier = |above, cents| Tier { above, price: UnitPrice::cents(cents) };
        let tiers = NewPrice {
            model: Some(Model::Graduated(vec![tier(0, 8), tier(3, 4)])),
            included: 2,
            ..NewPrice::flat(Target::Customer(customer), Meter::SMS, UnitPrice::cents(0))
        };
        set_price(site.app(), &Editor::SYSTEM, tiers).await.expect("a price").expect("a customer");
        used(&site, 0, Meter::SMS, 1, "erste").await;
        let id = used(&site, 0, Meter::SMS, 6, "Rundschreiben").await;
        assert_eq!(site.balance(0).await, Cents(-(3 * 8 + 2 * 4)));
        let mut owner = site.sign_in("owner@site.example").await;
        let page = owner.get(&format!("/portal/transactions/{id}")).await.expect(200);
        page.shows(&DE.origin_list_own());
        for text in ["1 aus der Freimenge", "3 × 0,08\u{a0}€", "2 × 0,04\u{a0}€ (Staffel über 3 im Monat)", "0,24\u{a0}€", "0,32"] {
            page.shows(text);
        }
        let mut reseller = site.sign_in("reseller@site.example").await;
        let page = reseller.get(&format!("/reseller/transactions/{id}")).await.expect(200);
        page.shows(&DE.origin_share_rate("20\u{a0}%"));
        page.shows(&DE.origin_terms_commission("23.11.2026"));
        // Later terms and prices change nothing about it.
        site.advance(Duration::from_secs(86_400));
        percent(&site, 9_000).await;
        let mut reseller = site.sign_in("reseller@site.example").await;
        reseller.get(&format!("/reseller/transactions/{id}")).await.expect(200).shows(&DE.origin_share_rate("20\u{a0}%"));
    }

    async fn commission_is_shown_by_state_month_and_customer(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        client.get("/reseller/commissions").await.expect(200).shows(&DE.commission_none());
        used(&site, 0, Meter::CALL, 600, "a").await;
        used(&site, 1, Meter::APPOINTMENT, 2, "b").await;
        used(&site, 2, Meter::CALL, 600, "fremd").await;
        site.advance(Duration::from_secs(10 * 86_400));
        used(&site, 0, Meter::CALL, 60, "c").await;
        update(site.app()).await.expect("a run");
        site.advance(Duration::from_secs(5 * 86_400));
        let mut client = site.sign_in("reseller@site.example").await;
        let page = client.get("/reseller/commissions").await.expect(200);
        let figures: Vec<String> = page.tags("data").into_iter().map(|data| data["value"].clone()).collect();
        assert_eq!(figures[..4], ["0.10", "2.00", "0.00", "0.00"]);
        page.shows("November 2026");
        page.shows("Dezember 2026");
        page.hides("Kanzlei Fremd");
        assert_eq!(rows(&page)[2..], ["/reseller/transactions?customer=K-10001", "/reseller/transactions?customer=K-10002"]);
        let month = client.get("/reseller/commissions?month=2026-12").await.expect(200);
        assert_eq!(rows(&month)[2..], ["/reseller/transactions?customer=K-10001&from=2026-12-01&to=2026-12-31"]);
        assert_eq!(rows(&client.get(&rows(&month)[2]).await.expect(200)).len(), 1);
        let file = client.get("/reseller/commissions.csv").await.expect(200);
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        let lines: Vec<&str> = file.body.trim_end().split("\r\n").skip(1).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.contains(&"23.11.2026;K-10002;Praxis Nord;1,00;07.12.2026;verfügbar"), "{lines:?}");
        assert!(lines.iter().any(|line| line.ends_with(";0,10;17.12.2026;aufgelaufen")), "{lines:?}");
        let mut rival = site.sign_in("rival@site.example").await;
        rival.get("/reseller/commissions").await.expect(200).hides("Praxis Nord");
    }
}
