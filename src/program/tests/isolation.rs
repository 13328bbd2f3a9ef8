//! Functions travel by copy: nothing a task writes is seen by anyone else.

use super::{fails, local::Local, prints, *};

fn with_context(body: &str) -> String {
    format!("from pyspark import SparkContext\nsc = SparkContext('local[2]', 'test')\n{body}")
}

#[track_caller]
fn stays(body: &str, expected: &str) {
    prints(&with_context(body), expected);
}

#[test]
fn a_list_appended_to_in_a_task_stays_empty_on_the_driver() {
    stays(
        "seen = []\nprint(sc.parallelize(range(4), 2).map(lambda x: seen.append(x) or len(seen)).collect(), seen)",
        "[1, 2, 1, 2] []",
    );
}

#[test]
fn a_global_written_in_a_task_keeps_its_value_on_the_driver() {
    stays(
        "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n\nprint(sc.parallelize('abcd', 2).map(f).collect(), n)",
        "[1, 2, 1, 2] 0",
    );
}

#[test]
fn a_cell_rebound_in_a_task_keeps_its_value_on_the_driver() {
    stays(
        "def make():\n    n = 0\n    def f(x):\n        nonlocal n\n        n += 1\n        return n\n    return f, lambda: n\n\
         f, n = make()\nprint(sc.parallelize('abcd', 2).map(f).collect(), n())",
        "[1, 2, 1, 2] 0",
    );
}

#[test]
fn classes_instances_attributes_and_defaults_are_copied() {
    stays(
        "class Counter:\n    total = 0\n    seen = {}\n    def __init__(self):\n        self.n = 0\n    def hit(self, x):\n        \
         self.n += 1\n        Counter.total += 1\n        Counter.seen[x] = 1\n        return (self.n, Counter.total)\n\
         c = Counter()\nprint(sc.parallelize('abcd', 2).map(c.hit).collect(), c.n, Counter.total, Counter.seen)",
        "[(1, 1), (2, 2), (1, 1), (2, 2)] 0 0 {}",
    );
    stays(
        "def f(x, seen=[]):\n    seen.append(x)\n    f.calls = len(seen)\n    return f.calls\n\
         print(sc.parallelize('abcd', 2).map(f).collect(), f.__defaults__, hasattr(f, 'calls'))",
        "[1, 2, 1, 2] ([],) False",
    );
}

#[test]
fn recursion_partial_and_library_classes_work_in_tasks() {
    stays(
        "import functools, operator\nfrom collections import Counter, defaultdict, namedtuple\nmemo = {}\n\
         def fib(n):\n    if n not in memo:\n        memo[n] = n if n < 2 else fib(n - 1) + fib(n - 2)\n    return memo[n]\n\
         print(sc.parallelize([10, 20], 2).map(fib).collect(), memo)\n\
         print(sc.parallelize([1, 2]).map(functools.partial(operator.add, 5)).collect())\n\
         Point = namedtuple('Point', 'x y')\n\
         print(sc.parallelize([Point(1, 2)]).map(lambda p: Point(p.y, p.x)).collect())\n\
         print(sc.parallelize(['ab']).map(lambda s: Counter(s)).collect())",
        "[55, 6765] {}\n[6, 7]\n[Point(x=2, y=1)]\n[Counter({'a': 1, 'b': 1})]",
    );
}

#[test]
fn a_cached_function_that_reaches_state_is_copied_with_its_cache() {
    stays(
        "import functools\nlog = []\n@functools.lru_cache\ndef f(n):\n    log.append(n)\n    return len(log)\n\
         print(sc.parallelize([1, 1, 2, 1], 2).map(f).collect(), log)",
        "[1, 1, 1, 2] []",
    );
}

#[test]
fn user_classes_travel_as_records() {
    stays(
        "from dataclasses import dataclass\nimport datetime, decimal\n@dataclass\nclass Click:\n    user: str\n    at: datetime.datetime\n\
         clicks = [Click('ann', datetime.datetime(2024, 1, 1)), Click('bob', datetime.datetime(2024, 1, 2))]\n\
         print(sc.parallelize(clicks).filter(lambda c: isinstance(c, Click) and c.at.day == 2).collect())\n\
         class Plain:\n    def __init__(self, v):\n        self.v = v\n\
         print(sc.parallelize([Plain(1)]).map(lambda p: (type(p) is Plain, p.v)).collect())\n\
         print(sc.parallelize([decimal.Decimal('1.50'), 2**70, 'ж😀', b'x', {1: {2}}]).collect())",
        "[Click(user='bob', at=datetime.datetime(2024, 1, 2, 0, 0))]\n[(True, 1)]\n\
         [Decimal('1.50'), 1180591620717411303424, 'ж😀', b'x', {1: {2}}]",
    );
}

#[test]
fn what_cannot_travel_is_refused_as_by_pyspark() {
    let refusal = |body: &str| {
        let error = fails(&with_context(body));
        assert_eq!(error.kind, "PicklingError");
        error.message.clone()
    };
    let message = refusal("r = sc.parallelize([1])\nr.map(lambda x: r.count()).collect()");
    assert!(
        message.starts_with("Could not serialize object: PySparkRuntimeError: [RDD_TRANSFORM_ONLY_VALID"),
        "{message}"
    );
    let message = refusal("sc.parallelize([1]).map(lambda x: sc).collect()");
    assert!(message.starts_with("Could not serialize object: PySparkRuntimeError: [CONTEXT_ONLY_VALID"), "{message}");
    let generator = "Could not serialize object: TypeError: cannot pickle 'generator' object";
    assert_eq!(refusal("g = (x for x in [1])\nsc.parallelize([1]).map(lambda x: next(g)).collect()"), generator);
    assert_eq!(refusal("sc.parallelize([(x for x in [1])]).collect()"), generator);
}

#[test]
fn functions_that_nobody_could_tell_from_copies_are_shared() {
    let pure = |definition: &str, expected: bool| {
        let source = with_context(&format!("{definition}\nsc.parallelize([1]).map(f)"));
        let run = Program::compile("job.py", &source).unwrap().run(
            &Bindings::default(),
            Local::default(),
            Journal::default(),
            Surroundings::default(),
        );
        assert!(matches!(run.outcome, Outcome::Done(_)), "{:?}", run.outcome);
        assert_eq!(run.engine.last_function().is_pure(), Ok(expected), "{definition}");
    };
    pure("f = lambda x: (x, 1)", true);
    pure("import math\nn = 3\ndef g(x): return math.sqrt(x) + n\nf = lambda x: g(x)", true);
    pure("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 0\nf = lambda x: P(x)", true);
    pure("import re\np = re.compile('a+')\nf = lambda x: p.match(x)", true);
    pure("class P:\n    def __init__(self, x):\n        self.x = x\nf = lambda x: P(x).x", true);
    pure("import functools\n@functools.lru_cache\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)", false);
    pure("l = []\nf = lambda x: len(l)", false);
    pure("class P:\n    n = 0\n    def hit(self):\n        P.n += 1\nf = lambda x: P().hit()", false);
    pure("d = {}\ndef f(x, d=d): return 1", false);
}

#[test]
fn a_shared_class_cannot_be_changed_behind_ones_back() {
    let body = "class P:\n    def __init__(self, x):\n        self.x = x\ndef f(x):\n    p = P(x)\n    c = type(p)\n    c.n = x\n    \
                return x\nprint(sc.parallelize([1]).map(f).collect())";
    assert!(fails(&with_context(body)).message.contains("cannot change 'P' here"));
    stays(
        "def f(x):\n    class Q: pass\n    q = Q\n    q.n = x\n    return Q.n\nprint(sc.parallelize([1]).map(f).collect())",
        "[1]",
    );
}

#[test]
fn a_function_is_captured_when_its_job_is_submitted() {
    stays("l = [1]\nr = sc.parallelize([0]).map(lambda x: len(l))\nl.append(2)\nprint(r.collect())", "[2]");
    stays("n = 1\nr = sc.parallelize([0]).map(lambda x: n)\nn = 2\nprint(r.collect())", "[2]");
}
