//! Usage that happened: rated by the price lists, charged to the wallet and shared, exactly once per event.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::ledger::{Draft, Posting};
use crate::domain::party::{Scope, Tenant};
use crate::domain::pricing::{self, Meter, Usage};
use crate::store;
use crate::store::ledger::Outcome;
use std::collections::HashMap;

/// One usage event.
#[derive(Clone, Debug)]
pub struct UsageEvent {
    /// The sender's id: the same id is charged once per customer.
    pub id: String,
    /// Who used it.
    pub customer: TenantId,
    /// What.
    pub meter: Meter,
    /// How much.
    pub usage: Usage,
    /// When.
    pub occurred_at: Ts,
    /// What the customer reads.
    pub description: String,
}

/// Records events in one transaction; outcomes come in their order. Free usage (an unanswered call) is recorded with nothing to pay.
///
/// # Errors
/// Failures only; nothing is posted then.
pub async fn record(app: &App, events: Vec<UsageEvent>) -> Result<Vec<Outcome>, Error> {
    let mut ids: Vec<_> = events.iter().map(|event| event.customer.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let customers = store::tenants::list_by_ids(&app.db, Scope::Platform, &ids).await?;
    let customers: HashMap<TenantId, Tenant> =
        customers.into_iter().map(|tenant| (tenant.id, tenant)).collect();
    let platform = store::tenants::platform(&app.db).await?;
    let platform = platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id;
    ids.push(platform.0);
    ids.extend(customers.values().filter_map(|customer| customer.reseller_id.map(|id| id.0)));
    let prices = store::prices::book_of(&app.db, &ids).await?;
    let mut drafts = Vec::with_capacity(events.len());
    for event in events {
        let customer = customers.get(&event.customer);
        let customer = customer.ok_or_else(|| Failure::Broken("usage of an unknown customer".into()))?;
        let rate = prices.rate(customer.id, customer.reseller_id, platform, event.meter, event.occurred_at);
        let rate = rate.ok_or_else(|| Failure::Broken(format!("no price for {}", event.meter)))?;
        let charge =
            pricing::rate(event.usage, &rate).map_err(|_| Failure::Broken("usage out of range".into()))?;
        drafts.push(Draft {
            customer: event.customer,
            key: format!("usage:{}:{}", event.customer, event.id),
            posting: Posting::Usage(charge),
            occurred_at: event.occurred_at,
            description: event.description,
            top_up: None,
        });
    }
    let mut tx = app.db.begin().await?;
    let outcomes = store::ledger::post(&mut tx, drafts, app.clock.now()).await?;
    tx.commit().await?;
    Ok(outcomes)
}
