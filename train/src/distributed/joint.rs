//! Passes that the ranks make together.

use layercake::ranks::Ranks;

use super::World;
use super::link::Link;

/// The ranks of a world, for the engine.
pub(super) struct Joint(pub World);

impl Ranks for Joint {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn are_threads(&self) -> bool {
        self.0.link().is_some_and(Link::are_threads)
    }

    fn gather(&self, data: &mut [f32], bounds: &[usize]) {
        self.0.complete(data, bounds);
    }

    fn gather_wide(&self, data: &mut [f64], bounds: &[usize]) {
        self.0.complete(data, bounds);
    }

    /// A part goes to the next rank while this one works on the part after it.
    fn add_up(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32])) {
        let Some(link) = self.0.link() else { return sum.chunks_mut(part.max(1)).enumerate().for_each(|(i, to)| add(i * part, to)) };
        let (rank, last) = (link.rank(), link.size() - 1);
        for (i, to) in sum.chunks_mut(part.max(1)).enumerate() {
            if rank > 0 {
                link.receive(rank - 1, bytemuck::cast_slice_mut(to));
            }
            add(i * part, to);
            if rank < last {
                link.send(rank + 1, bytemuck::cast_slice(to));
            }
        }
    }

    fn spread(&self, data: &mut [f32]) {
        self.0.broadcast_from(self.0.size() - 1, data);
    }
}
