//! What happens by itself when the clock gets there: debits end, fees become known, sessions expire, test values have their mishaps.

use std::sync::Arc;

use super::refusal::ApiError;
use super::store::{Origin, Tx};
use super::{Inner, Simulator, SimulatorError, charges, disputes, payments, refunds, sessions};

/// Does everything that is due, each at its own moment and in order; gives how much it was.
pub(super) async fn run_due(sim: &Arc<Inner>) -> Result<usize, ApiError> {
    let mut done = 0;
    loop {
        let mut tx = sim.begin(Origin::default()).await?;
        let Some((due, action, target)) = tx.take_due(tx.now).await? else { return Ok(done) };
        // The fact happened when it was due, not when somebody looked.
        tx.now = due;
        match run(&mut tx, &action, &target).await {
            Ok(()) => tx.commit().await?,
            Err(error) if error.status < 500 => {
                // Refused, so it will be refused for ever: what it wrote is undone and the entry goes, or nothing else would run.
                tracing::warn!(action, target, message = error.message, "the simulator dropped a due action");
                drop(tx);
                let mut tx = sim.begin(Origin::default()).await?;
                tx.take_due(tx.now).await?;
                tx.commit().await?;
            }
            Err(error) => return Err(error),
        }
        done += 1;
    }
}

/// An action whose object has moved on meanwhile (settled by hand, paid, refunded) has nothing left to do.
async fn run(tx: &mut Tx, action: &str, target: &str) -> Result<(), ApiError> {
    let Some(object) = tx.find(target).await? else { return Ok(()) };
    let status = object["status"].as_str().unwrap_or_default();
    match (action, status) {
        ("settle", "processing") => payments::end_debit(tx, target).await,
        ("fee", "succeeded") => charges::book_fee(tx, target).await,
        ("dispute", "succeeded") if object["disputed"] == false => {
            disputes::open(tx, target, false, None, None).await.map(drop)
        }
        ("refund_done", "pending") => refunds::finish(tx, target).await,
        ("refund_fails", "pending" | "succeeded") => refunds::fail(tx, target).await,
        ("expire", "open") => sessions::expire(tx, target).await.map(drop),
        _ => Ok(()),
    }
}

impl Simulator {
    /// Settles a SEPA debit now.
    ///
    /// # Errors
    /// Refuses intents that are not processing.
    pub async fn settle_debit(&self, payment_intent: &str) -> Result<(), SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        payments::settle_debit(&mut tx, payment_intent).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a SEPA debit come back now; `code` is Stripe's failure code, e.g. `insufficient_funds`.
    ///
    /// # Errors
    /// Refuses intents that are not processing and unknown codes.
    pub async fn fail_debit(&self, payment_intent: &str, code: &str) -> Result<(), SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        payments::fail_debit(&mut tx, payment_intent, code).await?;
        Ok(tx.commit().await?)
    }

    /// Ends an open session now.
    ///
    /// # Errors
    /// Refuses sessions that are not open.
    pub async fn expire(&self, session_id: &str) -> Result<(), SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        sessions::expire(&mut tx, session_id).await?;
        Ok(tx.commit().await?)
    }
}
