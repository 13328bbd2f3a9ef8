//! The world: all that changes, as one value.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::effect::Pending;
use super::hasher::PortableHasher;
use super::queue::{Due, Queue};
use super::{
    Disk, Duration, Effect, Effects, Fault, Input, Link, Model, Network, NodeId, Random, Stream, Time, Trigger,
};

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    Up,
    Paused,
    Down,
}

/// Told of every fact as it happens: its time, its node (none for the kernel's own) and the fact.
pub trait Observer<M: Model> {
    fn observe(&mut self, time: Time, node: Option<NodeId>, event: &M::Event);
}

/// Observes nothing: for runs that only want the world at the end.
impl<M: Model> Observer<M> for () {
    fn observe(&mut self, _: Time, _: Option<NodeId>, _: &M::Event) {}
}

struct Slot<M: Model> {
    /// Shared between clones of the world until one of them changes it.
    state: Option<Rc<M::Node>>,
    disk: Rc<Disk>,
    liveness: Liveness,
    /// Counts boots: what was meant for an earlier life is dropped.
    incarnation: u32,
    slowdown: u32,
    /// Inputs that came while the node was paused.
    held: Vec<Input<M>>,
    links: Vec<NodeId>,
}

impl<M: Model> Clone for Slot<M> {
    fn clone(&self) -> Self {
        Slot {
            state: self.state.clone(),
            disk: self.disk.clone(),
            liveness: self.liveness,
            incarnation: self.incarnation,
            slowdown: self.slowdown,
            held: self.held.clone(),
            links: self.links.clone(),
        }
    }
}

struct Armed<M: Model> {
    trigger: Trigger<M>,
    fault: Fault,
    then: Option<(Duration, Fault)>,
}

impl<M: Model> Clone for Armed<M> {
    fn clone(&self) -> Self {
        Armed { trigger: self.trigger.clone(), fault: self.fault.clone(), then: self.then.clone() }
    }
}

/// A simulated world: a value that can be cloned, stepped and asked.
pub struct World<M: Model> {
    now: Time,
    queue: Queue<M>,
    /// Effects returned and not applied yet; events wait until there are none.
    pending: VecDeque<Pending<M>>,
    nodes: Vec<Slot<M>>,
    network: Network,
    random: Random,
    write_latency: (Duration, Duration),
    armed: Vec<Armed<M>>,
    shuffle_ties: bool,
    effects: u64,
    tickets: u64,
    fingerprint: PortableHasher,
}

impl<M: Model> Clone for World<M> {
    fn clone(&self) -> Self {
        World {
            now: self.now,
            queue: self.queue.clone(),
            pending: self.pending.clone(),
            nodes: self.nodes.clone(),
            network: self.network.clone(),
            random: self.random.clone(),
            write_latency: self.write_latency,
            armed: self.armed.clone(),
            shuffle_ties: self.shuffle_ties,
            effects: self.effects,
            tickets: self.tickets,
            fingerprint: self.fingerprint.clone(),
        }
    }
}

impl<M: Model> World<M> {
    /// An empty world at a time.
    pub fn new(start: Time, seed: u64, link: Link) -> Self {
        World {
            now: start,
            queue: Queue::new(),
            pending: VecDeque::new(),
            nodes: Vec::new(),
            network: Network::new(link),
            random: Random::new(seed),
            write_latency: (Duration::millis(1), Duration::millis(1)),
            armed: Vec::new(),
            shuffle_ties: false,
            effects: 0,
            tickets: 0,
            fingerprint: PortableHasher::default(),
        }
    }

    /// How long writes take to reach a disk.
    pub fn set_write_latency(&mut self, range: (Duration, Duration)) {
        self.write_latency = range;
    }

    /// Orders events that are due at the same time by chance instead of by sequence, so that seeds sweep schedules.
    pub fn shuffle_ties(&mut self) {
        self.shuffle_ties = true;
    }

    /// Adds a node that is down; boot it by [`World::boot`]. Nodes of one `host` share a process: messages between
    /// them take no time.
    pub fn add_node(&mut self, host: u32) -> NodeId {
        let node = NodeId(self.nodes.len() as u32);
        self.network.add_node(host);
        self.nodes.push(Slot {
            state: None,
            disk: Rc::default(),
            liveness: Liveness::Down,
            incarnation: 0,
            slowdown: 1,
            held: Vec::new(),
            links: Vec::new(),
        });
        node
    }

    /// Starts a node that is down, from its disk.
    pub fn boot(&mut self, model: &M, node: NodeId) {
        let slot = &mut self.nodes[node.0 as usize];
        slot.incarnation += 1;
        slot.liveness = Liveness::Up;
        slot.links.clear();
        let disk = slot.disk.clone();
        let slowdown = slot.slowdown;
        let mut effects =
            Effects { now: self.now, node, slowdown, random: &mut self.random, pending: &mut self.pending };
        let state = model.boot(node, &disk, &mut effects);
        self.nodes[node.0 as usize].state = Some(Rc::new(state));
    }

    /// Virtual now.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many effects were applied: the number of the next one.
    pub fn effects(&self) -> u64 {
        self.effects
    }

    /// The hash of all facts so far, with their times and nodes.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint.finish()
    }

    /// A node's state; `None` while it is down.
    pub fn node(&self, node: NodeId) -> Option<&M::Node> {
        self.nodes[node.0 as usize].state.as_deref()
    }

    /// Whether a node runs.
    pub fn liveness(&self, node: NodeId) -> Liveness {
        self.nodes[node.0 as usize].liveness
    }

    /// A node's disk.
    pub fn disk(&self, node: NodeId) -> &Disk {
        &self.nodes[node.0 as usize].disk
    }

    /// The effect that the next [`World::step`] applies, and whose it is; `None` where it takes an event instead.
    pub fn next_effect(&self) -> Option<(NodeId, &Effect<M>)> {
        self.pending.front().map(|pending| (pending.node, &pending.effect))
    }

    /// When the next thing happens; `None` where nothing ever will.
    pub fn next_time(&self) -> Option<Time> {
        if self.pending.is_empty() { self.queue.next_time() } else { Some(self.now) }
    }

    /// Puts a fault on the timeline.
    pub fn schedule(&mut self, at: Time, fault: Fault) {
        self.enqueue(at, Due::Fault(fault));
    }

    /// Arms a fault that strikes once when its trigger comes, with another one some time after it.
    pub fn arm(&mut self, trigger: Trigger<M>, fault: Fault, then: Option<(Duration, Fault)>) {
        self.armed.push(Armed { trigger, fault, then });
    }

    /// Hands a node a message from outside the simulated network, at a time.
    pub fn deliver(&mut self, at: Time, to: NodeId, message: M::Message) {
        self.enqueue(at, Due::Input { node: to, incarnation: None, input: Input::Message { from: to, message } });
    }

    /// Applies one effect, or handles one event. False where there is nothing left to do.
    pub fn step(&mut self, model: &M, observer: &mut impl Observer<M>) -> bool {
        if let Some(Pending { node, effect }) = self.pending.pop_front() {
            self.apply(model, node, effect, observer);
            return true;
        }
        let Some(entry) = self.queue.pop() else { return false };
        self.now = self.now.max(entry.time);
        match entry.due {
            Due::Input { node, incarnation, input } => {
                let current = self.nodes[node.0 as usize].incarnation;
                if incarnation.is_none_or(|meant| meant == current) {
                    self.input(model, node, input);
                }
            }
            Due::Write { node, incarnation, ticket } => {
                let slot = &mut self.nodes[node.0 as usize];
                if slot.incarnation == incarnation && slot.state.is_some() {
                    Rc::make_mut(&mut slot.disk).finish(ticket);
                    self.input(model, node, Input::Written(ticket));
                }
            }
            Due::Fault(fault) => self.fault(model, &fault, observer),
        }
        true
    }

    /// Steps until nothing is due at or before `deadline`, then sets the clock to it.
    pub fn run_until(&mut self, model: &M, deadline: Time, observer: &mut impl Observer<M>) {
        while self.next_time().is_some_and(|time| time <= deadline) {
            self.step(model, observer);
        }
        self.now = self.now.max(deadline);
    }

    /// Applies a fault now. Crashing what is down, restarting what is up and the like change nothing.
    pub fn fault(&mut self, model: &M, fault: &Fault, observer: &mut impl Observer<M>) {
        if !self.changes_something(fault) {
            return;
        }
        if let Some(event) = model.fault_event(fault) {
            self.record(None, &event, observer);
        }
        match fault {
            Fault::Crash(node) => self.crash(*node),
            Fault::Restart(node) => self.boot(model, *node),
            Fault::Pause(node) => self.nodes[node.0 as usize].liveness = Liveness::Paused,
            Fault::Resume(node) => {
                let slot = &mut self.nodes[node.0 as usize];
                slot.liveness = Liveness::Up;
                let (held, incarnation) = (std::mem::take(&mut slot.held), slot.incarnation);
                for input in held {
                    self.enqueue(self.now, Due::Input { node: *node, incarnation: Some(incarnation), input });
                }
            }
            Fault::Slow(node, factor) => self.nodes[node.0 as usize].slowdown = *factor,
            Fault::Partition(groups) => self.network.partition(groups.clone()),
            Fault::Heal => self.network.partition(Vec::new()),
        }
    }

    fn changes_something(&self, fault: &Fault) -> bool {
        match fault {
            Fault::Crash(node) => self.liveness(*node) != Liveness::Down,
            Fault::Restart(node) => self.liveness(*node) == Liveness::Down,
            Fault::Pause(node) => self.liveness(*node) == Liveness::Up,
            Fault::Resume(node) => self.liveness(*node) == Liveness::Paused,
            Fault::Slow(..) | Fault::Partition(_) | Fault::Heal => true,
        }
    }

    fn crash(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.0 as usize];
        slot.state = None;
        slot.liveness = Liveness::Down;
        slot.held.clear();
        Rc::make_mut(&mut slot.disk).crash(&mut self.random);
        let links = std::mem::take(&mut slot.links);
        self.pending.retain(|pending| pending.node != node);
        for peer in links {
            self.nodes[peer.0 as usize].links.retain(|other| *other != node);
            // The operating system closes the dead process's connections; a partition hides even that.
            self.refuse(peer, node);
        }
    }

    fn input(&mut self, model: &M, node: NodeId, input: Input<M>) {
        let slot = &mut self.nodes[node.0 as usize];
        if slot.liveness == Liveness::Paused {
            slot.held.push(input);
            return;
        }
        let Some(state) = &mut slot.state else { return };
        let mut effects = Effects {
            now: self.now,
            node,
            slowdown: slot.slowdown,
            random: &mut self.random,
            pending: &mut self.pending,
        };
        model.handle(Rc::make_mut(state), input, &slot.disk, &mut effects);
    }

    fn apply(&mut self, model: &M, node: NodeId, effect: Effect<M>, observer: &mut impl Observer<M>) {
        if let Effect::Emit(event) = &effect {
            return self.record(Some(node), event, observer);
        }
        if !self.armed.is_empty() && self.strike(model, node, &effect, observer) {
            return;
        }
        self.effects += 1;
        let incarnation = self.nodes[node.0 as usize].incarnation;
        match effect {
            Effect::Send { to, message } => self.send(node, to, message),
            Effect::Timer { at, timer } => {
                let input = Input::Timer(timer);
                self.enqueue(at.max(self.now), Due::Input { node, incarnation: Some(incarnation), input });
            }
            Effect::Link(peer) => {
                for (one, other) in [(node, peer), (peer, node)] {
                    let links = &mut self.nodes[one.0 as usize].links;
                    if !links.contains(&other) {
                        links.push(other);
                    }
                }
            }
            Effect::Write { path, data, ticket } => {
                self.disk_mut(node).begin(ticket, path, data);
                let done = self.now + self.random.between(Stream::Storage, self.write_latency);
                self.enqueue(done, Due::Write { node, incarnation, ticket });
            }
            Effect::Sync { path } => self.disk_mut(node).sync(&path),
            Effect::Rename { from, to } => self.disk_mut(node).rename(&from, to),
            Effect::Remove { path } => self.disk_mut(node).remove(&path),
            Effect::Step(_) | Effect::Emit(_) => {}
        }
    }

    /// Applies the armed faults that this effect triggers. True where the effect's own node died of one.
    fn strike(&mut self, model: &M, node: NodeId, effect: &Effect<M>, observer: &mut impl Observer<M>) -> bool {
        let number = self.effects;
        let triggered = |armed: &Armed<M>| match (&armed.trigger, effect) {
            (Trigger::Effect(at), _) => *at == number,
            (Trigger::Step(wanted), Effect::Step(step)) => wanted == step,
            _ => false,
        };
        let (struck, armed) = std::mem::take(&mut self.armed).into_iter().partition(triggered);
        self.armed = armed;
        for Armed { fault, then, .. } in struck {
            self.fault(model, &fault, observer);
            if let Some((delay, fault)) = then {
                self.schedule(self.now + delay, fault);
            }
        }
        self.liveness(node) == Liveness::Down
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: M::Message) {
        if self.liveness(to) == Liveness::Down {
            return self.refuse(from, to);
        }
        let incarnation = (from == to).then(|| self.nodes[to.0 as usize].incarnation);
        let [arrival, again] = self.network.route(self.now, from, to, &mut self.random);
        if let Some(again) = again {
            let input = Input::Message { from, message: message.clone() };
            self.enqueue(again, Due::Input { node: to, incarnation, input });
        }
        if let Some(arrival) = arrival {
            self.enqueue(arrival, Due::Input { node: to, incarnation, input: Input::Message { from, message } });
        }
    }

    /// Nobody listens at `to`: its operating system refuses the connection, which the sender learns.
    fn refuse(&mut self, from: NodeId, to: NodeId) {
        let incarnation = Some(self.nodes[from.0 as usize].incarnation);
        if let [Some(arrival), _] = self.network.route(self.now, from, to, &mut self.random) {
            self.enqueue(arrival, Due::Input { node: from, incarnation, input: Input::PeerDown(to) });
        }
    }

    fn disk_mut(&mut self, node: NodeId) -> &mut Disk {
        Rc::make_mut(&mut self.nodes[node.0 as usize].disk)
    }

    fn enqueue(&mut self, at: Time, due: Due<M>) {
        let tie = if self.shuffle_ties { self.random.bits(Stream::Schedule) } else { 0 };
        self.queue.push(at, tie, due);
    }

    fn record(&mut self, node: Option<NodeId>, event: &M::Event, observer: &mut impl Observer<M>) {
        (self.now, node).hash(&mut self.fingerprint);
        event.hash(&mut self.fingerprint);
        observer.observe(self.now, node, event);
    }
}
