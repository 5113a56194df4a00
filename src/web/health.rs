//! `/health`: a dashboard for the platform's people, three words for everyone else.

use super::actor::{Actor, sees_health};
use super::error::Problem;
use super::frame::Frame;
use super::view::format;
use super::view::health::{CheckView, GroupView, HealthState, ShowHealth};
use crate::app::App;
use crate::billing::health::{self, Check, Finding, Level};
use crate::config::StripeMode;
use crate::domain::clock::Ts;
use crate::i18n::T;
use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize)]
pub(super) struct Format {
    #[serde(default)]
    format: String,
}

/// `GET /health`.
pub(super) async fn show(
    State(app): State<App>,
    actor: Option<Actor>,
    Frame(page): Frame,
    Query(Format { format }): Query<Format>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wants_json = format == "json" || accepted.contains("application/json");
    let insider = actor.is_some_and(|actor| sees_health(&actor.0));
    // Insiders look for themselves; everybody else shares one look every few seconds.
    let checks =
        if insider { Arc::new(health::check(&app).await) } else { health::check_now_and_then(&app).await };
    if !insider || wants_json {
        // A probe learns the state and nothing of the inside; an insider may read the findings as JSON.
        let mut body = json!({ "status": word(&checks) });
        if insider && format == "json" {
            body["checks"] = checks.iter().map(machine).collect();
        }
        return Ok((status(&checks), Json(body)).into_response());
    }
    let (t, now) = (page.t, page.now);
    let view = ShowHealth { page, checked_at: now, figures: vec![], groups: groups(t, now, &checks) };
    Ok(Html(view.render()?).into_response())
}

/// `GET /health/live`: this process runs.
pub(super) async fn live() -> StatusCode {
    StatusCode::OK
}

/// `GET /health/ready`: this process can serve.
pub(super) async fn ready(State(app): State<App>) -> StatusCode {
    if health::is_ready(&app).await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// The worst finding as a state of the page.
pub(super) fn worst(checks: &[Check]) -> HealthState {
    checks.iter().map(|check| state(check.level)).max().unwrap_or_default()
}

const fn state(level: Level) -> HealthState {
    match level {
        Level::Fine => HealthState::Fine,
        Level::Warning => HealthState::Warning,
        Level::Fault => HealthState::Fault,
    }
}

/// Down means that money is not right or nothing can be stored; Stripe being away is degraded.
fn is_down(check: &Check) -> bool {
    check.level == Level::Fault && !matches!(check.finding, Finding::Stripe { .. } | Finding::Queue { .. })
}

fn word(checks: &[Check]) -> &'static str {
    match worst(checks) {
        _ if checks.iter().any(is_down) => "down",
        HealthState::Fine => "ok",
        _ => "degraded",
    }
}

fn status(checks: &[Check]) -> StatusCode {
    if checks.iter().any(is_down) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

fn machine(check: &Check) -> Value {
    let name = match check.finding {
        Finding::Database { .. } => "database",
        Finding::Schema { .. } => "schema",
        Finding::Ledger { .. } => "ledger_balanced",
        Finding::Balances { .. } => "balances_match_entries",
        Finding::Reservations { .. } => "reservations_match_holds",
        Finding::Stripe { .. } => "stripe",
        Finding::Webhooks { .. } => "webhooks",
        Finding::Signatures { .. } => "signatures",
        Finding::Queue { .. } => "queue",
        Finding::Mails { .. } => "mails",
    };
    let level = match check.level {
        Level::Fine => "ok",
        Level::Warning => "warning",
        Level::Fault => "fault",
    };
    json!({ "check": name, "level": level })
}

fn groups(t: T, now: Ts, checks: &[Check]) -> Vec<GroupView> {
    let money = |check: &&Check| {
        let finding = &check.finding;
        matches!(
            finding,
            Finding::Database { .. }
                | Finding::Schema { .. }
                | Finding::Ledger { .. }
                | Finding::Balances { .. }
                | Finding::Reservations { .. }
        )
    };
    let group = |title: String, checks: Vec<&Check>| GroupView {
        title,
        checks: checks.into_iter().map(|check| check_view(t, now, check)).collect(),
    };
    vec![
        group(t.health_group_money(), checks.iter().filter(money).collect()),
        group(t.health_group_stripe(), checks.iter().filter(|check| !money(check)).collect()),
    ]
}

/// The finding in words: name, note, value.
fn check_view(t: T, now: Ts, check: &Check) -> CheckView {
    let millis = |took: Option<Duration>| {
        took.map_or("–".to_owned(), |took| format!("{}\u{a0}ms", took.as_millis()))
    };
    let ago = |at: Option<Ts>| at.map_or("–".to_owned(), |at| format::ago(t, at, now));
    let (name, note, value) = match check.finding.clone() {
        Finding::Database { engine, took } => {
            let note =
                if took.is_some() { t.health_database_note(engine) } else { t.health_database_down(engine) };
            (t.health_database(), note, millis(took))
        }
        Finding::Schema { applied, known } if applied == known => {
            (t.health_schema(), t.health_schema_note(applied), t.number(applied))
        }
        Finding::Schema { applied, known } => {
            (t.health_schema(), t.health_schema_behind(applied, known), t.number(applied))
        }
        Finding::Ledger { accounts, total } => {
            let (accounts, sum) = (t.number(accounts), t.money(total));
            let note = match check.level {
                Level::Fine => t.health_ledger_note(accounts, sum.as_str()),
                _ => t.health_ledger_broken(accounts, sum.as_str()),
            };
            (t.health_ledger(), note, sum)
        }
        Finding::Balances { stale: 0 } => (t.health_accounts(), t.health_accounts_note(), t.number(0)),
        Finding::Balances { stale } => {
            (t.health_accounts(), t.health_accounts_broken(stale), t.number(stale))
        }
        Finding::Reservations { wrong: 0 } => {
            (t.health_reservations(), t.health_reservations_note(), t.number(0))
        }
        Finding::Reservations { wrong } => {
            (t.health_reservations(), t.health_reservations_broken(wrong), t.number(wrong))
        }
        Finding::Stripe { configured: false, .. } => {
            (t.health_stripe(), t.health_stripe_off(), "–".to_owned())
        }
        Finding::Stripe { took: None, .. } => (t.health_stripe(), t.health_stripe_down(), "–".to_owned()),
        Finding::Stripe { mode, took: Some(took), .. } => (
            t.health_stripe(),
            t.health_stripe_note(took.as_millis().to_string(), mode_name(t, mode)),
            millis(Some(took)),
        ),
        Finding::Webhooks { last: None, .. } => {
            (t.health_webhooks(), t.health_webhooks_none(), "–".to_owned())
        }
        Finding::Webhooks { last, expected: true } => {
            (t.health_webhooks(), t.health_webhooks_late(ago(last)), ago(last))
        }
        Finding::Webhooks { last, .. } => (t.health_webhooks(), t.health_webhooks_note(ago(last)), ago(last)),
        Finding::Signatures { refused } => {
            (t.health_signatures(), t.health_signatures_note(t.number(refused)), t.number(refused))
        }
        Finding::Queue { failed, .. } if failed > 0 => {
            (t.health_queue(), t.health_queue_failed(failed), t.number(failed))
        }
        Finding::Queue { waiting, oldest, .. } if check.level == Level::Warning => {
            (t.health_queue(), t.health_queue_late(ago(oldest), waiting), t.number(waiting))
        }
        Finding::Queue { waiting, .. } => (t.health_queue(), t.health_queue_note(waiting), t.number(waiting)),
        Finding::Mails { waiting, failed } if failed > 0 => {
            (t.health_mails(), t.health_mails_failed(failed, waiting), t.number(failed))
        }
        Finding::Mails { waiting, .. } => (t.health_mails(), t.health_mails_note(waiting), t.number(waiting)),
    };
    CheckView { state: state(check.level), name, note, value, at: Some(check.at) }
}

fn mode_name(t: T, mode: StripeMode) -> String {
    match mode {
        StripeMode::Live => t.health_mode_live(),
        StripeMode::Test => t.health_mode_test(),
        StripeMode::Simulator => t.health_mode_simulator(),
    }
}
