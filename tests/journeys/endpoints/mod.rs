//! Webhooks to others: what is sent to whom, signed how, repeated when, and where it may never go.

mod delivery;
mod events;
mod pages;
mod walls;

use crate::support::client::{Client, Page};
use crate::support::engines::Store;
use crate::support::receiver::{Heard, Receiver};
use crate::support::site::Site;
use guthaben::server::Job;

pub const ADMIN: &str = "/admin/settings/webhooks";
pub const RESELLER: &str = "/reseller/settings/webhooks";
/// Every type of event that something writes today.
pub const ALL: [&str; 4] = ["balance.low", "balance.depleted", "topup.settled", "topup.failed"];

/// A site that may send to this machine.
pub async fn open_site(store: &Store) -> Site {
    Site::with(store, &[("GUTHABEN_WEBHOOKS_ALLOW_PRIVATE", "on")]).await
}

/// The fields of the form.
pub fn form<'f>(url: &'f str, events: &[&'f str]) -> Vec<(&'static str, &'f str)> {
    let mut fields = vec![("url", url), ("description", "Warenwirtschaft"), ("active", "on")];
    fields.extend(events.iter().map(|event| ("events", *event)));
    fields
}

/// An endpoint as its owner knows it.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its page.
    pub href: String,
    /// `whsec_…`.
    pub secret: String,
}

/// The secret that a page shows.
pub fn secret_on(page: &Page) -> String {
    let (_, rest) =
        page.body.split_once("id=\"secret\">").unwrap_or_else(|| panic!("no secret: {}", page.body));
    rest.split_once('<').expect("its end").0.to_owned()
}

/// Makes an endpoint with the form, as its owner does.
pub async fn add(client: &mut Client, base: &str, url: &str, events: &[&str]) -> Hook {
    let key = client.get(&format!("{base}/new")).await.expect(200).value("key").expect("a key in the form");
    let mut fields = form(url, events);
    fields.push(("key", &key));
    let page = client.post(base, &fields).await.expect(200);
    Hook { href: format!("{base}/{key}"), secret: secret_on(&page) }
}

/// Sends what is due; gives the number of attempts.
pub async fn send(site: &Site) -> usize {
    Job::Endpoints.run(site.app()).await.expect("sent")
}

/// Sends what is due and gives what was heard of it.
pub async fn hear(site: &Site, receiver: &Receiver) -> Vec<Heard> {
    send(site).await;
    receiver.take()
}

/// The types of what was heard, sorted.
pub fn kinds(heard: &[Heard]) -> Vec<String> {
    let mut kinds: Vec<String> = heard.iter().map(Heard::kind).collect();
    kinds.sort();
    kinds
}
