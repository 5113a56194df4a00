//! `GET /portal`: how much is left and how long it lasts.

use super::snapshot::{self, Snapshot, is_usage, used_on};
use crate::app::App;
use crate::domain::calendar::start_of;
use crate::domain::money::Cents;
use crate::i18n::T;
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::charts::{BalanceDay, BurnDown, burn_down};
use crate::web::view::overview::{BurnView, Overview, SERIES, UsageDay, UsageView};
use crate::web::view::parts::Reach;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::ToSpan;

/// Days of the burn-down before today.
const BURN_DAYS: i64 = 20;
/// Days of the usage chart, today included.
const USAGE_DAYS: i64 = 14;

pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
) -> Result<Html<String>, Problem> {
    let member = actor.customer()?;
    let snapshot = snapshot::read(&app, &member, page.t, None).await?;
    let (burn, usage) = (burn(page.t, &snapshot), usage(page.t, &snapshot));
    Ok(Html(Overview { page, live: snapshot.live, burn, usage }.render()?))
}

/// The balance at the end of each day, reckoned back from now.
fn balance_days(snapshot: &Snapshot) -> Vec<BalanceDay> {
    let mut closing = snapshot.live.booked();
    let mut days = vec![];
    for ago in 0..=BURN_DAYS {
        let day = snapshot.today.saturating_sub(ago.days());
        let text = day.to_string();
        let net: Cents =
            snapshot.days.iter().filter(|total| total.day == text).map(|total| total.amount_cents).sum();
        let spent = used_on(&snapshot.days, day).max(Cents::ZERO);
        days.push(BalanceDay { day, spent, credited: (net + spent).max(Cents::ZERO), closing });
        closing = closing - net;
    }
    days.reverse();
    // Days before the first movement say nothing.
    let first = snapshot.days.first().and_then(|total| total.day.parse().ok());
    days.retain(|day| first.is_some_and(|first| day.day >= first));
    days
}

fn burn(t: T, snapshot: &Snapshot) -> Option<BurnView> {
    let days = balance_days(snapshot);
    if days.len() < 2 {
        return None;
    }
    let empty_at = match snapshot.live.reach {
        Reach::Days { until, .. } => Some(until),
        _ => None,
    };
    let (from, today) = (start_of(days[0].day), start_of(snapshot.today));
    let data = BurnDown {
        days: &days,
        per_day: snapshot.live.per_day,
        empty_at,
        threshold: snapshot.live.threshold,
    };
    Some(BurnView {
        drawing: burn_down(t, data),
        from,
        to: empty_at.unwrap_or(today).max(today),
        rows: days.iter().copied().rev().take(7).rev().collect(),
    })
}

fn usage(t: T, snapshot: &Snapshot) -> Option<UsageView> {
    let rows = (0..USAGE_DAYS).rev().map(|ago| {
        let day = snapshot.today.saturating_sub(ago.days());
        let text = day.to_string();
        let of_day = || snapshot.days.iter().filter(|total| total.day == text && is_usage(&total.category));
        let parts = SERIES.map(|kind| {
            of_day().filter(|total| total.category == kind.key()).map(|total| -total.amount_cents).sum()
        });
        UsageDay { day, parts }
    });
    UsageView::of(t, rows.collect())
}
