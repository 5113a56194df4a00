//! The whole way to a new balance without a mouse.

use super::site::{self, CARD, DE};
use super::windows::key;
use guthaben::demo::PASSWORD;
use serde_json::json;

#[test]
fn topping_up_needs_no_mouse() {
    let site = site::shared();
    let browser = site.browser();
    browser.goto("/login");
    browser.press(key::TAB);
    assert!(browser.has_focus(".skip"), "the first stop leads past the navigation");
    browser.tab_to("#email");
    browser.press("barber@guthaben.example");
    browser.press(key::TAB);
    browser.press(PASSWORD);
    browser.press(key::ENTER);
    browser.arrive("/portal");
    let before = site::balance(&browser);

    browser.tab_to(".topnav a[href=\"/portal/topups/new\"]");
    browser.press(key::ENTER);
    browser.arrive("/portal/topups/new");
    browser.tab_to("input[name=amount_choice]");
    browser.press(key::RIGHT);
    browser.see("#summary button[type=submit]", "100,00 €");
    browser.tab_to("input[name=method]");
    assert!(browser.has_focus("input[value=card]:checked"));
    browser.tab_to("#summary button[type=submit]");
    browser.press(key::SPACE);
    browser.arrive("/_stripe/c/pay/");
    browser.tab_to("#number");
    browser.press(CARD);
    browser.tab_to("button.primary");
    browser.press(key::ENTER);
    browser.arrive("/portal/topups/top_");
    browser.see("h1", &DE.topup_settled_title());
    browser.tab_to(".card__foot a");
    browser.press(key::ENTER);
    browser.arrive("/portal");
    browser.await_attribute("#balance data", "value", &site::plain(before + 10_000));
    browser.expect_quiet(&[]);
}

#[test]
fn menus_open_close_and_give_the_focus_back() {
    let site = site::shared();
    let browser = site.signed_in("barber@guthaben.example", "/portal");
    browser.tab_to(".bar__end button[popovertarget=account-menu]");
    browser.press(key::SPACE);
    let open = "return document.querySelector('#account-menu').matches(':popover-open')";
    browser.until("the menu is open", open, &json!([]));
    browser.press(key::TAB);
    assert!(browser.has_focus("#account-menu *"), "the menu comes next");
    browser.press(key::ESCAPE);
    browser.until("the menu is closed", &open.replace("return", "return !"), &json!([]));
    assert!(browser.has_focus("button[popovertarget=account-menu]"));

    // The search is one key away from anywhere on its page, but a slash in a field stays a slash.
    browser.goto("/portal/transactions");
    browser.press("/");
    assert!(browser.has_focus("#q"));
    browser.press("/");
    assert_eq!(browser.script("return document.querySelector('#q').value", json!([])), json!("/"));
    browser.expect_quiet(&[]);
}
