//! Pages by key: all movements come once, downwards and back up, whatever is posted meanwhile.

use super::{link, send_messages, titles};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Site, use_calls};

/// The messages from `newest` down to `oldest`.
fn messages(newest: usize, oldest: usize) -> Vec<String> {
    (oldest..=newest).rev().map(|number| format!("m{number:04}")).collect()
}

on_both! {
    async fn all_pages_down_and_back_up(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 120).await;
        let mut client = site.sign_in("owner@site.example").await;
        let first = client.get("/portal/transactions").await.expect(200);
        assert_eq!((titles(&first), link(&first, "prev")), (messages(119, 70), None));
        let second = client.get(&link(&first, "next").expect("older")).await.expect(200);
        assert_eq!(titles(&second), messages(69, 20));
        let third = client.get(&link(&second, "next").expect("older")).await.expect(200);
        assert_eq!((titles(&third), link(&third, "next")), (messages(19, 0), None));
        let up = client.get(&link(&third, "prev").expect("newer")).await.expect(200);
        assert_eq!(titles(&up), messages(69, 20));
        let top = client.get(&link(&up, "prev").expect("newer")).await.expect(200);
        assert_eq!((titles(&top), link(&top, "prev")), (messages(119, 70), None), "the very first page");
        let down = client.get(&link(&top, "next").expect("older")).await.expect(200);
        assert_eq!(titles(&down), messages(69, 20));
    }

    async fn a_full_page_alone_leads_nowhere(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 50).await;
        let mut client = site.sign_in("owner@site.example").await;
        let page = client.get("/portal/transactions").await.expect(200);
        assert_eq!((titles(&page).len(), link(&page, "next"), link(&page, "prev")), (50, None, None));
    }

    async fn what_is_posted_meanwhile_moves_no_row(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 60).await;
        let mut client = site.sign_in("owner@site.example").await;
        let first = client.get("/portal/transactions").await.expect(200);
        use_calls(&site, 0, 7).await;
        let second = client.get(&link(&first, "next").expect("older")).await.expect(200);
        assert_eq!(titles(&second), messages(9, 0));
        // Up again: the old first page, and above it the new movements.
        let up = client.get(&link(&second, "prev").expect("newer")).await.expect(200);
        assert_eq!(titles(&up), messages(59, 10));
        let top = client.get(&link(&up, "prev").expect("newer")).await.expect(200);
        assert_eq!((titles(&top).len(), link(&top, "prev")), (7, None));
    }

    async fn pages_keep_the_filter(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 60).await;
        use_calls(&site, 0, 60).await;
        let mut client = site.sign_in("owner@site.example").await;
        let first = client.get("/portal/transactions?kind=sms&q=m00").await.expect(200);
        assert_eq!(titles(&first), messages(59, 10));
        let second = client.get(&link(&first, "next").expect("older")).await.expect(200);
        assert_eq!((titles(&second), link(&second, "next")), (messages(9, 0), None));
        let up = client.get(&link(&second, "prev").expect("newer")).await.expect(200);
        assert_eq!((titles(&up), link(&up, "prev")), (messages(59, 10), None));
    }

    async fn a_key_beyond_the_end_is_an_empty_page(store: Store) {
        let site = Site::start(&store).await;
        send_messages(&site, 3).await;
        let mut client = site.sign_in("owner@site.example").await;
        for query in ["after=1", "after=0", "after=-5", "before=3", "before=9223372036854775807"] {
            let page = client.get(&format!("/portal/transactions?{query}")).await.expect(200);
            assert!(titles(&page).is_empty(), "{query}");
        }
    }
}
