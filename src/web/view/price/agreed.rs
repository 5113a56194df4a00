//! What stands around prices: meters, plans, and what is agreed with resellers.

use super::super::page::Page;
use super::editor::{Errors, error_of};
use crate::domain::clock::Ts;
use askama::Template;

/// A price of a reseller outside its rails.
#[derive(Clone, Debug)]
pub struct BreachRow {
    /// Whose list it is in.
    pub list: String,
    /// The meter.
    pub meter: String,
    /// The price.
    pub price: String,
    /// Which rail it breaks, and how.
    pub breach: String,
}

/// The form of a meter.
#[derive(Clone, Debug, Default)]
pub struct MeterForm {
    /// Its key.
    pub key: String,
    /// `second` or `piece`.
    pub unit: String,
    /// What German readers call it.
    pub name_de: String,
    /// What English readers call it.
    pub name_en: String,
    /// `60/60` or the like.
    pub increment: String,
    /// Whether usage is taken.
    pub active: bool,
}

/// A meter in the list.
#[derive(Clone, Debug)]
pub struct MeterRow {
    /// Its symbol.
    pub icon: &'static str,
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: String,
    /// How it counts.
    pub counts: String,
    /// Whether usage is taken.
    pub active: bool,
    /// Where it is changed; empty for those who may only look.
    pub href: String,
}

/// All meters, with the form of another.
#[derive(Template, Debug)]
#[template(path = "pages/admin/meter/index.html")]
pub struct MeterIndex {
    /// The frame.
    pub page: Page,
    /// The meters in their order.
    pub rows: Vec<MeterRow>,
    /// What is entered for another; `None` for those who may only look.
    pub form: Option<MeterForm>,
    /// What is wrong with it.
    pub errors: Errors,
    /// What was just done, in a sentence.
    pub done: Option<String>,
}

impl MeterIndex {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// One meter.
#[derive(Template, Debug)]
#[template(path = "pages/admin/meter/show.html")]
pub struct ShowMeter {
    /// The frame.
    pub page: Page,
    /// Its name as it is stored.
    pub name: String,
    /// Where the form goes.
    pub action: String,
    /// What is entered.
    pub form: MeterForm,
    /// What is wrong with it.
    pub errors: Errors,
    /// Set when the form would close the meter and waits for a confirmation.
    pub closing: bool,
}

impl ShowMeter {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// A plan in the list.
#[derive(Clone, Debug)]
pub struct PlanRow {
    /// Where it is.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Meters it has prices for.
    pub meters: i64,
    /// Customers who have it.
    pub customers: i64,
}

/// All plans, with the form of another.
#[derive(Template, Debug)]
#[template(path = "pages/admin/plan/index.html")]
pub struct PlanIndex {
    /// The frame.
    pub page: Page,
    /// The plans by name.
    pub rows: Vec<PlanRow>,
    /// Whether plans may be made.
    pub may_edit: bool,
    /// The entered name.
    pub name: String,
    /// What is wrong with it.
    pub errors: Errors,
}

impl PlanIndex {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }
}

/// A customer with a plan.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Since when.
    pub since: Ts,
}

/// One plan: its prices, its customers.
#[derive(Template, Debug)]
#[template(path = "pages/admin/plan/show.html")]
pub struct ShowPlan {
    /// The frame.
    pub page: Page,
    /// Where it is.
    pub href: String,
    /// Where its prices are.
    pub prices: String,
    /// Its name as it is stored.
    pub title: String,
    /// Its meters.
    pub lines: Vec<super::PriceLine>,
    /// Customers who have it.
    pub members: Vec<MemberRow>,
    /// How many they are.
    pub count: i64,
    /// Link to further ones.
    pub older: Option<String>,
    /// Link to the first ones, when this is not the first page.
    pub newer: Option<String>,
    /// Whether it may be changed.
    pub may_edit: bool,
    /// The entered name.
    pub name: String,
    /// The entered customers.
    pub customers: String,
    /// `now` or `date`.
    pub start: String,
    /// The entered date.
    pub date: String,
    /// What is wrong with what was entered.
    pub errors: Errors,
    /// What was just done, in a sentence.
    pub done: Option<String>,
}

impl ShowPlan {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// Asks before customers get a plan, or lose it.
#[derive(Template, Debug)]
#[template(path = "pages/admin/plan/assign.html")]
pub struct AssignPlan {
    /// The frame.
    pub page: Page,
    /// Where the form goes.
    pub action: String,
    /// The plan, with its address.
    pub plan: (String, String),
    /// The fields of the form, to be sent again.
    pub fields: Vec<(String, String)>,
    /// The customers: number and name.
    pub customers: Vec<(String, String)>,
    /// From when on.
    pub from: Ts,
    /// Whether they lose it.
    pub ends: bool,
}

/// The form of terms.
#[derive(Clone, Debug, Default)]
pub struct TermsForm {
    /// `commission` or `resale`.
    pub settlement: String,
    /// `rates` or `percent`.
    pub model: String,
    /// The rate in percent.
    pub rate: String,
    /// Least markup in percent.
    pub min: String,
    /// Largest markup in percent.
    pub max: String,
    /// Whether prices below the platform's are allowed.
    pub below: bool,
    /// Days until commission is available.
    pub days: String,
    /// The same after direct debits.
    pub sepa_days: String,
    /// `now` or `date`.
    pub start: String,
    /// The date.
    pub date: String,
}

/// A version of terms.
#[derive(Clone, Debug)]
pub struct TermsRow {
    /// From when on.
    pub from: Ts,
    /// Whether it is the valid one.
    pub valid: bool,
    /// Whether it is still to come.
    pub planned: bool,
    /// What it says, line by line.
    pub facts: Vec<(String, String)>,
}

/// What is agreed with a reseller, with the form of a change.
#[derive(Template, Debug)]
#[template(path = "pages/admin/terms/edit.html")]
pub struct EditTerms {
    /// The frame.
    pub page: Page,
    /// Where the form goes.
    pub action: String,
    /// The reseller's name and number.
    pub reseller: (String, String),
    /// The versions, newest first; none where the standard holds.
    pub rows: Vec<TermsRow>,
    /// What is entered; `None` for those who may only look.
    pub form: Option<TermsForm>,
    /// What is wrong with it.
    pub errors: Errors,
    /// Prices outside the present rails.
    pub breaches: Vec<BreachRow>,
    /// What was just done, in a sentence.
    pub done: Option<String>,
}

impl EditTerms {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// Asks before terms are agreed.
#[derive(Template, Debug)]
#[template(path = "pages/admin/terms/confirm.html")]
pub struct ConfirmTerms {
    /// The frame.
    pub page: Page,
    /// Where the form goes.
    pub action: String,
    /// The reseller's name and number.
    pub reseller: (String, String),
    /// The fields of the form, to be sent again.
    pub fields: Vec<(String, String)>,
    /// From when on.
    pub from: Ts,
    /// What changes: what it is, until then, afterwards.
    pub changes: Vec<(String, String, String)>,
    /// Whether the reseller prepays from then on, and its wallet must be filled.
    pub prepays: bool,
}
