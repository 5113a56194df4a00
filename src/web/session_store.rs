//! tower-sessions over our own table: ids are stored hashed, sessions can be revoked, and end after idle and absolute time.

use crate::app::App;
use crate::config::SessionLengths;
use crate::domain::clock::Ts;
use crate::domain::id::PersonId;
use crate::store;
use crate::store::sessions::{self, NewSession};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore, session_store};

/// Keys of what a session remembers.
pub mod key {
    /// The person's id.
    pub const PERSON: &str = "person";
    /// The tenant acted for.
    pub const TENANT: &str = "tenant";
    /// True for resellers and the platform, whose sessions are shorter.
    pub const STAFF: &str = "staff";
    /// The token of every form.
    pub const CSRF: &str = "csrf";
    /// Client address at sign-in.
    pub const ADDRESS: &str = "address";
    /// Client program at sign-in.
    pub const AGENT: &str = "agent";
}

/// How often a session's last request is written down.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// tower-sessions wants a date in each record. Ours decides by its own columns and the app's clock, so this one lies far ahead.
const FAR: i64 = 4_102_444_800;

/// The store.
#[derive(Clone)]
pub struct Sessions(App);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// The layer that loads and saves sessions. Lax, because Strict would sign the customer out on the way back from Checkout.
pub fn layer(app: &App) -> SessionManagerLayer<Sessions> {
    let longest =
        time::Duration::try_from(app.config.customer_sessions.max).unwrap_or(time::Duration::days(30));
    SessionManagerLayer::new(Sessions(app.clone()))
        .with_name("__Host-sid")
        .with_secure(true)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(longest))
}

/// Whether a session still stands, for streams that outlive their request.
///
/// # Errors
/// Failures of the engine.
pub async fn is_alive(app: &App, session: &Session) -> Result<bool, store::Error> {
    let Some(id) = session.id() else { return Ok(false) };
    Ok(sessions::load(&app.db, &hash(&id), app.clock.now()).await?.is_some())
}

fn hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn backend(error: store::Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

impl Sessions {
    fn lengths(&self, data: &sessions::Data) -> SessionLengths {
        let staff = data.get(key::STAFF).and_then(serde_json::Value::as_bool).unwrap_or(false);
        if staff { self.0.config.staff_sessions } else { self.0.config.customer_sessions }
    }

    fn row(&self, record: &Record, now: Ts) -> NewSession {
        let text = |key: &str| record.data.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        NewSession {
            id_hash: hash(&record.id),
            person: text(key::PERSON).and_then(|id| PersonId::parse(&id)),
            data: record.data.clone(),
            address: text(key::ADDRESS),
            agent: text(key::AGENT),
            expires_at: now.plus(self.lengths(&record.data).idle),
        }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        loop {
            let now = self.0.clock.now();
            let mut tx = self.0.db.begin().await.map_err(backend)?;
            let fresh = sessions::create(&mut tx, self.row(record, now), now).await.map_err(backend)?;
            tx.commit().await.map_err(backend)?;
            if fresh {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.begin().await.map_err(backend)?;
        // A session that was revoked meanwhile stays revoked: saving never makes one.
        sessions::save(&mut tx, self.row(record, now)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let (now, id_hash) = (self.0.clock.now(), hash(id));
        let Some(row) = sessions::load(&self.0.db, &id_hash, now).await.map_err(backend)? else {
            return Ok(None);
        };
        let lengths = self.lengths(&row.data.0);
        let end = row.created_at.plus(lengths.max);
        if end <= now {
            return Ok(None);
        }
        if now.since(row.last_seen_at) >= TOUCH_EVERY {
            let expires_at = now.plus(lengths.idle).min(end);
            let touched = async {
                let mut tx = self.0.db.begin().await?;
                sessions::touch(&mut tx, &id_hash, now, expires_at).await?;
                tx.commit().await
            };
            // A page can be read even when nothing can be written.
            if let Err(error) = touched.await {
                tracing::warn!(%error, "a session could not be prolonged");
            }
        }
        let expiry_date = OffsetDateTime::from_unix_timestamp(FAR).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Ok(Some(Record { id: *id, data: row.data.0, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut tx = self.0.db.begin().await.map_err(backend)?;
        sessions::delete(&mut tx, &hash(id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}
