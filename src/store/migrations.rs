//! Brings a database to the schema this binary was built for. The texts are embedded by `build.rs`.

pub use sqlx::migrate::MigrateError as Error;

use super::engine::{Db, Pools, row};
use sqlx::migrate::{Migration, MigrationSource, MigrationType, Migrator};

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

#[derive(Debug)]
struct Embedded(&'static [(i64, &'static str, &'static str)]);

impl MigrationSource<'static> for Embedded {
    fn resolve(
        self,
    ) -> futures_util::future::BoxFuture<'static, Result<Vec<Migration>, sqlx::error::BoxDynError>> {
        let migrations = self.0.iter().map(|(version, name, text)| {
            let text = sqlx::SqlSafeStr::into_sql_str(*text);
            Migration::new(*version, (*name).into(), MigrationType::Simple, text, false)
        });
        let migrations = migrations.collect();
        Box::pin(async move { Ok(migrations) })
    }
}

/// Applies what is missing. Two nodes starting at once wait for each other (PostgreSQL by advisory lock, SQLite by its writer).
///
/// # Errors
/// When the database holds a migration this binary does not know, or a statement fails.
pub async fn apply(db: &Db) -> Result<(), Error> {
    match &db.pools {
        Pools::Lite { write, .. } => Migrator::new(Embedded(SQLITE)).await?.run(write).await,
        Pools::Pg(pool) => Migrator::new(Embedded(POSTGRES)).await?.run(pool).await,
    }
}

row! {
    struct Version { version: i64 }
}

/// The newest version this binary brings.
pub fn newest() -> i64 {
    SQLITE.last().map_or(0, |(version, _, _)| *version)
}

/// The newest version the database has; 0 for an empty one.
pub async fn applied(db: &Db) -> i64 {
    let found =
        db.q("SELECT CAST(MAX(version) AS BIGINT) AS version FROM _sqlx_migrations").one::<Version>().await;
    found.map_or(0, |row| row.version)
}
