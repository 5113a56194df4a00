//! Errors as readers see them: a page in their language with a reference, and nothing of the inside.

use super::{enter, lively};
use crate::support::client::Page;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site};
use guthaben::i18n::{Lang, T};
use hyper::Method;

const EN: T = T::new(Lang::En);

/// Checks that the page is an error page in `t`, names the reference of its answer, and nothing of the inside.
fn assert_page(page: &Page, t: T, title: &str) {
    page.shows(&format!("<h1>{title}</h1>"));
    page.shows(&format!("<html lang=\"{}\"", t.lang().code()));
    let reference = page.header("x-request-id");
    assert!(!reference.is_empty(), "{}", page.asked);
    page.shows(&format!("<dd class=\"mono\">{reference}</dd>"));
    page.shows(&t.error_balance_safe());
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{}", page.asked);
    for inside in ["sqlx", "rror:", "anic", "src/", "SELECT", "deserialize", "missing field"] {
        page.hides(inside);
    }
}

on_both! {
    async fn every_error_is_a_page_in_the_readers_language(store: Store) {
        let site = lively(&store).await;
        for (t, language) in [(DE, "de-DE,de;q=0.9"), (EN, "en-GB,en;q=0.9")] {
            let mut client = enter(&site, "").await.with("accept-language", language);
            assert_page(&client.get("/nowhere").await.expect(404), t, &t.error_404_title());
            assert_page(&client.get("/portal/%ff").await.expect(404), t, &t.error_404_title());
            let refused = client.post("/logout", &[("csrf_token", "0")]).await.expect(403);
            assert_page(&refused, t, &t.error_403_title());
            let method = client.post("/imprint", &[]).await.expect(405);
            assert_page(&method, t, &t.error_400_title());
            assert!(method.header("allow").contains("GET"));
            let unreadable = client.post("/login", &[("email", "x")]).await.expect(422);
            assert_page(&unreadable, t, &t.error_400_title());
            let twice = client.get("/login?next=/a&next=/b").await.expect(400);
            assert_page(&twice, t, &t.error_400_title());
            let kind = client.with("content-type", "text/plain").post("/login", &[("email", "x"), ("password", "y")]).await;
            assert_page(&kind.expect(415), t, &t.error_400_title());
        }
    }

    async fn a_body_that_is_too_long_is_refused_with_a_page_however_it_is_sent(store: Store) {
        let site = Site::start(&store).await;
        let mut client = enter(&site, "").await;
        let long = "x".repeat(64 * 1024);
        let page = client.post("/login", &[("email", &long), ("password", "x")]).await.expect(413);
        assert_page(&page, DE, &DE.error_400_title());
        // Without a length in the head the end is only seen while reading.
        let request = format!(
            "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n10001\r\n{}\r\n0\r\n\r\n",
            "x".repeat(0x10001)
        );
        let answer = crate::support::client::exchange(&site.server.base_url, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains(&DE.error_400_title()), "{answer}");
    }

    async fn a_broken_database_is_said_kindly(store: Store) {
        let site = lively(&store).await;
        let mut client = enter(&site, "owner@site.example").await;
        let mut visitor = enter(&site, "").await;
        site.app().db.close().await;
        assert_page(&client.get("/portal").await.expect(500), DE, &DE.error_500_title());
        let post = client.post("/portal/topups", &[("amount", "50"), ("method", "card")]).await;
        assert_page(&post.expect(500), DE, &DE.error_500_title());
        let sign_in = visitor.post("/login", &[("email", "owner@site.example"), ("password", "x")]).await;
        assert_page(&sign_in.expect(500), DE, &DE.error_500_title());
        // What needs no database still stands.
        visitor.get("/imprint").await.expect(200);
        visitor.get("/login").await.expect(200);
        // Whether Stripe signed a delivery needs no database either.
        client.send(Method::POST, "/billing/webhook", Some(b"{}".to_vec())).await.expect(400);
    }

    async fn what_a_name_contains_is_shown_and_not_carried_out(store: Store) {
        let site = lively(&store).await;
        let page = enter(&site, "owner@site.example").await.get("/portal").await.expect(200);
        page.hides("<Mitte>");
        page.shows("Salon &#38; Söhne &#60;Mitte&#62;");
        let mut client = enter(&site, "").await;
        let page = client.get("/%3Cscript%3Ealert(1)%3C/script%3E?q=%22%3E%3Cscript%3Ealert").await.expect(404);
        page.hides("<script>alert");
    }
}
