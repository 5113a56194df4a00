//! `GET /api/v1/prices`: what a customer pays at present.

use super::auth::Caller;
use super::body::{Instant, Params};
use super::customers::named;
use super::problem::Problem;
use crate::app::App;
use crate::domain::api_key::ApiScope;
use crate::domain::pricing::{self, Buyer, MeterInfo, Model, Unit};
use crate::i18n::Lang;
use crate::store;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose prices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PriceParams {
    /// The customer's number, `external_id` or id.
    #[param(example = "K-10427")]
    customer: String,
}

/// How a price grows with what is used in a calendar month (German time).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PriceModel {
    /// The same for every minute or piece.
    Flat,
    /// Every unit at the price of the tier it lies in.
    Graduated,
    /// Packages of units; a started one is paid whole.
    Package,
}

/// From how many units on which price applies.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceTier {
    /// Billed seconds or pieces of the month after which it applies; the first is 0.
    above: i64,
    /// Price per minute or piece in millionths of a euro.
    price_micros: i64,
}

/// What one meter costs a customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerPrice {
    /// The meter's key.
    #[schema(example = "call")]
    meter: String,
    /// What it is called, in the language of `Accept-Language`.
    name: String,
    /// `second` (priced per minute) or `piece`.
    #[schema(example = "second")]
    unit: &'static str,
    /// How the price grows.
    model: PriceModel,
    /// Price per minute or piece in millionths of a euro; of packages, per package; of tiers, the first one's.
    #[schema(example = 400_000)]
    price_micros: i64,
    /// Tiers of a graduated price.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<PriceTier>,
    /// Billed seconds or pieces in a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    package_units: Option<i64>,
    /// Free billed seconds or pieces per month, before anything else.
    included_units: i64,
    /// Seconds billed at least, once a call is answered.
    first_seconds: u32,
    /// Seconds of each further step.
    next_seconds: u32,
    /// From when on this version holds.
    #[schema(inline)]
    valid_from: Instant,
}

impl CustomerPrice {
    fn of(info: &MeterInfo, price: &pricing::Price, lang: Lang) -> Option<CustomerPrice> {
        let (model, price_micros, tiers, package_units) = match price.model.as_ref()? {
            Model::Flat(price) => (PriceModel::Flat, price.0, vec![], None),
            Model::Graduated(tiers) => {
                let first = tiers.first().map_or(0, |tier| tier.price.0);
                let tier = |tier: &pricing::Tier| PriceTier { above: tier.above, price_micros: tier.price.0 };
                (PriceModel::Graduated, first, tiers.iter().map(tier).collect(), None)
            }
            Model::Package { units, price } => (PriceModel::Package, price.0, vec![], Some(*units)),
        };
        let name = if lang == Lang::De { &info.name_de } else { &info.name_en };
        // Pieces are billed one by one, whatever a list says about seconds.
        let (first_seconds, next_seconds) = match price.unit {
            Unit::Second => (price.increment.first, price.increment.next),
            Unit::Piece => (1, 1),
        };
        Some(CustomerPrice {
            meter: price.meter.to_string(),
            name: name.clone(),
            unit: price.unit.as_str(),
            model,
            price_micros,
            tiers,
            package_units,
            included_units: price.included,
            first_seconds,
            next_seconds,
            valid_from: Instant(price.valid_from),
        })
    }
}

/// The prices of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceList {
    /// Our id of the customer.
    customer_id: String,
    /// Always `EUR`, including VAT.
    #[schema(example = "EUR")]
    currency: &'static str,
    /// A price per meter that has one.
    data: Vec<CustomerPrice>,
}

/// What a customer pays at present, per meter. Gross, in millionths of a euro.
#[utoipa::path(get, path = "/api/v1/prices", tag = "customers", operation_id = "list_prices", params(PriceParams),
    responses((status = 200, body = PriceList, description = "The prices.")))]
pub(super) async fn index(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<PriceParams>,
) -> Result<Json<PriceList>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let customer = named(&app, scope, &params.customer).await?;
    let buyer = Buyer { customer: customer.id, reseller: customer.reseller_id };
    let now = app.clock.now();
    let meters = store::meters::all(&app.db).await?;
    let mut tx = app.db.begin().await?;
    let book = store::prices::price_book(&mut tx, &[buyer], now).await?;
    drop(tx);
    let price = |info: &MeterInfo| {
        let price = book.customer_price(&buyer, info.meter, now)?;
        CustomerPrice::of(info, price, caller.t.lang())
    };
    let data = meters.iter().filter(|info| info.active).filter_map(price).collect();
    Ok(Json(PriceList { customer_id: customer.id.to_string(), currency: "EUR", data }))
}
