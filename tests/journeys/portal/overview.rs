//! The overview with nothing and with something, and one movement explained.

use super::use_at;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site, use_calls};
use crate::support::world::MORNING;
use guthaben::domain::clock::Ts;
use guthaben::domain::money::Cents;
use guthaben::domain::pricing::Meter;
use std::time::Duration;

on_both! {
    async fn a_new_customer_is_shown_how_to_begin(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        let page = client.get("/portal").await.expect(200);
        for sentence in [DE.overview_first_title(), DE.overview_reach_new(), DE.overview_no_usage(), DE.overview_no_transactions()] {
            page.shows(&sentence);
        }
        page.hides(&DE.overview_banner_empty());
        assert_eq!(page.tags("output").iter().filter(|tag| tag["id"] == "balance").count(), 1);
        page.shows("<data class=\"money\" value=\"0.00\">0,00\u{a0}€</data>");
        let list = client.get("/portal/transactions").await.expect(200);
        list.shows(&DE.transaction_empty_title());
        list.shows("href=\"/portal/topups/new\"");
        let viewer = site.sign_in("viewer@site.example").await.get("/portal/transactions").await.expect(200);
        viewer.shows(&DE.transaction_empty_title());
        viewer.hides("/portal/topups/new");
    }

    async fn three_weeks_of_use_give_a_forecast_charts_and_tables(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "100").await;
        for _ in 0..13 {
            site.advance(Duration::from_secs(86_400));
            use_calls(&site, 0, 5).await;
        }
        let page = client.get("/portal").await.expect(200);
        // 100 € less 13 × 2 €.
        page.shows("value=\"74.00\"");
        page.shows(&DE.overview_per_day());
        page.shows(&DE.overview_reach_until());
        assert!(page.body.matches("<svg").count() > 2 && page.body.matches("<table").count() == 2);
        page.shows(&DE.overview_burn_caption());
        page.shows(&DE.overview_usage_caption());
        page.hides(&DE.overview_first_title());
        assert_eq!(page.tags("link").iter().filter(|link| link.contains_key("style")).count(), 0);
        page.hides(" style=");
        page.hides("<script>");
    }

    async fn a_low_balance_is_said_where_it_can_be_changed(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "10").await;
        client.get("/portal").await.expect(200).hides(&DE.overview_banner_low(DE.money(Cents::euros(10))));
        use_calls(&site, 0, 1).await;
        let page = client.get("/portal").await.expect(200);
        page.shows(&DE.overview_banner_low(DE.money(Cents::euros(10))));
        use_calls(&site, 0, 24).await;
        let page = client.get("/portal").await.expect(200);
        page.shows(&DE.overview_banner_empty());
        page.shows(&DE.overview_reach_empty());
        page.shows("0,00\u{a0}€");
    }

    async fn a_movement_is_explained(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        site.top_up(&mut client, "50").await;
        use_at(&site, Ts(MORNING.0 + 3_600_000_000), Meter::CALL, "Anruf <b>von</b> Müller & Co").await;
        let movements = site.movements(0).await;
        let page = client.get(&format!("/portal/transactions/{}", movements[0].id)).await.expect(200);
        page.shows("<h1>Anruf &#60;b&#62;von&#60;/b&#62; Müller &#38; Co</h1>");
        for cents in [5_000, 4_960] {
            page.shows(&format!("<data class=\"money\" value=\"{}\">{}</data>", Cents(cents).plain(), DE.money(Cents(cents))));
        }
        page.shows(&DE.money_signed(Cents(-40)));
        page.shows(&DE.transaction_quantity_minutes("1", "0,40"));
        page.shows(&movements[0].id.to_string());
        page.hides("/portal/topups/top_");
        let top_up = client.get(&format!("/portal/transactions/{}", movements[1].id)).await.expect(200);
        top_up.shows(&format!("/portal/topups/{}", site.top_ups(0).await[0].id));
    }

    async fn the_support_line_is_the_resellers(store: Store) {
        let site = Site::start(&store).await;
        let page = site.sign_in("owner@site.example").await.get("/portal").await.expect(200);
        page.shows("Erste Partner GmbH");
        page.shows("href=\"tel:04055512300\"");
        let direct = site.sign_in("direct@site.example").await.get("/portal").await.expect(200);
        direct.hides("Partner GmbH");
    }
}
