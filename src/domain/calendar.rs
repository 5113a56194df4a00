//! Days as the business counts them: in German time, across its clock changes.

use super::clock::Ts;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::sync::LazyLock;

static BERLIN: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/Berlin").expect("the time zone database is part of the binary"));

/// The instant on a German clock.
pub fn local(at: Ts) -> Zoned {
    Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(BERLIN.clone())
}

/// The German day of an instant.
pub fn day(at: Ts) -> Date {
    local(at).date()
}

/// Reads an instant as RFC 3339 writes it, such as `2026-11-23T10:00:00+01:00`; an offset or `Z` must stand there.
pub fn instant(text: &str) -> Option<Ts> {
    // jiff reads more than that: years of six digits, and names of time zones in brackets.
    let plain = text.len() <= 40
        && text.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && !text.contains(['[', ',']);
    let at = text.parse::<Timestamp>().ok().filter(|_| plain)?;
    Some(Ts(at.as_microsecond()))
}

/// The first instant of a German day (not always 00:00 UTC±1: clock changes are respected).
pub fn start_of(day: Date) -> Ts {
    day.to_zoned(BERLIN.clone()).map_or(Ts(0), |zoned| Ts(zoned.timestamp().as_microsecond()))
}

/// Reads a day as Germans write it, `23.11.2026` or `1.2.2026`, or as machines do, `2026-11-23`.
pub fn parse_day(text: &str) -> Option<Date> {
    let text = text.trim();
    let number = |part: &str| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i16>().ok()).flatten()
    };
    let parts: Vec<&str> = text.split('.').map(str::trim).collect();
    let [day, month, year] = parts[..] else { return text.parse().ok().filter(|_| text.len() == 10) };
    let (day, month) = (i8::try_from(number(day)?).ok()?, i8::try_from(number(month)?).ok()?);
    Date::new(number(year).filter(|_| year.len() == 4)?, month, day).ok()
}

/// The same time of day so many bank days (Monday to Friday) later; bank holidays are not known here, so say "about".
pub fn bank_days_after(at: Ts, days: usize) -> Ts {
    let mut moment = local(at);
    let mut left = days;
    while left > 0 {
        moment = moment.saturating_add(jiff::Span::new().days(1));
        if !matches!(moment.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    Ts(moment.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_follow_the_german_clock_over_its_changes() {
        let before_midnight = Ts::from_seconds(1_774_738_740); // 2026-03-28T22:59:00Z
        assert_eq!(day(before_midnight), date(2026, 3, 28));
        assert_eq!(day(Ts(before_midnight.0 + 60_000_000)), date(2026, 3, 29));
        let short = start_of(date(2026, 3, 30)).0 - start_of(date(2026, 3, 29)).0;
        let long = start_of(date(2026, 10, 26)).0 - start_of(date(2026, 10, 25)).0;
        assert_eq!((short / 3_600_000_000, long / 3_600_000_000), (23, 25));
    }

    #[test]
    fn a_day_is_read_as_people_write_it() {
        for text in ["23.11.2026", " 23. 11. 2026 ", "2026-11-23"] {
            assert_eq!(parse_day(text), Some(date(2026, 11, 23)), "{text}");
        }
        assert_eq!(parse_day("1.2.2027"), Some(date(2027, 2, 1)));
        for text in [
            "",
            "31.02.2026",
            "23.11.26",
            "11/23/2026",
            "2026-11-23T10:00",
            "23.11.",
            "x.y.2026",
            "-1.1.2026",
            "999.1.2026",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_read_with_an_offset_and_nothing_else() {
        let at = Some(Ts(1_795_424_400_500_000));
        for text in ["2026-11-23T10:00:00.5+01:00", "2026-11-23T09:00:00.5Z", "2026-11-23 09:00:00.500000z"] {
            assert_eq!(instant(text), at, "{text}");
        }
        for text in [
            "",
            "gestern",
            "1795424400",
            "2026-11-23",
            "2026-11-23T10:00:00",
            "2026-13-01T00:00:00Z",
            "2026-11-23T10:00:00,5Z",
            "+002026-11-23T10:00:00Z",
            "2026-11-23T10:00:00+01:00[Europe/Berlin]",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn bank_days_leave_out_weekends() {
        let friday = start_of(date(2026, 11, 20));
        assert_eq!(day(bank_days_after(friday, 1)), date(2026, 11, 23));
        assert_eq!(day(bank_days_after(friday, 5)), date(2026, 11, 27));
    }
}
