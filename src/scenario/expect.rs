//! Judges what a scenario expects.

use indexmap::IndexMap;

use crate::sim::Duration;

use super::{
    BatchFacts, Expect, ExpectedBatch, ExpectedError, ExpectedOutput,
    check::{Judge, as_tuples},
    file::{self, Named},
    text::{Field, Located},
    words::{Check, Order},
};

/// The expectations, with batches in order and nothing said twice.
pub fn judge(judge: &mut Judge, expect: file::Expect) -> Expect {
    let file::Expect { outputs, order, printed, batches, warnings, error, always } = expect;
    Expect {
        outputs: outputs.map(|outputs| judge_outputs(judge, outputs)),
        order: judge.option(order).unwrap_or(Order::Any),
        printed: printed.map(|Located { place, value }| Located { place, value: judge.lines(value) }),
        batches: facts(judge, batches.unwrap_or_default()),
        warnings: warnings.unwrap_or_default().into_iter().filter_map(|warning| said(judge, warning)).collect(),
        error: error.and_then(|error| judge_error(judge, error)),
        always: checks(judge, always.unwrap_or_default()),
    }
}

fn judge_outputs(judge: &mut Judge, outputs: Named<Vec<file::OutputBatch>>) -> IndexMap<String, ExpectedOutput> {
    let outputs = outputs.into_iter().map(|(name, batches)| {
        let mut order = InOrder::default();
        let batches = batches.into_iter().filter_map(|file::OutputBatch { batch, rows }| {
            let place = batch.place;
            let batch = order.next(judge, batch)?;
            Some(ExpectedBatch { batch, rows: rows.iter().map(as_tuples).collect(), place })
        });
        (name.value, ExpectedOutput { batches: batches.collect(), place: name.place })
    });
    outputs.collect()
}

fn facts(judge: &mut Judge, facts: Vec<file::BatchFacts>) -> Vec<BatchFacts> {
    let mut order = InOrder::default();
    let facts = facts.into_iter().filter_map(|facts| {
        let place = facts.batch.place;
        let batch = order.next(judge, facts.batch);
        let facts = BatchFacts {
            batch: batch.unwrap_or_default(),
            records: judge.option(facts.records).map(|records| records.0),
            scheduling_delay: judge.option(facts.scheduling_delay),
            processing_time: judge.option(facts.processing_time),
            total_delay: judge.option(facts.total_delay),
            status: judge.option(facts.status),
            place,
        };
        batch.map(|_| facts)
    });
    facts.collect()
}

/// Batches stand in the order of their times, each once.
#[derive(Default)]
struct InOrder {
    last: Option<Duration>,
}

impl InOrder {
    fn next(&mut self, judge: &mut Judge, field: Field<Duration>) -> Option<Duration> {
        let place = field.place;
        let batch = judge.batch(field)?;
        match self.last {
            Some(last) if batch == last => {
                judge.wrong(place, format!("the batch {batch} is listed twice"), "put its rows together in one line");
                None
            }
            Some(last) if batch < last => {
                let help = format!("batches stand in the order of their times, and {last} stands above");
                judge.wrong(place, format!("the batch {batch} comes too late"), help);
                None
            }
            _ => {
                self.last = Some(batch);
                Some(batch)
            }
        }
    }
}

/// Text that is looked for: every text contains the empty one.
fn said(judge: &mut Judge, text: Located<String>) -> Option<Located<String>> {
    if text.value.trim().is_empty() {
        judge.wrong(text.place, "there is nothing to look for", "give a part of the message that is expected");
        return None;
    }
    Some(text)
}

fn judge_error(judge: &mut Judge, error: Located<file::ExpectedError>) -> Option<Located<ExpectedError>> {
    let Located { place, value: file::ExpectedError { class, contains } } = error;
    if class.is_none() && contains.is_none() {
        let help = "say { class: ValueError }, { contains: \"part of its message\" } or both";
        judge.wrong(place, "any error would do here", help);
        return None;
    }
    let mut text = |text: Option<Located<String>>| text.and_then(|text| said(judge, text)).map(|text| text.value);
    Some(Located { place, value: ExpectedError { class: text(class), contains: text(contains) } })
}

fn checks(judge: &mut Judge, checks: Vec<Field<Check>>) -> Vec<Located<Check>> {
    let mut known: Vec<Located<Check>> = Vec::new();
    for field in checks {
        let place = field.place;
        let Some(check) = judge.field(field) else { continue };
        if known.iter().any(|other| other.value == check) {
            judge.wrong(place, format!("the check `{check}` is listed twice"), "keep one of them");
        }
        known.push(Located { place, value: check });
    }
    known
}
