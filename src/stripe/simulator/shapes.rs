//! Small helpers to read and build Stripe's objects.

use serde_json::{Value, json};

/// A text field; empty when it is not there or null.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_default()
}

/// A number field; zero when it is not there or null.
pub(super) fn number(object: &Value, key: &str) -> i64 {
    object[key].as_i64().unwrap_or_default()
}

/// An object with the fields besides that Stripe answers as null.
pub(super) fn with_nulls(mut object: Value, fields: &[&str]) -> Value {
    for field in fields {
        object[*field] = Value::Null;
    }
    object
}

/// Billing details with what the payer told.
pub(super) fn billing(name: &Value, email: &Value) -> Value {
    json!({
        "address": {"city": null, "country": "DE", "line1": null, "line2": null, "postal_code": null, "state": null},
        "email": email, "name": name, "phone": null, "tax_id": null,
    })
}

/// Whether the amount can be charged: at least 0.50 €, at most what Stripe can write down.
pub(super) fn check_amount(amount: i64, param: &str) -> Result<(), super::refusal::ApiError> {
    use super::refusal::ApiError;
    match amount {
        ..50 => Err(ApiError::invalid(
            "amount_too_small",
            "The amount must convert to at least 50 cents.",
            Some(param),
        )),
        100_000_000.. => Err(ApiError::invalid(
            "amount_too_large",
            "The amount must be no more than €999,999.99.",
            Some(param),
        )),
        _ => Ok(()),
    }
}

/// Refuses every currency but EUR.
pub(super) fn check_currency(currency: &str, param: &str) -> Result<(), super::refusal::ApiError> {
    if currency.eq_ignore_ascii_case("eur") {
        return Ok(());
    }
    let message = format!("Invalid currency: {currency}. The simulator takes eur only.");
    Err(super::refusal::ApiError::invalid("", message, Some(param)))
}
