//! The only SQL of the product. Every list and find takes a [`Scope`](crate::domain::party::Scope); a foreign row does not exist.
//!
//! `engine` runs one text on both engines, `migrations` brings a schema up to date, `changes` tells who must look again,
//! and every noun has its file.

pub mod changes;
mod codec;
pub mod engine;
pub mod ledger;
pub mod migrations;
pub mod tenants;

pub use engine::{Db, PoolSize, Result, Sql, Tx};
