//! Prices as readers see them: lists with their versions, and the words for a price.

mod agreed;
mod editor;
mod simulator;

pub use agreed::{
    AssignPlan, BreachRow, ConfirmTerms, EditTerms, MemberRow, MeterForm, MeterIndex, MeterRow, PlanIndex,
    PlanRow, ShowMeter, ShowPlan, TermsForm, TermsRow,
};
pub use editor::{
    ConfirmPrice, EditPrice, Errors, ExampleView, INCREMENTS, PreviewPart, PreviewView, PriceForm, ShareRow,
    error_of,
};
pub use simulator::{ChangeRow, ShowSimulator, SimulationView, SumRow};

use super::page::Page;
use crate::domain::clock::Ts;
use crate::domain::money::UnitPrice;
use crate::domain::pricing::{Meter, MeterInfo, Model, Price, Unit};
use crate::i18n::{Lang, T};
use askama::Template;

/// The symbol of a meter in `static/icons.svg`.
pub fn meter_icon(meter: Meter) -> &'static str {
    match meter {
        Meter::CALL => "phone",
        Meter::API_CALL => "braces",
        Meter::APPOINTMENT => "calendar-check",
        Meter::SMS => "message-square",
        _ => "activity",
    }
}

/// The name of a meter in the reader's language.
pub fn meter_name(t: T, info: &MeterInfo) -> String {
    match t.lang() {
        Lang::De => info.name_de.clone(),
        Lang::En => info.name_en.clone(),
    }
}

/// So many units with their word: `1.000 Min.`, `1:30 Min.`, `12 Stück`.
pub fn units(t: T, unit: Unit, count: i64) -> String {
    match unit {
        Unit::Piece => t.price_pieces(count, t.number(count)),
        Unit::Second => t.price_minutes(match count % 60 {
            0 => t.number(count / 60),
            rest => format!("{}:{rest:02}", t.number(count / 60)),
        }),
    }
}

/// What a price is for: `je Minute`, `je Stück`.
pub fn per_unit(t: T, unit: Unit) -> String {
    match unit {
        Unit::Second => t.price_per_minute(),
        Unit::Piece => t.price_per_piece(),
    }
}

/// A share in hundredths of a percent with one digit: `33,3 %`, `25 %`.
pub fn percent(t: T, bps: i64) -> String {
    let (sign, tenths) = (if bps < -4 { "\u{2212}" } else { "" }, (bps.unsigned_abs() + 5) / 10);
    let point = if t.lang() == Lang::De { ',' } else { '.' };
    let whole = t.number(i64::try_from(tenths / 10).unwrap_or(i64::MAX));
    match tenths % 10 {
        0 => format!("{sign}{whole}\u{a0}%"),
        digit => format!("{sign}{whole}{point}{digit}\u{a0}%"),
    }
}

/// A unit price as it is entered: `0,40`, `0,00425`.
pub fn entered(price: UnitPrice) -> String {
    let fraction = format!("{:06}", price.0.rem_euclid(1_000_000));
    let fraction = fraction.trim_end_matches('0');
    format!("{},{fraction:0<2}", price.0.div_euclid(1_000_000))
}

/// What a price costs, in one line: `0,40 € je Minute`.
pub fn headline(t: T, price: &Price) -> String {
    match &price.model {
        None => t.price_none(),
        Some(Model::Flat(flat)) => t.price_flat(t.price(*flat), per_unit(t, price.unit)),
        Some(Model::Package { units: size, price: package }) => {
            t.price_package(t.price(*package), units(t, price.unit, *size))
        }
        Some(Model::Graduated(tiers)) => {
            let first = tiers.first().map_or(UnitPrice(0), |tier| tier.price);
            let last = tiers.last().map_or(first, |tier| tier.price);
            t.price_graduated(t.price(first), t.price(last), per_unit(t, price.unit))
        }
    }
}

/// What else there is to say about a price: tiers, increment, included units.
pub fn details(t: T, price: &Price) -> Vec<String> {
    let mut out = vec![];
    if price.model.is_none() {
        return out;
    }
    if let Some(Model::Graduated(tiers)) = &price.model {
        let tier = |tier: &crate::domain::pricing::Tier| match tier.above {
            0 => t.price_tier_first(t.price(tier.price)),
            above => t.price_tier(t.price(tier.price), units(t, price.unit, above)),
        };
        out.extend(tiers.iter().map(tier));
    }
    if price.unit == Unit::Second {
        out.push(t.price_increment(increment_text(price)));
    }
    if price.included > 0 {
        out.push(t.price_included(units(t, price.unit, price.included)));
    }
    if price.below_platform {
        out.push(t.price_below_allowed());
    }
    out
}

fn increment_text(price: &Price) -> String {
    format!("{}/{}", price.increment.first, price.increment.next)
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It will be valid.
    Planned,
    /// It is valid.
    Valid,
    /// Another took its place.
    Past,
    /// It was withdrawn before it took effect.
    Withdrawn,
}

impl Standing {
    fn label(self, t: T) -> String {
        match self {
            Standing::Planned => t.price_planned(),
            Standing::Valid => t.price_valid(),
            Standing::Past => t.price_past(),
            Standing::Withdrawn => t.price_withdrawn(),
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            Standing::Planned => "info",
            Standing::Valid => "ok",
            Standing::Past => "plain",
            Standing::Withdrawn => "warn",
        }
    }
}

/// A version of a price in a list.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// The symbol of its meter.
    pub icon: &'static str,
    /// The name of its meter.
    pub meter: String,
    /// What it costs.
    pub price: String,
    /// Tiers, increment, included units.
    pub details: Vec<String>,
    /// From when on.
    pub from: Ts,
    /// Where it stands.
    pub standing: Standing,
    /// Who entered it; empty for the installation itself.
    pub author: String,
    /// When it was entered.
    pub entered_at: Ts,
    /// Where it can be withdrawn.
    pub withdraw: Option<String>,
}

impl VersionRow {
    fn what(&self) -> String {
        self.details.join(" · ")
    }
}

/// A meter in a list: what it costs at present and what is planned.
#[derive(Clone, Debug)]
pub struct PriceLine {
    /// The symbol of the meter.
    pub icon: &'static str,
    /// Its name.
    pub meter: String,
    /// What it costs; `None` where the list says nothing.
    pub price: Option<(String, Ts)>,
    /// Tiers, increment, included units.
    pub details: Vec<String>,
    /// The next planned version.
    pub next: Option<(String, Ts)>,
    /// Where the price is changed; `None` for those who may only look.
    pub edit: Option<String>,
}

impl PriceLine {
    fn what(&self) -> String {
        self.details.join(" · ")
    }
}

/// A list somewhere else: of a customer, a reseller or a plan.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Whose or what it is.
    pub name: String,
    /// Its number; empty for plans.
    pub number: String,
    /// Where it is shown.
    pub href: String,
    /// Meters it has prices for.
    pub meters: i64,
    /// A second list of the same owner, with its number of meters: what a reseller sells by.
    pub other: Option<(String, i64)>,
}

/// The lists of one workspace.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/index.html")]
pub struct PriceIndex {
    /// The frame.
    pub page: Page,
    /// `/reseller/prices` or `/admin/prices`.
    pub base: &'static str,
    /// The lists whose prices are shown here: (title, address of the list, lines).
    pub lists: Vec<(String, String, Vec<PriceLine>)>,
    /// Resellers, for the platform.
    pub sellers: Vec<ListRow>,
    /// Plans, for the platform.
    pub plans: Vec<ListRow>,
    /// Customers with a list of their own.
    pub customers: Vec<ListRow>,
    /// Whether there are more of them than are shown.
    pub has_more: bool,
    /// What was searched for among the customers.
    pub wanted: String,
    /// Why nothing was found; empty otherwise.
    pub not_found: String,
    /// Whether prices may be changed.
    pub may_edit: bool,
}

impl PriceIndex {
    fn is_admin(&self) -> bool {
        self.base.starts_with("/admin")
    }
}

/// One list with all versions.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/show.html")]
pub struct ShowList {
    /// The frame.
    pub page: Page,
    /// See [`PriceIndex::base`].
    pub base: &'static str,
    /// What the list is called.
    pub title: String,
    /// What it is for, in a sentence.
    pub lead: String,
    /// Its meters.
    pub lines: Vec<PriceLine>,
    /// Versions that are planned, soonest first.
    pub planned: Vec<VersionRow>,
    /// All other versions, newest first within their meter.
    pub history: Vec<VersionRow>,
    /// What was just done, in a sentence.
    pub done: Option<String>,
}

/// Asks before a version is withdrawn.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/withdraw.html")]
pub struct AskWithdraw {
    /// The frame.
    pub page: Page,
    /// See [`PriceIndex::base`].
    pub base: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The list, with its address.
    pub list: (String, String),
    /// The version.
    pub version: VersionRow,
    /// Why it cannot be withdrawn; empty otherwise.
    pub refused: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_prices_and_units_are_written_as_people_read_them() {
        let (de, en) = (T::new(Lang::De), T::new(Lang::En));
        assert_eq!(
            (percent(de, 2_500), percent(de, 3_333), percent(en, 3_750)),
            ("25\u{a0}%".into(), "33,3\u{a0}%".into(), "37.5\u{a0}%".into())
        );
        assert_eq!(
            (percent(de, -3_333), percent(de, -3), percent(de, 9_999)),
            ("\u{2212}33,3\u{a0}%".into(), "0\u{a0}%".into(), "100\u{a0}%".into())
        );
        assert_eq!(
            (entered(UnitPrice(400_000)), entered(UnitPrice(4_250)), entered(UnitPrice(1_000_000_000))),
            ("0,40".into(), "0,00425".into(), "1000,00".into())
        );
        assert_eq!(
            (units(de, Unit::Second, 60_000), units(de, Unit::Second, 90)),
            ("1.000\u{a0}Min.".into(), "1:30\u{a0}Min.".into())
        );
        assert_eq!(
            (units(de, Unit::Piece, 1), units(en, Unit::Piece, 1_000)),
            ("1\u{a0}Stück".into(), "1,000\u{a0}pieces".into())
        );
    }
}
