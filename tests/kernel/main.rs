//! The promises of the simulation kernel: order, network, life and death of nodes, disks, forks and replay.

mod disks;
mod lives;
mod messages;
mod order;
mod puppet;
#[path = "../../benches/toy/mod.rs"]
mod toy;
mod worlds;
