//! The platform's first page: what a person must look at, and what came in.

use super::health::HealthState;
use super::page::Page;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::topup::{Method, Status};
use crate::i18n::T;
use askama::Template;

/// The overview of the platform.
#[derive(Template, Debug)]
#[template(path = "pages/admin/home/show.html")]
pub struct AdminHome {
    /// The frame.
    pub page: Page,
    /// Credited since German midnight.
    pub topped_up_today: Cents,
    /// Used since German midnight, as a positive amount.
    pub used_today: Cents,
    /// The platform's share of it.
    pub platform_today: Cents,
    /// The resellers' commission of it.
    pub commission_today: Cents,
    /// Customers in total.
    pub customer_count: i64,
    /// Their balances together.
    pub balance_sum: Cents,
    /// What needs a person, newest first.
    pub attention: Vec<AttentionRow>,
    /// The latest top-ups, newest first.
    pub top_ups: Vec<TopUpRow>,
    /// The system's state.
    pub health: HealthState,
}

/// Why something needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttentionKind {
    /// A card payment or debit is disputed.
    Dispute,
    /// Money went back at Stripe and is not booked here yet.
    Refund,
    /// A payment that does not match its top-up: credited to nobody.
    Mismatch,
    /// A webhook that could not be worked off.
    Webhook,
}

impl AttentionKind {
    fn label(self, t: T) -> String {
        match self {
            AttentionKind::Dispute => t.admin_attention_dispute(),
            AttentionKind::Refund => t.admin_attention_refund(),
            AttentionKind::Mismatch => t.admin_attention_mismatch(),
            AttentionKind::Webhook => t.admin_attention_webhook(),
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            AttentionKind::Dispute | AttentionKind::Webhook => "danger",
            AttentionKind::Refund | AttentionKind::Mismatch => "warn",
        }
    }
}

/// Something that needs a person.
#[derive(Clone, Debug)]
pub struct AttentionRow {
    /// Why.
    pub kind: AttentionKind,
    /// Whose money it is about, or Stripe's id while that is unknown.
    pub subject: String,
    /// What does not fit.
    pub detail: String,
    /// How much it is about, if known.
    pub amount: Option<Cents>,
    /// Since when.
    pub at: Ts,
}

/// A top-up in a list.
#[derive(Clone, Debug)]
pub struct TopUpRow {
    /// The customer's name.
    pub customer: String,
    /// The reseller's name; empty for direct customers.
    pub reseller: String,
    /// The amount.
    pub amount: Cents,
    /// How it is paid.
    pub method: Method,
    /// Where it stands.
    pub status: Status,
    /// When it was ordered.
    pub at: Ts,
}
