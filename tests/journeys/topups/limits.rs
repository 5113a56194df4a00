//! The daily limit: what counts against it, and when a new day begins.

use crate::support::client::{Client, Page};
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, DE, IBAN, Site};
use guthaben::domain::money::Cents;
use guthaben::domain::refusal::Refusal;
use guthaben::domain::topup::Status;
use std::time::Duration;

async fn ask(client: &mut Client, amount: &str) -> Page {
    client.get("/portal/topups/new").await.expect(200);
    client.post("/portal/topups", &[("amount", amount), ("method", "card")]).await
}

/// The sentence that names what is left today.
fn left(euros: i64) -> String {
    DE.refusal(&Refusal::DailyLimit { left: Cents::euros(euros), limit: Cents::euros(1000) })
}

on_both! {
    async fn paid_and_open_top_ups_count_and_abandoned_ones_do_not(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        let mut accounting = site.sign_in("accounting@site.example").await;
        ask(&mut owner, "600").await.expect(303);
        // The same person starts anew: the first checkout is closed and no longer counts.
        let session = site.check_out(&mut owner, "900", "card").await;
        site.pay(&session, CARD).await;
        site.deliver().await;
        let states: Vec<Status> = site.top_ups(0).await.iter().map(|t| t.status).collect();
        assert!(states.contains(&Status::Expired) && states.contains(&Status::Paid), "{states:?}");
        let page = ask(&mut owner, "100,01").await.expect(422);
        page.shows(&left(100));
        assert_eq!(page.value("amount").as_deref(), Some("100,01"));
        page.shows(&DE.topup_amount_hint_today(
            DE.money(Cents::euros(100)),
            DE.money(Cents::euros(1000)),
            DE.money(Cents::euros(10)),
        ));
        // What a colleague has open may still be paid, so it counts.
        ask(&mut accounting, "100").await.expect(303);
        ask(&mut owner, "10").await.expect(422).shows(&left(0));
        // Nobody pays it, and its page closes.
        site.advance(Duration::from_secs(3_601));
        ask(&mut owner, "100").await.expect(303);
    }

    async fn a_debit_on_its_way_counts(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "500", "sepa_debit").await;
        site.pay(&session, IBAN).await;
        site.deliver().await;
        ask(&mut client, "501").await.expect(422).shows(&left(500));
        ask(&mut client, "500").await.expect(303);
    }

    async fn a_failed_debit_does_not_count(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "1000", "sepa_debit").await;
        site.pay(&session, IBAN).await;
        site.deliver().await;
        ask(&mut client, "10").await.expect(422);
        let intent = site.top_ups(0).await[0].payment_intent.clone().expect("a payment");
        site.simulator().fail_debit(&intent, "insufficient_funds").await.expect("it comes back");
        site.deliver().await;
        ask(&mut client, "1000").await.expect(303);
    }

    async fn the_day_begins_at_midnight_in_germany(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "1000").await;
        // It is ten in the morning; 23:59 is the same day.
        site.advance(Duration::from_secs(13 * 3600 + 59 * 60));
        ask(&mut client, "10").await.expect(422).shows(&left(0));
        site.advance(Duration::from_secs(60));
        ask(&mut client, "1000").await.expect(303);
    }

    async fn customers_do_not_share_a_limit(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "1000").await;
        let mut sister = site.sign_in("sister@site.example").await;
        ask(&mut sister, "1000").await.expect(303);
    }

    async fn many_at_once_do_not_pass_the_limit(store: Store) {
        let site = Site::start(&store).await;
        let mut clients = vec![];
        for person in ["owner@site.example", "accounting@site.example"] {
            let mut client = site.sign_in(person).await;
            client.get("/portal/topups/new").await.expect(200);
            clients.extend((0..4).map(|_| client.clone()));
        }
        let asked = clients.into_iter().map(|mut client| async move {
            client.post("/portal/topups", &[("amount", "400"), ("method", "card")]).await.status
        });
        let statuses = futures_util::future::join_all(asked).await;
        assert!(statuses.iter().all(|status| [303, 422, 503].contains(status)), "{statuses:?}");
        let now = site.clock.now();
        let live = site.top_ups(0).await.into_iter();
        let live = live.filter(|t| matches!(t.status, Status::New | Status::Open) && t.expires_at > now);
        let sum: Cents = live.map(|t| t.amount_cents).sum();
        assert!(sum > Cents::ZERO && sum <= Cents::euros(1000), "{sum}");
    }
}
