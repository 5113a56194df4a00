//! Usage as a gateway reports it: one event, what is wrong with it, and what became of it.

use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TransferId};
use crate::domain::money::Cents;
use crate::domain::pricing::{Meter, MeterInfo, Unit, Usage};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How late usage may be reported.
pub const LATEST: Duration = Duration::from_secs(35 * 86_400);
/// How far a sender's clock may be ahead of ours.
pub const AHEAD: Duration = Duration::from_secs(300);
/// Seconds of one record at most: a month.
const MOST_SECONDS: i64 = 31 * 86_400;
/// Pieces of one record at most.
pub const MOST_PIECES: i64 = 1_000_000_000;
/// Characters of an event's id at most.
const ID_LENGTH: usize = 200;
/// Bytes of a description at most.
const DESCRIPTION_BYTES: usize = 500;
/// Bytes of the sender's own data at most.
const METADATA_BYTES: usize = 4_096;

/// How a customer is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CustomerRef {
    /// By our id.
    Id(TenantId),
    /// By its number or by the operator's `external_id`.
    Named(String),
}

impl CustomerRef {
    /// Reads a name as senders write it: our public id, a number or an external id.
    pub fn parse(text: &str) -> CustomerRef {
        TenantId::parse(text).map_or_else(|| CustomerRef::Named(text.to_owned()), CustomerRef::Id)
    }
}

/// One usage event as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageEvent {
    /// The sender's id: the same id is charged once per customer.
    pub id: String,
    /// Who used it.
    pub customer: CustomerRef,
    /// What, by the meter's key.
    pub meter: String,
    /// Seconds, for meters that count them.
    pub seconds: Option<i64>,
    /// Pieces, for all others.
    pub quantity: Option<i64>,
    /// When.
    pub occurred_at: Ts,
    /// What the customer reads.
    pub description: String,
    /// The sender's own data, a JSON object as text.
    pub metadata: Option<String>,
}

/// How long ago an event may have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At most [`LATEST`]: what senders may report.
    Recent,
    /// Any time for which there are prices: the operator brings in the history of another system.
    History,
}

/// Why an event is not charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventError {
    /// No such customer within the sender's reach.
    UnknownCustomer,
    /// No such meter, or it is no longer used.
    UnknownMeter,
    /// `seconds` or `quantity` is missing, or the other one was sent.
    QuantityMissing,
    /// Negative, zero pieces, or more than one record can be.
    QuantityInvalid,
    /// Empty or too long.
    IdInvalid,
    /// It has not happened yet.
    InFuture,
    /// It happened more than 35 days ago.
    TooOld,
    /// No price list has a price for it.
    NoPrice,
    /// The same id was charged with other content.
    Conflict,
    /// Description or metadata are too long, or hold characters that cannot be stored.
    TextInvalid,
    /// The amount is larger than any account can hold.
    OutOfRange,
}

impl EventError {
    /// Every one, for documentation and tests.
    pub const ALL: [EventError; 11] = [
        EventError::UnknownCustomer,
        EventError::UnknownMeter,
        EventError::QuantityMissing,
        EventError::QuantityInvalid,
        EventError::IdInvalid,
        EventError::InFuture,
        EventError::TooOld,
        EventError::NoPrice,
        EventError::Conflict,
        EventError::TextInvalid,
        EventError::OutOfRange,
    ];

    /// The Fluent key of the sentence.
    pub const fn key(self) -> &'static str {
        match self {
            EventError::UnknownCustomer => "refusal-unknown-customer",
            EventError::UnknownMeter => "refusal-unknown-meter",
            EventError::QuantityMissing => "refusal-quantity-missing",
            EventError::QuantityInvalid => "refusal-quantity-invalid",
            EventError::IdInvalid => "refusal-id-invalid",
            EventError::InFuture => "refusal-in-future",
            EventError::TooOld => "refusal-too-old",
            EventError::NoPrice => "refusal-no-price",
            EventError::Conflict => "refusal-conflict",
            EventError::TextInvalid => "refusal-text-invalid",
            EventError::OutOfRange => "refusal-usage-out-of-range",
        }
    }

    /// The stable code for machines.
    pub const fn code(self) -> &'static str {
        match self {
            EventError::UnknownCustomer => "unknown_customer",
            EventError::UnknownMeter => "unknown_meter",
            EventError::QuantityMissing => "quantity_missing",
            EventError::QuantityInvalid => "quantity_invalid",
            EventError::IdInvalid => "id_invalid",
            EventError::InFuture => "in_future",
            EventError::TooOld => "too_old",
            EventError::NoPrice => "no_price",
            EventError::Conflict => "conflict",
            EventError::TextInvalid => "text_invalid",
            EventError::OutOfRange => "out_of_range",
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// It is charged.
    Charged {
        /// The charge.
        transfer: TransferId,
        /// What the customer pays, not negative.
        amount: Cents,
        /// What was booked for the customer afterwards.
        balance: Cents,
        /// The reseller's commission.
        commission: Cents,
        /// It had been charged before; nothing changed.
        replayed: bool,
    },
    /// Nothing was charged.
    Rejected(EventError),
}

/// A charge in short, for whoever asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargeReceipt {
    /// The charge.
    pub transfer: TransferId,
    /// What the customer pays, not negative.
    pub amount: Cents,
    /// What was booked for the customer afterwards.
    pub balance: Cents,
    /// The reseller's commission.
    pub commission: Cents,
    /// It had been charged before; nothing changed.
    pub replayed: bool,
}

/// Whether a sender may name an event or a hold like this.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.chars().count() <= ID_LENGTH && !id.contains('\0')
}

/// What a charge is about, without when and in which words: a hold is captured with its usage alone, and an event that reports the same
/// usage under the same id is the same charge.
pub fn gist(meter: Meter, usage: Usage) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(usage.unit().as_str());
    hash.update(usage.count().to_be_bytes());
    hash.update(meter.as_str());
    hash.finalize().into()
}

impl UsageEvent {
    /// An event of a customer we know, without data of the sender.
    pub fn new(
        id: String,
        customer: TenantId,
        meter: Meter,
        usage: Usage,
        occurred_at: Ts,
        description: String,
    ) -> UsageEvent {
        let (seconds, quantity) = match usage {
            Usage::Seconds(seconds) => (Some(i64::from(seconds)), None),
            Usage::Pieces(pieces) => (None, Some(i64::from(pieces))),
        };
        UsageEvent {
            id,
            customer: CustomerRef::Id(customer),
            meter: meter.as_str().to_owned(),
            seconds,
            quantity,
            occurred_at,
            description,
            metadata: None,
        }
    }

    /// Checks what can be checked without a database.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, meter: &MeterInfo, reach: Reach, now: Ts) -> Result<Usage, EventError> {
        if !is_id(&self.id) {
            return Err(EventError::IdInvalid);
        }
        let metadata = self.metadata.as_deref().unwrap_or_default();
        // Neither engine stores a NUL, written out or escaped.
        if self.description.len() > DESCRIPTION_BYTES
            || metadata.len() > METADATA_BYTES
            || metadata.contains("\\u0000")
            || self.description.contains('\0')
        {
            return Err(EventError::TextInvalid);
        }
        if self.occurred_at > now.plus(AHEAD) {
            return Err(EventError::InFuture);
        }
        if reach == Reach::Recent && self.occurred_at < now.minus(LATEST) {
            return Err(EventError::TooOld);
        }
        let within = |value: i64, least: i64, most: i64| -> Result<u32, EventError> {
            let value = Some(value).filter(|value| (least..=most).contains(value));
            value.and_then(|value| u32::try_from(value).ok()).ok_or(EventError::QuantityInvalid)
        };
        match (meter.unit, self.seconds, self.quantity) {
            (Unit::Second, Some(seconds), None) => Ok(Usage::Seconds(within(seconds, 0, MOST_SECONDS)?)),
            (Unit::Piece, None, Some(pieces)) => Ok(Usage::Pieces(within(pieces, 1, MOST_PIECES)?)),
            _ => Err(EventError::QuantityMissing),
        }
    }

    /// What makes two events with the same id the same event.
    pub fn content(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let numbers = [self.seconds, self.quantity, Some(self.occurred_at.0)];
        for number in numbers {
            hash.update([u8::from(number.is_some())]);
            hash.update(number.unwrap_or(0).to_be_bytes());
        }
        for text in [self.meter.as_str(), &self.description, self.metadata.as_deref().unwrap_or("")] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }
}
