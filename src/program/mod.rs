//! PySpark programs, run by an embedded Python.
//!
//! A program is compiled and run by RustPython; what it builds and asks for goes through one narrow door, [`Engine`],
//! and records cross it as [`crate::value::Value`]s. Interpreters are hermetic: no files, network, clock, environment
//! or threads; time, randomness and the step budget of every call are given from outside.
//!
//! This room must never know how an engine schedules, stores or recovers anything.

mod accumulate;
mod broadcast;
mod budget;
mod classes;
mod convert;
mod copy;
mod driver;
mod engine;
mod error;
mod function;
mod guards;
mod image;
mod instrument;
mod interpreter;
mod modules;
mod native;
mod reach;
mod records;
mod requests;
mod resume;
mod run;
mod scope;
mod source;
mod spark;
pub mod sql;
#[cfg(test)]
mod tests;
mod wording;

pub use driver::{Journal, Outcome};
pub use engine::{Answer, Engine, RddId, Refusal, Reply, Request, StreamId};
pub use error::{Place, ProgramError};
pub use function::{Calls, Function, Task};
pub use image::{Image, ImageCall};
pub use modules::AVAILABLE;
pub use run::{Bindings, Ended, Program, Run};
pub use scope::{Aftermath, Surroundings};
pub use source::Source;
pub use spark::{Batches, CorpusBindings, load, load_with_batches, load_with_inputs};
