//! Outside systems that programs read from and write to: sockets and a shared file system.
//!
//! Each is a node of the simulated world with its own protocol. This room must never know an engine; what it carries
//! is lines of text and opaque objects.

mod file_system;
mod socket;

pub use file_system::{
    FileData, FileReply, FileRequest, FileStatus, FileSystem, lines_of, matches_glob, pending_directory,
};
pub use socket::{SocketMessage, SocketServer};
