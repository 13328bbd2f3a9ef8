//! The simulated network: latency, loss, duplication and partitions, with order kept on each link as TCP keeps it.

use super::{Duration, NodeId, Random, Ratio, Stream, Time};

/// How a network treats messages.
#[derive(Clone, Debug)]
pub struct Link {
    /// Shortest and longest time a message is under way.
    pub latency: (Duration, Duration),
    /// How often a message never arrives.
    pub loss: Ratio,
    /// How often a message arrives twice.
    pub duplicate: Ratio,
}

impl Default for Link {
    /// A quiet data centre: half a millisecond, nothing lost.
    fn default() -> Self {
        let latency = Duration::micros(500);
        Link { latency: (latency, latency), loss: Ratio::ZERO, duplicate: Ratio::ZERO }
    }
}

/// The network's state: who reaches whom, and when the last message of each link arrives.
#[derive(Clone, Debug)]
pub struct Network {
    link: Link,
    /// The machine each node is on: messages between two of the same host take no time and are never lost.
    hosts: Vec<u32>,
    groups: Vec<Vec<NodeId>>,
    /// Latest arrival by (from, to), row by row.
    arrivals: Vec<Time>,
}

impl Network {
    pub(super) fn new(link: Link) -> Self {
        Network { link, hosts: Vec::new(), groups: Vec::new(), arrivals: Vec::new() }
    }

    pub(super) fn add_node(&mut self, host: u32) {
        let known = self.hosts.len();
        self.hosts.push(host);
        let mut arrivals = Vec::with_capacity(self.hosts.len() * self.hosts.len());
        for from in 0..known {
            arrivals.extend_from_slice(&self.arrivals[from * known..][..known]);
            arrivals.push(Time::default());
        }
        arrivals.resize(self.hosts.len() * self.hosts.len(), Time::default());
        self.arrivals = arrivals;
    }

    pub(super) fn partition(&mut self, groups: Vec<Vec<NodeId>>) {
        self.groups = groups;
    }

    /// Whether a message sent now from one node can reach another.
    #[inline]
    pub fn connected(&self, from: NodeId, to: NodeId) -> bool {
        let group_of = |node| self.groups.iter().position(|group| group.contains(&node));
        self.groups.is_empty()
            || from == to
            || match (group_of(from), group_of(to)) {
                (Some(left), Some(right)) => left == right,
                _ => true,
            }
    }

    /// When a message sent now arrives, and when its duplicate does; nothing where it is lost.
    #[inline]
    pub(super) fn route(&mut self, now: Time, from: NodeId, to: NodeId, random: &mut Random) -> [Option<Time>; 2] {
        if self.hosts[from.0 as usize] == self.hosts[to.0 as usize] {
            return [Some(now), None];
        }
        if !self.connected(from, to) || random.happens(Stream::Network, self.link.loss) {
            return [None, None];
        }
        let arrival = self.arrival(now, from, to, random);
        let again = random.happens(Stream::Network, self.link.duplicate);
        [Some(arrival), again.then(|| self.arrival(now, from, to, random))]
    }

    #[inline]
    fn arrival(&mut self, now: Time, from: NodeId, to: NodeId, random: &mut Random) -> Time {
        let last = &mut self.arrivals[from.0 as usize * self.hosts.len() + to.0 as usize];
        *last = (*last).max(now + random.between(Stream::Network, self.link.latency));
        *last
    }
}
