//! Ranks that are processes, under MPI.
//!
//! Every exchange is started without blocking and then tested again and again, so that a rank that waits in vain for another one says so and ends the run.

use std::io::Write;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use layercake::ranks::Spread;
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::request::{Request, Scope, scope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Root, Source};

use super::link::Link;
use super::traffic::Spent;
use super::{Reduce, State, World};
use crate::TrainError;

/// The most bytes of a message: MPI counts them in 32 bits with a sign.
const MESSAGE: usize = 1 << 30;
/// The most numbers of a message.
const NUMBERS: usize = MESSAGE / size_of::<f32>();
/// How long a rank waits for the others, if the variable [`LIMIT`] does not say otherwise. Rank 0 may draw and write for a while.
const PATIENCE: Duration = Duration::from_secs(300);
/// The variable with the number of seconds.
const LIMIT: &str = "LAYERCAKE_RANK_TIMEOUT";
/// How long the ranks that wait listen for each other, to find out who is missing.
const ROLL_CALL: Duration = Duration::from_secs(5);
/// The tag of "I wait".
const WAITING: i32 = 7;
/// Tests before a rank that waits lets other threads run.
const SPINS: usize = 200;

/// The exit code of a run that ends because a rank is missing.
const MISSING: i32 = 75;

/// This process among those of MPI.
struct Processes {
    rank: usize,
    size: usize,
    patience: Duration,
    /// Ends MPI when it is dropped.
    _universe: Mutex<Universe>,
}

static WORLD: Mutex<Weak<State>> = Mutex::new(Weak::new());

/// The world of MPI.
pub(super) fn world() -> Result<World, TrainError> {
    let mut known = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(state) = known.upgrade() {
        return Ok(World::with(state));
    }
    let wrong = |reason: &str| TrainError::Setting(format!("MPI: {reason}"));
    // Passes run on a thread of the pool, and one thread at a time exchanges something.
    let (universe, threading) = mpi::initialize_with_threading(Threading::Serialized)
        .ok_or_else(|| wrong("another part of the program uses it, or it was left before"))?;
    if threading < Threading::Serialized {
        return Err(wrong("this library cannot be called from several threads (MPI_THREAD_SERIALIZED)"));
    }
    let patience =
        match std::env::var(LIMIT) {
            Err(_) => PATIENCE,
            Ok(text) => text.parse().ok().filter(|&seconds| seconds > 0).map(Duration::from_secs).ok_or_else(|| {
                TrainError::Setting(format!("the variable {LIMIT} is `{text}`; expected a number of seconds of at least 1"))
            })?,
        };
    let all = universe.world();
    let of = |number: i32| usize::try_from(number).expect("MPI counts ranks from 0");
    let link = Processes { rank: of(all.rank()), size: of(all.size()), patience, _universe: Mutex::new(universe) };
    let world = World::of(link);
    *known = world.state.as_ref().map_or_else(Weak::new, Arc::downgrade);
    Ok(world)
}

fn number(rank: usize) -> i32 {
    i32::try_from(rank).expect("MPI counts ranks in 32 bits")
}

impl Processes {
    fn all(&self) -> SimpleCommunicator {
        SimpleCommunicator::world()
    }

    /// Waits for an exchange.
    fn wait<'a, D: ?Sized, S: Scope<'a>>(&self, mut request: Request<'a, D, S>) {
        let mut tests = 0usize;
        let mut since = None;
        loop {
            match request.test() {
                Ok(_) => return,
                Err(again) => request = again,
            }
            tests += 1;
            if !tests.is_multiple_of(SPINS) {
                std::hint::spin_loop();
                continue;
            }
            std::thread::yield_now();
            if since.get_or_insert_with(Instant::now).elapsed() > self.patience {
                self.call_the_roll();
            }
        }
    }

    /// Ends the run, and says which ranks are missing: those that do not say within a while that they wait too.
    fn call_the_roll(&self) -> ! {
        let all = self.all();
        let others: Vec<usize> = (0..self.size).filter(|&rank| rank != self.rank).collect();
        let mut waits = vec![false; self.size];
        waits[self.rank] = true;
        let said = [1u8];
        scope(|scope| {
            // Small enough to be on its way although nobody receives it.
            let _requests: Vec<_> =
                others.iter().map(|&rank| all.process_at_rank(number(rank)).immediate_send_with_tag(scope, &said[..], WAITING)).collect();
            let start = Instant::now();
            while start.elapsed() < ROLL_CALL {
                for &rank in &others {
                    let process = all.process_at_rank(number(rank));
                    if process.immediate_probe_with_tag(WAITING).is_some() {
                        let mut heard = [0u8];
                        process.receive_into_with_tag(&mut heard[..], WAITING);
                        waits[rank] = true;
                    }
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            let missing: Vec<String> = (0..self.size).filter(|&rank| !waits[rank]).map(|rank| rank.to_string()).collect();
            let seconds = self.patience.as_secs();
            let line = match &missing[..] {
                [] => format!("the ranks wait for each other for more than {seconds} s: they do not make the same exchanges"),
                [one] => format!("rank {one} has not answered for {seconds} s"),
                _ => format!("the ranks {} have not answered for {seconds} s", missing.join(", ")),
            };
            // The first of those who wait speaks for all.
            if waits.iter().position(|&waits| waits) == Some(self.rank) {
                _ = writeln!(std::io::stderr(), "error: {line}; the run ends");
                all.abort(MISSING)
            }
            std::thread::sleep(2 * ROLL_CALL);
            all.abort(MISSING)
        })
    }
}

/// Exchanges on their way while the rank computes.
struct Flight<R> {
    requests: Vec<R>,
    /// Since when there has been one.
    since: Option<Instant>,
    computing: Duration,
}

impl<R> Default for Flight<R> {
    fn default() -> Self {
        Self { requests: Vec::new(), since: None, computing: Duration::ZERO }
    }
}

impl<'a, D: ?Sized, S: Scope<'a>> Flight<Request<'a, D, S>> {
    /// Takes more exchanges, and finds out which of the others have arrived.
    fn start(&mut self, requests: Vec<Request<'a, D, S>>) {
        self.requests = take(&mut self.requests).into_iter().filter_map(|request| request.test().err()).collect();
        if self.requests.is_empty() {
            self.computing += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        }
        self.since.get_or_insert_with(Instant::now);
        self.requests.extend(requests);
    }

    /// Waits for all.
    fn land(self, wait: impl FnMut(Request<'a, D, S>)) -> Spent {
        let computing = self.computing + self.since.map_or(Duration::ZERO, |since| since.elapsed());
        let begun = Instant::now();
        self.requests.into_iter().for_each(wait);
        Spent { waiting: begun.elapsed(), computing }
    }
}

impl Link for Processes {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn send(&self, to: usize, data: &[u8]) {
        for data in data.chunks(MESSAGE) {
            scope(|scope| self.wait(self.all().process_at_rank(number(to)).immediate_send(scope, data)));
        }
    }

    fn receive(&self, from: usize, data: &mut [u8]) {
        for data in data.chunks_mut(MESSAGE) {
            scope(|scope| self.wait(self.all().process_at_rank(number(from)).immediate_receive_into(scope, data)));
        }
    }

    /// A part goes to the next rank while this one works on the part after it.
    fn relay(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32])) {
        let (all, last) = (self.all(), self.size - 1);
        let part = part.clamp(1, NUMBERS);
        scope(|scope| {
            let mut sent = None;
            for (i, to) in sum.chunks_mut(part).enumerate() {
                if self.rank > 0 {
                    self.receive(self.rank - 1, bytemuck::cast_slice_mut(to));
                }
                add(i * part, to);
                if let Some(before) = sent.take() {
                    self.wait(before);
                }
                if self.rank < last {
                    let bytes: &[u8] = bytemuck::cast_slice(to);
                    sent = Some(all.process_at_rank(number(self.rank + 1)).immediate_send(scope, bytes));
                }
            }
            if let Some(before) = sent {
                self.wait(before);
            }
        });
    }

    /// The exchanges go on whenever this rank calls MPI, as it does for each layer.
    fn spreading(&self, most: usize, reduce: Reduce, work: &mut dyn FnMut(Spread<'_>)) -> (Vec<Vec<f32>>, Spent) {
        let (all, mut count) = (self.all(), 0);
        let root = all.process_at_rank(number(self.size - 1));
        let (mut lists, mut parts) = (vec![Vec::new(); most], vec![Vec::new(); most]);
        let (mut free, mut free_parts) = (lists.iter_mut(), parts.iter_mut());
        let spent = scope(|scope| {
            let mut flight = Flight::default();
            work(&mut |list| {
                const FEW: &str = "at most as many lists as announced";
                let place = free.next().expect(FEW);
                count += 1;
                let requests: Vec<_> = match reduce {
                    Reduce::Chain => {
                        *place = list;
                        place.chunks_mut(NUMBERS).map(|numbers| root.immediate_broadcast_into(scope, numbers)).collect()
                    }
                    Reduce::Ring => {
                        *place = vec![0.0; list.len()];
                        let part = free_parts.next().expect(FEW);
                        *part = list;
                        let pairs = part.chunks(NUMBERS).zip(place.chunks_mut(NUMBERS));
                        pairs.map(|(part, sum)| all.immediate_all_reduce_into(scope, part, sum, SystemOperation::sum())).collect()
                    }
                };
                flight.start(requests);
            });
            flight.land(|request| self.wait(request))
        });
        lists.truncate(count);
        (lists, spent)
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) {
        for data in data.chunks_mut(MESSAGE) {
            scope(|scope| self.wait(self.all().process_at_rank(number(root)).immediate_broadcast_into(scope, data)));
        }
    }

    fn gather(&self, data: &mut [u8], bounds: &[usize]) {
        let whole = bounds[self.size];
        if whole > MESSAGE {
            // Rarely that much: one after the other.
            return (0..self.size).for_each(|rank| self.broadcast(rank, &mut data[bounds[rank]..bounds[rank + 1]]));
        }
        let own = data[bounds[self.rank]..bounds[self.rank + 1]].to_vec();
        let counts: Vec<i32> = bounds.windows(2).map(|ends| number(ends[1] - ends[0])).collect();
        let starts: Vec<i32> = bounds[..self.size].iter().map(|&start| number(start)).collect();
        let mut parts = PartitionMut::new(data, counts, &starts[..]);
        scope(|scope| self.wait(self.all().immediate_all_gather_varcount_into(scope, &own[..], &mut parts)));
    }
}
