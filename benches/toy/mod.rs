//! A toy micro-batch engine, for the tests and benches of the kernel: a driver, three executors and a storage node.
//!
//! Every second the driver writes down what the next batch is (durably, before), has each executor run a task, and
//! writes down that the batch is done (durably, after). What is not answered by the next tick is asked for again, and
//! everything may be asked twice; so the toy survives any fault that ends, and commits every batch in order.

use std::rc::Rc;

use headwater::sim::{Disk, Duration, Effect, Effects, Fault, Input, Link, Model, NodeId, Stream, Time, World};

pub const DRIVER: NodeId = NodeId(0);
pub const EXECUTORS: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];
pub const STORAGE: NodeId = NodeId(4);

/// When the toy's worlds begin: 2024-01-01T00:00:00Z.
pub const START: Time = Time(1_704_067_200_000_000);

const INTERVAL: Duration = Duration::seconds(1);

/// The rules: how many batches there are.
pub struct Toy {
    pub batches: u32,
}

/// Where the driver stands: the steps of a batch, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    PopulateStartOffsets,
    AwaitTrigger,
    WalCommit,
    AddBatch,
    CommitOffsets,
}

/// A step of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    pub batch: u32,
    pub step: Step,
}

/// The two logs of the storage node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Log {
    Offsets,
    Commits,
}

#[derive(Clone)]
pub enum Message {
    /// Driver to storage, and the answer: the last batch of each log, 0 where it is empty.
    Load,
    Loaded {
        offsets: u32,
        commits: u32,
    },
    /// Driver to storage, and the answer once it is durable.
    Put {
        log: Log,
        batch: u32,
    },
    Stored {
        log: Log,
        batch: u32,
    },
    /// Driver to executor, and the answer.
    Run {
        batch: u32,
    },
    Ran {
        batch: u32,
    },
}

#[derive(Clone)]
pub enum Timer {
    /// The driver's trigger.
    Tick,
    /// An executor's task is done.
    Done { batch: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    Planned(u32),
    Ran(u32),
    Committed(u32),
    Fault(Fault),
}

#[derive(Clone)]
pub enum Node {
    Driver(Driver),
    Executor,
    Storage(Storage),
}

#[derive(Clone)]
pub struct Driver {
    pub batch: u32,
    pub step: Step,
    /// Executors whose task is not done yet.
    running: Vec<NodeId>,
}

#[derive(Clone)]
pub struct Storage {
    /// The last durable batch of each log.
    durable: [u32; 2],
    /// Writes under way, each with its ticket.
    writes: Vec<(u64, Log, u32, Rc<str>)>,
    tickets: u64,
}

type Fx<'a> = Effects<'a, Toy>;

impl Model for Toy {
    type Node = Node;
    type Message = Message;
    type Timer = Timer;
    type Step = At;
    type Event = Event;

    fn boot(&self, node: NodeId, disk: &Disk, fx: &mut Fx) -> Node {
        match node {
            DRIVER => {
                let driver = Driver { batch: 0, step: Step::PopulateStartOffsets, running: Vec::new() };
                driver.ask(fx);
                fx.wake_at(fx.now().floor(INTERVAL, START) + INTERVAL, Timer::Tick);
                Node::Driver(driver)
            }
            STORAGE => {
                let durable = [Log::Offsets, Log::Commits].map(|log| last(disk, log));
                Node::Storage(Storage { durable, writes: Vec::new(), tickets: 0 })
            }
            _ => Node::Executor,
        }
    }

    fn handle(&self, node: &mut Node, input: Input<Toy>, _: &Disk, fx: &mut Fx) {
        match (node, input) {
            (Node::Driver(driver), Input::Timer(Timer::Tick)) => driver.on_tick(self.batches, fx),
            (Node::Driver(driver), Input::Message { from, message }) => driver.on_answer(from, message, fx),
            (Node::Executor, Input::Message { message: Message::Run { batch }, .. }) => {
                let cost = fx.draw(Stream::Costs, (Duration::millis(5), Duration::millis(50))) * fx.slowdown();
                fx.wake_after(cost, Timer::Done { batch });
            }
            (Node::Executor, Input::Timer(Timer::Done { batch })) => {
                fx.emit(Event::Ran(batch));
                fx.send(DRIVER, Message::Ran { batch });
            }
            (Node::Storage(storage), Input::Message { message, .. }) => storage.on_message(message, fx),
            (Node::Storage(storage), Input::Written(ticket)) => storage.on_written(ticket, fx),
            _ => {}
        }
    }

    fn fault_event(&self, fault: &Fault) -> Option<Event> {
        Some(Event::Fault(fault.clone()))
    }

    fn name(&self, effect: &Effect<Toy>) -> String {
        match effect {
            Effect::Step(At { batch, step }) => format!("before {step:?} of batch {batch}"),
            Effect::Send { to, .. } => format!("send to {}", to.0),
            _ => String::from("effect"),
        }
    }
}

impl Driver {
    fn on_tick(&mut self, batches: u32, fx: &mut Fx) {
        match self.step {
            Step::AwaitTrigger if self.batch == batches => return,
            Step::AwaitTrigger => {
                self.batch += 1;
                self.enter(Step::WalCommit, fx);
            }
            _ => self.ask(fx),
        }
        fx.wake_after(INTERVAL, Timer::Tick);
    }

    /// The protocol: what each awaited answer leads to. Any other answer is late or double, and is dropped.
    fn on_answer(&mut self, from: NodeId, answer: Message, fx: &mut Fx) {
        let current = self.batch;
        match (self.step, answer) {
            (Step::PopulateStartOffsets, Message::Loaded { offsets, commits }) => {
                self.batch = offsets;
                self.enter(if offsets > commits { Step::AddBatch } else { Step::AwaitTrigger }, fx);
            }
            (Step::WalCommit, Message::Stored { log: Log::Offsets, batch }) if batch == current => {
                fx.emit(Event::Planned(batch));
                self.enter(Step::AddBatch, fx);
            }
            (Step::AddBatch, Message::Ran { batch }) if batch == current => {
                self.running.retain(|executor| *executor != from);
                if self.running.is_empty() {
                    self.enter(Step::CommitOffsets, fx);
                }
            }
            (Step::CommitOffsets, Message::Stored { log: Log::Commits, batch }) if batch == current => {
                fx.emit(Event::Committed(batch));
                self.enter(Step::AwaitTrigger, fx);
            }
            _ => {}
        }
    }

    fn enter(&mut self, step: Step, fx: &mut Fx) {
        self.step = step;
        if step == Step::AddBatch {
            self.running.extend(EXECUTORS);
        }
        fx.step(At { batch: self.batch, step });
        self.ask(fx);
    }

    /// Asks for all that this step waits for.
    fn ask(&self, fx: &mut Fx) {
        let batch = self.batch;
        match self.step {
            Step::PopulateStartOffsets => fx.send(STORAGE, Message::Load),
            Step::AwaitTrigger => {}
            Step::WalCommit => fx.send(STORAGE, Message::Put { log: Log::Offsets, batch }),
            Step::AddBatch => self.running.iter().for_each(|executor| fx.send(*executor, Message::Run { batch })),
            Step::CommitOffsets => fx.send(STORAGE, Message::Put { log: Log::Commits, batch }),
        }
    }
}

impl Storage {
    fn on_message(&mut self, message: Message, fx: &mut Fx) {
        match message {
            Message::Load => {
                let [offsets, commits] = self.durable;
                fx.send(DRIVER, Message::Loaded { offsets, commits });
            }
            Message::Put { log, batch } => self.put(log, batch, fx),
            _ => {}
        }
    }

    /// A batch that is durable is never written again: a crash could tear the second write, after the answer.
    fn put(&mut self, log: Log, batch: u32, fx: &mut Fx) {
        if batch <= self.durable[log as usize] {
            fx.send(DRIVER, Message::Stored { log, batch });
        } else if !self.writes.iter().any(|write| (write.1, write.2) == (log, batch)) {
            let path = path(log, batch);
            self.tickets += 1;
            self.writes.push((self.tickets, log, batch, path.clone()));
            let data = batch.to_le_bytes().as_slice().into();
            fx.push(Effect::Write { path, data, ticket: self.tickets });
        }
    }

    fn on_written(&mut self, ticket: u64, fx: &mut Fx) {
        if let Some(index) = self.writes.iter().position(|write| write.0 == ticket) {
            let (_, log, batch, path) = self.writes.swap_remove(index);
            self.durable[log as usize] = batch;
            fx.push(Effect::Sync { path });
            fx.send(DRIVER, Message::Stored { log, batch });
        }
    }
}

fn directory(log: Log) -> &'static str {
    match log {
        Log::Offsets => "offsets/",
        Log::Commits => "commits/",
    }
}

/// Digits by hand: `format!` would be a tenth of all that the bench of the kernel measures.
fn path(log: Log, batch: u32) -> Rc<str> {
    let mut path = *match log {
        Log::Offsets => b"offsets/000000",
        Log::Commits => b"commits/000000",
    };
    let mut rest = batch;
    for digit in path[8..].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    str::from_utf8(&path).expect("a path is ASCII").into()
}

/// The last batch of a log whose file is whole.
fn last(disk: &Disk, log: Log) -> u32 {
    batches(disk, log).last().copied().unwrap_or(0)
}

/// The batches that a log holds, in order; torn files are none.
pub fn batches(disk: &Disk, log: Log) -> Vec<u32> {
    disk.list(directory(log)).filter_map(|path| whole(disk, path)).collect()
}

/// The batch that a file names; none where it is missing or torn.
fn whole(disk: &Disk, path: &str) -> Option<u32> {
    Some(u32::from_le_bytes(disk.read(path)?[..].try_into().ok()?))
}

/// A world with all five nodes up. Sixteen events and some more effects a batch.
pub fn world(toy: &Toy, seed: u64, link: Link) -> World<Toy> {
    let mut world = World::new(START, seed, link);
    for host in 0..5 {
        let node = world.add_node(host);
        world.boot(toy, node);
    }
    world
}

/// Long enough for every batch, and for some trouble.
pub fn deadline(toy: &Toy) -> Time {
    START + INTERVAL * u64::from(toy.batches + 1)
}
