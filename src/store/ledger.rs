//! The ledger's tables: posting drafts, reading balances, proving that all is right. Movements are read in [`super::movements`].
//!
//! A posting locks its books in sorted order, lets the pure domain decide under the lock, and writes whole groups with one
//! statement per table. Every update repeats its premise (`entries = expected`), so a broken lock is an error and not a wrong balance.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::id::{AccountId, TenantId, TransferId};
use crate::domain::ledger::{Account, AccountKind, Book, Draft, Posting, Transfer};
use crate::domain::money::{Cents, UnitPrice};
use crate::domain::party::Scope;
use crate::domain::refusal::Refusal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Posted now.
    Posted {
        /// The new transfer.
        transfer: TransferId,
        /// What the customer may spend afterwards.
        balance: Cents,
    },
    /// A draft with the same key was posted before; nothing changed.
    Replayed {
        /// The transfer of that time.
        transfer: TransferId,
    },
    /// The rules say no; nothing changed.
    Refused(Refusal),
}

row! {
    struct BookRow { customer_id: TenantId, reseller_id: Option<TenantId>, seq: i64, last_posted_at: Ts }
    struct AccountRow { id: AccountId, customer_id: TenantId, kind: AccountKind, balance_cents: Cents, floor_cents: Cents, entries: i64 }
    struct KeyRow { key: String, id: TransferId }
}

const LOCK_BOOKS: Sql = Sql {
    lite: "SELECT b.customer_id, t.reseller_id, b.seq, b.last_posted_at FROM books b JOIN tenants t ON t.id = b.customer_id \
           WHERE b.customer_id IN (SELECT unhex(value) FROM json_each($1)) ORDER BY b.customer_id",
    pg: "SELECT b.customer_id, t.reseller_id, b.seq, b.last_posted_at FROM books b JOIN tenants t ON t.id = b.customer_id \
         WHERE b.customer_id = ANY($1) ORDER BY b.customer_id FOR UPDATE OF b",
};
const ACCOUNTS: Sql = Sql {
    lite: "SELECT id, customer_id, kind, balance_cents, floor_cents, entries FROM accounts \
           WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT id, customer_id, kind, balance_cents, floor_cents, entries FROM accounts WHERE customer_id = ANY($1)",
};
const POSTED_KEYS: Sql = Sql {
    lite: "SELECT t.key, t.id FROM json_each($1) j JOIN transfers t ON t.key = j.value",
    pg: "SELECT key, id FROM transfers WHERE key IN (SELECT jsonb_array_elements_text(CAST($1 AS jsonb)))",
};
const INSERT_TRANSFERS: Sql = Sql {
    lite: "INSERT INTO transfers (id, key, customer_id, reseller_id, seq, kind, category, amount_cents, balance_cents, quantity, \
           unit_price_micros, commission_cents, description, search_text, top_up_id, occurred_at, posted_at) \
           SELECT unhex(value->>0), value->>1, unhex(value->>2), unhex(value->>3), value->>4, value->>5, value->>6, value->>7, value->>8, \
           value->>9, value->>10, value->>11, value->>12, value->>13, unhex(value->>14), value->>15, value->>16 FROM json_each($1)",
    pg: "INSERT INTO transfers (id, key, customer_id, reseller_id, seq, kind, category, amount_cents, balance_cents, quantity, \
         unit_price_micros, commission_cents, description, search_text, top_up_id, occurred_at, posted_at) \
         SELECT CAST(v->>0 AS uuid), v->>1, CAST(v->>2 AS uuid), CAST(v->>3 AS uuid), CAST(v->>4 AS bigint), v->>5, v->>6, \
         CAST(v->>7 AS bigint), CAST(v->>8 AS bigint), CAST(v->>9 AS bigint), CAST(v->>10 AS bigint), CAST(v->>11 AS bigint), v->>12, v->>13, \
         CAST(v->>14 AS uuid), TIMESTAMPTZ 'epoch' + CAST(v->>15 AS bigint) * INTERVAL '1 microsecond', \
         TIMESTAMPTZ 'epoch' + CAST(v->>16 AS bigint) * INTERVAL '1 microsecond' \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v)",
};
const INSERT_ENTRIES: Sql = Sql {
    lite: "INSERT INTO entries (account_id, seq, transfer_id, amount_cents, before_cents, after_cents) \
           SELECT unhex(value->>0), value->>1, unhex(value->>2), value->>3, value->>4, value->>5 FROM json_each($1)",
    pg: "INSERT INTO entries (account_id, seq, transfer_id, amount_cents, before_cents, after_cents) \
         SELECT CAST(v->>0 AS uuid), CAST(v->>1 AS bigint), CAST(v->>2 AS uuid), CAST(v->>3 AS bigint), CAST(v->>4 AS bigint), \
         CAST(v->>5 AS bigint) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v)",
};
const UPDATE_ACCOUNTS: Sql = Sql {
    lite: "UPDATE accounts SET balance_cents = balance_cents + (j.value->>1), entries = j.value->>3 FROM json_each($1) j \
           WHERE accounts.id = unhex(j.value->>0) AND accounts.entries = j.value->>2",
    pg: "UPDATE accounts SET balance_cents = balance_cents + CAST(v->>1 AS bigint), entries = CAST(v->>3 AS bigint) \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         WHERE accounts.id = CAST(v->>0 AS uuid) AND accounts.entries = CAST(v->>2 AS bigint)",
};
const UPDATE_BOOKS: Sql = Sql {
    lite: "UPDATE books SET seq = j.value->>2, last_posted_at = j.value->>3 FROM json_each($1) j \
           WHERE books.customer_id = unhex(j.value->>0) AND books.seq = j.value->>1",
    pg: "UPDATE books SET seq = CAST(v->>2 AS bigint), last_posted_at = TIMESTAMPTZ 'epoch' + CAST(v->>3 AS bigint) * INTERVAL '1 microsecond' \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         WHERE books.customer_id = CAST(v->>0 AS uuid) AND books.seq = CAST(v->>1 AS bigint)",
};
const ADD_TOTALS: Sql = Sql {
    lite: "INSERT INTO daily_totals (customer_id, day, category, transfers, quantity, amount_cents, commission_cents, first_seq, last_seq) \
           SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8 FROM json_each($1) WHERE true \
           ON CONFLICT (customer_id, day, category) DO UPDATE SET transfers = daily_totals.transfers + excluded.transfers, \
           quantity = daily_totals.quantity + excluded.quantity, amount_cents = daily_totals.amount_cents + excluded.amount_cents, \
         commission_cents = daily_totals.commission_cents + excluded.commission_cents, \
           last_seq = excluded.last_seq",
    pg: "INSERT INTO daily_totals (customer_id, day, category, transfers, quantity, amount_cents, commission_cents, first_seq, last_seq) \
         SELECT CAST(v->>0 AS uuid), v->>1, v->>2, CAST(v->>3 AS bigint), CAST(v->>4 AS bigint), CAST(v->>5 AS bigint), \
         CAST(v->>6 AS bigint), CAST(v->>7 AS bigint), CAST(v->>8 AS bigint) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         ON CONFLICT (customer_id, day, category) DO UPDATE SET transfers = daily_totals.transfers + excluded.transfers, \
         quantity = daily_totals.quantity + excluded.quantity, amount_cents = daily_totals.amount_cents + excluded.amount_cents, \
         commission_cents = daily_totals.commission_cents + excluded.commission_cents, \
         last_seq = excluded.last_seq",
};

/// Opens the book of a new customer with all its accounts.
///
/// # Errors
/// When the customer has one already.
pub async fn open_book(
    tx: &mut Tx,
    customer: TenantId,
    reseller: Option<TenantId>,
    platform: TenantId,
    now: Ts,
) -> Result<()> {
    tx.q("INSERT INTO books (customer_id, seq, last_posted_at) VALUES ($1, 0, $2)")
        .bind(customer)
        .bind(Ts(0))
        .exec()
        .await?;
    for kind in AccountKind::ALL {
        let owner = match kind {
            AccountKind::Wallet | AccountKind::Bonus => customer,
            AccountKind::Commission => match reseller {
                Some(reseller) => reseller,
                None => continue,
            },
            AccountKind::Revenue | AccountKind::Clearing | AccountKind::Adjustment => platform,
        };
        tx.q("INSERT INTO accounts (id, customer_id, owner_id, kind, balance_cents, floor_cents, entries) VALUES ($1, $2, $3, $4, 0, 0, 0)")
            .bind(AccountId::new(now))
            .bind(customer)
            .bind(owner)
            .bind(*kind)
            .exec()
            .await?;
    }
    Ok(())
}

/// Posts drafts of any customers within `tx`; the same key posts once. Outcomes come in the order of the drafts.
///
/// # Errors
/// `RowNotFound` for a customer without a book; failures of the engine. The transaction must not be committed then.
pub async fn post(tx: &mut Tx, drafts: Vec<Draft>, now: Ts) -> Result<Vec<Outcome>> {
    let customers: Vec<Uuid> =
        drafts.iter().map(|d| d.customer.0).collect::<BTreeSet<_>>().into_iter().collect();
    let mut books = load_books(tx, &customers).await?;
    if books.len() != customers.len() {
        return Err(sqlx::Error::RowNotFound);
    }
    let keys = json!(drafts.iter().map(|d| d.key.as_str()).collect::<Vec<_>>()).to_string();
    let seen = tx.q(POSTED_KEYS).bind(keys).all::<KeyRow>().await?;
    let mut seen: HashMap<String, TransferId> = seen.into_iter().map(|row| (row.key, row.id)).collect();
    let before: Vec<Book> = books.values().cloned().collect();
    let (mut outcomes, mut transfers) = (Vec::with_capacity(drafts.len()), Vec::with_capacity(drafts.len()));
    for draft in drafts {
        if let Some(transfer) = seen.get(&draft.key) {
            outcomes.push(Outcome::Replayed { transfer: *transfer });
            continue;
        }
        let book = books.get_mut(&draft.customer).ok_or(sqlx::Error::RowNotFound)?;
        match book.apply(draft, now) {
            Ok(transfer) => {
                seen.insert(transfer.draft.key.clone(), transfer.id);
                outcomes.push(Outcome::Posted { transfer: transfer.id, balance: transfer.balance });
                transfers.push(transfer);
            }
            Err(refusal) => outcomes.push(Outcome::Refused(refusal)),
        }
    }
    if !transfers.is_empty() {
        write(tx, &before, &books, &transfers).await?;
    }
    Ok(outcomes)
}

async fn load_books(tx: &mut Tx, customers: &[Uuid]) -> Result<BTreeMap<TenantId, Book>> {
    let rows = tx.q(LOCK_BOOKS).bind_ids(customers).all::<BookRow>().await?;
    let mut books: BTreeMap<TenantId, Book> = rows
        .into_iter()
        .map(|row| {
            let (customer, reseller, seq) = (row.customer_id, row.reseller_id, row.seq);
            (customer, Book { customer, reseller, accounts: vec![], seq, last_posted_at: row.last_posted_at })
        })
        .collect();
    for row in tx.q(ACCOUNTS).bind_ids(customers).all::<AccountRow>().await? {
        if let Some(book) = books.get_mut(&row.customer_id) {
            let AccountRow { id, kind, balance_cents: balance, floor_cents: floor, entries, .. } = row;
            book.accounts.push(Account { id, kind, balance, floor, entries });
        }
    }
    Ok(books)
}

async fn write(
    tx: &mut Tx,
    before: &[Book],
    books: &BTreeMap<TenantId, Book>,
    transfers: &[Transfer],
) -> Result<()> {
    let rows: Vec<Value> = transfers.iter().map(transfer_row).collect();
    tx.q(INSERT_TRANSFERS).bind(Value::from(rows).to_string()).exec().await?;
    let entries: Vec<Value> = transfers
        .iter()
        .flat_map(|t| {
            t.entries.iter().map(move |e| {
                json!([hex(e.account.0), e.seq, hex(t.id.0), e.amount.0, e.before.0, e.after.0])
            })
        })
        .collect();
    tx.q(INSERT_ENTRIES).bind(Value::from(entries).to_string()).exec().await?;

    let (mut account_rows, mut book_rows) = (vec![], vec![]);
    for old in before {
        let new = &books[&old.customer];
        if new.seq == old.seq {
            continue;
        }
        book_rows.push(json!([hex(old.customer.0), old.seq, new.seq, new.last_posted_at.0]));
        for (a, b) in old.accounts.iter().zip(&new.accounts).filter(|(a, b)| a.entries != b.entries) {
            account_rows.push(json!([hex(a.id.0), (b.balance - a.balance).0, a.entries, b.entries]));
        }
        tx.changed(old.customer);
    }
    expect_all(
        tx.q(UPDATE_ACCOUNTS).bind(Value::from(account_rows.clone()).to_string()).exec().await?,
        account_rows.len(),
    )?;
    expect_all(
        tx.q(UPDATE_BOOKS).bind(Value::from(book_rows.clone()).to_string()).exec().await?,
        book_rows.len(),
    )?;
    tx.q(ADD_TOTALS).bind(totals(transfers).to_string()).exec().await?;
    Ok(())
}

/// Fewer changed rows than locked ones mean that the lock did not hold; nothing may be committed then.
fn expect_all(changed: u64, expected: usize) -> Result<()> {
    if usize::try_from(changed) == Ok(expected) {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!("{changed} of {expected} balances were as they had been read")))
}

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

fn transfer_row(t: &Transfer) -> Value {
    // PostgreSQL stores no NUL, and one in a single description must not stop the whole group.
    let description = t.draft.description.replace('\0', "");
    let (quantity, unit_price) = match &t.draft.posting {
        Posting::Usage(charge) => (charge.quantity, charge.unit_price),
        _ => (0, UnitPrice(0)),
    };
    json!([
        hex(t.id.0),
        t.draft.key,
        hex(t.draft.customer.0),
        t.reseller.map(|r| hex(r.0)),
        t.seq,
        t.draft.posting.kind().as_str(),
        category(&t.draft.posting),
        t.amount.0,
        t.balance.0,
        quantity,
        unit_price.0,
        t.commission.0,
        description,
        // Folded here, because SQLite's LOWER knows no umlauts.
        description.to_lowercase(),
        t.draft.top_up.map(|id| hex(id.0)),
        t.draft.occurred_at.0,
        t.posted_at.0,
    ])
}

/// What lists filter by: the meter of usage, otherwise the kind.
fn category(posting: &Posting) -> &'static str {
    match posting {
        Posting::Usage(charge) => charge.meter.as_str(),
        other => other.kind().as_str(),
    }
}

fn totals(transfers: &[Transfer]) -> Value {
    #[derive(Default)]
    struct Total {
        transfers: i64,
        quantity: i64,
        amount: Cents,
        commission: Cents,
        seqs: Option<(i64, i64)>,
    }
    let mut totals: BTreeMap<(TenantId, String, &str), Total> = BTreeMap::new();
    for t in transfers {
        let key = (t.draft.customer, calendar::day(t.posted_at).to_string(), category(&t.draft.posting));
        let total = totals.entry(key).or_default();
        total.transfers += 1;
        total.amount += t.amount;
        total.commission += t.commission;
        total.seqs = Some((total.seqs.map_or(t.seq, |(first, _)| first), t.seq));
        if let Posting::Usage(charge) = &t.draft.posting {
            total.quantity += charge.quantity;
        }
    }
    let rows = totals.into_iter().map(|((customer, day, category), t)| {
        let (first, last) = t.seqs.unwrap_or_default();
        json!([
            hex(customer.0),
            day,
            category,
            t.transfers,
            t.quantity,
            t.amount.0,
            t.commission.0,
            first,
            last
        ])
    });
    Value::from(rows.collect::<Vec<_>>())
}

row! {
    /// What a customer may spend, and how far its book has got.
    pub struct Balance {
        /// Prepaid money.
        pub wallet_cents: Cents,
        /// Bonus credit.
        pub bonus_cents: Cents,
        /// Position of the last transfer; it names a state of the balance.
        pub seq: i64,
    }
}

impl Balance {
    /// Wallet plus bonus.
    pub fn available(&self) -> Cents {
        self.wallet_cents + self.bonus_cents
    }
}

/// The balance of one customer, read from its two accounts whatever the number of movements.
///
/// # Errors
/// Failures of the engine. `None` for a customer outside the scope.
pub async fn balance(db: &Db, scope: Scope, customer: TenantId) -> Result<Option<Balance>> {
    db.q("SELECT w.balance_cents AS wallet_cents, b.balance_cents AS bonus_cents, k.seq FROM books k \
          JOIN tenants t ON t.id = k.customer_id \
          JOIN accounts w ON w.customer_id = k.customer_id AND w.kind = 'wallet' \
          JOIN accounts b ON b.customer_id = k.customer_id AND b.kind = 'bonus' \
          WHERE k.customer_id = $1 AND ($2 IS NULL OR t.reseller_id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(customer)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

row! {
    /// Whether the ledger holds together.
    pub struct Proof {
        /// Number of accounts.
        pub accounts: i64,
        /// Sum of all balances; zero when every transfer balanced.
        pub total_cents: i64,
    }
    struct Count { n: i64 }
}

/// Sums all balances; cheap (one row per account).
///
/// # Errors
/// Failures of the engine.
pub async fn prove_totals(db: &Db) -> Result<Proof> {
    db.q("SELECT COUNT(*) AS accounts, CAST(COALESCE(SUM(balance_cents), 0) AS BIGINT) AS total_cents FROM accounts").one().await
}

/// Number of accounts whose balance is not that of their last entry; looks at one entry per account.
///
/// # Errors
/// Failures of the engine.
pub async fn count_stale_balances(db: &Db) -> Result<i64> {
    let count = db
        .q("SELECT COUNT(*) AS n FROM accounts a LEFT JOIN entries e ON e.account_id = a.id AND e.seq = a.entries \
            WHERE COALESCE(e.after_cents, 0) <> a.balance_cents OR (a.entries > 0 AND e.seq IS NULL)")
        .one::<Count>()
        .await?;
    Ok(count.n)
}

/// Replays every entry: accounts whose entries do not add up to their balance, and transfers whose entries do not sum to zero.
///
/// # Errors
/// Failures of the engine.
pub async fn count_broken(db: &Db) -> Result<i64> {
    let accounts = db
        .q("SELECT COUNT(*) AS n FROM accounts a LEFT JOIN (SELECT account_id, SUM(amount_cents) AS total, COUNT(*) AS entries FROM entries GROUP BY account_id) e \
            ON e.account_id = a.id WHERE COALESCE(e.total, 0) <> a.balance_cents OR COALESCE(e.entries, 0) <> a.entries")
        .one::<Count>()
        .await?;
    let transfers = db
        .q("SELECT COUNT(*) AS n FROM (SELECT transfer_id FROM entries GROUP BY transfer_id HAVING SUM(amount_cents) <> 0) broken")
        .one::<Count>()
        .await?;
    Ok(accounts.n + transfers.n)
}
