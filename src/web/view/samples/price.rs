//! Samples of prices, meters, plans and terms.

use super::super::page::Area;
use super::super::price::{
    AskWithdraw, AssignPlan, BreachRow, ChangeRow, ConfirmPrice, ConfirmTerms, EditPrice, EditTerms, Errors,
    ExampleView, ListRow, MemberRow, MeterForm, MeterIndex, MeterRow, PlanIndex, PlanRow, PreviewPart,
    PreviewView, PriceForm, PriceIndex, PriceLine, ShareRow, ShowList, ShowMeter, ShowPlan, ShowSimulator,
    SimulationView, Standing, SumRow, TermsForm, TermsRow, VersionRow,
};
use super::{NOW, Sample, page, rendered};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::pricing::Unit;
use crate::i18n::T;

/// Every sample of prices and what stands around them.
pub(super) fn all(t: T) -> Vec<Sample> {
    [
        list_samples(t),
        editor_samples(t),
        simulator_samples(t),
        meter_samples(t),
        plan_samples(t),
        terms_samples(t),
    ]
    .concat()
}

const OWN: &str = "/reseller/prices";
const LATER: Ts = Ts(NOW.0 + 604_800_000_000);

fn line(t: T, icon: &'static str, meter: &str, price: Option<&str>, edit: bool) -> PriceLine {
    PriceLine {
        icon,
        meter: meter.into(),
        price: price.map(|price| (t.price_flat(price, t.price_per_minute()), NOW)),
        details: if price.is_some() { vec![t.price_increment("60/60")] } else { vec![] },
        next: price.map(|_| (t.price_none(), LATER)),
        edit: edit.then(|| format!("{OWN}/own/call")),
    }
}

fn lines(t: T, edit: bool) -> Vec<PriceLine> {
    vec![
        line(t, "phone", "Anrufe", Some("0,40\u{a0}€"), edit),
        line(t, "calendar-check", "Termine", None, edit),
        line(t, "braces", "API", None, edit),
        line(t, "message-square", "SMS", None, edit),
        line(t, "activity", "Videoanrufe <neu>", None, edit),
    ]
}

fn version(t: T, standing: Standing) -> VersionRow {
    VersionRow {
        icon: "phone",
        meter: "Anrufe".into(),
        price: t.price_flat("0,45\u{a0}€", t.price_per_minute()),
        details: vec![t.price_increment("60/1"), t.price_below_allowed()],
        from: LATER,
        standing,
        author: "Jonas Krüger".into(),
        entered_at: NOW,
        withdraw: (standing == Standing::Planned).then(|| format!("{OWN}/versions/pri_1/withdraw")),
    }
}

fn list_row(name: &str, number: &str, other: Option<i64>) -> ListRow {
    ListRow {
        name: name.into(),
        number: number.into(),
        href: format!("{OWN}/customer-ten_1"),
        meters: 2,
        other: other.map(|meters| ("/admin/prices/reseller-ten_1".into(), meters)),
    }
}

fn list_samples(t: T) -> Vec<Sample> {
    let index = |area, base: &'static str, sellers, not_found| PriceIndex {
        page: page(t, base, Some(area)),
        base,
        lists: vec![(t.price_list_own(), format!("{base}/own"), lines(t, true))],
        sellers,
        plans: vec![list_row("Praxis", "", None)],
        customers: vec![list_row("Zahnarztpraxis Dr. Lindner", "K-10427", None)],
        has_more: true,
        wanted: "K-1".into(),
        not_found,
        may_edit: true,
    };
    let sellers = vec![list_row("TeleNord", "R-1", Some(4)), list_row("Callwerk", "R-2", Some(0))];
    let show = |planned: Vec<VersionRow>, history, done| ShowList {
        page: page(t, OWN, Some(Area::Reseller)),
        base: OWN,
        title: t.price_list_own(),
        lead: t.price_list_own_lead(),
        lines: lines(t, planned.is_empty()),
        planned,
        history,
        done,
    };
    let ask = |refused| AskWithdraw {
        page: page(t, OWN, Some(Area::Reseller)),
        base: OWN,
        action: format!("{OWN}/versions/pri_1/withdraw"),
        list: (t.price_list_own(), format!("{OWN}/own")),
        version: version(t, Standing::Planned),
        refused,
    };
    let history = [Standing::Valid, Standing::Past, Standing::Withdrawn].map(|standing| version(t, standing));
    let planned = vec![version(t, Standing::Planned)];
    vec![
        rendered("prices-admin", index(Area::Admin, "/admin/prices", sellers, String::new())),
        rendered("prices-reseller", index(Area::Reseller, OWN, vec![], t.price_customer_unknown())),
        rendered("price-list", show(planned, history.to_vec(), Some(t.price_done_set()))),
        rendered("price-list-new", show(vec![], vec![], None)),
        rendered("price-withdraw", ask(String::new())),
        rendered("price-withdraw-late", ask(t.price_withdraw_lead())),
    ]
}

fn share(from: &str, is_loss: bool) -> ShareRow {
    ShareRow {
        from: from.into(),
        customer: "0,40\u{a0}€".into(),
        platform: "0,30\u{a0}€".into(),
        commission: "0,10\u{a0}€".into(),
        part: "25\u{a0}%".into(),
        markup: "33,3\u{a0}%".into(),
        is_loss,
    }
}

fn breach(t: T) -> BreachRow {
    BreachRow {
        list: t.price_list_reseller("TeleNord"),
        meter: "Anrufe".into(),
        price: "0,40\u{a0}€".into(),
        breach: t.refusal_price_below_platform("0,45\u{a0}€"),
    }
}

fn preview(t: T, shares: Vec<ShareRow>, affected: Vec<BreachRow>) -> PreviewView {
    let (customer, platform, commission) = (Cents(400), Cents(300), Cents(100));
    PreviewView {
        problem: if affected.is_empty() { String::new() } else { t.price_missing() },
        from: Some(LATER),
        price: t.price_flat("0,45\u{a0}€", t.price_per_minute()),
        details: vec![t.price_increment("60/60")],
        old: t.price_flat("0,40\u{a0}€", t.price_per_minute()),
        is_shared: !shares.is_empty(),
        example: Some(ExampleView {
            what: t.price_example_minutes(10),
            customer,
            platform,
            commission,
            before: (!affected.is_empty()).then_some((customer, platform, commission)),
        }),
        shares,
        rails: t.price_rails("0,60\u{a0}€", "0,33\u{a0}€"),
        buyers: 42,
        buyers_href: "/reseller".into(),
        affected,
    }
}

fn form(model: &str) -> PriceForm {
    PriceForm {
        key: "pri_1".into(),
        start: "date".into(),
        date: "01.12.2026".into(),
        model: model.into(),
        price: "0,45".into(),
        tiers: vec![("0".into(), "0,40".into()), ("1000".into(), "<0,35>".into())],
        package_units: "100".into(),
        package_price: "5,00".into(),
        included: "10".into(),
        increment: "other".into(),
        first: "45".into(),
        next: "15".into(),
        below: true,
    }
}

fn editor_samples(t: T) -> Vec<Sample> {
    let edit = |form: PriceForm, unit, errors: Errors, preview| EditPrice {
        page: page(t, OWN, Some(Area::Reseller)),
        base: OWN,
        action: format!("{OWN}/own/call"),
        list: (t.price_list_own(), format!("{OWN}/own")),
        meter: "Anrufe".into(),
        unit,
        form,
        may_end: !errors.is_empty(),
        may_allow: errors.is_empty(),
        simulator: Some(format!("{OWN}/simulator")),
        errors,
        preview,
    };
    let wrong = |fields: &[&str]| {
        fields.iter().map(|field| ((*field).to_owned(), t.price_missing())).collect::<Errors>()
    };
    let confirm = ConfirmPrice {
        page: page(t, OWN, Some(Area::Reseller)),
        base: OWN,
        action: format!("{OWN}/own/call"),
        list: (t.price_list_own(), format!("{OWN}/own")),
        meter: "Anrufe".into(),
        fields: vec![("price".into(), "0,45".into())],
        back: format!("{OWN}/own/call?model=flat"),
        preview: preview(t, vec![share("", false)], vec![]),
    };
    let part_page = page(t, OWN, Some(Area::Reseller));
    let nothing = PreviewView { problem: t.price_missing(), ..PreviewView::default() };
    vec![
        rendered(
            "price-edit",
            edit(form("flat"), Unit::Second, vec![], preview(t, vec![share("", false)], vec![])),
        ),
        rendered(
            "price-edit-tiers",
            edit(
                form("graduated"),
                Unit::Second,
                wrong(&["above-1", "tier-1", "date", "first", "increment"]),
                preview(t, vec![share("0", false), share("1.000", true)], vec![breach(t)]),
            ),
        ),
        rendered(
            "price-edit-package",
            edit(
                form("package"),
                Unit::Piece,
                wrong(&["package_units", "package_price", "included", "model", "price"]),
                nothing.clone(),
            ),
        ),
        rendered("price-confirm", confirm),
        rendered("part-price-preview", PreviewPart { page: &part_page, preview: nothing }),
        rendered("part-price-direct", PreviewPart { page: &part_page, preview: preview(t, vec![], vec![]) }),
    ]
}

fn simulator_samples(t: T) -> Vec<Sample> {
    let sum = |label| SumRow { label, charged: Cents(394_700), now: Cents(394_700), then: Cents(444_000) };
    let result = |changes: Vec<ChangeRow>, problem| SimulationView {
        price: t.price_flat("0,45\u{a0}€", t.price_per_minute()),
        from: NOW,
        quantity: t.price_minutes("9.867"),
        sums: vec![sum(t.simulator_revenue()), sum(t.simulator_platform()), sum(t.simulator_commission())],
        customers: changes.len(),
        changes,
        problem,
        apply: format!("{OWN}/own/call?model=flat&price=0%2C45"),
    };
    let show = |errors, result| ShowSimulator {
        page: page(t, OWN, Some(Area::Reseller)),
        base: OWN,
        meters: vec![("call".into(), "Anrufe".into()), ("sms".into(), "SMS".into())],
        meter: "call".into(),
        unit: Unit::Second,
        list: (t.price_list_own(), format!("{OWN}/own")),
        place: "own".into(),
        form: form("flat"),
        errors,
        result,
    };
    let change = ChangeRow {
        name: "Zahnarztpraxis Dr. Lindner".into(),
        number: "K-10427".into(),
        quantity: t.price_minutes("1.200"),
        now: Cents(48_000),
        then: Cents(54_000),
        commission: Cents(6_000),
    };
    vec![
        rendered("simulator", show(vec![], None)),
        rendered("simulator-result", show(vec![], Some(result(vec![change], t.price_missing())))),
        rendered("simulator-nothing", show(vec![], Some(result(vec![], String::new())))),
        rendered("simulator-errors", show(vec![("price".into(), t.price_unreadable())], None)),
    ]
}

fn meter_samples(t: T) -> Vec<Sample> {
    let form = || MeterForm {
        key: "video_call".into(),
        unit: "second".into(),
        name_de: "Videoanrufe".into(),
        name_en: "Video calls".into(),
        increment: "60/60".into(),
        active: true,
    };
    let row = |active| MeterRow {
        icon: "phone",
        name: "Anrufe".into(),
        key: "call".into(),
        counts: t.meter_counts_seconds("60/60"),
        active,
        href: if active { "/admin/meters/call".into() } else { String::new() },
    };
    let frame = || page(t, "/admin/meters", Some(Area::Admin));
    let errors: Errors = ["key", "name_de", "name_en", "unit", "increment"]
        .map(|field| (field.into(), t.meter_unit_missing()))
        .into();
    let index = |form, errors, done| MeterIndex {
        page: frame(),
        rows: vec![row(true), row(false)],
        form,
        errors,
        done,
    };
    let show = |form, errors, closing| ShowMeter {
        page: frame(),
        name: "Videoanrufe".into(),
        action: "/admin/meters/video_call".into(),
        form,
        errors,
        closing,
    };
    vec![
        rendered("meters", index(Some(form()), vec![], Some(t.meter_done_created()))),
        rendered("meters-read", index(None, vec![], None)),
        rendered("meters-errors", index(Some(form()), errors, None)),
        rendered("meter", show(form(), vec![], false)),
        rendered(
            "meter-pieces",
            show(
                MeterForm { unit: "piece".into(), ..form() },
                vec![("name_de".into(), t.price_missing())],
                false,
            ),
        ),
        rendered("meter-close", show(form(), vec![], true)),
    ]
}

fn plan_samples(t: T) -> Vec<Sample> {
    let frame = || page(t, "/admin/plans", Some(Area::Admin));
    let row = PlanRow { href: "/admin/plans/prl_1".into(), name: "Praxis".into(), meters: 2, customers: 12 };
    let index = |rows, errors: Errors| PlanIndex {
        page: frame(),
        rows,
        may_edit: true,
        name: "Praxis".into(),
        errors,
    };
    let show = |members: Vec<MemberRow>, errors: Errors, done| ShowPlan {
        page: frame(),
        href: "/admin/plans/prl_1".into(),
        prices: "/admin/prices/plan-prl_1".into(),
        title: "Praxis".into(),
        lines: lines(t, true),
        count: 12,
        older: (!members.is_empty()).then(|| "/admin/plans/prl_1?after=K-1".into()),
        members,
        newer: None,
        may_edit: true,
        name: "Praxis".into(),
        customers: "K-1, <K-2>".into(),
        start: "date".into(),
        date: "01.12.2026".into(),
        errors,
        done,
    };
    let member =
        MemberRow { number: "K-10427".into(), name: "Zahnarztpraxis Dr. Lindner".into(), since: NOW };
    let assign = |ends| AssignPlan {
        page: frame(),
        action: "/admin/plans/prl_1/customers".into(),
        plan: ("Praxis".into(), "/admin/plans/prl_1".into()),
        fields: vec![("customers".into(), "K-10427".into())],
        customers: vec![("K-10427".into(), "Zahnarztpraxis Dr. Lindner".into())],
        from: NOW,
        ends,
    };
    let errors = |fields: &[&str]| {
        fields.iter().map(|field| ((*field).to_owned(), t.price_missing())).collect::<Errors>()
    };
    vec![
        rendered("plans", index(vec![row], vec![])),
        rendered("plans-none", index(vec![], errors(&["name"]))),
        rendered("plan", show(vec![member], vec![], Some(t.plan_done_created()))),
        rendered("plan-errors", show(vec![], errors(&["customers", "date", "name"]), None)),
        rendered("plan-give", assign(false)),
        rendered("plan-end", assign(true)),
    ]
}

fn terms_samples(t: T) -> Vec<Sample> {
    let frame = || page(t, "/admin/resellers/ten_1/terms", Some(Area::Admin));
    let form = || TermsForm {
        settlement: "commission".into(),
        model: "percent".into(),
        rate: "25".into(),
        min: "10".into(),
        max: "100".into(),
        below: true,
        days: "14".into(),
        sepa_days: "56".into(),
        start: "now".into(),
        date: String::new(),
    };
    let row = |valid, planned| TermsRow {
        from: NOW,
        valid,
        planned,
        facts: vec![(t.terms_settlement(), t.terms_commission())],
    };
    let edit = |rows, form, errors: Errors, breaches, done| EditTerms {
        page: frame(),
        action: "/admin/resellers/ten_1/terms".into(),
        reseller: ("TeleNord Systemhaus GmbH".into(), "R-1004".into()),
        rows,
        form,
        errors,
        breaches,
        done,
    };
    let fields = ["settlement", "model", "rate", "min", "max", "days", "sepa_days", "date"];
    let errors: Errors = fields.map(|field| (field.into(), t.terms_days_bad())).into();
    let confirm = |changes, prepays| ConfirmTerms {
        page: frame(),
        action: "/admin/resellers/ten_1/terms".into(),
        reseller: ("TeleNord Systemhaus GmbH".into(), "R-1004".into()),
        fields: vec![("rate".into(), "25".into())],
        from: NOW,
        changes,
        prepays,
    };
    let rows = vec![row(false, true), row(true, false), row(false, false)];
    let changed = vec![(t.terms_settlement(), t.terms_commission(), t.terms_resale())];
    vec![
        rendered("terms", edit(rows, Some(form()), vec![], vec![breach(t)], Some(t.terms_done()))),
        rendered("terms-standard", edit(vec![], None, vec![], vec![], None)),
        rendered("terms-errors", edit(vec![], Some(form()), errors, vec![], None)),
        rendered("terms-confirm", confirm(changed, true)),
        rendered("terms-same", confirm(vec![], false)),
    ]
}
