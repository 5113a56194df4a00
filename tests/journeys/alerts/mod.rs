//! Alerts: one notification per crossing, however many charges, nodes and repetitions there are.

mod crossing;
mod forecast;
mod settings;

use crate::support::engines::Store;
use crate::support::receiver::Receiver;
use crate::support::site::Site;
use crate::support::sql::Raw;
use guthaben::server::Job;

/// A site with somebody who hears of every balance.
pub async fn heard_site(store: &Store) -> (Site, Receiver) {
    let (site, receiver) = (crate::endpoints::open_site(store).await, Receiver::start().await);
    let mut admin = site.sign_in("admin@site.example").await;
    let events = ["balance.low", "balance.depleted"];
    crate::endpoints::add(&mut admin, crate::endpoints::ADMIN, &receiver.url(), &events).await;
    (site, receiver)
}

/// Tells of what was crossed.
pub async fn tell(site: &Site) -> usize {
    Job::Alerts.run(site.app()).await.expect("told")
}

/// Subjects of the mails about balances to one person, oldest first.
pub async fn subjects(site: &Site, to: &str) -> Vec<String> {
    let mails = site.mails().await.into_iter().rev();
    let about_balances =
        mails.filter(|mail| mail.recipient == to && !mail.text_body.contains("/portal/topups/top_"));
    about_balances.map(|mail| mail.subject).collect()
}

/// What endpoints heard: type and reason.
pub async fn heard(site: &Site, receiver: &Receiver) -> Vec<String> {
    let mut heard: Vec<String> = crate::endpoints::hear(site, receiver)
        .await
        .iter()
        .map(|event| format!("{} {}", event.kind(), event.json()["data"]["reason"].as_str().unwrap_or("-")))
        .collect();
    heard.sort();
    heard
}

/// The kinds of all alerts ever written, sorted.
pub async fn written(store: &Store) -> Vec<String> {
    let rows = Raw::open(store).await.texts("SELECT kind FROM alerts ORDER BY kind").await;
    rows.into_iter().map(|row| row[0].clone()).collect()
}
