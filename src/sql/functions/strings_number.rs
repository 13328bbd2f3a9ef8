//! `format_number`: `java.text.DecimalFormat` in the US locale, which rounds half to even.

use super::accepts::{Accepts, settle_exactly, strict};
use super::row::{IntoDatum, Row, arg};
use super::{Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[strict("format_number", &[], number_signature, format_number)];

fn number_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let required = [Accepts::Numeric, Accepts::IntOrText];
    Ok(settle_exactly(function, args, &required, &[])?.gives(DataType::String).or_null())
}

/// More fraction digits than this are left out: they are zeros that only fill the memory.
const MOST_DIGITS: usize = 1 << 16;

fn format_number(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let pattern = match args.get(1) {
        Some(Datum::String(pattern)) if !pattern.is_empty() => Pattern::read(pattern)?,
        Some(Datum::String(_)) => Pattern::digits(0),
        _ => match usize::try_from(arg::<i32>(args, 1)?) {
            Ok(digits) => Pattern::digits(digits.min(MOST_DIGITS)),
            Err(_) => return Ok(Datum::Null),
        },
    };
    let text = match args.first() {
        Some(Datum::Float(number)) => pattern.double((*number).into()),
        Some(Datum::Double(number)) => pattern.double(*number),
        Some(Datum::Decimal(unscaled, scale)) => pattern.decimal(*unscaled, (*scale).into()),
        _ => pattern.decimal(arg::<i64>(args, 0)?.into(), 0),
    };
    Ok(text.datum())
}

/// A pattern of `DecimalFormat`.
struct Pattern {
    prefix: String,
    suffix: String,
    /// What stands around a negative number, where the pattern says so.
    negative: Option<(String, String)>,
    least_whole: usize,
    least_fraction: usize,
    most_fraction: usize,
    group: Option<usize>,
    point: bool,
    /// 2 with `%`, 3 with `‰`: how far the point moves.
    shift: usize,
}

impl Pattern {
    /// `#,###,##0.00` with so many digits after the point.
    fn digits(digits: usize) -> Self {
        Pattern {
            prefix: String::new(),
            suffix: String::new(),
            negative: None,
            least_whole: 1,
            least_fraction: digits,
            most_fraction: digits,
            group: Some(3),
            point: false,
            shift: 0,
        }
    }

    fn read(pattern: &str) -> Result<Self, SqlError> {
        let malformed = || SqlError::new("IllegalArgumentException", None, format!("Malformed pattern \"{pattern}\""));
        let (positive, negative) = match pattern.split_once(';') {
            Some((positive, negative)) => (positive, Some(negative)),
            None => (pattern, None),
        };
        let is_number = |letter: char| "#0,.".contains(letter);
        let parts = |text: &str| -> (String, String, String) {
            let begin = text.find(is_number).unwrap_or(text.len());
            let end = text[begin..].find(|it| !is_number(it)).map_or(text.len(), |it| begin + it);
            (text[..begin].replace('\'', ""), text[begin..end].to_owned(), text[end..].replace('\'', ""))
        };
        let (prefix, number, suffix) = parts(positive);
        if suffix.contains(is_number) || suffix.starts_with('E') {
            return Err(malformed());
        }
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (number.as_str(), None),
        };
        let zeros = |text: &str| text.matches('0').count();
        let after = fraction.unwrap_or_default();
        if after.contains(['.', ',']) || after.contains("#0") || whole.contains("0#") {
            return Err(malformed());
        }
        let no_zeros = zeros(whole) + zeros(after) == 0;
        let group = whole.rfind(',').map(|comma| whole.len() - comma - 1).filter(|size| *size > 0);
        let shift = match () {
            () if prefix.contains('%') || suffix.contains('%') => 2,
            () if prefix.contains('‰') || suffix.contains('‰') => 3,
            () => 0,
        };
        Ok(Pattern {
            least_whole: if no_zeros && fraction.is_some() && !whole.is_empty() { 1 } else { zeros(whole) },
            least_fraction: zeros(after),
            most_fraction: after.len(),
            group,
            point: fraction.is_some() && after.is_empty(),
            shift,
            negative: negative.map(|it| {
                let (prefix, _, suffix) = parts(it);
                (prefix, suffix)
            }),
            prefix,
            suffix,
        })
    }

    fn double(&self, number: f64) -> String {
        if number.is_nan() {
            return "NaN".into();
        }
        let negative = number.is_sign_negative();
        if number.is_infinite() {
            return self.signed(negative, "∞");
        }
        let number = number.abs();
        let shortest = number.to_string();
        let fraction = shortest.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let most = self.most_fraction + self.shift;
        // exact, half to even; digits beyond the shortest that mean the number are zeros
        let rounded = if most < fraction { format!("{number:.most$}") } else { shortest };
        self.signed(negative, &self.laid_out(&rounded))
    }

    fn decimal(&self, unscaled: i128, scale: usize) -> String {
        let most = self.most_fraction + self.shift;
        let magnitude = unscaled.unsigned_abs();
        let (kept, scale) = match u32::try_from(scale.saturating_sub(most)) {
            Ok(dropped) if dropped > 0 => {
                let unit = 10u128.checked_pow(dropped).unwrap_or(u128::MAX);
                let (quotient, rest) = (magnitude / unit, magnitude % unit);
                let half = rest.cmp(&(unit / 2));
                let up = half.is_gt() || (half.is_eq() && quotient % 2 == 1);
                (quotient + u128::from(up), most)
            }
            _ => (magnitude, scale),
        };
        let digits = format!("{kept:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let text = if scale == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") };
        self.signed(unscaled < 0, &self.laid_out(&text))
    }

    /// Plain digits with as many zeros and commas as the pattern has.
    fn laid_out(&self, plain: &str) -> String {
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let mut fraction = fraction.to_owned();
        let mut whole = whole.trim_start_matches('0').to_owned();
        if self.shift > 0 {
            let padded = format!("{fraction:0<width$}", width = self.shift);
            let (moved, rest) = padded.split_at(self.shift);
            whole = (whole + moved).trim_start_matches('0').to_owned();
            fraction = rest.to_owned();
        }
        let mut fraction = fraction.trim_end_matches('0').to_owned();
        while fraction.len() < self.least_fraction {
            fraction.push('0');
        }
        let mut whole = format!("{whole:0>width$}", width = self.least_whole);
        if whole.is_empty() && fraction.is_empty() {
            whole.push('0');
        }
        let mut text = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && self.group.is_some_and(|size| (whole.len() - index).is_multiple_of(size)) {
                text.push(',');
            }
            text.push(digit);
        }
        if !fraction.is_empty() || self.point {
            text.push('.');
        }
        text + &fraction
    }

    fn signed(&self, negative: bool, digits: &str) -> String {
        match (&self.negative, negative) {
            (Some((prefix, suffix)), true) => format!("{prefix}{digits}{suffix}"),
            (None, true) => format!("-{}{digits}{}", self.prefix, self.suffix),
            (_, false) => format!("{}{digits}{}", self.prefix, self.suffix),
        }
    }
}
