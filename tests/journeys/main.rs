//! The journeys: what the product promises, walked through on both engines in one test binary.

#[path = "../support/mod.rs"]
mod support;

pub mod house;
mod ledger;
mod sign_in;
mod topups;
mod walls;
mod webhooks;
