//! Holds: may this call start? A hold reserves what the usage may cost, is extended while it goes on, and is settled when it is over.
//!
//! Every step locks the customer's book (and that of a reseller who prepays), so calls that start at the same time see each other's
//! reservations. Usage that happened is charged by the same path as usage that is only reported afterwards, under the same key, in full, and whatever
//! became of the reservation meanwhile.

use super::{Error, Failure, usage};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::hold::{self, Hold, Purse, Reserved, Status};
use crate::domain::id::{HoldId, TenantId};
use crate::domain::ledger::Book;
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use crate::domain::pricing::{Buyer, Meter, MeterState, PriceBook, Rate, Settlement, Usage};
use crate::domain::refusal::Refusal;
use crate::domain::usage::{self as events, ChargeReceipt, CustomerRef, EventError, UsageEvent};
use crate::store::ledger::Outcome;
use crate::store::{self, Tx};
use std::collections::BTreeMap;

/// Holds that one round of the job looks at.
const ROUND: i64 = 100;

/// A hold to be opened.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// The sender's id, unique per customer; the usage is charged under it.
    pub key: String,
    /// Who is going to use something.
    pub customer: CustomerRef,
    /// What, by the meter's key.
    pub meter: String,
    /// Seconds or pieces at most; an hour or one piece where nobody says.
    pub max_units: Option<i64>,
}

/// Reserves as much of what is asked for as the balance pays for, at least the first increment. The same key with the same content gives
/// the same hold, whatever became of it.
///
/// # Errors
/// [`Refusal::InsufficientBalance`], [`Refusal::CustomerSuspended`], or [`Refusal::Usage`]: an unknown customer or meter, no price, an id
/// or a quantity that cannot be, or [`EventError::Conflict`] where the key was used for something else.
pub async fn open(app: &App, scope: Scope, new: NewHold) -> Result<Hold, Error> {
    let meter = Meter::parse(&new.meter).ok_or(refused(EventError::UnknownMeter))?;
    if !events::is_id(&new.key) {
        return Err(refused(EventError::IdInvalid));
    }
    if new.max_units.is_some_and(|units| units <= 0) {
        return Err(refused(EventError::QuantityInvalid));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let consumers = store::tenants::resolve(&mut tx, &[&new.customer]).await?;
    let buyer = consumers.find(&new.customer).filter(|buyer| usage::reaches(scope, buyer)).cloned();
    let buyer = buyer.ok_or(refused(EventError::UnknownCustomer))?;
    let mut desk = Desk::open(&mut tx, buyer, meter, now, false).await?;
    let content = hold::content(&new.meter, new.max_units);
    if let Some((hold, posted)) = store::holds::find_by_key(&mut tx, desk.buyer.customer, &new.key).await? {
        return if posted == content { Ok(hold) } else { Err(refused(EventError::Conflict)) };
    }
    let hold = desk.admit(&mut tx, new, now).await?;
    store::holds::create(&mut tx, &hold, content).await?;
    desk.write(&mut tx, [(hold.customer, hold.held), (desk.payer_of(&hold), hold.wholesale)]).await?;
    tx.commit().await?;
    Ok(hold)
}

/// Reserves up to `max_units` more (an hour or one piece where nobody says) for usage that goes on. The units of the answer count from
/// the start of the usage. A hold that has expired is authorised anew; one that cannot grow stays as it is.
///
/// # Errors
/// [`Refusal::InsufficientBalance`] where nothing more is paid for, [`Refusal::UnknownHold`], [`Refusal::HoldClosed`],
/// [`Refusal::CustomerSuspended`], or [`Refusal::Usage`] for a quantity that cannot be.
pub async fn extend(app: &App, scope: Scope, id: HoldId, max_units: Option<i64>) -> Result<Hold, Error> {
    if max_units.is_some_and(|units| units <= 0) {
        return Err(refused(EventError::QuantityInvalid));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (mut desk, hold) = Desk::of(&mut tx, scope, id).await?;
    if !hold.status.may_be_extended() || now >= hold.ends_at() {
        return Err(Refusal::HoldClosed.into());
    }
    if !store::holds::is_active(&mut tx, hold.customer).await? {
        return Err(Refusal::CustomerSuspended.into());
    }
    let active = hold.status == Status::Active;
    if active && hold.units >= hold::most(hold.unit) {
        return Ok(hold);
    }
    let asked = hold.units.saturating_add(max_units.unwrap_or(hold::usual(hold.unit)));
    let granted = desk.authorise(&mut tx, Some(&hold), asked).await?;
    if granted.units < hold.units || (active && granted.units == hold.units) {
        return Err(Refusal::InsufficientBalance.into());
    }
    let expires_at = hold::expires_at(hold.unit, hold.started_at, granted.units, now).max(hold.expires_at);
    store::holds::extend(&mut tx, &hold, granted, expires_at).await?;
    let before = hold.reserved();
    let (held, wholesale) = (granted.held - before.held, granted.wholesale - before.wholesale);
    desk.write(&mut tx, [(hold.customer, held), (desk.payer_of(&hold), wholesale)]).await?;
    tx.commit().await?;
    let Reserved { units, held, wholesale } = granted;
    Ok(Hold { status: Status::Active, units, held, wholesale, expires_at, closed_at: None, ..hold })
}

/// Charges what was really used, in full, and gives the reservation back in the same step. It does not matter whether the hold still
/// stands or what it allowed: the usage happened. Capturing again answers the same.
///
/// # Errors
/// [`Refusal::UnknownHold`], or [`Refusal::Usage`]: a quantity that cannot be, usage that is too old, or [`EventError::Conflict`] where
/// something else was charged under the hold's key.
pub async fn capture(
    app: &App,
    scope: Scope,
    id: HoldId,
    units: i64,
) -> Result<(Hold, ChargeReceipt), Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (mut desk, hold) = Desk::of(&mut tx, scope, id).await?;
    let receipt = match store::holds::find_charge(&mut tx, &usage::key(hold.customer, &hold.key)).await? {
        Some(charge) if charge.used_quantity == units && charge.category == hold.meter.as_str() => {
            ChargeReceipt {
                transfer: charge.id,
                amount: -charge.amount_cents,
                balance: charge.balance_cents,
                commission: charge.commission_cents,
                replayed: true,
            }
        }
        Some(_) => return Err(refused(EventError::Conflict)),
        None => desk.charge(&mut tx, &hold, units, now).await?,
    };
    if hold.status == Status::Captured {
        return Ok((hold, receipt));
    }
    let transfer = Some(receipt.transfer);
    store::holds::close(&mut tx, &hold, Status::Captured, transfer, now).await?;
    desk.give_back(&mut tx, &hold).await?;
    tx.commit().await?;
    Ok((Hold { status: Status::Captured, transfer, closed_at: Some(now), ..hold }, receipt))
}

/// Gives a reservation back: the usage did not take place. Releasing again, or what has expired, changes nothing.
///
/// # Errors
/// [`Refusal::UnknownHold`]; [`Refusal::HoldClosed`] where the usage was charged.
pub async fn release(app: &App, scope: Scope, id: HoldId) -> Result<Hold, Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (desk, hold) = Desk::of(&mut tx, scope, id).await?;
    match hold.status {
        Status::Active => {
            let hold = end(&mut tx, desk, hold, Status::Released, now).await?;
            tx.commit().await?;
            Ok(hold)
        }
        Status::Released | Status::Expired => Ok(hold),
        Status::Captured => Err(Refusal::HoldClosed.into()),
    }
}

/// Gives back what is reserved by holds of which nobody has said anything in time; returns how many there were.
///
/// # Errors
/// Failures of the database. A single hold that cannot be ended does not keep the others waiting.
pub async fn expire_due(app: &App) -> Result<usize, Error> {
    let mut expired = 0;
    loop {
        let now = app.clock.now();
        let due = store::holds::list_due(&app.db, now, ROUND).await?;
        let (found, before) = (due.len(), expired);
        for id in due {
            match expire(app, id, now).await {
                Ok(ended) => expired += usize::from(ended),
                Err(error) => tracing::error!(hold = %id, %error, "a hold could not be ended"),
            }
        }
        if i64::try_from(found).is_ok_and(|found| found < ROUND) || expired == before {
            return Ok(expired);
        }
    }
}

/// Ends one hold, unless it was ended or extended meanwhile.
async fn expire(app: &App, id: HoldId, now: Ts) -> Result<bool, Error> {
    let mut tx = app.db.begin().await?;
    let (desk, hold) = Desk::of(&mut tx, Scope::Platform, id).await?;
    if hold.status != Status::Active || hold.expires_at > now {
        return Ok(false);
    }
    end(&mut tx, desk, hold, Status::Expired, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn end(tx: &mut Tx, mut desk: Desk, hold: Hold, status: Status, now: Ts) -> Result<Hold, Error> {
    store::holds::close(tx, &hold, status, None, now).await?;
    desk.give_back(tx, &hold).await?;
    Ok(Hold { status, closed_at: Some(now), ..hold })
}

fn refused(error: EventError) -> Error {
    Refusal::Usage(error).into()
}

/// One meter of one customer: the rate of the usage that goes on, and the books that pay for it, locked.
struct Desk {
    buyer: Buyer,
    meter: Meter,
    /// When the usage began.
    at: Ts,
    prices: PriceBook,
    rate: Option<Rate>,
    books: BTreeMap<TenantId, Book>,
    /// What other holds on the meter reserve, as it was and as it is now; filled where their price depends on each other.
    others: Vec<(Hold, Reserved)>,
}

impl Desk {
    /// Finds the rate and locks the books. `prepaid`: something is reserved in the wallet of the reseller already.
    async fn open(tx: &mut Tx, buyer: Buyer, meter: Meter, at: Ts, prepaid: bool) -> Result<Desk, Error> {
        // Holds that are reckoned together may have begun earlier.
        let since = at.minus(events::LATEST);
        let prices = store::prices::price_book(tx, std::slice::from_ref(&buyer), since).await?;
        let rate = prices.rate(&buyer, meter, at);
        let resale = rate.as_ref().is_some_and(|rate| rate.settlement == Settlement::Resale);
        // Where holds are reckoned together, others may be from a time with other terms.
        let stateful = rate.as_ref().is_some_and(Rate::is_stateful);
        let payer = buyer.reseller.filter(|_| resale || prepaid || stateful);
        let tenants: Vec<TenantId> = [Some(buyer.customer), payer].into_iter().flatten().collect();
        let books = store::ledger::lock_books(tx, &tenants).await?;
        if !books.contains_key(&buyer.customer) {
            return Err(Failure::Broken(format!("{} has no book", buyer.customer)).into());
        }
        Ok(Desk { buyer, meter, at, prices, rate, books, others: vec![] })
    }

    /// The desk of a hold, and the hold as it is under the lock.
    async fn of(tx: &mut Tx, scope: Scope, id: HoldId) -> Result<(Desk, Hold), Error> {
        let seen = store::holds::find(tx, scope, id).await?.ok_or(Refusal::UnknownHold)?;
        let buyer = Buyer { customer: seen.customer, reseller: seen.reseller };
        let prepaid = seen.wholesale > Cents::ZERO;
        let desk = Desk::open(tx, buyer, seen.meter, seen.started_at, prepaid).await?;
        let hold = store::holds::find(tx, scope, id).await?.ok_or(Refusal::UnknownHold)?;
        Ok((desk, hold))
    }

    fn rate(&self) -> Result<&Rate, Error> {
        self.rate.as_ref().ok_or(refused(EventError::NoPrice))
    }

    /// Decides about a new hold.
    async fn admit(&mut self, tx: &mut Tx, new: NewHold, now: Ts) -> Result<Hold, Error> {
        let Buyer { customer, reseller } = self.buyer;
        if !store::holds::is_active(tx, customer).await? {
            return Err(Refusal::CustomerSuspended.into());
        }
        let meters = store::meters::list(tx).await?;
        let meter = meters.iter().find(|info| info.meter == self.meter && info.active);
        let unit = meter.ok_or(refused(EventError::UnknownMeter))?.unit;
        // What was charged under this key already would not be charged again.
        if store::holds::find_charge(tx, &usage::key(customer, &new.key)).await?.is_some() {
            return Err(refused(EventError::Conflict));
        }
        let asked = new.max_units.unwrap_or(hold::usual(unit));
        let Reserved { units, held, wholesale } = self.authorise(tx, None, asked).await?;
        Ok(Hold {
            id: HoldId::new(now),
            customer,
            reseller,
            key: new.key,
            meter: self.meter,
            unit,
            status: Status::Active,
            units,
            held,
            wholesale,
            transfer: None,
            started_at: now,
            expires_at: hold::expires_at(unit, now, units, now),
            closed_at: None,
        })
    }

    /// What is granted of `asked` units, beside everything else that is reserved. `own` is the hold that asks again.
    async fn authorise(&mut self, tx: &mut Tx, own: Option<&Hold>, asked: i64) -> Result<Reserved, Error> {
        let state = self.reckon(tx, own).await?;
        let own = own.map(Hold::reserved);
        let given_back = |of: fn(&Reserved) -> Cents| {
            let others = self.others.iter().map(|(hold, now)| of(&hold.reserved()) - of(now)).sum::<Cents>();
            others + own.as_ref().map_or(Cents::ZERO, of)
        };
        let spendable = |tenant: TenantId| self.books.get(&tenant).map_or(Cents::ZERO, Book::spendable);
        let purse = Purse {
            customer: spendable(self.buyer.customer) + given_back(|reserved| reserved.held),
            reseller: self.buyer.reseller.map(|id| spendable(id) + given_back(|reserved| reserved.wholesale)),
        };
        hold::authorise(self.rate()?, state, purse, asked).ok_or(Refusal::InsufficientBalance.into())
    }

    /// Where the meter will be when every other hold of the month has used all that it may, each reckoned after the ones that began
    /// before it. Most prices do not depend on that, and then nothing is read.
    async fn reckon(&mut self, tx: &mut Tx, own: Option<&Hold>) -> Result<MeterState, Error> {
        let Some(rate) = self.rate.as_ref().filter(|rate| rate.is_stateful()) else {
            return Ok(MeterState::default());
        };
        let (customer, month) = (self.buyer.customer, usage::month_of(self.at));
        store::ledger::load_state(tx, &mut self.books, customer, &month).await?;
        let mut state = self.books[&customer].state(self.meter, &month);
        self.others.clear();
        for hold in store::holds::list_standing(tx, customer, self.meter).await? {
            if own.is_some_and(|own| own.id == hold.id) || usage::month_of(hold.started_at) != month {
                continue;
            }
            let its_rate = self.prices.rate(&self.buyer, self.meter, hold.started_at);
            let reserved = hold::reserve(its_rate.as_ref().unwrap_or(rate), state, hold.units);
            let (reserved, after) = reserved.map_err(|_| Refusal::UsageOutOfRange)?;
            state = after;
            self.others.push((hold, reserved));
        }
        Ok(state)
    }

    /// Posts what was used, as reporting it without a hold would.
    async fn charge(&self, tx: &mut Tx, hold: &Hold, units: i64, now: Ts) -> Result<ChargeReceipt, Error> {
        let meters = store::meters::list(tx).await?;
        let meter = meters.iter().find(|info| info.meter == hold.meter);
        let meter = meter.ok_or(refused(EventError::UnknownMeter))?;
        let none = Usage::of(hold.unit, 0);
        let mut event = UsageEvent::new(
            hold.key.clone(),
            hold.customer,
            hold.meter,
            none,
            hold.started_at,
            hold.key.clone(),
        );
        event.seconds = event.seconds.map(|_| units);
        event.quantity = event.quantity.map(|_| units);
        let used = event.check(meter, events::Reach::Recent, now).map_err(Refusal::Usage)?;
        let mut draft = usage::draft(&self.buyer, &event, used, self.rate()?.clone());
        draft.content = Some(events::gist(hold.meter, used));
        match store::ledger::post(tx, vec![draft], now).await?.pop() {
            Some(Outcome::Posted(receipt)) => Ok(ChargeReceipt {
                transfer: receipt.transfer,
                amount: -receipt.amount,
                balance: receipt.balance,
                commission: receipt.commission,
                replayed: false,
            }),
            Some(Outcome::Refused(refusal)) => Err(refusal.into()),
            outcome => {
                Err(Failure::Broken(format!("{} was charged meanwhile: {outcome:?}", hold.key)).into())
            }
        }
    }

    /// Frees what a hold that is over has reserved, and reckons anew what depends on it.
    async fn give_back(&mut self, tx: &mut Tx, hold: &Hold) -> Result<(), Error> {
        self.reckon(tx, Some(hold)).await?;
        let was = hold.reserved();
        self.write(tx, [(hold.customer, -was.held), (self.payer_of(hold), -was.wholesale)]).await
    }

    /// Whose wallet pays the platform's part of a hold, where a reseller prepays.
    fn payer_of(&self, hold: &Hold) -> TenantId {
        hold.reseller.unwrap_or(hold.customer)
    }

    /// Writes what other holds reserve now, and into the books what changes with all of it.
    async fn write(&mut self, tx: &mut Tx, own: [(TenantId, Cents); 2]) -> Result<(), Error> {
        let mut changes: BTreeMap<TenantId, Cents> = BTreeMap::new();
        let mut add = |tenant, change| *changes.entry(tenant).or_insert(Cents::ZERO) += change;
        own.into_iter().for_each(|(tenant, change)| add(tenant, change));
        for (hold, now) in &self.others {
            if hold.reserved() == *now {
                continue;
            }
            store::holds::set_reserved(tx, hold, *now).await?;
            add(hold.customer, now.held - hold.held);
            add(self.payer_of(hold), now.wholesale - hold.wholesale);
        }
        for (tenant, change) in changes.into_iter().filter(|(_, change)| *change != Cents::ZERO) {
            let book = self.books.get(&tenant);
            let book = book.ok_or_else(|| Failure::Broken(format!("{tenant} has no locked book")))?;
            store::holds::set_held(tx, tenant, book.held, book.held + change).await?;
        }
        Ok(())
    }
}
