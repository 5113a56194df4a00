//! The gateway over HTTP with `async-stripe`, which pins API version 2026-09-30.endive.
//!
//! `payment_method_types` is gone in that version; `allowed_payment_method_types` filters what the account offers, so a
//! method that is not activated disappears silently and must be looked for in the answer.

use super::gateway::{
    Checkout, CheckoutState, Gateway, GatewayError, NewCheckout, NewCustomer, Presence, Refund,
};
use crate::domain::money::Cents;
use crate::domain::topup::{Facts, Method, PaymentStatus, SessionStatus};
use async_trait::async_trait;
use std::collections::HashMap;
use std::time::Duration;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session as checkout_api;
use stripe_core::balance::RetrieveForMyAccountBalance;
use stripe_core::customer::CreateCustomer;
use stripe_core::refund::ListRefund;
use stripe_shared::{
    CheckoutSession, CheckoutSessionPaymentStatus, CheckoutSessionStatus, PaymentIntentStatus,
};
use stripe_types::{Currency, Expandable};

/// Attempts of one call whose outcome is unknown; every one carries the same key.
const ATTEMPTS: u32 = 3;

/// The real client.
pub struct StripeClient {
    client: Client,
}

impl StripeClient {
    /// A client for `secret_key` at `base` (Stripe's own address, or the simulator's).
    ///
    /// # Errors
    /// When the address is malformed.
    pub fn new(secret_key: &str, base: &str, timeout: Duration) -> Result<StripeClient, GatewayError> {
        // The crate appends "v1/…" without a slash of its own, so the base must end with one.
        let base = if base.ends_with('/') { base.to_owned() } else { format!("{base}/") };
        let client =
            ClientBuilder::new(secret_key).url(base).timeout(timeout).build().map_err(|e| understand(&e))?;
        Ok(StripeClient { client })
    }

    /// Sends a request; with a key it is repeated while its outcome is unknown.
    async fn send<R>(&self, request: &R, key: Option<&str>) -> Result<R::Output, GatewayError>
    where
        R: StripeRequest + Sync,
        R::Output: miniserde::Deserialize + Send,
    {
        let strategy = match key {
            Some(key) => {
                RequestStrategy::Idempotent(IdempotencyKey::new(key).map_err(|_| refused("bad_key"))?)
            }
            None => RequestStrategy::Once,
        };
        let mut attempt = 1;
        loop {
            let answer = request.customize().request_strategy(strategy.clone()).send(&self.client).await;
            match answer.map_err(|error| understand(&error)) {
                Err(GatewayError::Unavailable { reason, .. }) if attempt < ATTEMPTS => {
                    tracing::warn!(attempt, reason, "stripe did not answer, trying again");
                    tokio::time::sleep(Duration::from_millis(150 << attempt)).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }
}

/// Keeps code and type only: the crate's own text would print whole payment objects into the log.
fn understand(error: &StripeError) -> GatewayError {
    match error {
        StripeError::Stripe(_, 404) => GatewayError::NotFound,
        StripeError::Stripe(_, status @ (409 | 424 | 429 | 500..=599)) => {
            GatewayError::Unavailable { reason: format!("HTTP {status}"), answered: *status >= 500 }
        }
        StripeError::Stripe(api, _) => {
            let code = api.code.as_ref().map(|code| code.as_str().to_owned());
            refused(&code.unwrap_or_else(|| api.type_.as_str().to_owned()))
        }
        StripeError::Timeout => silent("timeout"),
        StripeError::ClientError(_) => silent("connection"),
        StripeError::JSONDeserialize(_) => silent("unreadable"),
        StripeError::ConfigError(_) => refused("configuration"),
    }
}

fn silent(reason: &str) -> GatewayError {
    GatewayError::Unavailable { reason: reason.to_owned(), answered: false }
}

fn refused(code: &str) -> GatewayError {
    GatewayError::Refused { code: code.to_owned() }
}

#[async_trait]
impl Gateway for StripeClient {
    async fn create_customer(&self, customer: &NewCustomer) -> Result<String, GatewayError> {
        let request = CreateCustomer::new()
            .name(customer.name.clone())
            .email(customer.email.clone())
            .preferred_locales(vec![customer.language.clone()])
            .metadata(HashMap::from([("tenant".to_owned(), customer.tenant.clone())]));
        Ok(self.send(&request, Some(&customer.key)).await?.id.to_string())
    }

    async fn open_checkout(&self, checkout: &NewCheckout) -> Result<Checkout, GatewayError> {
        let session = self.send(&checkout_request(checkout), Some(&checkout.key)).await?;
        if !session.payment_method_types.iter().any(|kind| kind == checkout.method.as_str()) {
            tracing::warn!(
                method = checkout.method.as_str(),
                "the Stripe account does not offer this payment method"
            );
        }
        Ok(Checkout { id: session.id.to_string(), url: session.url })
    }

    async fn fetch_checkout(&self, session: &str) -> Result<CheckoutState, GatewayError> {
        let request =
            checkout_api::RetrieveCheckoutSession::new(session).expand(vec!["payment_intent".to_owned()]);
        Ok(state(self.send(&request, None).await?))
    }

    async fn find_checkout(&self, payment_intent: &str) -> Result<Option<CheckoutState>, GatewayError> {
        let request = checkout_api::ListCheckoutSession::new()
            .payment_intent(payment_intent)
            .limit(1)
            .expand(vec!["data.payment_intent".to_owned()]);
        let found = self.send(&request, None).await?;
        Ok(found.data.into_iter().next().map(state))
    }

    async fn expire_checkout(&self, session: &str) -> Result<(), GatewayError> {
        let request = checkout_api::ExpireCheckoutSession::new(session);
        self.send(&request, Some(&format!("expire:{session}"))).await.map(|_| ())
    }

    async fn list_refunds(&self, payment_intent: &str) -> Result<Vec<Refund>, GatewayError> {
        // A payment of at most 1000 € has no hundred refunds; a full page would mean that we look at something else.
        let request = ListRefund::new().payment_intent(payment_intent).limit(100);
        let refunds = self.send(&request, None).await?.data.into_iter();
        Ok(refunds
            .map(|refund| Refund {
                id: refund.id.to_string(),
                amount: Cents(refund.amount),
                returned: matches!(refund.status.as_deref(), Some("failed" | "canceled")),
            })
            .collect())
    }

    async fn ping(&self) -> Result<Presence, GatewayError> {
        let balance = self.send(&RetrieveForMyAccountBalance::new(), None).await?;
        Ok(Presence { livemode: balance.livemode })
    }
}

fn checkout_request(checkout: &NewCheckout) -> checkout_api::CreateCheckoutSession {
    use checkout_api::CreateCheckoutSessionAllowedPaymentMethodTypes as Allowed;
    let metadata = HashMap::from([
        ("top_up".to_owned(), checkout.reference.clone()),
        ("tenant".to_owned(), checkout.tenant.clone()),
    ]);
    // Refunds and disputes point to the payment intent, not to the session, so both carry the reference.
    let mut intent = checkout_api::CreateCheckoutSessionPaymentIntentData::new();
    intent.metadata = Some(metadata.clone());
    let mut price = checkout_api::CreateCheckoutSessionLineItemsPriceData::new(Currency::EUR);
    price.unit_amount = Some(checkout.amount.0);
    price.product_data = Some(checkout_api::ProductData::new(checkout.product.clone()));
    let mut item = checkout_api::CreateCheckoutSessionLineItems::new();
    item.quantity = Some(1);
    item.price_data = Some(price);
    // Adaptive pricing would let the customer pay in another currency than we credit.
    let mut adaptive = checkout_api::CreateCheckoutSessionAdaptivePricing::new();
    adaptive.enabled = Some(false);
    let locale = match checkout.language.as_str() {
        "en" => stripe_shared::CheckoutSessionLocale::En,
        _ => stripe_shared::CheckoutSessionLocale::De,
    };
    checkout_api::CreateCheckoutSession::new()
        .mode(stripe_shared::CheckoutSessionMode::Payment)
        .adaptive_pricing(adaptive)
        .allowed_payment_method_types(vec![match checkout.method {
            Method::Card => Allowed::Card,
            Method::SepaDebit => Allowed::SepaDebit,
        }])
        .customer(checkout.stripe_customer.clone())
        .client_reference_id(checkout.reference.clone())
        .metadata(metadata)
        .payment_intent_data(intent)
        .line_items(vec![item])
        .locale(locale)
        .expires_at(checkout.expires_at.seconds())
        .success_url(checkout.success_url.clone())
        .cancel_url(checkout.cancel_url.clone())
}

fn state(session: CheckoutSession) -> CheckoutState {
    let intent = session.payment_intent.as_ref();
    let object = intent.and_then(Expandable::as_object);
    let payment_failed = object.is_some_and(|pi| {
        matches!(pi.status, PaymentIntentStatus::RequiresPaymentMethod | PaymentIntentStatus::Canceled)
    });
    let failure_code = object.and_then(|pi| pi.last_payment_error.as_ref()).and_then(|error| {
        error.decline_code.clone().or_else(|| error.code.as_ref().map(|code| code.as_str().to_owned()))
    });
    let facts = Facts {
        session: match session.status {
            Some(CheckoutSessionStatus::Complete) => SessionStatus::Complete,
            Some(CheckoutSessionStatus::Expired) => SessionStatus::Expired,
            _ => SessionStatus::Open,
        },
        payment: match session.payment_status {
            CheckoutSessionPaymentStatus::Paid => PaymentStatus::Paid,
            CheckoutSessionPaymentStatus::NoPaymentRequired => PaymentStatus::NotRequired,
            _ => PaymentStatus::Unpaid,
        },
        payment_failed,
        failure_code,
        amount: session.amount_total,
        currency: session.currency.map(|currency| currency.to_string()),
        livemode: session.livemode,
        stripe_customer: session.customer.as_ref().map(|customer| customer.id().to_string()),
        payment_intent: intent.map(|intent| intent.id().to_string()),
    };
    CheckoutState { id: session.id.to_string(), reference: session.client_reference_id, facts }
}
