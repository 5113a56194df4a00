//! The only SQL of the product. Every list and find takes a [`Scope`](crate::domain::party::Scope); a foreign row does not exist.
//!
//! `engine` runs one text on both engines, `migrations` brings a schema up to date, `changes` tells who must look again,
//! and every noun has its file. What runs before anybody is signed in, or for the platform alone, says so.

pub mod alerts;
pub mod api_keys;
pub mod audit;
pub mod changes;
mod codec;
pub mod commissions;
pub mod customers;
pub mod endpoints;
pub mod engine;
pub mod holds;
pub mod imports;
pub mod ledger;
pub mod mails;
pub mod meters;
pub mod migrations;
pub mod movements;
pub mod persons;
pub mod prices;
pub mod secrets;
pub mod sessions;
pub mod tenants;
pub mod throttles;
pub mod topups;
pub mod transfers;
pub mod webhooks;

pub use engine::{Db, PoolSize, Result, Sql, Tx};
/// A failure of the engine.
pub use sqlx::Error;
