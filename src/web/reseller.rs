//! The reseller's workspace: commission, revenue and customers at a glance.

use super::actor::Actor;
use super::error::Problem;
use super::frame::Frame;
use super::view::parts::{BalanceState, Reach};
use super::view::reseller::{CustomerRow, ResellerHome, WalletView};
use crate::app::App;
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::party::TenantKind;
use crate::store;
use crate::store::tenants::CustomerSummary;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use jiff::ToSpan;

/// The list shows this many; the full list with search is a page of its own.
const CUSTOMERS: usize = 200;
/// Days over which usage is shown and the pace is measured.
const DAYS: i64 = 30;

pub(super) fn router() -> Router<App> {
    Router::new().route("/reseller", get(show))
}

async fn show(State(app): State<App>, actor: Actor, Frame(page): Frame) -> Result<Html<String>, Problem> {
    let member = actor.of(TenantKind::Reseller)?;
    let (scope, now) = (member.scope(), app.clock.now());
    let today = calendar::day(now);
    let month = today.first_of_month();
    let sums = store::movements::sums(&app.db, scope, &month.to_string(), &today.to_string()).await?;
    let count = store::tenants::count_customers(&app.db, scope).await?;
    let since = today.saturating_sub((DAYS - 1).days()).to_string();
    let wanted = i64::try_from(CUSTOMERS).unwrap_or(200) + 1;
    let mut customers = store::tenants::list_customers(&app.db, scope, &since, "", wanted).await?;
    let has_more = customers.len() > CUSTOMERS;
    customers.truncate(CUSTOMERS);
    let wallet = store::ledger::balance(&app.db, scope, member.tenant.id).await?;
    let mut rows: Vec<CustomerRow> = customers.into_iter().map(|customer| row(customer, now)).collect();
    rows.sort_by_key(|row| shortest_first(row.reach));
    let view = ResellerHome {
        page,
        month: calendar::start_of(month),
        commission: sums.commission_cents,
        revenue: sums.used_cents,
        platform_share: sums.used_cents - sums.commission_cents,
        customers: rows,
        has_more,
        customer_count: count.customers,
        active_count: count.active,
        balance_sum: count.balance_cents,
        wallet: wallet.map(|balance| WalletView {
            balance: balance.available(),
            state: BalanceState::of(balance.available(), member.tenant.low_balance),
            href: own_movements(&member.tenant.number),
        }),
    };
    Ok(Html(view.render()?))
}

/// The movements of the reseller's own wallet.
fn own_movements(number: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("customer", number).finish();
    format!("/reseller/transactions?{query}")
}

fn row(customer: CustomerSummary, now: Ts) -> CustomerRow {
    let per_day = Cents(customer.used_cents.0 / DAYS);
    CustomerRow {
        state: BalanceState::of(customer.balance_cents, customer.low_balance_cents),
        reach: Reach::of(customer.balance_cents, (per_day > Cents::ZERO).then_some(per_day), now),
        number: customer.number,
        name: customer.name,
        balance: customer.balance_cents,
        used: customer.used_cents,
        active: customer.active,
    }
}

/// Days of reach, for sorting: what runs out first stands first.
fn shortest_first(reach: Reach) -> i64 {
    match reach {
        Reach::Empty => -1,
        Reach::Days { days, .. } => days,
        Reach::Long => 1_000,
        Reach::Unknown => 2_000,
    }
}
