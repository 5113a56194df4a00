//! The form: what it takes, what it refuses and how it says so, and what it keeps.

use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, session_of};
use guthaben::domain::money::Cents;
use guthaben::domain::refusal::Refusal;

/// What the form refuses, and why.
fn refused_amounts() -> Vec<(&'static str, Refusal)> {
    let range = Refusal::AmountOutOfRange { min: Cents::euros(10), max: Cents::euros(1000) };
    vec![
        ("9,99", range.clone()),
        ("1000,01", range.clone()),
        ("0", range),
        ("1,000.00", Refusal::AmountUnreadable),
        ("10.50", Refusal::AmountUnreadable),
        ("-50", Refusal::AmountUnreadable),
        ("zehn", Refusal::AmountUnreadable),
        ("50\"><script>", Refusal::AmountUnreadable),
        ("", Refusal::AmountMissing),
    ]
}

/// Checks that a field is marked as wrong and points to its sentence.
fn assert_marked(page: &Page, field: &str) {
    let input = page.tags("input").into_iter().find(|input| input.get("name").is_some_and(|n| n == field));
    let input = input.expect("the field");
    assert_eq!(input.get("aria-invalid").map(String::as_str), Some("true"), "{field}");
    let error = format!("{field}-error");
    assert!(input["aria-describedby"].split(' ').any(|id| id == error), "{field}: {input:?}");
    page.shows(&format!("id=\"{error}\""));
}

on_both! {
    async fn a_wrong_amount_is_refused_beside_its_field_and_everything_entered_stays(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let form = client.get("/portal/topups/new").await.expect(200);
        let key = form.value("request_key").expect("a key");
        for (amount, refusal) in refused_amounts() {
            let fields = [("amount_choice", "other"), ("amount", amount), ("method", "sepa_debit"), ("request_key", &key)];
            let page = client.post("/portal/topups", &fields).await.expect(422);
            page.shows(&DE.refusal(&refusal));
            assert_marked(&page, "amount");
            assert_eq!(page.value("amount").as_deref(), Some(amount));
            assert_eq!(page.value("method").as_deref(), Some("sepa_debit"));
            assert_eq!(page.value("request_key").as_deref(), Some(key.as_str()), "the same form");
            page.hides("<script>");
        }
        assert!(site.top_ups(0).await.is_empty());
        assert_eq!(site.stripe_count("checkout/sessions").await, 0);
    }

    async fn a_missing_or_unknown_method_is_refused_beside_the_choice(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        client.get("/portal/topups/new").await.expect(200);
        for fields in [vec![("amount", "50")], vec![("amount", "50"), ("method", "paypal")]] {
            let page = client.post("/portal/topups", &fields).await.expect(422);
            page.shows(&DE.refusal(&Refusal::MethodMissing));
            page.shows("id=\"method-error\"");
            assert_eq!(page.value("amount").as_deref(), Some("50"));
            assert_eq!(page.value("method"), None, "nothing is chosen for the customer");
        }
        let both = client.post("/portal/topups", &[("amount", "1")]).await.expect(422);
        both.shows(&DE.topup_errors(2));
        assert!(site.top_ups(0).await.is_empty());
    }

    async fn amounts_are_read_as_germans_write_them(store: Store) {
        let site = Site::start(&store).await;
        let people = ["owner@site.example", "sister@site.example", "foreign@site.example", "direct@site.example"];
        let amounts = [("50", 5_000), ("50,00", 5_000), ("1.000,00", 100_000), ("10,5 €", 1_050)];
        for (place, (person, (amount, cents))) in people.into_iter().zip(amounts).enumerate() {
            let mut client = site.sign_in(person).await;
            let session = site.check_out(&mut client, amount, "card").await;
            assert_eq!(site.top_ups(place).await[0].amount_cents, Cents(cents), "{amount}");
            let at_stripe = site.stripe(&format!("checkout/sessions/{session}")).await;
            assert_eq!(at_stripe["amount_total"], cents, "{amount}");
        }
    }

    async fn a_chip_is_enough_and_a_written_amount_wins(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let form = client.get("/portal/topups/new").await.expect(200);
        assert_eq!(form.value("amount_choice").as_deref(), Some("50"), "something is preselected");
        assert_eq!(form.value("method").as_deref(), Some("card"));
        client.post("/portal/topups", &[("amount_choice", "250"), ("method", "card")]).await.expect(303);
        let both = [("amount_choice", "250"), ("amount", "33,50"), ("method", "card")];
        client.post("/portal/topups", &both).await.expect(303);
        let mut amounts: Vec<i64> = site.top_ups(0).await.iter().map(|t| t.amount_cents.0).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [3_350, 25_000]);
    }

    async fn who_comes_back_from_checkout_finds_the_choice(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        for (amount, chip, free) in [("250", "250", ""), ("33,50", "other", "33,50")] {
            let session = site.check_out(&mut client, amount, "sepa_debit").await;
            let cancel = site.stripe(&format!("checkout/sessions/{session}")).await["cancel_url"].clone();
            let page = client.get(cancel.as_str().expect("a way back")).await.expect(200);
            page.shows(&DE.topup_left_title());
            assert_eq!(page.value("amount_choice").as_deref(), Some(chip));
            assert_eq!(page.value("amount").as_deref(), Some(free));
            assert_eq!(page.value("method").as_deref(), Some("sepa_debit"));
        }
        let id = site.top_ups(0).await[0].id;
        let mut other = site.sign_in("foreign@site.example").await;
        let page = other.get(&format!("/portal/topups/new?canceled={id}")).await.expect(200);
        page.hides(&DE.topup_left_title());
        assert_eq!(page.value("amount_choice").as_deref(), Some("50"), "another's choice is not shown");
        client.get("/portal/topups/new?canceled=nonsense").await.expect(200).hides(&DE.topup_left_title());
    }

    async fn the_summary_follows_the_choice(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "40").await;
        let part = client.get("/portal/topups/summary?amount=100&method=card").await.expect(200);
        for cents in [4_000, 10_000, 14_000] {
            part.shows(&DE.money(Cents(cents)));
        }
        part.shows(&DE.topup_pay(DE.money(Cents::euros(100))));
        part.shows(&DE.topup_vat(19, DE.money(Cents(1_597))));
        part.hides("<html");
        let none = client.get("/portal/topups/summary?amount=zehn").await.expect(200);
        none.shows(&DE.topup_amount_missing());
    }

    async fn a_script_without_a_key_makes_one_top_up_per_request(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let mut sessions = vec![];
        for key in ["", "with blanks and <", &"x".repeat(65)] {
            let fields = [("amount", "10"), ("method", "card"), ("request_key", key)];
            let page = client.post("/portal/topups", &fields).await.expect(303);
            sessions.push(session_of(page.location()));
        }
        sessions.dedup();
        assert_eq!((sessions.len(), site.top_ups(0).await.len()), (3, 3));
    }

    async fn a_viewer_may_look_but_not_pay(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("viewer@site.example").await;
        client.get("/portal").await.expect(200).hides("/portal/topups/new");
        client.get("/portal/transactions").await.expect(200).hides("/portal/topups/new");
        client.get("/portal/topups/new").await.expect(403);
        client.get("/portal/topups/summary?amount=50").await.expect(403);
        client.get("/portal").await.expect(200);
        client.post("/portal/topups", &[("amount", "50"), ("method", "card")]).await.expect(403);
        assert!(site.top_ups(0).await.is_empty());
        let mut owner = site.sign_in("owner@site.example").await;
        site.check_out(&mut owner, "50", "card").await;
        let opened = &site.top_ups(0).await[0];
        let page = client.get(&format!("/portal/topups/{}", opened.id)).await.expect(200);
        page.hides(opened.checkout_url.as_deref().expect("a page to pay on"));
    }
}
