//! Commission per customer and day: written down from what was posted, again and again with the same result, until a payout takes it.

use super::Error;
use crate::app::App;
use crate::domain::calendar;
use crate::domain::commission::{DEBIT_DAYS, HoldDays, available_on};
use crate::store;
use crate::store::commissions::{AgreedHold, Debit, EarnedDay, Line};
use jiff::ToSpan;
use jiff::civil::Date;

/// A posting that began before midnight may be committed after it, so finished days are looked at again.
const LOOK_BACK_DAYS: i64 = 2;
/// Days of many customers in one transaction at most.
const CHUNK: i64 = 2_000;

/// Brings the lines up to date; returns how many changed. It may run at any time, as often as one likes, on several nodes at once.
///
/// # Errors
/// Failures only.
pub async fn update(app: &App) -> Result<usize, Error> {
    let newest = store::commissions::newest_day(&app.db).await?;
    let newest = newest.and_then(|day| day.parse::<Date>().ok());
    let from = newest.map(|day| day.saturating_sub(LOOK_BACK_DAYS.days()));
    let from = from.map_or_else(String::new, |day| day.to_string());
    let mut changed = 0;
    let mut after = None;
    loop {
        let days = store::commissions::earned(&app.db, &from, after.as_ref(), CHUNK).await?;
        let Some(last) = days.last() else { return Ok(changed) };
        after = Some((last.day.clone(), last.customer_id));
        changed += write(app, &days).await?;
    }
}

async fn write(app: &App, days: &[EarnedDay]) -> Result<usize, Error> {
    let holds = store::commissions::agreed_holds(&app.db).await?;
    let debits = debits(app, days).await?;
    let lines: Vec<Line> = days.iter().filter_map(|day| line(day, &holds, &debits)).collect();
    if lines.is_empty() {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    let written = store::commissions::write(&mut tx, &lines).await?;
    tx.commit().await?;
    Ok(usize::try_from(written).unwrap_or(usize::MAX))
}

/// Direct debits that were credited to these customers in the weeks that matter to these days.
async fn debits(app: &App, days: &[EarnedDay]) -> Result<Vec<Debit>, store::Error> {
    let all = || days.iter().filter_map(|day| day.day.parse::<Date>().ok());
    let (Some(first), Some(last)) = (all().min(), all().max()) else { return Ok(vec![]) };
    let since = calendar::start_of(first.saturating_sub(DEBIT_DAYS.days()));
    let until = calendar::start_of(last.saturating_add(1.day()));
    store::commissions::debits(&app.db, since, until).await
}

/// The line of a day as it has to be; `None` where it is so already, or nothing was earned and nothing stands there.
fn line(earned: &EarnedDay, holds: &[AgreedHold], debits: &[Debit]) -> Option<Line> {
    let day: Date = earned.day.parse().ok()?;
    let (since, until) = (
        calendar::start_of(day.saturating_sub(DEBIT_DAYS.days())),
        calendar::start_of(day.saturating_add(1.day())),
    );
    let has_debit = debits.iter().any(|debit| {
        debit.customer_id == earned.customer_id && (since.0..until.0).contains(&debit.finished_at.0)
    });
    let agreed = holds.iter().filter(|hold| hold.owner_id == earned.reseller_id && hold.valid_from < until);
    let hold = agreed.max_by_key(|hold| hold.valid_from);
    let hold = hold
        .map_or(HoldDays::STANDARD, |hold| HoldDays { plain: hold.hold_days, debit: hold.sepa_hold_days });
    let available_on = available_on(day, earned.amount_cents, hold, has_debit).to_string();
    let is_known = match (&earned.line_cents, &earned.line_available_on) {
        (Some(amount), Some(on)) => *amount == earned.amount_cents && *on == available_on,
        _ => earned.amount_cents.0 == 0,
    };
    (!is_known && !earned.in_payout).then(|| Line {
        customer: earned.customer_id,
        reseller: earned.reseller_id,
        day: earned.day.clone(),
        amount: earned.amount_cents,
        available_on,
    })
}
