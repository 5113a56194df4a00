//! How instants are written for a reader: in Europe/Berlin, in words where a person would use words.
//!
//! Sentences come from `locales/*/format.ftl`; this file only takes an instant apart.

use crate::domain::calendar::{day, local};
use crate::domain::clock::Ts;
use crate::i18n::T;
use jiff::Timestamp;
use jiff::civil::Date;

/// `23.11.2026`, the form for documents and tables.
pub fn date(t: T, ts: Ts) -> String {
    numeric_day(t, day(ts))
}

/// Like [`date`], of a calendar day.
pub fn numeric_day(t: T, day: Date) -> String {
    t.date_numeric(two(day.day()), two(day.month()), day.year())
}

/// `23. Nov.`, the form for tight places.
pub fn short(t: T, ts: Ts) -> String {
    short_day(t, day(ts))
}

/// Like [`short`], of a calendar day.
pub fn short_day(t: T, day: Date) -> String {
    t.date_short(day.day(), day.month())
}

/// `Mo, 23. Nov.`, the row head of a chart's table.
pub fn weekday_day(t: T, day: Date) -> String {
    t.date_weekday_short(short_day(t, day), day.weekday().to_monday_one_offset())
}

/// `23. November`, with the year when it is not the year of `now`.
pub fn long(t: T, ts: Ts, now: Ts) -> String {
    let (date, today) = (day(ts), day(now));
    if date.year() == today.year() {
        t.date_long(date.day(), date.month())
    } else {
        t.date_long_year(date.day(), date.month(), date.year())
    }
}

/// `November 2026`.
pub fn month(t: T, ts: Ts) -> String {
    let day = day(ts);
    t.date_month(day.month(), day.year())
}

/// `14:36`, without a word around it.
pub fn clock(ts: Ts) -> String {
    let at = local(ts);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `14:36 Uhr`.
pub fn time(t: T, ts: Ts) -> String {
    t.time_of_day(clock(ts))
}

/// Days from `now` back to `ts`, in calendar days; negative in the future.
pub fn days_ago(ts: Ts, now: Ts) -> i32 {
    day(ts).until(day(now)).map_or(0, |span| span.get_days())
}

/// The head of a day's group: `Heute, 23. November`, `Gestern, …`, then the weekday.
pub fn day_head(t: T, ts: Ts, now: Ts) -> String {
    let date = long(t, ts, now);
    match days_ago(ts, now) {
        0 => t.day_today(date),
        1 => t.day_yesterday(date),
        _ => t.day_other(date, day(ts).weekday().to_monday_one_offset()),
    }
}

/// When something happened, as briefly as possible: `14:36`, `gestern`, `20. Nov.`, `20.11.2025`.
pub fn recent(t: T, ts: Ts, now: Ts) -> String {
    match days_ago(ts, now) {
        0 => clock(ts),
        1 => t.yesterday(),
        _ if day(ts).year() == day(now).year() => short(t, ts),
        _ => date(t, ts),
    }
}

/// `heute, 14:36 Uhr`, `gestern, 14:36 Uhr`, `20. November, 14:36 Uhr`: the form inside sentences.
pub fn moment(t: T, ts: Ts, now: Ts) -> String {
    let day = match days_ago(ts, now) {
        0 => t.today(),
        1 => t.yesterday(),
        _ => long(t, ts, now),
    };
    t.moment(day, time(t, ts))
}

/// `23.11.2026, 14:35:40 Uhr`, for the detail of one movement.
pub fn exact(t: T, ts: Ts) -> String {
    let at = local(ts);
    let clock = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    t.moment(date(t, ts), t.time_of_day(clock))
}

/// The machine form for `datetime` attributes, in UTC with seconds.
pub fn iso(ts: Ts) -> String {
    let at = Timestamp::from_second(ts.seconds()).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_string()
}

/// How long ago, rounded down to one unit: `gerade eben`, `vor 7 Min.`, `vor 3 Std.`, `vor 2 Tagen`.
pub fn ago(t: T, ts: Ts, now: Ts) -> String {
    let seconds = now.since(ts).as_secs();
    match seconds {
        0..60 => t.ago_now(),
        60..3_600 => t.ago_minutes(seconds / 60),
        3_600..86_400 => t.ago_hours(seconds / 3_600),
        _ => t.ago_days(seconds / 86_400),
    }
}

fn two(value: i8) -> String {
    format!("{value:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    /// Noon in Berlin on a day of 2026.
    fn at(month: i8, day: i8) -> Ts {
        let midnight = crate::domain::calendar::start_of(jiff::civil::date(2026, month, day));
        Ts(midnight.0 + (12 * 3_600 + 5 * 60 + 9) * 1_000_000)
    }

    #[test]
    fn days_are_german_days_in_words() {
        let (de, en, now) = (T::new(Lang::De), T::new(Lang::En), at(11, 23));
        assert_eq!(day_head(de, now, now), "Heute, 23.\u{a0}November");
        assert_eq!(day_head(de, at(11, 22), now), "Gestern, 22.\u{a0}November");
        assert_eq!(day_head(de, at(11, 20), now), "Freitag, 20.\u{a0}November");
        assert_eq!(day_head(en, at(11, 20), now), "Friday, 20\u{a0}November");
        assert_eq!(recent(de, at(11, 20), now), "20.\u{a0}Nov.");
        assert_eq!(date(de, at(3, 4)), "04.03.2026");
        assert_eq!(moment(de, now, now), "heute, 12:05\u{a0}Uhr");
        assert_eq!(exact(de, at(7, 1)), "01.07.2026, 12:05:09\u{a0}Uhr");
        assert_eq!(month(en, now), "November 2026");
    }

    #[test]
    fn the_day_changes_at_german_midnight() {
        let before = Ts::from_seconds(1_795_474_799); // 2026-11-23T22:59:59Z
        let after = Ts::from_seconds(1_795_474_800); // 2026-11-23T23:00:00Z
        assert_eq!(day(before).day(), 23);
        assert_eq!(day(after).day(), 24);
        assert_eq!(days_ago(before, after), 1);
        assert_eq!(iso(before), "2026-11-23T22:59:59Z");
    }

    #[test]
    fn ages_are_rounded_down() {
        let (de, now) = (T::new(Lang::De), Ts::from_seconds(1_000_000));
        let age = |seconds: i64| ago(de, Ts::from_seconds(1_000_000 - seconds), now);
        assert_eq!(age(59), "gerade eben");
        assert_eq!(age(7 * 60 + 59), "vor 7\u{a0}Min.");
        assert_eq!(age(86_400), "vor 1\u{a0}Tag");
        assert_eq!(age(3 * 86_400), "vor 3\u{a0}Tagen");
    }
}
