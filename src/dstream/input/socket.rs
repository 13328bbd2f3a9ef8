//! `socketTextStream`: a receiver that reads lines.

use std::rc::Rc;

use super::super::context::StreamingContext;
use super::super::generation;
use super::super::stream::DStream;
use super::Source;
use crate::cluster::{Block, Rdd, StorageLevel, StreamId};

/// What a socket receiver needs to know, wherever it runs.
pub struct SocketInput {
    pub stream: StreamId,
    /// `host:port`.
    pub address: Rc<str>,
    pub level: StorageLevel,
    /// Turns lines into a block of the stream's rows.
    pub make_block: Rc<dyn Fn(&[Rc<str>]) -> Block>,
}

impl StreamingContext {
    /// `StreamingContext.socketTextStream`: lines of UTF-8 text, kept as `MEMORY_AND_DISK_SER_2`.
    pub fn socket_text_stream(&self, host: &str, port: u16) -> DStream<Rc<str>> {
        self.socket_stream(host, port, StorageLevel::MEMORY_AND_DISK_SER_2, Clone::clone)
    }

    /// `StreamingContext.socketStream`: each line converted where it was received.
    pub fn socket_stream<T: Clone + 'static>(
        &self,
        host: &str,
        port: u16,
        level: StorageLevel,
        convert: impl Fn(&Rc<str>) -> T + 'static,
    ) -> DStream<T> {
        let stream = self.add("socketTextStream", Vec::new(), self.batch_interval(), |id| {
            Rc::new(move |time| {
                let blocks = generation::allocated_blocks(id, time)?;
                generation::report_input(id, blocks.iter().map(|received| received.records).sum());
                let rdd: Rdd<T> = Rdd::of_blocks(blocks.into_iter().map(|received| received.block).collect());
                Ok(Some(rdd.node().clone()))
            })
        });
        let input = SocketInput {
            stream: stream.id(),
            address: format!("{host}:{port}").into(),
            level,
            make_block: Rc::new(move |lines| Block::new(lines.iter().map(&convert).collect::<Vec<T>>())),
        };
        stream.definition(|definition| definition.source = Some(Source::Socket(Rc::new(input))));
        stream
    }
}
