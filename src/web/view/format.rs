//! How instants are written for a reader: in Europe/Berlin, in words where a person would use words.
//!
//! Sentences come from `locales/*/format.ftl`; this file only takes an instant apart.

use crate::domain::calendar::{day, local};
use crate::domain::clock::Ts;
use crate::domain::money::UnitPrice;
use crate::domain::pricing::Unit;
use crate::i18n::{Lang, T};
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

/// Billed seconds as minutes: `4`, or `1:30` where an increment ends within one.
pub fn minutes(t: T, seconds: i64) -> String {
    match seconds % 60 {
        0 => t.number(seconds / 60),
        rest => format!("{}:{rest:02}", t.number(seconds / 60)),
    }
}

/// So many units with their word: `4 Min.`, `1:30 Min.`, `12`.
pub fn units(t: T, unit: Unit, count: i64) -> String {
    match unit {
        Unit::Second => t.origin_minutes(minutes(t, count)),
        Unit::Piece => t.number(count),
    }
}

/// A unit price without a currency sign: two digits, more where it has fractions of a cent.
pub fn unit_price(t: T, price: UnitPrice) -> String {
    fraction(t, i128::from(price.0))
}

/// An amount in micro-euros with all its digits: `0,0042 €`, `€4.00`.
pub fn precise(t: T, micros: i128) -> String {
    let sign = if micros < 0 { "\u{2212}" } else { "" };
    let digits = fraction(t, micros.abs());
    match t.lang() {
        Lang::De => format!("{sign}{digits}\u{a0}€"),
        Lang::En => format!("{sign}€{digits}"),
    }
}

/// Micro-euros, not negative, with two to six digits after the point.
fn fraction(t: T, micros: i128) -> String {
    let point = if t.lang() == Lang::De { ',' } else { '.' };
    let digits = format!("{:06}", micros.rem_euclid(1_000_000));
    let digits = digits.trim_end_matches('0');
    let whole = i64::try_from(micros.div_euclid(1_000_000)).unwrap_or(i64::MAX);
    format!("{}{point}{digits:0<2}", t.number(whole))
}

/// A share in hundredths of a percent: `25 %`, `33,33 %`.
pub fn percent(t: T, bps: i64) -> String {
    let point = if t.lang() == Lang::De { ',' } else { '.' };
    let digits = format!("{:02}", bps.rem_euclid(100));
    let whole = t.number(bps.div_euclid(100));
    match digits.trim_end_matches('0') {
        "" => format!("{whole}\u{a0}%"),
        digits => format!("{whole}{point}{digits}\u{a0}%"),
    }
}

/// A text whose long numbers and mail addresses cannot be read any more, for those who may not know whom it is about: telephone numbers
/// keep the beginning and the end by which callers and support agree on them.
pub fn masked(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.rsplit_once('@') {
        Some((_, host)) => format!("•••@{host}"),
        None => word.to_owned(),
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        let run = &rest[at..];
        let joins = |c: char| c.is_ascii_digit() || " /-()".contains(c);
        let end = run.find(|c| !joins(c)).unwrap_or(run.len());
        let number = run[..end].trim_end_matches([' ', '/', '-', '(']);
        out.push_str(&masked_number(number));
        rest = &run[number.len()..];
    }
    out + rest
}

/// Seven digits and more are a telephone number; a third of them, four at most, stay at either end.
fn masked_number(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 7 {
        return number.to_owned();
    }
    let kept = (digits.len() / 3).min(4);
    let (head, tail) = (&digits[..kept], &digits[digits.len() - kept..]);
    format!("{} ••• {}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

fn two(value: i8) -> String {
    format!("{value:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn unit_prices_show_their_fractions() {
        let (de, en) = (T::new(Lang::De), T::new(Lang::En));
        assert_eq!(unit_price(de, UnitPrice(400_000)), "0,40");
        assert_eq!(unit_price(de, UnitPrice(1_500_000)), "1,50");
        assert_eq!(unit_price(de, UnitPrice(4_250)), "0,00425");
        assert_eq!(minutes(de, 240), "4");
        assert_eq!(minutes(de, 90), "1:30");
        assert_eq!(precise(de, 1_234_004_200), "1.234,0042\u{a0}€");
        assert_eq!(precise(en, -4_200), "\u{2212}€0.0042");
        assert_eq!((percent(de, 2_500), percent(de, 3_333)), ("25\u{a0}%".into(), "33,33\u{a0}%".into()));
    }

    #[test]
    fn numbers_and_addresses_are_masked_and_words_stay() {
        for (text, seen) in [
            ("Anruf von 0170 1234218", "Anruf von 017 ••• 218"),
            ("+49 (40) 5551-2340, eingehend", "+4940 ••• 2340, eingehend"),
            ("Termin am 27.11.2026, 09:15", "Termin am 27.11.2026, 09:15"),
            ("an erika@praxis.example geschickt", "an •••@praxis.example geschickt"),
            ("Rechnung 123456", "Rechnung 123456"),
            ("1234567 8", "12 ••• 78"),
            ("", ""),
            ("ä12345678ß", "ä12 ••• 78ß"),
        ] {
            assert_eq!(masked(text), seen, "{text}");
        }
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
