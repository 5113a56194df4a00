//! Money that comes: by card at once, by direct debit after days, or not at all.

use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, DE, EMPTY_IBAN, IBAN, Site};
use guthaben::domain::money::Cents;
use guthaben::domain::topup::Status;
use guthaben::stripe::simulator::PayOutcome;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

on_both! {
    async fn a_card_payment_is_on_the_balance_as_soon_as_it_is_made(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "50,00", "card").await;
        let opened = &site.top_ups(0).await[0];
        let path = format!("/portal/topups/{}", opened.id);
        let page = client.get(&path).await.expect(200);
        page.shows(&DE.topup_open_title());
        page.shows(opened.checkout_url.as_deref().expect("a page to pay on"));
        assert_eq!(site.pay(&session, CARD).await, PayOutcome::Paid);
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents::euros(50));
        let page = client.get(&path).await.expect(200);
        page.shows(&DE.topup_settled_title());
        page.shows(&DE.money(Cents::euros(50)));
        page.hides("spinner");
        let overview = client.get("/portal").await.expect(200);
        overview.shows("<data class=\"money\" value=\"50.00\">50,00\u{a0}€</data></output>");
        let list = client.get("/portal/transactions").await.expect(200);
        list.shows(&DE.money_signed(Cents::euros(50)));
        site.assert_sound().await;
    }

    async fn everybody_who_keeps_the_money_is_told_once(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "25").await;
        let top_up = &site.top_ups(0).await[0];
        client.get(&format!("/portal/topups/{}", top_up.id)).await.expect(200);
        guthaben::billing::topups::settle(site.app(), top_up.id, None).await.expect("asked again");
        let mut recipients: Vec<String> = site.mails().await.into_iter().map(|mail| mail.recipient).collect();
        recipients.sort();
        assert_eq!(recipients, ["accounting@site.example", "owner@site.example"], "the viewer is not");
        let mail = &site.mails().await[0];
        assert_eq!(mail.subject, DE.mail_topup_paid_subject(DE.money(Cents::euros(25))));
        let link = format!("{}/portal/topups/{}", site.server.base_url, top_up.id);
        assert!(mail.text_body.contains(&link) && mail.html_body.contains(&link), "{}", mail.text_body);
    }

    async fn a_debit_is_shown_as_pending_for_days_and_then_settles(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "80", "sepa_debit").await;
        assert_eq!(site.pay(&session, IBAN).await, PayOutcome::Processing);
        site.deliver().await;
        let top_up = &site.top_ups(0).await[0];
        assert_eq!((top_up.status, site.balance(0).await), (Status::Collecting, Cents::ZERO));
        let path = format!("/portal/topups/{}", top_up.id);
        let page = client.get(&path).await.expect(200);
        page.shows(&DE.topup_processing_sepa_title());
        page.shows(&DE.topup_step_bank_body());
        page.shows(&DE.money_signed(Cents::euros(80)));
        // Five bank days after Monday, the 23rd, is Monday, the 30th.
        page.shows(&DE.topup_until("30.\u{a0}Nov."));
        client.get("/portal").await.expect(200).shows(&DE.overview_pending());
        assert!(site.mails().await.is_empty(), "nothing has happened yet");
        site.advance(8 * DAY);
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents::euros(80));
        let page = client.get(&path).await.expect(200);
        page.shows(&DE.topup_settled_title());
        page.hides(&DE.topup_pending_note());
        client.get("/portal").await.expect(200).hides(&DE.overview_pending());
        assert_eq!(site.mails().await.len(), 2);
        site.assert_sound().await;
    }

    async fn a_debit_that_comes_back_changes_nothing_and_says_why(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "80", "sepa_debit").await;
        assert_eq!(site.pay(&session, EMPTY_IBAN).await, PayOutcome::Processing);
        site.deliver().await;
        site.advance(8 * DAY);
        site.deliver().await;
        let top_up = &site.top_ups(0).await[0];
        assert_eq!((top_up.status, site.balance(0).await), (Status::Failed, Cents::ZERO));
        let page = client.get(&format!("/portal/topups/{}", top_up.id)).await.expect(200);
        page.shows(&DE.topup_failed_title());
        page.shows(&DE.topup_nothing_charged());
        page.shows(&DE.topup_reason_insufficient_funds());
        page.shows("href=\"/portal/topups/new\"");
        let mails = site.mails().await;
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].subject, DE.mail_topup_failed_subject(DE.money(Cents::euros(80))));
        assert!(site.movements(0).await.is_empty());
    }

    async fn a_declined_card_leaves_the_way_open_and_pays_at_the_second_try(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "10", "card").await;
        let declined = site.pay(&session, "4000000000009995").await;
        assert!(matches!(declined, PayOutcome::Declined { .. }), "{declined:?}");
        site.deliver().await;
        assert_eq!(site.top_ups(0).await[0].status, Status::Open);
        assert_eq!(site.pay(&session, CARD).await, PayOutcome::Paid);
        site.deliver().await;
        assert_eq!((site.top_ups(0).await[0].status, site.balance(0).await), (Status::Paid, Cents::euros(10)));
    }

    async fn a_checkout_that_is_never_paid_expires(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.check_out(&mut client, "10", "card").await;
        let top_up = site.top_ups(0).await[0].clone();
        site.advance(Duration::from_secs(2 * 3600));
        site.deliver().await;
        assert_eq!(site.top_ups(0).await[0].status, Status::Expired);
        let page = client.get(&format!("/portal/topups/{}", top_up.id)).await.expect(200);
        page.shows(&DE.topup_cancelled_title());
        assert_eq!(site.balance(0).await, Cents::ZERO);
    }

    async fn the_return_page_credits_before_the_webhook_and_the_webhook_does_not_again(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut client, "100", "card").await;
        site.pay(&session, CARD).await;
        let success = site.stripe(&format!("checkout/sessions/{session}")).await["success_url"].clone();
        let success = success.as_str().expect("a way back");
        assert!(success.starts_with(&site.server.base_url), "{success}");
        client.get(success).await.expect(200).shows(&DE.topup_settled_title());
        assert_eq!(site.balance(0).await, Cents::euros(100));
        site.deliver().await;
        client.get(success).await.expect(200).shows(&DE.topup_settled_title());
        assert_eq!((site.balance(0).await, site.movements(0).await.len()), (Cents::euros(100), 1));
        assert_eq!(site.mails().await.len(), 2);
        site.assert_sound().await;
    }
}
