//! Every expected "no": a message key with its arguments, worded in `locales/*/refusal.ftl`.

use crate::domain::money::Cents;

/// Something a user asked for that the rules do not allow. Not a failure: nothing broke, nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No amount was entered.
    AmountMissing,
    /// The amount is not written as a German amount.
    AmountUnreadable,
    /// The amount is outside the limits of one top-up.
    AmountOutOfRange {
        /// Smallest amount.
        min: Cents,
        /// Largest amount.
        max: Cents,
    },
    /// The amount would pass the daily limit.
    DailyLimit {
        /// What may still be topped up today.
        left: Cents,
        /// The limit per day.
        limit: Cents,
    },
    /// No payment method was chosen, or one that does not exist.
    MethodMissing,
    /// Top-ups are switched off (no Stripe keys).
    TopUpsOff,
    /// Stripe could not be reached; nothing was charged.
    PaymentUnavailable,
    /// The debit would take the wallet below its limit.
    InsufficientBalance,
    /// The amount of usage is larger than any account can hold.
    UsageOutOfRange,
    /// The form is no longer valid, for example after a new sign-in.
    FormExpired,
    /// Wrong mail address or password.
    SignInFailed,
    /// Too many attempts.
    TooManyAttempts {
        /// When to try again, in whole minutes.
        minutes: u64,
    },
}

impl Refusal {
    /// The Fluent key of the sentence.
    pub const fn key(&self) -> &'static str {
        match self {
            Refusal::AmountMissing => "refusal-amount-missing",
            Refusal::AmountUnreadable => "refusal-amount-unreadable",
            Refusal::AmountOutOfRange { .. } => "refusal-amount-out-of-range",
            Refusal::DailyLimit { .. } => "refusal-daily-limit",
            Refusal::MethodMissing => "refusal-method-missing",
            Refusal::TopUpsOff => "refusal-topups-off",
            Refusal::PaymentUnavailable => "refusal-payment-unavailable",
            Refusal::InsufficientBalance => "refusal-insufficient-balance",
            Refusal::UsageOutOfRange => "refusal-usage-out-of-range",
            Refusal::FormExpired => "refusal-form-expired",
            Refusal::SignInFailed => "refusal-sign-in-failed",
            Refusal::TooManyAttempts { .. } => "refusal-too-many-attempts",
        }
    }

    /// The stable code for machines (problem documents, logs).
    pub fn code(&self) -> String {
        self.key().trim_start_matches("refusal-").replace('-', "_")
    }

    /// One of each, so that a test can find a sentence for all of them.
    pub const fn samples() -> [Refusal; 12] {
        [
            Refusal::AmountMissing,
            Refusal::AmountUnreadable,
            Refusal::AmountOutOfRange { min: Cents::euros(10), max: Cents::euros(1000) },
            Refusal::DailyLimit { left: Cents::euros(20), limit: Cents::euros(1000) },
            Refusal::MethodMissing,
            Refusal::TopUpsOff,
            Refusal::PaymentUnavailable,
            Refusal::InsufficientBalance,
            Refusal::UsageOutOfRange,
            Refusal::FormExpired,
            Refusal::SignInFailed,
            Refusal::TooManyAttempts { minutes: 15 },
        ]
    }
}
