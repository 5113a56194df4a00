//! The product in a real browser: Chromium, driven over WebDriver, with every console message and accessibility finding counted.

mod access;
mod browser;
mod card;
mod debit;
mod driver;
mod harness;
mod keyboard;
mod people;
mod plain;
mod refused;
mod session;
mod site;
mod slow;
mod transactions;
mod windows;
