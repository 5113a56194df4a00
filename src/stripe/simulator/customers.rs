//! Customers and their saved payment methods.

use serde_json::{Value, json};

use super::events::{emit, emit_change};
use super::lists;
use super::refusal::ApiError;
use super::shapes::with_nulls;
use super::store::{Filter, Tx};
use super::wire::Params;

const FIELDS: &[&str] =
    &["email", "name", "description", "phone", "preferred_locales.#", "metadata.*", "expand.#"];

/// `POST /v1/customers`.
pub(super) async fn create(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(FIELDS)?;
    let customer = blank(tx).await?;
    let customer = filled(customer, params)?;
    tx.insert(&customer, &Value::Null).await?;
    emit(tx, "customer.created", &customer).await?;
    Ok(customer)
}

/// A customer that Checkout makes when it has to keep a payment method and was given none.
pub(super) async fn make(tx: &mut Tx, email: &Value, name: &Value) -> Result<Value, ApiError> {
    let mut customer = blank(tx).await?;
    customer["email"] = email.clone();
    customer["name"] = name.clone();
    tx.insert(&customer, &Value::Null).await?;
    emit(tx, "customer.created", &customer).await?;
    Ok(customer)
}

/// `POST /v1/customers/{id}`.
pub(super) async fn update(tx: &mut Tx, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(FIELDS)?;
    let before = tx.get("customer", id, "id").await?;
    let customer = filled(before.clone(), params)?;
    tx.save(&customer).await?;
    let mut previous = json!({});
    for (key, value) in before.as_object().into_iter().flatten() {
        if customer[key] != *value {
            previous[key] = value.clone();
        }
    }
    emit_change(tx, "customer.updated", &customer, Some(previous)).await?;
    Ok(customer)
}

async fn blank(tx: &mut Tx) -> Result<Value, ApiError> {
    let id = tx.new_id("cus_", 14).await?;
    let prefix = super::store::letters(&id, 8).to_uppercase();
    Ok(with_nulls(
        json!({
            "id": id, "object": "customer", "balance": 0, "created": tx.now, "delinquent": false,
            "invoice_prefix": prefix,
            "invoice_settings": {"custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null},
            "livemode": false, "metadata": {}, "next_invoice_sequence": 1, "preferred_locales": [],
            "tax_exempt": "none",
        }),
        &[
            "address",
            "currency",
            "customer_account",
            "default_source",
            "description",
            "discount",
            "email",
            "name",
            "phone",
            "shipping",
            "test_clock",
        ],
    ))
}

fn filled(mut customer: Value, params: &Params) -> Result<Value, ApiError> {
    for field in ["email", "name", "description", "phone"] {
        if params.has(field) {
            customer[field] = params.value(field);
        }
    }
    if let Some(email) = params.text("email")
        && (!email.contains('@') || email.len() > 512)
    {
        return Err(ApiError::invalid(
            "email_invalid",
            format!("Invalid email address: {email}"),
            Some("email"),
        ));
    }
    if params.has("preferred_locales") {
        customer["preferred_locales"] = json!(params.list("preferred_locales"));
    }
    customer["metadata"] = params.metadata("metadata", &customer["metadata"])?;
    Ok(customer)
}

/// `GET /v1/customers`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED].concat())?;
    lists::page(tx, params, Filter::kind("customer"), "/v1/customers").await
}

/// `GET /v1/customers/{id}/payment_methods`.
pub(super) async fn payment_methods(tx: &mut Tx, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, &["type"]].concat())?;
    tx.get("customer", id, "id").await?;
    let mut filter = Filter::kind("payment_method");
    filter.customer = Some(id.to_owned());
    filter.types = params.text("type").map(|kind| json!([kind]).to_string());
    lists::page(tx, params, filter, &format!("/v1/customers/{id}/payment_methods")).await
}
