//! What happens to a payment: the one place where an intent meets a payment method and money moves or does not.

use serde_json::{Value, json};

use super::charges::{self, Standing};
use super::events::emit;
use super::instruments::{self, Fate, Instrument, NEEDS_OWNER, NOT_APPROVED, Reason};
use super::refusal::ApiError;
use super::shapes::text;
use super::store::{Origin, Tx};
use super::tuning::business_days_after;
use super::{Simulator, SimulatorError, intents, methods, sessions, setups};

/// Where the owner of the payment method is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// At the page.
    Here,
    /// At the page, and has just approved with 3-D Secure.
    Approved,
    /// Away: an off-session charge.
    Away,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attempt {
    Succeeded,
    Processing,
    NeedsOwner,
    Refused(Reason),
}

/// What the payer sees after pressing "pay".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayOutcome {
    /// The money is there (or the method is saved, in setup mode).
    Paid,
    /// A debit is under way.
    Processing,
    /// The owner has to approve at this address; see [`Simulator::authenticate`].
    Authenticate {
        /// The 3-D Secure page.
        url: String,
    },
    /// Refused; the session stays open.
    Declined {
        /// Stripe's error code.
        code: String,
        /// The issuer's code; empty where there is none.
        decline_code: String,
        /// Stripe's sentence.
        message: String,
    },
}

fn verdict(fate: Fate, presence: Presence, set_up: bool) -> Attempt {
    match (fate, presence) {
        (Fate::Refused(reason), _) => Attempt::Refused(reason),
        (Fate::AttachesOnly, _) => Attempt::Refused(instruments::DECLINED),
        (Fate::AsksOnce, Presence::Here) if !set_up => Attempt::NeedsOwner,
        (Fate::AsksAlways, Presence::Here) => Attempt::NeedsOwner,
        (Fate::AsksOnce, Presence::Away) if !set_up => Attempt::Refused(NEEDS_OWNER),
        (Fate::AsksAlways, Presence::Away) => Attempt::Refused(NEEDS_OWNER),
        _ => Attempt::Succeeded,
    }
}

/// Tries to pay an intent with a payment method and writes down everything that follows.
pub(super) async fn attempt(
    tx: &mut Tx,
    intent: &mut Value,
    method_id: &str,
    presence: Presence,
) -> Result<Attempt, ApiError> {
    let method = tx.get("payment_method", method_id, "payment_method").await?;
    let instrument = methods::instrument(tx, method_id).await?;
    let set_up = tx.hidden(method_id).await?["set_up"] == true;
    let fate = match instrument.fate() {
        Ok(fate) => fate,
        Err(reason) => Fate::Refused(reason),
    };
    let debit = method["type"] == "sepa_debit";
    intent["next_action"] = Value::Null;
    match verdict(fate, presence, set_up) {
        Attempt::Refused(reason) => {
            let charge = charges::create(tx, intent, &method, Standing::Failed(reason), false).await?;
            emit(tx, "charge.failed", &charge).await?;
            refuse(tx, intent, &method, reason, &charge["id"]).await?;
            Ok(Attempt::Refused(reason))
        }
        Attempt::NeedsOwner => {
            ask_owner(tx, intent, &method).await?;
            Ok(Attempt::NeedsOwner)
        }
        _ if debit => {
            if methods::is_revoked(tx, method_id).await? {
                let message = "The mandate of this payment method is inactive; a new one is needed.";
                return Err(ApiError::invalid(
                    "payment_method_invalid_parameter",
                    message,
                    Some("payment_method"),
                ));
            }
            start_debit(tx, intent, &method, &instrument).await?;
            Ok(Attempt::Processing)
        }
        _ => {
            let charge =
                charges::create(tx, intent, &method, Standing::Succeeded, presence == Presence::Approved)
                    .await?;
            succeed(tx, intent, &method, &charge).await?;
            emit(tx, "charge.succeeded", &charge).await?;
            emit(tx, "payment_intent.succeeded", intent).await?;
            after_success(tx, text(&charge, "id"), fate).await?;
            Ok(Attempt::Succeeded)
        }
    }
}

/// The charge's fee comes a little later, and so do the mishaps some test values stand for.
async fn after_success(tx: &mut Tx, charge: &str, fate: Fate) -> Result<(), ApiError> {
    let tuning = tx.sim.tuning();
    tx.schedule(tx.now.saturating_add(i64::from(tuning.fee_delay_seconds)), "fee", charge).await?;
    if fate == Fate::Disputed {
        tx.schedule(tx.now.saturating_add(i64::from(tuning.mishap_delay_seconds)), "dispute", charge).await?;
    }
    Ok(())
}

async fn succeed(tx: &mut Tx, intent: &mut Value, method: &Value, charge: &Value) -> Result<(), ApiError> {
    intent["status"] = json!("succeeded");
    intent["amount_received"] = intent["amount"].clone();
    intent["latest_charge"] = charge["id"].clone();
    intent["payment_method"] = method["id"].clone();
    intent["last_payment_error"] = Value::Null;
    tx.save(intent).await?;
    keep(tx, intent, text(method, "id")).await
}

/// Attaches a method that shall be used again.
async fn keep(tx: &mut Tx, intent: &Value, method: &str) -> Result<(), ApiError> {
    if let (Some(_), Some(customer)) = (intent["setup_future_usage"].as_str(), intent["customer"].as_str()) {
        methods::set_up(tx, method).await?;
        methods::attach(tx, method, customer).await?;
    }
    Ok(())
}

async fn start_debit(
    tx: &mut Tx,
    intent: &mut Value,
    method: &Value,
    instrument: &Instrument,
) -> Result<(), ApiError> {
    let charge = charges::create(tx, intent, method, Standing::Pending, false).await?;
    intent["status"] = json!("processing");
    intent["latest_charge"] = charge["id"].clone();
    intent["payment_method"] = method["id"].clone();
    intent["last_payment_error"] = Value::Null;
    tx.save(intent).await?;
    keep(tx, intent, text(method, "id")).await?;
    emit(tx, "payment_intent.processing", intent).await?;
    emit(tx, "charge.pending", &charge).await?;
    let slow = matches!(instrument, Instrument::Iban { iban, .. } if instruments::known(iban).is_some_and(|account| account.slow));
    let due = business_days_after(tx.now, tx.sim.tuning().sepa_business_days);
    tx.schedule(due.saturating_add(if slow { 180 } else { 0 }), "settle", text(intent, "id")).await
}

/// The intent is open again, and tells why.
async fn refuse(
    tx: &mut Tx,
    intent: &mut Value,
    method: &Value,
    reason: Reason,
    charge: &Value,
) -> Result<(), ApiError> {
    intent["status"] = json!("requires_payment_method");
    intent["payment_method"] = Value::Null;
    if charge.is_string() {
        intent["latest_charge"] = charge.clone();
    }
    let mut error = json!({
        "code": reason.code, "doc_url": format!("https://stripe.com/docs/error-codes/{}", reason.code.replace('_', "-")),
        "message": reason.message, "payment_method": method, "payment_method_type": method["type"], "type": "card_error",
    });
    if charge.is_string() {
        error["charge"] = charge.clone();
    }
    if method["type"] != "card" {
        error["type"] = json!("invalid_request_error");
    }
    if !reason.decline_code.is_empty() {
        error["decline_code"] = json!(reason.decline_code);
    }
    intent["last_payment_error"] = error;
    tx.save(intent).await?;
    emit(tx, "payment_intent.payment_failed", intent).await
}

async fn ask_owner(tx: &mut Tx, intent: &mut Value, method: &Value) -> Result<(), ApiError> {
    let session = sessions::of_intent(tx, text(intent, "id")).await?;
    let at = session.as_ref().unwrap_or(intent)["id"].clone();
    let url = tx.sim.public(&format!("c/3ds/{}", at.as_str().unwrap_or_default()));
    let mut hidden = tx.hidden(text(intent, "id")).await?;
    hidden["pending_method"] = method["id"].clone();
    tx.hide(text(intent, "id"), &hidden).await?;
    intent["status"] = json!("requires_action");
    intent["payment_method"] = method["id"].clone();
    intent["next_action"] = json!({"redirect_to_url": {"return_url": hidden["return_url"], "url": url}, "type": "redirect_to_url"});
    tx.save(intent).await?;
    emit(tx, "payment_intent.requires_action", intent).await
}

/// The owner has decided about an intent that asked for it.
pub(super) async fn answer_owner(
    tx: &mut Tx,
    intent: &mut Value,
    approve: bool,
) -> Result<Attempt, ApiError> {
    let hidden = tx.hidden(text(intent, "id")).await?;
    let (Some(method), true) = (hidden["pending_method"].as_str(), intent["status"] == "requires_action")
    else {
        return Err(intents::wrong_state(intent, "approve"));
    };
    if approve {
        return attempt(tx, intent, method, Presence::Approved).await;
    }
    let method = tx.get("payment_method", method, "payment_method").await?;
    intent["next_action"] = Value::Null;
    refuse(tx, intent, &method, NOT_APPROVED, &Value::Null).await?;
    Ok(Attempt::Refused(NOT_APPROVED))
}

/// A processing debit settles.
pub(super) async fn settle_debit(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let mut intent = processing(tx, id).await?;
    let charge = charges::end_debit(tx, text(&intent, "latest_charge"), None).await?;
    let method = tx.get("payment_method", text(&intent, "payment_method"), "payment_method").await?;
    succeed(tx, &mut intent, &method, &charge).await?;
    emit(tx, "payment_intent.succeeded", &intent).await?;
    if let Some(mut session) = sessions::of_intent(tx, id).await? {
        session["payment_status"] = json!("paid");
        tx.save(&session).await?;
        emit(tx, "checkout.session.async_payment_succeeded", &session).await?;
    }
    let fate = methods::instrument(tx, text(&method, "id")).await?.fate().unwrap_or(Fate::Pays);
    after_success(tx, text(&charge, "id"), fate).await
}

/// A processing debit comes back.
pub(super) async fn fail_debit(tx: &mut Tx, id: &str, code: &str) -> Result<(), ApiError> {
    let mut intent = processing(tx, id).await?;
    let code = instruments::debit_code(code)
        .ok_or_else(|| ApiError::invalid("", format!("No failure of a debit: {code}"), Some("code")))?;
    let message = instruments::debit_message(code);
    let charge = charges::end_debit(tx, text(&intent, "latest_charge"), Some((code, message))).await?;
    let method = tx.get("payment_method", text(&intent, "payment_method"), "payment_method").await?;
    let reason = Reason { code: "payment_intent_payment_attempt_failed", decline_code: code, message };
    refuse(tx, &mut intent, &method, reason, &charge["id"]).await?;
    if let Some(session) = sessions::of_intent(tx, id).await? {
        emit(tx, "checkout.session.async_payment_failed", &session).await?;
    }
    Ok(())
}

/// A debit ends by its own time, as its test value says.
pub(super) async fn end_debit(tx: &mut Tx, id: &str) -> Result<(), ApiError> {
    let intent = tx.get("payment_intent", id, "id").await?;
    if intent["status"] != "processing" {
        return Ok(());
    }
    match methods::instrument(tx, text(&intent, "payment_method")).await?.fate() {
        Ok(Fate::Fails(code)) => fail_debit(tx, id, code).await,
        _ => settle_debit(tx, id).await,
    }
}

async fn processing(tx: &mut Tx, id: &str) -> Result<Value, ApiError> {
    let intent = tx.get("payment_intent", id, "id").await?;
    if intent["status"] == "processing" { Ok(intent) } else { Err(intents::wrong_state(&intent, "settle")) }
}

/// What the hosted page does when the payer presses "pay".
pub(super) async fn pay_session(
    tx: &mut Tx,
    id: &str,
    instrument: &Instrument,
    email: &Value,
) -> Result<PayOutcome, ApiError> {
    let mut session = tx.get("checkout.session", id, "id").await?;
    if session["status"] != "open" {
        return Err(ApiError::invalid("resource_invalid_state", "This Checkout Session is not open.", None));
    }
    let offered = session["payment_method_types"]
        .as_array()
        .is_some_and(|types| types.iter().any(|kind| kind == instrument.kind()));
    if !offered {
        return Err(ApiError::invalid(
            "payment_method_not_available",
            "This payment method is not offered here.",
            None,
        ));
    }
    if let Err(reason) = instrument.fate() {
        // A number that is none never becomes a payment method, so nothing is written.
        return Ok(declined(reason));
    }
    let details = session["customer_details"].clone();
    let email = if details["email"].is_null() { email } else { &details["email"] };
    let method = methods::create(tx, instrument, &details["name"], email).await?;
    sessions::ensure_customer(tx, &mut session, email, &method["billing_details"]["name"]).await?;
    if session["mode"] == "setup" {
        return setups::confirm(tx, &mut session, &method, Presence::Here).await;
    }
    let mut intent = intents::of_session(tx, &mut session).await?;
    let attempt = attempt(tx, &mut intent, text(&method, "id"), Presence::Here).await?;
    conclude(tx, &mut session, &intent, attempt).await
}

/// Turns the attempt on a session's intent into what becomes of the session.
pub(super) async fn conclude(
    tx: &mut Tx,
    session: &mut Value,
    intent: &Value,
    attempt: Attempt,
) -> Result<PayOutcome, ApiError> {
    let outcome = match attempt {
        Attempt::Refused(reason) => return Ok(declined(reason)),
        Attempt::NeedsOwner => {
            return Ok(PayOutcome::Authenticate {
                url: tx.sim.public(&format!("c/3ds/{}", text(session, "id"))),
            });
        }
        Attempt::Processing => PayOutcome::Processing,
        Attempt::Succeeded => PayOutcome::Paid,
    };
    let payer = tx.get("payment_method", text(intent, "payment_method"), "payment_method").await?;
    let status = if outcome == PayOutcome::Paid { "paid" } else { "unpaid" };
    sessions::complete(tx, session, status, &payer).await?;
    Ok(outcome)
}

pub(super) fn declined(reason: Reason) -> PayOutcome {
    PayOutcome::Declined {
        code: reason.code.to_owned(),
        decline_code: reason.decline_code.to_owned(),
        message: reason.message.to_owned(),
    }
}

/// The payer's answer on the 3-D Secure page of a session.
pub(super) async fn answer_session(tx: &mut Tx, id: &str, approve: bool) -> Result<PayOutcome, ApiError> {
    let mut session = tx.get("checkout.session", id, "id").await?;
    if session["status"] != "open" {
        return Err(ApiError::invalid("resource_invalid_state", "This Checkout Session is not open.", None));
    }
    if session["mode"] == "setup" {
        return setups::answer(tx, &mut session, approve).await;
    }
    let mut intent = tx.get("payment_intent", text(&session, "payment_intent"), "payment_intent").await?;
    let attempt = answer_owner(tx, &mut intent, approve).await?;
    conclude(tx, &mut session, &intent, attempt).await
}

impl Simulator {
    /// Pays a session as the hosted page does.
    ///
    /// # Errors
    /// Refuses a session that is not open and a method that it does not offer. A declined card is an outcome, not an error.
    pub async fn pay(&self, session_id: &str, instrument: Instrument) -> Result<PayOutcome, SimulatorError> {
        super::later::run_due(&self.inner).await?;
        let mut tx = self.inner.begin(Origin::default()).await?;
        let outcome = pay_session(&mut tx, session_id, &instrument, &Value::Null).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Approves or rejects on the 3-D Secure page of a session.
    ///
    /// # Errors
    /// Refuses when nothing waits for approval.
    pub async fn authenticate(&self, session_id: &str, approve: bool) -> Result<PayOutcome, SimulatorError> {
        let mut tx = self.inner.begin(Origin::default()).await?;
        let outcome = answer_session(&mut tx, session_id, approve).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}
