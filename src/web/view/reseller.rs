//! The reseller's first page: what this month brought, and which customers need a call.

use super::page::Page;
use super::parts::{BalanceState, Reach};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use askama::Template;

/// The overview of one reseller.
#[derive(Template, Debug)]
#[template(path = "pages/reseller/home/show.html")]
pub struct ResellerHome {
    /// The frame.
    pub page: Page,
    /// First instant of the month the figures are about.
    pub month: Ts,
    /// Commission accrued this month.
    pub commission: Cents,
    /// What the customers used this month.
    pub revenue: Cents,
    /// What is left to the platform of it.
    pub platform_share: Cents,
    /// Every customer, shortest reach first.
    pub customers: Vec<CustomerRow>,
    /// True when the list was cut.
    pub has_more: bool,
    /// Customers in total.
    pub customer_count: i64,
    /// Customers that are active.
    pub active_count: i64,
    /// Balances of all customers together.
    pub balance_sum: Cents,
    /// The own wallet of a reseller who prepays.
    pub wallet: Option<WalletView>,
}

/// The wallet that usage of a reseller's customers is paid from.
#[derive(Clone, Debug)]
pub struct WalletView {
    /// What is left.
    pub balance: Cents,
    /// How that stands.
    pub state: BalanceState,
    /// Link to its movements.
    pub href: String,
}

impl ResellerHome {
    /// Customers below their threshold or without money.
    fn attention(&self) -> Vec<&CustomerRow> {
        self.customers.iter().filter(|row| row.active && row.state != BalanceState::Fine).take(5).collect()
    }

    fn low_count(&self) -> usize {
        self.customers.iter().filter(|row| row.active && row.state != BalanceState::Fine).count()
    }

    fn first_name(&self) -> &str {
        self.page.actor.as_ref().and_then(|actor| actor.name.split_whitespace().next()).unwrap_or_default()
    }

    fn month_name(&self) -> String {
        super::format::month(self.page.t, self.month)
    }
}

/// A customer in a list.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// Public number.
    pub number: String,
    /// Name.
    pub name: String,
    /// Available money.
    pub balance: Cents,
    /// How it stands.
    pub state: BalanceState,
    /// How long it lasts.
    pub reach: Reach,
    /// Used in the last thirty days, as a positive amount.
    pub used: Cents,
    /// Whether usage is authorised.
    pub active: bool,
}
