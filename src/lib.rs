//! Guthaben: portal and billing core for prepaid services sold through resellers.

pub mod app;
pub mod billing;
pub mod config;
pub mod demo;
pub mod documents;
pub mod domain;
pub mod i18n;
pub mod mail;
pub mod passwords;
pub mod store;
pub mod stripe;
pub mod web;
