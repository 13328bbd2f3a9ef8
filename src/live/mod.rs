//! Programs on the wall clock, with real sockets: the same engines, driven by what really happens.
//!
//! The world is told what arrived and when, and is run up to now over and over. Everything that came from outside is
//! recorded with its time, so that a scenario made of it runs the same batches again.
//!
//! Here, and in the command line, are the only threads and the only wall clock.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "live runs are about the wall clock, real sockets and the threads that read them"
)]

mod connection;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{SystemTime, UNIX_EPOCH};

use connection::{FromOutside, connect};

use crate::application::{Application, Options, Program, Simulation};
use crate::external::SocketMessage;
use crate::scenario::Arrival;
use crate::sim::{Duration, Observer, Time};

/// The longest the loop sleeps, so that it notices a wish to stop.
const TICK: std::time::Duration = std::time::Duration::from_millis(20);

/// What really happened in a live run: enough to run it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    pub start: Time,
    /// Threads of the local master that the program ran on.
    pub threads: u32,
    pub arrivals: Vec<Arrival>,
    /// When it was over, counted from the start.
    pub end: Duration,
    /// When the stop was asked for, counted from the start.
    pub stopped: Option<Duration>,
}

/// Now, on the wall clock.
pub fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(since.as_micros() as u64)
}

/// Runs a program from `start` until its main function ends. `stop` asks for a graceful stop.
pub fn run(
    program: Program,
    options: Options,
    start: Time,
    stop: &Arc<AtomicBool>,
    observer: &mut impl Observer<Application>,
) -> Recording {
    let sockets = Simulation::addresses_of(&program, &options);
    let mut simulation = Simulation::new(program, Options { start, sockets, live: true, ..options });
    let (sender, outside) = mpsc::channel();
    let mut connecting: BTreeMap<Rc<str>, bool> = BTreeMap::new();
    let threads = simulation.application().setup().total_cores();
    let mut recording = Recording { start, threads, ..Recording::default() };
    while !simulation.has_ended() {
        let now = wall_clock().max(simulation.now());
        simulation.run_until(now.since(start), observer);
        for address in simulation.sockets_wanting_connection() {
            if !connecting.insert(address.clone(), true).unwrap_or(false) {
                connect(&address, sender.clone());
            }
        }
        if stop.swap(false, Ordering::Relaxed) {
            recording.stopped.get_or_insert(now.since(start));
            simulation.stop(now.since(start), true);
        }
        let pause = match simulation.world().next_time() {
            Some(next) => TICK.min(std::time::Duration::from_micros(next.since(wall_clock()).0)),
            None => TICK,
        };
        let first = outside.recv_timeout(pause).ok();
        let came: Vec<FromOutside> = first.into_iter().chain(outside.try_iter()).collect();
        let now = wall_clock().max(simulation.now());
        for event in came {
            tell(&mut simulation, &mut recording, &mut connecting, now, event);
        }
    }
    recording.end = simulation.now().since(start);
    recording
}

fn tell(
    simulation: &mut Simulation,
    recording: &mut Recording,
    connecting: &mut BTreeMap<Rc<str>, bool>,
    now: Time,
    event: FromOutside,
) {
    let after = now.since(recording.start);
    match event {
        FromOutside::Opened { address, result } => {
            let address: Rc<str> = address.into();
            connecting.insert(address.clone(), false);
            let result = result.map_err(Rc::from);
            simulation.tell_socket(after, &address, SocketMessage::Opened(result));
        }
        FromOutside::Line { address, line } => {
            let (address, line): (Rc<str>, Rc<str>) = (address.into(), line.into());
            match recording.arrivals.last_mut() {
                Some(last) if last.after == after && last.address == address => last.lines.push(line.clone()),
                _ => recording.arrivals.push(Arrival { after, address: address.clone(), lines: vec![line.clone()] }),
            }
            simulation.tell_socket(after, &address, SocketMessage::Feed([line].into()));
        }
        FromOutside::HungUp { address } => {
            simulation.tell_socket(after, &Rc::from(address), SocketMessage::HungUp);
        }
    }
}
