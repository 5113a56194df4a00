//! Alerts about a balance: what was crossed, and what is worth saying when several things were crossed at once.

use super::party::text_enum;

/// What a balance crossed, from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// At the present pace it will be used up within the days that the customer chose.
    Forecast,
    /// It fell below the warning threshold.
    Low,
    /// It fell below the critical threshold.
    Critical,
    /// Nothing is left.
    Depleted,
}

text_enum!(AlertKind { Forecast = "forecast", Low = "low", Critical = "critical", Depleted = "depleted" });

/// Farthest forecast a customer can be warned by, in days.
pub const MAX_DAYS: i64 = 90;
