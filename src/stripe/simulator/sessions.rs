//! Checkout sessions: created by the product, paid on the hosted page, ended by payment, expiry or hand.

use serde_json::{Value, json};

use super::events::emit;
use super::lists;
use super::refusal::ApiError;
use super::shapes::{check_amount, check_currency, number, text, with_nulls};
use super::store::{Filter, Tx};
use super::wire::Params;
use super::{customers, setups};

const FIELDS: &[&str] = &[
    "mode",
    "ui_mode",
    "currency",
    "line_items.#.price_data.currency",
    "line_items.#.price_data.unit_amount",
    "line_items.#.price_data.product_data.name",
    "line_items.#.price_data.product_data.description",
    "line_items.#.price_data.tax_behavior",
    "line_items.#.quantity",
    "allowed_payment_method_types.#",
    "adaptive_pricing.enabled",
    "customer",
    "customer_email",
    "customer_creation",
    "client_reference_id",
    "metadata.*",
    "payment_intent_data.metadata.*",
    "payment_intent_data.description",
    "payment_intent_data.setup_future_usage",
    "payment_intent_data.statement_descriptor_suffix",
    "setup_intent_data.metadata.*",
    "setup_intent_data.description",
    "locale",
    "expires_at",
    "success_url",
    "cancel_url",
    "submit_type",
    "billing_address_collection",
    "expand.#",
];

/// `POST /v1/checkout/sessions`.
pub(super) async fn create(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(FIELDS)?;
    let mode = params.choice("mode", &["payment", "setup"], "payment")?;
    params.choice("ui_mode", &["hosted_page"], "hosted_page")?;
    let success_url = url(params, "success_url")?.ok_or_else(|| ApiError::missing("success_url"))?;
    let cancel_url = url(params, "cancel_url")?;
    let reference = params.text("client_reference_id").filter(|text| text.chars().count() > 200);
    if reference.is_some() {
        return Err(ApiError::invalid(
            "",
            "client_reference_id: at most 200 characters.",
            Some("client_reference_id"),
        ));
    }
    let customer = payer(tx, params).await?;
    let items = items(tx, params, mode).await?;
    let total = items.iter().try_fold(0_i64, |sum, item| sum.checked_add(number(item, "amount_total")));
    let total = total.ok_or_else(|| {
        ApiError::invalid("amount_too_large", "The amount is too large.", Some("line_items"))
    })?;
    if mode == "payment" {
        check_amount(total, "line_items")?;
    }
    let types = types(tx, params)?;
    let expires_at = expiry(tx, params)?;
    let id = tx.new_id("cs_test_a1", 56).await?;
    let mut session = blank(tx, &id, mode);
    session["amount_subtotal"] = if mode == "payment" { json!(total) } else { Value::Null };
    session["amount_total"] = session["amount_subtotal"].clone();
    session["adaptive_pricing"] = json!({"enabled": params.flag("adaptive_pricing.enabled")?});
    session["allowed_payment_method_types"] = match params.list("allowed_payment_method_types") {
        list if list.is_empty() => Value::Null,
        list => json!(list),
    };
    session["billing_address_collection"] = params.value("billing_address_collection");
    session["cancel_url"] = json!(cancel_url);
    session["client_reference_id"] = params.value("client_reference_id");
    session["customer"] = params.value("customer");
    session["customer_creation"] = creation(params, mode)?;
    session["customer_details"] = details(&customer, params);
    session["customer_email"] = params.value("customer_email");
    session["expires_at"] = json!(expires_at);
    session["locale"] = params.value("locale");
    session["metadata"] = params.metadata("metadata", &json!({}))?;
    session["payment_method_types"] = json!(types);
    session["submit_type"] = params.value("submit_type");
    session["success_url"] = json!(success_url);
    if mode == "setup" {
        session["setup_intent"] = json!(setups::create(tx, params, &session).await?);
    }
    let hidden = json!({
        "items": items,
        "intent": {
            "metadata": params.metadata("payment_intent_data.metadata", &json!({}))?,
            "description": params.value("payment_intent_data.description"),
            "setup_future_usage": usage(params)?,
            "statement_descriptor_suffix": params.value("payment_intent_data.statement_descriptor_suffix"),
        },
    });
    tx.insert(&session, &hidden).await?;
    tx.schedule(expires_at, "expire", &id).await?;
    Ok(session)
}

fn blank(tx: &Tx, id: &str, mode: &str) -> Value {
    let payment_status = if mode == "payment" { "unpaid" } else { "no_payment_required" };
    with_nulls(
        json!({
            "id": id, "object": "checkout.session",
            "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
            "created": tx.now, "currency": "eur", "custom_fields": [],
            "custom_text": {"after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null},
            "discounts": [], "expires_at": 0, "livemode": false, "metadata": {}, "mode": mode,
            "payment_method_collection": if mode == "setup" { json!("always") } else { json!("if_required") },
            "payment_method_options": {}, "payment_method_types": [], "payment_status": payment_status,
            "phone_number_collection": {"enabled": false}, "shipping_options": [], "status": "open",
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page", "url": tx.sim.public(&format!("c/pay/{id}")),
        }),
        &[
            "adaptive_pricing",
            "after_expiration",
            "allow_promotion_codes",
            "amount_subtotal",
            "amount_total",
            "billing_address_collection",
            "branding_settings",
            "cancel_url",
            "client_reference_id",
            "client_secret",
            "collected_information",
            "consent",
            "consent_collection",
            "currency_conversion",
            "customer",
            "customer_account",
            "customer_creation",
            "customer_details",
            "customer_email",
            "excluded_payment_method_types",
            "invoice",
            "invoice_creation",
            "locale",
            "optional_items",
            "origin_context",
            "payment_intent",
            "payment_link",
            "payment_method_configuration_details",
            "permissions",
            "recovered_from",
            "saved_payment_method_options",
            "setup_intent",
            "shipping_address_collection",
            "shipping_cost",
            "submit_type",
            "subscription",
            "success_url",
            "wallet_options",
        ],
    )
}

fn url(params: &Params, name: &str) -> Result<Option<String>, ApiError> {
    let Some(text) = params.text(name) else { return Ok(None) };
    // The placeholder's braces are no URL characters; Stripe fills it in before anybody parses the URL.
    let filled = text.replace("{CHECKOUT_SESSION_ID}", "cs_test_x");
    let uri = filled.parse::<axum::http::Uri>().ok();
    let fits =
        uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    if fits {
        Ok(Some(text.to_owned()))
    } else {
        Err(ApiError::invalid("url_invalid", "Not a valid URL", Some(name)))
    }
}

async fn payer(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    match (params.text("customer"), params.text("customer_email")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            Err(ApiError::invalid("", message, Some("customer_email")))
        }
        (Some(id), None) => tx.get("customer", id, "customer").await,
        _ => Ok(Value::Null),
    }
}

fn creation(params: &Params, mode: &str) -> Result<Value, ApiError> {
    if params.text("customer").is_some() {
        return Ok(Value::Null);
    }
    // A payment method that is kept needs someone to belong to.
    let keeps = mode == "setup" || params.text("payment_intent_data.setup_future_usage").is_some();
    let default = if keeps { "always" } else { "if_required" };
    Ok(json!(params.choice("customer_creation", &["always", "if_required"], default)?))
}

fn details(customer: &Value, params: &Params) -> Value {
    let email = params.text("customer_email").map_or_else(|| customer["email"].clone(), |email| json!(email));
    if customer.is_null() && email.is_null() {
        return Value::Null;
    }
    json!({
        "address": null, "business_name": null, "email": email, "individual_name": null, "name": customer["name"], "phone": null,
        "tax_exempt": "none", "tax_ids": null,
    })
}

fn usage(params: &Params) -> Result<Value, ApiError> {
    match params.text("payment_intent_data.setup_future_usage") {
        None => Ok(Value::Null),
        Some(_) => Ok(json!(params.choice(
            "payment_intent_data.setup_future_usage",
            &["off_session", "on_session"],
            ""
        )?)),
    }
}

/// The account's activated methods, narrowed by the filter; a method that is not activated vanishes without a word.
fn types(tx: &Tx, params: &Params) -> Result<Vec<String>, ApiError> {
    let allowed = params.list("allowed_payment_method_types");
    let active = tx.sim.tuning().methods;
    let types: Vec<String> =
        active.into_iter().filter(|method| allowed.is_empty() || allowed.contains(method)).collect();
    if types.is_empty() {
        let message =
            "No valid payment method types for this Checkout Session. Activate one that is allowed.";
        return Err(ApiError::invalid("", message, Some("allowed_payment_method_types")));
    }
    Ok(types)
}

fn expiry(tx: &Tx, params: &Params) -> Result<i64, ApiError> {
    let Some(at) = params.integer("expires_at")? else { return Ok(tx.now.saturating_add(86_400)) };
    let span = at.saturating_sub(tx.now);
    // Ten seconds of grace, as the caller computed it before it sent it.
    if (1_790..=86_410).contains(&span) {
        return Ok(at);
    }
    let message = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.";
    Err(ApiError::invalid("", message, Some("expires_at")))
}

async fn items(tx: &mut Tx, params: &Params, mode: &str) -> Result<Vec<Value>, ApiError> {
    let count = params.length("line_items");
    match (mode, count) {
        ("payment", 0) => return Err(ApiError::missing("line_items")),
        ("setup", 1..) => {
            return Err(ApiError::invalid(
                "",
                "`line_items` is not allowed in `setup` mode.",
                Some("line_items"),
            ));
        }
        (_, 101..) => return Err(ApiError::invalid("", "At most 100 line items.", Some("line_items"))),
        _ => {}
    }
    let mut items = Vec::with_capacity(count);
    for at in 0..count {
        items.push(item(tx, params, &format!("line_items.{at}")).await?);
    }
    Ok(items)
}

async fn item(tx: &mut Tx, params: &Params, at: &str) -> Result<Value, ApiError> {
    let price = format!("{at}.price_data");
    check_currency(params.required(&format!("{price}.currency"))?, &format!("{price}.currency"))?;
    let name = params.required(&format!("{price}.product_data.name"))?;
    let unit = params
        .integer(&format!("{price}.unit_amount"))?
        .ok_or_else(|| ApiError::missing(&format!("{price}.unit_amount")))?;
    let quantity = params
        .integer(&format!("{at}.quantity"))?
        .ok_or_else(|| ApiError::missing(&format!("{at}.quantity")))?;
    if unit < 0 || !(1..=999_999).contains(&quantity) {
        return Err(ApiError::invalid(
            "parameter_invalid_integer",
            "This value must be greater than or equal to 0.",
            Some(at),
        ));
    }
    let total = unit
        .checked_mul(quantity)
        .ok_or_else(|| ApiError::invalid("amount_too_large", "The amount is too large.", Some(at)))?;
    Ok(json!({
        "id": tx.new_id("li_1", 23).await?, "object": "item", "adjustable_quantity": null, "amount_discount": 0, "amount_subtotal": total,
        "amount_tax": 0, "amount_total": total, "currency": "eur", "description": name, "metadata": {}, "quantity": quantity,
        "price": {
            "id": tx.new_id("price_1", 23).await?, "object": "price", "active": false, "billing_scheme": "per_unit", "created": tx.now,
            "currency": "eur", "custom_unit_amount": null, "livemode": false, "lookup_key": null, "metadata": {}, "nickname": null,
            "product": tx.new_id("prod_", 14).await?, "recurring": null, "tax_behavior": "unspecified", "tiers_mode": null,
            "transform_quantity": null, "type": "one_time", "unit_amount": unit, "unit_amount_decimal": unit.to_string(),
        },
    }))
}

/// The line items of a session as a list.
pub(super) async fn line_items(tx: &mut Tx, session: &Value) -> Result<Value, ApiError> {
    let id = text(session, "id");
    let hidden = tx.hidden(id).await?;
    let items = if hidden["items"].is_array() { hidden["items"].clone() } else { json!([]) };
    Ok(json!({
        "object": "list", "data": items, "has_more": false,
        "url": format!("/v1/checkout/sessions/{id}/line_items"),
    }))
}

/// `GET /v1/checkout/sessions`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["payment_intent", "customer", "status"]].concat())?;
    let mut filter = Filter::kind("checkout.session");
    filter.payment_intent = params.text("payment_intent").map(str::to_owned);
    filter.customer = params.text("customer").map(str::to_owned);
    if params.has("status") {
        filter.status = Some(params.choice("status", &["open", "complete", "expired"], "open")?.to_owned());
    }
    lists::page(tx, params, filter, "/v1/checkout/sessions").await
}

/// The session that made a payment intent, if one did.
pub(super) async fn of_intent(tx: &mut Tx, intent: &str) -> Result<Option<Value>, ApiError> {
    Ok(tx.of_intent("checkout.session", intent).await?.into_iter().next())
}

/// Ends an open session: by its time or by hand. An intent that was tried is cancelled.
pub(super) async fn expire(tx: &mut Tx, id: &str) -> Result<Value, ApiError> {
    let mut session = tx.get("checkout.session", id, "id").await?;
    if session["status"] != "open" {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of {}.",
            session["status"]
        );
        return Err(ApiError::invalid("resource_invalid_state", message, None));
    }
    session["status"] = json!("expired");
    session["url"] = Value::Null;
    tx.save(&session).await?;
    if let Some(intent) = session["payment_intent"].as_str().map(str::to_owned) {
        super::intents::cancel(tx, &intent, "expired").await?;
    }
    emit(tx, "checkout.session.expired", &session).await?;
    Ok(session)
}

/// The payer is through: paid at once, or a debit is under way.
pub(super) async fn complete(
    tx: &mut Tx,
    session: &mut Value,
    payment_status: &str,
    payer: &Value,
) -> Result<(), ApiError> {
    session["status"] = json!("complete");
    session["payment_status"] = json!(payment_status);
    session["url"] = Value::Null;
    let billing = &payer["billing_details"];
    let email =
        if billing["email"].is_null() { &session["customer_details"]["email"] } else { &billing["email"] };
    session["customer_details"] = json!({
        "address": billing["address"], "business_name": null, "email": email, "individual_name": null, "name": billing["name"],
        "phone": null, "tax_exempt": "none", "tax_ids": [],
    });
    tx.save(session).await?;
    emit(tx, "checkout.session.completed", session).await
}

/// Gives a session that must keep a payment method its customer.
pub(super) async fn ensure_customer(
    tx: &mut Tx,
    session: &mut Value,
    email: &Value,
    name: &Value,
) -> Result<(), ApiError> {
    if session["customer"].is_null() && session["customer_creation"] == "always" {
        let customer = customers::make(tx, email, name).await?;
        session["customer"] = customer["id"].clone();
        tx.save(session).await?;
    }
    Ok(())
}
