//! `POST /billing/webhook`: Stripe's deliveries. Verified over the raw bytes, stored, answered; everything else happens later.

use crate::app::App;
use crate::billing::webhooks::{self, Receipt};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

/// 200 when it is stored, 400 when it is not signed by Stripe, 500 when Stripe shall send it again.
pub async fn receive(State(app): State<App>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match webhooks::receive(&app, &body, signature).await {
        Ok(Receipt::Accepted) => StatusCode::OK,
        Ok(Receipt::Refused(reason)) => {
            tracing::warn!(%reason, "a webhook was refused");
            StatusCode::BAD_REQUEST
        }
        Err(error) => {
            tracing::error!(%error, "a webhook could not be stored");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
