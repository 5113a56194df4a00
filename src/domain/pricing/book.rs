//! Price lists in their order of precedence, and what is agreed with resellers: which versions are valid for a customer at an instant.

use super::meter::Meter;
use super::price::Price;
use super::rails::Rails;
use super::rating::{DEFAULT_COMMISSION, Rate, Share};
use crate::domain::clock::Ts;
use crate::domain::id::{PriceListId, TenantId, TermsId};
use crate::domain::party::text_enum;
use std::collections::HashMap;

/// What a price list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListRole {
    /// What the platform takes from usage of resellers' customers; with a subject, of that reseller's.
    Platform,
    /// What customers pay whom no other list serves.
    Default,
    /// What customers pay who have that plan.
    Plan,
    /// What a reseller's customers pay.
    Reseller,
    /// What one customer pays.
    Customer,
}

text_enum!(ListRole {
    Platform = "platform",
    Default = "default",
    Plan = "plan",
    Reseller = "reseller",
    Customer = "customer",
});

/// A price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// Its id.
    pub id: PriceListId,
    /// Who sells by it: the platform or a reseller.
    pub owner: TenantId,
    /// What it is for.
    pub role: ListRole,
    /// The reseller or customer it was made for.
    pub subject: Option<TenantId>,
    /// What its owner calls it.
    pub name: String,
}

/// How usage of a reseller's customers is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The platform holds the money and owes the reseller commission.
    Commission,
    /// The reseller prepays the platform; its customers pay the reseller.
    Resale,
}

text_enum!(Settlement { Commission = "commission", Resale = "resale" });

/// What is agreed with a reseller from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The version's id.
    pub id: TermsId,
    /// With whom.
    pub reseller: TenantId,
    /// How usage is settled.
    pub settlement: Settlement,
    /// Commission in hundredths of a percent of the charge; `None`: the difference of the price lists.
    pub commission_bps: Option<i64>,
    /// Least markup over the platform's price, in hundredths of a percent.
    pub min_markup_bps: i64,
    /// Largest markup over the platform's price, in hundredths of a percent.
    pub max_markup_bps: i64,
    /// Whether the reseller may sell below the platform's price and bears the difference.
    pub below_platform: bool,
    /// Days until commission is available.
    pub hold_days: i64,
    /// Days until commission from usage paid by direct debit is available.
    pub sepa_hold_days: i64,
    /// From when on.
    pub valid_from: Ts,
}

impl Terms {
    /// What holds for a reseller with whom nothing else was agreed (product decisions 2 and 8).
    pub const fn standard(id: TermsId, reseller: TenantId, valid_from: Ts) -> Terms {
        Terms {
            id,
            reseller,
            settlement: Settlement::Commission,
            commission_bps: None,
            min_markup_bps: Rails::STANDARD.min_markup_bps,
            max_markup_bps: Rails::STANDARD.max_markup_bps,
            below_platform: Rails::STANDARD.below_platform,
            hold_days: 14,
            sepa_hold_days: 56,
            valid_from,
        }
    }

    /// The rails for this reseller's prices.
    pub const fn rails(&self) -> Rails {
        Rails {
            min_markup_bps: self.min_markup_bps,
            max_markup_bps: self.max_markup_bps,
            below_platform: self.below_platform,
        }
    }
}

/// A customer's plan from an instant on; without a list it has none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanAssignment {
    /// Whose.
    pub customer: TenantId,
    /// The plan's list.
    pub list: Option<PriceListId>,
    /// From when on.
    pub valid_from: Ts,
}

/// Who buys: what precedence needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Buyer {
    /// The customer.
    pub customer: TenantId,
    /// Its reseller; `None` for direct customers.
    pub reseller: Option<TenantId>,
}

/// Which list, as precedence asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Platform,
    PlatformFor(TenantId),
    Default,
    Plan(PriceListId),
    Reseller(TenantId),
    Customer(TenantId),
}

impl Place {
    /// `None` for a list that belongs to nobody; the schema has none.
    fn of(list: &PriceList) -> Option<Place> {
        Some(match (list.role, list.subject) {
            (ListRole::Platform, None) => Place::Platform,
            (ListRole::Platform, Some(reseller)) => Place::PlatformFor(reseller),
            (ListRole::Default, _) => Place::Default,
            (ListRole::Plan, _) => Place::Plan(list.id),
            (ListRole::Reseller, _) => Place::Reseller(list.owner),
            (ListRole::Customer, subject) => Place::Customer(subject?),
        })
    }
}

/// Price lists, terms and plans of some sellers and customers, ready to be asked for rates.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    /// Versions by list and meter, oldest first.
    prices: HashMap<(Place, Meter), Vec<Price>>,
    /// Versions by reseller, oldest first.
    terms: HashMap<TenantId, Vec<Terms>>,
    /// Plans by customer, oldest first.
    plans: HashMap<TenantId, Vec<PlanAssignment>>,
}

/// The last version that is valid at `at`; they are in order of time.
fn valid<T>(versions: Option<&Vec<T>>, at: Ts, from: impl Fn(&T) -> Ts) -> Option<&T> {
    let versions = versions?;
    let after = versions.partition_point(|version| from(version) <= at);
    versions.get(after.checked_sub(1)?)
}

impl PriceBook {
    /// Puts versions in order. Prices of lists that are not given, and versions that were withdrawn, do not belong in it.
    pub fn new(
        lists: &[PriceList],
        prices: Vec<Price>,
        terms: Vec<Terms>,
        plans: Vec<PlanAssignment>,
    ) -> PriceBook {
        let places: HashMap<PriceListId, Place> =
            lists.iter().filter_map(|list| Some((list.id, Place::of(list)?))).collect();
        let mut book = PriceBook::default();
        for price in prices {
            if let Some(place) = places.get(&price.list) {
                book.prices.entry((*place, price.meter)).or_default().push(price);
            }
        }
        for version in terms {
            book.terms.entry(version.reseller).or_default().push(version);
        }
        for plan in plans {
            book.plans.entry(plan.customer).or_default().push(plan);
        }
        book.prices.values_mut().for_each(|versions| versions.sort_by_key(|version| version.valid_from));
        book.terms.values_mut().for_each(|versions| versions.sort_by_key(|version| version.valid_from));
        book.plans.values_mut().for_each(|versions| versions.sort_by_key(|version| version.valid_from));
        book
    }

    /// The same book with one more version in a list, as if it had been written: what a price would do.
    #[must_use]
    pub fn with(&self, list: &PriceList, price: Price) -> PriceBook {
        let mut book = self.clone();
        if let Some(place) = Place::of(list) {
            let versions = book.prices.entry((place, price.meter)).or_default();
            let after = versions.partition_point(|version| version.valid_from <= price.valid_from);
            versions.insert(after, price);
        }
        book
    }

    /// The same book with one more plan of a customer.
    #[must_use]
    pub fn with_plan(&self, plan: PlanAssignment) -> PriceBook {
        let mut book = self.clone();
        let plans = book.plans.entry(plan.customer).or_default();
        let after = plans.partition_point(|version| version.valid_from <= plan.valid_from);
        plans.insert(after, plan);
        book
    }

    /// The version with a model that is valid in a list by itself, whatever goes before it.
    pub fn list_price(&self, list: &PriceList, meter: Meter, at: Ts) -> Option<&Price> {
        self.price(Place::of(list)?, meter, at)
    }

    /// The version with a model that is valid in one list.
    fn price(&self, place: Place, meter: Meter, at: Ts) -> Option<&Price> {
        let price = valid(self.prices.get(&(place, meter)), at, |price| price.valid_from);
        price.filter(|price| price.model.is_some())
    }

    /// What is agreed with a reseller at an instant; `None` where it is the standard.
    pub fn terms(&self, reseller: TenantId, at: Ts) -> Option<&Terms> {
        valid(self.terms.get(&reseller), at, |terms| terms.valid_from)
    }

    /// What the platform takes from a reseller's customers for a meter: the reseller's own platform price, else the common one.
    pub fn platform_price(&self, reseller: TenantId, meter: Meter, at: Ts) -> Option<&Price> {
        let own = self.price(Place::PlatformFor(reseller), meter, at);
        own.or_else(|| self.price(Place::Platform, meter, at))
    }

    /// The price a customer pays: its own, else its reseller's, else its plan's, else the default. Each meter for itself, so a list
    /// that knows a meter not, or no more, leaves it to the next.
    pub fn customer_price(&self, buyer: &Buyer, meter: Meter, at: Ts) -> Option<&Price> {
        let plan = || valid(self.plans.get(&buyer.customer), at, |plan| plan.valid_from)?.list;
        self.price(Place::Customer(buyer.customer), meter, at)
            .or_else(|| self.price(Place::Reseller(buyer.reseller?), meter, at))
            .or_else(|| self.price(Place::Plan(plan()?), meter, at))
            .or_else(|| self.price(Place::Default, meter, at))
    }

    /// What a customer pays and what the platform takes of it, by the versions valid at `at`. `None` where nobody has a price.
    pub fn rate(&self, buyer: &Buyer, meter: Meter, at: Ts) -> Option<Rate> {
        let customer = self.customer_price(buyer, meter, at)?.clone();
        let Some(reseller) = buyer.reseller else {
            let (platform, settlement) = (Share::Everything, Settlement::Commission);
            return Some(Rate { customer, platform, settlement, terms: None, below_platform: false });
        };
        let terms = self.terms(reseller, at);
        let platform = match terms.and_then(|terms| terms.commission_bps) {
            Some(rate_bps) => Share::Commission { rate_bps },
            None => self
                .platform_price(reseller, meter, at)
                .map_or(DEFAULT_COMMISSION, |price| Share::Price(price.clone())),
        };
        let below_platform = customer.below_platform || terms.is_some_and(|terms| terms.below_platform);
        let settlement = terms.map_or(Settlement::Commission, |terms| terms.settlement);
        Some(Rate { customer, platform, settlement, terms: terms.map(|terms| terms.id), below_platform })
    }
}
