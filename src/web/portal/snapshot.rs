//! The state of a customer's money at one moment, read once for the page, the fragment and the stream.

use crate::app::App;
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::forecast;
use crate::domain::ledger::TransferKind;
use crate::domain::money::Cents;
use crate::domain::party::Member;
use crate::i18n::T;
use crate::store::ledger;
use crate::store::movements::{self, Cursor, DailyTotal, Movement, MovementFilter};
use crate::store::{self, Result};
use crate::web::error::Problem;
use crate::web::meters::Meters;
use crate::web::view::overview::{LiveView, PostingView};
use crate::web::view::parts::{BalanceState, NamedKind, Reach};
use jiff::ToSpan;
use jiff::civil::Date;

/// How many of the last movements the overview shows.
const POSTINGS: i64 = 6;

/// A snapshot.
pub(super) struct Snapshot {
    /// Position of the book; names this state in the stream.
    pub seq: i64,
    /// What the page shows.
    pub live: LiveView,
    /// Sums per day and category of the last weeks, oldest first.
    pub days: Vec<DailyTotal>,
    /// Today in German time.
    pub today: Date,
    /// What is metered.
    pub meters: Meters,
}

/// Reads the snapshot of the member's customer.
pub(super) async fn read(app: &App, member: &Member, t: T, seen: Option<i64>) -> Result<Snapshot, Problem> {
    let (scope, customer, now) = (member.scope(), member.tenant.id, app.clock.now());
    let today = calendar::day(now);
    let from = today.saturating_sub(i64::from(forecast::WINDOW_DAYS).days());
    let balance = ledger::balance(&app.db, scope, customer).await?.ok_or(Problem::NotFound)?;
    let days =
        movements::daily_totals(&app.db, scope, customer, &from.to_string(), &today.to_string()).await?;
    let pending = store::topups::sum_collecting(&app.db, scope, customer).await?;
    let all = MovementFilter::default();
    let postings = movements::list_movements(&app.db, scope, customer, &all, Cursor::Start, POSTINGS).await?;
    let top_ups = MovementFilter {
        category: Some(TransferKind::TopUp.as_str().to_owned()),
        ..MovementFilter::default()
    };
    let last_top_up = movements::list_movements(&app.db, scope, customer, &top_ups, Cursor::Start, 1).await?;
    let meters = Meters::load(app).await?;
    let booked = balance.booked();
    let per_day = forecast::per_day(&usage_by_day(&days), today);
    let live = LiveView {
        balance: balance.available(),
        held: balance.held_cents,
        state: BalanceState::of(booked, member.tenant.low_balance),
        threshold: member.tenant.low_balance,
        critical: member.tenant.critical_balance,
        bonus: balance.bonus_cents,
        pending,
        reach: Reach::of(booked, per_day, now),
        per_day,
        // What was taken back today may be more than what was used.
        used_today: used_on(&days, today).max(Cents::ZERO),
        last_top_up: last_top_up.first().map(|m| (m.posted_at, m.amount_cents)),
        postings: postings.iter().map(|m| posting(t, &meters, m, seen)).collect(),
    };
    Ok(Snapshot { seq: balance.seq, live, days, today, meters })
}

/// Days of the balance the member could spend, for the summary of a top-up.
pub(super) async fn per_day(app: &App, member: &Member, now: Ts) -> Result<Option<Cents>, Problem> {
    let today = calendar::day(now);
    let from = today.saturating_sub(i64::from(forecast::WINDOW_DAYS).days()).to_string();
    let days =
        movements::daily_totals(&app.db, member.scope(), member.tenant.id, &from, &today.to_string()).await?;
    Ok(forecast::per_day(&usage_by_day(&days), today))
}

fn posting(t: T, meters: &Meters, movement: &Movement, seen: Option<i64>) -> PostingView {
    PostingView {
        href: format!("/portal/transactions/{}", movement.id),
        kind: kind(t, meters, movement),
        title: title(t, movement),
        amount: movement.amount_cents,
        at: movement.occurred_at,
        is_new: seen.is_some_and(|seen| movement.seq > seen),
    }
}

/// What a movement is about.
pub(super) fn kind(t: T, meters: &Meters, movement: &Movement) -> NamedKind {
    meters.kind(t, movement.kind, &movement.category)
}

/// The description, or for top-ups how they were paid.
pub(super) fn title(t: T, movement: &Movement) -> String {
    match crate::domain::topup::Method::parse(&movement.description) {
        Some(method) if matches!(movement.kind, TransferKind::TopUp | TransferKind::Refund) => {
            method.label(t)
        }
        _ => movement.description.clone(),
    }
}

/// The services, in the order of the chart.
pub(super) fn is_usage(category: &str) -> bool {
    crate::domain::pricing::Meter::parse(category).is_some()
}

fn usage_by_day(days: &[DailyTotal]) -> Vec<(Date, Cents)> {
    let usage = days.iter().filter(|total| is_usage(&total.category));
    usage.filter_map(|total| Some((total.day.parse().ok()?, -total.amount_cents))).collect()
}

/// Used on one day, as a positive amount.
pub(super) fn used_on(days: &[DailyTotal], day: Date) -> Cents {
    usage_by_day(days).into_iter().filter(|(of, _)| *of == day).map(|(_, used)| used).sum()
}
