//! What is metered, how it is counted, and the increments in which seconds are billed.

use crate::domain::party::text_enum;
use std::fmt;

/// Letters of a meter's key at most.
const KEY_LENGTH: usize = 31;

/// Names of transfer kinds. Movements are filtered by meter or kind in one list, so a meter must not be called like a kind.
const RESERVED: [&str; 7] = ["topup", "usage", "wholesale", "refund", "bonus", "adjustment", "reversal"];

/// The key of what is metered: `[a-z][a-z0-9_]{0,30}`, and no name of a transfer kind. Copied like a number, because every usage
/// event carries one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Meter {
    /// The key, filled up with zeros, so that keys compare like their texts.
    bytes: [u8; KEY_LENGTH],
    length: u8,
}

impl Meter {
    /// Telephone calls, billed by the minute in increments.
    pub const CALL: Meter = Meter::built_in("call");
    /// Calls of the API.
    pub const API_CALL: Meter = Meter::built_in("api_call");
    /// Booked appointments.
    pub const APPOINTMENT: Meter = Meter::built_in("appointment");
    /// Text messages.
    pub const SMS: Meter = Meter::built_in("sms");
    /// The meters every installation begins with, in the order of pages.
    pub const BUILT_IN: [Meter; 4] = [Meter::CALL, Meter::API_CALL, Meter::APPOINTMENT, Meter::SMS];

    const fn built_in(key: &'static str) -> Meter {
        let (source, mut bytes) = (key.as_bytes(), [0; KEY_LENGTH]);
        let mut at = 0;
        while at < source.len() {
            bytes[at] = source[at];
            at += 1;
        }
        Meter { bytes, length: source.len() as u8 }
    }

    /// Reads a key; `None` where it is not well-formed or reserved.
    pub fn parse(key: &str) -> Option<Meter> {
        let source = key.as_bytes();
        let letters = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
        let well_formed = source.first().is_some_and(u8::is_ascii_lowercase) && source.iter().all(letters);
        if !well_formed || source.len() > KEY_LENGTH || RESERVED.contains(&key) {
            return None;
        }
        let mut bytes = [0; KEY_LENGTH];
        bytes[..source.len()].copy_from_slice(source);
        Some(Meter { bytes, length: u8::try_from(source.len()).ok()? })
    }

    /// The stored and public form.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Meter({self})")
    }
}

impl From<Meter> for String {
    fn from(meter: Meter) -> String {
        meter.as_str().to_owned()
    }
}

impl TryFrom<String> for Meter {
    type Error = &'static str;
    fn try_from(key: String) -> Result<Meter, &'static str> {
        Meter::parse(&key).ok_or("not a meter")
    }
}

/// How a meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds of conversation; prices are per minute.
    Second,
    /// Pieces; prices are per piece.
    Piece,
}

text_enum!(Unit { Second = "second", Piece = "piece" });

/// A meter as an admin describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterInfo {
    /// Its key.
    pub meter: Meter,
    /// How it counts.
    pub unit: Unit,
    /// What German readers call it.
    pub name_de: String,
    /// What English readers call it.
    pub name_en: String,
    /// The increment that new prices begin with.
    pub increment: Increment,
    /// Its place in lists, from 1.
    pub position: i64,
    /// False where no further usage is taken; what was charged stays.
    pub active: bool,
}

/// The first and every further step in which seconds are billed (Taktung): 60/60, 60/1, 30/6, 1/1. Pieces are billed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increment {
    /// Seconds billed at least, once a call is answered.
    pub first: u32,
    /// Seconds of each further step.
    pub next: u32,
}

impl Increment {
    /// Whole minutes, the default.
    pub const MINUTES: Increment = Increment { first: 60, next: 60 };
    /// One by one: what pieces have, and calls billed by the second.
    pub const SINGLE: Increment = Increment { first: 1, next: 1 };
    /// Seconds of a step at most.
    pub const MAX: u32 = 3_600;

    /// Whether both steps are between one second and an hour.
    pub fn is_valid(self) -> bool {
        (1..=Increment::MAX).contains(&self.first) && (1..=Increment::MAX).contains(&self.next)
    }

    /// Seconds billed for `seconds` of conversation. An unanswered call (0 s) is free.
    pub fn billed_seconds(self, seconds: u32) -> u64 {
        let (first, next) = (u64::from(self.first.max(1)), u64::from(self.next.max(1)));
        match u64::from(seconds) {
            0 => 0,
            s if s <= first => first,
            s => first + (s - first).div_ceil(next) * next,
        }
    }

    /// Whether this increment bills at least as many seconds as `other`, however long a conversation is: every duration on which it
    /// ends has to be one on which `other` ends as well.
    pub fn covers(self, other: Increment) -> bool {
        let (other_first, other_next) = (other.first.max(1), other.next.max(1));
        self.first >= other_first
            && (self.first - other_first).is_multiple_of(other_next)
            && self.next.max(1).is_multiple_of(other_next)
    }
}

/// What was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Seconds of conversation; the price is per minute.
    Seconds(u32),
    /// A number of pieces.
    Pieces(u32),
}

impl Usage {
    /// How it is counted.
    pub const fn unit(self) -> Unit {
        match self {
            Usage::Seconds(_) => Unit::Second,
            Usage::Pieces(_) => Unit::Piece,
        }
    }

    /// So many units of a meter.
    pub const fn of(unit: Unit, count: u32) -> Usage {
        match unit {
            Unit::Second => Usage::Seconds(count),
            Unit::Piece => Usage::Pieces(count),
        }
    }

    /// Seconds or pieces, before increments.
    pub const fn count(self) -> u32 {
        match self {
            Usage::Seconds(count) | Usage::Pieces(count) => count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_short_plain_and_no_kind_of_transfer() {
        for key in ["call", "api_call", "a", "x9_", "a234567890123456789012345678901"] {
            assert_eq!(Meter::parse(key).expect(key).as_str(), key);
        }
        let bad = ["", "Call", "9call", "_x", "a-b", "ä", "a b", "a\0", "a2345678901234567890123456789012"];
        for key in bad.iter().chain(&RESERVED) {
            assert_eq!(Meter::parse(key), None, "{key}");
        }
        assert_eq!(Meter::BUILT_IN.map(|meter| Meter::parse(meter.as_str())), Meter::BUILT_IN.map(Some));
        assert!(Meter::API_CALL < Meter::CALL && Meter::CALL < Meter::parse("call_").expect("a key"));
        let json = serde_json::to_string(&Meter::SMS).expect("JSON");
        assert_eq!(json, "\"sms\"");
        assert_eq!(serde_json::from_str::<Meter>(&json).ok(), Some(Meter::SMS));
    }

    #[test]
    fn every_transfer_kind_is_reserved() {
        for kind in crate::domain::ledger::TransferKind::ALL {
            assert!(RESERVED.contains(&kind.as_str()), "{kind}");
        }
    }

    #[test]
    fn increments_round_up_and_silence_is_free() {
        let billed = |first, next, s| Increment { first, next }.billed_seconds(s);
        assert_eq!((billed(60, 60, 0), billed(60, 60, 1), billed(60, 60, 61)), (0, 60, 120));
        assert_eq!((billed(60, 1, 59), billed(60, 1, 61), billed(30, 6, 31)), (60, 61, 36));
        assert_eq!((billed(1, 1, 17), billed(60, 60, u32::MAX)), (17, 4_294_967_340));
    }

    proptest! {
        #[test]
        fn no_key_panics(key in ".{0,40}") {
            if let Some(meter) = Meter::parse(&key) {
                prop_assert_eq!(meter.as_str(), key);
            }
        }

        #[test]
        fn billed_seconds_are_the_next_step(first in 1u32..100, next in 1u32..100, seconds in 1u32..100_000) {
            let billed = Increment { first, next }.billed_seconds(seconds);
            prop_assert!(billed >= u64::from(seconds) && billed >= u64::from(first));
            prop_assert_eq!((billed - u64::from(first)) % u64::from(next), 0);
            let is_smallest = billed == u64::from(first) || billed - u64::from(next) < u64::from(seconds);
            prop_assert!(is_smallest);
        }

        #[test]
        fn a_coarser_increment_covers_a_finer_one_at_every_duration(
            first in 1u32..70, next in 1u32..70, other_first in 1u32..70, other_next in 1u32..70,
        ) {
            let (own, other) = (Increment { first, next }, Increment { first: other_first, next: other_next });
            // After the longer first step both repeat with the product of their steps.
            let covers = (1..=70 + next * other_next).all(|s| own.billed_seconds(s) >= other.billed_seconds(s));
            prop_assert_eq!(own.covers(other), covers);
        }
    }
}
