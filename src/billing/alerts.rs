//! Alerts about balances: what was crossed is told once, by mail to the customer's people and as an event to endpoints.
//!
//! A posting writes its alerts in its own transaction. They are told in another one, which takes them, writes mails and deliveries and
//! commits; so one crossing is one notification, however many nodes look. Sending mails and events is the matter of other jobs.

use super::endpoints::{customer_data, publish, rfc3339};
use super::{Error, Failure};
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::endpoint::EventType;
use crate::domain::forecast::{self, Outlook};
use crate::domain::id::TenantId;
use crate::domain::ledger::AlertKind;
use crate::domain::money::Cents;
use crate::domain::party::{Scope, Tenant, TenantKind};
use crate::i18n::{Lang, T};
use crate::mail::{self, BalanceLinks, BalanceNews};
use crate::store::alerts::{Alert, DayOfUse, Forecastable, Thresholds, Waiting};
use crate::store::mails::NewMail;
use crate::store::persons::Recipient;
use crate::store::{self, Tx};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Postings looked at in one go.
const BATCH: i64 = 50;
/// Customers whose forecast is made in one go.
const CUSTOMERS: i64 = 200;

/// Tells of everything that was crossed; returns for how many postings.
///
/// # Errors
/// When the list cannot be read. What cannot be told stays for the next run.
pub async fn tell_waiting(app: &App) -> Result<usize, Error> {
    let mut told = 0;
    loop {
        let waiting = store::alerts::list_waiting(&app.db, BATCH).await?;
        let before = told;
        for posting in &waiting {
            match tell(app, posting).await {
                Ok(done) => told += usize::from(done),
                Err(error) => {
                    tracing::error!(%error, customer = %posting.customer_id, "an alert could not be told")
                }
            }
        }
        if told == before {
            return Ok(told);
        }
    }
}

/// Tells of what one posting crossed; false when another node has.
async fn tell(app: &App, posting: &Waiting) -> Result<bool, Error> {
    let customer = store::tenants::find(&app.db, Scope::Platform, posting.customer_id).await?;
    let customer = customer.ok_or_else(|| Failure::Broken("an alert without its customer".into()))?;
    let recipients = store::persons::money_recipients(&app.db, customer.id).await?;
    let now = app.clock.now();
    let seconds_left = seconds_left(app, &customer, now).await?;
    let mut tx = app.db.begin().await?;
    let alerts = store::alerts::claim(&mut tx, posting, now).await?;
    if alerts.is_empty() {
        return Ok(false);
    }
    if let Some((news, worst)) = worst(&alerts, seconds_left) {
        for recipient in &recipients {
            write_mail(app, &mut tx, &customer, worst, news, recipient, now).await?;
        }
    }
    publish_alerts(&mut tx, &customer, &alerts, seconds_left, now).await?;
    tx.commit().await?;
    app.mail_written.notify_one();
    app.delivery_written.notify_one();
    Ok(true)
}

/// What an alert says now; `None` when there is nothing to say (any more).
fn news(alert: &Alert, seconds_left: Option<i64>) -> Option<BalanceNews> {
    let threshold = alert.threshold_cents;
    // A threshold of nothing is switched off: below it, the balance is used up, which is told anyway.
    match alert.kind {
        AlertKind::Low if threshold > Cents::ZERO => Some(BalanceNews::Low { threshold }),
        AlertKind::Critical if threshold > Cents::ZERO => Some(BalanceNews::Critical { threshold }),
        AlertKind::Low | AlertKind::Critical => None,
        AlertKind::Depleted => Some(BalanceNews::Depleted),
        AlertKind::Forecast => {
            seconds_left.map(|seconds| BalanceNews::Forecast { days: (seconds + 43_200) / 86_400 })
        }
    }
}

/// From the mildest to the worst.
const fn severity(kind: AlertKind) -> u8 {
    match kind {
        AlertKind::Forecast => 0,
        AlertKind::Low => 1,
        AlertKind::Critical => 2,
        AlertKind::Depleted => 3,
    }
}

/// Of several thresholds crossed at once the worst is worth a mail, the others only say the same.
fn worst(alerts: &[Alert], seconds_left: Option<i64>) -> Option<(BalanceNews, &Alert)> {
    let said = alerts.iter().filter_map(|alert| Some((news(alert, seconds_left)?, alert)));
    said.max_by_key(|(_, alert)| severity(alert.kind))
}

async fn write_mail(
    app: &App,
    tx: &mut Tx,
    customer: &Tenant,
    alert: &Alert,
    news: BalanceNews,
    recipient: &Recipient,
    now: Ts,
) -> Result<(), Error> {
    let t = T::new(Lang::from_code(&recipient.language).unwrap_or_default());
    let base = &app.config.base_url;
    let links = match customer.kind {
        TenantKind::Customer => BalanceLinks {
            top_up: format!("{base}/portal/topups/new"),
            settings: Some(format!("{base}/portal/settings/alerts")),
        },
        _ => BalanceLinks { top_up: format!("{base}/reseller"), settings: None },
    };
    let message = mail::balance_news(t, &recipient.name, &customer.name, alert.balance_cents, news, &links);
    let mail = NewMail {
        key: format!("alert:{}:{}", alert.id, recipient.email),
        customer: Some(customer.id),
        recipient: recipient.email.clone(),
        subject: message.subject,
        text: message.text,
        html: message.html,
    };
    store::mails::create(tx, mail, now).await?;
    Ok(())
}

/// Each type of event once: that it is low, with the worst reason, and that nothing is left.
async fn publish_alerts(
    tx: &mut Tx,
    customer: &Tenant,
    alerts: &[Alert],
    seconds_left: Option<i64>,
    now: Ts,
) -> Result<(), Error> {
    let (depleted, low): (Vec<Alert>, Vec<Alert>) =
        alerts.iter().cloned().partition(|alert| alert.kind == AlertKind::Depleted);
    for (event, group) in [(EventType::BalanceLow, low), (EventType::BalanceDepleted, depleted)] {
        let Some((news, alert)) = worst(&group, seconds_left) else { continue };
        let mut data = json!({
            "customer": customer_data(customer),
            "balance_cents": alert.balance_cents,
            "currency": "EUR",
            "occurred_at": rfc3339(alert.created_at),
        });
        if event == EventType::BalanceLow {
            data["reason"] = Value::from(alert.kind.as_str());
            if let (BalanceNews::Forecast { .. }, Some(seconds)) = (news, seconds_left) {
                let left = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
                data["lasts_until"] = Value::from(rfc3339(now.plus(left)));
            } else {
                data["threshold_cents"] = json!(alert.threshold_cents);
            }
        }
        publish(tx, customer, event, &format!("alert:{}", alert.id), &data, now).await?;
    }
    Ok(())
}

/// Seconds until the balance is used up, where that is sooner than the customer wants it to be.
async fn seconds_left(app: &App, customer: &Tenant, now: Ts) -> Result<Option<i64>, Error> {
    if customer.kind != TenantKind::Customer || customer.alert_days <= 0 {
        return Ok(None);
    }
    let balance = store::ledger::balance(&app.db, Scope::Platform, customer.id).await?;
    let balance = balance.ok_or_else(|| Failure::Broken("a customer without its book".into()))?;
    let today = calendar::day(now);
    let mut days = days_of_use(app, &[customer.id.0], today).await?;
    let per_day = forecast::per_day(&days.remove(&customer.id).unwrap_or_default(), today);
    // Most of what is reserved comes back, so a long call is no reason to warn.
    match forecast::outlook(balance.booked(), per_day, customer.alert_days) {
        Outlook::Short { seconds } => Ok(Some(seconds)),
        Outlook::Fine | Outlook::Unchanged => Ok(None),
    }
}

type DaysOfUse = HashMap<TenantId, Vec<(Date, Cents)>>;

async fn days_of_use(app: &App, customers: &[uuid::Uuid], today: Date) -> Result<DaysOfUse, Error> {
    let from = today.saturating_sub(i64::from(forecast::WINDOW_DAYS).days()).to_string();
    let mut days = DaysOfUse::new();
    for row in store::alerts::use_by_day(&app.db, customers, &from, &today.to_string()).await? {
        let DayOfUse { customer_id, day, used_cents } = row;
        let day = day.parse().map_err(|_| Failure::Broken("a day that is none".into()))?;
        days.entry(customer_id).or_default().push((day, used_cents));
    }
    Ok(days)
}

/// Writes an alert for every customer whose balance will soon be used up, once until it lasts longer again; returns how many.
///
/// # Errors
/// Failures; what was written stays.
pub async fn look_ahead(app: &App) -> Result<usize, Error> {
    let today = calendar::day(app.clock.now());
    let (mut warned, mut after) = (0, None);
    loop {
        let customers = store::alerts::list_forecastable(&app.db, after, CUSTOMERS).await?;
        let Some(last) = customers.last() else { return Ok(warned) };
        after = Some(last.id);
        let ids: Vec<_> = customers.iter().map(|customer| customer.id.0).collect();
        let mut days = days_of_use(app, &ids, today).await?;
        for customer in &customers {
            let per_day = forecast::per_day(&days.remove(&customer.id).unwrap_or_default(), today);
            warned += usize::from(judge(app, customer, per_day).await?);
        }
    }
}

async fn judge(app: &App, customer: &Forecastable, per_day: Option<Cents>) -> Result<bool, Error> {
    let outlook = forecast::outlook(customer.balance_cents, per_day, customer.alert_days);
    let mut warned = false;
    match (outlook, customer.warned_since_at) {
        (Outlook::Short { .. }, None) => {
            let mut tx = app.db.begin().await?;
            warned = store::alerts::warn(&mut tx, customer, app.clock.now()).await?;
            tx.commit().await?;
        }
        (Outlook::Fine, Some(_)) => {
            let mut tx = app.db.begin().await?;
            store::alerts::release(&mut tx, customer.id).await?;
            tx.commit().await?;
        }
        _ => {}
    }
    Ok(warned)
}

/// Changes by what a customer is warned.
///
/// # Errors
/// Failures.
pub async fn set_thresholds(
    app: &App,
    by: &Author,
    customer: TenantId,
    before: &Thresholds,
    after: &Thresholds,
) -> Result<(), Error> {
    let state = |thresholds: &Thresholds| {
        json!({
            "low_balance_cents": thresholds.low_balance_cents,
            "critical_balance_cents": thresholds.critical_balance_cents,
            "alert_days": thresholds.alert_days,
        })
    };
    let entry = Entry::new(by, customer, "alerts.changed", customer.to_string());
    let mut tx = app.db.begin().await?;
    store::alerts::set_thresholds(&mut tx, customer, after).await?;
    store::audit::write(&mut tx, &entry.change(state(before), state(after)), app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
