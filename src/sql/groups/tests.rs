//! Groups and the partitions of keys.

use std::rc::Rc;

use super::hashing::{Hashing, XxHash, hash_datum};
use super::*;
use crate::sql::columns::{datums, from_datums};
use crate::sql::{Datum, StructField};

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

fn text(it: &str) -> Datum {
    Datum::String(it.into())
}

fn window() -> DataType {
    DataType::structure([
        StructField::new("start", DataType::Timestamp, true),
        StructField::new("end", DataType::Timestamp, true),
    ])
}

/// Values, their `hash` and their `xxhash64`, by Spark 3.5.7.
fn known() -> Vec<(Datum, DataType, i32, i64)> {
    let interval = Datum::CalendarInterval { months: 14, days: 25, micros: 18_367_500_000 };
    let abc = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
    let ints = DataType::array(DataType::Integer);
    let mixed = DataType::structure([
        StructField::new("a", DataType::Integer, true),
        StructField::new("b", DataType::String, true),
        StructField::new("c", DataType::Null, true),
    ]);
    let numbers = Datum::Array(Rc::from([Datum::Integer(1), Datum::Integer(2), Datum::Null]));
    let parts = Datum::Struct(Rc::from([Datum::Integer(1), text("a"), Datum::Null]));
    let times = [1_577_836_800_000_000, 1_577_836_810_000_000].map(Datum::Timestamp);
    vec![
        (Datum::Integer(1), DataType::Integer, -559580957, -6698625589789238999),
        (Datum::Byte(1), DataType::Byte, -559580957, -6698625589789238999),
        (Datum::Short(-7), DataType::Short, -1618159745, 4987848727247274714),
        (Datum::Long(1), DataType::Long, -1712319331, -7001672635703045582),
        (Datum::Long(-123456789012), DataType::Long, -1129272683, 2967274597632253476),
        (Datum::Boolean(true), DataType::Boolean, -559580957, -6698625589789238999),
        (Datum::Boolean(false), DataType::Boolean, 933211791, 3614696996920510707),
        (Datum::Float(1.5), DataType::Float, -221251528, 6163473420726370430),
        (Datum::Float(-f32::NAN), DataType::Float, -349261430, 2692338816207849720),
        (Datum::Float(-0.0), DataType::Float, 933211791, 3614696996920510707),
        (Datum::Double(1.5), DataType::Double, 1290763749, 7738255526519901366),
        (Datum::Double(-0.0), DataType::Double, -1670924195, -5252525462095825812),
        (Datum::Double(-f64::NAN), DataType::Double, -1281358385, -3127944061524951246),
        (Datum::Decimal(123, 2), decimal(10, 2), -46242105, -3178482946328430151),
        (Datum::Decimal(123, 2), decimal(30, 2), -1536290115, 1973765065063347049),
        (Datum::Decimal(-12_300_000_000, 10), decimal(38, 10), -1415422921, -1641111259668516363),
        (
            Datum::Decimal(123_456_789_012_345_678_905_000_000_000, 10),
            decimal(38, 10),
            -1366861748,
            7280968364475777497,
        ),
        (Datum::Decimal(-5, 0), decimal(18, 0), 424949597, -5259934538394028452),
        (Datum::Decimal(128, 0), decimal(19, 0), -544401882, 6715097930120473301),
        (Datum::Decimal(0, 0), decimal(38, 0), -783713497, -8959994473701255385),
        (Datum::Decimal(-129, 0), decimal(25, 0), -771458971, -6459515886037897956),
        (text("a"), DataType::String, 1485273170, -8582455328737087284),
        (text("abcd"), DataType::String, -396302900, -6810745876291105281),
        (text("hello world"), DataType::String, -1528836094, 7620854247404556961),
        (text("é"), DataType::String, 2119106806, 2065146811275570100),
        (text(""), DataType::String, 142593372, -7444071767201028348),
        (text(abc), DataType::String, -1483501511, 2083283336357327680),
        (Datum::Binary(Rc::from([1, 2, 3, 4, 5])), DataType::Binary, -2064006189, 8668608334415110682),
        (Datum::Date(18262), DataType::Date, -725858435, 2299834470729022467),
        (Datum::Timestamp(1_577_836_800_123_456), DataType::Timestamp, -243884851, 6962520424170404785),
        (Datum::TimestampNtz(1_577_836_800_000_000), DataType::TimestampNtz, -1486022740, 7881863312764026046),
        (Datum::DayTimeInterval(86_400_000_000), DataType::DayTimeInterval, 892267096, 5650310968337874586),
        (Datum::YearMonthInterval(3), DataType::YearMonthInterval, -1823081949, 6258084186791473711),
        (interval, DataType::CalendarInterval, -504672070, 6449704631820846915),
        (numbers, ints, -222940379, -8133857028838179022),
        (parts, mixed, -936062819, 8205864924878002737),
        (Datum::Struct(Rc::from(times)), window(), -1707530072, -7128973430922374908),
        (Datum::Null, DataType::Null, 42, 42),
    ]
}

#[test]
fn hashes_are_those_of_spark() {
    for (value, data_type, murmur, xx) in known() {
        assert_eq!(hash_datum::<Murmur3>(&value, &data_type, 42), murmur, "{value:?}");
        assert_eq!(hash_datum::<XxHash>(&value, &data_type, 42), xx, "{value:?}");
        let column = from_datums(&data_type, &[value.clone(), Datum::Null]).unwrap();
        let mut murmurs = [42; 2];
        hash_column::<Murmur3>(&column, &data_type, &mut murmurs);
        assert_eq!(murmurs, [murmur, 42], "{value:?}");
        let mut hashes = [42; 2];
        hash_column::<XxHash>(&column, &data_type, &mut hashes);
        assert_eq!(hashes, [xx, 42], "{value:?}");
    }
    assert_eq!(XxHash::int(1, 42), -6698625589789238999);
}

#[test]
fn a_row_goes_where_spark_sends_it() {
    // hash(1, 'a', 2.5, NULL, 7L) is 574960201.
    let types = [DataType::Integer, DataType::String, DataType::Double, DataType::Long, DataType::Long];
    let values = [Datum::Integer(1), text("a"), Datum::Double(2.5), Datum::Null, Datum::Long(7)];
    let columns: Vec<_> = types.iter().zip(&values).map(|(of, value)| from_datums(of, [value]).unwrap()).collect();
    assert_eq!(hash_partition(&columns, &types, 200), [574_960_201 % 200]);
    // hash(1) is negative.
    let ones = from_datums(&DataType::Integer, &[Datum::Integer(1)]).unwrap();
    assert_eq!(hash_partition(&[ones], &[DataType::Integer], 7), [(-559_580_957_i64).rem_euclid(7) as u32]);
}

fn check(data_type: &DataType, values: &[Datum], numbers: &[u32], keys: &[Datum]) {
    let mut groups = Groups::new(std::slice::from_ref(data_type)).unwrap();
    let (first, rest) = values.split_at(values.len() / 2);
    let mut got = groups.intern(&[from_datums(data_type, first).unwrap()]).unwrap();
    got.extend(groups.intern(&[from_datums(data_type, rest).unwrap()]).unwrap());
    assert_eq!(got, numbers);
    assert_eq!(groups.len(), keys.len());
    assert_eq!(datums(&groups.keys().unwrap()[0], data_type), keys);
}

#[test]
fn groups_are_numbered_as_they_come() {
    let of = |it: i64| Datum::Long(it);
    check(
        &DataType::Long,
        &[of(5), Datum::Null, of(-1), of(5), Datum::Null, of(7)],
        &[0, 1, 2, 0, 1, 3],
        &[of(5), Datum::Null, of(-1), of(7)],
    );
    check(
        &DataType::String,
        &[text("b"), text(""), Datum::Null, text("a"), Datum::Null, text("")],
        &[0, 1, 2, 3, 2, 1],
        &[text("b"), text(""), Datum::Null, text("a")],
    );
    check(
        &DataType::Double,
        &[Datum::Double(-0.0), Datum::Double(f64::NAN), Datum::Double(0.0), Datum::Double(-f64::NAN), Datum::Null],
        &[0, 1, 0, 1, 2],
        &[Datum::Double(0.0), Datum::Double(f64::NAN), Datum::Null],
    );
    let (one, two) = (Datum::Array(Rc::from([Datum::Double(-0.0)])), Datum::Array(Rc::from([Datum::Double(0.0)])));
    check(&DataType::array(DataType::Double), &[one.clone(), two, Datum::Null], &[0, 0, 1], &[one, Datum::Null]);
    let of = |start| Datum::Struct(Rc::from([Datum::Timestamp(start), Datum::Null]));
    check(&window(), &[of(1), of(2), of(1), Datum::Null], &[0, 1, 0, 2], &[of(1), of(2), Datum::Null]);
    check(&DataType::Null, &[Datum::Null, Datum::Null], &[0, 0], &[Datum::Null]);
    check(&DataType::Date, &[Datum::Date(3), Datum::Date(3)], &[0, 0], &[Datum::Date(3)]);
}

#[test]
fn keys_of_several_columns() {
    let types = [DataType::String, window(), decimal(10, 2)];
    let mut groups = Groups::new(&types).unwrap();
    let of = |start| Datum::Struct(Rc::from([Datum::Timestamp(start), Datum::Timestamp(start + 1)]));
    let columns = [
        from_datums(&types[0], &[text("a"), text("a"), Datum::Null, text("a")]).unwrap(),
        from_datums(&types[1], &[of(1), of(1), of(1), of(2)]).unwrap(),
        from_datums(&types[2], &[Datum::Decimal(1, 2), Datum::Decimal(1, 2), Datum::Null, Datum::Null]).unwrap(),
    ];
    assert_eq!(groups.intern(&columns).unwrap(), [0, 0, 1, 2]);
    let keys = groups.keys().unwrap();
    assert_eq!(keys.iter().map(|it| it.data_type().clone()).collect::<Vec<_>>(), types.map(|it| it.to_arrow()));
    assert_eq!(groups.intern(&keys).unwrap(), [0, 1, 2]);
    assert!(groups.intern(&columns[..2]).is_err());
}
