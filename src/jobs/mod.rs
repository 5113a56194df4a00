//! What happens by itself: each job calls the same verb as a page, and every run may be repeated or run on two nodes at once.

mod endpoints;
mod mails;

use crate::app::App;
use crate::billing::{alerts, api_keys, commissions, holds, topups, webhooks};
use crate::store;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A job that runs at an interval, and by name from the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Works off Stripe's events; woken by every delivery.
    Webhooks,
    /// Asks Stripe about unfinished top-ups.
    Reconcile,
    /// Sends the outbox.
    Mails,
    /// Writes commission down and says when it becomes available.
    Commissions,
    /// Tells of balances that crossed a threshold.
    Alerts,
    /// Looks ahead for balances that will soon be used up.
    Forecast,
    /// Sends events to endpoints.
    Endpoints,
    /// Gives back what reserves for usage that nobody reported.
    Holds,
    /// Writes down when keys of the API were last used.
    ApiKeys,
    /// Removes ended sessions, counters and old deliveries.
    Cleanup,
}

impl Job {
    /// All of them.
    pub const ALL: [Job; 10] = [
        Job::Webhooks,
        Job::Reconcile,
        Job::Mails,
        Job::Commissions,
        Job::Alerts,
        Job::Forecast,
        Job::Endpoints,
        Job::Holds,
        Job::ApiKeys,
        Job::Cleanup,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Job::Webhooks => "webhooks",
            Job::Reconcile => "reconcile",
            Job::Mails => "mails",
            Job::Commissions => "commissions",
            Job::Alerts => "alerts",
            Job::Forecast => "forecast",
            Job::Endpoints => "endpoints",
            Job::Holds => "holds",
            Job::ApiKeys => "api-keys",
            Job::Cleanup => "cleanup",
        }
    }

    /// How often it runs at least.
    pub fn every(self, app: &App) -> Duration {
        match self {
            Job::Webhooks => Duration::from_secs(1),
            Job::Reconcile => app.config.reconcile_every,
            Job::Mails => Duration::from_secs(10),
            Job::Commissions => Duration::from_secs(300),
            Job::Alerts | Job::Endpoints => Duration::from_secs(2),
            Job::Forecast | Job::Cleanup => Duration::from_secs(3600),
            Job::Holds => Duration::from_secs(5),
            Job::ApiKeys => Duration::from_secs(60),
        }
    }

    /// Runs it once; returns how much it did.
    ///
    /// # Errors
    /// What broke, for the log.
    pub async fn run(self, app: &App) -> Result<usize, String> {
        match self {
            Job::Webhooks => drain(app).await,
            Job::Reconcile => {
                topups::reconcile(app).await.map(|done| done.changed).map_err(|error| error.to_string())
            }
            Job::Mails => mails::send_due(app).await,
            Job::Commissions => commissions::update(app).await.map_err(|error| error.to_string()),
            Job::Alerts => alerts::tell_waiting(app).await.map_err(|error| error.to_string()),
            Job::Forecast => alerts::look_ahead(app).await.map_err(|error| error.to_string()),
            Job::Endpoints => endpoints::send_due(app).await.map_err(|error| error.to_string()),
            Job::Holds => holds::expire_due(app).await.map_err(|error| error.to_string()),
            Job::ApiKeys => api_keys::write_uses(app).await.map_err(|error| error.to_string()),
            Job::Cleanup => cleanup(app).await.map_err(|error| error.to_string()),
        }
    }
}

/// How long the log of deliveries goes back; what they say is in the ledger for good.
const DELIVERIES_KEPT: Duration = Duration::from_secs(90 * 86_400);

async fn drain(app: &App) -> Result<usize, String> {
    webhooks::record_refusals(app).await.map_err(|error| error.to_string())?;
    let mut done = 0;
    loop {
        match webhooks::work_off(app).await.map_err(|error| error.to_string())? {
            0 => return Ok(done),
            some => done += some,
        }
    }
}

async fn cleanup(app: &App) -> Result<usize, store::Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut removed = store::sessions::purge(&mut tx, now).await?;
    removed += store::throttles::purge(&mut tx, now).await?;
    removed += store::endpoints::purge(&mut tx, now.minus(DELIVERIES_KEPT)).await?;
    tx.commit().await?;
    Ok(usize::try_from(removed).unwrap_or(usize::MAX))
}

/// Starts every job and the feed of changed balances; they end when the app shuts down.
pub fn start(app: &App) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for job in Job::ALL {
        tasks.spawn(repeat(app.clone(), job));
    }
    let (db, shutdown) = (app.db.clone(), app.shutdown.clone());
    tasks.spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = store::changes::follow(db) => {}
        }
    });
    tasks
}

async fn repeat(app: App, job: Job) {
    let shutdown: CancellationToken = app.shutdown.clone();
    while !shutdown.is_cancelled() {
        // In a task of its own: a panic ends this run, not the job.
        let run = tokio::spawn({
            let app = app.clone();
            async move { job.run(&app).await }
        });
        match run.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::error!(job = job.name(), error, "a job failed; it runs again at its next time")
            }
            Err(error) => {
                tracing::error!(job = job.name(), %error, "a job broke; it runs again at its next time")
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep(job.every(&app)) => {}
            () = app.webhook_arrived.notified(), if job == Job::Webhooks => {}
            () = app.mail_written.notified(), if job == Job::Mails => {}
            () = app.delivery_written.notified(), if job == Job::Endpoints => {}
        }
    }
}
