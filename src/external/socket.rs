//! A text socket server, as `nc -lk` is: it serves one client at a time, keeps what comes while nobody listens, and
//! can't be asked for anything again.

use std::rc::Rc;

use crate::sim::NodeId;
use crate::trace::Event;
use crate::value::Value;

/// What is said over a connection. `stream` names the client's input stream and is echoed.
#[derive(Clone, Debug)]
pub enum SocketMessage {
    /// Client to server.
    Connect { stream: u32 },
    /// Client to server: the receiver was stopped.
    Disconnect { stream: u32 },
    /// Server to client.
    Accepted { stream: u32 },
    /// Server to client: nobody listens there.
    Refused { stream: u32, reason: Rc<str> },
    /// Server to client: whole lines, without their line feeds.
    Data { stream: u32, lines: Rc<[Rc<str>]> },
    /// Server to client: the other side closed the connection.
    Closed { stream: u32 },
    /// To the server from outside the world: lines that someone typed.
    Feed(Rc<[Rc<str>]>),
    /// To the server from outside the world, where it stands for a real one: a connection attempt ended so.
    Opened(Result<(), Rc<str>>),
    /// To the server from outside the world: the real connection ended.
    HungUp,
}

/// The server's state.
#[derive(Clone, Debug)]
pub struct SocketServer {
    address: Rc<str>,
    /// Whether connections are decided by a real server outside the world.
    real: bool,
    client: Option<(NodeId, u32)>,
    /// Clients that wait to be served, or for a real connection, in order.
    waiting: Vec<(NodeId, u32)>,
    /// Lines that came while no client was connected.
    backlog: Vec<Rc<str>>,
}

impl SocketServer {
    /// A server that listens from the start.
    pub fn simulated(address: Rc<str>) -> Self {
        SocketServer { address, real: false, client: None, waiting: Vec::new(), backlog: Vec::new() }
    }

    /// A stand-in for a real server: every connection attempt waits for [`SocketMessage::Opened`].
    pub fn real(address: Rc<str>) -> Self {
        SocketServer { real: true, ..SocketServer::simulated(address) }
    }

    /// `host:port`.
    pub fn address(&self) -> &Rc<str> {
        &self.address
    }

    /// Whether a client waits for the real server to be connected.
    pub fn wants_connection(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether lines wait for a client.
    pub fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Handles one message; replies go to `send`, facts to `emit`.
    pub fn handle(
        &mut self,
        from: NodeId,
        message: SocketMessage,
        send: &mut impl FnMut(NodeId, SocketMessage),
        emit: &mut impl FnMut(Event),
    ) {
        match message {
            SocketMessage::Connect { stream } if self.real || self.client.is_some() => {
                self.waiting.push((from, stream));
            }
            SocketMessage::Connect { stream } => self.accept((from, stream), send),
            SocketMessage::Disconnect { stream } => self.forget(|client| *client == (from, stream), send),
            SocketMessage::Opened(Ok(())) => {
                if let Some(client) = self.next_waiting() {
                    self.accept(client, send);
                }
            }
            SocketMessage::Opened(Err(reason)) => {
                if let Some((node, stream)) = self.next_waiting() {
                    send(node, SocketMessage::Refused { stream, reason });
                }
            }
            SocketMessage::HungUp => {
                if let Some((node, stream)) = self.client.take() {
                    send(node, SocketMessage::Closed { stream });
                }
            }
            SocketMessage::Feed(lines) => {
                let records = lines.iter().map(|line| Value::Str(line.clone())).collect();
                emit(Event::InputArrived { source: self.address.clone(), records });
                match self.client {
                    Some((node, stream)) => send(node, SocketMessage::Data { stream, lines }),
                    None => self.backlog.extend(lines.iter().cloned()),
                }
            }
            // What only a client is told.
            SocketMessage::Accepted { .. }
            | SocketMessage::Refused { .. }
            | SocketMessage::Data { .. }
            | SocketMessage::Closed { .. } => {}
        }
    }

    /// A node has crashed: its connections are gone.
    pub fn peer_down(&mut self, peer: NodeId, send: &mut impl FnMut(NodeId, SocketMessage)) {
        self.forget(|(node, _)| *node == peer, send);
    }

    fn forget(&mut self, gone: impl Fn(&(NodeId, u32)) -> bool, send: &mut impl FnMut(NodeId, SocketMessage)) {
        self.waiting.retain(|client| !gone(client));
        if self.client.as_ref().is_some_and(&gone) {
            self.client = None;
            if !self.real
                && let Some(client) = self.next_waiting()
            {
                self.accept(client, send);
            }
        }
    }

    fn next_waiting(&mut self) -> Option<(NodeId, u32)> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0))
    }

    fn accept(&mut self, (node, stream): (NodeId, u32), send: &mut impl FnMut(NodeId, SocketMessage)) {
        self.client = Some((node, stream));
        send(node, SocketMessage::Accepted { stream });
        if !self.backlog.is_empty() {
            let lines = std::mem::take(&mut self.backlog).into();
            send(node, SocketMessage::Data { stream, lines });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_served_one_after_the_other() {
        let mut server = SocketServer::simulated("localhost:9999".into());
        let mut said = Vec::new();
        let mut tell = |server: &mut SocketServer, from, message| {
            server.handle(
                NodeId(from),
                message,
                &mut |to, reply| said.push(format!("{} {reply:?}", to.0)),
                &mut |_| {},
            );
        };
        tell(&mut server, 1, SocketMessage::Connect { stream: 0 });
        tell(&mut server, 2, SocketMessage::Connect { stream: 1 });
        tell(&mut server, 9, SocketMessage::Feed(["a".into()].into()));
        tell(&mut server, 1, SocketMessage::Disconnect { stream: 0 });
        tell(&mut server, 9, SocketMessage::Feed(["b".into()].into()));
        assert_eq!(
            said,
            [
                "1 Accepted { stream: 0 }",
                "1 Data { stream: 0, lines: [\"a\"] }",
                "2 Accepted { stream: 1 }",
                "2 Data { stream: 1, lines: [\"b\"] }",
            ]
        );
    }
}
