//! One SQL text, two engines: `tx.q("… $1 …").bind(x).one::<Row>()` runs on SQLite and on PostgreSQL.
//!
//! SQLite has one writer connection (`BEGIN IMMEDIATE`) and a read-only pool; PostgreSQL one pool. The macro `run!` is the only place
//! where the engines are told apart. A statement that truly differs is a named [`Sql`] pair beside its function.

use crate::domain::clock::Ts;
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

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
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

/// An open transaction; dropping it rolls back.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite's writer.
    Lite(sqlx::Transaction<'static, Sqlite>),
    /// On a PostgreSQL connection.
    Pg(sqlx::Transaction<'static, Postgres>),
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
            return Ok(Db::Pg(pool.connect_with(options).await?));
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
        Ok(Db::Lite { write, read })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// When no connection is free in time or the engine is gone.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Db::Lite { write, .. } => Tx::Lite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// True on PostgreSQL.
    pub const fn is_pg(&self) -> bool {
        matches!(self, Db::Pg(_))
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
        match self {
            Db::Lite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Db::Pg(pool) => pool.close().await,
        }
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
        matches!(self, Tx::Pg(_))
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// When the engine refuses; nothing was written then.
    pub async fn commit(self) -> Result<()> {
        match self {
            Tx::Lite(tx) => tx.commit().await,
            Tx::Pg(tx) => tx.commit().await,
        }
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
            (Target::Tx(Tx::Lite(tx)), Args::Lite($args)) => {
                let ($sql, $executor) = (q.sql.lite, &mut **tx);
                $body
            }
            (Target::Tx(Tx::Pg(tx)), Args::Pg($args)) => {
                let ($sql, $executor) = (q.sql.pg, &mut **tx);
                $body
            }
            (Target::Db(Db::Lite { read, .. }), Args::Lite($args)) => {
                let ($sql, $executor) = (q.sql.lite, read);
                $body
            }
            (Target::Db(Db::Pg(pool)), Args::Pg($args)) => {
                let ($sql, $executor) = (q.sql.pg, pool);
                $body
            }
            _ => unreachable!("arguments are made for the target's engine"),
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

/// Microseconds between the Unix epoch and PostgreSQL's (2000-01-01).
const PG_EPOCH: i64 = 946_684_800_000_000;

impl Type<Sqlite> for Ts {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
    fn compatible(info: &sqlx::sqlite::SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(info)
    }
}

impl Encode<'_, Sqlite> for Ts {
    fn encode_by_ref(
        &self,
        buffer: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Encode::<Sqlite>::encode(self.0, buffer)
    }
}

impl sqlx::Decode<'_, Sqlite> for Ts {
    fn decode(value: sqlx::sqlite::SqliteValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Ts(<i64 as sqlx::Decode<Sqlite>>::decode(value)?))
    }
}

impl Type<Postgres> for Ts {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        sqlx::postgres::PgTypeInfo::with_name("timestamptz")
    }
}

impl Encode<'_, Postgres> for Ts {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Encode::<Postgres>::encode(self.0.saturating_sub(PG_EPOCH), buffer)
    }
}

impl sqlx::Decode<'_, Postgres> for Ts {
    /// The binary format is an i64 of microseconds since 2000-01-01.
    fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        let bytes: [u8; 8] = value.as_bytes()?.try_into()?;
        Ok(Ts(i64::from_be_bytes(bytes) + PG_EPOCH))
    }
}

/// Lets a newtype travel as the value it wraps.
macro_rules! stored_as {
    ($($name:ty => $inner:ty),* $(,)?) => {$(
        impl<DB: sqlx::Database> Type<DB> for $name where $inner: Type<DB> {
            fn type_info() -> DB::TypeInfo { <$inner as Type<DB>>::type_info() }
            fn compatible(info: &DB::TypeInfo) -> bool { <$inner as Type<DB>>::compatible(info) }
        }
        impl<'q, DB: sqlx::Database> Encode<'q, DB> for $name where $inner: Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.0.encode_by_ref(buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where $inner: sqlx::Decode<'r, DB> {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(Self(<$inner as sqlx::Decode<'r, DB>>::decode(value)?))
            }
        }
    )*};
}

stored_as!(
    crate::domain::money::Cents => i64,
    crate::domain::money::UnitPrice => i64,
    crate::domain::id::TenantId => uuid::Uuid,
    crate::domain::id::PersonId => uuid::Uuid,
    crate::domain::id::AccountId => uuid::Uuid,
    crate::domain::id::TransferId => uuid::Uuid,
    crate::domain::id::TopUpId => uuid::Uuid,
    crate::domain::id::MailId => uuid::Uuid,
);

/// Lets an enum travel as its text.
macro_rules! stored_as_text {
    ($($name:ty),* $(,)?) => {$(
        impl<DB: sqlx::Database> Type<DB> for $name where String: Type<DB> {
            fn type_info() -> DB::TypeInfo { <String as Type<DB>>::type_info() }
            fn compatible(info: &DB::TypeInfo) -> bool { <String as Type<DB>>::compatible(info) }
        }
        impl<'q, DB: sqlx::Database> Encode<'q, DB> for $name where String: Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.as_str().to_owned().encode(buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where String: sqlx::Decode<'r, DB> {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <String as sqlx::Decode<'r, DB>>::decode(value)?;
                <$name>::parse(&text).ok_or_else(|| format!("unknown value `{text}`").into())
            }
        }
    )*};
}

stored_as_text!(
    crate::domain::party::TenantKind,
    crate::domain::party::Role,
    crate::domain::ledger::AccountKind,
    crate::domain::ledger::TransferKind,
    crate::domain::pricing::Meter,
);
