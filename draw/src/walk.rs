//! Visits the boxes one by one, for languages in which frames contain boxes.

use super::diagram::{Block, Diagram, Frame};

/// An event of the visit.
pub(super) enum Met<'a> {
    Enter(&'a Frame),
    Block(usize, &'a Block),
    Leave,
}

impl Diagram {
    /// The boxes in order; those of a frame are between `Enter` and `Leave`.
    pub fn walk(&self) -> Vec<Met<'_>> {
        let mut met = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (number, block) in self.blocks.iter().enumerate() {
            while open.last().is_some_and(|&frame| !self.frames[frame].blocks.contains(&number)) {
                open.pop();
                met.push(Met::Leave);
            }
            for (frame, what) in self.frames.iter().enumerate() {
                if what.blocks.contains(&number) && !open.contains(&frame) {
                    open.push(frame);
                    met.push(Met::Enter(what));
                }
            }
            met.push(Met::Block(number, block));
        }
        met.extend(open.iter().map(|_| Met::Leave));
        met
    }
}
