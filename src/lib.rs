//! Guthaben: portal and billing core for prepaid services sold through resellers.

pub mod domain;
pub mod i18n;
pub mod store;
pub mod stripe;
pub mod web;
