//! The list of movements: filters that are links, days, pages, one movement, the export, and paper.

use super::site::{self, DE};
use serde_json::json;

const EMAIL: &str = "praxis.markt@guthaben.example";
/// The rows of movements, without the heads of days.
const ROWS: &str = "#result tr:has(td)";

#[test]
fn filters_are_links_that_can_be_taken_away_and_gone_back_to() {
    let site = site::shared();
    let browser = site.signed_in(EMAIL, "/portal");
    browser.goto("/portal/transactions");
    browser.mark();
    browser.tap("label:has(input[name=kind][value=topup])");
    browser.says(".tags.end .tag", &DE.kinds_topup());
    browser.arrive("/portal/transactions?kind=topup");
    assert_eq!(browser.count("#result .kind--call"), 0);
    let top_ups = browser.count(ROWS);
    assert!(top_ups > 0, "the practice has topped up");
    assert_eq!(browser.count("#result td .money--credit"), top_ups, "every row is a credit");

    // The text is searched for while it is written, and the writer keeps the focus.
    browser.tap("#q");
    browser.press("zzzz");
    browser.see("#result", &DE.transaction_none_title());
    browser.arrive("/portal/transactions?q=zzzz&kind=topup");
    assert!(browser.has_focus("#q"));
    assert_eq!(browser.count(".tags.end .tag"), 2);
    browser.expect_not_reloaded();

    browser.tap(".tags.end a.tag:nth-of-type(2)");
    browser.arrive("/portal/transactions?kind=topup");
    browser.see("#result", &DE.kind_topup());
    assert_eq!(browser.count(".tags.end .tag"), 1);
    browser.back();
    browser.see("#result", &DE.transaction_none_title());
    assert_eq!(browser.attribute("#q", "value").as_deref(), Some("zzzz"));
    browser.click("#result a.btn");
    browser.see("#result .resultbar", &DE.transaction_debits());
    assert_eq!(browser.path(), "/portal/transactions");

    browser.tap(".tags a.tag:nth-of-type(3)");
    browser.arrive("/portal/transactions?from=");
    assert_eq!(browser.count(".tags a.tag[aria-current=true]"), 1);
    browser.expect_quiet(&[]);
}

#[test]
fn pages_follow_each_other_by_day_and_one_movement_has_a_page_of_its_own() {
    let site = site::shared();
    let browser = site.signed_in(EMAIL, "/portal");
    browser.goto("/portal/transactions");
    assert_eq!(browser.count(ROWS), 50);
    assert!(browser.count("#result .table__day") > 0, "rows are grouped by day");
    assert_eq!(browser.count(".pager a[aria-disabled=true]"), 1, "there is nothing newer");
    let first = browser.text("#result tr:has(td) a");
    let newest = browser.attribute("#result tr:has(td) a", "href").expect("a link");
    browser.click(".pager a[rel=next]");
    browser.arrive("/portal/transactions?after=");
    assert_eq!(browser.count(ROWS), 50);
    assert_eq!(browser.count(&format!("#result a[href=\"{newest}\"]")), 0);
    browser.click(".pager a[rel=prev]");
    browser.arrive("/portal/transactions?before=");
    assert_eq!(browser.attribute("#result tr:has(td) a", "href").expect("a link"), newest);

    browser.click("#result tr:has(td) a");
    browser.arrive(&newest);
    assert_eq!(browser.text("h1"), first);
    browser.see("dl", &DE.transaction_before());
    browser.see("body", newest.trim_start_matches("/portal/transactions/"));
    browser.click("nav.crumbs a");
    browser.arrive("/portal/transactions");
    assert_eq!(browser.count(ROWS), 50);
    browser.expect_quiet(&[]);
}

#[test]
fn the_export_is_a_file_for_excel_and_the_list_prints_without_its_controls() {
    let site = site::shared();
    let browser = site.signed_in(EMAIL, "/portal");
    browser.goto("/portal/transactions?kind=topup");
    let rows = browser.count(ROWS);
    let link = browser.attribute("#export a[download]", "href").expect("a link");
    assert_eq!(link, "/portal/transactions.csv?kind=topup", "the export has the filter of the list");
    let file = browser.fetch(&link);
    assert_eq!(file["status"], 200);
    assert_eq!(file["type"], "text/csv; charset=utf-8");
    let name = format!("guthaben-{}-", site.number(EMAIL).to_lowercase());
    let disposition = file["disposition"].as_str().unwrap_or_default();
    assert!(
        disposition.starts_with("attachment; ") && disposition.contains(&name),
        "{disposition} with {name}"
    );
    let text = file["text"].as_str().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), rows + 1, "a head and the rows of the list: {text}");
    assert!(lines[0].contains(&format!("{};{}", DE.csv_date(), DE.csv_time())), "{}", lines[0]);
    assert!(lines[1].contains(&DE.kind_topup()), "{}", lines[1]);

    browser.goto("/portal/transactions");
    browser.print_media(true);
    let shown = "return getComputedStyle(document.querySelector(arguments[0])).display !== 'none'";
    for (css, expected) in [
        (".portal__bar", false),
        (".filters", false),
        (".pager", false),
        ("#export a", false),
        ("#result table", true),
        ("#result thead", true),
    ] {
        assert_eq!(browser.script(shown, json!([css])), json!(expected), "{css} on paper");
    }
    browser.viewport((794, 1123));
    browser.expect_no_sideways_scroll();
    browser.screenshot("transactions-print");
    browser.expect_quiet(&[]);
}
