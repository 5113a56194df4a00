//! Language: typed messages from `locales/`, and how numbers and money are written in each.
//!
//! German is the first language; English follows the same keys (the build stops when one is missing).
//! Dates live in `web::view::format`, because only pages show them.

use crate::domain::money::{Cents, UnitPrice};
use crate::domain::pricing::Breach;
use crate::domain::refusal::Refusal;
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use std::sync::LazyLock;
use unic_langid::langid;

include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// German, the default.
    #[default]
    De,
    /// English.
    En,
}

impl Lang {
    /// Both, German first.
    pub const ALL: [Lang; 2] = [Lang::De, Lang::En];

    /// The BCP 47 tag used in `lang` attributes, the session and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::De => "de",
            Lang::En => "en",
        }
    }

    /// Reads a tag such as `en` or `en-GB`; `None` for a language the product does not speak.
    pub fn from_code(code: &str) -> Option<Lang> {
        match code.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "de" => Some(Lang::De),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that the product speaks; German otherwise.
    pub fn from_accept(header: Option<&str>) -> Lang {
        let tags = header.unwrap_or_default().split(',');
        tags.filter_map(|tag| Lang::from_code(tag.split(';').next()?.trim())).next().unwrap_or_default()
    }
}

/// The messages of one language. Copy it freely; it is only a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct T(Lang);

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; 2]> =
    LazyLock::new(|| [bundle(langid!("de-DE"), DE), bundle(langid!("en-GB"), EN)]);

fn bundle(language: unic_langid::LanguageIdentifier, sources: &[&str]) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks would surround every argument and break copying and tests of plain text.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).expect("build.rs has parsed it");
        bundle.add_resource(resource).expect("build.rs has checked for doubles");
    }
    bundle
}

impl T {
    /// The messages of `lang`.
    pub const fn new(lang: Lang) -> T {
        T(lang)
    }

    /// Which language this is.
    pub const fn lang(self) -> Lang {
        self.0
    }

    /// Whether `key` exists; used where a key comes from data (refusals, event kinds).
    pub fn has(self, key: &str) -> bool {
        BUNDLES[0].has_message(key)
    }

    /// A message whose key comes from the domain, with text arguments.
    pub fn say(self, key: &str, args: &[(&str, String)]) -> String {
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set((*name).to_owned(), value.clone());
        }
        self.format(key, Some(&values))
    }

    /// The sentence for a refusal.
    pub fn refusal(self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::AmountOutOfRange { min, max } => {
                self.refusal_amount_out_of_range(self.money(*max), self.money(*min))
            }
            Refusal::DailyLimit { left, limit } => {
                self.refusal_daily_limit(self.money(*left), self.money(*limit))
            }
            Refusal::ReasonLength { min, max } => self.refusal_reason_length(*max, *min),
            Refusal::TooOldToReverse { months } => self.refusal_too_old_to_reverse(*months),
            // A number, not a text: the sentence chooses its plural by it.
            Refusal::TooManyAttempts { minutes } => self.refusal_too_many_attempts(*minutes),
            Refusal::PriceOutOfRange { max } => self.refusal_price_out_of_range(self.price(*max)),
            Refusal::TiersInvalid { most } => self.refusal_tiers_invalid(most.to_string()),
            Refusal::IncrementInvalid { most } => {
                self.refusal_increment_invalid(self.number(i64::from(*most)))
            }
            Refusal::NameInvalid { most } => self.refusal_name_invalid(most.to_string()),
            Refusal::MarkupRangeInvalid { most } => self.refusal_markup_range_invalid(self.number(*most)),
            Refusal::HoldDaysInvalid { most } => self.refusal_hold_days_invalid(self.number(*most)),
            Refusal::PriceOutsideRails(breach) => self.breach(*breach),
            plain => self.say(plain.key(), &[]),
        }
    }

    /// The sentence for a reseller's price outside its rails.
    pub fn breach(self, breach: Breach) -> String {
        match breach {
            Breach::BelowPlatform { platform } => self.refusal_price_below_platform(self.price(platform)),
            Breach::Markup { min, max } => {
                self.refusal_price_outside_markup(self.price(max), self.price(min))
            }
            Breach::Increment { platform } => {
                self.refusal_price_increment_finer(platform.first.to_string(), platform.next.to_string())
            }
            Breach::Included { platform } => self.refusal_price_includes_more(self.number(platform)),
        }
    }

    fn format(self, key: &str, args: Option<&FluentArgs>) -> String {
        let bundle = &BUNDLES[self.0 as usize];
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, "unknown message key");
            return key.to_owned();
        };
        let mut errors = vec![];
        let text = bundle.format_pattern(pattern, args, &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "message could not be formatted");
        }
        text.into_owned()
    }

    /// `1.234,56 €` or `€1,234.56`; a minus is U+2212 so that screen readers and columns keep it.
    pub fn money(self, amount: Cents) -> String {
        self.signed_money(amount, if amount.is_negative() { "\u{2212}" } else { "" })
    }

    /// A unit price with two digits, more where it has fractions of a cent: `0,40 €`, `0,00425 €`.
    pub fn price(self, price: UnitPrice) -> String {
        let (whole, micros) = (price.0.unsigned_abs() / 1_000_000, price.0.unsigned_abs() % 1_000_000);
        let sign = if price.0 < 0 { "\u{2212}" } else { "" };
        let fraction = format!("{micros:06}");
        let fraction = fraction.trim_end_matches('0');
        match self.0 {
            Lang::De => format!("{sign}{},{fraction:0<2}\u{a0}€", group(whole, '.')),
            Lang::En => format!("{sign}€{}.{fraction:0<2}", group(whole, ',')),
        }
    }

    /// Like [`T::money`] with a plus for credits, as ledgers show it.
    pub fn money_signed(self, amount: Cents) -> String {
        let sign = match amount.0 {
            i64::MIN..0 => "\u{2212}",
            0 => "",
            1.. => "+",
        };
        self.signed_money(amount, sign)
    }

    fn signed_money(self, amount: Cents, sign: &str) -> String {
        let (whole, cents) = (amount.0.unsigned_abs() / 100, amount.0.unsigned_abs() % 100);
        match self.0 {
            Lang::De => format!("{sign}{},{cents:02}\u{a0}€", group(whole, '.')),
            Lang::En => format!("{sign}€{}.{cents:02}", group(whole, ',')),
        }
    }

    /// A whole number with the language's thousands separator.
    pub fn number(self, value: i64) -> String {
        let sign = if value < 0 { "\u{2212}" } else { "" };
        format!("{sign}{}", group(value.unsigned_abs(), if self.0 == Lang::De { '.' } else { ',' }))
    }
}

fn group(value: u64, separator: char) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_its_reader_writes_it() {
        let (de, en) = (T::new(Lang::De), T::new(Lang::En));
        assert_eq!(de.money(Cents(123_456)), "1.234,56\u{a0}€");
        assert_eq!(de.money(Cents(-400)), "\u{2212}4,00\u{a0}€");
        assert_eq!(de.money_signed(Cents(5)), "+0,05\u{a0}€");
        assert_eq!(en.money(Cents(-123_456_789)), "\u{2212}€1,234,567.89");
        assert_eq!(de.number(1_234_567), "1.234.567");
        assert_eq!(de.price(UnitPrice(400_000)), "0,40\u{a0}€");
        assert_eq!(de.price(UnitPrice(1_234_004_250)), "1.234,00425\u{a0}€");
        assert_eq!(en.price(UnitPrice::cents(150)), "€1.50");
    }

    #[test]
    fn every_refusal_has_its_sentence_in_both_languages() {
        for t in Lang::ALL.map(T::new) {
            for refusal in Refusal::samples() {
                assert!(t.has(refusal.key()), "{}", refusal.key());
                assert!(!t.refusal(&refusal).contains('{'), "{}", refusal.key());
            }
        }
        let wait = T::new(Lang::De).refusal(&Refusal::TooManyAttempts { minutes: 1 });
        assert_eq!(wait, "Das waren zu viele Versuche. Versuchen Sie es in 1\u{a0}Minute erneut.");
    }

    #[test]
    fn the_reader_gets_the_first_language_we_speak() {
        assert_eq!(Lang::from_accept(Some("fr-FR, en-GB;q=0.8, de;q=0.5")), Lang::En);
        assert_eq!(Lang::from_accept(Some("fr")), Lang::De);
        assert_eq!(Lang::from_accept(None), Lang::De);
    }
}
