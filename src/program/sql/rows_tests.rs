//! Rows across the border, both ways.

use super::*;

fn class(class: &str, args: impl IntoIterator<Item = Value>) -> Value {
    object(class, args)
}

#[test]
fn literals_have_the_types_that_py4j_gives_them() {
    let typed = |value: &Value| literal(value).map(|it| it.data_type);
    assert_eq!(typed(&Value::Int(1)), Ok(DataType::Integer));
    assert_eq!(typed(&Value::Int(1 << 31)), Ok(DataType::Long));
    assert_eq!(typed(&Value::Float(1.5)), Ok(DataType::Double));
    let decimal = |text: &str| class("decimal:Decimal", [Value::str(text)]);
    assert_eq!(typed(&decimal("1.50")), Ok(DataType::Decimal { precision: 3, scale: 2 }));
    assert_eq!(typed(&decimal("100")), Ok(DataType::Decimal { precision: 3, scale: 0 }));
    assert_eq!(typed(&decimal("1E+3")), Ok(DataType::Decimal { precision: 4, scale: 0 }));
    let refused = literal(&Value::Dict([].into())).unwrap_err();
    assert_eq!(refused.condition.as_deref(), Some("UNSUPPORTED_FEATURE.LITERAL_TYPE"));
}

#[test]
fn a_value_of_another_type_is_null() {
    assert_eq!(datum_of(&Value::Int(1), &DataType::Double), Datum::Null);
    assert!(datum_of(&Value::Float(1.0), &DataType::Integer).is_null());
    assert!(datum_of(&Value::Bool(true), &DataType::Integer).is_null());
    assert_eq!(datum_of(&Value::Int(1), &DataType::String), Datum::String("1".into()));
}

#[test]
fn rows_come_back_as_they_went() {
    let of = DataType::parse(
        "struct<a: int, t: timestamp, d: date, n: decimal(5,2), xs: array<string>, m: map<string,bigint>, b: binary, \
         i: interval day to second>",
    )
    .unwrap();
    let row = Datum::Struct(
        [
            Datum::Integer(-3),
            Datum::Timestamp(1_700_000_000_123_456),
            Datum::Date(-1),
            Datum::Decimal(-5, 2),
            Datum::Array([Datum::String("x".into()), Datum::Null].into()),
            Datum::Map([(Datum::String("k".into()), Datum::Long(7))].into()),
            Datum::Binary([1, 2].into()),
            Datum::DayTimeInterval(-1),
        ]
        .into(),
    );
    assert_eq!(datum_of(&to_value(&row, &of), &of), row);
    let DataType::Struct(fields) = &of else { unreachable!() };
    let dict = Value::Dict([(Value::str("a"), Value::Int(1))].into());
    let Datum::Struct(values) = datum_of(&dict, &of) else { panic!("a dict is a row") };
    assert_eq!((values.len(), &values[0]), (fields.len(), &Datum::Integer(1)));
}

#[test]
fn decimals_are_rounded_and_bounded() {
    assert_eq!(rescaled((125, 2), 5, 1), Some(13));
    assert_eq!(rescaled((-125, 2), 5, 1), Some(-13));
    assert_eq!(rescaled((124, 2), 5, 1), Some(12));
    assert_eq!(rescaled((12345, 0), 5, 2), None);
}

#[test]
fn states_come_back_as_they_went() {
    let value = Value::tuple([
        Value::list([Value::Int(1), Value::None]),
        Value::Dict([(Value::str("k"), Value::Set([Value::Int(2)].into()))].into()),
        class("decimal:Decimal", [Value::str("1.0")]),
        Value::BigInt("123456789012345678901".into()),
    ]);
    assert_eq!(of_state(&state_datum(&value)), value);
}
