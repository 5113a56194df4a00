//! Mishaps between Stripe and the book: workers that die, answers and webhooks that are lost, Stripe away at the wrong moment.

use super::{deliver, events_about, of_types};
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, IBAN, Site};
use guthaben::billing::topups::reconcile;
use guthaben::billing::webhooks::work_off;
use guthaben::domain::money::Cents;
use guthaben::domain::topup::Status;
use guthaben::store::webhooks;
use guthaben::stripe::simulator::{Fault, FaultKind};
use std::time::Duration;

fn always(on: &str, kind: FaultKind) -> Fault {
    Fault { count: 1_000_000, ..Fault::once(on, kind) }
}

/// Runs the reconciler; gives how many top-ups it changed.
async fn reconciled(site: &Site) -> usize {
    let done = reconcile(site.app()).await.expect("reconciled");
    assert_eq!(done.failed, 0);
    done.changed
}

on_both! {
    async fn what_a_dead_worker_had_taken_is_done_later_and_once(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "50", "card").await;
        site.pay(&session, CARD).await;
        site.simulator().deliver_due().await;
        let mut tx = store.db.begin().await.expect("begin");
        let lease = Duration::from_secs(60);
        let taken = webhooks::claim(&mut tx, site.clock.now(), lease, 100).await.expect("claim");
        tx.commit().await.expect("commit");
        assert!(taken.len() >= 3, "{taken:?}");
        assert_eq!(work_off(site.app()).await.expect("worked off"), 0, "nobody works on what is taken");
        assert_eq!(site.balance(0).await, Cents::ZERO);
        site.advance(Duration::from_secs(60));
        site.deliver().await;
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
        assert_eq!(webhooks::inbox(&store.db).await.expect("a reading").waiting, 0);
        site.assert_sound().await;
    }

    async fn a_worker_that_comes_back_after_its_lease_books_nothing_twice(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "50", "card").await;
        site.pay(&session, CARD).await;
        let events = events_about(&site, &session).await;
        let completed = of_types(&events, &["checkout.session.completed"])[0].clone();
        deliver(&site, &completed.to_string()).await.expect(200);
        let id = completed["id"].as_str().expect("an id");
        let top_up = site.top_ups(0).await[0].id;
        // The slow worker and the one that took over settle the same event.
        for _ in 0..2 {
            guthaben::billing::topups::settle(site.app(), top_up, Some(id)).await.expect("settled");
        }
        site.deliver().await;
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
    }

    async fn a_paid_session_is_ours_though_the_answer_that_opened_it_was_lost(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.simulator().inject(always("POST /v1/checkout/sessions", FaultKind::ErrorAfter));
        let fields = [("amount", "50"), ("method", "card"), ("request_key", "form-1")];
        client.post("/portal/topups", &fields).await.expect(503);
        site.simulator().clear_faults();
        let unknown = site.top_ups(0).await[0].clone();
        assert_eq!((unknown.status, &unknown.session_id), (Status::New, &None));
        let session = site.stripe("checkout/sessions").await["data"][0]["id"].clone();
        let session = session.as_str().expect("a session").to_owned();
        site.pay(&session, CARD).await;
        site.deliver().await;
        let adopted = site.top_ups(0).await[0].clone();
        assert_eq!((adopted.status, adopted.session_id), (Status::Paid, Some(session)));
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
        // The same form, sent once more, finds that everything is done.
        let again = client.post("/portal/topups", &fields).await.expect(303);
        assert_eq!(again.location(), format!("/portal/topups/{}", adopted.id));
    }

    async fn what_no_webhook_told_the_reconciler_finds(store: Store) {
        let site = Site::start(&store).await;
        site.simulator().inject(always("event *", FaultKind::Drop));
        let mut owner = site.sign_in("owner@site.example").await;
        let mut direct = site.sign_in("direct@site.example").await;
        let session = site.check_out(&mut owner, "50", "card").await;
        site.pay(&session, CARD).await;
        let debit = site.check_out(&mut direct, "70", "sepa_debit").await;
        site.pay(&debit, IBAN).await;
        site.deliver().await;
        assert_eq!(reconciled(&site).await, 2);
        assert_eq!((site.balance(0).await, site.balance(3).await), (Cents::euros(50), Cents::ZERO));
        assert_eq!(site.top_ups(3).await[0].status, Status::Collecting);
        site.advance(Duration::from_secs(8 * 86_400));
        assert_eq!(reconciled(&site).await, 1);
        assert_eq!(site.balance(3).await, Cents::euros(70));
        assert_eq!(reconciled(&site).await, 0);
        site.assert_sound().await;
    }

    async fn a_top_up_that_never_reached_stripe_ends_after_its_time(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.simulator().inject(always("* /v1/*", FaultKind::CutBefore));
        client.post("/portal/topups", &[("amount", "50"), ("method", "card")]).await.expect(503);
        site.simulator().clear_faults();
        site.advance(Duration::from_secs(3_540));
        assert_eq!(reconciled(&site).await, 0);
        assert_eq!(site.top_ups(0).await[0].status, Status::New);
        site.advance(Duration::from_secs(61));
        assert_eq!(reconciled(&site).await, 1);
        assert_eq!(site.top_ups(0).await[0].status, Status::Expired);
    }

    async fn events_wait_while_stripe_is_away(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "50", "card").await;
        site.pay(&session, CARD).await;
        site.simulator().inject(always("GET /v1/*", FaultKind::ErrorBefore));
        site.deliver().await;
        let inbox = webhooks::inbox(&store.db).await.expect("a reading");
        assert!(inbox.waiting > 0 && inbox.failed == 0, "{inbox:?}");
        assert_eq!(site.balance(0).await, Cents::ZERO);
        site.simulator().clear_faults();
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents::ZERO, "not before the pause is over");
        site.advance(Duration::from_secs(2));
        site.deliver().await;
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
        assert_eq!(webhooks::inbox(&store.db).await.expect("a reading").waiting, 0);
    }

    async fn stripe_sends_again_what_was_not_stored(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "50", "card").await;
        // Signed with a wrong secret first: refused, so the retry a minute later brings it.
        site.simulator().inject(always("event *", FaultKind::WrongSecret));
        site.pay(&session, CARD).await;
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents::ZERO);
        site.advance(Duration::from_secs(60));
        site.deliver().await;
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(50), 1));
    }
}
