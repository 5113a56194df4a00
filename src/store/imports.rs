//! Files of usage events that the operator imported, and how far each has got. They belong to the installation, not to a tenant.

use super::engine::{Db, Result, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;

row! {
    /// An import as it was last marked.
    pub struct Import {
        /// SHA-256 of the file.
        pub id: Vec<u8>,
        /// Bytes that are done; a line begins there.
        pub done_bytes: i64,
        /// Lines that are done.
        pub done_lines: i64,
        /// Events that were charged.
        pub charged: i64,
        /// Events that had been charged before.
        pub replayed: i64,
        /// What all of them cost the customers.
        pub amount_cents: Cents,
        /// Rejected lines by code, a JSON object of numbers.
        pub rejected: serde_json::Value,
        /// When it began.
        pub started_at: Ts,
        /// When it was through.
        pub finished_at: Option<Ts>,
    }
}

/// The import of the file with that content.
///
/// # Errors
/// Failures of the engine.
pub async fn find(db: &Db, id: [u8; 32]) -> Result<Option<Import>> {
    db.q("SELECT id, done_bytes, done_lines, charged, replayed, amount_cents, rejected, started_at, finished_at FROM imports WHERE id = $1")
        .bind(id.to_vec())
        .opt()
        .await
}

/// Begins an import, or begins it anew: nothing of it is done.
///
/// # Errors
/// Failures of the engine.
pub async fn begin(tx: &mut Tx, id: [u8; 32], name: &str, size_bytes: i64, now: Ts) -> Result<()> {
    tx.q("INSERT INTO imports (id, name, size_bytes, done_bytes, done_lines, charged, replayed, amount_cents, rejected, started_at) \
          VALUES ($1, $2, $3, 0, 0, 0, 0, 0, $4, $5) ON CONFLICT (id) DO UPDATE SET name = excluded.name, done_bytes = 0, done_lines = 0, \
          charged = 0, replayed = 0, amount_cents = 0, rejected = excluded.rejected, started_at = excluded.started_at, finished_at = NULL")
        .bind(id.to_vec())
        // Neither engine stores a NUL, and a file system may.
        .bind(name.replace('\0', ""))
        .bind(size_bytes)
        .bind(serde_json::json!({}))
        .bind(now)
        .exec()
        .await?;
    Ok(())
}

/// Marks how far an unfinished import has got; false when it is no longer where it was `from` which it went on: somebody else
/// imports the same file.
///
/// # Errors
/// Failures of the engine.
pub async fn mark(tx: &mut Tx, from: i64, import: &Import) -> Result<bool> {
    let changed = tx
        .q("UPDATE imports SET done_bytes = $3, done_lines = $4, charged = $5, replayed = $6, amount_cents = $7, rejected = $8, finished_at = $9 \
            WHERE id = $1 AND done_bytes = $2 AND finished_at IS NULL")
        .bind(import.id.clone())
        .bind(from)
        .bind(import.done_bytes)
        .bind(import.done_lines)
        .bind(import.charged)
        .bind(import.replayed)
        .bind(import.amount_cents)
        .bind(import.rejected.clone())
        .bind(import.finished_at)
        .exec()
        .await?;
    Ok(changed == 1)
}
