//! What the business does. One step is one transaction; nothing here speaks to the network while one is open.
//!
//! Pages, jobs and the command line call the same verbs. An expected "no" is a [`Refusal`]; anything else is a [`Failure`].

pub mod adjustments;
pub mod alerts;
pub mod api_keys;
pub mod charges;
pub mod commissions;
pub mod corrections;
pub mod customers;
pub mod endpoints;
pub mod health;
pub mod holds;
pub mod imports;
pub mod meters;
pub mod prices;
pub mod refunds;
pub mod sign_in;
pub mod tenants;
pub mod topups;
pub mod usage;
pub mod webhooks;

use crate::domain::refusal::Refusal;
use crate::passwords::PasswordError;
use crate::store;
use crate::stripe::gateway::GatewayError;

/// Something broke. Its text is for the log, never for a user.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database.
    #[error("database: {0}")]
    Store(#[from] store::Error),
    /// Stripe.
    #[error(transparent)]
    Stripe(#[from] GatewayError),
    /// Passwords.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    /// A contradiction within our own data.
    #[error("{0}")]
    Broken(String),
}

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no; nothing changed.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Something broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Failed(error.into())
    }
}

impl From<GatewayError> for Error {
    fn from(error: GatewayError) -> Error {
        Error::Failed(error.into())
    }
}
