//! The backward pass of one forward pass.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use dfdx::tensor::{Gradients, Merge, NoneTape, OwnedTape, Storage, Tape};

type Operation<E, D, Err> = Box<dyn FnOnce(&mut Gradients<E, D>) -> Result<(), Err>>;

/// A value, and the time of its recording.
type Timed<T> = (u64, T);

/// A tape of backward operations without gradients, to be played on the gradients of another tape.
pub struct Recording<E: 'static, D: Storage<E>> {
    operations: Vec<Timed<Operation<E, D, D::Err>>>,
}

/// Counts recorded operations: their numbers determine the order after two recordings were merged.
static TIME: AtomicU64 = AtomicU64::new(0);

impl<E, D: Storage<E>> Recording<E, D> {
    /// Runs all operations in reverse order.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub(super) fn play(mut self, gradients: &mut Gradients<E, D>) -> Result<(), D::Err> {
        self.operations.sort_by_key(|(time, _)| *time);
        self.operations.into_iter().rev().try_for_each(|(_, operation)| operation(gradients))
    }

    /// Appends it to a tape, as one operation.
    #[must_use]
    pub fn onto(self, mut tape: OwnedTape<E, D>) -> OwnedTape<E, D> {
        if !self.operations.is_empty() {
            tape.add_backward_op(|gradients| self.play(gradients));
        }
        tape
    }
}

impl<E, D: Storage<E>> Default for Recording<E, D> {
    fn default() -> Self {
        Self { operations: Vec::new() }
    }
}

impl<E, D: Storage<E>> fmt::Debug for Recording<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("operations", &self.operations.len()).finish()
    }
}

impl<E, D: Storage<E>> Tape<E, D> for Recording<E, D> {
    const OWNS_TAPE: bool = true;

    fn add_backward_op<F>(&mut self, operation: F)
    where
        F: 'static + FnOnce(&mut Gradients<E, D>) -> Result<(), D::Err>,
    {
        self.operations.push((TIME.fetch_add(1, Ordering::Relaxed), Box::new(operation)));
    }
}

impl<E, D: Storage<E>> Merge<Recording<E, D>> for Recording<E, D> {
    fn merge(mut self, mut other: Self) -> Self {
        self.operations.append(&mut other.operations);
        self
    }
}

impl<E, D: Storage<E>> Merge<NoneTape> for Recording<E, D> {
    fn merge(self, _: NoneTape) -> Self {
        self
    }
}
