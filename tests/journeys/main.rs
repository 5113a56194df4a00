//! The journeys: what the product promises, walked through on both engines in one test binary.

#[path = "../support/mod.rs"]
mod support;

mod ledger;
