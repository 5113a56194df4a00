//! Who must look at a balance again: a feed inside the process, filled by this node's commits, by PostgreSQL's
//! notifications from other nodes, and on SQLite by watching the file for other processes (the command line).

use super::engine::{Db, Pools, Result, Sql, row};
use crate::domain::id::TenantId;
use std::time::Duration;
use tokio::sync::broadcast;

/// A customer whose balance changed, or `None`: anyone's may have.
pub type Change = Option<TenantId>;

/// The feed of changes; clones share it.
#[derive(Clone, Debug)]
pub struct Feed(broadcast::Sender<Change>);

impl Default for Feed {
    fn default() -> Feed {
        Feed(broadcast::channel(1024).0)
    }
}

impl Feed {
    /// Listens from now on. A reader that lags must look again, as after `None`.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }

    /// Tells everyone who listens; nobody listening is fine.
    pub fn publish(&self, change: Change) {
        let _ = self.0.send(change);
    }

    pub(super) fn publish_all(&self, customers: &[TenantId]) {
        if customers.len() > MANY {
            self.publish(None);
        } else {
            customers.iter().for_each(|customer| self.publish(Some(*customer)));
        }
    }
}

/// Beyond this many customers in one transaction "anyone" is cheaper than a list.
const MANY: usize = 64;
const CHANNEL: &str = "guthaben_balance";
/// PostgreSQL only; SQLite's text keeps the statement preparable there.
const NOTIFY: Sql = Sql {
    lite: "SELECT $1",
    pg: "SELECT pg_notify('guthaben_balance', payload) FROM UNNEST(CAST($1 AS text[])) AS payload",
};

/// Tells the other nodes whose balance changed.
pub(super) async fn notify(pool: &sqlx::PgPool, customers: &[TenantId]) -> Result<()> {
    if customers.is_empty() {
        return Ok(());
    }
    let payloads: Vec<String> = match customers.len() {
        0..=MANY => customers.iter().map(TenantId::to_string).collect(),
        _ => vec![EVERYONE.into()],
    };
    sqlx::query(NOTIFY.pg).bind(payloads).execute(pool).await?;
    Ok(())
}

/// Names nobody, so that everybody looks.
const EVERYONE: &str = "*";

/// Feeds what other nodes and processes commit, until the task is dropped.
pub async fn follow(db: Db) {
    match &db.pools {
        Pools::Pg(pool) => follow_notifications(&db, pool).await,
        Pools::Lite { .. } => follow_file(&db).await,
    }
}

/// Reconnects by itself.
async fn follow_notifications(db: &Db, pool: &sqlx::PgPool) {
    loop {
        if let Err(error) = listen(db, pool).await {
            tracing::warn!(%error, "notifications interrupted");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen(db: &Db, pool: &sqlx::PgPool) -> Result<()> {
    let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // Whatever was posted while nobody listened was missed.
    db.changes.publish(None);
    while let Some(notification) = listener.try_recv().await? {
        db.changes.publish(TenantId::parse(notification.payload()));
    }
    Ok(())
}

row! {
    struct Position { position: i64 }
    struct Moved { customer_id: TenantId }
}

/// SQLite's row number is a position in time: what is beyond the last one seen is new.
const POSITION: Sql = Sql {
    lite: "SELECT COALESCE(MAX(rowid), 0) AS position FROM transfers",
    pg: "SELECT CAST(0 AS BIGINT) AS position",
};
const MOVED: Sql = Sql {
    lite: "SELECT DISTINCT customer_id FROM transfers WHERE rowid > $1 AND rowid <= $2 LIMIT 65",
    pg: "SELECT customer_id FROM books WHERE seq > CAST($1 AS BIGINT) AND seq < CAST($2 AS BIGINT) LIMIT 0",
};

async fn follow_file(db: &Db) {
    let mut last = position(db).await.unwrap_or(0);
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = match position(db).await {
            Ok(now) if now > last => now,
            _ => continue,
        };
        match db.q(MOVED).bind(last).bind(now).all::<Moved>().await {
            Ok(rows) => {
                let customers: Vec<TenantId> = rows.into_iter().map(|row| row.customer_id).collect();
                db.changes.publish_all(&customers);
                last = now;
            }
            Err(error) => tracing::warn!(%error, "could not read who moved"),
        }
    }
}

async fn position(db: &Db) -> Result<i64> {
    Ok(db.q(POSITION).one::<Position>().await?.position)
}
