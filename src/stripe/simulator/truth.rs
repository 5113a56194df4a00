//! The truth about every payment, for tests that compare a ledger with it.

use serde::Serialize;

use super::refusal::ApiError;
use super::shapes::{number, text};
use super::store::{Filter, Origin, Tx};
use super::{Simulator, SimulatorError, later, sessions};

/// What really became of one payment intent. All amounts in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truth {
    pub payment_intent: String,
    /// The session it was made by; none for charges without the owner.
    pub session: Option<String>,
    pub client_reference_id: Option<String>,
    pub amount: i64,
    pub status: String,
    /// Whether the money arrived.
    pub succeeded: bool,
    /// Sum of the refunds that did not fail.
    pub refunded: i64,
    /// What disputes took and did not give back, without their fees.
    pub disputed: i64,
}

impl Truth {
    /// What the merchant holds of this payment, fees aside.
    pub fn kept(&self) -> i64 {
        if self.succeeded { self.amount - self.refunded - self.disputed } else { 0 }
    }
}

/// The truth about all payments, oldest first.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Truth>, ApiError> {
    let mut truths = Vec::new();
    for intent in tx.list(&Filter::kind("payment_intent")).await?.into_iter().rev() {
        let id = text(&intent, "id").to_owned();
        let refunds = tx.of_intent("refund", &id).await?;
        let refunded =
            refunds.iter().filter(|refund| !["failed", "canceled"].contains(&text(refund, "status")));
        let refunded = refunded.map(|refund| number(refund, "amount")).sum();
        let disputes = tx.of_intent("dispute", &id).await?;
        let moved = disputes
            .iter()
            .flat_map(|dispute| dispute["balance_transactions"].as_array().into_iter().flatten());
        let disputed = -moved.map(|booked| number(booked, "amount")).sum::<i64>();
        let session = sessions::of_intent(tx, &id).await?;
        truths.push(Truth {
            session: session.as_ref().map(|session| text(session, "id").to_owned()),
            client_reference_id: session
                .and_then(|session| session["client_reference_id"].as_str().map(str::to_owned)),
            amount: number(&intent, "amount"),
            status: text(&intent, "status").to_owned(),
            succeeded: intent["status"] == "succeeded",
            payment_intent: id,
            refunded,
            disputed,
        });
    }
    Ok(truths)
}

impl Simulator {
    /// The truth about all payments at the clock's time, oldest first.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn truth(&self) -> Result<Vec<Truth>, SimulatorError> {
        later::run_due(&self.inner).await?;
        let mut tx = self.inner.begin(Origin::default()).await?;
        Ok(all(&mut tx).await?)
    }
}
