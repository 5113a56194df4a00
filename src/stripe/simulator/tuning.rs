//! The simulator's adjustable values: how long things take, what they cost, which payment methods are switched on.

use serde::{Deserialize, Serialize};

/// Delays in seconds of the clock, fees in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tuning {
    /// Business days (Monday to Friday, UTC) until a SEPA debit settles or comes back.
    pub sepa_business_days: u32,
    /// Until a charge learns its fee (`charge.updated`); at Stripe up to an hour.
    pub fee_delay_seconds: u32,
    /// Until the disputing test values dispute, and until the failing refund fails.
    pub mishap_delay_seconds: u32,
    /// Business days until a SEPA refund turns from pending to succeeded.
    pub refund_business_days: u32,
    /// Card fee: fixed part.
    pub card_fee_cents: i64,
    /// Card fee: hundredths of a percent of the amount.
    pub card_fee_bps: i64,
    /// SEPA fee per settled debit.
    pub sepa_fee_cents: i64,
    /// What a dispute costs besides its amount.
    pub dispute_fee_cents: i64,
    /// Payment methods the account has activated; a session offers only those.
    pub methods: Vec<String>,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            sepa_business_days: 5,
            fee_delay_seconds: 3,
            mishap_delay_seconds: 10,
            refund_business_days: 5,
            card_fee_cents: 25,
            card_fee_bps: 150,
            sepa_fee_cents: 35,
            dispute_fee_cents: 2000,
            methods: vec!["card".to_owned(), "sepa_debit".to_owned()],
        }
    }
}

impl Tuning {
    /// The fee of a charge, rounded half up to cents.
    pub(super) fn fee(&self, method: &str, amount: i64) -> i64 {
        if method == "sepa_debit" {
            return self.sepa_fee_cents;
        }
        let share = (i128::from(amount) * i128::from(self.card_fee_bps) + 5_000).div_euclid(10_000);
        self.card_fee_cents.saturating_add(i64::try_from(share).unwrap_or(i64::MAX))
    }
}

/// The same time of day `days` business days after `from` (seconds since the epoch).
pub(super) fn business_days_after(from: i64, days: u32) -> i64 {
    const DAY: i64 = 86_400;
    let mut at = from;
    let mut left = days;
    while left > 0 {
        at = at.saturating_add(DAY);
        // 1970-01-01 was a Thursday: 0 is Monday here.
        if (at.div_euclid(DAY) + 3).rem_euclid(7) < 5 {
            left -= 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_business_days_skip_the_weekend_and_fees_round_half_up() {
        let monday = 1_795_392_000; // 2026-11-23T00:00:00Z
        assert_eq!(business_days_after(monday, 5), monday + 7 * 86_400);
        let friday = monday + 4 * 86_400 + 3_600;
        assert_eq!(business_days_after(friday, 1), friday + 3 * 86_400);
        assert_eq!(business_days_after(friday, 0), friday);
        assert_eq!(Tuning::default().fee("card", 1000), 40);
        assert_eq!(Tuning::default().fee("card", 1033), 40);
        assert_eq!(Tuning::default().fee("card", 1034), 41);
        assert_eq!(Tuning::default().fee("sepa_debit", 100_000), 35);
    }
}
