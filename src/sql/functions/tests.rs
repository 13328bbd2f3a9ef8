//! Functions against what Spark 3.5.7 said: `recorded/*.jsonl` holds a call, the type of its result and the result a
//! line. Calls are of literals and of other calls, which the reader here knows.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Value, json};

use super::{Evaluation, Function};
use crate::sql::columns::{datum_at, from_datums};
use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed, TypedKind};

/// Why a call has no result.
#[derive(Debug)]
enum Outcome {
    Refused(SqlError),
    /// The reader or the families here don't know it.
    Unknown,
}

fn find(name: &str) -> Result<&'static Function, Outcome> {
    super::lookup(name).ok_or(Outcome::Unknown)
}

fn context() -> Context {
    Context { time_zone: chrono_tz::UTC, batch_time: 0, partition: 0 }
}

fn typed(value: Datum, data_type: DataType) -> Typed {
    Typed { nullable: value.is_null(), kind: TypedKind::Literal(value), data_type }
}

/// A maker of values of several members, which errors show as they were written.
const fn maker(name: &'static str) -> Function {
    let signature = |_: &'static Function, _: &[Typed]| Err(SqlError::analysis("", ""));
    Function { name, aliases: &[], signature, evaluation: Evaluation::Nullable(|_, _, _| Ok(Datum::Null)) }
}

static ARRAY: Function = maker("array");
static MAP: Function = maker("map");
static STRUCT: Function = maker("struct");

fn value_of(typed: &Typed) -> Datum {
    match &typed.kind {
        TypedKind::Literal(value) => value.clone(),
        TypedKind::Call { function, args } if *function == &MAP => {
            Datum::Map(args.chunks(2).map(|it| (value_of(&it[0]), value_of(&it[1]))).collect())
        }
        TypedKind::Call { function, args } if *function == &STRUCT => {
            Datum::Struct(args.iter().map(value_of).collect())
        }
        TypedKind::Call { args, .. } => Datum::Array(args.iter().map(value_of).collect()),
        _ => Datum::Null,
    }
}

fn cast(typed: &Typed, to: &DataType) -> Datum {
    crate::sql::cast::cast(&context(), &value_of(typed), &typed.data_type, to, false)
}

fn call(name: &str, args: &[Typed]) -> Result<Typed, Outcome> {
    let function = find(name)?;
    let signature = (function.signature)(function, args).map_err(Outcome::Refused)?;
    assert_eq!(signature.arguments.len(), args.len(), "{name}");
    let values: Vec<Datum> = args.iter().zip(&signature.arguments).map(|(arg, to)| cast(arg, to)).collect();
    let result = match function.evaluation {
        Evaluation::Strict(_) if values.iter().any(Datum::is_null) => Ok(Datum::Null),
        Evaluation::Strict(row) | Evaluation::Nullable(row) | Evaluation::Hybrid(row, _) => {
            row(&context(), &values, &signature.returns)
        }
        Evaluation::Columns(columns) => {
            let arrays = values.iter().zip(&signature.arguments).map(|(value, of)| from_datums(of, [value]));
            let arrays = arrays.collect::<Result<Vec<_>, _>>().map_err(Outcome::Refused)?;
            let column = columns(&context(), &arrays, 1, &signature.returns);
            column.map(|it| datum_at(&it, &signature.returns, 0))
        }
        _ => return Err(Outcome::Unknown),
    };
    let value = result.map_err(Outcome::Refused)?;
    assert!(!value.is_null() || signature.nullable, "{name} of {args:?} is null against its signature");
    Ok(typed(value, signature.returns))
}

/// A reader of calls and literals.
struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn spaces(&mut self) {
        while self.0.next_if(|it| *it == ' ').is_some() {}
    }

    fn expect(&mut self, wanted: char) -> Result<(), Outcome> {
        self.spaces();
        self.0.next_if_eq(&wanted).map(|_| ()).ok_or(Outcome::Unknown)
    }

    fn word(&mut self, part: impl Fn(&char) -> bool) -> String {
        std::iter::from_fn(|| self.0.next_if(&part)).collect()
    }

    fn quoted(&mut self) -> Result<String, Outcome> {
        self.expect('\'')?;
        let mut text = String::new();
        loop {
            match self.0.next().ok_or(Outcome::Unknown)? {
                '\'' if self.0.peek() == Some(&'\'') => return Err(Outcome::Unknown),
                '\'' => return Ok(text),
                '\\' => match self.0.next().ok_or(Outcome::Unknown)? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'u' => {
                        let digits: String = (0..4).filter_map(|_| self.0.next()).collect();
                        text.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                    }
                    letter => text.push(letter),
                },
                letter => text.push(letter),
            }
        }
    }

    fn number(&mut self) -> Result<Typed, Outcome> {
        let sign = if self.0.next_if_eq(&'-').is_some() { "-" } else { "" };
        let mut digits = String::from(sign);
        while let Some(letter) = self.0.next_if(|it| it.is_ascii_digit() || ".eE".contains(*it)) {
            digits.push(letter);
            if "eE".contains(letter) {
                digits.extend(self.0.next_if_eq(&'-'));
            }
        }
        if self.0.next_if_eq(&'D').is_some() || digits.contains(['e', 'E']) {
            return Ok(typed(Datum::Double(digits.parse().map_err(|_| Outcome::Unknown)?), DataType::Double));
        }
        if self.0.next_if_eq(&'L').is_some() {
            return Ok(typed(Datum::Long(digits.parse().map_err(|_| Outcome::Unknown)?), DataType::Long));
        }
        if !digits.contains('.') {
            if let Ok(number) = digits.parse() {
                return Ok(typed(Datum::Integer(number), DataType::Integer));
            }
            if let Ok(number) = digits.parse() {
                return Ok(typed(Datum::Long(number), DataType::Long));
            }
        }
        let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let unscaled: i128 = digits.replace('.', "").parse().map_err(|_| Outcome::Unknown)?;
        let precision = unscaled.abs().to_string().len().max(scale) as u8;
        let data_type = DataType::Decimal { precision, scale: scale as u8 };
        Ok(typed(Datum::Decimal(unscaled, scale as u8), data_type))
    }

    fn expression(&mut self) -> Result<Typed, Outcome> {
        self.spaces();
        match self.0.peek().copied().ok_or(Outcome::Unknown)? {
            '\'' => Ok(typed(Datum::String(self.quoted()?.into()), DataType::String)),
            '-' | '0'..='9' => self.number(),
            _ => {
                let word = self.word(|it| it.is_ascii_alphanumeric() || *it == '_');
                match word.as_str() {
                    "NULL" => Ok(typed(Datum::Null, DataType::Null)),
                    "TRUE" | "FALSE" => Ok(typed(Datum::Boolean(word == "TRUE"), DataType::Boolean)),
                    "X" => {
                        let bytes = super::math_digits::unhex(&self.quoted()?).ok_or(Outcome::Unknown)?;
                        Ok(typed(Datum::Binary(bytes.into()), DataType::Binary))
                    }
                    "cast" => self.cast(),
                    _ => {
                        let args = self.arguments()?;
                        made(&word, &args).map_or_else(|| call(&word, &args), Ok)
                    }
                }
            }
        }
    }

    fn cast(&mut self) -> Result<Typed, Outcome> {
        self.expect('(')?;
        let inner = self.expression()?;
        self.spaces();
        assert_eq!(self.word(char::is_ascii_alphabetic), "as");
        self.spaces();
        let to = match self.word(char::is_ascii_alphabetic).as_str() {
            "tinyint" => DataType::Byte,
            "float" => DataType::Float,
            "double" => DataType::Double,
            _ => return Err(Outcome::Unknown),
        };
        self.expect(')')?;
        Ok(typed(cast(&inner, &to), to))
    }

    fn arguments(&mut self) -> Result<Vec<Typed>, Outcome> {
        self.expect('(')?;
        let mut args = Vec::new();
        self.spaces();
        if self.0.next_if_eq(&')').is_some() {
            return Ok(args);
        }
        loop {
            args.push(self.expression()?);
            self.spaces();
            match self.0.next() {
                Some(',') => {}
                Some(')') => return Ok(args),
                _ => return Err(Outcome::Unknown),
            }
        }
    }
}

/// Values of several members.
fn made(name: &str, args: &[Typed]) -> Option<Typed> {
    let fields = |names: Vec<String>, of: &[Typed]| {
        DataType::structure(
            names.into_iter().zip(of).map(|(name, it)| StructField::new(name, it.data_type.clone(), false)),
        )
    };
    let (function, args, data_type) = match name {
        "array" => {
            let there = args.iter().find(|it| it.data_type != DataType::Null);
            let element = there.map_or(DataType::Null, |it| it.data_type.clone());
            (&ARRAY, args.to_vec(), DataType::array_of(element, args.iter().any(|it| it.nullable)))
        }
        "struct" => {
            let names = (1..=args.len()).map(|it| format!("col{it}")).collect();
            (&STRUCT, args.to_vec(), fields(names, args))
        }
        "named_struct" => {
            let (names, of): (Vec<_>, Vec<_>) = args.chunks(2).map(|it| (value_of(&it[0]), it[1].clone())).unzip();
            let names = names.iter().map(|it| if let Datum::String(it) = it { it.to_string() } else { String::new() });
            let data_type = fields(names.collect(), &of);
            (&STRUCT, of, data_type)
        }
        "map" => {
            let data_type = DataType::map_of(args[0].data_type.clone(), args[1].data_type.clone(), false);
            (&MAP, args.to_vec(), data_type)
        }
        _ => return None,
    };
    Some(Typed { kind: TypedKind::Call { function, args }, data_type, nullable: false })
}

/// The result as the recordings have it.
fn shown(value: &Datum) -> Value {
    let double = |it: f64| {
        let text = match it {
            _ if it.is_nan() => "NaN".to_owned(),
            _ if it.is_infinite() => if it > 0.0 { "inf" } else { "-inf" }.to_owned(),
            _ => crate::value::Value::Float(it).to_string(),
        };
        json!({ "d": text })
    };
    match value {
        Datum::Null => Value::Null,
        Datum::Boolean(it) => json!(it),
        Datum::Byte(it) => json!(it),
        Datum::Short(it) => json!(it),
        Datum::Integer(it) => json!(it),
        Datum::Long(it) => json!(it),
        Datum::Float(it) => double((*it).into()),
        Datum::Double(it) => double(*it),
        Datum::Decimal(it, 0) => json!({ "n": it.to_string() }),
        Datum::Decimal(it, scale) => {
            let (sign, scale) = (if *it < 0 { "-" } else { "" }, usize::from(*scale));
            let digits = format!("{:0>width$}", it.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            json!({ "n": format!("{sign}{whole}.{fraction}") })
        }
        Datum::String(it) => json!(it),
        Datum::Binary(it) => json!({ "x": super::math_digits::hex(it) }),
        Datum::Array(it) => it.iter().map(shown).collect(),
        Datum::Map(it) => {
            json!({ "m": it.iter().map(|(key, value)| json!([shown(key), shown(value)])).collect::<Vec<_>>() })
        }
        Datum::Date(it) => json!({ "t": crate::sql::text::date_text((*it).into()) }),
        Datum::Timestamp(it) => json!({ "t": crate::sql::text::local_time_text(*it) }),
        other => json!(format!("{other:?}")),
    }
}

/// Runs a file's calls; how many are known, and what differs.
fn differences(recorded: &str) -> (usize, Vec<String>) {
    let (mut known, mut different) = (0, Vec::new());
    for line in recorded.lines() {
        let (expression, data_type, expected): (String, String, Value) = serde_json::from_str(line).unwrap();
        let mut reader = Reader(expression.chars().peekable());
        let result = reader.expression();
        if reader.0.next().is_some() && result.is_ok() {
            continue;
        }
        let difference = match result {
            Err(Outcome::Unknown) => continue,
            Ok(typed) => {
                let (of, value) = (typed.data_type.simple_string(), shown(&value_of(&typed)));
                let same = of == data_type && value == expected;
                (!same).then(|| format!("{expression}: {value} of {of}, not {expected} of {data_type}"))
            }
            Err(Outcome::Refused(error)) => {
                let message = expected["msg"].as_str().unwrap_or_default();
                let message = message.split("; line ").next().unwrap_or_default();
                let message = message.rsplit_once("Exception: ").map_or(message, |(_, it)| it);
                let message = if message.ends_with("Exception") { "" } else { message };
                let same = data_type == "ERROR" && error.to_string() == message;
                (!same).then(|| format!("{expression}: {error}\n  not {expected} of {data_type}"))
            }
        };
        known += 1;
        different.extend(difference);
    }
    (known, different)
}

fn agrees(recorded: &str, least: usize) {
    let (known, different) = differences(recorded);
    assert!(different.is_empty(), "{} of {known} differ:\n{}", different.len(), different.join("\n"));
    assert!(known >= least, "only {known} calls are known");
}

#[test]
fn strings_are_those_of_spark() {
    agrees(include_str!("recorded/strings.jsonl"), 300);
}

#[test]
fn regular_expressions_are_those_of_spark() {
    agrees(include_str!("recorded/regexp.jsonl"), 150);
}

#[test]
fn mathematics_is_that_of_spark() {
    agrees(include_str!("recorded/math.jsonl"), 250);
}

#[test]
fn hashes_and_choices_are_those_of_spark() {
    agrees(include_str!("recorded/misc.jsonl"), 100);
}

#[test]
fn calls_of_all_families_are_those_of_spark() {
    agrees(include_str!("recorded/various.jsonl"), 300);
}
