//! What if a price had been another: reckoned on what the customers really used, month by month.

use super::preview::{Draft, allowed, draft};
use super::{Editor, Error, NewPrice, Target};
use crate::app::App;
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::money::OutOfRange;
use crate::domain::pricing::{Buyer, Estimate, Price, PriceBook, PriceList, Rate, estimate};
use crate::domain::refusal::Refusal;
use crate::store;
use crate::store::prices::MonthUse;
use jiff::ToSpan;
use std::collections::{BTreeMap, BTreeSet};

/// Calendar months before the present one that are looked at.
const MONTHS_BEFORE: i32 = 2;

/// What a customer would have paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerChange {
    /// The customer.
    pub id: TenantId,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Billed units in all months.
    pub quantity: i64,
    /// At today's price.
    pub now: Estimate,
    /// At the price that was asked about.
    pub then: Estimate,
}

/// What a price would have made of the last three months. Usage is taken as it was: what fewer or more calls would be made for it, nobody
/// can know.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The list.
    pub list: PriceList,
    /// The version that the price would be.
    pub price: Price,
    /// The first instant of the first month.
    pub from: Ts,
    /// Billed units.
    pub quantity: i64,
    /// What was really charged: by the prices of then, by the part of it that came from the wallet.
    pub charged: Estimate,
    /// All of it at today's prices.
    pub now: Estimate,
    /// All of it with the price that was asked about.
    pub then: Estimate,
    /// The customers whom it changes something for, largest change first.
    pub changes: Vec<CustomerChange>,
    /// Why the price cannot be set as it is.
    pub refused: Option<Refusal>,
}

/// Reckons a price of a reseller's list, or of one of its customers, on real usage. `None` where the list is not the editor's.
///
/// # Errors
/// Refusals as [`preview`](super::preview()); [`Refusal::UsageOutOfRange`] where no account could hold the result.
pub async fn simulate(app: &App, editor: &Editor, new: &NewPrice) -> Result<Option<Simulation>, Error> {
    let Some(draft) = draft(app, editor, new).await? else { return Ok(None) };
    let (seller, customer) = match new.target {
        Target::Customer(customer) => (Some(draft.list.owner), Some(customer)),
        Target::Reseller(reseller) => (Some(reseller), None),
        Target::Platform(_) | Target::Default | Target::Plan(_) => (None, None),
    };
    let Some(seller) = seller.filter(|seller| *seller != draft.platform) else { return Ok(None) };
    let today = calendar::day(app.clock.now());
    let first = today.first_of_month().saturating_sub(MONTHS_BEFORE.months());
    let scope = crate::domain::party::Scope::Reseller(seller);
    let uses =
        store::prices::list_month_uses(&app.db, scope, customer, new.meter, &first.to_string()).await?;
    let ids: BTreeSet<_> = uses.iter().map(|of| of.customer_id.0).chain([seller.0]).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let at = draft.price.valid_from;
    let mut db = &app.db;
    let book = store::prices::book_of(&mut db, &ids, at).await?;
    let refused = allowed(&book, editor, &draft, new).err();
    let reckoned = reckon(&book, &draft, seller, uses).map_err(|OutOfRange| Refusal::UsageOutOfRange)?;
    let from = calendar::start_of(first);
    let (mut changes, charged) = reckoned;
    let sum =
        |of: fn(&CustomerChange) -> Estimate| changes.iter().map(of).fold(Estimate::default(), |a, b| a + b);
    let (now, then) = (sum(|of| of.now), sum(|of| of.then));
    let quantity = changes.iter().map(|of| of.quantity).sum();
    changes.retain(|of| of.now != of.then);
    changes.sort_by_key(|of| (-(of.then.revenue - of.now.revenue).0.saturating_abs(), of.number.clone()));
    let Draft { list, price, .. } = draft;
    Ok(Some(Simulation { list, price, from, quantity, charged, now, then, changes, refused }))
}

/// Every customer's months at today's and at the other price, and what was really charged.
fn reckon(
    book: &PriceBook,
    draft: &Draft,
    seller: TenantId,
    uses: Vec<MonthUse>,
) -> Result<(Vec<CustomerChange>, Estimate), OutOfRange> {
    let (meter, at) = (draft.price.meter, draft.price.valid_from);
    let after = book.with(&draft.list, draft.price.clone());
    let mut rates: BTreeMap<TenantId, [Option<Rate>; 2]> = BTreeMap::new();
    let mut changes: BTreeMap<TenantId, CustomerChange> = BTreeMap::new();
    let mut charged = Estimate::default();
    for of in uses {
        let buyer = Buyer { customer: of.customer_id, reseller: Some(seller) };
        let [now, then] = rates
            .entry(of.customer_id)
            .or_insert_with(|| [book, &after].map(|book| book.rate(&buyer, meter, at)));
        let cost = |rate: &Option<Rate>| {
            rate.as_ref().map_or(Ok(Estimate::default()), |rate| estimate(rate, of.quantity))
        };
        let (now, then) = (cost(now)?, cost(then)?);
        charged += Estimate { revenue: of.amount_cents, platform: of.amount_cents - of.commission_cents };
        let change = changes.entry(of.customer_id).or_insert_with(|| CustomerChange {
            id: of.customer_id,
            number: of.number,
            name: of.name,
            quantity: 0,
            now: Estimate::default(),
            then: Estimate::default(),
        });
        change.quantity = change.quantity.checked_add(of.quantity).ok_or(OutOfRange)?;
        change.now += now;
        change.then += then;
    }
    Ok((changes.into_values().collect(), charged))
}
