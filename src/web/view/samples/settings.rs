//! Samples of what can be set: webhooks, and by what a customer is warned.

use super::super::alert::{AlertForm, EditAlerts};
use super::super::endpoint::{
    DeliveryRow, EndpointForm, EndpointIndex, EndpointRow, EndpointState, NewEndpoint, ShowEndpoint,
    ShowSecret,
};
use super::super::page::Area;
use super::{NOW, Sample, page, rendered};
use crate::domain::clock::Ts;
use crate::domain::endpoint::{DeliveryStatus, DisabledReason, EventType};
use crate::i18n::T;

/// Every sample of the settings.
pub(super) fn all(t: T) -> Vec<Sample> {
    [endpoint_list_samples(t), endpoint_samples(t), alert_samples(t)].concat()
}

const BASE: &str = "/reseller/settings/webhooks";
const SOME_TIME_AGO: Ts = Ts(NOW.0 - 7_200_000_000);

const STATES: [EndpointState; 5] = [
    EndpointState::Fine,
    EndpointState::Failing(SOME_TIME_AGO),
    EndpointState::Off(DisabledReason::ByHand, SOME_TIME_AGO),
    EndpointState::Off(DisabledReason::Failing, SOME_TIME_AGO),
    EndpointState::Off(DisabledReason::Gone, SOME_TIME_AGO),
];

fn form(url: &str) -> EndpointForm {
    let events = vec![EventType::BalanceLow, EventType::TopUpSettled];
    let (key, description) = ("wep_01k9".into(), "Warenwirtschaft <neu>".into());
    EndpointForm { key, url: url.into(), description, events, active: true }
}

fn endpoint_list_samples(t: T) -> Vec<Sample> {
    let frame = |area| page(t, BASE, Some(area));
    let row = |state| EndpointRow {
        href: format!("{BASE}/wep_1"),
        url: format!("https://hooks.example.com/{}", "lang".repeat(30)),
        description: "Warenwirtschaft".into(),
        events: EventType::ALL.to_vec(),
        state,
    };
    let base = BASE;
    let errors = vec![
        ("url", t.endpoint_url_private()),
        ("description", t.endpoint_description_bad()),
        ("events", t.endpoint_events_missing()),
        ("", t.endpoint_too_many(20)),
    ];
    let empty = EndpointForm::default();
    let secret = |previous_until| ShowSecret {
        page: frame(Area::Reseller),
        base,
        href: format!("{BASE}/wep_1"),
        url: "https://hooks.example.com/a".into(),
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
        previous_until,
    };
    vec![
        rendered(
            "endpoints",
            EndpointIndex { page: frame(Area::Reseller), base, rows: STATES.map(row).to_vec() },
        ),
        rendered("endpoints-none", EndpointIndex { page: frame(Area::Admin), base, rows: vec![] }),
        rendered(
            "endpoint-new",
            NewEndpoint { page: frame(Area::Reseller), base, form: form(""), errors: vec![] },
        ),
        rendered("endpoint-new-errors", NewEndpoint { page: frame(Area::Admin), base, form: empty, errors }),
        rendered("endpoint-secret", secret(None)),
        rendered("endpoint-secret-rotated", secret(Some(NOW))),
    ]
}

fn delivery(status: DeliveryStatus, attempts: i64, result: String) -> DeliveryRow {
    let waits = status == DeliveryStatus::Waiting;
    DeliveryRow {
        id: format!("evt_{attempts}{status}"),
        event: EventType::BalanceLow.to_string(),
        at: SOME_TIME_AGO,
        status,
        result,
        answer: if attempts > 1 { "<html>Bad gateway</html>".into() } else { String::new() },
        attempts,
        next_at: waits.then_some(NOW),
        retry: (!waits).then(|| format!("{BASE}/wep_1/deliveries/evt_1/retry")),
    }
}

fn endpoint_samples(t: T) -> Vec<Sample> {
    let log = || {
        vec![
            delivery(DeliveryStatus::Waiting, 0, String::new()),
            delivery(DeliveryStatus::Waiting, 3, t.delivery_status(502)),
            delivery(DeliveryStatus::Delivered, 1, t.delivery_status(204)),
            delivery(DeliveryStatus::Failed, 10, t.attempt_timeout()),
        ]
    };
    let show = |state, deliveries: Vec<DeliveryRow>| ShowEndpoint {
        page: page(t, BASE, Some(Area::Reseller)),
        base: BASE,
        href: format!("{BASE}/wep_1"),
        url: "https://hooks.example.com/a".into(),
        form: form("https://hooks.example.com/a"),
        errors: vec![],
        state,
        secret_made_at: SOME_TIME_AGO,
        previous_until: Some(NOW),
        newer: None,
        older: (!deliveries.is_empty()).then(|| format!("{BASE}/wep_1?after=evt_1")),
        deliveries,
        done: None,
    };
    let mut samples: Vec<Sample> = STATES
        .iter()
        .enumerate()
        .map(|(place, state)| rendered(&format!("endpoint-{place}"), show(*state, log())))
        .collect();
    let errors = vec![("url", t.endpoint_url_not_https())];
    let done = Some(t.endpoint_done_test());
    samples.push(rendered("endpoint-quiet", ShowEndpoint { done, ..show(EndpointState::Fine, vec![]) }));
    samples.push(rendered("endpoint-errors", ShowEndpoint { errors, ..show(EndpointState::Fine, log()) }));
    samples
}

fn alert_samples(t: T) -> Vec<Sample> {
    let edit = |errors, saved| EditAlerts {
        page: page(t, "/portal/settings/alerts", Some(Area::Portal)),
        form: AlertForm { low: "10,00".into(), critical: "5,00".into(), days: "3".into() },
        errors,
        saved,
    };
    let errors = vec![
        ("low", t.alert_bad_amount(t.money(crate::domain::money::Cents::euros(100_000)))),
        ("critical", t.alert_critical_above()),
        ("days", t.alert_bad_days(90)),
    ];
    vec![
        rendered("alerts", edit(vec![], false)),
        rendered("alerts-saved", edit(vec![], true)),
        rendered("alerts-errors", edit(errors, false)),
    ]
}
