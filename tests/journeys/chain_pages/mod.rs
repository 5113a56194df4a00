//! The pages that show the chain: movements of many customers found, exported, explained and taken back; commission.

mod found;
mod shown;
mod taken_back;

use crate::support::client::Page;
use crate::support::site::Site;
use guthaben::billing::usage::record;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::{EventOutcome, UsageEvent};

/// The addresses of the movements that a list shows, top down.
fn rows(page: &Page) -> Vec<String> {
    let links =
        page.tags("a").into_iter().filter(|a| a.get("class").is_some_and(|class| class == "table__main"));
    links.map(|a| a["href"].clone()).collect()
}

/// The customer, the amount and what stands below, of every row.
fn seconds_lines(page: &Page) -> Vec<String> {
    let lines = page.body.split("<span class=\"table__sub\">").skip(1);
    lines.map(|rest| rest.split_once('<').expect("its end").0.to_owned()).collect()
}

/// Lets a customer use something now, with a description and data of the sender; gives the charge's id.
async fn used(site: &Site, place: usize, meter: Meter, count: u32, description: &str) -> String {
    let usage = if meter == Meter::CALL { Usage::Seconds(count) } else { Usage::Pieces(count) };
    let (customer, now) = (site.chain.customers[place], site.clock.now());
    let id = format!("{description}-{}", guthaben::domain::id::TransferId::new(now));
    let mut event = UsageEvent::new(id, customer, meter, usage, now, description.to_owned());
    event.metadata = Some("{\"gateway\":\"gw-7\",\"caller\":\"0170 1234567\"}".to_owned());
    let outcomes = record(site.app(), Scope::Platform, vec![event]).await.expect("recorded");
    match outcomes[..] {
        [EventOutcome::Charged { transfer, .. }] => transfer.to_string(),
        _ => panic!("{outcomes:?}"),
    }
}
