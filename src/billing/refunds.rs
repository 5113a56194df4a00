//! Refunds that were made at Stripe: booked once each, and shown to the platform's people.
//!
//! `charge.amount_refunded` is cumulative and events arrive in any order, so every event reads the list of refunds anew
//! and books what is missing, keyed by the refund's own id.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::ledger::{Draft, Posting};
use crate::domain::party::Scope;
use crate::store;
use crate::store::topups::TopUp;
use crate::stripe::gateway::Refund;

/// Books the refunds of a top-up's payment as Stripe lists them; `event` stays visible until a person has seen it.
///
/// # Errors
/// Failures; the event must be tried again then.
pub async fn settle(app: &App, top_up: &TopUp, event: &str) -> Result<(), Error> {
    let gateway = app.gateway.as_ref().ok_or_else(|| Failure::Broken("no Stripe keys".into()))?;
    if top_up.transfer_id.is_none() {
        // The credit comes first, or the minus would stand alone; its own event is on its way.
        super::topups::settle(app, top_up.id, None).await?;
    }
    let top_up = store::topups::find(&app.db, Scope::Platform, top_up.id).await?;
    let top_up = top_up.ok_or_else(|| Failure::Broken("a top-up vanished".into()))?;
    let now = app.clock.now();
    let (Some(_), Some(intent)) = (top_up.transfer_id, &top_up.payment_intent) else {
        // Held money that goes back to its payer was never on the wallet, so nothing may leave it.
        let mut tx = app.db.begin().await?;
        store::webhooks::finish(&mut tx, event, "attention", "not_credited", Some(top_up.customer_id), now)
            .await?;
        return Ok(tx.commit().await?);
    };
    let refunds = gateway.list_refunds(intent).await?;
    let drafts: Vec<Draft> = refunds.iter().flat_map(|refund| drafts(&top_up, refund, now)).collect();
    let mut tx = app.db.begin().await?;
    if !drafts.is_empty() {
        store::ledger::post(&mut tx, drafts, now).await?;
    }
    store::webhooks::finish(&mut tx, event, "attention", "booked", Some(top_up.customer_id), now).await?;
    tx.commit().await?;
    Ok(())
}

/// The minus, and for a refund that came back the plus as well.
fn drafts(top_up: &TopUp, refund: &Refund, now: crate::domain::clock::Ts) -> Vec<Draft> {
    let draft = |key: String, posting| {
        let description = top_up.method.as_str().to_owned();
        Draft { top_up: Some(top_up.id), ..Draft::new(top_up.customer_id, key, posting, now, description) }
    };
    let mut drafts = vec![draft(format!("refund:{}", refund.id), Posting::Refund { amount: refund.amount })];
    if refund.returned {
        let back = Posting::RefundReturned { amount: refund.amount };
        drafts.push(draft(format!("refund_back:{}", refund.id), back));
    }
    drafts
}
