//! Arithmetic of decimals: exact, then rounded half up to the type of the result, null where it doesn't fit.

use arrow_buffer::i256;

use crate::sql::cast::fits;

/// The unscaled number and its scale.
pub(super) type Number = (i128, u8);

/// How many digits of a product or quotient there are before it is rounded to its type.
const CONTEXT_DIGITS: u32 = 38;
/// How many digits behind the point a quotient has before it is rounded to its type.
const QUOTIENT_SCALE: u32 = 39;

fn power(exponent: u32) -> Option<i256> {
    i256::from_i128(10).checked_pow(exponent)
}

fn wide(number: i128, exponent: u32) -> Option<i256> {
    i256::from_i128(number).checked_mul(power(exponent)?)
}

fn is_negative(number: i256) -> bool {
    number < i256::ZERO
}

fn size(number: i256) -> i256 {
    if is_negative(number) { number.wrapping_neg() } else { number }
}

/// The quotient rounded half up.
fn rounded(dividend: i256, divisor: i256) -> Option<i256> {
    let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let half = size(divisor).wrapping_sub(size(rest));
    if size(rest) < half {
        return Some(quotient);
    }
    let away = if is_negative(dividend) == is_negative(divisor) { i256::ONE } else { i256::MINUS_ONE };
    quotient.checked_add(away)
}

/// The number at another scale.
fn at_scale(number: i256, from: u32, to: u32) -> Option<i256> {
    if to >= from { number.checked_mul(power(to - from)?) } else { rounded(number, power(from - to)?) }
}

fn fitting(number: i256, from: u32, precision: u8, scale: u8) -> Option<i128> {
    at_scale(number, from, scale.into())?.to_i128().filter(|number| fits(*number, precision))
}

/// Both numbers at the wider scale.
fn aligned(left: Number, right: Number) -> Option<(i256, i256, u32)> {
    let scale = u32::from(left.1.max(right.1));
    Some((wide(left.0, scale - u32::from(left.1))?, wide(right.0, scale - u32::from(right.1))?, scale))
}

pub(super) fn add(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
    let (left, right, from) = aligned(left, right)?;
    fitting(left.checked_add(right)?, from, precision, scale)
}

pub(super) fn subtract(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
    let (left, right, from) = aligned(left, right)?;
    fitting(left.checked_sub(right)?, from, precision, scale)
}

pub(super) fn multiply(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
    let mut product = i256::from_i128(left.0).checked_mul(i256::from_i128(right.0))?;
    let mut from = i64::from(left.1) + i64::from(right.1);
    // Java keeps 38 digits of a product, and rounds once more to the type.
    let digits = size(product).to_string().len();
    let surplus = u32::try_from(digits).ok()?.saturating_sub(CONTEXT_DIGITS);
    if surplus > 0 {
        product = rounded(product, power(surplus)?)?;
        from -= i64::from(surplus);
    }
    match u32::try_from(from) {
        Ok(from) => fitting(product, from, precision, scale),
        Err(_) => fitting(product.checked_mul(power(u32::try_from(-from).ok()?)?)?, 0, precision, scale),
    }
}

pub(super) fn divide(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
    if right.0 == 0 {
        return None;
    }
    let (dividend, divisor, _) = aligned(left, right)?;
    let mut quotient = dividend.checked_div(divisor)?;
    let mut rest = dividend.checked_rem(divisor)?;
    for _ in 0..QUOTIENT_SCALE {
        let next = rest.checked_mul(i256::from_i128(10))?;
        quotient = quotient.checked_mul(i256::from_i128(10))?.checked_add(next.checked_div(divisor)?)?;
        rest = next.checked_rem(divisor)?;
    }
    let away = if is_negative(dividend) == is_negative(divisor) { i256::ONE } else { i256::MINUS_ONE };
    if size(rest) >= size(divisor).wrapping_sub(size(rest)) {
        quotient = quotient.checked_add(away)?;
    }
    fitting(quotient, QUOTIENT_SCALE, precision, scale)
}

pub(super) fn remainder(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
    let (left, right, from) = aligned(left, right)?;
    fitting(left.checked_rem(right)?, from, precision, scale)
}

pub(super) fn positive_modulus(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
    let (left, right, from) = aligned(left, right)?;
    let mut rest = left.checked_rem(right)?;
    if is_negative(rest) {
        rest = rest.checked_add(right)?.checked_rem(right)?;
    }
    fitting(rest, from, precision, scale)
}

/// The whole part of a quotient.
pub(super) fn quotient(left: Number, right: Number) -> Option<i128> {
    let (left, right, _) = aligned(left, right)?;
    left.checked_div(right).map(i256::as_i128)
}
