//! What the business asks of a payment provider, in the business's own words.

use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::topup::{Facts, Method};
use async_trait::async_trait;

/// A customer to be made known to Stripe.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// The same key makes one customer.
    pub key: String,
    /// Company name.
    pub name: String,
    /// Mail address of the person who pays.
    pub email: String,
    /// `de` or `en`.
    pub language: String,
    /// The public id of the tenant.
    pub tenant: String,
}

/// A Checkout Session to be opened. Every field is stored before the call, so that a repeated call is word for word the same.
#[derive(Clone, Debug)]
pub struct NewCheckout {
    /// The same key opens one session.
    pub key: String,
    /// The top-up's public id; it travels as reference and metadata.
    pub reference: String,
    /// The tenant's public id.
    pub tenant: String,
    /// Customer at Stripe.
    pub stripe_customer: String,
    /// What is paid.
    pub amount: Cents,
    /// What the page calls it.
    pub product: String,
    /// The one method that is offered.
    pub method: Method,
    /// `de` or `en`.
    pub language: String,
    /// Where Stripe sends the customer after paying.
    pub success_url: String,
    /// Where "back" leads.
    pub cancel_url: String,
    /// When it closes.
    pub expires_at: Ts,
}

/// An opened session.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// `cs_…`.
    pub id: String,
    /// The page to send the customer to; absent once it is over.
    pub url: Option<String>,
}

/// A session as it is now.
#[derive(Clone, Debug)]
pub struct CheckoutState {
    /// `cs_…`.
    pub id: String,
    /// The reference it was opened with.
    pub reference: Option<String>,
    /// What it says about the money.
    pub facts: Facts,
}

/// A refund as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// What goes back to the payer.
    pub amount: Cents,
    /// True when it failed or was cancelled, so that the money came back to us.
    pub returned: bool,
}

/// What Stripe says about our account.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    /// Real money or test money.
    pub livemode: bool,
}

/// Why a call did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// No answer, or an answer that says "try again": the outcome is unknown, so repeat with the same key.
    #[error("stripe is unavailable: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// True for an answered 5xx: Stripe keeps it under its key for a day, so a later attempt needs another key.
        answered: bool,
    },
    /// A definite no, with Stripe's code.
    #[error("stripe refused: {code}")]
    Refused {
        /// Stripe's error code or type.
        code: String,
    },
    /// The object does not exist.
    #[error("stripe does not know it")]
    NotFound,
}

/// The provider. The contract is held by `tests/journeys/gateway.rs`, which any implementation must pass.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Makes a customer, once per key.
    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, GatewayError>;
    /// Opens a session, once per key.
    async fn open_checkout(&self, checkout: &NewCheckout) -> Result<Checkout, GatewayError>;
    /// Fetches a session anew.
    async fn fetch_checkout(&self, session: &str) -> Result<CheckoutState, GatewayError>;
    /// The session whose payment intent this is, if any.
    async fn find_checkout(&self, payment_intent: &str) -> Result<Option<CheckoutState>, GatewayError>;
    /// Closes a session that nobody shall pay any more.
    async fn expire_checkout(&self, session: &str) -> Result<(), GatewayError>;
    /// All refunds of a payment, whoever made them.
    async fn list_refunds(&self, payment_intent: &str) -> Result<Vec<Refund>, GatewayError>;
    /// Asks whether Stripe answers and accepts our key.
    async fn ping(&self) -> Result<Presence, GatewayError>;
}
