//! Judges the timeline: one action an entry, at a time that never decreases, on things that exist.

use std::{collections::BTreeSet, rc::Rc};

use indexmap::IndexMap;

use crate::sim::Duration;

use super::{
    Action, Entry, Input, When,
    check::{Judge, Nodes, narrow},
    file::{self, Named},
    text::{Field, Located, Place, suggest},
    words::{Node, Stop, TextLine},
};

/// Repetitions are written out up to this many; more is a mistake in the numbers, not a scenario.
const MOST_REPETITIONS: u64 = 1_000_000;

type Inputs = IndexMap<String, (Input, Place)>;

/// The entries in order of time.
pub fn judge(
    judge: &mut Judge,
    entries: Vec<Located<file::Entry>>,
    inputs: &Inputs,
    nodes: Nodes,
    run_for: Option<Duration>,
) -> Vec<Entry> {
    let mut timeline = Timeline { judge, inputs, nodes, run_for, now: None, stopped: None, open: Open::default() };
    let mut judged: Vec<Entry> = entries.into_iter().flat_map(|entry| timeline.entry(entry)).collect();
    sort(&mut judged);
    judged
}

/// Sorts the entries that have a time, stably; the others stay where they are.
fn sort(entries: &mut [Entry]) {
    let is_timed = |entry: &Entry| matches!(entry.when, When::At(_));
    let places: Vec<usize> = (0..entries.len()).filter(|index| is_timed(&entries[*index])).collect();
    let mut timed: Vec<Entry> = places.iter().map(|index| entries[*index].clone()).collect();
    timed.sort_by_key(|entry| match entry.when {
        When::At(at) => at,
        When::Before { .. } | When::Effect(_) => Duration(0),
    });
    for (index, entry) in places.into_iter().zip(timed) {
        entries[index] = entry;
    }
}

/// Faults that wait for someone to end them.
#[derive(Default)]
struct Open {
    crashed: BTreeSet<Node>,
    paused: BTreeSet<Node>,
    partitioned: bool,
}

struct Timeline<'a> {
    judge: &'a mut Judge,
    inputs: &'a Inputs,
    nodes: Nodes,
    run_for: Option<Duration>,
    /// The latest time so far.
    now: Option<Duration>,
    /// When the run was stopped.
    stopped: Option<Duration>,
    open: Open,
}

impl Timeline<'_> {
    fn entry(&mut self, entry: Located<file::Entry>) -> Vec<Entry> {
        let Located { place, value: mut entry } = entry;
        let when = self.when(&mut entry, place);
        let every = entry.every.take();
        let times = entry.times.take();
        let actions = self.actions(entry, place);
        let Some(when) = when else { return Vec::new() };
        if let (When::At(at), Some((_, Action::Stop(_)))) = (when, actions.first()) {
            self.stopped = Some(at);
        }
        let can_wait = |action: &Action| !matches!(action, Action::Add { .. } | Action::File { .. } | Action::Stop(_));
        if !matches!(when, When::At(_)) && !actions.iter().all(|(_, action)| can_wait(action)) {
            let help = "give `at` in place of `when`";
            self.judge.wrong(place, "only what breaks or is mended can wait for a point in the run", help);
        }
        let whens = self.repeated(when, every, times, &actions);
        let entries = whens.into_iter().flat_map(|when| {
            actions.iter().map(move |(place, action)| Entry { when, action: action.clone(), place: *place })
        });
        entries.collect()
    }

    fn when(&mut self, entry: &mut file::Entry, place: Place) -> Option<When> {
        match (entry.at.take(), entry.when.take()) {
            (Some(at), None) => self.at(at).map(When::At),
            (None, Some(when)) => self.point(when),
            (Some(at), Some(_)) => {
                self.judge.wrong(
                    at.place,
                    "an entry has a time or a point in the run, not both",
                    "keep `at` or `when`",
                );
                None
            }
            (None, None) => {
                self.judge.wrong(place, "this entry has no time", "say when it happens: { at: 2s, … }");
                None
            }
        }
    }

    fn at(&mut self, field: Field<Duration>) -> Option<Duration> {
        let place = field.place;
        let at = self.judge.field(field)?;
        if let Some(before) = self.now.filter(|before| at < *before) {
            let help = format!("the entry above is at {before}: move this one up to where its time belongs");
            self.judge.wrong(place, format!("time runs backwards to {at}"), help);
            return None;
        }
        self.now = Some(at);
        if let Some(end) = self.run_for.filter(|end| at > *end) {
            let message = format!("this never happens: the run ends at {end}");
            self.judge.wrong(place, message, format!("make the run longer, `run_for: {at}`, or drop the entry"));
        }
        if let Some(stopped) = self.stopped.filter(|stopped| at > *stopped) {
            let message = format!("this never happens: the run is stopped at {stopped}");
            self.judge.wrong(place, message, "move it before the entry with `stop`, or drop it");
        }
        Some(at)
    }

    fn point(&mut self, when: Located<file::When>) -> Option<When> {
        let Located { place, value: file::When { batch, before, effect } } = when;
        match (batch, before, effect) {
            (None, None, Some(effect)) => Some(When::Effect(self.judge.field(effect)?.0)),
            (Some(batch), Some(step), None) => {
                let batch = self.judge.batch(batch);
                let step = self.judge.field(step)?;
                Some(When::Before { batch: batch?, step })
            }
            _ => {
                let help = "a point in the run is { batch: 3s, before: generateJobs } or { effect: 1234 }";
                self.judge.wrong(place, "this is no point in the run", help);
                None
            }
        }
    }

    /// What an entry does: one kind of action, though `add` and `file` may name several inputs.
    fn actions(&mut self, entry: file::Entry, place: Place) -> Vec<(Place, Action)> {
        let extra = |what: &Option<Field<Duration>>| what.as_ref().map(|field| field.place);
        let (crash, pause) = (entry.crash.is_some(), entry.pause.is_some());
        let (partition, slow) = (entry.partition.is_some(), entry.slow.is_some());
        let companions = [
            ("restart_after", extra(&entry.restart_after), "crash", crash),
            ("resume_after", extra(&entry.resume_after), "pause", pause),
            ("heal_after", extra(&entry.heal_after), "partition", partition),
            ("for", extra(&entry.lasting), "slow", slow),
            ("factor", entry.factor.as_ref().map(|field| field.place), "slow", slow),
        ];
        for (field, place, action, present) in companions {
            if let (Some(place), false) = (place, present) {
                let help = format!("`{field}` belongs to an entry with `{action}`");
                self.judge.wrong(place, format!("`{field}` has no `{action}` beside it"), help);
            }
        }
        let kinds = [
            ("add", entry.add.is_some()),
            ("file", entry.file.is_some()),
            ("crash", crash),
            ("restart", entry.restart.is_some()),
            ("pause", pause),
            ("resume", entry.resume.is_some()),
            ("partition", partition),
            ("heal", entry.heal.is_some()),
            ("slow", slow),
            ("stop", entry.stop.is_some()),
        ];
        let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|(kind, _)| *kind).collect();
        match given[..] {
            [_] => {}
            [] => {
                let help = format!("say what: one of {}", super::text::list(kinds.iter().map(|(kind, _)| *kind)));
                self.judge.wrong(place, "nothing happens here", help);
                return Vec::new();
            }
            [first, second, ..] => {
                let message = format!("an entry is one action, and here are `{first}` and `{second}`");
                self.judge.wrong(place, message, "make it several entries with the same `at`");
                return Vec::new();
            }
        }
        if let Some(add) = entry.add {
            return self.add(add);
        }
        if let Some(file) = entry.file {
            return self.file(file);
        }
        self.fault(entry).map(|action| (place, action)).into_iter().collect()
    }

    /// Looks an input up, and what it is by its place.
    fn input(&mut self, name: &Located<String>) -> Option<&Input> {
        if let Some((input, _)) = self.inputs.get(&name.value) {
            return Some(input);
        }
        let help = if self.inputs.is_empty() {
            "declare it: inputs: { lines: { socket: \"localhost:9999\" } }".into()
        } else {
            suggest(&name.value, "inputs", self.inputs.keys().map(String::as_str))
        };
        self.judge.wrong(name.place, format!("there is no input `{}`", name.value), help);
        None
    }

    fn lines(&mut self, lines: Vec<Field<TextLine>>) -> Rc<[Rc<str>]> {
        self.judge.lines(lines).into_iter().map(Rc::from).collect()
    }

    fn add(&mut self, add: Named<Vec<Field<TextLine>>>) -> Vec<(Place, Action)> {
        let mut actions = Vec::new();
        for (name, lines) in add {
            let help = match self.input(&name) {
                None => continue,
                Some(Input::Socket(_)) => {
                    let lines = self.lines(lines);
                    actions.push((name.place, Action::Add { input: name.value.into(), lines }));
                    continue;
                }
                Some(Input::Directory(_)) => {
                    format!("files arrive in it: file: {{ {}: {{ name: \"a.txt\", lines: […] }} }}", name.value)
                }
                Some(Input::Batches(_)) => "its records stand under `inputs`, batch by batch".into(),
            };
            self.judge.wrong(name.place, format!("no lines arrive at `{}`: it is not a socket", name.value), help);
        }
        actions
    }

    fn file(&mut self, files: Named<file::NewFile>) -> Vec<(Place, Action)> {
        let mut actions = Vec::new();
        for (input, file) in files {
            match self.input(&input) {
                None => continue,
                Some(Input::Directory(_)) => {}
                Some(Input::Socket(_) | Input::Batches(_)) => {
                    let message = format!("no files arrive at `{}`: it is not a directory", input.value);
                    let help = format!("for a socket: add: {{ {}: [\"a line\"] }}", input.value);
                    self.judge.wrong(input.place, message, help);
                    continue;
                }
            }
            let name = file.name;
            if name.value.is_empty() || name.value.contains(['/', '\n']) {
                let message = format!("`{}` is no name for a file", name.value);
                self.judge.wrong(name.place, message, "the name alone, such as a.txt: the directory is the input's");
                continue;
            }
            let lines = self.lines(file.lines);
            actions.push((input.place, Action::File { input: input.value.into(), name: name.value, lines }));
        }
        actions
    }

    fn fault(&mut self, entry: file::Entry) -> Option<Action> {
        if let Some(node) = entry.crash {
            let restart_after = self.judge.option(entry.restart_after);
            let node = self.judge.node(node, self.nodes)?;
            if restart_after.is_none() {
                self.open.crashed.insert(node);
            }
            Some(Action::Crash { node, restart_after })
        } else if let Some(field) = entry.restart {
            let place = field.place;
            let node = self.judge.node(field, self.nodes)?;
            if !self.open.crashed.remove(&node) {
                let help = "only a node that crashed above, without `restart_after`, can be restarted";
                self.judge.wrong(place, format!("`{node}` is not down here"), help);
            }
            Some(Action::Restart { node })
        } else if let Some(node) = entry.pause {
            let resume_after = self.judge.option(entry.resume_after);
            let node = self.judge.node(node, self.nodes)?;
            if resume_after.is_none() {
                self.open.paused.insert(node);
            }
            Some(Action::Pause { node, resume_after })
        } else if let Some(field) = entry.resume {
            let place = field.place;
            let node = self.judge.node(field, self.nodes)?;
            if !self.open.paused.remove(&node) {
                let help = "only a node that was paused above, without `resume_after`, can go on";
                self.judge.wrong(place, format!("`{node}` is not paused here"), help);
            }
            Some(Action::Resume { node })
        } else if let Some(groups) = entry.partition {
            let heal_after = self.judge.option(entry.heal_after);
            self.open.partitioned |= heal_after.is_none();
            Some(Action::Partition { groups: self.groups(groups), heal_after })
        } else if let Some(heal) = entry.heal {
            if !heal.value {
                self.judge.wrong(heal.place, "`heal: false` does nothing", "write `heal: true`, or drop the entry");
            }
            if !std::mem::take(&mut self.open.partitioned) {
                let help = "only a `partition` above, without `heal_after`, can be healed";
                self.judge.wrong(heal.place, "there is nothing to heal here", help);
            }
            Some(Action::Heal)
        } else if let Some(node) = entry.slow {
            let place = node.place;
            let node = self.judge.node(node, self.nodes);
            let lasting = self.judge.option(entry.lasting);
            let Some(factor) = entry.factor else {
                self.judge.wrong(place, "how slow is not said", "add `factor: 4`: everything takes four times as long");
                return None;
            };
            Some(Action::Slow { factor: narrow(self.judge.field(factor)?.0), node: node?, lasting })
        } else {
            let stop: Stop = self.judge.option(entry.stop)?;
            Some(Action::Stop(stop))
        }
    }

    fn groups(&mut self, groups: Located<Vec<Vec<Field<Node>>>>) -> Vec<Vec<Node>> {
        let Located { place, value: groups } = groups;
        if groups.len() < 2 || groups.iter().any(Vec::is_empty) {
            let help = "name two groups at least, each with a node: [[driver], [executor-1]]";
            self.judge.wrong(place, "this parts no one", help);
        }
        let mut seen = BTreeSet::new();
        let mut judged = Vec::new();
        for group in groups {
            let mut nodes = Vec::new();
            for field in group {
                let place = field.place;
                let Some(node) = self.judge.node(field, self.nodes) else { continue };
                if !seen.insert(node) {
                    let help = "a node is on one side of a partition only";
                    self.judge.wrong(place, format!("`{node}` is named twice"), help);
                }
                nodes.push(node);
            }
            judged.push(nodes);
        }
        judged
    }

    /// All times at which an entry happens.
    fn repeated(
        &mut self,
        when: When,
        every: Option<Field<Duration>>,
        times: Option<Field<super::words::Count<1, 1_000_000>>>,
        actions: &[(Place, Action)],
    ) -> Vec<When> {
        let Some(field) = every else {
            if let Some(times) = times {
                self.judge.wrong(times.place, "`times` has no `every` beside it", "say how far apart: every: 1s");
            }
            return vec![when];
        };
        let place = field.place;
        let times_given = times.is_some();
        let times = self.judge.option(times).map(|times| times.0);
        let Some(every) = self.judge.field(field) else { return Vec::new() };
        let When::At(first) = when else {
            self.judge.wrong(place, "only what has a time can be repeated", "give `at` in place of `when`");
            return Vec::new();
        };
        if !actions.iter().all(|(_, action)| matches!(action, Action::Add { .. })) {
            self.judge.wrong(place, "only `add` can be repeated", "write the other entries out");
            return Vec::new();
        }
        if every == Duration(0) {
            self.judge.wrong(
                place,
                "repeated every 0s",
                "what arrives at once stands in one `add`; otherwise say every: 1s",
            );
            return Vec::new();
        }
        let times = match (times, self.run_for) {
            (Some(times), _) => times,
            (None, _) if times_given => return Vec::new(),
            (None, Some(end)) => end.0.saturating_sub(first.0) / every.0 + 1,
            (None, None) => {
                self.judge.wrong(place, "this is repeated without end", "add `times: 60`, or end the run by `run_for`");
                return Vec::new();
            }
        };
        let last = first.0.saturating_add(every.0.saturating_mul(times - 1));
        if times > MOST_REPETITIONS || last > super::units::LONGEST.0 {
            self.judge.wrong(place, "this is repeated too often", "a million times and a hundred years are the most");
            return Vec::new();
        }
        (0..times).map(|turn| When::At(Duration(first.0 + turn * every.0))).collect()
    }
}
