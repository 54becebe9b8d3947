//! The backward pass of one forward pass.

use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use dfdx::tensor::{Gradients, HasErr, Merge, NoneTape, OwnedTape, Storage, Tape};

use crate::run::place::{self, Place};

type Backward<E, D> = Box<dyn FnOnce(&mut Gradients<E, D>) -> Result<(), <D as HasErr>::Err>>;

/// A backward operation.
struct Operation<E, D: Storage<E>> {
    /// When it was recorded.
    time: u64,
    /// The layer that recorded it, if known.
    at: Option<Rc<Place>>,
    run: Backward<E, D>,
}

/// A tape of backward operations without gradients, to be played on the gradients of another tape.
pub struct Recording<E: 'static, D: Storage<E>> {
    operations: Vec<Operation<E, D>>,
    /// The layer that records.
    at: Option<Rc<Place>>,
}

/// Counts recorded operations: their numbers determine the order after two recordings were merged.
static TIME: AtomicU64 = AtomicU64::new(0);

impl<E, D: Storage<E>> Recording<E, D> {
    /// Runs all operations in reverse order. If one fails, its layer is noted.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub(super) fn play(mut self, gradients: &mut Gradients<E, D>) -> Result<(), D::Err> {
        self.operations.sort_by_key(|operation| operation.time);
        self.operations.into_iter().rev().try_for_each(|Operation { at, run, .. }| match at {
            Some(at) => place::within(|| (*at).clone(), || run(gradients)),
            None => run(gradients),
        })
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
        Self { operations: Vec::new(), at: None }
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
        let time = TIME.fetch_add(1, Ordering::Relaxed);
        self.operations.push(Operation { time, at: self.at.clone(), run: Box::new(operation) });
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

/// A tape that knows which layer records.
pub(crate) trait Located {
    /// What is recorded from now on belongs to this layer.
    fn locate(&mut self, place: impl FnOnce() -> Place);
}

impl Located for NoneTape {
    fn locate(&mut self, _: impl FnOnce() -> Place) {}
}

impl<E, D: Storage<E>> Located for Recording<E, D> {
    fn locate(&mut self, place: impl FnOnce() -> Place) {
        self.at = Some(Rc::new(place()));
    }
}
