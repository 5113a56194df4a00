//! The demo: the same seed tells the same story, another seed another one, and the money in it is right.

use crate::support::engines::{Engine, Store, on_both};
use crate::support::site::{PASSWORD, Site};
use guthaben::demo;
use guthaben::domain::clock::Ts;
use guthaben::domain::ledger::TransferKind;
use guthaben::domain::party::Scope;
use guthaben::domain::topup::Status;
use guthaben::store::movements::{self, Cursor, Movement, MovementFilter};
use guthaben::store::{Db, PoolSize, tenants, topups};

/// A further database beside the test's own, in a folder that goes with it.
async fn beside() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let db = Db::connect(&url, PoolSize { postgres: 1, sqlite_readers: 2 }).await.expect("a database");
    (Store { db, url, engine: Engine::Sqlite }, folder)
}

/// Fills a site with a story; gives what every customer's list says.
async fn tell(store: &Store, seed: u64, weeks: u32) -> (Site, Vec<String>) {
    let site = Site::empty(store).await;
    let mut heard = vec![];
    demo::fill(&site.server, seed, weeks, |percent| heard.push(percent)).await.expect("filled");
    assert!(heard.last() == Some(&100) && heard.is_sorted(), "{heard:?}");
    let mut told = vec![];
    for movement in all_movements(&site).await {
        let Movement { amount_cents, occurred_at, posted_at, description, category, .. } = movement;
        told.push(format!("{} {} {category} {amount_cents} {description}", occurred_at.0, posted_at.0));
    }
    (site, told)
}

async fn all_movements(site: &Site) -> Vec<Movement> {
    let db = &site.app().db;
    let customers =
        tenants::list_customers(db, Scope::Platform, "2000-01-01", "", 500).await.expect("a list");
    let mut customers: Vec<_> =
        customers.into_iter().map(|customer| (customer.number, customer.id)).collect();
    customers.sort();
    let (mut found, all) = (vec![], MovementFilter::default());
    for (_, customer) in customers {
        let listed =
            movements::list_movements(db, Scope::Platform, customer, &all, Cursor::Start, 1_000_000).await;
        found.extend(listed.expect("a list"));
    }
    found
}

on_both! {
    async fn the_same_seed_tells_the_same_story_and_another_one_another(store: Store) {
        let (site, told) = tell(&store, 7, 1).await;
        let (beside_store, _folder) = beside().await;
        let (again, same) = tell(&beside_store, 7, 1).await;
        assert!(told.len() > 300, "{}", told.len());
        assert_eq!(told, same);
        let (other_store, _other_folder) = beside().await;
        let (other, different) = tell(&other_store, 8, 1).await;
        assert_ne!(told, different);
        for site in [&site, &again, &other] {
            site.assert_sound_in(&site.app().db).await;
        }
    }

    async fn the_chain_stands_and_its_people_come_in(store: Store) {
        let (site, _) = tell(&store, 1, 1).await;
        let db = &site.app().db;
        let customers = tenants::list_customers(db, Scope::Platform, "2000-01-01", "", 500).await.expect("a list");
        assert!(customers.len() >= 12, "{}", customers.len());
        let mut resellers: Vec<_> = customers.iter().filter_map(|customer| customer.reseller_name.clone()).collect();
        resellers.sort();
        resellers.dedup();
        assert_eq!(resellers.len(), 2, "{resellers:?}");
        assert!(customers.iter().any(|customer| customer.reseller_name.is_none()), "some are direct");
        assert_ne!(demo::PASSWORD, PASSWORD);
        let mut visitor = site.visitor();
        let page = visitor.get("/login").await.expect(200);
        for (email, _) in demo::SIGN_INS {
            page.shows(email);
            let mut client = visitor.clone();
            let home = client.post("/login", &[("email", email), ("password", demo::PASSWORD)]).await.expect(303);
            client.get(home.location()).await.expect(200);
            client.get("/demo/mails").await.expect(200);
        }
        let mut owner = visitor.clone();
        owner.post("/login", &[("email", "kunde@guthaben.example"), ("password", demo::PASSWORD)]).await.expect(303);
        let mails = owner.get("/demo/mails").await.expect(200);
        let first = mails.tags("a").into_iter().find(|a| a["href"].starts_with("/demo/mails/mai_")).expect("a mail");
        owner.get(&first["href"]).await.expect(200);
        owner.get("/demo/mails/mai_00000000000000000000000000").await.expect(404);
    }

    async fn money_goes_back_and_the_ledger_says_what_stripe_says(store: Store) {
        let (site, _) = tell(&store, 1, 1).await;
        let movements = all_movements(&site).await;
        for kind in [TransferKind::TopUp, TransferKind::Usage, TransferKind::Refund, TransferKind::Bonus, TransferKind::Reversal] {
            assert!(movements.iter().any(|movement| movement.kind == kind), "{kind}");
        }
        let end = movements.iter().map(|movement| movement.posted_at).max().expect("some");
        assert!(end <= crate::support::world::MORNING && end > Ts(crate::support::world::MORNING.0 - 86_400_000_000));
        // The clock runs with the system's from here on, so debits may have settled meanwhile.
        site.deliver().await;
        let movements = all_movements(&site).await;
        let truth = site.simulator().truth().await.expect("the truth");
        let truth: i64 = truth.iter().map(|truth| truth.kept()).sum();
        let paid = movements.iter().filter(|m| [TransferKind::TopUp, TransferKind::Refund].contains(&m.kind));
        assert_eq!(paid.map(|m| m.amount_cents.0).sum::<i64>(), truth);
    }
}

/// Eight weeks are long enough for a debit that comes back; once is enough, as the engines were compared above.
#[test]
fn in_eight_weeks_a_debit_comes_back() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (store, _folder) = beside().await;
        let (site, _) = tell(&store, 1, 8).await;
        let latest = topups::list_latest(&site.app().db, Scope::Platform, 1_000).await.expect("a list");
        let failed = latest.iter().filter(|top_up| top_up.status == Status::Failed).count();
        assert_eq!(failed, 1, "one debit comes back");
        let strange = latest.iter().filter(|t| matches!(t.status, Status::New | Status::Review)).count();
        assert_eq!(strange, 0);
        site.assert_sound_in(&site.app().db).await;
    });
}
