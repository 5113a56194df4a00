//! Meters, price lists and rating: from what was used to what it costs each side.
//!
//! A [`Meter`] names what is counted. A [`PriceList`] holds versions of a [`Price`] per meter; [`PriceBook::rate`] finds the versions
//! that are valid for a customer at an instant, and [`rate()`] turns usage into a [`Charge`]. All of it is exact: amounts are
//! integers of a sixtieth of a micro-euro ([`Exact`](crate::domain::money::Exact)) until they are rounded once.

mod book;
mod estimate;
mod explain;
mod meter;
mod price;
mod rails;
mod rating;

pub use book::{Buyer, ListRole, PlanAssignment, PriceBook, PriceList, Settlement, Terms};
pub use estimate::{Estimate, UnitShares, estimate, unit_shares};
pub use explain::{Explanation, ShareExplanation, SideExplanation, Step, explain};
pub use meter::{Increment, Meter, MeterInfo, Unit, Usage};
pub use price::{MAX_TIERS, MAX_UNIT_PRICE, Model, ModelError, Price, Tier};
pub use rails::{Breach, Rails};
pub use rating::{
    Basis, Carry, Charge, DEFAULT_COMMISSION, MeterState, Rate, Share, affordable, affordable_wholesale, rate,
};

#[cfg(test)]
mod tests;
