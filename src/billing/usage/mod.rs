//! Usage that happened: rated by the price lists, charged to the wallet and shared, exactly once per event.
//!
//! Events of many senders are written in groups: one transaction resolves their customers, reads the price lists that matter and posts them all.

use super::{Error, Failure};
use crate::app::{App, Lead, UsageJob};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::ledger::{Draft, Metered, Posting};
use crate::domain::party::Scope;
use crate::domain::pricing::{Buyer, MeterInfo, PriceBook, Rate, Settlement, Usage};
use crate::domain::usage::{CustomerRef, EventError, EventOutcome, LATEST, Reach, UsageEvent};
use crate::store::ledger::{Outcome, Receipt};
use crate::store::tenants::Consumers;
use crate::store::{self, Tx};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Events in one request at most.
pub const BATCH: usize = 1_000;
/// Events in one transaction at most, unless a single request brings more.
const GROUP: usize = 1_000;

/// Records events and returns what became of each, in their order. Usage that happened is always charged in full, whatever the
/// balance. Free usage (an unanswered call) is recorded with nothing to pay.
///
/// # Errors
/// Failures only. Whether the events were recorded is then not certain; sending them again is safe.
pub async fn record(app: &App, scope: Scope, events: Vec<UsageEvent>) -> Result<Vec<EventOutcome>, Error> {
    submit(app, scope, Reach::Recent, events).await
}

/// Like [`record`], for the operator, and as far back as `reach` says.
///
/// # Errors
/// As [`record`].
pub async fn record_history(
    app: &App,
    reach: Reach,
    events: Vec<UsageEvent>,
) -> Result<Vec<EventOutcome>, Error> {
    submit(app, Scope::Platform, reach, events).await
}

async fn submit(
    app: &App,
    scope: Scope,
    reach: Reach,
    events: Vec<UsageEvent>,
) -> Result<Vec<EventOutcome>, Error> {
    if events.is_empty() {
        return Ok(vec![]);
    }
    let (answer, outcomes) = oneshot::channel();
    let weight = events.len();
    if let Some(lead) = app.usage.push(weight, UsageJob { scope, reach, events, answer }) {
        // In a task of its own: a sender who hangs up must not take the others' group with it.
        tokio::spawn(work(app.clone(), lead));
    }
    let outcomes = outcomes.await.map_err(|_| Failure::Broken("a group of usage events was lost".into()))?;
    Ok(outcomes.map_err(|error| Failure::Broken(error.to_string()))?)
}

async fn work(app: App, lead: Lead) {
    let mut lead = Some(lead);
    while let Some(holding) = lead {
        loop {
            let group = app.usage.take(GROUP);
            if group.is_empty() {
                break;
            }
            if let Err(error) = tokio::spawn(settle(app.clone(), group)).await {
                tracing::error!(%error, "a group of usage events broke");
            }
        }
        lead = app.usage.leave(holding);
    }
}

/// Posts a group; when that fails, every job by itself, so that one sender's trouble is not everybody's.
async fn settle(app: App, group: Vec<UsageJob>) {
    match post(&app, &group).await {
        Ok(answers) => {
            for (job, answer) in group.into_iter().zip(answers) {
                let _ = job.answer.send(Ok(answer));
            }
        }
        Err(error) if group.len() == 1 => {
            let error = Arc::new(error);
            for job in group {
                let _ = job.answer.send(Err(Arc::clone(&error)));
            }
        }
        Err(error) => {
            tracing::warn!(%error, jobs = group.len(), "a group of usage events failed; each request is tried by itself");
            for job in group {
                let answer = post(&app, std::slice::from_ref(&job)).await;
                let answer = answer.map(|mut answers| answers.pop().unwrap_or_default());
                let _ = job.answer.send(answer.map_err(Arc::new));
            }
        }
    }
}

/// What a group of events is judged by.
struct Facts {
    consumers: Consumers,
    meters: HashMap<String, MeterInfo>,
    prices: PriceBook,
    now: Ts,
}

/// Judges events of the operator as [`record_history`] would, and records nothing: customer, meter, quantity, time and price. Whether an id
/// was charged before is not looked at.
///
/// # Errors
/// Failures only.
pub async fn check(
    app: &App,
    reach: Reach,
    events: &[UsageEvent],
) -> Result<Vec<Result<(), EventError>>, Error> {
    let mut tx = app.db.begin().await?;
    let names: Vec<_> = events.iter().map(|event| &event.customer).collect();
    let now = app.clock.now();
    let facts = Facts::read(&mut tx, &names, earliest(reach, events, now), now).await?;
    Ok(events.iter().map(|event| facts.draft(Scope::Platform, reach, event).map(drop)).collect())
}

async fn post(app: &App, jobs: &[UsageJob]) -> Result<Vec<Vec<EventOutcome>>, store::Error> {
    let mut tx = app.db.begin().await?;
    let names: Vec<_> = jobs.iter().flat_map(|job| job.events.iter().map(|event| &event.customer)).collect();
    let now = app.clock.now();
    let since = jobs.iter().map(|job| earliest(job.reach, &job.events, now)).min().unwrap_or(now);
    let facts = Facts::read(&mut tx, &names, since, now).await?;
    let (mut drafts, mut answers) = (vec![], Vec::with_capacity(jobs.len()));
    for job in jobs {
        let mut answer = Vec::with_capacity(job.events.len());
        for event in &job.events {
            answer.push(match facts.draft(job.scope, job.reach, event) {
                Ok(draft) => {
                    drafts.push(draft);
                    None
                }
                Err(error) => Some(EventOutcome::Rejected(error)),
            });
        }
        answers.push(answer);
    }
    let outcomes = match drafts.is_empty() {
        true => vec![],
        false => store::ledger::post(&mut tx, drafts, facts.now).await?,
    };
    tx.commit().await?;
    // A rejected event has its answer; the others take theirs from the ledger, in order.
    let mut outcomes = outcomes.into_iter().map(outcome);
    let fill = |answer: Vec<Option<EventOutcome>>| {
        answer.into_iter().filter_map(|known| known.or_else(|| outcomes.next())).collect()
    };
    Ok(answers.into_iter().map(fill).collect())
}

impl Facts {
    async fn read(tx: &mut Tx, names: &[&CustomerRef], since: Ts, now: Ts) -> Result<Facts, store::Error> {
        let consumers = store::tenants::resolve(tx, names).await?;
        let meters = store::meters::list(tx).await?;
        let prices = store::prices::price_book(tx, &consumers.buyers(), since).await?;
        let meters = meters.into_iter().map(|meter| (meter.meter.as_str().to_owned(), meter)).collect();
        Ok(Facts { consumers, meters, prices, now })
    }

    fn draft(&self, scope: Scope, reach: Reach, event: &UsageEvent) -> Result<Draft, EventError> {
        let buyer = self.consumers.find(&event.customer).ok_or(EventError::UnknownCustomer)?;
        if !reaches(scope, buyer) {
            return Err(EventError::UnknownCustomer);
        }
        let meter = self.meters.get(&event.meter).filter(|meter| meter.active);
        let meter = meter.ok_or(EventError::UnknownMeter)?;
        let usage = event.check(meter, reach, self.now)?;
        let rate = self.prices.rate(buyer, meter.meter, event.occurred_at).ok_or(EventError::NoPrice)?;
        let mut draft = draft(buyer, event, usage, rate);
        draft.content = Some(event.content());
        draft.metadata.clone_from(&event.metadata);
        Ok(draft)
    }
}

/// The key under which a customer's usage is charged: once, however it is reported.
pub(super) fn key(customer: TenantId, id: &str) -> String {
    format!("usage:{customer}:{id}")
}

/// The charge of checked usage, without what the sender said beside it.
pub(super) fn draft(buyer: &Buyer, event: &UsageEvent, usage: Usage, rate: Rate) -> Draft {
    let wholesale = buyer.reseller.filter(|_| rate.settlement == Settlement::Resale);
    let month = month_of(event.occurred_at);
    let posting = Posting::Usage(Box::new(Metered { usage, rate: Arc::new(rate), month, wholesale }));
    let key = key(buyer.customer, &event.id);
    Draft::new(buyer.customer, key, posting, event.occurred_at, event.description.clone())
}

/// Since when prices are needed for events.
fn earliest(reach: Reach, events: &[UsageEvent], now: Ts) -> Ts {
    let recent = now.minus(LATEST);
    match reach {
        Reach::Recent => recent,
        Reach::History => {
            events.iter().map(|event| event.occurred_at).min().map_or(recent, |at| at.min(recent))
        }
    }
}

/// The German month of an instant, `2026-11`.
pub fn month_of(at: Ts) -> String {
    let mut day = calendar::day(at).to_string();
    day.truncate(7);
    day
}

/// Whether a sender may report usage of a customer.
pub fn reaches(scope: Scope, buyer: &Buyer) -> bool {
    match scope {
        Scope::Platform => true,
        Scope::Reseller(reseller) => buyer.reseller == Some(reseller),
        Scope::Customer(customer) => buyer.customer == customer,
    }
}

fn outcome(outcome: Outcome) -> EventOutcome {
    let charged = |receipt: Receipt, replayed| {
        let Receipt { transfer, amount, balance, commission } = receipt;
        EventOutcome::Charged { transfer, amount: -amount, balance, commission, replayed }
    };
    match outcome {
        Outcome::Posted(receipt) => charged(receipt, false),
        Outcome::Replayed(receipt) => charged(receipt, true),
        Outcome::Conflict(_) => EventOutcome::Rejected(EventError::Conflict),
        // Posting usage is refused for nothing else.
        Outcome::Refused(_) => EventOutcome::Rejected(EventError::OutOfRange),
    }
}
