//! `textFileStream`: files that appear in a directory, by their modification time.

use std::rc::Rc;

use super::super::context::{StreamingContext, read_files};
use super::super::generation;
use super::super::stream::DStream;
use super::{Source, SourceState};
use crate::cluster::driver::{self, Request, answer_of};
use crate::cluster::{DriverError, StreamId};
use crate::external::FileStatus;
use crate::sim::{Duration, Time};

/// Which files a stream takes.
#[derive(Clone)]
struct Selection {
    directory: Rc<str>,
    accept: Rc<dyn Fn(&str) -> bool>,
    new_files_only: bool,
    /// How far back a file is looked for, and it is known which were taken.
    remembered: Duration,
}

impl StreamingContext {
    /// `StreamingContext.textFileStream`: lines of files that are moved into the directories of a glob pattern after
    /// the start. A file belongs to one batch for good; what is appended to it later is not seen.
    pub fn text_file_stream(&self, directory: &str) -> DStream<Rc<str>> {
        self.file_stream(directory, |path| !file_name(path).starts_with('.'), true)
    }

    /// `StreamingContext.fileStream` for text: with a filter on paths, and optionally taking files that were there
    /// before the start.
    pub fn file_stream(
        &self,
        directory: &str,
        accept: impl Fn(&str) -> bool + 'static,
        new_files_only: bool,
    ) -> DStream<Rc<str>> {
        let slide = self.batch_interval();
        let least = driver::with_core(|core| core.conf.duration("spark.streaming.fileStream.minRememberDuration"));
        let remembered = slide * least.unwrap_or_default().0.div_ceil(slide.0);
        let selection = Selection { directory: directory.into(), accept: Rc::new(accept), new_files_only, remembered };
        self.define(|graph| graph.generation_may_block = true);
        let stream = self.add("textFileStream", Vec::new(), slide, |id| {
            Rc::new(move |time| {
                let rdd = read_files(selection.files_of(id, time)?)?;
                Ok(Some(rdd.node().clone()))
            })
        });
        stream.definition(|definition| {
            definition.source = Some(Source::Files(directory.into()));
            definition.remember = Some(remembered);
        });
        stream
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Selection {
    /// `FileInputDStream.findNewFiles`.
    ///
    /// ```text
    ///   ignore          remembered             future
    ///  ----------|------------------------|--------------
    ///         threshold               batch time
    /// ```
    ///
    /// A file is taken if it was modified after the threshold and not after the batch time, and no batch in between
    /// has taken it. The threshold is the start (for new files only) or how far back batches are remembered, whichever
    /// is later.
    fn files_of(&self, stream: StreamId, time: Time) -> Result<Vec<Rc<str>>, DriverError> {
        let known = generation::with_source(stream, |source| match source {
            SourceState::Files { selected, .. } => selected.get(&time).cloned(),
            _ => None,
        })?;
        if let Some(files) = known {
            return Ok(files);
        }
        let reply = driver::request(Request::ListFiles(self.directory.clone()))?;
        let listed: Vec<FileStatus> = answer_of(&reply)?;
        generation::with_source(stream, |source| {
            let SourceState::Files { started, selected } = source else { return Vec::new() };
            let from_start = if self.new_files_only { *started } else { Time::default() };
            let threshold = from_start.max(time.saturating_sub(self.remembered));
            let taken_before = |path: &Rc<str>| selected.values().any(|files| files.contains(path));
            let files: Vec<Rc<str>> = listed
                .into_iter()
                .filter(|file| file.modified > threshold && file.modified <= time)
                .filter(|file| (self.accept)(&file.path) && !taken_before(&file.path))
                .map(|file| file.path)
                .collect();
            selected.insert(time, files.clone());
            files
        })
    }
}
