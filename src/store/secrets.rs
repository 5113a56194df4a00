//! Keys the installation makes once and every node shares.

use super::engine::{Db, Result, row};

row! {
    struct Secret { value: Vec<u8> }
}

/// The secret called `name`; `fresh` becomes it when there is none yet.
///
/// # Errors
/// Failures of the engine.
pub async fn get_or_create(db: &Db, name: &str, fresh: Vec<u8>) -> Result<Vec<u8>> {
    let mut tx = db.begin().await?;
    tx.q("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name.to_owned())
        .bind(fresh)
        .exec()
        .await?;
    let secret =
        tx.q("SELECT value FROM secrets WHERE name = $1").bind(name.to_owned()).one::<Secret>().await?;
    tx.commit().await?;
    Ok(secret.value)
}
