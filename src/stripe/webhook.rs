//! Webhooks as they arrive: the signature over the raw bytes, and an envelope that tolerates every API version.
//!
//! The object inside is never trusted for amounts or states; it only says which object to fetch anew.
//! Source: Stripe, "Verify webhook signatures manually" (scheme `v1`, HMAC-SHA256 over `t.body`).

use crate::domain::clock::Ts;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No header, or none that can be read.
    #[error("no readable signature header")]
    Malformed,
    /// The time is further away than the tolerance.
    #[error("signature is too old or from the future")]
    Stale,
    /// No secret made any of the signatures.
    #[error("signature does not match")]
    Mismatch,
}

/// Verifies a `Stripe-Signature` header over the raw `body` with any of `secrets`.
///
/// # Errors
/// [`SignatureError`]; the delivery must be answered 400 then.
pub fn verify(
    body: &[u8],
    header: &str,
    secrets: &[String],
    now: Ts,
    tolerance: Duration,
) -> Result<(), SignatureError> {
    let mut time = None;
    let mut signatures = vec![];
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = value.parse::<i64>().ok(),
            Some(("v1", value)) => signatures.push(value),
            _ => {} // other schemes exist for tests and downgrade nothing
        }
    }
    let time = time.ok_or(SignatureError::Malformed)?;
    if signatures.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
    if now.seconds().abs_diff(time) > tolerance.unsigned_abs() {
        return Err(SignatureError::Stale);
    }
    let genuine = secrets.iter().any(|secret| {
        let expected = sign(secret, time, body);
        // Every candidate is compared in constant time; `fold` instead of `any` looks at all of them.
        signatures
            .iter()
            .fold(false, |found, given| found | bool::from(expected.as_bytes().ct_eq(given.as_bytes())))
    });
    if genuine { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// The `v1` signature of `body` at `time` (seconds), in lower-case hex.
pub fn sign(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an event says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `evt_…`.
    pub id: String,
    /// Event type.
    pub kind: String,
    /// When it was made at Stripe.
    pub created: Ts,
    /// Real money or test money.
    pub livemode: bool,
    /// A connected account, which is not ours to book.
    pub account: Option<String>,
    /// Id of the object.
    pub object_id: Option<String>,
    /// Its payment intent, or itself when it is one.
    pub payment_intent: Option<String>,
}

#[derive(Deserialize)]
struct RawEvent {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    created: serde_json::Value,
    #[serde(default)]
    livemode: bool,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    data: RawData,
}

#[derive(Deserialize, Default)]
struct RawData {
    #[serde(default)]
    object: RawObject,
}

#[derive(Deserialize, Default)]
struct RawObject {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    payment_intent: Option<serde_json::Value>,
}

/// Reads the envelope of a classic event of any API version; `None` for anything else, such as thin v2 events.
pub fn read_envelope(body: &[u8]) -> Option<Envelope> {
    let raw: RawEvent = serde_json::from_slice(body).ok()?;
    if raw.object != "event" || raw.id.is_empty() || raw.id.len() > 255 {
        return None;
    }
    let object = raw.data.object;
    // An expanded payment intent is an object with an id; a plain one is the id itself.
    let named =
        object.payment_intent.as_ref().and_then(|value| value.as_str().or_else(|| value["id"].as_str()));
    let payment_intent = match object.object.as_deref() {
        Some("payment_intent") => object.id.clone(),
        _ => named.map(str::to_owned),
    };
    Some(Envelope {
        id: raw.id,
        kind: raw.kind,
        created: Ts::from_seconds(raw.created.as_i64().unwrap_or(0)),
        livemode: raw.livemode,
        account: raw.account,
        object_id: object.id,
        payment_intent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Ts = Ts::from_seconds(1_800_000_000);
    const FIVE_MINUTES: Duration = Duration::from_secs(300);

    fn header(secret: &str, time: i64, body: &[u8]) -> String {
        format!("t={time},v1={}", sign(secret, time, body))
    }

    #[test]
    fn any_of_our_secrets_and_any_signature_will_do() {
        let (body, secrets) = (b"{}".as_slice(), vec!["whsec_new".to_owned(), "whsec_old".to_owned()]);
        for secret in &secrets {
            assert_eq!(
                verify(body, &header(secret, NOW.seconds(), body), &secrets, NOW, FIVE_MINUTES),
                Ok(())
            );
        }
        let rolled = format!("t={},v0=aa,v1=00,v1={}", NOW.seconds(), sign("whsec_old", NOW.seconds(), body));
        assert_eq!(verify(body, &rolled, &secrets, NOW, FIVE_MINUTES), Ok(()));
    }

    #[test]
    fn forged_stale_and_unreadable_deliveries_are_refused() {
        let (body, secrets) = (b"{\"a\":1}".as_slice(), vec!["whsec_1".to_owned()]);
        let check = |header: &str, body: &[u8]| verify(body, header, &secrets, NOW, FIVE_MINUTES);
        let good = header("whsec_1", NOW.seconds(), body);
        assert_eq!(check(&good, b"{\"a\":2}"), Err(SignatureError::Mismatch));
        assert_eq!(check(&header("whsec_2", NOW.seconds(), body), body), Err(SignatureError::Mismatch));
        for offset in [-301, 301] {
            assert_eq!(
                check(&header("whsec_1", NOW.seconds() + offset, body), body),
                Err(SignatureError::Stale)
            );
        }
        for header in ["", "t=1", "v1=aa", "t=x,v1=aa", "nonsense"] {
            assert_eq!(check(header, body), Err(SignatureError::Malformed), "{header}");
        }
        assert_eq!(verify(body, &good, &[], NOW, FIVE_MINUTES), Err(SignatureError::Mismatch));
    }

    #[test]
    fn the_envelope_survives_other_api_versions() {
        let body = br#"{"id":"evt_1","object":"event","api_version":"2020-08-27","created":1700000000,"livemode":false,"brand_new":{},
            "type":"charge.refunded","data":{"object":{"id":"ch_1","object":"charge","payment_intent":{"id":"pi_1"},"odd":[1]}}}"#;
        let envelope = read_envelope(body).expect("a classic event");
        assert_eq!(envelope.payment_intent.as_deref(), Some("pi_1"));
        assert_eq!(envelope.object_id.as_deref(), Some("ch_1"));
        assert_eq!(read_envelope(br#"{"id":"evt_2","object":"v2.core.event","type":"x"}"#), None);
        assert_eq!(read_envelope(b"\xff\x00"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200), header in ".{0,80}") {
            let _ = read_envelope(&body);
            let _ = verify(&body, &header, &["whsec_1".to_owned()], NOW, FIVE_MINUTES);
        }
    }
}
