//! Balances that fall below a threshold.

use super::{heard, heard_site, subjects, tell, written};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use crate::support::sql::Raw;
use guthaben::billing::usage::record;
use guthaben::domain::id::TopUpId;
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::UsageEvent;
use guthaben::i18n::{Lang, T};
use guthaben::server::Job;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

const OWNER: &str = "owner@site.example";

/// Tops up the first customer by so many euros.
async fn top_up(site: &Site, euros: &str) {
    let mut client = site.sign_in(OWNER).await;
    site.top_up(&mut client, euros).await;
}

/// The first customer makes one call of so many minutes.
async fn call(site: &Site, minutes: u32) {
    let (id, now) = (TopUpId::new(site.clock.now()).to_string(), site.clock.now());
    let event = UsageEvent::new(
        id,
        site.chain.customers[0],
        Meter::CALL,
        Usage::Seconds(minutes * 60),
        now,
        "0170".into(),
    );
    record(site.app(), Scope::Platform, vec![event]).await.expect("recorded");
}

fn low() -> String {
    DE.mail_alert_low_subject(DE.money(Cents::euros(10)))
}

fn critical() -> String {
    DE.mail_alert_critical_subject(DE.money(Cents::euros(5)))
}

on_both! {
    async fn each_threshold_is_told_once_on_the_way_down(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        top_up(&site, "11").await;
        // 11.00, then 0.40 a minute.
        for (minutes, mails, events) in [
            (2, vec![], vec![]),
            (1, vec![low()], vec!["balance.low low"]),
            (5, vec![], vec![]),
            (8, vec![critical()], vec!["balance.low critical"]),
            (11, vec![], vec![]),
            (1, vec![DE.mail_alert_depleted_subject()], vec!["balance.depleted -"]),
            (5, vec![], vec![]),
        ] {
            // Mails are told apart by their time.
            site.advance(Duration::from_secs(1));
            let before = subjects(&site, OWNER).await.len();
            use_calls(&site, 0, minutes).await;
            tell(&site).await;
            tell(&site).await;
            assert_eq!(subjects(&site, OWNER).await[before..], mails, "{minutes}");
            assert_eq!(heard(&site, &receiver).await, events, "{minutes}");
        }
        assert_eq!(subjects(&site, "accounting@site.example").await.len(), 3);
        assert_eq!(subjects(&site, "viewer@site.example").await.len(), 0);
    }

    async fn the_mail_says_what_and_where_and_the_event_as_well(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        Raw::open(&store).await.run("UPDATE persons SET language = 'en' WHERE email = 'accounting@site.example'").await.expect("a language");
        top_up(&site, "10").await;
        call(&site, 1).await;
        tell(&site).await;
        let mails = site.mails().await;
        let find = |to: &str| mails.iter().find(|mail| mail.recipient == to && mail.text_body.contains("/portal/settings/alerts")).expect("a mail");
        let (ten, left) = (Cents::euros(10), Cents(960));
        let text = DE.mail_alert_low_text(DE.money(left), "Salon & Söhne <Mitte>", DE.money(ten));
        let mail = mails.iter().find(|mail| mail.recipient == OWNER && mail.subject == low()).expect("a mail");
        assert!(mail.text_body.contains(&text), "{}", mail.text_body);
        for path in ["/portal/topups/new", "/portal/settings/alerts"] {
            assert!(mail.text_body.contains(&format!("{}{path}", site.server.base_url)));
        }
        assert!(mail.html_body.contains("Salon &#38; Söhne &#60;Mitte&#62;"), "{}", mail.html_body);
        let en = T::new(Lang::En);
        assert_eq!(find("accounting@site.example").subject, en.mail_alert_low_subject(en.money(ten)));
        let events = crate::endpoints::hear(&site, &receiver).await;
        assert_eq!(events[0].json()["data"], json!({
            "customer": { "id": site.chain.customers[0], "number": "K-10001", "external_id": null, "name": "Salon & Söhne <Mitte>" },
            "balance_cents": 960, "currency": "EUR", "occurred_at": "2026-11-23T09:00:00Z", "reason": "low", "threshold_cents": 1_000,
        }));
    }

    async fn one_charge_through_all_thresholds_is_one_mail_and_each_event_once(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        top_up(&site, "11").await;
        call(&site, 30).await;
        tell(&site).await;
        assert_eq!(written(&store).await, ["critical", "depleted", "low"]);
        assert_eq!(subjects(&site, OWNER).await, [DE.mail_alert_depleted_subject()]);
        assert_eq!(heard(&site, &receiver).await, ["balance.depleted -", "balance.low critical"]);
    }

    async fn up_and_down_again_is_told_again(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        top_up(&site, "10").await;
        call(&site, 1).await;
        tell(&site).await;
        // 9.60, then 19.60, then 9.60 again; the second fall waits while the first is told.
        top_up(&site, "10").await;
        call(&site, 25).await;
        tell(&site).await;
        assert_eq!(subjects(&site, OWNER).await, [low(), low()]);
        assert_eq!(heard(&site, &receiver).await, ["balance.low low", "balance.low low"]);
        // Two crossings before anybody looks are two as well.
        top_up(&site, "10").await;
        call(&site, 25).await;
        top_up(&site, "10").await;
        call(&site, 25).await;
        assert_eq!(tell(&site).await, 2);
        assert_eq!(subjects(&site, OWNER).await.len(), 4);
    }

    async fn fifty_charges_at_once_are_one_alert_per_threshold(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        let node = site.second_node(&[("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "on")]).await;
        top_up(&site, "15").await;
        let event = |number: usize| {
            let id = format!("call-{number}");
            UsageEvent::new(id, site.chain.customers[0], Meter::CALL, Usage::Seconds(60), site.clock.now(), "0170".into())
        };
        // 15.00 less 50 × 0.40 € ends at −5.00; alerts are told while charges come in.
        let charges = (0..50).map(|number| {
            let app = if number % 2 == 0 { site.app() } else { &node.app };
            record(app, Scope::Platform, vec![event(number)])
        });
        let telling = (0..6).map(|run| Job::Alerts.run(if run % 2 == 0 { site.app() } else { &node.app }));
        let (charged, told) =
            tokio::join!(futures_util::future::join_all(charges), futures_util::future::join_all(telling));
        assert!(charged.iter().all(Result::is_ok) && told.iter().all(Result::is_ok));
        let rest = futures_util::future::join_all((0..4).map(|run| Job::Alerts.run(if run % 2 == 0 { site.app() } else { &node.app })));
        assert!(rest.await.iter().all(Result::is_ok));
        assert_eq!(site.balance(0).await, Cents(-500));
        assert_eq!(written(&store).await, ["critical", "depleted", "low"]);
        let mails: BTreeSet<String> = subjects(&site, OWNER).await.into_iter().collect();
        assert_eq!(mails.len(), subjects(&site, OWNER).await.len(), "no mail twice");
        assert!(mails.contains(&DE.mail_alert_depleted_subject()));
        // A group of charges is posted one by one, so each threshold has its own crossing.
        assert_eq!(heard(&site, &receiver).await, ["balance.depleted -", "balance.low critical", "balance.low low"]);
        node.stop().await;
    }

    async fn a_mail_server_that_fails_repeats_no_event(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        top_up(&site, "10").await;
        call(&site, 1).await;
        tell(&site).await;
        let mut raw = Raw::open(&store).await;
        raw.run("UPDATE mails SET status = 'failed'").await.expect("failed mails");
        assert_eq!(heard(&site, &receiver).await, ["balance.low low"]);
        assert_eq!((tell(&site).await, heard(&site, &receiver).await.len()), (0, 0));
        assert_eq!(subjects(&site, OWNER).await.len(), 1);
    }

    async fn nothing_is_lost_when_telling_breaks_in_the_middle(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        top_up(&site, "10").await;
        call(&site, 1).await;
        let mut raw = Raw::open(&store).await;
        raw.run("ALTER TABLE webhook_deliveries RENAME TO away").await.expect("a broken database");
        tell(&site).await;
        assert_eq!(subjects(&site, OWNER).await.len(), 0, "no mail without its event");
        raw.run("ALTER TABLE away RENAME TO webhook_deliveries").await.expect("mended");
        assert_eq!(tell(&site).await, 1);
        assert_eq!((subjects(&site, OWNER).await.len(), heard(&site, &receiver).await.len()), (1, 1));
    }

    async fn resellers_hear_of_their_customers_balances_only(store: Store) {
        let site = crate::endpoints::open_site(&store).await;
        let receiver = crate::support::receiver::Receiver::start().await;
        let mut rival = site.sign_in("rival@site.example").await;
        crate::endpoints::add(&mut rival, crate::endpoints::RESELLER, &receiver.url(), &["balance.low"]).await;
        top_up(&site, "10").await;
        call(&site, 1).await;
        tell(&site).await;
        assert_eq!(heard(&site, &receiver).await.len(), 0);
        let mut foreign = site.sign_in("foreign@site.example").await;
        site.top_up(&mut foreign, "10").await;
        use_calls(&site, 2, 1).await;
        tell(&site).await;
        assert_eq!(heard(&site, &receiver).await, ["balance.low low"]);
    }
}
