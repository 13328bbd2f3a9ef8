//! RDDs by themselves: what each operation computes, with and without a shuffle, on a simulated cluster.

use std::fmt::Debug;

use headwater::application::{ClusterSpec, Options, Program, Run, Simulation};
use headwater::cluster::{DriverError, Partitioner, Rdd, driver};
use headwater::dstream::SparkContext;
use headwater::sim::Duration;

/// What driver code computes on two executors, printed.
fn on_spark<R: Debug>(main: impl Fn(&SparkContext) -> Result<R, DriverError> + 'static) -> String {
    let program = Program::new(move |sc| {
        driver::print(format!("{:?}", main(sc)?));
        Ok(())
    });
    let cluster = Some(ClusterSpec::Executors { executors: 2, cores: 1 });
    let mut simulation = Simulation::new(program, Options { cluster, ..Options::default() });
    let mut run = Run::default();
    assert!(simulation.run_until_ended(Duration::seconds(600), &mut run));
    assert_eq!(run.summary.ended, Some(None));
    run.summary.printed.concat()
}

fn sorted<T: Ord + Clone + 'static>(rdd: &Rdd<T>) -> Result<Vec<T>, DriverError> {
    let mut rows = rdd.collect()?;
    rows.sort();
    Ok(rows)
}

fn numbers() -> Rdd<i64> {
    Rdd::parallelize([3, 1, 2, 3, 5, 1, 4], 3)
}

fn pairs() -> Rdd<(char, i64)> {
    Rdd::parallelize([('a', 1), ('b', 2), ('a', 3), ('c', 4), ('b', 5)], 2)
}

#[test]
fn sets() {
    assert_eq!(on_spark(|_| sorted(&numbers().distinct(2))), "[1, 2, 3, 4, 5]");
    let odd = || Rdd::parallelize([1, 3, 9], 2);
    assert_eq!(on_spark(move |_| sorted(&numbers().subtract(&odd(), 2))), "[2, 4, 5]");
    assert_eq!(on_spark(move |_| sorted(&Rdd::parallelize([2, 2, 1], 2).subtract(&odd(), 2))), "[2, 2]");
    assert_eq!(on_spark(move |_| sorted(&numbers().intersection(&odd(), 3))), "[1, 3]");
}

#[test]
fn sorting() {
    assert_eq!(on_spark(|_| numbers().sort_by(|number| *number, true, 3)?.collect()), "[1, 1, 2, 3, 3, 4, 5]");
    assert_eq!(on_spark(|_| numbers().sort_by(|number| *number, false, 2)?.collect()), "[5, 4, 3, 3, 2, 1, 1]");
    assert_eq!(on_spark(|_| pairs().sort_by_key(true, 1)?.values().collect()), "[1, 3, 2, 5, 4]");
    assert_eq!(on_spark(|sc| sc.parallelize(Vec::<i64>::new()).sort_by(|number| *number, true, 4)?.collect()), "[]");
}

#[test]
fn sorted_ranges_are_of_about_the_same_size() {
    let sizes = on_spark(|_| {
        let shuffled = Rdd::parallelize((0..10_000_u64).map(|number| number * 7_919 % 10_000), 5);
        let sorted = shuffled.sort_by(|number| *number, true, 4)?;
        assert_eq!(sorted.collect().unwrap_or_else(|_| (0..10_000).collect()), (0..10_000).collect::<Vec<_>>());
        sorted.run_job(0..sorted.num_partitions(), |rows, _| Ok(rows.count()))
    });
    let sizes: Vec<usize> =
        sizes.trim_matches(['[', ']']).split(", ").map(|size| size.parse().expect("a size")).collect();
    assert_eq!(sizes.len(), 4);
    assert!(sizes.iter().all(|size| (2_000..3_000).contains(size)), "{sizes:?}");
}

#[test]
fn samples_are_drawn_by_their_seed() {
    let draw = |with_replacement, fraction, seed| {
        on_spark(move |_| {
            let sample = Rdd::parallelize(0..10_000_u32, 4).sample(with_replacement, fraction, seed);
            Ok((sample.count()?, sample.take(3)?))
        })
    };
    assert_eq!(draw(false, 0.1, 1), draw(false, 0.1, 1));
    assert_ne!(draw(false, 0.1, 1), draw(false, 0.1, 2));
    let size =
        |drawn: String| -> u64 { drawn[1..].split(',').next().and_then(|size| size.parse().ok()).expect("a size") };
    assert!((900..1_100).contains(&size(draw(false, 0.1, 3))));
    assert!((24_000..26_000).contains(&size(draw(true, 2.5, 3))));
    assert_eq!((size(draw(false, 0.0, 1)), size(draw(false, 1.0, 1))), (0, 10_000));
}

#[test]
fn rows_are_numbered_and_paired() {
    let letters = || Rdd::parallelize(['a', 'b', 'c', 'd', 'e'], 2);
    assert_eq!(
        on_spark(move |_| letters().zip_with_index()?.collect()),
        "[('a', 0), ('b', 1), ('c', 2), ('d', 3), ('e', 4)]"
    );
    assert_eq!(on_spark(move |_| letters().zip_with_unique_id().values().collect()), "[0, 2, 1, 3, 5]");
    let zipped = on_spark(move |_| letters().zip(&letters().map(|letter| letter.to_ascii_uppercase()))?.take(2));
    assert_eq!(zipped, "[('a', 'A'), ('b', 'B')]");
    let product = on_spark(|_| Rdd::parallelize([1, 2], 2).cartesian(&Rdd::parallelize(['x', 'y'], 1)).collect());
    assert_eq!(product, "[(1, 'x'), (1, 'y'), (2, 'x'), (2, 'y')]");
}

#[test]
fn keys_and_values() {
    let two = || Partitioner::Hash(2);
    assert_eq!(on_spark(|_| pairs().keys().collect()), "['a', 'b', 'a', 'c', 'b']");
    assert_eq!(on_spark(|_| numbers().key_by(|number| number % 2).take(2)), "[(1, 3), (1, 1)]");
    let grouped = on_spark(|_| sorted(&numbers().group_by(|number| number % 2, &Partitioner::Hash(2))));
    assert_eq!(grouped, "[(0, [2, 4]), (1, [3, 1, 3, 5, 1])]");
    let summed = on_spark(move |_| {
        let lengths = pairs().aggregate_by_key(0, |n, _| n + 1, |left: i64, right| left + right, &two());
        let sums = pairs().fold_by_key(0, |left, right| left + right, &two());
        sorted(&lengths.join(&sums, &two()))
    });
    assert_eq!(summed, "[('a', (2, 4)), ('b', (2, 7)), ('c', (1, 4))]");
    assert_eq!(on_spark(|_| pairs().lookup(&'b')), "[2, 5]");
    assert_eq!(
        on_spark(|_| sorted(&pairs().subtract_by_key(&Rdd::parallelize([('a', ())], 1), &Partitioner::Hash(2)))),
        "[('b', 2), ('b', 5), ('c', 4)]"
    );
}

#[test]
fn aggregates() {
    assert_eq!(on_spark(|_| numbers().fold(0, |left, right| left + right)), "19");
    // The zero counts once a partition and once at the driver.
    assert_eq!(on_spark(|_| numbers().fold(100, |left, right| left + right)), "419");
    let aggregated = on_spark(|_| {
        numbers().aggregate(
            (0, 0),
            |(n, sum), number| (n + 1, sum + number),
            |left, right| (left.0 + right.0, left.1 + right.1),
        )
    });
    assert_eq!(aggregated, "(7, 19)");
    assert_eq!(on_spark(|_| Ok((numbers().max()?, numbers().min()?))), "(Some(5), Some(1))");
    assert_eq!(on_spark(|_| numbers().top(3)), "[5, 4, 3]");
    assert_eq!(on_spark(|_| numbers().take_ordered(3)), "[1, 1, 2]");
    assert_eq!(
        on_spark(|_| Ok((pairs().count_by_key()?.get(&'a').copied(), numbers().count_by_value()?.get(&3).copied()))),
        "(Some(2), Some(2))"
    );
    assert_eq!(on_spark(|_| Ok(pairs().collect_as_map()?.get(&'b').copied())), "Some(5)");
}

#[test]
fn a_tree_reduces_in_rounds() {
    for depth in 1..4 {
        assert_eq!(
            on_spark(move |_| Rdd::parallelize(1..=100_i64, 20).tree_reduce(|left, right| left + right, depth)),
            "Some(5050)"
        );
    }
    assert_eq!(on_spark(|_| Rdd::<i64>::empty().tree_reduce(|left, right| left + right, 2)), "None");
}

#[test]
fn statistics() {
    let described = on_spark(|_| {
        let stats = Rdd::parallelize([2, 4, 4, 4, 5, 5, 7, 9_i64], 3).stats()?;
        Ok((stats.count, stats.sum(), stats.min, stats.max, stats.stdev()))
    });
    assert_eq!(described, "(8, 40.0, 2.0, 9.0, 2.0)");
    assert_eq!(on_spark(|_| Ok((numbers().sum()?, numbers().mean()? > 2.7))), "(19.0, true)");
}

#[test]
fn partitions_are_rearranged() {
    let sizes = |rdd: &Rdd<i64>| rdd.glom().map(|rows| rows.len()).collect();
    assert_eq!(on_spark(move |_| sizes(&Rdd::parallelize(0..10, 5).coalesce(2))), "[4, 6]");
    assert_eq!(on_spark(move |_| sizes(&Rdd::parallelize(0..10, 2).repartition(5))), "[2, 2, 2, 2, 2]");
}

#[test]
fn a_first_look_takes_few_partitions() {
    assert_eq!(on_spark(|_| Rdd::parallelize(0..100, 50).take(7)), "[0, 1, 2, 3, 4, 5, 6]");
    assert_eq!(on_spark(|_| Rdd::parallelize(0..10, 5).take(usize::MAX)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
    assert_eq!(on_spark(|_| Rdd::<i64>::empty().first()), "None");
}

#[test]
fn broadcasts_are_read_and_accumulators_added_to() {
    let counted = on_spark(|sc| {
        let known = sc.broadcast(vec![1, 2, 3]);
        let unknown = sc.long_accumulator();
        numbers().foreach(move |number, context| {
            if !known.contains(&number) {
                unknown.add(1, context);
            }
        })?;
        unknown.add_at_driver(10)?;
        unknown.value()
    });
    assert_eq!(counted, "12");
}
