//! What a machine that is busy elsewhere, and a hand that is slow, must not lose.

use super::browser::Browser;
use super::site;
use guthaben::domain::money::Cents;
use serde_json::json;

const EMAIL: &str = "fahrrad@guthaben.example";

fn signed_in() -> Browser {
    site::shared().signed_in(EMAIL, "/portal")
}

#[test]
fn the_first_choice_counts_however_late_timers_run() {
    let browser = signed_in();
    browser.late_timers();
    browser.goto("/portal/topups/new");
    site::choose(&browser, 250, "sepa_debit");
    browser.goto("/portal/transactions");
    browser.tap("label:has(input[name=kind][value=topup])");
    browser.arrive("/portal/transactions?kind=topup");
    browser.expect_quiet(&[]);
}

#[test]
fn a_choice_that_was_brought_back_is_summed_up_however_late_timers_run() {
    let browser = signed_in();
    browser.goto("/portal/topups/new");
    site::choose(&browser, 250, "sepa_debit");
    browser.late_timers();
    browser.goto("/portal/transactions");
    browser.back();
    browser.arrive("/portal/topups/new");
    browser.see("#summary button[type=submit]", "250,00 €");
    assert_eq!(browser.count("input[value=sepa_debit]:checked"), 1, "the method came back as well");

    // A typed amount comes back as well.
    browser.fill("#amount", "37,50");
    browser.see("#summary button[type=submit]", "37,50 €");
    browser.goto("/portal/transactions");
    browser.back();
    browser.arrive("/portal/topups/new");
    browser.see("#summary button[type=submit]", "37,50 €");
    browser.expect_quiet(&[]);
}

#[test]
fn a_press_that_outlasts_a_new_summary_still_pays() {
    let browser = signed_in();
    let before = site::shared().top_ups(EMAIL).len();
    browser.goto("/portal/topups/new");
    browser.fill("#amount", "37,50");
    browser.see("#summary button[type=submit]", "37,50 €");
    browser.script(
        "window.swaps = 0; document.addEventListener('htmx:after:swap', () => window.swaps++)",
        json!([]),
    );
    // The press takes the focus from the field, which is a change: the summary under the mouse is rendered again.
    browser.hold("#summary button[type=submit]");
    browser.until("the summary is new", "return window.swaps > 0", &json!([]));
    browser.let_go();
    browser.arrive("/_stripe/c/pay/");
    let top_ups = site::shared().top_ups(EMAIL);
    assert_eq!((top_ups.len(), top_ups[0].amount_cents), (before + 1, Cents(3_750)));
    browser.expect_quiet(&[]);
}
