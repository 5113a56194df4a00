//! How a charge came about: the versions it names, and the rating done again from where it began.

use super::Error;
use crate::app::App;
use crate::domain::id::{PriceId, TermsId};
use crate::domain::ledger::TransferKind;
use crate::domain::pricing::{
    DEFAULT_COMMISSION, Explanation, Rate, Settlement, Share, Terms, Usage, explain,
};
use crate::store;
use crate::store::prices::Version;
use crate::store::transfers::Transfer;

/// Where the amounts of a charge come from. Customers may see the explanation of their own side and their own version only.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The steps of both sides.
    pub explanation: Explanation,
    /// The customer's version.
    pub customer: Version,
    /// The platform's version, where its share is a price.
    pub platform: Option<Version>,
    /// What was agreed with the reseller.
    pub terms: Option<Terms>,
}

/// Explains a charge; `None` for whatever is none. The versions never change, so the result is that of the day of posting.
///
/// # Errors
/// Failures only.
pub async fn origin(app: &App, charge: &Transfer) -> Result<Option<Origin>, Error> {
    let Some(price) = charge.price_id.filter(|_| charge.kind == TransferKind::Usage) else { return Ok(None) };
    let ids: Vec<PriceId> = [Some(price), charge.platform_price_id].into_iter().flatten().collect();
    let versions = store::prices::versions(&app.db, &ids).await?;
    let version = |id: PriceId| versions.iter().find(|version| version.price.id == id).cloned();
    let platform = charge.platform_price_id.and_then(version);
    let Some(customer) = version(price) else { return Ok(None) };
    let terms = match charge.terms_id {
        Some(id) => find_terms(app, id).await?,
        None => None,
    };
    let rate = rate(charge, &customer, platform.as_ref(), terms.as_ref());
    let Ok(used) = u32::try_from(charge.used_quantity) else { return Ok(None) };
    let usage = Usage::of(customer.price.unit, used);
    let state = charge.state().unwrap_or_default();
    match explain(usage, &rate, state) {
        Ok(explanation) if explanation.customer.amount == -charge.amount_cents => {
            Ok(Some(Origin { explanation, customer, platform, terms }))
        }
        other => {
            // What was posted stands; a page that explained something else would be worse than one that explains nothing.
            tracing::error!(charge = %charge.id, ?other, "a charge cannot be explained by the versions it names");
            Ok(None)
        }
    }
}

async fn find_terms(app: &App, id: TermsId) -> Result<Option<Terms>, store::Error> {
    store::prices::terms(&app.db, id).await
}

/// The rate as it was: what the charge names, and for the rest what follows from it.
fn rate(charge: &Transfer, customer: &Version, platform: Option<&Version>, terms: Option<&Terms>) -> Rate {
    let platform = match (charge.reseller_id, platform) {
        (None, _) => Share::Everything,
        (Some(_), Some(version)) => Share::Price(version.price.clone()),
        (Some(_), None) => match terms.and_then(|terms| terms.commission_bps) {
            Some(rate_bps) => Share::Commission { rate_bps },
            None => DEFAULT_COMMISSION,
        },
    };
    Rate {
        platform,
        settlement: terms.map_or(Settlement::Commission, |terms| terms.settlement),
        terms: terms.map(|terms| terms.id),
        below_platform: customer.price.below_platform || terms.is_some_and(|terms| terms.below_platform),
        customer: customer.price.clone(),
    }
}
