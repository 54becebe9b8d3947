//! What carries bytes between ranks.

use std::time::{Duration, Instant};

use layercake::ranks::Spread;

use super::traffic::Traffic;

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

    /// Gives all ranks lists of the last one while `work` goes on: see [`Ranks::spreading`](layercake::ranks::Ranks::spreading). Returns also how long it waited for them
    /// after `work`, or within.
    fn spreading(&self, _most: usize, work: &mut dyn FnMut(Spread<'_>)) -> (Vec<Vec<f32>>, Duration) {
        let (mut lists, mut waited) = (Vec::new(), Duration::ZERO);
        work(&mut |mut list| {
            let begun = Instant::now();
            self.broadcast(self.size() - 1, bytemuck::cast_slice_mut(&mut list));
            waited += begun.elapsed();
            lists.push(list);
        });
        (lists, waited)
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
