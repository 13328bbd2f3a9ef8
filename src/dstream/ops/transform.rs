//! Arbitrary RDD-to-RDD functions, over one stream or several; and union.

use std::rc::Rc;

use super::super::context::SparkContext;
use super::super::stream::DStream;
use super::super::{StreamingContext, generation};
use crate::cluster::{DriverError, Rdd};
use crate::sim::Time;

impl<T: Clone + 'static> DStream<T> {
    /// `DStream.transform`: the function runs at the driver for each batch and may call actions, passing their errors
    /// on.
    pub fn transform<U: Clone + 'static>(
        &self,
        function: impl Fn(Rdd<T>, Time) -> Result<Rdd<U>, DriverError> + 'static,
    ) -> DStream<U> {
        self.context().define(|graph| graph.generation_may_block = true);
        self.map_rdds("transform", function)
    }

    /// `DStream.transformWith`: as [`transform`](DStream::transform), with the RDD of another stream of the same
    /// slide.
    pub fn transform_with<V: Clone + 'static, U: Clone + 'static>(
        &self,
        other: &DStream<V>,
        function: impl Fn(Rdd<T>, Rdd<V>, Time) -> Result<Rdd<U>, DriverError> + 'static,
    ) -> Result<DStream<U>, DriverError> {
        self.context().define(|graph| graph.generation_may_block = true);
        self.zip_rdds("transformWith", other, function)
    }

    /// A stream made of this one's and another's RDDs of the same time.
    pub(super) fn zip_rdds<V: Clone + 'static, U: Clone + 'static>(
        &self,
        name: &str,
        other: &DStream<V>,
        function: impl Fn(Rdd<T>, Rdd<V>, Time) -> Result<Rdd<U>, DriverError> + 'static,
    ) -> Result<DStream<U>, DriverError> {
        check_slides(self.slide_duration() == other.slide_duration())?;
        let (left, right) = (self.id(), other.id());
        Ok(self.context().add(name, vec![left, right], self.slide_duration(), |_| {
            Rc::new(move |time| {
                let left = generation::get_or_compute::<T>(left, time)?;
                let right = generation::get_or_compute::<V>(right, time)?;
                let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
                Ok(Some(function(left, right, time)?.node().clone()))
            })
        }))
    }

    /// `DStream.union`: this stream's partitions, then the other's.
    pub fn union(&self, other: &DStream<T>) -> Result<DStream<T>, DriverError> {
        self.union_with(std::slice::from_ref(other))
    }

    pub(in super::super) fn union_with(&self, others: &[DStream<T>]) -> Result<DStream<T>, DriverError> {
        let mut all = vec![self.clone()];
        all.extend_from_slice(others);
        self.context().combine("union", &all, |rdds, _| Ok(Some(SparkContext.union(&rdds))))
    }
}

impl StreamingContext {
    /// `StreamingContext.transform`: over the RDDs of any number of streams of one slide, in their order.
    pub fn transform<T: Clone + 'static, U: Clone + 'static>(
        &self,
        streams: &[DStream<T>],
        function: impl Fn(Vec<Rdd<T>>, Time) -> Result<Rdd<U>, DriverError> + 'static,
    ) -> Result<DStream<U>, DriverError> {
        self.transform_if(streams, move |rdds, time| function(rdds, time).map(Some))
    }

    /// [`transform`](StreamingContext::transform), by a function that may leave a batch out.
    pub fn transform_if<T: Clone + 'static, U: Clone + 'static>(
        &self,
        streams: &[DStream<T>],
        function: impl Fn(Vec<Rdd<T>>, Time) -> Result<Option<Rdd<U>>, DriverError> + 'static,
    ) -> Result<DStream<U>, DriverError> {
        self.define(|graph| graph.generation_may_block = true);
        self.combine("transform", streams, function)
    }

    fn combine<T: Clone + 'static, U: Clone + 'static>(
        &self,
        name: &str,
        streams: &[DStream<T>],
        function: impl Fn(Vec<Rdd<T>>, Time) -> Result<Option<Rdd<U>>, DriverError> + 'static,
    ) -> Result<DStream<U>, DriverError> {
        let Some(first) = streams.first() else {
            return Err(DriverError::illegal_argument("requirement failed: List of DStreams to transform is empty"));
        };
        let slide = first.slide_duration();
        check_slides(streams.iter().all(|stream| stream.slide_duration() == slide))?;
        let parents: Vec<_> = streams.iter().map(DStream::id).collect();
        Ok(self.add(name, parents.clone(), slide, |_| {
            Rc::new(move |time| {
                let mut rdds = Vec::new();
                for parent in &parents {
                    match generation::get_or_compute::<T>(*parent, time)? {
                        Some(rdd) => rdds.push(rdd),
                        None => return Ok(None),
                    }
                }
                Ok(function(rdds, time)?.map(|rdd| rdd.node().clone()))
            })
        }))
    }
}

fn check_slides(same: bool) -> Result<(), DriverError> {
    if same {
        return Ok(());
    }
    Err(DriverError::illegal_argument("requirement failed: Some of the DStreams have different slide durations"))
}
