//! Endpoints that hear of events, and the deliveries to them: written with what they tell of, sent afterwards.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::endpoint::{AttemptError, DeliveryStatus, DisabledReason, SigningSecret};
use crate::domain::id::{DeliveryId, EndpointId, PersonId, TenantId};
use crate::domain::party::Scope;
use std::time::Duration;

row! {
    /// Where somebody wants to hear of events.
    pub struct Endpoint {
        /// Its id.
        pub id: EndpointId,
        /// The platform or a reseller.
        pub owner_id: TenantId,
        /// Its address.
        pub url: String,
        /// What it is for, in its owner's words.
        pub description: String,
        /// Types of events, with a space between them.
        pub events: String,
        /// Signs deliveries.
        pub secret: SigningSecret,
        /// When it was made.
        pub secret_made_at: Ts,
        /// The secret before.
        pub previous_secret: Option<SigningSecret>,
        /// Until when that one signs as well.
        pub previous_until_at: Option<Ts>,
        /// Whether anything is sent.
        pub active: bool,
        /// Since when every attempt has failed.
        pub failing_since_at: Option<Ts>,
        /// When it was switched off.
        pub disabled_at: Option<Ts>,
        /// Why.
        pub disabled_reason: Option<DisabledReason>,
        /// When it was created.
        pub created_at: Ts,
    }
    /// An endpoint with its owner, as far as it must be known to tell it something.
    pub struct Subscriber {
        /// The endpoint.
        pub id: EndpointId,
        /// Its owner.
        pub owner_id: TenantId,
        /// Types of events, with a space between them.
        pub events: String,
    }
    /// One event on its way to one endpoint.
    pub struct Delivery {
        /// Its id, the same at every attempt.
        pub id: DeliveryId,
        /// The endpoint.
        pub endpoint_id: EndpointId,
        /// The type of its event.
        pub event_type: String,
        /// JSON, byte for byte as it is signed.
        pub body: String,
        /// Where it stands.
        pub status: DeliveryStatus,
        /// Attempts made or begun.
        pub attempts: i64,
        /// When the next one is due.
        pub next_attempt_at: Ts,
        /// When the last one was over.
        pub last_attempt_at: Option<Ts>,
        /// The status it was answered with.
        pub last_status: Option<i64>,
        /// Why it failed.
        pub last_error: Option<AttemptError>,
        /// The beginning of the answer.
        pub last_answer: Option<String>,
        /// When the event happened.
        pub created_at: Ts,
        /// When it was delivered.
        pub delivered_at: Option<Ts>,
    }
    struct Since { failing_since_at: Ts }
    struct Found { found: i64 }
}

/// Writes an endpoint; false when there is one with this id already.
///
/// # Errors
/// Failures of the engine.
pub async fn create(tx: &mut Tx, endpoint: &Endpoint, by: PersonId) -> Result<bool> {
    let made = tx
        .q("INSERT INTO endpoints (id, owner_id, url, description, events, secret, secret_made_at, active, created_by, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING")
        .bind(endpoint.id)
        .bind(endpoint.owner_id)
        .bind(endpoint.url.clone())
        .bind(endpoint.description.clone())
        .bind(endpoint.events.clone())
        .bind(endpoint.secret.clone())
        .bind(endpoint.secret_made_at)
        .bind(endpoint.active)
        .bind(by)
        .bind(endpoint.created_at)
        .exec()
        .await?;
    Ok(made == 1)
}

/// The endpoints of one owner, oldest first.
///
/// # Errors
/// Failures of the engine. Empty outside the scope.
pub async fn list(db: &Db, scope: Scope, owner: TenantId, limit: i64) -> Result<Vec<Endpoint>> {
    db.q("SELECT * FROM endpoints WHERE owner_id = $1 AND ($2 IS NULL OR owner_id = $2) AND ($3 IS NULL OR owner_id = $3) \
          ORDER BY created_at, id LIMIT $4")
        .bind(owner)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// One endpoint.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find(db: &Db, scope: Scope, id: EndpointId) -> Result<Option<Endpoint>> {
    db.q("SELECT * FROM endpoints WHERE id = $1 AND ($2 IS NULL OR owner_id = $2) AND ($3 IS NULL OR owner_id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// Counts the endpoints of one owner within the transaction that adds one.
///
/// # Errors
/// Failures of the engine.
pub async fn count(tx: &mut Tx, owner: TenantId) -> Result<i64> {
    let found = tx.q("SELECT COUNT(*) AS found FROM endpoints WHERE owner_id = $1").bind(owner);
    Ok(found.one::<Found>().await?.found)
}

/// Whether an id is that of an owner's endpoint, within the transaction that could not use it.
///
/// # Errors
/// Failures of the engine.
pub async fn is_owned(tx: &mut Tx, id: EndpointId, owner: TenantId) -> Result<bool> {
    let found = tx.q("SELECT COUNT(*) AS found FROM endpoints WHERE id = $1 AND owner_id = $2");
    Ok(found.bind(id).bind(owner).one::<Found>().await?.found > 0)
}

/// Changes address, description and events.
///
/// # Errors
/// Failures of the engine.
pub async fn update(tx: &mut Tx, id: EndpointId, url: &str, description: &str, events: &str) -> Result<()> {
    tx.q("UPDATE endpoints SET url = $2, description = $3, events = $4 WHERE id = $1")
        .bind(id)
        .bind(url.to_owned())
        .bind(description.to_owned())
        .bind(events.to_owned())
        .exec()
        .await?;
    Ok(())
}

/// Switches an endpoint on again, with a clean record.
///
/// # Errors
/// Failures of the engine.
pub async fn enable(tx: &mut Tx, id: EndpointId) -> Result<()> {
    tx.q("UPDATE endpoints SET active = TRUE, failing_since_at = NULL, disabled_at = NULL, disabled_reason = NULL \
          WHERE id = $1 AND NOT active")
        .bind(id)
        .exec()
        .await?;
    Ok(())
}

/// Switches an endpoint off and gives up what was on its way; false when it was off already.
///
/// # Errors
/// Failures of the engine.
pub async fn disable(tx: &mut Tx, id: EndpointId, reason: DisabledReason, now: Ts) -> Result<bool> {
    let changed = tx
        .q("UPDATE endpoints SET active = FALSE, disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND active")
        .bind(id)
        .bind(now)
        .bind(reason)
        .exec()
        .await?;
    tx.q("UPDATE webhook_deliveries SET status = 'failed', last_error = $2 WHERE endpoint_id = $1 AND status = 'waiting'")
        .bind(id)
        .bind(AttemptError::Off)
        .exec()
        .await?;
    Ok(changed == 1)
}

/// Puts a new secret in the place of the one made at `seen`, which then signs as well until `until`; false when that one is no longer there.
///
/// # Errors
/// Failures of the engine.
pub async fn rotate(
    tx: &mut Tx,
    id: EndpointId,
    seen: Ts,
    secret: SigningSecret,
    now: Ts,
    until: Ts,
) -> Result<bool> {
    let changed = tx
        .q("UPDATE endpoints SET previous_secret = secret, previous_until_at = $5, secret = $3, secret_made_at = $4 \
            WHERE id = $1 AND secret_made_at = $2")
        .bind(id)
        .bind(seen)
        .bind(secret)
        .bind(now)
        .bind(until)
        .exec()
        .await?;
    Ok(changed == 1)
}

/// The endpoints that may hear of a customer sold by `seller`: the platform's and the seller's own.
///
/// # Errors
/// Failures of the engine.
pub async fn subscribers(tx: &mut Tx, seller: Option<TenantId>) -> Result<Vec<Subscriber>> {
    tx.q("SELECT e.id, e.owner_id, e.events FROM endpoints e JOIN tenants o ON o.id = e.owner_id \
          WHERE e.active AND (o.kind = 'platform' OR e.owner_id = $1) ORDER BY e.id LIMIT 1000")
        .bind(seller)
        .all()
        .await
}

/// A delivery to be written.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// To whom.
    pub endpoint: EndpointId,
    /// The endpoint's owner.
    pub owner: TenantId,
    /// Whom it is about; nobody for a test.
    pub customer: Option<TenantId>,
    /// Names the fact: an endpoint is told it once.
    pub fact: String,
    /// The type of the event.
    pub event_type: String,
    /// JSON.
    pub body: String,
}

/// Writes a delivery that is due at once; false when the endpoint has been told this fact already.
///
/// # Errors
/// Failures of the engine.
pub async fn create_delivery(tx: &mut Tx, new: NewDelivery, now: Ts) -> Result<bool> {
    let made = tx
        .q("INSERT INTO webhook_deliveries (id, endpoint_id, owner_id, customer_id, fact, event_type, body, status, attempts, next_attempt_at, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, $8) ON CONFLICT (endpoint_id, fact) DO NOTHING")
        .bind(DeliveryId::new(now))
        .bind(new.endpoint)
        .bind(new.owner)
        .bind(new.customer)
        .bind(new.fact)
        .bind(new.event_type)
        .bind(new.body)
        .bind(now)
        .exec()
        .await?;
    Ok(made == 1)
}

/// Whether anything is due; a reading, so that an idle sender does not hold up those who write.
///
/// # Errors
/// Failures of the engine.
pub async fn is_due(db: &Db, now: Ts) -> Result<bool> {
    let due = db.q("SELECT CAST(1 AS BIGINT) AS found FROM webhook_deliveries WHERE status = 'waiting' AND next_attempt_at <= $1 LIMIT 1");
    Ok(due.bind(now).opt::<Found>().await?.is_some())
}

// A few of each endpoint: one that is slow and has much to hear must not keep the others waiting.
const CLAIM: Sql = Sql {
    lite: "UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (SELECT id FROM \
           (SELECT id, next_attempt_at, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY next_attempt_at, id) AS place \
           FROM webhook_deliveries WHERE status = 'waiting' AND next_attempt_at <= $1) due WHERE place <= 4 ORDER BY next_attempt_at LIMIT $3) \
           RETURNING *",
    pg: "UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (SELECT id FROM webhook_deliveries \
         WHERE id IN (SELECT id FROM \
         (SELECT id, next_attempt_at, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY next_attempt_at, id) AS place \
         FROM webhook_deliveries WHERE status = 'waiting' AND next_attempt_at <= $1) due WHERE place <= 4 ORDER BY next_attempt_at LIMIT $3) \
         AND status = 'waiting' AND next_attempt_at <= $1 FOR UPDATE SKIP LOCKED) RETURNING *",
};

/// Takes up to `limit` due deliveries for `lease`; after it they are due again, should the sender die.
///
/// # Errors
/// Failures of the engine.
pub async fn claim(tx: &mut Tx, now: Ts, lease: Duration, limit: i64) -> Result<Vec<Delivery>> {
    tx.q(CLAIM).bind(now).bind(now.plus(lease)).bind(limit).all().await
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The status it was answered with.
    pub status: Option<i64>,
    /// Why it failed; `None` when it did not.
    pub error: Option<AttemptError>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

/// Writes that a delivery arrived, whatever else was thought of it meanwhile, and that its endpoint is well.
///
/// # Errors
/// Failures of the engine.
pub async fn mark_delivered(tx: &mut Tx, delivery: &Delivery, attempted: Attempted, now: Ts) -> Result<()> {
    tx.q("UPDATE webhook_deliveries SET status = 'delivered', delivered_at = $2, last_attempt_at = $2, last_status = $3, last_error = NULL, \
          last_answer = $4 WHERE id = $1")
        .bind(delivery.id)
        .bind(now)
        .bind(attempted.status)
        .bind(attempted.answer)
        .exec()
        .await?;
    tx.q("UPDATE endpoints SET failing_since_at = NULL WHERE id = $1 AND failing_since_at IS NOT NULL")
        .bind(delivery.endpoint_id)
        .exec()
        .await?;
    Ok(())
}

/// Writes that an attempt failed, and when the next one is due (`None`: never). Returns since when the endpoint has failed; `None` when
/// another sender has taken the delivery over meanwhile, whose word then counts.
///
/// # Errors
/// Failures of the engine.
pub async fn mark_failed(
    tx: &mut Tx,
    delivery: &Delivery,
    attempted: Attempted,
    next: Option<Ts>,
    now: Ts,
) -> Result<Option<Ts>> {
    let status = if next.is_some() { DeliveryStatus::Waiting } else { DeliveryStatus::Failed };
    let changed = tx
        .q("UPDATE webhook_deliveries SET status = $3, next_attempt_at = $4, last_attempt_at = $5, last_status = $6, last_error = $7, \
            last_answer = $8 WHERE id = $1 AND attempts = $2 AND status = 'waiting'")
        .bind(delivery.id)
        .bind(delivery.attempts)
        .bind(status)
        .bind(next.unwrap_or(now))
        .bind(now)
        .bind(attempted.status)
        .bind(attempted.error)
        .bind(attempted.answer)
        .exec()
        .await?;
    if changed == 0 {
        return Ok(None);
    }
    let since = tx
        .q("UPDATE endpoints SET failing_since_at = COALESCE(failing_since_at, $2) WHERE id = $1 RETURNING failing_since_at")
        .bind(delivery.endpoint_id)
        .bind(now)
        .one::<Since>()
        .await?;
    Ok(Some(since.failing_since_at))
}

/// Deliveries to one endpoint, newest first, older than `after`.
///
/// # Errors
/// Failures of the engine. Empty outside the scope.
pub async fn list_deliveries(
    db: &Db,
    scope: Scope,
    endpoint: EndpointId,
    after: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>> {
    db.q("SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 AND ($2 IS NULL OR id < $2) \
          AND ($3 IS NULL OR owner_id = $3) AND ($4 IS NULL OR owner_id = $4) ORDER BY id DESC LIMIT $5")
        .bind(endpoint)
        .bind(after)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// One delivery to an endpoint.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find_delivery(
    db: &Db,
    scope: Scope,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<Option<Delivery>> {
    db.q("SELECT * FROM webhook_deliveries WHERE id = $1 AND endpoint_id = $2 \
          AND ($3 IS NULL OR owner_id = $3) AND ($4 IS NULL OR owner_id = $4)")
        .bind(id)
        .bind(endpoint)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// Makes a finished delivery due again, from the first attempt on; false when there is none such in the scope.
///
/// # Errors
/// Failures of the engine.
pub async fn send_again(
    tx: &mut Tx,
    scope: Scope,
    endpoint: EndpointId,
    delivery: DeliveryId,
    now: Ts,
) -> Result<bool> {
    let changed = tx
        .q("UPDATE webhook_deliveries SET status = 'waiting', attempts = 0, next_attempt_at = $3, delivered_at = NULL \
            WHERE id = $1 AND endpoint_id = $2 AND status <> 'waiting' AND ($4 IS NULL OR owner_id = $4) AND ($5 IS NULL OR owner_id = $5)")
        .bind(delivery)
        .bind(endpoint)
        .bind(now)
        .bind(scope.reseller())
        .bind(scope.customer())
        .exec()
        .await?;
    Ok(changed == 1)
}

/// Removes deliveries from before `before` that are finished; returns their number.
///
/// # Errors
/// Failures of the engine.
pub async fn purge(tx: &mut Tx, before: Ts) -> Result<u64> {
    tx.q("DELETE FROM webhook_deliveries WHERE created_at < $1 AND status <> 'waiting'")
        .bind(before)
        .exec()
        .await
}
