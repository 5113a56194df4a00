//! What every test binary shares: databases on both engines, the private PostgreSQL cluster, and small worlds to post in.
//!
//! Knows the store and the domain. Tests of pages bring their own helpers.

// Each binary takes what it needs; what one leaves unused is not dead for the other.
#![allow(dead_code)]

pub mod audit;
pub mod cluster;
pub mod engines;
pub mod sql;
pub mod world;
