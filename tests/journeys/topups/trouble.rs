//! Topping up when Stripe is not set up, away, or answers late.

use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, DE, Site, session_of};
use guthaben::domain::money::Cents;
use guthaben::domain::refusal::Refusal;
use guthaben::domain::topup::Status;
use guthaben::stripe::simulator::{Fault, FaultKind};

fn always(on: &str, kind: FaultKind) -> Fault {
    Fault { count: 1_000_000, ..Fault::once(on, kind) }
}

on_both! {
    async fn without_keys_the_pages_say_so_kindly_and_nothing_happens(store: Store) {
        let site = Site::with(&store, &[("STRIPE_MODE", "test")]).await;
        let mut client = site.sign_in("owner@site.example").await;
        let form = client.get("/portal/topups/new").await.expect(200);
        form.shows(&DE.topup_off_title());
        form.hides("zahlungspflichtig");
        client.get("/portal").await.expect(200);
        let page = client.post("/portal/topups", &[("amount", "50"), ("method", "card")]).await.expect(503);
        page.shows(&DE.refusal(&Refusal::TopUpsOff));
        assert_eq!(page.value("amount").as_deref(), Some("50"));
        assert!(site.top_ups(0).await.is_empty());
    }

    async fn with_stripe_down_the_form_stays_and_works_once_it_is_back(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        for on in ["POST /v1/customers", "POST /v1/checkout/sessions"] {
            site.simulator().inject(always(on, FaultKind::ErrorBefore));
            let fields = [("amount", "75,50"), ("method", "card"), ("request_key", "form-1")];
            let page = client.post("/portal/topups", &fields).await.expect(503);
            page.shows(&DE.refusal(&Refusal::PaymentUnavailable));
            let kept = ["amount", "method", "request_key"].map(|name| page.value(name).expect("a field"));
            assert_eq!(kept, ["75,50", "card", "form-1"]);
            site.simulator().clear_faults();
        }
        assert_eq!(site.stripe_count("checkout/sessions").await, 0);
        let fields = [("amount", "75,50"), ("method", "card"), ("request_key", "form-1")];
        let page = client.post("/portal/topups", &fields).await.expect(303);
        assert_eq!((site.top_ups(0).await.len(), site.stripe_count("checkout/sessions").await), (1, 1));
        site.pay(&session_of(page.location()), CARD).await;
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents(7_550));
    }

    async fn a_lost_answer_does_not_open_a_second_session(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        for (round, kind) in [FaultKind::ErrorAfter, FaultKind::CutAfter, FaultKind::BrokenBody].into_iter().enumerate() {
            site.simulator().inject(Fault::once("POST /v1/checkout/sessions", kind.clone()));
            site.simulator().inject(Fault::once("POST /v1/customers", kind));
            let session = site.check_out(&mut client, "50", "card").await;
            assert_eq!(site.stripe_count("checkout/sessions").await, round + 1);
            assert_eq!(site.top_ups(0).await[0].session_id.as_deref(), Some(session.as_str()));
            site.advance(std::time::Duration::from_secs(1));
        }
        assert_eq!(site.stripe_count("customers").await, 1);
    }

    async fn a_form_whose_session_was_opened_but_never_heard_of_finds_it_again(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.simulator().inject(always("POST /v1/checkout/sessions", FaultKind::CutAfter));
        let fields = [("amount", "50"), ("method", "card"), ("request_key", "form-1")];
        client.post("/portal/topups", &fields).await.expect(503);
        assert_eq!((site.top_ups(0).await[0].status, site.stripe_count("checkout/sessions").await), (Status::New, 1));
        site.simulator().clear_faults();
        client.post("/portal/topups", &fields).await.expect(303);
        assert_eq!((site.top_ups(0).await.len(), site.stripe_count("checkout/sessions").await), (1, 1));
    }

    async fn the_status_page_stands_while_stripe_is_away(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.check_out(&mut client, "50", "card").await;
        site.simulator().inject(always("* /v1/*", FaultKind::ErrorBefore));
        let id = site.top_ups(0).await[0].id;
        client.get(&format!("/portal/topups/{id}")).await.expect(200).shows(&DE.topup_open_title());
        client.get("/portal").await.expect(200);
    }
}
