//! The demo: a chain with weeks of history, made by the product's own functions on a clock that runs through them.
//!
//! The same seed makes the same history. Payments go through the simulator and its webhooks like any other.

mod history;
mod people;

pub use crate::app::DEMO_PASSWORD as PASSWORD;

use crate::billing::Error;
use crate::server::Server;

/// One sign-in per role: address and the key of its label in `cli.ftl`.
pub const SIGN_INS: [(&str, &str); 5] = [
    ("admin@guthaben.example", "demo-role-admin"),
    ("finanzen@guthaben.example", "demo-role-finance"),
    ("reseller@guthaben.example", "demo-role-reseller"),
    ("kunde@guthaben.example", "demo-role-customer"),
    ("direkt@guthaben.example", "demo-role-direct"),
];

/// Fills an empty installation with the chain and `weeks` of history that ends now. `progress` hears whole percents.
///
/// The server must listen already (its webhooks are delivered over HTTP) and must not run its jobs yet.
///
/// # Errors
/// Failures; the database is then to be thrown away.
pub async fn fill(server: &Server, seed: u64, weeks: u32, progress: impl FnMut(u64)) -> Result<(), Error> {
    history::create(server, seed, weeks, progress).await
}
