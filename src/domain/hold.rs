//! Reservations for usage that is going on: what a wallet is good for, how long a hold stands, and what may become of it.
//!
//! A hold is opened before a call and settled after it. What it reserves is the price of everything it allows, so calls that run at
//! the same time cannot spend the same money; and as a price may depend on what was used before ([`MeterState`]), holds on one meter are
//! reckoned one after the other, as if each used all that it may.

use crate::domain::clock::Ts;
use crate::domain::id::{HoldId, TenantId, TransferId};
use crate::domain::money::{Cents, OutOfRange};
use crate::domain::party::text_enum;
use crate::domain::pricing::{self, Meter, MeterState, Rate, Settlement, Unit, Usage};
use crate::domain::usage::MOST_PIECES;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long a hold stands after the time it has reserved: the gateway's report may be late.
pub const GRACE: Duration = Duration::from_secs(300);
/// How long a hold stands at most, however often it is extended.
pub const LONGEST: Duration = Duration::from_secs(86_400);
/// Seconds that are reserved when nobody says how many: an hour.
const USUAL_SECONDS: i64 = 3_600;

/// What became of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It reserves money.
    Active,
    /// The usage was reported and charged.
    Captured,
    /// The usage did not take place.
    Released,
    /// Nobody said anything in time; nothing is reserved any more.
    Expired,
}

text_enum!(Status {
    Active = "active",
    Captured = "captured",
    Released = "released",
    Expired = "expired",
});

impl Status {
    /// Whether it may be extended: one that has expired is authorised anew.
    pub const fn may_be_extended(self) -> bool {
        matches!(self, Status::Active | Status::Expired)
    }
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose money it reserves.
    pub customer: TenantId,
    /// The customer's reseller.
    pub reseller: Option<TenantId>,
    /// The sender's id; unique per customer, and the same as that of the usage event it becomes.
    pub key: String,
    /// What is going to be used.
    pub meter: Meter,
    /// How that is counted.
    pub unit: Unit,
    /// Where it stands.
    pub status: Status,
    /// Seconds or pieces that are paid for, counted from the start.
    pub units: i64,
    /// What it reserves of the customer's balance; of a hold that is over, what it reserved.
    pub held: Cents,
    /// The same for the wallet of a reseller who prepays.
    pub wholesale: Cents,
    /// The charge it became.
    pub transfer: Option<TransferId>,
    /// When it was opened; its usage is rated by the prices of then.
    pub started_at: Ts,
    /// Until when it stands if nobody says anything.
    pub expires_at: Ts,
    /// When it was over.
    pub closed_at: Option<Ts>,
}

impl Hold {
    /// What it reserves now.
    pub fn reserved(&self) -> Reserved {
        let active = self.status == Status::Active;
        let now = |amount: Cents| if active { amount } else { Cents::ZERO };
        Reserved { units: self.units, held: now(self.held), wholesale: now(self.wholesale) }
    }

    /// After this it can no longer be extended.
    pub fn ends_at(&self) -> Ts {
        self.started_at.plus(LONGEST)
    }
}

/// What makes two requests with the same id the same request.
pub fn content(meter: &str, asked: Option<i64>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([u8::from(asked.is_some())]);
    hash.update(asked.unwrap_or(0).to_be_bytes());
    hash.update(meter);
    hash.finalize().into()
}

/// Units that are reserved when nobody says how many.
pub const fn usual(unit: Unit) -> i64 {
    match unit {
        Unit::Second => USUAL_SECONDS,
        Unit::Piece => 1,
    }
}

/// Units of one hold at most.
pub const fn most(unit: Unit) -> i64 {
    match unit {
        Unit::Second => LONGEST.as_secs() as i64,
        Unit::Piece => MOST_PIECES,
    }
}

/// Until when a hold stands that was opened at `started_at` and is granted `units` at `now`: until the reserved time is over, with some
/// grace. Pieces take no time.
pub fn expires_at(unit: Unit, started_at: Ts, units: i64, now: Ts) -> Ts {
    let reserved_until = match unit {
        Unit::Second => started_at.plus(Duration::from_secs(u64::try_from(units).unwrap_or(0))).max(now),
        Unit::Piece => now,
    };
    reserved_until.plus(GRACE).min(started_at.plus(LONGEST))
}

/// What may be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Of the customer.
    pub customer: Cents,
    /// Of the customer's reseller, where that prepays.
    pub reseller: Option<Cents>,
}

/// What a number of units reserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// Seconds or pieces.
    pub units: i64,
    /// Of the customer's balance.
    pub held: Cents,
    /// Of the wallet of a reseller who prepays.
    pub wholesale: Cents,
}

/// Reckons what `units` reserve from `state` on, and where the meter is when all of them are used.
///
/// # Errors
/// [`OutOfRange`] when an amount does not fit.
pub fn reserve(rate: &Rate, state: MeterState, units: i64) -> Result<(Reserved, MeterState), OutOfRange> {
    let count = u32::try_from(units).map_err(|_| OutOfRange)?;
    let (charge, after) = pricing::rate(Usage::of(rate.customer.unit, count), rate, state)?;
    let wholesale = match rate.settlement {
        Settlement::Resale => charge.platform,
        Settlement::Commission => Cents::ZERO,
    };
    Ok((Reserved { units, held: charge.amount, wholesale }, after))
}

/// As many of the `asked` units as the purse pays for; `None` when it does not even pay for the first increment. What costs nothing is
/// allowed whatever the balance.
pub fn authorise(rate: &Rate, state: MeterState, purse: Purse, asked: i64) -> Option<Reserved> {
    let asked = asked.min(most(rate.customer.unit));
    let mut units = pricing::affordable(rate, state, purse.customer.max(Cents::ZERO), asked);
    if let (Settlement::Resale, Some(reseller)) = (rate.settlement, purse.reseller) {
        units = units.min(pricing::affordable_wholesale(rate, state, reseller.max(Cents::ZERO), asked));
    }
    let (reserved, _) = reserve(rate, state, units).ok().filter(|_| units > 0)?;
    Some(reserved)
}
