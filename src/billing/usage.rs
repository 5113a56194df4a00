//! Usage that happened: rated by the price lists, charged to the wallet and shared, exactly once per event.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::ledger::{Draft, Posting};
use crate::domain::party::{Scope, Tenant};
use crate::domain::pricing::{self, Meter, Rate, Usage};
use crate::store::ledger::Outcome;
use crate::store::prices::Audience;
use crate::store::{self, Tx};
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
    let mut tenants: HashMap<TenantId, Tenant> = HashMap::new();
    for event in &events {
        if !tenants.contains_key(&event.customer) {
            let tenant = store::tenants::find(&app.db, Scope::Platform, event.customer).await?;
            let tenant = tenant.ok_or_else(|| Failure::Broken("usage of an unknown customer".into()))?;
            tenants.insert(tenant.id, tenant);
        }
    }
    let platform = store::tenants::platform(&app.db).await?;
    let platform = platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id;
    let mut tx = app.db.begin().await?;
    let mut rates: HashMap<(TenantId, Meter), (Ts, Rate)> = HashMap::new();
    let mut drafts = Vec::with_capacity(events.len());
    for event in events {
        let key = (event.customer, event.meter);
        let rate = match rates.get(&key) {
            // Within one group prices are looked up once per day of usage and meter.
            Some((at, rate)) if at.0 / DAY == event.occurred_at.0 / DAY => *rate,
            _ => {
                let rate =
                    find_rate(&mut tx, &tenants[&event.customer], platform, event.meter, event.occurred_at)
                        .await?;
                rates.insert(key, (event.occurred_at, rate));
                rate
            }
        };
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
    let outcomes = store::ledger::post(&mut tx, drafts, app.clock.now()).await?;
    tx.commit().await?;
    Ok(outcomes)
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The customer's own price, else its reseller's, else the platform's; and what the platform takes of it.
async fn find_rate(
    tx: &mut Tx,
    customer: &Tenant,
    platform: TenantId,
    meter: Meter,
    at: Ts,
) -> Result<Rate, Error> {
    let sellers = [Some(customer.id), customer.reseller_id, Some(platform)];
    let mut found = None;
    for seller in sellers.into_iter().flatten() {
        found = store::prices::find(tx, seller, Audience::Customer, meter, at).await?;
        if found.is_some() {
            break;
        }
    }
    let (price, increment) = found.ok_or_else(|| Failure::Broken(format!("no price for {meter}")))?;
    let share = match customer.reseller_id {
        Some(_) => {
            store::prices::find(tx, platform, Audience::Reseller, meter, at).await?.map(|(price, _)| price)
        }
        None => None,
    };
    // A direct customer pays the platform alone; so does one whose reseller has no platform price yet.
    Ok(Rate { meter, customer: price, platform: share.unwrap_or(price), increment })
}
