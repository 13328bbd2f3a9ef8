//! Programs without an end come to one.

use super::{fails, prints};

#[track_caller]
fn ends(source: &str) {
    assert_eq!(fails(source).kind, "StepBudgetExceeded");
}

#[test]
fn loops_and_recursion_end() {
    ends("while True: pass");
    ends("while True:\n  try:\n    while True: pass\n  except BaseException: pass");
    ends("def f(n):\n  try:\n    return f(n - 1) + f(n - 1)\n  except BaseException:\n    return 1\nprint(f(3))");
    ends("f = lambda n: f(n - 1) + f(n - 1) if n else 1\nf(60)");
    ends("exec('while True: pass')");
    ends("eval('[x for x in iter(int, 1)]')");
    prints("x = 3\nprint(eval('x + 1'))\nexec('y = x * 2')\nprint(y)", "4\n6");
    ends("def g():\n  while True: yield 1\nsum(g())");
    assert_eq!(fails("def f(n): return f(n + 1)\nf(0)").kind, "RecursionError");
}

#[test]
fn endless_iterators_end() {
    ends("sum(range(10**12))");
    ends("import itertools\nlist(itertools.count())");
    ends("import itertools\nfor x in itertools.cycle([1]): pass");
    ends("import itertools\nmax(itertools.repeat(1))");
    ends("list(iter(int, 1))");
    ends("import collections, itertools\ncollections.deque(map(str, itertools.count()), maxlen=0)");
    ends("[x for x in range(10**12)]");
}

#[test]
fn memory_does_not_fill() {
    for source in [
        "'a' * 10**12",
        "[0] * 10**12",
        "10 ** 10**9",
        "1 << 10**12",
        "b'x' * 10**12",
        "(1,) * 10**12",
        "list(range(10**12))",
    ] {
        let error = fails(&format!("x = {source}"));
        assert!(matches!(&*error.kind, "MemoryError" | "StepBudgetExceeded"), "{source}: {error}");
    }
    prints(
        "print(2 ** 100, 'ab' * 3, [0] * 2, 1 << 70)",
        "1267650600228229401496703205376 ababab [0, 0] 1180591620717411303424",
    );
}
