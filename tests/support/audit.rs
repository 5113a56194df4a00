//! An auditor who trusts nothing: reads the whole ledger and proves every promise about it in plain Rust, without the store's sums.

use super::sql::record;
use guthaben::domain::calendar;
use guthaben::domain::clock::Ts;
use guthaben::domain::hold::Status;
use guthaben::domain::id::{AccountId, HoldId, TenantId, TransferId};
use guthaben::domain::ledger::{AccountKind, TransferKind};
use guthaben::domain::money::Cents;
use guthaben::store::Db;
use std::collections::{BTreeMap, HashMap};

record! {
    /// An account as it is stored.
    pub struct AccountRow { id: AccountId, customer_id: TenantId, kind: AccountKind, balance_cents: Cents, floor_cents: Cents, entries: i64 }
    /// A leg as it is stored.
    pub struct EntryRow { account_id: AccountId, seq: i64, transfer_id: TransferId, amount_cents: Cents, before_cents: Cents, after_cents: Cents }
    /// A transfer as it is stored.
    pub struct TransferRow {
        id: TransferId, key: String, customer_id: TenantId, seq: i64, kind: TransferKind, category: String, amount_cents: Cents,
        balance_cents: Cents, quantity: i64, commission_cents: Cents, platform_cents: Cents, charge_id: Option<TransferId>, occurred_at: Ts, posted_at: Ts,
    }
    /// A day's sum as it is stored.
    pub struct TotalRow {
        customer_id: TenantId, day: String, category: String, transfers: i64, quantity: i64, amount_cents: Cents, first_seq: i64, last_seq: i64,
    }
    /// A day's sum of usage as it is stored.
    pub struct UsageRow {
        customer_id: TenantId, day: String, meter: String, events: i64, quantity: i64, amount_cents: Cents, platform_cents: Cents,
        commission_cents: Cents,
    }
    /// A book as it is stored.
    pub struct BookRow { customer_id: TenantId, seq: i64, held_cents: Cents }
    /// A hold as it is stored.
    pub struct HoldRow {
        id: HoldId, customer_id: TenantId, reseller_id: Option<TenantId>, status: Status, held_cents: Cents, wholesale_cents: Cents,
        transfer_id: Option<TransferId>,
    }
}

/// Everything the ledger says.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// All accounts.
    pub accounts: Vec<AccountRow>,
    /// All entries, by account and position.
    pub entries: Vec<EntryRow>,
    /// All transfers, by customer and position.
    pub transfers: Vec<TransferRow>,
    /// All daily sums.
    pub totals: Vec<TotalRow>,
    /// All daily sums of usage.
    pub usage: Vec<UsageRow>,
    /// All books.
    pub books: Vec<BookRow>,
    /// All holds.
    pub holds: Vec<HoldRow>,
}

impl Ledger {
    /// Reads the whole ledger; nobody may be posting meanwhile.
    pub async fn read(db: &Db) -> Ledger {
        let read = "the ledger can be read";
        Ledger {
            accounts: db.q("SELECT * FROM accounts").all().await.expect(read),
            entries: db.q("SELECT * FROM entries ORDER BY account_id, seq").all().await.expect(read),
            transfers: db.q("SELECT * FROM transfers ORDER BY customer_id, seq").all().await.expect(read),
            totals: db.q("SELECT * FROM daily_totals").all().await.expect(read),
            books: db.q("SELECT customer_id, seq, held_cents FROM books").all().await.expect(read),
            holds: db.q("SELECT * FROM holds").all().await.expect(read),
            usage: db.q("SELECT * FROM usage_totals").all().await.expect(read),
        }
    }

    /// The balance of one account; zero where there is none.
    pub fn balance(&self, customer: TenantId, kind: AccountKind) -> Cents {
        let account = self.accounts.iter().find(|a| a.customer_id == customer && a.kind == kind);
        account.map_or(Cents::ZERO, |account| account.balance_cents)
    }

    /// Every broken promise, in words; empty for a sound ledger.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = vec![];
        self.sums_are_zero(&mut faults);
        self.entries_replay(&mut faults);
        self.books_replay(&mut faults);
        self.guards_held(&mut faults);
        self.totals_are_sums(&mut faults);
        self.reservations_are_sums(&mut faults);
        self.charges_are_shared_out(&mut faults);
        self.usage_totals_are_sums(&mut faults);
        faults
    }

    /// A book has reserved what its standing holds reserve, and a hold is captured by a charge of its customer and by nothing else.
    fn reservations_are_sums(&self, faults: &mut Vec<String>) {
        let mut sums: BTreeMap<TenantId, Cents> = BTreeMap::new();
        for hold in &self.holds {
            let charge = self.transfers.iter().find(|t| Some(t.id) == hold.transfer_id);
            let its_own =
                charge.is_some_and(|t| t.customer_id == hold.customer_id && t.kind == TransferKind::Usage);
            if its_own != (hold.status == Status::Captured) {
                faults.push(format!("{} is {} with {charge:?}", hold.id, hold.status));
            }
            if hold.status == Status::Active {
                *sums.entry(hold.customer_id).or_default() += hold.held_cents;
                *sums.entry(hold.reseller_id.unwrap_or(hold.customer_id)).or_default() +=
                    hold.wholesale_cents;
            }
        }
        for book in &self.books {
            let sum = sums.remove(&book.customer_id).unwrap_or_default();
            if sum != book.held_cents {
                faults
                    .push(format!("{} has reserved {}, its holds {sum}", book.customer_id, book.held_cents));
            }
        }
    }

    fn sums_are_zero(&self, faults: &mut Vec<String>) {
        let mut sums: HashMap<TransferId, Cents> =
            self.transfers.iter().map(|t| (t.id, Cents::ZERO)).collect();
        for entry in &self.entries {
            match sums.get_mut(&entry.transfer_id) {
                Some(sum) => *sum += entry.amount_cents,
                None => faults.push(format!("an entry of {} names no transfer", entry.account_id)),
            }
        }
        let unbalanced = sums.iter().filter(|(_, sum)| **sum != Cents::ZERO);
        faults.extend(unbalanced.map(|(id, sum)| format!("{id} sums to {sum}")));
        let total: Cents = self.accounts.iter().map(|a| a.balance_cents).sum();
        if total != Cents::ZERO {
            faults.push(format!("all balances sum to {total}"));
        }
    }

    fn entries_replay(&self, faults: &mut Vec<String>) {
        let mut ends: HashMap<AccountId, (i64, Cents)> = HashMap::new();
        for e in &self.entries {
            let (seq, balance) = ends.entry(e.account_id).or_default();
            if e.seq != *seq + 1
                || e.before_cents != *balance
                || e.after_cents != e.before_cents + e.amount_cents
            {
                faults.push(format!(
                    "{}: entry {} does not follow entry {seq} at {balance}",
                    e.account_id, e.seq
                ));
            }
            if e.amount_cents == Cents::ZERO {
                faults.push(format!("{}: entry {} moves nothing", e.account_id, e.seq));
            }
            (*seq, *balance) = (e.seq, e.after_cents);
        }
        for account in &self.accounts {
            let end = ends.remove(&account.id).unwrap_or_default();
            if end != (account.entries, account.balance_cents) {
                faults.push(format!("{} {} is not where its entries end: {end:?}", account.id, account.kind));
            }
        }
        faults.extend(ends.keys().map(|id| format!("entries of {id}, which is no account")));
    }

    /// Transfers count without gaps, time never runs backwards, and the balance each shows is wallet plus bonus at that point.
    fn books_replay(&self, faults: &mut Vec<String>) {
        let spendable: HashMap<AccountId, TenantId> = self
            .accounts
            .iter()
            .filter(|a| matches!(a.kind, AccountKind::Wallet | AccountKind::Bonus))
            .map(|a| (a.id, a.customer_id))
            .collect();
        let mut changes: HashMap<TransferId, Cents> = HashMap::new();
        for entry in &self.entries {
            if spendable.contains_key(&entry.account_id) {
                *changes.entry(entry.transfer_id).or_default() += entry.amount_cents;
            }
        }
        let mut ends: HashMap<TenantId, (i64, Cents, Ts)> = HashMap::new();
        for t in &self.transfers {
            let (seq, balance, posted_at) = ends.entry(t.customer_id).or_default();
            let change = changes.get(&t.id).copied().unwrap_or_default();
            if t.seq != *seq + 1 || t.amount_cents != change || t.balance_cents != *balance + change {
                faults.push(format!(
                    "{}: movement {} does not follow movement {seq} at {balance}",
                    t.id, t.seq
                ));
            }
            if t.posted_at < *posted_at {
                faults.push(format!("{}: movement {} was posted before movement {seq}", t.id, t.seq));
            }
            (*seq, *balance, *posted_at) = (t.seq, t.balance_cents, t.posted_at);
        }
        for book in &self.books {
            let (seq, balance, _) = ends.get(&book.customer_id).copied().unwrap_or_default();
            let wallet = self.balance(book.customer_id, AccountKind::Wallet);
            if seq != book.seq || balance != wallet + self.balance(book.customer_id, AccountKind::Bonus) {
                faults.push(format!("the book of {} is not where its movements end", book.customer_id));
            }
        }
    }

    /// A guarded debit never left a wallet below its floor, and bonus credit never went below nothing.
    fn guards_held(&self, faults: &mut Vec<String>) {
        let accounts: HashMap<AccountId, &AccountRow> = self.accounts.iter().map(|a| (a.id, a)).collect();
        let kinds: HashMap<TransferId, TransferKind> =
            self.transfers.iter().map(|t| (t.id, t.kind)).collect();
        for entry in &self.entries {
            let Some(account) = accounts.get(&entry.account_id) else { continue };
            let guarded = kinds.get(&entry.transfer_id) == Some(&TransferKind::Adjustment);
            let debit = entry.amount_cents.is_negative();
            let overdrawn = match account.kind {
                AccountKind::Wallet => guarded && debit && entry.after_cents < account.floor_cents,
                AccountKind::Bonus => entry.after_cents.is_negative(),
                _ => false,
            };
            if overdrawn {
                faults.push(format!("{}: entry {} overdraws the {}", account.id, entry.seq, account.kind));
            }
        }
    }

    fn totals_are_sums(&self, faults: &mut Vec<String>) {
        type Sum = (i64, i64, Cents, i64, i64);
        let mut sums: BTreeMap<(TenantId, String, String), Sum> = BTreeMap::new();
        for t in &self.transfers {
            let key = (t.customer_id, calendar::day(t.posted_at).to_string(), t.category.clone());
            let sum = sums.entry(key).or_insert((0, 0, Cents::ZERO, t.seq, t.seq));
            *sum = (sum.0 + 1, sum.1 + t.quantity, sum.2 + t.amount_cents, sum.3, t.seq);
        }
        for total in &self.totals {
            let key = (total.customer_id, total.day.clone(), total.category.clone());
            let stored =
                (total.transfers, total.quantity, total.amount_cents, total.first_seq, total.last_seq);
            if sums.remove(&key) != Some(stored) {
                faults.push(format!("the sum of {key:?} is not {stored:?}"));
            }
        }
        faults.extend(sums.keys().map(|key| format!("no sum was kept for {key:?}")));
    }

    /// What the customer pays is what platform and reseller get; where the reseller prepays, its own movement pays the platform's part.
    fn charges_are_shared_out(&self, faults: &mut Vec<String>) {
        let kinds: HashMap<AccountId, AccountKind> = self.accounts.iter().map(|a| (a.id, a.kind)).collect();
        let mut legs: HashMap<(TransferId, AccountKind), Cents> = HashMap::new();
        for entry in &self.entries {
            let Some(kind) = kinds.get(&entry.account_id) else { continue };
            *legs.entry((entry.transfer_id, *kind)).or_default() += entry.amount_cents;
        }
        let leg = |t: &TransferRow, kind| legs.get(&(t.id, kind)).copied().unwrap_or_default();
        let prepaid: HashMap<TransferId, Cents> =
            self.transfers.iter().filter_map(|t| Some((t.charge_id?, -t.amount_cents))).collect();
        for t in self.transfers.iter().filter(|t| t.kind == TransferKind::Usage) {
            let resale = leg(t, AccountKind::Sales) != Cents::ZERO || prepaid.contains_key(&t.id);
            let sound = if resale {
                prepaid.get(&t.id).copied().unwrap_or_default() == t.platform_cents
            } else {
                -t.amount_cents == t.platform_cents + t.commission_cents
                    && leg(t, AccountKind::Revenue) == t.platform_cents
            };
            if !sound || leg(t, AccountKind::Commission) != t.commission_cents {
                faults.push(format!("{}: {} is not shared out", t.id, -t.amount_cents));
            }
        }
    }

    fn usage_totals_are_sums(&self, faults: &mut Vec<String>) {
        type Sum = (i64, i64, Cents, Cents, Cents);
        let mut sums: BTreeMap<(TenantId, String, String), Sum> = BTreeMap::new();
        for t in &self.transfers {
            let events = match t.kind {
                TransferKind::Usage => 1,
                TransferKind::Reversal if t.category != TransferKind::Wholesale.as_str() => -1,
                _ => continue,
            };
            let key = (t.customer_id, calendar::day(t.occurred_at).to_string(), t.category.clone());
            let sum = sums.entry(key).or_default();
            sum.0 += events;
            sum.1 += t.quantity;
            sum.2 += -t.amount_cents;
            sum.3 += t.platform_cents;
            sum.4 += t.commission_cents;
        }
        for row in &self.usage {
            let key = (row.customer_id, row.day.clone(), row.meter.clone());
            let stored =
                (row.events, row.quantity, row.amount_cents, row.platform_cents, row.commission_cents);
            if sums.remove(&key) != Some(stored) {
                faults.push(format!("the usage of {key:?} is not {stored:?}"));
            }
        }
        faults.extend(sums.keys().map(|key| format!("no usage was summed up for {key:?}")));
    }
}
