//! Topping up: the form with its summary, and the page that follows one top-up until it is final.

use super::page::Page;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::topup::{Method, Status};
use askama::Template;

/// Whole euros of the amount chips.
pub const PRESETS: [i64; 7] = [10, 25, 50, 100, 250, 500, 1000];

/// The form.
#[derive(Template, Debug)]
#[template(path = "pages/portal/topup/new.html")]
pub struct NewTopUp {
    /// The frame.
    pub page: Page,
    /// What is entered.
    pub form: TopUpForm,
    /// What is wrong with it, as (field id, sentence): the fields are `amount` and `method`; an empty id concerns
    /// the whole form, for example "Stripe does not answer".
    pub errors: Vec<(&'static str, String)>,
    /// Limits of one top-up.
    pub min: Cents,
    /// See `min`.
    pub max: Cents,
    /// What the daily limit still allows; `None` when no top-up counts against it today.
    pub left_today: Option<Cents>,
    /// The box beside the form.
    pub summary: TopUpSummary,
    /// False without Stripe keys: the page says so kindly and offers no button.
    pub enabled: bool,
    /// True when Stripe's page was left without paying.
    pub cancelled: bool,
}

impl NewTopUp {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
    }

    fn chooses(&self, euros: &i64) -> bool {
        self.form.amount.is_empty() && self.form.amount_choice == euros.to_string()
    }

    fn pays_by(&self, method: &Method) -> bool {
        self.form.method == Some(*method)
    }

    fn chooses_other(&self) -> bool {
        !self.form.amount.is_empty() || self.form.amount_choice == "other"
    }

    fn amount_hint(&self) -> String {
        let t = self.page.t;
        match self.left_today {
            Some(left) => t.topup_amount_hint_today(t.money(left), t.money(self.max), t.money(self.min)),
            None => t.topup_amount_hint(t.money(self.max), t.money(self.min)),
        }
    }

    fn summary_title(&self) -> String {
        self.page.t.topup_errors(self.errors.len())
    }
}

/// The entered values, kept as they were written.
#[derive(Clone, Debug, Default)]
pub struct TopUpForm {
    /// A chip: whole euros (`100`), or `other`. The free amount wins when it is not empty.
    pub amount_choice: String,
    /// The free amount.
    pub amount: String,
    /// The chosen method; `None` when the form came without one.
    pub method: Option<Method>,
    /// Makes a double click or a reload one top-up.
    pub request_key: String,
}

/// What the top-up would do.
#[derive(Clone, Copy, Debug, Default)]
pub struct TopUpSummary {
    /// Balance now.
    pub balance: Cents,
    /// The amount, when it is valid.
    pub amount: Option<Cents>,
    /// How it would be paid, once chosen.
    pub method: Option<Method>,
    /// VAT rate that the amount contains.
    pub vat_percent: i64,
    /// Days the new balance lasts, when there is a forecast.
    pub reach_days: Option<i64>,
}

/// The answer of `GET /portal/topups/summary`.
#[derive(Template, Debug)]
#[template(path = "pages/portal/topup/summary.html")]
pub struct TopUpSummaryPart<'a> {
    /// The frame.
    pub page: &'a Page,
    /// The box.
    pub summary: TopUpSummary,
    /// Whether top-ups are possible at all.
    pub enabled: bool,
}

/// One top-up. Open pages poll it; htmx takes `#topup` and the title from the whole page.
#[derive(Template, Debug)]
#[template(path = "pages/portal/topup/show.html")]
pub struct ShowTopUp {
    /// The frame.
    pub page: Page,
    /// Its public id.
    pub id: String,
    /// The amount.
    pub amount: Cents,
    /// How it is paid.
    pub method: Method,
    /// Where it stands.
    pub status: Status,
    /// When it was ordered.
    pub created_at: Ts,
    /// When a direct debit is expected to be confirmed.
    pub expected_at: Option<Ts>,
    /// When it became final.
    pub finished_at: Option<Ts>,
    /// Why it failed, in the reader's language.
    pub reason: Option<String>,
    /// Stripe's page, while it is still open.
    pub checkout_url: Option<String>,
    /// Balance now.
    pub balance: Cents,
    /// All direct debits on their way, this one included.
    pub pending: Cents,
}

impl ShowTopUp {
    fn title(&self) -> String {
        let t = self.page.t;
        match (self.status, self.method) {
            (Status::New | Status::Open, _) => t.topup_open_title(),
            (Status::Collecting, Method::SepaDebit) => t.topup_processing_sepa_title(),
            (Status::Collecting, Method::Card) => t.topup_processing_card_title(),
            (Status::Paid, _) => t.topup_settled_title(),
            (Status::Failed, _) => t.topup_failed_title(),
            (Status::Expired, _) => t.topup_cancelled_title(),
            (Status::Review, _) => t.topup_held_title(),
        }
    }

    fn lead(&self) -> String {
        let (t, id) = (self.page.t, self.id.as_str());
        let amount = t.money(self.amount);
        match (self.status, self.method) {
            (Status::New | Status::Open, _) => t.topup_open_lead(amount, id),
            (Status::Collecting, Method::SepaDebit) => t.topup_processing_sepa_lead(amount, id),
            (Status::Collecting, Method::Card) => t.topup_processing_card_lead(amount, id),
            (Status::Paid, _) => t.topup_settled_lead(amount, id),
            (Status::Failed, _) => t.topup_failed_lead(amount, id),
            (Status::Expired, _) => t.topup_cancelled_lead(amount, id),
            (Status::Review, _) => t.topup_held_lead(amount, id),
        }
    }

    /// State of the first step, the order.
    fn order_step(&self) -> &'static str {
        if matches!(self.status, Status::New | Status::Open) { "current" } else { "done" }
    }

    /// State of the step in which the money is collected.
    fn bank_step(&self) -> &'static str {
        match self.status {
            Status::Collecting => "current",
            Status::Paid | Status::Review => "done",
            _ => "",
        }
    }

    /// State of the last step.
    fn last_step(&self) -> &'static str {
        match self.status {
            Status::Paid => "done",
            Status::Review => "current",
            _ => "",
        }
    }
}
