//! The balance on open pages: it moves with the book, whoever posted, and tells nobody else.

use crate::support::client::{Client, Event, Stream};
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, DE, IBAN, Site, use_calls, use_calls_on};
use crate::support::world::{draft, post};
use guthaben::domain::ledger::Posting;
use guthaben::domain::money::Cents;
use guthaben::store::changes;
use std::time::Duration;

/// How long one posting may take to be seen before another is made, because the node was not listening yet.
const SHORT: Duration = Duration::from_secs(3);

async fn open(client: &Client) -> Stream {
    let stream = client.clone().stream("/portal/balance/stream").await;
    assert_eq!((stream.status, stream.kind.as_str()), (200, "text/event-stream"));
    stream
}

/// A customer with 50 € and an open stream whose first event has been read.
async fn watched(site: &Site) -> (Client, Stream, Event) {
    let mut client = site.sign_in("owner@site.example").await;
    site.top_up(&mut client, "50").await;
    let mut stream = open(&client).await;
    let first = stream.next().await.expect("the present state");
    (client, stream, first)
}

/// Checks that an event shows a balance, in the figure and in the bar.
#[track_caller]
fn assert_balance(event: &Event, cents: i64) {
    let value = format!("value=\"{}\"", Cents(cents).plain());
    assert!(event.data.matches(&value).count() >= 2, "{}: {}", Cents(cents), event.data);
    assert!(event.data.contains(&DE.money(Cents(cents))), "{}", event.data);
}

/// Reads on until an event shows a balance: postings made one after the other may be told one by one.
async fn shows_balance(stream: &mut Stream, mut event: Event, balance: Cents) {
    let value = format!("value=\"{}\"", balance.plain());
    while !event.data.contains(&value) {
        event = stream.next().await.expect("an event");
    }
    assert_balance(&event, balance.0);
}

on_both! {
    async fn a_stream_begins_with_the_present_state(store: Store) {
        let site = Site::start(&store).await;
        let (_, _, first) = watched(&site).await;
        assert_eq!(first.id, site.movements(0).await[0].seq.to_string());
        for target in ["#balance", "#balance-bar", "#balance-reach", "#balance-facts", "#balance-banner", "#last-transactions"] {
            assert!(first.data.contains(&format!("hx-target=\"{target}\"")), "{target}: {}", first.data);
        }
        assert_balance(&first, 5_000);
        assert!(!first.data.contains("is-new") && !first.data.contains("#announcements"), "{}", first.data);
    }

    async fn a_posting_of_this_node_is_on_every_open_page(store: Store) {
        let site = Site::start(&store).await;
        let (client, mut stream, _) = watched(&site).await;
        let mut colleague = open(&site.sign_in("viewer@site.example").await).await;
        let mut window = open(&client).await;
        colleague.next().await.expect("the present state");
        window.next().await.expect("the present state");
        for round in 1..=3 {
            use_calls(&site, 0, 1).await;
            for stream in [&mut stream, &mut colleague, &mut window] {
                let event = stream.next().await.expect("an event");
                assert_eq!(event.id, (1 + round).to_string());
                assert_balance(&event, 5_000 - 40 * round);
                assert!(event.data.contains("is-new"), "the new posting is marked");
            }
        }
    }

    async fn a_payment_is_seen_and_announced_without_reloading(store: Store) {
        let site = Site::start(&store).await;
        let (mut client, mut stream, _) = watched(&site).await;
        let session = site.check_out(&mut client, "80", "card").await;
        site.pay(&session, CARD).await;
        site.deliver().await;
        let mut event = stream.next().await.expect("an event");
        // The top-up's own states may be told first; the balance follows.
        while !event.data.contains("13000") && !event.data.contains("130.00") {
            event = stream.next().await.expect("an event");
        }
        assert_balance(&event, 13_000);
        let (amount, balance) = (DE.money(Cents::euros(80)), DE.money(Cents::euros(130)));
        assert!(event.data.contains(&DE.overview_announce_credit(amount, balance)), "{}", event.data);
    }

    async fn a_debit_on_its_way_is_seen_as_pending(store: Store) {
        let site = Site::start(&store).await;
        let (mut client, mut stream, _) = watched(&site).await;
        let session = site.check_out(&mut client, "80", "sepa_debit").await;
        site.pay(&session, IBAN).await;
        site.deliver().await;
        let event = stream.next().await.expect("an event");
        assert_balance(&event, 5_000);
        assert!(event.data.contains(&DE.money_signed(Cents::euros(80))), "{}", event.data);
        assert!(!event.data.contains("#announcements"), "nothing has arrived yet");
    }

    async fn falling_below_the_threshold_is_said_once_and_single_calls_are_not(store: Store) {
        let site = Site::start(&store).await;
        let (_, mut stream, _) = watched(&site).await;
        let low = DE.overview_announce_low(DE.money(Cents::euros(10)));
        // 50 € less 100 calls are 10 €: still not below.
        for (calls, said) in [(100, false), (1, true), (1, false)] {
            use_calls(&site, 0, calls).await;
            let event = stream.next().await.expect("an event");
            assert_eq!(event.data.contains(&low), said, "{calls}: {}", event.data);
        }
    }

    async fn a_posting_of_another_node_is_seen_here(store: Store) {
        let site = Site::start(&store).await;
        let node = site.second_node(&[]).await;
        let following = tokio::spawn(changes::follow(site.app().db.clone()));
        let (_, mut stream, _) = watched(&site).await;
        for expected in [4_960, 4_920] {
            let mut seen = None;
            for _ in 0..20 {
                use_calls_on(&node.app, site.chain.customers[0], &site.clock, 1).await;
                seen = stream.within(SHORT).await;
                if seen.is_some() {
                    break;
                }
            }
            let event = seen.expect("an event");
            let balance = site.balance(0).await;
            assert!(balance <= Cents(expected));
            shows_balance(&mut stream, event, balance).await;
        }
        following.abort();
        node.stop().await;
    }

    async fn a_posting_of_the_command_line_is_seen_here(store: Store) {
        let site = Site::start(&store).await;
        let following = tokio::spawn(changes::follow(site.app().db.clone()));
        let (_, mut stream, _) = watched(&site).await;
        let other = store.second_node().await;
        let mut seen = None;
        for round in 0..20 {
            let gift = draft(site.chain.customers[0], &format!("gift-{round}"), Posting::Bonus { amount: Cents::euros(1) });
            post(&other, vec![gift], site.clock.now()).await;
            seen = stream.within(SHORT).await;
            if seen.is_some() {
                break;
            }
        }
        shows_balance(&mut stream, seen.expect("an event"), site.balance(0).await).await;
        following.abort();
        other.close().await;
    }

    async fn who_comes_back_sees_what_was_missed_as_new(store: Store) {
        let site = Site::start(&store).await;
        let (client, stream, first) = watched(&site).await;
        drop(stream);
        use_calls(&site, 0, 2).await;
        let mut again = open(&client.with("last-event-id", &first.id)).await;
        let event = again.next().await.expect("the present state");
        assert_eq!(event.data.matches("is-new").count(), 2, "{}", event.data);
        let mut fresh = open(&client).await;
        let event = fresh.next().await.expect("the present state");
        assert_eq!((event.id.as_str(), event.data.matches("is-new").count()), ("3", 0));
        let mut odd = open(&client.with("last-event-id", "nonsense")).await;
        assert_eq!(odd.next().await.expect("the present state"), event);
    }

    async fn nobody_hears_of_another_customers_money(store: Store) {
        let site = Site::start(&store).await;
        let (_, mut stream, first) = watched(&site).await;
        let mut sister = open(&site.sign_in("sister@site.example").await).await;
        assert_balance(&sister.next().await.expect("the present state"), 0);
        for round in 1..=3 {
            use_calls(&site, 0, 1).await;
            assert_balance(&stream.next().await.expect("an event"), 5_000 - 40 * round);
        }
        // Whatever the sister heard would come before what follows now; her next event is her own.
        use_calls(&site, 1, 1).await;
        let event = sister.next().await.expect("an event");
        assert_eq!(event.id, "1", "the first movement of her book");
        assert_balance(&event, -40);
        assert!(!event.data.contains("49.60") && first.id == "1");
    }

    async fn the_fragment_for_polling_shows_the_same(store: Store) {
        let site = Site::start(&store).await;
        let (mut client, mut stream, _) = watched(&site).await;
        use_calls(&site, 0, 1).await;
        let event = stream.next().await.expect("an event");
        let part = client.get("/portal/balance").await.expect(200);
        part.hides("<html");
        part.shows("hx-target=\"#balance\"");
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.replace(" class=\"is-new\"", "").trim().to_owned());
            lines.filter(|line| !line.is_empty()).collect()
        };
        assert_eq!(lines(&part.body), lines(&event.data));
    }

    async fn streams_end_when_the_server_stops(store: Store) {
        let site = Site::start(&store).await;
        let (_, mut stream, _) = watched(&site).await;
        site.server.stop().await;
        assert_eq!(stream.next().await, None);
    }
}
