//! What the engines can do by themselves: the least that a charge must write, one row and a balance, durable.

use super::load::Sample;
use super::support::engines::Store;
use super::support::{cluster, sql::Raw};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Balances that the references choose from.
const ACCOUNTS: u64 = 100_000;

/// How long the disk takes to keep 8 KiB.
pub fn fdatasync() -> Duration {
    let mut file = tempfile::tempfile().expect("a file");
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let started = Instant::now();
            file.rewind()
                .and_then(|()| file.write_all(&[1; 8192]))
                .and_then(|()| file.sync_data())
                .expect("kept");
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// PostgreSQL's own load generator with one statement per charge.
pub struct PgBench {
    program: PathBuf,
    script: tempfile::NamedTempFile,
    url: String,
}

impl PgBench {
    /// Makes the reference's tables; `None` where `pgbench` is not installed.
    pub async fn prepare(store: &Store) -> Option<PgBench> {
        let program = cluster::programs().join("pgbench");
        if !program.is_file() {
            return None;
        }
        let mut raw = Raw::open(store).await;
        for statement in [
            "CREATE TABLE ceiling_accounts (id bigint PRIMARY KEY, cents bigint NOT NULL)",
            "CREATE TABLE ceiling_charges (id bigserial PRIMARY KEY, account bigint NOT NULL, key uuid NOT NULL, customer_cents bigint NOT NULL, \
             platform_cents bigint NOT NULL, reseller_cents bigint NOT NULL, after_cents bigint NOT NULL, UNIQUE (account, key))",
            &format!(
                "INSERT INTO ceiling_accounts SELECT n, 1000000000 FROM generate_series(1, {ACCOUNTS}) n"
            ),
            "ANALYZE ceiling_accounts",
        ] {
            raw.run(statement).await.expect("the reference's tables");
        }
        let mut script = tempfile::NamedTempFile::new().expect("a script");
        write!(
            script,
            "\\set a random(1, {ACCOUNTS})\n\
             WITH paid AS (UPDATE ceiling_accounts SET cents = cents - 400 WHERE id = :a AND cents >= 400 RETURNING id, cents) \
             INSERT INTO ceiling_charges (account, key, customer_cents, platform_cents, reseller_cents, after_cents) \
             SELECT id, gen_random_uuid(), 400, 300, 100, cents FROM paid;\n"
        )
        .expect("a script");
        Some(PgBench { program, script, url: store.url.clone() })
    }

    /// Runs it; `None` when it fails.
    pub fn sample(&self, clients: u32, seconds: u64) -> Option<Sample> {
        let mut pgbench = Command::new(&self.program);
        let (clients, threads) = (clients.to_string(), clients.min(2).to_string());
        pgbench.args([
            "-n",
            "-M",
            "prepared",
            "-c",
            &clients,
            "-j",
            &threads,
            "-T",
            &seconds.to_string(),
            "-f",
        ]);
        let output = pgbench.arg(self.script.path()).arg(&self.url).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |label: &str| -> Option<f64> {
            text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
        };
        let latency = Duration::from_secs_f64(number("latency average = ")? / 1e3);
        // It tells no percentiles; the average stands for both.
        Some(Sample { rate: number("tps = ")?, p50: latency, p99: latency })
    }
}

/// SQLite with the product's settings and nothing else: groups of charges, two statements each.
pub struct RawSqlite {
    connection: SqliteConnection,
    next: u64,
}

impl RawSqlite {
    /// Makes a file of its own.
    pub async fn prepare(folder: &Path) -> RawSqlite {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("ceiling.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-8000");
        let mut connection = options.connect().await.expect("a file");
        let tables = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL); \
             CREATE TABLE charges (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, key TEXT NOT NULL, customer_cents INTEGER NOT NULL, \
             platform_cents INTEGER NOT NULL, reseller_cents INTEGER NOT NULL, after_cents INTEGER NOT NULL, UNIQUE (account, key)); \
             INSERT INTO accounts WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 100000) SELECT n, 1000000000 FROM g";
        sqlx::raw_sql(tables).execute(&mut connection).await.expect("the reference's tables");
        RawSqlite { connection, next: 0 }
    }

    /// Writes groups of a size until the time is over.
    pub async fn sample(&mut self, group: u64, seconds: u64) -> Sample {
        let (started, mut times) = (Instant::now(), vec![]);
        while started.elapsed() < Duration::from_secs(seconds) {
            // Steps of a large odd number visit the accounts in no order, and none twice in a group.
            let ids: Vec<u64> = (self.next..self.next + group).map(|n| n * 61_813 % ACCOUNTS + 1).collect();
            self.next += group;
            let (ids, key) = (serde_json::Value::from(ids).to_string(), self.next.to_string());
            let asked = Instant::now();
            self.write(ids, key).await.expect("a group");
            times.push(asked.elapsed());
        }
        Sample::of(times.len() as u64 * group, started.elapsed(), times)
    }

    async fn write(&mut self, ids: String, key: String) -> sqlx::Result<()> {
        let connection = &mut self.connection;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        sqlx::query("UPDATE accounts SET cents = cents - 400 WHERE id IN (SELECT value FROM json_each($1)) AND cents >= 400")
            .bind(&ids)
            .execute(&mut *connection)
            .await?;
        sqlx::query(
            "INSERT INTO charges (account, key, customer_cents, platform_cents, reseller_cents, after_cents) \
             SELECT a.id, $2 || '-' || j.key, 400, 300, 100, a.cents FROM json_each($1) j JOIN accounts a ON a.id = j.value",
        )
        .bind(&ids)
        .bind(key)
        .execute(&mut *connection)
        .await?;
        sqlx::query("COMMIT").execute(&mut *connection).await?;
        Ok(())
    }
}
