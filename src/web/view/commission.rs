//! A reseller's commission: where it stands, month by month, and by which customers.

use super::page::Page;
use crate::domain::commission::{CommissionState, HoldDays};
use crate::domain::money::Cents;
use crate::i18n::T;
use askama::Template;

/// The page.
#[derive(Template, Debug)]
#[template(path = "pages/reseller/commission/index.html")]
pub struct CommissionIndex {
    /// The frame.
    pub page: Page,
    /// Everything by state.
    pub sums: StateSums,
    /// How long commission waits.
    pub hold: HoldDays,
    /// Months, newest first.
    pub months: Vec<MonthRow>,
    /// The chosen month in words; `None` for all.
    pub month: Option<String>,
    /// Customers in the order of their numbers.
    pub customers: Vec<CustomerRow>,
    /// Link to further customers.
    pub more: Option<String>,
    /// Link to the first customers; `None` on the first page.
    pub first: Option<String>,
    /// Link to the lines as CSV.
    pub csv: String,
}

/// Commission by where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct StateSums {
    /// Earned; it waits.
    pub accrued: Cents,
    /// The next payout takes it.
    pub available: Cents,
    /// In a payout that is being made.
    pub in_payout: Cents,
    /// Paid out.
    pub paid: Cents,
}

impl StateSums {
    /// Everything together.
    pub fn total(&self) -> Cents {
        self.accrued + self.available + self.in_payout + self.paid
    }
}

/// A month.
#[derive(Clone, Debug)]
pub struct MonthRow {
    /// `November 2026`.
    pub label: String,
    /// Link that chooses it.
    pub href: String,
    /// Whether it is chosen.
    pub current: bool,
    /// Its sums.
    pub sums: StateSums,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// Number.
    pub number: String,
    /// Name.
    pub name: String,
    /// Link to the movements that the commission comes from.
    pub href: String,
    /// Its sums.
    pub sums: StateSums,
}

/// A state in a word.
pub fn state_label(t: T, state: CommissionState) -> String {
    match state {
        CommissionState::Accrued => t.commission_accrued(),
        CommissionState::Available => t.commission_available(),
        CommissionState::InPayout => t.commission_in_payout(),
        CommissionState::Paid => t.commission_paid(),
    }
}

/// The suffix of the CSS class `badge--…` of a state.
pub const fn state_badge(state: CommissionState) -> &'static str {
    match state {
        CommissionState::Accrued => "pending",
        CommissionState::Available => "info",
        CommissionState::InPayout => "warn",
        CommissionState::Paid => "ok",
    }
}
