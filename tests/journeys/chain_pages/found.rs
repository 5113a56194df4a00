//! Lists over many customers: whose, filtered by everything, page by page, and as CSV.

use super::{rows, seconds_lines, used};
use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::Meter;
use guthaben::store::topups;
use std::collections::BTreeSet;
use std::time::Duration;

/// One of everything for the customers of both resellers and the direct one; a minute apart, so that the order is known.
async fn lively(site: &Site) -> Vec<String> {
    let mut ids = vec![];
    for (place, meter, count, description) in [
        (0, Meter::CALL, 600, "0170 1234567"),
        (0, Meter::SMS, 1, "Erinnerung"),
        (1, Meter::APPOINTMENT, 1, "Kontrolle"),
        (2, Meter::CALL, 60, "0171 7654321"),
        (3, Meter::CALL, 60, "0172 1111111"),
    ] {
        ids.push(used(site, place, meter, count, description).await);
        site.advance(Duration::from_secs(60));
    }
    ids
}

async fn find(site: &Site, email: &str, path: &str) -> Page {
    site.sign_in(email).await.get(path).await.expect(200)
}

fn csv(page: &Page) -> Vec<Vec<String>> {
    let text = page.body.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("cells").iter().map(str::to_owned).collect()).collect()
}

on_both! {
    async fn everybody_sees_his_customers_with_their_chain(store: Store) {
        let site = Site::start(&store).await;
        let ids = lively(&site).await;
        let page = find(&site, "reseller@site.example", "/reseller/transactions").await;
        let own: Vec<String> = [2, 1, 0].map(|place| format!("/reseller/transactions/{}", ids[place])).to_vec();
        assert_eq!(rows(&page), own);
        page.shows("Salon &#38; Söhne &#60;Mitte&#62;");
        for cents in [400, 300, 100, 150, 8, 5, 3] {
            page.shows(&DE.money(Cents(cents)).replace('\u{2212}', ""));
        }
        for foreign in ["Kanzlei Fremd", "Direkt AG", "0171", "Zweite Partner"] {
            page.hides(foreign);
        }
        let rival = find(&site, "rival@site.example", "/reseller/transactions").await;
        assert_eq!(rows(&rival), [format!("/reseller/transactions/{}", ids[3])]);
        let all = find(&site, "support@site.example", "/admin/transactions").await;
        assert_eq!(rows(&all).len(), 5);
        assert_eq!(seconds_lines(&all)[4], "Erste Partner GmbH · 017 ••• 567", "support does not read whom one called");
        let admin = find(&site, "admin@site.example", "/admin/transactions").await;
        assert_eq!(seconds_lines(&admin), ["0172 1111111", "Zweite Partner GmbH · 0171 7654321", "Erste Partner GmbH · Kontrolle",
            "Erste Partner GmbH · Erinnerung", "Erste Partner GmbH · 0170 1234567"]);
    }

    async fn every_filter_narrows_and_all_together(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "50").await;
        site.advance(Duration::from_secs(60));
        let ids = lively(&site).await;
        let top_up = topups::list_latest(&store.db, Scope::Platform, 1).await.expect("read").remove(0);
        let credit = site.movements(0).await.last().expect("the top-up").id.to_string();
        let mut client = site.sign_in("admin@site.example").await;
        let (call, reminder) = (ids[0].as_str(), ids[1].as_str());
        let payment = format!("q={}", top_up.payment_intent.clone().expect("a payment"));
        let by_top_up = format!("q={}", top_up.id);
        let by_id = format!("q={call}");
        for (query, expected) in [
            ("kind=call", vec![&ids[4], &ids[3], &ids[0]]),
            ("kind=topup", vec![&credit]),
            ("kind=refund", vec![]),
            ("kind=reversal", vec![]),
            ("kind=wholesale", vec![]),
            ("customer=K-10001", vec![&ids[1], &ids[0], &credit]),
            ("customer=k-10001&kind=sms", vec![&ids[1]]),
            ("customer=K-10001&kind=reversal", vec![]),
            ("reseller=R-101&kind=call", vec![&ids[0]]),
            ("reseller=R-102", vec![&ids[3]]),
            ("reseller=R-101&kind=topup", vec![&credit]),
            ("reseller=R-102&kind=topup", vec![]),
            ("q=erinner", vec![&ids[1]]),
            ("q=fremd", vec![&ids[3]]),
            ("q=K-10004", vec![&ids[4]]),
            ("q=gibt+es+nicht", vec![]),
            ("q=%25", vec![]),
            ("min=4&max=4", vec![&ids[0]]),
            ("min=1,00&kind=appointment", vec![&ids[2]]),
            ("from=2026-11-23&to=2026-11-23&reseller=R-102", vec![&ids[3]]),
            ("from=2026-11-24", vec![]),
            ("to=2026-11-22", vec![]),
            ("from=2026-11-23&to=2026-11-23&kind=call&reseller=R-101&customer=K-10001&min=4&max=4&q=0170", vec![&ids[0]]),
            ("customer=K-10003&reseller=R-101", vec![]),
            (&by_id, vec![&ids[0]]),
            (&by_top_up, vec![&credit]),
            (&payment, vec![&credit]),
            ("q=trf_00000000000000000000000000", vec![]),
            ("q=pi_nothing", vec![]),
            ("customer=K-99999", vec![]),
            ("kind=nonsense", vec![]),
        ] {
            let page = client.get(&format!("/admin/transactions?{query}")).await.expect(200);
            let expected: Vec<String> = expected.into_iter().map(|id| format!("/admin/transactions/{id}")).collect();
            assert_eq!(rows(&page), expected, "{query}");
            let file = csv(&client.get(&format!("/admin/transactions.csv?{query}")).await.expect(200));
            assert_eq!(file.len(), expected.len(), "{query}");
        }
        let page = client.get("/admin/transactions?from=2026-11-23&to=2026-11-23&kind=call").await.expect(200);
        page.shows(&DE.transaction_count(3, "3"));
        page.shows(&DE.money(Cents(-480)));
        client.get("/admin/transactions?customer=K-99999").await.expect(200).shows(&DE.movement_bad_customer("K-99999"));
        let foreign = find(&site, "rival@site.example", &format!("/reseller/transactions?q={reminder}")).await;
        assert!(rows(&foreign).is_empty(), "a foreign reference is none");
        let foreign = find(&site, "rival@site.example", "/reseller/transactions?customer=K-10001").await;
        assert!(rows(&foreign).is_empty());
        foreign.shows(&DE.movement_bad_customer("K-10001"));
        foreign.hides("name=\"reseller\"");
    }

    async fn pages_meet_every_movement_once(store: Store) {
        let site = Site::start(&store).await;
        for place in [0, 1, 2, 0] {
            use_calls(&site, place, 30).await;
            site.advance(Duration::from_secs(3_600));
        }
        for (email, base, expected) in [("reseller@site.example", "/reseller/transactions", 90_usize), ("admin@site.example", "/admin/transactions", 120)] {
            for filter in ["", "?kind=call", "?q=0170", "?min=0,40"] {
                let mut client = site.sign_in(email).await;
                let (mut seen, mut next, mut pages) = (BTreeSet::new(), Some(format!("{base}{filter}")), 0);
                while let Some(path) = next {
                    let page = client.get(&path).await.expect(200);
                    let found = rows(&page);
                    assert!(found.len() <= 50 && found.iter().all(|row| seen.insert(row.clone())), "{path}");
                    next = page.tags("a").into_iter().find(|a| a.get("rel").is_some_and(|rel| rel == "next")).map(|a| a["href"].clone());
                    pages += 1;
                }
                assert_eq!((seen.len(), pages), (expected, expected.div_ceil(50)), "{email} {filter}");
            }
        }
        let mut client = site.sign_in("reseller@site.example").await;
        let file = csv(&client.get("/reseller/transactions.csv?customer=K-10001").await.expect(200));
        assert_eq!(file.len(), 60);
        assert_eq!(file[0][7..13], ["1", "0,40", "-0,40", "0,30", "0,10", "-24,00"]);
        assert_eq!(file[0][3..5], ["K-10001", "Salon & Söhne <Mitte>"]);
    }
}
