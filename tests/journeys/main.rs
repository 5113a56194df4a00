//! The journeys: what the product promises, walked through on both engines in one test binary.

#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod api;
mod chain_pages;
mod commissions;
mod corrections;
mod crash;
mod demo;
mod endpoints;
mod gateway;
mod health;
mod holds;
pub mod house;
mod imports;
mod ledger;
mod live;
mod portal;
mod price_pages;
mod prices;
mod sign_in;
mod topups;
mod walls;
mod webhooks;
