//! The embedded interpreter: one a thread, made when first used and kept.
//!
//! Hermetic by construction: RustPython is built without its host environment, so files, sockets, processes and the
//! environment do not exist; [`prelude.py`](super) replaces the clock, randomness and output.

use rustpython_vm::{
    AsObject, Context, Interpreter, PyObject, PyObjectRef, PyResult, Settings, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyDictRef, PyTypeRef},
    compiler,
    scope::Scope,
};

use super::{
    budget, engine::Refusal, guards, instrument, modules, native, records, run::Bindings, scope, source::Source,
    wording,
};

/// One depth of recursion in every build and on every stack, lower than what the smallest thread stack holds.
const RECURSION_LIMIT: usize = 400;

struct Embedded {
    interpreter: Interpreter,
    classes: Classes,
}

/// Python classes and functions of ours that Rust raises or calls.
pub(super) struct Classes {
    /// Unwinds a driver call that waits for the engine.
    pub suspended: PyTypeRef,
    /// Ends a call that has used its budget up.
    pub exhausted: PyTypeRef,
    /// `pickle.PicklingError`.
    pub pickling_error: PyTypeRef,
    java_error: PyObjectRef,
    seed: PyObjectRef,
    bind: PyObjectRef,
    stream: PyTypeRef,
}

thread_local! {
    // Leaked on purpose: objects of this interpreter may outlive other thread-locals when the thread ends.
    static EMBEDDED: &'static Embedded = Box::leak(Box::new(start()));
}

/// Runs `body` in this thread's interpreter.
pub(super) fn with<R>(body: impl FnOnce(&VirtualMachine) -> R) -> R {
    EMBEDDED.with(|embedded| *embedded).interpreter.enter(body)
}

/// Classes of this thread's interpreter.
pub(super) fn classes() -> &'static Classes {
    &EMBEDDED.with(|embedded| *embedded).classes
}

/// The exception that PySpark raises for one of Spark's.
pub(super) fn java_error(vm: &VirtualMachine, refusal: &Refusal) -> PyBaseExceptionRef {
    let made = classes().java_error.call((refusal.class.as_str(), refusal.message.as_str()), vm);
    made.and_then(|error| error.try_into_value(vm)).unwrap_or_else(|error| error)
}

/// Sets `random` to the stream of the call that begins.
pub(super) fn reseed(vm: &VirtualMachine) {
    if modules::uses_random() {
        // The seed is an integer, which `random.seed` takes whatever it is.
        let _ = classes().seed.call((scope::seed(),), vm);
    }
}

/// Prepares the facade for a program, and the names bound before its first line.
pub(super) fn begin_program(vm: &VirtualMachine, globals: &PyDictRef, bindings: &Bindings) -> PyResult<()> {
    let streams = vm.ctx.new_dict();
    for (name, stream) in &bindings.streams {
        streams.set_item(name.as_str(), vm.ctx.new_int(stream.0).into(), vm)?;
    }
    let result: PyObjectRef = match &bindings.result_schema {
        Some(schema) => vm.ctx.new_str(schema.as_str()).into(),
        None => vm.ctx.none(),
    };
    let contexts = (bindings.contexts, bindings.batch, streams);
    classes().bind.call((globals.clone(), contexts.0, contexts.1, contexts.2, bindings.session, result), vm).map(drop)
}

/// The number of a stream, if that is what the object is.
pub(super) fn stream_number(vm: &VirtualMachine, object: &PyObject) -> PyResult<Option<u64>> {
    if !object.fast_isinstance(&classes().stream) {
        return Ok(None);
    }
    object.get_attr("_id", vm)?.try_into_value(vm).map(Some)
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
    let mut natives = rustpython_stdlib::stdlib_module_defs(Context::genesis());
    natives.push(native::module_def(Context::genesis()));
    let interpreter = builder.add_native_modules(&natives).add_frozen_modules(rustpython_pylib::FROZEN_STDLIB).build();
    let set_up = interpreter.enter(|vm| {
        vm.recursion_limit.set(RECURSION_LIMIT);
        set_up(vm).map_err(|exception| Source::default().error(vm, &exception).traceback.clone())
    });
    match set_up {
        Ok(classes) => Embedded { interpreter, classes },
        Err(traceback) => unreachable!("the prelude and the facade are part of this program and run:\n{traceback}"),
    }
}

/// The facade's modules and whether they are packages.
const FACADE: &[(&str, bool, &str)] = &[
    ("pandas", true, include_str!("pandas/__init__.py")),
    ("py4j", true, include_str!("py4j/__init__.py")),
    ("py4j.protocol", false, include_str!("py4j/protocol.py")),
    ("pyspark", true, include_str!("pyspark/__init__.py")),
    ("pyspark._begin", false, include_str!("pyspark/_begin.py")),
    ("pyspark._messages", false, include_str!("pyspark/_messages.py")),
    ("pyspark._sampling", false, include_str!("pyspark/_sampling.py")),
    ("pyspark._transformations", false, include_str!("pyspark/_transformations.py")),
    ("pyspark.accumulators", false, include_str!("pyspark/accumulators.py")),
    ("pyspark.broadcast", false, include_str!("pyspark/broadcast.py")),
    ("pyspark.conf", false, include_str!("pyspark/conf.py")),
    ("pyspark.context", false, include_str!("pyspark/context.py")),
    ("pyspark.errors", false, include_str!("pyspark/errors.py")),
    ("pyspark.rdd", false, include_str!("pyspark/rdd.py")),
    ("pyspark.resultiterable", false, include_str!("pyspark/resultiterable.py")),
    ("pyspark.sql", true, include_str!("pyspark/sql/__init__.py")),
    ("pyspark.sql._actions", false, include_str!("pyspark/sql/_actions.py")),
    ("pyspark.sql._calls", false, include_str!("pyspark/sql/_calls.py")),
    ("pyspark.sql._inference", false, include_str!("pyspark/sql/_inference.py")),
    ("pyspark.sql._na", false, include_str!("pyspark/sql/_na.py")),
    ("pyspark.sql._pandas_state", false, include_str!("pyspark/sql/_pandas_state.py")),
    ("pyspark.sql._row", false, include_str!("pyspark/sql/_row.py")),
    ("pyspark.sql._samples", false, include_str!("pyspark/sql/_samples.py")),
    ("pyspark.sql._table", false, include_str!("pyspark/sql/_table.py")),
    ("pyspark.sql._text", false, include_str!("pyspark/sql/_text.py")),
    ("pyspark.sql._typed", false, include_str!("pyspark/sql/_typed.py")),
    ("pyspark.sql.catalog", false, include_str!("pyspark/sql/catalog.py")),
    ("pyspark.sql.column", false, include_str!("pyspark/sql/column.py")),
    ("pyspark.sql.conf", false, include_str!("pyspark/sql/conf.py")),
    ("pyspark.sql.context", false, include_str!("pyspark/sql/context.py")),
    ("pyspark.sql.dataframe", false, include_str!("pyspark/sql/dataframe.py")),
    ("pyspark.sql.functions", false, include_str!("pyspark/sql/functions.py")),
    ("pyspark.sql.group", false, include_str!("pyspark/sql/group.py")),
    ("pyspark.sql.observation", false, include_str!("pyspark/sql/observation.py")),
    ("pyspark.sql.readwriter", false, include_str!("pyspark/sql/readwriter.py")),
    ("pyspark.sql.session", false, include_str!("pyspark/sql/session.py")),
    ("pyspark.sql.types", false, include_str!("pyspark/sql/types.py")),
    ("pyspark.sql.udf", false, include_str!("pyspark/sql/udf.py")),
    ("pyspark.sql.utils", false, include_str!("pyspark/sql/utils.py")),
    ("pyspark.sql.window", false, include_str!("pyspark/sql/window.py")),
    ("pyspark.sql.streaming", true, include_str!("pyspark/sql/streaming/__init__.py")),
    ("pyspark.sql.streaming.listener", false, include_str!("pyspark/sql/streaming/listener.py")),
    ("pyspark.sql.streaming.query", false, include_str!("pyspark/sql/streaming/query.py")),
    ("pyspark.sql.streaming.readwriter", false, include_str!("pyspark/sql/streaming/readwriter.py")),
    ("pyspark.sql.streaming.state", false, include_str!("pyspark/sql/streaming/state.py")),
    ("pyspark.statcounter", false, include_str!("pyspark/statcounter.py")),
    ("pyspark.storagelevel", false, include_str!("pyspark/storagelevel.py")),
    ("pyspark.streaming", true, include_str!("pyspark/streaming/__init__.py")),
    ("pyspark.streaming.context", false, include_str!("pyspark/streaming/context.py")),
    ("pyspark.streaming.dstream", false, include_str!("pyspark/streaming/dstream.py")),
    ("pyspark.streaming.listener", false, include_str!("pyspark/streaming/listener.py")),
    ("pyspark.streaming.state", false, include_str!("pyspark/streaming/state.py")),
];

fn set_up(vm: &VirtualMachine) -> PyResult<Classes> {
    budget::install(vm)?;
    guards::install(vm)?;
    wording::install(vm);
    records::install();
    let prelude = vm.ctx.new_dict();
    prelude.set_item("__name__", vm.ctx.new_str("_headwater_prelude").into(), vm)?;
    let source = include_str!("prelude.py");
    let code = vm
        .compile(source, compiler::Mode::Exec, "<headwater>".to_owned())
        .map_err(|error| vm.new_syntax_error(&error, Some(source)))?;
    vm.run_code_obj(code, Scope::with_builtins(None, prelude.clone(), vm))?;
    vm.ctx.types.object_type.set_attr(vm.ctx.intern_str("__repr__"), prelude.get_item("object_text", vm)?);
    let sources = vm.ctx.new_dict();
    for (name, package, source) in FACADE {
        let entry = vm.ctx.new_tuple(vec![vm.ctx.new_bool(*package).into(), vm.ctx.new_str(*source).into()]);
        sources.set_item(*name, entry.into(), vm)?;
    }
    prelude.get_item("install_facade", vm)?.call((sources,), vm)?;
    modules::install(vm)?;
    instrument::install(vm)?;
    let of = |module: &'static str, name: &'static str| {
        vm.sys_module.get_attr("modules", vm)?.get_item(module, vm)?.get_attr(name, vm)
    };
    let class = |name: &str| prelude.get_item(name, vm)?.try_into_value::<PyTypeRef>(vm);
    Ok(Classes {
        suspended: class("Suspended")?,
        exhausted: class("StepBudgetExceeded")?,
        pickling_error: class("PicklingError")?,
        java_error: of("py4j.protocol", "java_error")?,
        seed: prelude.get_item("seed", vm)?,
        bind: of("pyspark._begin", "begin")?,
        stream: of("pyspark.streaming.dstream", "DStream")?.try_into_value(vm)?,
    })
}
