//! What billing reckons, in the words of the pages.

use super::Desk;
use super::place::{describe, target_of};
use crate::app::App;
use crate::billing::prices::{Affected, EXAMPLE, Preview};
use crate::domain::clock::Ts;
use crate::domain::pricing::{Meter, MeterInfo, Price, Rails, Unit, unit_shares};
use crate::i18n::T;
use crate::store::prices::PriceRecord;
use crate::web::error::Problem;
use crate::web::view::price::{
    BreachRow, ExampleView, PreviewView, PriceLine, ShareRow, Standing, VersionRow, details, headline,
    meter_icon, meter_name, percent, units,
};

/// Prices of resellers outside their rails that a page shows at most.
const BREACHES: usize = 50;

/// The name of a meter; its key where nobody has named it.
pub(super) fn name_of(t: T, meters: &[MeterInfo], meter: Meter) -> String {
    let info = meters.iter().find(|info| info.meter == meter);
    info.map_or_else(|| meter.to_string(), |info| meter_name(t, info))
}

/// The version of a meter that is valid in a list, and the next planned one.
fn standing(records: &[PriceRecord], meter: Meter, now: Ts) -> (Option<&Price>, Option<&Price>) {
    let versions =
        || records.iter().filter(|record| record.price.meter == meter && record.withdrawn_at.is_none());
    let valid = versions()
        .filter(|record| record.price.valid_from <= now)
        .max_by_key(|record| record.price.valid_from);
    let next = versions()
        .filter(|record| record.price.valid_from > now)
        .min_by_key(|record| record.price.valid_from);
    (valid.map(|record| &record.price), next.map(|record| &record.price))
}

/// A line per meter of a list. Meters that are closed are shown where the list still has a price for them.
pub(super) fn lines(
    t: T,
    meters: &[MeterInfo],
    records: &[PriceRecord],
    now: Ts,
    edit: Option<&str>,
) -> Vec<PriceLine> {
    let line = |info: &MeterInfo| {
        let (valid, next) = standing(records, info.meter, now);
        let valid = valid.filter(|price| price.model.is_some());
        (info.active || valid.is_some()).then(|| PriceLine {
            icon: meter_icon(info.meter),
            meter: meter_name(t, info),
            price: valid.map(|price| (headline(t, price), price.valid_from)),
            details: valid.map(|price| details(t, price)).unwrap_or_default(),
            next: next.map(|price| (headline(t, price), price.valid_from)),
            edit: edit.map(|href| format!("{href}/{}", info.meter)),
        })
    };
    meters.iter().filter_map(line).collect()
}

/// A version in a table.
pub(super) fn version(
    t: T,
    meters: &[MeterInfo],
    record: &PriceRecord,
    standing: Standing,
    withdraw: Option<String>,
) -> VersionRow {
    VersionRow {
        icon: meter_icon(record.price.meter),
        meter: name_of(t, meters, record.price.meter),
        price: headline(t, &record.price),
        details: details(t, &record.price),
        from: record.price.valid_from,
        standing,
        author: record.author.clone().unwrap_or_default(),
        entered_at: record.created_at,
        withdraw,
    }
}

/// All versions of a list: the planned ones, soonest first, and the others in their order.
pub(super) fn versions(
    t: T,
    meters: &[MeterInfo],
    records: &[PriceRecord],
    now: Ts,
    base: Option<&str>,
) -> (Vec<VersionRow>, Vec<VersionRow>) {
    let (mut planned, mut history) = (vec![], vec![]);
    for record in records {
        let valid = standing(records, record.price.meter, now).0.map(|price| price.id);
        let stands = match (record.withdrawn_at.is_some(), record.price.valid_from > now) {
            (true, _) => Standing::Withdrawn,
            (false, true) => Standing::Planned,
            (false, false) if valid == Some(record.price.id) => Standing::Valid,
            (false, false) => Standing::Past,
        };
        let withdraw = base.filter(|_| stands == Standing::Planned);
        let withdraw = withdraw.map(|base| format!("{base}/versions/{}/withdraw", record.price.id));
        let row = version(t, meters, record, stands, withdraw);
        if stands == Standing::Planned { planned.push(row) } else { history.push(row) }
    }
    planned.sort_by_key(|row| row.from);
    (planned, history)
}

/// What a price would do.
pub(super) async fn preview(
    app: &App,
    desk: &Desk,
    t: T,
    meters: &[MeterInfo],
    found: &Preview,
) -> Result<PreviewView, Problem> {
    let (price, unit) = (&found.price, found.price.unit);
    let is_shared = found
        .new
        .as_ref()
        .or(found.old.as_ref())
        .is_some_and(|rate| rate.platform != crate::domain::pricing::Share::Everything);
    let shares = found.new.as_ref().map(unit_shares).unwrap_or_default();
    let has_borders = shares.len() > 1;
    let none = || t.price_dash();
    let row = |of: crate::domain::pricing::UnitShares| ShareRow {
        from: if has_borders { t.price_from_units(units(t, unit, of.above)) } else { String::new() },
        customer: t.price(of.customer),
        platform: t.price(of.platform),
        commission: t.price(of.commission()),
        part: of.commission_bps().map_or_else(none, |bps| percent(t, bps)),
        markup: of.markup_bps().map_or_else(none, |bps| percent(t, bps)),
        is_loss: of.commission().0 < 0,
    };
    let example = found.new_example.map(|example| ExampleView {
        what: match unit {
            Unit::Second => t.price_example_minutes(i64::from(EXAMPLE)),
            Unit::Piece => t.price_example_pieces(i64::from(EXAMPLE)),
        },
        customer: example.customer,
        platform: example.platform,
        commission: example.commission,
        before: found.old_example.map(|old| (old.customer, old.platform, old.commission)),
    });
    let rails =
        found.platform.as_ref().zip(found.rails).map(|(platform, rails)| rails_text(t, platform, rails));
    Ok(PreviewView {
        problem: found.refused.as_ref().map(|refusal| t.refusal(refusal)).unwrap_or_default(),
        from: Some(price.valid_from),
        price: headline(t, price),
        details: details(t, price),
        old: found.old.as_ref().map(|rate| headline(t, &rate.customer)).unwrap_or_default(),
        is_shared,
        shares: shares.into_iter().map(row).collect(),
        example,
        rails: rails.unwrap_or_default(),
        buyers: found.buyers.count,
        buyers_href: buyers_href(desk, found),
        affected: breaches(app, desk, t, meters, &found.affected).await?,
    })
}

/// Between which prices a reseller's price has to lie, where the platform's has one price for all units.
fn rails_text(t: T, platform: &Price, rails: Rails) -> String {
    let base = platform.model.as_ref().map(|model| model.unit_price(platform.unit, 0));
    let at = |bps: i64| base.and_then(|base| base.scaled(10_000 + bps, 10_000));
    let least = if rails.below_platform { 0 } else { rails.min_markup_bps };
    match (at(least), at(rails.max_markup_bps)) {
        (_, Some(max)) if rails.below_platform => t.price_rails_below(t.price(max)),
        (Some(min), Some(max)) => t.price_rails(t.price(max), t.price(min)),
        _ => String::new(),
    }
}

/// Where a reader finds the customers for whom a price is, with what they use.
fn buyers_href(desk: &Desk, found: &Preview) -> String {
    let subject =
        found.list.subject.filter(|_| found.list.role == crate::domain::pricing::ListRole::Customer);
    match (desk.is_admin(), subject, found.buyers.reseller) {
        (false, None, _) => "/reseller".to_owned(),
        (false, Some(customer), _) => format!("/reseller/transactions?customer={customer}"),
        (true, Some(customer), _) => format!("/admin/transactions?customer={customer}"),
        (true, None, Some(reseller)) => format!("/admin/transactions?reseller={reseller}"),
        (true, None, None) => "/admin/transactions".to_owned(),
    }
}

/// Prices outside their rails, with whose they are.
pub(super) async fn breaches(
    app: &App,
    desk: &Desk,
    t: T,
    meters: &[MeterInfo],
    affected: &[Affected],
) -> Result<Vec<BreachRow>, Problem> {
    let mut rows = vec![];
    for of in affected.iter().take(BREACHES) {
        let Some(target) = target_of(&of.list) else { continue };
        let found = describe(app, desk, t, target, of.list.clone()).await?;
        rows.push(BreachRow {
            list: found.title,
            meter: name_of(t, meters, of.price.meter),
            price: headline(t, &of.price),
            breach: t.breach(of.breach),
        });
    }
    Ok(rows)
}
