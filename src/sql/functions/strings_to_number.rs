//! `to_number`, `try_to_number`, `to_char`: numbers by formats of `9`, `0`, points, groups, signs and `$`.

use super::accepts::{Accepts, literal_text, settle, strict};
use super::row::{IntoDatum, Row, arg};
use super::{Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("to_number", &[], number_signature, |_, args, returns| {
        let (text, format): (&str, &str) = (arg(args, 0)?, arg(args, 1)?);
        Format::read(format)?.parse(text).map(|it| number(it, returns)).ok_or_else(|| {
            SqlError::new(
                "IllegalArgumentException",
                Some("INVALID_FORMAT.MISMATCH_INPUT"),
                format!(
                    "The format is invalid: {}. The input \"STRING\" {text} does not match the format.",
                    format.to_uppercase()
                ),
            )
        })
    }),
    strict("try_to_number", &[], number_signature, |_, args, returns| {
        let parsed = Format::read(arg(args, 1)?)?.parse(arg(args, 0)?);
        Ok(parsed.map_or(Datum::Null, |it| number(it, returns)))
    }),
    strict("to_char", &["to_varchar"], char_signature, to_char),
];

/// One thing of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// `0`s and `9`s before the point; whether the first is `0`.
    Digits(usize, bool),
    Group,
}

/// Where a sign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    None,
    /// `S`: always a sign. `MI`: only a minus, and a space for no minus.
    Before {
        always: bool,
    },
    After {
        always: bool,
    },
    /// `PR`: angle brackets.
    Brackets,
}

#[derive(Clone, Debug)]
struct Format {
    whole: Vec<Token>,
    /// The digits after the point, where there is one.
    fraction: Option<usize>,
    sign: Sign,
    dollar: bool,
}

fn invalid(kind: &str, message: String) -> SqlError {
    SqlError::analysis(&format!("INVALID_FORMAT.{kind}"), message)
}

impl Format {
    fn read(format: &str) -> Result<Self, SqlError> {
        let upper = format.to_uppercase();
        let refusal = |kind, what: &str| invalid(kind, format!("The format is invalid: '{upper}'. {what}"));
        let unexpected = |found: char| {
            refusal(
                "UNEXPECTED_TOKEN",
                &format!(
                    "Found the unexpected character '{found}'' in the format string; the structure of the format \
                     string must match: `[MI|S]` `[$]` `[0|9|G|,]*` `[.|D]` `[0|9]*` `[$]` `[PR|MI|S]`."
                ),
            )
        };
        if upper.is_empty() {
            return Err(refusal("EMPTY", "The number format string cannot be empty."));
        }
        if !upper.contains(['0', '9']) {
            return Err(refusal("WRONG_NUM_DIGIT", "The format string requires at least one number digit."));
        }
        let mut it = Format { whole: Vec::new(), fraction: None, sign: Sign::None, dollar: false };
        let mut rest = upper.as_str();
        let take = |rest: &mut &str, prefix: &str| match rest.strip_prefix(prefix) {
            Some(after) => {
                *rest = after;
                true
            }
            None => false,
        };
        if take(&mut rest, "MI") {
            it.sign = Sign::Before { always: false };
        } else if take(&mut rest, "S") {
            it.sign = Sign::Before { always: true };
        }
        it.dollar = take(&mut rest, "$");
        loop {
            let digits = rest.find(|it| !matches!(it, '0' | '9')).unwrap_or(rest.len());
            if digits > 0 {
                it.whole.push(Token::Digits(digits, rest.starts_with('0')));
                rest = &rest[digits..];
            } else if take(&mut rest, ",") || take(&mut rest, "G") {
                it.whole.push(Token::Group);
            } else {
                break;
            }
        }
        if take(&mut rest, ".") || take(&mut rest, "D") {
            let digits = rest.find(|it| !matches!(it, '0' | '9')).unwrap_or(rest.len());
            it.fraction = Some(digits);
            rest = &rest[digits..];
        }
        it.dollar |= take(&mut rest, "$");
        let after = match rest {
            "" => it.sign,
            "PR" => Sign::Brackets,
            "MI" => Sign::After { always: false },
            "S" => Sign::After { always: true },
            _ => return Err(unexpected(rest.chars().next().unwrap_or(' '))),
        };
        if !rest.is_empty() && it.sign != Sign::None {
            return Err(unexpected(rest.chars().next().unwrap_or(' ')));
        }
        it.sign = after;
        Ok(it)
    }

    fn whole_digits(&self) -> usize {
        self.whole.iter().map(|it| if let Token::Digits(count, _) = it { *count } else { 0 }).sum()
    }

    /// The type of a number of this format.
    fn data_type(&self) -> DataType {
        let scale = self.fraction.unwrap_or(0);
        let precision = (self.whole_digits() + scale).min(38);
        DataType::Decimal { precision: precision as u8, scale: scale.min(38) as u8 }
    }

    /// The unscaled number of a text, where it is of this format.
    fn parse(&self, text: &str) -> Option<i128> {
        let mut rest: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let mut negative = false;
        let cut = |rest: &mut String, mark: char, before: bool| {
            let cut = if before { rest.strip_prefix(mark) } else { rest.strip_suffix(mark) }.map(str::to_owned);
            let found = cut.is_some();
            *rest = cut.unwrap_or_else(|| rest.clone());
            found
        };
        match self.sign {
            Sign::None => {}
            Sign::Before { always } | Sign::After { always } => {
                let before = matches!(self.sign, Sign::Before { .. });
                negative = cut(&mut rest, '-', before);
                if !negative && always {
                    cut(&mut rest, '+', before);
                }
            }
            Sign::Brackets => {
                negative = cut(&mut rest, '<', true);
                if negative && !cut(&mut rest, '>', false) {
                    return None;
                }
            }
        }
        if self.dollar {
            rest = rest.strip_prefix('$').or_else(|| rest.strip_suffix('$'))?.to_owned();
        }
        let (whole, fraction) = match rest.split_once('.') {
            Some((whole, fraction)) if self.fraction.is_some() => (whole, fraction),
            Some(_) => return None,
            None => (rest.as_str(), ""),
        };
        let most = self.fraction.unwrap_or(0);
        let digits_only = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
        if fraction.len() > most || !digits_only(fraction) || !self.groups_match(whole) {
            return None;
        }
        let whole: String = whole.chars().filter(|it| *it != ',').collect();
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unscaled: i128 = format!("{whole}{fraction:0<most$}").parse().ok()?;
        Some(if negative { -unscaled } else { unscaled })
    }

    /// Whether the digits and commas of a text are as the format has them, from the right.
    fn groups_match(&self, whole: &str) -> bool {
        let mut groups = whole.rsplit(',');
        for (place, token) in self.whole.rsplit(|it| *it == Token::Group).enumerate() {
            let Some(group) = groups.next() else { return place > 0 };
            let (size, exact) = match token {
                [Token::Digits(size, zero), ..] => (*size, *zero),
                _ => (0, false),
            };
            let fits = if exact { group.len() == size } else { group.len() <= size };
            if !fits || !group.bytes().all(|it| it.is_ascii_digit()) {
                return false;
            }
        }
        groups.next().is_none()
    }

    fn show(&self, unscaled: i128, scale: usize) -> String {
        let most = self.fraction.unwrap_or(0);
        let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let too_large = whole.len() > self.whole_digits() || fraction.len() > most;
        let mut text = String::new();
        if too_large {
            for token in &self.whole {
                match token {
                    Token::Digits(count, _) => text.push_str(&"#".repeat(*count)),
                    Token::Group => text.push(','),
                }
            }
            if self.fraction.is_some() {
                text.push('.');
                text.push_str(&"#".repeat(most));
            }
            return text;
        }
        let mut left = self.whole_digits();
        let mut started = false;
        for token in &self.whole {
            match token {
                Token::Digits(count, zero) => {
                    started |= *zero;
                    for _ in 0..*count {
                        let digit = (whole.len() >= left).then(|| whole.as_bytes().get(whole.len() - left)).flatten();
                        started |= digit.is_some();
                        let filler = if started { '0' } else { ' ' };
                        text.push(digit.map_or(filler, |it| char::from(*it)));
                        left -= 1;
                    }
                }
                Token::Group => text.push(if started { ',' } else { ' ' }),
            }
        }
        // the zero before a point, where the format has a place for it
        if self.fraction.is_some() && !started && text.ends_with(' ') {
            text.pop();
            text.push('0');
        }
        if self.dollar {
            let begin = text.len() - text.trim_start_matches(' ').len();
            text.insert(begin, '$');
        }
        if self.fraction.is_some() {
            text.push_str(&format!(".{fraction:0<most$}"));
        }
        self.signed(unscaled < 0, text)
    }

    fn signed(&self, negative: bool, text: String) -> String {
        let begin = text.len() - text.trim_start_matches(' ').len();
        let (spaces, digits) = text.split_at(begin);
        let mark = |always: bool| match (negative, always) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => " ",
        };
        match self.sign {
            Sign::None => text,
            Sign::Before { always } => format!("{spaces}{}{digits}", mark(always)),
            Sign::After { always } => format!("{text}{}", mark(always)),
            Sign::Brackets if negative => format!("{spaces}<{digits}>"),
            Sign::Brackets => format!("{text}  "),
        }
    }
}

fn number(unscaled: i128, returns: &DataType) -> Datum {
    match returns {
        DataType::Decimal { scale, .. } => Datum::Decimal(unscaled, *scale),
        _ => Datum::Null,
    }
}

/// The format of the second argument, which must be written out.
fn format_of(args: &[Typed]) -> Result<Option<Format>, SqlError> {
    args.get(1).and_then(literal_text).map(Format::read).transpose()
}

fn number_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Text, Accepts::Text], &[])?;
    let returns = format_of(args)?.map_or(DataType::Decimal { precision: 38, scale: 0 }, |it| it.data_type());
    Ok(settled.gives(returns).or_null())
}

fn char_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Decimal, Accepts::Text], &[])?;
    format_of(args)?;
    Ok(settled.gives(DataType::String))
}

fn to_char(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let format = Format::read(arg(args, 1)?)?;
    match args.first() {
        Some(Datum::Decimal(unscaled, scale)) => Ok(format.show(*unscaled, (*scale).into()).datum()),
        _ => Ok(Datum::Null),
    }
}
