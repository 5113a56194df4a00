//! The editor of a price, its preview, and the question before it is set.

use super::super::page::Page;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::pricing::Unit;
use crate::i18n::T;
use askama::Template;

/// The increments that can be chosen without writing them.
pub const INCREMENTS: [&str; 4] = ["60/60", "60/1", "30/6", "1/1"];

/// What is wrong with a form, as (field id, sentence).
pub type Errors = Vec<(String, String)>;

/// The sentence of a field; empty where nothing is wrong with it.
pub fn error_of<'e>(errors: &'e Errors, field: &str) -> &'e str {
    errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
}

/// The entered values, kept as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceForm {
    /// Makes a double click or a reload one price.
    pub key: String,
    /// `now` or `date`.
    pub start: String,
    /// The date.
    pub date: String,
    /// `flat`, `graduated`, `package` or `none`.
    pub model: String,
    /// Price per minute or piece.
    pub price: String,
    /// From how many minutes or pieces on which price applies.
    pub tiers: Vec<(String, String)>,
    /// Minutes or pieces in a package.
    pub package_units: String,
    /// Price of a package.
    pub package_price: String,
    /// Included minutes or pieces.
    pub included: String,
    /// One of [`INCREMENTS`], or `other`.
    pub increment: String,
    /// First seconds.
    pub first: String,
    /// Seconds of further steps.
    pub next: String,
    /// The platform allows the price to be below its own.
    pub below: bool,
}

impl PriceForm {
    pub(super) fn has_model(&self, model: &str) -> bool {
        self.model == model
    }

    /// The rows of the tiers with the ids of their fields.
    pub(super) fn rows(&self) -> Vec<TierRow> {
        let row = |(place, (above, price)): (usize, &(String, String))| TierRow {
            number: place + 1,
            above_id: format!("above-{place}"),
            price_id: format!("tier-{place}"),
            above: above.clone(),
            price: price.clone(),
        };
        self.tiers.iter().enumerate().map(row).collect()
    }

    fn has_increment(&self, increment: &str) -> bool {
        self.increment == increment
    }
}

/// A row of the tiers.
pub(super) struct TierRow {
    pub(super) number: usize,
    pub(super) above_id: String,
    pub(super) price_id: String,
    pub(super) above: String,
    pub(super) price: String,
}

/// How a minute or piece is shared, from one border on.
#[derive(Clone, Debug)]
pub struct ShareRow {
    /// `ab 1.000 Min.`; empty where the price never changes.
    pub from: String,
    /// What the customer pays.
    pub customer: String,
    /// What the platform takes.
    pub platform: String,
    /// What is left.
    pub commission: String,
    /// The same as a part of the price.
    pub part: String,
    /// Markup over the platform's price.
    pub markup: String,
    /// Whether less than nothing is left.
    pub is_loss: bool,
}

/// The example of ten minutes or pieces.
#[derive(Clone, Debug)]
pub struct ExampleView {
    /// `10 Minuten`.
    pub what: String,
    /// What the customer pays.
    pub customer: Cents,
    /// What the platform gets.
    pub platform: Cents,
    /// What the reseller gets.
    pub commission: Cents,
    /// The same three until now.
    pub before: Option<(Cents, Cents, Cents)>,
}

/// What a price would do.
#[derive(Clone, Debug, Default)]
pub struct PreviewView {
    /// Why there is nothing to show, or why it cannot be set; empty when all is well.
    pub problem: String,
    /// From when on; `None` where there is nothing to show.
    pub from: Option<Ts>,
    /// The price in words.
    pub price: String,
    /// Tiers, increment, included units.
    pub details: Vec<String>,
    /// What is paid until then; empty where nothing is.
    pub old: String,
    /// Whether a reseller earns on it; direct customers pay the platform all.
    pub is_shared: bool,
    /// How a minute or piece is shared.
    pub shares: Vec<ShareRow>,
    /// The example.
    pub example: Option<ExampleView>,
    /// Between which prices it has to lie; empty where nothing is agreed.
    pub rails: String,
    /// For how many customers.
    pub buyers: i64,
    /// Where they are listed.
    pub buyers_href: String,
    /// Prices of resellers that break their rails beside it.
    pub affected: Vec<super::BreachRow>,
}

impl PreviewView {
    fn what(&self) -> String {
        self.details.join(" · ")
    }

    fn has_borders(&self) -> bool {
        self.shares.len() > 1
    }
}

/// The preview alone, as htmx asks for it.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/preview.html")]
pub struct PreviewPart<'a> {
    /// The frame.
    pub page: &'a Page,
    /// What it shows.
    pub preview: PreviewView,
}

/// The editor.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/edit.html")]
pub struct EditPrice {
    /// The frame.
    pub page: Page,
    /// `/reseller/prices` or `/admin/prices`.
    pub base: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The list, with its address.
    pub list: (String, String),
    /// The meter.
    pub meter: String,
    /// How it counts.
    pub unit: Unit,
    /// What is entered.
    pub form: PriceForm,
    /// What is wrong with it.
    pub errors: Errors,
    /// What it would do.
    pub preview: PreviewView,
    /// Whether the list's price for this meter can be ended.
    pub may_end: bool,
    /// Whether the platform can allow a price below its own.
    pub may_allow: bool,
    /// Whether there is usage to try the price on.
    pub simulator: Option<String>,
}

impl EditPrice {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    /// The unit of a price field: `€/Min.`.
    fn price_unit(&self) -> String {
        price_unit(self.page.t, self.unit)
    }

    /// The unit of a field that counts: `Min.`, `Stück`.
    fn count_unit(&self) -> String {
        count_unit(self.page.t, self.unit)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// Asks before a price is set.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/confirm.html")]
pub struct ConfirmPrice {
    /// The frame.
    pub page: Page,
    /// See [`EditPrice::base`].
    pub base: &'static str,
    /// Where the form goes.
    pub action: String,
    /// The list, with its address.
    pub list: (String, String),
    /// The meter.
    pub meter: String,
    /// The fields of the form, to be sent again.
    pub fields: Vec<(String, String)>,
    /// Back to the editor with all that was entered.
    pub back: String,
    /// What it will do.
    pub preview: PreviewView,
}

/// The unit of a price field: `€/Min.`.
pub(super) fn price_unit(t: T, unit: Unit) -> String {
    match unit {
        Unit::Second => t.price_unit_minute(),
        Unit::Piece => t.price_unit_piece(),
    }
}

/// The unit of a field that counts: `Min.`, `Stück`.
pub(super) fn count_unit(t: T, unit: Unit) -> String {
    match unit {
        Unit::Second => t.price_count_minutes(),
        Unit::Piece => t.price_count_pieces(),
    }
}
