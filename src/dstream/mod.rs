//! The DStream engine: Spark Streaming's discretised streams on the simulated cluster.
//!
//! A program defines a graph of [`DStream`]s on a [`StreamingContext`] and starts it; the driver then makes every
//! stream's RDD of each batch time and runs the output operations on them ([`Streaming`]). Receivers run on executors
//! ([`Receivers`]) and cut what arrives into blocks.
//!
//! This room must never know a program's language or a scenario.

mod context;
mod generation;
mod graph;
mod input;
mod ops;
mod receiver;
mod scheduler;
mod stream;

pub use context::{AwaitTermination, SparkContext, Start, Stop, StreamingContext};
pub use generation::{ReceivedBlock, StreamState, Streams, put_rows};
pub use graph::{Graph, OutputDef, StreamDef};
pub use input::{SocketInput, Source, SourceState};
pub use ops::{MapWithState, Mapping, Reduce, State, StateSpec, Update, WindowFilter};
pub use receiver::{Addresses, ReceiverMessage, ReceiverTimer, Receivers};
pub use scheduler::{FIRST_TAG, Streaming, StreamingHost, StreamingNotice, StreamingTimer, failure_reason};
pub use stream::DStream;
