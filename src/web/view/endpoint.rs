//! Webhooks to others: the list, the form, one endpoint with its log, and the secret that is shown once. The platform and resellers
//! see the same pages, each below its own settings.

use super::page::Page;
use crate::domain::clock::Ts;
use crate::domain::endpoint::{DeliveryStatus, DisabledReason, EventType};
use crate::i18n::T;
use askama::Template;

/// All endpoints of one owner.
#[derive(Template, Debug)]
#[template(path = "pages/console/endpoint/index.html")]
pub struct EndpointIndex {
    /// The frame.
    pub page: Page,
    /// Where these pages are: `/admin/settings/webhooks`.
    pub base: &'static str,
    /// The endpoints, oldest first.
    pub rows: Vec<EndpointRow>,
}

/// An endpoint in the list.
#[derive(Clone, Debug)]
pub struct EndpointRow {
    /// Link to it.
    pub href: String,
    /// Its address.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it hears of.
    pub events: Vec<EventType>,
    /// How it does.
    pub state: EndpointState,
}

/// How an endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// It is sent events.
    Fine,
    /// Every attempt has failed since then.
    Failing(Ts),
    /// Nothing is sent any more.
    Off(DisabledReason, Ts),
}

impl EndpointState {
    fn label(self, t: T) -> String {
        match self {
            EndpointState::Fine => t.endpoint_state_fine(),
            EndpointState::Failing(_) => t.endpoint_state_failing(),
            EndpointState::Off(..) => t.endpoint_state_off(),
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            EndpointState::Fine => "ok",
            EndpointState::Failing(_) => "warn",
            EndpointState::Off(..) => "danger",
        }
    }

    const fn is_on(self) -> bool {
        !matches!(self, EndpointState::Off(..))
    }

    /// The head of the notice at one endpoint; empty while it does well.
    fn notice(self, page: &Page) -> String {
        let t = page.t;
        match self {
            EndpointState::Fine => String::new(),
            EndpointState::Failing(since) => t.endpoint_notice_failing(page.moment(since)),
            EndpointState::Off(DisabledReason::ByHand, at) => t.endpoint_notice_off(page.moment(at)),
            EndpointState::Off(DisabledReason::Failing, at) => t.endpoint_notice_given_up(page.moment(at)),
            EndpointState::Off(DisabledReason::Gone, at) => t.endpoint_notice_gone(page.moment(at)),
        }
    }

    const fn notice_kind(self) -> &'static str {
        if self.is_on() { "warn" } else { "danger" }
    }

    fn notice_body(self, t: T) -> String {
        if self.is_on() { t.endpoint_notice_failing_body() } else { t.endpoint_notice_off_body() }
    }
}

impl EventType {
    /// What it tells of: `Guthaben niedrig`.
    pub fn label(self, t: T) -> String {
        match self {
            EventType::BalanceLow => t.event_balance_low(),
            EventType::BalanceDepleted => t.event_balance_depleted(),
            EventType::TopUpSettled => t.event_topup_settled(),
            EventType::TopUpFailed => t.event_topup_failed(),
            EventType::InvoiceIssued => t.event_invoice_issued(),
            EventType::PayoutPaid => t.event_payout_paid(),
        }
    }
}

impl DeliveryStatus {
    fn label(self, t: T) -> String {
        match self {
            DeliveryStatus::Waiting => t.delivery_waiting(),
            DeliveryStatus::Delivered => t.delivery_delivered(),
            DeliveryStatus::Failed => t.delivery_failed(),
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            DeliveryStatus::Waiting => "pending",
            DeliveryStatus::Delivered => "ok",
            DeliveryStatus::Failed => "danger",
        }
    }
}

/// The entered values, kept as they were written.
#[derive(Clone, Debug, Default)]
pub struct EndpointForm {
    /// Makes a double click or a reload one endpoint.
    pub key: String,
    /// The address.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// The chosen events.
    pub events: Vec<EventType>,
    /// Whether anything is sent.
    pub active: bool,
}

impl EndpointForm {
    fn has(&self, event: &EventType) -> bool {
        self.events.contains(event)
    }
}

/// What is wrong with the form, as (field id, sentence): the fields are `url`, `description` and `events`.
pub type Errors = Vec<(&'static str, String)>;

fn error_of<'e>(errors: &'e Errors, field: &str) -> &'e str {
    errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
}

/// The form of a new endpoint.
#[derive(Template, Debug)]
#[template(path = "pages/console/endpoint/new.html")]
pub struct NewEndpoint {
    /// The frame.
    pub page: Page,
    /// See [`EndpointIndex::base`].
    pub base: &'static str,
    /// What is entered.
    pub form: EndpointForm,
    /// What is wrong with it.
    pub errors: Errors,
}

impl NewEndpoint {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// A secret, shown this once.
#[derive(Template, Debug)]
#[template(path = "pages/console/endpoint/secret.html")]
pub struct ShowSecret {
    /// The frame.
    pub page: Page,
    /// See [`EndpointIndex::base`].
    pub base: &'static str,
    /// Link to the endpoint.
    pub href: String,
    /// Its address.
    pub url: String,
    /// `whsec_…`.
    pub secret: String,
    /// Until when the secret before is used as well; `None` for a new endpoint.
    pub previous_until: Option<Ts>,
}

/// One endpoint.
#[derive(Template, Debug)]
#[template(path = "pages/console/endpoint/show.html")]
pub struct ShowEndpoint {
    /// The frame.
    pub page: Page,
    /// See [`EndpointIndex::base`].
    pub base: &'static str,
    /// Its own page.
    pub href: String,
    /// The stored address, whatever is entered.
    pub url: String,
    /// What is entered.
    pub form: EndpointForm,
    /// What is wrong with it.
    pub errors: Errors,
    /// How it does.
    pub state: EndpointState,
    /// When its secret was made.
    pub secret_made_at: Ts,
    /// Until when the secret before is used as well.
    pub previous_until: Option<Ts>,
    /// The latest deliveries, newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Link to newer ones, when this is not the first page.
    pub newer: Option<String>,
    /// Link to older ones.
    pub older: Option<String>,
    /// What was just done, in a sentence.
    pub done: Option<String>,
}

impl ShowEndpoint {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// A delivery in the log.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// The id that every attempt carries.
    pub id: String,
    /// The type of its event.
    pub event: String,
    /// When the event happened.
    pub at: Ts,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// What came of the last attempt; empty before the first.
    pub result: String,
    /// The beginning of the last answer.
    pub answer: String,
    /// Attempts so far.
    pub attempts: i64,
    /// When the next one is due.
    pub next_at: Option<Ts>,
    /// Where sending it again is asked for; `None` while it waits or the endpoint is off.
    pub retry: Option<String>,
}
