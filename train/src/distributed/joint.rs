//! Passes that the ranks make together.

use layercake::ranks::{Ranks, Spread};

use super::link::Link;
use super::{Reduce, World};

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

    fn add_up(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32])) {
        match self.0.link() {
            Some(link) => link.relay(sum, part, add),
            None => add(0, sum),
        }
    }

    fn add_in_any_order(&self) -> bool {
        self.0.reduce == Reduce::Ring
    }

    fn spreading(&self, most: usize, work: &mut dyn FnMut(Spread<'_>)) -> Vec<Vec<f32>> {
        match self.0.link() {
            Some(link) => link.spreading(most, self.0.reduce, work).0,
            None => {
                let mut lists = Vec::new();
                work(&mut |list| lists.push(list));
                lists
            }
        }
    }

    fn spread(&self, data: &mut [f32]) {
        self.0.broadcast_from(self.0.size() - 1, data);
    }
}
