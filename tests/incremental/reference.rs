//! The reference: every raw row that was not late is kept, and each batch computed from them. It shares neither code nor
//! state with the engine.

use std::collections::{BTreeMap, BTreeSet};

use headwater::sql::{Datum, OutputMode};

use super::plan::{Query, Row, Shape, WINDOW};

const SECOND: i64 = 1_000_000;

/// A group of an aggregation: the window's start in microseconds, and the key.
type Group = (Option<i64>, Option<&'static str>);

/// A query as far as it has come. Watermarks are in milliseconds.
pub struct Reference {
    query: Query,
    watermark: i64,
    /// The watermark of the batch before.
    late: Option<i64>,
    /// The greatest time of each stream, less the delay.
    seen: [Option<i64>; 2],
    /// Rows that count, by their group.
    kept: Vec<(Group, Row)>,
    /// Rows by stream, for the join.
    sides: [Vec<Row>; 2],
    /// Keys that came out, with their expiry in microseconds.
    distinct: BTreeMap<Group, Option<i64>>,
}

impl Reference {
    pub fn new(query: Query) -> Self {
        Reference {
            query,
            watermark: 0,
            late: None,
            seen: [None; 2],
            kept: Vec::new(),
            sides: [Vec::new(), Vec::new()],
            distinct: BTreeMap::new(),
        }
    }

    /// The query is started again: it knows the global watermark, and no longer those of its streams.
    pub fn restart(&mut self) {
        self.seen = [None; 2];
    }

    /// The watermark that the next batch runs with.
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// The rows that a batch of these rows puts out.
    pub fn batch(&mut self, inputs: &[Vec<Row>; 2]) -> Vec<Vec<Datum>> {
        let above = self.query.above;
        let passes = |row: &&Row| above.is_none_or(|above| row.value.is_some_and(|value| value > above));
        let inputs = inputs.each_ref().map(|rows| rows.iter().filter(passes).cloned().collect::<Vec<Row>>());
        let late = self.late.unwrap_or(self.watermark);
        let rows = match self.query.shape.clone() {
            Shape::Projected => inputs[0].iter().map(|row| vec![text(row.key), twice(row.value)]).collect(),
            Shape::Windowed { slide, keyed } => self.windowed(&inputs[0], slide, keyed, late),
            Shape::Counted => self.counted(&inputs[0]),
            Shape::Distinct { with_time, within_watermark } => {
                self.distinct(&inputs[0], with_time, within_watermark, late)
            }
            Shape::Joined { within } => self.joined(&inputs, within * SECOND, late),
        };
        self.late = Some(self.watermark);
        self.advance(&inputs);
        rows
    }

    fn advance(&mut self, inputs: &[Vec<Row>; 2]) {
        let Some(delay) = self.query.delay else { return };
        let joined = matches!(self.query.shape, Shape::Joined { .. });
        for (seen, rows) in self.seen.iter_mut().zip(inputs) {
            // An inner join infers that its keys are not null, below the watermark.
            let counts = |row: &&Row| !joined || row.key.is_some();
            let latest = rows.iter().filter(counts).filter_map(|row| row.time).max();
            let mark = latest.map(|time| time.div_euclid(1000) - delay * 1000);
            *seen = (*seen).max(mark);
        }
        let streams = if joined { 2 } else { 1 };
        let slowest = self.seen[..streams].iter().map(|seen| seen.unwrap_or(0).max(0)).min();
        self.watermark = self.watermark.max(slowest.unwrap_or(0));
    }

    fn is_late(&self, time: Option<i64>, late: i64) -> bool {
        self.query.delay.is_some() && time.is_some_and(|time| time <= late * 1000)
    }

    fn windowed(&mut self, rows: &[Row], slide: i64, keyed: bool, late: i64) -> Vec<Vec<Datum>> {
        let (length, slide) = (WINDOW * SECOND, slide * SECOND);
        let watermarked = self.query.delay.is_some() && self.query.mode != OutputMode::Complete;
        let mut touched = BTreeSet::new();
        for row in rows {
            let Some(time) = row.time else { continue };
            let mut start = time.div_euclid(slide) * slide;
            while start + length > time {
                if !(watermarked && start + length <= late * 1000) {
                    let group = (Some(start), row.key.filter(|_| keyed));
                    touched.insert(group);
                    self.kept.push((group, row.clone()));
                }
                start -= slide;
            }
        }
        let closed =
            |group: &Group| watermarked && group.0.is_some_and(|start| start + length <= self.watermark * 1000);
        let groups: BTreeSet<Group> = self.kept.iter().map(|(group, _)| *group).collect();
        let shown = groups.into_iter().filter(|group| match self.query.mode {
            OutputMode::Append => closed(group),
            OutputMode::Update => touched.contains(group),
            OutputMode::Complete => true,
        });
        let rows = shown
            .map(|group| {
                let [sum, count] = totals(&self.kept, group);
                let start = group.0.unwrap_or_default();
                let window = Datum::Struct([Datum::Timestamp(start), Datum::Timestamp(start + length)].into());
                [window].into_iter().chain(keyed.then(|| text(group.1))).chain([sum, count]).collect()
            })
            .collect();
        let open: Vec<bool> = self.kept.iter().map(|(group, _)| !closed(group)).collect();
        let mut open = open.into_iter();
        self.kept.retain(|_| open.next().unwrap_or(true));
        rows
    }

    fn counted(&mut self, rows: &[Row]) -> Vec<Vec<Datum>> {
        self.kept.extend(rows.iter().map(|row| ((None, row.key), row.clone())));
        let touched: BTreeSet<Group> = rows.iter().map(|row| (None, row.key)).collect();
        let groups: BTreeSet<Group> = self.kept.iter().map(|(group, _)| *group).collect();
        let shown = groups.into_iter().filter(|it| self.query.mode == OutputMode::Complete || touched.contains(it));
        shown
            .map(|group| {
                let [sum, count] = totals(&self.kept, group);
                vec![text(group.1), sum, count]
            })
            .collect()
    }

    fn distinct(&mut self, rows: &[Row], with_time: bool, within_watermark: bool, late: i64) -> Vec<Vec<Datum>> {
        let mut out = Vec::new();
        for row in rows {
            if self.is_late(row.time, late) {
                continue;
            }
            let group = (row.time.filter(|_| with_time), row.key);
            if self.distinct.contains_key(&group) {
                continue;
            }
            let delay = self.query.delay.unwrap_or(0) * SECOND;
            let expiry = within_watermark.then(|| row.time.unwrap_or(0) + delay);
            self.distinct.insert(group, expiry);
            let value = row.value.map_or(Datum::Null, Datum::Integer);
            out.push(vec![text(row.key), value, row.time.map_or(Datum::Null, Datum::Timestamp)]);
        }
        let watermark = self.watermark * 1000;
        self.distinct.retain(|_, expiry| expiry.is_none_or(|expiry| expiry > watermark));
        out
    }

    fn joined(&mut self, inputs: &[Vec<Row>; 2], within: i64, late: i64) -> Vec<Vec<Datum>> {
        let before = self.sides.clone();
        for (side, rows) in self.sides.iter_mut().zip(inputs) {
            let usable = |row: &&Row| row.key.is_some() && row.time.is_some_and(|time| time > late * 1000);
            side.extend(rows.iter().filter(usable).cloned());
        }
        let pairs = |left: &[Row], right: &[Row]| {
            let mut pairs = Vec::new();
            for (left, right) in left.iter().flat_map(|left| right.iter().map(move |right| (left, right))) {
                let (Some(from), Some(to)) = (left.time, right.time) else { continue };
                if left.key == right.key && (from..=from + within).contains(&to) {
                    let number = |value: Option<i32>| value.map_or(Datum::Null, Datum::Integer);
                    pairs.push(vec![text(left.key), number(left.value), number(right.value)]);
                }
            }
            pairs
        };
        let mut fresh = pairs(&self.sides[0], &self.sides[1]);
        for old in pairs(&before[0], &before[1]) {
            if let Some(index) = fresh.iter().position(|pair| *pair == old) {
                fresh.swap_remove(index);
            }
        }
        fresh
    }
}

fn text(key: Option<&str>) -> Datum {
    key.map_or(Datum::Null, |key| Datum::String(key.into()))
}

fn twice(value: Option<i32>) -> Datum {
    value.map_or(Datum::Null, |value| Datum::Integer(value * 2))
}

/// Sum of the values, null where there is none, and the number of rows.
fn totals(kept: &[(Group, Row)], group: Group) -> [Datum; 2] {
    let rows: Vec<&Row> = kept.iter().filter(|(of, _)| *of == group).map(|(_, row)| row).collect();
    let values: Vec<i64> = rows.iter().filter_map(|row| row.value).map(i64::from).collect();
    let sum = if values.is_empty() { Datum::Null } else { Datum::Long(values.iter().sum()) };
    [sum, Datum::Long(rows.len() as i64)]
}
