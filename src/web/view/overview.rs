//! The customer's overview, and the parts of it that change while the page is open.

use super::charts::{BalanceDay, Column, Drawing};
use super::format;
use super::page::Page;
use super::parts::{BalanceState, NamedKind, Reach};
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::i18n::T;
use askama::Template;

/// The whole page.
#[derive(Template, Debug)]
#[template(path = "pages/portal/overview/show.html")]
pub struct Overview {
    /// The frame.
    pub page: Page,
    /// What the stream refreshes.
    pub live: LiveView,
    /// The last weeks with forecast; `None` until there are two days of history.
    pub burn: Option<BurnView>,
    /// Usage of the last fourteen days; `None` without usage.
    pub usage: Option<UsageView>,
}

/// One message of `GET /portal/balance/stream`, and the answer of `GET /portal/balance`: every live part as an
/// `<hx-partial>`. It is always the whole snapshot, so a message that got lost does not matter.
#[derive(Template, Debug)]
#[template(path = "pages/portal/overview/live.html")]
pub struct LiveParts<'a> {
    /// The frame.
    pub page: &'a Page,
    /// The snapshot.
    pub live: &'a LiveView,
    /// A sentence for screen readers: a credit, or a crossed threshold. Not every call.
    pub announcement: Option<String>,
}

/// The snapshot of a wallet.
#[derive(Clone, Debug, Default)]
pub struct LiveView {
    /// What may be spent now, bonus included.
    pub balance: Cents,
    /// Reserved for usage that is going on, and therefore not part of `balance`.
    pub held: Cents,
    /// How what is booked stands against the threshold: most of what is reserved comes back, so it is no reason for a warning.
    pub state: BalanceState,
    /// The warning threshold.
    pub threshold: Cents,
    /// The threshold below which a warning is urgent.
    pub critical: Cents,
    /// The part of the balance that is bonus.
    pub bonus: Cents,
    /// Direct debits on their way.
    pub pending: Cents,
    /// How long the balance lasts.
    pub reach: Reach,
    /// Used on an average day; `None` under seven days of usage.
    pub per_day: Option<Cents>,
    /// Used since German midnight, as a positive amount.
    pub used_today: Cents,
    /// The last top-up that arrived.
    pub last_top_up: Option<(Ts, Cents)>,
    /// The last movements, newest first, about six.
    pub postings: Vec<PostingView>,
}

impl LiveView {
    /// What is booked: available or reserved.
    pub fn booked(&self) -> Cents {
        self.balance + self.held
    }

    /// Nothing has ever happened: the page explains the first steps instead of showing zeros.
    pub fn is_new(&self) -> bool {
        self.postings.is_empty() && self.last_top_up.is_none() && self.pending == Cents::ZERO
    }

    /// Whether it is below the critical threshold as well.
    fn is_critical(&self) -> bool {
        self.booked() < self.critical
    }

    /// What a low balance means: until when it lasts, where that is known.
    fn low_body(&self, page: &Page) -> String {
        match self.reach {
            Reach::Days { until, .. } => page.t.overview_banner_low_until(page.long(until)),
            _ => page.t.overview_banner_low_body(),
        }
    }
}

/// A line of the last movements.
#[derive(Clone, Debug)]
pub struct PostingView {
    /// Link to its detail.
    pub href: String,
    /// What it is about.
    pub kind: NamedKind,
    /// The description.
    pub title: String,
    /// Positive credits, negative debits.
    pub amount: Cents,
    /// When.
    pub at: Ts,
    /// True in the message that brings it: the row flashes once.
    pub is_new: bool,
}

/// The burn-down chart and its table.
#[derive(Clone, Debug)]
pub struct BurnView {
    /// The drawing.
    pub drawing: Drawing,
    /// First day and end of the axis, for the caption.
    pub from: Ts,
    /// See `from`.
    pub to: Ts,
    /// The last seven days, oldest first.
    pub rows: Vec<BalanceDay>,
}

impl BurnView {
    fn day(t: T, row: &BalanceDay) -> String {
        format::weekday_day(t, row.day)
    }
}

/// One day of usage per service.
#[derive(Clone, Copy, Debug)]
pub struct UsageDay {
    /// The German calendar day.
    pub day: jiff::civil::Date,
    /// Of each series, as positive amounts.
    pub parts: [Cents; SERIES],
}

/// The usage chart, its legend and its table.
#[derive(Clone, Debug)]
pub struct UsageView {
    /// The drawing.
    pub drawing: Drawing,
    /// Name and sum of each service, in the order of the series.
    pub legend: Vec<(String, String)>,
    /// Sum of everything.
    pub sum: Cents,
    /// The days, oldest first.
    pub rows: Vec<UsageDay>,
}

/// Series that the usage chart can tell apart by colour.
pub const SERIES: usize = 4;

impl UsageView {
    /// Draws the chart of at most [`SERIES`] series and sums it up; `None` when nothing was used.
    pub fn of(t: T, names: Vec<String>, rows: Vec<UsageDay>) -> Option<UsageView> {
        let sums: [Cents; SERIES] =
            std::array::from_fn(|series| rows.iter().map(|row| row.parts[series]).sum());
        let sum: Cents = sums.iter().copied().sum();
        if sum == Cents::ZERO {
            return None;
        }
        let columns: Vec<Column<SERIES>> = (rows.iter())
            .map(|row| Column { label: t.date_column(row.day.day(), row.day.month()), parts: row.parts })
            .collect();
        let legend = names.into_iter().zip(sums).map(|(name, sum)| (name, t.money(sum))).collect();
        Some(UsageView { drawing: super::charts::bars(t, &columns), legend, sum, rows })
    }

    fn day(t: T, row: &UsageDay) -> String {
        format::weekday_day(t, row.day)
    }

    /// The parts of a row that have a series.
    fn parts(&self, row: &UsageDay) -> Vec<Cents> {
        row.parts.iter().copied().take(self.legend.len()).collect()
    }

    fn total(row: &UsageDay) -> Cents {
        row.parts.iter().copied().sum()
    }
}
