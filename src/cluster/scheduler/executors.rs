//! Executors come, are heard of, and go.

use super::{BlockId, Cluster, Event, Host, Message, NodeId, Notice, StageKind, Time, Timer, Turn};
use crate::cluster::messages::StoredBlock;
use crate::trace::{BlockPlace, TaskOutcome};

/// Spark's words for a connection that broke.
const DISASSOCIATED: &str = "Remote RPC client disassociated. Likely due to containers exceeding thresholds, or \
                             network issues. Check driver logs for WARN messages.";

#[derive(Clone)]
pub(super) struct ExecutorInfo {
    pub cores: u32,
    pub free: u32,
    /// When this life of it began.
    since: Time,
    last_heard: Time,
}

impl Cluster {
    pub(super) fn register<M: Host>(&mut self, executor: NodeId, cores: u32, since: Time, turn: &mut Turn<'_, '_, M>) {
        if let Some(known) = self.executors.get(&executor) {
            if known.since == since {
                return;
            }
            // Its former life ended, and the news of that was lost.
            self.executor_lost(executor, DISASSOCIATED, turn);
        }
        turn.effects.push(crate::sim::Effect::Link(executor));
        self.executors.insert(executor, ExecutorInfo { cores, free: cores, since, last_heard: turn.effects.now() });
        turn.effects.emit(Event::ExecutorRegistered { executor: turn.setup.name(executor), cores });
        self.send_peers(turn);
        turn.notices.push(Notice::ExecutorAdded(executor));
    }

    fn send_peers<M: Host>(&self, turn: &mut Turn<'_, '_, M>) {
        let peers: std::rc::Rc<[NodeId]> = self.executors.keys().copied().collect();
        self.executors
            .keys()
            .for_each(|executor| turn.effects.send(*executor, Message::Registered { peers: peers.clone() }));
    }

    pub(super) fn heartbeat<M: Host>(&mut self, executor: NodeId, turn: &mut Turn<'_, '_, M>) {
        match self.executors.get_mut(&executor) {
            Some(info) => info.last_heard = turn.effects.now(),
            None => turn.effects.send(executor, Message::Unknown),
        }
    }

    /// Spark's `HeartbeatReceiver`: who was silent for longer than `spark.network.timeout` is taken for dead.
    pub(super) fn check_heartbeats<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) {
        let timeout = turn.setup.conf.duration("spark.network.timeout");
        let now = turn.effects.now();
        let silent: Vec<(NodeId, Time)> = self
            .executors
            .iter()
            .filter(|(_, info)| now.since(info.last_heard) > timeout)
            .map(|(node, info)| (*node, info.last_heard))
            .collect();
        for (executor, last_heard) in silent {
            let reason = format!("Executor heartbeat timed out after {} ms", now.since(last_heard).as_millis());
            self.executor_lost(executor, &reason, turn);
        }
        turn.effects.wake_after(turn.setup.conf.duration("spark.network.timeoutInterval"), Timer::CheckHeartbeats);
    }

    /// The connection with an executor was closed: its process has died.
    pub fn peer_down<M: Host>(&mut self, executor: NodeId, turn: &mut Turn<'_, '_, M>) {
        self.executor_lost(executor, DISASSOCIATED, turn);
        self.offer(turn);
    }

    fn executor_lost<M: Host>(&mut self, executor: NodeId, reason: &str, turn: &mut Turn<'_, '_, M>) {
        if self.executors.remove(&executor).is_none() {
            return;
        }
        let name = turn.setup.name(executor);
        turn.effects.emit(Event::ExecutorLost { executor: name.clone(), reason: reason.into() });
        self.locations.remove_executor(executor);
        let lost: Vec<_> =
            self.running.iter().filter(|(_, running)| running.executor == executor).map(|(task, _)| *task).collect();
        for task in lost {
            let Some(running) = self.running.remove(&task) else { continue };
            self.emit_task_ended(task, &running, TaskOutcome::ExecutorLost(reason.into()), turn);
            let error = format!(
                "ExecutorLostFailure (executor {name} exited caused by one of the running tasks) Reason: {reason}"
            );
            self.attempt_failed(task, &running, &error, turn);
        }
        self.requeue_lost_outputs(turn);
        let services: Vec<u64> = self
            .services
            .iter()
            .filter(|(_, service)| service.runs_on(executor))
            .map(|(service, _)| *service)
            .collect();
        for service in services {
            self.services.remove(&service);
            turn.notices.push(Notice::ServiceLost(service));
        }
        self.send_peers(turn);
        turn.notices.push(Notice::ExecutorRemoved(executor));
    }

    /// Map tasks of running stages that had succeeded, but whose outputs went with an executor, run again.
    fn requeue_lost_outputs<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) {
        let running_maps: Vec<_> = self
            .sets
            .keys()
            .filter_map(|(job, stage)| match &self.stages.get(stage)?.kind {
                StageKind::ShuffleMap(shuffle) => Some((*job, *stage, shuffle.clone())),
                StageKind::Result => None,
            })
            .collect();
        for (job, stage, shuffle) in running_maps {
            for partition in self.locations.missing_outputs(&shuffle) {
                let runs =
                    self.running.values().any(|running| running.stage == stage && running.partition == partition);
                if !runs {
                    self.enqueue((job, stage), partition, turn);
                }
            }
        }
    }

    pub(super) fn block_stored<M: Host>(&mut self, executor: NodeId, block: &StoredBlock, turn: &mut Turn<'_, '_, M>) {
        if !self.executors.contains_key(&executor) {
            return;
        }
        if let BlockId::Rdd { rdd, .. } = block.id
            && !turn.core.books.levels.contains_key(&rdd)
        {
            // It was unpersisted while the task ran.
            return turn.effects.send(executor, Message::RemoveRdds([rdd].into()));
        }
        self.locations.add_block(block.id, executor);
        turn.effects.emit(Event::BlockStored {
            block: block.id.to_string(),
            executor: turn.setup.name(executor),
            records: block.records,
            place: if block.level.use_memory { BlockPlace::Memory } else { BlockPlace::Disk },
        });
    }
}
