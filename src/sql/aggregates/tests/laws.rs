//! Laws: a state that comes back is what it was, and partitions merge to what one accumulator holds.

use proptest::prelude::*;

use super::*;

/// Aggregates for which merging partitions, in order, gives exactly what one accumulator gives.
const EXACT: &[&str] = &[
    "count",
    "sum",
    "try_sum",
    "min",
    "max",
    "first",
    "last",
    "any_value",
    "collect_list",
    "bit_and",
    "bit_or",
    "bit_xor",
    "approx_count_distinct",
    "median",
    "try_avg",
    "avg",
];

/// Aggregates of doubles, whose last bits depend on the order of the operations.
const NEAR: &[&str] = &["stddev_samp", "stddev_pop", "var_samp", "var_pop", "skewness", "kurtosis", "product"];

fn run(call: &Call, groups: &[u32], cuts: &[usize]) -> Vec<Datum> {
    let mut bounds = vec![0];
    bounds.extend(cuts.iter().map(|cut| cut % (groups.len() + 1)));
    bounds.push(groups.len());
    bounds.sort_unstable();
    let parts: Vec<_> = bounds
        .windows(2)
        .map(|pair| {
            let args = call.args.iter().map(|it| it.slice(pair[0], pair[1] - pair[0])).collect();
            (groups[pair[0]..pair[1]].to_vec(), args)
        })
        .collect();
    call.run(&parts, 4)
}

fn at_once(call: &Call, groups: &[u32]) -> Vec<Datum> {
    let mut accumulator = call.accumulator(4);
    accumulator.update(groups, &call.args, None).unwrap();
    call.results(accumulator.as_ref())
}

fn near(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Double(left), Datum::Double(right)) => {
            (left - right).abs() <= 1e-6 * left.abs().max(right.abs()).max(1.0) || (left.is_nan() && right.is_nan())
        }
        _ => left == right,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn partitions_merge_to_the_whole(
        rows in prop::collection::vec((0_u32..4, prop::option::of(-50_i32..50)), 0..60),
        cuts in prop::collection::vec(0_usize..60, 0..4),
    ) {
        let groups: Vec<u32> = rows.iter().map(|(group, _)| *group).collect();
        let values: Vec<Datum> = rows.iter().map(|(_, it)| it.map_or(Datum::Null, Datum::Integer)).collect();
        for name in EXACT {
            let (call, _) = Call::new(name, vec![(attribute("x", DataType::Integer), values.clone())]);
            prop_assert_eq!(run(&call, &groups, &cuts), at_once(&call, &groups), "{}", name);
        }
        let doubles: Vec<Datum> =
            rows.iter().map(|(_, it)| it.map_or(Datum::Null, |it| Datum::Double(f64::from(it) / 8.0))).collect();
        for name in NEAR {
            let (call, _) = Call::new(name, vec![(attribute("x", DataType::Double), doubles.clone())]);
            let (parts, whole) = (run(&call, &groups, &cuts), at_once(&call, &groups));
            prop_assert!(parts.iter().zip(&whole).all(|(left, right)| near(left, right)), "{}: {:?} {:?}", name, parts, whole);
        }
        let decimal = DataType::Decimal { precision: 7, scale: 2 };
        let decimals: Vec<Datum> =
            rows.iter().map(|(_, it)| it.map_or(Datum::Null, |it| Datum::Decimal(it.into(), 2))).collect();
        for name in ["sum", "avg", "min", "max", "try_sum", "mode"] {
            let (call, _) = Call::new(name, vec![(attribute("x", decimal.clone()), decimals.clone())]);
            let (parts, whole) = (run(&call, &groups, &cuts), at_once(&call, &groups));
            if name != "mode" {
                prop_assert_eq!(parts, whole, "{}", name);
            }
        }
    }

    #[test]
    fn a_set_has_each_value_once(values in prop::collection::vec(-400_i32..400, 0..300)) {
        let data: Vec<Datum> = values.iter().map(|it| Datum::Integer(*it)).collect();
        let (call, _) = Call::new("collect_set", vec![(attribute("x", DataType::Integer), data)]);
        let groups = vec![0; values.len()];
        let Datum::Array(got) = at_once(&call, &groups).remove(0) else { panic!("no array") };
        let mut got: Vec<Datum> = got.to_vec();
        got.sort();
        let mut expected: Vec<Datum> = values.iter().map(|it| Datum::Integer(*it)).collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(got, expected);
    }
}
