//! Meters that an admin adds, plans that customers get, and terms that are agreed with resellers.

use super::*;
use crate::support::engines::on_both;
use crate::support::site::{DE, use_calls};
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Increment, Meter, Usage};
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{EventOutcome, UsageEvent};

/// The fields of a meter.
fn video(name: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("key", "video_call"),
        ("unit", "second"),
        ("name_de", name),
        ("name_en", "Video calls"),
        ("increment", "60/1"),
        ("active", "on"),
    ]
}

/// Whether usage of video calls is taken.
async fn is_taken(site: &Site, id: &str) -> bool {
    let meter = Meter::parse("video_call").expect("a key");
    let event = UsageEvent::new(
        id.into(),
        site.chain.customers[0],
        meter,
        Usage::Seconds(90),
        site.clock.now(),
        id.into(),
    );
    let outcome = guthaben::billing::usage::record(site.app(), Scope::Platform, vec![event])
        .await
        .expect("recorded")
        .remove(0);
    matches!(outcome, EventOutcome::Charged { .. })
}

/// The fields of terms as the standard has them, with some others.
fn terms<'f>(changes: &[(&'static str, &'f str)]) -> Vec<(&'static str, &'f str)> {
    let standard = [
        ("settlement", "commission"),
        ("model", "rates"),
        ("rate", ""),
        ("min", "10"),
        ("max", "100"),
        ("days", "14"),
        ("sepa_days", "56"),
        ("start", "now"),
    ];
    let other = |name: &str| changes.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
    let mut fields: Vec<(&'static str, &'f str)> =
        standard.iter().map(|(name, value)| (*name, other(name).unwrap_or(value))).collect();
    fields.extend(changes.iter().filter(|(name, _)| !standard.iter().any(|(known, _)| known == name)));
    fields
}

on_both! {
    async fn a_meter_is_added_priced_renamed_and_closed(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        admin.post("/admin/meters", &video("Videoanrufe")).await.leads_to("/admin/meters?done=created");
        admin.get("/admin/meters?done=created").await.expect(200).shows(&DE.meter_done_created());
        assert!(!is_taken(&site, "a").await, "there is no price yet");
        admin.get("/admin/prices").await.expect(200).shows("Videoanrufe");
        set(&mut admin, "/admin/prices/default/video_call", &[("model", "flat"), ("price", "0,60")]).await.shows("60/1");
        assert!(is_taken(&site, "b").await);
        assert_eq!(last_charge(&site, 0).await, 90);
        let mut owner = site.sign_in("owner@site.example").await;
        owner.get("/portal").await.expect(200).shows("Videoanrufe");
        let list = owner.get("/portal/transactions?kind=video_call").await.expect(200);
        // Of the row, of the filter, and of the tag that takes it away.
        assert!(list.body.matches("Videoanrufe").count() >= 3, "{}", list.body);
        list.shows(&DE.transaction_quantity_minutes("1:30", "0,60"));
        let csv = owner.get("/portal/transactions.csv?kind=video_call").await.expect(200);
        csv.shows("Videoanrufe");
        csv.hides(&DE.kind_usage());
        owner.get("/portal/transactions?kind=sms").await.expect(200).shows(&DE.transaction_none_title());
        admin.get("/admin/transactions?kind=video_call").await.expect(200).shows("Videoanrufe");
        let mut reseller = site.sign_in("reseller@site.example").await;
        reseller.get("/reseller/prices").await.expect(200).shows("Videoanrufe");
        admin.post("/admin/meters/video_call", &video("Videotelefonie")).await.leads_to("/admin/meters?done=changed");
        reseller.get("/reseller/prices").await.expect(200).shows("Videotelefonie");
        let closing: Vec<_> = video("Videotelefonie").into_iter().filter(|(name, _)| *name != "active").collect();
        admin.post("/admin/meters/video_call", &closing).await.expect(200).shows(&DE.meter_close_title("Videotelefonie"));
        assert!(is_taken(&site, "c").await, "it was only asked");
        admin.post("/admin/meters/video_call", &[&closing[..], &[("confirm", "yes")]].concat()).await.expect(303);
        assert!(!is_taken(&site, "d").await);
        let actions: Vec<String> = log(&store).await.into_iter().map(|entry| entry[0].clone()).collect();
        assert_eq!(actions, ["meter.changed", "meter.changed", "meter.created", "price.set"]);
        site.assert_sound().await;
    }

    async fn a_meters_form_says_what_is_wrong(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        let long = "x".repeat(61);
        for (field, value, refusal) in [
            ("key", "Video", Refusal::MeterKeyInvalid),
            ("key", "topup", Refusal::MeterKeyInvalid),
            ("key", "call", Refusal::MeterTaken),
            ("name_de", "", Refusal::NameInvalid { most: 60 }),
            ("name_en", &long, Refusal::NameInvalid { most: 60 }),
            ("increment", "0/1", Refusal::IncrementInvalid { most: Increment::MAX }),
        ] {
            let fields: Vec<_> = video("Videoanrufe").into_iter().map(|(name, old)| (name, if name == field { value } else { old })).collect();
            let page = admin.post("/admin/meters", &fields).await.expect(422);
            page.shows(&format!("<a href=\"#{field}\">{}</a>", DE.refusal(&refusal)));
            assert_eq!(page.value(field).as_deref(), Some(value));
        }
        admin.post("/admin/meters", &[("key", "x")]).await.expect(422).shows(&DE.meter_unit_missing());
        admin.get("/admin/meters/nothing").await.expect(404);
        assert_eq!(Raw::open(&store).await.texts("SELECT COUNT(*) FROM meters").await, [["4"]]);
    }

    async fn a_plan_is_given_to_many_and_ended(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        admin.post("/admin/plans", &[("name", " ")]).await.expect(422).shows(&DE.refusal(&Refusal::NameInvalid { most: 60 }));
        let plan = admin.post("/admin/plans", &[("name", "Praxis")]).await.expect(303).location().replace("?done=created", "");
        let id = plan.rsplit('/').next().expect("an id").to_owned();
        set(&mut admin, &format!("/admin/prices/plan-{id}/call"), &flat("0,35")).await.shows(&DE.price_list_plan("Praxis"));
        let members = format!("{plan}/customers");
        let give = [("customers", "K-10003, K-10004\nK-10003"), ("start", "now"), ("what", "give")];
        admin.post(&members, &[("customers", "K-1 K-10003")]).await.expect(422).shows(&DE.plan_customers_unknown("K-1"));
        admin.post(&members, &[("customers", " ")]).await.expect(422).shows(&DE.plan_customers_missing());
        admin.post(&members, &give).await.expect(200).shows(&DE.plan_give_title(2, "Praxis"));
        assert_eq!(site.balance(3).await.0, 0);
        admin.post(&members, &[&give[..], &[("confirm", "yes")]].concat()).await.leads_to(&format!("{plan}?done=assigned"));
        let page = admin.get(&plan).await.expect(200);
        page.shows(&DE.plan_members_count(2, "2"));
        page.shows("Direkt AG");
        for place in [2, 3] {
            use_calls(&site, place, 1).await;
            assert_eq!(last_charge(&site, place).await, 35);
        }
        use_calls(&site, 0, 1).await;
        assert_eq!(last_charge(&site, 0).await, 40);
        site.advance(DAY);
        let mut admin = site.sign_in("admin@site.example").await;
        let end = [("customers", "K-10004"), ("start", "now"), ("what", "end"), ("confirm", "yes")];
        admin.post(&members, &end).await.leads_to(&format!("{plan}?done=ended"));
        use_calls(&site, 3, 1).await;
        assert_eq!(last_charge(&site, 3).await, 40);
        admin.post(&plan, &[("name", "Praxis plus")]).await.expect(303);
        admin.get("/admin/plans").await.expect(200).shows("Praxis plus");
        let entries = log(&store).await;
        let assigned = entries.iter().filter(|entry| entry[0] == "plan.assigned").map(|entry| entry[1].as_str());
        assert_eq!(assigned.collect::<Vec<_>>(), ["K-10003", "K-10004", "K-10004"]);
    }

    async fn terms_are_agreed_after_a_question_and_hold_from_their_date(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        let path = format!("/admin/resellers/{}/terms", site.chain.resellers[0]);
        admin.get(&path).await.expect(200).shows(&DE.terms_standard());
        for (field, value, sentence) in [
            ("settlement", "", DE.terms_settlement_missing()),
            ("min", "x", DE.terms_percent_bad()),
            ("min", "101", DE.refusal(&Refusal::MarkupRangeInvalid { most: 1_000 })),
            ("days", "-1", DE.refusal(&Refusal::HoldDaysInvalid { most: 365 })),
            ("sepa_days", "x", DE.terms_days_bad()),
            ("model", "x", DE.terms_model_missing()),
        ] {
            let page = admin.post(&path, &terms(&[(field, value)])).await.expect(422);
            page.shows(&sentence);
        }
        admin.post(&path, &terms(&[("model", "percent"), ("rate", "")])).await.expect(422).shows("id=\"rate-error\"");
        let percent = terms(&[("model", "percent"), ("rate", "12,5")]);
        let asked = admin.post(&path, &percent).await.expect(200);
        asked.shows(&DE.terms_percent("12,5\u{a0}%"));
        asked.hides(&DE.terms_prepays());
        assert_eq!(log(&store).await.len(), 0);
        admin.post(&path, &[&percent[..], &[("confirm", "yes")]].concat()).await.leads_to(&format!("{path}?done=set"));
        use_calls(&site, 0, 10).await;
        let shared = "SELECT CAST(SUM(commission_cents) AS BIGINT) FROM transfers WHERE kind = 'usage'";
        assert_eq!(Raw::open(&store).await.texts(shared).await, [["50"]]);
        let resale = terms(&[("settlement", "resale"), ("start", "date"), ("date", "1.12.2026")]);
        admin.post(&path, &resale).await.expect(200).shows(&DE.terms_prepays());
        admin.post(&path, &[&resale[..], &[("confirm", "yes")]].concat()).await.expect(303);
        let page = admin.get(&path).await.expect(200);
        page.shows(&DE.price_planned_at("01.12.2026"));
        page.shows(&DE.terms_resale());
        assert_eq!(log(&store).await, [["terms.set", "R-101"], ["terms.set", "R-101"]]);
        admin.get("/admin/resellers/R-101/terms").await.expect(200);
        for unknown in ["R-999", "K-10001", "ten_00000000000000000000000000"] {
            admin.get(&format!("/admin/resellers/{unknown}/terms")).await.expect(404);
        }
    }
}
