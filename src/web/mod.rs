//! HTTP: pages, forms, fragments and machine endpoints. Handlers read from the store or call `billing`, then fill a view.
//!
//! `router` shows every route. What surrounds the pages, from outside in: request id and log line, security headers, compression,
//! one host name (in the demo), session, error pages, time limit, form tokens with the limit of a form's length.

pub mod actor;
pub mod admin;
pub mod api;
pub mod api_keys;
pub mod assets;
pub mod commissions;
pub mod demo;
pub mod endpoints;
pub mod error;
pub mod form;
pub mod frame;
pub mod headers;
pub mod health;
pub mod legal;
pub mod listen;
pub mod meters;
pub mod portal;
pub mod prices;
pub mod reseller;
pub mod session;
pub mod session_store;
pub mod sign_in;
pub mod trace;
pub mod transactions;
pub mod view;
pub mod webhook;

use crate::app::App;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// Forms are small; a longer body is a mistake or an attack.
const FORM_BYTES: usize = 64 * 1024;
/// Stripe's events can be long, but not endless.
const WEBHOOK_BYTES: usize = 1024 * 1024;
/// Longer than three attempts at Stripe, so that a page answers with words instead of being cut off.
const PATIENCE: Duration = Duration::from_secs(45);

/// Stripe gives a delivery ten seconds or so; a body that dribbles in for longer is no delivery.
const MACHINE_PATIENCE: Duration = Duration::from_secs(15);

/// Every route of the product.
pub fn router(app: &App) -> Router {
    let pages = Router::new()
        .route("/", get(sign_in::root))
        .route("/login", get(sign_in::show).post(sign_in::create))
        .route("/logout", post(sign_in::destroy))
        .route("/session/tenant", post(session::switch_tenant))
        .route("/session/language", post(session::set_language))
        .route("/session/theme", post(session::set_theme))
        .route("/imprint", get(legal::imprint))
        .route("/privacy", get(legal::privacy))
        .route("/accessibility", get(legal::accessibility))
        .route("/health", get(health::show))
        .merge(portal::router())
        .merge(reseller::router())
        .merge(admin::router())
        .merge(prices::router())
        .merge(transactions::router())
        .merge(commissions::router())
        .merge(endpoints::router())
        .merge(api_keys::router())
        .merge(demo::router(app.demo))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), form::guard))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(middleware::from_fn_with_state(app.clone(), error::pages))
        .layer(session_store::layer(app))
        .layer(middleware::from_fn_with_state(app.clone(), demo::one_name));
    let machine = Router::new()
        .route("/billing/webhook", post(webhook::receive))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(WEBHOOK_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, MACHINE_PATIENCE));
    let probes =
        Router::new().route("/health/live", get(health::live)).route("/health/ready", get(health::ready));
    let files = Router::new()
        .route("/static/{hash}/{*name}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon));
    pages
        .merge(machine)
        .merge(api::router(app))
        .merge(probes)
        .merge(files)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(headers::secure))
        .layer(middleware::from_fn(trace::log))
        .with_state(app.clone())
}
