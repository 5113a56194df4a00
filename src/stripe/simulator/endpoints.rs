//! Webhook endpoints and their signing secrets; two secrets are valid while one is being rolled.

use serde_json::{Value, json};

use super::API_VERSION;
use super::lists;
use super::refusal::ApiError;
use super::store::{Filter, Tx};
use super::wire::Params;

/// The secrets of an endpoint at a moment.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Those that sign now, the newest first.
    pub valid: Vec<String>,
    /// The one before the newest, valid or not.
    pub previous: Option<String>,
}

/// `POST /v1/webhook_endpoints`: the secret is shown this once.
pub(super) async fn create(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&["url", "enabled_events.#", "api_version", "description", "metadata.*", "expand.#"])?;
    let url = params.required("url")?;
    let events = params.list("enabled_events");
    if events.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    if let Some(version) = params.text("api_version")
        && version != API_VERSION
    {
        return Err(ApiError::invalid(
            "",
            format!("The simulator speaks API version {API_VERSION} only."),
            Some("api_version"),
        ));
    }
    let (mut endpoint, secret) =
        open(tx, url, &events, params.text("description").unwrap_or_default()).await?;
    endpoint["metadata"] = params.metadata("metadata", &json!({}))?;
    tx.save(&endpoint).await?;
    endpoint["secret"] = json!(secret);
    Ok(endpoint)
}

/// Creates an endpoint; gives it and its secret.
pub(super) async fn open(
    tx: &mut Tx,
    url: &str,
    events: &[String],
    description: &str,
) -> Result<(Value, String), ApiError> {
    let uri = url
        .parse::<axum::http::Uri>()
        .ok()
        .filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
    if uri.is_none() {
        return Err(ApiError::invalid(
            "url_invalid",
            "Invalid URL: the simulator delivers to http URLs only.",
            Some("url"),
        ));
    }
    let secret = tx.new_id("whsec_", 32).await?;
    let endpoint = json!({
        "id": tx.new_id("we_1", 23).await?, "object": "webhook_endpoint", "api_version": API_VERSION, "application": null,
        "created": tx.now, "description": (!description.is_empty()).then_some(description), "enabled_events": events,
        "livemode": false, "metadata": {}, "status": "enabled", "url": url,
    });
    tx.insert(&endpoint, &json!({"secrets": [{"secret": secret, "until": null}]})).await?;
    Ok((endpoint, secret))
}

/// `GET /v1/webhook_endpoints`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(lists::PAGE)?;
    lists::page(tx, params, Filter::kind("webhook_endpoint"), "/v1/webhook_endpoints").await
}

/// The ids of the endpoints that want events of a kind.
pub(super) async fn wanting(tx: &mut Tx, kind: &str) -> Result<Vec<String>, ApiError> {
    let endpoints = tx.list(&Filter::kind("webhook_endpoint")).await?;
    let wants = |endpoint: &&Value| {
        endpoint["enabled_events"].as_array().into_iter().flatten().any(|event| event == "*" || event == kind)
    };
    Ok(endpoints
        .iter()
        .filter(wants)
        .filter_map(|endpoint| endpoint["id"].as_str().map(str::to_owned))
        .collect())
}

/// The secrets of an endpoint at the time of `tx`.
pub(super) async fn secrets(tx: &mut Tx, endpoint: &str) -> Result<Secrets, ApiError> {
    let hidden = tx.hidden(endpoint).await?;
    let mut secrets = Secrets::default();
    let all = hidden["secrets"].as_array().into_iter().flatten().rev();
    for (age, entry) in all.enumerate() {
        let Some(secret) = entry["secret"].as_str() else { continue };
        if entry["until"].as_i64().is_none_or(|until| until > tx.now) {
            secrets.valid.push(secret.to_owned());
        }
        if age == 1 {
            secrets.previous = Some(secret.to_owned());
        }
    }
    Ok(secrets)
}

async fn by_url(tx: &mut Tx, url: &str) -> Result<Option<String>, ApiError> {
    let endpoints = tx.list(&Filter::kind("webhook_endpoint")).await?;
    Ok(endpoints
        .iter()
        .find(|endpoint| endpoint["url"] == url)
        .and_then(|endpoint| endpoint["id"].as_str().map(str::to_owned)))
}

/// The newest secret of the endpoint for a URL, if there is one.
pub(super) async fn secret_of(tx: &mut Tx, url: &str) -> Result<Option<String>, ApiError> {
    let Some(id) = by_url(tx, url).await? else { return Ok(None) };
    Ok(secrets(tx, &id).await?.valid.into_iter().next())
}

/// A new secret for the endpoint of a URL; the old one stays valid for some seconds.
pub(super) async fn roll(tx: &mut Tx, url: &str, keep_old_seconds: i64) -> Result<String, ApiError> {
    let id = by_url(tx, url).await?.ok_or_else(|| ApiError::no_such("webhook_endpoint", url, "url"))?;
    let mut hidden = tx.hidden(&id).await?;
    let secret = tx.new_id("whsec_", 32).await?;
    let until = tx.now.saturating_add(keep_old_seconds);
    if let Some(secrets) = hidden["secrets"].as_array_mut() {
        for old in secrets.iter_mut().filter(|old| old["until"].is_null()) {
            old["until"] = json!(until);
        }
        secrets.push(json!({"secret": secret, "until": null}));
    }
    tx.hide(&id, &hidden).await?;
    Ok(secret)
}
