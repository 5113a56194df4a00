//! Statements that are put together at run time, which the product itself never does: test databases, query plans, harvested texts.

use super::engines::{Engine, Store};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection};

/// Runs an administrator's statement.
pub async fn run_statement(admin: &mut PgConnection, text: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(admin).await;
    done.unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// One connection past the product's store, so that a test can do what the store does not offer.
#[derive(Debug)]
pub enum Raw {
    /// To SQLite, with the product's foreign keys switched on.
    Lite(SqliteConnection),
    /// To PostgreSQL.
    Pg(PgConnection),
}

impl Raw {
    /// Opens one to the database of `store`.
    pub async fn open(store: &Store) -> Raw {
        match store.engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&store.url).await.expect("a raw connection");
                let pragma = sqlx::raw_sql("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000");
                pragma.execute(&mut connection).await.expect("the product's settings");
                Raw::Lite(connection)
            }
            Engine::Postgres => Raw::Pg(PgConnection::connect(&store.url).await.expect("a raw connection")),
        }
    }

    /// Runs statements without arguments; returns the rows changed.
    pub async fn run(&mut self, text: &str) -> Result<u64, sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned());
        Ok(match self {
            Raw::Lite(connection) => sqlx::raw_sql(text).execute(connection).await?.rows_affected(),
            Raw::Pg(connection) => sqlx::raw_sql(text).execute(connection).await?.rows_affected(),
        })
    }

    /// Compiles a statement without running it.
    pub async fn prepare(&mut self, text: &str) -> Result<(), sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned()).into_sql_str();
        match self {
            Raw::Lite(connection) => connection.prepare(text).await.map(drop),
            Raw::Pg(connection) => connection.prepare(text).await.map(drop),
        }
    }

    /// The rows of a statement without arguments, every column read as text.
    pub async fn texts(&mut self, text: &str) -> Vec<Vec<String>> {
        let safe = AssertSqlSafe(text.to_owned());
        match self {
            Raw::Lite(connection) => {
                let rows = sqlx::query(safe).fetch_all(connection).await;
                rows.unwrap_or_else(|error| panic!("{text}: {error}")).iter().map(read_row).collect()
            }
            Raw::Pg(connection) => {
                let rows = sqlx::query(safe).fetch_all(connection).await;
                rows.unwrap_or_else(|error| panic!("{text}: {error}")).iter().map(read_row).collect()
            }
        }
    }
}

fn read_row<'r, R: sqlx::Row>(row: &'r R) -> Vec<String>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    (0..row.len())
        .map(|column| row.get::<Option<String>, _>(column).unwrap_or_else(|| "NULL".into()))
        .collect()
}

/// Declares row structs whose fields are read by column name on either engine, as the store's own macro does.
macro_rules! record {
    ($($(#[$doc:meta])* $v:vis struct $n:ident { $($f:ident: $t:ty),* $(,)? })*) => { $(
        $(#[$doc])* #[derive(Clone, Debug)]
        $v struct $n { $(pub $f: $t),* }
        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $n
        where &'static str: sqlx::ColumnIndex<R>, $($t: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>),*
        {
            fn from_row(r: &'r R) -> sqlx::Result<Self> { Ok($n { $($f: r.try_get(stringify!($f))?),* }) }
        }
    )* }
}
pub(crate) use record;
