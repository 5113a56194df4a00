//! Prices: whose list counts, from when on, between which rails, and what a charge keeps of it.

mod cost;
mod meters;
mod models;
mod precedence;
mod rails;
mod terms;

use crate::support::engines::{Engine, Store};
use crate::support::site::Site;
use crate::support::sql::Raw;
use crate::support::world::MORNING;
use guthaben::billing::Error;
use guthaben::billing::prices::{self, Change, Editor, NewPrice, Target};
use guthaben::billing::usage::record;
use guthaben::domain::clock::Ts;
use guthaben::domain::id::{TenantId, TransferId};
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{EventOutcome, UsageEvent};
use guthaben::store;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// So many days after the tests' time began.
fn day(days: u32) -> Ts {
    MORNING.plus(DAY * days)
}

/// Who a member edits prices as.
async fn editor(site: &Site, email: &str, tenant: TenantId) -> Result<Editor, Refusal> {
    let member = store::persons::member(&site.app().db, site.chain.people[email], tenant).await;
    Editor::of(&member.expect("a reading").expect("a member"))
}

/// The owner of the first reseller.
async fn reseller(site: &Site) -> Editor {
    editor(site, "reseller@site.example", site.chain.resellers[0]).await.expect("an owner")
}

/// So many cents a minute of calls, from an instant on.
fn call_price(target: Target, cents: i64, from: Option<Ts>) -> NewPrice {
    NewPrice { valid_from: from, ..NewPrice::flat(target, Meter::CALL, UnitPrice::cents(cents)) }
}

/// Sets a price that is in order.
async fn set(site: &Site, editor: &Editor, new: NewPrice) -> Change {
    let change = prices::set_price(site.app(), editor, new).await.expect("accepted");
    change.expect("a list the editor reaches")
}

/// What is said to something that is not in order.
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A charge of one customer.
#[derive(Clone, Copy, Debug)]
struct Charged {
    transfer: TransferId,
    amount: Cents,
    commission: Cents,
}

/// Lets a customer use something at a moment; the id says what it was.
async fn outcome(site: &Site, place: usize, meter: &str, usage: Usage, at: Ts, id: &str) -> EventOutcome {
    let customer = site.chain.customers[place];
    let event = UsageEvent::new(id.to_owned(), customer, Meter::CALL, usage, at, id.to_owned());
    let event = UsageEvent { meter: meter.to_owned(), ..event };
    record(site.app(), Scope::Platform, vec![event]).await.expect("recorded").remove(0)
}

/// The same for what is charged.
async fn charge(site: &Site, place: usize, meter: Meter, usage: Usage, at: Ts, id: &str) -> Charged {
    match outcome(site, place, meter.as_str(), usage, at, id).await {
        EventOutcome::Charged { transfer, amount, commission, replayed: false, .. } => {
            Charged { transfer, amount, commission }
        }
        other => panic!("{id}: {other:?}"),
    }
}

/// What a minute of calls costs a customer at a moment, in cents.
async fn minute(site: &Site, place: usize, at: Ts, id: &str) -> i64 {
    charge(site, place, Meter::CALL, Usage::Seconds(60), at, id).await.amount.0
}

/// What a charge names: the customer's version, the platform's and the terms, as hexadecimal digits; `NULL` for none.
async fn named(store: &Store, transfer: TransferId) -> Vec<String> {
    let hex = transfer.0.simple();
    let columns = ["price_id", "platform_price_id", "terms_id"].map(|column| match store.engine {
        Engine::Sqlite => format!("CASE WHEN {column} IS NULL THEN NULL ELSE lower(hex({column})) END"),
        Engine::Postgres => format!("replace(CAST({column} AS text), '-', '')"),
    });
    let id = match store.engine {
        Engine::Sqlite => format!("x'{hex}'"),
        Engine::Postgres => format!("CAST('{hex}' AS uuid)"),
    };
    let mut raw = Raw::open(store).await;
    raw.texts(&format!("SELECT {} FROM transfers WHERE id = {id}", columns.join(", "))).await.remove(0)
}

/// An id as [`named`] shows it.
fn hex(id: uuid::Uuid) -> String {
    id.simple().to_string()
}
