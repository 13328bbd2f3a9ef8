//! Headwater: a deterministic simulation and teaching testbed for stream processing.
//!
//! The engines of Apache Spark Streaming run over a virtual clock and a simulated cluster; a scenario and a seed
//! give the same run, to the bit, everywhere.

pub mod application;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cluster;
pub mod conf;
#[cfg(feature = "python")]
pub mod conformance;
pub mod dstream;
pub mod external;
#[cfg(feature = "cli")]
pub mod live;
#[cfg(feature = "python")]
pub mod program;
pub mod query;
pub mod scenario;
pub mod sim;
pub mod sql;
pub mod structured;
pub mod trace;
pub mod value;
pub mod verify;
