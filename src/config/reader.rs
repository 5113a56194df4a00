//! Reads one value after the other, each with its type and limits.

use super::{ConfigError, Operator, SETTINGS, Secret, SignInLimits, StripeMode, StripeSettings};
use crate::domain::money::Cents;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// The values as they were found; missing ones take their defaults.
pub(super) struct Reader<'v>(pub(super) &'v BTreeMap<String, String>);

impl Reader<'_> {
    pub(super) fn text(&self, name: &'static str) -> String {
        let default =
            SETTINGS.iter().find(|s| s.name == name).expect("every setting read is in the table").default;
        self.0.get(name).map_or(default, |value| value.trim()).to_owned()
    }

    pub(super) fn bad<V>(name: &'static str, expected: impl Into<String>) -> Result<V, ConfigError> {
        Err(ConfigError::Bad { key: name, expected: expected.into() })
    }

    pub(super) fn parsed<V: std::str::FromStr>(&self, name: &'static str) -> Result<V, ConfigError> {
        let unit = SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.unit);
        self.text(name).parse().or_else(|_| Self::bad(name, unit))
    }

    pub(super) fn number<V>(&self, name: &'static str, min: V, max: V) -> Result<V, ConfigError>
    where
        V: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        match self.text(name).parse::<V>() {
            Ok(value) if value >= min && value <= max => Ok(value),
            _ => Self::bad(name, format!("{min}–{max}")),
        }
    }

    pub(super) fn cents(&self, name: &'static str) -> Result<Cents, ConfigError> {
        // A million euros: far above any top-up, far below any overflow.
        Ok(Cents(self.number(name, 1, 100_000_000)?))
    }

    pub(super) fn hours(&self, name: &'static str) -> Result<Duration, ConfigError> {
        Ok(Duration::from_secs(3600 * self.number::<u64>(name, 1, 100_000)?))
    }

    pub(super) fn one_of(
        &self,
        name: &'static str,
        choices: &[&'static str],
    ) -> Result<&'static str, ConfigError> {
        let value = self.text(name);
        match choices.iter().find(|choice| **choice == value) {
            Some(choice) => Ok(choice),
            None => Self::bad(name, choices.join("|")),
        }
    }

    pub(super) fn secrets(&self, name: &'static str) -> Vec<Secret> {
        let text = self.text(name);
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| Secret(item.to_owned()))
            .collect()
    }

    pub(super) fn networks(&self, name: &'static str) -> Result<Vec<IpNet>, ConfigError> {
        let text = self.text(name);
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let network = |item: &str| item.parse().or_else(|_| item.parse::<IpAddr>().map(IpNet::from));
        items.map(|item| network(item).or_else(|_| Self::bad(name, "10.0.0.1,172.16.0.0/12"))).collect()
    }

    pub(super) fn database_url(&self) -> Result<Secret, ConfigError> {
        let url = self.text("DATABASE_URL");
        let known =
            ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if known { Ok(Secret(url)) } else { Self::bad("DATABASE_URL", "sqlite://… | postgres://…") }
    }

    pub(super) fn url(&self, name: &'static str, may_have_path: bool) -> Result<String, ConfigError> {
        let url = self.text(name);
        let valid = url.parse::<http::Uri>().is_ok_and(|uri| {
            let known = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
            known && uri.query().is_none() && (may_have_path || matches!(uri.path(), "" | "/"))
        });
        if valid {
            Ok(url.trim_end_matches('/').to_owned())
        } else {
            Self::bad(name, "http://… | https://…")
        }
    }

    pub(super) fn stripe(&self) -> Result<StripeSettings, ConfigError> {
        let mode = match self.one_of("STRIPE_MODE", &["live", "test", "simulator"])? {
            "live" => StripeMode::Live,
            "test" => StripeMode::Test,
            _ => StripeMode::Simulator,
        };
        let api_base = format!("{}/", self.url("STRIPE_API_BASE", true)?);
        let webhook_secrets = self.secrets("STRIPE_WEBHOOK_SECRET");
        Ok(StripeSettings {
            mode,
            secret: Secret(self.text("STRIPE_SECRET")),
            webhook_secrets,
            api_base,
            timeout: Duration::from_millis(self.number("GUTHABEN_STRIPE_TIMEOUT_MS", 100, 120_000)?),
            webhook_tolerance: Duration::from_secs(self.number(
                "GUTHABEN_WEBHOOK_TOLERANCE_SECONDS",
                1,
                86_400,
            )?),
        })
    }

    pub(super) fn sign_in(&self) -> Result<SignInLimits, ConfigError> {
        Ok(SignInLimits {
            per_account: self.number("GUTHABEN_SIGN_IN_ATTEMPTS", 1, 1000)?,
            per_address: self.number("GUTHABEN_SIGN_IN_ADDRESS_ATTEMPTS", 1, 100_000)?,
            window: Duration::from_secs(60 * self.number::<u64>("GUTHABEN_SIGN_IN_WINDOW_MINUTES", 1, 1440)?),
            workers: self.number("GUTHABEN_PASSWORD_WORKERS", 1, 16)?,
            queue: self.number("GUTHABEN_PASSWORD_QUEUE", 1, 1000)?,
        })
    }

    pub(super) fn operator(&self) -> Operator {
        let address = self.text("GUTHABEN_OPERATOR_ADDRESS");
        Operator {
            name: self.text("GUTHABEN_OPERATOR_NAME"),
            address: address
                .split('|')
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect(),
            representative: self.text("GUTHABEN_OPERATOR_REPRESENTATIVE"),
            email: self.text("GUTHABEN_OPERATOR_EMAIL"),
            phone: self.text("GUTHABEN_OPERATOR_PHONE"),
            register: self.text("GUTHABEN_OPERATOR_REGISTER"),
            vat_id: self.text("GUTHABEN_OPERATOR_VAT_ID"),
            privacy_officer: self.text("GUTHABEN_PRIVACY_OFFICER"),
            accessibility_contact: self.text("GUTHABEN_ACCESSIBILITY_CONTACT"),
        }
    }
}
