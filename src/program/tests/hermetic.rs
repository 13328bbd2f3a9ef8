//! Programs can't reach the machine, and see virtual time and seeded randomness only.

use super::{fails, prints, run};

#[test]
fn every_module_on_the_list_imports() {
    for name in super::AVAILABLE {
        if let Err(error) = run(&format!("import {name}")) {
            panic!("{name}: {}", error.traceback);
        }
    }
}

#[test]
fn other_modules_are_refused_with_the_list() {
    let error = fails("import maths");
    assert_eq!(error.kind, "ModuleNotFoundError");
    assert!(
        error.message.starts_with("No module named 'maths'. Did you mean 'math'? Modules available to programs: abc,")
    );
    for name in ["os", "socket", "subprocess", "threading", "ctypes", "importlib", "pathlib", "shutil"] {
        assert_eq!(fails(&format!("import {name}")).kind, "ModuleNotFoundError");
    }
    assert_eq!(fails("open('/etc/passwd')").kind, "RuntimeError");
    assert_eq!(fails("input()").kind, "RuntimeError");
}

#[test]
fn time_is_virtual_and_randomness_seeded() {
    prints(
        "import time, datetime\nprint(time.time(), datetime.datetime.now(), datetime.datetime.utcnow(), datetime.date.today())\n\
         print(time.strftime('%Y-%m-%d %H:%M:%S'), time.localtime(0).tm_year, time.mktime((1970, 1, 2, 0, 0, 0, 0, 0, 0)))",
        "1700000000.0 2023-11-14 22:13:20 2023-11-14 22:13:20 2023-11-14\n2023-11-14 22:13:20 1970 86400.0",
    );
    let draw = "import random, uuid\nprint(random.random(), random.randint(0, 1000), uuid.uuid4(), random.SystemRandom().random())";
    assert_eq!(run(draw).unwrap(), run(draw).unwrap());
    prints("import random\nrandom.seed(1)\nprint(random.random())", "0.13436424411240122");
}

#[test]
fn exit_and_output() {
    prints(
        "import sys\nprint('a', end='')\nsys.stdout.write('b\\n')\nprint('c', file=sys.stderr)\nsys.exit(0)\nprint('never')",
        "ab\nc",
    );
    prints("import sys\nprint(sys.argv)", "['job.py']");
    prints("if __name__ == '__main__':\n    print('main')", "main");
}

#[test]
fn errors_point_into_the_program() {
    let error = fails("def f(x):\n    return 1 / x\n\nf(0)\n");
    assert_eq!(error.to_string(), "ZeroDivisionError: division by zero");
    assert_eq!(error.source_line(), Some("    return 1 / x"));
    assert_eq!(
        error.traceback,
        "Traceback (most recent call last):\n  File \"job.py\", line 4, in <module>\n    f(0)\n  File \"job.py\", line 2, in f\n    \
         return 1 / x\nZeroDivisionError: division by zero\n"
    );
    let error = fails("x = (1,\ny = 2\n");
    assert_eq!(error.kind, "SyntaxError");
    assert_eq!(error.place.map(|place| place.line), Some(2));
    let error = fails("def f():\nreturn 1\n");
    assert_eq!(error.kind, "IndentationError");
}

#[test]
fn texts_do_not_show_addresses() {
    prints(
        "class C: pass\nprint(C(), object())",
        "<__main__.C object at 0x7f0000000000> <object object at 0x7f0000000000>",
    );
    prints("print(lambda x: x)", "<function <lambda> at 0x7f0000000000>");
}

#[test]
fn modules_cannot_be_changed() {
    assert!(fails("import math\nmath.pi = 3").message.contains("math"));
    prints("import math\nprint(math.pi)", "3.141592653589793");
}
