//! Who hears of what: the platform of every customer, a reseller of its own ones, and only of what was chosen.

use super::{ADMIN, ALL, RESELLER, add, form, hear, kinds, open_site, send};
use crate::support::engines::{Store, on_both};
use crate::support::receiver::Receiver;
use crate::support::site::{CARD, EMPTY_IBAN, use_calls};
use guthaben::billing::topups;
use guthaben::server::Job;
use guthaben::stripe::simulator::PayOutcome;
use serde_json::json;
use std::time::Duration;

on_both! {
    async fn a_credited_top_up_is_told_once_with_what_it_did(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let hook = add(&mut site.sign_in("admin@site.example").await, ADMIN, &receiver.url(), &ALL).await;
        let mut owner = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut owner, "50", "card").await;
        assert_eq!(site.pay(&session, CARD).await, PayOutcome::Paid);
        assert_eq!(send(&site).await, 0, "nothing is credited yet");
        site.deliver().await;
        let top_up = site.top_ups(0).await[0].clone();
        topups::settle(site.app(), top_up.id, None).await.expect("asked again");
        let heard = hear(&site, &receiver).await;
        let [event] = &heard[..] else { panic!("{heard:?}") };
        assert!(event.is_signed_with(&hook.secret));
        assert_eq!(event.kind(), "topup.settled");
        assert_eq!(event.json()["data"], json!({
            "topup_id": top_up.id,
            "customer": { "id": site.chain.customers[0], "number": "K-10001", "external_id": null, "name": "Salon & Söhne <Mitte>" },
            "amount_cents": 5_000,
            "currency": "EUR",
            "method": "card",
            "transfer_id": site.movements(0).await[0].id,
            "balance_cents": 5_000,
        }));
    }

    async fn a_debit_that_comes_back_is_told_as_failed(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        add(&mut site.sign_in("reseller@site.example").await, RESELLER, &receiver.url(), &ALL).await;
        let mut owner = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut owner, "50", "sepa_debit").await;
        site.pay(&session, EMPTY_IBAN).await;
        site.deliver().await;
        assert_eq!(send(&site).await, 0, "a debit on its way is no news");
        site.advance(Duration::from_secs(14 * 86_400));
        site.deliver().await;
        let heard = hear(&site, &receiver).await;
        assert_eq!(kinds(&heard), ["topup.failed"]);
        let data = &heard[0].json()["data"];
        assert_eq!((&data["amount_cents"], &data["failure_code"]), (&json!(5_000), &json!("insufficient_funds")));
    }

    async fn resellers_hear_of_their_own_customers_and_the_platform_of_all(store: Store) {
        let site = open_site(&store).await;
        let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
        let places = [("admin@site.example", ADMIN), ("reseller@site.example", RESELLER), ("rival@site.example", RESELLER)];
        for ((email, base), receiver) in places.iter().zip(&receivers) {
            add(&mut site.sign_in(email).await, base, &receiver.url(), &ALL).await;
        }
        let owners = ["owner@site.example", "sister@site.example", "foreign@site.example", "direct@site.example"];
        for owner in owners {
            let mut client = site.sign_in(owner).await;
            site.top_up(&mut client, "25").await;
        }
        send(&site).await;
        let numbers = |receiver: &Receiver| -> Vec<String> {
            let mut numbers: Vec<String> = receiver.heard().iter()
                .map(|event| event.json()["data"]["customer"]["number"].as_str().expect("a number").to_owned()).collect();
            numbers.sort();
            numbers
        };
        assert_eq!(numbers(&receivers[0]), ["K-10001", "K-10002", "K-10003", "K-10004"]);
        assert_eq!(numbers(&receivers[1]), ["K-10001", "K-10002"]);
        assert_eq!(numbers(&receivers[2]), ["K-10003"]);
        // No word of what the chain earns.
        for event in receivers.iter().flat_map(Receiver::heard) {
            assert!(!event.body.contains("commission") && !event.body.contains("platform"), "{}", event.body);
        }
    }

    async fn only_what_was_chosen_is_told_and_only_while_it_is_on(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, &receiver.url(), &["balance.depleted"]).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "10").await;
        use_calls(&site, 0, 24).await;
        Job::Alerts.run(site.app()).await.expect("told");
        assert_eq!(kinds(&hear(&site, &receiver).await), Vec::<String>::new());
        use_calls(&site, 0, 1).await;
        Job::Alerts.run(site.app()).await.expect("told");
        assert_eq!(kinds(&hear(&site, &receiver).await), ["balance.depleted"]);
        let url = receiver.url();
        let off: Vec<(&str, &str)> = form(&url, &ALL).into_iter().filter(|(name, _)| *name != "active").collect();
        admin.post(&hook.href, &off).await.expect(303);
        site.top_up(&mut owner, "10").await;
        assert_eq!(kinds(&hear(&site, &receiver).await), Vec::<String>::new());
        admin.post(&hook.href, &form(&url, &ALL)).await.expect(303);
        assert_eq!(kinds(&hear(&site, &receiver).await), Vec::<String>::new(), "what happened meanwhile is not told later");
        site.top_up(&mut owner, "25").await;
        assert_eq!(kinds(&hear(&site, &receiver).await), ["topup.settled"]);
    }
}
