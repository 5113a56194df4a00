//! Filters: kind, day, text, amount; what cannot be read is said and filters nothing.

use super::{titles, use_at};
use crate::support::client::{Client, encoded};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site};
use crate::support::world::{MORNING, draft, post};
use guthaben::domain::clock::Ts;
use guthaben::domain::ledger::Posting;
use guthaben::domain::money::Cents;
use guthaben::domain::pricing::Meter;
use std::time::Duration;

async fn find(client: &mut Client, fields: &[(&str, &str)]) -> Vec<String> {
    let query = String::from_utf8(encoded(fields)).expect("ASCII");
    titles(&client.get(&format!("/portal/transactions?{query}")).await.expect(200))
}

/// One movement of every kind, a minute apart.
async fn every_kind(site: &Site) -> Client {
    let mut client = site.sign_in("owner@site.example").await;
    site.top_up(&mut client, "50").await;
    let minute = |n: i64| Ts(MORNING.0 + n * 60_000_000);
    use_at(site, minute(1), Meter::CALL, "Anruf von Müller").await;
    use_at(site, minute(2), Meter::API_CALL, "100% Abfrage").await;
    use_at(site, minute(3), Meter::APPOINTMENT, "Termin_1").await;
    use_at(site, minute(4), Meter::SMS, "SMS an MÜLLER").await;
    let customer = site.chain.customers[0];
    let more = vec![
        draft(customer, "Kulanz", Posting::Bonus { amount: Cents::euros(5) }),
        draft(customer, "Korrektur", Posting::Adjustment { amount: Cents::euros(-1) }),
    ];
    post(&site.app().db, more, minute(5)).await;
    client
}

on_both! {
    async fn each_kind_is_found_by_its_filter(store: Store) {
        let site = Site::start(&store).await;
        let mut client = every_kind(&site).await;
        for (kind, found) in [
            ("call", "Anruf von Müller"),
            ("api_call", "100% Abfrage"),
            ("appointment", "Termin_1"),
            ("sms", "SMS an MÜLLER"),
            ("bonus", "Kulanz"),
            ("adjustment", "Korrektur"),
        ] {
            assert_eq!(find(&mut client, &[("kind", kind)]).await, [found], "{kind}");
        }
        assert_eq!(find(&mut client, &[("kind", "topup")]).await.len(), 1);
        assert!(find(&mut client, &[("kind", "refund")]).await.is_empty());
        assert_eq!(find(&mut client, &[]).await.len(), 7);
        assert_eq!(find(&mut client, &[("kind", "nonsense")]).await.len(), 7, "an unknown kind filters nothing");
    }

    async fn a_text_is_found_literally_whatever_its_case(store: Store) {
        let site = Site::start(&store).await;
        let mut client = every_kind(&site).await;
        assert_eq!(find(&mut client, &[("q", "müller")]).await, ["SMS an MÜLLER", "Anruf von Müller"]);
        assert_eq!(find(&mut client, &[("q", " MÜLLER "), ("kind", "call")]).await, ["Anruf von Müller"]);
        assert_eq!(find(&mut client, &[("q", "%")]).await, ["100% Abfrage"]);
        assert_eq!(find(&mut client, &[("q", "_")]).await, ["Termin_1"]);
        for nothing in ["!", "'", "\\", "m_ller", "Anruf%Müller"] {
            assert!(find(&mut client, &[("q", nothing)]).await.is_empty(), "{nothing}");
        }
        let page = client.get("/portal/transactions?q=gibt%20es%20nicht").await.expect(200);
        page.shows(&DE.transaction_none_title());
        page.shows("href=\"/portal/transactions\"");
    }

    async fn amounts_are_compared_without_their_sign(store: Store) {
        let site = Site::start(&store).await;
        let mut client = every_kind(&site).await;
        assert_eq!(find(&mut client, &[("min", "1")]).await, ["Korrektur", "Kulanz", "Termin_1", &DE.method_card()]);
        assert_eq!(find(&mut client, &[("min", "0,15"), ("max", "0,40")]).await, ["100% Abfrage", "Anruf von Müller"]);
        assert_eq!(find(&mut client, &[("max", "0,08")]).await, ["SMS an MÜLLER"]);
        assert!(find(&mut client, &[("min", "51")]).await.is_empty());
        assert!(find(&mut client, &[("min", "2"), ("max", "1")]).await.is_empty());
    }

    async fn what_cannot_be_read_is_said_beside_its_field_and_filters_nothing(store: Store) {
        let site = Site::start(&store).await;
        let mut client = every_kind(&site).await;
        let cases = [
            ("from", "23.11.2026", DE.transaction_bad_date()),
            ("to", "2026-02-30", DE.transaction_bad_date()),
            ("min", "1,000.00", DE.transaction_bad_amount()),
            ("max", "viel", DE.transaction_bad_amount()),
        ];
        for (field, value, sentence) in cases {
            let query = String::from_utf8(encoded(&[(field, value), ("kind", "call")])).expect("ASCII");
            let page = client.get(&format!("/portal/transactions?{query}")).await.expect(200);
            page.shows(&sentence);
            assert_eq!(titles(&page), ["Anruf von Müller"], "{field}: the other filter still holds");
            assert_eq!(page.value(field).as_deref(), Some(value), "{field}: what was typed stays");
            let marked: Vec<String> = page.tags("input").into_iter().filter(|i| i.contains_key("aria-invalid")).map(|i| i["name"].clone()).collect();
            assert_eq!(marked, [field]);
        }
        for (field, value) in [("after", "x"), ("before", "-"), ("after", "99999999999999999999")] {
            assert_eq!(find(&mut client, &[(field, value)]).await.len(), 7, "{field}={value}");
        }
    }

    async fn days_are_german_days_when_the_clocks_change(store: Store) {
        let site = Site::start(&store).await;
        // 2027: summer time begins on 28 March at 01:00 UTC and ends on 31 October at 01:00 UTC.
        for (at, title) in [
            ("2027-03-27T22:59:59Z", "27.3. 23:59:59"),
            ("2027-03-27T23:00:00Z", "28.3. 00:00:00"),
            ("2027-03-28T01:00:00Z", "28.3. 03:00:00"),
            ("2027-03-28T21:59:59Z", "28.3. 23:59:59"),
            ("2027-03-28T22:00:00Z", "29.3. 00:00:00"),
            ("2027-10-30T21:59:59Z", "30.10. 23:59:59"),
            ("2027-10-30T22:00:00Z", "31.10. 00:00:00"),
            ("2027-10-31T00:30:00Z", "31.10. 02:30:00 A"),
            ("2027-10-31T01:30:00Z", "31.10. 02:30:00 B"),
            ("2027-10-31T22:59:59Z", "31.10. 23:59:59"),
            ("2027-10-31T23:00:00Z", "1.11. 00:00:00"),
        ] {
            let at: jiff::Timestamp = at.parse().expect("a time");
            use_at(&site, Ts(at.as_microsecond()), Meter::SMS, title).await;
        }
        let mut client = site.sign_in("owner@site.example").await;
        let spring = find(&mut client, &[("from", "2027-03-28"), ("to", "2027-03-28")]).await;
        assert_eq!(spring, ["28.3. 23:59:59", "28.3. 03:00:00", "28.3. 00:00:00"]);
        let autumn = find(&mut client, &[("from", "2027-10-31"), ("to", "2027-10-31")]).await;
        assert_eq!(autumn, ["31.10. 23:59:59", "31.10. 02:30:00 B", "31.10. 02:30:00 A", "31.10. 00:00:00"]);
        assert_eq!(find(&mut client, &[("from", "2027-11-01")]).await, ["1.11. 00:00:00"]);
        assert_eq!(find(&mut client, &[("to", "2027-03-27")]).await, ["27.3. 23:59:59"]);
        assert_eq!(find(&mut client, &[("from", "2027-03-28"), ("to", "2027-10-31")]).await.len(), 9);
        assert!(find(&mut client, &[("from", "2027-05-01"), ("to", "2027-05-31")]).await.is_empty());
        assert!(find(&mut client, &[("from", "2027-10-31"), ("to", "2027-03-28")]).await.is_empty());
    }

    async fn sums_stand_over_what_was_found(store: Store) {
        let site = Site::start(&store).await;
        let mut client = every_kind(&site).await;
        let page = client.get("/portal/transactions").await.expect(200);
        page.shows(&DE.transaction_count(7, "7"));
        page.shows(&DE.money_signed(Cents::euros(55)));
        page.shows(&DE.money(Cents(-313)));
        let calls = client.get("/portal/transactions?kind=call").await.expect(200);
        calls.shows(&DE.transaction_count(1, "1"));
        calls.shows(&DE.money(Cents(-40)));
        site.advance(Duration::from_secs(86_400));
        client.get("/portal/transactions?from=2026-11-24").await.expect(200).shows(&DE.transaction_none_title());
    }
}
