//! Requests as the facade spells them: a name and positional arguments.

use rustpython_vm::{
    PyObjectRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStrRef},
};

use super::{
    convert,
    driver::Graph,
    engine::{RddId, Reply, Request, StreamId},
    function::{self, Function},
    sql,
};
use crate::value::Value;

/// Positional arguments, taken from the front.
pub(super) struct Arguments<'a> {
    vm: &'a VirtualMachine,
    rest: std::vec::IntoIter<PyObjectRef>,
}

impl Arguments<'_> {
    /// What is said of a request that there is none of.
    pub(super) fn unknown(&self, name: &str) -> PyBaseExceptionRef {
        self.vm.new_runtime_error(format!("the facade asks for '{name}', which is no request"))
    }

    pub(super) fn object(&mut self) -> PyObjectRef {
        self.rest.next().unwrap_or_else(|| self.vm.ctx.none())
    }

    pub(super) fn take<T: TryFromObject>(&mut self) -> PyResult<T> {
        self.object().try_into_value(self.vm)
    }

    pub(super) fn text(&mut self) -> PyResult<String> {
        Ok(self.take::<PyStrRef>()?.to_string_lossy().into_owned())
    }

    pub(super) fn optional_text(&mut self) -> PyResult<Option<String>> {
        Ok(self.take::<Option<PyStrRef>>()?.map(|text| text.to_string_lossy().into_owned()))
    }

    fn rdd(&mut self) -> PyResult<RddId> {
        self.take().map(RddId)
    }

    fn optional_rdd(&mut self) -> PyResult<Option<RddId>> {
        Ok(self.take::<Option<u64>>()?.map(RddId))
    }

    fn stream(&mut self) -> PyResult<StreamId> {
        self.take().map(StreamId)
    }

    pub(super) fn value(&mut self) -> PyResult<Value> {
        convert::from_python(self.vm, &self.object())
    }

    fn list<T: TryFromObject>(&mut self) -> PyResult<Vec<T>> {
        let list = self.object();
        self.vm.extract_elements_with(&list, |item| item.try_into_value(self.vm))
    }

    pub(super) fn once(&mut self, graph: &Graph) -> Function {
        graph.once(self.vm, self.object())
    }

    pub(super) fn optional_once(&mut self, graph: &Graph) -> Option<Function> {
        let function = self.object();
        (!self.vm.is_none(&function)).then(|| graph.once(self.vm, function))
    }

    pub(super) fn recurring(&mut self, graph: &mut Graph) -> Function {
        graph.recurring(self.vm, self.object())
    }

    pub(super) fn optional_recurring(&mut self, graph: &mut Graph) -> Option<Function> {
        let function = self.object();
        (!self.vm.is_none(&function)).then(|| graph.recurring(self.vm, function))
    }
}

/// The request of that name.
pub(super) fn build(vm: &VirtualMachine, graph: &mut Graph, name: &str, args: Vec<PyObjectRef>) -> PyResult<Request> {
    let mut a = Arguments { vm, rest: args.into_iter() };
    Ok(match name {
        "spark_context" => {
            let pairs: Vec<PyObjectRef> = a.list()?;
            let conf = pairs.into_iter().map(|pair| {
                let mut pair = Arguments { vm, rest: vm.extract_elements_with(&pair, Ok)?.into_iter() };
                Ok((pair.text()?, pair.text()?))
            });
            Request::SparkContext { conf: conf.collect::<PyResult<_>>()? }
        }
        "stop_spark_context" => Request::StopSparkContext,
        "default_parallelism" => Request::DefaultParallelism,
        "set_checkpoint_dir" => Request::SetCheckpointDir { directory: a.text()? },
        "broadcast" => Request::Broadcast { value: function::pickled(vm, a.value())? },
        "drop_broadcast" => Request::DropBroadcast { broadcast: a.take()?, destroy: a.take()? },
        "accumulator" => Request::Accumulator { initial: a.value()?, add: a.optional_once(graph) },
        "accumulator_value" => Request::AccumulatorValue { accumulator: a.take()? },
        "set_accumulator" => Request::SetAccumulator { accumulator: a.take()?, value: a.value()? },
        "parallelize" => {
            let slices: Vec<PyObjectRef> = a.list()?;
            let slice = |slice: PyObjectRef| {
                let records = vm.extract_elements_with(&slice, |item| convert::from_python(vm, &item));
                function::pickled(vm, records).map(Into::into)
            };
            Request::Parallelize { partitions: slices.into_iter().map(slice).collect::<PyResult<_>>()? }
        }
        "text_file" => Request::TextFile { path: a.text()?, min_partitions: a.take()? },
        "pipe" => Request::Pipe { parent: a.rdd()?, function: a.once(graph), preserves_partitioning: a.take()? },
        "partition_by" => {
            Request::PartitionBy { parent: a.rdd()?, partitions: a.take()?, function: a.optional_once(graph) }
        }
        "union" => Request::Union { parents: a.list()?.into_iter().map(RddId).collect() },
        "zip" => Request::Zip { left: a.rdd()?, right: a.rdd()? },
        "cartesian" => Request::Cartesian { left: a.rdd()?, right: a.rdd()? },
        "coalesce" => Request::Coalesce { parent: a.rdd()?, partitions: a.take()?, shuffle: a.take()? },
        "persist" => Request::Persist { rdd: a.rdd()?, level: a.text()? },
        "unpersist" => Request::Unpersist { rdd: a.rdd()? },
        "checkpoint_rdd" => Request::CheckpointRdd { rdd: a.rdd()? },
        "set_name" => Request::SetName { rdd: a.rdd()?, name: a.text()? },
        "partition_count" => Request::PartitionCount { rdd: a.rdd()? },
        "debug_string" => Request::DebugString { rdd: a.rdd()? },
        "run_job" => {
            let rdd = a.rdd()?;
            let partitions = a.object();
            let partitions = if vm.is_none(&partitions) {
                None
            } else {
                Some(vm.extract_elements_with(&partitions, |index| index.try_into_value(vm))?)
            };
            Request::RunJob { rdd, partitions }
        }
        "save_as_text_file" => Request::SaveAsTextFile { rdd: a.rdd()?, path: a.text()? },

        "streaming_context" => Request::StreamingContext { batch: a.take()? },
        "set_streaming_checkpoint" => Request::SetStreamingCheckpoint { directory: a.text()? },
        "remember_all" => Request::RememberAll { duration: a.take()? },
        "start" => Request::Start { image: graph.image(vm)?, streams: graph.named_streams(vm)? },
        "stop_streaming" => Request::StopStreaming { stop_spark_context: a.take()?, gracefully: a.take()? },
        "await_termination" => Request::AwaitTermination { timeout: a.take()? },
        "is_active" => Request::IsActive,
        "recover" => Request::Recover { directory: a.text()? },
        "socket_text_stream" => Request::SocketTextStream { host: a.text()?, port: a.take()?, level: a.text()? },
        "text_file_stream" => Request::TextFileStream { directory: a.text()? },
        "queue_stream" => Request::QueueStream {
            rdds: a.list()?.into_iter().map(RddId).collect(),
            one_at_a_time: a.take()?,
            default: a.optional_rdd()?,
        },
        "pipe_stream" => {
            Request::PipeStream { parent: a.stream()?, function: a.recurring(graph), preserves_partitioning: a.take()? }
        }
        "partition_stream" => Request::PartitionStream {
            parent: a.stream()?,
            partitions: a.take()?,
            function: a.optional_recurring(graph),
        },
        "repartition_stream" => Request::RepartitionStream { parent: a.stream()?, partitions: a.take()? },
        "union_streams" => Request::UnionStreams { parents: a.list()?.into_iter().map(StreamId).collect() },
        "window" => Request::Window { parent: a.stream()?, window: a.take()?, slide: a.take()? },
        "transform" => {
            Request::Transform { parents: a.list()?.into_iter().map(StreamId).collect(), function: a.recurring(graph) }
        }
        "foreach_rdd" => Request::ForeachRdd { parent: a.stream()?, function: a.recurring(graph) },
        "print" => Request::Print { parent: a.stream()?, count: a.take()? },
        "collect_as" => Request::CollectAs { parent: a.stream()?, name: a.text()? },
        "save_as_text_files" => {
            Request::SaveAsTextFiles { parent: a.stream()?, prefix: a.text()?, suffix: a.optional_text()? }
        }
        "reduce_by_key_and_window" => Request::ReduceByKeyAndWindow {
            parent: a.stream()?,
            reduce: a.recurring(graph),
            inverse: a.recurring(graph),
            window: a.take()?,
            slide: a.take()?,
            partitions: a.take()?,
            filter: a.optional_recurring(graph),
        },
        "update_state_by_key" => Request::UpdateStateByKey {
            parent: a.stream()?,
            update: a.recurring(graph),
            partitions: a.take()?,
            initial: a.optional_rdd()?,
        },
        "map_with_state" => Request::MapWithState {
            parent: a.stream()?,
            function: a.recurring(graph),
            partitions: a.take()?,
            timeout: a.take()?,
            initial: a.optional_rdd()?,
        },
        "state_snapshots" => Request::StateSnapshots { parent: a.stream()? },
        "persist_stream" => Request::PersistStream { stream: a.stream()?, level: a.text()? },
        "checkpoint_stream" => Request::CheckpointStream { stream: a.stream()?, interval: a.take()? },
        "slice" => Request::Slice { stream: a.stream()?, begin: a.take()?, end: a.take()? },
        "slide_duration" => Request::SlideDuration { stream: a.stream()? },
        name if name.starts_with("sql_") => Request::Sql(sql::build(vm, graph, name, &mut a)?),
        other => return Err(a.unknown(other)),
    })
}

/// What the facade gets for a reply: numbers for handles, objects for data.
pub(super) fn reply(vm: &VirtualMachine, reply: &Reply) -> PyResult {
    match reply {
        Reply::Done => Ok(vm.ctx.none()),
        Reply::Rdd(RddId(number)) | Reply::Stream(StreamId(number)) => Ok(vm.ctx.new_int(*number).into()),
        Reply::Value(value) => convert::to_python(vm, value),
    }
}
