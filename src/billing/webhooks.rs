//! Working off the inbox of Stripe's events. Storing is one step, booking another: an event is done only in the transaction that booked it.

use super::{Error, Failure, refunds, topups};
use crate::app::App;
use crate::domain::id::TopUpId;
use crate::domain::party::Scope;
use crate::store;
use crate::store::topups::TopUp;
use crate::store::webhooks::{NewEvent, WebhookEvent};
use crate::stripe::gateway::GatewayError;
use crate::stripe::webhook::{self, Envelope, SignatureError};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What to answer a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Stored, or nothing for us: 200.
    Accepted,
    /// Not signed by Stripe: 400.
    Refused(SignatureError),
}

/// How long a worker may take for one event before another may try.
const LEASE: Duration = Duration::from_secs(300);
/// After this many attempts a person must look; with the backoff this is about a day.
const ATTEMPTS: i64 = 30;

/// Verifies and stores a delivery. Nothing is booked here.
///
/// # Errors
/// When it cannot be stored; Stripe sends it again then.
pub async fn receive(app: &App, body: &[u8], signature: &str) -> Result<Receipt, Error> {
    let now = app.clock.now();
    let tolerance = app.config.stripe.webhook_tolerance;
    if let Err(error) = webhook::verify(body, signature, &app.webhook_secrets, now, tolerance) {
        app.refused_webhooks.fetch_add(1, Ordering::Relaxed);
        return Ok(Receipt::Refused(error));
    }
    // Genuine but not a classic event (thin v2 events): nothing we could book, so Stripe need not repeat it.
    let Some(envelope) = webhook::read_envelope(body) else {
        tracing::warn!(bytes = body.len(), "a signed delivery is no classic event and was left alone");
        return Ok(Receipt::Accepted);
    };
    let Envelope { id, kind, created, livemode, account, object_id, payment_intent } = envelope;
    let event = NewEvent {
        id,
        kind,
        object_id,
        payment_intent,
        account,
        livemode,
        created_at: created,
        body: body.to_vec(),
    };
    let mut tx = app.db.begin().await?;
    store::webhooks::store(&mut tx, event, now).await?;
    tx.commit().await?;
    app.webhook_arrived.notify_one();
    Ok(Receipt::Accepted)
}

/// Writes down how many deliveries were refused since the last time.
///
/// # Errors
/// Failures; the number is kept for the next time then.
pub async fn record_refusals(app: &App) -> Result<(), Error> {
    let refused = app.refused_webhooks.swap(0, Ordering::Relaxed);
    if refused == 0 {
        return Ok(());
    }
    let written = async {
        let mut tx = app.db.begin().await?;
        store::webhooks::count_refusals(&mut tx, refused, app.clock.now()).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        app.refused_webhooks.fetch_add(refused, Ordering::Relaxed);
        return Err(error.into());
    }
    Ok(())
}

/// Works off what is due; returns how many events were taken.
///
/// # Errors
/// When the inbox cannot be read. A single event's failure is written to it.
pub async fn work_off(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let events = store::webhooks::claim(&mut tx, now, LEASE, 32).await?;
    tx.commit().await?;
    let taken = events.len();
    futures_util::future::join_all(events.iter().map(|event| work(app, event))).await;
    Ok(taken)
}

async fn work(app: &App, event: &WebhookEvent) {
    if let Err(error) = handle(app, event).await {
        tracing::warn!(%error, event = %event.id, attempts = event.attempts, "an event could not be booked");
        if let Err(error) = put_back(app, event, &error).await {
            tracing::error!(%error, event = %event.id, "an event could not be put back; its lease will end");
        }
    }
}

async fn put_back(app: &App, event: &WebhookEvent, error: &Error) -> Result<(), Error> {
    let now = app.clock.now();
    let note = match error {
        Error::Failed(Failure::Stripe(error)) => error.to_string(),
        _ => "internal".to_owned(),
    };
    let mut tx = app.db.begin().await?;
    if event.attempts >= ATTEMPTS {
        store::webhooks::finish(&mut tx, &event.id, "failed", &note, event.customer_id, now).await?;
    } else {
        let wait = Duration::from_secs(1 << event.attempts.clamp(0, 12));
        store::webhooks::postpone(&mut tx, &event.id, &note, now.plus(wait)).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn handle(app: &App, event: &WebhookEvent) -> Result<(), Error> {
    if event.account.is_some() {
        return finish(app, event, "ignored", "connected_account", None).await;
    }
    if event.livemode != app.is_live() {
        return finish(app, event, "ignored", "other_mode", None).await;
    }
    match event.kind.as_str() {
        kind if kind.starts_with("checkout.session.") => match find_by_session(app, event).await? {
            Some(top_up) => topups::settle(app, top_up.id, Some(&event.id)).await.map(|_| ()),
            None => finish(app, event, "ignored", "not_ours", None).await,
        },
        "payment_intent.succeeded"
        | "payment_intent.payment_failed"
        | "payment_intent.canceled"
        | "payment_intent.processing" => {
            match find_by_intent(app, event).await? {
                Some(top_up) => topups::settle(app, top_up.id, Some(&event.id)).await.map(|_| ()),
                // Money that belongs to no top-up of ours must be seen, whoever took it.
                None if event.kind == "payment_intent.succeeded" => {
                    finish(app, event, "attention", "orphan", None).await
                }
                None => finish(app, event, "ignored", "not_ours", None).await,
            }
        }
        kind if kind == "charge.refunded" || kind.starts_with("refund.") => {
            match find_by_intent(app, event).await? {
                Some(top_up) => refunds::settle(app, &top_up, &event.id).await,
                None => finish(app, event, "attention", kind, None).await,
            }
        }
        kind if kind.starts_with("charge.dispute.") => {
            let customer = find_by_intent(app, event).await?.map(|top_up| top_up.customer_id);
            finish(app, event, "attention", kind, customer).await
        }
        _ => finish(app, event, "ignored", "no_meaning", None).await,
    }
}

async fn finish(
    app: &App,
    event: &WebhookEvent,
    status: &str,
    note: &str,
    customer: Option<crate::domain::id::TenantId>,
) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    store::webhooks::finish(&mut tx, &event.id, status, note, customer, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

async fn find_by_session(app: &App, event: &WebhookEvent) -> Result<Option<TopUp>, Error> {
    let Some(session) = &event.object_id else { return Ok(None) };
    if let Some(top_up) = store::topups::find_by_session(&app.db, session).await? {
        return Ok(Some(top_up));
    }
    adopt(app, session).await
}

async fn find_by_intent(app: &App, event: &WebhookEvent) -> Result<Option<TopUp>, Error> {
    let Some(intent) = &event.payment_intent else { return Ok(None) };
    if let Some(top_up) = store::topups::find_by_payment_intent(&app.db, intent).await? {
        return Ok(Some(top_up));
    }
    let Some(gateway) = app.gateway.clone() else { return Ok(None) };
    let Some(checkout) = gateway.find_checkout(intent).await? else { return Ok(None) };
    match store::topups::find_by_session(&app.db, &checkout.id).await? {
        Some(top_up) => Ok(Some(top_up)),
        None => adopt(app, &checkout.id).await,
    }
}

/// A session we do not know may be ours all the same: Stripe opened it, but the answer was lost before it reached the row.
async fn adopt(app: &App, session: &str) -> Result<Option<TopUp>, Error> {
    let Some(gateway) = app.gateway.clone() else { return Ok(None) };
    let checkout = match gateway.fetch_checkout(session).await {
        Ok(checkout) => checkout,
        Err(GatewayError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(id) = checkout.reference.as_deref().and_then(TopUpId::parse) else { return Ok(None) };
    let Some(top_up) = store::topups::find(&app.db, Scope::Platform, id).await? else { return Ok(None) };
    if top_up.session_id.is_some() {
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    store::topups::set_session(&mut tx, id, session, None).await?;
    tx.commit().await?;
    Ok(Some(top_up))
}
