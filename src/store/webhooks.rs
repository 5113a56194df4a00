//! The inbox of Stripe's webhooks: stored first, worked off later, kept for good.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use std::time::Duration;

row! {
    /// A stored event without its body.
    pub struct WebhookEvent {
        /// Stripe's id, `evt_…`.
        pub id: String,
        /// `checkout.session.completed` and so on; named `kind` because `type` is a word of Rust.
        pub kind: String,
        /// The object it is about.
        pub object_id: Option<String>,
        /// The payment intent it is about.
        pub payment_intent: Option<String>,
        /// The connected account, if Stripe names one.
        pub account: Option<String>,
        /// Real money or test money.
        pub livemode: bool,
        /// When it first arrived.
        pub received_at: Ts,
        /// `received`, `done`, `ignored`, `attention` or `failed`.
        pub status: String,
        /// How often it was tried.
        pub attempts: i64,
        /// What came of it.
        pub note: Option<String>,
        /// Whose money it is about, once known.
        pub customer_id: Option<TenantId>,
    }
    /// The state of the inbox, for health checks.
    pub struct Inbox {
        /// Events not worked off.
        pub waiting: i64,
        /// When the oldest of them arrived.
        pub oldest_waiting_at: Option<Ts>,
        /// When anything last arrived.
        pub last_received_at: Option<Ts>,
        /// Events that failed for good.
        pub failed: i64,
        /// Events that need a person.
        pub attention: i64,
    }
    struct Inserted { deliveries: i64 }
    struct Refusals { n: i64 }
}

/// What arrived.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// `evt_…`.
    pub id: String,
    /// Event type.
    pub kind: String,
    /// The object's id.
    pub object_id: Option<String>,
    /// The payment intent the object names.
    pub payment_intent: Option<String>,
    /// The connected account.
    pub account: Option<String>,
    /// Real money or test money.
    pub livemode: bool,
    /// Stripe's time of the event.
    pub created_at: Ts,
    /// The raw body, byte for byte.
    pub body: Vec<u8>,
}

/// Stores an event; true when it is new. A repeated delivery is only counted.
///
/// # Errors
/// Failures of the engine; Stripe must then be told to send it again.
pub async fn store(tx: &mut Tx, event: NewEvent, now: Ts) -> Result<bool> {
    let stored = tx
        .q("INSERT INTO webhook_events (id, type, object_id, payment_intent, account, livemode, created_at, received_at, deliveries, body, \
            status, attempts, next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 'received', 0, $8) \
            ON CONFLICT (id) DO UPDATE SET deliveries = webhook_events.deliveries + 1 RETURNING deliveries")
        .bind(event.id)
        .bind(event.kind)
        .bind(event.object_id)
        .bind(event.payment_intent)
        .bind(event.account)
        .bind(event.livemode)
        .bind(event.created_at)
        .bind(now)
        .bind(event.body)
        .one::<Inserted>()
        .await?;
    Ok(stored.deliveries == 1)
}

const CLAIM: Sql = Sql {
    lite: "UPDATE webhook_events SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (SELECT id FROM webhook_events \
           WHERE status = 'received' AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3) \
           RETURNING id, type AS kind, object_id, payment_intent, account, livemode, received_at, status, attempts, note, customer_id",
    pg: "UPDATE webhook_events SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (SELECT id FROM webhook_events \
         WHERE status = 'received' AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
         RETURNING id, type AS kind, object_id, payment_intent, account, livemode, received_at, status, attempts, note, customer_id",
};

/// Takes up to `limit` due events for `lease`; after it they are due again, should the worker die.
///
/// # Errors
/// Failures of the engine.
pub async fn claim(tx: &mut Tx, now: Ts, lease: Duration, limit: i64) -> Result<Vec<WebhookEvent>> {
    tx.q(CLAIM).bind(now).bind(now.plus(lease)).bind(limit).all().await
}

/// Writes what came of an event, in the same transaction as its booking.
///
/// # Errors
/// Failures of the engine.
pub async fn finish(
    tx: &mut Tx,
    id: &str,
    status: &str,
    note: &str,
    customer: Option<TenantId>,
    now: Ts,
) -> Result<()> {
    tx.q(
        "UPDATE webhook_events SET status = $2, note = $3, customer_id = $4, finished_at = $5 WHERE id = $1 AND status = 'received'",
    )
    .bind(id.to_owned())
    .bind(status.to_owned())
    .bind(note.to_owned())
    .bind(customer)
    .bind(now)
    .exec()
    .await?;
    Ok(())
}

/// Puts an event back for a later attempt.
///
/// # Errors
/// Failures of the engine.
pub async fn postpone(tx: &mut Tx, id: &str, note: &str, until: Ts) -> Result<()> {
    tx.q("UPDATE webhook_events SET note = $2, next_attempt_at = $3 WHERE id = $1 AND status = 'received'")
        .bind(id.to_owned())
        .bind(note.to_owned())
        .bind(until)
        .exec()
        .await?;
    Ok(())
}

/// Events that need a person, newest first. Only the platform reads them.
///
/// # Errors
/// Failures of the engine.
pub async fn list_attention(db: &Db, limit: i64) -> Result<Vec<WebhookEvent>> {
    db.q("SELECT id, type AS kind, object_id, payment_intent, account, livemode, received_at, status, attempts, note, customer_id \
          FROM webhook_events WHERE status IN ('attention', 'failed') ORDER BY received_at DESC LIMIT $1")
        .bind(limit)
        .all()
        .await
}

/// Counts what waits and what failed.
///
/// # Errors
/// Failures of the engine.
pub async fn inbox(db: &Db) -> Result<Inbox> {
    db.q("SELECT (SELECT COUNT(*) FROM webhook_events WHERE status = 'received') AS waiting, \
          (SELECT MIN(received_at) FROM webhook_events WHERE status = 'received') AS oldest_waiting_at, \
          (SELECT MAX(received_at) FROM webhook_events) AS last_received_at, \
          (SELECT COUNT(*) FROM webhook_events WHERE status = 'failed') AS failed, \
          (SELECT COUNT(*) FROM webhook_events WHERE status = 'attention') AS attention")
        .one()
        .await
}

/// Adds deliveries that were refused, in the present hour.
///
/// # Errors
/// Failures of the engine.
pub async fn count_refusals(tx: &mut Tx, refusals: i64, now: Ts) -> Result<()> {
    let hour = Ts(now.0 - now.0.rem_euclid(3_600_000_000));
    tx.q("INSERT INTO webhook_refusals (hour, refusals) VALUES ($1, $2) \
          ON CONFLICT (hour) DO UPDATE SET refusals = webhook_refusals.refusals + excluded.refusals")
        .bind(hour)
        .bind(refusals)
        .exec()
        .await?;
    Ok(())
}

/// Refused deliveries since an instant.
///
/// # Errors
/// Failures of the engine.
pub async fn refusals_since(db: &Db, since: Ts) -> Result<i64> {
    let count = db
        .q("SELECT CAST(COALESCE(SUM(refusals), 0) AS BIGINT) AS n FROM webhook_refusals WHERE hour >= $1")
        .bind(since)
        .one::<Refusals>()
        .await?;
    Ok(count.n)
}
