//! Many at once: calls cannot spend the same money, and a hold ends once.

use super::{MINUTE, ask, fund, funded, money, new, open, own_price};
use crate::support::audit::Ledger;
use crate::support::engines::{Store, on_both};
use crate::support::site::Site;
use guthaben::app::App;
use guthaben::billing::holds::{self, NewHold};
use guthaben::billing::{Error, usage};
use guthaben::domain::hold::{Hold, Status};
use guthaben::domain::id::TenantId;
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{CustomerRef, EventError, UsageEvent};
use guthaben::store::ledger;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;

const CALLERS: usize = 50;

/// Asks for holds at the same time, on both nodes where there are two.
async fn ask_all(apps: &[&App], requests: Vec<NewHold>) -> Vec<Result<Hold, Error>> {
    let spawn = |(place, request): (usize, NewHold)| {
        let app = apps[place % apps.len()].clone();
        tokio::spawn(async move { holds::open(&app, Scope::Platform, request).await })
    };
    let tasks: Vec<_> = requests.into_iter().enumerate().map(spawn).collect();
    let mut answers = vec![];
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// Ends a hold in many ways at the same time.
async fn end_all(app: &App, hold: &Hold, units: &[i64]) -> Vec<Result<Hold, Error>> {
    let mut tasks = vec![];
    for units in units.iter().copied() {
        let (app, id) = (app.clone(), hold.id);
        tasks.push(tokio::spawn(async move {
            match units {
                -1 => holds::release(&app, Scope::Platform, id).await,
                -2 => {
                    holds::expire_due(&app).await.expect("the job runs");
                    holds::extend(&app, Scope::Platform, id, None).await
                }
                units => holds::capture(&app, Scope::Platform, id, units).await.map(|(hold, _)| hold),
            }
        }));
    }
    let mut answers = vec![];
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// Only refusals that the rules foresee.
#[track_caller]
fn assert_expected<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    let expected = matches!(
        answer,
        Ok(_)
            | Err(Error::Refused(
                Refusal::InsufficientBalance
                    | Refusal::HoldClosed
                    | Refusal::UnknownHold
                    | Refusal::Usage(EventError::Conflict)
            ))
    );
    assert!(expected, "{answer:?}");
}

/// One caller's random calls on any of the wallets, and what it left open.
async fn call_around(app: App, customers: Vec<TenantId>, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut mine: Vec<Hold> = vec![];
    for call in 0..15 {
        let customer = customers[rng.random_range(0..customers.len())];
        let (key, units) = (format!("{seed}-{call}"), rng.random_range(0..2_000i64));
        let some = mine.get(rng.random_range(0..mine.len().max(1))).map(|hold| hold.id);
        match (rng.random_range(0..10), some) {
            (0, Some(id)) => assert_expected(&holds::release(&app, Scope::Platform, id).await),
            (1, Some(id)) => {
                assert_expected(&holds::extend(&app, Scope::Platform, id, Some(units + 1)).await)
            }
            (2..=4, Some(id)) => assert_expected(&holds::capture(&app, Scope::Platform, id, units).await),
            (5, _) => {
                holds::expire_due(&app).await.expect("the job runs");
                app.clock.advance(MINUTE);
            }
            (6, _) => {
                let now = app.clock.now();
                let used = Usage::Seconds(u32::try_from(units).expect("few"));
                let event = UsageEvent::new(key.clone(), customer, Meter::CALL, used, now, key);
                usage::record(&app, Scope::Platform, vec![event]).await.expect("recorded");
            }
            _ => {
                let (customer, meter) = (CustomerRef::Id(customer), "call".to_owned());
                let request = NewHold { key, customer, meter, max_units: Some(units + 1) };
                let answer = holds::open(&app, Scope::Platform, request).await;
                assert_expected(&answer);
                mine.extend(answer);
            }
        }
    }
}

on_both! {
    async fn calls_that_start_together_never_reserve_more_than_there_is(store: Store) {
        let site = funded(&store, 1_000).await;
        let node = site.second_node(&[]).await;
        let requests = (0..CALLERS).map(|call| new(&site, 0, &format!("call-{call}"), Meter::CALL, Some(180))).collect();
        let answers = ask_all(&[site.app(), &node.app], requests).await;
        answers.iter().for_each(assert_expected);
        let mut granted: Vec<i64> = answers.iter().flatten().map(|hold| hold.units).collect();
        granted.sort_unstable();
        // Eight times three minutes for 1,20 €, and one minute for what is left.
        assert_eq!(granted, [60, 180, 180, 180, 180, 180, 180, 180, 180]);
        let reserved: Cents = answers.iter().flatten().map(|hold| hold.held).sum();
        assert_eq!((reserved, money(&site, 0).await), (Cents(1_000), (1_000, 1_000)));
        site.assert_sound().await;
        node.stop().await;
    }

    async fn the_same_question_from_many_is_one_hold(store: Store) {
        let site = funded(&store, 10_000).await;
        let requests = (0..CALLERS).map(|_| new(&site, 0, "call", Meter::CALL, Some(600))).collect();
        let answers = ask_all(&[site.app()], requests).await;
        let ids: BTreeSet<_> = answers.iter().map(|answer| answer.as_ref().expect("a hold").id).collect();
        assert_eq!((ids.len(), money(&site, 0).await.1), (1, 400));
        site.assert_sound().await;
    }

    async fn a_hold_ends_once_however_many_end_it(store: Store) {
        let site = funded(&store, 10_000).await;
        for (key, ways) in [("capture", vec![120; 12]), ("differ", vec![60, 120, 180, 240]), ("all", [vec![120; 4], vec![-1; 4], vec![-2; 4]].concat())] {
            let hold = open(&site, key, Some(600)).await;
            site.advance(16 * MINUTE);
            let movements = site.movements(0).await.len();
            let answers = end_all(site.app(), &hold, &ways).await;
            answers.iter().for_each(assert_expected);
            let captured = answers.iter().flatten().filter(|hold| hold.status == Status::Captured).count();
            match key {
                "capture" => assert_eq!(captured, 12, "all the same"),
                "differ" => assert_eq!(captured, 1, "only the first"),
                _ => assert!(captured >= 4, "the charge wins: {answers:?}"),
            }
            assert_eq!(site.movements(0).await.len(), movements + 1);
            assert_eq!(money(&site, 0).await.1, 0);
            site.assert_sound().await;
        }
    }

    async fn two_nodes_expire_each_hold_once(store: Store) {
        let site = funded(&store, 10_000).await;
        let node = site.second_node(&[]).await;
        for call in 0..20 {
            open(&site, &format!("call-{call}"), Some(60)).await;
        }
        site.advance(6 * MINUTE);
        let jobs: Vec<_> = [site.app(), &node.app, site.app(), &node.app].map(Clone::clone).into_iter()
            .map(|app| tokio::spawn(async move { holds::expire_due(&app).await.expect("the job runs") })).collect();
        let mut expired = 0;
        for job in jobs {
            expired += job.await.expect("a job");
        }
        assert_eq!((expired, money(&site, 0).await), (20, (10_000, 0)));
        site.assert_sound().await;
        node.stop().await;
    }

    async fn whatever_many_callers_do_the_books_add_up(store: Store) {
        let seed: u64 = std::env::var("GUTHABEN_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
        eprintln!("seed {seed}");
        let site = Site::start(&store).await;
        for place in 0..3 {
            fund(&site, place, 5_000).await;
        }
        // One of them pays by the month: its holds depend on each other.
        own_price(&site, 1, 3_000, 40).await;
        let customers = site.chain.customers[..3].to_vec();
        let callers: Vec<_> = (0..12u64).map(|caller| tokio::spawn(call_around(site.app().clone(), customers.clone(), seed.wrapping_add(caller)))).collect();
        for caller in callers {
            caller.await.expect("a caller");
        }
        site.assert_sound().await;
        let ledger = Ledger::read(&store.db).await;
        assert!(ledger.holds.iter().any(|hold| hold.status == Status::Captured), "seed {seed}");
        for hold in ledger.holds.iter().filter(|hold| hold.status == Status::Active) {
            holds::release(site.app(), Scope::Platform, hold.id).await.expect("released");
        }
        for place in 0..3 {
            assert_eq!(money(&site, place).await.1, 0, "seed {seed}");
        }
        assert_eq!(ledger::count_broken(&store.db).await.expect("a count"), 0);
        // And the wallets are open for the next.
        fund(&site, 0, 100_000).await;
        ask(&site, "last", Some(60)).await.expect("a hold");
    }
}
