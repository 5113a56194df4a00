//! One form makes one top-up, however often it is sent.

use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, Site, session_of};
use guthaben::domain::money::Cents;
use guthaben::domain::topup::Status;

on_both! {
    async fn sending_a_form_again_leads_to_the_same_checkout(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let fields = [("amount", "50"), ("method", "card"), ("request_key", "form-1")];
        let first = client.post("/portal/topups", &fields).await.expect(303);
        let second = client.post("/portal/topups", &fields).await.expect(303);
        assert_eq!(first.location(), second.location());
        assert_eq!((site.top_ups(0).await.len(), site.stripe_count("checkout/sessions").await), (1, 1));
        // Once it is paid, the same form leads to its state instead of a second payment.
        site.pay(&session_of(first.location()), CARD).await;
        site.deliver().await;
        let third = client.post("/portal/topups", &fields).await.expect(303);
        assert_eq!(third.location(), format!("/portal/topups/{}", site.top_ups(0).await[0].id));
        assert_eq!((site.top_ups(0).await.len(), site.balance(0).await), (1, Cents::euros(50)));
    }

    async fn twenty_sends_at_once_make_one_top_up_and_one_session(store: Store) {
        let site = Site::start(&store).await;
        let client = site.sign_in("owner@site.example").await;
        let sends = (0..20).map(|_| {
            let mut client = client.clone();
            async move {
                let fields = [("amount", "50"), ("method", "card"), ("request_key", "form-1")];
                client.post("/portal/topups", &fields).await
            }
        });
        let pages = futures_util::future::join_all(sends).await;
        // Whoever came while Stripe was still busy with the first may be asked to try again; nobody gets another session.
        assert!(pages.iter().all(|page| [303, 503].contains(&page.status)));
        let mut places: Vec<&str> = pages.iter().filter(|p| p.status == 303).map(|p| p.location()).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 1, "{places:?}");
        assert_eq!((site.top_ups(0).await.len(), site.stripe_count("checkout/sessions").await), (1, 1));
        assert_eq!(site.stripe_count("customers").await, 1);
    }

    async fn the_same_form_with_another_amount_is_another_top_up(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let first = [("amount", "50"), ("method", "card"), ("request_key", "form-1")];
        let first = client.post("/portal/topups", &first).await.expect(303);
        let second = [("amount", "60"), ("method", "card"), ("request_key", "form-1")];
        let second = client.post("/portal/topups", &second).await.expect(303);
        assert_ne!(first.location(), second.location());
        let top_ups = site.top_ups(0).await;
        let of = |euros| top_ups.iter().find(|t| t.amount_cents == Cents::euros(euros)).expect("it").status;
        assert_eq!((of(50), of(60)), (Status::Expired, Status::Open));
        let session = session_of(first.location());
        assert_eq!(site.stripe(&format!("checkout/sessions/{session}")).await["status"], "expired");
    }

    async fn two_customers_may_send_the_same_key(store: Store) {
        let site = Site::start(&store).await;
        for (place, person) in [(0, "owner@site.example"), (2, "foreign@site.example")] {
            let mut client = site.sign_in(person).await;
            let fields = [("amount", "50"), ("method", "card"), ("request_key", "form-1")];
            client.post("/portal/topups", &fields).await.expect(303);
            assert_eq!(site.top_ups(place).await.len(), 1);
        }
    }

    async fn what_was_paid_at_the_last_moment_is_credited_though_a_new_top_up_began(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "50", "card").await;
        site.pay(&session, CARD).await;
        // Before any webhook arrives the customer starts anew.
        site.check_out(&mut client, "60", "card").await;
        assert_eq!(site.balance(0).await, Cents::euros(50));
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents::euros(50));
        site.assert_sound().await;
    }
}
