//! The typed handle on a stream of the graph, and its settings.

use std::marker::PhantomData;
use std::rc::Rc;

use super::context::StreamingContext;
use super::generation;
use super::graph::StreamDef;
use crate::cluster::{DriverError, Rdd, StorageLevel, StreamId};
use crate::sim::{Duration, Time};

/// A discretised stream of rows of type `T`: `org.apache.spark.streaming.dstream.DStream`. A sequence of RDDs, one a
/// batch time that is a multiple of its slide.
pub struct DStream<T> {
    context: StreamingContext,
    id: StreamId,
    rows: PhantomData<fn() -> T>,
}

impl<T> Clone for DStream<T> {
    fn clone(&self) -> Self {
        DStream { context: self.context.clone(), id: self.id, rows: PhantomData }
    }
}

impl<T: Clone + 'static> DStream<T> {
    pub(super) fn of(context: StreamingContext, id: StreamId) -> Self {
        DStream { context, id, rows: PhantomData }
    }

    /// `DStream.context`.
    pub fn context(&self) -> &StreamingContext {
        &self.context
    }

    /// The stream's number in its graph.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// `DStream.slideDuration`: the interval between its RDDs.
    pub fn slide_duration(&self) -> Duration {
        self.definition(|stream| stream.slide)
    }

    pub(super) fn definition<R>(&self, act: impl FnOnce(&mut StreamDef) -> R) -> R {
        self.context.define(|graph| act(&mut graph.streams[self.id.0 as usize]))
    }

    /// `DStream.persist`: every RDD of the stream is persisted at this level.
    pub fn persist(self, level: StorageLevel) -> Self {
        self.definition(|stream| stream.storage_level = Some(level));
        self
    }

    /// `DStream.cache`: persisted as `MEMORY_ONLY_SER`, the default of streams.
    pub fn cache(self) -> Self {
        self.persist(StorageLevel::MEMORY_ONLY_SER)
    }

    /// `DStream.checkpoint`: RDDs at multiples of the interval are written to the checkpoint directory. Also persists
    /// the stream.
    pub fn checkpoint(self, interval: Duration) -> Self {
        self.definition(|stream| {
            stream.checkpoint_interval = Some(interval);
            stream.storage_level.get_or_insert(StorageLevel::MEMORY_ONLY_SER);
        });
        self
    }

    /// Names the stream's operation, for people.
    pub fn named(self, name: &str) -> Self {
        self.definition(|stream| stream.name = name.into());
        self
    }

    /// `DStream.slice`: its RDDs between two batch times, both included. Only while the context runs, so inside
    /// `transform` or an output operation; times are aligned to the slide.
    pub fn slice(&self, from: Time, to: Time) -> Result<Vec<Rdd<T>>, DriverError> {
        generation::slice(self.id, from, to)
    }

    /// A stream whose RDDs are made from this one's, by a function at the driver that calls no action: what most
    /// operations are made of. For functions that do, there is [`transform`](DStream::transform).
    pub fn map_rdds<U: Clone + 'static>(
        &self,
        name: &str,
        make: impl Fn(Rdd<T>, Time) -> Result<Rdd<U>, DriverError> + 'static,
    ) -> DStream<U> {
        let parent = self.id;
        self.context.add(name, vec![parent], self.slide_duration(), |_| {
            Rc::new(move |time| {
                let Some(rdd) = generation::get_or_compute::<T>(parent, time)? else { return Ok(None) };
                Ok(Some(make(rdd, time)?.node().clone()))
            })
        })
    }
}
