//! The book of one customer, read under its lock: it decides what a draft does.

use super::{Account, AccountKind, AlertKind, Draft, Entry, Metered, Posting, Transfer};
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TransferId};
use crate::domain::money::Cents;
use crate::domain::pricing::{self, Carry, Charge, Meter, MeterState, Settlement};
use crate::domain::refusal::Refusal;
use std::collections::BTreeMap;

/// All accounts of one customer's chain, with the position of the last transfer.
#[derive(Clone, Debug)]
pub struct Book {
    /// The customer, or a reseller who prepays.
    pub customer: TenantId,
    /// The reseller who earns from it.
    pub reseller: Option<TenantId>,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// Position of the last transfer.
    pub seq: i64,
    /// Time of the last transfer; time in a book never runs backwards.
    pub last_posted_at: Ts,
    /// Reserved for usage that is going on.
    pub held: Cents,
    /// Below these its people are told, in the order warning, critical.
    pub thresholds: [Cents; 2],
    /// Billed units per meter and German month; read only where a rate in this group of postings depends on them.
    pub used: BTreeMap<(Meter, String), i64>,
    /// Parts of a cent left over per meter; read like `used`.
    pub carries: BTreeMap<Meter, Carry>,
}

/// The legs of a posting, and how usage was rated.
struct Legs {
    legs: Vec<(AccountKind, Cents)>,
    charge: Option<Charge>,
    platform: Cents,
}

impl Book {
    /// What is booked for the customer: wallet plus bonus.
    pub fn booked(&self) -> Cents {
        self.balance(AccountKind::Wallet) + self.balance(AccountKind::Bonus)
    }

    /// What further usage may reserve: booked, less what is held, plus the credit limit.
    pub fn spendable(&self) -> Cents {
        let floor = self.accounts.iter().find(|a| a.kind == AccountKind::Wallet);
        self.booked() - self.held - floor.map_or(Cents::ZERO, |account| account.floor)
    }

    /// The balance of one account; zero where the book has none of that kind.
    pub fn balance(&self, kind: AccountKind) -> Cents {
        self.accounts.iter().find(|a| a.kind == kind).map_or(Cents::ZERO, |a| a.balance)
    }

    /// Where a meter stands in a month.
    pub fn state(&self, meter: Meter, month: &str) -> MeterState {
        let used = self.used.get(&(meter, month.to_owned())).copied().unwrap_or(0);
        MeterState { used, carry: self.carries.get(&meter).copied().unwrap_or_default() }
    }

    /// Applies `draft` to the book and returns the transfer to be written.
    ///
    /// # Errors
    /// [`Refusal::InsufficientBalance`] for a guarded debit beyond the floor, [`Refusal::UsageOutOfRange`] for usage whose
    /// amount no account could hold; the book is unchanged then.
    pub fn apply(&mut self, draft: Draft, now: Ts) -> Result<Transfer, Refusal> {
        let Legs { legs, charge, platform } = self.legs(&draft.posting)?;
        let sum: Cents = legs.iter().map(|(_, amount)| *amount).sum();
        assert_eq!(sum, Cents::ZERO, "a posting template must balance");
        let before = self.booked();
        let commission =
            legs.iter().filter(|(kind, _)| *kind == AccountKind::Commission).map(|(_, amount)| *amount).sum();
        let entries = self.enter(legs);
        self.seq += 1;
        self.last_posted_at = self.last_posted_at.max(now);
        Ok(Transfer {
            id: TransferId::new(self.last_posted_at),
            seq: self.seq,
            amount: self.booked() - before,
            balance: self.booked(),
            commission,
            platform,
            alerts: self.crossed(before),
            charge,
            posted_at: self.last_posted_at,
            reseller: self.reseller,
            draft,
            entries,
        })
    }

    fn enter(&mut self, legs: Vec<(AccountKind, Cents)>) -> Vec<Entry> {
        let legs = legs.into_iter().filter(|(_, amount)| *amount != Cents::ZERO);
        let enter = |(kind, amount)| {
            let account = self.accounts.iter_mut().find(|a| a.kind == kind);
            let account = account.expect("a book has every account it posts to");
            let before = account.balance;
            account.balance += amount;
            account.entries += 1;
            Entry { account: account.id, seq: account.entries, amount, before, after: account.balance }
        };
        legs.map(enter).collect()
    }

    /// The thresholds that lie between the balance before and the present one, on the way down.
    fn crossed(&self, before: Cents) -> Vec<(AlertKind, Cents)> {
        let after = self.booked();
        let [low, critical] = self.thresholds;
        let kinds = [(AlertKind::Low, low), (AlertKind::Critical, critical), (AlertKind::Depleted, Cents(1))];
        kinds.into_iter().filter(|(_, threshold)| before >= *threshold && after < *threshold).collect()
    }

    fn legs(&mut self, posting: &Posting) -> Result<Legs, Refusal> {
        use AccountKind::{Adjustment, Bonus, Clearing, Revenue, Wallet};
        let legs = match posting {
            Posting::TopUp { amount } | Posting::RefundReturned { amount } => {
                vec![(Wallet, *amount), (Clearing, -*amount)]
            }
            Posting::Refund { amount } => vec![(Wallet, -*amount), (Clearing, *amount)],
            Posting::Bonus { amount } => vec![(Bonus, *amount), (Adjustment, -*amount)],
            Posting::Adjustment { amount } => {
                self.guard(Wallet, *amount)?;
                vec![(Wallet, *amount), (Adjustment, -*amount)]
            }
            Posting::Wholesale { amount, .. } => {
                let legs = vec![(Wallet, -*amount), (Revenue, *amount)];
                return Ok(Legs { legs, charge: None, platform: *amount });
            }
            Posting::Reversal(reversed) => {
                let legs = reversed.legs.iter().map(|(kind, amount)| (*kind, -*amount)).collect();
                return Ok(Legs { legs, charge: None, platform: -reversed.platform });
            }
            Posting::Usage(metered) => return self.usage(metered),
        };
        Ok(Legs { legs, charge: None, platform: Cents::ZERO })
    }

    /// Rates usage with what the book knows, and spends bonus first; the rest of the chain is exact by difference.
    fn usage(&mut self, metered: &Metered) -> Result<Legs, Refusal> {
        let meter = metered.rate.meter();
        let state = self.state(meter, &metered.month);
        let (charge, state) =
            pricing::rate(metered.usage, &metered.rate, state).map_err(|_| Refusal::UsageOutOfRange)?;
        self.used.insert((meter, metered.month.clone()), state.used);
        self.carries.insert(meter, state.carry);
        let from_bonus = self.balance(AccountKind::Bonus).max(Cents::ZERO).min(charge.amount);
        let from_wallet = charge.amount - from_bonus;
        let mut legs = vec![(AccountKind::Bonus, -from_bonus), (AccountKind::Wallet, -from_wallet)];
        let platform = match (self.reseller, charge.settlement) {
            (Some(_), Settlement::Resale) => {
                // Bonus was given away: nobody paid the reseller for what it pays.
                legs.push((AccountKind::Sales, from_wallet));
                legs.push((AccountKind::Adjustment, from_bonus));
                charge.platform
            }
            (reseller, _) => {
                let commission = reseller.map_or(Cents::ZERO, |_| charge.commission_on(from_wallet));
                legs.push((AccountKind::Revenue, charge.amount - commission));
                legs.push((AccountKind::Commission, commission));
                charge.amount - commission
            }
        };
        Ok(Legs { legs, charge: Some(charge), platform })
    }

    fn guard(&self, kind: AccountKind, amount: Cents) -> Result<(), Refusal> {
        let account = self.accounts.iter().find(|a| a.kind == kind);
        // What is reserved belongs to usage that goes on.
        let unreserved = self.spendable() + amount >= Cents::ZERO;
        let allowed =
            account.is_some_and(|a| !amount.is_negative() || (a.balance + amount >= a.floor && unreserved));
        if allowed { Ok(()) } else { Err(Refusal::InsufficientBalance) }
    }
}
