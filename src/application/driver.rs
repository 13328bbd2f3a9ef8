//! The driver's node: the program's main function, the cluster's books and the streaming engine.

use std::rc::Rc;

use super::model::{Application, Command, Message, Timer};
use crate::cluster::driver::{self, Core, Outcome, Reply, Request, Script};
use crate::cluster::{Cluster, DriverError, Notice, Turn};
use crate::dstream::{AwaitTermination, FIRST_TAG, Start, Stop, Streaming, StreamingNotice, failure_reason};
use crate::sim::{Effects, Input};
use crate::trace::Event;

/// The tag of the main function's requests.
const MAIN_TAG: u64 = 0;

/// What the main function waits for, where it is not the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MainWait {
    /// The cluster's answer, or nothing any more.
    Cluster,
    Termination,
    Stop,
}

/// The main function as far as it has come.
#[derive(Clone)]
struct Main {
    script: Script,
    wait: MainWait,
    /// Counts waits, so that a timeout knows its own.
    waits: u64,
    printed: usize,
    ended: bool,
}

/// The driver's volatile state.
#[derive(Clone)]
pub struct Driver {
    core: Core,
    cluster: Cluster,
    streaming: Option<Streaming>,
    main: Main,
    /// The last error of the streaming computation: whoever waits for its end is told.
    failure: Option<DriverError>,
}

type DriverTurn<'a, 'e> = Turn<'a, 'e, Application>;

impl Driver {
    pub(super) fn start(application: &Application, effects: &mut Effects<'_, Application>) -> Self {
        let setup = &application.setup;
        let main = Main { script: Script::default(), wait: MainWait::Cluster, waits: 0, printed: 0, ended: false };
        let mut driver = Driver {
            core: Core::new(setup.conf.clone(), setup.default_parallelism(), setup.seed),
            cluster: Cluster::start(setup, effects),
            streaming: None,
            main,
            failure: None,
        };
        driver.turn(application, effects, |driver, turn| driver.run_main(application, turn));
        driver
    }

    /// The cluster as the driver knows it.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The streaming computation, once it was started.
    pub fn streaming(&self) -> Option<&Streaming> {
        self.streaming.as_ref()
    }

    /// How much it keeps, kind by kind: bounded however long the program runs.
    pub fn kept(&self) -> Vec<usize> {
        let streaming = self.streaming.as_ref().map(Streaming::kept);
        [self.core.kept(), self.cluster.kept(), streaming.unwrap_or_default()].concat()
    }

    /// Whether the program is over.
    pub fn has_ended(&self) -> bool {
        self.main.ended
    }

    pub(super) fn handle(
        &mut self,
        input: Input<Application>,
        application: &Application,
        effects: &mut Effects<'_, Application>,
    ) {
        self.turn(application, effects, |driver, turn| match input {
            Input::Message { from, message } => driver.message(from, message, turn),
            Input::Timer(Timer::Cluster(timer)) => driver.cluster.timer(&timer, turn),
            Input::Timer(Timer::Streaming(timer)) => {
                driver.with_streaming(turn, |streaming, cluster, turn| streaming.timer(timer, cluster, turn));
            }
            Input::Timer(Timer::AwaitTimeout(wait)) if driver.main.wait == MainWait::Termination => {
                if driver.main.waits == wait {
                    driver.answer_main(Ok(Rc::new(false)), application, turn);
                }
            }
            Input::Timer(_) | Input::Written(_) => {}
            Input::PeerDown(peer) => driver.cluster.peer_down(peer, turn),
        });
    }

    /// Does something, then passes on whatever came of it until nothing is left to pass on.
    fn turn(
        &mut self,
        application: &Application,
        effects: &mut Effects<'_, Application>,
        act: impl FnOnce(&mut Self, &mut DriverTurn<'_, '_>),
    ) {
        let mut core = std::mem::replace(&mut self.core, Core::new(application.setup.conf.clone(), 0, 0));
        let mut turn = Turn { core: &mut core, setup: &application.setup, effects, notices: Vec::new() };
        act(self, &mut turn);
        loop {
            let notices = std::mem::take(&mut turn.notices);
            let news = self.streaming.as_mut().map(Streaming::take_notices).unwrap_or_default();
            if notices.is_empty() && news.is_empty() {
                break;
            }
            notices.into_iter().for_each(|notice| self.cluster_notice(notice, application, &mut turn));
            news.into_iter().for_each(|notice| self.streaming_notice(notice, application, &mut turn));
        }
        self.core = core;
    }

    fn with_streaming(
        &mut self,
        turn: &mut DriverTurn<'_, '_>,
        act: impl FnOnce(&mut Streaming, &mut Cluster, &mut DriverTurn<'_, '_>),
    ) {
        if let Some(streaming) = &mut self.streaming {
            act(streaming, &mut self.cluster, turn);
        }
    }

    fn message(&mut self, from: crate::sim::NodeId, message: Message, turn: &mut DriverTurn<'_, '_>) {
        match message {
            Message::Cluster(message) => self.cluster.message(from, message, turn),
            Message::Receiver(message) => {
                self.with_streaming(turn, |streaming, cluster, turn| {
                    streaming.receiver_message(from, message, cluster, turn)
                });
            }
            Message::Command(Command::Stop { gracefully }) => {
                let stop = Stop { stop_spark_context: true, gracefully };
                self.with_streaming(turn, |streaming, cluster, turn| streaming.stop(&stop, cluster, turn));
            }
            Message::Socket(_) => {}
        }
    }

    fn cluster_notice(&mut self, notice: Notice, application: &Application, turn: &mut DriverTurn<'_, '_>) {
        match notice {
            Notice::Answer { tag: MAIN_TAG, reply } => self.answer_main(reply, application, turn),
            Notice::Answer { tag, reply } => self.with_streaming(turn, |streaming, cluster, turn| {
                streaming.answer(tag, reply, cluster, turn);
            }),
            Notice::ServiceLost(service) => self.with_streaming(turn, |streaming, cluster, turn| {
                streaming.receiver_lost(service, cluster, turn);
            }),
            Notice::ExecutorAdded(_) | Notice::ExecutorRemoved(_) => {}
        }
    }

    fn streaming_notice(&mut self, notice: StreamingNotice, application: &Application, turn: &mut DriverTurn<'_, '_>) {
        let wait = self.main.wait;
        match notice {
            StreamingNotice::Failed(error) => {
                self.failure = Some(error.clone());
                if wait == MainWait::Termination {
                    self.answer_main(Err(error), application, turn);
                }
            }
            StreamingNotice::Stopped { stop_spark_context } => {
                if stop_spark_context {
                    turn.core.stopped = true;
                    self.cluster.shut_down(turn);
                }
                match wait {
                    MainWait::Termination => self.answer_main(Ok(Rc::new(true)), application, turn),
                    MainWait::Stop => self.answer_main(Ok(Rc::new(())), application, turn),
                    MainWait::Cluster => {}
                }
            }
        }
    }

    fn answer_main(&mut self, reply: Reply, application: &Application, turn: &mut DriverTurn<'_, '_>) {
        self.main.wait = MainWait::Cluster;
        self.main.script.answer(turn.effects.now(), reply);
        self.run_main(application, turn);
    }

    /// Runs the main function from its start, as far as its answers go.
    fn run_main(&mut self, application: &Application, turn: &mut DriverTurn<'_, '_>) {
        if self.main.ended {
            return;
        }
        let script = std::mem::take(&mut self.main.script);
        let pass = driver::run(turn.core, script, turn.effects.now(), || application.program.run());
        for line in pass.printed.iter().skip(self.main.printed) {
            turn.effects.emit(Event::Printed { line: line.clone() });
        }
        self.main.printed = pass.printed.len().max(self.main.printed);
        self.main.script = pass.script;
        match pass.outcome {
            Outcome::Suspended(Request::Host(request)) => self.host_request(&request, turn),
            Outcome::Suspended(request) => self.cluster.request(MAIN_TAG, request, None, turn),
            Outcome::Done(result) => {
                self.main.ended = true;
                let failure = result.err().map(|error| failure_reason(&error));
                turn.effects.emit(Event::ProgramEnded { failure });
                let stop = Stop { stop_spark_context: true, gracefully: false };
                self.with_streaming(turn, |streaming, cluster, turn| streaming.stop(&stop, cluster, turn));
            }
        }
    }

    fn host_request(&mut self, request: &Rc<dyn std::any::Any>, turn: &mut DriverTurn<'_, '_>) {
        let answer = |reply: Reply, turn: &mut DriverTurn<'_, '_>| {
            turn.notices.push(Notice::Answer { tag: MAIN_TAG, reply });
        };
        if let Some(start) = request.downcast_ref::<Start>() {
            if self.streaming.as_ref().is_some_and(|streaming| !streaming.is_stopped()) {
                let message = "Only one StreamingContext may be started in this JVM. Currently running \
                               StreamingContext was started before.";
                return answer(Err(DriverError::illegal_state(message)), turn);
            }
            if turn.core.stopped {
                return answer(Err(DriverError::stopped_context()), turn);
            }
            let first_tag = self.streaming.as_ref().map_or(FIRST_TAG, Streaming::next_tag);
            self.failure = None;
            self.streaming = Some(Streaming::start(start, first_tag, &mut self.cluster, turn));
            answer(Ok(Rc::new(())), turn);
        } else if let Some(wait) = request.downcast_ref::<AwaitTermination>() {
            if let Some(error) = &self.failure {
                return answer(Err(error.clone()), turn);
            }
            if self.streaming.as_ref().is_some_and(Streaming::is_stopped) {
                return answer(Ok(Rc::new(true)), turn);
            }
            self.main.wait = MainWait::Termination;
            self.main.waits += 1;
            if let Some(timeout) = wait.timeout {
                turn.effects.wake_after(timeout, Timer::AwaitTimeout(self.main.waits));
            }
        } else if let Some(stop) = request.downcast_ref::<Stop>() {
            self.main.wait = MainWait::Stop;
            match &mut self.streaming {
                Some(streaming) if !streaming.is_stopped() => streaming.stop(stop, &mut self.cluster, turn),
                _ => {
                    self.main.wait = MainWait::Cluster;
                    answer(Ok(Rc::new(())), turn);
                }
            }
        } else {
            answer(Err(DriverError::illegal_state("the driver does not know this request")), turn);
        }
    }
}
