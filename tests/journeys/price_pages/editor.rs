//! The editor: preview, rails, dates, models, and that a form sent twice sets one price.

use super::*;
use crate::support::engines::on_both;
use crate::support::site::{DE, use_calls};
use guthaben::domain::money::UnitPrice;
use guthaben::domain::pricing::Breach;
use guthaben::domain::refusal::Refusal;

const CALL: &str = "/reseller/prices/own/call";

/// The sentence for a price below the platform's.
fn below(cents: i64) -> String {
    DE.breach(Breach::BelowPlatform { platform: UnitPrice::cents(cents) })
}

on_both! {
    async fn a_price_is_shown_asked_about_set_once_and_charged(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let form = client.get(CALL).await.expect(200);
        let key = form.value("key").expect("a key");
        let mut fields = flat("0,45");
        fields.push(("key", &key));
        let asked = client.post(CALL, &fields).await.expect(200);
        // 0.45 beside the platform's 0.30: 0.15, a third of the price, half as much again as the platform takes.
        for text in ["0,45\u{a0}€", "0,15\u{a0}€", "33,3\u{a0}%", "50\u{a0}%", "4,50\u{a0}€", "1,50\u{a0}€", "0,40\u{a0}€", "0,33\u{a0}€ bis 0,60\u{a0}€"] {
            asked.shows(text);
        }
        asked.shows(&DE.price_buyers_count(2, "2"));
        assert_eq!(log(&store).await, Vec::<Vec<String>>::new(), "nothing was set yet");
        fields.push(("confirm", "yes"));
        for _ in 0..2 {
            client.post(CALL, &fields).await.leads_to(&format!("{OWN}?done=set"));
            site.advance(Duration::from_secs(1));
        }
        let list = client.get(&format!("{OWN}?done=set")).await.expect(200);
        list.shows(&DE.price_done_set());
        list.shows("0,45\u{a0}€ je Minute");
        assert_eq!(log(&store).await, [["price.set", "R-101"]]);
        assert_eq!(Raw::open(&store).await.texts("SELECT COUNT(*) FROM prices WHERE price_micros = 450000").await, [["1"]]);
        use_calls(&site, 0, 1).await;
        assert_eq!(last_charge(&site, 0).await, 45);
        // The other reseller's customer pays what it paid.
        use_calls(&site, 2, 1).await;
        assert_eq!(last_charge(&site, 2).await, 40);
    }

    async fn a_price_outside_its_rails_is_refused_beside_its_field(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let range = DE.breach(Breach::Markup { min: UnitPrice::cents(33), max: UnitPrice::cents(60) });
        for (price, sentence) in [
            ("0,29", below(30)),
            ("0,32", range.clone()),
            ("0,61", range),
            ("0.45", DE.price_unreadable()),
            ("", DE.price_missing()),
            ("10.000,01", DE.refusal(&Refusal::PriceOutOfRange { max: UnitPrice::cents(1_000_000) })),
        ] {
            let mut fields = flat(price);
            fields.push(("confirm", "yes"));
            let page = client.post(CALL, &fields).await.expect(422);
            page.shows(&format!("<a href=\"#price\">{sentence}</a>"));
            page.shows("id=\"price-error\"");
            assert_eq!(page.value("price").as_deref(), Some(price));
        }
        let mut fields = flat("0,45");
        fields[3] = ("increment", "1/1");
        client.post(CALL, &fields).await.expect(422).shows("id=\"increment-error\"");
        let mut fields = flat("0,45");
        fields.push(("included", "100"));
        client.post(CALL, &fields).await.expect(422).shows("id=\"included-error\"");
        // The platform may allow what the reseller may not.
        let mut admin = site.sign_in("admin@site.example").await;
        let path = format!("/admin/prices/reseller-{}/call", site.chain.resellers[0]);
        admin.post(&path, &flat("0,29")).await.expect(422).shows(&below(30));
        let mut fields = flat("0,29");
        fields.push(("below", "on"));
        set(&mut admin, &path, &fields).await.shows(&DE.price_below_allowed());
        use_calls(&site, 1, 1).await;
        assert_eq!(last_charge(&site, 1).await, 29);
        site.assert_sound().await;
    }

    async fn a_planned_price_can_be_withdrawn_until_it_is_valid(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let planned = |date: &'static str| {
            let mut fields = flat("0,50");
            fields[2] = ("start", "date");
            fields.push(("date", date));
            fields
        };
        for (date, sentence) in [
            ("22.11.2026", DE.refusal(&Refusal::DateInPast)),
            ("01.12.2036", DE.refusal(&Refusal::DateTooFar)),
            ("31.11.2026", DE.price_date_bad()),
            ("", DE.price_date_missing()),
        ] {
            client.post(CALL, &planned(date)).await.expect(422).shows(&format!("<a href=\"#date\">{sentence}</a>"));
        }
        let list = set(&mut client, CALL, &planned("1.12.2026")).await;
        list.shows(&DE.price_planned_at("01.12.2026"));
        let taken = DE.refusal(&Refusal::DateTaken);
        client.post(CALL, &planned("01.12.2026")).await.expect(422).shows(&taken);
        let withdraw = |page: &Page| {
            let links = page.tags("a").into_iter().filter_map(|link| link.get("href").cloned());
            links.filter(|href| href.ends_with("/withdraw")).collect::<Vec<_>>()
        };
        let path = withdraw(&list)[0].clone();
        client.get(&path).await.expect(200).shows(&DE.price_withdraw_title());
        client.post(&path, &[]).await.leads_to(&format!("{OWN}?done=withdrawn"));
        let list = client.get(OWN).await.expect(200);
        list.shows(&DE.price_withdrawn());
        assert_eq!(withdraw(&list), Vec::<String>::new());
        // The date is free again. What has become valid stays.
        let again = withdraw(&set(&mut client, CALL, &planned("2026-12-01")).await)[0].clone();
        site.advance(DAY * 10);
        let mut client = site.sign_in("reseller@site.example").await;
        client.get(OWN).await.expect(200);
        client.post(&again, &[]).await.expect(422).shows(&DE.refusal(&Refusal::PriceInForce));
        use_calls(&site, 0, 1).await;
        assert_eq!(last_charge(&site, 0).await, 50);
        assert_eq!(log(&store).await, [["price.set", "R-101"], ["price.set", "R-101"], ["price.withdrawn", "R-101"]]);
    }

    async fn the_preview_follows_the_fields(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let preview = |query: &str| format!("{CALL}/preview?{query}");
        let page = client.get(&preview("model=flat&price=0%2C60&start=now&increment=60%2F60")).await.expect(200);
        for text in ["0,30\u{a0}€", "50\u{a0}%", "100\u{a0}%", "6,00\u{a0}€", "3,00\u{a0}€"] {
            page.shows(text);
        }
        page.hides("<h1");
        client.get(&preview("model=flat&price=0%2C20")).await.expect(200).shows(&below(30));
        client.get(&preview("model=flat&price=x")).await.expect(200).shows(&DE.price_unreadable());
        client.get(&preview("")).await.expect(200).shows(&DE.price_model_missing());
        let tiers = "model=graduated&above=&tier=0%2C40&above=1.000&tier=0%2C35&increment=60%2F60";
        let page = client.get(&preview(tiers)).await.expect(200);
        for text in ["1.000\u{a0}Min.", "0,35\u{a0}€", "0,05\u{a0}€", "14,3\u{a0}%"] {
            page.shows(text);
        }
        // The address fills in the form as well, so a link can carry a price.
        let form = client.get(&format!("{CALL}?{tiers}")).await.expect(200);
        assert_eq!(form.value("model").as_deref(), Some("graduated"));
        form.shows("value=\"0,35\"");
    }

    async fn tiers_and_packages_are_charged_as_they_were_entered(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let tiers = [("model", "graduated"), ("increment", "60/60"), ("above", "0"), ("tier", "0,50"), ("above", "2"), ("tier", "0,40"), ("above", ""), ("tier", "")];
        let list = set(&mut client, CALL, &tiers).await;
        list.shows(&DE.price_tier("0,40\u{a0}€", "2\u{a0}Min."));
        use_calls(&site, 0, 3).await;
        let charged: Vec<i64> = site.movements(0).await.iter().map(|movement| movement.amount_cents.0).collect();
        assert_eq!(charged, [-40, -50, -50]);
        site.advance(Duration::from_secs(1));
        let package = [("model", "package"), ("package_units", "10"), ("package_price", "4,50"), ("increment", "60/60")];
        set(&mut client, CALL, &package).await.shows(&DE.price_package("4,50\u{a0}€", "10\u{a0}Min."));
        use_calls(&site, 1, 2).await;
        let charged: Vec<i64> = site.movements(1).await.iter().map(|movement| movement.amount_cents.0).collect();
        assert_eq!(charged, [0, -450]);
        let wrong = [("model", "graduated"), ("above", "5"), ("tier", "0,40"), ("above", "2"), ("tier", "x")];
        let page = client.post(CALL, &wrong).await.expect(422);
        page.shows("id=\"tier-1-error\"");
        let falling = [("model", "graduated"), ("above", "5"), ("tier", "0,40"), ("above", "2"), ("tier", "0,35")];
        client.post(CALL, &falling).await.expect(422).shows("id=\"above-0-error\"");
        site.assert_sound().await;
    }

    async fn a_customers_own_price_goes_first_and_can_end(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let customer = site.chain.customers[0];
        let path = format!("/reseller/prices/customer-{customer}");
        client.get("/reseller/prices?customer=K-10001").await.leads_to(&path);
        client.get("/reseller/prices?customer=K-10003").await.expect(422).shows(&DE.price_customer_unknown());
        let call = format!("{path}/call");
        let mut fields = flat("0,36");
        let asked = client.post(&call, &fields).await.expect(200);
        asked.shows(&DE.price_buyers_count(1, "1"));
        set(&mut client, &call, &fields).await;
        client.get("/reseller/prices").await.expect(200).shows("Salon &#38; Söhne &#60;Mitte&#62;");
        use_calls(&site, 0, 1).await;
        assert_eq!(last_charge(&site, 0).await, 36);
        // For the list of all there is one customer less to be concerned.
        client.post(CALL, &flat("0,45")).await.expect(200).shows(&DE.price_buyers_count(1, "1"));
        site.advance(Duration::from_secs(1));
        fields = vec![("model", "none")];
        set(&mut client, &call, &fields).await.shows(&DE.price_none());
        use_calls(&site, 0, 1).await;
        assert_eq!(last_charge(&site, 0).await, 40);
        assert_eq!(log(&store).await, [["price.set", "K-10001"], ["price.set", "K-10001"]]);
    }

    async fn a_higher_platform_price_names_the_prices_it_leaves_outside(store: Store) {
        let site = Site::start(&store).await;
        let mut reseller = site.sign_in("reseller@site.example").await;
        set(&mut reseller, CALL, &flat("0,36")).await;
        site.advance(Duration::from_secs(1));
        let mut admin = site.sign_in("admin@site.example").await;
        let path = "/admin/prices/platform/call";
        let asked = admin.post(path, &flat("0,34")).await.expect(200);
        asked.shows(&DE.price_affected(1));
        asked.shows(&DE.price_list_reseller("Erste Partner GmbH"));
        set(&mut admin, path, &flat("0,34")).await;
        let terms = admin.get("/admin/resellers/R-101/terms").await.expect(200);
        terms.shows(&DE.price_breaches());
        use_calls(&site, 0, 1).await;
        assert_eq!((last_charge(&site, 0).await, site.balance(0).await.0), (36, -36));
        // One reseller's own platform price goes before the common one.
        let own = format!("/admin/prices/platform-{}/call", site.chain.resellers[0]);
        set(&mut admin, &own, &flat("0,30")).await;
        admin.get("/admin/resellers/R-101/terms").await.expect(200).hides(&DE.price_breaches());
        admin.get("/admin/prices").await.expect(200).shows(&DE.price_own_list_of(1));
    }
}
