//! `GET /portal`: how much is left and how long it lasts.

use super::snapshot::{self, Snapshot, is_usage, used_on};
use crate::app::App;
use crate::domain::calendar::start_of;
use crate::domain::money::Cents;
use crate::i18n::T;
use crate::store::movements::DailyTotal;
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::meters::Meters;
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
    let first = snapshot.today.saturating_sub((USAGE_DAYS - 1).days()).to_string();
    let shown: Vec<&DailyTotal> =
        snapshot.days.iter().filter(|total| total.day >= first && is_usage(&total.category)).collect();
    let series = series(t, &snapshot.meters, &shown);
    let rows = (0..USAGE_DAYS).rev().map(|ago| {
        let day = snapshot.today.saturating_sub(ago.days());
        let text = day.to_string();
        let mut parts = [Cents::ZERO; SERIES];
        for total in shown.iter().filter(|total| total.day == text) {
            let place = series.iter().position(|(key, _)| *key == total.category);
            parts[place.unwrap_or(SERIES - 1)] += -total.amount_cents;
        }
        UsageDay { day, parts }
    });
    let names = series.iter().map(|(_, name)| name.clone()).collect();
    UsageView::of(t, names, rows.collect())
}

/// The series of the usage chart: all meters where there are few, else the most used ones and the rest together. Keys and names.
fn series(t: T, meters: &Meters, shown: &[&DailyTotal]) -> Vec<(String, String)> {
    let used = |key: &str| -> Cents {
        shown.iter().filter(|total| total.category == key).map(|total| -total.amount_cents).sum()
    };
    let all = meters.0.iter().filter(|info| info.active || used(info.meter.as_str()) > Cents::ZERO);
    let mut series: Vec<(String, String)> = all
        .map(|info| info.meter.to_string())
        .filter_map(|key| Some((meters.name(t, &key)?, key)).map(|(name, key)| (key, name)))
        .collect();
    if series.len() > SERIES {
        let mut ranked: Vec<String> = series.iter().map(|(key, _)| key.clone()).collect();
        ranked.sort_by_key(|key| std::cmp::Reverse(used(key)));
        ranked.truncate(SERIES - 1);
        // Among those that are shown the order of the meters stays.
        series.retain(|(key, _)| ranked.contains(key));
        series.push((String::new(), t.overview_usage_others()));
    }
    series
}
