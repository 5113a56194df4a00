//! Payment methods (saved cards and accounts) and the mandates of SEPA debits.

use serde_json::{Value, json};

use super::events::emit;
use super::instruments::{Instrument, known};
use super::refusal::ApiError;
use super::shapes::{billing, text};
use super::store::{Tx, letters};

/// A payment method made from what the payer typed. The number itself stays hidden.
pub(super) async fn create(
    tx: &mut Tx,
    instrument: &Instrument,
    name: &Value,
    email: &Value,
) -> Result<Value, ApiError> {
    let kind = instrument.kind();
    let name = match instrument {
        Instrument::Iban { name, .. } if !name.is_empty() => json!(name),
        _ => name.clone(),
    };
    let (details, hidden) = match instrument {
        Instrument::Card { number } => (card(tx.now, number), json!({"number": number})),
        Instrument::Iban { iban, .. } => (account(iban), json!({"iban": iban, "name": name})),
    };
    let mut method = json!({
        "id": tx.new_id("pm_1", 23).await?, "object": "payment_method", "allow_redisplay": "unspecified",
        "billing_details": billing(&name, email), "created": tx.now, "customer": null, "customer_account": null, "livemode": false,
        "metadata": {}, "type": kind,
    });
    method[kind] = details;
    tx.insert(&method, &hidden).await?;
    Ok(method)
}

fn card(now: i64, number: &str) -> Value {
    let brand = known(number).map_or("visa", |card| card.brand);
    json!({
        "brand": brand, "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
        "country": "DE", "display_brand": brand, "exp_month": 12, "exp_year": 1970 + now.div_euclid(31_556_952) + 3,
        "fingerprint": letters(&format!("fingerprint/{number}"), 16), "funding": "credit", "generated_from": null,
        "last4": Instrument::card(number).last4(), "networks": {"available": [brand], "preferred": null}, "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": true}, "wallet": null,
    })
}

fn account(iban: &str) -> Value {
    json!({
        "bank_code": iban.get(4..12), "branch_code": "", "country": iban.get(..2), "fingerprint": letters(&format!("fingerprint/{iban}"), 16),
        "generated_from": {"charge": null, "setup_attempt": null}, "last4": Instrument::iban(iban).last4(),
    })
}

/// The instrument behind a payment method.
pub(super) async fn instrument(tx: &mut Tx, method: &str) -> Result<Instrument, ApiError> {
    let hidden = tx.hidden(method).await?;
    if let Some(number) = hidden["number"].as_str() {
        return Ok(Instrument::card(number));
    }
    let iban = hidden["iban"]
        .as_str()
        .ok_or_else(|| ApiError::no_such("payment_method", method, "payment_method"))?;
    Ok(Instrument::Iban { iban: iban.to_owned(), name: text(&hidden, "name").to_owned() })
}

/// Keeps a payment method for a customer.
pub(super) async fn attach(tx: &mut Tx, id: &str, customer: &str) -> Result<(), ApiError> {
    let mut method = tx.get("payment_method", id, "payment_method").await?;
    if method["customer"] == customer {
        return Ok(());
    }
    method["customer"] = json!(customer);
    method["allow_redisplay"] = json!("limited");
    tx.save(&method).await?;
    emit(tx, "payment_method.attached", &method).await
}

/// Marks a payment method as set up with its owner present, so that it may be charged without him.
pub(super) async fn set_up(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let mut hidden = tx.hidden(id).await?;
    hidden["set_up"] = json!(true);
    tx.hide(id, &hidden).await
}

/// `POST /v1/payment_methods/{id}/detach`.
pub(super) async fn detach(tx: &mut Tx, id: &str) -> Result<Value, ApiError> {
    let mut method = tx.get("payment_method", id, "id").await?;
    if method["customer"].is_null() {
        let message =
            "The payment method you provided is not attached to a customer so detachment is impossible.";
        return Err(ApiError::invalid("payment_method_not_attached", message, None));
    }
    let customer = method["customer"].take();
    tx.save(&method).await?;
    super::events::emit_change(tx, "payment_method.detached", &method, Some(json!({"customer": customer})))
        .await?;
    Ok(method)
}

/// The mandate of a SEPA payment method: made with its first use, then kept.
pub(super) async fn mandate(tx: &mut Tx, method: &str, keep: bool) -> Result<String, ApiError> {
    let mut hidden = tx.hidden(method).await?;
    if let Some(id) = hidden["mandate"].as_str() {
        return Ok(id.to_owned());
    }
    let id = tx.new_id("mandate_1", 23).await?;
    let reference = letters(&id, 16).to_uppercase();
    let kind = if keep { "multi_use" } else { "single_use" };
    let mut mandate = json!({
        "id": id, "object": "mandate", "customer_acceptance": {
            "accepted_at": tx.now, "online": {"ip_address": "127.0.0.1", "user_agent": "Simulator"}, "type": "online",
        },
        "livemode": false, "on_behalf_of": null, "payment_method": method,
        "payment_method_details": {"sepa_debit": {"reference": reference, "url": tx.sim.public(&format!("c/mandate/{id}"))}, "type": "sepa_debit"},
        "status": "active", "type": kind,
    });
    mandate[kind] = if keep { json!({}) } else { json!({"amount": 0, "currency": "eur"}) };
    tx.insert(&mandate, &Value::Null).await?;
    hidden["mandate"] = json!(id);
    tx.hide(method, &hidden).await?;
    Ok(id)
}

/// Ends a mandate: its debtor has the money called back, so nothing may be drawn with it any more.
pub(super) async fn revoke(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let mut mandate = tx.get("mandate", id, "id").await?;
    if mandate["status"] == "inactive" {
        return Ok(());
    }
    mandate["status"] = json!("inactive");
    tx.save(&mandate).await?;
    super::events::emit_change(tx, "mandate.updated", &mandate, Some(json!({"status": "active"}))).await
}

/// Whether a payment method's mandate has ended.
pub(super) async fn is_revoked(tx: &mut Tx, method: &str) -> Result<bool, ApiError> {
    let hidden = tx.hidden(method).await?;
    let Some(mandate) = hidden["mandate"].as_str() else { return Ok(false) };
    Ok(tx.get("mandate", mandate, "mandate").await?["status"] == "inactive")
}
