//! Casts to and from decimals.

use arrow_buffer::i256;

use crate::sql::Datum;
use crate::sql::text::{decimal_plain_text, double_text};
use crate::sql::types::MAX_PRECISION;

/// A decimal number of any size, as text has it: the digits, and how many of them stand behind the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// Without leading zeros; none for zero.
    digits: Vec<u8>,
    scale: i64,
}

impl Decimal {
    /// Reads what Java's `BigDecimal` reads.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|letter: char| letter <= ' ');
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        let bare = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let numeric = |bytes: &str| !bytes.is_empty() && bytes.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !all().all(|byte| byte.is_ascii_digit()) || !numeric(bare) {
            return None;
        }
        let exponent = i64::from(exponent.parse::<i32>().ok()?);
        let digits = all().skip_while(|byte| *byte == b'0').map(|byte| byte - b'0').collect();
        Some(Decimal { negative, digits, scale: i64::try_from(fraction.len()).ok()?.checked_sub(exponent)? })
    }

    /// The unscaled number at a scale, rounded half up; `None` where it has more than 38 digits.
    pub fn at_scale(&self, scale: u8) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let shift = i64::from(scale).checked_sub(self.scale)?;
        let size = i64::try_from(self.digits.len()).ok()?;
        let kept = size.checked_add(shift)?;
        if kept > i64::from(MAX_PRECISION) {
            return None;
        }
        let kept = usize::try_from(kept).ok();
        let digit = |at: usize| self.digits.get(at).copied().unwrap_or(0);
        let mut number = (0..kept.unwrap_or(0)).fold(0_i128, |number, at| number * 10 + i128::from(digit(at)));
        if kept.is_some_and(|kept| digit(kept) >= 5) {
            number += 1;
        }
        Some(if self.negative { -number } else { number })
    }
}

/// Whether a number has at most this many digits.
pub fn fits(unscaled: i128, precision: u8) -> bool {
    10_u128.checked_pow(precision.into()).is_none_or(|bound| unscaled.unsigned_abs() < bound)
}

/// The number at another scale, rounded half up; `None` where it has more digits than the precision.
pub fn rescale(unscaled: i128, from: u8, precision: u8, scale: u8) -> Option<i128> {
    let rescaled = if scale >= from {
        unscaled.checked_mul(10_i128.checked_pow((scale - from).into())?)?
    } else {
        let Some(factor) = 10_i128.checked_pow((from - scale).into()) else { return Some(0) };
        let (whole, rest) = (unscaled / factor, unscaled % factor);
        if rest.unsigned_abs() >= factor.unsigned_abs() / 2 { whole + unscaled.signum() } else { whole }
    };
    fits(rescaled, precision).then_some(rescaled)
}

/// The nearest double.
pub fn decimal_to_double(unscaled: i128, scale: u8) -> f64 {
    // Both are exact up to these sizes, so one division rounds once.
    const EXACT: u128 = 1 << 53;
    if unscaled.unsigned_abs() < EXACT && scale <= 22 {
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        return unscaled as f64 / 10_f64.powi(scale.into());
    }
    decimal_plain_text(unscaled, scale).parse().unwrap_or(f64::NAN)
}

/// The decimal of a double's shortest digits.
pub fn double_to_decimal(number: f64, precision: u8, scale: u8) -> Option<i128> {
    let unscaled = Decimal::parse(&double_text(number))?.at_scale(scale)?;
    fits(unscaled, precision).then_some(unscaled)
}

/// Seconds as microseconds, whatever is smaller cut off, wrapping as Java's `longValue`.
#[expect(clippy::cast_possible_truncation, reason = "Java's conversion, which cuts high bits off too")]
pub(super) fn decimal_to_micros(unscaled: i128, scale: u8) -> i64 {
    let product = i256::from_i128(unscaled).wrapping_mul(i256::from_i128(1_000_000));
    let factor = i256::from_i128(10).wrapping_pow(scale.into());
    product.checked_div(factor).map_or(0, |quotient| quotient.as_i128() as i64)
}

pub(super) fn to_decimal(value: &Datum, precision: u8, scale: u8) -> Option<Datum> {
    let whole = |number: i64| rescale(number.into(), 0, precision, scale);
    let unscaled = match value {
        Datum::Boolean(flag) => whole((*flag).into()),
        Datum::Byte(number) => whole((*number).into()),
        Datum::Short(number) => whole((*number).into()),
        Datum::Integer(number) | Datum::YearMonthInterval(number) => whole((*number).into()),
        Datum::Long(number) => whole(*number),
        Datum::Decimal(unscaled, from) => rescale(*unscaled, *from, precision, scale),
        Datum::Float(number) => double_to_decimal((*number).into(), precision, scale),
        Datum::Double(number) => double_to_decimal(*number, precision, scale),
        #[expect(clippy::cast_precision_loss, reason = "Java's conversion, which rounds too")]
        Datum::Timestamp(micros) => double_to_decimal(*micros as f64 / 1_000_000.0, precision, scale),
        Datum::DayTimeInterval(micros) => rescale((*micros).into(), 6, precision, scale),
        Datum::String(text) => {
            Decimal::parse(text).and_then(|number| number.at_scale(scale)).filter(|number| fits(*number, precision))
        }
        _ => None,
    };
    unscaled.map(|unscaled| Datum::Decimal(unscaled, scale))
}
