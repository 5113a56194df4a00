//! The pages of prices: what is entered, what it would do, who may set it, and what is charged afterwards; meters, plans and terms.

mod catalogue;
mod editor;
mod simulator;
mod walls;

use crate::support::client::{Client, Page};
use crate::support::engines::Store;
use crate::support::site::Site;
use crate::support::sql::Raw;
use std::time::Duration;

const OWN: &str = "/reseller/prices/own";
const DAY: Duration = Duration::from_secs(86_400);

/// The fields of a flat price.
fn flat(price: &str) -> Vec<(&'static str, &str)> {
    vec![("model", "flat"), ("price", price), ("start", "now"), ("increment", "60/60")]
}

/// Sets a price as a person does: the form, the question, the answer. Gives the list it leads to.
async fn set(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = client.get(path).await.expect(200);
    let key = form.value("key").expect("a key in the form");
    let mut fields = fields.to_vec();
    fields.push(("key", &key));
    let asked = client.post(path, &fields).await.expect(200);
    assert_eq!(asked.value("confirm").as_deref(), Some("yes"), "{}", asked.body);
    fields.push(("confirm", "yes"));
    let done = client.post(path, &fields).await.expect(303);
    let list = done.location().to_owned();
    client.get(&list).await.expect(200)
}

/// What stands in the log of changes, sorted: action and whose data. At one moment entries have no order.
async fn log(store: &Store) -> Vec<Vec<String>> {
    let sql = "SELECT a.action, t.number FROM audit_entries a JOIN tenants t ON t.id = a.owner_id ORDER BY a.action, t.number";
    Raw::open(store).await.texts(sql).await
}

/// What the last charge of a customer took, in cents.
async fn last_charge(site: &Site, place: usize) -> i64 {
    -site.movements(place).await[0].amount_cents.0
}
