//! `queueStream`: RDDs the program made beforehand.

use std::rc::Rc;

use super::super::context::{SparkContext, StreamingContext};
use super::super::generation;
use super::super::stream::DStream;
use super::{Source, SourceState};
use crate::cluster::Rdd;

impl StreamingContext {
    /// `StreamingContext.queueStream`: one RDD of the queue a batch, or all that are left; then `default`, or an RDD
    /// of one empty partition. An RDD is taken when the stream is computed.
    pub fn queue_stream<T: Clone + 'static>(
        &self,
        queue: Vec<Rdd<T>>,
        one_at_a_time: bool,
        default: Option<Rdd<T>>,
    ) -> DStream<T> {
        let stream = self.add("queueStream", Vec::new(), self.batch_interval(), |id| {
            Rc::new(move |_| {
                let rest = generation::with_source(id, |source| {
                    let SourceState::Queue { dequeued } = source else { return 0..0 };
                    let taken = if one_at_a_time { 1 } else { queue.len() };
                    let from = *dequeued;
                    *dequeued = queue.len().min(from + taken);
                    from..*dequeued
                })?;
                let rdd = match (&queue[rest], &default) {
                    ([], Some(default)) => default.clone(),
                    ([], None) => Rdd::parallelize(Vec::new(), 1),
                    ([one], _) => one.clone(),
                    (all, _) => SparkContext.union(all),
                };
                Ok(Some(rdd.node().clone()))
            })
        });
        stream.definition(|definition| definition.source = Some(Source::Queue));
        stream
    }
}
