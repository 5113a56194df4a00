//! By what a customer is warned: chosen by those who keep its money, shown where the balance is.

use super::{subjects, tell};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::store::alerts;

const PATH: &str = "/portal/settings/alerts";
const OWNER: &str = "owner@site.example";

on_both! {
    async fn owners_and_accounting_choose_and_the_ledger_follows(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in(OWNER).await;
        let page = owner.get(PATH).await.expect(200);
        assert_eq!(["low", "critical", "days"].map(|field| page.value(field).expect("a value")), ["10,00", "5,00", "3"]);
        owner.get("/portal").await.expect(200).shows(PATH);
        let fields = [("low", "20"), ("critical", " 7,50 € "), ("days", "14")];
        site.sign_in("accounting@site.example").await.post(PATH, &fields).await.leads_to(&format!("{PATH}?saved=yes"));
        let page = owner.get(&format!("{PATH}?saved=yes")).await.expect(200);
        page.shows(&DE.alert_saved());
        assert_eq!(["low", "critical", "days"].map(|field| page.value(field).expect("a value")), ["20,00", "7,50", "14"]);
        site.top_up(&mut owner, "25").await;
        use_calls(&site, 0, 13).await;
        tell(&site).await;
        let twenty = DE.money(Cents::euros(20));
        assert_eq!(subjects(&site, OWNER).await, [DE.mail_alert_low_subject(twenty.clone())]);
        owner.get("/portal").await.expect(200).shows(&DE.overview_banner_low(twenty));
        use_calls(&site, 0, 31).await;
        let page = owner.get("/portal").await.expect(200);
        page.shows(&DE.overview_banner_critical(DE.money(Cents(750))));
        page.shows(&DE.overview_alert_settings());
        let viewer = site.sign_in("viewer@site.example").await.get("/portal").await.expect(200);
        viewer.hides(PATH);
        // Other customers keep theirs.
        let others = alerts::thresholds(&store.db, Scope::Platform, site.chain.customers[1]).await.expect("a reading").expect("a customer");
        assert_eq!((others.low_balance_cents, others.critical_balance_cents, others.alert_days), (Cents::euros(10), Cents::euros(5), 3));
    }

    async fn what_cannot_be_meant_is_said_beside_its_field(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in(OWNER).await;
        for (fields, wrong, sentence) in [
            ([("low", "5"), ("critical", "10"), ("days", "3")], "critical", DE.alert_critical_above()),
            ([("low", "zehn"), ("critical", "5"), ("days", "3")], "low", DE.alert_bad_amount(DE.money(Cents::euros(100_000)))),
            ([("low", "10"), ("critical", "-1"), ("days", "3")], "critical", DE.alert_bad_amount(DE.money(Cents::euros(100_000)))),
            ([("low", "10"), ("critical", "5"), ("days", "91")], "days", DE.alert_bad_days(90)),
            ([("low", "10"), ("critical", "5"), ("days", "3,5")], "days", DE.alert_bad_days(90)),
        ] {
            let page = owner.post(PATH, &fields).await.expect(422);
            page.shows(&sentence);
            page.shows(&format!("id=\"{wrong}-error\""));
            for (name, value) in fields {
                assert_eq!(page.value(name).as_deref(), Some(value), "what was entered is kept");
            }
        }
        owner.post(PATH, &[]).await.expect(422);
        let kept = owner.get(PATH).await.expect(200);
        assert_eq!(kept.value("low").as_deref(), Some("10,00"));
    }

    async fn a_threshold_of_nothing_is_silent_and_empty_is_told_all_the_same(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in(OWNER).await;
        owner.post(PATH, &[("low", "0"), ("critical", "0"), ("days", "0")]).await.expect(303);
        site.top_up(&mut owner, "10").await;
        use_calls(&site, 0, 24).await;
        tell(&site).await;
        assert_eq!(subjects(&site, OWNER).await.len(), 0);
        use_calls(&site, 0, 1).await;
        use_calls(&site, 0, 3).await;
        tell(&site).await;
        assert_eq!(subjects(&site, OWNER).await, [DE.mail_alert_depleted_subject()]);
    }

    async fn viewers_and_others_choose_nothing(store: Store) {
        let site = Site::start(&store).await;
        let fields = [("low", "1"), ("critical", "1"), ("days", "1")];
        for (email, status) in [("viewer@site.example", 403), ("reseller@site.example", 404), ("admin@site.example", 404)] {
            let mut client = site.sign_in(email).await;
            client.get(PATH).await.expect(status);
            client.post(PATH, &fields).await.expect(status);
        }
    }
}
