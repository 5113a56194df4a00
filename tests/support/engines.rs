//! Runs a test body on SQLite and on PostgreSQL, each time in a fresh, migrated database that is gone afterwards.
//!
//! `on_both! { async fn name(store: Store) { … } }` makes the two tests `name::sqlite` and `name::postgres`.

use super::cluster;
use super::sql::run_statement;
use guthaben::store::{Db, PoolSize, migrations};
use sqlx::{Connection, PgConnection};
use std::collections::hash_map::DefaultHasher;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::panic::resume_unwind;
use std::time::Duration;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The engines every test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of its own on the tests' cluster.
    Postgres,
}

/// A fresh database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// The open database.
    pub db: Db,
    /// Its address, for a second node or a raw connection.
    pub url: String,
    /// Which engine it is.
    pub engine: Engine,
}

impl Store {
    /// Opens the same database a second time, as another node or the command line would.
    pub async fn second_node(&self) -> Db {
        connect(&self.url).await
    }
}

/// Makes one test per engine from a body.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($store:ident: $kind:ty) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $(#[$meta])*
            async fn body($store: $kind) $body
            #[test]
            fn sqlite() {
                crate::support::engines::run(crate::support::engines::Engine::Sqlite, body);
            }
            #[test]
            fn postgres() {
                crate::support::engines::run(crate::support::engines::Engine::Postgres, body);
            }
        }
    )* };
}
pub(crate) use on_both;

/// Runs `body` on a fresh database of `engine`; the database is removed even when the body panics.
pub fn run<F, Fut>(engine: Engine, body: F)
where
    F: FnOnce(Store) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let home = Home::make(engine).await;
        let store = Store { db: connect(&home.url).await, url: home.url.clone(), engine };
        let outcome = tokio::spawn(body(store.clone())).await;
        // A failed body may leave tasks behind that still hold connections: do not wait for them for ever.
        let _ = tokio::time::timeout(Duration::from_secs(5), store.db.close()).await;
        home.remove().await;
        if let Err(failure) = outcome {
            resume_unwind(failure.into_panic());
        }
    });
}

async fn connect(url: &str) -> Db {
    let size = PoolSize { postgres: 16, sqlite_readers: 4 };
    Db::connect(url, size).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// Where a test's database lives.
struct Home {
    url: String,
    /// SQLite's folder.
    folder: Option<tempfile::TempDir>,
    /// PostgreSQL's database.
    database: Option<String>,
}

impl Home {
    async fn make(engine: Engine) -> Home {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}", folder.path().join("guthaben.db").display());
                let db = connect(&url).await;
                migrations::apply(&db).await.expect("migrate SQLite");
                db.close().await;
                Home { url, folder: Some(folder), database: None }
            }
            Engine::Postgres => {
                let template = template().await;
                let name = format!("guthaben_test_{}", Uuid::from_u128(rand::random()).simple());
                let mut admin = admin().await;
                run_statement(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
                Home { url: address(&name), folder: None, database: Some(name) }
            }
        }
    }

    async fn remove(self) {
        if let Some(name) = self.database {
            run_statement(&mut admin().await, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        drop(self.folder);
    }
}

async fn admin() -> PgConnection {
    let url = cluster::admin_url();
    PgConnection::connect(url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The address of another database on the tests' cluster.
fn address(database: &str) -> String {
    with_database(cluster::admin_url(), database)
}

fn with_database(url: &str, database: &str) -> String {
    let (place, options) = url.split_once('?').map_or((url, String::new()), |(p, o)| (p, format!("?{o}")));
    let host = place.find("://").map_or(0, |at| at + 3);
    let end = place[host..].find('/').map_or(place.len(), |at| host + at);
    format!("{}/{database}{options}", &place[..end])
}

/// The migrated template, made once per schema: copying it is much faster than migrating.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE.get_or_init(make_template).await
}

async fn make_template() -> String {
    let mut hasher = DefaultHasher::new();
    migrations::POSTGRES.hash(&mut hasher);
    let name = format!("guthaben_template_{:016x}", hasher.finish());
    let mut admin = admin().await;
    // Test processes that start together must not build it twice; closing the connection unlocks.
    run_statement(&mut admin, "SELECT pg_advisory_lock(7283640221)").await;
    let known: Option<(i32,)> = sqlx::query_as("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_optional(&mut admin)
        .await
        .expect("look for the template");
    if known.is_none() {
        let building = format!("{name}_building");
        run_statement(&mut admin, &format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)")).await;
        run_statement(&mut admin, &format!("CREATE DATABASE {building} TEMPLATE template0")).await;
        let db = connect(&address(&building)).await;
        migrations::apply(&db).await.expect("migrate PostgreSQL");
        db.close().await;
        run_statement(&mut admin, &format!("ALTER DATABASE {building} RENAME TO {name}")).await;
    }
    admin.close().await.expect("close the administrator's connection");
    name
}

mod tests {
    use super::*;

    #[test]
    fn a_database_takes_its_place_in_any_address() {
        for (admin, expected) in [
            ("postgres://a@b/postgres?x=y", "postgres://a@b/z?x=y"),
            ("postgres://a@%2Ftmp%2Fp/postgres", "postgres://a@%2Ftmp%2Fp/z"),
            ("postgres://a:p@b:5433", "postgres://a:p@b:5433/z"),
        ] {
            assert_eq!(with_database(admin, "z"), expected);
        }
    }

    on_both! {
        async fn a_fresh_database_is_migrated(store: Store) {
            assert_eq!(store.db.is_pg(), store.engine == Engine::Postgres);
            assert_eq!(migrations::applied(&store.db).await, migrations::newest());
            assert_eq!(migrations::applied(&store.second_node().await).await, migrations::newest());
        }
    }
}
