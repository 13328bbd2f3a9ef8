//! Decimal arithmetic of results: limits, rounding, and decimals as doubles.

use arrow_buffer::i256;

/// The greatest unscaled number of so many digits.
pub(super) fn bound(precision: u8) -> i128 {
    10_i128.checked_pow(precision.into()).map_or(i128::MAX, |power| power - 1)
}

fn power(exponent: u32) -> i256 {
    i256::from_i128(10).wrapping_pow(exponent)
}

/// A quotient rounded half up, which is away from zero; `None` by zero.
fn divided(dividend: i256, divisor: i256) -> Option<i256> {
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?;
    let twice = rest.wrapping_abs().checked_mul(i256::from_i128(2))?;
    if twice < divisor.wrapping_abs() {
        return Some(quotient);
    }
    let away = if (dividend < i256::ZERO) == (divisor < i256::ZERO) { i256::ONE } else { i256::MINUS_ONE };
    Some(quotient.wrapping_add(away))
}

/// A decimal sum by a count, as a decimal of this precision and scale: first with 38 digits of fraction, as
/// `Decimal./` has it. `None` where it doesn't fit.
pub(super) fn mean(sum: i128, scale: u8, count: i64, (precision, to): (u8, u8)) -> Option<i128> {
    let wide = i256::from_i128(sum).checked_mul(power(38_u32.saturating_sub(scale.into())))?;
    let quotient = divided(wide, i256::from_i128(count.into()))?;
    let rounded = divided(quotient, power(38_u32.saturating_sub(to.into())))?.to_i128()?;
    (rounded.unsigned_abs() <= bound(precision).unsigned_abs()).then_some(rounded)
}

/// A long by a count, rounded half up: `LongMath.divide`.
pub(super) fn rounded_quotient(sum: i64, count: i64) -> Option<i64> {
    let quotient = divided(i256::from_i128(sum.into()), i256::from_i128(count.into()))?;
    quotient.to_i128().and_then(|it| i64::try_from(it).ok())
}

/// The double nearest to a decimal.
pub(super) fn decimal_double(unscaled: i128, scale: u8) -> f64 {
    format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// The digits of a double as Java writes them, and how many of them are fraction (negative for trailing zeros).
pub(super) fn digits_of(value: f64) -> Option<(i128, i32)> {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits = mantissa.replace('.', "").parse().ok()?;
    Some((digits, i32::try_from(fraction).ok()? - exponent.parse::<i32>().ok()?))
}

/// A double as a decimal of this precision and scale, rounded half up.
pub(super) fn decimal_of(value: f64, precision: u8, scale: u8) -> Option<i128> {
    let (digits, fraction) = digits_of(value)?;
    let wide = i256::from_i128(digits);
    let shift = fraction - i32::from(scale);
    let unscaled = match u32::try_from(shift) {
        Ok(more) if more > 60 => i256::ZERO,
        Ok(more) => divided(wide, power(more))?,
        Err(_) if shift < -60 => return None,
        Err(_) => wide.checked_mul(power(shift.unsigned_abs()))?,
    };
    unscaled.to_i128().filter(|it| it.unsigned_abs() <= bound(precision).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_half_up() {
        assert_eq!(mean(-3100, 2, 24, (14, 6)), Some(-1_291_667));
        assert_eq!(mean(1, 0, 2, (38, 0)), Some(1));
        assert_eq!(mean(-1, 0, 2, (38, 0)), Some(-1));
        assert_eq!(mean(12_345_678_901_234_567_893, 0, 3, (38, 22)), None);
        assert_eq!(mean(i128::MAX, 0, 1, (38, 4)), None);
        assert_eq!(rounded_quotient(-94, 17), Some(-6));
        assert_eq!(rounded_quotient(-31, 24), Some(-1));
        assert_eq!(rounded_quotient(5, 2), Some(3));
        assert_eq!(rounded_quotient(5, 0), None);
    }

    #[test]
    fn decimals_and_doubles() {
        assert_eq!(decimal_double(-12345, 2), -123.45);
        assert_eq!(decimal_of(123.456, 10, 2), Some(12346));
        assert_eq!(decimal_of(-2.5e10, 20, 1), Some(-250_000_000_000));
        assert_eq!(decimal_of(1e300, 38, 0), None);
        assert_eq!(decimal_of(1e-300, 38, 2), Some(0));
        assert_eq!(decimal_of(f64::NAN, 38, 2), None);
        assert_eq!(digits_of(1500.0), Some((15, -2)));
    }
}
