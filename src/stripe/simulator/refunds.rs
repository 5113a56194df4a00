//! Refunds: whole or in parts, immediate for cards, pending for debits, and sometimes failing after they seemed done.

use serde_json::{Value, json};

use super::balance::{Movement, book};
use super::events::{emit, emit_change};
use super::instruments::Fate;
use super::refusal::ApiError;
use super::shapes::{number, text};
use super::store::{Filter, Origin, Tx};
use super::tuning::business_days_after;
use super::wire::Params;
use super::{Simulator, SimulatorError, lists, methods};

/// `POST /v1/refunds`.
pub(super) async fn create(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&["payment_intent", "charge", "amount", "reason", "metadata.*", "expand.#"])?;
    let words = ["duplicate", "fraudulent", "requested_by_customer"];
    let reason = match params.text("reason") {
        None => Value::Null,
        Some(_) => json!(params.choice("reason", &words, "")?),
    };
    let charge = match (params.text("payment_intent"), params.text("charge")) {
        (Some(intent), None) => {
            let intent = tx.get("payment_intent", intent, "payment_intent").await?;
            match intent["latest_charge"].as_str() {
                Some(charge) => tx.get("charge", charge, "charge").await?,
                None => return Err(not_refundable(&intent)),
            }
        }
        (None, Some(charge)) => tx.get("charge", charge, "charge").await?,
        (None, None) => return Err(ApiError::missing("payment_intent")),
        _ => {
            return Err(ApiError::invalid(
                "",
                "Only one of these parameters: charge, payment_intent.",
                Some("charge"),
            ));
        }
    };
    let amount = params.integer("amount")?;
    let metadata = params.metadata("metadata", &json!({}))?;
    open(tx, charge, amount, &reason, &metadata).await
}

fn not_refundable(object: &Value) -> ApiError {
    let message = format!("{} does not have a successful charge to refund.", text(object, "id"));
    ApiError::invalid("charge_not_refundable", message, None)
}

/// Gives back `amount` of a charge, or what is left of it.
async fn open(
    tx: &mut Tx,
    mut charge: Value,
    amount: Option<i64>,
    reason: &Value,
    metadata: &Value,
) -> Result<Value, ApiError> {
    let id = text(&charge, "id").to_owned();
    if charge["status"] != "succeeded" {
        return Err(not_refundable(&charge));
    }
    let left = number(&charge, "amount") - number(&charge, "amount_refunded");
    if left == 0 {
        return Err(ApiError::invalid(
            "charge_already_refunded",
            format!("Charge {id} has already been refunded."),
            None,
        ));
    }
    if super::disputes::blocks_refunds(tx, &id).await? {
        return Err(ApiError::invalid(
            "charge_disputed",
            format!("Charge {id} has been charged back; cannot issue a refund."),
            None,
        ));
    }
    let amount = amount.unwrap_or(left);
    if amount < 1 {
        return Err(ApiError::invalid(
            "parameter_invalid_integer",
            "Invalid positive integer",
            Some("amount"),
        ));
    }
    if amount > left {
        let message = format!(
            "Refund amount ({amount} cents) is greater than unrefunded amount on charge ({left} cents)"
        );
        return Err(ApiError::invalid("amount_too_large", message, Some("amount")));
    }
    let card = charge["payment_method_details"]["type"] == "card";
    let refund_id = tx.new_id("re_3", 23).await?;
    let kind = if card { "refund" } else { "payment_refund" };
    let movement = Movement {
        amount: -amount,
        fee: 0,
        kind,
        category: "refund",
        source: &refund_id,
        description: "REFUND FOR CHARGE",
    };
    let booked = book(tx, &movement).await?;
    let destination = json!({"card": {"reference": null, "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}, "type": "card"});
    let refund = json!({
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": booked["id"], "charge": id, "created": tx.now,
        "currency": "eur", "customer": charge["customer"], "customer_account": null,
        "destination_details": if card { destination } else { json!({"type": "sepa_debit"}) },
        "failure_balance_transaction": null, "failure_reason": null, "metadata": metadata, "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"], "pending_reason": if card { Value::Null } else { json!("processing") }, "reason": reason,
        "receipt_number": null, "source_transfer_reversal": null, "status": if card { "succeeded" } else { "pending" }, "transfer_reversal": null,
    });
    tx.insert(&refund, &Value::Null).await?;
    emit(tx, "refund.created", &refund).await?;
    change_charge(tx, &mut charge, amount, "charge.refunded").await?;
    plan(tx, &refund, text(&charge, "payment_method"), card).await?;
    Ok(refund)
}

/// A refund from Stripe's dashboard, not by a call.
pub(super) async fn by_hand(
    tx: &mut Tx,
    payment_intent: &str,
    amount: Option<i64>,
) -> Result<Value, ApiError> {
    let intent = tx.get("payment_intent", payment_intent, "payment_intent").await?;
    let charge = tx.get("charge", text(&intent, "latest_charge"), "charge").await?;
    open(tx, charge, amount, &json!("requested_by_customer"), &json!({})).await
}

/// The charge tells the sum of its refunds.
async fn change_charge(tx: &mut Tx, charge: &mut Value, by: i64, event: &str) -> Result<(), ApiError> {
    let before = json!({"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]});
    let refunded = number(charge, "amount_refunded") + by;
    charge["amount_refunded"] = json!(refunded);
    charge["refunded"] = json!(refunded == number(charge, "amount"));
    tx.save(charge).await?;
    emit_change(tx, event, charge, Some(before)).await
}

/// What happens to the refund by itself.
async fn plan(tx: &mut Tx, refund: &Value, method: &str, card: bool) -> Result<(), ApiError> {
    let (tuning, id) = (tx.sim.tuning(), text(refund, "id"));
    if methods::instrument(tx, method).await?.fate() == Ok(Fate::RefundFails) {
        return tx
            .schedule(tx.now.saturating_add(i64::from(tuning.mishap_delay_seconds)), "refund_fails", id)
            .await;
    }
    if card {
        return Ok(());
    }
    tx.schedule(business_days_after(tx.now, tuning.refund_business_days), "refund_done", id).await
}

/// A pending refund has arrived.
pub(super) async fn finish(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let mut refund = tx.get("refund", id, "id").await?;
    if refund["status"] != "pending" {
        return Ok(());
    }
    refund["status"] = json!("succeeded");
    refund["pending_reason"] = Value::Null;
    tx.save(&refund).await?;
    emit_change(tx, "refund.updated", &refund, Some(json!({"status": "pending"}))).await
}

/// A refund fails: its money comes back to the account, and the charge counts it no longer.
pub(super) async fn fail(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let mut refund = tx.get("refund", id, "id").await?;
    if !["pending", "succeeded"].contains(&text(&refund, "status")) {
        return Err(ApiError::invalid(
            "resource_invalid_state",
            "Only pending and succeeded refunds can fail.",
            None,
        ));
    }
    let amount = number(&refund, "amount");
    let movement = Movement {
        amount,
        fee: 0,
        kind: "refund_failure",
        category: "refund_failure",
        source: id,
        description: "REFUND FAILURE",
    };
    let booked = book(tx, &movement).await?;
    let before = refund["status"].clone();
    refund["status"] = json!("failed");
    refund["pending_reason"] = Value::Null;
    refund["failure_reason"] = json!("expired_or_canceled_card");
    refund["failure_balance_transaction"] = booked["id"].clone();
    tx.save(&refund).await?;
    let mut charge = tx.get("charge", text(&refund, "charge"), "charge").await?;
    change_charge(tx, &mut charge, -amount, "charge.updated").await?;
    emit_change(tx, "refund.updated", &refund, Some(json!({"status": before}))).await?;
    emit(tx, "refund.failed", &refund).await
}

/// `GET /v1/refunds`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["payment_intent", "charge"]].concat())?;
    let mut filter = Filter::kind("refund");
    filter.payment_intent = params.text("payment_intent").map(str::to_owned);
    filter.charge = params.text("charge").map(str::to_owned);
    lists::page(tx, params, filter, "/v1/refunds").await
}

impl Simulator {
    /// Refunds a payment as from Stripe's dashboard; gives the refund's id. Without an amount all that is left.
    ///
    /// # Errors
    /// Refuses as `POST /v1/refunds` does.
    pub async fn refund(
        &self,
        payment_intent: &str,
        amount_cents: Option<i64>,
    ) -> Result<String, SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        let refund = by_hand(&mut tx, payment_intent, amount_cents).await?;
        tx.commit().await?;
        Ok(text(&refund, "id").to_owned())
    }

    /// Lets a refund fail after the fact.
    ///
    /// # Errors
    /// Refuses when it has failed already.
    pub async fn fail_refund(&self, refund: &str) -> Result<(), SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        fail(&mut tx, refund).await?;
        Ok(tx.commit().await?)
    }
}
