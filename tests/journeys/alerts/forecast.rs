//! Balances that will soon be used up at the present pace.

use super::{heard, heard_site, subjects, tell, written};
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use crate::support::sql::Raw;
use guthaben::server::Job;
use std::time::Duration;

const OWNER: &str = "owner@site.example";
const DAY: Duration = Duration::from_secs(86_400);

async fn look(site: &Site) -> usize {
    Job::Forecast.run(site.app()).await.expect("looked")
}

/// Ten days of 10 € each from a balance of 145 €, which leaves 45 €: four and a half days.
async fn ten_days(site: &Site) {
    let mut client = site.sign_in(OWNER).await;
    site.top_up(&mut client, "145").await;
    for _ in 0..10 {
        use_calls(site, 0, 25).await;
        site.advance(DAY);
    }
}

on_both! {
    async fn a_balance_that_lasts_too_short_is_told_once_until_it_lasts_longer(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        ten_days(&site).await;
        assert_eq!(look(&site).await, 0, "four and a half days are more than three");
        use_calls(&site, 0, 45).await;
        assert_eq!((look(&site).await, tell(&site).await), (1, 1), "27 € are less than three days");
        assert_eq!((look(&site).await, tell(&site).await), (0, 0));
        assert_eq!(subjects(&site, OWNER).await, [DE.mail_alert_forecast_subject(3)]);
        let events = crate::endpoints::hear(&site, &receiver).await;
        let data = &events[0].json()["data"];
        assert_eq!((&data["reason"], &data["balance_cents"]), (&"forecast".into(), &2_700.into()));
        assert!(data["lasts_until"].as_str().is_some_and(|until| until.starts_with("2026-12-0")), "{data}");
        // More usage is no new news; a top-up is the end of it, and then it may be told again.
        use_calls(&site, 0, 5).await;
        assert_eq!(look(&site).await, 0);
        let mut client = site.sign_in(OWNER).await;
        site.top_up(&mut client, "10").await;
        assert_eq!(look(&site).await, 0, "35 € last for three and a half days: not long enough to begin anew");
        use_calls(&site, 0, 20).await;
        assert_eq!(look(&site).await, 0);
        site.top_up(&mut client, "50").await;
        assert_eq!(look(&site).await, 0);
        use_calls(&site, 0, 120).await;
        assert_eq!((look(&site).await, tell(&site).await), (1, 1));
        assert_eq!(heard(&site, &receiver).await, ["balance.low forecast"]);
        assert_eq!(written(&store).await, ["forecast", "forecast"]);
    }

    async fn two_nodes_that_look_at_once_tell_once(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        let node = site.second_node(&[("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "on")]).await;
        ten_days(&site).await;
        use_calls(&site, 0, 45).await;
        let looks = (0..6).map(|run| Job::Forecast.run(if run % 2 == 0 { site.app() } else { &node.app }));
        let found: usize = futures_util::future::join_all(looks).await.into_iter().map(|run| run.expect("looked")).sum();
        assert_eq!(found, 1);
        let tells = (0..4).map(|run| Job::Alerts.run(if run % 2 == 0 { site.app() } else { &node.app }));
        let told: usize = futures_util::future::join_all(tells).await.into_iter().map(|run| run.expect("told")).sum();
        assert_eq!((told, subjects(&site, OWNER).await.len(), heard(&site, &receiver).await.len()), (1, 1, 1));
        node.stop().await;
    }

    async fn whoever_wants_no_forecast_gets_none(store: Store) {
        let (site, _) = heard_site(&store).await;
        ten_days(&site).await;
        let mut raw = Raw::open(&store).await;
        raw.run("UPDATE tenants SET alert_days = 0").await.expect("no forecast");
        use_calls(&site, 0, 45).await;
        assert_eq!(look(&site).await, 0);
        raw.run("UPDATE tenants SET alert_days = 2").await.expect("two days");
        assert_eq!(look(&site).await, 0, "27 € last for longer than two days");
        raw.run("UPDATE tenants SET alert_days = 5").await.expect("five days");
        assert_eq!(look(&site).await, 1);
    }

    async fn money_that_came_before_the_mail_makes_it_needless(store: Store) {
        let (site, receiver) = heard_site(&store).await;
        ten_days(&site).await;
        use_calls(&site, 0, 45).await;
        assert_eq!(look(&site).await, 1);
        let mut client = site.sign_in(OWNER).await;
        site.top_up(&mut client, "100").await;
        tell(&site).await;
        assert_eq!((subjects(&site, OWNER).await.len(), heard(&site, &receiver).await.len()), (0, 0));
    }

    async fn a_new_customer_without_a_pace_is_left_alone(store: Store) {
        let (site, _) = heard_site(&store).await;
        let mut client = site.sign_in(OWNER).await;
        site.top_up(&mut client, "25").await;
        use_calls(&site, 0, 30).await;
        assert_eq!(look(&site).await, 0);
    }
}
