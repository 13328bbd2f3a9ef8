//! Aggregates against what Spark 3.5.7 gave (`tests/recorded.json`), and the laws of merging.

mod laws;
mod ranges;

use std::rc::Rc;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};
use serde_json::Value;

use super::*;
use crate::sql::columns::{datums, from_datums, repeated};
use crate::sql::{AttributeId, Datum, TypedKind};

fn recorded() -> Value {
    serde_json::from_str(include_str!("tests/recorded.json")).unwrap()
}

fn parsed(text: &Value) -> DataType {
    let fields = crate::sql::types::parse_schema(&format!("x {}", text.as_str().unwrap())).unwrap();
    fields[0].data_type.clone()
}

fn decimal(text: &str, scale: u8) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert_eq!(fraction.len(), usize::from(scale));
    format!("{whole}{fraction}").parse().unwrap()
}

fn double(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// A value that was recorded as JSON.
fn datum(value: &Value, of: &DataType) -> Datum {
    if value.is_null() {
        return Datum::Null;
    }
    let long = || value.as_i64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap());
    match of {
        DataType::Null => Datum::Null,
        DataType::Boolean => Datum::Boolean(value.as_bool().unwrap()),
        DataType::Byte => Datum::Byte(long() as i8),
        DataType::Short => Datum::Short(long() as i16),
        DataType::Integer => Datum::Integer(long() as i32),
        DataType::Long => Datum::Long(long()),
        DataType::Float => Datum::Float(double(value) as f32),
        DataType::Double => Datum::Double(double(value)),
        DataType::Decimal { scale, .. } => Datum::Decimal(decimal(value.as_str().unwrap(), *scale), *scale),
        DataType::String => Datum::String(value.as_str().unwrap().into()),
        DataType::Binary => {
            let text = value.as_str().unwrap();
            let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            Datum::Binary((0..text.len()).step_by(2).map(byte).collect())
        }
        DataType::Date => Datum::Date(long() as i32),
        DataType::Timestamp => Datum::Timestamp(long()),
        DataType::TimestampNtz => Datum::TimestampNtz(long()),
        DataType::DayTimeInterval => Datum::DayTimeInterval(long()),
        DataType::YearMonthInterval => Datum::YearMonthInterval(long() as i32),
        DataType::Array { element, .. } => {
            Datum::Array(value.as_array().unwrap().iter().map(|it| datum(it, element)).collect())
        }
        DataType::Struct(fields) => {
            let parts = value.as_array().unwrap().iter().zip(fields.iter());
            Datum::Struct(parts.map(|(part, field)| datum(part, &field.data_type)).collect())
        }
        other => panic!("no values of {other} were recorded"),
    }
}

/// The same to the bit, which equality of data is not.
fn same(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Double(left), Datum::Double(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        (Datum::Array(left), Datum::Array(right)) | (Datum::Struct(left), Datum::Struct(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        _ => left == right,
    }
}

fn attribute(name: &str, data_type: DataType) -> Typed {
    Typed { kind: TypedKind::Attribute { id: AttributeId(0), name: name.into() }, data_type, nullable: true }
}

fn literal(value: Datum, data_type: DataType) -> Typed {
    let nullable = value.is_null();
    Typed { kind: TypedKind::Literal(value), data_type, nullable }
}

/// An aggregate, the types of its arguments and of its result, and its arguments' columns.
struct Call {
    aggregate: &'static Aggregate,
    types: Vec<DataType>,
    returns: DataType,
    args: Vec<ArrayRef>,
}

impl Call {
    fn new(name: &str, args: Vec<(Typed, Vec<Datum>)>) -> (Self, bool) {
        let aggregate = lookup(name).unwrap();
        let typed: Vec<Typed> = args.iter().map(|(typed, _)| typed.clone()).collect();
        let signature = (aggregate.signature)(aggregate, &typed).unwrap();
        let columns = signature.arguments.iter().zip(&args).map(|(of, (typed, values))| {
            assert!(values.is_empty() || typed.data_type == DataType::Null || of.same_type(&typed.data_type), "{name}");
            from_datums(of, values).unwrap()
        });
        let args = columns.collect();
        (Call { aggregate, types: signature.arguments, returns: signature.returns, args }, signature.nullable)
    }

    fn accumulator(&self, groups: usize) -> Box<dyn Accumulator> {
        let mut made = (self.aggregate.accumulator)(&self.types, &self.returns);
        made.resize(groups);
        made
    }

    /// The state, checked to be of the types that the aggregate says.
    fn state(&self, accumulator: &dyn Accumulator) -> Vec<ArrayRef> {
        let state = accumulator.state().unwrap();
        let types: Vec<_> = (self.aggregate.buffer)(&self.types).iter().map(DataType::to_arrow).collect();
        assert_eq!(state.iter().map(|it| it.data_type().clone()).collect::<Vec<_>>(), types, "{:?}", self.aggregate);
        state
    }

    /// What Spark makes of partitions: each is aggregated, then they are merged in order.
    fn run(&self, partitions: &[(Vec<u32>, Vec<ArrayRef>)], groups: usize) -> Vec<Datum> {
        let mut last = self.accumulator(groups);
        let all: Vec<u32> = (0..groups as u32).collect();
        for (numbers, args) in partitions {
            let mut partial = self.accumulator(groups);
            partial.update(numbers, args, None).unwrap();
            last.merge(&all, &self.state(partial.as_ref())).unwrap();
        }
        self.results(last.as_ref())
    }

    fn results(&self, accumulator: &dyn Accumulator) -> Vec<Datum> {
        let column = accumulator.finish().unwrap();
        assert_eq!(*column.data_type(), self.returns.to_arrow(), "{:?}", self.aggregate);
        datums(column.as_ref(), &self.returns)
    }
}

fn argument(spec: &Value, columns: &Value, rows: usize) -> (Typed, Vec<Datum>) {
    let column = spec.as_str().map_or(spec, |name| &columns[name]);
    let of = parsed(&column["type"]);
    if let Some(value) = column.get("literal") {
        let value = datum(value, &of);
        return (literal(value.clone(), of), vec![value; rows]);
    }
    let values = column["values"].as_array().unwrap().iter().map(|it| datum(it, &of)).collect();
    (attribute(spec.as_str().unwrap_or("x"), of), values)
}

#[test]
fn groups_are_aggregated_as_by_spark() {
    let recorded = recorded();
    let columns = &recorded["columns"];
    let groups: Vec<u32> =
        columns["g"]["values"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap() as u32).collect();
    for case in recorded["grouped"].as_array().unwrap() {
        let name = case["call"].as_str().unwrap();
        let args = case["args"].as_array().unwrap().iter().map(|it| argument(it, columns, groups.len())).collect();
        let (call, nullable) = Call::new(case["function"].as_str().unwrap(), args);
        let returns = parsed(&case["type"]);
        assert!(call.returns.same_type(&returns), "{name} gives {}", call.returns);
        assert_eq!(nullable, case["nullable"].as_bool().unwrap(), "{name}");
        let got = call.run(&[(groups.clone(), call.args.clone())], 3);
        let expected: Vec<Datum> = case["expected"].as_array().unwrap().iter().map(|it| datum(it, &returns)).collect();
        assert!(got.iter().zip(&expected).all(|(got, it)| same(got, it)), "{name}\n{got:?}\n{expected:?}");
        let nothing = call.run(&[], 1);
        assert!(same(&nothing[0], &datum(&case["empty"], &returns)), "{name} of nothing: {nothing:?}");
        let without_rows: Vec<ArrayRef> = call.args.iter().map(|it| it.slice(0, 0)).collect();
        assert!(same(&call.run(&[(vec![], without_rows)], 1)[0], &nothing[0]), "{name} of no rows");
    }
}

#[test]
fn edges_are_those_of_spark() {
    let recorded = recorded();
    for case in recorded["edges"].as_array().unwrap() {
        let name = case["call"].as_str().unwrap();
        let specs = case["args"].as_array().unwrap();
        let rows = specs[0]["values"].as_array().unwrap().len();
        let args = specs.iter().map(|it| argument(it, &Value::Null, rows)).collect();
        let (call, _) = Call::new(case["function"].as_str().unwrap(), args);
        let returns = parsed(&case["type"]);
        assert!(call.returns.same_type(&returns), "{name} gives {}", call.returns);
        let got = call.run(&[(vec![0; rows], call.args.clone())], 1);
        assert!(same(&got[0], &datum(&case["expected"], &returns)), "{name}: {got:?}, not {}", case["expected"]);
    }
}

#[test]
fn refusals_are_in_the_words_of_spark() {
    let recorded = recorded();
    for case in recorded["refusals"].as_array().unwrap() {
        let args: Vec<Typed> = case["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|spec| match spec.get("name") {
                Some(name) => attribute(name.as_str().unwrap(), parsed(&spec["type"])),
                None => argument(spec, &Value::Null, 0).0,
            })
            .collect();
        let aggregate = lookup(case["function"].as_str().unwrap()).unwrap();
        let error = (aggregate.signature)(aggregate, &args).unwrap_err();
        assert_eq!(format!("{} {error}", error.class), case["error"].as_str().unwrap());
    }
}

#[test]
fn intervals_overflow_as_in_java() {
    let of = |value, of| (attribute("x", of), vec![value; 2]);
    for (value, data_type, message) in [
        (Datum::DayTimeInterval(i64::MAX), DataType::DayTimeInterval, "long overflow"),
        (Datum::YearMonthInterval(i32::MIN), DataType::YearMonthInterval, "integer overflow"),
    ] {
        for name in ["sum", "avg"] {
            let (call, _) = Call::new(name, vec![of(value.clone(), data_type.clone())]);
            let error = call.accumulator(1).update(&[0, 0], &call.args, None).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "[INTERVAL_ARITHMETIC_OVERFLOW] {message}. Use 'try_add' to tolerate overflow and return NULL instead."
                )
            );
        }
    }
    let args = vec![
        (attribute("x", DataType::Integer), vec![Datum::Integer(1)]),
        (literal(Datum::Double(0.5), DataType::Double), vec![Datum::Double(0.5)]),
        (literal(Datum::Integer(-1), DataType::Integer), vec![Datum::Integer(-1)]),
    ];
    let (call, _) = Call::new("percentile", args);
    let error = call.accumulator(1).update(&[0], &call.args, None).unwrap_err();
    assert_eq!(&*error.message, "Negative values found in -1");
}

#[test]
fn rows_that_the_filter_does_not_take_do_not_count() {
    let values: Vec<Datum> = vec![Datum::Integer(1), Datum::Null, Datum::Integer(3), Datum::Integer(4)];
    let filter: BooleanArray = vec![Some(true), Some(true), None, Some(false)].into();
    for (name, expected) in [
        ("count", Datum::Long(1)),
        ("sum", Datum::Long(1)),
        ("avg", Datum::Double(1.0)),
        ("max", Datum::Integer(1)),
        ("last", Datum::Null),
        ("collect_list", Datum::Array(Rc::from([Datum::Integer(1)]))),
        ("approx_count_distinct", Datum::Long(1)),
        ("bit_or", Datum::Integer(1)),
    ] {
        let (call, _) = Call::new(name, vec![(attribute("x", DataType::Integer), values.clone())]);
        let mut accumulator = call.accumulator(1);
        accumulator.update(&[0; 4], &call.args, Some(&filter)).unwrap();
        assert_eq!(call.results(accumulator.as_ref()), [expected], "{name}");
    }
    let flags = vec![Datum::Boolean(true), Datum::Boolean(true), Datum::Boolean(true), Datum::Boolean(true)];
    let (call, _) = Call::new("count_if", vec![(attribute("x", DataType::Boolean), flags)]);
    let mut accumulator = call.accumulator(1);
    accumulator.update(&[0; 4], &call.args, Some(&filter)).unwrap();
    assert_eq!(call.results(accumulator.as_ref()), [Datum::Long(2)]);
    let ones: ArrayRef = Arc::clone(&repeated(&DataType::Integer, &Datum::Integer(1), 4).unwrap());
    let (call, _) = Call::new("count", vec![(literal(Datum::Integer(1), DataType::Integer), vec![])]);
    let mut accumulator = call.accumulator(2);
    accumulator.update(&[0, 1, 1, 1], &[ones], None).unwrap();
    assert_eq!(call.results(accumulator.as_ref()), [Datum::Long(1), Datum::Long(3)]);
}

#[test]
fn names_are_found() {
    assert!(lookup("mean").is_some() && lookup("Mean").is_none() && lookup("nothing").is_none());
    assert_eq!(format!("{:?}", lookup("std").unwrap()), "std");
}
