//! The customer portal.

mod alerts;
mod balance;
mod overview;
mod snapshot;
mod topups;
mod transactions;

use crate::app::App;
use axum::Router;
use axum::routing::get;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/portal", get(overview::show))
        .route("/portal/balance", get(balance::show))
        .route("/portal/balance/stream", get(balance::stream))
        .route("/portal/topups/new", get(topups::new))
        .route("/portal/topups/summary", get(topups::summary))
        .route("/portal/topups", axum::routing::post(topups::create))
        .route("/portal/topups/{id}", get(topups::show))
        .route("/portal/settings/alerts", get(alerts::edit).post(alerts::update))
        .route("/portal/transactions", get(transactions::index))
        .route("/portal/transactions.csv", get(transactions::export))
        .route("/portal/transactions/{id}", get(transactions::show))
}
