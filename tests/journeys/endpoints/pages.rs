//! The pages: a form that says what is wrong, a secret that is shown once, a log that can be read and sent again.

use super::{ADMIN, ALL, RESELLER, add, form, hear, open_site, secret_on, send};
use crate::support::engines::{Store, on_both};
use crate::support::receiver::Receiver;
use crate::support::site::DE;
use crate::support::sql::Raw;
use std::time::Duration;

on_both! {
    async fn a_form_says_what_is_missing_and_keeps_the_rest(store: Store) {
        let site = open_site(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let page = client.post(RESELLER, &[("url", "https://hooks.example.com/a"), ("description", &"x".repeat(101))]).await.expect(422);
        page.shows(&DE.endpoint_description_bad());
        page.shows(&DE.endpoint_events_missing());
        assert_eq!(page.value("url").as_deref(), Some("https://hooks.example.com/a"));
        let page = client.post(RESELLER, &[("url", "x"), ("events", "topup.settled"), ("events", "made.up")]).await.expect(422);
        page.shows(&DE.endpoint_url_unreadable());
        page.hides(&DE.endpoint_events_missing());
        let chosen: Vec<String> =
            page.tags("input").into_iter().filter(|tag| tag.contains_key("checked")).map(|tag| tag["value"].clone()).collect();
        assert_eq!(chosen, ["topup.settled"]);
    }

    async fn the_secret_is_shown_once_and_a_reload_makes_no_second_endpoint(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut client = site.sign_in("reseller@site.example").await;
        let url = receiver.url();
        let key = client.get(&format!("{RESELLER}/new")).await.expect(200).value("key").expect("a key");
        let mut fields = form(&url, &ALL);
        fields.push(("key", &key));
        let page = client.post(RESELLER, &fields).await.expect(200);
        let secret = secret_on(&page);
        assert!(secret.starts_with("whsec_") && secret.len() > 40, "{secret}");
        assert_eq!(page.header("cache-control"), "no-store");
        let href = format!("{RESELLER}/{key}");
        client.post(RESELLER, &fields).await.leads_to(&href);
        for path in [RESELLER, &href] {
            client.get(path).await.expect(200).hides(&secret[6..]);
        }
        let list = client.get(RESELLER).await.expect(200);
        assert_eq!(list.body.matches(&format!("href=\"{href}\"")).count(), 1);
    }

    async fn changes_are_kept(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut client = site.sign_in("admin@site.example").await;
        let hook = add(&mut client, ADMIN, "https://hooks.example.com/old", &ALL).await;
        client.post(&hook.href, &form("nonsense", &[])).await.expect(422).shows(&DE.endpoint_events_missing());
        let url = receiver.url();
        client.post(&hook.href, &form(&url, &["topup.settled"])).await.leads_to(&format!("{}?done=saved", hook.href));
        let page = client.get(&format!("{}?done=saved", hook.href)).await.expect(200);
        page.shows(&DE.endpoint_done_saved());
        assert_eq!(page.value("url").as_deref(), Some(url.as_str()));
        assert_eq!(page.body.matches("name=\"events\"").count(), 6);
        let log = Raw::open(&store).await.texts("SELECT action, subject FROM audit_entries ORDER BY action").await;
        let id = hook.href.rsplit('/').next().expect("an id");
        assert_eq!(log, [["endpoint.changed", id], ["endpoint.created", id]]);
        assert_eq!(page.tags("input").iter().filter(|tag| tag.contains_key("checked")).count(), 2, "one event, and that it is on");
    }

    async fn the_log_is_read_page_by_page_and_an_event_is_sent_again(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut client = site.sign_in("admin@site.example").await;
        let hook = add(&mut client, ADMIN, &receiver.url(), &ALL).await;
        for _ in 0..53 {
            client.post(&format!("{}/test", hook.href), &[]).await.expect(303);
            site.advance(Duration::from_millis(1));
        }
        send(&site).await;
        let mut ids: Vec<String> = receiver.take().into_iter().map(|event| event.id).collect();
        ids.sort();
        ids.reverse();
        let first = client.get(&hook.href).await.expect(200);
        let next = first.tags("a").into_iter().find(|a| a.get("rel").is_some_and(|rel| rel == "next")).expect("older ones");
        let second = client.get(&next["href"]).await.expect(200);
        for (place, id) in ids.iter().enumerate() {
            let (shown, hidden) = if place < 50 { (&first, &second) } else { (&second, &first) };
            shown.shows(&format!("{id}</span></td>"));
            hidden.hides(&format!("{id}</span></td>"));
        }
        let retry = format!("{}/deliveries/{}/retry", hook.href, ids[7]);
        first.shows(&retry);
        client.post(&retry, &[]).await.leads_to(&format!("{}?done=retry", hook.href));
        client.post(&retry, &[]).await.leads_to(&hook.href);
        let again: Vec<String> = hear(&site, &receiver).await.into_iter().map(|event| event.id).collect();
        assert_eq!(again, [ids[7].clone()], "once, with the id it had");
    }

    async fn there_is_an_end_to_the_number_of_endpoints(store: Store) {
        let site = open_site(&store).await;
        let mut client = site.sign_in("reseller@site.example").await;
        for place in 0..20 {
            add(&mut client, RESELLER, &format!("https://hooks.example.com/{place}"), &ALL).await;
        }
        let page = client.post(RESELLER, &form("https://hooks.example.com/x", &ALL)).await.expect(422);
        page.shows(&DE.endpoint_too_many(20));
    }

    async fn no_value_breaks_a_page(store: Store) {
        let site = open_site(&store).await;
        let mut client = site.sign_in("admin@site.example").await;
        let hook = add(&mut client, ADMIN, "https://hooks.example.com/", &ALL).await;
        for odd in ["", " ", "'", "\"><script>", "%", "https://[", "https://%00", "wep_", "evt_zzz", "-1", "9223372036854775808", "\u{202e}", "👩‍👩‍👧", "ä\r\nx"] {
            for field in ["key", "url", "description", "events", "active"] {
                let fields = form("https://hooks.example.com/", &ALL);
                let mut fields: Vec<(&str, &str)> = fields.into_iter().filter(|(name, _)| *name != field).collect();
                fields.push((field, odd));
                let page = client.post(&hook.href, &fields).await;
                assert!([303, 422].contains(&page.status), "{field}={odd:?}: {}", page.status);
            }
            let page = client.post(&format!("{}/secret", hook.href), &[("made_at", odd)]).await;
            assert_eq!(page.status, 303, "{odd:?}");
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("after", odd).append_pair("done", odd).finish();
            client.get(&format!("{}?{query}", hook.href)).await.expect(200);
        }
    }
}
