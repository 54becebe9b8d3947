//! Training by several processes, to the bits of one.
//!
//! The processes are *ranks*, numbered from 0. In the [`World`] of a program that `mpirun -n 4` started there are four; in that of any other program there is one, and
//! nothing is exchanged. [`Trainer::world`](crate::Trainer::world) trains with all of them. A loop of your own makes its passes in [`World::together`]:
//!
//! ```
//! use layercake::optim::{Adam, AdamConfig};
//! use layercake::prelude::*;
//! use layercake_train::distributed::World;
//!
//! network! { Net: [6] -> [3] { fc1: Linear(16), Tanh, fc2: Linear(3) } }
//!
//! // Ranks that are threads; under MPI it is `World::from_environment()`.
//! let ranks: Vec<_> = World::threads(2)
//!     .into_iter()
//!     .map(|world| {
//!         std::thread::spawn(move || {
//!             let device = Cpu::seed_from_u64(1);
//!             let mut net = Net::new(&device);
//!             let mut optimizer = Adam::new(&net, AdamConfig::default());
//!             let (x, labels) = (device.sample_normal::<Rank2<64, 6>>(), vec![1; 64]);
//!             let mut gradients = world.together(|| {
//!                 let scores = net.forward_mut(x.traced(net.alloc_grads()));
//!                 loss::cross_entropy(scores, &labels).backward()
//!             });
//!             optimizer.step(&mut net, &mut gradients).unwrap();
//!             net.fc1.weight.as_vec()
//!         })
//!     })
//!     .collect();
//! let weights: Vec<Vec<f32>> = ranks.into_iter().map(|rank| rank.join().unwrap()).collect();
//! assert_eq!(weights[0], weights[1]);
//! ```

mod agree;
mod joint;
mod launch;
mod link;
mod model;
#[cfg(feature = "mpi")]
mod mpi;
mod reduce;
mod sharded;
mod threads;
mod traffic;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::NoUninit;
pub use bytemuck::Pod;

use joint::Joint;
pub use launch::{is_first, launched};
use link::Link;
pub use reduce::Reduce;
use threads::Threads;
use traffic::Counted;
pub use traffic::Traffic;

/// The ranks of a program. A clone is the same world.
///
/// The methods that exchange something are called by all ranks, in the same order and with the same sizes; a rank that does not call waits for no one, and the
/// others wait for it.
#[derive(Clone, Default)]
pub struct World {
    state: Option<Arc<State>>,
    reduce: Reduce,
    /// Whether each rank keeps the state of an optimizer for a part of the parameters.
    shards: bool,
}

struct State {
    link: Box<dyn Link>,
    /// Whether all ranks know of an error of one of them.
    failed: AtomicBool,
}

impl World {
    /// A single rank.
    pub fn one() -> Self {
        Self::default()
    }

    /// Ranks that are threads of this process, each to be given to a thread of its own: for tests of a loop that will run under MPI.
    ///
    /// # Panics
    /// Panics if the number is 0. Ranks panic if another one has ended.
    pub fn threads(size: usize) -> Vec<Self> {
        assert!(size > 0, "expected at least 1 rank");
        Threads::team(size).into_iter().map(Self::of).collect()
    }

    fn of(link: impl Link + 'static) -> Self {
        Self::with(Arc::new(State { link: Box::new(Counted::new(link)), failed: AtomicBool::new(false) }))
    }

    fn with(state: Arc<State>) -> Self {
        Self { state: Some(state), ..Self::default() }
    }

    /// The order in which gradients are added; all ranks say the same.
    #[must_use]
    pub fn reduce(self, reduce: Reduce) -> Self {
        Self { reduce, ..self }
    }

    /// Whether each rank keeps the state of the [`Trainer`](crate::Trainer)'s optimizer for its part of the parameters alone, and updates that part: less memory and less work in a step
    /// for one more exchange, that of the parameters. The bits are the same. All ranks say the same.
    #[must_use]
    pub fn shard_optimizer(self, shards: bool) -> Self {
        Self { shards, ..self }
    }

    /// Whether a trainer's optimizer is kept in parts.
    pub(crate) fn shards(&self) -> bool {
        self.shards && self.size() > 1
    }

    /// What of these options the bits and the exchanges depend on.
    pub(crate) fn options(&self) -> String {
        format!("reduce {:?}, shard optimizer {}", self.reduce, self.shards)
    }

    /// The link to the others, if there are others.
    fn link(&self) -> Option<&dyn Link> {
        self.state.as_ref().map(|state| &*state.link).filter(|link| link.size() > 1)
    }

    /// The number of this rank, from 0.
    pub fn rank(&self) -> usize {
        self.link().map_or(0, Link::rank)
    }

    /// The number of ranks.
    pub fn size(&self) -> usize {
        self.link().map_or(1, Link::size)
    }

    /// Whether this is rank 0, which writes files and prints.
    pub fn is_root(&self) -> bool {
        self.rank() == 0
    }

    /// What this rank has exchanged so far.
    pub fn traffic(&self) -> Traffic {
        self.link().map_or_else(Traffic::default, Link::traffic)
    }

    /// Waits for all ranks.
    pub fn barrier(&self) {
        self.complete(&mut vec![0u8; self.size()], &(0..=self.size()).collect::<Vec<_>>());
    }

    /// Gives all ranks the numbers of rank 0.
    pub fn broadcast<T: Pod>(&self, numbers: &mut [T]) {
        self.broadcast_from(0, numbers);
    }

    /// Gives all ranks the numbers of one of them.
    fn broadcast_from<T: Pod>(&self, root: usize, numbers: &mut [T]) {
        if let Some(link) = self.link() {
            link.broadcast(root, bytemuck::cast_slice_mut(numbers));
        }
    }

    /// Replaces each number by the sum over all ranks, added in the order of the ranks, so that all have the same bits.
    pub fn all_reduce(&self, numbers: &mut [f32]) {
        const PART: usize = 1 << 16;
        let own = numbers.to_vec();
        let joint = Joint(self.clone());
        let rank = self.rank();
        layercake::ranks::Ranks::add_up(&joint, numbers, PART, &mut |first, to| {
            if rank > 0 {
                to.iter_mut().zip(&own[first..]).for_each(|(to, own)| *to += own);
            }
        });
        layercake::ranks::Ranks::spread(&joint, numbers);
    }

    /// What each rank has, in the order of the ranks. They may have different lengths.
    pub fn gather<T: Pod>(&self, numbers: &[T]) -> Vec<Vec<T>> {
        let size = self.size();
        let mut lengths = vec![0u64; size];
        lengths[self.rank()] = numbers.len() as u64;
        self.complete(&mut lengths, &(0..=size).collect::<Vec<_>>());
        let lengths: Vec<usize> = lengths.into_iter().map(|length| length as usize).collect();
        let all = self.joined(numbers, &lengths);
        ends(lengths.into_iter()).windows(2).map(|ends| all[ends[0]..ends[1]].to_vec()).collect()
    }

    /// The parts of all ranks, which have these lengths.
    pub(crate) fn joined<T: Pod>(&self, own: &[T], lengths: &[usize]) -> Vec<T> {
        let bounds = ends(lengths.iter().copied());
        let mut all = vec![T::zeroed(); bounds[lengths.len()]];
        all[bounds[self.rank()]..][..own.len()].copy_from_slice(own);
        self.complete(&mut all, &bounds);
        all
    }

    /// Completes `data`, of which each rank has a part: see [`Link::gather`].
    fn complete<T: Pod>(&self, data: &mut [T], bounds: &[usize]) {
        if let Some(link) = self.link() {
            let bounds: Vec<usize> = bounds.iter().map(|bound| bound * size_of::<T>()).collect();
            link.gather(bytemuck::cast_slice_mut(data), &bounds);
        }
    }

    /// Runs `work`, in which all ranks make the passes of networks together: each takes a part of the batch through the network. All ranks must do the same in it, on the
    /// same batch and from the same parameters; then outputs, gradients and everything that follows from them have the bits that one process computes.
    ///
    /// On another device than the CPU, and for a network with a layer that the engine lacks, each rank makes the whole pass.
    pub fn together<R>(&self, work: impl FnOnce() -> R) -> R {
        if self.link().is_none() {
            return work();
        }
        layercake::ranks::with_ranks(Arc::new(Joint(self.clone())), work)
    }

    /// Runs `work` within [`World::together`] on this rank alone.
    pub fn apart<R>(&self, work: impl FnOnce() -> R) -> R {
        layercake::ranks::alone(work)
    }
}

/// Where parts of these lengths begin and end.
fn ends(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut end = 0;
    let each = lengths.map(|length| {
        end += length;
        end
    });
    std::iter::once(0).chain(each.collect::<Vec<_>>()).collect()
}

/// The part of a rank of some items: as many as that of any other, or one less.
pub(crate) fn share(items: usize, rank: usize, ranks: usize) -> Range<usize> {
    items * rank / ranks..items * (rank + 1) / ranks
}

/// A hash of numbers (FNV-1a of 64 bits), to compare them across ranks.
pub(crate) fn hash<T: NoUninit>(hash: u64, numbers: &[T]) -> u64 {
    let bytes: &[u8] = bytemuck::cast_slice(numbers);
    let mut chunks = bytes.chunks_exact(8);
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    let hash = chunks.by_ref().fold(hash, |hash, chunk| step(hash, u64::from_le_bytes(chunk.try_into().expect("8 bytes"))));
    chunks.remainder().iter().fold(hash, |hash, &byte| step(hash, u64::from(byte)))
}

/// The start of a hash.
pub(crate) const HASH: u64 = 0xCBF2_9CE4_8422_2325;

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("rank", &self.rank()).field("size", &self.size()).finish()
    }
}

impl State {
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}
