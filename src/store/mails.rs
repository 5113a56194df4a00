//! The outbox: mails are written with what caused them and sent afterwards.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{MailId, TenantId};
use std::time::Duration;

row! {
    /// A mail.
    pub struct Mail {
        /// Its id.
        pub id: MailId,
        /// Address.
        pub recipient: String,
        /// Subject line.
        pub subject: String,
        /// Plain text.
        pub text_body: String,
        /// HTML.
        pub html_body: String,
        /// `waiting`, `sent` or `failed`.
        pub status: String,
        /// How often it was tried.
        pub attempts: i64,
        /// When it was written.
        pub created_at: Ts,
    }
    /// The state of the outbox, for health checks.
    pub struct Outbox {
        /// Mails not sent yet.
        pub waiting: i64,
        /// Mails given up.
        pub failed: i64,
        /// When one was last sent.
        pub last_sent_at: Option<Ts>,
    }
}

/// A mail to be written.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// The same key is written once, so nothing is announced twice.
    pub key: String,
    /// The customer it is about.
    pub customer: Option<TenantId>,
    /// Address.
    pub recipient: String,
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

/// Writes a mail, once per key.
///
/// # Errors
/// Failures of the engine.
pub async fn create(tx: &mut Tx, mail: NewMail, now: Ts) -> Result<()> {
    tx.q("INSERT INTO mails (id, key, customer_id, recipient, subject, text_body, html_body, status, attempts, next_attempt_at, created_at) \
          VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, $8) ON CONFLICT (key) DO NOTHING")
        .bind(MailId::new(now))
        .bind(mail.key)
        .bind(mail.customer)
        .bind(mail.recipient)
        .bind(mail.subject)
        .bind(mail.text)
        .bind(mail.html)
        .bind(now)
        .exec()
        .await?;
    Ok(())
}

const CLAIM: Sql = Sql {
    lite: "UPDATE mails SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (SELECT id FROM mails \
           WHERE status = 'waiting' AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3) RETURNING *",
    pg: "UPDATE mails SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (SELECT id FROM mails \
         WHERE status = 'waiting' AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING *",
};

/// Takes due mails for `lease`.
///
/// # Errors
/// Failures of the engine.
pub async fn claim(tx: &mut Tx, now: Ts, lease: Duration, limit: i64) -> Result<Vec<Mail>> {
    tx.q(CLAIM).bind(now).bind(now.plus(lease)).bind(limit).all().await
}

/// Writes what came of sending: `sent`, `failed`, or `waiting` until `next`.
///
/// # Errors
/// Failures of the engine.
pub async fn set_status(tx: &mut Tx, id: MailId, status: &str, next: Ts, sent_at: Option<Ts>) -> Result<()> {
    tx.q("UPDATE mails SET status = $2, next_attempt_at = $3, sent_at = $4 WHERE id = $1")
        .bind(id)
        .bind(status.to_owned())
        .bind(next)
        .bind(sent_at)
        .exec()
        .await?;
    Ok(())
}

/// The newest mails; only the demo's page and the platform read them.
///
/// # Errors
/// Failures of the engine.
pub async fn list_latest(db: &Db, limit: i64) -> Result<Vec<Mail>> {
    db.q("SELECT * FROM mails ORDER BY created_at DESC LIMIT $1").bind(limit).all().await
}

/// One mail.
///
/// # Errors
/// Failures of the engine.
pub async fn find(db: &Db, id: MailId) -> Result<Option<Mail>> {
    db.q("SELECT * FROM mails WHERE id = $1").bind(id).opt().await
}

/// Counts what waits and what failed.
///
/// # Errors
/// Failures of the engine.
pub async fn outbox(db: &Db) -> Result<Outbox> {
    db.q("SELECT (SELECT COUNT(*) FROM mails WHERE status = 'waiting') AS waiting, \
          (SELECT COUNT(*) FROM mails WHERE status = 'failed') AS failed, (SELECT MAX(sent_at) FROM mails) AS last_sent_at")
        .one()
        .await
}
