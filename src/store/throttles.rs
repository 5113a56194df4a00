//! Counters of attempts that hold over all nodes.

use super::engine::{Result, Tx, row};
use crate::domain::clock::Ts;
use std::time::Duration;

row! {
    /// The state of one counter after counting.
    pub struct Counter {
        /// Attempts in the present window, this one included.
        pub attempts: i64,
        /// When the window ends and counting starts anew.
        pub window_ends_at: Ts,
    }
}

/// Counts an attempt under `key` (a hash: no addresses are stored) within windows of `window`.
///
/// # Errors
/// Failures of the engine.
pub async fn count(tx: &mut Tx, key: &[u8], window: Duration, now: Ts) -> Result<Counter> {
    tx.q("INSERT INTO throttles (key, attempts, window_ends_at) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET \
          attempts = CASE WHEN throttles.window_ends_at <= $3 THEN 1 ELSE throttles.attempts + 1 END, \
          window_ends_at = CASE WHEN throttles.window_ends_at <= $3 THEN excluded.window_ends_at ELSE throttles.window_ends_at END \
          RETURNING attempts, window_ends_at")
        .bind(key.to_vec())
        .bind(now.plus(window))
        .bind(now)
        .one()
        .await
}

/// Takes one attempt back: it succeeded.
///
/// # Errors
/// Failures of the engine.
pub async fn forgive(tx: &mut Tx, key: &[u8]) -> Result<()> {
    tx.q("UPDATE throttles SET attempts = attempts - 1 WHERE key = $1 AND attempts > 0")
        .bind(key.to_vec())
        .exec()
        .await?;
    Ok(())
}

/// Forgets a counter.
///
/// # Errors
/// Failures of the engine.
pub async fn reset(tx: &mut Tx, key: &[u8]) -> Result<()> {
    tx.q("DELETE FROM throttles WHERE key = $1").bind(key.to_vec()).exec().await?;
    Ok(())
}

/// Removes counters whose window has ended.
///
/// # Errors
/// Failures of the engine.
pub async fn purge(tx: &mut Tx, now: Ts) -> Result<u64> {
    tx.q("DELETE FROM throttles WHERE window_ends_at <= $1").bind(now).exec().await
}
