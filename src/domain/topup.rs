//! Top-ups: limits, states, and the one decision what a fact from Stripe means for one of them.
//!
//! Facts always come from an object fetched anew at Stripe, never from an event's own words, so that events may arrive
//! late, twice or in any order. The table is `decide`; its source is the behaviour of Checkout for cards (paid at once) and
//! SEPA debits (`complete` and `unpaid` for days).

use crate::domain::money::{AmountError, Cents, parse_amount};
use crate::domain::party::text_enum;
use crate::domain::refusal::Refusal;

/// How the customer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// By card; the money is there at once.
    Card,
    /// By SEPA direct debit; the bank needs days.
    SepaDebit,
}

text_enum!(Method { Card = "card", SepaDebit = "sepa_debit" });

/// Where a top-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Written down; Stripe was not asked yet or did not answer.
    New,
    /// The customer is at Checkout.
    Open,
    /// The bank is collecting (SEPA).
    Collecting,
    /// Paid and credited.
    Paid,
    /// The payment failed for good.
    Failed,
    /// Never paid.
    Expired,
    /// Paid, but not as agreed: a person must look.
    Review,
}

text_enum!(Status {
    New = "new",
    Open = "open",
    Collecting = "collecting",
    Paid = "paid",
    Failed = "failed",
    Expired = "expired",
    Review = "review",
});

impl Status {
    /// Whether nothing more is expected to happen by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Status::Paid | Status::Failed | Status::Expired)
    }
}

/// What one top-up may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Smallest amount.
    pub min: Cents,
    /// Largest amount.
    pub max: Cents,
    /// Largest sum per German day.
    pub per_day: Cents,
}

impl Limits {
    /// Reads and checks an entered amount.
    ///
    /// # Errors
    /// The refusal to show beside the field.
    pub fn read(self, input: &str) -> Result<Cents, Refusal> {
        let amount = parse_amount(input).map_err(|error| match error {
            AmountError::Empty => Refusal::AmountMissing,
            AmountError::NotAnAmount => Refusal::AmountUnreadable,
        })?;
        if amount < self.min || amount > self.max {
            return Err(Refusal::AmountOutOfRange { min: self.min, max: self.max });
        }
        Ok(amount)
    }

    /// Checks `amount` against what was already topped up `today`.
    ///
    /// # Errors
    /// [`Refusal::DailyLimit`] with what is left.
    pub fn check_day(self, today: Cents, amount: Cents) -> Result<(), Refusal> {
        if today + amount > self.per_day {
            let left = (self.per_day - today).max(Cents::ZERO);
            return Err(Refusal::DailyLimit { left, limit: self.per_day });
        }
        Ok(())
    }
}

/// The state of Stripe's Checkout Session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// The customer may still pay.
    Open,
    /// The customer has finished Checkout.
    Complete,
    /// Too late to pay.
    Expired,
}

/// The state of the payment behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Stripe has the money.
    Paid,
    /// Not (yet).
    Unpaid,
    /// A coupon made it free: nothing that we offer.
    NotRequired,
}

/// What a freshly fetched session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Session state.
    pub session: SessionStatus,
    /// Payment state.
    pub payment: PaymentStatus,
    /// True when the payment intent has given up (a SEPA debit that failed).
    pub payment_failed: bool,
    /// Stripe's reason for the last failed attempt.
    pub failure_code: Option<String>,
    /// Total in the currency's smallest unit.
    pub amount: Option<i64>,
    /// Currency in lower case.
    pub currency: Option<String>,
    /// Real money or test money.
    pub livemode: bool,
    /// The customer at Stripe.
    pub stripe_customer: Option<String>,
    /// The money's identity: one credit per payment intent.
    pub payment_intent: Option<String>,
}

/// What we agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Amount to be paid and credited.
    pub amount: Cents,
    /// Whether this installation handles real money.
    pub livemode: bool,
    /// The customer's object at Stripe.
    pub stripe_customer: Option<String>,
}

/// What is to be done with the top-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing new.
    Keep,
    /// A new state without money.
    Move(Status),
    /// Credit the amount, once per payment intent.
    Credit {
        /// The payment intent.
        payment_intent: String,
    },
    /// Money came, but not as agreed: hold it for a person.
    Hold {
        /// What does not match: `amount`, `currency`, `livemode`, `customer`, `payment_intent`, `free`.
        reason: &'static str,
    },
    /// A contradiction that changes nothing but must be seen.
    Alarm {
        /// What contradicts.
        reason: &'static str,
    },
}

/// What `facts` mean for a top-up in `status`. Pure, total, and safe to ask again.
pub fn decide(status: Status, expected: &Expected, facts: &Facts) -> Decision {
    use PaymentStatus::{NotRequired, Paid, Unpaid};
    match (facts.session, facts.payment) {
        (_, Paid) => paid(status, expected, facts),
        (_, NotRequired) if status == Status::Paid => Decision::Alarm { reason: "free" },
        (_, NotRequired) if status == Status::Review => Decision::Keep,
        (_, NotRequired) => Decision::Hold { reason: "free" },
        (SessionStatus::Open, Unpaid) if status == Status::New => Decision::Move(Status::Open),
        (SessionStatus::Open, Unpaid) => Decision::Keep,
        (SessionStatus::Complete, Unpaid) if facts.payment_failed => match status {
            Status::Paid => Decision::Alarm { reason: "failed_after_paid" },
            Status::Failed => Decision::Keep,
            _ => Decision::Move(Status::Failed),
        },
        (SessionStatus::Complete, Unpaid) => match status {
            Status::New | Status::Open | Status::Expired => Decision::Move(Status::Collecting),
            Status::Collecting | Status::Paid | Status::Failed | Status::Review => Decision::Keep,
        },
        (SessionStatus::Expired, Unpaid) => match status {
            Status::New | Status::Open => Decision::Move(Status::Expired),
            Status::Collecting => Decision::Alarm { reason: "expired_while_collecting" },
            Status::Paid => Decision::Alarm { reason: "expired_after_paid" },
            Status::Failed | Status::Expired | Status::Review => Decision::Keep,
        },
    }
}

fn paid(status: Status, expected: &Expected, facts: &Facts) -> Decision {
    let mismatch = mismatch(expected, facts);
    match (status, mismatch, &facts.payment_intent) {
        (Status::Paid, None, _) | (Status::Review, _, _) => Decision::Keep,
        (Status::Paid, Some(reason), _) => Decision::Alarm { reason },
        (_, Some(reason), _) => Decision::Hold { reason },
        (_, None, None) => Decision::Hold { reason: "payment_intent" },
        (_, None, Some(payment_intent)) => Decision::Credit { payment_intent: payment_intent.clone() },
    }
}

fn mismatch(expected: &Expected, facts: &Facts) -> Option<&'static str> {
    if facts.amount != Some(expected.amount.0) {
        return Some("amount");
    }
    if facts.currency.as_deref() != Some("eur") {
        return Some("currency");
    }
    if facts.livemode != expected.livemode {
        return Some("livemode");
    }
    if facts.stripe_customer != expected.stripe_customer {
        return Some("customer");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected { amount: Cents(5_000), livemode: false, stripe_customer: Some("cus_1".into()) }
    }

    fn facts(session: SessionStatus, payment: PaymentStatus) -> Facts {
        Facts {
            session,
            payment,
            payment_failed: false,
            failure_code: None,
            amount: Some(5_000),
            currency: Some("eur".into()),
            livemode: false,
            stripe_customer: Some("cus_1".into()),
            payment_intent: Some("pi_1".into()),
        }
    }

    #[test]
    fn money_as_agreed_is_credited_from_every_state_but_once() {
        let paid = facts(SessionStatus::Complete, PaymentStatus::Paid);
        for status in Status::ALL {
            let decision = decide(*status, &expected(), &paid);
            match status {
                Status::Paid | Status::Review => assert_eq!(decision, Decision::Keep),
                _ => assert_eq!(decision, Decision::Credit { payment_intent: "pi_1".into() }, "{status}"),
            }
        }
    }

    #[test]
    fn whatever_does_not_match_is_held_and_never_credited() {
        let good = facts(SessionStatus::Complete, PaymentStatus::Paid);
        let wrong = [
            ("amount", Facts { amount: Some(5_001), ..good.clone() }),
            ("amount", Facts { amount: None, ..good.clone() }),
            ("currency", Facts { currency: Some("usd".into()), ..good.clone() }),
            ("livemode", Facts { livemode: true, ..good.clone() }),
            ("customer", Facts { stripe_customer: Some("cus_2".into()), ..good.clone() }),
            ("payment_intent", Facts { payment_intent: None, ..good.clone() }),
            ("free", Facts { payment: PaymentStatus::NotRequired, ..good }),
        ];
        for (reason, facts) in wrong {
            for status in [Status::New, Status::Open, Status::Collecting, Status::Failed, Status::Expired] {
                assert_eq!(decide(status, &expected(), &facts), Decision::Hold { reason }, "{status}");
            }
        }
    }

    #[test]
    fn a_debit_collects_for_days_and_may_fail() {
        let running = facts(SessionStatus::Complete, PaymentStatus::Unpaid);
        let failed = Facts { payment_failed: true, ..running.clone() };
        assert_eq!(decide(Status::Open, &expected(), &running), Decision::Move(Status::Collecting));
        assert_eq!(decide(Status::Collecting, &expected(), &running), Decision::Keep);
        assert_eq!(decide(Status::Failed, &expected(), &running), Decision::Keep);
        assert_eq!(decide(Status::Collecting, &expected(), &failed), Decision::Move(Status::Failed));
        assert_eq!(decide(Status::Failed, &expected(), &failed), Decision::Keep);
        assert_eq!(
            decide(Status::Paid, &expected(), &failed),
            Decision::Alarm { reason: "failed_after_paid" }
        );
    }

    #[test]
    fn an_unpaid_session_expires() {
        let expired = facts(SessionStatus::Expired, PaymentStatus::Unpaid);
        assert_eq!(decide(Status::Open, &expected(), &expired), Decision::Move(Status::Expired));
        assert_eq!(
            decide(Status::Paid, &expected(), &expired),
            Decision::Alarm { reason: "expired_after_paid" }
        );
    }

    #[test]
    fn limits_name_both_ends_and_what_is_left_today() {
        let limits = Limits { min: Cents::euros(10), max: Cents::euros(1000), per_day: Cents::euros(1000) };
        assert_eq!(limits.read("1.000,00"), Ok(Cents::euros(1000)));
        for text in ["9,99", "1000,01"] {
            assert!(matches!(limits.read(text), Err(Refusal::AmountOutOfRange { .. })), "{text}");
        }
        assert_eq!(limits.read("1,000.00"), Err(Refusal::AmountUnreadable));
        assert_eq!(limits.check_day(Cents::euros(900), Cents::euros(100)), Ok(()));
        let left = Refusal::DailyLimit { left: Cents::euros(100), limit: Cents::euros(1000) };
        assert_eq!(limits.check_day(Cents::euros(900), Cents(10_001)), Err(left));
    }
}
