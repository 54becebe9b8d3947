//! The data of an agent: none.

use crate::data::{Collate, DataError, Dataset};

/// The turns of an agent as a data set, since a trainer counts the batches of a loader: `Loader::new(Turns(steps), steps_per_update)` is an epoch of
/// `steps` steps, with an update after every `steps_per_update`. A batch is the number of turns in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns(pub usize);

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn;

impl Dataset for Turns {
    type Item = Turn;

    fn len(&self) -> usize {
        self.0
    }

    fn get(&self, _: usize) -> Result<Turn, DataError> {
        Ok(Turn)
    }
}

impl Collate for Turn {
    type Batch = usize;

    fn collate(turns: Vec<Self>) -> Result<usize, DataError> {
        Ok(turns.len())
    }
}
