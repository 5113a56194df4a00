//! Events arrive in any order; the end is always the same.

use super::{deliver_in_order, events_about, of_types, permutations};
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, EMPTY_IBAN, IBAN, Site};
use guthaben::domain::money::Cents;
use guthaben::domain::topup::Status;
use serde_json::Value;
use std::time::Duration;

/// So high that the daily limit is in nobody's way.
const NO_LIMIT: (&str, &str) = ("GUTHABEN_TOPUP_DAILY_CENTS", "100000000");
const DAY: Duration = Duration::from_secs(86_400);

const CARD_EVENTS: &[&str] =
    &["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "charge.updated"];
const DEBIT_EVENTS: &[&str] = &[
    "payment_intent.processing",
    "checkout.session.completed",
    "payment_intent.succeeded",
    "checkout.session.async_payment_succeeded",
];
const RETURNED_EVENTS: &[&str] = &[
    "payment_intent.processing",
    "checkout.session.completed",
    "payment_intent.payment_failed",
    "checkout.session.async_payment_failed",
];

/// Pays anew for every order, delivers the payment's events in it (the first of them a second time at the end) and checks how it ends.
async fn in_every_order(site: &Site, number: &str, types: &[&str], end: (Status, Cents)) {
    let method = if number == CARD { "card" } else { "sepa_debit" };
    for order in permutations(types.len()) {
        // Debits take days, so the session of the last round may be over.
        let mut client = site.sign_in("owner@site.example").await;
        let before = site.balance(0).await;
        let session = site.check_out(&mut client, "10", method).await;
        site.pay(&session, number).await;
        site.advance(if number == CARD { Duration::from_secs(60) } else { 8 * DAY });
        site.simulator().truth().await.expect("what was due has happened");
        let events = of_types(&events_about(site, &session).await, types);
        let mut ordered: Vec<&Value> = order.iter().map(|at| &events[*at]).collect();
        ordered.push(ordered[0]);
        deliver_in_order(site, &ordered).await;
        let top_up = &site.top_ups(0).await[0];
        assert_eq!((top_up.status, site.balance(0).await - before), end, "{number} {order:?}");
        assert_eq!(top_up.session_id.as_deref(), Some(session.as_str()));
    }
    site.assert_sound().await;
}

on_both! {
    async fn a_card_payment_is_credited_once_in_every_order(store: Store) {
        let site = Site::with(&store, &[NO_LIMIT]).await;
        in_every_order(&site, CARD, CARD_EVENTS, (Status::Paid, Cents::euros(10))).await;
        assert_eq!(site.movements(0).await.len(), 24);
        assert_eq!(site.mails().await.len(), 48, "two people, once each");
    }

    async fn a_debit_is_credited_once_in_every_order(store: Store) {
        let site = Site::with(&store, &[NO_LIMIT]).await;
        in_every_order(&site, IBAN, DEBIT_EVENTS, (Status::Paid, Cents::euros(10))).await;
        assert_eq!(site.movements(0).await.len(), 24);
    }

    async fn a_returned_debit_is_never_credited_in_any_order(store: Store) {
        let site = Site::with(&store, &[NO_LIMIT]).await;
        in_every_order(&site, EMPTY_IBAN, RETURNED_EVENTS, (Status::Failed, Cents::ZERO)).await;
        assert!(site.movements(0).await.is_empty());
        assert_eq!(site.mails().await.len(), 48);
    }
}
