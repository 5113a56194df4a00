//! The export: what a German Excel opens without a question, complete, and harmless.

use super::{send_messages, use_at};
use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use crate::support::world::MORNING;
use guthaben::domain::clock::Ts;
use guthaben::domain::money::{Cents, parse_amount};
use guthaben::domain::pricing::Meter;
use std::collections::BTreeSet;

/// The rows without their head.
fn rows(page: &Page) -> Vec<Vec<String>> {
    let text = page.body.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().expect("a head").iter().map(str::to_owned).collect();
    let expected = [
        DE.csv_date(),
        DE.csv_time(),
        DE.csv_kind(),
        DE.csv_description(),
        DE.csv_quantity(),
        DE.csv_unit_price(),
        DE.csv_amount(),
        DE.csv_balance(),
        DE.csv_reference(),
    ];
    assert_eq!(head, expected);
    reader.records().map(|row| row.expect("nine cells").iter().map(str::to_owned).collect()).collect()
}

fn cents(cell: &str) -> i64 {
    let amount = parse_amount(cell.trim_start_matches('-')).expect("an amount").0;
    if cell.starts_with('-') { -amount } else { amount }
}

on_both! {
    async fn excel_opens_it_as_it_is(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "1000").await;
        use_at(&site, Ts(MORNING.0 + 60_000_000), Meter::CALL, "Anruf; \"Müller\"").await;
        let page = client.get("/portal/transactions.csv").await.expect(200);
        assert_eq!(page.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(page.header("content-disposition"), "attachment; filename=\"guthaben-k-10001-2026-11-23.csv\"");
        assert_eq!(page.header("cache-control"), "no-store");
        let rows = rows(&page);
        let reference = site.movements(0).await[0].id.to_string();
        let call = ["23.11.2026", "10:01:00", &DE.kind_call(), "Anruf; \"Müller\"", "1", "0,40", "-0,40", "999,60", &reference];
        assert_eq!(rows[0], call);
        assert_eq!((rows[1][5].as_str(), rows[1][6].as_str(), rows[1][7].as_str()), ("", "1000,00", "1000,00"));
        let lines: Vec<&str> = page.body.split("\r\n").collect();
        assert_eq!(lines.len(), 4, "CRLF after every line");
        assert!(lines.iter().all(|line| !line.contains('\n')));
    }

    async fn no_cell_becomes_a_formula(store: Store) {
        let site = Site::start(&store).await;
        let evil = ["=1+1", "+49 170 1", "-2", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://evil.example\";\"x\")"];
        for (place, text) in evil.iter().enumerate() {
            use_at(&site, Ts(MORNING.0 + place as i64), Meter::SMS, text).await;
        }
        let mut client = site.sign_in("owner@site.example").await;
        let page = client.get("/portal/transactions.csv").await.expect(200);
        let found: Vec<String> = rows(&page).into_iter().rev().map(|row| row[3].clone()).collect();
        assert_eq!(found, evil.map(|text| format!("'{text}")));
        let list = client.get("/portal/transactions").await.expect(200);
        list.shows("=HYPERLINK(&#34;http://evil.example&#34;");
    }

    async fn every_movement_is_in_it_once_also_beyond_a_thousand(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 2_000).await;
        use_calls(&site, 0, 301).await;
        let mut client = site.sign_in("owner@site.example").await;
        let all = rows(&client.get("/portal/transactions.csv").await.expect(200));
        let references: BTreeSet<&str> = all.iter().map(|row| row[8].as_str()).collect();
        assert_eq!((all.len(), references.len()), (2_301, 2_301));
        let sum: i64 = all.iter().map(|row| cents(&row[6])).sum();
        assert_eq!(Cents(sum), site.balance(0).await);
        // Newest first, and every balance is the one below plus its own amount.
        for pair in all.windows(2) {
            assert_eq!(cents(&pair[0][7]), cents(&pair[1][7]) + cents(&pair[0][6]), "{pair:?}");
        }
        let exactly = rows(&client.get("/portal/transactions.csv?kind=sms").await.expect(200));
        assert_eq!(exactly.len(), 2_000, "whole chunks end as well");
    }

    async fn the_export_follows_the_filter_of_the_page(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 60).await;
        use_calls(&site, 0, 3).await;
        let mut client = site.sign_in("owner@site.example").await;
        let page = client.get("/portal/transactions?kind=sms&q=m000").await.expect(200);
        let link = page.tags("a").into_iter().find(|a| a.contains_key("download")).expect("a link to the export");
        let found = rows(&client.get(&link["href"]).await.expect(200));
        assert_eq!(found.len(), 10);
        assert!(rows(&client.get("/portal/transactions.csv?kind=refund").await.expect(200)).is_empty());
    }

    async fn an_export_in_english_has_english_words_and_the_same_numbers(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 1).await;
        let mut client = site.sign_in("owner@site.example").await;
        client.post("/session/language", &[("language", "en")]).await.expect(303);
        let page = client.get("/portal/transactions.csv").await.expect(200);
        page.hides(&DE.csv_amount());
        page.shows(";-0,40;-0,40;");
    }
}
