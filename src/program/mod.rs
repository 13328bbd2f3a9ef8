//! PySpark programs, run by an embedded Python.
//!
//! A program is compiled and run by RustPython; what it builds and asks for goes through one narrow door,
//! [`engine::Engine`], and records cross it as [`crate::value::Value`]s. Interpreters are hermetic: no files, network,
//! clock, environment or threads; time, randomness and the step budget of every call are given from outside.
//!
//! This room must never know how an engine schedules, stores or recovers anything.

mod budget;
mod classes;
mod convert;
mod copy;
mod error;
mod instrument;
mod interpreter;
mod modules;
mod native;
mod reach;
mod scope;

pub use modules::AVAILABLE;
pub use scope::{Aftermath, Surroundings};
