//! From a scenario and its program to a world in which all that it says is about to happen.

use std::rc::Rc;

use crate::{
    application::{self, ClusterSpec, Options, Simulation},
    cluster,
    conf::SparkConf,
    sim::{Duration, Fault, Link, NodeId, Trigger},
};

use super::{Action, Costs, Entry, Input, Master, Network, Node, Scenario, Stop, When};

/// A world with the scenario's machines, inputs and timeline, in which the program is about to start.
pub fn compile(scenario: &Scenario, program: application::Program) -> Simulation {
    let mut simulation = Simulation::new(program, options(scenario));
    for (node, factor) in &scenario.costs.slow {
        for node in nodes_of(&simulation, *node) {
            simulation.fault(Duration::ZERO, Fault::Slow(node, *factor));
        }
    }
    for entry in &scenario.timeline {
        enter(&mut simulation, scenario, entry);
    }
    simulation
}

fn options(scenario: &Scenario) -> Options {
    let Network { latency, loss, duplicate } = &scenario.network;
    let Costs { job, task, record, jitter, slow: _ } = &scenario.costs;
    let mut conf = SparkConf::default();
    for (key, value) in &scenario.conf {
        conf.set(&**key, &**value);
    }
    Options {
        seed: scenario.seed,
        start: scenario.start,
        cluster: scenario.cluster.as_ref().map(|cluster| match cluster.master {
            Master::Local { threads } => ClusterSpec::Local { threads },
            Master::Executors { executors, cores } => ClusterSpec::Executors { executors, cores },
        }),
        link: Link { latency: (latency.low, latency.high), loss: *loss, duplicate: *duplicate },
        costs: cluster::Costs { job: *job, task: *task, record: *record, jitter: (jitter.low, jitter.high) },
        conf,
        sockets: scenario.inputs.values().filter_map(address).collect(),
        ..Options::default()
    }
}

/// `host:port` of a socket.
pub(super) fn address(input: &Input) -> Option<Rc<str>> {
    match input {
        Input::Socket(address) => Some(address.to_string().into()),
        Input::Directory(_) | Input::Batches(_) => None,
    }
}

/// Puts one entry on the timeline. Inputs and nodes that do not exist were refused before.
fn enter(simulation: &mut Simulation, scenario: &Scenario, entry: &Entry) {
    match (&entry.action, entry.when) {
        (Action::Add { input, lines }, When::At(at)) => {
            if let Some(address) = scenario.inputs.get(&**input).and_then(address) {
                simulation.feed(at, &address, lines.clone());
            }
        }
        (Action::File { input, name, lines }, When::At(at)) => {
            if let Some(Input::Directory(directory)) = scenario.inputs.get(&**input) {
                simulation.put_file(at, format!("{directory}/{name}"), lines.clone());
            }
        }
        (Action::Stop(stop), When::At(at)) => simulation.stop(at, *stop == Stop::Gracefully),
        (action, when) => {
            for (fault, then) in faults(simulation, scenario, action) {
                match when {
                    When::Before { batch, step } => simulation.fault_before(batch, step, fault, then),
                    When::Effect(number) => simulation.fault_at_effect(number, fault, then),
                    When::At(at) => {
                        simulation.fault(at, fault);
                        if let Some((after, then)) = then {
                            simulation.fault(at + after, then);
                        }
                    }
                }
            }
        }
    }
}

/// What breaks, and what mends it some time later.
fn faults(simulation: &Simulation, scenario: &Scenario, action: &Action) -> Vec<(Fault, Option<(Duration, Fault)>)> {
    let on = |node: &Node, fault: &dyn Fn(NodeId) -> Fault, end: Option<Duration>, mend: &dyn Fn(NodeId) -> Fault| {
        nodes_of(simulation, *node).map(|node| (fault(node), end.map(|after| (after, mend(node))))).collect()
    };
    match action {
        Action::Crash { node, restart_after } => {
            let replaced = scenario.cluster.as_ref().and_then(|cluster| match node {
                Node::Driver => cluster.driver_restart,
                Node::Executor(_) => cluster.executor_restart,
            });
            on(node, &Fault::Crash, restart_after.or(replaced), &Fault::Restart)
        }
        Action::Restart { node } => on(node, &Fault::Restart, None, &Fault::Restart),
        Action::Pause { node, resume_after } => on(node, &Fault::Pause, *resume_after, &Fault::Resume),
        Action::Resume { node } => on(node, &Fault::Resume, None, &Fault::Resume),
        Action::Slow { node, factor, lasting } => {
            let usual = scenario.costs.slow.get(node).copied().unwrap_or(1);
            let slow = |node| Fault::Slow(node, usual.saturating_mul(*factor));
            on(node, &slow, *lasting, &|node| Fault::Slow(node, usual))
        }
        Action::Partition { groups, heal_after } => {
            let nodes = |group: &Vec<Node>| group.iter().flat_map(|node| nodes_of(simulation, *node)).collect();
            let partition = Fault::Partition(groups.iter().map(nodes).collect());
            vec![(partition, heal_after.map(|after| (after, Fault::Heal)))]
        }
        Action::Heal => vec![(Fault::Heal, None)],
        Action::Add { .. } | Action::File { .. } | Action::Stop(_) => Vec::new(),
    }
}

/// The processes of a node. On a local master, what runs the tasks dies with the driver and restarts after it.
fn nodes_of(simulation: &Simulation, node: Node) -> impl Iterator<Item = NodeId> + use<> {
    let setup = simulation.application().setup();
    let executors = match node {
        Node::Driver if setup.local => setup.executors.clone(),
        _ => Vec::new(),
    };
    simulation.application().node_named(&node.to_string()).into_iter().chain(executors)
}

/// Whether a fault of this entry has not struck yet, because the run never came to its point.
pub(super) fn still_waits(simulation: &Simulation, entry: &Entry) -> bool {
    simulation.world().armed().any(|trigger| match (trigger, entry.when) {
        (Trigger::Effect(armed), When::Effect(number)) => *armed == number,
        (Trigger::Step(armed), When::Before { batch, step }) => {
            armed.batch == simulation.start() + batch && armed.step == step
        }
        _ => false,
    })
}
