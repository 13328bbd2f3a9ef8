//! The embedded interpreter: one a thread, made when first used and kept.
//!
//! Hermetic by construction: RustPython is built without its host environment, so files, sockets, processes and the
//! environment do not exist; [`prelude.py`](super) replaces the clock, randomness and output.

use rustpython_vm::{
    AsObject, Interpreter, PyObjectRef, PyResult, Settings, VirtualMachine,
    builtins::{PyDictRef, PyTypeRef},
    scope::Scope,
};

use super::{budget, instrument, modules, native};

/// One depth of recursion in every build and on every stack, lower than what the smallest thread stack holds.
const RECURSION_LIMIT: usize = 400;

struct Embedded {
    interpreter: Interpreter,
    suspended: PyTypeRef,
    exhausted: PyTypeRef,
}

thread_local! {
    // Leaked on purpose: objects of this interpreter may outlive other thread-locals when the thread ends.
    static EMBEDDED: &'static Embedded = Box::leak(Box::new(start()));
}

/// Runs `body` in this thread's interpreter.
pub(super) fn with<R>(body: impl FnOnce(&VirtualMachine) -> R) -> R {
    EMBEDDED.with(|embedded| *embedded).interpreter.enter(body)
}

/// The class of the error that unwinds a driver call which waits for the engine.
pub(super) fn suspended_class() -> PyTypeRef {
    EMBEDDED.with(|embedded| embedded.suspended.clone())
}

/// The class of the error that ends a call which has used its budget up.
pub(super) fn exhausted_class() -> PyTypeRef {
    EMBEDDED.with(|embedded| embedded.exhausted.clone())
}

fn start() -> Embedded {
    let mut settings = Settings::default();
    settings.hash_seed = Some(0);
    settings.isolated = true;
    settings.import_site = false;
    settings.install_signal_handlers = false;
    settings.write_bytecode = false;
    settings.ignore_environment = true;
    settings.user_site_directory = false;

    let builder = Interpreter::builder(settings);
    let mut natives = rustpython_stdlib::stdlib_module_defs(&builder_context());
    natives.push(native::module_def(&builder_context()));
    let interpreter =
        builder.add_native_modules(&natives).add_frozen_modules(rustpython_pylib::FROZEN_STDLIB).build();
    let set_up = interpreter.enter(|vm| {
        vm.recursion_limit.set(RECURSION_LIMIT);
        set_up(vm).map_err(|exception| super::error::traceback(vm, &exception))
    });
    match set_up {
        Ok((suspended, exhausted)) => Embedded { interpreter, suspended, exhausted },
        Err(traceback) => unreachable!("the prelude is part of this program and runs:\n{traceback}"),
    }
}

fn builder_context() -> rustpython_vm::common::rc::PyRc<rustpython_vm::Context> {
    rustpython_vm::Context::genesis().clone()
}

fn set_up(vm: &VirtualMachine) -> PyResult<(PyTypeRef, PyTypeRef)> {
    budget::install(vm)?;
    let prelude = run_module(vm, "_headwater_prelude", include_str!("prelude.py"))?;
    modules::install(vm)?;
    let class = |name: &str| prelude.get_item(name, vm)?.try_into_value::<PyTypeRef>(vm);
    Ok((class("Suspended")?, class("StepBudgetExceeded")?))
}

/// Runs source text that is part of Headwater as the module `name`; returns its globals.
pub(super) fn run_module(vm: &VirtualMachine, name: &str, source: &str) -> PyResult<PyDictRef> {
    let file = format!("<{name}>");
    let code = vm
        .compile(source, rustpython_vm::compiler::Mode::Exec, file)
        .map_err(|error| vm.new_syntax_error(&error, Some(source)))?;
    let globals = vm.ctx.new_dict();
    globals.set_item("__name__", vm.ctx.new_str(name).into(), vm)?;
    vm.run_code_obj(code, Scope::with_builtins(None, globals.clone(), vm))?;
    Ok(globals)
}

#[cfg(test)]
mod tests {
    use super::super::scope::{self, Surroundings};
    use super::*;

    pub(crate) fn run(source: &str) -> Result<String, String> {
        with(|vm| {
            let code = instrument::compile(vm, source, "job.py").map_err(|error| error.to_string())?;
            let globals = vm.ctx.new_dict();
            globals.set_item("__name__", vm.ctx.new_str(super::super::modules::MAIN).into(), vm).unwrap();
            let surroundings = Surroundings { now: 1_700_000_000_000_000, budget: 100_000, ..Default::default() };
            let (result, aftermath) =
                scope::enter(surroundings, || vm.run_code_obj(code, Scope::with_builtins(None, globals, vm)));
            result.map_err(|exception| super::super::error::traceback(vm, &exception))?;
            Ok(aftermath.printed)
        })
    }

    #[test]
    fn every_module_on_the_list_imports() {
        for name in super::super::modules::AVAILABLE {
            let result = run(&format!("import {name}"));
            if let Err(error) = result {
                eprintln!("--- {name}:\n{error}");
            }
        }
        eprintln!("{:?}", run("import maths"));
        eprintln!("{:?}", run("import os"));
        eprintln!("{:?}", run("import time, datetime; print(time.time(), datetime.datetime.now(), datetime.date.today(), time.strftime('%H'))"));
        eprintln!("{:?}", run("import random; random.seed(1); print(random.random(), random.randint(0, 10))"));
        eprintln!("{:?}", run("while True: pass"));
        eprintln!("{:?}", run("def f(n):\n  'doc'\n  try:\n    return f(n-1)+f(n-1)\n  except BaseException: return 1\nprint(f.__doc__);f(3)"));
        eprintln!("{:?}", run("while True:\n  try:\n    while True: pass\n  except: pass"));
        eprintln!("{:?}", run("sum(range(10**12))"));
        eprintln!("{:?}", run("import json; print(json.dumps({'a': [1, 2.5]}), len([x for x in range(1000)]), list(map(lambda x: str(x), range(3))))"));
        eprintln!("{:?}", run("def f(n): return f(n+1)\nf(0)"));
        eprintln!("{:?}", run("open('x')"));
    }
}
