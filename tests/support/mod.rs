//! What every test binary shares: databases on both engines, the private PostgreSQL cluster, and small worlds to post in.
//!
//! Knows the store and the domain. Tests of pages bring their own helpers.

// Helpers wait here for the journeys that will need them.
#![allow(dead_code)]

pub mod audit;
pub mod cluster;
pub mod engines;
pub mod sql;
pub mod world;
