//! The command line. Every command says what went wrong in one sentence and exits with 1 (2 for wrong usage).

mod demo;
mod import;
mod serve;
mod tools;

use crate::config::{self, Config};
use crate::i18n::{Lang, T};
use crate::server::ServerError;
use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Portal and billing core for prepaid services sold through resellers.
#[derive(Parser)]
#[command(name = "guthaben", version, about)]
struct Arguments {
    /// Language of messages: de or en.
    #[arg(long, global = true, default_value = "de")]
    lang: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the portal with demo data, an embedded database and the Stripe simulator.
    Demo {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:3000")]
        listen: SocketAddr,
        /// Keeps the data in this folder.
        #[arg(long)]
        data: Option<PathBuf>,
        /// The same seed makes the same history.
        #[arg(long, default_value_t = 2026)]
        seed: u64,
    },
    /// Runs the server with the settings of the environment and .env.billing.
    Serve {
        /// Refuses to start instead of migrating the schema.
        #[arg(long)]
        no_migrate: bool,
    },
    /// Brings the schema up to date.
    Migrate,
    /// Looks at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manages people.
    #[command(subcommand)]
    User(UserCommand),
    /// Asks Stripe for what webhooks have missed.
    Reconcile,
    /// Shows and runs the scheduled jobs.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Brings in usage.
    #[command(subcommand)]
    Usage(UsageCommand),
}

#[derive(Subcommand)]
enum UsageCommand {
    /// Charges the usage events of a file; it may be stopped and started again at any time.
    Import(import::Arguments),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Checks the settings without starting anything.
    Check,
    /// Prints the documented example file.
    Example,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Adds a person, and the platform itself when there is none yet.
    Add {
        /// Sign-in address.
        #[arg(long)]
        email: String,
        /// admin, finance, support, owner, staff, accounting or viewer.
        #[arg(long)]
        role: String,
        /// Number of the tenant; the platform when it is left out.
        #[arg(long)]
        tenant: Option<String>,
        /// Full name; the address when it is left out.
        #[arg(long)]
        name: Option<String>,
        /// Name of the platform, needed for the very first person.
        #[arg(long)]
        company: Option<String>,
    },
}

#[derive(Subcommand)]
enum JobsCommand {
    /// Lists them.
    List,
    /// Runs one now.
    Run {
        /// Its name.
        name: String,
    },
}

/// A sentence for the operator.
pub(crate) struct Complaint(String);

/// Runs what the arguments ask for.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let t = T::new(Lang::from_code(&arguments.lang).unwrap_or_default());
    let outcome = match arguments.command {
        Command::Demo { listen, data, seed } => demo::run(t, listen, data, seed).await,
        Command::Serve { no_migrate } => serve::run(t, no_migrate).await,
        Command::Migrate => tools::migrate(t).await,
        Command::Config(ConfigCommand::Check) => load(t).map(|_| println!("{}", t.config_ok())),
        Command::Config(ConfigCommand::Example) => {
            print!("{}", config::example(t));
            Ok(())
        }
        Command::User(UserCommand::Add { email, role, tenant, name, company }) => {
            tools::add_user(t, tools::NewUser { email, role, tenant, name, company }).await
        }
        Command::Reconcile => tools::reconcile(t).await,
        Command::Jobs(JobsCommand::List) => tools::list_jobs(t).await,
        Command::Jobs(JobsCommand::Run { name }) => tools::run_job(t, &name).await,
        Command::Usage(UsageCommand::Import(arguments)) => return import::run(t, arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Complaint(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn load(t: T) -> Result<Config, Complaint> {
    config::from_environment().map_err(|error| Complaint(error.say(t)))
}

fn failed(t: T, error: impl std::fmt::Display) -> Complaint {
    Complaint(t.cli_failed(error.to_string()))
}

fn server_failed(t: T, error: &ServerError) -> Complaint {
    Complaint(match error {
        ServerError::Listen { address, source } => {
            t.cli_listen_failed(address.to_string(), source.to_string())
        }
        ServerError::Start(error) => t.cli_database_failed(error.to_string()),
        ServerError::Simulator(error) => t.cli_failed(error.to_string()),
    })
}

/// Logs to standard error, as text or JSON.
fn start_logging(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log).unwrap_or_else(|_| "info".into());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if config.log_json {
        builder.json().init();
    } else {
        builder.init();
    }
}

/// Waits for Ctrl-C or the service manager's signal.
async fn until_stopped() {
    #[cfg(unix)]
    {
        let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(_) => return drop(tokio::signal::ctrl_c().await),
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
