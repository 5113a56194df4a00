//! `GET /reseller/prices/simulator`: a price tried on the last three months. Nothing is written; the address is the question.

use super::Desk;
use super::fields::{self, Fields, check, field_of, text};
use super::lists::{VERSIONS, is_filled, valid_now};
use super::place::{Found, find};
use crate::app::App;
use crate::billing::Error;
use crate::billing::prices::{self, CustomerChange, Simulation};
use crate::domain::pricing::{Meter, MeterInfo};
use crate::i18n::T;
use crate::store;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::price::{
    ChangeRow, Errors, PriceForm, ShowSimulator, SimulationView, SumRow, headline, meter_name, units,
};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Customers that are shown.
const ROWS: usize = 10;

pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Query(query): Query<Fields>,
) -> Result<Response, Problem> {
    let desk = Desk::of(actor, &page)?;
    let editor = desk.editor(by)?;
    let (t, now) = (page.t, page.now);
    let place = text(&query, "place");
    let found = find(&app, &desk, t, if place.is_empty() { "own" } else { &place }).await?;
    let meters = store::meters::all(&app.db).await?;
    let asked = Meter::parse(&text(&query, "meter"));
    let chosen = meters.iter().find(|info| Some(info.meter) == asked);
    let info = chosen.or(meters.iter().find(|info| info.active)).ok_or(Problem::NotFound)?.clone();
    let records = store::prices::list_versions(&app.db, desk.scope(), found.list.id, VERSIONS).await?;
    let valid = valid_now(&records, info.meter, now).map(|record| &record.price);
    let mut form = fields::of(valid, info.unit, info.increment, now);
    let (mut result, mut errors) = (None, Errors::new());
    if is_filled(&query) {
        let asked = fields::read(&query);
        form = PriceForm {
            start: "now".to_owned(),
            increment: form.increment,
            first: form.first,
            next: form.next,
            key: form.key,
            ..asked
        };
        match check(t, &form, found.target, (info.meter, info.unit), now) {
            Err(wrong) => errors = wrong,
            Ok(new) => match prices::simulate(&app, &editor, &new).await {
                Ok(simulated) => {
                    let simulated = simulated.ok_or(Problem::NotFound)?;
                    result = Some(view(t, &desk, &found, &info, &form, simulated));
                }
                Err(Error::Refused(refusal)) => {
                    errors = vec![(field_of(&form, &refusal).to_owned(), t.refusal(&refusal))];
                }
                Err(error) => return Err(error.into()),
            },
        }
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let options =
        meters.iter().filter(|info| info.active).map(|info| (info.meter.to_string(), meter_name(t, info)));
    let view = ShowSimulator {
        base: desk.base,
        meters: options.collect(),
        meter: info.meter.to_string(),
        unit: info.unit,
        list: (found.title.clone(), found.href(&desk)),
        place: found.place,
        form,
        errors,
        result,
        page,
    };
    Ok((status, Html(view.render()?)).into_response())
}

fn view(
    t: T,
    desk: &Desk,
    found: &Found,
    info: &MeterInfo,
    form: &PriceForm,
    simulated: Simulation,
) -> SimulationView {
    let Simulation { charged, now, then, .. } = simulated;
    let sum = |label, charged, now, then| SumRow { label, charged, now, then };
    let row = |of: &CustomerChange| ChangeRow {
        name: of.name.clone(),
        number: of.number.clone(),
        quantity: units(t, info.unit, of.quantity),
        now: of.now.revenue,
        then: of.then.revenue,
        commission: of.then.commission() - of.now.commission(),
    };
    SimulationView {
        price: headline(t, &simulated.price),
        from: simulated.from,
        quantity: units(t, info.unit, simulated.quantity),
        sums: vec![
            sum(t.simulator_revenue(), charged.revenue, now.revenue, then.revenue),
            sum(t.simulator_platform(), charged.platform, now.platform, then.platform),
            sum(t.simulator_commission(), charged.commission(), now.commission(), then.commission()),
        ],
        changes: simulated.changes.iter().take(ROWS).map(row).collect(),
        customers: simulated.changes.len(),
        problem: simulated.refused.map(|refusal| t.refusal(&refusal)).unwrap_or_default(),
        apply: fields::href(&format!("{}/{}", found.href(desk), info.meter), form),
    }
}
