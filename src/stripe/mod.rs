//! Stripe: the gateway the business speaks to, webhook signatures and envelopes, and the offline simulator.
//!
//! Knows nothing of the ledger and the database of the product.

pub mod client;
pub mod gateway;
pub mod simulator;
pub mod webhook;
