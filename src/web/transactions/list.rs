//! The list: what was asked for, what was understood of it, and what it finds.

use super::{Console, Names};
use crate::app::App;
use crate::domain::id::TransferId;
use crate::domain::ledger::TransferKind;
use crate::domain::money::{Cents, parse_amount};
use crate::domain::party::{Scope, Tenant};
use crate::domain::topup::Method;
use crate::i18n::T;
use crate::store;
use crate::store::transfers::{Found, Listed, Transfer, TransferFilter};
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::meters::Meters;
use crate::web::view::movement::{
    KindOption, ListQuery, MovementDay, MovementIndex, MovementRow, MovementSumsView,
};
use crate::web::view::parts::Kind;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::civil::Date;
use serde::Deserialize;

/// Rows of a page.
const PAGE: i64 = 50;
/// Days at most over which everything is added up: what lies beyond would be read for a number that nobody asked for.
const SUMMED_DAYS: i32 = 400;

/// The query as text; what cannot be read filters nothing and is said beside its field.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    q: String,
    customer: String,
    from: String,
    to: String,
    kind: String,
    reseller: String,
    min: String,
    max: String,
    after: String,
}

/// What was understood of the query.
pub(super) struct Asked {
    pub(super) query: ListQuery,
    pub(super) filter: TransferFilter,
    pub(super) errors: Vec<(&'static str, String)>,
    /// The only movement that a reference in the text names; the inner `None` for a reference to nothing.
    pub(super) only: Option<Option<Transfer>>,
    pub(super) after: Option<TransferId>,
}

impl Params {
    fn query(&self, console: &Console) -> ListQuery {
        let word = |text: &str| text.chars().take(100).collect::<String>().trim().to_owned();
        let mut fields = vec![
            ("q", word(&self.q)),
            ("customer", word(&self.customer)),
            ("from", word(&self.from)),
            ("to", word(&self.to)),
            ("kind", word(&self.kind)),
            ("min", word(&self.min)),
            ("max", word(&self.max)),
        ];
        if console.is_platform() {
            fields.push(("reseller", word(&self.reseller)));
        }
        ListQuery(fields)
    }

    /// Reads the query; what it names is looked up within the reader's scope.
    pub(super) async fn read(
        self,
        app: &App,
        console: &Console,
        meters: &Meters,
        t: T,
    ) -> Result<Asked, Problem> {
        let query = self.query(console);
        let mut errors = vec![];
        let mut filter = plain_filter(t, &query, &mut errors);
        let scope = console.scope();
        match query.get("kind") {
            "" => {}
            name if meters.unit(name).is_some() || TransferKind::parse(name).is_some() => {
                filter.listed = Listed::parse(name);
            }
            _ => errors.push(("kind", t.movement_bad_kind())),
        }
        // What names nothing finds nothing: a list of everything would look like an answer.
        let number = query.get("customer").to_owned();
        if !number.is_empty() {
            match by_number(app, scope, &number).await? {
                Some(tenant) => filter.customer = Some(tenant.id),
                None => errors.push(("customer", t.movement_bad_customer(number))),
            }
        }
        let number = query.get("reseller").to_owned();
        if !number.is_empty() {
            match by_number(app, scope, &number).await? {
                Some(tenant) => filter.reseller = Some(tenant.id),
                None => errors.push(("reseller", t.movement_bad_reseller(number))),
            }
        }
        let mut only = errors.iter().any(|(field, _)| NAMING.contains(field)).then_some(None);
        if let Some(text) = filter.text.clone().filter(|_| only.is_none()) {
            only = store::transfers::find_by_reference(&app.db, scope, &text).await?;
            filter.named = store::transfers::named_customers(&app.db, scope, &text).await?;
        }
        let after = TransferId::parse(self.after.trim());
        Ok(Asked { query, filter, errors, only, after })
    }
}

/// Fields that name something.
const NAMING: [&str; 3] = ["kind", "customer", "reseller"];

/// The tenant with a number, however it was typed.
async fn by_number(app: &App, scope: Scope, number: &str) -> Result<Option<Tenant>, store::Error> {
    match store::tenants::find_by_number(&app.db, scope, number).await? {
        Some(tenant) => Ok(Some(tenant)),
        None => store::tenants::find_by_number(&app.db, scope, &number.to_uppercase()).await,
    }
}

/// What can be read without asking anybody: text, days, amounts.
fn plain_filter(t: T, query: &ListQuery, errors: &mut Vec<(&'static str, String)>) -> TransferFilter {
    let mut filter = TransferFilter::default();
    let text = query.get("q");
    filter.text = (!text.is_empty()).then(|| text.to_owned());
    for (field, day) in [("from", &mut filter.from), ("to", &mut filter.to)] {
        match query.get(field) {
            "" => {}
            text => match text.parse::<Date>() {
                Ok(found) => *day = Some(found),
                Err(_) => errors.push((field, t.transaction_bad_date())),
            },
        }
    }
    for (field, amount) in [("min", &mut filter.min), ("max", &mut filter.max)] {
        match query.get(field) {
            "" => {}
            text => match parse_amount(text) {
                Ok(found) => *amount = found,
                Err(_) => errors.push((field, t.transaction_bad_amount())),
            },
        }
    }
    filter
}

impl Asked {
    /// A page of what was asked for.
    pub(super) async fn find(&self, app: &App, console: &Console, limit: i64) -> Result<Found, store::Error> {
        match &self.only {
            Some(only) => Ok(Found { rows: only.iter().cloned().collect(), next: None, searched_to: None }),
            None => store::transfers::list(&app.db, console.scope(), &self.filter, self.after, limit).await,
        }
    }

    /// Sums, where a period bounds what has to be added up, or one customer does.
    async fn sums(&self, app: &App, console: &Console) -> Result<Option<MovementSumsView>, Problem> {
        let filter = &self.filter;
        let bounded = match (filter.from, filter.to) {
            (Some(from), Some(to)) => to.since(from).is_ok_and(|span| span.get_days() <= SUMMED_DAYS),
            _ => false,
        };
        if self.only.is_some() || !(bounded || filter.customer.is_some()) {
            return Ok(None);
        }
        let sums = store::transfers::sums(&app.db, console.scope(), filter).await?;
        Ok(sums.map(|sums| MovementSumsView {
            count: sums.transfers,
            credits: sums.credit_cents,
            debits: sums.debit_cents,
            commission: sums.commission_cents,
        }))
    }
}

/// `GET …/transactions`.
pub(super) async fn index(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(params): Query<Params>,
) -> Result<Html<String>, Problem> {
    let console = Console::enter(actor, &page)?;
    let meters = Meters::load(&app).await?;
    let t = page.t;
    let asked = params.read(&app, &console, &meters, t).await?;
    let found = asked.find(&app, &console, PAGE).await?;
    let names = names(&app, &console, &found.rows).await?;
    let rows = found.rows.iter().map(|row| view(t, &console, &meters, &names, row)).collect();
    let view = MovementIndex {
        base: console.base,
        kinds: kinds(t, &meters, console.is_platform()),
        resellers: resellers(&app, &console).await?,
        days: MovementDay::group(rows),
        sums: asked.sums(&app, &console).await?,
        newest: asked.after.map(|_| asked.query.href(console.base)),
        older: found.next.map(|id| asked.query.href_at(console.base, &id.to_string())),
        searched_to: found.searched_to,
        query: asked.query,
        errors: asked.errors,
        page,
    };
    Ok(Html(view.render()?))
}

/// Meters first, then what else moves.
fn kinds(t: T, meters: &Meters, is_platform: bool) -> Vec<KindOption> {
    let named = meters.0.iter().filter_map(|info| {
        let key = info.meter.as_str().to_owned();
        Some(KindOption { label: meters.name(t, &key)?, key })
    });
    let mut others = vec![Kind::TopUp, Kind::Refund, Kind::Bonus, Kind::Adjustment, Kind::Reversal];
    if is_platform {
        others.push(Kind::Wholesale);
    }
    let others =
        others.into_iter().map(|kind| KindOption { key: kind.key().to_owned(), label: kind.plural(t) });
    named.chain(others).collect()
}

async fn resellers(app: &App, console: &Console) -> Result<Vec<(String, String)>, Problem> {
    if !console.is_platform() {
        return Ok(vec![]);
    }
    let resellers = store::tenants::list_resellers(&app.db, console.scope()).await?;
    Ok(resellers.into_iter().map(|reseller| (reseller.number, reseller.name)).collect())
}

/// The customers of some movements, and for the platform their resellers.
pub(super) async fn names(app: &App, console: &Console, rows: &[Transfer]) -> Result<Names, store::Error> {
    let mut ids = vec![];
    for row in rows {
        ids.push(row.customer_id);
        ids.extend(row.reseller_id);
    }
    Names::load(app, console.scope(), &ids).await
}

/// The description as this reader may see it, or for top-ups how they were paid.
pub(super) fn title(t: T, console: &Console, row: &Transfer) -> String {
    match Method::parse(&row.description) {
        Some(method) if matches!(row.kind, TransferKind::TopUp | TransferKind::Refund) => method.label(t),
        _ => console.text(&row.description),
    }
}

/// Whether a movement has a chain: usage, its reversal, and what usage costs a reseller.
pub(super) fn has_chain(meters: &Meters, row: &Transfer) -> bool {
    row.kind == TransferKind::Usage
        || (row.kind == TransferKind::Reversal && meters.unit(&row.category).is_some())
}

fn view(t: T, console: &Console, meters: &Meters, names: &Names, row: &Transfer) -> MovementRow {
    let reseller = row.reseller_id.filter(|_| console.is_platform()).map(|id| names.name(id));
    let about = [reseller.unwrap_or_default(), title(t, console, row)];
    let about: Vec<String> = about.into_iter().filter(|text| !text.is_empty()).collect();
    MovementRow {
        href: format!("{}/{}", console.base, row.id),
        kind: Kind::of(row.kind, &row.category),
        label: meters.label(t, row.kind, &row.category),
        customer: names.name(row.customer_id),
        sub: about.join(" · "),
        at: row.posted_at,
        amount: row.amount_cents,
        shares: has_chain(meters, row).then_some((row.platform_cents, shared(row))),
    }
}

/// Whether what is left to the reseller is its own margin: it prepays then, and no commission is kept for it.
pub(super) fn is_resale(row: &Transfer) -> bool {
    row.reseller_id.is_some() && row.commission_cents != shared(row)
}

/// What is left to the reseller: commission, or its margin where it prepays.
pub(super) fn shared(row: &Transfer) -> Cents {
    match row.reseller_id {
        Some(_) => -row.amount_cents - row.platform_cents,
        None => Cents::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn what_cannot_be_read_is_said_and_filters_nothing() {
        let fields =
            [("q", "Fax"), ("from", "23.11.2026"), ("to", "2026-11-30"), ("min", "1,000.00"), ("max", "5")];
        let query = ListQuery(fields.map(|(name, value)| (name, value.to_owned())).to_vec());
        let mut errors = vec![];
        let filter = plain_filter(T::new(Lang::De), &query, &mut errors);
        assert_eq!(errors.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["from", "min"]);
        assert!(filter.from.is_none() && filter.to.is_some());
        assert_eq!((filter.min, filter.max, filter.text.as_deref()), (Cents::ZERO, Cents(500), Some("Fax")));
    }
}
