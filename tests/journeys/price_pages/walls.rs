//! Whose prices are whose, and that nothing that is written into a field or an address breaks a page.

use super::*;
use crate::support::engines::on_both;
use crate::support::site::DE;

on_both! {
    async fn lists_of_others_do_not_exist(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let [own, other] = site.chain.resellers;
        let foreign = [
            "platform".to_owned(),
            "default".to_owned(),
            format!("platform-{own}"),
            format!("reseller-{other}"),
            format!("customer-{}", site.chain.customers[2]),
            format!("customer-{}", site.chain.customers[3]),
            format!("customer-{own}"),
            format!("reseller-{}", site.chain.customers[0]),
            "plan-prl_00000000000000000000000000".to_owned(),
            "own-".to_owned(),
        ];
        for place in foreign {
            client.get(&format!("/reseller/prices/{place}")).await.expect(404);
            client.get(&format!("/reseller/prices/{place}/call")).await.expect(404);
            let mut fields = flat("0,45");
            fields.push(("confirm", "yes"));
            client.post(&format!("/reseller/prices/{place}/call"), &fields).await.expect(404);
        }
        client.get(&format!("{OWN}/nothing")).await.expect(404);
        // A version of somebody else's list cannot be withdrawn, not even looked at.
        let mut rival = site.sign_in("rival@site.example").await;
        let mut fields = flat("0,45");
        fields[2] = ("start", "date");
        fields.push(("date", "1.12.2026"));
        let list = set(&mut rival, &format!("{OWN}/call"), &fields).await;
        let links = list.tags("a").into_iter().filter_map(|link| link.get("href").cloned());
        let withdraw = links.into_iter().find(|href| href.ends_with("/withdraw")).expect("a planned version");
        client.get(&withdraw).await.expect(404);
        client.post(&withdraw, &[]).await.expect(404);
        rival.get(&withdraw).await.expect(200);
        client.get(OWN).await.expect(200).hides(&DE.price_planned_at("01.12.2026"));
    }

    async fn those_who_may_look_cannot_change(store: Store) {
        let site = Site::start(&store).await;
        for email in ["finance@site.example", "support@site.example"] {
            let mut client = site.sign_in(email).await;
            let list = client.get("/admin/prices/default").await.expect(200);
            list.hides("/admin/prices/default/call");
            client.get("/admin/meters").await.expect(200).hides("action=\"/admin/meters\"");
            client.get("/admin/plans").await.expect(200).hides("action=\"/admin/plans\"");
            let mut fields = flat("0,45");
            fields.push(("confirm", "yes"));
            client.post("/admin/prices/default/call", &fields).await.expect(403);
            client.post("/admin/plans", &[("name", "x")]).await.expect(403);
        }
        assert_eq!(log(&store).await, Vec::<Vec<String>>::new());
    }

    async fn no_value_breaks_a_page(store: Store) {
        let site = Site::start(&store).await;
        let mut admin = site.sign_in("admin@site.example").await;
        let mut reseller = site.sign_in("reseller@site.example").await;
        let plan = admin.post("/admin/plans", &[("name", "x")]).await.expect(303).location().replace("?done=created", "");
        let odd = ["", " ", "'", "\"><script>", "%", "-1", "9223372036854775808", "0,0000001", "1e9", "\u{202e}", "👩‍👩‍👧", "ä\r\nx", "99999999999999,9", "31.02.2026", "9999-12-31", "1:99", "60/", "pri_00000000000000000000000000"];
        let fields = ["key", "start", "date", "model", "price", "above", "tier", "package_units", "package_price", "included", "increment", "first", "next", "below", "confirm"];
        for value in odd {
            for field in fields {
                for model in ["flat", "graduated", "package"] {
                    let mut sent: Vec<(&str, &str)> = vec![("model", model), ("price", "0,45"), ("above", "0"), ("tier", "0,45"), ("package_units", "1"), ("package_price", "0,45")];
                    sent.retain(|(name, _)| *name != field);
                    sent.push((field, value));
                    if field == "date" {
                        sent.push(("start", "date"));
                    }
                    let page = reseller.post(&format!("{OWN}/call"), &sent).await;
                    assert!([200, 422].contains(&page.status), "{field}={value:?}: {}", page.status);
                }
                let query = form_urlencoded::Serializer::new(String::new()).append_pair("model", "flat").append_pair(field, value).finish();
                for path in [format!("{OWN}/call/preview"), format!("{OWN}/call"), "/reseller/prices/simulator".to_owned()] {
                    let page = reseller.get(&format!("{path}?{query}")).await;
                    assert!([200, 422].contains(&page.status), "{path}?{query}: {}", page.status);
                }
            }
            for (path, fields) in [
                ("/admin/meters/call".to_owned(), &["name_de", "name_en", "increment", "active"][..]),
                ("/admin/resellers/R-101/terms".to_owned(), &["settlement", "model", "rate", "min", "max", "days", "sepa_days", "start", "date"]),
                (format!("{plan}/customers"), &["customers", "start", "date", "what"]),
            ] {
                for field in fields {
                    let page = admin.post(&path, &[(*field, value), ("active", "on")]).await;
                    assert!([200, 303, 422].contains(&page.status), "{path} {field}={value:?}: {}", page.status);
                }
            }
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("after", value).append_pair("done", value).append_pair("customer", value).finish();
            for path in [plan.as_str(), "/admin/prices", "/admin/meters", "/admin/prices/default"] {
                let page = admin.get(&format!("{path}?{query}")).await;
                assert!([200, 303, 422].contains(&page.status), "{path}?{query}: {}", page.status);
            }
        }
    }
}
