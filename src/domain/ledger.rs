//! The ledger: accounts, transfers and their entries, and the templates that turn a business event into legs.
//!
//! Every account belongs to a *book*, the chain that accompanies one customer: the customer's wallet and bonus, the
//! platform's share, the reseller's commission and the money at Stripe for that customer. So a posting touches one
//! book only; platform and reseller totals are sums over books, and no hot row serialises all customers.
//! Amounts are signed and sum to zero: a top-up is wallet +10, clearing −10; a call is wallet −4, revenue +3,
//! commission +1.

use crate::domain::clock::Ts;
use crate::domain::id::{AccountId, TenantId, TopUpId, TransferId};
use crate::domain::money::Cents;
use crate::domain::party::text_enum;
use crate::domain::pricing::Charge;
use crate::domain::refusal::Refusal;

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
}

text_enum!(AccountKind {
    Wallet = "wallet",
    Bonus = "bonus",
    Revenue = "revenue",
    Commission = "commission",
    Clearing = "clearing",
    Adjustment = "adjustment",
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

/// All accounts of one customer's chain, with the position of the last transfer.
#[derive(Clone, Debug)]
pub struct Book {
    /// The customer.
    pub customer: TenantId,
    /// The reseller who earns from it.
    pub reseller: Option<TenantId>,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// Position of the last transfer.
    pub seq: i64,
    /// Time of the last transfer; time in a book never runs backwards.
    pub last_posted_at: Ts,
}

/// What a transfer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferKind {
    /// Money paid in.
    TopUp,
    /// Rated usage.
    Usage,
    /// Money paid back.
    Refund,
    /// Bonus credit granted.
    Bonus,
    /// A correction by hand.
    Adjustment,
}

text_enum!(TransferKind {
    TopUp = "topup",
    Usage = "usage",
    Refund = "refund",
    Bonus = "bonus",
    Adjustment = "adjustment",
});

/// A business event to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posting {
    /// A payment arrived: wallet +, clearing −.
    TopUp {
        /// The amount paid.
        amount: Cents,
    },
    /// Usage was consumed: always posted in full, even below the limit.
    Usage(Charge),
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
            Posting::Refund { .. } | Posting::RefundReturned { .. } => TransferKind::Refund,
            Posting::Bonus { .. } => TransferKind::Bonus,
            Posting::Adjustment { .. } => TransferKind::Adjustment,
        }
    }
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
}

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
    /// When it was posted.
    pub posted_at: Ts,
    /// The reseller at that time.
    pub reseller: Option<TenantId>,
    /// What asked for it.
    pub draft: Draft,
    /// Its legs.
    pub entries: Vec<Entry>,
}

impl Book {
    /// What the customer may spend: wallet plus bonus.
    pub fn available(&self) -> Cents {
        self.balance(AccountKind::Wallet) + self.balance(AccountKind::Bonus)
    }

    /// The balance of one account; zero where the book has none of that kind.
    pub fn balance(&self, kind: AccountKind) -> Cents {
        self.accounts.iter().find(|a| a.kind == kind).map_or(Cents::ZERO, |a| a.balance)
    }

    /// Applies `draft` to the book and returns the transfer to be written.
    ///
    /// # Errors
    /// [`Refusal::InsufficientBalance`] for a guarded debit beyond the floor; the book is unchanged then.
    pub fn apply(&mut self, draft: Draft, now: Ts) -> Result<Transfer, Refusal> {
        let legs = self.legs(&draft.posting)?;
        let sum: Cents = legs.iter().map(|(_, amount)| *amount).sum();
        assert_eq!(sum, Cents::ZERO, "a posting template must balance");
        let before = self.available();
        let commission =
            legs.iter().filter(|(kind, _)| *kind == AccountKind::Commission).map(|(_, amount)| *amount).sum();
        let mut entries = Vec::with_capacity(legs.len());
        for (kind, amount) in legs.into_iter().filter(|(_, amount)| *amount != Cents::ZERO) {
            let account = self
                .accounts
                .iter_mut()
                .find(|a| a.kind == kind)
                .expect("a book has every account it posts to");
            let before = account.balance;
            account.balance += amount;
            account.entries += 1;
            entries.push(Entry {
                account: account.id,
                seq: account.entries,
                amount,
                before,
                after: account.balance,
            });
        }
        self.seq += 1;
        self.last_posted_at = self.last_posted_at.max(now);
        Ok(Transfer {
            id: TransferId::new(self.last_posted_at),
            seq: self.seq,
            amount: self.available() - before,
            balance: self.available(),
            commission,
            posted_at: self.last_posted_at,
            reseller: self.reseller,
            draft,
            entries,
        })
    }

    fn legs(&self, posting: &Posting) -> Result<Vec<(AccountKind, Cents)>, Refusal> {
        use AccountKind::{Adjustment, Bonus, Clearing, Wallet};
        Ok(match posting {
            Posting::TopUp { amount } | Posting::RefundReturned { amount } => {
                vec![(Wallet, *amount), (Clearing, -*amount)]
            }
            Posting::Refund { amount } => vec![(Wallet, -*amount), (Clearing, *amount)],
            Posting::Bonus { amount } => vec![(Bonus, *amount), (Adjustment, -*amount)],
            Posting::Adjustment { amount } => {
                self.guard(Wallet, *amount)?;
                vec![(Wallet, *amount), (Adjustment, -*amount)]
            }
            Posting::Usage(charge) => self.usage_legs(charge),
        })
    }

    /// Bonus is spent first and earns no commission; the rest of the chain is exact by difference.
    fn usage_legs(&self, charge: &Charge) -> Vec<(AccountKind, Cents)> {
        let from_bonus = self.balance(AccountKind::Bonus).max(Cents::ZERO).min(charge.amount);
        let from_wallet = charge.amount - from_bonus;
        let commission = match self.reseller {
            Some(_) => charge.commission_on(from_wallet),
            None => Cents::ZERO,
        };
        vec![
            (AccountKind::Bonus, -from_bonus),
            (AccountKind::Wallet, -from_wallet),
            (AccountKind::Revenue, charge.amount - commission),
            (AccountKind::Commission, commission),
        ]
    }

    fn guard(&self, kind: AccountKind, amount: Cents) -> Result<(), Refusal> {
        let account = self.accounts.iter().find(|a| a.kind == kind);
        let allowed = account.is_some_and(|a| !amount.is_negative() || a.balance + amount >= a.floor);
        if allowed { Ok(()) } else { Err(Refusal::InsufficientBalance) }
    }
}
