//! Holds: what may start, what is reserved meanwhile, and how it is settled, whoever asks at the same time.

mod opening;
mod portal;
mod races;
mod resale;
mod settling;
mod together;

use crate::support::site::Site;
use crate::support::world::{draft, post};
use guthaben::billing::Error;
use guthaben::billing::holds::{self, NewHold};
use guthaben::domain::hold::Hold;
use guthaben::domain::id::{PriceId, PriceListId};
use guthaben::domain::ledger::{AccountKind, Posting};
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{ListRole, Meter};
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{ChargeReceipt, CustomerRef};
use guthaben::store::ledger::{self, Balance};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Pays money into the wallet at `place`.
async fn fund(site: &Site, place: usize, cents: i64) {
    let key = format!("fund-{place}-{cents}-{}", site.movements(place).await.len());
    let customer = site.chain.customers[place];
    post(
        &site.store.db,
        vec![draft(customer, &key, Posting::TopUp { amount: Cents(cents) })],
        site.clock.now(),
    )
    .await;
}

/// A site with money in the first wallet.
async fn funded(store: &crate::support::engines::Store, cents: i64) -> Site {
    let site = Site::start(store).await;
    fund(&site, 0, cents).await;
    site
}

/// A request for the customer at `place`.
fn new(site: &Site, place: usize, key: &str, meter: Meter, max_units: Option<i64>) -> NewHold {
    let customer = CustomerRef::Id(site.chain.customers[place]);
    NewHold { key: key.to_owned(), customer, meter: meter.as_str().to_owned(), max_units }
}

/// May a call of the first customer start?
async fn ask(site: &Site, key: &str, max_units: Option<i64>) -> Result<Hold, Error> {
    holds::open(site.app(), Scope::Platform, new(site, 0, key, Meter::CALL, max_units)).await
}

/// It may.
async fn open(site: &Site, key: &str, max_units: Option<i64>) -> Hold {
    ask(site, key, max_units).await.expect("a hold")
}

async fn extend(site: &Site, hold: &Hold, max_units: Option<i64>) -> Result<Hold, Error> {
    holds::extend(site.app(), Scope::Platform, hold.id, max_units).await
}

async fn capture(site: &Site, hold: &Hold, units: i64) -> Result<(Hold, ChargeReceipt), Error> {
    holds::capture(site.app(), Scope::Platform, hold.id, units).await
}

async fn release(site: &Site, hold: &Hold) -> Result<Hold, Error> {
    holds::release(site.app(), Scope::Platform, hold.id).await
}

/// The refusal of an answer.
#[track_caller]
fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> Refusal {
    match answer {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

async fn balance(site: &Site, place: usize) -> Balance {
    let customer = site.chain.customers[place];
    ledger::balance(&site.store.db, Scope::Platform, customer).await.expect("a reading").expect("a book")
}

/// Booked and reserved at `place`, in cents.
async fn money(site: &Site, place: usize) -> (i64, i64) {
    let balance = balance(site, place).await;
    (balance.booked().0, balance.held_cents.0)
}

/// Gives the customer at `place` a price of its own for calls: so many seconds of a month for nothing, and then so many cents a minute.
async fn own_price(site: &Site, place: usize, included: i64, cents: i64) {
    let (now, mut tx) = (site.clock.now(), site.store.db.begin().await.expect("begin"));
    let (list, platform) = (PriceListId::new(now), site.chain.platform);
    let insert_list = "INSERT INTO price_lists (id, owner_id, role, subject_id, name, created_at) VALUES ($1, $2, $3, $4, 'x', $5)";
    let insert_list = tx.q(insert_list).bind(list).bind(platform).bind(ListRole::Customer);
    insert_list.bind(site.chain.customers[place]).bind(now).exec().await.expect("a list");
    let insert_price = "INSERT INTO prices (id, list_id, owner_id, meter, model, price_micros, package_units, included_units, tiers, \
                        first_seconds, next_seconds, below_platform, valid_from, created_at) \
                        VALUES ($1, $2, $3, 'call', 'flat', $4, 0, $5, $6, 60, 60, TRUE, $7, $7)";
    let insert_price = tx.q(insert_price).bind(PriceId::new(now)).bind(list).bind(platform);
    let insert_price = insert_price.bind(cents * 10_000).bind(included).bind(serde_json::json!([])).bind(now);
    insert_price.exec().await.expect("a price");
    tx.commit().await.expect("commit");
}

/// The account of a tenant's own book.
async fn account(site: &Site, tenant: guthaben::domain::id::TenantId, kind: AccountKind) -> Cents {
    crate::support::audit::Ledger::read(&site.store.db).await.balance(tenant, kind)
}
