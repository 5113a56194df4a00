//! What every request and job shares: configuration, database, clock, Stripe, keys.

mod queue;

pub use queue::{Lead, Queue};

use crate::config::{Config, StripeMode};
use crate::domain::clock::{Clock, Ts};
use crate::domain::party::Scope;
use crate::domain::usage::{EventOutcome, Reach, UsageEvent};
use crate::passwords::{PasswordError, Passwords};
use crate::store::{self, Db};
use crate::stripe::client::StripeClient;
use crate::stripe::gateway::{Gateway, GatewayError};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tokio::sync::{Notify, oneshot};

/// The password of every demo account; the demo's sign-in page shows it.
pub const DEMO_PASSWORD: &str = "guthaben-demo";

/// Usage events of one sender, waiting for their outcomes.
#[derive(Debug)]
pub struct UsageJob {
    /// Whose customers the sender reaches.
    pub scope: Scope,
    /// How far back the sender may report.
    pub reach: Reach,
    /// The events.
    pub events: Vec<UsageEvent>,
    /// Takes an outcome per event, in their order.
    pub answer: oneshot::Sender<Result<Vec<EventOutcome>, Arc<store::Error>>>,
}

/// The shared state; clones are cheap.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What is in it.
pub struct Parts {
    /// Checked settings.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Stripe; `None` switches top-ups off.
    pub gateway: Option<Arc<dyn Gateway>>,
    /// Signing secrets of our webhook endpoint.
    pub webhook_secrets: Vec<String>,
    /// The pool that hashes passwords.
    pub passwords: Passwords,
    /// Signs form tokens; shared by all nodes.
    pub token_key: Vec<u8>,
    /// Webhook deliveries refused since they were last written down: a flood of forged ones must not become a flood of writes.
    pub refused_webhooks: AtomicI64,
    /// Keys of the API that were just used.
    pub api_keys: store::api_keys::KeyMemory,
    /// The last round of health checks, for those who may only ask now and then.
    pub health: tokio::sync::Mutex<Option<(Ts, Arc<dyn std::any::Any + Send + Sync>)>>,
    /// Usage events that wait to be written with others.
    pub usage: Queue<UsageJob>,
    /// Wakes the worker when an event was stored.
    pub webhook_arrived: Notify,
    /// Wakes the sender when a mail was written.
    pub mail_written: Notify,
    /// Wakes the sender when an event for an endpoint was written.
    pub delivery_written: Notify,
    /// Cancelled when the server stops: streams end and jobs finish.
    pub shutdown: tokio_util::sync::CancellationToken,
    /// True in `demo`: mails are shown on a page, sign-ins are printed on the sign-in page.
    pub demo: bool,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why the product cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be reached or asked.
    #[error(transparent)]
    Database(#[from] store::Error),
    /// The schema cannot be brought up to date.
    #[error(transparent)]
    Migration(#[from] store::migrations::Error),
    /// Stripe's client cannot be made.
    #[error(transparent)]
    Stripe(#[from] GatewayError),
    /// No password can be hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
}

impl App {
    /// Connects, migrates and puts everything together.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: Config, clock: Clock, demo: bool) -> Result<App, StartError> {
        let db = Db::connect(&config.database_url.0, config.pool).await?;
        store::migrations::apply(&db).await?;
        App::assemble(config, db, clock, demo).await
    }

    /// Puts everything together over an open, migrated database.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn assemble(config: Config, db: Db, clock: Clock, demo: bool) -> Result<App, StartError> {
        let gateway: Option<Arc<dyn Gateway>> = if config.stripe.secret.0.is_empty() {
            None
        } else {
            let stripe = &config.stripe;
            Some(Arc::new(StripeClient::new(&stripe.secret.0, &stripe.api_base, stripe.timeout)?))
        };
        let fresh: [u8; 32] = rand::random();
        let token_key = store::secrets::get_or_create(&db, "form_tokens", fresh.to_vec()).await?;
        let passwords = Passwords::new(config.sign_in.workers, config.sign_in.queue)?;
        // SQLite has one writer. PostgreSQL writes the next group while the last one becomes durable.
        let usage = Queue::new(if db.is_pg() { 2 } else { 1 });
        let webhook_secrets = config.stripe.webhook_secrets.iter().map(|secret| secret.0.clone()).collect();
        Ok(App(Arc::new(Parts {
            config,
            db,
            clock,
            gateway,
            webhook_secrets,
            passwords,
            token_key,
            refused_webhooks: AtomicI64::new(0),
            api_keys: store::api_keys::KeyMemory::default(),
            health: tokio::sync::Mutex::new(None),
            usage,
            webhook_arrived: Notify::new(),
            mail_written: Notify::new(),
            delivery_written: Notify::new(),
            shutdown: tokio_util::sync::CancellationToken::new(),
            demo,
        })))
    }

    /// Whether this installation handles real money.
    pub fn is_live(&self) -> bool {
        self.config.stripe.mode == StripeMode::Live
    }
}
