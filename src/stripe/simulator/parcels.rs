//! The table of webhook deliveries: what is to be sent where and when, and what came of it.

use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::refusal::ApiError;
use super::store::Tx;

/// One delivery of one event to one endpoint, about to be attempted.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub id: i64,
    pub event: String,
    pub endpoint: String,
    /// When it became due for the first time, seconds.
    pub first: i64,
    pub attempts: i64,
    /// A fault that changes signature or body of the first attempt.
    pub twist: Option<String>,
    /// The body, where it is not the event itself.
    pub body: Option<String>,
}

/// A delivery to be stored.
#[derive(Debug, Default, Clone)]
pub(super) struct NewParcel<'a> {
    pub event: &'a str,
    pub endpoint: &'a str,
    pub due: i64,
    pub rank: i64,
    /// Never to be sent.
    pub lost: bool,
    pub twist: Option<&'a str>,
    pub body: Option<String>,
}

impl Tx {
    /// Stores a delivery.
    pub async fn post(&mut self, parcel: &NewParcel<'_>) -> Result<(), ApiError> {
        let sql = "INSERT INTO deliveries (event, endpoint, first, due, rank, state, twist, body) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)";
        sqlx::query(sql)
            .bind(parcel.event)
            .bind(parcel.endpoint)
            .bind(parcel.due)
            .bind(parcel.rank)
            .bind(if parcel.lost { "lost" } else { "due" })
            .bind(parcel.twist)
            .bind(&parcel.body)
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Takes the next due deliveries into the air: one, or all copies of a burst.
    pub async fn claim(&mut self, now: i64) -> Result<Vec<Parcel>, ApiError> {
        let sql = "UPDATE deliveries SET state = 'sending'
            WHERE id = (SELECT id FROM deliveries WHERE state = 'due' AND due <= ?1 ORDER BY due, rank, id LIMIT 1)
            RETURNING id, event, endpoint, first, attempts, twist, body";
        let Some(row) = sqlx::query(sql).bind(now).fetch_optional(&mut *self.db).await? else {
            return Ok(Vec::new());
        };
        let first = parcel(&row)?;
        let mut parcels = vec![first.clone()];
        if first.twist.as_deref() == Some("burst") && first.attempts == 0 {
            let sql = "UPDATE deliveries SET state = 'sending'
                WHERE state = 'due' AND due <= ?1 AND attempts = 0 AND twist = 'burst' AND event = ?2 AND endpoint = ?3
                RETURNING id, event, endpoint, first, attempts, twist, body";
            let query = sqlx::query(sql).bind(now).bind(&first.event).bind(&first.endpoint);
            for row in query.fetch_all(&mut *self.db).await? {
                parcels.push(parcel(&row)?);
            }
        }
        Ok(parcels)
    }

    /// Writes down what came of an attempt: delivered, to be tried again at `next`, or given up. Keeps the event's count of pending webhooks.
    pub async fn record(
        &mut self,
        parcel: &Parcel,
        outcome: &Result<u16, String>,
        next: Option<i64>,
    ) -> Result<(), ApiError> {
        let delivered = matches!(outcome, Ok(200..=299));
        let (state, due) = match next {
            _ if delivered => ("done", None),
            Some(next) => ("due", Some(next)),
            None => ("failed", None),
        };
        let sql = "UPDATE deliveries SET state = ?2, attempts = attempts + 1, due = coalesce(?3, due), rank = 0, status = ?4, error = ?5 WHERE id = ?1";
        sqlx::query(sql)
            .bind(parcel.id)
            .bind(state)
            .bind(due)
            .bind(outcome.as_ref().ok().map(|status| i64::from(*status)))
            .bind(outcome.as_ref().err())
            .execute(&mut *self.db)
            .await?;
        let count = "SELECT count(*) FROM deliveries WHERE event = ?1 AND state IN ('due', 'sending')";
        let pending: i64 =
            sqlx::query(count).bind(&parcel.event).fetch_one(&mut *self.db).await?.try_get(0)?;
        if let Some(mut event) = self.find(&parcel.event).await? {
            event["pending_webhooks"] = json!(pending);
            self.save(&event).await?;
        }
        Ok(())
    }

    /// Makes every delivery of an event due again at once; gives how many.
    pub async fn resend(&mut self, event: &str) -> Result<u64, ApiError> {
        let sql = "UPDATE deliveries SET state = 'due', due = ?2, first = ?2, attempts = 0, twist = NULL, body = NULL WHERE event = ?1 AND state <> 'sending'";
        let done = sqlx::query(sql).bind(event).bind(self.now).execute(&mut *self.db).await?;
        self.emitted = true;
        Ok(done.rows_affected())
    }

    /// Whether a session's completion still waits for its first attempt somewhere.
    pub async fn awaits_first_attempt(&mut self, session: &str) -> Result<bool, ApiError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM deliveries d JOIN objects o ON o.id = d.event
            WHERE o.kind = 'event' AND o.type = 'checkout.session.completed' AND json_extract(o.body, '$.data.object.id') = ?1
            AND d.attempts = 0 AND d.state IN ('due', 'sending') AND d.due <= ?2)";
        Ok(sqlx::query(sql).bind(session).bind(self.sim.now()).fetch_one(&mut *self.db).await?.try_get(0)?)
    }

    /// The newest deliveries, for the control page.
    pub async fn deliveries(&mut self, limit: i64) -> Result<Vec<Value>, ApiError> {
        let sql =
            "SELECT d.id, d.event, d.state, d.attempts, d.due, d.status, d.error, o.type FROM deliveries d
            LEFT JOIN objects o ON o.id = d.event ORDER BY d.id DESC LIMIT ?1";
        let rows = sqlx::query(sql).bind(limit).fetch_all(&mut *self.db).await?;
        rows.iter()
            .map(|row| {
                Ok(json!({
                    "id": row.try_get::<i64, _>(0)?, "event": row.try_get::<String, _>(1)?, "state": row.try_get::<String, _>(2)?,
                    "attempts": row.try_get::<i64, _>(3)?, "due": row.try_get::<i64, _>(4)?, "status": row.try_get::<Option<i64>, _>(5)?,
                    "error": row.try_get::<Option<String>, _>(6)?, "type": row.try_get::<Option<String>, _>(7)?,
                }))
            })
            .collect()
    }
}

fn parcel(row: &SqliteRow) -> Result<Parcel, ApiError> {
    Ok(Parcel {
        id: row.try_get(0)?,
        event: row.try_get(1)?,
        endpoint: row.try_get(2)?,
        first: row.try_get(3)?,
        attempts: row.try_get(4)?,
        twist: row.try_get(5)?,
        body: row.try_get(6)?,
    })
}
