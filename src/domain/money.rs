//! Money: [`Cents`], unit prices in micro-euros, and the only rounding in the product.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// An amount in whole euro cents; negative amounts are debits.
///
/// The operators panic on overflow instead of wrapping: ±92 quadrillion euros are out of reach of
/// checked input, so an overflow is a bug that must not be written to a ledger.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// No money.
    pub const ZERO: Cents = Cents(0);

    /// Whole euros as cents.
    pub const fn euros(euros: i64) -> Cents {
        Cents(euros * 100)
    }

    /// The amount without its sign.
    pub fn abs(self) -> Cents {
        Cents(self.0.checked_abs().expect("amount in range"))
    }

    /// True for debits.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The machine form, always with a point and two digits: `47.60`, `-4.00`.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", abs / 100, abs % 100)
    }

    /// So many hundredths of a percent of this amount, rounded half up.
    pub fn share(self, rate_bps: i64) -> Cents {
        Cents(round_half_up(i128::from(self.0) * i128::from(rate_bps), 10_000))
    }

    /// The VAT contained in this gross amount at `rate_percent`, rounded half up.
    pub fn contained_vat(self, rate_percent: i64) -> Cents {
        Cents(round_half_up(i128::from(self.0) * i128::from(rate_percent), i128::from(100 + rate_percent)))
    }
}

impl Add for Cents {
    type Output = Cents;
    fn add(self, other: Cents) -> Cents {
        Cents(self.0.checked_add(other.0).expect("amount in range"))
    }
}

impl Sub for Cents {
    type Output = Cents;
    fn sub(self, other: Cents) -> Cents {
        Cents(self.0.checked_sub(other.0).expect("amount in range"))
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Cents) {
        *self = *self + other;
    }
}

impl Neg for Cents {
    type Output = Cents;
    fn neg(self) -> Cents {
        Cents(self.0.checked_neg().expect("amount in range"))
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Cents>>(items: I) -> Cents {
        items.fold(Cents::ZERO, Add::add)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}

/// A price per unit in micro-euros: 0.40 € = 400,000.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct UnitPrice(pub i64);

impl UnitPrice {
    /// A price of whole cents.
    pub const fn cents(cents: i64) -> UnitPrice {
        UnitPrice(cents * 10_000)
    }

    /// `units` at this price, rounded once, half up, to whole cents.
    ///
    /// # Errors
    /// [`OutOfRange`] when the amount does not fit.
    pub fn times(self, units: i64) -> Result<Cents, OutOfRange> {
        self.times_fraction(units, 1)
    }

    /// `numerator / denominator` units at this price (seconds of a minute), rounded once, half up.
    ///
    /// # Errors
    /// [`OutOfRange`] when the amount does not fit.
    pub fn times_fraction(self, numerator: i64, denominator: i64) -> Result<Cents, OutOfRange> {
        let micros = i128::from(self.0) * i128::from(numerator);
        i64::try_from(rounded(micros, 10_000 * i128::from(denominator))).map(Cents).map_err(|_| OutOfRange)
    }

    /// This price for `numerator / denominator` of what it is for, rounded half up to micro-euros: the price of one unit out of that of a
    /// package, or a price with a markup. `None` when it does not fit.
    pub fn scaled(self, numerator: i64, denominator: i64) -> Option<UnitPrice> {
        if denominator <= 0 {
            return None;
        }
        let scaled = rounded(i128::from(self.0) * i128::from(numerator), i128::from(denominator));
        i64::try_from(scaled).ok().map(UnitPrice)
    }
}

/// An exact amount in sixtieths of a micro-euro: what a second costs at a price per minute is whole in it, so rating adds up without
/// rounding until a record is complete.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Exact(pub i128);

impl Exact {
    /// Nothing.
    pub const ZERO: Exact = Exact(0);
    /// One cent.
    pub const CENT: Exact = Exact(600_000);

    /// `count` sixtieths of a price: 60 are one piece or a minute, 1 is a second of a minute.
    ///
    /// # Errors
    /// [`OutOfRange`] when the amount does not fit.
    pub fn sixtieths(price: UnitPrice, count: i128) -> Result<Exact, OutOfRange> {
        i128::from(price.0).checked_mul(count).map(Exact).ok_or(OutOfRange)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`OutOfRange`] when it does not fit.
    pub fn plus(self, other: Exact) -> Result<Exact, OutOfRange> {
        self.0.checked_add(other.0).map(Exact).ok_or(OutOfRange)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`OutOfRange`] when it does not fit.
    pub fn minus(self, other: Exact) -> Result<Exact, OutOfRange> {
        self.0.checked_sub(other.0).map(Exact).ok_or(OutOfRange)
    }

    /// Whole cents, rounded once, half up, and what rounding has left over: at least minus half a cent and less than half a cent.
    /// Rounded up is always towards more, so that cents and rest together grow evenly with the amount.
    ///
    /// # Errors
    /// [`OutOfRange`] when the amount does not fit an account.
    pub fn rounded(self) -> Result<(Cents, Exact), OutOfRange> {
        let half = Exact::CENT.0 / 2;
        let cents = self.0.checked_add(half).ok_or(OutOfRange)?.div_euclid(Exact::CENT.0);
        let cents = i64::try_from(cents).map_err(|_| OutOfRange)?;
        Ok((Cents(cents), Exact(self.0 - i128::from(cents) * Exact::CENT.0)))
    }

    /// Micro-euros, rounded half up: precise enough to be shown.
    pub fn micros(self) -> i128 {
        rounded(self.0, 60)
    }
}

/// An amount that no account could hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

fn round_half_up(numerator: i128, denominator: i128) -> i64 {
    i64::try_from(rounded(numerator, denominator)).expect("amount in range")
}

/// The one rounding rule: half away from zero.
fn rounded(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    if numerator >= 0 { (numerator + half) / denominator } else { (numerator - half) / denominator }
}

/// Why an entered amount is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Nothing was entered.
    Empty,
    /// Not a German amount, for example `1,000.00` or `zehn`.
    NotAnAmount,
}

/// Reads an amount as a German writes it: `50`, `50,5`, `50,00`, `1.000,00`, with or without `€`.
///
/// Points must group thousands exactly, so the English `1,000.00` and `10.50` are refused rather than misread.
///
/// # Errors
/// [`AmountError`] says what is wrong; limits are the caller's.
pub fn parse_amount(input: &str) -> Result<Cents, AmountError> {
    parse_decimal(input, 2).map(Cents)
}

/// Reads a unit price like [`parse_amount`], with up to six digits after the comma: `0,40`, `0,00425`.
///
/// # Errors
/// [`AmountError`] says what is wrong; limits are the caller's.
pub fn parse_unit_price(input: &str) -> Result<UnitPrice, AmountError> {
    parse_decimal(input, 6).map(UnitPrice)
}

/// Reads a share such as `25`, `12,5 %` in hundredths of a percent.
///
/// # Errors
/// [`AmountError`] says what is wrong; limits are the caller's.
pub fn parse_percent(input: &str) -> Result<i64, AmountError> {
    parse_decimal(input.trim().trim_end_matches('%'), 2)
}

/// A German number with at most `places` digits after the comma, in units of its last place.
fn parse_decimal(input: &str, places: usize) -> Result<i64, AmountError> {
    let text = input.trim().trim_end_matches('€').trim_end();
    if text.is_empty() {
        return Err(AmountError::Empty);
    }
    let (whole, fraction) = text.split_once(',').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(fraction) || fraction.len() > places || text.len() > 24 {
        return Err(AmountError::NotAnAmount);
    }
    let groups: Vec<&str> = whole.split('.').collect();
    let grouped = groups.len() == 1
        || ((1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3));
    if !grouped || !groups.iter().all(|group| digits(group)) {
        return Err(AmountError::NotAnAmount);
    }
    let number = format!("{}{fraction:0<places$}", groups.concat());
    number.parse().map_err(|_| AmountError::NotAnAmount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn german_amounts_are_read_and_english_ones_refused() {
        for (text, cents) in [
            ("50", 5_000),
            ("50,00", 5_000),
            (" 50,5 € ", 5_050),
            ("1.000,00", 100_000),
            ("1000", 100_000),
            ("1.234.567,89", 123_456_789),
            ("9,99", 999),
            ("1000,01", 100_001),
        ] {
            assert_eq!(parse_amount(text), Ok(Cents(cents)), "{text}");
        }
        for text in [
            "1,000.00", "10.50", "1.00,00", "-5", "+5", "5,", ",5", "5,123", "zehn", "1e3", "0x10", "٥",
            "1 000",
        ] {
            assert_eq!(parse_amount(text), Err(AmountError::NotAnAmount), "{text}");
        }
        assert_eq!(parse_amount("  "), Err(AmountError::Empty));
    }

    #[test]
    fn unit_prices_and_shares_are_read_with_their_fractions() {
        for (text, micros) in
            [("0,40", 400_000), ("0,00425 €", 4_250), ("1.234,5", 1_234_500_000), ("0,000001", 1)]
        {
            assert_eq!(parse_unit_price(text), Ok(UnitPrice(micros)), "{text}");
        }
        for text in ["0.40", "0,0000001", "-1", "99999999999999,0", ","] {
            assert_eq!(parse_unit_price(text), Err(AmountError::NotAnAmount), "{text}");
        }
        assert_eq!(parse_percent("12,5 %"), Ok(1_250));
        assert_eq!(parse_percent("25"), Ok(2_500));
        assert_eq!(parse_percent("33,333"), Err(AmountError::NotAnAmount));
        assert_eq!(parse_percent(" % "), Err(AmountError::Empty));
    }

    #[test]
    fn a_price_rounds_once_half_up() {
        assert_eq!(UnitPrice::cents(40).times(10), Ok(Cents(400)));
        assert_eq!(UnitPrice(5_000).times(1), Ok(Cents(1)));
        assert_eq!(UnitPrice(4_999).times(1), Ok(Cents(0)));
        assert_eq!(UnitPrice(i64::MAX).times(i64::MAX), Err(OutOfRange));
        assert_eq!(Cents::euros(100).contained_vat(19), Cents(1597));
    }

    #[test]
    fn an_exact_amount_rounds_half_up_and_keeps_its_rest() {
        let half = Exact::CENT.0 / 2;
        for (exact, cents, rest) in [
            (0, 0, 0),
            (half - 1, 0, half - 1),
            (half, 1, -half),
            (-half, 0, -half),
            (-half - 1, -1, half - 1),
            (Exact::CENT.0 * 7 + 1, 7, 1),
        ] {
            assert_eq!(Exact(exact).rounded(), Ok((Cents(cents), Exact(rest))), "{exact}");
        }
        assert_eq!(Exact(i128::MAX).rounded(), Err(OutOfRange));
        assert_eq!(Exact::sixtieths(UnitPrice::cents(40), 90).map(Exact::micros), Ok(600_000));
        assert_eq!(UnitPrice(10_000_000).scaled(60, 1_000), Some(UnitPrice(600_000)));
        assert_eq!(UnitPrice(1).scaled(1, 0), None);
        assert_eq!(UnitPrice(i64::MAX).scaled(2, 1), None);
    }

    proptest! {
        #[test]
        fn cents_and_rest_are_the_exact_amount(exact in -(1i128 << 80)..(1i128 << 80)) {
            if let Ok((cents, rest)) = Exact(exact).rounded() {
                prop_assert_eq!(i128::from(cents.0) * Exact::CENT.0 + rest.0, exact);
                prop_assert!((-300_000..300_000).contains(&rest.0));
            }
        }
        #[test]
        fn no_input_panics_and_plain_amounts_come_back(text in ".{0,24}", cents in 0i64..1_000_000_000) {
            let _ = parse_amount(&text);
            let shown = Cents(cents).plain().replace('.', ",");
            prop_assert_eq!(parse_amount(&shown), Ok(Cents(cents)));
        }
    }
}
