//! What every test binary shares: databases on both engines, the private PostgreSQL cluster, small worlds to post in, and whole sites.

// Helpers wait here for the journeys that will need them.
#![allow(dead_code)]

pub mod audit;
pub mod client;
pub mod cluster;
pub mod engines;
pub mod receiver;
pub mod site;
pub mod sql;
pub mod world;
