//! Identifiers: UUIDv7 inside, a prefixed base-32 text outside (`cus_01k9…`), one type per noun.

use crate::domain::clock::Ts;
use std::fmt;
use uuid::Uuid;

/// Crockford's alphabet in lower case: sorts like the bytes and has no letters to confuse.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new time-ordered id. Random bits come from the operating system's generator.
pub fn new_uuid(now: Ts) -> Uuid {
    let micros = u64::try_from(now.0).unwrap_or(0);
    let (seconds, nanos) = (micros / 1_000_000, (micros % 1_000_000) * 1_000);
    let nanos = u32::try_from(nanos).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

/// The smallest id of an instant: every id made then or later is at least this, every earlier one is less.
pub fn first_uuid_of(at: Ts) -> Uuid {
    let millis = u128::try_from(at.0.div_euclid(1_000)).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

fn encode(prefix: &str, id: Uuid) -> String {
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    let value = id.as_u128();
    for place in (0..26).rev() {
        let digit = (value >> (place * 5)) & 31;
        text.push(char::from(ALPHABET[digit as usize]));
    }
    text
}

fn decode(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
        return None;
    }
    let mut value: u128 = 0;
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, ordered by `now`.
            pub fn new(now: Ts) -> $name { $name(new_uuid(now)) }
            /// Reads the public form; `None` for anything that was not made by [`fmt::Display`].
            pub fn parse(text: &str) -> Option<$name> { decode($prefix, text).map($name) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&encode($prefix, self.0)) }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String { id.to_string() }
        }
        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<$name, &'static str> { $name::parse(&text).ok_or("not an id") }
        }
    )*};
}

ids! {
    /// A tenant: the platform, a reseller or a customer.
    TenantId "ten";
    /// A person who signs in.
    PersonId "per";
    /// A ledger account.
    AccountId "acc";
    /// A ledger transfer.
    TransferId "trf";
    /// A top-up.
    TopUpId "top";
    /// A threshold that a balance crossed.
    AlertId "alr";
    /// A price list.
    PriceListId "prl";
    /// A version of a price.
    PriceId "pri";
    /// What was agreed with a reseller from a date on.
    TermsId "trm";
    /// A reservation.
    HoldId "hld";
    /// An entry of the log of changes.
    AuditId "aud";
    /// A mail in the outbox.
    MailId "mai";
    /// Where somebody wants to hear of events.
    EndpointId "wep";
    /// One event on its way to one endpoint.
    DeliveryId "evt";
    /// A key of the API (its name, not its secret).
    ApiKeyId "key";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_foreign_prefix_or_alphabet_is_no_id() {
        let id = TopUpId::new(Ts::from_seconds(1_800_000_000));
        assert_eq!(TopUpId::parse(&id.to_string()), Some(id));
        assert_eq!(TransferId::parse(&id.to_string()), None);
        for text in ["", "top_", "top_zzzzzzzzzzzzzzzzzzzzzzzzzz", "top_0000000000000000000000000u", "top_ä"]
        {
            assert_eq!(TopUpId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_public_form_comes_back_and_sorts_like_the_id(a: u128, b: u128) {
            let (a, b) = (TransferId(Uuid::from_u128(a)), TransferId(Uuid::from_u128(b)));
            prop_assert_eq!(TransferId::parse(&a.to_string()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
        #[test]
        fn an_instant_divides_the_ids(before in 1i64..1_000_000_000, after in 0i64..1_000_000_000) {
            let border = Ts::from_seconds(1_800_000_000);
            let first = first_uuid_of(border);
            prop_assert!(new_uuid(Ts(border.0 - before)) < first);
            prop_assert!(new_uuid(Ts(border.0 + after)) >= first);
        }
        #[test]
        fn no_text_panics(text in ".{0,40}") { let _ = TopUpId::parse(&text); }
    }
}
