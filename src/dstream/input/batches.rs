//! A stream of given batches: a source that hands over the same rows for the same batch whenever it is asked.

use std::rc::Rc;

use super::super::context::StreamingContext;
use super::super::generation;
use super::super::stream::DStream;
use super::Source;
use crate::cluster::Rdd;

impl StreamingContext {
    /// A stream whose i-th batch (from 0) has the i-th rows, cut into this many partitions; empty after the last.
    pub fn batches<T: Clone + 'static>(&self, batches: Vec<Vec<T>>, partitions: u32) -> DStream<T> {
        let interval = self.batch_interval();
        let stream = self.add("batches", Vec::new(), interval, |id| {
            Rc::new(move |time| {
                let number = time.since(generation::zero_time()?).0 / interval.0;
                let rows = batches.get(number as usize - 1).cloned().unwrap_or_default();
                generation::report_input(id, rows.len() as u64);
                Ok(Some(Rdd::parallelize(rows, partitions).node().clone()))
            })
        });
        stream.definition(|definition| definition.source = Some(Source::Batches));
        stream
    }
}
