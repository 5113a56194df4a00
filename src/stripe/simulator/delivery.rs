//! Sending webhooks: Stripe's signature over the raw body, a fresh timestamp per attempt, and retries over three days of the clock.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use sha2::Sha256;

use super::parcels::Parcel;
use super::refusal::ApiError;
use super::store::{Origin, letters};
use super::{Inner, endpoints, later};

/// How long an endpoint may take to answer (real time).
const TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds from one attempt to the next; after them every twelve hours.
const BACKOFF: [i64; 6] = [60, 300, 1_800, 7_200, 18_000, 36_000];
const LAST_BACKOFF: i64 = 43_200;
/// No attempt later than this after the first.
const GIVE_UP: i64 = 72 * 3_600;

pub(super) type Client = hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>;

/// A client that opens a connection per attempt, as an endpoint may restart between two.
pub(super) fn client() -> Client {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http()
}

/// Does what is due and attempts every due delivery in its order; gives the number of attempts.
pub(super) async fn deliver_due(sim: &Arc<Inner>) -> usize {
    let mut attempted = 0;
    loop {
        if let Err(error) = later::run_due(sim).await {
            tracing::error!(message = error.message, "the simulator could not do what was due");
        }
        match claim(sim).await {
            Ok(parcels) if parcels.is_empty() => return attempted,
            Ok(parcels) => {
                attempted += parcels.len();
                join_all(parcels.iter().map(|parcel| attempt(sim, parcel))).await;
            }
            Err(_) => return attempted,
        }
    }
}

async fn claim(sim: &Arc<Inner>) -> Result<Vec<Parcel>, ApiError> {
    let mut tx = sim.begin(Origin::default()).await?;
    let parcels = tx.claim(tx.now).await?;
    tx.commit().await?;
    Ok(parcels)
}

/// One attempt and its record.
async fn attempt(sim: &Arc<Inner>, parcel: &Parcel) {
    let outcome = match load(sim, parcel).await {
        Ok(letter) => match tokio::time::timeout(TIMEOUT, send(&sim.client, letter)).await {
            Ok(outcome) => outcome,
            Err(_) => Err("timeout".to_owned()),
        },
        Err(error) => Err(error.message.clone()),
    };
    let next = next_attempt(parcel, sim.now());
    let recorded = async {
        let mut tx = sim.begin(Origin::default()).await?;
        tx.record(parcel, &outcome, next).await?;
        tx.commit().await
    };
    if let Err(error) = recorded.await {
        tracing::error!(
            message = error.message,
            event = parcel.event,
            "the simulator could not record a delivery"
        );
    }
    sim.attempts.send_modify(|count| *count += 1);
}

/// When to try again after a failed attempt; none when three days are over.
fn next_attempt(parcel: &Parcel, now: i64) -> Option<i64> {
    let pause = usize::try_from(parcel.attempts)
        .ok()
        .and_then(|made| BACKOFF.get(made))
        .copied()
        .unwrap_or(LAST_BACKOFF);
    let next = now.saturating_add(pause);
    (next.saturating_sub(parcel.first) <= GIVE_UP).then_some(next)
}

struct Letter {
    url: String,
    signature: String,
    body: String,
}

async fn load(sim: &Arc<Inner>, parcel: &Parcel) -> Result<Letter, ApiError> {
    let mut tx = sim.begin(Origin::default()).await?;
    let endpoint = tx.get("webhook_endpoint", &parcel.endpoint, "id").await?;
    let secrets = endpoints::secrets(&mut tx, &parcel.endpoint).await?;
    let body = match &parcel.body {
        Some(body) => body.clone(),
        None => serde_json::to_string_pretty(&tx.get("event", &parcel.event, "id").await?)?,
    };
    let twist = parcel.twist.as_deref().filter(|_| parcel.attempts == 0);
    let body = if twist == Some("broken_payload") { half(&body).to_owned() } else { body };
    let unknown = format!("whsec_{}", letters(&format!("unknown/{}", parcel.id), 32));
    let (at, keys) = match twist {
        Some("wrong_secret") => (tx.now, vec![unknown]),
        Some("old_secret") => (tx.now, vec![secrets.previous.unwrap_or(unknown)]),
        Some("both_secrets") => (tx.now, [vec![unknown], secrets.valid].concat()),
        Some("stale_timestamp") => (tx.now - 600, secrets.valid),
        Some("future_timestamp") => (tx.now + 600, secrets.valid),
        _ => (tx.now, secrets.valid),
    };
    Ok(Letter {
        url: endpoint["url"].as_str().unwrap_or_default().to_owned(),
        signature: signature(at, &body, &keys),
        body,
    })
}

fn half(text: &str) -> &str {
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..middle]
}

/// The `Stripe-Signature` header: one `v1` per secret and, as in Stripe's test mode, a `v0` that nobody may trust.
pub(super) fn signature(at: i64, body: &str, secrets: &[String]) -> String {
    let mut header = format!("t={at}");
    for secret in secrets {
        let _ = write!(header, ",v1={}", mac(secret, at, body));
    }
    let _ = write!(header, ",v0={}", mac("v0", at, body));
    header
}

fn mac(secret: &str, at: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

async fn send(client: &Client, letter: Letter) -> Result<u16, String> {
    let request = hyper::Request::post(letter.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", letter.signature)
        .body(Full::new(Bytes::from(letter.body)))
        .map_err(|error| error.to_string())?;
    let response = client.request(request).await.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    // The answer's body says nothing to Stripe; it is read so that the endpoint can finish.
    let _ = Limited::new(response.into_body(), 65_536).collect().await;
    Ok(status)
}

/// An event in the shape of API version 2020-08-27, for the fault of that name: fields that came later are missing.
pub(super) fn old_shape(event: &Value) -> Value {
    let mut old = event.clone();
    old["api_version"] = Value::from("2020-08-27");
    if let Some(object) = old["data"]["object"].as_object_mut() {
        let later = [
            "custom_fields",
            "custom_text",
            "automatic_tax",
            "status",
            "latest_charge",
            "balance_type",
            "shipping_options",
            "ui_mode",
        ];
        object.retain(|key, _| !later.contains(&key.as_str()));
    }
    old
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_follow_the_schedule_and_end_after_three_days() {
        let mut parcel = Parcel {
            id: 1,
            event: String::new(),
            endpoint: String::new(),
            first: 0,
            attempts: 0,
            twist: None,
            body: None,
        };
        let mut at = 0;
        let mut pauses = Vec::new();
        while let Some(next) = next_attempt(&parcel, at) {
            pauses.push(next - at);
            at = next;
            parcel.attempts += 1;
        }
        assert_eq!(pauses[..7], [60, 300, 1_800, 7_200, 18_000, 36_000, 43_200]);
        assert!(at <= GIVE_UP && at > GIVE_UP - LAST_BACKOFF);
    }

    #[test]
    fn the_signature_is_stripes() {
        // HMAC-SHA256 over "t.body"; the expected value is OpenSSL's.
        let header = signature(1_700_000_000, "{}", &["whsec_test".to_owned()]);
        assert!(
            header.starts_with(
                "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91,v0="
            ),
            "{header}"
        );
    }
}
