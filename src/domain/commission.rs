//! A reseller's commission on its way to the bank: when a day's commission becomes available, and where it stands.
//!
//! Commission is kept per customer and German day of posting. It waits until the money it came from can hardly be asked back, then a
//! payout takes it. What was taken back by reversals is a negative line: it waits for nobody and lowers the next payout.

use super::money::Cents;
use super::party::text_enum;
use jiff::ToSpan;
use jiff::civil::Date;

/// How far back a direct debit makes commission wait longer: as long as a payer may ask a debit back, eight weeks.
pub const DEBIT_DAYS: i64 = 56;

/// Where a day's commission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommissionState {
    /// Earned; the money behind it may still be asked back.
    Accrued,
    /// The next payout takes it.
    Available,
    /// Part of a payout that is being made.
    InPayout,
    /// Paid out.
    Paid,
}

text_enum!(CommissionState {
    Accrued = "accrued",
    Available = "available",
    InPayout = "in_payout",
    Paid = "paid",
});

/// How long a reseller's commission waits, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldDays {
    /// As a rule.
    pub plain: i64,
    /// Where the customer has paid by direct debit within [`DEBIT_DAYS`].
    pub debit: i64,
}

impl HoldDays {
    /// What holds for a reseller with whom nothing else was agreed (product decision 8).
    pub const STANDARD: HoldDays = HoldDays { plain: 14, debit: 56 };
}

/// The German day on which the commission of `day` becomes available. A day has to be over before anybody can be paid for it, so the
/// following one is the earliest; a negative amount waits no longer than that.
pub fn available_on(day: Date, amount: Cents, hold: HoldDays, has_debit: bool) -> Date {
    let days = match (amount.is_negative(), has_debit) {
        (true, _) => 1,
        (false, true) => hold.debit.max(hold.plain),
        (false, false) => hold.plain,
    };
    // No agreement reaches further than this, and a calendar ends.
    day.saturating_add(days.clamp(1, 3_650).days())
}

/// Where a line stands on `today`.
pub fn state(available_on: Date, in_payout: bool, is_paid: bool, today: Date) -> CommissionState {
    match (is_paid, in_payout) {
        (true, _) => CommissionState::Paid,
        (false, true) => CommissionState::InPayout,
        (false, false) if available_on <= today => CommissionState::Available,
        (false, false) => CommissionState::Accrued,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn commission_waits_as_agreed_and_longer_after_a_debit() {
        let day = date(2026, 11, 23);
        let on = |amount, hold, has_debit| available_on(day, Cents(amount), hold, has_debit);
        assert_eq!(on(100, HoldDays::STANDARD, false), date(2026, 12, 7));
        assert_eq!(on(100, HoldDays::STANDARD, true), date(2027, 1, 18));
        assert_eq!(on(-100, HoldDays::STANDARD, true), date(2026, 11, 24), "a minus waits for nobody");
        assert_eq!(on(0, HoldDays { plain: 0, debit: 0 }, false), date(2026, 11, 24), "a day has to be over");
        assert_eq!(
            on(1, HoldDays { plain: 30, debit: 7 }, true),
            date(2026, 12, 23),
            "never shorter by a debit"
        );
        assert_eq!(on(1, HoldDays { plain: i64::MAX, debit: 7 }, false), day.saturating_add(3_650.days()));
    }

    #[test]
    fn a_line_goes_through_its_states_by_date_and_payout() {
        let (due, today) = (date(2026, 12, 7), date(2026, 12, 6));
        assert_eq!(state(due, false, false, today), CommissionState::Accrued);
        assert_eq!(state(due, false, false, due), CommissionState::Available);
        assert_eq!(state(due, true, false, due), CommissionState::InPayout);
        assert_eq!(state(due, true, true, due), CommissionState::Paid);
    }
}
