//! A model without a will: its nodes push the effects they are sent, and remember all that they saw.

use headwater::sim::{Disk, Duration, Effect, Effects, Fault, Input, Link, Model, NodeId, Observer, Time, World};

pub struct Puppet;

#[derive(Clone)]
pub enum Message {
    /// Push these effects.
    Do(Vec<Effect<Puppet>>),
    Note(u32),
}

/// What a node saw in this life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saw {
    /// The files it booted with.
    Boot(Vec<(String, Vec<u8>)>),
    Note(NodeId, u32),
    Timer(u32),
    Written(u64),
    PeerDown(NodeId),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    Fact(u32),
    Fault(Fault),
}

#[derive(Clone)]
pub struct Life {
    pub saw: Vec<(Time, Saw)>,
    /// The slowdown at the last input.
    pub slowdown: u64,
}

impl Model for Puppet {
    type Node = Life;
    type Message = Message;
    type Timer = u32;
    type Step = u32;
    type Event = Event;

    fn boot(&self, _: NodeId, disk: &Disk, fx: &mut Effects<Puppet>) -> Life {
        Life { saw: vec![(fx.now(), Saw::Boot(files(disk)))], slowdown: fx.slowdown() }
    }

    fn handle(&self, life: &mut Life, input: Input<Puppet>, _: &Disk, fx: &mut Effects<Puppet>) {
        let saw = match input {
            Input::Message { message: Message::Do(effects), .. } => {
                effects.into_iter().for_each(|effect| fx.push(effect));
                return;
            }
            Input::Message { from, message: Message::Note(number) } => Saw::Note(from, number),
            Input::Timer(number) => Saw::Timer(number),
            Input::Written(ticket) => Saw::Written(ticket),
            Input::PeerDown(peer) => Saw::PeerDown(peer),
        };
        life.slowdown = fx.slowdown();
        life.saw.push((fx.now(), saw));
    }

    fn fault_event(&self, fault: &Fault) -> Option<Event> {
        Some(Event::Fault(fault.clone()))
    }

    fn name(&self, _: &Effect<Puppet>) -> String {
        String::new()
    }
}

/// All that was recorded.
#[derive(Default)]
pub struct Facts(pub Vec<Event>);

impl Observer<Puppet> for Facts {
    fn observe(&mut self, _: Time, _: Option<NodeId>, event: &Event) {
        self.0.push(event.clone());
    }
}

/// A world of `nodes` nodes that are up, each on its own host, at time zero.
pub fn world(nodes: u32, seed: u64, link: Link) -> World<Puppet> {
    let mut world = World::new(Time(0), seed, link);
    for host in 0..nodes {
        let node = world.add_node(host);
        world.boot(&Puppet, node);
    }
    world
}

/// Has a node push effects at a time.
pub fn at(world: &mut World<Puppet>, millis: u64, node: NodeId, effects: Vec<Effect<Puppet>>) {
    world.deliver(Time::from_millis(millis), node, Message::Do(effects));
}

pub fn run(world: &mut World<Puppet>) -> Facts {
    let mut facts = Facts::default();
    world.run_until(&Puppet, Time::from_millis(1_000_000), &mut facts);
    facts
}

pub fn note(to: NodeId, number: u32) -> Effect<Puppet> {
    Effect::Send { to, message: Message::Note(number) }
}

pub fn timer(millis: u64, timer: u32) -> Effect<Puppet> {
    Effect::Timer { at: Time::from_millis(millis), timer }
}

pub fn write(path: &str, data: &[u8], ticket: u64) -> Effect<Puppet> {
    Effect::Write { path: path.into(), data: data.into(), ticket }
}

/// What a node saw since it booted, and when, in milliseconds.
pub fn saw(world: &World<Puppet>, node: NodeId) -> Vec<(u64, Saw)> {
    let life = world.node(node).expect("the node is up");
    life.saw.iter().skip(1).map(|(time, saw)| (time.as_millis(), saw.clone())).collect()
}

/// The notes a node got since it booted.
pub fn notes(world: &World<Puppet>, node: NodeId) -> Vec<u32> {
    let number = |(_, saw)| if let Saw::Note(_, number) = saw { Some(number) } else { None };
    saw(world, node).into_iter().filter_map(number).collect()
}

pub fn files(disk: &Disk) -> Vec<(String, Vec<u8>)> {
    let content = |path: &str| disk.read(path).map_or(Vec::new(), |data| data.to_vec());
    disk.list("").map(|path| (path.to_string(), content(path))).collect()
}

/// A network whose messages take 1 to 10 milliseconds.
pub fn jittery() -> Link {
    Link { latency: (Duration::millis(1), Duration::millis(10)), ..Link::default() }
}

/// A network whose messages take 1 millisecond.
pub fn steady() -> Link {
    Link { latency: (Duration::millis(1), Duration::millis(1)), ..Link::default() }
}
