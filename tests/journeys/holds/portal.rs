//! What is reserved, as the customer sees it: not available, not gone, and no reason for alarm.

use super::{capture, funded, open, release};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site};
use guthaben::domain::money::Cents;

/// The first signed-in customer with a stream that has told its present state.
async fn watched(site: &Site) -> (crate::support::client::Client, crate::support::client::Stream) {
    let client = site.sign_in("owner@site.example").await;
    let mut stream = client.clone().stream("/portal/balance/stream").await;
    let first = stream.next().await.expect("the present state");
    assert_eq!(first.id, "1");
    assert!(!first.data.contains(&DE.overview_held()), "{}", first.data);
    (client, stream)
}

fn value(cents: i64) -> String {
    format!("value=\"{}\"", Cents(cents).plain())
}

on_both! {
    async fn what_is_reserved_stands_beside_what_is_available(store: Store) {
        let site = funded(&store, 5_000).await;
        let mut client = site.sign_in("owner@site.example").await;
        let page = client.get("/portal").await.expect(200);
        page.hides(&DE.overview_held());
        page.hides("vorgemerkt</small>");
        let hold = open(&site, "call", Some(6_000)).await;
        assert_eq!(hold.held, Cents(4_000));
        for path in ["/portal", "/portal/balance"] {
            let page = client.get(path).await.expect(200);
            page.shows(&format!("<dt>{}</dt><dd class=\"money--pending\">{}</dd>", DE.overview_held(), DE.money(Cents(4_000))));
            page.shows(&value(1_000));
            page.shows(&format!("<small>{}</small>", DE.shell_held(DE.money(Cents(4_000)))));
            // Most of it comes back: nobody is told that the balance is low.
            page.hides(&DE.overview_banner_low(DE.money(Cents::euros(10))));
        }
        client.get("/portal/transactions").await.expect(200).shows(&DE.shell_held(DE.money(Cents(4_000))));
        release(&site, &hold).await.expect("released");
        let page = client.get("/portal").await.expect(200);
        page.shows(&value(5_000));
        page.hides(&DE.overview_held());
    }

    async fn everything_reserved_is_not_used_up(store: Store) {
        let site = funded(&store, 1_000).await;
        open(&site, "call", None).await;
        let page = site.sign_in("owner@site.example").await.get("/portal").await.expect(200);
        page.shows(&value(0));
        page.hides(&DE.overview_banner_empty());
        page.hides(&DE.overview_reach_empty());
    }

    async fn open_pages_see_it_come_and_go_and_nothing_is_announced(store: Store) {
        let site = funded(&store, 5_000).await;
        let (_, mut stream) = watched(&site).await;
        let (first, second) = (open(&site, "a", Some(6_000)).await, open(&site, "b", Some(600)).await);
        let mut event = stream.next().await.expect("an event");
        while event.id != "1.4400" {
            event = stream.next().await.expect("an event");
        }
        assert!(event.data.contains(&value(600)) && event.data.contains(&DE.money(Cents(4_400))), "{}", event.data);
        assert!(!event.data.contains("#announcements") && !event.data.contains("is-new"), "{}", event.data);
        release(&site, &first).await.expect("released");
        let event = stream.next().await.expect("an event");
        assert_eq!(event.id, "1.400");
        assert!(event.data.contains(&value(4_600)) && !event.data.contains("#announcements"), "{}", event.data);
        capture(&site, &second, 60).await.expect("a charge");
        let event = stream.next().await.expect("an event");
        assert_eq!(event.id, "2");
        assert!(event.data.contains(&value(4_960)) && event.data.contains("is-new"), "{}", event.data);
        assert!(!event.data.contains("#announcements"), "{}", event.data);
    }

    async fn who_comes_back_in_the_middle_of_a_call_sees_what_is_new(store: Store) {
        let site = funded(&store, 5_000).await;
        let (client, mut stream) = watched(&site).await;
        let (first, _second) = (open(&site, "a", Some(600)).await, open(&site, "b", Some(600)).await);
        let mut event = stream.next().await.expect("an event");
        while event.id != "1.800" {
            event = stream.next().await.expect("an event");
        }
        drop(stream);
        capture(&site, &first, 60).await.expect("a charge");
        let mut again = client.with("last-event-id", &event.id).stream("/portal/balance/stream").await;
        let event = again.next().await.expect("the present state");
        assert_eq!((event.id.as_str(), event.data.matches("is-new").count()), ("2.400", 1), "{}", event.data);
    }

    async fn movements_show_what_was_booked(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call", Some(600)).await;
        open(&site, "other", Some(600)).await;
        capture(&site, &hold, 60).await.expect("a charge");
        let page = site.sign_in("owner@site.example").await.get("/portal/transactions").await.expect(200);
        page.shows(&value(960));
        page.shows("call");
    }
}
