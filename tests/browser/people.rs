//! Other people, and what each may choose: roles, language, theme, tenant.

use super::browser::Browser;
use super::site::{self, DE, EN};
use serde_json::json;

fn open_menu(browser: &Browser) {
    browser.click(".bar__end button[popovertarget=account-menu]");
}

#[test]
fn a_reseller_sees_its_own_customers_and_nobody_elses() {
    let site = site::shared();
    let browser = site.signed_in("reseller@guthaben.example", "/reseller");
    browser.see("h1", &DE.reseller_hello("Martina"));
    browser.see("main", "Friseursalon Eleganz");
    let page = browser.text("main");
    for foreign in ["Pension Seeblick", "Steuerberatung König", "Nordlicht"] {
        assert!(!page.contains(foreign), "{foreign} is not Martina's");
    }
    browser.goto("/admin");
    browser.see("h1", &DE.error_404_title());
    browser.expect_quiet(&["status of 404 (Not Found)"]);
}

#[test]
fn an_admin_sees_the_platform_and_its_health() {
    let site = site::shared();
    let browser = site.signed_in("admin@guthaben.example", "/admin");
    browser.see("main", &DE.admin_topped_up());
    browser.see("main", &DE.admin_latest());
    browser.click(".sidenav a[href=\"/health\"]");
    browser.arrive("/health");
    browser.see("#overall", "");
    // A check that took too long on a busy machine is made again by the page itself.
    browser.until(
        "every check has its row, and none finds a fault",
        "return document.querySelectorAll('.checkrow').length >= 6 && !document.querySelector('.checkrow--danger')",
        &json!([]),
    );
    browser.click(".sidenav a[href=\"/demo/mails\"]");
    browser.arrive("/demo/mails");
    browser.click(".feed a");
    browser.arrive("/demo/mails/");
    browser.see(".mail-text", "€");
    browser.expect_quiet(&[]);
}

#[test]
fn language_and_theme_are_chosen_in_the_menu_and_kept() {
    let site = site::shared();
    let browser = site.signed_in("tierarzt@guthaben.example", "/portal");
    browser.goto("/portal/transactions?kind=call");
    open_menu(&browser);
    browser.click("#account-menu button[name=language][value=en]");
    browser.see("h1", &EN.shell_transactions());
    assert_eq!(browser.path(), "/portal/transactions?kind=call", "one stays where one was");
    assert_eq!(browser.attribute("html", "lang").as_deref(), Some("en"));
    browser.goto("/portal");
    browser.see("#balance-title", &EN.overview_available());
    open_menu(&browser);
    browser.click("#account-menu button[name=language][value=de]");
    browser.see("#balance-title", &DE.overview_available());

    let light = browser.script("return getComputedStyle(document.body).backgroundColor", json!([]));
    open_menu(&browser);
    browser.click("#account-menu button[name=theme][value=dark]");
    browser.await_attribute("html", "data-theme", "dark");
    let dark = browser.script("return getComputedStyle(document.body).backgroundColor", json!([]));
    assert_ne!(light, dark);
    browser.goto("/portal/topups/new");
    assert_eq!(browser.attribute("html", "data-theme").as_deref(), Some("dark"));
    open_menu(&browser);
    browser.await_attribute("#account-menu button[value=dark]", "aria-pressed", "true");
    browser.click("#account-menu button[name=theme][value=system]");
    browser.until("the theme is the system's", "return !document.documentElement.dataset.theme", &json!([]));
    browser.expect_quiet(&[]);
}

#[test]
fn one_person_switches_between_two_customers() {
    let site = site::shared();
    let browser = site.signed_in("kunde@guthaben.example", "/portal");
    browser.see(".page-head", "Friseursalon Eleganz");
    for name in ["Kosmetikstudio Rosé", "Friseursalon Eleganz"] {
        open_menu(&browser);
        browser.click("#account-menu button[name=tenant]");
        browser.see(".page-head", name);
        browser.await_live();
    }
    browser.expect_quiet(&[]);
}
