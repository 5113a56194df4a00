//! Events: one per fact, with the object as it was at that moment, and the deliveries they start.

use serde_json::{Value, json};

use super::faults::FaultKind;
use super::parcels::NewParcel;
use super::refusal::ApiError;
use super::store::{Filter, Tx};
use super::wire::Params;
use super::{API_VERSION, delivery, endpoints, lists, lock};

/// Records that `kind` happened to `object` and posts it to every endpoint that wants it.
pub(super) async fn emit(tx: &mut Tx, kind: &str, object: &Value) -> Result<(), ApiError> {
    emit_change(tx, kind, object, None).await
}

/// The same for an update: `previous` holds the changed fields' old values.
pub(super) async fn emit_change(
    tx: &mut Tx,
    kind: &str,
    object: &Value,
    previous: Option<Value>,
) -> Result<(), ApiError> {
    let faults = lock(&tx.sim.faults).for_event(kind);
    let facts = if faults.contains(&FaultKind::Twin) { 2 } else { 1 };
    let wanting: Vec<String> = endpoints::wanting(tx, kind).await?;
    for _ in 0..facts {
        let mut data = json!({"object": object});
        if let Some(previous) = &previous {
            data["previous_attributes"] = previous.clone();
        }
        let event = json!({
            "id": tx.new_id("evt_1", 23).await?, "object": "event", "api_version": API_VERSION, "created": tx.now, "data": data,
            "livemode": false, "pending_webhooks": wanting.len(),
            "request": {"id": tx.origin.request, "idempotency_key": tx.origin.idempotency_key}, "type": kind,
        });
        tx.insert(&event, &Value::Null).await?;
        for endpoint in &wanting {
            post(tx, &event, endpoint, &faults).await?;
        }
    }
    tx.emitted = true;
    Ok(())
}

/// Posts one event to one endpoint, with what the faults make of it.
async fn post(tx: &mut Tx, event: &Value, endpoint: &str, faults: &[FaultKind]) -> Result<(), ApiError> {
    let id = event["id"].as_str().unwrap_or_default();
    let mut parcel = NewParcel { event: id, endpoint, due: tx.now, ..NewParcel::default() };
    let mut copies = 1;
    let mut extras = Vec::new();
    for fault in faults {
        match fault {
            FaultKind::Duplicate => copies += 1,
            FaultKind::Burst { copies: more } => {
                copies += (*more).min(100);
                parcel.twist = Some("burst");
            }
            FaultKind::Shuffle => {
                parcel.rank = i64::try_from(lock(&tx.sim.faults).draw() % 2_001).unwrap_or(0) - 1_000
            }
            FaultKind::Delay { seconds } => parcel.due = parcel.due.saturating_add(*seconds),
            FaultKind::Drop => parcel.lost = true,
            FaultKind::WrongSecret => parcel.twist = Some("wrong_secret"),
            FaultKind::OldSecret => parcel.twist = Some("old_secret"),
            FaultKind::BothSecrets => parcel.twist = Some("both_secrets"),
            FaultKind::StaleTimestamp => parcel.twist = Some("stale_timestamp"),
            FaultKind::FutureTimestamp => parcel.twist = Some("future_timestamp"),
            FaultKind::BrokenPayload => parcel.twist = Some("broken_payload"),
            FaultKind::OldApiVersion => {
                parcel.body = Some(serde_json::to_string_pretty(&delivery::old_shape(event))?)
            }
            FaultKind::UnknownType => extras.push(changed(tx, event, "type", json!("zzz.unknown")).await?),
            FaultKind::ForeignAccount => {
                extras.push(changed(tx, event, "account", json!("acct_1ForeignAccount0")).await?)
            }
            FaultKind::LivemodeFlip => extras.push(changed(tx, event, "livemode", json!(true)).await?),
            _ => {}
        }
    }
    for _ in 0..copies {
        tx.post(&parcel).await?;
    }
    for body in extras {
        // These never happened at Stripe, so they are no objects and only travel as bodies.
        tx.post(&NewParcel { event: id, endpoint, due: tx.now, body: Some(body), ..NewParcel::default() })
            .await?;
    }
    Ok(())
}

async fn changed(tx: &mut Tx, event: &Value, field: &str, value: Value) -> Result<String, ApiError> {
    let mut other = event.clone();
    other["id"] = json!(tx.new_id("evt_1", 23).await?);
    other[field] = value;
    Ok(serde_json::to_string_pretty(&other)?)
}

/// `GET /v1/events`.
pub(super) async fn list(tx: &mut Tx, params: &Params) -> Result<Value, ApiError> {
    params.only(&[lists::PAGE, lists::CREATED, &["type", "types.#", "delivery_success"]].concat())?;
    let mut types = params.list("types");
    types.extend(params.text("type").map(str::to_owned));
    // A trailing `.*` in Stripe stands for a whole group; the product names its types, so here it is refused rather than half done.
    if types.iter().any(|kind| kind.contains('*')) {
        return Err(ApiError::invalid("", "The simulator lists events by exact types only.", Some("types")));
    }
    let mut filter = Filter::kind("event");
    filter.types = (!types.is_empty()).then(|| json!(types).to_string());
    if params.has("delivery_success") {
        filter.delivered = Some(params.flag("delivery_success")?);
    }
    lists::page(tx, params, filter, "/v1/events").await
}
