//! Prices that depend on the month: calls at the same time do not share the same free minutes.

use super::{MINUTE, SECOND, ask, capture, extend, funded, money, open, own_price, refusal, release};
use crate::support::engines::{Store, on_both};
use guthaben::domain::money::Cents;
use guthaben::domain::refusal::Refusal;
use guthaben::jobs::Job;

on_both! {
    async fn included_minutes_are_given_to_one_call_only(store: Store) {
        let site = funded(&store, 80).await;
        own_price(&site, 0, 600, 40).await;
        let first = open(&site, "a", Some(600)).await;
        assert_eq!((first.units, first.held), (600, Cents::ZERO));
        let second = open(&site, "b", Some(600)).await;
        assert_eq!((second.units, second.held), (120, Cents(80)), "the included ones are taken");
        assert_eq!(refusal(ask(&site, "c", Some(60)).await), Refusal::InsufficientBalance);
        // The first call was not answered: what it had reserved serves the second, whose money is free again.
        capture(&site, &first, 0).await.expect("a record");
        assert_eq!(money(&site, 0).await, (80, 0));
        let more = extend(&site, &second, Some(600)).await.expect("more");
        assert_eq!((more.units, more.held), (720, Cents(80)));
        capture(&site, &second, 660).await.expect("a charge");
        assert_eq!(money(&site, 0).await, (40, 0));
        site.assert_sound().await;
    }

    async fn the_first_ends_first_and_both_are_covered(store: Store) {
        both_are_covered(&store, true).await;
    }

    async fn the_second_ends_first_and_both_are_covered(store: Store) {
        both_are_covered(&store, false).await;
    }

    async fn what_is_released_or_expires_serves_the_others(store: Store) {
        let site = funded(&store, 1_000).await;
        own_price(&site, 0, 600, 40).await;
        let (first, _second) = (open(&site, "a", Some(300)).await, open(&site, "b", Some(600)).await);
        let third = open(&site, "c", Some(1_200)).await;
        assert_eq!((third.held, money(&site, 0).await.1), (Cents(800), 1_000));
        release(&site, &first).await.expect("released");
        assert_eq!(money(&site, 0).await.1, 800, "the second is free of charge, the third pays all");
        site.advance(15 * MINUTE + SECOND);
        assert_eq!(Job::Holds.run(site.app()).await, Ok(1));
        assert_eq!(money(&site, 0).await.1, 400);
        capture(&site, &third, 1_200).await.expect("a charge");
        assert_eq!(money(&site, 0).await, (600, 0));
        site.assert_sound().await;
    }
}

/// Two calls of ten minutes, of which ten are included, on 4 €.
async fn both_are_covered(store: &Store, first_ends_first: bool) {
    let site = funded(store, 400).await;
    own_price(&site, 0, 600, 40).await;
    let (first, second) = (open(&site, "a", Some(600)).await, open(&site, "b", Some(600)).await);
    assert_eq!((first.held, second.held), (Cents::ZERO, Cents(400)));
    let [earlier, later] = if first_ends_first { [&first, &second] } else { [&second, &first] };
    capture(&site, earlier, 600).await.expect("a charge");
    // The other one will use what is not included any more, and that is still reserved.
    assert_eq!(money(&site, 0).await, (400, 400));
    assert_eq!(refusal(ask(&site, "c", Some(60)).await), Refusal::InsufficientBalance);
    capture(&site, later, 600).await.expect("a charge");
    assert_eq!(money(&site, 0).await, (0, 0));
    site.assert_sound().await;
}
