//! The fields of a price: read from a form or an address, checked, and filled in from a version.

use crate::billing::prices::{NewPrice, Target};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::id::PriceId;
use crate::domain::money::{AmountError, UnitPrice, parse_unit_price};
use crate::domain::pricing::{Breach, Increment, MAX_TIERS, Meter, Model, Price, Tier, Unit};
use crate::domain::refusal::Refusal;
use crate::i18n::T;
use crate::web::view::price::{Errors, PriceForm, entered};

/// Fields as they come; tiers come several times.
pub(super) type Fields = Vec<(String, String)>;

/// Longest value that is looked at.
const LONGEST: usize = 60;
/// Rows for tiers at least.
const ROWS: usize = 4;

/// The value of a field; empty when it is not there.
pub(super) fn text(fields: &Fields, name: &str) -> String {
    let found = fields.iter().find(|(field, _)| field == name);
    found.map(|(_, value)| value.trim().chars().take(LONGEST).collect()).unwrap_or_default()
}

/// Reads a form. Tiers are rows of `above` and `tier`; some empty rows follow, so that more can be entered without a script.
pub(super) fn read(fields: &Fields) -> PriceForm {
    let all = |name: &str| -> Vec<String> {
        let rows = fields.iter().filter(|(field, _)| field == name).take(MAX_TIERS + 1);
        rows.map(|(_, value)| value.trim().chars().take(LONGEST).collect()).collect()
    };
    let (above, prices) = (all("above"), all("tier"));
    let row = |place: usize| {
        (above.get(place).cloned().unwrap_or_default(), prices.get(place).cloned().unwrap_or_default())
    };
    let tiers = (0..above.len().max(prices.len()))
        .map(row)
        .filter(|(above, price)| !above.is_empty() || !price.is_empty());
    let mut form = PriceForm {
        key: text(fields, "key"),
        start: text(fields, "start"),
        date: text(fields, "date"),
        model: text(fields, "model"),
        price: text(fields, "price"),
        tiers: tiers.collect(),
        package_units: text(fields, "package_units"),
        package_price: text(fields, "package_price"),
        included: text(fields, "included"),
        increment: text(fields, "increment"),
        first: text(fields, "first"),
        next: text(fields, "next"),
        below: text(fields, "below") == "on",
    };
    pad(&mut form);
    form
}

fn pad(form: &mut PriceForm) {
    let rows = (form.tiers.len() + 2).clamp(ROWS, MAX_TIERS.max(form.tiers.len()));
    form.tiers.resize(rows, (String::new(), String::new()));
}

/// A new form, filled in with the version that is valid now.
pub(super) fn of(price: Option<&Price>, unit: Unit, increment: Increment, now: Ts) -> PriceForm {
    let mut form = PriceForm {
        key: PriceId::new(now).to_string(),
        start: "now".to_owned(),
        model: "flat".to_owned(),
        ..PriceForm::default()
    };
    let step = price.map_or(increment, |price| price.increment);
    form.increment = format!("{}/{}", step.first, step.next);
    if !crate::web::view::price::INCREMENTS.contains(&form.increment.as_str()) {
        form.increment = "other".to_owned();
        (form.first, form.next) = (step.first.to_string(), step.next.to_string());
    }
    if let Some(price) = price {
        match &price.model {
            None => {}
            Some(Model::Flat(flat)) => form.price = entered(*flat),
            Some(Model::Graduated(tiers)) => {
                "graduated".clone_into(&mut form.model);
                form.tiers =
                    tiers.iter().map(|tier| (count(unit, tier.above), entered(tier.price))).collect();
            }
            Some(Model::Package { units, price }) => {
                "package".clone_into(&mut form.model);
                (form.package_units, form.package_price) = (count(unit, *units), entered(*price));
            }
        }
        if price.included > 0 {
            form.included = count(unit, price.included);
        }
        form.below = price.below_platform;
    }
    pad(&mut form);
    form
}

/// A number of units as it is entered: minutes, or pieces.
pub(super) fn count(unit: Unit, units: i64) -> String {
    match (unit, units % 60) {
        (Unit::Piece, _) => units.to_string(),
        (Unit::Second, 0) => (units / 60).to_string(),
        (Unit::Second, rest) => format!("{}:{rest:02}", units / 60),
    }
}

/// Reads [`count`]: `1.000`, `1000`, of minutes also `1:30`.
fn parse_count(unit: Unit, text: &str) -> Option<i64> {
    let whole = |text: &str| {
        let groups: Vec<&str> = text.split('.').collect();
        let digits =
            groups.iter().all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
        let grouped =
            groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
        (digits && grouped).then(|| groups.concat().parse::<i64>().ok()).flatten()
    };
    if unit == Unit::Piece {
        return whole(text);
    }
    let (minutes, seconds) = text.split_once(':').unwrap_or((text, "0"));
    let seconds = seconds.parse::<i64>().ok().filter(|of| (0..60).contains(of) && seconds.len() <= 2)?;
    whole(minutes)?.checked_mul(60)?.checked_add(seconds)
}

/// Reads and checks what can be checked by itself; the rest is billing's.
struct Reading<'f> {
    t: T,
    unit: Unit,
    form: &'f PriceForm,
    errors: Errors,
}

impl Reading<'_> {
    fn wrong(&mut self, field: impl Into<String>, sentence: String) {
        self.errors.push((field.into(), sentence));
    }

    fn price(&mut self, field: String, text: &str) -> UnitPrice {
        match parse_unit_price(text) {
            Ok(price) => return price,
            Err(AmountError::Empty) => self.wrong(field, self.t.price_missing()),
            Err(AmountError::NotAnAmount) => self.wrong(field, self.t.price_unreadable()),
        }
        UnitPrice(0)
    }

    fn count(&mut self, field: String, text: &str) -> i64 {
        if let Some(count) = parse_count(self.unit, text) {
            return count;
        }
        let sentence = match self.unit {
            Unit::Second => self.t.price_count_minutes_bad(),
            Unit::Piece => self.t.price_count_pieces_bad(),
        };
        self.wrong(field, sentence);
        0
    }

    fn tiers(&mut self) -> Vec<Tier> {
        let rows = self.form.tiers.clone();
        let mut tiers = vec![];
        for (place, (above, price)) in rows.iter().enumerate() {
            if above.is_empty() && price.is_empty() {
                continue;
            }
            // The first tier begins with the month, whether that is written or not.
            let above = match above.as_str() {
                "" if tiers.is_empty() => 0,
                text => self.count(format!("above-{place}"), text),
            };
            tiers.push(Tier { above, price: self.price(format!("tier-{place}"), price) });
        }
        if tiers.is_empty() {
            self.wrong("tier-0", self.t.price_missing());
        }
        tiers
    }

    fn model(&mut self) -> Option<Model> {
        let form = self.form;
        match form.model.as_str() {
            "none" => None,
            "flat" => Some(Model::Flat(self.price("price".to_owned(), &form.price))),
            "graduated" => Some(Model::Graduated(self.tiers())),
            "package" => {
                let units = self.count("package_units".to_owned(), &form.package_units);
                let price = self.price("package_price".to_owned(), &form.package_price);
                Some(Model::Package { units, price })
            }
            _ => {
                self.wrong("model", self.t.price_model_missing());
                None
            }
        }
    }

    fn increment(&mut self) -> Option<Increment> {
        if self.unit == Unit::Piece || self.form.model == "none" {
            return None;
        }
        let (first, next) = match self.form.increment.as_str() {
            "other" => (self.form.first.as_str(), self.form.next.as_str()),
            // Who says nothing gets what the meter begins with.
            "" => return None,
            preset => preset.split_once('/').unwrap_or(("", "")),
        };
        let increment =
            first.parse().ok().zip(next.parse().ok()).map(|(first, next)| Increment { first, next });
        if increment.is_none_or(|increment| !increment.is_valid()) {
            let refusal = Refusal::IncrementInvalid { most: Increment::MAX };
            let field = if self.form.increment == "other" { "first" } else { "increment" };
            self.wrong(field, self.t.refusal(&refusal));
        }
        increment
    }
}

/// The instant that was chosen: `None` for now, and for today, which has begun.
pub(super) fn start(t: T, choice: &str, date: &str, now: Ts) -> Result<Option<Ts>, String> {
    match choice {
        "now" | "" => Ok(None),
        _ if date.is_empty() => Err(t.price_date_missing()),
        _ => match calendar::parse_day(date) {
            None => Err(t.price_date_bad()),
            Some(day) if day == calendar::day(now) => Ok(None),
            Some(day) => Ok(Some(calendar::start_of(day))),
        },
    }
}

/// The price that a form asks for, or what is wrong beside which field.
pub(super) fn check(
    t: T,
    form: &PriceForm,
    target: Target,
    (meter, unit): (Meter, Unit),
    now: Ts,
) -> Result<NewPrice, Errors> {
    let mut reading = Reading { t, unit, form, errors: vec![] };
    let model = reading.model();
    let included = match form.included.as_str() {
        "" => 0,
        text if form.model != "none" => reading.count("included".to_owned(), text),
        _ => 0,
    };
    let increment = reading.increment();
    let valid_from = start(t, &form.start, &form.date, now).unwrap_or_else(|sentence| {
        reading.wrong("date", sentence);
        None
    });
    if !reading.errors.is_empty() {
        return Err(reading.errors);
    }
    let key = PriceId::parse(&form.key);
    Ok(NewPrice { target, meter, model, included, increment, below_platform: form.below, valid_from, key })
}

/// Beside which field a refusal belongs.
pub(super) fn field_of(form: &PriceForm, refusal: &Refusal) -> &'static str {
    let price = match form.model.as_str() {
        "graduated" => "tier-0",
        "package" => "package_price",
        _ => "price",
    };
    match refusal {
        Refusal::DateInPast | Refusal::DateTooFar | Refusal::DateTaken => "date",
        Refusal::TiersInvalid { .. } => "above-0",
        Refusal::PackageInvalid => "package_units",
        Refusal::IncludedInvalid | Refusal::PriceOutsideRails(Breach::Included { .. }) => "included",
        Refusal::IncrementInvalid { .. } | Refusal::PriceOutsideRails(Breach::Increment { .. }) => {
            "increment"
        }
        Refusal::PriceOutOfRange { .. } | Refusal::PriceOutsideRails(_) => price,
        _ => "",
    }
}

/// The form as fields, to be sent again or to stand in an address.
pub(super) fn pairs(form: &PriceForm) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs = vec![
        pair("start", &form.start),
        pair("date", &form.date),
        pair("model", &form.model),
        pair("price", &form.price),
        pair("package_units", &form.package_units),
        pair("package_price", &form.package_price),
        pair("included", &form.included),
        pair("increment", &form.increment),
        pair("first", &form.first),
        pair("next", &form.next),
        pair("below", if form.below { "on" } else { "" }),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    for (above, price) in form.tiers.iter().filter(|(above, price)| !above.is_empty() || !price.is_empty()) {
        // Both of a row, or rows would slip.
        pairs.extend([pair("above", above), pair("tier", price)]);
    }
    pairs
}

/// An address with the form in it.
pub(super) fn href(path: &str, form: &PriceForm) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs(form));
    format!("{path}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    const NOW: Ts = Ts::from_seconds(1_795_424_400);

    fn asked(fields: &[(&str, &str)], unit: Unit) -> Result<NewPrice, Vec<String>> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let form = read(&fields);
        let checked = check(T::new(Lang::De), &form, Target::Default, (Meter::CALL, unit), NOW);
        checked.map_err(|errors| errors.into_iter().map(|(field, _)| field).collect())
    }

    #[test]
    fn every_model_is_read_from_its_fields() {
        let flat = asked(
            &[("model", "flat"), ("price", "0,45"), ("increment", "60/1"), ("included", "1.000")],
            Unit::Second,
        );
        let flat = flat.expect("in order");
        assert_eq!(flat.model, Some(Model::Flat(UnitPrice(450_000))));
        assert_eq!(
            (flat.increment, flat.included, flat.valid_from),
            (Some(Increment { first: 60, next: 1 }), 60_000, None)
        );
        let tiers = asked(
            &[
                ("model", "graduated"),
                ("above", ""),
                ("tier", "0,40"),
                ("above", "1:30"),
                ("tier", "0,35"),
                ("above", ""),
                ("tier", ""),
            ],
            Unit::Second,
        );
        let expected =
            [(0, 400_000), (90, 350_000)].map(|(above, price)| Tier { above, price: UnitPrice(price) });
        assert_eq!(tiers.expect("in order").model, Some(Model::Graduated(expected.into())));
        let package = asked(
            &[
                ("model", "package"),
                ("package_units", "100"),
                ("package_price", "5"),
                ("start", "date"),
                ("date", "1.12.2026"),
            ],
            Unit::Piece,
        );
        let package = package.expect("in order");
        assert_eq!(package.model, Some(Model::Package { units: 100, price: UnitPrice::cents(500) }));
        assert_eq!(package.valid_from, Some(calendar::start_of(jiff::civil::date(2026, 12, 1))));
        assert_eq!(
            asked(&[("model", "none"), ("included", "x")], Unit::Piece).map(|of| (of.model, of.included)),
            Ok((None, 0))
        );
    }

    #[test]
    fn what_cannot_be_read_is_said_beside_its_field() {
        for (fields, wrong) in [
            (&[("model", "")][..], vec!["model"]),
            (&[("model", "flat"), ("price", "0.45"), ("included", "-1")], vec!["price", "included"]),
            (&[("model", "graduated")], vec!["tier-0"]),
            (
                &[("model", "graduated"), ("above", "0"), ("tier", "1"), ("above", "x"), ("tier", "y")],
                vec!["above-1", "tier-1"],
            ),
            (
                &[("model", "package"), ("package_units", "1.0"), ("package_price", "")],
                vec!["package_units", "package_price"],
            ),
            (
                &[("model", "flat"), ("price", "1"), ("increment", "other"), ("first", "0"), ("next", "1")],
                vec!["first"],
            ),
            (&[("model", "flat"), ("price", "1"), ("increment", "7")], vec!["increment"]),
            (&[("model", "flat"), ("price", "1"), ("start", "date"), ("date", "31.2.2027")], vec!["date"]),
            (&[("model", "flat"), ("price", "1"), ("start", "date")], vec!["date"]),
        ] {
            assert_eq!(
                asked(fields, Unit::Second).err(),
                Some(wrong.into_iter().map(str::to_owned).collect()),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn a_version_fills_the_form_and_comes_back_from_it() {
        let mut price = Price {
            id: PriceId(uuid::Uuid::nil()),
            list: crate::domain::id::PriceListId(uuid::Uuid::nil()),
            meter: Meter::CALL,
            unit: Unit::Second,
            model: None,
            included: 6_030,
            increment: Increment { first: 45, next: 15 },
            below_platform: false,
            valid_from: NOW,
        };
        let tiers =
            vec![Tier { above: 0, price: UnitPrice(400_000) }, Tier { above: 61, price: UnitPrice(4_250) }];
        for model in [
            Model::Flat(UnitPrice(4_250)),
            Model::Graduated(tiers),
            Model::Package { units: 600, price: UnitPrice::cents(500) },
        ] {
            price.model = Some(model.clone());
            let form = of(Some(&price), Unit::Second, Increment::MINUTES, NOW);
            let again = read(&pairs(&form));
            let new = check(T::new(Lang::De), &again, Target::Default, (Meter::CALL, Unit::Second), NOW)
                .expect("in order");
            assert_eq!(
                (new.model, new.included, new.increment),
                (Some(model), price.included, Some(price.increment))
            );
        }
    }
}
