//! How a charge came about, in words: version, increment, tiers, rounding.

use super::format;
use crate::domain::clock::Ts;
use crate::domain::money::{Cents, Exact};
use crate::domain::pricing::{ListRole, SideExplanation, Step, Unit};
use crate::i18n::T;

/// One side of a charge, explained.
#[derive(Clone, Debug)]
pub struct SideView {
    /// Facts in order: price list, version, increment, quantity.
    pub facts: Vec<(String, String)>,
    /// What was calculated, in order: words and amount.
    pub steps: Vec<(String, String)>,
    /// How the amount was rounded; empty where there was nothing to round.
    pub rounding: String,
    /// What was charged.
    pub amount: Cents,
}

/// The version a side was rated by.
#[derive(Clone, Debug)]
pub struct VersionView {
    /// The list's name in words.
    pub list: String,
    /// From when on it holds.
    pub valid_from: Ts,
}

/// What kind of list a version is in, for whoever may see all of them.
pub fn list_label(t: T, role: ListRole) -> String {
    match role {
        ListRole::Platform => t.origin_list_platform(),
        ListRole::Default => t.origin_list_default(),
        ListRole::Plan => t.origin_list_plan(),
        ListRole::Reseller => t.origin_list_reseller(),
        ListRole::Customer => t.origin_list_customer(),
    }
}

/// The same for the customer whose price it is: an own price, or the price list.
pub fn own_list_label(t: T, role: ListRole) -> String {
    match role {
        ListRole::Customer => t.origin_list_own(),
        ListRole::Plan => t.origin_list_plan(),
        _ => t.origin_list_usual(),
    }
}

impl SideView {
    /// Puts an explanation into words. `used` are the units as reported, `used_before` those billed before in the same month.
    pub fn of(
        t: T,
        side: &SideExplanation,
        version: VersionView,
        unit: Unit,
        used: i64,
        used_before: i64,
    ) -> SideView {
        let mut facts = vec![
            (t.origin_list(), version.list),
            (t.origin_version(), t.origin_valid_from(format::date(t, version.valid_from))),
        ];
        if let Some(increment) = side.increment {
            facts.push((t.origin_increment(), format!("{}/{}", increment.first, increment.next)));
        }
        facts.push((t.origin_used(), format::units(t, unit, used)));
        facts.push((t.origin_billed(), format::units(t, unit, side.quantity)));
        let counts_month = side.steps.iter().any(|step| !matches!(step, Step::Units { above: 0, .. }));
        if used_before > 0 && counts_month {
            facts.push((t.origin_used_before(), format::units(t, unit, used_before)));
        }
        SideView {
            facts,
            steps: side.steps.iter().map(|step| words(t, unit, step)).collect(),
            rounding: rounding(t, side),
            amount: side.amount,
        }
    }
}

fn words(t: T, unit: Unit, step: &Step) -> (String, String) {
    let units = |count| format::units(t, unit, count);
    match step {
        Step::Included { quantity } => (t.origin_step_included(units(*quantity)), format::precise(t, 0)),
        Step::Units { above, quantity, price, value } => {
            let price = format::precise(t, i128::from(price.0));
            let text = match above {
                0 => t.origin_step_units(price, units(*quantity)),
                above => t.origin_step_tier(units(*above), price, units(*quantity)),
            };
            (text, format::precise(t, value.micros()))
        }
        Step::Packages { started: 0, quantity, value, .. } => {
            (t.origin_step_left(units(*quantity)), format::precise(t, value.micros()))
        }
        Step::Packages { started, units: size, price, value, .. } => {
            let price = format::precise(t, i128::from(price.0));
            (
                t.origin_step_packages(t.number(*started), price, units(*size)),
                format::precise(t, value.micros()),
            )
        }
    }
}

/// The way from the exact amount to whole cents; empty where they are the same and nothing was carried.
fn rounding(t: T, side: &SideExplanation) -> String {
    let amount = t.money(side.amount);
    let exact = format::precise(t, side.exact.micros());
    let is_whole = side.exact == Exact(i128::from(side.amount.0) * Exact::CENT.0);
    match side.carry {
        Some((before, after)) if before != Exact::ZERO || after != Exact::ZERO => t.origin_carried(
            format::precise(t, after.micros()),
            amount,
            format::precise(t, before.micros()),
            exact,
        ),
        _ if is_whole => String::new(),
        _ => t.origin_rounded(amount, exact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{PriceId, new_uuid};
    use crate::domain::money::UnitPrice;
    use crate::domain::pricing::Increment;
    use crate::i18n::Lang;

    #[test]
    fn a_call_is_explained_step_by_step() {
        let t = T::new(Lang::De);
        let cent = Exact::CENT.0;
        let side = SideExplanation {
            price: PriceId(new_uuid(Ts(0))),
            increment: Some(Increment::MINUTES),
            quantity: 600,
            steps: vec![
                Step::Included { quantity: 120 },
                Step::Units { above: 0, quantity: 60, price: UnitPrice::cents(40), value: Exact(40 * cent) },
                Step::Units {
                    above: 6_000,
                    quantity: 420,
                    price: UnitPrice::cents(30),
                    value: Exact(210 * cent),
                },
            ],
            exact: Exact(250 * cent),
            carry: None,
            amount: Cents(250),
        };
        let version = VersionView { list: "Standardpreise".into(), valid_from: Ts(0) };
        let view = SideView::of(t, &side, version.clone(), Unit::Second, 570, 5_880);
        let texts: Vec<&str> = view.steps.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "2\u{a0}Min. aus der Freimenge",
                "1\u{a0}Min. × 0,40\u{a0}€",
                "7\u{a0}Min. × 0,30\u{a0}€ (Staffel über 100\u{a0}Min. im Monat)",
            ]
        );
        assert_eq!(view.steps[2].1, "2,10\u{a0}€");
        let facts: Vec<&str> = view.facts.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(facts[2..], ["60/60", "9:30\u{a0}Min.", "10\u{a0}Min.", "98\u{a0}Min."]);
        assert!(view.rounding.is_empty());
        let carried = SideExplanation {
            exact: Exact(240_000),
            carry: Some((Exact(180_000), Exact(-180_000))),
            amount: Cents(1),
            steps: vec![Step::Packages {
                started: 0,
                quantity: 3,
                units: 10,
                price: UnitPrice(1),
                value: Exact(0),
            }],
            ..side.clone()
        };
        let view = SideView::of(t, &carried, version.clone(), Unit::Piece, 3, 0);
        assert!(
            view.rounding.contains("0,004\u{a0}€") && view.rounding.contains("\u{2212}0,003\u{a0}€"),
            "{}",
            view.rounding
        );
        let rounded = SideExplanation { exact: Exact(250 * cent + 7), carry: None, ..side };
        assert!(!SideView::of(t, &rounded, version, Unit::Second, 1, 0).rounding.is_empty());
    }
}
