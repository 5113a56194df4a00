//! How fast a balance is used up, from the usage of the last weeks.

use super::money::Cents;
use jiff::civil::Date;

/// How far back the pace is measured: whole weeks, so that weekends weigh as they should.
pub const WINDOW_DAYS: i32 = 28;
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
}
