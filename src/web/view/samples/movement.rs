//! Samples of movements with their chain, and of commission.

use super::super::commission::{CommissionIndex, CustomerRow, MonthRow, StateSums};
use super::super::movement::{
    ChainView, CommissionView, EntryView, FactView, KindOption, ListQuery, MovementDay, MovementIndex,
    MovementRow, MovementSumsView, OriginView, ReverseMovement, ShareView, ShowMovement,
};
use super::super::origin::SideView;
use super::super::page::Area;
use super::super::parts::Kind;
use super::{NOW, Sample, page, rendered};
use crate::domain::clock::Ts;
use crate::domain::commission::{CommissionState, HoldDays};
use crate::domain::money::Cents;
use crate::i18n::T;

/// Every sample of movements and commission.
pub(super) fn all(t: T) -> Vec<Sample> {
    [index_samples(t), show_samples(t), reversal_samples(t), commission_samples(t)].concat()
}

/// One side of a call of ten minutes at 0,40 €, beyond a first tier.
pub(super) fn side(t: T, list: String) -> SideView {
    SideView {
        facts: vec![
            (t.origin_list(), list),
            (t.origin_version(), t.origin_valid_from("01.11.2026")),
            (t.origin_increment(), "60/60".into()),
            (t.origin_used(), t.origin_minutes("9:30")),
            (t.origin_billed(), t.origin_minutes("10")),
        ],
        steps: vec![
            (t.origin_step_included(t.origin_minutes("2")), "0,00\u{a0}€".into()),
            (
                t.origin_step_tier(t.origin_minutes("100"), "0,40\u{a0}€", t.origin_minutes("8")),
                "3,20\u{a0}€".into(),
            ),
        ],
        rounding: t.origin_rounded("3,20\u{a0}€", "3,2042\u{a0}€"),
        amount: Cents(320),
    }
}

fn row(kind: Kind, label: String, cents: i64, minutes: i64) -> MovementRow {
    MovementRow {
        href: format!("/admin/transactions/trf_{minutes}"),
        kind,
        label,
        customer: "Autohaus Petersen <GmbH>".into(),
        sub: "TeleNord · 04101 ••• 550".into(),
        at: Ts(NOW.0 - minutes * 60_000_000),
        amount: Cents(cents),
        shares: (cents < 0).then_some((Cents(-cents * 3 / 4), Cents(-cents / 4))),
    }
}

fn index(t: T, area: Area, query: &[(&'static str, &str)]) -> MovementIndex {
    let base = if area.is_admin() { "/admin/transactions" } else { "/reseller/transactions" };
    let kinds = [Kind::Call, Kind::Sms, Kind::TopUp, Kind::Reversal];
    let fields = ["q", "customer", "from", "to", "kind", "min", "max", "reseller"];
    let value = |field: &str| query.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value);
    let rows = vec![
        row(Kind::Call, t.kind_call(), -400, 2),
        row(Kind::Usage, "Faxseiten".into(), -12, 9),
        row(Kind::Reversal, t.kind_reversal(), 400, 40),
        row(Kind::Wholesale, t.kind_wholesale(), -300, 90),
        row(Kind::TopUp, t.kind_topup(), 50_000, 2_000),
    ];
    MovementIndex {
        page: page(t, base, Some(area)),
        base,
        query: ListQuery(fields.into_iter().map(|field| (field, value(field).to_owned())).collect()),
        errors: vec![],
        kinds: kinds.map(|kind| KindOption { key: kind.key().into(), label: kind.plural(t) }).to_vec(),
        resellers: if area.is_admin() { vec![("R-101".into(), "TeleNord & Söhne".into())] } else { vec![] },
        days: MovementDay::group(rows),
        sums: Some(MovementSumsView {
            count: 8_214,
            credits: Cents(431_000),
            debits: Cents(-190_436),
            commission: Cents(48_561),
        }),
        newest: None,
        older: Some(format!("{base}?after=trf_1")),
        searched_to: None,
    }
}

fn index_samples(t: T) -> Vec<Sample> {
    let filter = [
        ("q", "Fax\"<i>"),
        ("customer", "K-1"),
        ("from", "2026-11-01"),
        ("to", "2026-11-30"),
        ("kind", "call"),
        ("min", "1"),
        ("max", "viel"),
        ("reseller", "R-101"),
    ];
    let errors = vec![
        ("max", t.transaction_bad_amount()),
        ("customer", t.movement_bad_customer("K-1")),
        ("kind", t.movement_bad_kind()),
        ("reseller", t.movement_bad_reseller("R-1")),
    ];
    let filtered = index(t, Area::Admin, &filter);
    let newest = Some("/admin/transactions".to_owned());
    let searched = MovementIndex {
        searched_to: Some(Ts(NOW.0 - 86_400_000_000)),
        sums: None,
        newest,
        days: vec![],
        ..index(t, Area::Admin, &filter[..1])
    };
    let none =
        MovementIndex { days: vec![], sums: None, older: None, errors, ..index(t, Area::Admin, &filter) };
    let new = MovementIndex { days: vec![], sums: None, older: None, ..index(t, Area::Reseller, &[]) };
    vec![
        rendered("movements-admin", filtered),
        rendered("movements-reseller", index(t, Area::Reseller, &[])),
        rendered("movements-searched", searched),
        rendered("movements-none", none),
        rendered("movements-new", new),
    ]
}

fn show(t: T, area: Area) -> ShowMovement {
    let base = if area.is_admin() { "/admin/transactions" } else { "/reseller/transactions" };
    let fact =
        |name: String, value: &str, href: &str| FactView { name, value: value.into(), href: href.into() };
    let entry = |account: String, owner: &str, cents: i64| EntryView {
        account,
        owner: owner.into(),
        amount: Cents(cents),
        before: Cents(10_000),
        after: Cents(10_000 + cents),
    };
    let entries = vec![
        entry(t.account_wallet(), "Autohaus Petersen", -320),
        entry(t.account_revenue(), "Guthaben", 240),
        entry(t.account_commission(), "TeleNord", 80),
    ];
    let rest = Some((t.movement_commission(), Cents(80)));
    ShowMovement {
        page: page(t, &format!("{base}/trf_1"), Some(area)),
        base,
        id: "trf_1".into(),
        kind: Kind::Call,
        label: t.kind_call(),
        title: "04101 ••• 550, eingehend".into(),
        occurred_at: NOW,
        was_reversed: false,
        facts: vec![
            fact(t.movement_balance_of(), "Autohaus Petersen", &format!("{base}?customer=K-10427")),
            fact(t.movement_quantity(), "10 Min. × 0,40", ""),
        ],
        chain: Some(ChainView::of(t, Cents(320), Cents(240), rest)),
        commission: Some(CommissionView {
            label: t.commission_accrued(),
            badge: super::super::commission::state_badge(CommissionState::Accrued),
            note: t.commission_from("07.12.2026"),
        }),
        origin: Some(OriginView {
            customer: side(t, t.origin_list_reseller()),
            platform: ShareView::Price(Box::new(side(t, t.origin_list_platform()))),
            terms: Some(t.origin_terms_standard()),
            bonus: t.origin_from_bonus("1,00\u{a0}€"),
        }),
        entries: if area.is_admin() { entries } else { vec![] },
        metadata: vec![("gateway".into(), "usage/call <8842>".into())],
        before: Cents(10_000),
        amount: Cents(-320),
        after: Cents(9_680),
        may_reverse: true,
    }
}

fn show_samples(t: T) -> Vec<Sample> {
    let free =
        SideView { steps: vec![], rounding: String::new(), amount: Cents(0), ..side(t, String::new()) };
    let rule = OriginView {
        customer: free,
        platform: ShareView::Rule(t.origin_share_rate("25\u{a0}%")),
        terms: None,
        bonus: String::new(),
    };
    let reversed = ShowMovement {
        was_reversed: true,
        may_reverse: false,
        origin: Some(rule),
        commission: Some(CommissionView {
            label: t.commission_taken_back(),
            badge: "plain",
            note: String::new(),
        }),
        ..show(t, Area::Reseller)
    };
    let top_up = ShowMovement {
        kind: Kind::TopUp,
        label: t.kind_topup(),
        chain: None,
        commission: None,
        origin: None,
        metadata: vec![],
        may_reverse: false,
        ..show(t, Area::Admin)
    };
    vec![
        rendered("movement-admin", show(t, Area::Admin)),
        rendered("movement-reseller", show(t, Area::Reseller)),
        rendered("movement-reversed", reversed),
        rendered("movement-topup", top_up),
    ]
}

fn reversal_samples(t: T) -> Vec<Sample> {
    let form = |errors, reason: &str| ReverseMovement {
        page: page(t, "/admin/transactions/trf_1/reversal", Some(Area::Admin)),
        base: "/admin/transactions",
        id: "trf_1".into(),
        title: "04101 ••• 550, eingehend".into(),
        customer: "Autohaus Petersen & Co".into(),
        amount: Cents(320),
        parts: vec![(t.movement_platform(), Cents(240)), (t.movement_commission(), Cents(80))],
        reason: reason.into(),
        errors,
    };
    let short = vec![("reason", t.refusal_reason_length(500, 3)), ("", t.refusal_too_old_to_reverse(13))];
    vec![
        rendered("movement-reverse", form(vec![], "")),
        rendered("movement-reverse-errors", form(short, "\"a")),
    ]
}

fn commission_samples(t: T) -> Vec<Sample> {
    let sums = StateSums {
        accrued: Cents(52_310),
        available: Cents(-1_240),
        in_payout: Cents(9_000),
        paid: Cents(93_210),
    };
    let month = |label: &str, current| MonthRow {
        label: label.into(),
        href: "/reseller/commissions?month=2026-11#customers".into(),
        current,
        sums,
    };
    let customer = CustomerRow {
        number: "K-10427".into(),
        name: "Praxis <Nord> & Partner".into(),
        href: "/reseller/transactions?customer=K-10427".into(),
        sums,
    };
    let full = CommissionIndex {
        page: page(t, "/reseller/commissions", Some(Area::Reseller)),
        sums,
        hold: HoldDays::STANDARD,
        months: vec![month("November 2026", true), month("Oktober 2026", false)],
        month: Some("November 2026".into()),
        customers: vec![customer],
        more: Some("/reseller/commissions?after=K-10427#customers".into()),
        first: Some("/reseller/commissions#customers".into()),
        csv: "/reseller/commissions.csv?month=2026-11".into(),
    };
    let new = CommissionIndex {
        page: page(t, "/reseller/commissions", Some(Area::Reseller)),
        sums: StateSums::default(),
        hold: HoldDays { plain: 1, debit: 1 },
        months: vec![],
        month: None,
        customers: vec![],
        more: None,
        first: None,
        csv: "/reseller/commissions.csv".into(),
    };
    vec![rendered("commissions", full), rendered("commissions-new", new)]
}
