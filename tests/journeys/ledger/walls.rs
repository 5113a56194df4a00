//! What the database itself refuses, what the product's own proofs find, and how much a balance costs to read.

use crate::support::audit::Ledger;
use crate::support::engines::{Engine, Store, on_both};
use crate::support::sql::Raw;
use crate::support::world::{MORNING, World, draft, post, used};
use guthaben::domain::id::AccountId;
use guthaben::domain::ledger::{AccountKind, Posting};
use guthaben::domain::money::Cents;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::store::ledger;

/// A world with a few movements.
async fn posted(store: &Store) -> World {
    let world = World::build(&store.db).await;
    let drafts = (0..3).flat_map(|i| {
        let customer = world.customer(i);
        [
            draft(customer, &format!("t{i}"), Posting::TopUp { amount: Cents::euros(20) }),
            draft(customer, &format!("b{i}"), Posting::Bonus { amount: Cents::euros(1) }),
        ]
    });
    post(&store.db, drafts.collect(), MORNING).await;
    world
}

/// Runs statements that must be refused and proves that nothing changed.
async fn all_refused(store: &Store, statements: &[&str]) {
    let before = format!("{:?}", Ledger::read(&store.db).await);
    let mut raw = Raw::open(store).await;
    for statement in statements {
        let outcome = raw.run(statement).await;
        assert!(outcome.is_err(), "`{statement}` changed {outcome:?} rows");
    }
    assert_eq!(format!("{:?}", Ledger::read(&store.db).await), before);
}

/// Copies a table's first row over itself, which SQLite would do without asking a trigger for deletion.
const REPLACE: &[&str] = &[
    "INSERT OR REPLACE INTO transfers SELECT * FROM transfers LIMIT 1",
    "INSERT OR REPLACE INTO entries SELECT * FROM entries LIMIT 1",
    "REPLACE INTO transfers SELECT * FROM transfers LIMIT 1",
    "UPDATE OR REPLACE entries SET seq = seq + 1",
];

on_both! {
    async fn the_database_refuses_to_change_history(store: Store) {
        posted(&store).await;
        all_refused(&store, &[
            "UPDATE transfers SET description = 'another'",
            "UPDATE transfers SET amount_cents = amount_cents",
            "UPDATE entries SET amount_cents = amount_cents + 1, after_cents = after_cents + 1",
            "DELETE FROM transfers",
            "DELETE FROM entries",
            "DELETE FROM accounts",
            "DELETE FROM books",
            "DELETE FROM tenants WHERE kind = 'customer'",
            "INSERT INTO entries SELECT * FROM entries LIMIT 1",
            "INSERT INTO transfers SELECT * FROM transfers LIMIT 1",
        ]).await;
        let more: &[&str] = match store.engine {
            Engine::Sqlite => REPLACE,
            Engine::Postgres => &[
                "TRUNCATE transfers CASCADE",
                "TRUNCATE entries",
                "TRUNCATE accounts CASCADE",
                "TRUNCATE books CASCADE",
                "TRUNCATE tenants CASCADE",
            ],
        };
        all_refused(&store, more).await;
    }

    async fn the_database_refuses_a_leg_that_does_not_add_up(store: Store) {
        posted(&store).await;
        all_refused(&store, &[
            "INSERT INTO entries SELECT account_id, seq + 100, transfer_id, 0, after_cents, after_cents FROM entries LIMIT 1",
            "INSERT INTO entries SELECT account_id, seq + 100, transfer_id, 5, after_cents, after_cents FROM entries LIMIT 1",
        ]).await;
    }

    async fn the_proofs_find_what_somebody_forged(store: Store) {
        posted(&store).await;
        let mut raw = Raw::open(&store).await;
        assert_eq!(Ledger::read(&store.db).await.faults(), Vec::<String>::new());
        raw.run("UPDATE accounts SET balance_cents = balance_cents + 1 WHERE kind = 'wallet' AND balance_cents > 0").await.expect("forge");
        assert_eq!(ledger::prove_totals(&store.db).await.expect("sum").total_cents, 3);
        assert_eq!(ledger::count_stale_balances(&store.db).await.expect("count"), 3);
        assert_eq!(ledger::count_broken(&store.db).await.expect("count"), 3);
        raw.run("UPDATE accounts SET balance_cents = balance_cents - 1 WHERE kind = 'wallet' AND balance_cents > 0").await.expect("undo");
        assert_eq!(ledger::count_broken(&store.db).await.expect("count"), 0);
        raw.run("INSERT INTO entries SELECT account_id, seq + 1, transfer_id, 7, after_cents, after_cents + 7 FROM entries \
                 WHERE seq = 1 AND amount_cents > 0 LIMIT 1").await.expect("forge an entry");
        assert_eq!(ledger::count_broken(&store.db).await.expect("count"), 2, "an account and a transfer");
        raw.run("UPDATE books SET held_cents = held_cents + 1").await.expect("forge a reservation");
        let books = Ledger::read(&store.db).await.books.len();
        let wrong = ledger::count_wrong_reservations(&store.db).await.expect("count");
        assert_eq!(usize::try_from(wrong).expect("few"), books);
        assert_eq!(ledger::count_broken(&store.db).await.expect("count"), 2 + wrong);
    }

    async fn the_auditor_finds_every_kind_of_fault(store: Store) {
        let world = posted(&store).await;
        let call = used(Meter::CALL, Usage::Seconds(60), 40, 30);
        post(&store.db, vec![draft(world.customer(0), "call", call)], MORNING).await;
        let sound = Ledger::read(&store.db).await;
        assert_eq!(sound.faults(), Vec::<String>::new());
        let wallet = sound.accounts.iter().find(|a| a.kind == AccountKind::Wallet && a.customer_id == world.customer(0));
        let wallet = wallet.expect("a wallet").id;
        type Forgery = fn(&mut Ledger, AccountId);
        let forgeries: [(&str, Forgery); 13] = [
            ("sums to", |l, w| l.entries.iter_mut().filter(|e| e.account_id == w).for_each(|e| e.amount_cents += Cents(1))),
            ("all balances sum to", |l, w| l.accounts.iter_mut().filter(|a| a.id == w).for_each(|a| a.balance_cents += Cents(1))),
            ("does not follow entry", |l, w| l.entries.iter_mut().filter(|e| e.account_id == w).for_each(|e| e.seq += 1)),
            ("is not where its entries end", |l, w| l.entries.retain(|e| e.account_id != w)),
            ("does not follow movement", |l, _| l.transfers[0].balance_cents += Cents(1)),
            ("was posted before", |l, _| l.transfers[1].posted_at.0 -= 1),
            ("is not where its movements end", |l, _| l.books[0].seq += 1),
            ("the sum of", |l, _| l.totals[0].amount_cents += Cents(1)),
            ("has reserved", |l, _| l.books[0].held_cents += Cents(1)),
            ("no sum was kept", |l, _| l.totals.clear()),
            ("is not shared out", |l, _| l.transfers.iter_mut().for_each(|t| t.platform_cents += Cents(1))),
            ("the usage of", |l, _| l.usage[0].events += 1),
            ("no usage was summed up", |l, _| l.usage.clear()),
        ];
        for (words, forge) in forgeries {
            let mut forged = sound.clone();
            forge(&mut forged, wallet);
            let faults = forged.faults();
            assert!(faults.iter().any(|fault| fault.contains(words)), "{words}: {faults:?}");
        }
    }
}
