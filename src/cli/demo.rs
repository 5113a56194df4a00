//! `guthaben demo`: everything in one process, nothing to set up, nothing real.

use super::{Complaint, failed, server_failed, start_logging, until_stopped};
use crate::billing::api_keys::DEMO_SECRET;
use crate::config::{self, Config};
use crate::demo;
use crate::domain::clock::Clock;
use crate::i18n::T;
use crate::server::{Options, Server, is_set_up};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// This file says that the history in a folder is whole.
const COMPLETE: &str = "demo-complete";
/// What the demo writes into its folder.
const FILES: [&str; 2] = ["guthaben.db", "stripe-simulator.db"];

/// A demo that was stopped while it filled its database begins anew, or its customers would have half a history.
fn discard_half_filled(folder: &Path) -> std::io::Result<()> {
    if folder.join(COMPLETE).exists() {
        return Ok(());
    }
    for file in FILES {
        for suffix in ["", "-wal", "-shm"] {
            match std::fs::remove_file(folder.join(format!("{file}{suffix}"))) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Weeks of history.
const WEEKS: u32 = 8;

pub(super) async fn run(t: T, listen: SocketAddr, data: Option<PathBuf>, seed: u64) -> Result<(), Complaint> {
    let temporary = data.is_none();
    let folder = data.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("guthaben-demo-{:016x}", rand::random::<u64>()))
    });
    std::fs::create_dir_all(&folder).map_err(|error| failed(t, error))?;
    discard_half_filled(&folder).map_err(|error| failed(t, error))?;
    let outcome = serve(t, listen, &folder, seed, temporary).await;
    if temporary {
        // Nothing of value: a folder that cannot be removed is not worth a word.
        let _ = std::fs::remove_dir_all(&folder);
    }
    outcome
}

async fn serve(t: T, listen: SocketAddr, folder: &Path, seed: u64, temporary: bool) -> Result<(), Complaint> {
    let config = settings(listen, folder).map_err(|error| Complaint(error.say(t)))?;
    start_logging(&config);
    let simulator_file = Some(folder.join("stripe-simulator.db"));
    let options = Options { clock: Clock::system(), demo: true, automatic: false, simulator_file };
    let mut server = Server::start(config, options).await.map_err(|error| server_failed(t, &error))?;
    if !is_set_up(&server.app).await.map_err(|error| failed(t, error))? {
        let mut show = progress(t.demo_filling());
        let mark = folder.join(COMPLETE);
        tokio::select! {
            filled = demo::fill(&server, seed, WEEKS, &mut show) => filled.map_err(|error| failed(t, error))?,
            () = until_stopped() => {
                server.stop().await;
                println!("{}", t.cli_stopped());
                return Ok(());
            }
        }
        std::fs::write(mark, "").map_err(|error| failed(t, error))?;
    }
    server.run_automatically();
    greet(t, &server.base_url, folder, temporary);
    until_stopped().await;
    server.stop().await;
    println!("{}", t.cli_stopped());
    Ok(())
}

/// The demo's settings; the environment has no say, so that the demo is the same everywhere.
fn settings(listen: SocketAddr, folder: &Path) -> Result<Config, config::ConfigError> {
    let file = folder.join("guthaben.db");
    let host = if listen.ip().is_unspecified() {
        format!("127.0.0.1:{}", listen.port())
    } else {
        listen.to_string()
    };
    let values = [
        ("DATABASE_URL", format!("sqlite://{}", file.display())),
        ("GUTHABEN_LISTEN", listen.to_string()),
        ("GUTHABEN_BASE_URL", format!("http://{host}")),
        ("GUTHABEN_PROFILE", "development".to_owned()),
        ("STRIPE_MODE", "simulator".to_owned()),
        ("GUTHABEN_LOG", "warn".to_owned()),
        ("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "on".to_owned()),
        ("GUTHABEN_OPERATOR_NAME", "Guthaben Plattform GmbH".to_owned()),
        ("GUTHABEN_OPERATOR_ADDRESS", "Musterstraße 1 | 20095 Hamburg".to_owned()),
        ("GUTHABEN_OPERATOR_REPRESENTATIVE", "Fabian Sommer".to_owned()),
        ("GUTHABEN_OPERATOR_EMAIL", "post@guthaben.example".to_owned()),
        ("GUTHABEN_OPERATOR_PHONE", "040 5551 2300".to_owned()),
        ("GUTHABEN_OPERATOR_REGISTER", "Amtsgericht Hamburg, HRB 000000".to_owned()),
        ("GUTHABEN_OPERATOR_VAT_ID", "DE000000000".to_owned()),
    ];
    let values: BTreeMap<String, String> =
        values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    config::from_values(&values)
}

/// A line that counts up on a terminal; silence elsewhere.
fn progress(label: String) -> impl FnMut(u64) {
    let terminal = std::io::stderr().is_terminal();
    move |percent| {
        if terminal {
            let end = if percent >= 100 { "\n" } else { "" };
            eprint!("\r{label}: {percent} %{end}");
            let _ = std::io::stderr().flush();
        }
    }
}

fn greet(t: T, url: &str, folder: &Path, temporary: bool) {
    println!("{}\n", t.demo_ready(url));
    println!("{}", t.demo_sign_ins(demo::PASSWORD));
    for (email, label) in demo::SIGN_INS {
        println!("  {email:<28} {}", t.say(label, &[]));
    }
    println!("\n{}", t.demo_api_key(DEMO_SECRET, format!("{url}/api/v1/openapi.json")));
    println!("{}", t.demo_simulator(format!("{url}/_stripe/_sim")));
    println!("{}", t.demo_mails(format!("{url}/demo/mails")));
    let place = if temporary { t.demo_gone() } else { t.demo_kept(folder.display().to_string()) };
    println!("{place}\n{}", t.demo_stop());
}
