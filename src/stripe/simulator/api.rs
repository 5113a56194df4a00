//! The way in for API calls: key and version, idempotency, faults, the endpoint itself, and Stripe's headers on the answer.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::faults::FaultKind;
use super::refusal::ApiError;
use super::store::{Origin, Tx};
use super::wire::Params;
use super::{
    API_VERSION, Inner, Simulator, balance, charges, customers, disputes, endpoints, events, intents, later,
    lists, lock, methods, refunds, sessions,
};

const MAX_BODY: usize = 1_048_576;

/// A decoded call.
struct Call {
    method: Method,
    /// Below the mount: `/v1/…`.
    path: String,
    params: Params,
    key: Option<String>,
    request_id: String,
}

/// What goes out.
struct Answer {
    status: u16,
    body: String,
    replayed: bool,
}

/// Serves every `/v1/…` path.
pub(super) async fn serve(State(sim): State<Simulator>, request: Request) -> Response {
    // In a task of its own: a caller who hangs up does not undo what Stripe has begun.
    match tokio::spawn(handle(sim.inner, request)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a simulated call died");
            respond(ApiError::internal().into(), "req_unknown", None, &[])
        }
    }
}

async fn handle(sim: Arc<Inner>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let request_id = match request_id(&sim).await {
        Ok(id) => id,
        Err(error) => return respond(error.into(), "req_unknown", None, &[]),
    };
    let key = header_text(&parts.headers, "idempotency-key").filter(|_| parts.method == Method::POST);
    let faults = lock(&sim.faults).for_call(parts.method.as_str(), &path);
    let answer = async {
        authorize(&sim, &parts.headers)?;
        let body = to_bytes(body, MAX_BODY)
            .await
            .map_err(|_| ApiError::of(413, "invalid_request_error", "", "The body is too large."))?;
        let form = if parts.method == Method::POST {
            body
        } else {
            Bytes::from(parts.uri.query().unwrap_or_default().to_owned())
        };
        let params = Params::decode(&form)?;
        let call = Call {
            method: parts.method.clone(),
            path: path.clone(),
            params,
            key: key.clone(),
            request_id: request_id.clone(),
        };
        work(&sim, &call, &faults).await
    };
    let answer = answer.await.unwrap_or_else(Answer::from);
    respond(answer, &request_id, key.as_deref(), &faults)
}

async fn request_id(sim: &Arc<Inner>) -> Result<String, ApiError> {
    let mut tx = sim.begin(Origin::default()).await?;
    let id = tx.new_id("req_", 14).await?;
    tx.commit().await?;
    Ok(id)
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Lets in exactly the simulator's own key, by Bearer, and exactly its own version.
fn authorize(sim: &Inner, headers: &HeaderMap) -> Result<(), ApiError> {
    let given = header_text(headers, "authorization").unwrap_or_default();
    let Some(key) = given.strip_prefix("Bearer ") else {
        return Err(ApiError::unauthorized(
            "You did not provide an API key. Use bearer auth: 'Authorization: Bearer YOUR_SECRET_KEY'.",
        ));
    };
    if !bool::from(key.as_bytes().ct_eq(sim.settings.secret_key.as_bytes())) {
        return Err(ApiError::unauthorized("Invalid API Key provided."));
    }
    match header_text(headers, "stripe-version") {
        Some(version) if version != API_VERSION => {
            let message = format!("The simulator speaks API version {API_VERSION} only, not {version}.");
            Err(ApiError::invalid("", message, None))
        }
        _ => Ok(()),
    }
}

/// Holds an idempotency key while its request is being worked.
struct Busy<'a> {
    keys: &'a Mutex<HashSet<String>>,
    key: String,
}

impl<'a> Busy<'a> {
    fn hold(keys: &'a Mutex<HashSet<String>>, key: &str) -> Result<Busy<'a>, ApiError> {
        if lock(keys).insert(key.to_owned()) {
            return Ok(Busy { keys, key: key.to_owned() });
        }
        let message = "There is currently another in-progress request using this Idempotent Key. Please try again later.";
        Err(ApiError::of(409, "idempotency_error", "idempotency_key_in_use", message))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        lock(self.keys).remove(&self.key);
    }
}

/// The call with its idempotency and the faults that strike before and while it is worked.
async fn work(sim: &Arc<Inner>, call: &Call, faults: &[FaultKind]) -> Result<Answer, ApiError> {
    let _busy = match &call.key {
        Some(key) if key.len() > 255 => {
            return Err(ApiError::invalid("", "Idempotency keys are limited to 255 characters.", None));
        }
        Some(key) => Some(Busy::hold(&sim.busy, key)?),
        None => None,
    };
    for fault in faults {
        match fault {
            FaultKind::Latency { milliseconds } => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await
            }
            FaultKind::ErrorBefore | FaultKind::CutBefore => return Err(ApiError::internal()),
            FaultKind::RateLimit => {
                return Err(ApiError::of(
                    429,
                    "invalid_request_error",
                    "rate_limit",
                    "Request rate limit exceeded.",
                ));
            }
            FaultKind::Conflict => {
                let message = "This object cannot be accessed right now because another API request or Stripe process is accessing it.";
                return Err(ApiError::of(409, "invalid_request_error", "lock_timeout", message));
            }
            _ => {}
        }
    }
    later::run_due(sim).await?;
    let mut tx = sim
        .begin(Origin { request: Some(call.request_id.clone()), idempotency_key: call.key.clone() })
        .await?;
    let fingerprint = fingerprint(call);
    if let Some(key) = &call.key
        && let Some((stored, status, body)) = tx.reply(key).await?
    {
        if stored != fingerprint {
            let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
            return Err(ApiError::of(400, "idempotency_error", "", message));
        }
        return Ok(Answer { status: u16::try_from(status).unwrap_or(500), body, replayed: true });
    }
    execute(tx, call, &fingerprint, faults.contains(&FaultKind::StickyError)).await
}

/// Runs the endpoint and keeps its answer under the key. Refused parameters are not kept, as nothing began.
async fn execute(mut tx: Tx, call: &Call, fingerprint: &str, sticky: bool) -> Result<Answer, ApiError> {
    let answer = match endpoint(&mut tx, call).await {
        Ok(body) => Answer { status: 200, body: serde_json::to_string_pretty(&body)?, replayed: false },
        Err(error) if error.keep => Answer::from(error),
        Err(error) => return Err(error),
    };
    let answer = if sticky { Answer::from(ApiError::internal()) } else { answer };
    if let Some(key) = &call.key {
        tx.keep_reply(key, fingerprint, answer.status, &answer.body).await?;
    }
    tx.commit().await?;
    Ok(answer)
}

fn fingerprint(call: &Call) -> String {
    let digest = Sha256::digest(format!("{}\n{}\n{}", call.method, call.path, call.params.canonical()));
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Which room works which path.
async fn endpoint(tx: &mut Tx, call: &Call) -> Result<Value, ApiError> {
    let parts: Vec<&str> = call.path.trim_start_matches("/v1/").trim_matches('/').split('/').collect();
    let params = &call.params;
    let mut answer = match (call.method.as_str(), parts.as_slice()) {
        ("POST", parts) => post(tx, parts, params, call).await?,
        ("GET", parts) => fetch(tx, parts, params, call).await?,
        (method, _) => return Err(ApiError::no_route(method, &call.path)),
    };
    lists::expand(tx, &mut answer, params).await?;
    Ok(answer)
}

async fn post(tx: &mut Tx, parts: &[&str], params: &Params, call: &Call) -> Result<Value, ApiError> {
    match parts {
        ["customers"] => customers::create(tx, params).await,
        ["customers", id] => customers::update(tx, id, params).await,
        ["checkout", "sessions"] => sessions::create(tx, params).await,
        ["checkout", "sessions", id, "expire"] => {
            params.only(&["expand.#"])?;
            sessions::expire(tx, id).await
        }
        ["checkout", "sessions", id] => describe(tx, "checkout.session", id, params).await,
        ["payment_intents"] => intents::create(tx, params).await,
        ["payment_intents", id, "confirm"] => intents::confirm(tx, id, params).await,
        ["payment_intents", id, "cancel"] => intents::cancel_by_call(tx, id, params).await,
        ["payment_intents", id] => describe(tx, "payment_intent", id, params).await,
        ["payment_methods", id, "detach"] => {
            params.only(&["expand.#"])?;
            methods::detach(tx, id).await
        }
        ["refunds"] => refunds::create(tx, params).await,
        ["refunds", id] => describe(tx, "refund", id, params).await,
        ["disputes", id, "close"] => {
            params.only(&["expand.#"])?;
            disputes::close(tx, id).await
        }
        ["webhook_endpoints"] => endpoints::create(tx, params).await,
        _ => Err(ApiError::no_route("POST", &call.path)),
    }
}

/// An update that changes metadata and nothing else.
async fn describe(tx: &mut Tx, kind: &str, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["metadata.*", "expand.#"])?;
    let mut object = tx.get(kind, id, "id").await?;
    object["metadata"] = params.metadata("metadata", &object["metadata"])?;
    tx.save(&object).await?;
    Ok(object)
}

async fn fetch(tx: &mut Tx, parts: &[&str], params: &Params, call: &Call) -> Result<Value, ApiError> {
    let kind = match parts {
        ["customers"] => return customers::list(tx, params).await,
        ["customers", id, "payment_methods"] => return customers::payment_methods(tx, id, params).await,
        ["checkout", "sessions"] => return sessions::list(tx, params).await,
        ["checkout", "sessions", id, "line_items"] => {
            params.only(lists::PAGE)?;
            let session = tx.get("checkout.session", id, "id").await?;
            return sessions::line_items(tx, &session).await;
        }
        ["payment_intents"] => return intents::list(tx, params).await,
        ["charges"] => return charges::list(tx, params).await,
        ["refunds"] => return refunds::list(tx, params).await,
        ["disputes"] => return disputes::list(tx, params).await,
        ["balance"] => return balance::show(tx, params).await,
        ["balance_transactions"] => return balance::list(tx, params).await,
        ["events"] => return events::list(tx, params).await,
        ["webhook_endpoints"] => return endpoints::list(tx, params).await,
        ["checkout", "sessions", _] => "checkout.session",
        ["customers", _] => "customer",
        ["payment_intents", _] => "payment_intent",
        ["setup_intents", _] => "setup_intent",
        ["charges", _] => "charge",
        ["payment_methods", _] => "payment_method",
        ["mandates", _] => "mandate",
        ["refunds", _] => "refund",
        ["disputes", _] => "dispute",
        ["balance_transactions", _] => "balance_transaction",
        ["events", _] => "event",
        ["webhook_endpoints", _] => "webhook_endpoint",
        _ => return Err(ApiError::no_route("GET", &call.path)),
    };
    params.only(&["expand.#"])?;
    tx.get(kind, parts.last().copied().unwrap_or_default(), "id").await
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Answer {
        Answer { status: error.status, body: format!("{:#}", error.body()), replayed: false }
    }
}

/// The answer on the wire, with the faults that strike after the effect.
fn respond(answer: Answer, request_id: &str, key: Option<&str>, faults: &[FaultKind]) -> Response {
    let mut answer = answer;
    if faults.contains(&FaultKind::ErrorAfter) {
        answer = Answer::from(ApiError::internal());
    }
    let mut response = Response::builder()
        .status(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header(header::CONTENT_TYPE, "application/json")
        .header("request-id", request_id)
        .header("stripe-version", API_VERSION);
    if let Some(key) = key {
        response = response.header("idempotency-key", key);
    }
    if answer.replayed {
        response = response.header("idempotent-replayed", "true");
    }
    response.body(body(answer.body, faults)).unwrap_or_default()
}

fn body(text: String, faults: &[FaultKind]) -> Body {
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    for fault in faults {
        match fault {
            FaultKind::CutBefore | FaultKind::CutAfter => {
                let broken: Result<Bytes, std::io::Error> = Err(std::io::ErrorKind::ConnectionReset.into());
                return Body::from_stream(stream::iter([broken]));
            }
            FaultKind::BrokenBody => return Body::from(text[..middle].to_owned()),
            FaultKind::SlowBody { milliseconds } => {
                let (first, second, pause) = (
                    text[..middle].to_owned(),
                    text[middle..].to_owned(),
                    Duration::from_millis(*milliseconds),
                );
                let chunks = stream::unfold(Some((first, Some(second))), move |rest| async move {
                    let (chunk, next) = rest?;
                    if next.is_none() {
                        tokio::time::sleep(pause).await;
                    }
                    Some((Ok::<_, std::io::Error>(Bytes::from(chunk)), next.map(|next| (next, None))))
                });
                return Body::from_stream(chunks);
            }
            _ => {}
        }
    }
    Body::from(text)
}
