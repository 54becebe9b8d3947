//! What exchanges cost.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::HumanBytes;
use layercake::ranks::Spread;

use super::Reduce;
use super::link::Link;

/// What a rank has exchanged so far: [`World::traffic`](super::World::traffic).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// The number of exchanges.
    pub exchanges: u64,
    /// The bytes that came from other ranks.
    pub received: u64,
    /// How many of them came while the rank computed.
    pub hidden: u64,
    /// How long the rank did nothing but exchange, or wait for ranks that were not there yet.
    pub time: Duration,
    /// How long exchanges were on their way while the rank computed.
    pub hidden_time: Duration,
}

/// How long exchanges took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    /// While the rank waited for them.
    pub waiting: Duration,
    /// While it computed.
    pub computing: Duration,
}

/// `1,234 exchanges, 5.60 MiB received, 3.40 MiB of them while computing; 1.20 s of waiting, 0.80 s of exchanges while computing`
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchanges, received, hidden, time, hidden_time } = *self;
        let (exchanges, received, hidden) = (indicatif::HumanCount(exchanges), HumanBytes(received), HumanBytes(hidden));
        let [waiting, computing] = [time, hidden_time].map(|time| time.as_secs_f64());
        write!(
            f,
            "{exchanges} exchanges, {received} received, {hidden} of them while computing; {waiting:.2} s of waiting, {computing:.2} s of \
             exchanges while computing"
        )
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
        self.add(Traffic { exchanges: 1, received: received as u64, time: start.elapsed(), ..Traffic::default() });
    }

    fn add(&self, more: Traffic) {
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.exchanges += more.exchanges;
        traffic.received += more.received;
        traffic.hidden += more.hidden;
        traffic.time += more.time;
        traffic.hidden_time += more.hidden_time;
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

    fn relay(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32])) {
        let (start, mut computing, mut parts) = (Instant::now(), Duration::ZERO, 0);
        let received = if self.rank() == 0 { 0 } else { size_of_val(sum) as u64 };
        self.link.relay(sum, part, &mut |first, to| {
            let begun = Instant::now();
            add(first, to);
            computing += begun.elapsed();
            parts += 1;
        });
        self.add(Traffic { exchanges: parts, received, time: start.elapsed().saturating_sub(computing), ..Traffic::default() });
    }

    fn spreading(&self, most: usize, reduce: Reduce, work: &mut dyn FnMut(Spread<'_>)) -> (Vec<Vec<f32>>, Spent) {
        let (lists, spent) = self.link.spreading(most, reduce, work);
        let bytes: usize = lists.iter().map(|list| size_of_val(&list[..])).sum();
        // A list of the last rank comes from there; a sum comes in parts, each rank's and the sum, but for the own one.
        let share = match reduce {
            Reduce::Chain if self.rank() + 1 == self.size() => 0.0,
            Reduce::Chain => 1.0,
            Reduce::Ring => 2.0 * (self.size() - 1) as f64 / self.size() as f64,
        };
        let received = |bytes: usize| (share * bytes as f64) as u64;
        // The last list has nothing behind it.
        let last = lists.last().map_or(0, |list| size_of_val(&list[..]));
        self.add(Traffic {
            exchanges: lists.len() as u64,
            received: received(bytes),
            hidden: received(bytes - last),
            time: spent.waiting,
            hidden_time: spent.computing,
        });
        (lists, spent)
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) {
        self.count(if root == self.rank() { 0 } else { data.len() }, |link| link.broadcast(root, data));
    }

    fn gather(&self, data: &mut [u8], bounds: &[usize]) {
        let own = bounds[self.rank() + 1] - bounds[self.rank()];
        self.count(data.len() - own, |link| link.gather(data, bounds));
    }

    fn traffic(&self) -> Traffic {
        *self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
