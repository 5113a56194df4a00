//! Every setting in one table: name, default, unit. Read from `.env.billing` and the process, typed and checked at start.
//!
//! What a setting does is said in `locales/*/setting.ftl` (`setting-<name>`); `.env.billing.example` is made from both.

mod reader;

use crate::domain::topup::Limits;
use crate::i18n::T;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name of the environment variable.
    pub name: &'static str,
    /// Value when it is not set; empty means "none".
    pub default: &'static str,
    /// Unit or form of the value, as shown in the example file.
    pub unit: &'static str,
    /// Never shown or logged.
    pub secret: bool,
}

const fn plain(name: &'static str, default: &'static str, unit: &'static str) -> Setting {
    Setting { name, default, unit, secret: false }
}

const fn secret(name: &'static str, unit: &'static str) -> Setting {
    Setting { name, default: "", unit, secret: true }
}

/// All settings, in the order of the example file.
pub const SETTINGS: &[Setting] = &[
    plain("DATABASE_URL", "sqlite://data/guthaben.db", "url"),
    plain("GUTHABEN_DATABASE_CONNECTIONS", "20", "3-500"),
    plain("GUTHABEN_DATABASE_READERS", "4", "1-64"),
    plain("GUTHABEN_LISTEN", "127.0.0.1:3000", "ip:port"),
    plain("GUTHABEN_BASE_URL", "http://127.0.0.1:3000", "url"),
    plain("GUTHABEN_PROFILE", "production", "production|development"),
    plain("GUTHABEN_TRUSTED_PROXIES", "", "10.0.0.1,172.16.0.0/12"),
    plain("GUTHABEN_LOG", "info", "filter"),
    plain("GUTHABEN_LOG_FORMAT", "text", "text|json"),
    plain("STRIPE_MODE", "live", "live|test|simulator"),
    plain("STRIPE_KEY", "", "pk_…"),
    secret("STRIPE_SECRET", "sk_…|rk_…"),
    secret("STRIPE_WEBHOOK_SECRET", "whsec_…,whsec_…"),
    plain("STRIPE_API_BASE", "https://api.stripe.com/", "url/"),
    plain("GUTHABEN_STRIPE_TIMEOUT_MS", "10000", "ms"),
    plain("GUTHABEN_WEBHOOK_TOLERANCE_SECONDS", "300", "s"),
    plain("GUTHABEN_TOPUP_MIN_CENTS", "1000", "cent"),
    plain("GUTHABEN_TOPUP_MAX_CENTS", "100000", "cent"),
    plain("GUTHABEN_TOPUP_DAILY_CENTS", "100000", "cent"),
    plain("GUTHABEN_CHECKOUT_MINUTES", "60", "min, 32-1440"),
    plain("GUTHABEN_VAT_PERCENT", "19", "%"),
    plain("GUTHABEN_SESSION_CUSTOMER_IDLE_HOURS", "336", "h"),
    plain("GUTHABEN_SESSION_CUSTOMER_MAX_HOURS", "720", "h"),
    plain("GUTHABEN_SESSION_STAFF_IDLE_MINUTES", "30", "min"),
    plain("GUTHABEN_SESSION_STAFF_MAX_HOURS", "12", "h"),
    plain("GUTHABEN_SIGN_IN_ATTEMPTS", "5", "1-1000"),
    plain("GUTHABEN_SIGN_IN_ADDRESS_ATTEMPTS", "60", "1-100000"),
    plain("GUTHABEN_SIGN_IN_WINDOW_MINUTES", "15", "min"),
    plain("GUTHABEN_PASSWORD_WORKERS", "1", "1-16"),
    plain("GUTHABEN_PASSWORD_QUEUE", "20", "1-1000"),
    plain("GUTHABEN_RECONCILE_SECONDS", "60", "s"),
    plain("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "off", "off|on"),
    secret("GUTHABEN_SMTP_URL", "smtps://user:password@host:port"),
    plain("GUTHABEN_MAIL_FROM", "Guthaben <guthaben@localhost>", "name <mail>"),
    plain("GUTHABEN_OPERATOR_NAME", "", "text"),
    plain("GUTHABEN_OPERATOR_ADDRESS", "", "line | line"),
    plain("GUTHABEN_OPERATOR_REPRESENTATIVE", "", "text"),
    plain("GUTHABEN_OPERATOR_EMAIL", "", "mail"),
    plain("GUTHABEN_OPERATOR_PHONE", "", "text"),
    plain("GUTHABEN_OPERATOR_REGISTER", "", "text"),
    plain("GUTHABEN_OPERATOR_VAT_ID", "", "text"),
    plain("GUTHABEN_PRIVACY_OFFICER", "", "text"),
    plain("GUTHABEN_ACCESSIBILITY_CONTACT", "", "mail"),
];

/// Real money, test money, or none of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripeMode {
    /// Real money.
    Live,
    /// Stripe's sandbox.
    Test,
    /// The simulator inside this binary.
    Simulator,
}

/// How to speak to Stripe.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// Which money.
    pub mode: StripeMode,
    /// Secret or restricted key; empty switches top-ups off.
    pub secret: Secret,
    /// Signing secrets of our endpoint; several while rolling.
    pub webhook_secrets: Vec<Secret>,
    /// Where the API is.
    pub api_base: String,
    /// Time for one attempt.
    pub timeout: Duration,
    /// How far a signature's time may be off.
    pub webhook_tolerance: Duration,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLengths {
    /// Without a request.
    pub idle: Duration,
    /// At most.
    pub max: Duration,
}

/// Limits of signing in.
#[derive(Clone, Copy, Debug)]
pub struct SignInLimits {
    /// Attempts per account and window.
    pub per_account: i64,
    /// Attempts per client address and window.
    pub per_address: i64,
    /// The window.
    pub window: Duration,
    /// Passwords hashed at once.
    pub workers: usize,
    /// Sign-ins that may wait for a hash.
    pub queue: usize,
}

/// Who runs this installation: for the imprint, the privacy and the accessibility page.
#[derive(Clone, Debug, Default)]
pub struct Operator {
    /// Company.
    pub name: String,
    /// Address, line by line.
    pub address: Vec<String>,
    /// Managing director.
    pub representative: String,
    /// Mail.
    pub email: String,
    /// Telephone.
    pub phone: String,
    /// Register court and number.
    pub register: String,
    /// VAT id.
    pub vat_id: String,
    /// Data protection officer.
    pub privacy_officer: String,
    /// Feedback on accessibility.
    pub accessibility_contact: String,
}

/// A value that never shows itself in logs.
#[derive(Clone, Default)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "-" } else { "***" })
    }
}

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub database_url: Secret,
    /// How many connections.
    pub pool: crate::store::PoolSize,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the outside reaches us, without a trailing slash.
    pub base_url: String,
    /// Production refuses the simulator.
    pub production: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Log filter.
    pub log: String,
    /// Logs as JSON.
    pub log_json: bool,
    /// Stripe.
    pub stripe: StripeSettings,
    /// Top-ups.
    pub limits: Limits,
    /// How long Checkout stays open.
    pub checkout: Duration,
    /// VAT contained in top-ups.
    pub vat_percent: i64,
    /// Sessions of customers.
    pub customer_sessions: SessionLengths,
    /// Sessions of resellers and the platform.
    pub staff_sessions: SessionLengths,
    /// Signing in.
    pub sign_in: SignInLimits,
    /// How often the reconciler runs.
    pub reconcile_every: Duration,
    /// Whether webhooks may go to addresses that are not public, and without encryption.
    pub webhooks_allow_private: bool,
    /// Mail server; empty means that mails stay in the outbox.
    pub smtp_url: Secret,
    /// Sender of mails.
    pub mail_from: String,
    /// Who runs it.
    pub operator: Operator,
}

/// What is wrong with the configuration: one sentence, with the key's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No such setting.
    Unknown {
        /// The key.
        key: String,
    },
    /// The value cannot be used.
    Bad {
        /// The key.
        key: &'static str,
        /// What is expected.
        expected: String,
    },
    /// The simulator may not run in production, nor with live keys.
    SimulatorInProduction,
    /// A live key in test mode or the other way round.
    WrongKey {
        /// The key.
        key: &'static str,
    },
    /// The environment file cannot be read.
    File {
        /// Why.
        reason: String,
    },
}

impl ConfigError {
    /// The sentence for the operator.
    pub fn say(&self, t: T) -> String {
        match self {
            ConfigError::Unknown { key } => t.config_unknown(key.clone()),
            ConfigError::Bad { key, expected } => t.config_bad(expected.clone(), *key),
            ConfigError::SimulatorInProduction => t.config_simulator_in_production(),
            ConfigError::WrongKey { key } => t.config_wrong_key(*key),
            ConfigError::File { reason } => t.config_file(reason.clone()),
        }
    }
}

/// Reads `.env.billing` (if it exists) and the process; the process wins.
///
/// # Errors
/// [`ConfigError`] names the key.
pub fn from_environment() -> Result<Config, ConfigError> {
    let mut values = BTreeMap::new();
    match dotenvy::from_path_iter(".env.billing") {
        Ok(lines) => {
            for line in lines {
                let (key, value) = line.map_err(|error| ConfigError::File { reason: unreadable(&error) })?;
                values.insert(key, value);
            }
        }
        Err(error) if error.not_found() => {}
        Err(error) => return Err(ConfigError::File { reason: unreadable(&error) }),
    }
    values.extend(std::env::vars().filter(|(key, _)| is_ours(key)));
    from_values(&values)
}

/// Names the line by its key alone: the rest of it may be a secret.
fn unreadable(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(line, _) => line.split('=').next().unwrap_or_default().trim().to_owned(),
        other => other.to_string(),
    }
}

fn is_ours(key: &str) -> bool {
    // Test variables are read by the tests alone.
    let ours = key.starts_with("GUTHABEN_") || key.starts_with("STRIPE_") || key == "DATABASE_URL";
    ours && !key.starts_with("GUTHABEN_TEST_")
}

/// Checks a set of values; missing ones take their defaults.
///
/// # Errors
/// [`ConfigError`] names the key.
pub fn from_values(values: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
    if let Some(key) =
        values.keys().find(|key| is_ours(key) && !SETTINGS.iter().any(|s| s.name == key.as_str()))
    {
        return Err(ConfigError::Unknown { key: key.clone() });
    }
    let read = reader::Reader(values);
    let config = Config {
        database_url: read.database_url()?,
        pool: crate::store::PoolSize {
            postgres: read.number("GUTHABEN_DATABASE_CONNECTIONS", 3, 500)?,
            sqlite_readers: read.number("GUTHABEN_DATABASE_READERS", 1, 64)?,
        },
        listen: read.parsed("GUTHABEN_LISTEN")?,
        base_url: read.url("GUTHABEN_BASE_URL", false)?,
        production: read.one_of("GUTHABEN_PROFILE", &["production", "development"])? == "production",
        trusted_proxies: read.networks("GUTHABEN_TRUSTED_PROXIES")?,
        log: read.text("GUTHABEN_LOG"),
        log_json: read.one_of("GUTHABEN_LOG_FORMAT", &["text", "json"])? == "json",
        stripe: read.stripe()?,
        limits: Limits {
            min: read.cents("GUTHABEN_TOPUP_MIN_CENTS")?,
            max: read.cents("GUTHABEN_TOPUP_MAX_CENTS")?,
            per_day: read.cents("GUTHABEN_TOPUP_DAILY_CENTS")?,
        },
        checkout: Duration::from_secs(60 * read.number::<u64>("GUTHABEN_CHECKOUT_MINUTES", 32, 1440)?),
        vat_percent: read.number("GUTHABEN_VAT_PERCENT", 0, 100)?,
        customer_sessions: SessionLengths {
            idle: read.hours("GUTHABEN_SESSION_CUSTOMER_IDLE_HOURS")?,
            max: read.hours("GUTHABEN_SESSION_CUSTOMER_MAX_HOURS")?,
        },
        staff_sessions: SessionLengths {
            idle: Duration::from_secs(
                60 * read.number::<u64>("GUTHABEN_SESSION_STAFF_IDLE_MINUTES", 1, 100_000)?,
            ),
            max: read.hours("GUTHABEN_SESSION_STAFF_MAX_HOURS")?,
        },
        sign_in: read.sign_in()?,
        reconcile_every: Duration::from_secs(read.number("GUTHABEN_RECONCILE_SECONDS", 1, 86_400)?),
        webhooks_allow_private: read.one_of("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", &["off", "on"])? == "on",
        smtp_url: Secret(read.text("GUTHABEN_SMTP_URL")),
        mail_from: read.text("GUTHABEN_MAIL_FROM"),
        operator: read.operator(),
    };
    check(&config)?;
    Ok(config)
}

/// What one value alone cannot show.
fn check(config: &Config) -> Result<(), ConfigError> {
    let Limits { min, max, per_day } = config.limits;
    if min > max {
        return Err(ConfigError::Bad { key: "GUTHABEN_TOPUP_MAX_CENTS", expected: format!("≥ {}", min.0) });
    }
    if per_day < min {
        return Err(ConfigError::Bad {
            key: "GUTHABEN_TOPUP_DAILY_CENTS", expected: format!("≥ {}", min.0)
        });
    }
    // Sign-in cookies need TLS; browsers except only this very machine.
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|base| config.base_url.starts_with(base));
    if !local && !config.base_url.starts_with("https://") {
        return Err(ConfigError::Bad { key: "GUTHABEN_BASE_URL", expected: "https://…".into() });
    }
    if tracing_subscriber::EnvFilter::try_new(&config.log).is_err() {
        return Err(ConfigError::Bad { key: "GUTHABEN_LOG", expected: "info|guthaben=debug,warn".into() });
    }
    if config.mail_from.parse::<lettre::message::Mailbox>().is_err() {
        return Err(ConfigError::Bad { key: "GUTHABEN_MAIL_FROM", expected: "Name <mail>".into() });
    }
    // Whoever may name an endpoint could otherwise reach what only this server reaches.
    if config.production && config.webhooks_allow_private {
        return Err(ConfigError::Bad { key: "GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", expected: "off".into() });
    }
    let needs_webhooks = !config.stripe.secret.0.is_empty() && config.stripe.mode != StripeMode::Simulator;
    if needs_webhooks && config.stripe.webhook_secrets.is_empty() {
        return Err(ConfigError::Bad { key: "STRIPE_WEBHOOK_SECRET", expected: "whsec_…".into() });
    }
    let live_key = config.stripe.secret.0.contains("k_live_");
    match config.stripe.mode {
        StripeMode::Simulator if config.production || live_key => Err(ConfigError::SimulatorInProduction),
        StripeMode::Live if !config.stripe.secret.0.is_empty() && !live_key => {
            Err(ConfigError::WrongKey { key: "STRIPE_SECRET" })
        }
        StripeMode::Test if live_key => Err(ConfigError::WrongKey { key: "STRIPE_SECRET" }),
        _ => Ok(()),
    }
}

/// The text of `.env.billing.example`: every setting with its effect, unit and default.
pub fn example(t: T) -> String {
    let mut text = format!("# {}\n", t.config_example_head());
    for setting in SETTINGS {
        let effect = t.say(&format!("setting-{}", setting.name.to_lowercase().replace('_', "-")), &[]);
        // The file's reader wants quotes around spaces, and single ones so that `$` stays what it is.
        let quote = if setting.default.contains(' ') { "'" } else { "" };
        let (name, default) = (setting.name, setting.default);
        text += &format!(
            "\n# {effect}\n# {}\n#{name}={quote}{default}{quote}\n",
            t.config_example_unit(setting.unit)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Cents;
    use crate::i18n::Lang;

    fn with(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        from_values(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn defaults_alone_are_valid_and_top_ups_are_off() {
        let config = with(&[]).expect("defaults");
        assert!(config.stripe.secret.0.is_empty() && config.production);
        assert_eq!(config.limits.max, Cents::euros(1000));
        assert_eq!(config.stripe.api_base, "https://api.stripe.com/");
    }

    #[test]
    fn every_mistake_names_its_key() {
        for (key, value) in [
            ("GUTHABEN_TOPUP_MIN_CENTS", "10,00"),
            ("GUTHABEN_TOPUP_MAX_CENTS", "999"),
            ("GUTHABEN_LISTEN", "localhost"),
            ("GUTHABEN_BASE_URL", "ftp://x"),
            ("GUTHABEN_BASE_URL", "http://portal.example"),
            ("GUTHABEN_BASE_URL", "https://portal.example/path"),
            ("GUTHABEN_MAIL_FROM", "nobody"),
            ("GUTHABEN_CHECKOUT_MINUTES", "29"),
            ("GUTHABEN_LOG_FORMAT", "xml"),
            ("DATABASE_URL", "mysql://x"),
            ("GUTHABEN_TRUSTED_PROXIES", "10.0.0.1,nonsense"),
            ("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "yes"),
            ("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "on"),
        ] {
            assert!(
                matches!(with(&[(key, value)]), Err(ConfigError::Bad { key: k, .. }) if k == key),
                "{key}"
            );
        }
        assert_eq!(
            with(&[("GUTHABEN_TOPPUP", "1")]).unwrap_err(),
            ConfigError::Unknown { key: "GUTHABEN_TOPPUP".into() }
        );
    }

    #[test]
    fn test_money_never_meets_live_keys() {
        let live = "sk_live_x";
        assert_eq!(with(&[("STRIPE_MODE", "simulator")]).unwrap_err(), ConfigError::SimulatorInProduction);
        let development = ("GUTHABEN_PROFILE", "development");
        assert!(with(&[("STRIPE_MODE", "simulator"), development]).is_ok());
        let both = with(&[("STRIPE_MODE", "simulator"), development, ("STRIPE_SECRET", live)]);
        assert_eq!(both.unwrap_err(), ConfigError::SimulatorInProduction);
        let webhook = ("STRIPE_WEBHOOK_SECRET", "whsec_x");
        for (mode, key) in [("test", live), ("live", "sk_test_x")] {
            let wrong = with(&[("STRIPE_MODE", mode), ("STRIPE_SECRET", key), webhook]);
            assert_eq!(wrong.unwrap_err(), ConfigError::WrongKey { key: "STRIPE_SECRET" });
        }
    }

    #[test]
    fn keys_without_a_webhook_secret_are_refused() {
        let missing = with(&[("STRIPE_SECRET", "sk_live_x")]);
        assert!(matches!(missing, Err(ConfigError::Bad { key: "STRIPE_WEBHOOK_SECRET", .. })));
    }

    #[test]
    fn the_example_file_is_the_table() {
        let file = include_str!("../../.env.billing.example");
        assert_eq!(file, example(T::new(Lang::De)), "run `guthaben config example > .env.billing.example`");
    }

    #[test]
    fn secrets_do_not_show() {
        let config = with(&[
            ("STRIPE_SECRET", "sk_live_hidden"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_hidden"),
            ("DATABASE_URL", "postgres://a:hidden@b/c"),
            ("GUTHABEN_SMTP_URL", "smtp://hidden"),
        ])
        .expect("valid");
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
