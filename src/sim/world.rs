//! The world: all that changes, as one value.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::effect::Pending;
use super::hasher::PortableHasher;
use super::queue::{Due, Key, Queue};
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

/// Where facts go: into the fingerprint, and to the observer.
pub(super) struct Recorder<'a, M: Model> {
    fingerprint: &'a mut PortableHasher,
    observer: &'a mut dyn Observer<M>,
}

impl<M: Model> Recorder<'_, M> {
    #[inline]
    pub fn record(&mut self, time: Time, node: Option<NodeId>, event: &M::Event) {
        (time, node, event).hash(self.fingerprint);
        self.observer.observe(time, node, event);
    }
}

struct Slot<M: Model> {
    /// Shared between clones of the world until one of them changes it.
    state: Option<Rc<M::Node>>,
    disk: Rc<Disk>,
    liveness: Liveness,
    /// Counts boots: what was meant for an earlier life is dropped.
    incarnation: u32,
    slowdown: u32,
    /// Inputs that came while the node was paused, with their places in the queue.
    held: Vec<(Key, Input<M>)>,
    /// Effects that the pause cut off.
    cut_off: VecDeque<Pending<M>>,
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
            cut_off: self.cut_off.clone(),
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
    effects: u64,
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
            effects: self.effects,
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
            effects: 0,
            fingerprint: PortableHasher::default(),
        }
    }

    /// How long writes take to reach a disk.
    pub fn set_write_latency(&mut self, range: (Duration, Duration)) {
        self.write_latency = range;
    }

    /// From now on, orders events that are due at the same time by chance instead of by sequence, so that seeds sweep
    /// schedules. Messages of one link keep their order, and so do faults.
    pub fn shuffle_ties(&mut self) {
        self.queue.shuffle(self.random.bits(Stream::Schedule));
    }

    /// Adds a node that is down; boot it by [`World::boot`]. Nodes of one `host` share a machine: messages between
    /// them take no time and are never lost.
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
            cut_off: VecDeque::new(),
            links: Vec::new(),
        });
        node
    }

    /// Starts a node that is down, from its disk. No effect on a node that is up.
    pub fn boot(&mut self, model: &M, node: NodeId) {
        let slot = &mut self.nodes[node.0 as usize];
        if slot.liveness != Liveness::Down {
            return;
        }
        slot.incarnation += 1;
        slot.liveness = Liveness::Up;
        let mut effects = Effects {
            now: self.now,
            node,
            slowdown: slot.slowdown,
            random: &mut self.random,
            pending: &mut self.pending,
            recorder: None,
        };
        slot.state = Some(Rc::new(model.boot(node, &slot.disk, &mut effects)));
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

    /// The next effect to be applied, and whose it is; `None` where [`World::step`] takes an event instead. Between
    /// steps the world stands before it: here a fault may strike.
    pub fn next_effect(&self) -> Option<(NodeId, &Effect<M>)> {
        let mut effects = self.pending.iter().filter(|pending| !matches!(pending.effect, Effect::Emit(_)));
        effects.next().map(|pending| (pending.node, &pending.effect))
    }

    /// When the next thing happens; `None` where nothing ever will.
    pub fn next_time(&self) -> Option<Time> {
        if self.pending.is_empty() { self.queue.next_time().map(|time| time.max(self.now)) } else { Some(self.now) }
    }

    /// Puts a fault on the timeline.
    pub fn schedule(&mut self, at: Time, fault: Fault) {
        self.queue.push(at, Due::Fault(fault));
    }

    /// Arms a fault that strikes once when its trigger comes, with another one some time after it.
    pub fn arm(&mut self, trigger: Trigger<M>, fault: Fault, then: Option<(Duration, Fault)>) {
        self.armed.push(Armed { trigger, fault, then });
    }

    /// What armed faults still wait for.
    pub fn armed(&self) -> impl Iterator<Item = &Trigger<M>> {
        self.armed.iter().map(|armed| &armed.trigger)
    }

    /// Hands a node a message from outside the simulated network, at a time; it is lost where the node is down then.
    pub fn deliver(&mut self, at: Time, to: NodeId, message: M::Message) {
        self.queue.push(at, Due::Input { node: to, incarnation: None, input: Input::Message { from: to, message } });
    }

    /// Applies one effect with the facts that follow it, or lets the armed faults strike that it triggers, or handles
    /// one event. False where there is nothing left to do.
    #[inline]
    pub fn step(&mut self, model: &M, observer: &mut impl Observer<M>) -> bool {
        self.record_facts(observer);
        let acted = self.strike(model, observer) || self.apply_next() || self.handle_next(model, observer);
        self.record_facts(observer);
        acted
    }

    /// Steps until nothing is due at or before `deadline`, then sets the clock to it.
    pub fn run_until(&mut self, model: &M, deadline: Time, observer: &mut impl Observer<M>) {
        while self.next_time().is_some_and(|time| time <= deadline) {
            self.step(model, observer);
        }
        self.now = self.now.max(deadline);
    }

    /// Applies a fault now. Crashing what is down, restarting what is up and the like change nothing, and so do faults
    /// of nodes that don't exist.
    pub fn fault(&mut self, model: &M, fault: &Fault, observer: &mut impl Observer<M>) {
        if !self.changes_something(fault) {
            return;
        }
        self.record_facts(observer);
        if let Some(event) = model.fault_event(fault) {
            Recorder { fingerprint: &mut self.fingerprint, observer }.record(self.now, None, &event);
        }
        match fault {
            Fault::Crash(node) => self.crash(*node),
            Fault::Restart(node) => self.boot(model, *node),
            Fault::Pause(node) => self.pause(*node),
            Fault::Resume(node) => self.resume(*node),
            Fault::Slow(node, factor) => self.nodes[node.0 as usize].slowdown = (*factor).max(1),
            Fault::Partition(groups) => self.network.partition(groups.clone()),
            Fault::Heal => self.network.partition(Vec::new()),
        }
    }

    fn changes_something(&self, fault: &Fault) -> bool {
        let liveness = |node: &NodeId| self.nodes.get(node.0 as usize).map(|slot| slot.liveness);
        match fault {
            Fault::Crash(node) => matches!(liveness(node), Some(Liveness::Up | Liveness::Paused)),
            Fault::Restart(node) => liveness(node) == Some(Liveness::Down),
            Fault::Pause(node) => liveness(node) == Some(Liveness::Up),
            Fault::Resume(node) => liveness(node) == Some(Liveness::Paused),
            Fault::Slow(node, _) => liveness(node).is_some(),
            Fault::Partition(_) | Fault::Heal => true,
        }
    }

    fn crash(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.0 as usize];
        slot.state = None;
        slot.liveness = Liveness::Down;
        slot.held.clear();
        slot.cut_off.clear();
        Rc::make_mut(&mut slot.disk).crash(&mut self.random);
        let links = std::mem::take(&mut slot.links);
        self.pending.retain(|pending| pending.node != node);
        for peer in links {
            self.nodes[peer.0 as usize].links.retain(|other| *other != node);
            self.close(node, peer);
        }
    }

    fn pause(&mut self, node: NodeId) {
        let (cut_off, pending) = std::mem::take(&mut self.pending).into_iter().partition(|it| it.node == node);
        self.pending = pending;
        let slot = &mut self.nodes[node.0 as usize];
        slot.liveness = Liveness::Paused;
        slot.cut_off = cut_off;
    }

    /// What was cut off goes on; what was held is older than all that the queue has, so it comes next and in order.
    fn resume(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.0 as usize];
        slot.liveness = Liveness::Up;
        self.pending.append(&mut slot.cut_off);
        for (key, input) in std::mem::take(&mut slot.held) {
            self.queue.put_back(key, Due::Input { node, incarnation: Some(slot.incarnation), input });
        }
    }

    /// Tells `peer` that nobody is at `node` any more, as the operating system of a dead process does. It comes after
    /// all that the process had sent, and like it may be lost.
    fn close(&mut self, node: NodeId, peer: NodeId) {
        let [arrival, _] = self.network.route(self.now, node, peer, &mut self.random);
        if let Some(arrival) = arrival {
            self.send_input(arrival, peer, Input::PeerDown(node));
        }
    }

    /// Lets the armed faults strike that the next effect triggers. False where there are none.
    fn strike(&mut self, model: &M, observer: &mut impl Observer<M>) -> bool {
        if self.armed.is_empty() {
            return false;
        }
        let Some(Pending { effect, .. }) = self.pending.front() else { return false };
        let number = self.effects;
        let triggered = |armed: &mut Armed<M>| match (&armed.trigger, effect) {
            (_, Effect::Emit(_)) => false,
            (Trigger::Effect(at), _) => *at == number,
            (Trigger::Step(wanted), Effect::Step(step)) => wanted == step,
            (Trigger::Step(_), _) => false,
        };
        let struck: Vec<Armed<M>> = self.armed.extract_if(.., triggered).collect();
        for Armed { fault, then, .. } in &struck {
            self.fault(model, fault, observer);
            if let Some((delay, fault)) = then {
                self.schedule(self.now + *delay, fault.clone());
            }
        }
        !struck.is_empty()
    }

    /// Applies the next effect; the facts before it are recorded already. False where there is none.
    fn apply_next(&mut self) -> bool {
        let Some(Pending { node, effect }) = self.pending.front() else { return false };
        let node = *node;
        self.effects += 1;
        // The frequent ones are copied field by field: moving them out would wait for the writes that have just put
        // them there.
        match effect {
            Effect::Send { to, message } => {
                let (to, message) = (*to, message.clone());
                self.pending.pop_front();
                self.send(node, to, message);
            }
            Effect::Timer { at, timer } => {
                let (at, timer) = (*at, timer.clone());
                self.pending.pop_front();
                self.send_input(at.max(self.now), node, Input::Timer(timer));
            }
            Effect::Step(_) => drop(self.pending.pop_front()),
            _ => self.apply_front_by_value(),
        }
        true
    }

    fn apply_front_by_value(&mut self) {
        let Some(Pending { node, effect }) = self.pending.pop_front() else { return };
        match effect {
            Effect::Link(peer) => self.link(node, peer),
            Effect::Write { path, data, ticket } => {
                let slot = &mut self.nodes[node.0 as usize];
                Rc::make_mut(&mut slot.disk).begin(ticket, path, data);
                let done = self.now + self.random.between(Stream::Storage, self.write_latency);
                self.queue.push(done, Due::Write { node, incarnation: slot.incarnation, ticket });
            }
            Effect::Sync { path } => self.disk_mut(node).sync(&path),
            Effect::Rename { from, to } => self.disk_mut(node).rename(&from, to),
            Effect::Remove { path } => self.disk_mut(node).remove(&path),
            Effect::Send { .. } | Effect::Timer { .. } | Effect::Step(_) | Effect::Emit(_) => {}
        }
    }

    #[inline(always)]
    fn send(&mut self, from: NodeId, to: NodeId, message: M::Message) {
        if self.liveness(to) == Liveness::Down {
            return self.close(to, from);
        }
        let [arrival, again] = self.network.route(self.now, from, to, &mut self.random);
        if let Some(again) = again {
            self.send_input(again, to, Input::Message { from, message: message.clone() });
        }
        if let Some(arrival) = arrival {
            self.send_input(arrival, to, Input::Message { from, message });
        }
    }

    /// Queues an input for the life that the node has now: what is under way when a node crashes never arrives.
    #[inline(always)]
    fn send_input(&mut self, at: Time, node: NodeId, input: Input<M>) {
        let incarnation = Some(self.nodes[node.0 as usize].incarnation);
        self.queue.push(at, Due::Input { node, incarnation, input });
    }

    fn link(&mut self, node: NodeId, peer: NodeId) {
        if self.liveness(peer) == Liveness::Down {
            return self.close(peer, node);
        }
        for (one, other) in [(node, peer), (peer, node)] {
            let links = &mut self.nodes[one.0 as usize].links;
            if !links.contains(&other) {
                links.push(other);
            }
        }
    }

    /// Handles the next event. False where there is none.
    fn handle_next(&mut self, model: &M, observer: &mut impl Observer<M>) -> bool {
        let Some((key, due)) = self.queue.pop() else { return false };
        self.now = self.now.max(key.time());
        match due {
            Due::Input { node, incarnation, input } => {
                let current = self.nodes[node.0 as usize].incarnation;
                if incarnation.is_none_or(|meant| meant == current) {
                    self.input(model, node, key, input, observer);
                }
            }
            Due::Write { node, incarnation, ticket } => {
                let slot = &mut self.nodes[node.0 as usize];
                if slot.incarnation == incarnation && slot.liveness != Liveness::Down {
                    Rc::make_mut(&mut slot.disk).finish(ticket);
                    self.input(model, node, key, Input::Written(ticket), observer);
                }
            }
            Due::Fault(fault) => self.fault(model, &fault, observer),
        }
        true
    }

    #[inline(always)]
    fn input(&mut self, model: &M, node: NodeId, key: Key, input: Input<M>, observer: &mut impl Observer<M>) {
        let slot = &mut self.nodes[node.0 as usize];
        if slot.liveness == Liveness::Paused {
            slot.held.push((key, input));
            return;
        }
        let Some(state) = &mut slot.state else { return };
        let mut effects = Effects {
            now: self.now,
            node,
            slowdown: slot.slowdown,
            random: &mut self.random,
            pending: &mut self.pending,
            recorder: Some(Recorder { fingerprint: &mut self.fingerprint, observer }),
        };
        model.handle(Rc::make_mut(state), input, &slot.disk, &mut effects);
    }

    fn disk_mut(&mut self, node: NodeId) -> &mut Disk {
        Rc::make_mut(&mut self.nodes[node.0 as usize].disk)
    }

    /// Records the facts that come before the next effect.
    #[inline]
    fn record_facts(&mut self, observer: &mut impl Observer<M>) {
        let mut recorder = Recorder { fingerprint: &mut self.fingerprint, observer };
        while let Some(Pending { node, effect: Effect::Emit(event) }) = self.pending.front() {
            recorder.record(self.now, Some(*node), event);
            self.pending.pop_front();
        }
    }
}
