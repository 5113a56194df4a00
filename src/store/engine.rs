//! One SQL text, two engines: `tx.q("… $1 …").bind(x).one::<Row>()` runs on SQLite and on PostgreSQL.
//!
//! SQLite has one writer connection (`BEGIN IMMEDIATE`) and a read-only pool; PostgreSQL one pool. The macro `run!` is the only place
//! where the engines are told apart. A statement that truly differs is a named [`Sql`] pair beside its function.

use super::changes::{self, Feed};
use crate::domain::id::TenantId;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Arguments, Encode, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Type};
use std::str::FromStr;
use std::time::Duration;

/// What store functions return; the error is a failure of the engine, never an expected "no".
pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// A statement: one portable text, or one text per engine where they truly differ.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// The text for SQLite.
    pub lite: &'static str,
    /// The text for PostgreSQL.
    pub pg: &'static str,
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Sql {
        Sql { lite: text, pg: text }
    }
}

/// A value both engines can store.
pub trait Value:
    for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
}
impl<T> Value for T where
    T: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
}

/// A row both engines can produce; the `row!` macro makes one.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Declares row structs whose fields are read by column name on either engine.
///
/// It replaces `#[derive(FromRow)]`, whose proc macro would compile both drivers a second time for the host.
macro_rules! row {
    ($($(#[$doc:meta])* $v:vis struct $n:ident { $($(#[$fdoc:meta])* $fv:vis $f:ident: $t:ty),* $(,)? })*) => { $(
        $(#[$doc])* #[derive(Clone, Debug)]
        $v struct $n { $($(#[$fdoc])* $fv $f: $t),* }
        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $n
        where &'static str: sqlx::ColumnIndex<R>, $($t: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>),*
        {
            fn from_row(r: &'r R) -> sqlx::Result<Self> { Ok($n { $($f: r.try_get(stringify!($f))?),* }) }
        }
    )* }
}
pub(crate) use row;

/// The pools of one engine.
#[derive(Clone, Debug)]
pub enum Pools {
    /// SQLite: one writer, many readers.
    Lite {
        /// The only connection that writes.
        write: SqlitePool,
        /// Read-only connections.
        read: SqlitePool,
    },
    /// PostgreSQL.
    Pg(PgPool),
}

/// An open database. Clones share its pools and its feed of changed balances.
#[derive(Clone, Debug)]
pub struct Db {
    pub(super) pools: Pools,
    /// Tells who must look at a balance again.
    pub changes: Feed,
}

#[derive(Debug)]
enum Connection {
    Lite(sqlx::Transaction<'static, Sqlite>),
    Pg(sqlx::Transaction<'static, Postgres>),
}

/// An open transaction; dropping it rolls back.
#[derive(Debug)]
pub struct Tx {
    connection: Connection,
    changes: Feed,
    changed: Vec<TenantId>,
    /// PostgreSQL's pool, for telling the other nodes.
    notify: Option<PgPool>,
}

enum Args {
    Lite(SqliteArguments),
    Pg(PgArguments),
}

enum Target<'t> {
    Tx(&'t mut Tx),
    Db(&'t Db),
}

/// A statement being put together.
pub struct Q<'t> {
    target: Target<'t>,
    sql: Sql,
    args: Args,
    error: Option<sqlx::error::BoxDynError>,
}

/// How many connections to open.
#[derive(Clone, Copy, Debug)]
pub struct PoolSize {
    /// PostgreSQL connections at most.
    pub postgres: u32,
    /// SQLite readers at most.
    pub sqlite_readers: u32,
}

impl Db {
    /// Opens `url` (`sqlite://path` or `postgres://…`) and creates a missing SQLite file.
    ///
    /// # Errors
    /// When the address is malformed or the engine cannot be reached.
    pub async fn connect(url: &str, size: PoolSize) -> Result<Db> {
        if url.starts_with("postgres") {
            let options = PgConnectOptions::from_str(url)?.application_name("guthaben");
            let pool =
                PgPoolOptions::new().max_connections(size.postgres).acquire_timeout(Duration::from_secs(10));
            let pools = Pools::Pg(pool.connect_with(options).await?);
            return Ok(Db { pools, changes: Feed::default() });
        }
        // FULL, not NORMAL: in simulated power cuts NORMAL lost acknowledged commits, FULL none.
        // The cache counts per connection; 8 MiB each keeps the idle process small.
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-8000")
            .optimize_on_close(true, None);
        let writer = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(20));
        let write = writer.connect_with(options.clone()).await?;
        let readers = SqlitePoolOptions::new().max_connections(size.sqlite_readers);
        let read = readers.connect_with(options.read_only(true)).await?;
        Ok(Db { pools: Pools::Lite { write, read }, changes: Feed::default() })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// When no connection is free in time or the engine is gone.
    pub async fn begin(&self) -> Result<Tx> {
        let (connection, notify) = match &self.pools {
            Pools::Lite { write, .. } => (Connection::Lite(write.begin_with("BEGIN IMMEDIATE").await?), None),
            Pools::Pg(pool) => (Connection::Pg(pool.begin().await?), Some(pool.clone())),
        };
        Ok(Tx { connection, changes: self.changes.clone(), changed: vec![], notify })
    }

    /// True on PostgreSQL.
    pub const fn is_pg(&self) -> bool {
        matches!(self.pools, Pools::Pg(_))
    }

    /// A single read outside a transaction (SQLite: on the read-only pool).
    pub fn q(&self, sql: impl Into<Sql>) -> Q<'_> {
        let args = if self.is_pg() {
            Args::Pg(PgArguments::default())
        } else {
            Args::Lite(SqliteArguments::default())
        };
        Q { target: Target::Db(self), sql: sql.into(), args, error: None }
    }

    /// Closes every connection; SQLite folds its log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Lite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Pools::Pg(pool) => pool.close().await,
        }
    }
}

/// Where a read may be asked: within a transaction, or outside of one, so that looking never waits for whoever writes.
pub trait Asks: Send {
    /// A statement there.
    fn ask(&mut self, sql: impl Into<Sql>) -> Q<'_>;
}

impl Asks for Tx {
    fn ask(&mut self, sql: impl Into<Sql>) -> Q<'_> {
        self.q(sql)
    }
}

impl Asks for &Db {
    fn ask(&mut self, sql: impl Into<Sql>) -> Q<'_> {
        self.q(sql)
    }
}

impl Tx {
    /// A statement within this transaction.
    pub fn q(&mut self, sql: impl Into<Sql>) -> Q<'_> {
        let args = if self.is_pg() {
            Args::Pg(PgArguments::default())
        } else {
            Args::Lite(SqliteArguments::default())
        };
        Q { target: Target::Tx(self), sql: sql.into(), args, error: None }
    }

    /// True on PostgreSQL.
    pub const fn is_pg(&self) -> bool {
        matches!(self.connection, Connection::Pg(_))
    }

    /// Remembers that the balance of `customer` changes with this transaction.
    pub(super) fn changed(&mut self, customer: TenantId) {
        self.changed.push(customer);
    }

    /// Makes everything durable, then tells whoever watches a changed balance.
    ///
    /// # Errors
    /// When the engine refuses; nothing was written then.
    pub async fn commit(self) -> Result<()> {
        match self.connection {
            Connection::Lite(tx) => tx.commit().await?,
            Connection::Pg(tx) => tx.commit().await?,
        }
        self.changes.publish_all(&self.changed);
        // Other nodes hear of it in a statement of its own: within the transaction PostgreSQL would take a lock that makes all
        // commits of the database wait for each other. Should it get lost, their pages look again with the next beat.
        if let Some(pool) = self.notify
            && let Err(error) = changes::notify(&pool, &self.changed).await
        {
            tracing::warn!(%error, "other nodes were not told of a posting");
        }
        Ok(())
    }
}

/// The single place where the two engines are told apart.
macro_rules! run {
    ($q:expr, |$sql:ident, $args:ident, $executor:ident| $body:expr) => {{
        let q = $q;
        if let Some(error) = q.error {
            return Err(sqlx::Error::Encode(error));
        }
        match (q.target, q.args) {
            (Target::Tx(tx), args) => match (&mut tx.connection, args) {
                (Connection::Lite(tx), Args::Lite($args)) => {
                    let ($sql, $executor) = (q.sql.lite, &mut **tx);
                    $body
                }
                (Connection::Pg(tx), Args::Pg($args)) => {
                    let ($sql, $executor) = (q.sql.pg, &mut **tx);
                    $body
                }
                _ => unreachable!("arguments are made for the target's engine"),
            },
            (Target::Db(db), args) => match (&db.pools, args) {
                (Pools::Lite { read, .. }, Args::Lite($args)) => {
                    let ($sql, $executor) = (q.sql.lite, read);
                    $body
                }
                (Pools::Pg(pool), Args::Pg($args)) => {
                    let ($sql, $executor) = (q.sql.pg, pool);
                    $body
                }
                _ => unreachable!("arguments are made for the target's engine"),
            },
        }
    }};
}

impl Q<'_> {
    /// Binds the next `$n`.
    #[must_use]
    pub fn bind<T: Value>(mut self, value: T) -> Self {
        let result = match &mut self.args {
            Args::Lite(args) => Arguments::add(args, value),
            Args::Pg(args) => Arguments::add(args, value),
        };
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Binds a list of ids: an array on PostgreSQL (`= ANY($n)`), a JSON list of hex texts on SQLite (`IN (SELECT unhex(value) FROM json_each($n))`).
    #[must_use]
    pub fn bind_ids(mut self, ids: &[uuid::Uuid]) -> Self {
        let result = match &mut self.args {
            Args::Lite(args) => {
                let list: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
                Arguments::add(args, serde_json::Value::from(list).to_string())
            }
            Args::Pg(args) => Arguments::add(args, ids.to_vec()),
        };
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Binds a list of texts: an array on PostgreSQL (`= ANY($n)`), a JSON list on SQLite (`IN (SELECT value FROM json_each($n))`).
    #[must_use]
    pub fn bind_texts(mut self, texts: &[String]) -> Self {
        let result = match &mut self.args {
            Args::Lite(args) => Arguments::add(args, serde_json::Value::from(texts).to_string()),
            Args::Pg(args) => Arguments::add(args, texts.to_vec()),
        };
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Runs it and returns the number of rows changed.
    ///
    /// # Errors
    /// Failures of the engine, including broken constraints.
    pub async fn exec(self) -> Result<u64> {
        run!(self, |sql, args, executor| Ok(sqlx::query_with(sql, args)
            .execute(executor)
            .await?
            .rows_affected()))
    }

    /// Exactly one row.
    ///
    /// # Errors
    /// `RowNotFound`, or a failure of the engine.
    pub async fn one<T: Record>(self) -> Result<T> {
        run!(self, |sql, args, executor| sqlx::query_as_with(sql, args).fetch_one(executor).await)
    }

    /// One row or none.
    ///
    /// # Errors
    /// Failures of the engine.
    pub async fn opt<T: Record>(self) -> Result<Option<T>> {
        run!(self, |sql, args, executor| sqlx::query_as_with(sql, args).fetch_optional(executor).await)
    }

    /// All rows; the statement must limit them.
    ///
    /// # Errors
    /// Failures of the engine.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        run!(self, |sql, args, executor| sqlx::query_as_with(sql, args).fetch_all(executor).await)
    }
}
