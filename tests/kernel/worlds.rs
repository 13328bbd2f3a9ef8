//! The world as a value, on the toy protocol: replay, forks, and every schedule of faults.

use std::collections::BTreeSet;

use headwater::sim::{Duration, Fault, Link, NodeId, Observer, Random, Ratio, Stream, Time, Trigger, World};
use proptest::prelude::*;

use crate::toy::{self, At, DRIVER, Event, Log, STORAGE, Step, Toy, batches, deadline};

const TOY: Toy = Toy { batches: 100 };

fn jittery() -> Link {
    Link { latency: (Duration::millis(1), Duration::millis(30)), ..Link::default() }
}

fn finish(mut world: World<Toy>, toy: &Toy) -> World<Toy> {
    world.run_until(toy, deadline(toy), &mut ());
    world
}

/// Whether every batch was planned and committed, in order and without a gap.
fn complete(world: &World<Toy>, toy: &Toy) -> bool {
    let all: Vec<u32> = (1..=toy.batches).collect();
    [Log::Offsets, Log::Commits].iter().all(|log| batches(world.disk(STORAGE), *log) == all)
}

/// Times and facts, in order.
#[derive(Default)]
struct Record(Vec<(Time, Event)>);

impl Observer<Toy> for Record {
    fn observe(&mut self, time: Time, _: Option<NodeId>, event: &Event) {
        self.0.push((time, event.clone()));
    }
}

#[test]
fn the_toy_commits_every_batch() {
    let mut record = Record::default();
    let mut world = toy::world(&TOY, 7, jittery());
    world.run_until(&TOY, deadline(&TOY), &mut record);
    assert!(complete(&world, &TOY));
    let committed = record.0.iter().filter_map(|(_, event)| match event {
        Event::Committed(batch) => Some(*batch),
        _ => None,
    });
    assert!(committed.eq(1..=100));
}

#[test]
fn a_seed_is_a_run() {
    let fingerprint = |seed| finish(toy::world(&TOY, seed, jittery()), &TOY).fingerprint();
    let all: BTreeSet<u64> = (0..50).map(fingerprint).collect();
    assert_eq!(all.len(), 50);
    assert_eq!(fingerprint(7), fingerprint(7));
}

#[test]
fn a_seed_is_the_same_run_on_every_machine() {
    assert_eq!(finish(toy::world(&TOY, 7, jittery()), &TOY).fingerprint(), 10_127_866_536_035_164_107);
}

#[test]
fn every_fork_ends_as_the_world_it_came_from() {
    let mut world = toy::world(&TOY, 7, jittery());
    world.shuffle_ties();
    let end = finish(world.clone(), &TOY).fingerprint();
    let mut forks = 0;
    while world.step(&TOY, &mut ()) {
        if world.next_effect().is_some() {
            assert_eq!(finish(world.clone(), &TOY).fingerprint(), end, "forked before effect {}", world.effects());
            forks += 1;
        }
    }
    assert_eq!((forks, world.fingerprint()), (world.effects() - 1, end), "all effects but the first");
}

#[test]
fn a_driver_crash_before_any_effect_is_recovered_from() {
    let toy = Toy { batches: 8 };
    let mut world = toy::world(&toy, 7, jittery());
    let mut runs = BTreeSet::new();
    while world.step(&toy, &mut ()) {
        if world.next_effect().is_some() {
            let untouched = world.fingerprint();
            let mut fork = world.clone();
            fork.fault(&toy, &Fault::Crash(DRIVER), &mut ());
            fork.schedule(fork.now() + Duration::seconds(3), Fault::Restart(DRIVER));
            fork.run_until(&toy, deadline(&toy) + Duration::seconds(10), &mut ());
            assert!(complete(&fork, &toy), "crash before effect {}", world.effects());
            assert_eq!(world.fingerprint(), untouched, "a fork is a world of its own");
            runs.insert(fork.fingerprint());
        }
    }
    assert!(runs.len() > 40, "{} different runs", runs.len());
}

#[test]
fn a_fault_can_be_pinned_to_a_step_of_a_batch() {
    let mut world = toy::world(&TOY, 7, jittery());
    let step = At { batch: 5, step: Step::CommitOffsets };
    world.arm(Trigger::Step(step), Fault::Crash(DRIVER), None);
    let world = finish(world, &TOY);
    let disk = world.disk(STORAGE);
    assert_eq!((batches(disk, Log::Offsets).len(), batches(disk, Log::Commits).len()), (5, 4));
}

#[test]
fn a_new_draw_in_one_stream_moves_no_other() {
    let all = [Stream::Network, Stream::Storage, Stream::Faults, Stream::Schedule, Stream::Costs, Stream::Workload];
    for drawn in all {
        let (mut quiet, mut busy) = (Random::new(7), Random::new(7));
        for _ in 0..100 {
            busy.bits(drawn);
        }
        for other in all {
            assert_eq!(quiet.bits(other) == busy.bits(other), drawn != other);
        }
    }
}

#[test]
fn a_disk_that_draws_its_latency_does_not_change_what_tasks_cost() {
    /// When each batch was planned, and how long after that each of its tasks was done.
    fn run(write_latency: (Duration, Duration)) -> (Vec<Time>, Vec<Duration>) {
        let mut record = Record::default();
        let mut world = toy::world(&TOY, 7, Link::default());
        world.set_write_latency(write_latency);
        world.run_until(&TOY, deadline(&TOY), &mut record);
        let (mut planned, mut taken) = (Vec::new(), Vec::new());
        for (time, event) in record.0 {
            match event {
                Event::Planned(_) => planned.push(time),
                Event::Ran(_) => taken.extend(planned.last().map(|planned| time.since(*planned))),
                _ => {}
            }
        }
        (planned, taken)
    }
    let steady = run((Duration::millis(1), Duration::millis(1)));
    let jittery = run((Duration::millis(1), Duration::millis(9)));
    assert_ne!(steady.0, jittery.0);
    assert_eq!((steady.1.len(), steady.1), (300, jittery.1));
}

fn fault() -> impl Strategy<Value = Fault> {
    let node = || (0_u32..6).prop_map(NodeId);
    prop_oneof![
        node().prop_map(Fault::Crash),
        node().prop_map(Fault::Restart),
        node().prop_map(Fault::Pause),
        node().prop_map(Fault::Resume),
        (node(), 0_u32..20).prop_map(|(node, factor)| Fault::Slow(node, factor)),
        prop::collection::vec(prop::collection::vec(node(), 0..3), 0..3).prop_map(Fault::Partition),
        Just(Fault::Heal),
    ]
}

/// A fault, and how many milliseconds after the start or after another one it comes.
type Later = (u64, Fault);

#[derive(Clone, Debug)]
struct Schedule {
    seed: u64,
    shuffled: bool,
    loss: u32,
    duplicate: u32,
    timed: Vec<Later>,
    armed: Vec<(u64, Fault, Option<Later>)>,
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let millis = 0_u64..10_000;
    (
        any::<(u64, bool)>(),
        (0_u32..5, 0_u32..5),
        prop::collection::vec((millis.clone(), fault()), 0..8),
        prop::collection::vec((0_u64..300, fault(), prop::option::of((millis, fault()))), 0..4),
    )
        .prop_map(|((seed, shuffled), (loss, duplicate), timed, armed)| Schedule {
            seed,
            shuffled,
            loss,
            duplicate,
            timed,
            armed,
        })
}

/// Ten batches in ten minutes under this schedule. All is mended every minute, for an armed fault may strike late.
fn endure(schedule: &Schedule) -> (World<Toy>, Record) {
    let toy = Toy { batches: 10 };
    let link = Link { loss: Ratio::new(schedule.loss, 20), duplicate: Ratio::new(schedule.duplicate, 20), ..jittery() };
    let mut world = toy::world(&toy, schedule.seed, link);
    if schedule.shuffled {
        world.shuffle_ties();
    }
    for (millis, fault) in &schedule.timed {
        world.schedule(toy::START + Duration::millis(*millis), fault.clone());
    }
    for (number, fault, then) in &schedule.armed {
        let then = then.clone().map(|(millis, fault)| (Duration::millis(millis), fault));
        world.arm(Trigger::Effect(*number), fault.clone(), then);
    }
    for minute in 1..=9 {
        let heal = toy::START + Duration::minutes(minute);
        world.schedule(heal, Fault::Heal);
        for node in (0..5).map(NodeId) {
            for fault in [Fault::Slow(node, 1), Fault::Resume(node), Fault::Restart(node)] {
                world.schedule(heal, fault);
            }
        }
    }
    let mut record = Record::default();
    world.run_until(&toy, toy::START + Duration::minutes(10), &mut record);
    (world, record)
}

proptest! {
    #[test]
    fn any_schedule_of_faults_can_be_replayed_and_recovered_from(schedule in schedule()) {
        let (world, record) = endure(&schedule);
        let (again, same) = endure(&schedule);
        prop_assert_eq!(&record.0, &same.0);
        prop_assert_eq!(world.fingerprint(), again.fingerprint());
        prop_assert!(record.0.is_sorted_by_key(|(time, _)| *time), "time goes back");
        prop_assert!(complete(&world, &Toy { batches: 10 }), "a batch is missing");
    }
}
