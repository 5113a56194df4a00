//! The customer's own pages: movements found, paged and exported, one of them explained, and the overview with much and with nothing.

mod export;
mod filters;
mod overview;
mod paging;

use crate::support::client::Page;
use crate::support::site::Site;
use guthaben::billing::usage::record;
use guthaben::domain::clock::Ts;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::{EventOutcome, UsageEvent};

/// The movements that a page lists, top down, by what they are called.
fn titles(page: &Page) -> Vec<String> {
    let rows = page.body.split("<a class=\"table__main\" href=\"/portal/transactions/").skip(1);
    rows.map(|row| {
        let text = row.split_once('>').expect("a link").1;
        text.split_once('<').expect("its end").0.to_owned()
    })
    .collect()
}

/// The address of a page's link with a `rel`, as a browser reads it.
fn link(page: &Page, rel: &str) -> Option<String> {
    page.tags("a").into_iter().find(|a| a.get("rel").is_some_and(|r| r == rel)).map(|a| a["href"].clone())
}

/// Lets the first customer use something at a moment, posted at that moment.
async fn use_at(site: &Site, at: Ts, meter: Meter, description: &str) {
    site.clock.set(at);
    let usage = match meter {
        Meter::CALL => Usage::Seconds(60),
        _ => Usage::Pieces(1),
    };
    let (id, customer) = (format!("{description}-{}", at.0), site.chain.customers[0]);
    let event = UsageEvent::new(id, customer, meter, usage, at, description.to_owned());
    record_all(site, vec![event]).await;
}

/// Lets the first customer send `count` messages called `m0000` and so on, all now.
async fn send_messages(site: &Site, count: usize) {
    let (customer, now) = (site.chain.customers[0], site.clock.now());
    let event = |number: usize| {
        let (id, description) = (format!("m{number}"), format!("m{number:04}"));
        UsageEvent::new(id, customer, Meter::SMS, Usage::Pieces(1), now, description)
    };
    record_all(site, (0..count).map(event).collect()).await;
}

async fn record_all(site: &Site, events: Vec<UsageEvent>) {
    let outcomes = record(site.app(), Scope::Platform, events).await.expect("recorded");
    let charged = |outcome: &EventOutcome| matches!(outcome, EventOutcome::Charged { .. });
    assert!(outcomes.iter().all(charged), "{outcomes:?}");
}
