//! Everything goes wrong at once: in the end the ledger says what the simulator knows to be true.

use crate::support::client::Client;
use crate::support::engines::{Store, on_both};
use crate::support::site::{CARD, EMPTY_IBAN, IBAN, Site, session_of};
use guthaben::billing::topups::reconcile;
use guthaben::domain::money::Cents;
use guthaben::domain::topup::Status;
use guthaben::store::webhooks;
use guthaben::stripe::simulator::{Fault, FaultKind, Instrument};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use std::time::Duration;

const SEEDS: u64 = 12;
const STEPS: u32 = 6;
const OWNERS: [&str; 4] =
    ["owner@site.example", "sister@site.example", "foreign@site.example", "direct@site.example"];
const HOUR: Duration = Duration::from_secs(3_600);

/// What may go wrong with webhooks, and with calls.
fn faults(random: &mut StdRng) -> Vec<Fault> {
    let webhooks = [
        FaultKind::Duplicate,
        FaultKind::Twin,
        FaultKind::Shuffle,
        FaultKind::Delay { seconds: 7_000 },
        FaultKind::Burst { copies: 4 },
        FaultKind::WrongSecret,
        FaultKind::StaleTimestamp,
        FaultKind::FutureTimestamp,
        FaultKind::BothSecrets,
        FaultKind::OldApiVersion,
        FaultKind::BrokenPayload,
        FaultKind::UnknownType,
        FaultKind::ForeignAccount,
        FaultKind::LivemodeFlip,
    ];
    let calls = [
        FaultKind::ErrorBefore,
        FaultKind::ErrorAfter,
        FaultKind::CutBefore,
        FaultKind::CutAfter,
        FaultKind::RateLimit,
        FaultKind::Conflict,
        FaultKind::BrokenBody,
    ];
    let fault =
        |on: &str, kind: FaultKind, percent| Fault { count: 1_000_000, percent, ..Fault::once(on, kind) };
    let mut chosen = vec![];
    for kind in webhooks.sample(random, 5) {
        chosen.push(fault("event *", kind.clone(), 25));
    }
    for kind in calls.sample(random, 2) {
        chosen.push(fault("* /v1/*", kind.clone(), 6));
    }
    // The reconciler asks about top-ups, not yet about refunds, so theirs are not dropped.
    for on in ["event checkout.*", "event payment_intent.*"] {
        chosen.push(fault(on, FaultKind::Drop, 30));
    }
    chosen
}

/// Sends one form until it leads to Checkout; a customer gives up after some tries.
async fn open(client: &mut Client, random: &mut StdRng, method: &str) -> Option<String> {
    let (amount, key) = (random.random_range(10..200).to_string(), format!("k{}", random.random::<u64>()));
    let fields = [("amount", amount.as_str()), ("method", method), ("request_key", key.as_str())];
    for _ in 0..4 {
        let page = client.post("/portal/topups", &fields).await;
        match page.status {
            303 if page.location().contains("/c/pay/") => return Some(session_of(page.location())),
            303 => return None,
            503 => {}
            status => panic!("{status}: {}", page.body),
        }
    }
    None
}

/// One customer tops up, or tries to; now and then somebody looks, delivers, refunds, or time passes.
async fn step(site: &Site, random: &mut StdRng, clients: &mut [Client]) {
    let place = random.random_range(0..clients.len());
    let method = if random.random_bool(0.5) { "card" } else { "sepa_debit" };
    let Some(session) = open(&mut clients[place], random, method).await else { return };
    if random.random_bool(0.85) {
        let account = [IBAN, IBAN, EMPTY_IBAN].choose(random).expect("one");
        let instrument = if method == "card" { Instrument::card(CARD) } else { Instrument::iban(account) };
        site.simulator().pay(&session, instrument).await.expect("an open session");
    }
    if random.random_bool(0.4) {
        let latest = site.top_ups(place).await[0].id;
        clients[place].get(&format!("/portal/topups/{latest}")).await.expect(200);
    }
    if random.random_bool(0.6) {
        site.deliver().await;
    }
    if random.random_bool(0.3) {
        let paid = site.simulator().truth().await.expect("the truth");
        let left = paid.iter().find(|truth| truth.kept() >= 500);
        if let Some(truth) = left {
            site.simulator().refund(&truth.payment_intent, Some(500)).await.expect("a refund");
        }
    }
    site.advance(Duration::from_secs(random.random_range(1..4_000)));
}

/// Lets everything come to rest: debits end, retries run out, the reconciler asks.
async fn settle_down(site: &Site) {
    site.simulator().clear_faults();
    for _ in 0..32 {
        site.deliver().await;
        site.advance(8 * HOUR);
    }
    reconcile(site.app()).await.expect("reconciled");
    site.deliver().await;
}

/// Compares payment by payment, then all together.
async fn compare(site: &Site, seed: u64) {
    let (mut ours, mut movements) = (HashMap::new(), vec![]);
    for place in 0..OWNERS.len() {
        for top_up in site.top_ups(place).await {
            let open =
                matches!(top_up.status, Status::New | Status::Open | Status::Collecting | Status::Review);
            assert!(!open, "seed {seed}: {top_up:?} has come to no end");
            if let Some(intent) = top_up.payment_intent {
                ours.insert(intent, top_up.id);
            }
        }
        movements.extend(site.movements(place).await);
    }
    let mut sum = Cents::ZERO;
    for truth in site.simulator().truth().await.expect("the truth") {
        let id = ours.get(&truth.payment_intent);
        let of_it = movements.iter().filter(|m| id.is_some() && m.top_up_id == id.copied());
        let booked: Cents = of_it.map(|m| m.amount_cents).sum();
        assert_eq!(booked, Cents(truth.kept()), "seed {seed}: {truth:?}");
        sum += booked;
    }
    let mut balances = Cents::ZERO;
    for place in 0..OWNERS.len() {
        balances += site.balance(place).await;
    }
    assert_eq!(balances, sum, "seed {seed}: nothing else was booked");
    let inbox = webhooks::inbox(&site.store.db).await.expect("a reading");
    assert_eq!((inbox.waiting, inbox.failed), (0, 0), "seed {seed}");
    site.assert_sound().await;
}

on_both! {
    async fn whatever_goes_wrong_the_ledger_ends_with_the_truth(store: Store) {
        let site = Site::with(&store, &[("GUTHABEN_TOPUP_DAILY_CENTS", "100000000")]).await;
        for seed in 0..SEEDS {
            let mut random = StdRng::seed_from_u64(seed);
            let mut clients = vec![];
            for person in OWNERS {
                clients.push(site.sign_in(person).await);
            }
            for fault in faults(&mut random) {
                site.simulator().inject(fault);
            }
            for _ in 0..STEPS {
                step(&site, &mut random, &mut clients).await;
            }
            settle_down(&site).await;
            compare(&site, seed).await;
        }
        let truth = site.simulator().truth().await.expect("the truth");
        let paid = truth.iter().filter(|truth| truth.succeeded).count();
        assert!(paid > 20 && truth.iter().any(|truth| truth.refunded > 0), "too little happened: {paid}");
    }
}
