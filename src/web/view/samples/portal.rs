//! Samples of the customer's pages.

use super::super::charts::{self, BalanceDay, BurnDown};
use super::super::overview::{BurnView, LiveParts, LiveView, Overview, PostingView, UsageDay, UsageView};
use super::super::page::{Area, BalanceView};
use super::super::parts::{BalanceState, Kind, KindChoice, NamedKind, Reach};
use super::super::topup::{NewTopUp, ShowTopUp, TopUpForm, TopUpSummary, TopUpSummaryPart};
use super::super::transaction::{DayView, Query, RowView, ShowTransaction, SumsView, TransactionIndex};
use super::{NOW, Sample, page, rendered};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::topup::{Method, Status};
use crate::i18n::T;

/// Every sample of the portal.
pub(super) fn all(t: T) -> Vec<Sample> {
    [overview_samples(t), new_top_up_samples(t), show_top_up_samples(t), transaction_samples(t)].concat()
}

/// The overview of the prototype.
pub(super) fn usual_overview(t: T) -> Overview {
    overview(t, live(t), &balance_days())
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

fn posting(t: T, kind: Kind, title: &str, cents: i64, minutes: i64) -> PostingView {
    PostingView {
        href: format!("/portal/transactions/trf_{minutes}"),
        kind: NamedKind::of(t, kind),
        title: title.into(),
        amount: Cents(cents),
        at: Ts(NOW.0 - minutes * 60_000_000),
        is_new: minutes == 2,
    }
}

fn live(t: T) -> LiveView {
    let per_day = Some(Cents(402));
    LiveView {
        balance: Cents(4760),
        held: Cents::ZERO,
        state: BalanceState::Low,
        threshold: Cents(5000),
        critical: Cents(1000),
        bonus: Cents(500),
        pending: Cents::ZERO,
        reach: Reach::of(Cents(4760), per_day, NOW),
        per_day,
        used_today: Cents(488),
        last_top_up: Some((Ts(NOW.0 - 17 * 86_400_000_000), Cents(10_000))),
        postings: vec![
            posting(t, Kind::Sms, "Terminbestätigung", -8, 2),
            posting(t, Kind::Appointment, "Kontrolle, 27. Nov., 09:15 Uhr", -150, 2),
            posting(t, Kind::Call, "Eingehend, 0170 ••• 4218", -160, 6),
            posting(t, Kind::Call, "Eingehend, 040 ••• 771", -80, 210),
            posting(t, Kind::ApiCall, "6 Aufrufe, 8–11 Uhr", -90, 218),
            posting(t, Kind::Bonus, "Kulanz: Störung am 18. November", 500, 4_300),
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
    page.balance = Some(BalanceView { amount: live.balance, held: live.held, state: live.state });
    let burn = (days.len() > 1).then(|| BurnView {
        drawing: charts::burn_down(t, burn),
        from: Ts(NOW.0 - 20 * 86_400_000_000),
        to: Ts(NOW.0 + 12 * 86_400_000_000),
        rows: days.iter().copied().rev().take(7).rev().collect(),
    });
    let names = [Kind::Call, Kind::Appointment, Kind::ApiCall, Kind::Sms].map(|kind| kind.plural(t));
    Overview { page, live, burn, usage: UsageView::of(t, names.into(), usage) }
}

fn overview_samples(t: T) -> Vec<Sample> {
    let days = balance_days();
    let unknown = LiveView {
        balance: Cents(12_000),
        state: BalanceState::Fine,
        reach: Reach::Unknown,
        per_day: None,
        pending: Cents(10_000),
        held: Cents(400),
        ..live(t)
    };
    let low = LiveView { reach: Reach::Long, critical: Cents(4800), ..live(t) };
    let empty = LiveView { balance: Cents(-80), state: BalanceState::Empty, reach: Reach::Empty, ..live(t) };
    let new = LiveView { state: BalanceState::Empty, threshold: Cents(5000), ..LiveView::default() };
    let page = page(t, "/portal", Some(Area::Portal));
    let announcement = Some(t.overview_announce_credit(t.money(Cents(5000)), t.money(Cents(9760))));
    vec![
        rendered("overview", overview(t, live(t), &days)),
        rendered("overview-unknown", overview(t, unknown, &days[14..])),
        rendered("overview-low-long", overview(t, low, &days)),
        rendered("overview-empty", overview(t, empty, &days)),
        rendered("overview-new", overview(t, new, &[])),
        rendered("part-live", LiveParts { page: &page, live: &live(t), announcement }),
    ]
}

fn new_top_up(t: T) -> NewTopUp {
    NewTopUp {
        page: page(t, "/portal/topups/new", Some(Area::Portal)),
        form: TopUpForm {
            amount_choice: "100".into(),
            amount: String::new(),
            method: Some(Method::Card),
            request_key: "key".into(),
        },
        errors: vec![],
        min: Cents::euros(10),
        max: Cents::euros(1000),
        left_today: None,
        summary: TopUpSummary {
            balance: Cents(4760),
            amount: Some(Cents(10_000)),
            method: Some(Method::Card),
            vat_percent: 19,
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

fn row(t: T, kind: Kind, title: &str, sub: &str, cents: i64, balance: i64, minutes: i64) -> RowView {
    let quantity = if kind == Kind::Call { "4 × 0,40".to_owned() } else { String::new() };
    RowView {
        href: format!("/portal/transactions/trf_{minutes}"),
        kind: NamedKind::of(t, kind),
        title: title.into(),
        sub: sub.into(),
        at: Ts(NOW.0 - minutes * 60_000_000),
        quantity,
        amount: Cents(cents),
        balance: Cents(balance),
    }
}

fn transaction_rows(t: T) -> Vec<RowView> {
    vec![
        row(t, Kind::Sms, "Terminbestätigung", "an 0170 ••• 4218", -8, 4760, 2),
        row(t, Kind::Appointment, "Kontrolle, 27. Nov., 09:15 Uhr", "", -150, 4768, 2),
        row(t, Kind::Call, "Eingehend, 0170 ••• 4218", "Praxisnummer · 4 Min.", -160, 4918, 6),
        row(t, Kind::Sms, "Terminerinnerung", "4 Empfänger", -32, 5248, 1_300),
        row(t, Kind::Bonus, "Kulanz: Störung am 18. November", "gebucht von TeleNord", 500, 5280, 4_200),
        row(t, Kind::TopUp, "SEPA-Lastschrift", "", 10_000, 5210, 24_900),
    ]
}

fn transaction_index(t: T) -> TransactionIndex {
    TransactionIndex {
        page: page(t, "/portal/transactions", Some(Area::Portal)),
        kinds: Kind::ALL
            .map(|kind| KindChoice { key: kind.key().into(), name: kind.plural(t), icon: kind.icon() })
            .to_vec(),
        query: Query { from: "2026-11-01".into(), to: "2026-11-30".into(), ..Query::default() },
        errors: vec![],
        days: DayView::group(transaction_rows(t), false),
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
        kind: "call".into(),
        min: "zehn".into(),
        max: "5,00".into(),
    };
    let errors = vec![("min", t.transaction_bad_amount()), ("from", t.transaction_bad_date())];
    let all = DayView::group(transaction_rows(t), true);
    let newer = Some("/portal/transactions?before=9".into());
    let none = TransactionIndex { query, errors, days: vec![], sums: None, ..transaction_index(t) };
    let new = TransactionIndex { query: Query::default(), days: vec![], sums: None, ..transaction_index(t) };
    let plain =
        TransactionIndex { query: Query::default(), days: all, sums: None, newer, ..transaction_index(t) };
    let show = ShowTransaction {
        page: page(t, "/portal/transactions/trf_01k9", Some(Area::Portal)),
        id: "trf_01k9".into(),
        kind: NamedKind::of(t, Kind::Call),
        title: "Eingehend, 0170 ••• 4218".into(),
        amount: Cents(-160),
        before: Cents(4918),
        after: Cents(4758),
        occurred_at: Ts(NOW.0 - 360_000_000),
        posted_at: Ts(NOW.0 - 359_000_000),
        facts: vec![(t.transaction_fact_quantity(), t.transaction_quantity_minutes(4, "0,40"))],
        origin: Some(super::movement::side(t, t.origin_list_usual())),
        reason: None,
        related: Some((t.transaction_reversed_by(), "/portal/transactions/trf_2".into())),
        top_up_href: Some("/portal/topups/top_1".into()),
        back_href: "/portal/transactions".into(),
    };
    let reversal = ShowTransaction {
        page: page(t, "/portal/transactions/trf_2", Some(Area::Portal)),
        id: "trf_2".into(),
        kind: NamedKind::of(t, Kind::Reversal),
        title: "Eingehend, 0170 ••• 4218".into(),
        amount: Cents(160),
        before: Cents(4758),
        after: Cents(4918),
        occurred_at: Ts(NOW.0 - 360_000_000),
        posted_at: NOW,
        facts: vec![],
        origin: None,
        reason: Some("Falsch <verbunden>".into()),
        related: Some((t.transaction_reverses(), "/portal/transactions/trf_01k9".into())),
        top_up_href: None,
        back_href: "/portal/transactions".into(),
    };
    vec![
        rendered("transactions", transaction_index(t)),
        rendered("transactions-plain", plain),
        rendered("transactions-none", none),
        rendered("transactions-new", new),
        rendered("transaction", show),
        rendered("transaction-reversal", reversal),
    ]
}
