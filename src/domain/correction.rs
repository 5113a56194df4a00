//! Taking a charge back: what may be, for how long, and what has to be said.

use super::calendar;
use super::clock::Ts;
use super::ledger::TransferKind;
use super::refusal::Refusal;
use jiff::ToSpan;

/// Months for which a charge can be taken back.
pub const MONTHS: i64 = 13;
/// Characters of a reason at least and at most.
pub const REASON: std::ops::RangeInclusive<usize> = 3..=500;

/// The reason without spaces around it.
///
/// # Errors
/// [`Refusal::ReasonLength`] when it is too short or too long.
pub fn check_reason(reason: &str) -> Result<String, Refusal> {
    // PostgreSQL stores no NUL, and nobody typed one.
    let reason = reason.replace('\0', "").trim().to_owned();
    if REASON.contains(&reason.chars().count()) {
        return Ok(reason);
    }
    Err(Refusal::ReasonLength { min: *REASON.start(), max: *REASON.end() })
}

/// Whether a movement can be taken back at `now`, apart from having been taken back before.
///
/// # Errors
/// [`Refusal::NotReversible`] for anything but a charge, so also for a reversal; [`Refusal::TooOldToReverse`] after [`MONTHS`].
pub fn check_reversible(kind: TransferKind, posted_at: Ts, now: Ts) -> Result<(), Refusal> {
    if kind != TransferKind::Usage {
        return Err(Refusal::NotReversible);
    }
    let first = calendar::day(now).saturating_sub(MONTHS.months());
    if calendar::day(posted_at) < first {
        return Err(Refusal::TooOldToReverse { months: MONTHS });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_reason_says_something_and_not_everything() {
        assert_eq!(check_reason("  falsch verbunden \0"), Ok("falsch verbunden".to_owned()));
        assert!(check_reason("äöü").is_ok() && check_reason(&"ä".repeat(500)).is_ok());
        for wrong in ["", "  ab  ", &"x".repeat(501)] {
            assert_eq!(check_reason(wrong), Err(Refusal::ReasonLength { min: 3, max: 500 }));
        }
    }

    #[test]
    fn charges_only_and_for_thirteen_months() {
        let now = Ts(calendar::start_of(date(2026, 11, 23)).0 + 1);
        let on = |y, m, d| calendar::start_of(date(y, m, d));
        assert_eq!(check_reversible(TransferKind::Usage, on(2025, 10, 23), now), Ok(()));
        let old = Err(Refusal::TooOldToReverse { months: 13 });
        assert_eq!(check_reversible(TransferKind::Usage, Ts(on(2025, 10, 23).0 - 1), now), old);
        for kind in TransferKind::ALL.iter().filter(|kind| **kind != TransferKind::Usage) {
            assert_eq!(check_reversible(*kind, now, now), Err(Refusal::NotReversible), "{kind}");
        }
    }
}
