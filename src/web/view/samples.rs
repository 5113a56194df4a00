//! One sample of every template and state, rendered in both languages and checked for the rules of the house.
//!
//! With `FACE_OUT=DIR` the pages are also written to `DIR/{language}/{name}.html`, to look at them.

use super::charts::{self, BalanceDay, BurnDown};
use super::error::ErrorPage;
use super::overview::{BurnView, LiveParts, LiveView, Overview, PostingView, UsageDay, UsageView};
use super::page::{ActorView, Area, BalanceView, BrandView, Page, SupportView, TenantLink};
use super::parts::{BalanceState, Kind, Reach};
use super::sign_in::{DemoAccount, SignIn};
use super::topup::{NewTopUp, ShowTopUp, TopUpForm, TopUpSummary, TopUpSummaryPart};
use super::transaction::{DayView, Query, RowView, ShowTransaction, SumsView, TransactionIndex};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::topup::{Method, Status};
use crate::i18n::{Lang, T};
use askama::Template;
use std::collections::BTreeSet;

/// A rendered sample and its name.
type Sample = (String, String);

/// 23 November 2026, 14:38 in Berlin.
const NOW: Ts = Ts::from_seconds(1_795_441_080);

fn page(t: T, path: &str, area: Option<Area>) -> Page {
    let (name, sub) = match area {
        Some(Area::Reseller) => ("Guthaben", "TeleNord Systemhaus GmbH"),
        Some(Area::Admin) => ("Guthaben", "Plattform"),
        _ => ("TeleNord", "Kundenportal"),
    };
    let support = SupportView {
        href: "tel:+494055512340".into(),
        label: "040 5551 2340".into(),
        hours: "Mo–Fr 8–18 Uhr".into(),
    };
    Page {
        t,
        csrf: "token".into(),
        path: path.into(),
        here: path.into(),
        brand: BrandView { name: name.into(), sub: sub.into(), support: Some(support) },
        actor: area.map(actor),
        balance: (area == Some(Area::Portal))
            .then_some(BalanceView { amount: Cents(4760), state: BalanceState::Low }),
        theme: None,
        demo: true,
        now: NOW,
        asset_base: "/static/sample",
    }
}

fn actor(area: Area) -> ActorView {
    let (name, initials, tenant, number) = match area {
        Area::Portal => ("Mara Lindner", "ML", "Zahnarztpraxis Dr. Lindner", "K-10427"),
        Area::Reseller => ("Jonas Krüger", "JK", "TeleNord Systemhaus GmbH", "R-1004"),
        Area::Admin => ("Fabian Seidel", "FS", "Guthaben", "P-1"),
    };
    ActorView {
        name: name.into(),
        initials: initials.into(),
        email: "person@guthaben.example".into(),
        role_label: "Inhaber".into(),
        area,
        may_pay: true,
        tenant_name: tenant.into(),
        tenant_number: number.into(),
        other_tenants: vec![TenantLink {
            id: "cus_1".into(),
            name: "Praxis <Nord> & Partner".into(),
            role_label: "Lesezugriff".into(),
        }],
    }
}

fn rendered(name: &str, template: impl Template) -> Sample {
    (name.to_owned(), template.render().unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn sign_in_samples(t: T) -> Vec<Sample> {
    let blank = || SignIn {
        page: page(t, "/login", None),
        email: String::new(),
        next: String::new(),
        error: None,
        notice: None,
        demo_accounts: vec![],
        demo_password: String::new(),
    };
    let demo = vec![DemoAccount { label: t.sign_in_demo_admin(), email: "admin@guthaben.example".into() }];
    vec![
        rendered("sign-in", blank()),
        rendered(
            "sign-in-demo",
            SignIn { demo_accounts: demo, demo_password: "guthaben-demo".into(), ..blank() },
        ),
        rendered("sign-in-expired", SignIn { notice: Some(t.sign_in_expired()), ..blank() }),
        rendered(
            "sign-in-refused",
            SignIn {
                error: Some(t.refusal_sign_in_failed()),
                email: "\"><script>alert(1)</script>@example".into(),
                ..blank()
            },
        ),
    ]
}

fn error_samples(t: T) -> Vec<Sample> {
    let mut out = vec![];
    for status in [400, 403, 404, 429, 500, 503] {
        for (suffix, area) in [("", None), ("-signed-in", Some(Area::Portal))] {
            let page = page(t, "/portal/invoices/2026-13", area);
            let reference = "01JDB7-4QX9".into();
            out.push(rendered(&format!("error-{status}{suffix}"), ErrorPage { page, status, reference }));
        }
    }
    out
}

/// Three weeks like those of the prototype: working days, weekends, one top-up.
fn balance_days() -> Vec<BalanceDay> {
    let start = jiff::civil::date(2026, 11, 3);
    let mut closing = 2_617;
    (0..21)
        .map(|index| {
            let day = start.saturating_add(jiff::Span::new().days(index));
            let weekday = day.weekday().to_monday_one_offset();
            let spent = match weekday {
                6 => 135,
                7 => 35,
                _ => 430 + (index * 61) % 150,
            };
            let credited = if index == 3 { 10_000 } else { 0 };
            closing += credited - spent;
            BalanceDay { day, spent: Cents(spent), credited: Cents(credited), closing: Cents(closing) }
        })
        .collect()
}

fn posting(kind: Kind, title: &str, cents: i64, minutes: i64) -> PostingView {
    PostingView {
        href: format!("/portal/transactions/trf_{minutes}"),
        kind,
        title: title.into(),
        amount: Cents(cents),
        at: Ts(NOW.0 - minutes * 60_000_000),
        is_new: minutes == 2,
    }
}

fn live() -> LiveView {
    let per_day = Some(Cents(402));
    LiveView {
        balance: Cents(4760),
        state: BalanceState::Low,
        threshold: Cents(5000),
        bonus: Cents(500),
        pending: Cents::ZERO,
        reach: Reach::of(Cents(4760), per_day, NOW),
        per_day,
        used_today: Cents(488),
        last_top_up: Some((Ts(NOW.0 - 17 * 86_400_000_000), Cents(10_000))),
        postings: vec![
            posting(Kind::Sms, "Terminbestätigung", -8, 2),
            posting(Kind::Appointment, "Kontrolle, 27. Nov., 09:15 Uhr", -150, 2),
            posting(Kind::Call, "Eingehend, 0170 ••• 4218", -160, 6),
            posting(Kind::Call, "Eingehend, 040 ••• 771", -80, 210),
            posting(Kind::ApiCall, "6 Aufrufe, 8–11 Uhr", -90, 218),
            posting(Kind::Bonus, "Kulanz: Störung am 18. November", 500, 4_300),
        ],
    }
}

fn overview(t: T, live: LiveView, days: &[BalanceDay]) -> Overview {
    let empty_at = match live.reach {
        Reach::Days { until, .. } => Some(until),
        _ => None,
    };
    let burn = BurnDown { days, per_day: live.per_day, empty_at, threshold: live.threshold };
    let usage = (days.iter().rev().take(14).rev())
        .map(|day| {
            let spent = day.spent.0;
            let parts = [spent * 66 / 100, spent / 10, spent * 17 / 100, spent * 7 / 100].map(Cents);
            UsageDay { day: day.day, parts }
        })
        .collect();
    let mut page = page(t, "/portal", Some(Area::Portal));
    page.balance = Some(BalanceView { amount: live.balance, state: live.state });
    let burn = (days.len() > 1).then(|| BurnView {
        drawing: charts::burn_down(t, burn),
        from: Ts(NOW.0 - 20 * 86_400_000_000),
        to: Ts(NOW.0 + 12 * 86_400_000_000),
        rows: days.iter().copied().rev().take(7).rev().collect(),
    });
    Overview { page, live, burn, usage: UsageView::of(t, usage) }
}

fn overview_samples(t: T) -> Vec<Sample> {
    let days = balance_days();
    let unknown = LiveView {
        balance: Cents(12_000),
        state: BalanceState::Fine,
        reach: Reach::Unknown,
        per_day: None,
        pending: Cents(10_000),
        ..live()
    };
    let low = LiveView { reach: Reach::Long, ..live() };
    let empty = LiveView { balance: Cents(-80), state: BalanceState::Empty, reach: Reach::Empty, ..live() };
    let new = LiveView { state: BalanceState::Empty, threshold: Cents(5000), ..LiveView::default() };
    let page = page(t, "/portal", Some(Area::Portal));
    let announcement = Some(t.overview_announce_credit(t.money(Cents(5000)), t.money(Cents(9760))));
    vec![
        rendered("overview", overview(t, live(), &days)),
        rendered("overview-unknown", overview(t, unknown, &days[14..])),
        rendered("overview-low-long", overview(t, low, &days)),
        rendered("overview-empty", overview(t, empty, &days)),
        rendered("overview-new", overview(t, new, &[])),
        rendered("part-live", LiveParts { page: &page, live: &live(), announcement }),
    ]
}

fn new_top_up(t: T) -> NewTopUp {
    NewTopUp {
        page: page(t, "/portal/topups/new", Some(Area::Portal)),
        form: TopUpForm { amount_choice: "100".into(), request_key: "key".into(), ..TopUpForm::default() },
        errors: vec![],
        min: Cents::euros(10),
        max: Cents::euros(1000),
        left_today: None,
        summary: TopUpSummary {
            balance: Cents(4760),
            amount: Some(Cents(10_000)),
            method: Some(Method::Card),
            reach_days: Some(37),
        },
        enabled: true,
        cancelled: false,
    }
}

fn new_top_up_samples(t: T) -> Vec<Sample> {
    let missing =
        TopUpSummary { balance: Cents(4760), method: Some(Method::SepaDebit), ..TopUpSummary::default() };
    let form = TopUpForm {
        amount_choice: "other".into(),
        amount: "8,50".into(),
        method: Some(Method::SepaDebit),
        request_key: "key".into(),
    };
    let range = t.refusal_amount_out_of_range(t.money(Cents::euros(1000)), t.money(Cents::euros(10)));
    let errors = vec![("amount", range), ("method", t.refusal_method_missing())];
    let down = vec![("", t.refusal_payment_unavailable())];
    let left_today = Some(Cents(20_000));
    let sample_page = page(t, "/portal/topups/new", Some(Area::Portal));
    vec![
        rendered("topup-new", new_top_up(t)),
        rendered("topup-new-left", NewTopUp { cancelled: true, left_today, ..new_top_up(t) }),
        rendered("topup-new-off", NewTopUp { enabled: false, ..new_top_up(t) }),
        rendered("topup-new-down", NewTopUp { errors: down, ..new_top_up(t) }),
        rendered("topup-new-errors", NewTopUp { errors, form, summary: missing, ..new_top_up(t) }),
        rendered("part-summary", TopUpSummaryPart { page: &sample_page, summary: missing, enabled: true }),
    ]
}

fn show_top_up_samples(t: T) -> Vec<Sample> {
    let mut out = vec![];
    for status in Status::ALL.iter().copied() {
        for method in Method::ALL.iter().copied() {
            let name = format!("topup-{status}-{method}");
            let waiting = status == Status::Collecting && method == Method::SepaDebit;
            let sample = ShowTopUp {
                page: page(t, "/portal/topups/top_01k9", Some(Area::Portal)),
                id: "top_01k9".into(),
                amount: Cents(10_000),
                method,
                status,
                created_at: Ts(NOW.0 - 120_000_000),
                expected_at: waiting.then_some(Ts(NOW.0 + 8 * 86_400_000_000)),
                finished_at: status.is_final().then_some(NOW),
                reason: (status == Status::Failed)
                    .then(|| "Ihre Bank hat die Lastschrift zurückgegeben.".into()),
                checkout_url: (status == Status::Open).then(|| "https://checkout.example/c/pay/cs_1".into()),
                balance: Cents(4760),
                pending: if waiting { Cents(10_000) } else { Cents::ZERO },
            };
            out.push(rendered(&name, sample));
        }
    }
    out
}

fn row(kind: Kind, title: &str, sub: &str, cents: i64, balance: i64, minutes: i64) -> RowView {
    let quantity = if kind == Kind::Call { "4 × 0,40".to_owned() } else { String::new() };
    RowView {
        href: format!("/portal/transactions/trf_{minutes}"),
        kind,
        title: title.into(),
        sub: sub.into(),
        at: Ts(NOW.0 - minutes * 60_000_000),
        quantity,
        amount: Cents(cents),
        balance: Cents(balance),
    }
}

fn transaction_rows() -> Vec<RowView> {
    vec![
        row(Kind::Sms, "Terminbestätigung", "an 0170 ••• 4218", -8, 4760, 2),
        row(Kind::Appointment, "Kontrolle, 27. Nov., 09:15 Uhr", "", -150, 4768, 2),
        row(Kind::Call, "Eingehend, 0170 ••• 4218", "Praxisnummer · 4 Min.", -160, 4918, 6),
        row(Kind::Sms, "Terminerinnerung", "4 Empfänger", -32, 5248, 1_300),
        row(Kind::Bonus, "Kulanz: Störung am 18. November", "gebucht von TeleNord", 500, 5280, 4_200),
        row(Kind::TopUp, "SEPA-Lastschrift", "", 10_000, 5210, 24_900),
    ]
}

fn transaction_index(t: T) -> TransactionIndex {
    TransactionIndex {
        page: page(t, "/portal/transactions", Some(Area::Portal)),
        query: Query { from: "2026-11-01".into(), to: "2026-11-30".into(), ..Query::default() },
        errors: vec![],
        days: DayView::group(transaction_rows(), false),
        sums: Some(SumsView { count: 1_128, credits: Cents(10_500), debits: Cents(-8_340) }),
        newer: None,
        older: Some("/portal/transactions?after=17".into()),
    }
}

fn transaction_samples(t: T) -> Vec<Sample> {
    let query = Query {
        q: "Fax\"versand <i>".into(),
        from: "2026-11-20".into(),
        to: "2026-11-22".into(),
        kind: Some(Kind::Call),
        min: "zehn".into(),
        max: "5,00".into(),
    };
    let errors = vec![("min", t.transaction_bad_amount()), ("from", t.transaction_bad_date())];
    let all = DayView::group(transaction_rows(), true);
    let newer = Some("/portal/transactions?before=9".into());
    let none = TransactionIndex { query, errors, days: vec![], sums: None, ..transaction_index(t) };
    let new = TransactionIndex { query: Query::default(), days: vec![], sums: None, ..transaction_index(t) };
    let plain =
        TransactionIndex { query: Query::default(), days: all, sums: None, newer, ..transaction_index(t) };
    let show = ShowTransaction {
        page: page(t, "/portal/transactions/trf_01k9", Some(Area::Portal)),
        id: "trf_01k9".into(),
        kind: Kind::Call,
        title: "Eingehend, 0170 ••• 4218".into(),
        amount: Cents(-160),
        before: Cents(4918),
        after: Cents(4758),
        occurred_at: Ts(NOW.0 - 360_000_000),
        posted_at: Ts(NOW.0 - 359_000_000),
        facts: vec![(t.transaction_fact_quantity(), t.transaction_quantity_minutes(4, "0,40"))],
        top_up_href: Some("/portal/topups/top_1".into()),
        back_href: "/portal/transactions".into(),
    };
    vec![
        rendered("transactions", transaction_index(t)),
        rendered("transactions-plain", plain),
        rendered("transactions-none", none),
        rendered("transactions-new", new),
        rendered("transaction", show),
    ]
}

fn all(t: T) -> Vec<Sample> {
    [
        sign_in_samples(t),
        error_samples(t),
        overview_samples(t),
        new_top_up_samples(t),
        show_top_up_samples(t),
        transaction_samples(t),
    ]
    .concat()
}

/// Start and end tags as they come, without comments; `None` ends at a bracket that is never closed.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let start = rest.find('<')?;
        let end = start + rest[start..].find('>')?;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        Some(tag)
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let value = tag.split_once(&format!(" {name}=\""))?.1;
    value.split('"').next()
}

/// What is wrong with the nesting of a document, if anything.
fn unbalanced(html: &str) -> Option<String> {
    const VOID: [&str; 6] = ["meta", "link", "input", "br", "hr", "!DOCTYPE"];
    let mut open = vec![];
    for tag in tags(html) {
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            match open.pop() {
                Some(last) if last == name => {}
                last => return Some(format!("</{name}> closes {last:?}")),
            }
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    open.pop().map(|name| format!("<{name}> stays open"))
}

fn complaints(name: &str, html: &str) -> Vec<String> {
    let mut out = vec![];
    let mut ids = BTreeSet::new();
    for tag in tags(html) {
        for banned in [" style=\"", " hx-on", " hx-vals=\"js:", " onclick=", " onsubmit="] {
            if tag.contains(banned) {
                out.push(format!("{banned} in <{tag}>"));
            }
        }
        if tag.starts_with("script") && attribute(tag, "src").is_none() {
            out.push("inline script".into());
        }
        if attribute(tag, "hx-trigger").is_some_and(|trigger| trigger.contains('[')) {
            out.push(format!("trigger filter in <{tag}>"));
        }
        if let Some(id) = attribute(tag, "id").filter(|id| !ids.insert((*id).to_owned())) {
            out.push(format!("id {id} twice"));
        }
    }
    for pointer in ["for", "aria-labelledby", "aria-describedby", "popovertarget"] {
        for value in tags(html).filter_map(|tag| attribute(tag, pointer)) {
            out.extend(
                (value.split_whitespace().filter(|id| !ids.contains(*id)))
                    .map(|id| format!("{pointer} points to {id}, which is missing")),
            );
        }
    }
    out.extend(unbalanced(html));
    if !name.starts_with("part-") && html.matches("<h1").count() != 1 {
        out.push("not exactly one h1".into());
    }
    let forms = html.matches("method=\"post\"").count();
    if forms != html.matches("name=\"csrf_token\"").count() {
        out.push("a form without its token".into());
    }
    out
}

#[test]
fn every_template_keeps_the_rules_in_both_languages() {
    let out = std::env::var_os("FACE_OUT").map(std::path::PathBuf::from);
    let mut wrong = vec![];
    for lang in Lang::ALL {
        let t = T::new(lang);
        for (name, html) in all(t) {
            wrong.extend(
                complaints(&name, &html).into_iter().map(|what| format!("{name} ({lang:?}): {what}")),
            );
            if let Some(out) = &out {
                let dir = out.join(lang.code());
                std::fs::create_dir_all(&dir).expect("create the folder");
                std::fs::write(dir.join(format!("{name}.html")), html).expect("write the page");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_icon_used_is_in_the_sprite_and_the_other_way_round() {
    let sprite = include_str!("../../../static/icons.svg");
    let known: BTreeSet<&str> = tags(sprite).filter_map(|tag| attribute(tag, "id")).collect();
    let mut used = BTreeSet::new();
    for (name, html) in all(T::new(Lang::De)) {
        for id in tags(&html).filter_map(|tag| attribute(tag, "href")?.split_once("icons.svg#")) {
            assert!(known.contains(id.1), "{name} uses the icon {}", id.1);
            used.insert(id.1.to_owned());
        }
    }
    let idle: Vec<_> = known.into_iter().filter(|id| !used.contains(*id)).collect();
    assert!(idle.is_empty(), "icons nobody shows: {idle:?}");
}

#[test]
fn what_people_write_is_escaped() {
    let (_, html) = sign_in_samples(T::new(Lang::De)).pop().expect("the refused sign-in");
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("&#60;script&#62;alert"));
}

#[test]
fn the_balance_is_written_as_the_contract_says() {
    let html = overview(T::new(Lang::De), live(), &balance_days()).render().expect("renders");
    let data = "<data class=\"money\" value=\"47.60\">47,60\u{a0}€</data>";
    assert!(html.contains(&format!(
        "<output id=\"balance\" aria-live=\"off\" aria-labelledby=\"balance-title\">{data}</output>"
    )));
}
