//! Longer series over several partitions, as `range` makes them.

use super::*;

fn texts(values: &[i64]) -> Vec<Datum> {
    values.iter().map(|it| Datum::String(it.to_string().into())).collect()
}

fn longs(values: &[i64]) -> Vec<Datum> {
    values.iter().map(|it| Datum::Long(*it)).collect()
}

fn sevenths(values: &[i64]) -> Vec<Datum> {
    values.iter().map(|it| Datum::Double(*it as f64 / 7.0)).collect()
}

/// One group of the ids up to a number in so many partitions.
fn over(call: &Call, rows: usize, partitions: usize) -> Datum {
    let parts: Vec<_> = (0..partitions)
        .map(|part| {
            let (from, to) = (rows * part / partitions, rows * (part + 1) / partitions);
            (vec![0; to - from], call.args.iter().map(|it| it.slice(from, to - from)).collect())
        })
        .collect();
    call.run(&parts, 1).remove(0)
}

fn with(name: &str, of: DataType, values: Vec<Datum>, more: &[(Datum, DataType)]) -> Call {
    let rows = values.len();
    let mut args = vec![(attribute("x", of), values)];
    args.extend(more.iter().map(|(value, of)| (literal(value.clone(), of.clone()), vec![value.clone(); rows])));
    Call::new(name, args).0
}

#[test]
fn distinct_values_are_estimated_as_by_spark() {
    // Rows; by deviation what Spark estimates of longs, strings, ints and doubles.
    let recorded: [(i64, [[i64; 4]; 3]); 7] = [
        (10, [[10, 10, 10, 10], [12, 8, 11, 12], [10, 10, 10, 10]]),
        (100, [[103, 104, 99, 104], [111, 111, 89, 105], [100, 98, 100, 99]]),
        (1000, [[1026, 1034, 1026, 1065], [748, 924, 910, 957], [996, 1004, 1002, 987]]),
        (2000, [[1947, 1937, 2023, 1981], [2042, 1711, 2148, 1589], [2013, 2009, 2017, 1992]]),
        (3000, [[2770, 2788, 2963, 3051], [2512, 2275, 2992, 2615], [2991, 3037, 2996, 2988]]),
        (5000, [[4671, 4632, 4956, 5118], [4700, 3831, 5306, 4611], [4957, 5064, 5003, 4993]]),
        (20000, [[19522, 18604, 18595, 19175], [18488, 14226, 16343, 13558], [19867, 20077, 19972, 19874]]),
    ];
    for (rows, by_deviation) in recorded {
        let ids: Vec<i64> = (0..rows).collect();
        let columns = [
            (DataType::Long, longs(&ids)),
            (DataType::String, texts(&ids)),
            (DataType::Integer, ids.iter().map(|it| Datum::Integer(*it as i32)).collect()),
            (DataType::Double, ids.iter().map(|it| Datum::Double(*it as f64 / 3.0)).collect()),
        ];
        for (deviation, expected) in [0.05, 0.2, 0.01].into_iter().zip(by_deviation) {
            for ((of, values), expected) in columns.iter().zip(expected) {
                let given = [(Datum::Double(deviation), DataType::Double)];
                let call = with("approx_count_distinct", of.clone(), values.clone(), &given);
                assert_eq!(over(&call, ids.len(), 3), Datum::Long(expected), "{rows} of {of} by {deviation}");
            }
        }
    }
}

#[test]
fn approximate_percentiles_are_those_of_spark() {
    let series: Vec<i64> = (0..120_000).map(|it| it * 7919 % 100_003).collect();
    let all = |of: &[f64]| Datum::Array(of.iter().map(|it| Datum::Double(*it)).collect());
    let doubles = DataType::array_of(DataType::Double, false);
    let wide = all(&[0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0]);
    let accuracy = |it| (Datum::Integer(it), DataType::Integer);
    let calls = [
        with("approx_percentile", DataType::Long, longs(&series), &[(wide, doubles.clone()), accuracy(100)]),
        with("approx_percentile", DataType::Long, longs(&series), &[(all(&[0.25, 0.5]), doubles), accuracy(1000)]),
        with("approx_percentile", DataType::Long, longs(&series), &[(Datum::Double(0.5), DataType::Double)]),
    ];
    let of = |values: &[i64]| Datum::Array(values.iter().map(|it| Datum::Long(*it)).collect());
    for (partitions, expected) in [
        (1, [of(&[0, 0, 24070, 49874, 74917, 100002, 100002]), of(&[25045, 49971]), Datum::Long(49996)]),
        (4, [of(&[0, 0, 24025, 49826, 74374, 100002, 100002]), of(&[24923, 49968]), Datum::Long(49993)]),
    ] {
        for (call, expected) in calls.iter().zip(expected) {
            assert_eq!(over(call, series.len(), partitions), expected, "{partitions} partitions");
        }
    }
}

#[test]
fn moments_of_partitions_are_equal_to_the_bit() {
    let series: Vec<i64> = (0..1000).map(|it| it * 7919 % 100_003).collect();
    let of = |name| over(&with(name, DataType::Double, sevenths(&series), &[]), 1000, 4);
    let other = (0..1000).map(|it| Datum::Double((it * 31 % 1009) as f64)).collect();
    let pair = vec![(attribute("x", DataType::Double), sevenths(&series)), (attribute("y", DataType::Double), other)];
    for (got, expected) in [
        (of("stddev"), 4132.87773227779),
        (over(&Call::new("corr", pair).0, 1000, 4), 0.009233015329402128),
        (of("kurtosis"), -1.2020167407955105),
        (of("avg"), 7131.905),
        (of("sum"), 7131905.0),
    ] {
        assert!(same(&got, &Datum::Double(expected)), "{got:?}, not {expected}");
    }
}

#[test]
fn the_order_of_a_set_is_that_of_scala() {
    let series: Vec<i64> = (0..300).map(|it| it * 7919 % 101).collect();
    let first = |it: Datum, count: usize| match it {
        Datum::Array(elements) => (elements.len(), elements.iter().take(count).cloned().collect::<Vec<_>>()),
        other => panic!("{other:?}"),
    };
    let numbers = over(&with("collect_set", DataType::Long, longs(&series), &[]), 300, 3);
    let expected = [0, 81, 60, 52, 31, 2, 83, 75, 54, 25, 4, 98, 77, 48, 27, 19, 100, 71, 50, 42, 21, 94, 73, 65, 44];
    assert_eq!(first(numbers, 25), (101, longs(&expected)));
    let strings = over(&with("collect_set", DataType::String, texts(&series), &[]), 300, 3);
    let expected = [87, 66, 94, 15, 76, 81, 82, 9, 58, 99, 7, 17, 13, 56, 38, 97, 92, 51, 78, 90, 0, 3, 41, 21, 62];
    assert_eq!(first(strings, 25), (101, texts(&expected)));
}

#[test]
fn ties_fall_as_in_spark() {
    let series: Vec<i64> = (0..300).map(|it| it * 7919 % 101).collect();
    assert_eq!(over(&with("mode", DataType::Long, longs(&series), &[]), 300, 3), Datum::Long(39));
    let text = over(&with("mode", DataType::String, texts(&series), &[]), 300, 3);
    assert_eq!(text, Datum::String("78".into()));
    let series: Vec<i64> = (0..300).map(|it| it * 7919 % 1009).collect();
    let bins = [(Datum::Integer(6), DataType::Integer)];
    let bin = |(x, y): (i64, f64)| Datum::Struct(Rc::from([Datum::Long(x), Datum::Double(y)]));
    let expected = [(83, 51.0), (262, 54.0), (435, 48.0), (593, 45.0), (749, 49.0), (919, 53.0)].map(bin);
    let got = over(&with("histogram_numeric", DataType::Long, longs(&series), &bins), 300, 3);
    assert_eq!(got, Datum::Array(Rc::from(expected)));
}
