//! `/portal/settings/alerts`: by what the customer wants to be warned.

use crate::app::App;
use crate::billing::alerts;
use crate::domain::forecast::MAX_ALERT_DAYS;
use crate::domain::money::{Cents, parse_amount};
use crate::domain::party::Member;
use crate::i18n::T;
use crate::store;
use crate::store::alerts::Thresholds;
use crate::web::actor::{Actor, By};
use crate::web::error::Problem;
use crate::web::frame::Frame;
use crate::web::view::alert::{AlertForm, EditAlerts};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Largest threshold: far above what anybody keeps as a balance.
const LARGEST: Cents = Cents::euros(100_000);

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    low: String,
    #[serde(default)]
    critical: String,
    #[serde(default)]
    days: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Look {
    #[serde(default)]
    saved: String,
}

/// Who keeps the customer's money decides by what it is warned.
fn keeper(actor: Actor) -> Result<Member, Problem> {
    let member = actor.customer()?;
    if member.role.may_pay() { Ok(member) } else { Err(Problem::Forbidden) }
}

pub(super) async fn edit(
    State(app): State<App>,
    actor: Actor,
    Frame(page): Frame,
    Query(look): Query<Look>,
) -> Result<Html<String>, Problem> {
    let member = keeper(actor)?;
    let found = store::alerts::thresholds(&app.db, member.scope(), member.tenant.id).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let euros = |amount: Cents| amount.plain().replace('.', ",");
    let form = AlertForm {
        low: euros(found.low_balance_cents),
        critical: euros(found.critical_balance_cents),
        days: found.alert_days.to_string(),
    };
    Ok(Html(EditAlerts { page, form, errors: vec![], saved: look.saved == "yes" }.render()?))
}

pub(super) async fn update(
    State(app): State<App>,
    actor: Actor,
    By(by): By,
    Frame(page): Frame,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let member = keeper(actor)?;
    match check(page.t, &fields) {
        Ok(new) => {
            let before = store::alerts::thresholds(&app.db, member.scope(), member.tenant.id).await?;
            let before = before.ok_or(Problem::NotFound)?;
            alerts::set_thresholds(&app, &by, member.tenant.id, &before, &new).await?;
            Ok(Redirect::to("/portal/settings/alerts?saved=yes").into_response())
        }
        Err(errors) => {
            let form = AlertForm { low: fields.low, critical: fields.critical, days: fields.days };
            let view = EditAlerts { page, form, errors, saved: false };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response())
        }
    }
}

fn check(t: T, fields: &Fields) -> Result<Thresholds, Vec<(&'static str, String)>> {
    let amount = |text: &str| parse_amount(text).ok().filter(|amount| *amount <= LARGEST);
    let (low, critical) = (amount(&fields.low), amount(&fields.critical));
    let days = fields.days.trim().parse::<i64>().ok().filter(|days| (0..=MAX_ALERT_DAYS).contains(days));
    let mut errors = vec![];
    let range = || t.alert_bad_amount(t.money(LARGEST));
    if low.is_none() {
        errors.push(("low", range()));
    }
    match (low, critical) {
        (_, None) => errors.push(("critical", range())),
        (Some(low), Some(critical)) if critical > low => errors.push(("critical", t.alert_critical_above())),
        _ => {}
    }
    if days.is_none() {
        errors.push(("days", t.alert_bad_days(MAX_ALERT_DAYS)));
    }
    match (low, critical, days) {
        (Some(low), Some(critical), Some(days)) if errors.is_empty() => {
            Ok(Thresholds { low_balance_cents: low, critical_balance_cents: critical, alert_days: days })
        }
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    fn wrong(low: &str, critical: &str, days: &str) -> Vec<&'static str> {
        let fields = Fields { low: low.into(), critical: critical.into(), days: days.into() };
        let checked = check(T::new(Lang::De), &fields);
        checked.err().unwrap_or_default().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn thresholds_are_amounts_in_their_order_and_days_are_few() {
        for (low, critical, days) in
            [("10", "5,00", "3"), ("0", "0", "0"), ("5", "5", " 90 "), ("100.000,00", "0", "1")]
        {
            assert_eq!(wrong(low, critical, days), Vec::<&str>::new(), "{low} {critical} {days}");
        }
        assert_eq!(wrong("", "x", "-1"), ["low", "critical", "days"]);
        assert_eq!(wrong("5", "10", "91"), ["critical", "days"]);
        assert_eq!(wrong("-5", "1", "1,5"), ["low", "days"]);
        assert_eq!(wrong("100.000,01", "5", "3"), ["low"]);
    }
}
