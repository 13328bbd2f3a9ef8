//! Crash, restart, pause, resume, slowness, broken connections, and armed faults.

use headwater::sim::{Duration, Effect, Fault, Liveness, NodeId, Time, Trigger, World};

use crate::puppet::{self, Event, Puppet, Saw, at, note, notes, saw, timer, write};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

fn two() -> World<Puppet> {
    puppet::world(2, 0, puppet::steady())
}

fn schedule(world: &mut World<Puppet>, faults: impl IntoIterator<Item = (u64, Fault)>) {
    for (millis, fault) in faults {
        world.schedule(Time::from_millis(millis), fault);
    }
}

#[test]
fn a_crash_drops_timers_and_messages_under_way() {
    let mut world = two();
    at(&mut world, 10, A, vec![timer(11, 1), note(A, 2)]);
    at(&mut world, 9, B, vec![note(A, 3)]);
    at(&mut world, 10, B, vec![note(A, 4)]);
    // Even where the node is up again when they would come.
    world.schedule(Time(10_500), Fault::Crash(A));
    world.schedule(Time(10_600), Fault::Restart(A));
    at(&mut world, 12, B, vec![note(A, 5)]);
    puppet::run(&mut world);
    assert_eq!(saw(&world, A), [(13, Saw::Note(B, 5))]);
}

#[test]
fn a_node_that_is_down_gets_nothing_and_the_sender_learns_it() {
    let mut world = two();
    schedule(&mut world, [(1, Fault::Crash(A))]);
    world.schedule(Time(2_500), Fault::Restart(A));
    at(&mut world, 2, B, vec![note(A, 1)]);
    world.run_until(&Puppet, Time::from_millis(2), &mut ());
    assert!(world.node(A).is_none());
    puppet::run(&mut world);
    assert_eq!((saw(&world, A), saw(&world, B)), (vec![], vec![(3, Saw::PeerDown(A))]));
}

#[test]
fn a_message_outlives_its_sender() {
    let mut world = two();
    at(&mut world, 1, A, vec![note(B, 1)]);
    world.schedule(Time(1_500), Fault::Crash(A));
    puppet::run(&mut world);
    assert_eq!(notes(&world, B), [1]);
}

#[test]
fn a_restart_sees_the_disk_and_nothing_else() {
    let mut world = two();
    let sync = Effect::Sync { path: "kept".into() };
    at(&mut world, 1, A, vec![write("kept", b"data", 1)]);
    at(&mut world, 5, A, vec![sync, note(A, 7)]);
    schedule(&mut world, [(10, Fault::Crash(A)), (20, Fault::Restart(A))]);
    puppet::run(&mut world);
    let life = &world.node(A).expect("up").saw;
    let booted = Saw::Boot(vec![("kept".into(), b"data".to_vec())]);
    assert_eq!(*life, [(Time::from_millis(20), booted)]);
}

#[test]
fn a_crash_before_an_effect_drops_it_and_all_after_it() {
    for crash_before in 0..=3 {
        let mut world = two();
        world.arm(Trigger::Effect(crash_before), Fault::Crash(A), Some((Duration::millis(5), Fault::Restart(A))));
        at(&mut world, 0, A, vec![note(B, 0), note(B, 1), note(B, 2)]);
        puppet::run(&mut world);
        assert_eq!(notes(&world, B), (0..crash_before as u32).collect::<Vec<_>>());
        let restarted = Time::from_millis(5);
        let booted = world.node(A).expect("up again").saw[0].0;
        // There are but three effects, so the last of these faults never strikes.
        assert_eq!(booted, if crash_before < 3 { restarted } else { Time(0) });
    }
}

#[test]
fn an_armed_fault_strikes_once_before_its_step() {
    let mut world = two();
    world.arm(Trigger::Step(7), Fault::Crash(A), Some((Duration::millis(1), Fault::Restart(A))));
    for millis in [0, 10] {
        at(&mut world, millis, A, vec![note(B, 1), Effect::Step(6), note(B, 2), Effect::Step(7), note(B, 3)]);
    }
    let faults = puppet::run(&mut world).0;
    assert_eq!(notes(&world, B), [1, 2, 1, 2, 3]);
    assert_eq!(faults, [Event::Fault(Fault::Crash(A)), Event::Fault(Fault::Restart(A))]);
}

#[test]
fn a_fault_may_strike_another_node_than_the_one_that_triggers_it() {
    let mut world = two();
    world.arm(Trigger::Step(1), Fault::Crash(B), None);
    at(&mut world, 0, A, vec![Effect::Step(1), timer(1, 1)]);
    puppet::run(&mut world);
    assert_eq!((world.liveness(A), world.liveness(B)), (Liveness::Up, Liveness::Down));
    assert_eq!(saw(&world, A), [(1, Saw::Timer(1))]);
}

#[test]
fn a_fact_happens_with_the_effect_before_it() {
    let mut world = two();
    world.arm(Trigger::Effect(1), Fault::Crash(A), None);
    at(&mut world, 0, A, vec![note(B, 0), Effect::Emit(Event::Fact(1)), note(B, 1), Effect::Emit(Event::Fact(2))]);
    assert_eq!(puppet::run(&mut world).0, [Event::Fact(1), Event::Fault(Fault::Crash(A))]);
}

#[test]
fn a_zombie_meets_its_old_timers_and_messages_at_once_and_in_order() {
    let mut world = two();
    at(&mut world, 0, A, vec![timer(10, 1), timer(30, 2), write("file", b"", 9)]);
    at(&mut world, 14, B, vec![note(A, 3)]);
    world.schedule(Time(500), Fault::Pause(A));
    schedule(&mut world, [(20, Fault::Resume(A))]);
    puppet::run(&mut world);
    assert_eq!(
        saw(&world, A),
        [(20, Saw::Written(9)), (20, Saw::Timer(1)), (20, Saw::Note(B, 3)), (30, Saw::Timer(2))]
    );
}

#[test]
fn a_pause_cuts_off_a_handler_between_two_effects() {
    let mut world = two();
    world.arm(Trigger::Step(7), Fault::Pause(A), Some((Duration::millis(20), Fault::Resume(A))));
    at(&mut world, 0, A, vec![note(B, 1), Effect::Step(7), note(B, 2), note(B, 3)]);
    at(&mut world, 5, A, vec![note(B, 4)]);
    puppet::run(&mut world);
    let at_millis = |millis, number| (millis, Saw::Note(A, number));
    assert_eq!(saw(&world, B), [at_millis(1, 1), at_millis(21, 2), at_millis(21, 3), at_millis(21, 4)]);
}

#[test]
fn a_crash_of_a_paused_node_drops_all_that_waited() {
    let mut world = two();
    world.arm(Trigger::Step(7), Fault::Pause(A), None);
    at(&mut world, 0, A, vec![Effect::Step(7), note(B, 1)]);
    at(&mut world, 1, B, vec![note(A, 2)]);
    schedule(&mut world, [(5, Fault::Crash(A)), (5, Fault::Restart(A)), (6, Fault::Resume(A))]);
    puppet::run(&mut world);
    assert_eq!((saw(&world, A), saw(&world, B)), (vec![], vec![]));
}

#[test]
fn both_ends_of_a_link_learn_of_a_crash_and_nobody_else_does() {
    for (opener, peer) in [(A, B), (B, A)] {
        let mut world = puppet::world(3, 0, puppet::steady());
        at(&mut world, 0, opener, vec![Effect::Link(peer), Effect::Link(peer)]);
        at(&mut world, 9, A, vec![note(B, 1)]);
        schedule(&mut world, [(9, Fault::Crash(A)), (12, Fault::Restart(A)), (15, Fault::Crash(A))]);
        puppet::run(&mut world);
        // After the last message, once, and not again for a life that has opened no link.
        assert_eq!(saw(&world, B), [(10, Saw::Note(A, 1)), (10, Saw::PeerDown(A))]);
        assert_eq!(saw(&world, NodeId(2)), []);
    }
}

#[test]
fn a_partition_hides_a_crash() {
    let mut world = two();
    at(&mut world, 0, A, vec![Effect::Link(B)]);
    schedule(&mut world, [(1, Fault::Partition(vec![vec![A], vec![B]])), (2, Fault::Crash(A)), (3, Fault::Heal)]);
    puppet::run(&mut world);
    assert_eq!(saw(&world, B), []);
}

#[test]
fn a_link_to_a_node_that_is_down_is_refused() {
    let mut world = two();
    schedule(&mut world, [(0, Fault::Crash(B)), (5, Fault::Restart(B)), (6, Fault::Crash(B))]);
    at(&mut world, 1, A, vec![Effect::Link(B)]);
    puppet::run(&mut world);
    assert_eq!(saw(&world, A), [(2, Saw::PeerDown(B))]);
}

#[test]
fn a_slow_node_knows_how_slow_it_is() {
    let mut world = two();
    for (millis, factor, known) in [(1, 5, 5), (2, 0, 1), (3, 2, 2)] {
        schedule(&mut world, [(millis, Fault::Slow(A, factor))]);
        at(&mut world, millis, A, vec![note(A, 0)]);
        world.run_until(&Puppet, Time::from_millis(millis), &mut ());
        assert_eq!(world.node(A).expect("up").slowdown, known);
    }
}

#[test]
fn faults_that_change_nothing_are_no_facts() {
    let mut world = two();
    let nobody = NodeId(99);
    let idle =
        [Fault::Restart(A), Fault::Resume(A), Fault::Crash(nobody), Fault::Restart(nobody), Fault::Slow(nobody, 2)];
    schedule(&mut world, idle.map(|fault| (1, fault)));
    let twice = [Fault::Pause(A), Fault::Pause(A), Fault::Crash(A), Fault::Crash(A), Fault::Pause(A)];
    schedule(&mut world, twice.map(|fault| (2, fault)));
    assert_eq!(puppet::run(&mut world).0, [Event::Fault(Fault::Pause(A)), Event::Fault(Fault::Crash(A))]);
}

#[test]
fn booting_a_node_that_is_up_changes_nothing() {
    let mut world = two();
    at(&mut world, 0, A, vec![timer(5, 1)]);
    world.run_until(&Puppet, Time::from_millis(1), &mut ());
    world.boot(&Puppet, A);
    puppet::run(&mut world);
    assert_eq!(saw(&world, A), [(5, Saw::Timer(1))]);
}
