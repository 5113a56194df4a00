//! What a change of the platform's price, or of terms, does to the prices of resellers.

use super::Error;
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::pricing::{Breach, Meter, Price, PriceBook, PriceList, Rails};
use crate::store;
use crate::store::engine::Asks;
use crate::store::prices::Version;
use std::collections::BTreeSet;

/// A price of a reseller that breaks its rails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The list it is in; its owner is the reseller.
    pub list: PriceList,
    /// The version.
    pub price: Price,
    /// From when on it does.
    pub at: Ts,
    /// Which rail.
    pub breach: Breach,
}

/// Versions looked at; whoever has more broken prices than a page can show learns of the first.
const LIMIT: i64 = 1_000;

/// The platform's price and the rails that hold for a reseller's price at an instant. `None` where there is nothing to compare: a
/// percentage is agreed, or the platform has no price.
pub(super) fn rails_of(
    book: &PriceBook,
    reseller: TenantId,
    meter: Meter,
    at: Ts,
) -> Option<(&Price, Rails)> {
    let terms = book.terms(reseller, at);
    if terms.is_some_and(|terms| terms.commission_bps.is_some()) {
        return None;
    }
    let rails = terms.map_or(Rails::STANDARD, |terms| terms.rails());
    Some((book.platform_price(reseller, meter, at)?, rails))
}

/// Prices that break their rails beside a new version of a platform price, for one reseller or for all. The version may be written or not.
pub(super) async fn beside(
    on: &mut impl Asks,
    list: &PriceList,
    new: &Price,
) -> Result<Vec<Affected>, Error> {
    let found = broken(on, list.subject, Some(new.meter), new.valid_from, Some((list, new))).await?;
    // A reseller with a platform price of its own does not see the common one.
    Ok(found
        .into_iter()
        .filter(|(_, platform)| platform.id == new.id)
        .map(|(affected, _)| affected)
        .collect())
}

/// Prices of a reseller that break the rails of new terms.
pub(super) async fn under(on: &mut impl Asks, reseller: TenantId, from: Ts) -> Result<Vec<Affected>, Error> {
    Ok(broken(on, Some(reseller), None, from, None)
        .await?
        .into_iter()
        .map(|(affected, _)| affected)
        .collect())
}

/// Prices valid at `from` or later that break their rails where they begin, or at `from`, with the platform's price there.
async fn broken(
    on: &mut impl Asks,
    reseller: Option<TenantId>,
    meter: Option<Meter>,
    from: Ts,
    new: Option<(&PriceList, &Price)>,
) -> Result<Vec<(Affected, Price)>, Error> {
    let versions = store::prices::list_resellers_versions(on, reseller, meter, from, LIMIT).await?;
    let owners: BTreeSet<_> = versions.iter().map(|version| version.list.owner.0).collect();
    let owners: Vec<_> = owners.into_iter().collect();
    let mut book = store::prices::book_of(on, &owners, from).await?;
    if let Some((list, price)) = new {
        book = book.with(list, price.clone());
    }
    let breach = |Version { price, list }: Version| {
        let at = price.valid_from.max(from);
        let (platform, rails) = rails_of(&book, list.owner, price.meter, at)?;
        let rails = Rails { below_platform: rails.below_platform || price.below_platform, ..rails };
        let breach = rails.check(&price, platform).err()?;
        Some((Affected { list, price, at, breach }, platform.clone()))
    };
    Ok(versions.into_iter().filter_map(breach).collect())
}
