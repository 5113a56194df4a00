//! Charges taken back: through the whole chain, once, by those who may, with a reason that the customer reads.

use crate::support::audit::Ledger;
use crate::support::engines::{Store, on_both};
use crate::support::site::Site;
use crate::support::sql::Raw;
use crate::support::world::MORNING;
use guthaben::billing::Error;
use guthaben::billing::adjustments::credit_reseller;
use guthaben::billing::corrections::{reverse, reverse_within};
use guthaben::billing::prices::{Editor, NewTerms, set_terms};
use guthaben::billing::usage::record;
use guthaben::domain::audit::Author;
use guthaben::domain::clock::Ts;
use guthaben::domain::id::{TenantId, TransferId};
use guthaben::domain::ledger::{AccountKind, Draft, Posting, TransferKind};
use guthaben::domain::money::Cents;
use guthaben::domain::party::{Member, Scope};
use guthaben::domain::pricing::{Meter, Settlement, Usage};
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{EventOutcome, UsageEvent};
use guthaben::store::ledger::{self, Receipt};
use guthaben::store::{persons, transfers};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const REASON: &str = "falsch verbunden";

/// A member as it signs in.
async fn member(site: &Site, email: &str, tenant: TenantId) -> Member {
    let person = site.chain.people[email];
    persons::member(&site.store.db, person, tenant).await.expect("a reading").expect("a member")
}

async fn admin(site: &Site) -> Member {
    member(site, "admin@site.example", site.chain.platform).await
}

/// Lets a customer use ten minutes that happened at a moment; gives the charge.
async fn ten_minutes(site: &Site, place: usize, at: Ts) -> TransferId {
    let customer = site.chain.customers[place];
    let id = TransferId::new(site.clock.now()).to_string();
    let event =
        UsageEvent::new(id, customer, Meter::CALL, Usage::Seconds(600), at, "0170 1234567".to_owned());
    let outcomes = record(site.app(), Scope::Platform, vec![event]).await.expect("recorded");
    match outcomes[..] {
        [EventOutcome::Charged { transfer, .. }] => transfer,
        _ => panic!("{outcomes:?}"),
    }
}

async fn balances(site: &Site, customer: TenantId) -> Vec<(AccountKind, i64)> {
    let ledger = Ledger::read(&site.store.db).await;
    let kinds = AccountKind::ALL.iter().copied();
    let all = kinds.map(|kind| (kind, ledger.balance(customer, kind).0));
    all.filter(|(_, cents)| *cents != 0).collect()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Refusal {
    match outcome {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

async fn usage_totals(store: &Store) -> Vec<Vec<String>> {
    let ask = "SELECT day, events, quantity, amount_cents, platform_cents, commission_cents FROM usage_totals ORDER BY day";
    Raw::open(store).await.texts(ask).await
}

on_both! {
    async fn a_charge_is_taken_back_through_its_whole_chain(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "50").await;
        let customer = site.chain.customers[0];
        let before = balances(&site, customer).await;
        // It happened three days before it is reported.
        site.advance(3 * DAY);
        let charge = ten_minutes(&site, 0, MORNING).await;
        let charged = balances(&site, customer).await;
        assert!(charged.contains(&(AccountKind::Revenue, 300)) && charged.contains(&(AccountKind::Commission, 100)));
        assert_eq!(usage_totals(&store).await, [["2026-11-23", "1", "600", "400", "300", "100"]]);
        site.advance(DAY);
        let admin = admin(&site).await;
        let Receipt { transfer, amount, balance, commission } =
            reverse(site.app(), &admin, charge, REASON).await.expect("taken back").expect("found");
        assert_eq!((amount, balance, commission), (Cents(400), Cents(5_000), Cents(-100)));
        assert_eq!(balances(&site, customer).await, before);
        assert_eq!(usage_totals(&store).await, [["2026-11-23", "0", "0", "0", "0", "0"]]);
        let reversal = transfers::find(&store.db, Scope::Platform, transfer).await.expect("read").expect("found");
        assert_eq!((reversal.kind, reversal.category.as_str()), (TransferKind::Reversal, "call"));
        assert_eq!((reversal.reverses_id, reversal.reason.as_deref()), (Some(charge), Some(REASON)));
        assert_eq!((reversal.actor_id, reversal.platform_cents), (Some(admin.person_id), Cents(-300)));
        assert_eq!((reversal.quantity, reversal.used_quantity), (-600, -600));
        site.assert_sound().await;
    }

    async fn bonus_goes_back_to_bonus(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "10").await;
        let customer = site.chain.customers[0];
        let bonus = Draft::new(customer, "b".into(), Posting::Bonus { amount: Cents(150) }, MORNING, "Kulanz".into());
        let mut tx = store.db.begin().await.expect("begin");
        ledger::post(&mut tx, vec![bonus], MORNING).await.expect("post");
        tx.commit().await.expect("commit");
        let before = balances(&site, customer).await;
        let charge = ten_minutes(&site, 0, MORNING).await;
        assert!(!balances(&site, customer).await.iter().any(|(kind, _)| *kind == AccountKind::Bonus));
        reverse(site.app(), &admin(&site).await, charge, REASON).await.expect("taken back").expect("found");
        assert_eq!(balances(&site, customer).await, before);
        site.assert_sound().await;
    }

    async fn a_charge_is_taken_back_once_however_many_ask(store: Store) {
        let site = Site::start(&store).await;
        let charge = ten_minutes(&site, 0, MORNING).await;
        let admin = admin(&site).await;
        let tries = (0..20).map(|_| {
            let (app, admin) = (site.app().clone(), admin.clone());
            tokio::spawn(async move { reverse(&app, &admin, charge, REASON).await })
        });
        let mut done = vec![];
        for attempt in tries.collect::<Vec<_>>() {
            match attempt.await.expect("no panic") {
                Ok(receipt) => done.push(receipt.expect("found")),
                Err(Error::Refused(refusal)) => assert_eq!(refusal, Refusal::AlreadyReversed),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(done.len(), 1);
        assert_eq!(site.balance(0).await, Cents::ZERO);
        assert_eq!(refused(reverse(site.app(), &admin, charge, REASON).await), Refusal::AlreadyReversed);
        assert_eq!(refused(reverse(site.app(), &admin, done[0].transfer, REASON).await), Refusal::NotReversible);
        assert_eq!(site.movements(0).await.len(), 2);
        site.assert_sound().await;
    }

    async fn only_charges_with_a_reason_and_not_for_ever(store: Store) {
        let site = Site::start(&store).await;
        let mut owner = site.sign_in("owner@site.example").await;
        site.top_up(&mut owner, "50").await;
        let top_up = site.movements(0).await[0].id;
        let (charge, admin) = (ten_minutes(&site, 0, MORNING).await, admin(&site).await);
        assert_eq!(refused(reverse(site.app(), &admin, top_up, REASON).await), Refusal::NotReversible);
        for reason in ["", "  a ", &"x".repeat(501)] {
            let refusal = refused(reverse(site.app(), &admin, charge, reason).await);
            assert_eq!(refusal, Refusal::ReasonLength { min: 3, max: 500 }, "{reason}");
        }
        site.advance(400 * DAY);
        assert_eq!(refused(reverse(site.app(), &admin, charge, REASON).await), Refusal::TooOldToReverse { months: 13 });
        assert_eq!(site.balance(0).await, Cents(4_600));
    }

    async fn nobody_takes_back_what_is_not_his(store: Store) {
        let site = Site::start(&store).await;
        let charge = ten_minutes(&site, 0, MORNING).await;
        let direct = ten_minutes(&site, 3, MORNING).await;
        let [own, rival] = site.chain.resellers;
        let nobody = [
            member(&site, "rival@site.example", rival).await,
            member(&site, "owner@site.example", site.chain.customers[0]).await,
            member(&site, "sister@site.example", site.chain.customers[1]).await,
        ];
        for who in &nobody {
            assert!(reverse(site.app(), who, charge, REASON).await.expect("not refused").is_none(), "{}", who.email);
        }
        let support = member(&site, "support@site.example", site.chain.platform).await;
        assert_eq!(refused(reverse(site.app(), &support, charge, REASON).await), Refusal::NotAllowed);
        let staff = member(&site, "staff@site.example", own).await;
        assert!(reverse(site.app(), &staff, direct, REASON).await.expect("not refused").is_none());
        let unknown = TransferId::new(MORNING);
        assert!(reverse(site.app(), &staff, unknown, REASON).await.expect("not refused").is_none());
        assert!(reverse_within(site.app(), Scope::Customer(site.chain.customers[0]), &Author::SYSTEM, charge, REASON).await.expect("fine").is_none());
        assert_eq!(site.balance(0).await, Cents(-400), "nothing happened so far");
        assert!(reverse(site.app(), &staff, charge, REASON).await.expect("taken back").is_some());
        let finance = member(&site, "finance@site.example", site.chain.platform).await;
        assert!(reverse(site.app(), &finance, direct, REASON).await.expect("taken back").is_some());
        assert_eq!((site.balance(0).await, site.balance(3).await), (Cents::ZERO, Cents::ZERO));
        site.assert_sound().await;
    }

    async fn a_prepaid_part_goes_back_with_its_charge(store: Store) {
        let site = Site::start(&store).await;
        let (reseller, admin) = (site.chain.resellers[0], admin(&site).await);
        let credit = async |amount, key| credit_reseller(site.app(), &admin, reseller, amount, "Überweisung", key).await;
        assert_eq!(refused(credit(Cents::euros(100), "a").await), Refusal::NoWallet);
        let terms = NewTerms { settlement: Settlement::Resale, ..NewTerms::standard(reseller) };
        set_terms(site.app(), &Editor::SYSTEM, terms).await.expect("terms").expect("a reseller");
        let first = credit(Cents::euros(100), "a").await.expect("credited").expect("found");
        assert_eq!(credit(Cents::euros(100), "a").await.expect("as before"), Some(first), "the same form credits once");
        assert!(matches!(refused(credit(Cents::ZERO, "b").await), Refusal::AmountOutOfRange { .. }));
        let charge = ten_minutes(&site, 0, MORNING).await;
        let wallet = async || {
            let balance = ledger::balance(&store.db, Scope::Reseller(reseller), reseller).await.expect("read");
            balance.expect("a wallet").available()
        };
        assert_eq!((site.balance(0).await, wallet().await), (Cents(-400), Cents(9_700)));
        let mut client = site.sign_in("reseller@site.example").await;
        client.get("/reseller").await.expect(200).shows("value=\"97.00\"");
        let related = transfers::related(&store.db, Scope::Platform, charge).await.expect("read");
        let wholesale = related.iter().find(|other| other.kind == TransferKind::Wholesale).expect("a wholesale part").id;
        assert_eq!(refused(reverse(site.app(), &admin, wholesale, REASON).await), Refusal::NotReversible);
        let staff = member(&site, "staff@site.example", reseller).await;
        reverse(site.app(), &staff, charge, REASON).await.expect("taken back").expect("found");
        assert_eq!((site.balance(0).await, wallet().await), (Cents::ZERO, Cents::euros(100)));
        assert!(balances(&site, site.chain.customers[0]).await.is_empty());
        let support = member(&site, "support@site.example", site.chain.platform).await;
        assert_eq!(refused(credit_reseller(site.app(), &support, reseller, Cents(1), "Test", "c").await), Refusal::NotAllowed);
        assert!(credit_reseller(site.app(), &staff, reseller, Cents(1), "Test", "d").await.expect("fine").is_none());
        let customer = site.chain.customers[0];
        assert!(credit_reseller(site.app(), &admin, customer, Cents(1), "Test", "e").await.expect("fine").is_none());
        site.assert_sound().await;
    }
}
