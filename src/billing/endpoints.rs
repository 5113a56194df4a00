//! Webhooks to others: who hears of what, and what becomes of a delivery. Events are written in the transaction of what they tell of;
//! a job sends them afterwards.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::clock::Ts;
use crate::domain::endpoint::{
    AttemptError, DisabledReason, EndpointUrl, EventType, ROTATION, SigningSecret, TEST_EVENT, is_given_up,
    pause_after,
};
use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::money::Cents;
use crate::domain::party::{Member, Scope, Tenant, TenantKind};
use crate::domain::topup::Status;
use crate::i18n::{Lang, T};
use crate::mail;
use crate::outbound::{self, Answer, Letter};
use crate::store::endpoints::{Attempted, Delivery, Endpoint, NewDelivery};
use crate::store::mails::NewMail;
use crate::store::persons::Recipient;
use crate::store::topups::TopUp;
use crate::store::{self, Tx};
use serde_json::{Value, json};

/// Endpoints of one owner at most; each of them multiplies what is written and sent.
pub const MOST: i64 = 20;

/// What an owner says about an endpoint.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Where to send.
    pub url: EndpointUrl,
    /// What it is for.
    pub description: String,
    /// What to send.
    pub events: Vec<EventType>,
}

/// What became of a wish for a new endpoint.
#[derive(Clone, Debug)]
pub enum Created {
    /// It exists now; the secret is shown this once.
    Now(Box<Endpoint>),
    /// The same form made it before.
    Before(EndpointId),
    /// The owner has [`MOST`] of them.
    TooMany,
}

/// Makes an endpoint of the member's tenant. `id` comes from the form, so that sending it twice makes one; should it belong to somebody
/// else, another one is made up.
///
/// # Errors
/// Failures.
pub async fn create(
    app: &App,
    by: &Author,
    member: &Member,
    id: EndpointId,
    wishes: Wishes,
) -> Result<Created, Error> {
    let now = app.clock.now();
    let mut endpoint = Endpoint {
        id,
        owner_id: member.tenant.id,
        url: wishes.url.as_str().to_owned(),
        description: wishes.description,
        events: EventType::join(&wishes.events),
        secret: outbound::fresh_secret(),
        secret_made_at: now,
        previous_secret: None,
        previous_until_at: None,
        active: true,
        failing_since_at: None,
        disabled_at: None,
        disabled_reason: None,
        created_at: now,
    };
    if find(app, member, id).await?.is_some() {
        return Ok(Created::Before(id));
    }
    let mut tx = app.db.begin().await?;
    if store::endpoints::count(&mut tx, endpoint.owner_id).await? >= MOST {
        return Ok(Created::TooMany);
    }
    while !store::endpoints::create(&mut tx, &endpoint, member.person_id).await? {
        // Taken by the same form a moment ago, or by somebody else.
        if store::endpoints::is_owned(&mut tx, endpoint.id, endpoint.owner_id).await? {
            return Ok(Created::Before(endpoint.id));
        }
        endpoint.id = EndpointId::new(now);
    }
    let after = json!({ "url": endpoint.url, "events": endpoint.events });
    let entry = Entry { after: Some(after), ..entry(by, &endpoint, "endpoint.created") };
    store::audit::write(&mut tx, &entry, now).await?;
    tx.commit().await?;
    Ok(Created::Now(Box::new(endpoint)))
}

/// An endpoint of the member's own tenant.
///
/// # Errors
/// Failures. `None` for any other.
pub async fn find(app: &App, member: &Member, id: EndpointId) -> Result<Option<Endpoint>, Error> {
    let found = store::endpoints::find(&app.db, member.scope(), id).await?;
    // The platform sees everything, but its pages are about its own endpoints.
    Ok(found.filter(|endpoint| endpoint.owner_id == member.tenant.id))
}

/// Changes an endpoint, and switches it on or off.
///
/// # Errors
/// Failures.
pub async fn update(
    app: &App,
    by: &Author,
    endpoint: &Endpoint,
    wishes: Wishes,
    active: bool,
) -> Result<(), Error> {
    let (id, now) = (endpoint.id, app.clock.now());
    let mut tx = app.db.begin().await?;
    let events = EventType::join(&wishes.events);
    store::endpoints::update(&mut tx, id, wishes.url.as_str(), &wishes.description, &events).await?;
    if active {
        store::endpoints::enable(&mut tx, id).await?;
    } else {
        store::endpoints::disable(&mut tx, id, DisabledReason::ByHand, now).await?;
    }
    let state = |url: &str, events: &str, active| json!({ "url": url, "events": events, "active": active });
    let before = state(&endpoint.url, &endpoint.events, endpoint.active);
    let after = state(wishes.url.as_str(), &events, active);
    store::audit::write(&mut tx, &entry(by, endpoint, "endpoint.changed").change(before, after), now).await?;
    tx.commit().await?;
    Ok(())
}

/// An entry of the log of changes about an endpoint.
fn entry(by: &Author, endpoint: &Endpoint, action: &'static str) -> Entry {
    Entry::new(by, endpoint.owner_id, action, endpoint.id.to_string())
}

/// Makes a new secret in the place of the one made at `seen`; the old one signs as well for a day. `None` when somebody was faster.
///
/// # Errors
/// Failures.
pub async fn rotate(
    app: &App,
    by: &Author,
    endpoint: &Endpoint,
    seen: Ts,
) -> Result<Option<SigningSecret>, Error> {
    let now = app.clock.now();
    let secret = outbound::fresh_secret();
    // The time names the secret, so it must differ from the one before even where the clock stands.
    let made_at = now.max(Ts(seen.0.saturating_add(1)));
    let mut tx = app.db.begin().await?;
    let until = now.plus(ROTATION);
    if !store::endpoints::rotate(&mut tx, endpoint.id, seen, secret.clone(), made_at, until).await? {
        return Ok(None);
    }
    store::audit::write(&mut tx, &entry(by, endpoint, "endpoint.secret_rotated"), now).await?;
    tx.commit().await?;
    Ok(Some(secret))
}

/// Sends an event that says nothing, to try an endpoint out.
///
/// # Errors
/// Failures.
pub async fn send_test(app: &App, endpoint: &Endpoint) -> Result<(), Error> {
    let now = app.clock.now();
    let new = NewDelivery {
        endpoint: endpoint.id,
        owner: endpoint.owner_id,
        customer: None,
        fact: format!("test:{}", DeliveryId::new(now)),
        event_type: TEST_EVENT.to_owned(),
        body: envelope(TEST_EVENT, now, &json!({ "endpoint": endpoint.id })),
    };
    let mut tx = app.db.begin().await?;
    store::endpoints::create_delivery(&mut tx, new, now).await?;
    tx.commit().await?;
    app.delivery_written.notify_one();
    Ok(())
}

/// Makes a finished delivery due again; false when there is none such at this endpoint.
///
/// # Errors
/// Failures.
pub async fn send_again(
    app: &App,
    scope: Scope,
    endpoint: &Endpoint,
    delivery: DeliveryId,
) -> Result<bool, Error> {
    let mut tx = app.db.begin().await?;
    let done = store::endpoints::send_again(&mut tx, scope, endpoint.id, delivery, app.clock.now()).await?;
    tx.commit().await?;
    app.delivery_written.notify_one();
    Ok(done)
}

/// Writes an event about a customer for everybody who wants to hear of it: the platform, and whoever sells to the customer. `fact`
/// names what happened; nobody is told it twice. Wake the sender with `delivery_written` after the commit.
///
/// # Errors
/// Failures of the engine.
pub async fn publish(
    tx: &mut Tx,
    about: &Tenant,
    event: EventType,
    fact: &str,
    data: &Value,
    now: Ts,
) -> Result<(), store::Error> {
    // A reseller who prepays has a balance of its own, and hears of it.
    let seller = match about.kind {
        TenantKind::Reseller => Some(about.id),
        _ => about.reseller_id,
    };
    let mut body = None;
    for subscriber in store::endpoints::subscribers(tx, seller).await? {
        if !EventType::parse_list(&subscriber.events).contains(&event) {
            continue;
        }
        let body = body.get_or_insert_with(|| envelope(event.as_str(), now, data));
        let new = NewDelivery {
            endpoint: subscriber.id,
            owner: subscriber.owner_id,
            customer: Some(about.id),
            fact: fact.to_owned(),
            event_type: event.as_str().to_owned(),
            body: body.clone(),
        };
        store::endpoints::create_delivery(tx, new, now).await?;
    }
    Ok(())
}

/// The body of an event, as Standard Webhooks recommends it.
fn envelope(event_type: &str, at: Ts, data: &Value) -> String {
    json!({ "type": event_type, "timestamp": rfc3339(at), "data": data }).to_string()
}

/// An instant as JSON carries it: `2026-11-23T09:00:00Z`.
pub fn rfc3339(at: Ts) -> String {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// How events name a customer.
pub fn customer_data(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "number": tenant.number,
        "external_id": tenant.external_id,
        "name": tenant.name,
    })
}

/// Writes what became of a top-up: credited with a new balance, or failed for good.
///
/// # Errors
/// Failures of the engine.
pub async fn publish_top_up(
    tx: &mut Tx,
    customer: &Tenant,
    top_up: &TopUp,
    balance: Option<Cents>,
    now: Ts,
) -> Result<(), store::Error> {
    let (event, outcome) = match (top_up.status, balance) {
        (Status::Paid, Some(balance)) => {
            let transfer = top_up.transfer_id.map(String::from);
            (EventType::TopUpSettled, json!({ "transfer_id": transfer, "balance_cents": balance }))
        }
        (Status::Failed, _) => (EventType::TopUpFailed, json!({ "failure_code": top_up.failure_code })),
        _ => return Ok(()),
    };
    let mut data = json!({
        "topup_id": top_up.id,
        "customer": customer_data(customer),
        "amount_cents": top_up.amount_cents,
        "currency": "EUR",
        "method": top_up.method.as_str(),
    });
    if let (Some(all), Value::Object(more)) = (data.as_object_mut(), outcome) {
        all.extend(more);
    }
    let fact = format!("{}:{}", event.as_str(), top_up.id);
    publish(tx, customer, event, &fact, &data, now).await
}

/// Sends one claimed delivery and writes what came of it.
///
/// # Errors
/// Failures of our own; the delivery is due again when its lease ends.
pub async fn attempt(app: &App, delivery: &Delivery) -> Result<(), Error> {
    let endpoint = store::endpoints::find(&app.db, Scope::Platform, delivery.endpoint_id).await?;
    let endpoint = endpoint.ok_or_else(|| Failure::Broken("a delivery without its endpoint".into()))?;
    let now = app.clock.now();
    let mut secrets = vec![endpoint.secret.clone()];
    if endpoint.previous_until_at.is_some_and(|until| now < until) {
        secrets.extend(endpoint.previous_secret.clone());
    }
    let letter = Letter {
        url: endpoint.url.clone(),
        id: delivery.id.to_string(),
        body: delivery.body.clone(),
        secrets,
        at: now,
    };
    let outcome = outbound::send(letter, app.config.webhooks_allow_private).await;
    settle(app, &endpoint, delivery, outcome).await
}

async fn settle(
    app: &App,
    endpoint: &Endpoint,
    delivery: &Delivery,
    outcome: Result<Answer, AttemptError>,
) -> Result<(), Error> {
    let (status, answer) = match &outcome {
        Ok(answer) => (Some(answer.status), Some(answer.excerpt.clone())),
        Err(_) => (None, None),
    };
    let error = match (status, outcome.err()) {
        (Some(200..300), _) => None,
        (Some(300..400), _) => Some(AttemptError::Redirect),
        (_, error) => Some(error.unwrap_or(AttemptError::Status)),
    };
    let now = app.clock.now();
    let attempted = Attempted { status: status.map(i64::from), error, answer };
    if error.is_none() {
        let mut tx = app.db.begin().await?;
        store::endpoints::mark_delivered(&mut tx, delivery, attempted, now).await?;
        tx.commit().await?;
        return Ok(());
    }
    let people = Managers::of(app, endpoint).await?;
    let mut tx = app.db.begin().await?;
    let gone = status == Some(410);
    let pause = pause_after(delivery.attempts).filter(|_| !gone);
    let next = pause.map(|pause| now.plus(pause));
    let since = store::endpoints::mark_failed(&mut tx, delivery, attempted, next, now).await?;
    let reason = match since {
        Some(_) if gone => Some(DisabledReason::Gone),
        Some(since) if is_given_up(since, now) => Some(DisabledReason::Failing),
        _ => None,
    };
    if let Some(reason) = reason {
        people.tell(&mut tx, endpoint, reason, now).await?;
    }
    tx.commit().await?;
    app.mail_written.notify_one();
    Ok(())
}

/// The people who can do something about an endpoint, and where.
struct Managers {
    people: Vec<Recipient>,
    link: String,
}

impl Managers {
    async fn of(app: &App, endpoint: &Endpoint) -> Result<Managers, Error> {
        let owner = store::tenants::find(&app.db, Scope::Platform, endpoint.owner_id).await?;
        let area = match owner.map(|owner| owner.kind) {
            Some(TenantKind::Platform) => "admin",
            _ => "reseller",
        };
        let link = format!("{}/{area}/settings/webhooks/{}", app.config.base_url, endpoint.id);
        Ok(Managers { people: store::persons::managers(&app.db, endpoint.owner_id).await?, link })
    }

    /// Switches the endpoint off, and says so to everybody unless it was off already.
    async fn tell(
        &self,
        tx: &mut Tx,
        endpoint: &Endpoint,
        reason: DisabledReason,
        now: Ts,
    ) -> Result<(), Error> {
        if !store::endpoints::disable(tx, endpoint.id, reason, now).await? {
            return Ok(());
        }
        tracing::warn!(endpoint = %endpoint.id, %reason, "an endpoint was switched off");
        for person in &self.people {
            let t = T::new(Lang::from_code(&person.language).unwrap_or_default());
            let message = mail::endpoint_off(t, &person.name, &endpoint.url, reason, self.link.clone());
            let mail = NewMail {
                key: format!("endpoint:{}:{}:{}", endpoint.id, now.0, person.email),
                customer: None,
                recipient: person.email.clone(),
                subject: message.subject,
                text: message.text,
                html: message.html,
            };
            store::mails::create(tx, mail, now).await?;
        }
        Ok(())
    }
}
