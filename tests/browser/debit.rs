//! Paying by SEPA debit: noted at once, credited when the bank has paid.

use super::browser::Browser;
use super::site::{self, DE, IBAN, Site};
use super::windows::Window;

/// Orders 50 € by debit in a new window, which then shows the top-up's page.
fn order(browser: &Browser) -> Window {
    let window = browser.new_window();
    browser.goto("/portal/topups/new");
    site::choose(browser, 50, "sepa_debit");
    browser.click("#summary button[type=submit]");
    site::pay(browser, "sepa_debit", IBAN);
    browser.see("h1", &DE.topup_processing_sepa_title());
    window
}

/// Ends the debit of the top-up that the browser shows, in a window of its own.
fn bank(site: &Site, browser: &Browser, status: &Window, verb: &str) {
    let payment = site.payment_of(browser);
    browser.new_window();
    site::end_debit(browser, &payment, verb);
    browser.look_at(status);
}

#[test]
fn a_debit_is_noted_and_credited_when_the_bank_has_paid() {
    let site = site::shared();
    let browser = site.signed_in("direkt@guthaben.example", "/portal");
    let overview = browser.window();
    browser.await_live();
    browser.mark();
    let before = site::balance(&browser);

    let status = order(&browser);
    browser.mark();
    assert_eq!(browser.count(".steps li"), 3);
    browser.see(".steps [aria-current=step]", &DE.topup_step_bank());
    browser.see("#topup", &DE.topup_pending_note());
    browser.screenshot("debit-pending");

    browser.look_at(&overview);
    browser.see("#balance-facts .money--pending", "+50,00 €");
    assert_eq!(site::balance(&browser), before, "noted is not credited");

    browser.look_at(&status);
    bank(site, &browser, &status, "settle");
    browser.see("h1", &DE.topup_settled_title());
    browser.expect_not_reloaded();
    assert_eq!(browser.count("[hx-trigger^=every]"), 0, "a final page asks no more");

    browser.look_at(&overview);
    browser.await_attribute("#balance data", "value", &site::plain(before + 5_000));
    browser.expect_not_reloaded();
    browser.expect_quiet(&[]);
}

#[test]
fn a_debit_that_fails_leaves_the_balance_as_it_was() {
    let site = site::shared();
    let browser = site.signed_in("kanzlei@guthaben.example", "/portal");
    let overview = browser.window();
    browser.await_live();
    let before = site::balance(&browser);

    let status = order(&browser);
    browser.mark();
    browser.look_at(&overview);
    browser.see("#balance-facts", &DE.overview_pending());
    browser.look_at(&status);
    bank(site, &browser, &status, "fail");
    browser.see("h1", &DE.topup_failed_title());
    browser.see(".alert--danger", &DE.topup_reason_insufficient_funds());
    browser.expect_not_reloaded();
    browser.screenshot("debit-failed");

    browser.look_at(&overview);
    browser.until(
        "nothing is noted any more",
        "return !document.querySelector('#balance-facts .money--pending')",
        &serde_json::json!([]),
    );
    assert_eq!(site::balance(&browser), before);
    browser.expect_quiet(&[]);
}
