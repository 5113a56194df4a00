//! The journeys: what the product promises, walked through on both engines in one test binary.

#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod demo;
mod endpoints;
mod gateway;
mod health;
pub mod house;
mod ledger;
mod live;
mod portal;
mod price_pages;
mod sign_in;
mod topups;
mod walls;
mod webhooks;
