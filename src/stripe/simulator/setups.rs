//! Setup intents: saving a payment method without a payment (Checkout in setup mode).

use serde_json::{Value, json};

use super::events::emit;
use super::instruments::{Fate, NOT_APPROVED, Reason};
use super::methods;
use super::payments::{PayOutcome, Presence, declined};
use super::refusal::ApiError;
use super::sessions;
use super::shapes::{text, with_nulls};
use super::store::{Tx, letters};
use super::wire::Params;

/// The setup intent of a new session; gives its id.
pub(super) async fn create(tx: &mut Tx, params: &Params, session: &Value) -> Result<String, ApiError> {
    let id = tx.new_id("seti_1", 23).await?;
    let secret = format!("{id}_secret_{}", letters(&format!("secret/{id}"), 25));
    let intent = with_nulls(
        json!({
            "id": id, "object": "setup_intent",
            "allowed_payment_method_types": session["allowed_payment_method_types"],
            "client_secret": secret, "created": tx.now, "customer": session["customer"],
            "description": params.value("setup_intent_data.description"), "livemode": false,
            "metadata": params.metadata("setup_intent_data.metadata", &json!({}))?,
            "payment_method_options": {}, "payment_method_types": session["payment_method_types"],
            "status": "requires_payment_method", "usage": "off_session",
        }),
        &[
            "application",
            "automatic_payment_methods",
            "cancellation_reason",
            "customer_account",
            "excluded_payment_method_types",
            "flow_directions",
            "last_setup_error",
            "latest_attempt",
            "mandate",
            "next_action",
            "on_behalf_of",
            "payment_method",
            "payment_method_configuration_details",
            "single_use_mandate",
        ],
    );
    tx.insert(&intent, &json!({})).await?;
    emit(tx, "setup_intent.created", &intent).await?;
    Ok(id)
}

/// Saves a method for the session's customer, after 3-D Secure where the card asks for it.
pub(super) async fn confirm(
    tx: &mut Tx,
    session: &mut Value,
    method: &Value,
    presence: Presence,
) -> Result<PayOutcome, ApiError> {
    let mut intent = tx.get("setup_intent", text(session, "setup_intent"), "setup_intent").await?;
    let id = text(method, "id").to_owned();
    match (methods::instrument(tx, &id).await?.fate(), presence) {
        (Err(reason), _) | (Ok(Fate::Refused(reason)), _) => {
            return refuse(tx, &mut intent, method, reason).await;
        }
        (Ok(Fate::AsksOnce | Fate::AsksAlways), Presence::Here) => {
            let url = tx.sim.public(&format!("c/3ds/{}", text(session, "id")));
            tx.hide(text(&intent, "id"), &json!({"pending_method": id})).await?;
            intent["status"] = json!("requires_action");
            intent["payment_method"] = json!(id);
            intent["next_action"] =
                json!({"redirect_to_url": {"return_url": null, "url": url}, "type": "redirect_to_url"});
            tx.save(&intent).await?;
            emit(tx, "setup_intent.requires_action", &intent).await?;
            return Ok(PayOutcome::Authenticate { url });
        }
        _ => {}
    }
    if method["type"] == "sepa_debit" {
        intent["mandate"] = json!(methods::mandate(tx, &id, true).await?);
    }
    methods::set_up(tx, &id).await?;
    if let Some(customer) = session["customer"].as_str() {
        methods::attach(tx, &id, customer).await?;
    }
    intent["customer"] = session["customer"].clone();
    intent["status"] = json!("succeeded");
    intent["payment_method"] = json!(id);
    intent["next_action"] = Value::Null;
    intent["last_setup_error"] = Value::Null;
    tx.save(&intent).await?;
    emit(tx, "setup_intent.succeeded", &intent).await?;
    sessions::complete(tx, session, "no_payment_required", method).await?;
    Ok(PayOutcome::Paid)
}

async fn refuse(
    tx: &mut Tx,
    intent: &mut Value,
    method: &Value,
    reason: Reason,
) -> Result<PayOutcome, ApiError> {
    intent["status"] = json!("requires_payment_method");
    intent["payment_method"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["last_setup_error"] = json!({
        "code": reason.code, "message": reason.message, "payment_method": method, "payment_method_type": method["type"], "type": "card_error",
    });
    tx.save(intent).await?;
    emit(tx, "setup_intent.setup_failed", intent).await?;
    Ok(declined(reason))
}

/// The payer's answer on the 3-D Secure page.
pub(super) async fn answer(tx: &mut Tx, session: &mut Value, approve: bool) -> Result<PayOutcome, ApiError> {
    let mut intent = tx.get("setup_intent", text(session, "setup_intent"), "setup_intent").await?;
    let hidden = tx.hidden(text(&intent, "id")).await?;
    let (Some(method), true) = (hidden["pending_method"].as_str(), intent["status"] == "requires_action")
    else {
        return Err(ApiError::invalid("setup_intent_unexpected_state", "Nothing waits for approval.", None));
    };
    let method = tx.get("payment_method", method, "payment_method").await?;
    if approve {
        confirm(tx, session, &method, Presence::Approved).await
    } else {
        refuse(tx, &mut intent, &method, NOT_APPROVED).await
    }
}
