//! Sessions, keyed by the SHA-256 of their id.

use super::engine::{Db, Result, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::PersonId;
use sqlx::types::Json;
use std::collections::HashMap;

/// What a session remembers.
pub type Data = HashMap<String, serde_json::Value>;

row! {
    /// A live session.
    pub struct SessionRow {
        /// What it remembers.
        pub data: Json<Data>,
        /// When it was made; absolute expiry counts from here.
        pub created_at: Ts,
        /// Last request (kept to the minute).
        pub last_seen_at: Ts,
        /// When it ends without a further request.
        pub expires_at: Ts,
    }
}

/// A session to be written.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of the id.
    pub id_hash: Vec<u8>,
    /// Who signed in.
    pub person: Option<PersonId>,
    /// What it remembers.
    pub data: Data,
    /// Client address.
    pub address: Option<String>,
    /// Client program.
    pub agent: Option<String>,
    /// When it ends.
    pub expires_at: Ts,
}

/// Writes a new session; false when the id exists.
///
/// # Errors
/// Failures of the engine.
pub async fn create(tx: &mut Tx, session: NewSession, now: Ts) -> Result<bool> {
    let rows = tx
        .q("INSERT INTO sessions (id_hash, person_id, data, address, agent, created_at, last_seen_at, expires_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7) ON CONFLICT (id_hash) DO NOTHING")
        .bind(session.id_hash)
        .bind(session.person)
        .bind(Json(session.data))
        .bind(session.address)
        .bind(session.agent)
        .bind(now)
        .bind(session.expires_at)
        .exec()
        .await?;
    Ok(rows == 1)
}

/// Writes what a session remembers now.
///
/// # Errors
/// Failures of the engine.
pub async fn save(tx: &mut Tx, session: NewSession) -> Result<bool> {
    let rows = tx
        .q("UPDATE sessions SET person_id = $2, data = $3, expires_at = $4 WHERE id_hash = $1")
        .bind(session.id_hash)
        .bind(session.person)
        .bind(Json(session.data))
        .bind(session.expires_at)
        .exec()
        .await?;
    Ok(rows == 1)
}

/// A session that has not ended at `now`.
///
/// # Errors
/// Failures of the engine.
pub async fn load(db: &Db, id_hash: &[u8], now: Ts) -> Result<Option<SessionRow>> {
    db.q("SELECT data, created_at, last_seen_at, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > $2")
        .bind(id_hash.to_vec())
        .bind(now)
        .opt()
        .await
}

/// Prolongs a session after a request.
///
/// # Errors
/// Failures of the engine.
pub async fn touch(tx: &mut Tx, id_hash: &[u8], now: Ts, expires_at: Ts) -> Result<()> {
    tx.q("UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE id_hash = $1")
        .bind(id_hash.to_vec())
        .bind(now)
        .bind(expires_at)
        .exec()
        .await?;
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// Failures of the engine.
pub async fn delete(tx: &mut Tx, id_hash: &[u8]) -> Result<()> {
    tx.q("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash.to_vec()).exec().await?;
    Ok(())
}

/// Ends every session of a person.
///
/// # Errors
/// Failures of the engine.
pub async fn delete_all_of(tx: &mut Tx, person: PersonId) -> Result<u64> {
    tx.q("DELETE FROM sessions WHERE person_id = $1").bind(person).exec().await
}

/// Removes what has ended.
///
/// # Errors
/// Failures of the engine.
pub async fn purge(tx: &mut Tx, now: Ts) -> Result<u64> {
    tx.q("DELETE FROM sessions WHERE expires_at <= $1").bind(now).exec().await
}
