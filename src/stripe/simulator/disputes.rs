//! Disputes: inquiries, chargebacks and returned debits, and the money they take and give back.

use serde_json::{Value, json};

use super::balance::{Movement, book};
use super::events::{emit, emit_change};
use super::refusal::ApiError;
use super::shapes::{number, text};
use super::store::{Filter, Origin, Tx};
use super::wire::Params;
use super::{Simulator, SimulatorError, lists};

/// Opens a dispute on a succeeded charge. An inquiry takes no money; a returned SEPA debit is lost at once, as there is no appeal.
pub(super) async fn open(
    tx: &mut Tx,
    charge_id: &str,
    inquiry: bool,
    amount: Option<i64>,
    reason: Option<&str>,
) -> Result<Value, ApiError> {
    let mut charge = tx.get("charge", charge_id, "id").await?;
    if charge["status"] != "succeeded" || charge["disputed"] == true {
        return Err(ApiError::invalid(
            "resource_invalid_state",
            "Only succeeded charges without a dispute can be disputed.",
            None,
        ));
    }
    let amount = amount.unwrap_or(number(&charge, "amount"));
    if amount < 1 || amount > number(&charge, "amount") {
        return Err(ApiError::invalid(
            "amount_too_large",
            "A dispute is about at most the charge.",
            Some("amount"),
        ));
    }
    let card = charge["payment_method_details"]["type"] == "card";
    if inquiry && !card {
        return Err(ApiError::invalid("", "There are no inquiries about SEPA debits.", None));
    }
    let reason = reason.unwrap_or(if card { "fraudulent" } else { "debit_not_authorized" });
    let status = match (inquiry, card) {
        (true, _) => "warning_needs_response",
        (false, true) => "needs_response",
        (false, false) => "lost",
    };
    let id = tx.new_id("du_1", 23).await?;
    let mut dispute = shape(tx, &id, &charge, amount, reason, status);
    if !inquiry {
        let taken = withdraw(tx, &id, amount).await?;
        dispute["balance_transactions"] = json!([taken]);
    }
    tx.insert(&dispute, &Value::Null).await?;
    charge["disputed"] = json!(true);
    tx.save(&charge).await?;
    emit(tx, "charge.dispute.created", &dispute).await?;
    if !inquiry {
        emit(tx, "charge.dispute.funds_withdrawn", &dispute).await?;
    }
    if status == "lost" {
        emit(tx, "charge.dispute.closed", &dispute).await?;
        let mandate = text(&charge["payment_method_details"]["sepa_debit"], "mandate").to_owned();
        super::methods::revoke(tx, &mandate).await?;
    }
    Ok(dispute)
}

fn shape(tx: &Tx, id: &str, charge: &Value, amount: i64, reason: &str, status: &str) -> Value {
    let card = &charge["payment_method_details"]["card"];
    let inquiry = status.starts_with("warning");
    let details = json!({
        "card": {"brand": card["brand"], "case_type": if inquiry { "inquiry" } else { "chargeback" }, "network": card["brand"], "network_reason_code": "10"},
        "type": "card",
    });
    let fields = [
        "access_activity_log",
        "billing_address",
        "cancellation_policy",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_communication",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "customer_signature",
        "duplicate_charge_documentation",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "receipt",
        "refund_policy",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "service_documentation",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_documentation",
        "shipping_tracking_number",
        "uncategorized_file",
        "uncategorized_text",
    ];
    let mut evidence: Value = fields
        .iter()
        .map(|field| ((*field).to_owned(), Value::Null))
        .collect::<serde_json::Map<_, _>>()
        .into();
    evidence["enhanced_evidence"] = json!({});
    json!({
        "id": id, "object": "dispute", "amount": amount, "balance_transactions": [], "charge": charge["id"], "created": tx.now,
        "currency": "eur", "enhanced_eligibility_types": [], "evidence": evidence,
        "evidence_details": {
            "due_by": if status == "lost" { Value::Null } else { json!(tx.now + 9 * 86_400) }, "enhanced_eligibility": {},
            "has_evidence": false, "past_due": false, "submission_count": 0,
        },
        "is_charge_refundable": inquiry, "livemode": false, "metadata": {}, "network_reason_code": if card.is_null() { Value::Null } else { json!("10") },
        "payment_intent": charge["payment_intent"], "payment_method_details": if card.is_null() { Value::Null } else { details },
        "reason": reason, "status": status,
    })
}

async fn withdraw(tx: &mut Tx, id: &str, amount: i64) -> Result<Value, ApiError> {
    let fee = tx.sim.tuning().dispute_fee_cents;
    let movement = Movement {
        amount: -amount,
        fee,
        kind: "adjustment",
        category: "dispute",
        source: id,
        description: "Chargeback withdrawal",
    };
    book(tx, &movement).await
}

/// An inquiry becomes a chargeback: now the money goes.
pub(super) async fn escalate(tx: &mut Tx, id: &str) -> Result<Value, ApiError> {
    let mut dispute = in_state(tx, id, &["warning_needs_response", "warning_under_review"]).await?;
    let before = json!({"status": dispute["status"]});
    let taken = withdraw(tx, id, number(&dispute, "amount")).await?;
    dispute["balance_transactions"] = json!([taken]);
    dispute["status"] = json!("needs_response");
    dispute["is_charge_refundable"] = json!(false);
    dispute["payment_method_details"]["card"]["case_type"] = json!("chargeback");
    tx.save(&dispute).await?;
    emit_change(tx, "charge.dispute.updated", &dispute, Some(before)).await?;
    emit(tx, "charge.dispute.funds_withdrawn", &dispute).await?;
    Ok(dispute)
}

/// The merchant wins: the amount comes back, the fee does not.
pub(super) async fn win(tx: &mut Tx, id: &str) -> Result<Value, ApiError> {
    let mut dispute = in_state(tx, id, &["needs_response", "under_review"]).await?;
    let amount = number(&dispute, "amount");
    let movement = Movement {
        amount,
        fee: 0,
        kind: "adjustment",
        category: "dispute_reversal",
        source: id,
        description: "Chargeback reversal",
    };
    let returned = book(tx, &movement).await?;
    dispute["status"] = json!("won");
    if let Some(transactions) = dispute["balance_transactions"].as_array_mut() {
        transactions.push(returned);
    }
    tx.save(&dispute).await?;
    emit(tx, "charge.dispute.funds_reinstated", &dispute).await?;
    emit(tx, "charge.dispute.closed", &dispute).await?;
    Ok(dispute)
}

/// The merchant loses, or accepts (`POST /v1/disputes/{id}/close`); an inquiry just ends.
pub(super) async fn close(tx: &mut Tx, id: &str) -> Result<Value, ApiError> {
    let mut dispute = in_state(
        tx,
        id,
        &["needs_response", "under_review", "warning_needs_response", "warning_under_review"],
    )
    .await?;
    let inquiry = text(&dispute, "status").starts_with("warning");
    dispute["status"] = json!(if inquiry { "warning_closed" } else { "lost" });
    tx.save(&dispute).await?;
    emit(tx, "charge.dispute.closed", &dispute).await?;
    Ok(dispute)
}

async fn in_state(tx: &mut Tx, id: &str, states: &[&str]) -> Result<Value, ApiError> {
    let dispute = tx.get("dispute", id, "id").await?;
    if states.contains(&text(&dispute, "status")) {
        return Ok(dispute);
    }
    let message =
        format!("This dispute has a status of {} and cannot be changed so.", text(&dispute, "status"));
    Err(ApiError::invalid("resource_invalid_state", message, None))
}

/// Whether a charge's money is, or went, back by dispute, so that a refund would pay twice.
pub(super) async fn blocks_refunds(tx: &mut Tx, charge: &str) -> Result<bool, ApiError> {
    let mut filter = Filter::kind("dispute");
    filter.charge = Some(charge.to_owned());
    Ok(tx
        .list(&filter)
        .await?
        .iter()
        .any(|dispute| ["needs_response", "under_review", "lost"].contains(&text(dispute, "status"))))
}

/// `GET /v1/disputes`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["payment_intent", "charge"]].concat())?;
    let mut filter = Filter::kind("dispute");
    filter.payment_intent = params.text("payment_intent").map(str::to_owned);
    filter.charge = params.text("charge").map(str::to_owned);
    lists::page(tx, params, filter, "/v1/disputes").await
}

impl Simulator {
    /// Disputes a payment (an inquiry takes no money yet); gives the dispute's id.
    ///
    /// # Errors
    /// Refuses payments that did not succeed or are disputed already.
    pub async fn dispute(
        &self,
        payment_intent: &str,
        inquiry: bool,
        amount_cents: Option<i64>,
    ) -> Result<String, SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        let intent = tx.get("payment_intent", payment_intent, "id").await?;
        let dispute = open(&mut tx, text(&intent, "latest_charge"), inquiry, amount_cents, None).await?;
        tx.commit().await?;
        Ok(text(&dispute, "id").to_owned())
    }

    /// Ends a dispute in the merchant's favour or not.
    ///
    /// # Errors
    /// Refuses disputes that have ended.
    pub async fn close_dispute(&self, dispute: &str, won: bool) -> Result<(), SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        if won {
            win(&mut tx, dispute).await?
        } else {
            close(&mut tx, dispute).await?
        };
        Ok(tx.commit().await?)
    }
}
