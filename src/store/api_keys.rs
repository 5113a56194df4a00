//! Keys of the API: their rows, and what one node remembers of them between requests.

use super::engine::{Db, Result, Tx, row};
use crate::domain::api_key::{ApiScopes, KeyMode};
use crate::domain::clock::Ts;
use crate::domain::id::{ApiKeyId, PersonId, TenantId};
use crate::domain::party::{Scope, TenantKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

row! {
    /// A key with its owner, as requests need it.
    pub struct KnownKey {
        /// Its id.
        pub id: ApiKeyId,
        /// Whose.
        pub owner_id: TenantId,
        /// The owner's kind.
        pub owner_kind: TenantKind,
        /// What it may do.
        pub scopes: ApiScopes,
        /// For which kind of money.
        pub mode: KeyMode,
        /// Requests per minute.
        pub rate_per_minute: i64,
        /// The end of its life, if it has one.
        pub expires_at: Option<Ts>,
        /// When it was revoked.
        pub revoked_at: Option<Ts>,
    }
    /// A key as people see it.
    pub struct ApiKey {
        /// Its id.
        pub id: ApiKeyId,
        /// Whose.
        pub owner_id: TenantId,
        /// What it is called.
        pub name: String,
        /// The beginning of its secret.
        pub shown: String,
        /// What it may do.
        pub scopes: ApiScopes,
        /// For which kind of money.
        pub mode: KeyMode,
        /// Requests per minute.
        pub rate_per_minute: i64,
        /// Who made it; nobody for keys of the command line and the demo.
        pub creator: Option<String>,
        /// When.
        pub created_at: Ts,
        /// The end of its life, if it has one.
        pub expires_at: Option<Ts>,
        /// When it was last used, to the minute or so.
        pub last_used_at: Option<Ts>,
        /// When it was revoked.
        pub revoked_at: Option<Ts>,
        /// By whom.
        pub revoker: Option<String>,
    }
    struct Count { n: i64 }
}

impl KnownKey {
    /// What a request with this key may see.
    pub const fn scope(&self) -> Scope {
        Scope::of(self.owner_kind, self.owner_id)
    }
}

/// A key to be written.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose.
    pub owner: TenantId,
    /// What it is called.
    pub name: String,
    /// The beginning of its secret.
    pub shown: String,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What it may do.
    pub scopes: ApiScopes,
    /// For which kind of money.
    pub mode: KeyMode,
    /// Requests per minute.
    pub rate_per_minute: i64,
    /// The form that asks for it; a repeated one finds the key that it made.
    pub request_key: String,
    /// Who makes it.
    pub created_by: Option<PersonId>,
    /// The end of its life.
    pub expires_at: Option<Ts>,
}

/// Writes a key; false when the same form has made one before.
///
/// # Errors
/// Failures of the engine.
pub async fn create(tx: &mut Tx, key: NewKey, now: Ts) -> Result<bool> {
    let written = tx
        .q("INSERT INTO api_keys (id, owner_id, name, shown, hash, scopes, mode, rate_per_minute, request_key, created_by, created_at, expires_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (owner_id, request_key) DO NOTHING")
        .bind(key.id)
        .bind(key.owner)
        .bind(key.name)
        .bind(key.shown)
        .bind(key.hash)
        .bind(key.scopes)
        .bind(key.mode)
        .bind(key.rate_per_minute)
        .bind(key.request_key)
        .bind(key.created_by)
        .bind(now)
        .bind(key.expires_at)
        .exec()
        .await?;
    Ok(written > 0)
}

/// The key with a hash. Not scoped: nobody is known yet. The index compares hashes, so its timing says nothing about secrets.
///
/// # Errors
/// Failures of the engine.
pub async fn find_by_hash(db: &Db, hash: &[u8]) -> Result<Option<KnownKey>> {
    db.q("SELECT k.id, k.owner_id, t.kind AS owner_kind, k.scopes, k.mode, k.rate_per_minute, k.expires_at, k.revoked_at \
          FROM api_keys k JOIN tenants t ON t.id = k.owner_id WHERE k.hash = $1")
        .bind(hash.to_vec())
        .opt()
        .await
}

/// The keys of one tenant: the living ones first, then the newest.
///
/// # Errors
/// Failures of the engine. Empty when the scope is not the owner's or wider.
pub async fn list(db: &Db, scope: Scope, owner: TenantId, limit: i64) -> Result<Vec<ApiKey>> {
    db.q("SELECT k.id, k.owner_id, k.name, k.shown, k.scopes, k.mode, k.rate_per_minute, c.name AS creator, k.created_at, k.expires_at, \
          k.last_used_at, k.revoked_at, r.name AS revoker FROM api_keys k JOIN tenants t ON t.id = k.owner_id \
          LEFT JOIN persons c ON c.id = k.created_by LEFT JOIN persons r ON r.id = k.revoked_by \
          WHERE k.owner_id = $1 AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3) \
          ORDER BY CASE WHEN k.revoked_at IS NULL THEN 0 ELSE 1 END, k.created_at DESC, k.id DESC LIMIT $4")
        .bind(owner)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all()
        .await
}

/// One key of one tenant.
///
/// # Errors
/// Failures of the engine. `None` for a key of another tenant, or when the scope is not the owner's or wider.
pub async fn find(db: &Db, scope: Scope, owner: TenantId, id: ApiKeyId) -> Result<Option<ApiKey>> {
    db.q("SELECT k.id, k.owner_id, k.name, k.shown, k.scopes, k.mode, k.rate_per_minute, c.name AS creator, k.created_at, k.expires_at, \
          k.last_used_at, k.revoked_at, r.name AS revoker FROM api_keys k JOIN tenants t ON t.id = k.owner_id \
          LEFT JOIN persons c ON c.id = k.created_by LEFT JOIN persons r ON r.id = k.revoked_by \
          WHERE k.id = $1 AND k.owner_id = $2 AND ($3 IS NULL OR t.reseller_id = $3 OR t.id = $3) AND ($4 IS NULL OR t.id = $4)")
        .bind(id)
        .bind(owner)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// How many keys of a tenant open something.
///
/// # Errors
/// Failures of the engine.
pub async fn count_living(tx: &mut Tx, owner: TenantId, now: Ts) -> Result<i64> {
    let count = tx
        .q("SELECT COUNT(*) AS n FROM api_keys WHERE owner_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)")
        .bind(owner)
        .bind(now)
        .one::<Count>()
        .await?;
    Ok(count.n)
}

/// Revokes a key of one tenant for good; false when there is none to revoke.
///
/// # Errors
/// Failures of the engine.
pub async fn revoke(
    tx: &mut Tx,
    owner: TenantId,
    id: ApiKeyId,
    by: Option<PersonId>,
    now: Ts,
) -> Result<bool> {
    let revoked = tx
        .q("UPDATE api_keys SET revoked_at = $3, revoked_by = $4 WHERE id = $1 AND owner_id = $2 AND revoked_at IS NULL")
        .bind(id)
        .bind(owner)
        .bind(now)
        .bind(by)
        .exec()
        .await?;
    Ok(revoked > 0)
}

/// Writes down when a key was last used; a later use that another node has written stays.
///
/// # Errors
/// Failures of the engine.
pub async fn touch(tx: &mut Tx, id: ApiKeyId, at: Ts) -> Result<()> {
    tx.q(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
    )
    .bind(id)
    .bind(at)
    .exec()
    .await?;
    Ok(())
}

/// How long a key that was read may be used without looking again: so long may a key that another node revoked live on.
pub const MEMORY: Duration = Duration::from_secs(2);

/// Keys by the hash of their secret, each with when it was read.
type Known = HashMap<Vec<u8>, (Ts, Arc<KnownKey>)>;

/// What this node remembers: keys by hash for a moment, so that thousands of requests cost no query each, and uses not written yet.
#[derive(Debug, Default)]
pub struct KeyMemory {
    keys: Mutex<Known>,
    uses: Mutex<HashMap<ApiKeyId, Ts>>,
}

/// A panic elsewhere leaves both maps whole: every change is a single insertion or removal.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeyMemory {
    /// The key with a hash, if it was read just now.
    pub fn recall(&self, hash: &[u8], now: Ts) -> Option<Arc<KnownKey>> {
        let keys = open(&self.keys);
        let (read_at, key) = keys.get(hash)?;
        (*read_at <= now && now.since(*read_at) < MEMORY).then(|| key.clone())
    }

    /// Remembers a key that was looked for at `read_at`. Only keys that exist are kept, so that guesses fill no memory.
    pub fn keep(&self, hash: Vec<u8>, key: KnownKey, read_at: Ts) -> Arc<KnownKey> {
        let key = Arc::new(key);
        open(&self.keys).insert(hash, (read_at, key.clone()));
        key
    }

    /// Forgets every key: one was revoked.
    pub fn forget(&self) {
        open(&self.keys).clear();
    }

    /// Notes that a key was used.
    pub fn note_use(&self, id: ApiKeyId, now: Ts) {
        open(&self.uses).insert(id, now);
    }

    /// Takes the uses that were noted since the last time.
    pub fn take_uses(&self) -> HashMap<ApiKeyId, Ts> {
        std::mem::take(&mut *open(&self.uses))
    }
}
