//! Payment intents: the identity of a payment, made by Checkout or by the product for a charge without its owner.

use serde_json::{Value, json};

use super::events::emit;
use super::lists;
use super::payments::{self, Attempt, Presence};
use super::refusal::ApiError;
use super::shapes::{check_amount, check_currency, text, with_nulls};
use super::store::{Filter, Tx, letters};
use super::wire::Params;

const FIELDS: &[&str] = &[
    "amount",
    "currency",
    "customer",
    "payment_method",
    "off_session",
    "confirm",
    "metadata.*",
    "description",
    "allowed_payment_method_types.#",
    "setup_future_usage",
    "statement_descriptor_suffix",
    "return_url",
    "expand.#",
];

/// What a new intent is made of.
struct Draft {
    amount: i64,
    customer: Value,
    description: Value,
    metadata: Value,
    suffix: Value,
    usage: Value,
    types: Value,
    allowed: Value,
}

async fn insert(tx: &mut Tx, draft: Draft, hidden: &Value) -> Result<Value, ApiError> {
    let id = tx.new_id("pi_3", 23).await?;
    let secret = format!("{id}_secret_{}", letters(&format!("secret/{id}"), 25));
    let intent = with_nulls(
        json!({
            "id": id, "object": "payment_intent", "allowed_payment_method_types": draft.allowed,
            "amount": draft.amount, "amount_capturable": 0, "amount_received": 0,
            "capture_method": "automatic_async", "client_secret": secret,
            "confirmation_method": "automatic", "created": tx.now, "currency": "eur",
            "customer": draft.customer, "description": draft.description, "livemode": false,
            "metadata": draft.metadata, "payment_method_options": {}, "payment_method_types": draft.types,
            "setup_future_usage": draft.usage, "statement_descriptor_suffix": draft.suffix,
            "status": "requires_payment_method",
        }),
        &[
            "amount_details",
            "application",
            "application_fee_amount",
            "automatic_payment_methods",
            "canceled_at",
            "cancellation_reason",
            "customer_account",
            "excluded_payment_method_types",
            "last_payment_error",
            "latest_charge",
            "next_action",
            "on_behalf_of",
            "payment_method",
            "payment_method_configuration_details",
            "processing",
            "receipt_email",
            "review",
            "shipping",
            "source",
            "statement_descriptor",
            "transfer_data",
            "transfer_group",
        ],
    );
    tx.insert(&intent, hidden).await?;
    emit(tx, "payment_intent.created", &intent).await?;
    Ok(intent)
}

/// The intent of a session, made with the first attempt to pay it.
pub(super) async fn of_session(tx: &mut Tx, session: &mut Value) -> Result<Value, ApiError> {
    if let Some(id) = session["payment_intent"].as_str() {
        let mut intent = tx.get("payment_intent", id, "payment_intent").await?;
        intent["customer"] = session["customer"].clone();
        return Ok(intent);
    }
    let hidden = tx.hidden(text(session, "id")).await?;
    let data = &hidden["intent"];
    let draft = Draft {
        amount: session["amount_total"].as_i64().unwrap_or_default(),
        customer: session["customer"].clone(),
        description: data["description"].clone(),
        metadata: data["metadata"].clone(),
        suffix: data["statement_descriptor_suffix"].clone(),
        usage: data["setup_future_usage"].clone(),
        types: session["payment_method_types"].clone(),
        allowed: session["allowed_payment_method_types"].clone(),
    };
    let intent = insert(tx, draft, &json!({})).await?;
    session["payment_intent"] = intent["id"].clone();
    tx.save(session).await?;
    Ok(intent)
}

/// `POST /v1/payment_intents`.
pub(super) async fn create(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(FIELDS)?;
    let amount = params.integer("amount")?.ok_or_else(|| ApiError::missing("amount"))?;
    check_currency(params.required("currency")?, "currency")?;
    check_amount(amount, "amount")?;
    let (confirm, away) = (params.flag("confirm")?, params.flag("off_session")?);
    if away && !confirm {
        let message = "You can only set `off_session` when `confirm` is true.";
        return Err(ApiError::invalid("", message, Some("off_session")));
    }
    if let Some(customer) = params.text("customer") {
        tx.get("customer", customer, "customer").await?;
    }
    let allowed = params.list("allowed_payment_method_types");
    let active = tx.sim.tuning().methods;
    let types: Vec<String> =
        active.into_iter().filter(|method| allowed.is_empty() || allowed.contains(method)).collect();
    let usage = match params.text("setup_future_usage") {
        None => Value::Null,
        Some(_) => json!(params.choice("setup_future_usage", &["off_session", "on_session"], "")?),
    };
    let draft = Draft {
        amount,
        customer: params.value("customer"),
        description: params.value("description"),
        metadata: params.metadata("metadata", &json!({}))?,
        suffix: params.value("statement_descriptor_suffix"),
        usage,
        types: json!(types),
        allowed: if allowed.is_empty() { Value::Null } else { json!(allowed) },
    };
    let method = params.text("payment_method");
    if let Some(method) = method {
        check_method(tx, method, &draft.customer).await?;
    }
    let mut intent = insert(tx, draft, &json!({"return_url": params.value("return_url")})).await?;
    if let Some(method) = method {
        intent["payment_method"] = json!(method);
        intent["status"] = json!("requires_confirmation");
        tx.save(&intent).await?;
    }
    if !confirm {
        return Ok(intent);
    }
    let presence = if away { Presence::Away } else { Presence::Here };
    run(tx, intent, presence).await
}

/// A payment method may only be charged for the customer it is kept for.
async fn check_method(tx: &mut Tx, method: &str, customer: &Value) -> Result<(), ApiError> {
    let found = tx.get("payment_method", method, "payment_method").await?;
    if !found["customer"].is_null() && found["customer"] == *customer {
        return Ok(());
    }
    let message = "The provided PaymentMethod cannot be attached or was detached. Provide one that belongs to the customer.";
    Err(ApiError::invalid("payment_method_unactivated", message, Some("payment_method")))
}

async fn run(tx: &mut Tx, mut intent: Value, presence: Presence) -> Result<Value, ApiError> {
    let method = text(&intent, "payment_method").to_owned();
    if method.is_empty() {
        return Err(ApiError::missing("payment_method"));
    }
    match payments::attempt(tx, &mut intent, &method, presence).await? {
        Attempt::Refused(reason) => {
            let mut error = reason.error();
            error.charge = intent["latest_charge"].as_str().map(str::to_owned);
            error.payment_intent = Some(intent);
            Err(error)
        }
        _ => Ok(intent),
    }
}

/// `POST /v1/payment_intents/{id}/confirm`.
pub(super) async fn confirm(tx: &mut Tx, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["payment_method", "off_session", "return_url", "expand.#"])?;
    let mut intent = tx.get("payment_intent", id, "id").await?;
    if !["requires_payment_method", "requires_confirmation"].contains(&text(&intent, "status")) {
        return Err(wrong_state(&intent, "confirm"));
    }
    if let Some(method) = params.text("payment_method") {
        check_method(tx, method, &intent["customer"]).await?;
        intent["payment_method"] = json!(method);
    }
    let presence = if params.flag("off_session")? { Presence::Away } else { Presence::Here };
    run(tx, intent, presence).await
}

/// Cancels an intent that no money has moved for; one that is through stays as it is and is refused.
pub(super) async fn cancel(tx: &mut Tx, id: &str, reason: &str) -> Result<Value, ApiError> {
    let mut intent = tx.get("payment_intent", id, "id").await?;
    if !["requires_payment_method", "requires_confirmation", "requires_action"]
        .contains(&text(&intent, "status"))
    {
        return Err(wrong_state(&intent, "cancel"));
    }
    intent["status"] = json!("canceled");
    intent["canceled_at"] = json!(tx.now);
    intent["cancellation_reason"] = if reason.is_empty() { Value::Null } else { json!(reason) };
    intent["next_action"] = Value::Null;
    tx.save(&intent).await?;
    emit(tx, "payment_intent.canceled", &intent).await?;
    Ok(intent)
}

/// `POST /v1/payment_intents/{id}/cancel`. The intent of an open session ends with its session only.
pub(super) async fn cancel_by_call(tx: &mut Tx, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["cancellation_reason", "expand.#"])?;
    let words = ["", "duplicate", "fraudulent", "requested_by_customer", "abandoned"];
    let reason = params.choice("cancellation_reason", &words, "")?.to_owned();
    if super::sessions::of_intent(tx, id).await?.is_some_and(|session| session["status"] == "open") {
        let message = "You cannot cancel this PaymentIntent because it belongs to an open Checkout Session. Expire the session.";
        return Err(ApiError::invalid("payment_intent_unexpected_state", message, None));
    }
    cancel(tx, id, &reason).await
}

/// 400 `payment_intent_unexpected_state`.
pub(super) fn wrong_state(intent: &Value, verb: &str) -> ApiError {
    let message = format!(
        "You cannot {verb} this PaymentIntent because it has a status of {}.",
        text(intent, "status")
    );
    ApiError::invalid("payment_intent_unexpected_state", message, None)
}

/// `GET /v1/payment_intents`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["customer"]].concat())?;
    let mut filter = Filter::kind("payment_intent");
    filter.customer = params.text("customer").map(str::to_owned);
    lists::page(tx, params, filter, "/v1/payment_intents").await
}
