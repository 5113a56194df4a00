//! Refunds and disputes made at Stripe: booked once each or kept for a person, and visible.

use super::{deliver_in_order, events_about, of_types, outcomes, permutations};
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, DE, Site};
use guthaben::domain::ledger::TransferKind;
use guthaben::domain::money::Cents;
use serde_json::Value;
use std::time::Duration;

/// A customer with 50 € by card; gives the payment.
async fn paid(site: &Site) -> String {
    let mut client = site.sign_in("sister@site.example").await;
    site.top_up(&mut client, "50").await;
    site.top_ups(1).await[0].payment_intent.clone().expect("a payment")
}

/// The amounts of the customer's refunds, oldest first.
async fn booked(site: &Site) -> Vec<i64> {
    let refunds = site.movements(1).await.into_iter().filter(|m| m.kind == TransferKind::Refund);
    refunds.map(|m| m.amount_cents.0).rev().collect()
}

on_both! {
    async fn a_partial_refund_is_booked_once_and_shown(store: Store) {
        let site = Site::start(&store).await;
        let intent = paid(&site).await;
        site.simulator().refund(&intent, Some(2_000)).await.expect("a refund");
        site.deliver().await;
        assert_eq!((site.balance(1).await, booked(&site).await), (Cents::euros(30), vec![-2_000]));
        let page = site.sign_in("admin@site.example").await.get("/admin").await.expect(200);
        page.shows(&DE.admin_detail_refund_booked());
        page.shows("Praxis Nord");
        assert_eq!(page.body.matches(&DE.admin_detail_refund_booked()).count(), 1, "one row");
        let list = site.sign_in("sister@site.example").await.get("/portal/transactions").await.expect(200);
        list.shows(&DE.money_signed(Cents(-2_000)));
        site.assert_sound().await;
    }

    async fn two_partial_refunds_are_two_and_not_three(store: Store) {
        let site = Site::start(&store).await;
        let intent = paid(&site).await;
        for cents in [1_000, 1_500] {
            site.simulator().refund(&intent, Some(cents)).await.expect("a refund");
            site.deliver().await;
        }
        assert_eq!((site.balance(1).await, booked(&site).await), (Cents(2_500), vec![-1_000, -1_500]));
        // Both told by one event: the sum at Stripe is cumulative, ours is not.
        for cents in [500, 250] {
            site.simulator().refund(&intent, Some(cents)).await.expect("a refund");
        }
        site.deliver().await;
        assert_eq!((site.balance(1).await, booked(&site).await.len()), (Cents(1_750), 4));
        site.assert_sound().await;
    }

    async fn a_refund_that_fails_brings_the_money_back_once(store: Store) {
        let site = Site::start(&store).await;
        let intent = paid(&site).await;
        let refund = site.simulator().refund(&intent, None).await.expect("a refund");
        site.deliver().await;
        assert_eq!(site.balance(1).await, Cents::ZERO);
        site.simulator().fail_refund(&refund).await.expect("it fails");
        site.deliver().await;
        assert_eq!((site.balance(1).await, booked(&site).await), (Cents::euros(50), vec![-5_000, 5_000]));
        site.assert_sound().await;
    }

    async fn a_refund_that_has_failed_before_anybody_heard_of_it_leaves_two_lines(store: Store) {
        let site = Site::start(&store).await;
        let intent = paid(&site).await;
        let refund = site.simulator().refund(&intent, None).await.expect("a refund");
        site.simulator().fail_refund(&refund).await.expect("it fails");
        site.deliver().await;
        assert_eq!((site.balance(1).await, booked(&site).await), (Cents::euros(50), vec![-5_000, 5_000]));
    }

    async fn a_refund_of_spent_money_leaves_a_visible_debt(store: Store) {
        let site = Site::start(&store).await;
        let intent = paid(&site).await;
        crate::support::site::use_calls(&site, 1, 100).await;
        assert_eq!(site.balance(1).await, Cents::euros(10));
        site.simulator().refund(&intent, None).await.expect("a refund");
        site.deliver().await;
        assert_eq!(site.balance(1).await, Cents::euros(-40));
        let page = site.sign_in("sister@site.example").await.get("/portal").await.expect(200);
        page.shows("value=\"-40.00\"");
        page.shows(&DE.money(Cents::euros(-40)));
        page.shows(&DE.overview_banner_empty());
        site.assert_sound().await;
    }

    async fn credit_and_refund_end_the_same_in_every_order(store: Store) {
        let site = Site::with(&store, &[("GUTHABEN_TOPUP_DAILY_CENTS", "100000000")]).await;
        let types = ["checkout.session.completed", "payment_intent.succeeded", "charge.refunded", "refund.created"];
        for order in permutations(types.len()) {
            let before = site.balance(1).await;
            let mut client = site.sign_in("sister@site.example").await;
            let session = site.check_out(&mut client, "50", "card").await;
            site.pay(&session, CARD).await;
            let intent = site.stripe(&format!("checkout/sessions/{session}")).await["payment_intent"].clone();
            site.simulator().refund(intent.as_str().expect("an intent"), Some(2_000)).await.expect("a refund");
            let events = of_types(&events_about(&site, &session).await, &types);
            let ordered: Vec<&Value> = order.iter().map(|at| &events[*at]).collect();
            deliver_in_order(&site, &ordered).await;
            // An event that came too early to be booked waits for its next try.
            site.advance(Duration::from_secs(10));
            while guthaben::billing::webhooks::work_off(site.app()).await.expect("worked off") > 0 {}
            assert_eq!(site.balance(1).await - before, Cents::euros(30), "{order:?}");
        }
        assert_eq!(site.movements(1).await.len(), 48);
        site.assert_sound().await;
    }

    async fn a_dispute_waits_for_a_person_and_is_not_booked(store: Store) {
        let site = Site::start(&store).await;
        let intent = paid(&site).await;
        let dispute = site.simulator().dispute(&intent, false, None).await.expect("a dispute");
        site.deliver().await;
        site.simulator().close_dispute(&dispute, true).await.expect("won");
        site.deliver().await;
        for kind in ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"] {
            assert_eq!(outcomes(&site, kind).await, [format!("attention {kind}")]);
        }
        let page = site.sign_in("finance@site.example").await.get("/admin").await.expect(200);
        page.shows(&DE.admin_detail_dispute());
        page.shows(&DE.admin_attention_dispute());
        page.shows("Praxis Nord");
        assert_eq!((site.balance(1).await, site.movements(1).await.len()), (Cents::euros(50), 1));
    }
}
