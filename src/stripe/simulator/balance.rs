//! Balance transactions: every cent that comes and goes, and the balance they make.

use serde_json::{Value, json};

use super::lists;
use super::refusal::ApiError;
use super::shapes::number;
use super::store::{Filter, Tx};
use super::wire::Params;

/// Card and SEPA money is available this long after it was booked.
const AVAILABLE_AFTER: i64 = 4 * 86_400;

/// A movement to be booked.
#[derive(Debug)]
pub(super) struct Movement<'a> {
    /// Cents; negative when money leaves.
    pub amount: i64,
    pub fee: i64,
    pub kind: &'a str,
    pub category: &'a str,
    /// The charge, refund or dispute it belongs to.
    pub source: &'a str,
    pub description: &'a str,
}

/// Books a movement.
pub(super) async fn book(tx: &mut Tx, movement: &Movement<'_>) -> Result<Value, ApiError> {
    let fees = if movement.fee == 0 {
        json!([])
    } else {
        let name = if movement.kind == "adjustment" { "Dispute fee" } else { "Stripe processing fees" };
        json!([{"amount": movement.fee, "application": null, "currency": "eur", "description": name, "type": "stripe_fee"}])
    };
    // Money that leaves leaves at once; money that comes has to wait.
    let available_on = if movement.amount < 0 { tx.now } else { tx.now.saturating_add(AVAILABLE_AFTER) };
    let booked = json!({
        "id": tx.new_id("txn_3", 23).await?, "object": "balance_transaction", "amount": movement.amount, "available_on": available_on,
        "balance_type": "payments", "created": tx.now, "currency": "eur", "description": movement.description, "exchange_rate": null,
        "fee": movement.fee, "fee_details": fees, "net": movement.amount - movement.fee, "reporting_category": movement.category,
        "source": movement.source, "status": "pending", "type": movement.kind,
    });
    tx.insert(&booked, &Value::Null).await?;
    Ok(present(booked, tx.now))
}

/// A balance transaction as it is seen at a moment: pending until its money is available.
pub(super) fn present(mut object: Value, now: i64) -> Value {
    if object["object"] == "balance_transaction" && number(&object, "available_on") <= now {
        object["status"] = json!("available");
    }
    object
}

/// `GET /v1/balance_transactions`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["type", "source", "currency", "payout"]].concat())?;
    let mut filter = Filter::kind("balance_transaction");
    filter.types = params.text("type").map(|kind| json!([kind]).to_string());
    if params.has("payout") {
        // The simulator pays nothing out, so no movement belongs to a payout.
        return Err(ApiError::no_such("payout", params.text("payout").unwrap_or_default(), "payout"));
    }
    filter.source = params.text("source").map(str::to_owned);
    lists::page(tx, params, filter, "/v1/balance_transactions").await
}

/// `GET /v1/balance`.
pub(super) async fn show(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&["expand.#"])?;
    let (mut available, mut pending) = (0_i64, 0_i64);
    for booked in tx.list(&Filter::kind("balance_transaction")).await? {
        let side = if booked["status"] == "available" { &mut available } else { &mut pending };
        *side = side.saturating_add(number(&booked, "net"));
    }
    let amount = |cents: i64| json!([{"amount": cents, "currency": "eur", "source_types": {"card": cents}}]);
    Ok(json!({
        "object": "balance", "available": amount(available), "livemode": false, "pending": amount(pending),
        "refund_and_dispute_prefunding": {"available": amount(0), "pending": amount(0)},
    }))
}
