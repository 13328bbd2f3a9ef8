//! A Spark application as one simulated world: a driver that runs a program, executors, a shared file system and the
//! sockets the program reads.
//!
//! Here the state machines of the rooms below are placed on nodes and wired to each other; nothing is decided here
//! that Spark decides. [`Simulation`] is what library users and the command line run.

mod driver;
mod executor;
mod model;
mod program;
mod simulation;

pub use driver::Driver;
pub use model::{Application, Command, Message, Node, Step, Timer};
pub use program::Program;
pub use simulation::{ClusterSpec, Listener, Options, Run, Simulation};
