//! Test cards and test IBANs: which numbers exist and what happens to a payment made with them.
//!
//! The numbers are Stripe's published test values (docs.stripe.com/testing); real numbers are refused, as in Stripe's test mode.

use super::refusal::ApiError;

/// What a customer pays with on the hosted page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instrument {
    /// A card by its number; expiry and CVC are taken as valid.
    Card { number: String },
    /// A SEPA debit from an account.
    Iban { iban: String, name: String },
}

impl Instrument {
    /// A card; blanks in the number do not matter.
    pub fn card(number: &str) -> Instrument {
        Instrument::Card { number: squeeze(number) }
    }

    /// A bank account; blanks do not matter.
    pub fn iban(iban: &str) -> Instrument {
        Instrument::Iban { iban: squeeze(iban).to_ascii_uppercase(), name: String::from("Erika Mustermann") }
    }

    /// The payment method type: `card` or `sepa_debit`.
    pub fn kind(&self) -> &'static str {
        match self {
            Instrument::Card { .. } => "card",
            Instrument::Iban { .. } => "sepa_debit",
        }
    }

    /// The last four characters, as pages and objects show them.
    pub fn last4(&self) -> String {
        let (Instrument::Card { number: text } | Instrument::Iban { iban: text, .. }) = self;
        text.chars().skip(text.chars().count().saturating_sub(4)).collect()
    }

    /// What will happen to payments with it, or why it is no test value.
    pub(super) fn fate(&self) -> Result<Fate, Reason> {
        match self {
            Instrument::Card { number } => {
                if !luhn(number) {
                    return Err(INCORRECT_NUMBER);
                }
                CARDS.iter().find(|card| card.number == number).map(|card| card.fate).ok_or(NO_TEST_CARD)
            }
            Instrument::Iban { iban, .. } => {
                if !mod97(iban) {
                    return Err(INVALID_IBAN);
                }
                IBANS
                    .iter()
                    .find(|account| account.number == iban)
                    .map(|account| account.fate)
                    .ok_or(NO_TEST_IBAN)
            }
        }
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// Why a payment was refused, in Stripe's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reason {
    pub code: &'static str,
    pub decline_code: &'static str,
    pub message: &'static str,
}

impl Reason {
    /// 402 `card_error`; what the attempt has written stays.
    pub fn error(&self) -> ApiError {
        let mut error = ApiError::of(402, "card_error", self.code, self.message);
        error.decline_code = (!self.decline_code.is_empty()).then(|| self.decline_code.to_owned());
        error.keep = true;
        error
    }
}

impl Reason {
    /// What the charge names as its failure: for debits the narrower code, where there is one.
    pub fn failure_code(&self, method: &str) -> &'static str {
        if method == "sepa_debit" && !self.decline_code.is_empty() { self.decline_code } else { self.code }
    }
}

const fn reason(code: &'static str, decline_code: &'static str, message: &'static str) -> Reason {
    Reason { code, decline_code, message }
}

const INCORRECT_NUMBER: Reason = reason("incorrect_number", "", "Your card number is incorrect.");
const NO_TEST_CARD: Reason = reason(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
);
const INVALID_IBAN: Reason = reason("invalid_bank_account_iban", "", "The IBAN you provided is invalid.");
const NO_TEST_IBAN: Reason =
    reason("bank_account_unusable", "", "You cannot use a live bank account number in test mode.");
/// The plain refusal.
pub(super) const DECLINED: Reason = reason("card_declined", "generic_decline", "Your card was declined.");
const NO_FUNDS: Reason = reason("card_declined", "insufficient_funds", "Your card has insufficient funds.");
const LOST: Reason = reason("card_declined", "lost_card", "Your card was declined.");
const STOLEN: Reason = reason("card_declined", "stolen_card", "Your card was declined.");
const EXPIRED: Reason = reason("expired_card", "", "Your card has expired.");
const WRONG_CVC: Reason = reason("incorrect_cvc", "", "Your card's security code is incorrect.");
const PROCESSING_ERROR: Reason = reason(
    "processing_error",
    "",
    "An error occurred while processing your card. Try again in a little bit.",
);
const SOURCE_LIMIT: Reason = reason(
    "charge_exceeds_source_limit",
    "",
    "This payment would exceed the volume limit of the account it is drawn from.",
);
const WEEKLY_LIMIT: Reason = reason(
    "charge_exceeds_source_limit",
    "charge_exceeds_weekly_limit",
    "This payment would exceed the weekly volume limit of the account it is drawn from.",
);
/// A payment that only its owner can approve.
pub(super) const NEEDS_OWNER: Reason = reason(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
);
/// The owner rejected it on the 3-D Secure page.
pub(super) const NOT_APPROVED: Reason = reason(
    "payment_intent_authentication_failure",
    "",
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
);

/// What becomes of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Paid; a debit after its delay.
    Pays,
    /// Refused at once.
    Refused(Reason),
    /// 3-D Secure the first time; set up then, it pays without its owner.
    AsksOnce,
    /// 3-D Secure every time.
    AsksAlways,
    /// Can be saved but not charged.
    AttachesOnly,
    /// Paid, then disputed.
    Disputed,
    /// Paid; a refund succeeds and fails later.
    RefundFails,
    /// A debit that comes back with this failure code.
    Fails(&'static str),
}

/// One published test value.
pub(super) struct TestValue {
    pub number: &'static str,
    /// What it does, as a word that the hosted page has German for.
    pub deed: &'static str,
    pub brand: &'static str,
    pub fate: Fate,
    /// Debits: three minutes longer than the others.
    pub slow: bool,
}

const fn card(number: &'static str, deed: &'static str, fate: Fate) -> TestValue {
    TestValue { number, deed, brand: "visa", fate, slow: false }
}

const fn account(number: &'static str, deed: &'static str, fate: Fate, slow: bool) -> TestValue {
    TestValue { number, deed, brand: "", fate, slow }
}

/// The cards the simulator knows, the usual ones first.
pub(super) const CARDS: &[TestValue] = &[
    card("4242424242424242", "pays", Fate::Pays),
    card("4000002500003155", "asks_once", Fate::AsksOnce),
    card("4000002760003184", "asks_always", Fate::AsksAlways),
    card("4000000000000002", "declined", Fate::Refused(DECLINED)),
    card("4000000000009995", "no_funds", Fate::Refused(NO_FUNDS)),
    TestValue {
        number: "5555555555554444",
        deed: "pays_mastercard",
        brand: "mastercard",
        fate: Fate::Pays,
        slow: false,
    },
    card("4000000000009987", "lost", Fate::Refused(LOST)),
    card("4000000000009979", "stolen", Fate::Refused(STOLEN)),
    card("4000000000000069", "expired", Fate::Refused(EXPIRED)),
    card("4000000000000127", "wrong_cvc", Fate::Refused(WRONG_CVC)),
    card("4000000000000119", "processing_error", Fate::Refused(PROCESSING_ERROR)),
    card("4000000000000341", "attaches_only", Fate::AttachesOnly),
    card("4000000000000259", "disputed", Fate::Disputed),
    card("4000000000007726", "refund_fails", Fate::RefundFails),
];

/// The bank accounts the simulator knows, the usual ones first.
pub(super) const IBANS: &[TestValue] = &[
    account("DE89370400440532013000", "settles", Fate::Pays, false),
    account("DE62370400440532013001", "fails", Fate::Fails("generic_could_not_process"), false),
    account("DE35370400440532013002", "returned", Fate::Disputed, false),
    account("DE08370400440532013003", "settles_late", Fate::Pays, true),
    account("DE78370400440532013004", "fails_late", Fate::Fails("generic_could_not_process"), true),
    account("DE65370400440002222227", "fails_funds", Fate::Fails("insufficient_funds"), false),
    account("DE65370400440000343434", "over_limit", Fate::Refused(SOURCE_LIMIT), false),
    account("DE27370400440000121212", "over_week", Fate::Refused(WEEKLY_LIMIT), false),
];

/// The table entry of a number, for its brand and delay.
pub(super) fn known(number: &str) -> Option<&'static TestValue> {
    CARDS.iter().chain(IBANS).find(|value| value.number == number)
}

/// How a debit can come back, by Stripe's failure codes.
pub(super) fn debit_code(code: &str) -> Option<&'static str> {
    const CODES: &[&str] = &[
        "generic_could_not_process",
        "insufficient_funds",
        "account_closed",
        "no_account",
        "debit_not_authorized",
        "incorrect_account_holder_name",
        "refer_to_customer",
    ];
    CODES.iter().find(|known| **known == code).copied()
}

/// Stripe's text for a failed debit.
pub(super) fn debit_message(code: &str) -> &'static str {
    match code {
        "insufficient_funds" => "The customer's account has insufficient funds to cover this payment.",
        _ => "The bank could not process this payment.",
    }
}

fn luhn(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (12..=19).contains(&digits.len())) else { return false };
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

fn mod97(iban: &str) -> bool {
    if !iban.is_ascii() || !(15..=34).contains(&iban.len()) {
        return false;
    }
    let (head, tail) = iban.split_at(4);
    let mut rest: u32 = 0;
    for c in tail.chars().chain(head.chars()) {
        let Some(digit) = c.to_digit(36) else { return false };
        rest = if digit > 9 { rest * 100 + digit } else { rest * 10 + digit } % 97;
    }
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_value_is_a_valid_number_and_others_are_refused() {
        for value in CARDS {
            assert!(Instrument::card(value.number).fate().is_ok(), "{}", value.number);
        }
        for value in IBANS {
            assert!(Instrument::iban(value.number).fate().is_ok(), "{}", value.number);
        }
        assert_eq!(Instrument::card("4242 4242 4242 4243").fate(), Err(INCORRECT_NUMBER));
        assert_eq!(Instrument::card("4111 1111 1111 1111").fate(), Err(NO_TEST_CARD));
        assert_eq!(Instrument::iban("DE00 3704 0044 0532 0130 00").fate(), Err(INVALID_IBAN));
        assert_eq!(Instrument::iban("GB82 WEST 1234 5698 7654 32").fate(), Err(NO_TEST_IBAN));
        assert_eq!(Instrument::iban("ÄÖÜ").fate(), Err(INVALID_IBAN));
        assert_eq!(Instrument::iban("de89 3704 0044 0532 0130 00").last4(), "3000");
    }
}
