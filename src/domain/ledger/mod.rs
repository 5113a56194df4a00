//! The ledger: accounts, transfers and their entries, and the templates that turn a business event into legs.
//!
//! Every account belongs to a *book*, the chain that accompanies one customer: the customer's wallet and bonus, the
//! platform's share, the reseller's commission and the money at Stripe for that customer. So a posting touches one
//! book only; platform and reseller totals are sums over books, and no hot row serialises all customers.
//! Amounts are signed and sum to zero: a top-up is wallet +10, clearing −10; a call is wallet −4, revenue +3,
//! commission +1. Where the reseller prepays (`resale`), the call is wallet −4, sales +4 in the customer's book, and its
//! counterpart in the reseller's own book is wallet −3, revenue +3.

mod book;

pub use book::Book;

use crate::domain::clock::Ts;
use crate::domain::id::{AccountId, PersonId, TenantId, TopUpId, TransferId};
use crate::domain::money::Cents;
use crate::domain::party::text_enum;
use crate::domain::pricing::{Charge, Meter, Rate, Usage};
use std::sync::Arc;

/// What an account stands for within its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// The customer's prepaid money.
    Wallet,
    /// The customer's bonus credit: spent first, never refundable.
    Bonus,
    /// The platform's share of this customer's usage.
    Revenue,
    /// The reseller's commission from this customer's usage.
    Commission,
    /// Money of this customer's top-ups at Stripe; negative while Stripe or the bank account holds it.
    Clearing,
    /// The platform's side of bonus grants and corrections.
    Adjustment,
    /// What a reseller who prepays has sold to this customer.
    Sales,
}

text_enum!(AccountKind {
    Wallet = "wallet",
    Bonus = "bonus",
    Revenue = "revenue",
    Commission = "commission",
    Clearing = "clearing",
    Adjustment = "adjustment",
    Sales = "sales",
});

/// An account as read under its book's lock.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it stands for.
    pub kind: AccountKind,
    /// Current balance.
    pub balance: Cents,
    /// Guarded debits may not take the balance below this (minus the credit limit; zero by default).
    pub floor: Cents,
    /// Number of entries so far; the next entry gets this plus one.
    pub entries: i64,
}

/// What a transfer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferKind {
    /// Money paid in.
    TopUp,
    /// Rated usage.
    Usage,
    /// What usage of its customers costs a reseller who prepays.
    Wholesale,
    /// Money paid back.
    Refund,
    /// Bonus credit granted.
    Bonus,
    /// A correction by hand.
    Adjustment,
    /// A charge taken back through its whole chain.
    Reversal,
}

text_enum!(TransferKind {
    TopUp = "topup",
    Usage = "usage",
    Wholesale = "wholesale",
    Refund = "refund",
    Bonus = "bonus",
    Adjustment = "adjustment",
    Reversal = "reversal",
});

/// A business event to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posting {
    /// A payment arrived: wallet +, clearing −.
    TopUp {
        /// The amount paid.
        amount: Cents,
    },
    /// Usage was consumed: rated under the lock of the book and always posted in full, even below the limit.
    Usage(Box<Metered>),
    /// What a charge of its customer costs a reseller who prepays: wallet −, revenue +; always posted in full.
    Wholesale {
        /// What the platform takes, positive.
        amount: Cents,
        /// The customer's charge.
        charge: TransferId,
    },
    /// A charge is taken back: its entries with the opposite sign.
    Reversal(Box<Reversed>),
    /// A payment was returned: wallet −, clearing +; may leave a visible negative balance.
    Refund {
        /// The amount returned, positive.
        amount: Cents,
    },
    /// A refund failed and the money came back: wallet +, clearing −.
    RefundReturned {
        /// The amount, positive.
        amount: Cents,
    },
    /// Goodwill: bonus +, adjustment −.
    Bonus {
        /// The amount granted, positive.
        amount: Cents,
    },
    /// A correction by hand; a debit is refused where it would overdraw.
    Adjustment {
        /// Positive credits, negative debits the wallet.
        amount: Cents,
    },
}

impl Posting {
    /// The kind under which the transfer is listed.
    pub const fn kind(&self) -> TransferKind {
        match self {
            Posting::TopUp { .. } => TransferKind::TopUp,
            Posting::Usage(_) => TransferKind::Usage,
            Posting::Wholesale { .. } => TransferKind::Wholesale,
            Posting::Reversal(_) => TransferKind::Reversal,
            Posting::Refund { .. } | Posting::RefundReturned { .. } => TransferKind::Refund,
            Posting::Bonus { .. } => TransferKind::Bonus,
            Posting::Adjustment { .. } => TransferKind::Adjustment,
        }
    }
}

/// Usage with the rate that holds for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metered {
    /// What was used.
    pub usage: Usage,
    /// What it costs each side.
    pub rate: Arc<Rate>,
    /// The German month of its day, `2026-11`: tiers and included units count by it.
    pub month: String,
    /// The reseller whose own wallet pays the platform's part, where it prepays.
    pub wholesale: Option<TenantId>,
}

/// A posted charge as its reversal needs it; all numbers as they were posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversed {
    /// The transfer that is taken back.
    pub transfer: TransferId,
    /// What its movements are listed under: the meter, or `wholesale`.
    pub category: String,
    /// The meter, for charges of customers.
    pub meter: Option<Meter>,
    /// Seconds or pieces that were used.
    pub used: i64,
    /// Billed units.
    pub quantity: i64,
    /// The platform's part.
    pub platform: Cents,
    /// Its legs.
    pub legs: Vec<(AccountKind, Cents)>,
}

/// A posting with everything that makes it one movement of one book.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whose book.
    pub customer: TenantId,
    /// Unique key: the same key posts once, whoever asks how often.
    pub key: String,
    /// What happened.
    pub posting: Posting,
    /// When it happened (not when it is posted).
    pub occurred_at: Ts,
    /// What the customer reads: a call's number, a reason.
    pub description: String,
    /// The top-up it belongs to.
    pub top_up: Option<TopUpId>,
    /// SHA-256 of what was sent: the same key with other content is a conflict, not a repetition.
    pub content: Option<[u8; 32]>,
    /// The sender's own data, a JSON object as text.
    pub metadata: Option<String>,
    /// Why somebody did this by hand.
    pub reason: Option<String>,
    /// Who did.
    pub actor: Option<PersonId>,
}

impl Draft {
    /// A movement that nobody made by hand and that belongs to no top-up.
    pub fn new(
        customer: TenantId,
        key: String,
        posting: Posting,
        occurred_at: Ts,
        description: String,
    ) -> Draft {
        Draft {
            customer,
            key,
            posting,
            occurred_at,
            description,
            top_up: None,
            content: None,
            metadata: None,
            reason: None,
            actor: None,
        }
    }
}

/// A threshold that a balance can fall below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// The warning threshold.
    Low,
    /// The critical threshold.
    Critical,
    /// Nothing is left.
    Depleted,
    /// The balance will not last as long as it should.
    Forecast,
}

text_enum!(AlertKind { Low = "low", Critical = "critical", Depleted = "depleted", Forecast = "forecast" });

/// One leg of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: AccountId,
    /// Its running number within the account, from 1 without gaps.
    pub seq: i64,
    /// Signed amount, never zero.
    pub amount: Cents,
    /// Balance before.
    pub before: Cents,
    /// Balance after.
    pub after: Cents,
}

/// An immutable movement: its entries sum to zero.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// Position within the customer's book, from 1 without gaps.
    pub seq: i64,
    /// Change of what the customer may spend (wallet and bonus).
    pub amount: Cents,
    /// What the customer may spend afterwards.
    pub balance: Cents,
    /// What the reseller earns by it.
    pub commission: Cents,
    /// What the platform keeps of it.
    pub platform: Cents,
    /// How usage was rated.
    pub charge: Option<Charge>,
    /// Thresholds the balance fell below by it, with their amounts.
    pub alerts: Vec<(AlertKind, Cents)>,
    /// When it was posted.
    pub posted_at: Ts,
    /// The reseller at that time.
    pub reseller: Option<TenantId>,
    /// What asked for it.
    pub draft: Draft,
    /// Its legs.
    pub entries: Vec<Entry>,
}
