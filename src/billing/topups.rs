//! Top-ups: opened once per form, settled once per payment, whoever asks how often.

use super::{Error, Failure, endpoints};
use crate::app::App;
use crate::domain::calendar;
use crate::domain::id::TopUpId;
use crate::domain::ledger::{Draft, Posting};
use crate::domain::money::Cents;
use crate::domain::party::{Member, Scope, Tenant};
use crate::domain::refusal::Refusal;
use crate::domain::topup::{Decision, Expected, Facts, Method, Status, decide};
use crate::i18n::{Lang, T};
use crate::mail;
use crate::store::ledger::Outcome;
use crate::store::mails::NewMail;
use crate::store::topups::TopUp;
use crate::store::{self, Tx};
use crate::stripe::gateway::{Checkout, Gateway, GatewayError, NewCheckout, NewCustomer};
use std::sync::Arc;
use std::time::Duration;

/// What a member asks for.
#[derive(Clone, Debug)]
pub struct NewTopUp {
    /// How much.
    pub amount: Cents,
    /// How to pay.
    pub method: Method,
    /// The form's key: a double click or a reload is the same request.
    pub request_key: String,
    /// Language of Checkout and mails.
    pub language: Lang,
}

/// A top-up with the page to go to.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The top-up.
    pub id: TopUpId,
    /// Stripe's page; `None` when there is nothing left to pay.
    pub checkout_url: Option<String>,
}

/// Opens a top-up for the member's customer: the row first, then Stripe, then the session into the row.
///
/// # Errors
/// Refusals (limits, top-ups off, Stripe unreachable: the row stays and the same form tries again), or failures.
pub async fn open(app: &App, member: &Member, new: NewTopUp) -> Result<Opened, Error> {
    let gateway = gateway(app)?;
    let request_key = request_key(&new);
    supersede(app, &gateway, member, &request_key).await?;
    let top_up = write_down(app, member, &new, request_key).await?;
    if !matches!(top_up.status, Status::New | Status::Open) {
        return Ok(Opened { id: top_up.id, checkout_url: None });
    }
    if let Some(url) = top_up.checkout_url {
        return Ok(Opened { id: top_up.id, checkout_url: Some(url) });
    }
    let top_up = renew(app, top_up).await?;
    let session = match open_checkout(app, &gateway, member, &top_up).await {
        Err(GatewayError::Refused { code }) if code == "resource_missing" => {
            // The remembered customer belongs to another Stripe account, or to test mode: make one here.
            forget_customer(app, member).await?;
            open_checkout(app, &gateway, member, &renew_key(app, &top_up).await?).await
        }
        other => other,
    };
    let session = match session {
        Err(GatewayError::Unavailable { answered: true, .. }) => {
            renew_key(app, &top_up).await?;
            return Err(Refusal::PaymentUnavailable.into());
        }
        other => other.map_err(unavailable)?,
    };
    let mut tx = app.db.begin().await?;
    store::topups::set_session(&mut tx, top_up.id, &session.id, session.url.as_deref()).await?;
    tx.commit().await?;
    Ok(Opened { id: top_up.id, checkout_url: session.url })
}

/// Stripe wants a session to be open for at least half an hour; a row that waited longer for its session gets a new end.
const SHORTEST_CHECKOUT: Duration = Duration::from_secs(31 * 60);

async fn renew(app: &App, top_up: TopUp) -> Result<TopUp, Error> {
    if app.clock.now().plus(SHORTEST_CHECKOUT) <= top_up.expires_at.plus(Duration::from_secs(60)) {
        return Ok(top_up);
    }
    renew_key(app, &top_up).await
}

/// Other parameters, or an answer that Stripe would only repeat, need another idempotency key.
async fn renew_key(app: &App, top_up: &TopUp) -> Result<TopUp, Error> {
    let renewed = TopUp {
        attempt: top_up.attempt + 1,
        expires_at: app.clock.now().plus(app.config.checkout),
        ..top_up.clone()
    };
    let mut tx = app.db.begin().await?;
    store::topups::start_attempt(&mut tx, renewed.id, renewed.attempt, renewed.expires_at).await?;
    tx.commit().await?;
    Ok(renewed)
}

async fn open_checkout(
    app: &App,
    gateway: &Arc<dyn Gateway>,
    member: &Member,
    top_up: &TopUp,
) -> Result<Checkout, GatewayError> {
    let stripe_customer = ensure_customer(app, gateway, member, top_up).await?;
    // The row's language, not the request's: a repeated call must be word for word the same.
    let t = T::new(Lang::from_code(&top_up.language).unwrap_or_default());
    let checkout = NewCheckout {
        key: format!("checkout:{}:{}", top_up.id, top_up.attempt),
        reference: top_up.id.to_string(),
        tenant: member.tenant.id.to_string(),
        stripe_customer,
        amount: top_up.amount_cents,
        product: t.topup_product(),
        method: top_up.method,
        language: top_up.language.clone(),
        success_url: top_up.success_url.clone(),
        cancel_url: top_up.cancel_url.clone(),
        expires_at: top_up.expires_at,
    };
    gateway.open_checkout(&checkout).await
}

async fn forget_customer(app: &App, member: &Member) -> Result<(), Error> {
    let tenant = find_tenant(app, member.tenant.id).await?;
    if let Some(stripe_customer) = tenant.stripe_customer {
        let mut tx = app.db.begin().await?;
        store::tenants::forget_stripe_customer(&mut tx, tenant.id, &stripe_customer).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// A changed amount on a form that the browser brought back is another request.
fn request_key(new: &NewTopUp) -> String {
    format!("{}:{}:{}", new.request_key, new.amount.0, new.method)
}

fn gateway(app: &App) -> Result<Arc<dyn Gateway>, Error> {
    app.gateway.clone().ok_or(Error::Refused(Refusal::TopUpsOff))
}

/// No answer is a refusal with a kind sentence; a definite no is our mistake and a failure.
fn unavailable(error: GatewayError) -> Error {
    match error {
        GatewayError::Unavailable { reason, .. } => {
            tracing::warn!(reason, "stripe is unavailable");
            Error::Refused(Refusal::PaymentUnavailable)
        }
        other => Error::Failed(other.into()),
    }
}

/// Closes what this person left open at Checkout, so that it neither counts against the day nor can be paid by mistake.
async fn supersede(
    app: &App,
    gateway: &Arc<dyn Gateway>,
    member: &Member,
    request_key: &str,
) -> Result<(), Error> {
    let open = store::topups::list_open_of(&app.db, member.tenant.id, member.person_id).await?;
    for top_up in open.into_iter().filter(|top_up| top_up.request_key != request_key) {
        let Some(session) = &top_up.session_id else { continue };
        // Expired now, or paid meanwhile: the session itself tells. An old one that cannot be closed must not stop the new one.
        let closed = gateway.expire_checkout(session).await;
        if let Err(error @ GatewayError::Unavailable { .. }) = closed {
            tracing::warn!(%error, "an open checkout could not be closed");
        } else if let Err(error) = settle(app, top_up.id, None).await {
            tracing::warn!(%error, top_up = %top_up.id, "a superseded top-up could not be brought up to date");
        }
    }
    Ok(())
}

async fn write_down(app: &App, member: &Member, new: &NewTopUp, request_key: String) -> Result<TopUp, Error> {
    let (now, customer) = (app.clock.now(), member.tenant.id);
    let mut tx = app.db.begin().await?;
    store::topups::lock_customer(&mut tx, customer).await?;
    if let Some(existing) = store::topups::find_by_request(&mut tx, customer, &request_key).await? {
        return Ok(existing);
    }
    let today = calendar::start_of(calendar::day(now));
    let sum = store::topups::sum_since(&mut tx, customer, today, now).await?;
    app.config.limits.check_day(sum, new.amount)?;
    let id = TopUpId::new(now);
    let base = &app.config.base_url;
    let top_up = TopUp {
        id,
        customer_id: customer,
        person_id: member.person_id,
        number: store::topups::next_number(&mut tx, customer).await?,
        request_key,
        attempt: 1,
        amount_cents: new.amount,
        method: new.method,
        status: Status::New,
        success_url: format!("{base}/portal/topups/{id}"),
        cancel_url: format!("{base}/portal/topups/new?canceled={id}"),
        language: new.language.code().to_owned(),
        session_id: None,
        checkout_url: None,
        payment_intent: None,
        failure_code: None,
        review_reason: None,
        transfer_id: None,
        created_at: now,
        expires_at: now.plus(app.config.checkout),
        next_check_at: now,
        collecting_at: None,
        finished_at: None,
    };
    store::topups::create(&mut tx, &top_up).await?;
    tx.commit().await?;
    Ok(top_up)
}

/// The customer at Stripe, made when the first top-up needs it. Two people who ask at once may make two; the first one remembered is used.
async fn ensure_customer(
    app: &App,
    gateway: &Arc<dyn Gateway>,
    member: &Member,
    top_up: &TopUp,
) -> Result<String, GatewayError> {
    let known = || async {
        let tenant = find_tenant(app, member.tenant.id).await.map_err(|error| local(&error))?;
        Ok::<_, GatewayError>(tenant.stripe_customer)
    };
    if let Some(known) = known().await? {
        return Ok(known);
    }
    let customer = NewCustomer {
        key: format!("customer:{}:{}", top_up.id, top_up.attempt),
        name: member.tenant.name.clone(),
        email: member.email.clone(),
        language: top_up.language.clone(),
        tenant: member.tenant.id.to_string(),
    };
    let made = gateway.create_customer(&customer).await?;
    let remember = async {
        let mut tx = app.db.begin().await?;
        store::tenants::set_stripe_customer(&mut tx, member.tenant.id, &made).await?;
        tx.commit().await
    };
    remember.await.map_err(|error| local(&error.into()))?;
    Ok(known().await?.unwrap_or(made))
}

/// Our own database failed between two calls: for the customer that is the same as Stripe not answering.
fn local(error: &Error) -> GatewayError {
    tracing::error!(%error, "a customer at Stripe could not be looked up or kept");
    GatewayError::Unavailable { reason: "database".into(), answered: false }
}

async fn find_tenant(app: &App, id: crate::domain::id::TenantId) -> Result<Tenant, Error> {
    let tenant = store::tenants::find(&app.db, Scope::Platform, id).await?;
    tenant.ok_or_else(|| Failure::Broken("a top-up without its customer".into()).into())
}

/// Brings an unfinished top-up up to date, as the return page does; a finished one is left alone, and so is one about which Stripe was
/// asked a moment ago: open pages poll, and a debit runs for days.
///
/// # Errors
/// Failures. Stripe being away or slow is none: the last known state is shown then.
pub async fn refresh(app: &App, top_up: &TopUp) -> Result<(), Error> {
    if top_up.status.is_final() || top_up.status == Status::Review {
        return Ok(());
    }
    let now = app.clock.now();
    let pause = if top_up.status == Status::Collecting { PAUSES.collecting } else { RETURN_PAUSE };
    let mut tx = app.db.begin().await?;
    let ours = store::topups::claim(&mut tx, top_up.id, now, now.plus(pause)).await?;
    tx.commit().await?;
    if !ours {
        return Ok(());
    }
    match tokio::time::timeout(PAGE_PATIENCE, settle(app, top_up.id, None)).await {
        Err(_) => tracing::warn!("stripe is slow, the last known state is shown"),
        Ok(Err(Error::Failed(Failure::Stripe(error)))) => {
            tracing::warn!(%error, "stripe could not be asked about a top-up");
        }
        Ok(other) => drop(other?),
    }
    Ok(())
}

/// Between two questions of the return page.
const RETURN_PAUSE: Duration = Duration::from_secs(3);
/// How long a page waits for Stripe.
const PAGE_PATIENCE: Duration = Duration::from_secs(4);
/// Between two questions of the reconciler; webhooks are quicker anyway.
const PAUSES: store::topups::Pauses =
    store::topups::Pauses { open: Duration::from_secs(60), collecting: Duration::from_secs(3600) };

/// Asks Stripe how a top-up stands and books what follows, once. `event` is finished in the same transaction.
///
/// # Errors
/// Failures; the event must be tried again then.
pub async fn settle(app: &App, id: TopUpId, event: Option<&str>) -> Result<Status, Error> {
    let Some(top_up) = store::topups::find(&app.db, Scope::Platform, id).await? else {
        return Err(Failure::Broken("a top-up vanished".into()).into());
    };
    let Some(session) = &top_up.session_id else {
        return expire_unsent(app, &top_up).await;
    };
    let gateway = app.gateway.clone().ok_or_else(|| Failure::Broken("no Stripe keys".into()))?;
    match gateway.fetch_checkout(session).await {
        Ok(checkout) => apply(app, &top_up, &checkout.facts, event).await,
        // Opened with other keys; nobody can pay it here, so after its time it is over.
        Err(GatewayError::NotFound) if app.clock.now() >= top_up.expires_at => expire(app, &top_up).await,
        Err(error) => Err(error.into()),
    }
}

/// A top-up that never reached Stripe cannot be paid by anyone; after its time it is over.
async fn expire_unsent(app: &App, top_up: &TopUp) -> Result<Status, Error> {
    if app.clock.now() < top_up.expires_at {
        return Ok(top_up.status);
    }
    expire(app, top_up).await
}

/// Ends a top-up that nothing was heard of, unless something was heard meanwhile.
async fn expire(app: &App, top_up: &TopUp) -> Result<Status, Error> {
    let mut tx = app.db.begin().await?;
    let mut locked = store::topups::lock(&mut tx, top_up.id).await?;
    if matches!(locked.status, Status::New | Status::Open) && locked.session_id == top_up.session_id {
        locked.status = Status::Expired;
        locked.finished_at = Some(app.clock.now());
        store::topups::save(&mut tx, &locked).await?;
    }
    tx.commit().await?;
    Ok(locked.status)
}

/// Books what `facts` mean, under the top-up's lock, together with the event and the mail.
async fn apply(app: &App, top_up: &TopUp, facts: &Facts, event: Option<&str>) -> Result<Status, Error> {
    let customer = find_tenant(app, top_up.customer_id).await?;
    let recipients = store::persons::money_recipients(&app.db, customer.id).await?;
    let expected = Expected {
        amount: top_up.amount_cents,
        livemode: app.is_live(),
        stripe_customer: customer.stripe_customer.clone(),
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut locked = store::topups::lock(&mut tx, top_up.id).await?;
    let decision = decide(locked.status, &expected, facts);
    let mut balance = None;
    match &decision {
        Decision::Keep => {}
        Decision::Move(status) => {
            locked.status = *status;
            if *status == Status::Collecting {
                locked.collecting_at = Some(now);
                locked.payment_intent = facts.payment_intent.clone();
            } else {
                locked.failure_code = facts.failure_code.clone();
            }
        }
        Decision::Credit { payment_intent } => {
            balance = credit(&mut tx, &mut locked, payment_intent, now).await?
        }
        Decision::Hold { reason } => {
            locked.status = Status::Review;
            locked.payment_intent = facts.payment_intent.clone();
            locked.review_reason = Some((*reason).to_owned());
        }
        Decision::Alarm { reason } => locked.review_reason = Some((*reason).to_owned()),
    }
    if decision != Decision::Keep {
        if locked.status.is_final() && locked.finished_at.is_none() {
            locked.finished_at = Some(now);
        }
        store::topups::save(&mut tx, &locked).await?;
        for recipient in &recipients {
            announce(app, &mut tx, &locked, &decision, balance, recipient, now).await?;
        }
        if matches!(decision, Decision::Credit { .. } | Decision::Move(_)) {
            endpoints::publish_top_up(&mut tx, &customer, &locked, balance, now).await?;
        }
    }
    if let Some(event) = event {
        store::webhooks::finish(&mut tx, event, "done", locked.status.as_str(), Some(customer.id), now)
            .await?;
    }
    tx.commit().await?;
    app.mail_written.notify_one();
    app.delivery_written.notify_one();
    if matches!(decision, Decision::Hold { .. } | Decision::Alarm { .. }) {
        tracing::warn!(top_up = %locked.id, ?decision, "a top-up needs a person");
    }
    Ok(locked.status)
}

/// The credit, keyed by the payment intent: whatever path leads here, the money is booked once.
async fn credit(
    tx: &mut Tx,
    top_up: &mut TopUp,
    payment_intent: &str,
    now: crate::domain::clock::Ts,
) -> Result<Option<Cents>, Error> {
    let (customer, key) = (top_up.customer_id, format!("topup:{payment_intent}"));
    let (posting, description) =
        (Posting::TopUp { amount: top_up.amount_cents }, top_up.method.as_str().to_owned());
    let draft = Draft { top_up: Some(top_up.id), ..Draft::new(customer, key, posting, now, description) };
    let outcomes = store::ledger::post(tx, vec![draft], now).await?;
    top_up.payment_intent = Some(payment_intent.to_owned());
    top_up.status = Status::Paid;
    top_up.failure_code = None;
    match outcomes.into_iter().next() {
        Some(Outcome::Posted(receipt)) => {
            top_up.transfer_id = Some(receipt.transfer);
            Ok(Some(receipt.balance))
        }
        Some(Outcome::Replayed(receipt)) => {
            top_up.transfer_id = Some(receipt.transfer);
            Ok(None)
        }
        other => Err(Failure::Broken(format!("a credit was not posted: {other:?}")).into()),
    }
}

async fn announce(
    app: &App,
    tx: &mut Tx,
    top_up: &TopUp,
    decision: &Decision,
    balance: Option<Cents>,
    recipient: &store::persons::Recipient,
    now: crate::domain::clock::Ts,
) -> Result<(), Error> {
    let t = T::new(Lang::from_code(&recipient.language).unwrap_or_default());
    let base = &app.config.base_url;
    let message = match (decision, balance) {
        (Decision::Credit { .. }, Some(balance)) => {
            let link = format!("{base}/portal/topups/{}", top_up.id);
            mail::top_up_paid(t, &recipient.name, top_up.amount_cents, balance, link)
        }
        (Decision::Move(Status::Failed), _) => {
            mail::top_up_failed(t, &recipient.name, top_up.amount_cents, format!("{base}/portal/topups/new"))
        }
        _ => return Ok(()),
    };
    let mail = NewMail {
        key: format!("topup:{}:{}:{}", top_up.id, top_up.status, recipient.email),
        customer: Some(top_up.customer_id),
        recipient: recipient.email.clone(),
        subject: message.subject,
        text: message.text,
        html: message.html,
    };
    store::mails::create(tx, mail, now).await?;
    Ok(())
}

/// What a run of the reconciler did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Top-ups with a new state.
    pub changed: usize,
    /// Top-ups that could not be asked about; they stay for a later run.
    pub failed: usize,
}

/// Asks Stripe about unfinished top-ups that are due; run by a job and by hand.
///
/// # Errors
/// Failures of our own.
pub async fn reconcile(app: &App) -> Result<Reconciled, Error> {
    let mut done = Reconciled::default();
    loop {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        let due = store::topups::claim_unfinished(&mut tx, now, PAUSES, 50).await?;
        tx.commit().await?;
        if due.is_empty() {
            return Ok(done);
        }
        for top_up in due {
            match settle(app, top_up.id, None).await {
                Ok(status) if status != top_up.status => done.changed += 1,
                Ok(_) => {}
                Err(error) => {
                    done.failed += 1;
                    tracing::warn!(%error, top_up = %top_up.id, "could not be reconciled");
                }
            }
        }
    }
}
