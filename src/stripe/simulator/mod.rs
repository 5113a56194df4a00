//! The offline Stripe simulator: Stripe's API for the calls this product makes, hosted payment pages, signed webhooks with
//! retries, and faults on request. The product speaks to it over HTTP with the same client it uses for Stripe.
//!
//! How to read it: a request comes in through `api` (key, idempotency, faults) and is worked by a room per noun
//! (`sessions`, `intents`, `refunds` …) inside one `store::Tx`. What happens to money is decided in `payments`;
//! what happens later stands in the schedule and is done by `later` when the clock gets there. Each fact leaves an event
//! (`events`), which `delivery` signs and sends. People use `hosted` and `control`.
//!
//! It must not know the product: no ledger, no tenants, no database but its own. Amounts are integer cents, EUR only; times are
//! seconds of the injected clock. It never accepts a live key.

mod api;
mod balance;
mod charges;
mod control;
mod customers;
mod delivery;
mod disputes;
mod endpoints;
mod events;
mod faults;
mod hosted;
mod instruments;
mod intents;
mod later;
mod lists;
mod methods;
mod pages;
mod parcels;
mod payments;
mod refunds;
mod refusal;
mod sessions;
mod setups;
mod shapes;
mod store;
#[cfg(test)]
mod tests;
mod truth;
mod tuning;
mod wire;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::get;
use sqlx::SqlitePool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::domain::clock::Clock;

pub use faults::{Fault, FaultKind};
pub use instruments::Instrument;
pub use payments::PayOutcome;
pub use truth::Truth;
pub use tuning::Tuning;

use refusal::ApiError;
use store::{Origin, Tx};

/// The one API version the simulator speaks: the one async-stripe 1.0.0-rc.10 pins.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Where the simulator keeps its state.
#[derive(Debug, Clone)]
pub enum SimulatorDatabase {
    /// A SQLite file of its own; created when it is not there.
    File(PathBuf),
    /// Gone with the process.
    Memory,
}

/// What the simulator needs to know.
#[derive(Debug, Clone)]
pub struct SimulatorSettings {
    pub database: SimulatorDatabase,
    pub clock: Clock,
    /// The same seed and the same order of calls give the same ids.
    pub seed: u64,
    /// Where its router is reachable, with a trailing slash: `http://127.0.0.1:3000/_stripe/`.
    pub public_base: String,
    /// Shown on the hosted pages.
    pub merchant_name: String,
    /// The only key that is let in: `sk_test_…`.
    pub secret_key: String,
}

/// Why the simulator cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A live key was given; the simulator must never stand where real money is meant.
    #[error("the simulator refuses live keys")]
    LiveKey,
    /// The key is no `sk_test_…`.
    #[error("the simulator needs a key that begins with sk_test_")]
    BadKey,
    /// The public base is no http URL with a trailing slash.
    #[error("the simulator's public base must be an http URL that ends with a slash: {0}")]
    BadBase(String),
    /// Its own database failed.
    #[error("the simulator's database failed")]
    Database(#[from] sqlx::Error),
    /// The request is refused, in Stripe's words.
    #[error("the simulator refused: {message}")]
    Refused {
        /// Stripe's error code; empty where it has none.
        code: String,
        /// Stripe's sentence.
        message: String,
    },
}

impl From<ApiError> for SimulatorError {
    fn from(error: ApiError) -> SimulatorError {
        SimulatorError::Refused {
            code: error.code.clone().unwrap_or_default(),
            message: error.message.clone(),
        }
    }
}

/// The running simulator. Clones are handles to the same one.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    settings: SimulatorSettings,
    /// The path of `public_base`, for links that work behind any host name.
    base_path: String,
    pool: SqlitePool,
    faults: Mutex<faults::Faults>,
    tuning: Mutex<Tuning>,
    /// Something may have become due.
    wake: Notify,
    /// Counts delivery attempts, for those who wait for one.
    attempts: watch::Sender<u64>,
    /// Idempotency keys whose request is being worked.
    busy: Mutex<HashSet<String>>,
    client: delivery::Client,
}

/// A lock whose holder cannot leave it half changed, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// Begins a unit of work at the clock's time.
    async fn begin(self: &Arc<Self>, origin: Origin) -> Result<Tx, ApiError> {
        let db = self.pool.begin().await?;
        Ok(Tx { db, now: self.now(), origin, sim: Arc::clone(self), emitted: false })
    }

    fn now(&self) -> i64 {
        self.settings.clock.now().seconds()
    }

    fn tuning(&self) -> Tuning {
        lock(&self.tuning).clone()
    }

    /// A link to one of the simulator's own pages.
    fn public(&self, path: &str) -> String {
        format!("{}{path}", self.settings.public_base)
    }
}

impl Simulator {
    /// Opens the simulator on its database.
    ///
    /// # Errors
    /// Refuses live keys, keys that are no test keys and a base without trailing slash; fails when the database does.
    pub async fn open(settings: SimulatorSettings) -> Result<Simulator, SimulatorError> {
        if settings.secret_key.contains("_live_") {
            return Err(SimulatorError::LiveKey);
        }
        if !settings.secret_key.starts_with("sk_test_") {
            return Err(SimulatorError::BadKey);
        }
        let base_path = base_path(&settings.public_base)
            .ok_or_else(|| SimulatorError::BadBase(settings.public_base.clone()))?;
        let pool = store::open(&settings.database).await?;
        let inner = Arc::new(Inner {
            base_path,
            pool,
            faults: Mutex::new(faults::Faults::new(settings.seed)),
            tuning: Mutex::new(Tuning::default()),
            wake: Notify::new(),
            attempts: watch::Sender::new(0),
            busy: Mutex::new(HashSet::new()),
            client: delivery::client(),
            settings,
        });
        let mut tx = inner.begin(Origin::default()).await?;
        if let Some(stored) = tx.setting("tuning").await?
            && let Ok(tuning) = serde_json::from_str(&stored)
        {
            *lock(&inner.tuning) = tuning;
        }
        drop(tx);
        Ok(Simulator { inner })
    }

    /// Everything the simulator serves: `/v1/…`, `/c/pay/…`, `/c/3ds/…`, `/_sim…`, `/assets/sim.css`. To be nested at the path of `public_base`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/{*path}", axum::routing::any(api::serve))
            .route("/c/pay/{id}", get(hosted::show).post(hosted::submit))
            .route("/c/mandate/{id}", get(hosted::show_mandate))
            .route("/c/3ds/{id}", get(hosted::show_challenge).post(hosted::answer_challenge))
            .route("/assets/sim.css", get(pages::stylesheet))
            .route("/assets/sim.svg", get(pages::icon))
            .merge(control::router(self))
            .with_state(self.clone())
    }

    /// Creates a webhook endpoint for all events, as `POST /v1/webhook_endpoints` does, and gives its signing secret.
    ///
    /// # Errors
    /// Refuses what is no http URL.
    pub async fn create_endpoint(&self, url: &str) -> Result<String, SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        let secret = endpoints::open(&mut tx, url, &["*".to_owned()], "").await?.1;
        tx.commit().await?;
        Ok(secret)
    }

    /// The secret of the endpoint for `url`, which is created only when there is none yet: for starts on a kept database.
    ///
    /// # Errors
    /// Refuses what is no http URL.
    pub async fn ensure_endpoint(&self, url: &str) -> Result<String, SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        if let Some(secret) = endpoints::secret_of(&mut tx, url).await? {
            return Ok(secret);
        }
        drop(tx);
        self.create_endpoint(url).await
    }

    /// Gives the endpoint for `url` a new secret; the old one signs along for `keep_old_seconds`.
    ///
    /// # Errors
    /// Refuses when there is no such endpoint.
    pub async fn roll_secret(&self, url: &str, keep_old_seconds: i64) -> Result<String, SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        let secret = endpoints::roll(&mut tx, url, keep_old_seconds).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Does what is due at the clock's time and attempts every due delivery, one after the other; gives the number of attempts.
    pub async fn deliver_due(&self) -> usize {
        delivery::deliver_due(&self.inner).await
    }

    /// Delivers in the background: at once what an event leaves, and each second what the clock made due.
    pub fn spawn_delivery(&self) -> JoinHandle<()> {
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            loop {
                delivery::deliver_due(&inner).await;
                // The clock may be set by hand, so besides being woken it looks once a second.
                let pause = tokio::time::sleep(std::time::Duration::from_secs(1));
                tokio::select! {
                    () = inner.wake.notified() => {}
                    () = pause => {}
                }
            }
        })
    }

    /// Adds a fault; see [`FaultKind`] for what there is.
    pub fn inject(&self, fault: Fault) {
        lock(&self.inner.faults).add(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        lock(&self.inner.faults).clear();
    }

    /// The delays, fees and payment methods in force.
    pub fn tuning(&self) -> Tuning {
        self.inner.tuning()
    }

    /// Changes delays, fees and payment methods; kept in the database.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn tune(&self, tuning: Tuning) -> Result<(), SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        tx.set("tuning", &serde_json::to_string(&tuning).map_err(ApiError::from)?).await?;
        tx.commit().await?;
        *lock(&self.inner.tuning) = tuning;
        Ok(())
    }
}

/// The path of an http URL that ends with a slash.
fn base_path(base: &str) -> Option<String> {
    let uri: axum::http::Uri = base.parse().ok()?;
    uri.host()?;
    (matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none() && uri.path().ends_with('/'))
        .then(|| uri.path().to_owned())
}
