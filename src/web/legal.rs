//! Imprint, privacy and accessibility, from the settings.

use super::error::Problem;
use super::frame::Frame;
use super::view::legal::{Accessibility, Imprint, OperatorView, Privacy};
use crate::app::App;
use askama::Template;
use axum::extract::State;
use axum::response::Html;

fn operator(app: &App) -> OperatorView {
    let operator = app.config.operator.clone();
    OperatorView {
        name: operator.name,
        address: operator.address,
        represented_by: operator.representative,
        email: operator.email,
        phone: operator.phone,
        register: operator.register,
        vat_id: operator.vat_id,
    }
}

/// `GET /imprint`.
pub async fn imprint(State(app): State<App>, Frame(page): Frame) -> Result<Html<String>, Problem> {
    Ok(Html(Imprint { page, operator: operator(&app) }.render()?))
}

/// `GET /privacy`; the data protection officer is written to where one is named.
pub async fn privacy(State(app): State<App>, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let mut operator = operator(&app);
    if !app.config.operator.privacy_officer.is_empty() {
        operator.email.clone_from(&app.config.operator.privacy_officer);
    }
    Ok(Html(Privacy { page, operator }.render()?))
}

/// `GET /accessibility`; reports of barriers go to their own address where one is named.
pub async fn accessibility(State(app): State<App>, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let mut operator = operator(&app);
    if !app.config.operator.accessibility_contact.is_empty() {
        operator.email.clone_from(&app.config.operator.accessibility_contact);
    }
    Ok(Html(Accessibility { page, operator }.render()?))
}
