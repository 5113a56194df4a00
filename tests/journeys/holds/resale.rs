//! Where the reseller prepays, its wallet must cover as well.

use super::{MINUTE, account, ask, capture, extend, fund, funded, money, new, open, refusal, release};
use crate::support::engines::{Store, on_both};
use crate::support::site::Site;
use crate::support::world::{draft, post};
use guthaben::billing::holds;
use guthaben::domain::clock::Ts;
use guthaben::domain::id::TermsId;
use guthaben::domain::ledger::{AccountKind, Posting};
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Settlement};
use guthaben::domain::refusal::Refusal;
use guthaben::jobs::Job;
use guthaben::store::ledger;

/// The first reseller prepays, and has so much.
async fn prepaying(site: &Site, cents: i64) {
    let (reseller, now) = (site.chain.resellers[0], site.clock.now());
    let mut tx = site.store.db.begin().await.expect("begin");
    let terms = "INSERT INTO reseller_terms (id, owner_id, settlement, min_markup_bps, max_markup_bps, below_platform, hold_days, \
                 sepa_hold_days, valid_from, created_at) VALUES ($1, $2, $3, 0, 10000, FALSE, 14, 56, $4, $4)";
    let terms = tx.q(terms).bind(TermsId::new(now)).bind(reseller).bind(Settlement::Resale).bind(Ts(0));
    terms.exec().await.expect("terms");
    ledger::open_book(&mut tx, reseller, None, site.chain.platform, now).await.expect("a book");
    tx.commit().await.expect("commit");
    let top_up = draft(reseller, "fund-reseller", Posting::TopUp { amount: Cents(cents) });
    post(&site.store.db, vec![top_up], now).await;
}

/// What the reseller's wallet has, and what of it is reserved.
async fn reseller(site: &Site) -> (i64, i64) {
    let id = site.chain.resellers[0];
    let held = crate::support::audit::Ledger::read(&site.store.db).await.books;
    let held = held.into_iter().find(|book| book.customer_id == id).expect("a book").held_cents;
    (account(site, id, AccountKind::Wallet).await.0, held.0)
}

on_both! {
    async fn both_wallets_reserve_pay_and_get_the_rest_back(store: Store) {
        let site = funded(&store, 10_000).await;
        prepaying(&site, 1_000).await;
        let hold = open(&site, "call", Some(600)).await;
        assert_eq!((hold.units, hold.held, hold.wholesale), (600, Cents(400), Cents(300)));
        assert_eq!((money(&site, 0).await, reseller(&site).await), ((10_000, 400), (1_000, 300)));
        let more = extend(&site, &hold, Some(600)).await.expect("more");
        assert_eq!((more.held, more.wholesale), (Cents(800), Cents(600)));
        capture(&site, &hold, 120).await.expect("a charge");
        assert_eq!((money(&site, 0).await, reseller(&site).await), ((9_920, 0), (940, 0)));
        assert_eq!(account(&site, site.chain.customers[0], AccountKind::Sales).await, Cents(80));
        site.assert_sound().await;
    }

    async fn the_shorter_of_the_two_decides(store: Store) {
        let site = funded(&store, 10_000).await;
        prepaying(&site, 100).await;
        // 1 € pays the platform for three minutes.
        let hold = open(&site, "call", None).await;
        assert_eq!((hold.units, hold.held, hold.wholesale), (180, Cents(120), Cents(90)));
        assert_eq!(refusal(ask(&site, "next", Some(1)).await), Refusal::InsufficientBalance);
        // Another customer of the same reseller finds its wallet as short.
        fund(&site, 1, 10_000).await;
        let sister = new(&site, 1, "call", Meter::CALL, None);
        assert_eq!(refusal(holds::open(site.app(), Scope::Platform, sister).await), Refusal::InsufficientBalance);
        release(&site, &hold).await.expect("released");
        assert_eq!((money(&site, 0).await, reseller(&site).await), ((10_000, 0), (100, 0)));
        open(&site, "again", Some(60)).await;
        site.advance(10 * MINUTE);
        Job::Holds.run(site.app()).await.expect("the job runs");
        assert_eq!((money(&site, 0).await, reseller(&site).await), ((10_000, 0), (100, 0)));
        site.assert_sound().await;
    }

    async fn a_reseller_without_a_wallet_pays_for_nothing(store: Store) {
        let site = funded(&store, 10_000).await;
        prepaying(&site, 0).await;
        assert_eq!(refusal(ask(&site, "call", Some(60)).await), Refusal::InsufficientBalance);
        assert_eq!((money(&site, 0).await, reseller(&site).await), ((10_000, 0), (0, 0)));
    }
}
