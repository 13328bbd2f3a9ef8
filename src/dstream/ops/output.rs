//! Output operations: what makes a stream be computed at all.

use std::fmt::Display;
use std::rc::Rc;

use super::super::generation::put_rows;
use super::super::graph::{Act, OutputDef};
use super::super::stream::DStream;
use crate::cluster::{DriverError, Rdd};
use crate::sim::Time;
use crate::value::Value;

impl<T: Clone + 'static> DStream<T> {
    /// `DStream.foreachRDD`: the function runs at the driver for each batch, in the order of output operations. Its
    /// rows, put out by [`put_rows`](crate::dstream::put_rows), go by the name `output-N`.
    pub fn foreach_rdd(
        &self,
        function: impl Fn(Rdd<T>, Time) -> Result<(), DriverError> + 'static,
    ) -> Result<(), DriverError> {
        let number = self.context().define(|graph| graph.outputs.len() + 1);
        self.output(&format!("output-{number}"), function)
    }

    /// [`foreach_rdd`](DStream::foreach_rdd) under a name of its own.
    pub fn output(
        &self,
        name: &str,
        function: impl Fn(Rdd<T>, Time) -> Result<(), DriverError> + 'static,
    ) -> Result<(), DriverError> {
        let act: Act = Rc::new(move |node, time| match Rdd::from_node(node) {
            Some(rdd) => function(rdd, time),
            None => Err(DriverError::illegal_state("the stream's RDD has another row type than the stream")),
        });
        self.context().add_output(OutputDef { name: name.into(), stream: self.id(), act })
    }

    /// `DStream.saveAsTextFiles`: a directory `prefix-TIME_MS[.suffix]` a batch, a file of lines a partition. Running
    /// a batch again overwrites what it wrote.
    pub fn save_as_text_files(
        &self,
        prefix: &str,
        suffix: &str,
        text: impl Fn(T) -> Rc<str> + 'static,
    ) -> Result<(), DriverError> {
        let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
        let text = Rc::new(text);
        self.foreach_rdd(move |rdd, time| {
            let text = text.clone();
            rdd.save_as_text_file(file_name(&prefix, &suffix, time), move |row| text(row))
        })
    }

    /// `DStream.saveAsObjectFiles`: as [`save_as_text_files`](DStream::save_as_text_files), with the rows themselves
    /// in the files.
    pub fn save_as_object_files(&self, prefix: &str, suffix: &str) -> Result<(), DriverError> {
        let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
        self.foreach_rdd(move |rdd, time| rdd.save_as_object_file(file_name(&prefix, &suffix, time)))
    }
}

impl<K: Clone + Display + 'static, V: Clone + Display + 'static> DStream<(K, V)> {
    /// `PairDStreamFunctions.saveAsHadoopFiles` with Hadoop's `TextOutputFormat`: a line `key<TAB>value` a pair, in
    /// directories named as those of [`save_as_text_files`](DStream::save_as_text_files).
    pub fn save_as_hadoop_files(&self, prefix: &str, suffix: &str) -> Result<(), DriverError> {
        self.save_pairs(prefix, suffix, "part")
    }

    /// `PairDStreamFunctions.saveAsNewAPIHadoopFiles` with `TextOutputFormat`: as
    /// [`save_as_hadoop_files`](DStream::save_as_hadoop_files), in files `part-r-NNNNN`.
    pub fn save_as_new_api_hadoop_files(&self, prefix: &str, suffix: &str) -> Result<(), DriverError> {
        self.save_pairs(prefix, suffix, "part-r")
    }

    fn save_pairs(&self, prefix: &str, suffix: &str, stem: &'static str) -> Result<(), DriverError> {
        let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
        self.foreach_rdd(move |rdd, time| {
            let line = |(key, value): (K, V)| format!("{key}\t{value}").into();
            rdd.save_lines(file_name(&prefix, &suffix, time), stem, line)
        })
    }
}

impl<T: Clone + Into<Value> + 'static> DStream<T> {
    /// `DStream.print`: puts out the first rows of each batch.
    pub fn print(&self, rows: usize) -> Result<(), DriverError> {
        self.foreach_rdd(move |rdd, _| {
            let first = rdd.take(rows + 1)?;
            let more = first.len() > rows;
            put_rows(first.into_iter().take(rows).map(Into::into), more);
            Ok(())
        })
    }

    /// Puts out all rows of each batch under a name: what tests and expectations read.
    pub fn collect_as(&self, name: &str) -> Result<(), DriverError> {
        self.output(name, |rdd, _| {
            put_rows(rdd.collect()?.into_iter().map(Into::into), false);
            Ok(())
        })
    }
}

/// `StreamingContext.rddToFileName`.
pub(in super::super) fn file_name(prefix: &str, suffix: &str, time: Time) -> String {
    let time = time.as_millis();
    match (prefix, suffix) {
        ("", "") => time.to_string(),
        ("", suffix) => format!("{time}.{suffix}"),
        (prefix, "") => format!("{prefix}-{time}"),
        (prefix, suffix) => format!("{prefix}-{time}.{suffix}"),
    }
}
