//! What goes wrong while topping up: refused amounts, a second click, a change of mind.

use super::site::{self, DE};
use super::windows::key;
use guthaben::domain::topup::Status;
use serde_json::json;

#[test]
fn a_refused_amount_takes_the_focus_to_a_summary_that_leads_to_the_field() {
    let site = site::shared();
    let browser = site.signed_in("pension@guthaben.example", "/portal");
    browser.goto("/portal/topups/new");
    browser.fill("#amount", "9,99");
    browser.click("label.choice:has(input[value=sepa_debit])");
    browser.until(
        "a free amount chooses \"other\"",
        "return document.querySelector('[name=amount_choice][value=other]').checked",
        &json!([]),
    );
    browser.click("#summary button[type=submit]");
    browser.see("#error-summary", &DE.topup_errors(1));
    browser.until(
        "the summary has the focus",
        "return document.activeElement?.id === 'error-summary'",
        &json!([]),
    );
    let title = browser.script("return document.title", json!([]));
    assert!(title.as_str().is_some_and(|title| title.starts_with(&DE.common_error_prefix())), "{title}");
    let said = browser.text("#error-summary li");
    assert!(browser.text("#amount-error").ends_with(&said), "the same words at the field: {said}");
    assert_eq!(browser.attribute("#amount", "value").as_deref(), Some("9,99"));
    assert_eq!(browser.attribute("#amount", "aria-invalid").as_deref(), Some("true"));
    assert_eq!(browser.count("input[value=sepa_debit]:checked"), 1, "the method is kept");
    browser.press(key::TAB);
    browser.press(key::ENTER);
    // The summary's link leads to the field.
    browser.await_focus("#amount");
    browser.screenshot("topup-refused");
    browser.expect_quiet(&[site::REFUSED]);
}

#[test]
fn a_double_click_makes_one_top_up_and_leaving_keeps_the_choice() {
    let site = site::shared();
    let email = "pension@guthaben.example";
    let browser = site.signed_in(email, "/portal");
    let before = site.top_ups(email).len();
    browser.goto("/portal/topups/new");
    site::choose(&browser, 250, "sepa_debit");
    browser.double_click("#summary button[type=submit]");
    browser.arrive("/_stripe/c/pay/");
    assert_eq!(site.top_ups(email).len(), before + 1);
    let hosted = browser.path();

    // The way back that the hosted page offers.
    browser.click("a.cancel");
    browser.arrive("/portal/topups/new?canceled=");
    browser.see(".alert", &DE.topup_left_title());
    assert_eq!(browser.count("input[name=amount_choice][value=\"250\"]:checked"), 1);
    assert_eq!(browser.count("input[name=method][value=sepa_debit]:checked"), 1);
    browser.see("#summary button[type=submit]", "250,00 €");
    browser.screenshot("topup-left");

    // The browser's own way back: the form as it was left, not busy, and the same top-up again.
    browser.back();
    browser.arrive("/_stripe/c/pay/");
    browser.back();
    browser.arrive("/portal/topups/new");
    browser.until(
        "the choice is still there",
        "const form = document.forms[0].closest('form') && document.querySelector('form.pay'); \
         return form.elements.amount_choice.value === '250' && form.elements.method.value === 'sepa_debit' && !form.dataset.busy",
        &json!([]),
    );
    browser.see("#summary button[type=submit]", "250,00 €");
    browser.click("#summary button[type=submit]");
    browser.arrive("/_stripe/c/pay/");
    // Loaded again, the form is another order, and the payment that was left cannot be made any more.
    let open = site.top_ups(email).iter().filter(|top_up| top_up.status == Status::Open).count();
    assert_eq!(open, 1, "never two payments to make");
    browser.goto(&hosted);
    browser.see("h1", "abgelaufen");
    browser.expect_quiet(&[]);
}

#[test]
fn a_double_click_without_scripts_makes_one_top_up() {
    let site = site::shared();
    let email = "elektro@guthaben.example";
    let browser = site.browser();
    browser.javascript(false);
    site.sign_in(&browser, email, "/portal");
    let before = site.top_ups(email).len();
    browser.goto("/portal/topups/new");
    browser.click("label.chip:has(input[value=\"10\"])");
    browser.double_click("#summary button[type=submit]");
    browser.arrive("/_stripe/c/pay/");
    assert_eq!(site.top_ups(email).len(), before + 1);
    browser.expect_quiet(&[]);
}
