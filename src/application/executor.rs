//! An executor's node: its tasks and blocks, and the receivers on it.

use super::model::{Application, Message, Timer};
use crate::cluster::{Executor, ExecutorNotice};
use crate::dstream::{ReceiverMessage, Receivers, SocketInput};
use crate::sim::{Effects, Input};

/// An executor with its receivers.
#[derive(Clone)]
pub struct ExecutorNode {
    executor: Executor,
    receivers: Receivers,
}

impl ExecutorNode {
    pub(super) fn start(application: &Application, effects: &mut Effects<'_, Application>) -> Self {
        ExecutorNode { executor: Executor::start(&application.setup, effects), receivers: Receivers::default() }
    }

    /// Its tasks and blocks.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    pub(super) fn handle(
        &mut self,
        input: Input<Application>,
        application: &Application,
        effects: &mut Effects<'_, Application>,
    ) {
        let Application { setup, addresses, .. } = application;
        match input {
            Input::Message { from, message: Message::Cluster(message) } => {
                match self.executor.message(from, message, setup, effects) {
                    Some(ExecutorNotice::StartService { payload, task }) => {
                        if let Ok(input) = payload.downcast::<SocketInput>() {
                            self.receivers.start(input, task, addresses, setup, effects);
                        }
                    }
                    Some(ExecutorNotice::StopService(task)) => self.receivers.ended(task, addresses, effects),
                    Some(ExecutorNotice::Replicated(block)) => self.receivers.replicated(block, setup, effects),
                    Some(ExecutorNotice::Peers(peers)) => self.receivers.peers_changed(&peers, setup, effects),
                    Some(ExecutorNotice::Reset) => self.receivers.abandon(addresses, effects),
                    None => {}
                }
            }
            Input::Message { message: Message::Receiver(ReceiverMessage::Stop { stream }), .. } => {
                self.receivers.stop(stream, &mut self.executor, addresses, setup, effects);
            }
            Input::Message { message: Message::Socket(message), .. } => {
                self.receivers.socket(message, setup, effects);
            }
            Input::Timer(Timer::Cluster(timer)) => self.executor.timer(&timer, setup, effects),
            Input::Timer(Timer::Receiver(timer)) => {
                self.receivers.timer(timer, &mut self.executor, addresses, setup, effects);
            }
            Input::PeerDown(peer) => {
                self.executor.peer_down(peer, setup, effects);
                if peer == setup.driver {
                    // With the driver its receivers are gone: it is the driver's next life that starts them.
                    self.receivers.abandon(addresses, effects);
                } else {
                    self.receivers.peer_down(peer, addresses, setup, effects);
                }
            }
            Input::Message { .. } | Input::Timer(_) | Input::Written(_) => {}
        }
    }
}
