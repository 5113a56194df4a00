//! The customer's own pages: movements found, paged and exported, one of them explained, and the overview with much and with nothing.

mod export;
mod filters;
mod overview;
mod paging;

use crate::support::client::Page;
use crate::support::site::Site;
use guthaben::billing::usage::{UsageEvent, record};
use guthaben::domain::clock::Ts;
use guthaben::domain::pricing::{Meter, Usage};

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
    let event = UsageEvent {
        id: format!("{description}-{}", at.0),
        customer: site.chain.customers[0],
        meter,
        usage,
        occurred_at: at,
        description: description.to_owned(),
    };
    record(site.app(), vec![event]).await.expect("recorded");
}

/// Lets the first customer send `count` messages called `m0000` and so on, all now.
async fn send_messages(site: &Site, count: usize) {
    let event = |number: usize| UsageEvent {
        id: format!("m{number}"),
        customer: site.chain.customers[0],
        meter: Meter::SMS,
        usage: Usage::Pieces(1),
        occurred_at: site.clock.now(),
        description: format!("m{number:04}"),
    };
    record(site.app(), (0..count).map(event).collect()).await.expect("recorded");
}
