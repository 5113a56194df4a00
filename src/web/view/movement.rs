//! Movements of many customers with their chain: the filtered list of a reseller or the platform, one of them, and taking one back.

use super::format;
use super::origin::SideView;
use super::page::Page;
use super::parts::Kind;
use super::transaction::{PeriodView, TagView, period_words, periods};
use crate::domain::calendar::day;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::i18n::T;
use askama::Template;

/// The list.
#[derive(Template, Debug)]
#[template(path = "pages/console/movement/index.html")]
pub struct MovementIndex {
    /// The frame.
    pub page: Page,
    /// Where the list lives.
    pub base: &'static str,
    /// What was asked for.
    pub query: ListQuery,
    /// What in it could not be read, as (field, sentence); such a field filters nothing.
    pub errors: Vec<(&'static str, String)>,
    /// Kinds to choose from.
    pub kinds: Vec<KindOption>,
    /// Resellers to choose from, by number and name; empty in a reseller's own list.
    pub resellers: Vec<(String, String)>,
    /// The rows, newest first, in days.
    pub days: Vec<MovementDay>,
    /// Sums over everything the filter finds; `None` when they are not known without reading it all.
    pub sums: Option<MovementSumsView>,
    /// Link to the newest rows; `None` on the first page.
    pub newest: Option<String>,
    /// Link to older rows.
    pub older: Option<String>,
    /// Set when the search ended before the page was full: it looked through everything since then.
    pub searched_to: Option<Ts>,
}

impl MovementIndex {
    fn periods(&self) -> Vec<PeriodView> {
        let current = |from: &str, to: &str| self.query.get("from") == from && self.query.get("to") == to;
        let periods = periods(self.page.t, day(self.page.now)).into_iter().map(|(label, from, to)| {
            let (from, to) = (from.to_string(), to.to_string());
            let href = self.query.with("from", &from).with("to", &to).href(self.base);
            PeriodView { current: current(&from, &to), label, href }
        });
        periods.collect()
    }

    /// What is active, each with the link that takes it away.
    fn tags(&self) -> Vec<TagView> {
        let (t, query) = (self.page.t, &self.query);
        let mut tags = vec![];
        let mut tag = |label: String, fields: &[&str]| {
            let rest = fields.iter().fold(query.clone(), |rest, field| rest.with(field, ""));
            tags.push(TagView { label, href: rest.href(self.base) });
        };
        if let Some(label) = period_words(t, day(self.page.now), query.get("from"), query.get("to")) {
            tag(label, &["from", "to"]);
        }
        let named = [
            ("kind", self.kind_label()),
            ("customer", t.movement_tag_customer(query.get("customer"))),
            ("reseller", self.reseller_label()),
            ("min", t.transaction_tag_min(query.get("min"))),
            ("max", t.transaction_tag_max(query.get("max"))),
            ("q", t.transaction_tag_text(query.get("q"))),
        ];
        for (field, label) in named.into_iter().filter(|(field, _)| !query.get(field).is_empty()) {
            tag(label, &[field]);
        }
        tags
    }

    fn kind_label(&self) -> String {
        let chosen = self.kinds.iter().find(|kind| kind.key == self.query.get("kind"));
        chosen.map_or_else(|| self.query.get("kind").to_owned(), |kind| kind.label.clone())
    }

    fn reseller_label(&self) -> String {
        let chosen = self.resellers.iter().find(|(number, _)| number == self.query.get("reseller"));
        chosen.map_or_else(|| self.query.get("reseller").to_owned(), |(_, name)| name.clone())
    }

    /// Why nothing was found, in the words of the active filters.
    fn none_body(&self) -> String {
        let filters: Vec<String> = self.tags().into_iter().map(|tag| tag.label).collect();
        self.page.t.transaction_none_body(filters.join(", "))
    }

    fn csv(&self) -> String {
        self.query.href(&format!("{}.csv", self.base))
    }

    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
    }

    /// How far the search got, for a list that found less than a page.
    fn searched(&self) -> Option<String> {
        Some(self.page.t.movement_searched(format::exact(self.page.t, self.searched_to?)))
    }
}

/// The filter as it stands in the address, in the order of the form; words are kept as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery(pub Vec<(&'static str, String)>);

impl ListQuery {
    /// The value of a field; empty when it is not there.
    pub fn get(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value)
    }

    /// The same with another value of a field that it has.
    pub fn with(&self, field: &str, value: &str) -> ListQuery {
        let change = |(name, old): &(&'static str, String)| {
            (*name, if *name == field { value.to_owned() } else { old.clone() })
        };
        ListQuery(self.0.iter().map(change).collect())
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_empty())
    }

    /// The address of `path` with this filter.
    pub fn href(&self, path: &str) -> String {
        self.href_at(path, "")
    }

    /// The address of `path` with this filter, from the key `after` on.
    pub fn href_at(&self, path: &str, after: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = self.0.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in pairs.chain([("after", after)]).filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// A kind to choose.
#[derive(Clone, Debug)]
pub struct KindOption {
    /// The value of the `kind` parameter.
    pub key: String,
    /// What it is called.
    pub label: String,
}

/// What the filter finds, in sum.
#[derive(Clone, Copy, Debug)]
pub struct MovementSumsView {
    /// Number of movements.
    pub count: i64,
    /// Credits.
    pub credits: Cents,
    /// Debits, negative.
    pub debits: Cents,
    /// Commission.
    pub commission: Cents,
}

/// One German day of the list.
#[derive(Clone, Debug)]
pub struct MovementDay {
    /// Any instant of the day.
    pub at: Ts,
    /// Its movements, newest first.
    pub rows: Vec<MovementRow>,
}

impl MovementDay {
    /// Groups rows that are sorted newest first.
    pub fn group(rows: Vec<MovementRow>) -> Vec<MovementDay> {
        let mut days: Vec<MovementDay> = vec![];
        for row in rows {
            match days.last_mut() {
                Some(last) if day(last.at) == day(row.at) => last.rows.push(row),
                _ => days.push(MovementDay { at: row.at, rows: vec![row] }),
            }
        }
        days
    }
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct MovementRow {
    /// Link to the detail.
    pub href: String,
    /// What it is about.
    pub kind: Kind,
    /// What that is called, by the name of its meter.
    pub label: String,
    /// The customer's name.
    pub customer: String,
    /// The reseller and the description, as far as there are any.
    pub sub: String,
    /// When it was posted.
    pub at: Ts,
    /// Positive credits, negative debits.
    pub amount: Cents,
    /// The platform's share and the commission of usage; `None` for what has no chain.
    pub shares: Option<(Cents, Cents)>,
}

/// The way of an amount: who pays, and who gets which part.
#[derive(Clone, Debug)]
pub struct ChainView {
    /// Who pays: the customer.
    pub from: String,
    /// How much.
    pub amount: Cents,
    /// Who gets how much; together they are the amount.
    pub parts: Vec<(String, Cents)>,
}

/// One posted entry.
#[derive(Clone, Debug)]
pub struct EntryView {
    /// The account in words.
    pub account: String,
    /// Whose it is.
    pub owner: String,
    /// Signed amount.
    pub amount: Cents,
    /// Balance before.
    pub before: Cents,
    /// Balance after.
    pub after: Cents,
}

/// How the platform's share came about.
#[derive(Clone, Debug)]
pub enum ShareView {
    /// By a price of its own.
    Price(Box<SideView>),
    /// By a rule, in words.
    Rule(String),
}

/// How both sides of a charge came about.
#[derive(Clone, Debug)]
pub struct OriginView {
    /// The customer's side.
    pub customer: SideView,
    /// The platform's side.
    pub platform: ShareView,
    /// What was agreed with the reseller; `None` for direct customers.
    pub terms: Option<String>,
    /// A sentence about bonus credit; empty where none was used.
    pub bonus: String,
}

/// Where the commission of a charge stands.
#[derive(Clone, Debug)]
pub struct CommissionView {
    /// The state in a word.
    pub label: String,
    /// The suffix of the CSS class `badge--…`.
    pub badge: &'static str,
    /// When it becomes or became available or was paid; empty where that is not known yet.
    pub note: String,
}

/// One movement.
#[derive(Template, Debug)]
#[template(path = "pages/console/movement/show.html")]
pub struct ShowMovement {
    /// The frame.
    pub page: Page,
    /// Where the list lives.
    pub base: &'static str,
    /// Its public id, `trf_…`.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// What that is called.
    pub label: String,
    /// The description; the kind where there is none.
    pub title: String,
    /// When it happened.
    pub occurred_at: Ts,
    /// True right after it was taken back.
    pub was_reversed: bool,
    /// More facts, already worded, with the links of those that lead somewhere.
    pub facts: Vec<FactView>,
    /// The chain of usage.
    pub chain: Option<ChainView>,
    /// Where the commission stands.
    pub commission: Option<CommissionView>,
    /// How the amounts came about.
    pub origin: Option<OriginView>,
    /// The posted entries; empty for those who may not see them.
    pub entries: Vec<EntryView>,
    /// The sender's own data.
    pub metadata: Vec<(String, String)>,
    /// Balance before.
    pub before: Cents,
    /// Positive credits, negative debits.
    pub amount: Cents,
    /// Balance afterwards.
    pub after: Cents,
    /// Whether the reader may take it back.
    pub may_reverse: bool,
}

impl ShowMovement {
    fn entries_sum(&self) -> Cents {
        self.entries.iter().map(|entry| entry.amount).sum()
    }
}

/// A fact about a movement.
#[derive(Clone, Debug)]
pub struct FactView {
    /// Its name.
    pub name: String,
    /// What it is.
    pub value: String,
    /// Where that leads; empty where nowhere.
    pub href: String,
}

/// The page that asks for a reason before a charge is taken back.
#[derive(Template, Debug)]
#[template(path = "pages/console/movement/reversal.html")]
pub struct ReverseMovement {
    /// The frame.
    pub page: Page,
    /// Where the list lives.
    pub base: &'static str,
    /// The charge's public id.
    pub id: String,
    /// What the charge is called.
    pub title: String,
    /// The customer who gets the money back.
    pub customer: String,
    /// How much that is.
    pub amount: Cents,
    /// Who gives back how much.
    pub parts: Vec<(String, Cents)>,
    /// The reason as it was written.
    pub reason: String,
    /// What is wrong, as (field, sentence).
    pub errors: Vec<(&'static str, String)>,
}

impl ReverseMovement {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(id, _)| *id == field).map_or("", |(_, sentence)| sentence)
    }
}

impl ChainView {
    /// The chain of a charge: what the customer pays, what the platform gets, and what is left to the reseller.
    pub fn of(t: T, amount: Cents, platform: Cents, rest: Option<(String, Cents)>) -> ChainView {
        let parts = [Some((t.movement_platform(), platform)), rest].into_iter().flatten().collect();
        ChainView { from: t.movement_customer(), amount, parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_link() {
        let query =
            ListQuery(vec![("q", "Fax & Co".into()), ("kind", String::new()), ("from", "2026-11-01".into())]);
        assert_eq!(query.href_at("/x", "trf_1"), "/x?q=Fax+%26+Co&from=2026-11-01&after=trf_1");
        assert_eq!(query.with("q", "").with("from", "").href("/x"), "/x");
        assert!(!query.is_empty() && query.with("q", "").with("from", "").is_empty());
        assert_eq!(query.get("nothing"), "");
    }
}
