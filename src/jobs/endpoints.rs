//! Sends events to endpoints: several at once, a few per endpoint.

use crate::app::App;
use crate::billing::endpoints;
use crate::store::{self, endpoints::Delivery};
use futures_util::future::join_all;
use std::time::Duration;

/// How long a sender may take for what it has claimed before another may try: all patience of one attempt, and some.
const LEASE: Duration = Duration::from_secs(60);
/// Deliveries sent at once.
const AT_ONCE: i64 = 16;

/// Sends what is due; returns the number of attempts.
///
/// # Errors
/// When deliveries cannot be claimed.
pub async fn send_due(app: &App) -> Result<usize, store::Error> {
    let mut attempts = 0;
    while store::endpoints::is_due(&app.db, app.clock.now()).await? {
        let deliveries = claim(app).await?;
        if deliveries.is_empty() {
            break;
        }
        attempts += deliveries.len();
        join_all(deliveries.iter().map(|delivery| attempt(app, delivery))).await;
    }
    Ok(attempts)
}

async fn claim(app: &App) -> Result<Vec<Delivery>, store::Error> {
    let mut tx = app.db.begin().await?;
    let deliveries = store::endpoints::claim(&mut tx, app.clock.now(), LEASE, AT_ONCE).await?;
    tx.commit().await?;
    Ok(deliveries)
}

async fn attempt(app: &App, delivery: &Delivery) {
    if let Err(error) = endpoints::attempt(app, delivery).await {
        tracing::error!(%error, delivery = %delivery.id, "an attempt could not be recorded; its lease will end");
    }
}
