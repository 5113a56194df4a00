//! Is everything right? One list of checks with values; pages, probes and the command line word it.

use crate::app::App;
use crate::config::StripeMode;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::store::{self, migrations};
use std::sync::Arc;
use std::time::Duration;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Fine,
    /// Works, but someone should look.
    Warning,
    /// Does not work, or money is not right.
    Fault,
}

/// What a check found.
#[derive(Clone, Debug)]
pub enum Finding {
    /// The database answers.
    Database {
        /// `SQLite` or `PostgreSQL`.
        engine: &'static str,
        /// How long a small question took; `None` when it did not answer.
        took: Option<Duration>,
    },
    /// The schema is the one of this binary.
    Schema {
        /// Newest applied migration.
        applied: i64,
        /// Newest known migration.
        known: i64,
    },
    /// All balances together are zero.
    Ledger {
        /// Number of accounts.
        accounts: i64,
        /// Their sum.
        total: Cents,
    },
    /// Every balance is that of its last entry.
    Balances {
        /// Number of accounts for which it is not.
        stale: i64,
    },
    /// What books have reserved is what their holds reserve.
    Reservations {
        /// Number of books for which it is not.
        wrong: i64,
    },
    /// Stripe answers.
    Stripe {
        /// Which money.
        mode: StripeMode,
        /// Whether keys are there at all.
        configured: bool,
        /// How long the answer took; `None` when none came.
        took: Option<Duration>,
    },
    /// Webhooks arrive.
    Webhooks {
        /// When the last one came.
        last: Option<Ts>,
        /// Whether payments are open for which one should have come.
        expected: bool,
    },
    /// Deliveries with a wrong signature.
    Signatures {
        /// In the last 24 hours.
        refused: i64,
    },
    /// The inbox is worked off.
    Queue {
        /// Events waiting.
        waiting: i64,
        /// Since when the oldest waits.
        oldest: Option<Ts>,
        /// Events given up.
        failed: i64,
    },
    /// Mails leave.
    Mails {
        /// Mails waiting.
        waiting: i64,
        /// Mails given up.
        failed: i64,
    },
}

/// One check.
#[derive(Clone, Debug)]
pub struct Check {
    /// How bad.
    pub level: Level,
    /// What was found.
    pub finding: Finding,
    /// When it was looked at.
    pub at: Ts,
}

/// Stripe's answer is asked for at most this long; the page must not hang on it.
const STRIPE_PATIENCE: Duration = Duration::from_secs(3);
/// An event that waits longer than this is late.
const LATE: Duration = Duration::from_secs(120);
/// After so many refused deliveries in a day somebody tries something, or a secret is wrong.
const REFUSALS: i64 = 20;

/// How old a result may be for those who may only ask now and then.
const FRESH: Duration = Duration::from_secs(10);

/// The checks of a moment ago, or new ones: the public probe must be cheap, however often it is asked. Simultaneous questions wait for one answer.
pub async fn check_now_and_then(app: &App) -> Arc<Vec<Check>> {
    let mut kept = app.health.lock().await;
    let now = app.clock.now();
    if let Some((at, checks)) = kept.as_ref()
        && now.since(*at) < FRESH
        && let Ok(checks) = Arc::clone(checks).downcast::<Vec<Check>>()
    {
        return checks;
    }
    let checks = Arc::new(check(app).await);
    *kept = Some((now, Arc::<Vec<Check>>::clone(&checks) as _));
    checks
}

/// Runs every check. One that cannot be carried out is a fault of the database.
pub async fn check(app: &App) -> Vec<Check> {
    let at = app.clock.now();
    if let Err(error) = super::webhooks::record_refusals(app).await {
        tracing::warn!(%error, "refused webhooks could not be written down");
    }
    let mut checks = vec![database(app).await];
    if checks[0].0 == Level::Fine {
        checks.push(schema(app).await);
        let (ledger, balances, reservations) =
            (ledger(app).await, balances(app).await, reservations(app).await);
        let webhooks = webhooks(app, at).await;
        let (signatures, queue, mails) = (signatures(app, at).await, queue(app, at).await, mails(app).await);
        let rest = [ledger, balances, reservations, webhooks, signatures, queue, mails];
        if rest.iter().any(Option::is_none) {
            checks[0] = (Level::Fault, Finding::Database { engine: engine(app), took: None });
        }
        checks.extend(rest.into_iter().flatten());
    }
    checks.push(stripe(app).await);
    checks.into_iter().map(|(level, finding)| Check { level, finding, at }).collect()
}

fn engine(app: &App) -> &'static str {
    if app.db.is_pg() { "PostgreSQL" } else { "SQLite" }
}

/// The quick question of load balancers: can this process serve? (Database only; Stripe being away stops no page.)
pub async fn is_ready(app: &App) -> bool {
    let applied = tokio::time::timeout(Duration::from_secs(2), migrations::applied(&app.db)).await;
    applied.is_ok_and(|applied| applied == migrations::newest())
}

async fn database(app: &App) -> (Level, Finding) {
    let engine = engine(app);
    let started = std::time::Instant::now();
    let answer = tokio::time::timeout(Duration::from_secs(2), store::tenants::platform(&app.db)).await;
    let took = matches!(answer, Ok(Ok(_))).then(|| started.elapsed());
    (if took.is_some() { Level::Fine } else { Level::Fault }, Finding::Database { engine, took })
}

async fn schema(app: &App) -> (Level, Finding) {
    let (applied, known) = (migrations::applied(&app.db).await, migrations::newest());
    (if applied == known { Level::Fine } else { Level::Fault }, Finding::Schema { applied, known })
}

async fn ledger(app: &App) -> Option<(Level, Finding)> {
    let proof = store::ledger::prove_totals(&app.db).await.ok()?;
    let total = Cents(proof.total_cents);
    let level = if total == Cents::ZERO { Level::Fine } else { Level::Fault };
    Some((level, Finding::Ledger { accounts: proof.accounts, total }))
}

async fn balances(app: &App) -> Option<(Level, Finding)> {
    let stale = store::ledger::count_stale_balances(&app.db).await.ok()?;
    Some((if stale == 0 { Level::Fine } else { Level::Fault }, Finding::Balances { stale }))
}

async fn reservations(app: &App) -> Option<(Level, Finding)> {
    let wrong = store::ledger::count_wrong_reservations(&app.db).await.ok()?;
    Some((if wrong == 0 { Level::Fine } else { Level::Fault }, Finding::Reservations { wrong }))
}

async fn webhooks(app: &App, now: Ts) -> Option<(Level, Finding)> {
    let last = store::webhooks::inbox(&app.db).await.ok()?.last_received_at;
    // A checkout that was paid or has ended is followed by an event within seconds; an hour is plenty.
    let before = now.minus(Duration::from_secs(3600));
    let expected = store::topups::count_overdue(&app.db, before).await.ok()? > 0;
    Some((if expected { Level::Warning } else { Level::Fine }, Finding::Webhooks { last, expected }))
}

async fn signatures(app: &App, now: Ts) -> Option<(Level, Finding)> {
    let refused =
        store::webhooks::refusals_since(&app.db, now.minus(Duration::from_secs(86_400))).await.ok()?;
    Some((if refused >= REFUSALS { Level::Warning } else { Level::Fine }, Finding::Signatures { refused }))
}

async fn queue(app: &App, now: Ts) -> Option<(Level, Finding)> {
    let inbox = store::webhooks::inbox(&app.db).await.ok()?;
    let late = inbox.oldest_waiting_at.is_some_and(|oldest| now.since(oldest) > LATE);
    let level = match (inbox.failed > 0, late) {
        (true, _) => Level::Fault,
        (false, true) => Level::Warning,
        (false, false) => Level::Fine,
    };
    let finding =
        Finding::Queue { waiting: inbox.waiting, oldest: inbox.oldest_waiting_at, failed: inbox.failed };
    Some((level, finding))
}

async fn mails(app: &App) -> Option<(Level, Finding)> {
    let outbox = store::mails::outbox(&app.db).await.ok()?;
    let level = if outbox.failed > 0 { Level::Warning } else { Level::Fine };
    Some((level, Finding::Mails { waiting: outbox.waiting, failed: outbox.failed }))
}

async fn stripe(app: &App) -> (Level, Finding) {
    let mode = app.config.stripe.mode;
    let Some(gateway) = &app.gateway else {
        return (Level::Warning, Finding::Stripe { mode, configured: false, took: None });
    };
    let started = std::time::Instant::now();
    let answer = tokio::time::timeout(STRIPE_PATIENCE, gateway.ping()).await;
    let took = matches!(answer, Ok(Ok(_))).then(|| started.elapsed());
    let level = if took.is_some() { Level::Fine } else { Level::Fault };
    (level, Finding::Stripe { mode, configured: true, took })
}
