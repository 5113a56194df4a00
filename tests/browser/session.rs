//! A session that has ended is noticed by the pages it leaves open, and they do not ask for ever.

use super::site::{self, DE};
use serde_json::json;

/// Chromium's note about the answer that ends a stream or a poll.
const ENDED: &str = "Failed to load resource: the server responded with a status of 401 (Unauthorized)";
/// What htmx says about it.
const REPORTED: &str = "htmx: htmx:sse:error: SSE reconnect failed with status 401";
/// The most questions an abandoned page may ask before it gives up: an attempt of the stream or two, and a poll.
const QUESTIONS: u64 = 4;

#[test]
fn pages_of_an_ended_session_lead_to_the_sign_in_and_keep_quiet() {
    let site = site::shared();
    let email = "augen@guthaben.example";
    let browser = site.signed_in(email, "/portal");
    let overview = browser.window();
    browser.await_live();
    // Kept beside the page, because the page will go.
    let count = "sessionStorage.asked = 0; const ask = window.fetch; \
                 window.fetch = (...all) => { sessionStorage.asked = Number(sessionStorage.asked) + 1; return ask(...all) }";
    browser.script(count, json!([]));
    let other = browser.new_window();
    browser.goto("/portal/transactions");

    browser.new_window();
    browser.goto("/portal");
    browser.click(".bar__end button[popovertarget=account-menu]");
    browser.click("#account-menu form[action=\"/logout\"] button");
    browser.arrive("/login");

    // The next click of a page that was left open.
    browser.look_at(&other);
    browser.click(".topnav a[href=\"/portal\"]");
    browser.arrive("/login?next=%2Fportal");
    browser.see(".alert", &DE.sign_in_expired());

    // The page with the stream: the next movement wakes it, it learns that its session is gone, and leaves by itself.
    browser.look_at(&overview);
    site.call(email, "session-1");
    browser.arrive("/login?next=%2Fportal");
    browser.see(".alert", &DE.sign_in_expired());
    let asked = browser.script("return Number(sessionStorage.asked)", json!([])).as_u64().unwrap_or_default();
    assert!(asked > 0, "nothing was counted");
    assert!(asked <= QUESTIONS, "an abandoned page asked {asked} times");
    browser.expect_quiet(&[ENDED, REPORTED]);
}

#[test]
fn after_signing_in_again_one_is_where_one_wanted_to_be() {
    let site = site::shared();
    let browser = site.browser();
    browser.goto("/portal/transactions?kind=call");
    browser.arrive("/login?next=");
    browser.fill("#email", "augen@guthaben.example");
    browser.fill("#password", guthaben::demo::PASSWORD);
    browser.click("form:has(#password) button[type=submit]");
    browser.arrive("/portal/transactions?kind=call");
    browser.says(".tags.end .tag", &DE.kinds_call());
    browser.expect_quiet(&[]);
}

#[test]
fn a_hidden_page_catches_up_when_it_is_looked_at_again() {
    let site = site::shared();
    let email = "autohaus@guthaben.example";
    let browser = site.signed_in(email, "/portal");
    let overview = browser.window();
    browser.await_live();
    browser.mark();
    let before = site::balance(&browser);
    browser.new_tab();
    browser.goto("/imprint");
    site.call(email, "hidden-1");
    browser.look_at(&overview);
    browser.await_attribute("#balance data", "value", &site::plain(before - 40));
    browser.expect_not_reloaded();
    browser.expect_quiet(&[]);
}
