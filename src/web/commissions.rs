//! A reseller's commission: where it stands, by month and customer, and its lines as CSV.

use super::actor::Actor;
use super::error::Problem;
use super::frame::Frame;
use super::view::commission::{CommissionIndex, CustomerRow, MonthRow, StateSums, state_label};
use super::view::format;
use crate::app::App;
use crate::documents::csv;
use crate::domain::calendar;
use crate::domain::commission::{self, HoldDays};
use crate::domain::party::{Member, TenantKind};
use crate::i18n::T;
use crate::store;
use crate::store::commissions::{CommissionLine, CommissionSums, CustomerSums, MonthSums};
use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use serde::Deserialize;

const PATH: &str = "/reseller/commissions";
/// Months shown.
const MONTHS: i64 = 24;
/// Customers on a page.
const CUSTOMERS: usize = 50;
/// Lines read at once by an export.
const CHUNK: i64 = 1_000;

pub(super) fn router() -> Router<App> {
    Router::new().route("/reseller/commissions", get(index)).route("/reseller/commissions.csv", get(export))
}

/// The query: one month, and the number of the last customer of the page before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    month: String,
    after: String,
}

impl Params {
    /// The first day of the month, if it is one.
    fn month(&self) -> Option<Date> {
        let day = format!("{}-01", self.month);
        day.parse::<Date>().ok().filter(|day| day.to_string() == format!("{}-01", self.month))
    }

    /// The month as the store knows it; empty for all.
    fn key(&self) -> String {
        self.month().map(|_| self.month.clone()).unwrap_or_default()
    }
}

fn href(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

async fn index(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(params): Query<Params>,
) -> Result<Html<String>, Problem> {
    let member = actor.of(TenantKind::Reseller)?;
    let (scope, own, t) = (member.scope(), member.tenant.id, page.t);
    let (today, month) = (calendar::day(page.now).to_string(), params.key());
    let sums = store::commissions::sums(&app.db, scope, own, &today).await?;
    let months = store::commissions::by_month(&app.db, scope, own, &today, MONTHS).await?;
    let hold = store::commissions::agreed_hold(&app.db, scope, own, page.now).await?;
    let wanted = i64::try_from(CUSTOMERS).unwrap_or(50) + 1;
    let mut customers =
        store::commissions::by_customer(&app.db, scope, own, &today, &month, &params.after, wanted).await?;
    let has_more = customers.len() > CUSTOMERS;
    customers.truncate(CUSTOMERS);
    let last = customers.last().map(|last| last.number.clone()).filter(|_| has_more);
    let here = |after: &str| format!("{}#customers", href(PATH, &[("month", &month), ("after", after)]));
    let view = CommissionIndex {
        sums: all_sums(&sums),
        hold: hold.map_or(HoldDays::STANDARD, |hold| HoldDays {
            plain: hold.hold_days,
            debit: hold.sepa_hold_days,
        }),
        months: months.into_iter().map(|row| month_row(t, row, &month)).collect(),
        month: params.month().map(|day| format::month(t, calendar::start_of(day))),
        more: last.map(|number| here(&number)),
        first: (!params.after.is_empty()).then(|| here("")),
        csv: href("/reseller/commissions.csv", &[("month", &month)]),
        customers: customers.into_iter().map(|row| customer_row(row, params.month())).collect(),
        page,
    };
    Ok(Html(view.render()?))
}

fn all_sums(sums: &CommissionSums) -> StateSums {
    StateSums {
        accrued: sums.accrued_cents,
        available: sums.available_cents,
        in_payout: sums.in_payout_cents,
        paid: sums.paid_cents,
    }
}

fn month_row(t: T, row: MonthSums, chosen: &str) -> MonthRow {
    let day = format!("{}-01", row.month).parse::<Date>();
    MonthRow {
        label: day.map_or_else(|_| row.month.clone(), |day| format::month(t, calendar::start_of(day))),
        href: format!("{}#customers", href(PATH, &[("month", &row.month)])),
        current: row.month == chosen,
        sums: StateSums {
            accrued: row.accrued_cents,
            available: row.available_cents,
            in_payout: row.in_payout_cents,
            paid: row.paid_cents,
        },
    }
}

fn customer_row(row: CustomerSums, month: Option<Date>) -> CustomerRow {
    let (from, to) = match month {
        Some(day) => (day.first_of_month().to_string(), day.last_of_month().to_string()),
        None => (String::new(), String::new()),
    };
    CustomerRow {
        href: href("/reseller/transactions", &[("customer", &row.number), ("from", &from), ("to", &to)]),
        number: row.number,
        name: row.name,
        sums: StateSums {
            accrued: row.accrued_cents,
            available: row.available_cents,
            in_payout: row.in_payout_cents,
            paid: row.paid_cents,
        },
    }
}

/// `GET /reseller/commissions.csv`: the lines of one month or all, oldest first, written while they are read.
async fn export(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let member = actor.of(TenantKind::Reseller)?;
    let today = calendar::day(app.clock.now());
    let name = format!("provision-{}-{today}.csv", member.tenant.number.to_lowercase());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let rows = lines(app, member, page.t, params.key(), today);
    Ok((headers, Body::from_stream(rows)).into_response())
}

fn lines(
    app: App,
    member: Member,
    t: T,
    month: String,
    today: Date,
) -> impl futures_util::Stream<Item = Result<Bytes, store::Error>> {
    async_stream::try_stream! {
        let mut head = csv::BYTE_ORDER_MARK.as_bytes().to_vec();
        head.extend(csv::line([
            t.csv_commission_day(), t.csv_customer_number(), t.csv_customer(), t.csv_commission(),
            t.csv_commission_available(), t.csv_commission_state(),
        ]));
        yield Bytes::from(head);
        let mut after = None;
        loop {
            let (scope, own) = (member.scope(), member.tenant.id);
            let page = store::commissions::lines(&app.db, scope, own, &month, after.as_ref(), CHUNK).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.day.clone(), last.customer_id));
            let lines: Vec<u8> = page.iter().flat_map(|line| csv_line(t, line, today)).collect();
            yield Bytes::from(lines);
        }
    }
}

fn csv_line(t: T, line: &CommissionLine, today: Date) -> Vec<u8> {
    let date =
        |text: &str| text.parse::<Date>().map(|day| day.strftime("%d.%m.%Y").to_string()).unwrap_or_default();
    let due = line.available_on.parse().unwrap_or(today);
    let state = commission::state(due, line.in_payout, line.paid_on.is_some(), today);
    csv::line([
        date(&line.day),
        csv::text(&line.number),
        csv::text(&line.name),
        csv::amount(line.amount_cents),
        date(&line.available_on),
        state_label(t, state),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_month() {
        let month = |text: &str| Params { month: text.to_owned(), after: String::new() }.key();
        assert_eq!(month("2026-11"), "2026-11");
        for wrong in ["", "2026", "2026-13", "2026-1", "11-2026", "2026-11-01", "2026-11' --"] {
            assert_eq!(month(wrong), "", "{wrong}");
        }
        assert_eq!(href("/x", &[("a", ""), ("b", "c d")]), "/x?b=c+d");
    }
}
