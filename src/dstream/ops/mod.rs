//! The operations of a DStream, a file for each kind.

mod map_with_state;
mod narrow;
mod output;
mod pair;
mod state;
mod transform;
mod window;

pub use map_with_state::{MapWithState, Mapping, State, StateSpec};
pub use state::Update;
pub use window::{Reduce, WindowFilter};
