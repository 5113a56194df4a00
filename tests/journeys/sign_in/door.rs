//! The door: right and wrong, and that nobody learns from outside who has an account.

use super::attempt;
use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, PASSWORD, Site};
use crate::support::sql::Raw;
use guthaben::domain::refusal::Refusal;

/// The page without what belongs to this very request.
fn neutral(page: &Page, email: &str) -> String {
    let token = page.value("csrf_token").expect("a form");
    page.body.replace(&token, "T").replace(email, "E")
}

on_both! {
    async fn everybody_comes_to_the_home_of_the_role(store: Store) {
        let site = Site::start(&store).await;
        for (email, home) in [
            ("admin@site.example", "/admin"),
            ("support@site.example", "/admin"),
            ("staff@site.example", "/reseller"),
            ("viewer@site.example", "/portal"),
            ("both@site.example", "/portal"),
        ] {
            let mut client = site.visitor();
            attempt(&mut client, email, PASSWORD).await.leads_to(home);
            client.get(home).await.expect(200);
            client.get("/").await.leads_to(home);
            client.get("/login").await.leads_to(home);
        }
        let mut client = site.visitor();
        attempt(&mut client, "  Owner@SITE.example ", PASSWORD).await.leads_to("/portal");
    }

    async fn wrong_unknown_and_disabled_cannot_be_told_apart(store: Store) {
        let site = Site::start(&store).await;
        let mut raw = Raw::open(&store).await;
        raw.run("UPDATE persons SET active = (1 = 0) WHERE email = 'viewer@site.example'").await.expect("disabled");
        raw.run("DELETE FROM memberships WHERE person_id = (SELECT id FROM persons WHERE email = 'direct@site.example')").await.expect("left");
        let mut bodies = vec![];
        for (email, password) in [
            ("owner@site.example", "ein falsches Passwort"),
            ("nobody@site.example", "ein falsches Passwort"),
            ("nobody@site.example", "nobody has this password"),
            ("viewer@site.example", PASSWORD),
            ("viewer@site.example", "ein falsches Passwort"),
            ("direct@site.example", PASSWORD),
            ("no address at all", PASSWORD),
            ("owner@site.example", ""),
        ] {
            let mut client = site.visitor();
            let page = attempt(&mut client, email, password).await.expect(422);
            page.shows(&DE.refusal(&Refusal::SignInFailed));
            assert_eq!(page.value("email").as_deref(), Some(email), "what was typed stays");
            page.hides(PASSWORD);
            assert!(!client.jar.contains_key("__Host-sid"), "{email}");
            bodies.push(neutral(&page, email));
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:#?}");
    }

    async fn nothing_too_long_reaches_the_hash(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.visitor();
        let long = "x".repeat(257);
        attempt(&mut client, "owner@site.example", &long).await.expect(422);
        let address = format!("{}@site.example", "x".repeat(250));
        attempt(&mut client, &address, "x").await.expect(422).shows(&DE.refusal(&Refusal::SignInFailed));
        let counted = Raw::open(&store).await.texts("SELECT COUNT(*) FROM throttles").await;
        assert_eq!(counted, [["0"]], "refused before anything was counted or hashed");
    }

    async fn the_way_back_leads_to_our_own_pages_only(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.visitor();
        let asked = client.get("/portal/transactions?kind=call&q=a%26b").await.expect(303).location().to_owned();
        let page = client.get(&asked).await.expect(200);
        page.shows(&DE.sign_in_expired());
        let next = page.value("next").expect("a way back");
        assert_eq!(next, "/portal/transactions?kind=call&q=a%26b");
        let fields = [("email", "owner@site.example"), ("password", PASSWORD), ("next", &next)];
        client.post("/login", &fields).await.leads_to(&next);
        client.get(&next).await.expect(200);
        for evil in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "portal"] {
            let mut client = site.visitor();
            client.get("/login").await.expect(200);
            let fields = [("email", "owner@site.example"), ("password", PASSWORD), ("next", evil)];
            client.post("/login", &fields).await.leads_to("/portal");
            let query = String::from_utf8(crate::support::client::encoded(&[("next", evil)])).expect("ASCII");
            let page = site.visitor().get(&format!("/login?{query}")).await.expect(200);
            assert_eq!(page.value("next").as_deref(), Some(""), "{evil}");
            let mut client = site.sign_in("owner@site.example").await;
            client.post("/session/theme", &[("theme", "dark"), ("next", evil)]).await.leads_to("/");
        }
    }

    async fn too_many_at_once_are_asked_to_wait_and_others_still_read(store: Store) {
        let site = Site::with(&store, &[("GUTHABEN_PASSWORD_QUEUE", "2"), ("GUTHABEN_SIGN_IN_ATTEMPTS", "1000")]).await;
        let mut reader = site.sign_in("owner@site.example").await;
        let mut visitor = site.visitor();
        visitor.get("/login").await.expect(200);
        let tries = (0..24).map(|_| {
            let mut visitor = visitor.clone();
            async move { visitor.post("/login", &[("email", "owner@site.example"), ("password", "x")]).await }
        });
        let (pages, read) = tokio::join!(futures_util::future::join_all(tries), reader.get("/portal"));
        read.expect(200);
        let busy: Vec<&Page> = pages.iter().filter(|page| page.status == 503).collect();
        assert!(!busy.is_empty() && busy.len() < pages.len(), "{} of {}", busy.len(), pages.len());
        assert!(busy.iter().all(|page| !page.header("retry-after").is_empty()));
        assert!(pages.iter().all(|page| [422, 503].contains(&page.status)));
    }
}
