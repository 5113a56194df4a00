//! Every expected "no": a message key with its arguments, worded in `locales/*/refusal.ftl`.

use crate::domain::money::{Cents, UnitPrice};
use crate::domain::pricing::{Breach, Increment};
use crate::domain::usage::EventError;

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
    /// A reason is needed, neither too short nor too long.
    ReasonLength {
        /// Characters at least.
        min: usize,
        /// Characters at most.
        max: usize,
    },
    /// Only charges can be taken back.
    NotReversible,
    /// The charge was taken back before.
    AlreadyReversed,
    /// The charge is too old to be taken back.
    TooOldToReverse {
        /// For how long charges can be.
        months: i64,
    },
    /// The reseller does not prepay and has no wallet.
    NoWallet,
    /// The role may see this, but not do it.
    NotAllowed,
    /// Something that takes effect from an instant on must not begin in the past.
    DateInPast,
    /// It must not begin in ten years either.
    DateTooFar,
    /// There is a version that begins at the same instant.
    DateTaken,
    /// A price is negative or too high.
    PriceOutOfRange {
        /// The highest.
        max: UnitPrice,
    },
    /// Tiers must begin at 0 and rise.
    TiersInvalid {
        /// How many there may be.
        most: usize,
    },
    /// A package needs at least one unit.
    PackageInvalid,
    /// The number of included units is negative or too large.
    IncludedInvalid,
    /// An increment has no seconds, or more than an hour.
    IncrementInvalid {
        /// Seconds of a step at most.
        most: u32,
    },
    /// There is no such meter.
    UnknownMeter,
    /// A reseller's price outside what was agreed.
    PriceOutsideRails(Breach),
    /// The version is valid already, and charges may name it.
    PriceInForce,
    /// A name is empty or too long.
    NameInvalid {
        /// Characters at most.
        most: usize,
    },
    /// A commission rate is below 0 or above 100 %.
    CommissionRateInvalid,
    /// The least markup is negative or above the largest, or that is too large.
    MarkupRangeInvalid {
        /// The largest that can be agreed, in percent.
        most: i64,
    },
    /// Days that commission is held back are negative or too many.
    HoldDaysInvalid {
        /// Days at most.
        most: i64,
    },
    /// A meter's key is not well-formed, or the name of a kind of movement.
    MeterKeyInvalid,
    /// There is a meter with this key.
    MeterTaken,
    /// What is wrong with usage, or with a reservation for it.
    Usage(EventError),
    /// The customer is suspended: nothing is authorised.
    CustomerSuspended,
    /// There is no such reservation.
    UnknownHold,
    /// The reservation is over.
    HoldClosed,
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
            Refusal::ReasonLength { .. } => "refusal-reason-length",
            Refusal::NotReversible => "refusal-not-reversible",
            Refusal::AlreadyReversed => "refusal-already-reversed",
            Refusal::TooOldToReverse { .. } => "refusal-too-old-to-reverse",
            Refusal::NoWallet => "refusal-no-wallet",
            Refusal::NotAllowed => "refusal-not-allowed",
            Refusal::DateInPast => "refusal-date-in-past",
            Refusal::DateTooFar => "refusal-date-too-far",
            Refusal::DateTaken => "refusal-date-taken",
            Refusal::PriceOutOfRange { .. } => "refusal-price-out-of-range",
            Refusal::TiersInvalid { .. } => "refusal-tiers-invalid",
            Refusal::PackageInvalid => "refusal-package-invalid",
            Refusal::IncludedInvalid => "refusal-included-invalid",
            Refusal::IncrementInvalid { .. } => "refusal-increment-invalid",
            Refusal::UnknownMeter => "refusal-unknown-meter",
            Refusal::PriceOutsideRails(Breach::BelowPlatform { .. }) => "refusal-price-below-platform",
            Refusal::PriceOutsideRails(Breach::Markup { .. }) => "refusal-price-outside-markup",
            Refusal::PriceOutsideRails(Breach::Increment { .. }) => "refusal-price-increment-finer",
            Refusal::PriceOutsideRails(Breach::Included { .. }) => "refusal-price-includes-more",
            Refusal::PriceInForce => "refusal-price-in-force",
            Refusal::NameInvalid { .. } => "refusal-name-invalid",
            Refusal::CommissionRateInvalid => "refusal-commission-rate-invalid",
            Refusal::MarkupRangeInvalid { .. } => "refusal-markup-range-invalid",
            Refusal::HoldDaysInvalid { .. } => "refusal-hold-days-invalid",
            Refusal::MeterKeyInvalid => "refusal-meter-key-invalid",
            Refusal::MeterTaken => "refusal-meter-taken",
            Refusal::Usage(error) => error.key(),
            Refusal::CustomerSuspended => "refusal-customer-suspended",
            Refusal::UnknownHold => "refusal-unknown-hold",
            Refusal::HoldClosed => "refusal-hold-closed",
            Refusal::FormExpired => "refusal-form-expired",
            Refusal::SignInFailed => "refusal-sign-in-failed",
            Refusal::TooManyAttempts { .. } => "refusal-too-many-attempts",
        }
    }

    /// The stable code for machines (problem documents, logs).
    pub fn code(&self) -> String {
        match self {
            Refusal::Usage(error) => error.code().to_owned(),
            other => other.key().trim_start_matches("refusal-").replace('-', "_"),
        }
    }

    /// One of each, so that a test can find a sentence for all of them.
    pub fn samples() -> Vec<Refusal> {
        let plain = [
            Refusal::AmountMissing,
            Refusal::AmountUnreadable,
            Refusal::AmountOutOfRange { min: Cents::euros(10), max: Cents::euros(1000) },
            Refusal::DailyLimit { left: Cents::euros(20), limit: Cents::euros(1000) },
            Refusal::MethodMissing,
            Refusal::TopUpsOff,
            Refusal::PaymentUnavailable,
            Refusal::InsufficientBalance,
            Refusal::UsageOutOfRange,
            Refusal::ReasonLength { min: 3, max: 500 },
            Refusal::NotReversible,
            Refusal::AlreadyReversed,
            Refusal::TooOldToReverse { months: 13 },
            Refusal::NoWallet,
            Refusal::NotAllowed,
            Refusal::CustomerSuspended,
            Refusal::UnknownHold,
            Refusal::HoldClosed,
            Refusal::FormExpired,
            Refusal::SignInFailed,
            Refusal::TooManyAttempts { minutes: 15 },
        ];
        plain.into_iter().chain(Refusal::price_samples()).collect()
    }

    fn price_samples() -> Vec<Refusal> {
        let (min, max) = (UnitPrice::cents(33), UnitPrice::cents(60));
        let breaches = [
            Breach::BelowPlatform { platform: UnitPrice::cents(30) },
            Breach::Markup { min, max },
            Breach::Increment { platform: Increment::MINUTES },
            Breach::Included { platform: 100 },
        ];
        let plain = [
            Refusal::DateInPast,
            Refusal::DateTooFar,
            Refusal::DateTaken,
            Refusal::PriceOutOfRange { max },
            Refusal::TiersInvalid { most: 20 },
            Refusal::PackageInvalid,
            Refusal::IncludedInvalid,
            Refusal::IncrementInvalid { most: 3_600 },
            Refusal::UnknownMeter,
            Refusal::PriceInForce,
            Refusal::NameInvalid { most: 60 },
            Refusal::CommissionRateInvalid,
            Refusal::MarkupRangeInvalid { most: 1_000 },
            Refusal::HoldDaysInvalid { most: 365 },
            Refusal::MeterKeyInvalid,
            Refusal::MeterTaken,
        ];
        let plain = plain.into_iter().chain(breaches.map(Refusal::PriceOutsideRails));
        plain.chain(EventError::ALL.map(Refusal::Usage)).collect()
    }
}

impl From<EventError> for Refusal {
    fn from(error: EventError) -> Refusal {
        Refusal::Usage(error)
    }
}
