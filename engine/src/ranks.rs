//! Several processes that compute a pass together.
//!
//! The processes, *ranks* in the words of MPI, hold the same parameters and make the same passes in the same order. A batch has the lanes that it has on
//! one process; each rank takes a range of them through the network. What crosses lanes is exchanged: the statistics of batch normalizations, the sums of
//! gradients, and at the edge of the network the outputs and the gradients of inputs, of which each rank has all afterwards. Every sum is taken in the order
//! of the lanes, so the bits are those of one process, unless the ranks add gradients in any order ([`Ranks::add_in_any_order`]).

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// Gives all ranks a list of the last one: see [`Ranks::spreading`].
pub type Spread<'a> = &'a mut dyn FnMut(Vec<f32>);

/// What the ranks that make a pass together exchange. Each method is called by all ranks, in the same order and with the same sizes.
///
/// An exchange that fails panics: a pass of which a part is missing has no result.
pub trait Ranks: Send + Sync {
    /// The number of this rank, from 0.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn size(&self) -> usize;

    /// Whether ranks are threads of one process. A pass then waits for other ranks on the thread that started it, and not on one of the pool, which the others need.
    fn are_threads(&self) -> bool {
        false
    }

    /// Completes `data`, of which each rank has the elements from `bounds[rank]` to `bounds[rank + 1]`.
    fn gather(&self, data: &mut [f32], bounds: &[usize]);

    /// [`Ranks::gather`] of numbers of double precision.
    fn gather_wide(&self, data: &mut [f64], bounds: &[usize]);

    /// Adds up in the order of the ranks. `sum` begins with that of rank 0, and `add` adds what this rank has to a part of it, from this element on; parts are of
    /// `part` elements. Afterwards the last rank has the sum of all, and the others an arbitrary part of it until it is spread.
    fn add_up(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32]));

    /// Whether sums of gradients may be taken in any order. Their bits then depend on the number of ranks.
    fn add_in_any_order(&self) -> bool {
        false
    }

    /// Gives all ranks what the last one has.
    fn spread(&self, data: &mut [f32]);

    /// Runs `work` with a function that gives all ranks what the last one has, while `work` goes on. It is called at most `most` times. Returns the lists that it was
    /// called with, as the last rank had them; with [`Ranks::add_in_any_order`] the sums over all ranks instead.
    fn spreading(&self, most: usize, work: &mut dyn FnMut(Spread<'_>)) -> Vec<Vec<f32>> {
        let _ = most;
        let mut lists = Vec::new();
        work(&mut |mut list| {
            self.spread(&mut list);
            lists.push(list);
        });
        lists
    }
}

thread_local! {
    static SCOPE: RefCell<Option<Arc<dyn Ranks>>> = const { RefCell::new(None) };
}

/// Runs `work`, within which the passes that this thread starts are made by these ranks together; a backward pass belongs to its forward pass. All ranks must
/// start the same passes. Passes of a single lane are made by every rank alone,
/// unless the channels are innermost, where each rank takes a range of the images.
///
/// Each rank gives the inputs and the gradients of the outputs of the whole batch, of which only the part of its lanes is read, and gets the outputs and gradients of the whole batch.
pub fn with_ranks<R>(ranks: Arc<dyn Ranks>, work: impl FnOnce() -> R) -> R {
    let _before = Before(SCOPE.replace(Some(ranks)));
    work()
}

/// Runs `work`, within which this rank makes the passes that it starts alone.
pub fn alone<R>(work: impl FnOnce() -> R) -> R {
    let _before = Before(SCOPE.replace(None));
    work()
}

/// Puts back what was before, also after a panic.
struct Before(Option<Arc<dyn Ranks>>);

impl Drop for Before {
    fn drop(&mut self) {
        SCOPE.set(self.0.take());
    }
}

/// The ranks that make this thread's passes.
pub(crate) fn current() -> Option<Arc<dyn Ranks>> {
    SCOPE.with_borrow(Option::clone)
}

/// The part of a rank of a number of things: as many as that of any other, or one less.
pub(crate) fn share(count: usize, rank: usize, size: usize) -> Range<usize> {
    count * rank / size..count * (rank + 1) / size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_one_ranks() {
        for (count, size) in [(16, 1), (16, 3), (4, 8), (1, 2), (7, 4)] {
            let shares: Vec<_> = (0..size).map(|rank| share(count, rank, size)).collect();
            assert_eq!(shares.iter().cloned().flatten().collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
            let counts = shares.iter().map(Range::len);
            assert!(counts.clone().max().unwrap() - counts.min().unwrap() <= 1, "{shares:?}");
        }
    }
}
