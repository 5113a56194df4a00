//! The customer's movements: the filtered list, one of them, and the list as CSV.

use super::snapshot::{kind, title};
use crate::app::App;
use crate::billing::charges::{self, Origin};
use crate::documents::csv;
use crate::domain::calendar::{self, local};
use crate::domain::clock::Ts;
use crate::domain::id::TransferId;
use crate::domain::ledger::TransferKind;
use crate::domain::money::{Cents, parse_amount};
use crate::domain::party::Member;
use crate::i18n::T;
use crate::store;
use crate::store::movements::{self, Cursor, Movement, MovementFilter};
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::meters::Meters;
use crate::web::view::format;
use crate::web::view::origin::{SideView, VersionView, own_list_label};
use crate::web::view::parts::KindChoice;
use crate::web::view::transaction::{DayView, Query, RowView, ShowTransaction, SumsView, TransactionIndex};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

/// Rows of a page.
const PAGE: usize = 50;
/// Rows read at once by an export.
const CHUNK: i64 = 1000;
const PATH: &str = "/portal/transactions";

/// The query as text; what cannot be read filters nothing and is said beside its field.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    q: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    min: String,
    #[serde(default)]
    max: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
}

/// What was understood of the query.
struct Asked {
    query: Query,
    filter: MovementFilter,
    cursor: Cursor,
    errors: Vec<(&'static str, String)>,
}

impl Params {
    fn read(self, t: T, kinds: &[KindChoice]) -> Asked {
        let mut errors = vec![];
        let query = Query {
            q: self.q.chars().take(100).collect::<String>().trim().to_owned(),
            from: self.from.trim().to_owned(),
            to: self.to.trim().to_owned(),
            kind: kinds
                .iter()
                .find(|kind| kind.key == self.kind.trim())
                .map(|kind| kind.key.clone())
                .unwrap_or_default(),
            min: self.min.trim().to_owned(),
            max: self.max.trim().to_owned(),
        };
        let mut day = |field, text: &str| match text {
            "" => None,
            text => match text.parse::<jiff::civil::Date>() {
                Ok(day) => Some(day.to_string()),
                Err(_) => {
                    errors.push((field, t.transaction_bad_date()));
                    None
                }
            },
        };
        let (from, to) = (day("from", &query.from), day("to", &query.to));
        let mut amount = |field, text: &str, default| match text {
            "" => default,
            text => parse_amount(text).unwrap_or_else(|_| {
                errors.push((field, t.transaction_bad_amount()));
                default
            }),
        };
        let min = amount("min", &query.min, Cents::ZERO);
        let max = amount("max", &query.max, Cents(i64::MAX));
        let category = (!query.kind.is_empty()).then(|| query.kind.clone());
        let text = (!query.q.is_empty()).then(|| query.q.clone());
        let cursor = match (self.after.parse(), self.before.parse()) {
            (Ok(seq), _) => Cursor::OlderThan(seq),
            (_, Ok(seq)) => Cursor::NewerThan(seq),
            _ => Cursor::Start,
        };
        Asked { query, filter: MovementFilter { category, text, min, max, from, to }, cursor, errors }
    }
}

/// `GET /portal/transactions`.
pub(super) async fn index(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    axum::extract::Query(params): axum::extract::Query<Params>,
) -> Result<Html<String>, Problem> {
    let member = actor.customer()?;
    let (t, meters) = (page.t, Meters::load(&app).await?);
    let kinds = meters.choices(t);
    let asked = params.read(t, &kinds);
    let (scope, customer) = (member.scope(), member.tenant.id);
    let wanted = i64::try_from(PAGE).unwrap_or(50) + 1;
    let mut rows =
        movements::list_movements(&app.db, scope, customer, &asked.filter, asked.cursor, wanted).await?;
    let more = rows.len() > PAGE;
    let backwards = matches!(asked.cursor, Cursor::NewerThan(_));
    if more && backwards {
        rows.remove(0);
    }
    rows.truncate(PAGE);
    let position = |row: Option<&Movement>| row.map(|row| row.seq);
    let link = |name: &str, seq: i64| {
        let base = asked.query.href(PATH);
        let separator = if base.contains('?') { '&' } else { '?' };
        format!("{base}{separator}{name}={seq}")
    };
    let has_newer = if backwards { more } else { asked.cursor != Cursor::Start };
    let has_older = if backwards { true } else { more };
    let newer = position(rows.first()).filter(|_| has_newer).map(|seq| link("before", seq));
    let older = position(rows.last()).filter(|_| has_older).map(|seq| link("after", seq));
    let sums = sums(&app, &member, &asked).await?;
    let filtered =
        asked.filter.text.is_some() || asked.filter.category.is_some() || asked.filter.min > Cents::ZERO;
    let partial = filtered || asked.filter.max < Cents(i64::MAX) || newer.is_some() || older.is_some();
    let days = DayView::group(rows.iter().map(|row| row_view(t, &meters, row)).collect(), partial);
    let view =
        TransactionIndex { page, query: asked.query, kinds, errors: asked.errors, days, sums, newer, older };
    Ok(Html(view.render()?))
}

/// Sums over the whole filter, from the daily totals; a text or an amount would need every row, so then there are none.
async fn sums(app: &App, member: &Member, asked: &Asked) -> Result<Option<SumsView>, Problem> {
    let filter = &asked.filter;
    if filter.text.is_some() || filter.min > Cents::ZERO || filter.max < Cents(i64::MAX) {
        return Ok(None);
    }
    let (from, to) = (filter.from.as_deref().unwrap_or("0000"), filter.to.as_deref().unwrap_or("9999-12-31"));
    let sums = movements::sum_movements(
        &app.db,
        member.scope(),
        member.tenant.id,
        filter.category.as_deref(),
        from,
        to,
    )
    .await?;
    Ok(Some(SumsView { count: sums.transfers, credits: sums.credit_cents, debits: sums.debit_cents }))
}

fn row_view(t: T, meters: &Meters, row: &Movement) -> RowView {
    RowView {
        href: format!("{PATH}/{}", row.id),
        kind: kind(t, meters, row),
        title: title(t, row),
        sub: row.reason.clone().filter(|_| row.kind == TransferKind::Reversal).unwrap_or_default(),
        at: shown_at(row),
        quantity: quantity(t, meters, row).unwrap_or_default(),
        amount: row.amount_cents,
        balance: row.balance_cents,
    }
}

/// `4 Min. × 0,40`; nothing for what has no unit price.
fn quantity(t: T, meters: &Meters, row: &Movement) -> Option<String> {
    let is_usage = row.kind == TransferKind::Usage;
    meters.quantity(t, &row.category, row.quantity, row.unit_price_micros).filter(|_| is_usage)
}

/// When it happened, if that was on the day it was posted; the list is in the order of posting, and its days must not jump. What was taken
/// back is dated by when that was done.
fn shown_at(row: &Movement) -> Ts {
    let is_reversal = row.kind == TransferKind::Reversal;
    if !is_reversal && calendar::day(row.occurred_at) == calendar::day(row.posted_at) {
        row.occurred_at
    } else {
        row.posted_at
    }
}

/// `GET /portal/transactions/{id}`.
pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let member = actor.customer()?;
    let id = TransferId::parse(&id).ok_or(Problem::NotFound)?;
    let scope = member.scope();
    let row = movements::find_movement(&app.db, scope, id).await?.ok_or(Problem::NotFound)?;
    let transfer = store::transfers::find(&app.db, scope, id).await?.ok_or(Problem::NotFound)?;
    let (t, meters) = (page.t, Meters::load(&app).await?);
    let mut facts = vec![];
    if let Some(text) = quantity(t, &meters, &row) {
        facts.push((t.transaction_fact_quantity(), text));
        facts.push((t.transaction_fact_price(), format::unit_price(t, row.unit_price_micros)));
    }
    let origin = charges::origin(&app, &transfer).await?;
    let reversal = store::transfers::related(&app.db, scope, id)
        .await?
        .into_iter()
        .find(|other| other.reverses_id == Some(id));
    let related = match (transfer.reverses_id, reversal) {
        (Some(charge), _) => Some((t.transaction_reverses(), charge)),
        (None, reversal) => reversal.map(|reversal| (t.transaction_reversed_by(), reversal.id)),
    };
    let view = ShowTransaction {
        page,
        id: row.id.to_string(),
        kind: kind(t, &meters, &row),
        title: title(t, &row),
        amount: row.amount_cents,
        before: row.balance_cents - row.amount_cents,
        after: row.balance_cents,
        occurred_at: row.occurred_at,
        posted_at: row.posted_at,
        facts,
        origin: origin.map(|origin| own_side(t, &origin)),
        related: related.map(|(label, id)| (label, format!("{PATH}/{id}"))),
        top_up_href: row.top_up_id.map(|id| format!("/portal/topups/{id}")),
        back_href: PATH.to_owned(),
        reason: row.reason.filter(|_| row.kind == TransferKind::Reversal),
    };
    Ok(Html(view.render()?))
}

/// How the customer's own price came about. The platform's side and what is left to a reseller are nobody's business here.
fn own_side(t: T, origin: &Origin) -> SideView {
    let Origin { explanation, customer, .. } = origin;
    let version =
        VersionView { list: own_list_label(t, customer.list.role), valid_from: customer.price.valid_from };
    let (unit, used, before) = (explanation.unit, explanation.used, explanation.used_before);
    SideView::of(t, &explanation.customer, version, unit, used, before)
}

/// `GET /portal/transactions.csv`: everything the filter finds, written while it is read.
pub(super) async fn export(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    axum::extract::Query(params): axum::extract::Query<Params>,
) -> Result<Response, Problem> {
    let member = actor.customer()?;
    let (t, meters) = (page.t, Meters::load(&app).await?);
    let asked = params.read(t, &meters.choices(t));
    let name =
        format!("guthaben-{}-{}.csv", member.tenant.number.to_lowercase(), calendar::day(app.clock.now()));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(rows(app, member, t, meters, asked.filter))).into_response())
}

fn rows(
    app: App,
    member: Member,
    t: T,
    meters: Meters,
    filter: MovementFilter,
) -> impl futures_util::Stream<Item = Result<Bytes, store::Error>> {
    async_stream::try_stream! {
        let mut head = csv::BYTE_ORDER_MARK.as_bytes().to_vec();
        head.extend(csv::line([
            t.csv_date(), t.csv_time(), t.csv_kind(), t.csv_description(), t.csv_quantity(), t.csv_unit_price(),
            t.csv_amount(), t.csv_balance(), t.csv_reference(),
        ]));
        yield Bytes::from(head);
        let mut cursor = Cursor::Start;
        loop {
            let page = movements::list_movements(&app.db, member.scope(), member.tenant.id, &filter, cursor, CHUNK).await?;
            let Some(last) = page.last() else { break };
            cursor = Cursor::OlderThan(last.seq);
            let lines: Vec<u8> = page.iter().flat_map(|row| csv_line(t, &meters, row)).collect();
            yield Bytes::from(lines);
        }
    }
}

fn csv_line(t: T, meters: &Meters, row: &Movement) -> Vec<u8> {
    let at = local(shown_at(row));
    let has_price = row.kind == TransferKind::Usage;
    let price = if has_price { format::unit_price(t, row.unit_price_micros) } else { String::new() };
    csv::line([
        at.strftime("%d.%m.%Y").to_string(),
        at.strftime("%H:%M:%S").to_string(),
        csv::text(&meters.label(t, row.kind, &row.category)),
        csv::text(&title(t, row)),
        meters.csv_quantity(&row.category, row.quantity),
        price,
        csv::amount(row.amount_cents),
        csv::amount(row.balance_cents),
        row.id.to_string(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn what_cannot_be_read_is_said_and_filters_nothing() {
        let params = Params {
            from: "23.11.2026".into(),
            min: "1,000.00".into(),
            kind: "x".into(),
            ..Params::default()
        };
        let asked = params.read(T::new(Lang::De), &[]);
        let fields: Vec<_> = asked.errors.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["from", "min"]);
        assert!(
            asked.filter.from.is_none() && asked.filter.category.is_none() && asked.filter.min == Cents::ZERO
        );
    }
}
