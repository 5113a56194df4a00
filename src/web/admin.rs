//! The platform's workspace: today's money, what needs a person, the latest top-ups, and whether all is well.

use super::actor::Actor;
use super::error::Problem;
use super::frame::Frame;
use super::view::admin::{AdminHome, AttentionKind, AttentionRow, TopUpRow};
use crate::app::App;
use crate::billing::health;
use crate::domain::calendar;
use crate::domain::id::TenantId;
use crate::domain::party::{Scope, Tenant, TenantKind};
use crate::i18n::T;
use crate::store;
use crate::store::topups::TopUp;
use crate::store::webhooks::WebhookEvent;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use std::collections::{HashMap, HashSet};

/// Rows of the list that needs a person.
const ROWS: i64 = 20;
/// Latest top-ups on the overview.
const TOP_UPS: i64 = 10;

pub(super) fn router() -> Router<App> {
    Router::new().route("/admin", get(show))
}

async fn show(State(app): State<App>, actor: Actor, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let member = actor.of(TenantKind::Platform)?;
    let (scope, t) = (member.scope(), page.t);
    let today = calendar::day(app.clock.now()).to_string();
    let sums = store::movements::sums(&app.db, scope, &today, &today).await?;
    let count = store::tenants::count_customers(&app.db, scope).await?;
    let held = store::topups::list_held(&app.db, scope, ROWS).await?;
    let events = store::webhooks::list_attention(&app.db, ROWS).await?;
    let latest = store::topups::list_latest(&app.db, scope, TOP_UPS).await?;
    let names = names(&app, scope, &held, &events, &latest).await?;
    let mut attention = of_events(t, &events, &names);
    attention.extend(held.iter().map(|top_up| of_top_up(t, top_up, &names)));
    attention.sort_by_key(|row| std::cmp::Reverse(row.at));
    let view = AdminHome {
        page,
        topped_up_today: sums.topped_up_cents,
        used_today: sums.used_cents,
        platform_today: sums.used_cents - sums.commission_cents,
        commission_today: sums.commission_cents,
        customer_count: count.customers,
        balance_sum: count.balance_cents,
        attention,
        top_ups: latest.iter().map(|top_up| row(top_up, &names)).collect(),
        health: super::health::worst(&health::check_now_and_then(&app).await),
    };
    Ok(Html(view.render()?))
}

type Names = HashMap<TenantId, Tenant>;

/// The tenants that all the lists name, and their resellers, in two reads.
async fn names(
    app: &App,
    scope: Scope,
    held: &[TopUp],
    events: &[WebhookEvent],
    latest: &[TopUp],
) -> Result<Names, Problem> {
    let top_ups = held.iter().chain(latest).map(|top_up| top_up.customer_id.0);
    let mut ids: Vec<_> =
        top_ups.chain(events.iter().filter_map(|event| event.customer_id.map(|id| id.0))).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names: Names = HashMap::new();
    for tenant in store::tenants::list_by_ids(&app.db, scope, &ids).await? {
        names.insert(tenant.id, tenant);
    }
    let resellers: Vec<_> = names.values().filter_map(|tenant| tenant.reseller_id.map(|id| id.0)).collect();
    for tenant in store::tenants::list_by_ids(&app.db, scope, &resellers).await? {
        names.insert(tenant.id, tenant);
    }
    Ok(names)
}

/// Stripe tells one refund by two events, and a dispute by several: what is about the same payment is one row.
fn of_events(t: T, events: &[WebhookEvent], names: &Names) -> Vec<AttentionRow> {
    let mut seen = HashSet::new();
    let mut rows = vec![];
    for event in events {
        let row = of_event(t, event, names);
        let about = event.payment_intent.clone().unwrap_or_else(|| event.id.clone());
        if seen.insert((row.kind, about)) {
            rows.push(row);
        }
    }
    rows
}

fn of_event(t: T, event: &WebhookEvent, names: &Names) -> AttentionRow {
    let kind = match event.kind.as_str() {
        _ if event.status == "failed" => AttentionKind::Webhook,
        kind if kind.starts_with("charge.dispute.") => AttentionKind::Dispute,
        kind if kind == "charge.refunded" || kind.starts_with("refund.") => AttentionKind::Refund,
        _ => AttentionKind::Mismatch,
    };
    let customer = event.customer_id.and_then(|id| names.get(&id));
    let id = event.object_id.clone().unwrap_or_else(|| event.id.clone());
    let detail = match kind {
        AttentionKind::Mismatch => t.admin_detail_orphan(event.payment_intent.clone().unwrap_or_default()),
        AttentionKind::Webhook => event.note.clone().unwrap_or_default(),
        AttentionKind::Refund if event.note.as_deref() == Some("booked") => t.admin_detail_refund_booked(),
        AttentionKind::Refund => t.admin_detail_refund(),
        AttentionKind::Dispute => t.admin_detail_dispute(),
    };
    let subject = customer.map_or(id, |customer| customer.name.clone());
    AttentionRow { kind, subject, detail, amount: None, at: event.received_at }
}

fn of_top_up(t: T, top_up: &TopUp, names: &Names) -> AttentionRow {
    let reason = match top_up.review_reason.as_deref() {
        Some("amount") => t.admin_detail_amount(),
        Some("currency") => t.admin_detail_currency(),
        Some("livemode") => t.admin_detail_livemode(),
        Some("customer") => t.admin_detail_customer(),
        other => t.admin_detail_other(other.unwrap_or_default()),
    };
    AttentionRow {
        kind: AttentionKind::Mismatch,
        subject: names.get(&top_up.customer_id).map_or(String::new(), |customer| customer.name.clone()),
        detail: reason,
        amount: Some(top_up.amount_cents),
        at: top_up.created_at,
    }
}

fn row(top_up: &TopUp, names: &Names) -> TopUpRow {
    let customer = names.get(&top_up.customer_id);
    let reseller = customer.and_then(|customer| customer.reseller_id).and_then(|id| names.get(&id));
    TopUpRow {
        customer: customer.map_or(String::new(), |customer| customer.name.clone()),
        reseller: reseller.map_or(String::new(), |reseller| reseller.name.clone()),
        amount: top_up.amount_cents,
        method: top_up.method,
        status: top_up.status,
        at: top_up.created_at,
    }
}
