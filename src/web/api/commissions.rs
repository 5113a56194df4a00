//! `GET /api/v1/commissions`: what a reseller has earned, by where it stands.

use super::auth::Caller;
use super::body::{Instant, Params};
use super::customers::reseller_named;
use super::problem::{Code, Problem};
use crate::app::App;
use crate::domain::api_key::ApiScope;
use crate::domain::calendar;
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::store;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Months of an answer at most.
const MONTHS: i64 = 24;

/// Whose commission.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CommissionParams {
    /// The reseller's number. Keys of the platform need it, keys of a reseller may leave it out.
    #[param(example = "R-101")]
    reseller: Option<String>,
}

/// Commission by where it stands, in cents.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CommissionStates {
    /// Earned; it waits until refunds and returned debits are no longer to be expected.
    accrued_cents: i64,
    /// The next payout takes it; negative when more was taken back than is available.
    available_cents: i64,
    /// In a payout that is being made.
    in_payout_cents: i64,
    /// Paid out.
    paid_cents: i64,
}

impl CommissionStates {
    const fn new(accrued: Cents, available: Cents, in_payout: Cents, paid: Cents) -> CommissionStates {
        CommissionStates {
            accrued_cents: accrued.0,
            available_cents: available.0,
            in_payout_cents: in_payout.0,
            paid_cents: paid.0,
        }
    }
}

/// The commission of one month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CommissionMonth {
    /// The German month in which it was earned.
    #[schema(example = "2026-11")]
    month: String,
    /// Where it stands.
    states: CommissionStates,
}

/// The commission of a reseller.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Commissions {
    /// Our id of the reseller.
    reseller_id: String,
    /// Always `EUR`.
    #[schema(example = "EUR")]
    currency: &'static str,
    /// All of it.
    states: CommissionStates,
    /// The latest 24 months with commission, newest first.
    months: Vec<CommissionMonth>,
    /// When it was read. What was earned in the last minutes may still be missing.
    #[schema(inline)]
    as_of: Instant,
}

/// What a reseller has earned, by where it stands and by month. Customers have no such thing.
#[utoipa::path(get, path = "/api/v1/commissions", tag = "commissions", operation_id = "get_commissions", params(CommissionParams),
    responses((status = 200, body = Commissions, description = "The commission.")))]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<CommissionParams>,
) -> Result<Json<Commissions>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let reseller = match (scope, params.reseller.as_deref()) {
        (Scope::Customer(_), _) => return Err(Code::NotFound.into()),
        (_, Some(number)) => reseller_named(&app, scope, number).await?,
        (Scope::Reseller(own), None) => own,
        (Scope::Platform, None) => return Err(Problem::at(Code::FieldMissing, "reseller")),
    };
    let now = app.clock.now();
    let today = calendar::day(now).to_string();
    let all = store::commissions::sums(&app.db, scope, reseller, &today).await?;
    let months = store::commissions::by_month(&app.db, scope, reseller, &today, MONTHS).await?;
    let months = months.into_iter().map(|row| CommissionMonth {
        month: row.month,
        states: CommissionStates::new(
            row.accrued_cents,
            row.available_cents,
            row.in_payout_cents,
            row.paid_cents,
        ),
    });
    Ok(Json(Commissions {
        reseller_id: reseller.to_string(),
        currency: "EUR",
        states: CommissionStates::new(
            all.accrued_cents,
            all.available_cents,
            all.in_payout_cents,
            all.paid_cents,
        ),
        months: months.collect(),
        as_of: Instant(now),
    }))
}
