//! PySpark's RDD API: what it computes and the errors it raises.

use super::{fails, prints};

fn with_context(body: &str) -> String {
    format!("from pyspark import SparkContext\nsc = SparkContext('local[2]', 'test')\n{body}")
}

#[track_caller]
fn gives(expression: &str, expected: &str) {
    prints(&with_context(&format!("print({expression})")), expected);
}

#[test]
fn narrow_transformations() {
    gives("sc.parallelize(range(5)).map(lambda x: x * 2).filter(lambda x: x % 4 == 0).collect()", "[0, 4, 8]");
    gives("sc.parallelize(['a b', 'c']).flatMap(lambda line: line.split(' ')).collect()", "['a', 'b', 'c']");
    gives("sc.parallelize(range(4), 2).glom().collect()", "[[0, 1], [2, 3]]");
    gives("sc.parallelize(range(4), 2).mapPartitions(lambda it: [sum(it)]).collect()", "[1, 5]");
    gives("sc.parallelize(range(3)).union(sc.parallelize([9])).getNumPartitions()", "4");
    gives("sc.parallelize('abc', 3).zipWithIndex().collect()", "[('a', 0), ('b', 1), ('c', 2)]");
    gives("sc.parallelize([1, 2]).cartesian(sc.parallelize(['x'])).collect()", "[(1, 'x'), (2, 'x')]");
    gives(
        "sc.parallelize(range(100)).sample(False, 0.1, 81).collect()",
        "[4, 27, 28, 41, 49, 51, 64, 66, 67, 85, 88, 89, 92]",
    );
    gives("sc.parallelize([1]).keyBy(lambda x: x + 1).collect()", "[(2, 1)]");
}

#[test]
fn shuffles() {
    gives(
        "sorted(sc.parallelize('abab').map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b).collect())",
        "[('a', 2), ('b', 2)]",
    );
    gives("sorted(sc.parallelize([1, 2, 1]).distinct().collect())", "[1, 2]");
    gives(
        "[(k, list(v)) for k, v in sc.parallelize([(1, 'a'), (1, 'b')]).groupByKey().collect()]",
        "[(1, ['a', 'b'])]",
    );
    gives("sc.parallelize([3, 1, 2]).sortBy(lambda x: -x).collect()", "[3, 2, 1]");
    gives("sc.parallelize([(2, 'b'), (1, 'a')]).sortByKey().collect()", "[(1, 'a'), (2, 'b')]");
    gives(
        "sorted(sc.parallelize([(1, 'a'), (2, 'b')]).fullOuterJoin(sc.parallelize([(2, 'c'), (3, 'd')])).collect())",
        "[(1, ('a', None)), (2, ('b', 'c')), (3, (None, 'd'))]",
    );
    gives("sorted(sc.parallelize([1, 2, 3]).subtract(sc.parallelize([2])).collect())", "[1, 3]");
    gives("sorted(sc.parallelize([1, 2, 3]).intersection(sc.parallelize([2, 9])).collect())", "[2]");
    gives("sc.parallelize([(1, 2), (1, 3)]).foldByKey(10, lambda a, b: a + b).collect()", "[(1, 25)]");
    gives(
        "sorted(sc.parallelize(range(4)).groupBy(lambda x: x % 2).mapValues(list).collect())",
        "[(0, [0, 2]), (1, [1, 3])]",
    );
}

#[test]
fn actions() {
    gives("sc.parallelize(range(10)).take(3)", "[0, 1, 2]");
    gives("sc.parallelize(range(10)).first()", "0");
    gives("sc.parallelize(range(10)).reduce(lambda a, b: a + b)", "45");
    gives("sc.parallelize(range(10)).sum(), sc.parallelize([5, 7]).mean()", "45 6.0");
    gives("sc.parallelize(range(10)).top(2), sc.parallelize(range(10)).takeOrdered(2)", "[9, 8] [0, 1]");
    gives("dict(sc.parallelize('aab').countByValue())", "{'a': 2, 'b': 1}");
    gives("sc.parallelize(range(10), 4).treeReduce(lambda a, b: a + b)", "45");
    gives(
        "sc.parallelize(range(10)).aggregate((0, 0), lambda a, x: (a[0] + x, a[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1]))",
        "(45, 10)",
    );
    gives("sc.parallelize([(1, 2)]).collectAsMap(), sc.parallelize([(1, 2)]).lookup(1)", "{1: 2} [2]");
    gives("sc.parallelize([1, 2, 3, 4]).stats()", "(count: 4, mean: 2.5, stdev: 1.118033988749895, max: 4, min: 1)");
    gives("sc.parallelize([]).isEmpty(), sc.parallelize(range(51)).histogram(2)", "True ([0, 25, 50], [25, 26])");
}

#[test]
fn errors_are_those_of_pyspark() {
    let error = fails(&with_context("sc.parallelize([]).reduce(lambda a, b: a)"));
    assert_eq!(error.to_string(), "ValueError: Can not reduce() empty RDD");
    let error = fails(&with_context("sc.parallelize([]).first()"));
    assert_eq!(error.to_string(), "ValueError: RDD is empty");
    assert_eq!(error.source_line(), Some("sc.parallelize([]).first()"));
    let error = fails(&with_context("SparkContext('local', 'again')"));
    assert!(error.message.starts_with("Cannot run multiple SparkContexts at once; existing SparkContext(app=test"));
    let error = fails(&with_context("sc.parallelize([1]).map(lambda x: x / 0).collect()"));
    assert_eq!(error.kind, "Py4JJavaError");
    assert_eq!(error.java_class.as_deref(), Some("org.apache.spark.SparkException"));
    assert!(error.message.contains("ZeroDivisionError: division by zero"), "{}", error.message);
    assert!(error.message.contains("job.py\", line 3, in <lambda>"), "{}", error.message);
    let error = fails(&with_context("sc.parallelize([1]).map(lambda x: next(iter([]))).collect()"));
    assert!(error.message.contains("Caught StopIteration thrown from user's code"), "{}", error.message);
}

#[test]
fn accumulators_and_broadcasts() {
    prints(
        &with_context(
            "seen = sc.accumulator(0)\nfactor = sc.broadcast([10])\ndef f(x):\n    seen.add(1)\n    return x * factor.value[0]\n\
             print(sc.parallelize(range(4)).map(f).sum(), seen.value)\nseen += 5\nprint(seen.value)",
        ),
        "60 4\n9",
    );
}
