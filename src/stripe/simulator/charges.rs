//! Charges: one per attempt to move money, with the fee that becomes known a little later.

use serde_json::{Value, json};

use super::balance::{Movement, book};
use super::events::{emit, emit_change};
use super::instruments::Reason;
use super::lists;
use super::refusal::ApiError;
use super::shapes::{number, text, with_nulls};
use super::store::{Filter, Tx, letters};
use super::wire::Params;

/// How an attempt stands when its charge is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing {
    Succeeded,
    Pending,
    Failed(Reason),
}

/// The charge of an attempt on an intent with a payment method.
pub(super) async fn create(
    tx: &mut Tx,
    intent: &Value,
    method: &Value,
    standing: Standing,
    approved: bool,
) -> Result<Value, ApiError> {
    let amount = number(intent, "amount");
    let kind = text(method, "type");
    let prefix = if kind == "sepa_debit" { "py_3" } else { "ch_3" };
    let id = tx.new_id(prefix, 23).await?;
    let keep = intent["setup_future_usage"] == "off_session";
    let mandate = if kind == "sepa_debit" {
        Some(super::methods::mandate(tx, text(method, "id"), keep).await?)
    } else {
        None
    };
    let (status, failure) = match standing {
        Standing::Succeeded => ("succeeded", None),
        Standing::Pending => ("pending", None),
        Standing::Failed(reason) => ("failed", Some(reason)),
    };
    let mut details = json!({"type": kind});
    details[kind] = match mandate {
        Some(mandate) => debit_details(tx, method, &mandate),
        None => card_details(method, amount, &id, approved),
    };
    let suffix = intent["statement_descriptor_suffix"].as_str();
    let descriptor = descriptor(&tx.sim.settings.merchant_name, suffix);
    let charge = with_nulls(
        json!({
            "id": id, "object": "charge", "amount": amount,
            "amount_captured": if failure.is_some() { 0 } else { amount }, "amount_refunded": 0,
            "billing_details": method["billing_details"], "calculated_statement_descriptor": descriptor,
            "captured": failure.is_none(), "created": tx.now, "currency": "eur",
            "customer": intent["customer"], "description": intent["description"], "disputed": false,
            "failure_code": failure.map(|reason| reason.failure_code(kind)),
            "failure_message": failure.map(|reason| reason.message), "fraud_details": {}, "livemode": false,
            "metadata": intent["metadata"], "outcome": outcome(failure), "paid": status == "succeeded",
            "payment_intent": intent["id"], "payment_method": method["id"],
            "payment_method_details": details, "radar_options": {}, "refunded": false,
            "statement_descriptor_suffix": suffix, "status": status,
        }),
        &[
            "application",
            "application_fee",
            "application_fee_amount",
            "balance_transaction",
            "failure_balance_transaction",
            "on_behalf_of",
            "receipt_email",
            "receipt_number",
            "receipt_url",
            "review",
            "shipping",
            "source",
            "source_transfer",
            "statement_descriptor",
            "transfer_data",
            "transfer_group",
        ],
    );
    tx.insert(&charge, &Value::Null).await?;
    Ok(charge)
}

fn descriptor(merchant: &str, suffix: Option<&str>) -> String {
    let plain = |text: &str| text.chars().filter(char::is_ascii).collect::<String>().to_uppercase();
    let full = match suffix {
        Some(suffix) => {
            format!("{}* {}", plain(merchant).chars().take(10).collect::<String>().trim_end(), plain(suffix))
        }
        None => plain(merchant),
    };
    full.chars().take(22).collect()
}

fn outcome(failure: Option<Reason>) -> Value {
    let (status, kind, message) = match failure {
        None => ("approved_by_network", "authorized", "Payment complete."),
        Some(_) => (
            "declined_by_network",
            "issuer_declined",
            "The bank did not return any further details with this decline.",
        ),
    };
    json!({
        "advice_code": failure.map(|_| "try_again_later"), "network_advice_code": null,
        "network_decline_code": failure.map(|_| "05"), "network_status": status,
        "reason": failure.map(|reason| if reason.decline_code.is_empty() { reason.code } else { reason.decline_code }),
        "risk_level": "normal", "risk_score": 12, "seller_message": message, "type": kind,
    })
}

fn card_details(method: &Value, amount: i64, seed: &str, approved: bool) -> Value {
    let card = &method["card"];
    let secure = json!({
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null,
        "exemption_indicator_applied": null, "result": "authenticated", "result_reason": null, "transaction_id": letters(seed, 36), "version": "2.2.0",
    });
    json!({
        "amount_authorized": amount, "authorization_code": null, "brand": card["brand"], "checks": card["checks"], "country": card["country"],
        "exp_month": card["exp_month"], "exp_year": card["exp_year"], "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"], "funding": card["funding"], "incremental_authorization": {"status": "unavailable"},
        "installments": null, "last4": card["last4"], "mandate": null, "multicapture": {"status": "unavailable"}, "network": card["brand"],
        "network_token": {"used": false}, "network_transaction_id": letters(&format!("network/{seed}"), 15),
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"}, "regulated_status": "unregulated",
        "three_d_secure": if approved { secure } else { Value::Null }, "wallet": null,
    })
}

fn debit_details(tx: &Tx, method: &Value, mandate: &str) -> Value {
    let account = &method["sepa_debit"];
    let debited = super::tuning::business_days_after(tx.now, 1);
    json!({
        "bank_code": account["bank_code"], "branch_code": account["branch_code"], "country": account["country"],
        "expected_debit_date": super::pages::iso_day(debited), "fingerprint": account["fingerprint"], "last4": account["last4"], "mandate": mandate,
    })
}

/// A charge's fee becomes known: its balance transaction is booked and `charge.updated` tells.
pub(super) async fn book_fee(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let mut charge = tx.get("charge", id, "id").await?;
    if charge["status"] != "succeeded" || !charge["balance_transaction"].is_null() {
        return Ok(());
    }
    let method = text(&charge["payment_method_details"], "type").to_owned();
    let amount = number(&charge, "amount");
    let (fee, kind) =
        (tx.sim.tuning().fee(&method, amount), if method == "card" { "charge" } else { "payment" });
    let description = text(&charge, "description").to_owned();
    let movement = Movement { amount, fee, kind, category: "charge", source: id, description: &description };
    charge["balance_transaction"] = book(tx, &movement).await?["id"].clone();
    tx.save(&charge).await?;
    emit_change(tx, "charge.updated", &charge, Some(json!({"balance_transaction": null}))).await
}

/// A pending debit charge has ended.
pub(super) async fn end_debit(
    tx: &mut Tx,
    id: &str,
    failure: Option<(&str, &str)>,
) -> Result<Value, ApiError> {
    let mut charge = tx.get("charge", id, "charge").await?;
    if let Some((code, message)) = failure {
        charge["status"] = json!("failed");
        charge["captured"] = json!(false);
        charge["amount_captured"] = json!(0);
        charge["failure_code"] = json!(code);
        charge["failure_message"] = json!(message);
        charge["outcome"]["network_status"] = json!("declined_by_network");
        charge["outcome"]["type"] = json!("issuer_declined");
        charge["outcome"]["reason"] = json!(code);
        charge["outcome"]["seller_message"] = json!(message);
    } else {
        charge["status"] = json!("succeeded");
        charge["paid"] = json!(true);
    }
    tx.save(&charge).await?;
    emit(tx, if failure.is_some() { "charge.failed" } else { "charge.succeeded" }, &charge).await?;
    Ok(charge)
}

/// `GET /v1/charges`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["payment_intent", "customer"]].concat())?;
    let mut filter = Filter::kind("charge");
    filter.payment_intent = params.text("payment_intent").map(str::to_owned);
    filter.customer = params.text("customer").map(str::to_owned);
    lists::page(tx, params, filter, "/v1/charges").await
}
