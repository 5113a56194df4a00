//! Paying by card: the money is there at once, on every open page.

use super::site::{self, CARD, DE};

#[test]
fn paying_by_card_raises_the_balance_on_the_other_page_without_a_reload() {
    let site = site::shared();
    let browser = site.signed_in("kunde@guthaben.example", "/portal");
    let overview = browser.window();
    browser.await_live();
    browser.mark();
    let before = site::balance(&browser);

    browser.new_window();
    browser.goto("/portal/topups/new");
    site::choose(&browser, 100, "card");
    browser.click("#summary button[type=submit]");
    site::pay(&browser, "card", CARD);
    browser.see("h1", &DE.topup_settled_title());
    assert_eq!(browser.count(".steps li.done"), 3, "every step is done");
    assert_eq!(browser.count(".steps [aria-current]"), 0);
    browser.screenshot("card-settled");

    browser.look_at(&overview);
    browser.await_attribute("#balance data", "value", &site::plain(before + 10_000));
    browser.await_attribute("#balance-bar data", "value", &site::plain(before + 10_000));
    browser.see("#last-transactions li:first-child", &DE.kind_topup());
    browser.see("#last-transactions li:first-child", "+100,00 €");
    browser.see(
        "#announcements",
        &DE.overview_announce_credit("100,00 €", DE.money(guthaben::domain::money::Cents(before + 10_000))),
    );
    browser.expect_not_reloaded();
    browser.screenshot("overview-after-card");
    browser.expect_quiet(&[]);
}

#[test]
fn a_declined_card_may_be_tried_again_and_3d_secure_is_asked_for() {
    let site = site::shared();
    let browser = site.signed_in("kosmetik@guthaben.example", "/portal");
    let before = site::balance(&browser);
    browser.goto("/portal/topups/new");
    site::choose(&browser, 25, "card");
    browser.click("#summary button[type=submit]");
    browser.arrive("/_stripe/c/pay/");
    browser.click("button[name=test][value=\"4000000000000002\"]");
    browser.see("[role=alert]", "abgelehnt");
    browser.click("button[name=test][value=\"4000002760003184\"]");
    browser.arrive("/_stripe/c/3ds/");
    browser.click("button[name=decision][value=approve]");
    browser.arrive("/portal/topups/top_");
    browser.see("h1", &DE.topup_settled_title());
    browser.goto("/portal");
    browser.await_attribute("#balance data", "value", &site::plain(before + 2_500));
    browser.expect_quiet(&[site::REFUSED]);
}
