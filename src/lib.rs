//! Guthaben: portal and billing core for prepaid services sold through resellers.
//!
//! # The map
//!
//! Imports go one way: `domain` < `i18n` < {`store`, `stripe`, `documents`, `mail`} < `billing` < {`web`, `jobs`, `cli`}; peers
//! never import each other, and a test holds it. In every layer the same noun has a file: `ls src/*/topup*` shows a feature whole.
//!
//! | room | what is in it |
//! |---|---|
//! | [`domain`] | pure rules: money, ledger templates, rating, top-up states |
//! | [`i18n`] | typed sentences from `locales/` |
//! | [`store`] | the only SQL, on SQLite and PostgreSQL |
//! | [`stripe`] | gateway, webhook signatures, the simulator |
//! | [`documents`], [`mail`], [`outbound`] | what leaves the house |
//! | [`billing`] | what the business does, one step one transaction |
//! | [`web`], [`jobs`], [`cli`] | the doors |
//! | [`config`], [`app`], [`server`], [`demo`] | settings, shared state, a running installation, its demo |
//!
//! # Two walks
//!
//! **A page:** `web::portal::overview::show` asks the [`web::actor::Actor`] for its scope, reads `store::ledger` and fills a view.
//!
//! **A payment:** `web::portal::topups::create` → [`billing::topups::open`] writes the row, asks Stripe for a session, answers
//! 303. Stripe calls `web::webhook`, which stores the event; the worker in [`jobs`] calls [`billing::topups::settle`], which fetches the
//! session anew, lets [`domain::topup::decide`] judge, and posts the credit once. The commit tells [`store::changes`], and every open page
//! gets its new balance from `web::portal::balance::stream`.

pub mod app;
pub mod billing;
pub mod cli;
pub mod config;
pub mod demo;
pub mod documents;
pub mod domain;
pub mod i18n;
pub mod jobs;
pub mod mail;
pub mod outbound;
pub mod passwords;
pub mod server;
pub mod store;
pub mod stripe;
pub mod web;
