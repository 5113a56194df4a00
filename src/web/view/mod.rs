//! What pages show: one file per noun with the data of its templates, and nothing that fetches it.
//!
//! A view struct holds money as [`Cents`](crate::domain::money::Cents), instants as [`Ts`](crate::domain::clock::Ts) and
//! sentences that are already in the reader's language. It knows no store, no request and no clock; handlers fill it.

pub mod admin;
pub mod alert;
pub mod api_key;
pub mod charts;
pub mod commission;
pub mod endpoint;
pub mod error;
pub mod format;
pub mod health;
pub mod legal;
pub mod mail;
pub mod movement;
pub mod origin;
pub mod overview;
pub mod page;
pub mod parts;
pub mod price;
pub mod reseller;
pub mod sign_in;
pub mod topup;
pub mod transaction;

#[cfg(test)]
mod samples;
