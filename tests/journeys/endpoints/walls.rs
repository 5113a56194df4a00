//! Where nothing is ever sent, whatever somebody enters: networks that only this server reaches.

use super::{ADMIN, ALL, RESELLER, add, form, open_site, send};
use crate::support::engines::{Store, on_both};
use crate::support::receiver::Receiver;
use crate::support::site::{DE, Site};
use crate::support::sql::Raw;
use guthaben::domain::clock::Ts;
use guthaben::domain::id::{DeliveryId, EndpointId};
use guthaben::domain::party::Scope;
use guthaben::i18n::T;
use guthaben::store::endpoints;

/// Addresses and what the form says about them.
fn refused() -> Vec<(String, String)> {
    let say = |key: fn(&T) -> String| key(&DE);
    let private = [
        "https://127.0.0.1/",
        "https://127.1.2.3:8443/x",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
        "https://224.0.0.1/",
        "https://198.51.100.1/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://localhost/",
        "https://LocalHost.:443/",
        "https://x.localhost/",
        "https://metadata.google.internal/",
        "https://router/",
    ];
    let unreadable = [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com#@127.0.0.1/",
        "https://hooks.example.com\\@127.0.0.1/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "javascript:alert(1)",
        "hooks.example.com",
    ];
    let mut all = vec![
        (String::new(), say(T::endpoint_url_missing)),
        ("http://hooks.example.com/".into(), say(T::endpoint_url_not_https)),
    ];
    all.push((format!("https://hooks.example.com/{}", "x".repeat(500)), say(T::endpoint_url_too_long)));
    all.extend(private.map(|url| (url.to_owned(), say(T::endpoint_url_private))));
    all.extend(unreadable.map(|url| (url.to_owned(), say(T::endpoint_url_unreadable))));
    all
}

on_both! {
    async fn the_form_refuses_addresses_that_are_not_public(store: Store) {
        let site = Site::start(&store).await;
        for (email, base) in [("admin@site.example", ADMIN), ("reseller@site.example", RESELLER)] {
            let mut client = site.sign_in(email).await;
            for (url, sentence) in refused() {
                let page = client.post(base, &form(&url, &ALL)).await.expect(422);
                page.shows(&sentence);
                page.shows("id=\"url-error\"");
                assert_eq!(page.value("url").as_deref(), Some(url.as_str()), "what was entered is kept");
            }
            client.get(base).await.expect(200).shows(&DE.endpoint_none());
        }
    }

    async fn what_got_into_the_database_all_the_same_is_not_called(store: Store) {
        let (site, receiver) = (Site::start(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let hook = add(&mut admin, ADMIN, "https://hooks.example.com/", &ALL).await;
        let port = receiver.base.rsplit(':').next().expect("a port").to_owned();
        let mut raw = Raw::open(&store).await;
        for host in ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"] {
            for scheme in ["http", "https"] {
                raw.run(&format!("UPDATE endpoints SET url = '{scheme}://{host}:{port}/'")).await.expect("tampered");
                admin.post(&format!("{}/test", hook.href), &[]).await.expect(303);
                assert_eq!(send(&site).await, 1, "{scheme}://{host}");
                let seen = raw.texts("SELECT last_error FROM webhook_deliveries ORDER BY id DESC LIMIT 1").await;
                // Some resolvers know no numbers as names; then there is no address at all.
                assert!(["private_address", "no_address"].contains(&seen[0][0].as_str()), "{scheme}://{host}: {seen:?}");
                raw.run("DELETE FROM webhook_deliveries").await.expect("cleared");
            }
        }
        assert!(receiver.heard().is_empty());
    }

    async fn an_encrypted_address_is_never_spoken_to_in_the_clear(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let url = receiver.url().replace("http://", "https://");
        let hook = add(&mut admin, ADMIN, &url, &ALL).await;
        admin.post(&format!("{}/test", hook.href), &[]).await.expect(303);
        assert_eq!(send(&site).await, 1);
        assert!(receiver.heard().is_empty());
        admin.get(&hook.href).await.expect(200).shows(&DE.attempt_connect());
    }

    async fn foreign_endpoints_do_not_exist(store: Store) {
        let (site, receiver) = (open_site(&store).await, Receiver::start().await);
        let mut admin = site.sign_in("admin@site.example").await;
        let mut reseller = site.sign_in("reseller@site.example").await;
        let mut rival = site.sign_in("rival@site.example").await;
        let url = receiver.url();
        let hooks = [add(&mut admin, ADMIN, &url, &ALL).await, add(&mut reseller, RESELLER, &url, &ALL).await];
        for (hook, email) in hooks.iter().zip(["admin@site.example", "reseller@site.example"]) {
            site.sign_in(email).await.post(&format!("{}/test", hook.href), &[]).await.expect(303);
        }
        send(&site).await;
        let delivery = Raw::open(&store).await.texts("SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'delivered'").await;
        assert_eq!(delivery, [["2"]]);
        // What arrived first is not known; the log of each endpoint names its own.
        let mut ids = vec![];
        for hook in &hooks {
            let id = hook.href.rsplit('/').next().and_then(EndpointId::parse).expect("an id");
            let log = endpoints::list_deliveries(&store.db, Scope::Platform, id, None, 10).await.expect("a reading");
            ids.push(log[0].id.to_string());
        }
        assert_eq!(receiver.take().len(), 2);
        let later = Ts(site.clock.now().0 + 1);
        let nobodys = format!("{RESELLER}/{}", EndpointId::new(later));
        let under = |base: &str, href: &str| format!("{base}/{}", href.rsplit('/').next().expect("an id"));
        // The platform's and the other reseller's, by every path that could lead to them.
        let foreign = [under(RESELLER, &hooks[0].href), under(RESELLER, &hooks[1].href), nobodys.clone(), format!("{RESELLER}/wep_1")];
        let fields = form(&url, &ALL);
        for href in foreign {
            rival.get(&href).await.expect(404);
            rival.post(&href, &fields).await.expect(404);
            rival.post(&format!("{href}/test"), &[]).await.expect(404);
            rival.post(&format!("{href}/secret"), &[("made_at", "0")]).await.expect(404);
            for id in &ids {
                rival.post(&format!("{href}/deliveries/{id}/retry"), &[]).await.expect(404);
            }
        }
        admin.get(&under(ADMIN, &hooks[1].href)).await.expect(404);
        let own = &hooks[1].href;
        reseller.post(&format!("{own}/deliveries/{}/retry", DeliveryId::new(later)), &[]).await.expect(404);
        reseller.post(&format!("{own}/deliveries/{}/retry", ids[0]), &[]).await.expect(404);
        reseller.post(&format!("{own}/deliveries/{}/retry", ids[1]), &[]).await.expect(303);
        // Somebody else's id in the form makes a new endpoint, and leaves the other as it is.
        let key = under("", &hooks[0].href).trim_start_matches('/').to_owned();
        let mut taken = fields.clone();
        taken.push(("key", &key));
        rival.post(RESELLER, &taken).await.expect(200);
        let count = Raw::open(&store).await.texts("SELECT COUNT(*) FROM endpoints").await;
        assert_eq!(count, [["3"]]);
        admin.get(&hooks[0].href).await.expect(200).shows(&url);
    }

    async fn only_those_who_manage_see_it(store: Store) {
        let site = Site::start(&store).await;
        for (email, base, status) in [
            ("finance@site.example", ADMIN, 403),
            ("support@site.example", ADMIN, 403),
            ("staff@site.example", RESELLER, 403),
            ("admin@site.example", RESELLER, 404),
            ("reseller@site.example", ADMIN, 404),
            ("owner@site.example", ADMIN, 404),
            ("owner@site.example", RESELLER, 404),
        ] {
            let mut client = site.sign_in(email).await;
            client.get(base).await.expect(status);
            client.post(base, &form("https://hooks.example.com/", &ALL)).await.expect(status);
        }
        let page = site.sign_in("staff@site.example").await.get("/reseller").await.expect(200);
        page.hides(RESELLER);
        site.sign_in("reseller@site.example").await.get("/reseller").await.expect(200).shows(RESELLER);
        site.sign_in("admin@site.example").await.get("/admin").await.expect(200).shows(ADMIN);
    }
}
