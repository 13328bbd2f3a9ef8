//! Running a program.

use indexmap::IndexMap;
use rustpython_vm::{
    AsObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyDictRef},
    compiler::Mode,
    scope::Scope,
};

use super::{
    budget,
    classes::Registry,
    convert,
    driver::{self, Graph, Journal, Outcome},
    engine::{Engine, StreamId},
    error::ProgramError,
    instrument, interpreter,
    modules::MAIN,
    scope::{self, Aftermath, Role, Surroundings},
    source::Source,
};

/// A PySpark program, compiled.
#[derive(Clone, Debug)]
pub struct Program {
    source: Source,
    code: PyRef<PyCode>,
    arguments: Vec<String>,
}

/// What a program finds bound before its first line.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// Binds `sc` and `ssc` to the contexts that the engine has already, and the names the corpus uses unimported.
    pub contexts: bool,
    /// Batch interval of `ssc`, in microseconds.
    pub batch: i64,
    /// Input streams by their names.
    pub streams: IndexMap<String, StreamId>,
    /// Binds `spark`, all SQL functions, and the frames that the engine's session gives.
    pub session: bool,
    /// The columns of the result, where a case of the corpus says them.
    pub result_schema: Option<String>,
}

/// What a run of a program gives.
pub struct Run<E> {
    /// How it ended.
    pub outcome: Outcome<Ended>,
    /// What it printed, once it is done.
    pub aftermath: Aftermath,
    /// The engine, handed back.
    pub engine: E,
    /// The journal with the answers that the run had at once.
    pub journal: Journal,
}

/// A program that came to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// What `sys.exit` was given; 0 at the end of the file.
    pub exit: i32,
    /// Variables that hold streams, in the order they were bound.
    pub streams: IndexMap<String, StreamId>,
}

impl Program {
    /// Compiles a program. The file's name is used in messages and never opened.
    ///
    /// # Errors
    /// What is wrong with the syntax, and where.
    pub fn compile(file: &str, text: &str) -> Result<Program, ProgramError> {
        let source = Source::new(file, text);
        interpreter::with(|vm| match instrument::compile(vm, text, file, Mode::Exec) {
            Ok(code) => Ok(Program { source: source.clone(), code, arguments: Vec::new() }),
            Err(error) => Err(ProgramError::of_compiler(&source, &error)),
        })
    }

    /// Gives the program arguments: `sys.argv` after its first member.
    pub fn with_arguments(mut self, arguments: impl IntoIterator<Item = String>) -> Program {
        self.arguments = arguments.into_iter().collect();
        self
    }

    /// The program's text.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Runs the program on an engine, from its beginning; answers it had in earlier runs are in the journal.
    pub fn run<E: Engine>(
        &self,
        bindings: &Bindings,
        engine: E,
        journal: Journal,
        surroundings: Surroundings,
    ) -> Run<E> {
        interpreter::with(|vm| {
            let registry = Registry::default();
            let globals = vm.ctx.new_dict();
            let graph = Graph::of_main(&self.source, &globals);
            let (finished, aftermath) = registry.enter(|| {
                scope::enter(surroundings, Role::Driver, || {
                    interpreter::reseed(vm);
                    driver::call(engine, journal, graph, || {
                        self.execute(vm, bindings, &globals).and_then(|done| budget::verdict(vm).map(|()| done))
                    })
                })
            });
            let outcome = if finished.suspended {
                Outcome::Suspended
            } else {
                match finished.result {
                    Ok(ended) => Outcome::Done(ended),
                    Err(error) => Outcome::Failed(self.source.error(vm, &error)),
                }
            };
            Run { outcome, aftermath, engine: finished.engine, journal: finished.journal }
        })
    }

    fn execute(&self, vm: &VirtualMachine, bindings: &Bindings, globals: &PyDictRef) -> PyResult<Ended> {
        globals.set_item("__name__", vm.ctx.new_str(MAIN).into(), vm)?;
        globals.set_item("__file__", vm.ctx.new_str(self.source.file()).into(), vm)?;
        globals.set_item("__doc__", vm.ctx.none(), vm)?;
        let argv = std::iter::once(self.source.file()).chain(self.arguments.iter().map(String::as_str));
        let argv = argv.map(|argument| vm.ctx.new_str(argument).into()).collect();
        vm.sys_module.as_object().set_attr("argv", vm.ctx.new_list(argv), vm)?;
        interpreter::begin_program(vm, globals, bindings)?;
        let exit = match vm.run_code_obj(self.code.clone(), Scope::with_builtins(None, globals.clone(), vm)) {
            Ok(_) => 0,
            Err(error) if error.fast_isinstance(vm.ctx.exceptions.system_exit) => exit_code(vm, &error)?,
            Err(error) => return Err(error),
        };
        Ok(Ended { exit, streams: driver::named_streams(vm)? })
    }
}

/// The status that `sys.exit` was called with; text goes to the output and means 1.
fn exit_code(vm: &VirtualMachine, exit: &PyBaseExceptionRef) -> PyResult<i32> {
    let code = exit.as_object().get_attr("code", vm)?;
    if vm.is_none(&code) {
        return Ok(0);
    }
    match convert::from_python(vm, &code)? {
        crate::value::Value::Int(code) => Ok(code as i32),
        crate::value::Value::Bool(flag) => Ok(i32::from(flag)),
        _ => {
            scope::print(&format!("{}\n", code.str(vm)?.to_string_lossy()));
            Ok(1)
        }
    }
}
