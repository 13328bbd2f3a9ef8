//! Building a world around a program and running it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::model::{Application, Command, Message, Node};
use super::program::Program;
use crate::cluster::driver::{self, Core, Outcome, Request, Script};
use crate::cluster::{self, Costs, Setup};
use crate::conf::SparkConf;
use crate::dstream::{Graph, Start};
use crate::external::{FileRequest, SocketMessage};
use crate::sim::{Duration, Fault, Link, NodeId, Observer, Time, Trigger, World};
use crate::trace::{BatchStep, Event, Record, Summary};

/// How many batch intervals a run may take to become idle after the last input.
const PATIENCE: u64 = 1_000;

/// The machines a program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterSpec {
    /// Master `local[threads]`: driver and executor are one process.
    Local { threads: u32 },
    /// Executors of their own, each with this many cores.
    Executors { executors: u32, cores: u32 },
}

impl ClusterSpec {
    /// From a master URL, where it names a local one. `local[*]` means two threads: a simulation must not depend on
    /// the machine it runs on.
    pub fn from_master(master: &str) -> Option<Self> {
        let threads = match master.strip_prefix("local") {
            Some("") => 1,
            Some("[*]") => 2,
            Some(rest) => {
                let inside = rest.strip_prefix('[')?.strip_suffix(']')?;
                inside.split(',').next()?.trim().parse().ok().filter(|threads| *threads > 0)?
            }
            None => return None,
        };
        Some(ClusterSpec::Local { threads })
    }
}

/// Everything about a run but its program and its timeline.
#[derive(Clone, Debug)]
pub struct Options {
    pub seed: u64,
    /// Virtual time at the start.
    pub start: Time,
    /// The machines; where none are given, those the program's master asks for, or `local[2]`.
    pub cluster: Option<ClusterSpec>,
    pub link: Link,
    pub costs: Costs,
    /// Settings below those the program makes itself.
    pub conf: SparkConf,
    /// Addresses (`host:port`) at which sockets listen.
    pub sockets: Vec<Rc<str>>,
    /// Whether sockets stand for real ones; see [`crate::external::SocketServer::real`].
    pub live: bool,
    /// Whether events that are due at the same time are ordered by the seed.
    pub shuffle_ties: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 0,
            start: Time(1_704_067_200_000_000),
            cluster: None,
            link: Link::default(),
            costs: Costs::default(),
            conf: SparkConf::default(),
            sockets: Vec::new(),
            live: false,
            shuffle_ties: false,
        }
    }
}

/// Is told of each record, of the batch that it completed, and of the summary so far.
pub type Listener<'a> = Box<dyn FnMut(&Record, Option<u64>, &Summary) + 'a>;

/// What is observed of a run: its summary, and whatever else is wanted event by event.
#[derive(Default)]
pub struct Run<'a> {
    pub summary: Summary,
    /// Told of each record; a batch's time where the record completed it.
    pub listener: Option<Listener<'a>>,
}

impl Observer<Application> for Run<'_> {
    fn observe(&mut self, time: Time, node: Option<NodeId>, event: &Event) {
        let completed = self.summary.fold(time.0, event);
        if let Some(listener) = &mut self.listener {
            let record = Record { at: time.0, node: node.map(|node| node.0), event: event.clone() };
            listener(&record, completed, &self.summary);
        }
    }
}

/// A world with a program in it. A clone is a fork: both go on alike until they are treated differently.
#[derive(Clone)]
pub struct Simulation {
    model: Rc<Application>,
    world: World<Application>,
    start: Time,
    /// The last time at which something was put on the timeline.
    last_input: Time,
}

impl Simulation {
    /// A world in which the program is about to start.
    pub fn new(program: Program, options: Options) -> Self {
        let conf = Rc::new(probe(&program, &options).0);
        let cluster = options
            .cluster
            .or_else(|| ClusterSpec::from_master(conf.get("spark.master")?))
            .unwrap_or(ClusterSpec::Local { threads: 2 });
        let (executors, cores, local) = match cluster {
            ClusterSpec::Local { threads } => (1, threads.max(1), true),
            ClusterSpec::Executors { executors, cores } => (executors.max(1), cores.max(1), false),
        };
        let mut world: World<Application> = World::new(options.start, options.seed, options.link);
        if options.shuffle_ties {
            world.shuffle_ties();
        }
        let mut names: Vec<Rc<str>> = vec!["driver".into(), "storage".into()];
        let driver = world.add_node(0);
        let file_system = world.add_node(1);
        let executors: Vec<NodeId> = (1..=executors)
            .map(|number| {
                names.push(if local { "executor-driver".into() } else { format!("executor-{number}").into() });
                // In local mode the executor is a part of the driver's process.
                world.add_node(if local { 0 } else { 1 + number })
            })
            .collect();
        let mut sockets = BTreeMap::new();
        let mut addresses = BTreeMap::new();
        for (place, address) in (0..).zip(&options.sockets) {
            let node = world.add_node(1_000 + place);
            names.push(address.clone());
            addresses.insert(address.clone(), node);
            sockets.insert(node, address.clone());
        }
        let setup = Setup {
            driver,
            file_system,
            names,
            cores,
            executors: executors.clone(),
            local,
            costs: options.costs,
            conf,
            seed: options.seed,
        };
        let model = Rc::new(Application { setup, addresses, program, sockets, live: options.live });
        // What others talk to is there before them.
        let order = [file_system].into_iter().chain(model.sockets.keys().copied()).chain([driver]).chain(executors);
        for node in order.collect::<Vec<_>>() {
            world.boot(&*model, node);
        }
        Simulation { model, world, start: options.start, last_input: options.start }
    }

    /// The immutable part of the application.
    pub fn application(&self) -> &Application {
        &self.model
    }

    /// The world as it is now.
    pub fn world(&self) -> &World<Application> {
        &self.world
    }

    /// The world, to be treated in ways this type has no word for.
    pub fn world_mut(&mut self) -> &mut World<Application> {
        &mut self.world
    }

    /// Virtual time at the start.
    pub fn start(&self) -> Time {
        self.start
    }

    /// Virtual now.
    pub fn now(&self) -> Time {
        self.world.now()
    }

    /// The hash of all facts so far. Equal runs have equal fingerprints, on every machine.
    pub fn fingerprint(&self) -> u64 {
        self.world.fingerprint()
    }

    fn at(&mut self, after: Duration) -> Time {
        let at = self.start + after;
        self.last_input = self.last_input.max(at);
        at
    }

    /// Lines are typed into a socket, some time after the start. False if there is no such socket.
    pub fn feed(&mut self, after: Duration, address: &str, lines: impl Into<Rc<[Rc<str>]>>) -> bool {
        let Some(node) = self.model.addresses.get(address).copied() else { return false };
        let at = self.at(after);
        self.world.deliver(at, node, Message::Socket(SocketMessage::Feed(lines.into())));
        true
    }

    /// Tells a socket's node something from outside the world, some time after the start.
    pub fn tell_socket(&mut self, after: Duration, address: &Rc<str>, message: SocketMessage) {
        let at = self.at(after);
        if let Some(node) = self.model.addresses.get(address) {
            self.world.deliver(at, *node, Message::Socket(message));
        }
    }

    /// Addresses at which a receiver waits for a real connection.
    pub fn sockets_wanting_connection(&self) -> Vec<Rc<str>> {
        let wants = |node: NodeId| match self.world.node(node) {
            Some(Node::Socket(server)) => server.wants_connection(),
            _ => false,
        };
        self.model.sockets.iter().filter(|(node, _)| wants(**node)).map(|(_, address)| address.clone()).collect()
    }

    /// The addresses that the receivers of a program connect to, as far as its main function can be run without a
    /// world.
    pub fn addresses_of(program: &Program, options: &Options) -> Vec<Rc<str>> {
        let (_, graph) = probe(program, options);
        let mut addresses: Vec<Rc<str>> = graph.iter().flat_map(|graph| graph.socket_addresses()).collect();
        addresses.dedup();
        addresses
    }

    /// A file is moved into place on the shared file system.
    pub fn put_file(&mut self, after: Duration, path: impl Into<Rc<str>>, lines: impl Into<Rc<[Rc<str>]>>) {
        let at = self.at(after);
        let request = FileRequest::Arrive { path: path.into(), lines: lines.into() };
        let message = Message::Cluster(cluster::Message::File(request));
        self.world.deliver(at, self.model.setup.file_system, message);
    }

    /// The streaming computation is told to stop.
    pub fn stop(&mut self, after: Duration, gracefully: bool) {
        let at = self.at(after);
        self.world.deliver(at, self.model.setup.driver, Message::Command(Command::Stop { gracefully }));
    }

    /// Something goes wrong, or is mended.
    pub fn fault(&mut self, after: Duration, fault: Fault) {
        let at = self.at(after);
        self.world.schedule(at, fault);
    }

    /// A fault strikes before a step of the batch whose time is so long after the start; another may follow it.
    pub fn fault_before(&mut self, batch: Duration, step: BatchStep, fault: Fault, then: Option<(Duration, Fault)>) {
        let batch = self.at(batch);
        self.world.arm(Trigger::Step((batch, step).into()), fault, then);
    }

    /// A fault strikes before the effect of this number.
    pub fn fault_at_effect(&mut self, effect: u64, fault: Fault, then: Option<(Duration, Fault)>) {
        self.world.arm(Trigger::Effect(effect), fault, then);
    }

    /// Runs until so long after the start.
    pub fn run_until(&mut self, after: Duration, observer: &mut impl Observer<Application>) {
        let deadline = self.start + after;
        self.world.run_until(&self.model, deadline, observer);
    }

    /// Runs until all that is on the timeline has happened, is in a batch, and all batches are processed; or until
    /// the program has ended. False if that did not come within a thousand batch intervals.
    pub fn run_until_idle(&mut self, observer: &mut impl Observer<Application>) -> bool {
        self.world.run_until(&self.model, self.last_input, observer);
        let Some(interval) = self.batch_interval() else { return self.has_ended() };
        // What came last is cut into a block first and belongs to the batch after.
        let block = self.model.setup.conf.duration("spark.streaming.blockInterval");
        let last_batch = (self.last_input + block + interval).floor(interval, Time::default()) + interval;
        let patience = last_batch + interval * PATIENCE;
        self.world.run_until(&self.model, last_batch, observer);
        while !self.has_ended() && !self.is_idle() {
            if self.now() >= patience || self.world.next_time().is_none() {
                return false;
            }
            self.world.step(&self.model, observer);
        }
        self.finish_instant(observer);
        true
    }

    /// What is known to have happened may have facts that are not recorded yet.
    fn finish_instant(&mut self, observer: &mut impl Observer<Application>) {
        self.world.run_until(&self.model, self.world.now(), observer);
    }

    /// Runs until the program has ended, or nothing happens until `limit` after the start.
    pub fn run_until_ended(&mut self, limit: Duration, observer: &mut impl Observer<Application>) -> bool {
        let deadline = self.start + limit;
        while !self.has_ended() && self.world.next_time().is_some_and(|time| time <= deadline) {
            self.world.step(&self.model, observer);
        }
        self.finish_instant(observer);
        self.has_ended()
    }

    fn driver(&self) -> Option<&super::Driver> {
        match self.world.node(self.model.setup.driver) {
            Some(Node::Driver(driver)) => Some(driver),
            _ => None,
        }
    }

    /// What the program defined: its streams and output operations, once streaming has started.
    pub fn graph(&self) -> Option<&Graph> {
        Some(&self.driver()?.streaming()?.streams()?.graph)
    }

    /// The interval between batches, once streaming has started.
    pub fn batch_interval(&self) -> Option<Duration> {
        Some(self.graph()?.batch_interval)
    }

    /// Whether nothing is left to be processed.
    pub fn is_idle(&self) -> bool {
        self.driver().is_some_and(|driver| driver.streaming().is_none_or(|streaming| streaming.is_idle()))
    }

    /// Whether there is no driver now.
    pub fn driver_is_down(&self) -> bool {
        self.driver().is_none()
    }

    /// Whether the program's main function is over.
    pub fn has_ended(&self) -> bool {
        self.driver().is_some_and(super::Driver::has_ended)
    }
}

/// Runs the main function up to where it needs a world, to learn its settings and the graph it starts.
fn probe(program: &Program, options: &Options) -> (SparkConf, Option<Rc<Graph>>) {
    let mut core = Core::new(Rc::new(options.conf.clone()), 2, options.seed);
    let mut script = Script::default();
    loop {
        let pass = driver::run(&mut core, script, options.start, || program.run());
        script = pass.script;
        match pass.outcome {
            Outcome::Suspended(Request::Sleep(span)) => script.answer(options.start + span, Ok(Rc::new(()))),
            Outcome::Suspended(Request::Host(request)) => {
                let graph = request.downcast_ref::<Start>().map(|start| start.0.clone());
                return ((*core.conf).clone(), graph);
            }
            _ => return ((*core.conf).clone(), None),
        }
    }
}
