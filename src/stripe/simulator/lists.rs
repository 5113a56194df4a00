//! Lists and `expand`: what every endpoint of Stripe's API does alike.

use serde_json::{Value, json};

use super::refusal::ApiError;
use super::store::{Filter, Tx};
use super::wire::Params;

/// The parameters of every list.
pub(super) const PAGE: &[&str] = &["limit", "starting_after", "ending_before", "expand.#"];
/// Narrowing by time of creation.
pub(super) const CREATED: &[&str] = &["created", "created.gt", "created.gte", "created.lt", "created.lte"];

/// A page of a list, newest first, as Stripe answers it.
pub(super) async fn page(
    tx: &mut Tx,
    params: &Params,
    mut filter: Filter,
    url: &str,
) -> Result<Value, ApiError> {
    let limit = params.integer("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::invalid(
            "parameter_invalid_integer",
            "This value must be between 1 and 100.",
            Some("limit"),
        ));
    }
    created(params, &mut filter)?;
    let (after, before) = (params.text("starting_after"), params.text("ending_before"));
    if after.is_some() && before.is_some() {
        return Err(ApiError::invalid(
            "",
            "You may only specify one of starting_after and ending_before.",
            None,
        ));
    }
    if let Some(id) = after {
        filter.before = Some(cursor(tx, &filter.kind, id, "starting_after").await?);
    }
    if let Some(id) = before {
        filter.after = Some(cursor(tx, &filter.kind, id, "ending_before").await?);
    }
    filter.limit = limit + 1;
    let mut data = tx.list(&filter).await?;
    let asked = usize::try_from(limit).unwrap_or(100);
    let has_more = data.len() > asked;
    data.truncate(asked);
    if before.is_some() {
        data.reverse();
    }
    Ok(json!({"object": "list", "data": data, "has_more": has_more, "url": url}))
}

fn created(params: &Params, filter: &mut Filter) -> Result<(), ApiError> {
    if let Some(at) = params.integer("created")? {
        (filter.since, filter.until) = (at, at);
    }
    if let Some(at) = params.integer("created.gte")? {
        filter.since = at;
    }
    if let Some(at) = params.integer("created.gt")? {
        filter.since = at.saturating_add(1);
    }
    if let Some(at) = params.integer("created.lte")? {
        filter.until = at;
    }
    if let Some(at) = params.integer("created.lt")? {
        filter.until = at.saturating_sub(1);
    }
    Ok(())
}

async fn cursor(tx: &mut Tx, kind: &str, id: &str, param: &str) -> Result<i64, ApiError> {
    tx.get(kind, id, param).await?;
    tx.seq(id).await?.ok_or_else(|| ApiError::no_such(kind, id, param))
}

/// Replaces ids by the objects they name along the paths of `expand[]`.
pub(super) async fn expand(tx: &mut Tx, answer: &mut Value, params: &Params) -> Result<(), ApiError> {
    for path in params.list("expand") {
        if path.split('.').count() > 5 {
            return Err(ApiError::invalid(
                "",
                "You cannot expand more than 4 levels of a property.",
                Some("expand"),
            ));
        }
        let mut places = vec![String::new()];
        for key in path.split('.') {
            places = step(tx, answer, &places, key, &path).await?;
        }
    }
    Ok(())
}

/// Goes one key deeper from every place (a JSON pointer); ids found there are replaced.
async fn step(
    tx: &mut Tx,
    answer: &mut Value,
    places: &[String],
    key: &str,
    path: &str,
) -> Result<Vec<String>, ApiError> {
    let mut next = Vec::new();
    for place in places {
        let items = match answer.pointer(place) {
            Some(Value::Array(items)) => (0..items.len()).map(|at| format!("{place}/{at}")).collect(),
            _ => vec![place.clone()],
        };
        for item in items {
            let object = answer.pointer(&item).cloned().unwrap_or_default();
            let found = match (object.get(key), object["object"].as_str()) {
                (None, Some("checkout.session")) if key == "line_items" => {
                    Some(super::sessions::line_items(tx, &object).await?)
                }
                (None, _) => {
                    let message = format!("This property cannot be expanded ({path}).");
                    return Err(ApiError::invalid("", message, Some("expand")));
                }
                (Some(Value::String(id)), _) => tx.find(id).await?,
                (Some(Value::Null), _) => None,
                (Some(other), _) => Some(other.clone()),
            };
            if let (Some(found), Some(Value::Object(fields))) = (found, answer.pointer_mut(&item)) {
                fields.insert(key.to_owned(), found);
                next.push(format!("{item}/{key}"));
            }
        }
    }
    Ok(next)
}
