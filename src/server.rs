//! A running installation: the router on its socket, the jobs, and the simulator where the settings ask for it.

pub use crate::jobs::Job;

use crate::app::{App, StartError};
use crate::config::{Config, Secret, StripeMode};
use crate::domain::clock::Clock;
use crate::stripe::simulator::{Simulator, SimulatorDatabase, SimulatorError, SimulatorSettings};
use crate::{jobs, store, web};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error("{address}: {source}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The app could not be put together.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The simulator did not start.
    #[error(transparent)]
    Simulator(#[from] SimulatorError),
}

/// What is running.
pub struct Server {
    /// The shared state.
    pub app: App,
    /// Stripe's stand-in, if one runs.
    pub simulator: Option<Simulator>,
    /// How clients reach it.
    pub base_url: String,
    http: JoinHandle<()>,
    jobs: JoinSet<()>,
    delivery: Option<JoinHandle<()>>,
}

/// How a start differs between `serve`, `demo` and tests.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time.
    pub clock: Clock,
    /// Marks the demo.
    pub demo: bool,
    /// Whether jobs and deliveries run by themselves; tests and the demo's history run them by hand.
    pub automatic: bool,
    /// Where the simulator keeps its state.
    pub simulator_file: Option<PathBuf>,
}

/// The key that the simulator accepts when the settings name none.
const SIMULATOR_KEY: &str = "sk_test_simulator";
/// How long open requests may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

impl Server {
    /// Binds, connects, migrates, and serves.
    ///
    /// # Errors
    /// [`ServerError`].
    pub async fn start(mut config: Config, options: Options) -> Result<Server, ServerError> {
        let address = config.listen;
        let listener =
            TcpListener::bind(address).await.map_err(|source| ServerError::Listen { address, source })?;
        let local = listener.local_addr().map_err(|source| ServerError::Listen { address, source })?;
        if address.port() == 0 {
            config.base_url = format!("http://{local}");
        }
        let simulator = start_simulator(&mut config, local, &options).await?;
        let base_url = config.base_url.clone();
        let app = App::open(config, options.clock, options.demo).await?;
        let mut router = web::router(&app);
        if let Some(simulator) = &simulator {
            router = router.nest("/_stripe", simulator.router());
        }
        let http = tokio::spawn(web::listen::serve(listener, router, app.shutdown.clone()));
        let mut server = Server { app, simulator, base_url, http, jobs: JoinSet::new(), delivery: None };
        if options.automatic {
            server.run_automatically();
        }
        Ok(server)
    }

    /// Lets jobs and the simulator's deliveries run by themselves from now on.
    pub fn run_automatically(&mut self) {
        self.jobs = jobs::start(&self.app);
        self.delivery = self.simulator.as_ref().map(Simulator::spawn_delivery);
    }

    /// Ends streams, lets open requests and jobs finish, and closes the database.
    pub async fn stop(mut self) {
        self.app.shutdown.cancel();
        if let Some(delivery) = self.delivery.take() {
            delivery.abort();
        }
        let finish = async {
            let _ = (&mut self.http).await;
            while self.jobs.join_next().await.is_some() {}
        };
        if tokio::time::timeout(GRACE, finish).await.is_err() {
            tracing::warn!("some requests or jobs did not end in time");
        }
        self.app.db.close().await;
    }
}

/// Starts the simulator in its mode and points the settings at it.
async fn start_simulator(
    config: &mut Config,
    local: SocketAddr,
    options: &Options,
) -> Result<Option<Simulator>, ServerError> {
    if config.stripe.mode != StripeMode::Simulator {
        return Ok(None);
    }
    if config.stripe.secret.0.is_empty() {
        config.stripe.secret = Secret(SIMULATOR_KEY.to_owned());
    }
    // The API is spoken to over loopback, whatever name browsers use.
    let host =
        if local.ip().is_unspecified() { format!("127.0.0.1:{}", local.port()) } else { local.to_string() };
    config.stripe.api_base = format!("http://{host}/_stripe/");
    let database = options.simulator_file.clone().map_or(SimulatorDatabase::Memory, SimulatorDatabase::File);
    let simulator = Simulator::open(SimulatorSettings {
        database,
        clock: options.clock.clone(),
        seed: 1,
        public_base: format!("{}/_stripe/", config.base_url),
        merchant_name: "Guthaben".to_owned(),
        secret_key: config.stripe.secret.0.clone(),
    })
    .await?;
    let secret = simulator.ensure_endpoint(&format!("http://{host}/billing/webhook")).await?;
    config.stripe.webhook_secrets.push(Secret(secret));
    Ok(Some(simulator))
}

/// Whether a database holds a platform already; an empty one is set up first.
///
/// # Errors
/// Failures of the engine.
pub async fn is_set_up(app: &App) -> Result<bool, store::Error> {
    Ok(store::tenants::platform(&app.db).await?.is_some())
}
