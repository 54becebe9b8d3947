//! What carries bytes between ranks.

use std::time::Instant;

use layercake::ranks::Spread;

use super::Reduce;
use super::traffic::{Spent, Traffic};

/// The connection of a rank with the others. Ranks call the same methods in the same order, with the same sizes. What fails ends the process or panics: a part of an
/// exchange is of no use.
pub(super) trait Link: Send + Sync {
    fn rank(&self) -> usize;

    fn size(&self) -> usize;

    /// Whether the ranks are threads of one process.
    fn are_threads(&self) -> bool {
        false
    }

    /// Sends to a rank, and returns when `data` may be changed.
    fn send(&self, to: usize, data: &[u8]);

    fn receive(&self, from: usize, data: &mut [u8]);

    /// Adds up in the order of the ranks: see [`Ranks::add_up`](layercake::ranks::Ranks::add_up).
    fn relay(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32])) {
        let (rank, last) = (self.rank(), self.size() - 1);
        for (i, to) in sum.chunks_mut(part.max(1)).enumerate() {
            if rank > 0 {
                self.receive(rank - 1, bytemuck::cast_slice_mut(to));
            }
            add(i * part, to);
            if rank < last {
                self.send(rank + 1, bytemuck::cast_slice(to));
            }
        }
    }

    /// Gives all ranks lists while `work` goes on: those of the last rank, or the sums over all ranks. See [`Ranks::spreading`](layercake::ranks::Ranks::spreading).
    fn spreading(&self, _most: usize, reduce: Reduce, work: &mut dyn FnMut(Spread<'_>)) -> (Vec<Vec<f32>>, Spent) {
        let (mut lists, mut spent) = (Vec::new(), Spent::default());
        work(&mut |mut list| {
            let begun = Instant::now();
            match reduce {
                Reduce::Chain => self.broadcast(self.size() - 1, bytemuck::cast_slice_mut(&mut list)),
                Reduce::Ring => self.add(&mut list),
            }
            spent.waiting += begun.elapsed();
            lists.push(list);
        });
        (lists, spent)
    }

    /// Replaces each number by the sum over all ranks.
    fn add(&self, numbers: &mut [f32]) {
        let own = numbers.to_vec();
        self.relay(numbers, own.len(), &mut |_, to| {
            if self.rank() > 0 {
                to.iter_mut().zip(&own).for_each(|(to, own)| *to += own);
            }
        });
        self.broadcast(self.size() - 1, bytemuck::cast_slice_mut(numbers));
    }

    /// Gives all ranks what `root` has.
    fn broadcast(&self, root: usize, data: &mut [u8]);

    /// Completes `data`, of which each rank has the bytes from `bounds[rank]` to `bounds[rank + 1]`.
    fn gather(&self, data: &mut [u8], bounds: &[usize]);

    /// What was exchanged so far, if it is counted.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}
