//! Random postings from many tasks at once, then an audit of everything they left behind.
//!
//! A failure names its seed; `GUTHABEN_TEST_SEED` repeats it (the plan of the tasks, not how the engine interleaves them).

use crate::support::audit::Ledger;
use crate::support::engines::{Store, on_both};
use crate::support::world::{MORNING, World, draft, used};
use guthaben::domain::clock::Ts;
use guthaben::domain::id::TransferId;
use guthaben::domain::ledger::{AccountKind, Draft, Metered, Posting};
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{self, Meter, MeterState, Usage};
use guthaben::domain::refusal::Refusal;
use guthaben::store::ledger::{self, Outcome};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, HashMap};

const TASKS: usize = 12;
const BATCHES: usize = 12;

/// Drafts that are posted in one transaction, and when.
type Batch = (Vec<Draft>, Ts);
/// A draft and what became of it.
type Answer = (Draft, Outcome);

fn usage(rng: &mut StdRng) -> Posting {
    match rng.random_range(0..4) {
        0 => used(Meter::CALL, Usage::Seconds(rng.random_range(0..1_200)), 40, 30),
        1 => used(Meter::API_CALL, Usage::Pieces(rng.random_range(1..20)), 15, 10),
        2 => used(Meter::APPOINTMENT, Usage::Pieces(1), 150, 100),
        _ => used(Meter::SMS, Usage::Pieces(rng.random_range(1..5)), 8, 5),
    }
}

/// What usage costs the customer, at prices that depend on nothing else.
fn amount(metered: &Metered) -> Cents {
    let (charge, _) =
        pricing::rate(metered.usage, &metered.rate, MeterState::default()).expect("small amounts fit");
    charge.amount
}

fn posting(rng: &mut StdRng) -> Posting {
    match rng.random_range(0..10) {
        0 | 1 => Posting::TopUp { amount: Cents::euros(rng.random_range(10..100)) },
        2 => Posting::Bonus { amount: Cents(rng.random_range(1..200)) },
        3 => Posting::Refund { amount: Cents(rng.random_range(1..4_000)) },
        4 => Posting::RefundReturned { amount: Cents(rng.random_range(1..500)) },
        5 | 6 => Posting::Adjustment { amount: Cents(rng.random_range(-6_000..1_000)) },
        _ => usage(rng),
    }
}

/// What every task will post. A third of the drafts come from one pool, so that tasks post the same keys.
fn plan(rng: &mut StdRng, world: &World) -> Vec<Vec<Batch>> {
    let any_customer = |rng: &mut StdRng| world.customer(rng.random_range(0..world.customers.len()));
    let pool: Vec<Draft> =
        (0..60).map(|i| draft(any_customer(rng), &format!("shared-{i}"), posting(rng))).collect();
    let task = |rng: &mut StdRng, task: usize| {
        let batch = |rng: &mut StdRng, batch: usize| {
            let drafts = (0..rng.random_range(1..6)).map(|place| match rng.random_range(0..3) {
                0 => pool[rng.random_range(0..pool.len())].clone(),
                _ => draft(any_customer(rng), &format!("own-{task}-{batch}-{place}"), posting(rng)),
            });
            let drafts = drafts.collect();
            // Clocks of several nodes differ, and the days go on: three days, in no order.
            (drafts, Ts(MORNING.0 + rng.random_range(0..3 * 86_400_000_000i64)))
        };
        (0..BATCHES).map(|number| batch(rng, number)).collect()
    };
    (0..TASKS).map(|number| task(rng, number)).collect()
}

/// Posts every task's batches at the same time; returns all answers.
async fn post_all(store: &Store, plan: Vec<Vec<Batch>>) -> Vec<Answer> {
    let tasks = plan.into_iter().map(|batches| {
        let db = store.db.clone();
        tokio::spawn(async move {
            let mut answers = vec![];
            for (drafts, now) in batches {
                let mut tx = db.begin().await.expect("begin");
                let outcomes = ledger::post(&mut tx, drafts.clone(), now).await.expect("post");
                tx.commit().await.expect("commit");
                answers.extend(drafts.into_iter().zip(outcomes));
            }
            answers
        })
    });
    let mut answers = vec![];
    for task in tasks.collect::<Vec<_>>() {
        answers.extend(task.await.expect("a task that posts"));
    }
    answers
}

/// A key was posted once, everyone who repeated it got that transfer, and only guarded debits were refused.
fn check_answers(answers: &[Answer], ledger: &Ledger) {
    let mut posted: HashMap<&str, TransferId> = HashMap::new();
    for (draft, outcome) in answers {
        match outcome {
            Outcome::Posted(receipt) => {
                assert_eq!(
                    posted.insert(&draft.key, receipt.transfer),
                    None,
                    "{} was posted twice",
                    draft.key
                );
            }
            Outcome::Refused(refusal) => {
                assert_eq!(refusal, &Refusal::InsufficientBalance);
                let guarded =
                    matches!(&draft.posting, Posting::Adjustment { amount } if amount.is_negative());
                assert!(guarded, "{:?} was refused", draft.posting);
            }
            Outcome::Replayed(_) => {}
            Outcome::Conflict(_) => panic!("{} has no other content", draft.key),
        }
    }
    for (draft, outcome) in answers {
        if let Outcome::Replayed(receipt) = outcome {
            assert_eq!(posted.get(draft.key.as_str()), Some(&receipt.transfer), "{}", draft.key);
        }
    }
    let stored: HashMap<&str, TransferId> = ledger.transfers.iter().map(|t| (t.key.as_str(), t.id)).collect();
    assert_eq!(stored, posted);
}

/// What a posting does to what the customer may spend, whatever the order.
fn effect(posting: &Posting) -> Cents {
    match posting {
        Posting::Usage(metered) => -amount(metered),
        Posting::Refund { amount } => -*amount,
        Posting::TopUp { amount }
        | Posting::RefundReturned { amount }
        | Posting::Bonus { amount }
        | Posting::Adjustment { amount } => *amount,
        Posting::Wholesale { .. } | Posting::Reversal(_) => unreachable!("not in the plan"),
    }
}

/// The balances are those that the posted drafts add up to, computed without the ledger.
async fn check_balances(store: &Store, world: &World, answers: &[Answer], ledger: &Ledger) {
    let (mut spendable, mut used) = (BTreeMap::new(), BTreeMap::new());
    for (draft, _) in answers.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Posted(_))) {
        *spendable.entry(draft.customer).or_insert(Cents::ZERO) += effect(&draft.posting);
        if let Posting::Usage(metered) = &draft.posting {
            *used.entry(draft.customer).or_insert(Cents::ZERO) += amount(metered);
        }
    }
    for (customer, reseller) in &world.customers {
        let expected = spendable.get(customer).copied().unwrap_or_default();
        for scope in [Some(Scope::Platform), Some(Scope::Customer(*customer)), reseller.map(Scope::Reseller)]
        {
            let Some(scope) = scope else { continue };
            let balance = ledger::balance(&store.db, scope, *customer).await.expect("read").expect("visible");
            assert_eq!(balance.available(), expected, "{scope:?}");
        }
        let commission = ledger.balance(*customer, AccountKind::Commission);
        let chain = ledger.balance(*customer, AccountKind::Revenue) + commission;
        assert_eq!(
            chain,
            used.get(customer).copied().unwrap_or_default(),
            "revenue and commission share all usage"
        );
        assert!(reseller.is_some() || commission == Cents::ZERO, "a direct customer pays nobody commission");
    }
    let commissions = ledger.accounts.iter().filter(|a| a.kind == AccountKind::Commission);
    assert!(
        commissions.map(|a| a.balance_cents).sum::<Cents>() > Cents::ZERO,
        "a plan without commission proves little"
    );
}

async fn walk(store: &Store, seed: u64) {
    eprintln!("seed {seed}");
    let world = World::build(&store.db).await;
    let answers = post_all(store, plan(&mut StdRng::seed_from_u64(seed), &world)).await;
    let ledger = Ledger::read(&store.db).await;
    assert_eq!(ledger.faults(), Vec::<String>::new(), "seed {seed}");
    check_answers(&answers, &ledger);
    check_balances(store, &world, &answers, &ledger).await;
    let proof = ledger::prove_totals(&store.db).await.expect("sum");
    assert_eq!((proof.total_cents, proof.accounts), (0, i64::try_from(ledger.accounts.len()).expect("few")));
    assert_eq!(ledger::count_stale_balances(&store.db).await.expect("count"), 0);
    assert_eq!(ledger::count_broken(&store.db).await.expect("count"), 0);
    // A plan in which nothing was refused, repeated or paid with bonus would prove little.
    let happened = |wanted: fn(&Outcome) -> bool| answers.iter().any(|(_, outcome)| wanted(outcome));
    assert!(
        happened(|o| matches!(o, Outcome::Refused(_))) && happened(|o| matches!(o, Outcome::Replayed(_)))
    );
}

fn seed(fallback: u64) -> u64 {
    std::env::var("GUTHABEN_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(fallback)
}

on_both! {
    async fn many_tasks_leave_a_sound_ledger(store: Store) {
        walk(&store, seed(20_261_123)).await;
    }

    async fn a_new_seed_every_run_leaves_a_sound_ledger(store: Store) {
        walk(&store, seed(rand::random())).await;
    }

    async fn the_same_key_from_fifty_tasks_posts_once(store: Store) {
        let world = World::build(&store.db).await;
        let one = draft(world.customer(0), "top_up:pi_1", Posting::TopUp { amount: Cents::euros(50) });
        let plan = (0..50).map(|_| vec![(vec![one.clone()], MORNING)]).collect();
        let answers = post_all(&store, plan).await;
        let posted = answers.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Posted(_))).count();
        assert_eq!((posted, answers.len()), (1, 50));
        let ledger = Ledger::read(&store.db).await;
        check_answers(&answers, &ledger);
        assert_eq!(ledger.balance(world.customer(0), AccountKind::Wallet), Cents::euros(50));
        assert_eq!(ledger.faults(), Vec::<String>::new());
    }

    async fn fifty_tasks_cannot_overdraw_a_guarded_wallet(store: Store) {
        let world = World::build(&store.db).await;
        let customer = world.customer(0);
        let fund = draft(customer, "fund", Posting::TopUp { amount: Cents::euros(10) });
        post_all(&store, vec![vec![(vec![fund], MORNING)]]).await;
        let debit = |i| draft(customer, &format!("debit-{i}"), Posting::Adjustment { amount: Cents(-70) });
        let answers = post_all(&store, (0..50).map(|i| vec![(vec![debit(i)], MORNING)]).collect()).await;
        let posted = answers.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Posted(_))).count();
        assert_eq!(posted, 14, "10,00 € pay for fourteen debits of 0,70 €");
        let ledger = Ledger::read(&store.db).await;
        assert_eq!(ledger.balance(customer, AccountKind::Wallet), Cents(20));
        assert_eq!(ledger.faults(), Vec::<String>::new());
    }
}
