//! Top-ups and their way through Stripe.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, TenantId, TopUpId, TransferId};
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::domain::topup::{Method, Status};
use std::time::Duration;

row! {
    /// A top-up.
    pub struct TopUp {
        /// Its id.
        pub id: TopUpId,
        /// Who gets the money.
        pub customer_id: TenantId,
        /// Who asked.
        pub person_id: PersonId,
        /// Running number of the customer.
        pub number: i64,
        /// The form's key: one form makes one top-up.
        pub request_key: String,
        /// Raised when Stripe must be asked with another idempotency key.
        pub attempt: i64,
        /// What is to be paid and credited.
        pub amount_cents: Cents,
        /// How.
        pub method: Method,
        /// Where it stands.
        pub status: Status,
        /// Where Stripe sends the customer back to.
        pub success_url: String,
        /// Where "back" leads.
        pub cancel_url: String,
        /// Language of Checkout and mails.
        pub language: String,
        /// Checkout Session.
        pub session_id: Option<String>,
        /// Its page.
        pub checkout_url: Option<String>,
        /// The money's identity.
        pub payment_intent: Option<String>,
        /// Stripe's reason for a failure.
        pub failure_code: Option<String>,
        /// What does not match.
        pub review_reason: Option<String>,
        /// The credit.
        pub transfer_id: Option<TransferId>,
        /// When it was asked for.
        pub created_at: Ts,
        /// When Checkout closes.
        pub expires_at: Ts,
        /// When Stripe may be asked about it again.
        pub next_check_at: Ts,
        /// Since when the bank collects.
        pub collecting_at: Option<Ts>,
        /// When it became final.
        pub finished_at: Option<Ts>,
    }
    struct Sum { total: Cents }
    struct Number { number: i64 }
    struct Locked { seq: i64 }
}

/// Serialises what one customer starts: the daily limit is checked under this lock.
const LOCK_CUSTOMER: Sql = Sql {
    lite: "SELECT seq FROM books WHERE customer_id = $1",
    pg: "SELECT seq FROM books WHERE customer_id = $1 FOR UPDATE",
};

/// Locks the customer's book.
///
/// # Errors
/// `RowNotFound` for a tenant without a book.
pub async fn lock_customer(tx: &mut Tx, customer: TenantId) -> Result<()> {
    let locked = tx.q(LOCK_CUSTOMER).bind(customer).one::<Locked>().await?;
    tracing::trace!(seq = locked.seq, "book locked");
    Ok(())
}

/// The top-up a form has made already.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_request(tx: &mut Tx, customer: TenantId, request_key: &str) -> Result<Option<TopUp>> {
    tx.q("SELECT * FROM top_ups WHERE customer_id = $1 AND request_key = $2")
        .bind(customer)
        .bind(request_key.to_owned())
        .opt()
        .await
}

/// What counts against the limit since `since`: money that came, is on its way, or may still be paid at `now`.
///
/// # Errors
/// Failures of the engine.
pub async fn sum_since(tx: &mut Tx, customer: TenantId, since: Ts, now: Ts) -> Result<Cents> {
    let sum = tx
        .q("SELECT CAST(COALESCE(SUM(amount_cents), 0) AS BIGINT) AS total FROM top_ups WHERE customer_id = $1 AND created_at >= $2 \
            AND (status IN ('collecting', 'paid', 'review') OR (status IN ('new', 'open') AND expires_at > $3))")
        .bind(customer)
        .bind(since)
        .bind(now)
        .one::<Sum>()
        .await?;
    Ok(sum.total)
}

/// The next running number of a customer; call it under [`lock_customer`].
///
/// # Errors
/// Failures of the engine.
pub async fn next_number(tx: &mut Tx, customer: TenantId) -> Result<i64> {
    let last = tx
        .q("SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) AS number FROM top_ups WHERE customer_id = $1")
        .bind(customer)
        .one::<Number>()
        .await?;
    Ok(last.number + 1)
}

/// Writes a new top-up, before Stripe hears of it.
///
/// # Errors
/// When the form has made one already.
pub async fn create(tx: &mut Tx, t: &TopUp) -> Result<()> {
    tx.q("INSERT INTO top_ups (id, customer_id, person_id, number, request_key, amount_cents, method, status, success_url, cancel_url, \
          language, created_at, expires_at, attempt, next_check_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
        .bind(t.id)
        .bind(t.customer_id)
        .bind(t.person_id)
        .bind(t.number)
        .bind(t.request_key.clone())
        .bind(t.amount_cents)
        .bind(t.method)
        .bind(t.status)
        .bind(t.success_url.clone())
        .bind(t.cancel_url.clone())
        .bind(t.language.clone())
        .bind(t.created_at)
        .bind(t.expires_at)
        .bind(t.attempt)
        .bind(t.next_check_at)
        .exec()
        .await?;
    Ok(())
}

/// Remembers the Checkout Session; the first answer wins, a repeated one is the same.
///
/// # Errors
/// Failures of the engine.
pub async fn set_session(
    tx: &mut Tx,
    id: TopUpId,
    session_id: &str,
    checkout_url: Option<&str>,
) -> Result<()> {
    tx.q("UPDATE top_ups SET session_id = $2, checkout_url = $3, status = CASE WHEN status = 'new' THEN 'open' ELSE status END \
          WHERE id = $1 AND session_id IS NULL")
        .bind(id)
        .bind(session_id.to_owned())
        .bind(checkout_url.map(str::to_owned))
        .exec()
        .await?;
    Ok(())
}

/// A top-up inside the scope.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find(db: &Db, scope: Scope, id: TopUpId) -> Result<Option<TopUp>> {
    db.q("SELECT u.* FROM top_ups u JOIN tenants t ON t.id = u.customer_id \
          WHERE u.id = $1 AND ($2 IS NULL OR t.reseller_id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// The top-up of a Checkout Session. Used by the worker, which acts for the platform.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_session(db: &Db, session_id: &str) -> Result<Option<TopUp>> {
    db.q("SELECT * FROM top_ups WHERE session_id = $1").bind(session_id.to_owned()).opt().await
}

/// The top-up a payment intent paid for. Used by the worker, which acts for the platform.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_payment_intent(db: &Db, payment_intent: &str) -> Result<Option<TopUp>> {
    db.q("SELECT * FROM top_ups WHERE payment_intent = $1").bind(payment_intent.to_owned()).opt().await
}

const LOCK: Sql =
    Sql { lite: "SELECT * FROM top_ups WHERE id = $1", pg: "SELECT * FROM top_ups WHERE id = $1 FOR UPDATE" };

/// Reads a top-up under its lock.
///
/// # Errors
/// `RowNotFound` for an unknown id.
pub async fn lock(tx: &mut Tx, id: TopUpId) -> Result<TopUp> {
    tx.q(LOCK).bind(id).one().await
}

/// Writes the state that was decided under the lock.
///
/// # Errors
/// When the payment intent belongs to another top-up.
pub async fn save(tx: &mut Tx, t: &TopUp) -> Result<()> {
    tx.q("UPDATE top_ups SET status = $2, payment_intent = $3, failure_code = $4, review_reason = $5, transfer_id = $6, collecting_at = $7, \
          finished_at = $8 WHERE id = $1")
        .bind(t.id)
        .bind(t.status)
        .bind(t.payment_intent.clone())
        .bind(t.failure_code.clone())
        .bind(t.review_reason.clone())
        .bind(t.transfer_id)
        .bind(t.collecting_at)
        .bind(t.finished_at)
        .exec()
        .await?;
    // Money on its way is part of what open pages show, though no balance moves yet.
    tx.changed(t.customer_id);
    Ok(())
}

/// The newest top-ups in a scope, at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_latest(db: &Db, scope: Scope, limit: i64) -> Result<Vec<TopUp>> {
    db.q("SELECT u.* FROM top_ups u JOIN tenants t ON t.id = u.customer_id \
          WHERE ($1 IS NULL OR t.reseller_id = $1) AND ($2 IS NULL OR t.id = $2) ORDER BY u.created_at DESC LIMIT $3")
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// Top-ups held for a person, oldest first.
///
/// # Errors
/// Failures of the engine.
pub async fn list_held(db: &Db, scope: Scope, limit: i64) -> Result<Vec<TopUp>> {
    db.q("SELECT u.* FROM top_ups u JOIN tenants t ON t.id = u.customer_id WHERE u.review_reason IS NOT NULL \
          AND ($1 IS NULL OR t.reseller_id = $1) AND ($2 IS NULL OR t.id = $2) ORDER BY u.created_at LIMIT $3")
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

const CLAIM_UNFINISHED: Sql = Sql {
    lite: "UPDATE top_ups SET next_check_at = CASE WHEN status = 'collecting' THEN $2 ELSE $3 END WHERE id IN (SELECT id FROM top_ups \
           WHERE status IN ('new', 'open', 'collecting') AND next_check_at <= $1 ORDER BY next_check_at LIMIT $4) RETURNING *",
    pg: "UPDATE top_ups SET next_check_at = CASE WHEN status = 'collecting' THEN CAST($2 AS timestamptz) ELSE CAST($3 AS timestamptz) END WHERE id IN (SELECT id FROM top_ups \
         WHERE status IN ('new', 'open', 'collecting') AND next_check_at <= $1 ORDER BY next_check_at LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING *",
};

/// How long Stripe is left alone about a top-up after it was asked.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// While a customer is at Checkout.
    pub open: Duration,
    /// While a bank collects, which takes days.
    pub collecting: Duration,
}

/// Takes unfinished top-ups that are due, so that neither another node nor the next run asks about them at once.
///
/// # Errors
/// Failures of the engine.
pub async fn claim_unfinished(tx: &mut Tx, now: Ts, pauses: Pauses, limit: i64) -> Result<Vec<TopUp>> {
    tx.q(CLAIM_UNFINISHED)
        .bind(now)
        .bind(now.plus(pauses.collecting))
        .bind(now.plus(pauses.open))
        .bind(limit)
        .all()
        .await
}

/// Takes one top-up whose time to ask has come; false when it has not, or another request was quicker.
///
/// # Errors
/// Failures of the engine.
pub async fn claim(tx: &mut Tx, id: TopUpId, now: Ts, next: Ts) -> Result<bool> {
    let rows = tx
        .q("UPDATE top_ups SET next_check_at = $3 WHERE id = $1 AND next_check_at <= $2")
        .bind(id)
        .bind(now)
        .bind(next)
        .exec()
        .await?;
    Ok(rows == 1)
}

/// Gives a top-up that Stripe has not opened a new attempt, with a new end.
///
/// # Errors
/// Failures of the engine.
pub async fn start_attempt(tx: &mut Tx, id: TopUpId, attempt: i64, expires_at: Ts) -> Result<()> {
    tx.q("UPDATE top_ups SET attempt = $2, expires_at = $3 WHERE id = $1 AND session_id IS NULL")
        .bind(id)
        .bind(attempt)
        .bind(expires_at)
        .exec()
        .await?;
    Ok(())
}

/// Open top-ups whose Checkout closed before `before` and that no event has finished: webhooks do not arrive.
///
/// # Errors
/// Failures of the engine.
pub async fn count_overdue(db: &Db, before: Ts) -> Result<i64> {
    row! { struct Overdue { n: i64 } }
    let overdue = db
        .q("SELECT COUNT(*) AS n FROM top_ups WHERE status IN ('new', 'open', 'collecting') AND session_id IS NOT NULL AND collecting_at IS NULL \
            AND expires_at < $1")
        .bind(before)
        .one::<Overdue>()
        .await?;
    Ok(overdue.n)
}

/// Sum of a customer's debits that the bank is collecting ("vorgemerkt").
///
/// # Errors
/// Failures of the engine.
pub async fn sum_collecting(db: &Db, scope: Scope, customer: TenantId) -> Result<Cents> {
    let sum = db
        .q("SELECT CAST(COALESCE(SUM(u.amount_cents), 0) AS BIGINT) AS total FROM top_ups u JOIN tenants t ON t.id = u.customer_id \
            WHERE u.customer_id = $1 AND u.status = 'collecting' AND ($2 IS NULL OR t.reseller_id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(customer)
        .bind(scope.reseller())
        .bind(scope.customer())
        .one::<Sum>()
        .await?;
    Ok(sum.total)
}

/// What a person left open at Checkout.
///
/// # Errors
/// Failures of the engine.
pub async fn list_open_of(db: &Db, customer: TenantId, person: PersonId) -> Result<Vec<TopUp>> {
    db.q("SELECT * FROM top_ups WHERE customer_id = $1 AND person_id = $2 AND status = 'open' ORDER BY created_at LIMIT 20")
        .bind(customer)
        .bind(person)
        .all()
        .await
}

/// What counts against today's limit, for the hint beside the amount; the binding check happens under the lock.
///
/// # Errors
/// Failures of the engine.
pub async fn sum_today(db: &Db, scope: Scope, customer: TenantId, since: Ts, now: Ts) -> Result<Cents> {
    let sum = db
        .q("SELECT CAST(COALESCE(SUM(u.amount_cents), 0) AS BIGINT) AS total FROM top_ups u JOIN tenants t ON t.id = u.customer_id \
            WHERE u.customer_id = $1 AND u.created_at >= $2 AND (u.status IN ('collecting', 'paid', 'review') \
            OR (u.status IN ('new', 'open') AND u.expires_at > $3)) AND ($4 IS NULL OR t.reseller_id = $4) AND ($5 IS NULL OR t.id = $5)")
        .bind(customer)
        .bind(since)
        .bind(now)
        .bind(scope.reseller())
        .bind(scope.customer())
        .one::<Sum>()
        .await?;
    Ok(sum.total)
}
