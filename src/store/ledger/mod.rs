//! The ledger's tables: posting drafts, reading balances, proving that all is right. Movements are read in [`super::movements`].
//!
//! A posting locks its books in sorted order, lets the pure domain decide under the lock, and writes whole groups with one
//! statement per table. Every update repeats its premise (`entries = expected`), so a broken lock is an error and not a wrong balance.

mod proofs;
mod write;

pub use proofs::{Proof, count_broken, count_stale_balances, count_wrong_reservations, prove_totals};

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{AccountId, TenantId, TransferId};
use crate::domain::ledger::{Account, AccountKind, Book, Draft, Metered, Posting, Transfer};
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::domain::pricing::{Carry, Meter};
use crate::domain::refusal::Refusal;
use crate::domain::usage::gist;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Posted now.
    Posted(Receipt),
    /// A draft with the same key and content was posted before; nothing changed. The receipt is that of then.
    Replayed(Receipt),
    /// A draft with the same key, but other content, was posted before; nothing changed.
    Conflict(TransferId),
    /// The rules say no; nothing changed.
    Refused(Refusal),
}

/// A posted transfer in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub transfer: TransferId,
    /// Change of what was booked for the customer.
    pub amount: Cents,
    /// What was booked for the customer afterwards.
    pub balance: Cents,
    /// The reseller's commission.
    pub commission: Cents,
}

row! {
    struct BookRow {
        customer_id: TenantId,
        reseller_id: Option<TenantId>,
        seq: i64,
        last_posted_at: Ts,
        held_cents: Cents,
        low_balance_cents: Cents,
        critical_balance_cents: Cents,
    }
    struct AccountRow { id: AccountId, customer_id: TenantId, kind: AccountKind, balance_cents: Cents, floor_cents: Cents, entries: i64 }
    struct KeyRow { key: String, id: TransferId, amount_cents: Cents, balance_cents: Cents, commission_cents: Cents, content_hash: Option<Vec<u8>> }
    struct UsedRow { customer_id: TenantId, month: String, meter: Meter, quantity: i64 }
    struct CarryRow { customer_id: TenantId, meter: Meter, customer_carry: i64, platform_carry: i64 }
}

const LOCK_BOOKS: Sql = Sql {
    lite: "SELECT b.customer_id, t.reseller_id, b.seq, b.last_posted_at, b.held_cents, t.low_balance_cents, t.critical_balance_cents \
           FROM books b JOIN tenants t ON t.id = b.customer_id \
           WHERE b.customer_id IN (SELECT unhex(value) FROM json_each($1)) ORDER BY b.customer_id",
    pg: "SELECT b.customer_id, t.reseller_id, b.seq, b.last_posted_at, b.held_cents, t.low_balance_cents, t.critical_balance_cents \
         FROM books b JOIN tenants t ON t.id = b.customer_id \
         WHERE b.customer_id = ANY($1) ORDER BY b.customer_id FOR UPDATE OF b",
};
const ACCOUNTS: Sql = Sql {
    lite: "SELECT id, customer_id, kind, balance_cents, floor_cents, entries FROM accounts \
           WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT id, customer_id, kind, balance_cents, floor_cents, entries FROM accounts WHERE customer_id = ANY($1)",
};
// CROSS JOIN, because SQLite with statistics of an almost empty table would walk all transfers for every key.
const POSTED_KEYS: Sql = Sql {
    lite: "SELECT t.key, t.id, t.amount_cents, t.balance_cents, t.commission_cents, t.content_hash \
           FROM json_each($1) j CROSS JOIN transfers t ON t.key = j.value",
    pg: "SELECT key, id, amount_cents, balance_cents, commission_cents, content_hash FROM transfers \
         WHERE key IN (SELECT jsonb_array_elements_text(CAST($1 AS jsonb)))",
};
const USED: Sql = Sql {
    lite: "SELECT u.customer_id, substr(u.day, 1, 7) AS month, u.meter, SUM(u.quantity) AS quantity FROM json_each($1) j \
           CROSS JOIN usage_totals u ON u.customer_id = unhex(j.value) AND u.day >= $2 AND u.day <= $3 GROUP BY 1, 2, 3",
    pg: "SELECT customer_id, substr(day, 1, 7) AS month, meter, CAST(SUM(quantity) AS bigint) AS quantity FROM usage_totals \
         WHERE customer_id = ANY($1) AND day >= $2 AND day <= $3 GROUP BY 1, 2, 3",
};
const CARRIES: Sql = Sql {
    lite: "SELECT customer_id, meter, customer_carry, platform_carry FROM carries \
           WHERE customer_id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT customer_id, meter, customer_carry, platform_carry FROM carries WHERE customer_id = ANY($1)",
};

/// Opens the book of a new customer, or of a reseller who prepays, with all its accounts.
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
    tx.q("INSERT INTO books (customer_id, seq, last_posted_at, held_cents) VALUES ($1, 0, $2, 0)")
        .bind(customer)
        .bind(Ts(0))
        .exec()
        .await?;
    for kind in AccountKind::ALL {
        let owner = match kind {
            AccountKind::Wallet | AccountKind::Bonus => customer,
            AccountKind::Commission | AccountKind::Sales => match reseller {
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

/// Opens the book of a reseller who begins to prepay, unless it has one. Call it where terms become `resale`: usage of its customers
/// cannot be posted without.
///
/// # Errors
/// Failures of the engine.
pub async fn ensure_book(tx: &mut Tx, reseller: TenantId, platform: TenantId, now: Ts) -> Result<()> {
    if has_book(tx, reseller).await? {
        return Ok(());
    }
    open_book(tx, reseller, None, platform, now).await
}

/// Whether a tenant has a book.
///
/// # Errors
/// Failures of the engine.
pub async fn has_book(tx: &mut Tx, tenant: TenantId) -> Result<bool> {
    row! { struct Books { n: i64 } }
    let books =
        tx.q("SELECT COUNT(*) AS n FROM books WHERE customer_id = $1").bind(tenant).one::<Books>().await?;
    Ok(books.n > 0)
}

/// Posts drafts of any customers within `tx`; the same key posts once. Outcomes come in the order of the drafts.
///
/// # Errors
/// `RowNotFound` for a customer without a book; failures of the engine. The transaction must not be committed then.
pub async fn post(tx: &mut Tx, drafts: Vec<Draft>, now: Ts) -> Result<Vec<Outcome>> {
    let customers = customers_of(&drafts);
    let mut books = load_books(tx, &customers).await?;
    if books.len() != customers.len() {
        return Err(sqlx::Error::RowNotFound);
    }
    let mut seen = posted_before(tx, &drafts).await?;
    load_states(tx, &mut books, &drafts).await?;
    let before: Vec<Book> = books.values().cloned().collect();
    let (mut outcomes, mut transfers) = (Vec::with_capacity(drafts.len()), Vec::with_capacity(drafts.len()));
    for draft in drafts {
        if let Some((receipt, content)) = seen.get(&draft.key) {
            outcomes.push(if is_same(content.as_deref(), &draft) {
                Outcome::Replayed(*receipt)
            } else {
                Outcome::Conflict(receipt.transfer)
            });
            continue;
        }
        let outcome = match apply(&mut books, draft, now, &mut transfers)? {
            Ok(place) => {
                let transfer: &Transfer = &transfers[place];
                let receipt = receipt(transfer);
                seen.insert(transfer.draft.key.clone(), (receipt, transfer.draft.content.map(Vec::from)));
                Outcome::Posted(receipt)
            }
            Err(refusal) => Outcome::Refused(refusal),
        };
        outcomes.push(outcome);
    }
    if !transfers.is_empty() {
        write::write(tx, &before, &books, &transfers).await?;
    }
    Ok(outcomes)
}

/// Whether what was posted under a draft's key is the same thing: it was sent with the same content, or it was the capture of a hold
/// with the same usage, or it is not compared (postings of our own).
fn is_same(posted: Option<&[u8]>, draft: &Draft) -> bool {
    let Some(posted) = posted else { return true };
    let gist = match &draft.posting {
        Posting::Usage(metered) => Some(gist(metered.rate.meter(), metered.usage)),
        _ => None,
    };
    [draft.content, gist].into_iter().flatten().any(|content| posted == content)
}

/// Applies one draft, and what it costs a reseller who prepays, to the books; returns the place of its transfer.
fn apply(
    books: &mut BTreeMap<TenantId, Book>,
    draft: Draft,
    now: Ts,
    transfers: &mut Vec<Transfer>,
) -> Result<Result<usize, Refusal>> {
    let wholesale = wholesale(&draft);
    let book = books.get_mut(&draft.customer).ok_or(sqlx::Error::RowNotFound)?;
    let transfer = match book.apply(draft, now) {
        Ok(transfer) => transfer,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let place = transfers.len();
    let counterpart = wholesale.filter(|_| transfer.platform != Cents::ZERO).map(|reseller| {
        let (key, posting) = (
            format!("wholesale:{}", transfer.id),
            Posting::Wholesale { amount: transfer.platform, charge: transfer.id },
        );
        let draft = &transfer.draft;
        Draft::new(reseller, key, posting, draft.occurred_at, draft.description.clone())
    });
    transfers.push(transfer);
    if let Some(draft) = counterpart {
        let book = books.get_mut(&draft.customer).ok_or(sqlx::Error::RowNotFound)?;
        transfers.push(book.apply(draft, now).expect("a wholesale posting is never refused"));
    }
    Ok(Ok(place))
}

/// The reseller whose own wallet pays for a draft.
fn wholesale(draft: &Draft) -> Option<TenantId> {
    match &draft.posting {
        Posting::Usage(metered) => metered.wholesale,
        _ => None,
    }
}

fn customers_of(drafts: &[Draft]) -> Vec<Uuid> {
    let ids = drafts.iter().flat_map(|draft| [Some(draft.customer.0), wholesale(draft).map(|id| id.0)]);
    ids.flatten().collect::<BTreeSet<_>>().into_iter().collect()
}

fn receipt(transfer: &Transfer) -> Receipt {
    let Transfer { id, amount, balance, commission, .. } = *transfer;
    Receipt { transfer: id, amount, balance, commission }
}

type Seen = HashMap<String, (Receipt, Option<Vec<u8>>)>;

async fn posted_before(tx: &mut Tx, drafts: &[Draft]) -> Result<Seen> {
    let keys = json!(drafts.iter().map(|d| d.key.as_str()).collect::<Vec<_>>()).to_string();
    let rows = tx.q(POSTED_KEYS).bind(keys).all::<KeyRow>().await?;
    let seen = rows.into_iter().map(|row| {
        let receipt = Receipt {
            transfer: row.id,
            amount: row.amount_cents,
            balance: row.balance_cents,
            commission: row.commission_cents,
        };
        (row.key, (receipt, row.content_hash))
    });
    Ok(seen.collect())
}

/// Reads where meters stand for customers with a rate that depends on it; most have none, and then nothing is asked.
async fn load_states(tx: &mut Tx, books: &mut BTreeMap<TenantId, Book>, drafts: &[Draft]) -> Result<()> {
    let metered = |draft: &Draft| -> Option<(Uuid, String)> {
        match &draft.posting {
            Posting::Usage(metered) if metered.rate.is_stateful() => {
                let Metered { month, .. } = &**metered;
                Some((draft.customer.0, month.clone()))
            }
            _ => None,
        }
    };
    let asked: BTreeSet<(Uuid, String)> = drafts.iter().filter_map(metered).collect();
    let months = || asked.iter().map(|(_, month)| month.as_str());
    let (Some(first), Some(last)) = (months().min(), months().max()) else { return Ok(()) };
    let customers: Vec<Uuid> = asked.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>().into_iter().collect();
    read_states(tx, books, &customers, first, last).await
}

/// Reads where the meters of a locked customer stand in a German month, `2026-11`, into its book.
///
/// # Errors
/// Failures of the engine.
pub async fn load_state(
    tx: &mut Tx,
    books: &mut BTreeMap<TenantId, Book>,
    customer: TenantId,
    month: &str,
) -> Result<()> {
    read_states(tx, books, &[customer.0], month, month).await
}

async fn read_states(
    tx: &mut Tx,
    books: &mut BTreeMap<TenantId, Book>,
    customers: &[Uuid],
    first: &str,
    last: &str,
) -> Result<()> {
    let query = tx.q(USED).bind_ids(customers).bind(format!("{first}-01")).bind(format!("{last}-31"));
    for row in query.all::<UsedRow>().await? {
        if let Some(book) = books.get_mut(&row.customer_id) {
            book.used.insert((row.meter, row.month), row.quantity);
        }
    }
    for row in tx.q(CARRIES).bind_ids(customers).all::<CarryRow>().await? {
        if let Some(book) = books.get_mut(&row.customer_id) {
            let carry = Carry { customer: row.customer_carry, platform: row.platform_carry };
            book.carries.insert(row.meter, carry);
        }
    }
    Ok(())
}

/// Locks the books of customers and of resellers who prepay, in sorted order, until the transaction ends, and reads them. A tenant without
/// a book is left out.
///
/// # Errors
/// Failures of the engine.
pub async fn lock_books(tx: &mut Tx, tenants: &[TenantId]) -> Result<BTreeMap<TenantId, Book>> {
    let ids: BTreeSet<Uuid> = tenants.iter().map(|id| id.0).collect();
    load_books(tx, &ids.into_iter().collect::<Vec<_>>()).await
}

/// Sets how far guarded debits may take the wallet of a locked book; returns how far they could before.
///
/// # Errors
/// When the wallet is no longer as it was read, and failures of the engine.
pub async fn set_floor(tx: &mut Tx, book: &Book, floor: Cents) -> Result<Cents> {
    let wallet = book.accounts.iter().find(|account| account.kind == AccountKind::Wallet);
    let wallet = wallet.ok_or(sqlx::Error::RowNotFound)?;
    let changed = tx
        .q("UPDATE accounts SET floor_cents = $2 WHERE id = $1 AND floor_cents = $3")
        .bind(wallet.id)
        .bind(floor)
        .bind(wallet.floor)
        .exec()
        .await?;
    if changed == 1 { Ok(wallet.floor) } else { Err(sqlx::Error::RowNotFound) }
}

async fn load_books(tx: &mut Tx, customers: &[Uuid]) -> Result<BTreeMap<TenantId, Book>> {
    let rows = tx.q(LOCK_BOOKS).bind_ids(customers).all::<BookRow>().await?;
    let mut books: BTreeMap<TenantId, Book> = rows
        .into_iter()
        .map(|row| {
            let book = Book {
                customer: row.customer_id,
                reseller: row.reseller_id,
                accounts: vec![],
                seq: row.seq,
                last_posted_at: row.last_posted_at,
                held: row.held_cents,
                thresholds: [row.low_balance_cents, row.critical_balance_cents],
                used: BTreeMap::new(),
                carries: BTreeMap::new(),
            };
            (row.customer_id, book)
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

row! {
    /// What a customer may spend, and how far its book has got.
    pub struct Balance {
        /// Prepaid money.
        pub wallet_cents: Cents,
        /// Bonus credit.
        pub bonus_cents: Cents,
        /// Reserved for usage that is going on.
        pub held_cents: Cents,
        /// Position of the last transfer; with what is held it names a state of the balance.
        pub seq: i64,
    }
}

impl Balance {
    /// Wallet plus bonus.
    pub fn booked(&self) -> Cents {
        self.wallet_cents + self.bonus_cents
    }

    /// What may be spent: booked, less what is held.
    pub fn available(&self) -> Cents {
        self.booked() - self.held_cents
    }
}

/// The balance of one customer, or of a reseller who prepays, read from its two accounts whatever the number of movements.
///
/// # Errors
/// Failures of the engine. `None` for a customer outside the scope.
pub async fn balance(db: &Db, scope: Scope, customer: TenantId) -> Result<Option<Balance>> {
    db.q("SELECT w.balance_cents AS wallet_cents, b.balance_cents AS bonus_cents, k.held_cents, k.seq FROM books k \
          JOIN tenants t ON t.id = k.customer_id \
          JOIN accounts w ON w.customer_id = k.customer_id AND w.kind = 'wallet' \
          JOIN accounts b ON b.customer_id = k.customer_id AND b.kind = 'bonus' \
          WHERE k.customer_id = $1 AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(customer)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}
