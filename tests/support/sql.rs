//! Statements that are put together at run time, which the product itself never does: test databases, query plans, harvested texts.

use super::engines::{Engine, Store};
use sqlx::postgres::PgTypeInfo;
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
        match self {
            Raw::Lite(connection) => {
                connection.prepare(AssertSqlSafe(text.to_owned()).into_sql_str()).await.map(drop)
            }
            Raw::Pg(connection) => prepare_pg(connection, text).await,
        }
    }

    /// The rows of a statement without arguments, every column as text.
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

/// The product binds typed arguments, so a type that the statement leaves open is tried out here.
async fn prepare_pg(connection: &mut PgConnection, text: &str) -> Result<(), sqlx::Error> {
    let arguments = (1..=32).rev().find(|n| text.contains(&format!("${n}"))).unwrap_or(0);
    let named = PgTypeInfo::with_name;
    let mut types = vec![named("unknown"); arguments];
    loop {
        let sql = || AssertSqlSafe(text.to_owned()).into_sql_str();
        let error = match connection.prepare_with(sql(), &types).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let Some(open) = open_argument(&error).filter(|open| (1..=arguments).contains(open)) else {
            return Err(error);
        };
        for name in ["uuid", "text", "int8", "timestamptz", "bool"] {
            types[open - 1] = named(name);
            match connection.prepare_with(sql(), &types).await {
                Err(error) if open_argument(&error).is_none() => {}
                _ => break,
            }
        }
    }
}

/// The number of an argument whose type the statement leaves open, as in `$2 IS NULL OR x = $2`.
fn open_argument(error: &sqlx::Error) -> Option<usize> {
    let error = error.as_database_error()?;
    // Ambiguous parameter, indeterminate datatype: PostgreSQL says the same words with either.
    let code = error.code()?;
    let number = error.message().strip_prefix("could not determine data type of parameter $")?;
    if code == "42P08" || code == "42P18" { number.parse().ok() } else { None }
}

/// Texts and whole numbers as texts; nothing else is asked for.
fn read_row<'r, R: sqlx::Row>(row: &'r R) -> Vec<String>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let read = |column| match row.try_get::<Option<String>, _>(column) {
        Ok(text) => text,
        Err(_) => row.get::<Option<i64>, _>(column).map(|number| number.to_string()),
    };
    (0..row.len()).map(|column| read(column).unwrap_or_else(|| "NULL".into())).collect()
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
