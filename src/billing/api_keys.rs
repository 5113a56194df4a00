//! Keys of the API: made once, shown once, revoked at once, and checked on every request.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::api_key::{ApiScopes, KeyMode, SECRET_LETTERS, looks_like_a_secret, shown};
use crate::domain::audit::{Author, Entry};
use crate::domain::clock::Ts;
use crate::domain::id::ApiKeyId;
use crate::domain::party::Tenant;
use crate::store;
use crate::store::api_keys::{KnownKey, NewKey};
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The demo's key. Its secret is public, so it opens nothing anywhere else.
pub const DEMO_SECRET: &str = "gut_test_demo";
/// Requests per minute of a key that asks for nothing else (product decision).
pub const DEFAULT_RATE: i64 = 60;
/// The highest limit that can be given.
pub const HIGHEST_RATE: i64 = 1_000_000;
/// Living keys of one tenant at most; more would be hard to oversee.
pub const MOST_KEYS: i64 = 100;

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: ApiScopes,
    /// Requests per minute, from 1 to [`HIGHEST_RATE`].
    pub rate_per_minute: i64,
    /// The end of its life.
    pub expires_at: Option<Ts>,
    /// Unique per form: the same one makes one key.
    pub request_key: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Made {
    /// A new key; nobody ever learns the secret again.
    Key {
        /// Its id.
        id: ApiKeyId,
        /// The secret.
        secret: String,
    },
    /// The same form has made its key before.
    Before,
    /// The tenant has [`MOST_KEYS`] living keys.
    Full,
}

/// The mode of an installation's keys.
pub fn mode(app: &App) -> KeyMode {
    if app.is_live() { KeyMode::Live } else { KeyMode::Test }
}

/// Makes a key of `owner`.
///
/// # Errors
/// Failures only; scopes that a tenant of this kind cannot have are a mistake of the caller.
pub async fn create(app: &App, author: &Author, owner: &Tenant, new: NewApiKey) -> Result<Made, Error> {
    let mode = mode(app);
    let letters = rand::rng().sample_iter(Alphanumeric).take(SECRET_LETTERS).map(char::from);
    let secret: String = mode.prefix().chars().chain(letters).collect();
    write(app, author, owner, new, secret).await
}

/// Makes the demo's key with its public secret.
///
/// # Errors
/// Outside the demo.
pub async fn create_demo_key(app: &App, owner: &Tenant) -> Result<Made, Error> {
    if !app.demo {
        return Err(Failure::Broken("the demo's key belongs into the demo".into()).into());
    }
    let new = NewApiKey {
        name: "Demo".to_owned(),
        scopes: ApiScopes::new(crate::domain::api_key::ApiScope::ALL.iter().copied()),
        rate_per_minute: HIGHEST_RATE,
        expires_at: None,
        request_key: "demo".to_owned(),
    };
    write(app, &Author::SYSTEM, owner, new, DEMO_SECRET.to_owned()).await
}

async fn write(
    app: &App,
    author: &Author,
    owner: &Tenant,
    new: NewApiKey,
    secret: String,
) -> Result<Made, Error> {
    if new.scopes.is_empty() || new.scopes.iter().any(|scope| !scope.fits(owner.kind)) {
        return Err(Failure::Broken("a key needs scopes that fit its owner".into()).into());
    }
    let (now, mode) = (app.clock.now(), mode(app));
    let id = ApiKeyId::new(now);
    let facts = json!({
        "name": new.name,
        "scopes": new.scopes.as_str(),
        "rate_per_minute": new.rate_per_minute,
        "expires_at": new.expires_at.map(|at| at.seconds()),
    });
    let key = NewKey {
        id,
        owner: owner.id,
        name: new.name,
        shown: shown(mode, &secret),
        hash: hash(&secret),
        scopes: new.scopes,
        mode,
        rate_per_minute: new.rate_per_minute.clamp(1, HIGHEST_RATE),
        request_key: new.request_key,
        created_by: author.person,
        expires_at: new.expires_at,
    };
    let mut tx = app.db.begin().await?;
    if !store::api_keys::create(&mut tx, key, now).await? {
        return Ok(Made::Before);
    }
    // Counted with the new one and under its lock of the writer; on PostgreSQL two forms at once may make one too many, which harms nobody.
    if store::api_keys::count_living(&mut tx, owner.id, now).await? > MOST_KEYS {
        return Ok(Made::Full);
    }
    let entry =
        Entry { after: Some(facts), ..Entry::new(author, owner.id, "api_key.created", id.to_string()) };
    store::audit::write(&mut tx, &entry, now).await?;
    tx.commit().await?;
    Ok(Made::Key { id, secret })
}

/// Revokes a key of `owner`: from now on this node refuses it, other nodes do within [`store::api_keys::MEMORY`]. False when there is none
/// to revoke.
///
/// # Errors
/// Failures only.
pub async fn revoke(app: &App, author: &Author, owner: &Tenant, id: ApiKeyId) -> Result<bool, Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let revoked = store::api_keys::revoke(&mut tx, owner.id, id, author.person, now).await?;
    if revoked {
        let entry = Entry::new(author, owner.id, "api_key.revoked", id.to_string());
        store::audit::write(&mut tx, &entry, now).await?;
    }
    tx.commit().await?;
    app.api_keys.forget();
    Ok(revoked)
}

/// Why a key opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No key has this secret.
    Unknown,
    /// It was revoked.
    Revoked,
    /// Its life is over.
    Expired,
    /// A test key where real money is moved, or the other way round.
    OtherMode,
}

/// The key with a secret, if it opens something now.
///
/// # Errors
/// Failures of the engine.
pub async fn verify(app: &App, secret: &str) -> Result<Result<Arc<KnownKey>, Denied>, Error> {
    if !looks_like_a_secret(secret) || (secret == DEMO_SECRET && !app.demo) {
        return Ok(Err(Denied::Unknown));
    }
    let (now, hash) = (app.clock.now(), hash(secret));
    let key = match app.api_keys.recall(&hash, now) {
        Some(key) => key,
        None => match store::api_keys::find_by_hash(&app.db, &hash).await? {
            Some(key) => app.api_keys.keep(hash, key, now),
            None => return Ok(Err(Denied::Unknown)),
        },
    };
    if key.revoked_at.is_some() {
        return Ok(Err(Denied::Revoked));
    }
    if key.expires_at.is_some_and(|end| end <= now) {
        return Ok(Err(Denied::Expired));
    }
    if key.mode != mode(app) {
        return Ok(Err(Denied::OtherMode));
    }
    app.api_keys.note_use(key.id, now);
    Ok(Ok(key))
}

/// Writes down when keys were last used; requests only note it. Returns how many.
///
/// # Errors
/// Failures of the engine; those uses are then lost, the next ones are not.
pub async fn write_uses(app: &App) -> Result<usize, Error> {
    let uses = app.api_keys.take_uses();
    if uses.is_empty() {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    // In one order on every node, so that two of them never wait for each other.
    let mut sorted: Vec<(ApiKeyId, Ts)> = uses.into_iter().collect();
    sorted.sort_unstable();
    for (id, at) in &sorted {
        store::api_keys::touch(&mut tx, *id, *at).await?;
    }
    tx.commit().await?;
    Ok(sorted.len())
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}
