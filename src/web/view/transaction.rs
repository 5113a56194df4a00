//! The customer's movements: the filtered list with its links, and one movement in detail.

use super::format;
use super::origin::SideView;
use super::page::Page;
use super::parts::{KindChoice, NamedKind};
use crate::domain::calendar::day;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::i18n::T;
use askama::Template;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Where the list lives.
const PATH: &str = "/portal/transactions";

/// The list. A change of the filter fetches the whole page; htmx takes `#result` and `#filter-state` from it.
#[derive(Template, Debug)]
#[template(path = "pages/portal/transaction/index.html")]
pub struct TransactionIndex {
    /// The frame.
    pub page: Page,
    /// What was asked for.
    pub query: Query,
    /// The kinds to choose from.
    pub kinds: Vec<KindChoice>,
    /// What in it could not be read, as (field, sentence); such a field filters nothing.
    pub errors: Vec<(&'static str, String)>,
    /// The rows, newest first, in days.
    pub days: Vec<DayView>,
    /// Sums over everything the filter finds; `None` when they were not asked for.
    pub sums: Option<SumsView>,
    /// Link to newer rows.
    pub newer: Option<String>,
    /// Link to older rows.
    pub older: Option<String>,
}

impl TransactionIndex {
    fn periods(&self) -> Vec<PeriodView> {
        periods(self.page.t, day(self.page.now))
            .into_iter()
            .map(|(label, from, to)| {
                let wanted = Query { from: from.to_string(), to: to.to_string(), ..self.query.clone() };
                let current = wanted.from == self.query.from && wanted.to == self.query.to;
                PeriodView { label, href: wanted.href(PATH), current }
            })
            .collect()
    }

    fn tags(&self) -> Vec<TagView> {
        self.query.tags(self.page.t, day(self.page.now), &self.kinds)
    }

    /// Why nothing was found, in the words of the active filters.
    fn none_body(&self) -> String {
        let filters: Vec<String> = self.tags().into_iter().map(|tag| tag.label).collect();
        self.page.t.transaction_none_body(filters.join(", "))
    }

    fn csv(&self) -> String {
        self.query.href("/portal/transactions.csv")
    }

    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
    }
}

/// The filter as it stands in the address; words are kept as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Part of the description.
    pub q: String,
    /// First day, `2026-11-01`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// One kind of movement, by its key; empty for all.
    pub kind: String,
    /// Smallest absolute amount, as a German writes it.
    pub min: String,
    /// Largest absolute amount.
    pub max: String,
}

impl Query {
    /// The address of `path` with this filter, without a position.
    pub fn href(&self, path: &str) -> String {
        self.href_at(path, "")
    }

    /// The address of `path` with this filter, from the position `after` on.
    pub fn href_at(&self, path: &str, after: &str) -> String {
        let pairs = [
            ("q", self.q.as_str()),
            ("from", &self.from),
            ("to", &self.to),
            ("kind", &self.kind),
            ("min", &self.min),
            ("max", &self.max),
            ("after", after),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        *self == Query::default()
    }

    /// What is active, each with the link that takes it away.
    fn tags(&self, t: T, today: Date, kinds: &[KindChoice]) -> Vec<TagView> {
        let without = |change: fn(&mut Query)| {
            let mut query = self.clone();
            change(&mut query);
            query.href(PATH)
        };
        let mut out = vec![];
        let mut tag =
            |label: String, change: fn(&mut Query)| out.push(TagView { label, href: without(change) });
        if let Some(label) = self.period(t, today) {
            tag(label, |query| {
                query.from.clear();
                query.to.clear();
            });
        }
        if let Some(kind) = kinds.iter().find(|kind| kind.key == self.kind) {
            tag(kind.name.clone(), |query| query.kind.clear());
        }
        if !self.min.is_empty() {
            tag(t.transaction_tag_min(self.min.as_str()), |query| query.min.clear());
        }
        if !self.max.is_empty() {
            tag(t.transaction_tag_max(self.max.as_str()), |query| query.max.clear());
        }
        if !self.q.is_empty() {
            tag(t.transaction_tag_text(self.q.as_str()), |query| query.q.clear());
        }
        out
    }

    /// The period in words.
    fn period(&self, t: T, today: Date) -> Option<String> {
        period_words(t, today, &self.from, &self.to)
    }
}

/// A period in words: by name, or by its days; `None` where none was chosen.
pub(super) fn period_words(t: T, today: Date, from: &str, to: &str) -> Option<String> {
    let named = periods(t, today)
        .into_iter()
        .find(|(_, first, last)| from == first.to_string() && to == last.to_string());
    if let Some((label, ..)) = named {
        return Some(label);
    }
    let word = |text: &str| match text.parse::<Date>() {
        Ok(day) => format::numeric_day(t, day),
        Err(_) => text.to_owned(),
    };
    match (from, to) {
        ("", "") => None,
        (from, "") => Some(t.transaction_tag_from(word(from))),
        ("", to) => Some(t.transaction_tag_to(word(to))),
        (from, to) => Some(t.transaction_tag_range(word(from), word(to))),
    }
}

/// The periods one can choose by name: today, this week, this month, last month, this year.
pub(super) fn periods(t: T, today: Date) -> Vec<(String, Date, Date)> {
    let week = today.weekday().since(Weekday::Monday);
    let last_month = today.first_of_month().saturating_sub(1.day());
    let month = |day: Date| t.date_month(day.month(), day.year());
    vec![
        (t.transaction_today(), today, today),
        (t.transaction_week(), today.saturating_sub(i32::from(week).days()), today),
        (month(today), today.first_of_month(), today.last_of_month()),
        (month(last_month), last_month.first_of_month(), last_month),
        (today.year().to_string(), today.first_of_year(), today.last_of_year()),
    ]
}

/// A period to choose.
#[derive(Clone, Debug)]
pub(super) struct PeriodView {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) current: bool,
}

/// An active filter and the link that takes it away.
#[derive(Clone, Debug)]
pub(super) struct TagView {
    pub(super) label: String,
    pub(super) href: String,
}

/// What the filter finds, in sum.
#[derive(Clone, Copy, Debug, Default)]
pub struct SumsView {
    /// Number of movements.
    pub count: i64,
    /// Credits.
    pub credits: Cents,
    /// Debits, negative.
    pub debits: Cents,
}

/// One German day of the list.
#[derive(Clone, Debug)]
pub struct DayView {
    /// Any instant of the day.
    pub at: Ts,
    /// Sum of the day; `None` when the page may show only part of it.
    pub sum: Option<Cents>,
    /// Its movements, newest first.
    pub rows: Vec<RowView>,
}

impl DayView {
    /// Groups rows that are sorted newest first. `partial` leaves out the sums, for filtered lists and page edges.
    pub fn group(rows: Vec<RowView>, partial: bool) -> Vec<DayView> {
        let mut days: Vec<DayView> = vec![];
        for row in rows {
            match days.last_mut() {
                Some(last) if day(last.at) == day(row.at) => last.rows.push(row),
                _ => days.push(DayView { at: row.at, sum: None, rows: vec![row] }),
            }
        }
        if !partial {
            for group in &mut days {
                group.sum = Some(group.rows.iter().map(|row| row.amount).sum());
            }
        }
        days
    }
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct RowView {
    /// Link to the detail.
    pub href: String,
    /// What it is about.
    pub kind: NamedKind,
    /// The description.
    pub title: String,
    /// A second line; may be empty.
    pub sub: String,
    /// When it happened.
    pub at: Ts,
    /// `4 × 0,40`; empty where there is no unit price.
    pub quantity: String,
    /// Positive credits, negative debits.
    pub amount: Cents,
    /// Balance afterwards.
    pub balance: Cents,
}

/// One movement.
#[derive(Template, Debug)]
#[template(path = "pages/portal/transaction/show.html")]
pub struct ShowTransaction {
    /// The frame.
    pub page: Page,
    /// Its public id, `trf_…`.
    pub id: String,
    /// What it is about.
    pub kind: NamedKind,
    /// The description.
    pub title: String,
    /// Positive credits, negative debits.
    pub amount: Cents,
    /// Balance before.
    pub before: Cents,
    /// Balance afterwards.
    pub after: Cents,
    /// When it happened.
    pub occurred_at: Ts,
    /// When it was posted.
    pub posted_at: Ts,
    /// More facts, already worded: quantity, unit price, rounding, method.
    pub facts: Vec<(String, String)>,
    /// How usage was rated, on the customer's side.
    pub origin: Option<SideView>,
    /// Why it was taken back, for a reversal.
    pub reason: Option<String>,
    /// What belongs to it: the reversal of a charge, or the charge of a reversal, with its link.
    pub related: Option<(String, String)>,
    /// Link to the top-up it belongs to.
    pub top_up_href: Option<String>,
    /// Link back to the list as it was filtered.
    pub back_href: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use jiff::civil::date;

    #[test]
    fn a_filter_is_a_link_and_every_part_can_be_taken_away() {
        let (t, today) = (T::new(Lang::De), date(2026, 11, 23));
        let query = Query {
            q: "Fax & Co".into(),
            from: "2026-11-01".into(),
            to: "2026-11-30".into(),
            kind: "call".into(),
            min: "0,50".into(),
            max: String::new(),
        };
        let href = query.href_at(PATH, "17");
        assert_eq!(
            href,
            "/portal/transactions?q=Fax+%26+Co&from=2026-11-01&to=2026-11-30&kind=call&min=0%2C50&after=17"
        );
        let calls = KindChoice { key: "call".into(), name: t.kinds_call(), icon: "phone" };
        let tags = query.tags(t, today, &[calls]);
        let labels: Vec<_> = tags.iter().map(|tag| tag.label.as_str()).collect();
        assert_eq!(labels, ["November 2026", "Anrufe", "ab 0,50\u{a0}€", "„Fax & Co“"]);
        assert!(!tags[0].href.contains("from") && tags[0].href.contains("kind=call"));
        assert_eq!(Query::default().href(PATH), PATH);
    }

    #[test]
    fn periods_begin_and_end_on_the_right_days() {
        let t = T::new(Lang::De);
        let monday = periods(t, date(2026, 11, 23));
        assert_eq!(monday[1].1, date(2026, 11, 23));
        let new_year = periods(t, date(2027, 1, 3));
        assert_eq!(
            (new_year[1].1, new_year[3].1, new_year[3].2),
            (date(2026, 12, 28), date(2026, 12, 1), date(2026, 12, 31))
        );
        let query = Query { from: "2026-11-20".into(), to: "quatsch".into(), ..Query::default() };
        assert_eq!(query.period(t, date(2026, 11, 23)).as_deref(), Some("20.11.2026 bis quatsch"));
    }
}
