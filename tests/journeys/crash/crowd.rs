//! Sixty-four senders who repeat and contradict each other at once, on few customers and on many: every id is charged once, the first
//! content wins, and everybody hears the same.

use super::seed;
use crate::support::engines::{Store, on_both};
use crate::support::site::Site;
use guthaben::billing::tenants::{self, NewTenant};
use guthaben::billing::usage;
use guthaben::domain::id::{TenantId, TransferId};
use guthaben::domain::ledger::TransferKind;
use guthaben::domain::money::Cents;
use guthaben::domain::party::{Scope, TenantKind};
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::{EventError, EventOutcome, UsageEvent};
use guthaben::store::movements;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use tokio::task::JoinSet;

/// Senders at the same time.
const SENDERS: u64 = 64;
/// Requests of each.
const REQUESTS: usize = 4;

/// Customer, id and minutes: what was asked for.
type Asked = (TenantId, String, u32);

async fn customers(site: &Site, many: usize) -> Vec<TenantId> {
    let mut all = site.chain.customers.to_vec();
    for place in 0..many {
        let new = NewTenant {
            kind: TenantKind::Customer,
            reseller: (place % 3 > 0).then(|| site.chain.resellers[place % 2]),
            number: format!("V-{place}"),
            external_id: None,
            name: format!("Kunde {place}"),
            support_contact: None,
        };
        all.push(tenants::create(site.app(), new).await.expect("a customer").id);
    }
    all
}

/// Everybody sends; gives what each event was answered.
async fn send_all(site: &Site, customers: &[TenantId], seed: u64) -> Vec<(Asked, EventOutcome)> {
    let mut senders = JoinSet::new();
    // As many ids as make every one be sent about six times.
    let ids = u32::try_from(SENDERS as usize * REQUESTS * 8 / 6 / customers.len().min(8)).expect("few");
    for sender in 0..SENDERS {
        let (app, customers, now) = (site.app().clone(), customers.to_vec(), site.clock.now());
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(sender));
        senders.spawn(async move {
            let mut answers = vec![];
            for _ in 0..REQUESTS {
                let asked: Vec<Asked> = (0..random.random_range(1..=15))
                    .map(|_| {
                        let customer = customers[random.random_range(0..customers.len())];
                        (customer, format!("e{}", random.random_range(0..ids)), random.random_range(1..=2))
                    })
                    .collect();
                let event = |(customer, id, minutes): &Asked| {
                    let usage = Usage::Seconds(minutes * 60);
                    UsageEvent::new(id.clone(), *customer, Meter::CALL, usage, now, String::new())
                };
                let events = asked.iter().map(event).collect();
                let outcomes = usage::record(&app, Scope::Platform, events).await.expect("recorded");
                assert_eq!(outcomes.len(), asked.len());
                answers.extend(asked.into_iter().zip(outcomes));
            }
            answers
        });
    }
    senders.join_all().await.concat()
}

/// One answer per id is new; who sent the same hears of the same charge, who sent something else of a conflict.
async fn check(site: &Site, answers: &[(Asked, EventOutcome)]) {
    let mut first: HashMap<(TenantId, &str), (u32, TransferId, Cents)> = HashMap::new();
    for ((customer, id, minutes), outcome) in answers {
        if let EventOutcome::Charged { transfer, amount, replayed: false, .. } = outcome {
            let before = first.insert((*customer, id), (*minutes, *transfer, *amount));
            assert!(before.is_none(), "{id} was charged twice");
        }
    }
    let (mut replays, mut conflicts) = (0, 0);
    for ((customer, id, minutes), outcome) in answers {
        let (charged, charge, cents) = first[&(*customer, id.as_str())];
        assert_eq!(cents, Cents(i64::from(charged) * 40));
        match outcome {
            EventOutcome::Charged { transfer, amount, replayed, .. } => {
                assert_eq!((*minutes, *transfer, *amount), (charged, charge, cents), "{id}");
                replays += u32::from(*replayed);
            }
            EventOutcome::Rejected(error) => {
                assert!(*error == EventError::Conflict && *minutes != charged, "{id}: {error:?}");
                conflicts += 1;
            }
        }
    }
    assert!(replays > 50 && conflicts > 50, "{replays} repetitions and {conflicts} conflicts prove little");
    for (_, charge, cents) in first.values() {
        let movement = movements::find_movement(&site.store.db, Scope::Platform, *charge).await;
        let movement = movement.expect("a reading").expect("what was acknowledged is there");
        assert_eq!((movement.kind, movement.amount_cents), (TransferKind::Usage, -*cents));
    }
    let ledger = crate::support::audit::Ledger::read(&site.store.db).await;
    assert_eq!(ledger.transfers.len(), first.len());
    site.assert_sound().await;
}

on_both! {
    async fn a_crowd_on_few_customers_is_charged_once(store: Store) {
        let site = Site::start(&store).await;
        let few = site.chain.customers[..2].to_vec();
        let answers = send_all(&site, &few, seed()).await;
        check(&site, &answers).await;
    }

    async fn a_crowd_on_many_customers_is_charged_once(store: Store) {
        let site = Site::start(&store).await;
        let many = customers(&site, 60).await;
        let answers = send_all(&site, &many, seed()).await;
        check(&site, &answers).await;
    }

    async fn two_nodes_charge_the_same_events_once(store: Store) {
        let site = Site::start(&store).await;
        let other = site.second_node(&[]).await;
        let few = site.chain.customers[..2].to_vec();
        let seed = seed();
        let here = send_all(&site, &few, seed);
        let mut second = JoinSet::new();
        let (app, customer, now) = (other.app.clone(), few[0], site.clock.now());
        second.spawn(async move {
            let mut answers = vec![];
            for place in 0..200 {
                let (id, minutes) = (format!("e{}", place % 40), 1 + place % 2);
                let usage = Usage::Seconds(minutes * 60);
                let event = UsageEvent::new(id.clone(), customer, Meter::CALL, usage, now, String::new());
                let outcomes = usage::record(&app, Scope::Platform, vec![event]).await.expect("recorded");
                answers.push(((customer, id, minutes), outcomes[0]));
            }
            answers
        });
        let (mut answers, there) = tokio::join!(here, second.join_all());
        answers.extend(there.concat());
        check(&site, &answers).await;
    }
}
