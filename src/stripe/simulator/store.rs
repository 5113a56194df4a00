//! The simulator's own database: one table of objects as JSON, beside it deliveries, due actions and idempotent answers.
//!
//! It is apart from the product's store, as Stripe's is. There is one connection, so a [`Tx`] is alone while it lives.

use std::str::FromStr;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use super::balance::present;
use super::refusal::ApiError;
use super::{Inner, SimulatorDatabase};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  created INTEGER NOT NULL,
  payment_intent TEXT, customer TEXT, charge TEXT, status TEXT, type TEXT,
  body TEXT NOT NULL,
  hidden TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_payment_intent ON objects (payment_intent) WHERE payment_intent IS NOT NULL;
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL, endpoint TEXT NOT NULL,
  first INTEGER NOT NULL, due INTEGER NOT NULL, rank INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'done', 'failed', 'lost')),
  twist TEXT, body TEXT, status INTEGER, error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due, rank);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS schedule (
  id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS schedule_due ON schedule (due, id);
CREATE TABLE IF NOT EXISTS replies (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS counters (kind TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
";

/// Opens (and where new, creates) the database; deliveries that a stopped process left in the air are due again.
pub(super) async fn open(database: &SimulatorDatabase) -> Result<SqlitePool, sqlx::Error> {
    let options = match database {
        SimulatorDatabase::Memory => SqliteConnectOptions::from_str("sqlite::memory:")?,
        SimulatorDatabase::File(path) => SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal),
    };
    let pool =
        SqlitePoolOptions::new().max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = pool.connect_with(options).await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    sqlx::query("UPDATE deliveries SET state = 'due' WHERE state = 'sending'").execute(&pool).await?;
    Ok(pool)
}

/// What a list call may narrow by. Absent means all.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub kind: String,
    pub payment_intent: Option<String>,
    pub customer: Option<String>,
    pub charge: Option<String>,
    pub source: Option<String>,
    pub status: Option<String>,
    /// A JSON array of types.
    pub types: Option<String>,
    /// Some(true): only events whose deliveries all arrived; Some(false): only the others.
    pub delivered: Option<bool>,
    pub since: i64,
    pub until: i64,
    /// Only rows older than this sequence number.
    pub before: Option<i64>,
    /// Only rows newer than this one, the nearest first.
    pub after: Option<i64>,
    pub limit: i64,
}

impl Filter {
    /// All objects of a kind.
    pub fn kind(kind: &str) -> Filter {
        Filter {
            kind: kind.to_owned(),
            payment_intent: None,
            customer: None,
            charge: None,
            source: None,
            status: None,
            types: None,
            delivered: None,
            since: i64::MIN,
            until: i64::MAX,
            before: None,
            after: None,
            limit: i64::MAX,
        }
    }
}

/// Which request an event came from, as events tell it.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub request: Option<String>,
    pub idempotency_key: Option<String>,
}

/// One unit of work: what it writes is seen by others after [`Tx::commit`] and not at all without it.
pub(super) struct Tx {
    pub(super) db: Transaction<'static, Sqlite>,
    /// The moment this work happens, seconds since the epoch.
    pub now: i64,
    pub origin: Origin,
    pub sim: Arc<Inner>,
    pub(super) emitted: bool,
}

impl Tx {
    /// Makes everything written visible and wakes the delivery when there is something to send.
    pub async fn commit(self) -> Result<(), ApiError> {
        self.db.commit().await?;
        if self.emitted {
            self.sim.wake.notify_one();
        }
        Ok(())
    }

    /// The next id of a kind: the same seed and the same order of calls give the same ids.
    pub async fn new_id(&mut self, prefix: &str, length: usize) -> Result<String, ApiError> {
        let count = "INSERT INTO counters (kind, value) VALUES (?1, 1) ON CONFLICT (kind) DO UPDATE SET value = value + 1 RETURNING value";
        let count: i64 = sqlx::query(count).bind(prefix).fetch_one(&mut *self.db).await?.try_get(0)?;
        Ok(format!("{prefix}{}", letters(&format!("{}/{prefix}/{count}", self.sim.settings.seed), length)))
    }

    /// Stores a new object; its kind and id are read from it.
    pub async fn insert(&mut self, body: &Value, hidden: &Value) -> Result<(), ApiError> {
        let sql = "INSERT INTO objects (id, kind, created, payment_intent, customer, charge, status, type, body, hidden)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        sqlx::query(sql)
            .bind(body["id"].as_str())
            .bind(body["object"].as_str())
            .bind(body["created"].as_i64().unwrap_or(self.now))
            .bind(body["payment_intent"].as_str())
            .bind(body["customer"].as_str())
            .bind(body["charge"].as_str())
            .bind(body["status"].as_str())
            .bind(body["type"].as_str())
            .bind(body.to_string())
            .bind(hidden.to_string())
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Stores the changed body of an object.
    pub async fn save(&mut self, body: &Value) -> Result<(), ApiError> {
        let sql = "UPDATE objects SET payment_intent = ?2, customer = ?3, charge = ?4, status = ?5, body = ?6 WHERE id = ?1";
        sqlx::query(sql)
            .bind(body["id"].as_str())
            .bind(body["payment_intent"].as_str())
            .bind(body["customer"].as_str())
            .bind(body["charge"].as_str())
            .bind(body["status"].as_str())
            .bind(body.to_string())
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Any object by its id.
    pub async fn find(&mut self, id: &str) -> Result<Option<Value>, ApiError> {
        let row = sqlx::query("SELECT body FROM objects WHERE id = ?1")
            .bind(id)
            .fetch_optional(&mut *self.db)
            .await?;
        let found: Option<Value> = row.map(|row| parse(&row)).transpose()?;
        Ok(found.map(|body| present(body, self.now)))
    }

    /// An object of a kind, or the 404 (`param` = `id`) or 400 that Stripe answers.
    pub async fn get(&mut self, kind: &str, id: &str, param: &str) -> Result<Value, ApiError> {
        let found = self.find(id).await?.filter(|body| body["object"] == kind);
        found.ok_or_else(|| ApiError::no_such(kind, id, param))
    }

    /// What the simulator keeps of an object and never shows.
    pub async fn hidden(&mut self, id: &str) -> Result<Value, ApiError> {
        let row = sqlx::query("SELECT hidden FROM objects WHERE id = ?1")
            .bind(id)
            .fetch_optional(&mut *self.db)
            .await?;
        row.map_or(Ok(Value::Null), |row| parse(&row))
    }

    /// Replaces the hidden part of an object.
    pub async fn hide(&mut self, id: &str, hidden: &Value) -> Result<(), ApiError> {
        let query =
            sqlx::query("UPDATE objects SET hidden = ?2 WHERE id = ?1").bind(id).bind(hidden.to_string());
        query.execute(&mut *self.db).await?;
        Ok(())
    }

    /// The sequence number of an object, for paging.
    pub async fn seq(&mut self, id: &str) -> Result<Option<i64>, ApiError> {
        let row = sqlx::query("SELECT seq FROM objects WHERE id = ?1")
            .bind(id)
            .fetch_optional(&mut *self.db)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Objects, newest first (with `after`: the nearest to it first).
    pub async fn list(&mut self, filter: &Filter) -> Result<Vec<Value>, ApiError> {
        const WHERE_NEWEST: &str = "SELECT body FROM objects WHERE kind = ?1
            AND (?2 IS NULL OR payment_intent = ?2) AND (?3 IS NULL OR customer = ?3) AND (?4 IS NULL OR charge = ?4)
            AND (?5 IS NULL OR status = ?5) AND (?6 IS NULL OR type IN (SELECT value FROM json_each(?6)))
            AND created >= ?7 AND created <= ?8
            AND (?9 IS NULL OR ?9 = NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.state <> 'done'))
            AND (?13 IS NULL OR json_extract(body, '$.source') = ?13)
            AND (?10 IS NULL OR seq < ?10) AND (?11 IS NULL OR seq > ?11) ORDER BY seq DESC LIMIT ?12";
        const WHERE_NEAREST: &str = "SELECT body FROM objects WHERE kind = ?1
            AND (?2 IS NULL OR payment_intent = ?2) AND (?3 IS NULL OR customer = ?3) AND (?4 IS NULL OR charge = ?4)
            AND (?5 IS NULL OR status = ?5) AND (?6 IS NULL OR type IN (SELECT value FROM json_each(?6)))
            AND created >= ?7 AND created <= ?8
            AND (?9 IS NULL OR ?9 = NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.state <> 'done'))
            AND (?13 IS NULL OR json_extract(body, '$.source') = ?13)
            AND (?10 IS NULL OR seq < ?10) AND (?11 IS NULL OR seq > ?11) ORDER BY seq ASC LIMIT ?12";
        let query =
            if filter.after.is_some() { sqlx::query(WHERE_NEAREST) } else { sqlx::query(WHERE_NEWEST) };
        let rows = query
            .bind(&filter.kind)
            .bind(&filter.payment_intent)
            .bind(&filter.customer)
            .bind(&filter.charge)
            .bind(&filter.status)
            .bind(&filter.types)
            .bind(filter.since)
            .bind(filter.until)
            .bind(filter.delivered)
            .bind(filter.before)
            .bind(filter.after)
            .bind(filter.limit)
            .bind(&filter.source)
            .fetch_all(&mut *self.db)
            .await?;
        rows.iter().map(|row| Ok(present(parse(row)?, self.now))).collect()
    }

    /// The objects of a kind that belong to a payment intent, newest first.
    pub async fn of_intent(&mut self, kind: &str, intent: &str) -> Result<Vec<Value>, ApiError> {
        let sql = "SELECT body FROM objects WHERE payment_intent = ?1 AND kind = ?2 ORDER BY seq DESC";
        let rows = sqlx::query(sql).bind(intent).bind(kind).fetch_all(&mut *self.db).await?;
        rows.iter().map(parse).collect()
    }

    /// Lets `action` happen to `target` when the clock reaches `due` (seconds).
    pub async fn schedule(&mut self, due: i64, action: &str, target: &str) -> Result<(), ApiError> {
        let query = sqlx::query("INSERT INTO schedule (due, action, target) VALUES (?1, ?2, ?3)");
        query.bind(due).bind(action).bind(target).execute(&mut *self.db).await?;
        Ok(())
    }

    /// When `action` will happen to `target`.
    pub async fn scheduled_for(&mut self, action: &str, target: &str) -> Result<Option<i64>, ApiError> {
        let query = sqlx::query("SELECT min(due) FROM schedule WHERE action = ?1 AND target = ?2")
            .bind(action)
            .bind(target);
        Ok(query.fetch_one(&mut *self.db).await?.try_get(0)?)
    }

    /// Takes the earliest action that is due out of the schedule: its moment, name and target.
    pub async fn take_due(&mut self, now: i64) -> Result<Option<(i64, String, String)>, ApiError> {
        let sql = "DELETE FROM schedule WHERE id = (SELECT id FROM schedule WHERE due <= ?1 ORDER BY due, id LIMIT 1) RETURNING due, action, target";
        let Some(row) = sqlx::query(sql).bind(now).fetch_optional(&mut *self.db).await? else {
            return Ok(None);
        };
        Ok(Some((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
    }

    /// The stored answer under an idempotency key: fingerprint, status, body. Keys older than 24 hours are forgotten.
    pub async fn reply(&mut self, key: &str) -> Result<Option<(String, i64, String)>, ApiError> {
        sqlx::query("DELETE FROM replies WHERE created <= ?1")
            .bind(self.now.saturating_sub(86_400))
            .execute(&mut *self.db)
            .await?;
        let query = sqlx::query("SELECT fingerprint, status, body FROM replies WHERE key = ?1").bind(key);
        let Some(row) = query.fetch_optional(&mut *self.db).await? else { return Ok(None) };
        Ok(Some((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
    }

    /// Keeps an answer under its idempotency key.
    pub async fn keep_reply(
        &mut self,
        key: &str,
        fingerprint: &str,
        status: u16,
        body: &str,
    ) -> Result<(), ApiError> {
        let sql = "INSERT INTO replies (key, fingerprint, status, body, created) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO NOTHING";
        let query =
            sqlx::query(sql).bind(key).bind(fingerprint).bind(i64::from(status)).bind(body).bind(self.now);
        query.execute(&mut *self.db).await?;
        Ok(())
    }

    /// A stored setting.
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let query = sqlx::query("SELECT value FROM settings WHERE name = ?1").bind(name);
        Ok(query.fetch_optional(&mut *self.db).await?.map(|row| row.try_get(0)).transpose()?)
    }

    /// Stores a setting.
    pub async fn set(&mut self, name: &str, value: &str) -> Result<(), ApiError> {
        let sql =
            "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        sqlx::query(sql).bind(name).bind(value).execute(&mut *self.db).await?;
        Ok(())
    }

    /// Forgets everything but the webhook endpoints. Counters go on, so that no id is ever given twice.
    pub async fn clear(&mut self) -> Result<(), ApiError> {
        for sql in [
            "DELETE FROM objects WHERE kind <> 'webhook_endpoint'",
            "DELETE FROM deliveries",
            "DELETE FROM schedule",
            "DELETE FROM replies",
        ] {
            sqlx::query(sql).execute(&mut *self.db).await?;
        }
        Ok(())
    }
}

fn parse(row: &sqlx::sqlite::SqliteRow) -> Result<Value, ApiError> {
    let text: &str = row.try_get(0)?;
    Ok(serde_json::from_str(text)?)
}

/// `length` letters and digits drawn from `seed`.
pub(super) fn letters(seed: &str, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    for block in 0_u32.. {
        let digest = Sha256::digest(format!("{seed}/{block}"));
        for byte in digest.iter().take(length - text.len()) {
            text.push(char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        }
        if text.len() >= length {
            break;
        }
    }
    text
}
