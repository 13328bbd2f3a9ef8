//! Random DStream programs on random clusters, against a reference that recomputes everything from the raw batches.

mod program;
mod reference;

use std::collections::BTreeMap;

use headwater::application::{ClusterSpec, Options, Run, Simulation};
use headwater::sim::{Duration, Fault, Link};
use headwater::value::Value;
use proptest::prelude::*;
use proptest::test_runner::Config;

use program::{Definition, Row, definition};
use reference::Reference;

/// How many batches are compared.
const BATCHES: u64 = 14;

/// The machines, and what goes wrong with them.
#[derive(Clone, Debug)]
struct Machines {
    cluster: ClusterSpec,
    seed: u64,
    /// Longest latency and jitter of tasks, in milliseconds.
    latency: u64,
    jitter: u64,
    /// When an executor crashes, which one, and for how long, in milliseconds.
    crashes: Vec<(u64, u32, u64)>,
}

fn machines() -> impl Strategy<Value = Machines> {
    let cluster = prop_oneof![
        (1..4_u32).prop_map(|threads| ClusterSpec::Local { threads }),
        (1..4_u32, 1..3_u32).prop_map(|(executors, cores)| ClusterSpec::Executors { executors, cores }),
        (2..4_u32, 1..3_u32).prop_map(|(executors, cores)| ClusterSpec::Executors { executors, cores }),
    ];
    let crashes = prop::collection::vec((500..15_000_u64, 0..3_u32, 1..3_000_u64), 0..5);
    (cluster, any::<u64>(), 0..20_u64, 0..100_u64, crashes)
        .prop_map(|(cluster, seed, latency, jitter, crashes)| Machines { cluster, seed, latency, jitter, crashes })
}

impl Machines {
    fn simulation(&self, definition: &Definition) -> Simulation {
        let mut options = Options { cluster: Some(self.cluster), seed: self.seed, ..Options::default() };
        options.shuffle_ties = self.seed.is_multiple_of(2);
        options.link = Link { latency: (Duration::micros(100), Duration::millis(self.latency)), ..Link::default() };
        options.costs.jitter = (Duration::ZERO, Duration::millis(self.jitter));
        let settings = [
            // A task that is always where an executor crashes may take many attempts.
            ("spark.task.maxFailures", "1000"),
            ("spark.stage.maxConsecutiveAttempts", "1000"),
            ("spark.shuffle.io.retryWait", "100ms"),
            ("spark.locality.wait", "200ms"),
        ];
        settings.into_iter().for_each(|(key, value)| options.conf.set(key, value));
        let mut simulation = Simulation::new(definition.program(), options);
        let ClusterSpec::Executors { executors, .. } = self.cluster else { return simulation };
        for (at, executor, down) in &self.crashes {
            let name = format!("executor-{}", executor % executors + 1);
            let node = simulation.application().node_named(&name).expect("an executor");
            simulation.fault(Duration::millis(*at), Fault::Crash(node));
            simulation.fault(Duration::millis(at + down), Fault::Restart(node));
        }
        simulation
    }
}

/// What the engine put out: sorted rows by batch and output.
fn rows_of_engine(definition: &Definition, machines: &Machines) -> BTreeMap<(u64, String), Vec<Value>> {
    let mut simulation = machines.simulation(definition);
    let mut run = Run::default();
    let start = simulation.start().as_millis();
    for minute in 1..10 {
        simulation.run_until(Duration::seconds(20 * minute), &mut run);
        let done = |number: u64| {
            let batch = run.summary.batches.get(&(start + number * 1_000));
            batch.is_none_or(|batch| batch.completed.is_some())
        };
        if (1..=BATCHES).all(done) {
            break;
        }
    }
    assert_eq!(run.summary.ended, None, "no batch fails");
    let batches = run.summary.batches.values().filter(|batch| batch.batch_time <= start + BATCHES * 1_000);
    let mut rows = BTreeMap::new();
    for batch in batches {
        assert!(batch.completed.is_some(), "batch {} is not completed", batch.batch_time - start);
        for (name, output) in &batch.outputs {
            let mut sorted = output.rows.clone();
            sorted.sort();
            rows.insert(((batch.batch_time - start) / 1_000, name.to_string()), sorted);
        }
    }
    rows
}

fn rows_of_reference(definition: &Definition) -> BTreeMap<(u64, String), Vec<Value>> {
    let mut reference = Reference::new(definition);
    let mut rows = BTreeMap::new();
    for batch in 1..=BATCHES {
        for output in definition.outputs() {
            if let Some(mut computed) = reference.rows(output, batch) {
                computed.sort();
                rows.insert((batch, Definition::name(output)), computed.into_iter().map(Value::from).collect());
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(Config { cases: Config::default().cases.max(400), failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_engine_computes_what_the_reference_does(definition in definition(), machines in machines()) {
        let (engine, reference) = (rows_of_engine(&definition, &machines), rows_of_reference(&definition));
        for (place, rows) in &reference {
            prop_assert_eq!(engine.get(place), Some(rows), "{:?} of {:#?}", place, definition);
        }
        prop_assert_eq!(engine.len(), reference.len(), "batches out of turn in {:#?}", definition);
    }
}

/// The reference is simple enough to be checked by hand.
#[test]
fn the_reference_knows_what_a_window_is() {
    use program::Op;
    let batches: Vec<Vec<Row>> = vec![vec![(1, 10)], vec![(1, 5), (2, 7)], vec![]];
    let nodes = vec![(Op::InverseWindow { length: 2, slide: 1 }, 0, 0), (Op::Window { length: 2, slide: 2 }, 0, 0)];
    let definition = Definition::new([batches, vec![]], nodes);
    let mut reference = Reference::new(&definition);
    let mut sums = |batch| reference.rows(2, batch);
    assert_eq!(sums(1), Some(vec![(1, 10)]));
    assert_eq!(sums(3), Some(vec![(1, 5), (2, 7)]));
    assert_eq!(sums(4), Some(vec![(1, 0), (2, 0)]));
    assert_eq!(reference.rows(3, 3), None);
    assert_eq!(reference.rows(3, 4), Some(vec![]));
}
