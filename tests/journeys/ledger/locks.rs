//! Who waits for whom: one customer's postings follow each other, two customers' do not, and no order of customers deadlocks.

use crate::support::audit::Ledger;
use crate::support::engines::{Engine, Store, on_both, run};
use crate::support::sql::Raw;
use crate::support::world::{MORNING, World, draft, post, used};
use guthaben::domain::ledger::{AccountKind, Draft};
use guthaben::domain::money::Cents;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::store::ledger::{self, Outcome};
use std::time::Duration;

/// Far longer than any posting takes; reached only by one that is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// A call that touches the platform's and the reseller's shares as well as the wallet.
fn call(world: &World, place: usize, key: &str) -> Draft {
    draft(world.customer(place), key, used(Meter::CALL, Usage::Seconds(600), 40, 30))
}

/// SQLite has one writer for everybody, so this is PostgreSQL's promise alone.
#[test]
fn two_customers_of_one_reseller_do_not_wait_for_each_other() {
    run(Engine::Postgres, |store: Store| async move {
        let world = World::build(&store.db).await;
        let mut first = store.db.begin().await.expect("begin");
        ledger::post(&mut first, vec![call(&world, 0, "a")], MORNING)
            .await
            .expect("post on A, not committed");
        let other = post(&store.db, vec![call(&world, 1, "b")], MORNING);
        let other = tokio::time::timeout(STUCK, other).await.expect("B does not wait for A");
        assert!(matches!(other[..], [Outcome::Posted(_)]));

        let (db, again) = (store.db.clone(), call(&world, 0, "c"));
        let same = tokio::spawn(async move { post(&db, vec![again], MORNING).await });
        let mut raw = Raw::open(&store).await;
        let waiting = "SELECT CAST(COUNT(*) AS text) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waits = async {
            while raw.texts(waiting).await[0][0] != "1" {
                tokio::task::yield_now().await
            }
        };
        tokio::time::timeout(STUCK, waits).await.expect("a second posting on A waits for the first");
        assert!(!same.is_finished());
        first.commit().await.expect("commit A");
        let same = tokio::time::timeout(STUCK, same).await.expect("then it goes on").expect("and posts");
        assert!(matches!(same[..], [Outcome::Posted(_)]));
        let ledger = Ledger::read(&store.db).await;
        assert_eq!(ledger.balance(world.customer(0), AccountKind::Wallet), Cents(-800));
        assert_eq!(ledger.balance(world.customer(0), AccountKind::Commission), Cents(200));
        assert_eq!(ledger.faults(), Vec::<String>::new());
    });
}

on_both! {
    async fn batches_in_opposite_orders_do_not_deadlock(store: Store) {
        let world = World::build(&store.db).await;
        let tasks: Vec<_> = (0..8usize).map(|task| {
            let (db, world) = (store.db.clone(), world.clone());
            tokio::spawn(async move {
                for round in 0..15 {
                    let mut batch: Vec<Draft> = (0..4).map(|place| call(&world, place, &format!("{task}-{round}-{place}"))).collect();
                    if task % 2 == 1 {
                        batch.reverse();
                    }
                    post(&db, batch, MORNING).await;
                }
            })
        }).collect();
        for task in tasks {
            tokio::time::timeout(STUCK, task).await.expect("no deadlock").expect("no failure");
        }
        let ledger = Ledger::read(&store.db).await;
        assert_eq!(ledger.faults(), Vec::<String>::new());
        assert_eq!(ledger.transfers.len(), 8 * 15 * 4);
    }

    async fn a_dropped_transaction_leaves_nothing(store: Store) {
        let world = World::build(&store.db).await;
        let before = format!("{:?}", Ledger::read(&store.db).await);
        let mut tx = store.db.begin().await.expect("begin");
        ledger::post(&mut tx, vec![call(&world, 0, "a")], MORNING).await.expect("post");
        drop(tx);
        post(&store.db, vec![], MORNING).await;
        assert_eq!(format!("{:?}", Ledger::read(&store.db).await), before);
        let again = post(&store.db, vec![call(&world, 0, "a")], MORNING).await;
        assert!(matches!(again[..], [Outcome::Posted(_)]), "its key is free");
    }
}
