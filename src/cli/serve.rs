//! `guthaben serve`.

use super::{Complaint, failed, load, server_failed, start_logging, until_stopped};
use crate::config::StripeMode;
use crate::domain::clock::Clock;
use crate::i18n::T;
use crate::server::{Options, Server};
use crate::store::{Db, migrations};
use std::path::{Path, PathBuf};

pub(super) async fn run(t: T, no_migrate: bool) -> Result<(), Complaint> {
    let config = load(t)?;
    start_logging(&config);
    create_folder(&config.database_url.0).map_err(|error| failed(t, error))?;
    if no_migrate {
        let db = Db::connect(&config.database_url.0, config.pool).await.map_err(|error| failed(t, error))?;
        let (applied, known) = (migrations::applied(&db).await, migrations::newest());
        db.close().await;
        if applied != known {
            return Err(Complaint(t.cli_not_migrated(applied, known)));
        }
    }
    let simulator_file =
        (config.stripe.mode == StripeMode::Simulator).then(|| beside(&config.database_url.0)).flatten();
    let options = Options { clock: Clock::system(), demo: false, automatic: true, simulator_file };
    let server = Server::start(config, options).await.map_err(|error| server_failed(t, &error))?;
    println!("{}", t.cli_started(server.base_url.clone()));
    if server.app.gateway.is_none() {
        println!("{}", t.cli_topups_off());
    }
    until_stopped().await;
    server.stop().await;
    println!("{}", t.cli_stopped());
    Ok(())
}

/// The file of an SQLite address.
fn sqlite_file(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").map(|path| Path::new(path.split('?').next().unwrap_or(path)))
}

/// The default database lies in a folder that a fresh installation does not have yet.
pub(super) fn create_folder(url: &str) -> std::io::Result<()> {
    match sqlite_file(url).and_then(Path::parent) {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// The simulator's own file stands beside the database; with PostgreSQL it is gone with the process.
fn beside(url: &str) -> Option<PathBuf> {
    sqlite_file(url).map(|file| file.with_extension("simulator.db"))
}
