//! Without scripts: every step is a link, a form or a reload.

use super::browser::PHONE;
use super::site::{self, CARD, DE, IBAN};

#[test]
fn paying_works_without_scripts() {
    let site = site::shared();
    let browser = site.browser();
    browser.javascript(false);
    site.sign_in(&browser, "physio@guthaben.example", "/portal");
    let before = site::balance(&browser);

    browser.click(".hero a[href=\"/portal/topups/new\"]");
    browser.arrive("/portal/topups/new");
    browser.click("label.chip:has(input[value=\"100\"])");
    browser.click("label.choice:has(input[value=card])");
    // The summary cannot follow the choice, so it names no amount.
    assert_eq!(browser.text("#summary button[type=submit]"), DE.topup_pay_any());
    assert!(!browser.text("#summary").contains('€'), "{}", browser.text("#summary"));
    browser.screenshot("plain-form");
    browser.click("#summary button[type=submit]");
    site::pay(&browser, "card", CARD);
    browser.see_by_reloading("h1", &DE.topup_settled_title());
    browser.click(".card__foot a[href=\"/portal\"]");
    browser.arrive("/portal");
    assert_eq!(site::balance(&browser), before + 10_000);
    browser.see("#last-transactions li:first-child", "+100,00 €");

    // Typing beats the chip that is still chosen, because no script can change that.
    browser.goto("/portal/topups/new");
    browser.fill("#amount", "37,50");
    browser.click("label.choice:has(input[value=sepa_debit])");
    browser.click("#summary button[type=submit]");
    site::pay(&browser, "sepa_debit", IBAN);
    browser.see_by_reloading("h1", &DE.topup_processing_sepa_title());
    let status = browser.path();
    let payment = site.payment_of(&browser);
    browser.goto("/portal");
    browser.see("#balance-facts .money--pending", "+37,50 €");
    site::end_debit(&browser, &payment, "settle");
    browser.goto(&status);
    browser.see_by_reloading("h1", &DE.topup_settled_title());
    browser.goto("/portal");
    assert_eq!(site::balance(&browser), before + 13_750);
    browser.screenshot("plain-overview");
    browser.expect_quiet(&[]);
}

#[test]
fn lists_and_forms_work_without_scripts() {
    let site = site::shared();
    let browser = site.browser();
    browser.javascript(false);
    browser.viewport(PHONE);
    site.sign_in(&browser, "praxis.markt@guthaben.example", "/portal");
    browser.goto("/portal/transactions");
    browser.click("details.filters > summary");
    browser.tap("label:has(input[name=kind][value=topup])");
    browser.tap("noscript button");
    browser.says(".tags.end .tag", &DE.kinds_topup());
    assert_eq!(browser.count("#result .kind--call"), 0);
    assert!(browser.path().contains("kind=topup"), "{}", browser.path());

    browser.goto("/portal/topups/new");
    browser.fill("#amount", "1,000.00");
    browser.tap("#summary button[type=submit]");
    browser.see("#error-summary", &DE.topup_errors(1));
    assert_eq!(browser.attribute("#amount", "value").as_deref(), Some("1,000.00"));
    browser.click(".tabbar button[popovertarget=account-menu]");
    browser.click("#account-menu form[action=\"/logout\"] button");
    browser.arrive("/login");
    browser.goto("/portal");
    browser.arrive("/login?next=");
    browser.expect_quiet(&[site::REFUSED]);
}
