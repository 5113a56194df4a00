//! The list as CSV: everything the filter finds, written while it is read, whatever its length.

use super::list::{Asked, Params, has_chain, names, shared, title};
use super::{Console, Names};
use crate::app::App;
use crate::documents::csv;
use crate::domain::calendar::{self, local};
use crate::i18n::T;
use crate::store;
use crate::store::transfers::Transfer;
use crate::web::actor::Actor;
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::meters::Meters;
use crate::web::view::format;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Rows read at once.
const CHUNK: i64 = 1_000;

/// `GET …/transactions.csv`.
pub(super) async fn csv(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let console = Console::enter(actor, &page)?;
    let meters = Meters::load(&app).await?;
    let mut asked = params.read(&app, &console, &meters, page.t).await?;
    asked.after = None;
    let number = console.member.tenant.number.to_lowercase();
    let name = format!("guthaben-{number}-{}.csv", calendar::day(app.clock.now()));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(rows(app, console, meters, page.t, asked))).into_response())
}

fn rows(
    app: App,
    console: Console,
    meters: Meters,
    t: T,
    mut asked: Asked,
) -> impl futures_util::Stream<Item = Result<Bytes, store::Error>> {
    async_stream::try_stream! {
        let mut first = csv::BYTE_ORDER_MARK.as_bytes().to_vec();
        first.extend(head(t, &console));
        yield Bytes::from(first);
        loop {
            let found = asked.find(&app, &console, CHUNK).await?;
            let names = names(&app, &console, &found.rows).await?;
            let lines: Vec<u8> =
                found.rows.iter().flat_map(|row| line(t, &console, &meters, &names, row)).collect();
            if !lines.is_empty() {
                yield Bytes::from(lines);
            }
            // What was understood is kept, so a window without a match only means to look further back.
            match found.next {
                Some(next) => asked.after = Some(next),
                None => break,
            }
        }
    }
}

fn head(t: T, console: &Console) -> Vec<u8> {
    let mut cells = vec![t.csv_date(), t.csv_time(), t.csv_kind(), t.csv_customer_number(), t.csv_customer()];
    if console.is_platform() {
        cells.push(t.csv_reseller());
    }
    cells.extend([
        t.csv_description(),
        t.csv_used_at(),
        t.csv_quantity(),
        t.csv_unit_price(),
        t.csv_amount(),
        t.csv_platform(),
        t.csv_commission(),
        t.csv_balance(),
        t.csv_reason(),
        t.csv_reference(),
    ]);
    csv::line(cells)
}

fn line(t: T, console: &Console, meters: &Meters, names: &Names, row: &Transfer) -> Vec<u8> {
    let (posted, used) = (local(row.posted_at), local(row.occurred_at));
    let chain = has_chain(meters, row);
    let share = |amount| if chain { csv::amount(amount) } else { String::new() };
    let has_price = meters.unit(&row.category).is_some() && row.price_id.is_some();
    let mut cells = vec![
        posted.strftime("%d.%m.%Y").to_string(),
        posted.strftime("%H:%M:%S").to_string(),
        csv::text(&meters.label(t, row.kind, &row.category)),
        csv::text(&names.number(row.customer_id)),
        csv::text(&names.name(row.customer_id)),
    ];
    if console.is_platform() {
        cells.push(csv::text(&row.reseller_id.map(|id| names.name(id)).unwrap_or_default()));
    }
    cells.extend([
        csv::text(&title(t, console, row)),
        used.strftime("%d.%m.%Y %H:%M:%S").to_string(),
        meters.csv_quantity(&row.category, row.quantity),
        if has_price { format::unit_price(t, row.unit_price_micros) } else { String::new() },
        csv::amount(row.amount_cents),
        share(row.platform_cents),
        share(shared(row)),
        csv::amount(row.balance_cents),
        csv::text(&console.text(row.reason.as_deref().unwrap_or_default())),
        row.id.to_string(),
    ]);
    csv::line(cells)
}
