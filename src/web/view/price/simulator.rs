//! What if: a price tried on the last three months.

use super::super::page::Page;
use super::editor::{Errors, PriceForm, count_unit, error_of, price_unit};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::pricing::Unit;
use askama::Template;

/// The simulator.
#[derive(Template, Debug)]
#[template(path = "pages/console/price/simulator.html")]
pub struct ShowSimulator {
    /// The frame.
    pub page: Page,
    /// `/reseller/prices`.
    pub base: &'static str,
    /// Meters to choose from: key, name.
    pub meters: Vec<(String, String)>,
    /// The chosen one.
    pub meter: String,
    /// How it counts.
    pub unit: Unit,
    /// The list that is tried, and its address.
    pub list: (String, String),
    /// Its place, as the address says it.
    pub place: String,
    /// What is entered.
    pub form: PriceForm,
    /// What is wrong with it.
    pub errors: Errors,
    /// The result; `None` until a price was entered.
    pub result: Option<SimulationView>,
}

impl ShowSimulator {
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

/// One sum: what it was, is and would be.
#[derive(Clone, Debug)]
pub struct SumRow {
    /// What it is.
    pub label: String,
    /// As it was charged.
    pub charged: Cents,
    /// At today's prices.
    pub now: Cents,
    /// At the new price.
    pub then: Cents,
}

impl SumRow {
    fn change(&self) -> Cents {
        self.then - self.now
    }
}

/// A customer for whom it changes something.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: String,
    /// What it used.
    pub quantity: String,
    /// What it pays at today's prices.
    pub now: Cents,
    /// What it would pay.
    pub then: Cents,
    /// What is left to the reseller, more or less.
    pub commission: Cents,
}

impl ChangeRow {
    fn change(&self) -> Cents {
        self.then - self.now
    }
}

/// The result.
#[derive(Clone, Debug)]
pub struct SimulationView {
    /// The price in words.
    pub price: String,
    /// From when on usage was looked at.
    pub from: Ts,
    /// What was used.
    pub quantity: String,
    /// Revenue, platform, commission.
    pub sums: Vec<SumRow>,
    /// The customers with the largest changes.
    pub changes: Vec<ChangeRow>,
    /// How many customers it changes something for.
    pub customers: usize,
    /// Why the price cannot be set; empty otherwise.
    pub problem: String,
    /// The editor with this price.
    pub apply: String,
}
