//! How fast a balance is used up, from the usage of the last weeks.

use super::money::Cents;
use jiff::civil::Date;

/// How far back the pace is measured: whole weeks, so that weekends weigh as they should.
pub const WINDOW_DAYS: i32 = 28;
/// Farthest forecast by which a customer can be warned, in days.
pub const MAX_ALERT_DAYS: i64 = 90;
/// With less history a forecast would be a guess.
const LEAST_DAYS: i32 = 7;

/// Average usage per day, given the usage of single days (missing days are zero); `None` under seven days of history.
pub fn per_day(usage: &[(Date, Cents)], today: Date) -> Option<Cents> {
    let days_since = |day: Date| today.since(day).ok().map_or(0, |span| span.get_days());
    let first = usage.iter().filter(|(_, used)| *used > Cents::ZERO).map(|(day, _)| *day).min()?;
    let days = days_since(first).min(WINDOW_DAYS);
    if days < LEAST_DAYS {
        return None;
    }
    // Today is not over yet and would pull the average down.
    let counted = usage.iter().filter(|(day, _)| (1..=days).contains(&days_since(*day)));
    let sum: Cents = counted.map(|(_, used)| *used).sum();
    Some(Cents((sum.0 + i64::from(days) / 2) / i64::from(days)))
}

/// Seconds until `balance` is used up when `per_day` is used on an average day. Both must be more than nothing.
pub fn seconds_left(balance: Cents, per_day: Cents) -> i64 {
    let seconds = i128::from(balance.0.max(0)) * 86_400 / i128::from(per_day.0.max(1));
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// How a balance stands against the days by which a customer wants to be warned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// Used up within these days.
    Short {
        /// Seconds until then.
        seconds: i64,
    },
    /// Lasts at least a day longer, or nothing is known: whoever was warned may be warned again.
    Fine,
    /// In between, or used up already: nothing new to say.
    Unchanged,
}

/// Judges a balance. The day between the two answers keeps a forecast that moves a little from warning again and again.
pub fn outlook(balance: Cents, per_day: Option<Cents>, alert_days: i64) -> Outlook {
    const DAY_SECONDS: i64 = 86_400;
    let Some(per_day) = per_day.filter(|per_day| *per_day > Cents::ZERO && alert_days > 0) else {
        return Outlook::Fine;
    };
    if balance <= Cents::ZERO {
        return Outlook::Unchanged;
    }
    let seconds = seconds_left(balance, per_day);
    let limit = alert_days.saturating_mul(DAY_SECONDS);
    match seconds {
        _ if seconds < limit => Outlook::Short { seconds },
        _ if seconds >= limit.saturating_add(DAY_SECONDS) => Outlook::Fine,
        _ => Outlook::Unchanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    #[test]
    fn the_pace_is_an_average_over_whole_days() {
        let today = date(2026, 11, 23);
        let day = |ago: i64| today.saturating_sub(ago.days());
        let weeks: Vec<_> =
            (0..40).map(|ago| (day(ago), Cents(if ago == 0 { 99_999 } else { 400 }))).collect();
        assert_eq!(per_day(&weeks, today), Some(Cents(400)));
        assert_eq!(per_day(&weeks[..7], today), None);
        assert_eq!(per_day(&weeks[..8], today), Some(Cents(400)));
        assert_eq!(per_day(&[(day(10), Cents(700))], today), Some(Cents(70)));
        assert_eq!(per_day(&[], today), None);
    }

    #[test]
    fn a_warning_is_due_below_the_days_and_over_a_day_above_them() {
        let of = |balance, days| outlook(Cents(balance), Some(Cents(400)), days);
        assert_eq!(of(1_199, 3), Outlook::Short { seconds: 258_984 });
        assert_eq!((of(1_200, 3), of(1_599, 3)), (Outlook::Unchanged, Outlook::Unchanged));
        assert_eq!((of(1_600, 3), of(1, 0)), (Outlook::Fine, Outlook::Fine));
        assert_eq!((of(0, 3), of(-5, 3)), (Outlook::Unchanged, Outlook::Unchanged));
        assert_eq!(outlook(Cents(1), None, 3), Outlook::Fine);
        assert_eq!(outlook(Cents(1), Some(Cents::ZERO), 3), Outlook::Fine);
        assert_eq!(seconds_left(Cents(i64::MAX), Cents(1)), i64::MAX);
    }
}
