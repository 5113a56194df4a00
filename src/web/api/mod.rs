//! The API for machines, `/api/v1`: usage, holds, customers, prices, commissions. Keys instead of sessions, problem documents instead of pages.
//!
//! From outside in: [`problem::finish`] gives every failed answer its document, then the time limit, the limit of a body's length, and
//! [`auth::guard`], which knows the caller and counts its requests. No cookies, no form tokens, and no header that would let scripts of other
//! sites read an answer.

mod auth;
mod body;
mod commissions;
mod customers;
mod holds;
mod limit;
mod openapi;
mod prices;
mod problem;
mod usage;

use super::MACHINE_PATIENCE;
use crate::app::App;
use auth::Gate;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{any, get, post};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// A batch of 1,000 long events fits; what is longer is refused before it is read.
const BODY_BYTES: usize = 1024 * 1024;

pub(super) fn router(app: &App) -> Router<App> {
    let gate = Gate { app: app.clone(), windows: Arc::default() };
    let keyed = Router::new()
        .route("/api/v1/usage-events", post(usage::create))
        .route("/api/v1/holds", post(holds::create))
        .route("/api/v1/holds/{hold}/extend", post(holds::extend))
        .route("/api/v1/holds/{hold}/capture", post(holds::capture))
        .route("/api/v1/holds/{hold}/release", post(holds::release))
        .route("/api/v1/customers", post(customers::create))
        .route("/api/v1/customers/{customer}", get(customers::show))
        .route("/api/v1/customers/{customer}/balance", get(customers::balance))
        .route("/api/v1/customers/{customer}/transactions", get(customers::transactions))
        .route("/api/v1/prices", get(prices::index))
        .route("/api/v1/commissions", get(commissions::show))
        .route_layer(middleware::from_fn_with_state(gate, auth::guard));
    let open = Router::new()
        .route("/api/v1/openapi.json", get(openapi::show))
        .route("/api/v1/problems/{code}", get(problem::show))
        .route("/api/{*rest}", any(problem::not_found));
    keyed
        .merge(open)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, MACHINE_PATIENCE))
        .layer(middleware::from_fn(problem::finish))
}
