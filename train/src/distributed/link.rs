//! What carries bytes between ranks.

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

    /// Gives all ranks what `root` has.
    fn broadcast(&self, root: usize, data: &mut [u8]);

    /// Completes `data`, of which each rank has the bytes from `bounds[rank]` to `bounds[rank + 1]`.
    fn gather(&self, data: &mut [u8], bounds: &[usize]);

    /// What was exchanged so far, if it is counted.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}
