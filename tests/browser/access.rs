//! Every page as axe sees it, light and dark, at a desk and on a phone; and none is wider than a small phone.

use super::browser::{Browser, DESKTOP, PHONE};
use super::site::{self, DE, IBAN, REFUSED, Site};
use super::windows::key;
use guthaben::domain::money::UnitPrice;
use guthaben::domain::pricing::Breach;

/// The narrowest window that WCAG 1.4.10 asks for.
const NARROW: (u32, u32) = (320, 640);
/// The browser's own note about a page that does not exist.
const MISSING: &str = "Failed to load resource: the server responded with a status of 404 (Not Found)";

/// Findings of many pages, told together at the end.
struct Audit<'b> {
    browser: &'b Browser,
    faults: Vec<String>,
}

impl Audit<'_> {
    fn of(browser: &Browser) -> Audit<'_> {
        Audit { browser, faults: vec![] }
    }

    /// Opens a page and looks at it.
    fn visit(&mut self, name: &str, path: &str) {
        self.browser.viewport(DESKTOP);
        self.browser.goto(path);
        self.look(name);
    }

    /// Looks at the page that is open in every size and colour, and keeps pictures of it.
    fn look(&mut self, name: &str) {
        for (size, window) in [("", DESKTOP), ("-390", PHONE)] {
            self.browser.viewport(window);
            for (colour, dark) in [("", false), ("-dark", true)] {
                self.browser.dark(dark);
                let findings = self.browser.findings();
                self.faults.extend(findings.iter().map(|finding| format!("{name}{colour}{size}: {finding}")));
                self.browser.screenshot(&format!("{name}{colour}{size}"));
            }
            self.browser.dark(false);
            self.faults.extend(self.browser.sideways().map(|fault| format!("{name}{size}: {fault}")));
        }
        self.browser.viewport(NARROW);
        self.faults.extend(self.browser.sideways().map(|fault| format!("{name}-320: {fault}")));
        self.browser.viewport(DESKTOP);
    }

    /// Looks at the account menu of the page that is open, in every size opened by that size's own button.
    fn look_at_menu(&mut self, name: &str, wide: &str) {
        for (size, window, button) in [("", DESKTOP, wide), ("-390", PHONE, ".tabbar")] {
            self.browser.viewport(window);
            self.browser.click(&format!("{button} button[popovertarget=account-menu]"));
            for (colour, dark) in [("", false), ("-dark", true)] {
                self.browser.dark(dark);
                let findings = self.browser.findings();
                self.faults.extend(findings.iter().map(|finding| format!("{name}{colour}{size}: {finding}")));
                self.browser.screenshot(&format!("{name}{colour}{size}"));
            }
            self.browser.dark(false);
            self.browser.press(key::ESCAPE);
        }
        self.browser.viewport(DESKTOP);
    }

    /// Fails with everything that was found.
    fn end(self, expected: &[&str]) {
        assert!(self.faults.is_empty(), "{} faults:\n{}", self.faults.len(), self.faults.join("\n"));
        self.browser.expect_quiet(expected);
    }
}

/// Orders 10 € by debit and shows the page that follows it.
fn order(browser: &Browser) -> String {
    browser.goto("/portal/topups/new");
    site::choose(browser, 10, "sepa_debit");
    browser.click("#summary button[type=submit]");
    site::pay(browser, "sepa_debit", IBAN);
    browser.see("h1", &DE.topup_processing_sepa_title());
    browser.path()
}

/// Ends a debit by the simulator's control page and shows what became of it.
fn end_debit(site: &Site, browser: &Browser, verb: &str, title: &str) {
    let page = order(browser);
    let payment = site.payment_of(browser);
    site::end_debit(browser, &payment, verb);
    browser.goto(&page);
    browser.see("h1", title);
}

#[test]
fn the_customers_pages_keep_nobody_out() {
    let site = site::shared();
    let browser = site.signed_in("hautarzt@guthaben.example", "/portal");
    let mut audit = Audit::of(&browser);
    audit.look("overview");
    audit.look_at_menu("overview-menu", ".bar__end");
    browser.click(".hero details.as-table > summary");
    browser.click("section:has(#usage-title) details.as-table > summary");
    audit.look("overview-tables");
    audit.visit("alerts", "/portal/settings/alerts");
    audit.visit("topup-new", "/portal/topups/new");
    browser.goto("/portal/topups/new?method=sepa_debit");
    browser.fill("#amount", "1000,01");
    browser.see("#summary", &DE.topup_amount_missing());
    browser.click("#summary button[type=submit]");
    browser.see("#error-summary", &DE.topup_errors(1));
    audit.look("topup-new-refused");
    order(&browser);
    audit.look("topup-pending");
    end_debit(site, &browser, "settle", &DE.topup_settled_title());
    audit.look("topup-paid");
    end_debit(site, &browser, "fail", &DE.topup_failed_title());
    audit.look("topup-failed");
    audit.end(&[REFUSED]);
}

#[test]
fn the_lists_keep_nobody_out() {
    let site = site::shared();
    site.newcomer("Blumen Neuanfang", "neu@guthaben.example");
    let browser = site.signed_in("neu@guthaben.example", "/portal");
    let mut audit = Audit::of(&browser);
    audit.look("overview-new");
    audit.visit("transactions-new", "/portal/transactions");
    audit.visit("error-404", "/portal/transactions/trf_unknown");
    browser.goto("/portal");
    sign_out(&browser, ".bar__end");
    site.sign_in(&browser, "tierarzt@guthaben.example", "/portal");
    audit.visit("transactions-filtered", "/portal/transactions?kind=call&min=0,50");
    audit.visit("transactions-none", "/portal/transactions?q=zzzz&kind=sms");
    audit.visit("transactions-refused", "/portal/transactions?max=1,000.00&to=morgen");
    browser.goto("/portal/transactions");
    browser.click("#result tr:has(td) a");
    browser.arrive("/portal/transactions/trf_");
    audit.look("transaction");
    audit.end(&[MISSING]);
}

/// Signs out by the menu of the page that is open, so that somebody else can sign in; `bar` holds the menu's button.
fn sign_out(browser: &Browser, bar: &str) {
    browser.click(&format!("{bar} button[popovertarget=account-menu]"));
    browser.click("#account-menu form[action=\"/logout\"] button");
    browser.arrive("/login");
}

#[test]
fn the_workspaces_keep_nobody_out() {
    let site = site::shared();
    let browser = site.signed_in("reseller@guthaben.example", "/reseller");
    let mut audit = Audit::of(&browser);
    audit.look("reseller");
    audit.visit("webhooks-none", "/reseller/settings/webhooks");
    audit.visit("webhook-new", "/reseller/settings/webhooks/new");
    browser.fill("#url", "https://hooks.example.com/guthaben");
    browser.click("form[action=\"/reseller/settings/webhooks\"] button[type=submit]");
    browser.see("#secret", "whsec_");
    audit.look("webhook-secret");
    browser.click(".card__body a.btn--primary");
    browser.arrive("/reseller/settings/webhooks/wep_");
    browser.click(".page-head form button");
    browser.see("[role=status]", &DE.endpoint_done_test());
    audit.look("webhook");
    audit.visit("webhooks", "/reseller/settings/webhooks");
    sign_out(&browser, ".side__foot");
    site.sign_in(&browser, "admin@guthaben.example", "/admin");
    audit.look("admin");
    audit.look_at_menu("admin-menu", ".side__foot");
    audit.visit("health", "/health");
    audit.visit("mails", "/demo/mails");
    browser.click(".feed a");
    browser.arrive("/demo/mails/");
    audit.look("mail");
    audit.end(&[]);
}

#[test]
fn the_price_pages_keep_nobody_out() {
    let site = site::shared();
    let browser = site.signed_in("reseller@guthaben.example", "/reseller");
    let mut audit = Audit::of(&browser);
    audit.visit("prices", "/reseller/prices");
    audit.visit("price-list", "/reseller/prices/own");
    browser.goto("/reseller/prices/own/call");
    browser.fill("#price", "0,20");
    browser.see("#preview .error", &DE.breach(Breach::BelowPlatform { platform: UnitPrice::cents(30) }));
    browser.fill("#price", "0,45");
    browser.see("#preview", &DE.price_rails("0,60\u{a0}€", "0,33\u{a0}€"));
    audit.look("price-edit");
    browser.fill("#price", "0,20");
    browser.click("#price-fields button[type=submit]");
    browser.see("#error-summary", &DE.topup_errors(1));
    audit.look("price-edit-refused");
    browser.goto(
        "/reseller/prices/own/call?model=graduated&above=&tier=0,45&above=1000&tier=0,40&increment=60/60",
    );
    browser.see("#preview", &DE.price_shares());
    audit.look("price-edit-tiers");
    browser.click("#price-fields button[type=submit]");
    browser.see("h1", &DE.price_confirm_title());
    audit.look("price-confirm");
    audit.visit("simulator", "/reseller/prices/simulator?meter=call&model=flat&price=0,45");
    sign_out(&browser, ".side__foot");
    site.sign_in(&browser, "admin@guthaben.example", "/admin");
    for (name, path) in [
        ("prices-admin", "/admin/prices"),
        ("price-list-platform", "/admin/prices/platform"),
        ("price-edit-platform", "/admin/prices/platform/sms"),
        ("meters", "/admin/meters"),
        ("meter", "/admin/meters/call"),
        ("plans", "/admin/plans"),
        ("terms", "/admin/resellers/R-101/terms"),
    ] {
        audit.visit(name, path);
    }
    browser.goto("/admin/plans");
    browser.fill("#name", "Praxis");
    browser.click("form[action=\"/admin/plans\"] button[type=submit]");
    browser.arrive("/admin/plans/prl_");
    audit.look("plan");
    audit.end(&[REFUSED]);
}

#[test]
fn the_public_pages_keep_nobody_out() {
    let site = site::shared();
    let browser = site.browser();
    let mut audit = Audit::of(&browser);
    for (name, path) in [
        ("login", "/login"),
        ("login-expired", "/login?next=%2Fportal"),
        ("imprint", "/imprint"),
        ("privacy", "/privacy"),
        ("accessibility", "/accessibility"),
        ("error-404-public", "/gibt/es/nicht"),
    ] {
        audit.visit(name, path);
    }
    browser.sign_in("kunde@guthaben.example", "falsch");
    browser.see("#sign-in-error", &DE.refusal(&guthaben::domain::refusal::Refusal::SignInFailed));
    browser.await_focus("#error-summary");
    audit.look("login-refused");
    audit.end(&[MISSING, REFUSED]);
}
