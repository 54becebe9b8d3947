//! What exchanges cost.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::HumanBytes;

use super::link::Link;

/// What a rank has exchanged so far: [`World::traffic`](super::World::traffic).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// The number of exchanges.
    pub exchanges: u64,
    /// The bytes that came from other ranks.
    pub received: u64,
    /// The time of the exchanges, of which none goes on while the rank computes. It includes waiting for ranks that are not there yet.
    pub time: Duration,
}

/// `1,234 exchanges, 5.60 MiB received, 1.2 s`
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchanges, received, time } = *self;
        let exchanges = indicatif::HumanCount(exchanges);
        write!(f, "{exchanges} exchanges, {} received, {:.2} s", HumanBytes(received), time.as_secs_f64())
    }
}

/// A link that counts.
pub(super) struct Counted<L> {
    link: L,
    traffic: Mutex<Traffic>,
}

impl<L: Link> Counted<L> {
    pub fn new(link: L) -> Self {
        Self { link, traffic: Mutex::default() }
    }

    fn count(&self, received: usize, exchange: impl FnOnce(&L)) {
        let start = Instant::now();
        exchange(&self.link);
        let mut traffic = self.traffic.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        traffic.exchanges += 1;
        traffic.received += received as u64;
        traffic.time += start.elapsed();
    }
}

impl<L: Link> Link for Counted<L> {
    fn rank(&self) -> usize {
        self.link.rank()
    }

    fn size(&self) -> usize {
        self.link.size()
    }

    fn are_threads(&self) -> bool {
        self.link.are_threads()
    }

    fn send(&self, to: usize, data: &[u8]) {
        self.count(0, |link| link.send(to, data));
    }

    fn receive(&self, from: usize, data: &mut [u8]) {
        self.count(data.len(), |link| link.receive(from, data));
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) {
        self.count(if root == self.rank() { 0 } else { data.len() }, |link| link.broadcast(root, data));
    }

    fn gather(&self, data: &mut [u8], bounds: &[usize]) {
        let own = bounds[self.rank() + 1] - bounds[self.rank()];
        self.count(data.len() - own, |link| link.gather(data, bounds));
    }

    fn traffic(&self) -> Traffic {
        *self.traffic.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
