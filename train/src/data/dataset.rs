//! What a data set is, and how its items become batches.

use std::sync::Arc;

use super::DataError;

/// Items that can be had one by one, in any order, by several threads at once. PyTorch's `Dataset`.
///
/// An item that is read from a file is read when it is asked for; what it costs is spread over a loader's workers.
pub trait Dataset: Send + Sync + 'static {
    /// One of them.
    type Item: Collate;

    /// How many there are.
    fn len(&self) -> usize;

    /// Item `index`, counted from 0.
    ///
    /// # Errors
    /// If it cannot be read. The error names the file.
    fn get(&self, index: usize) -> Result<Self::Item, DataError>;

    /// Is there nothing in it?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An item that can be put side by side with others of its kind. PyTorch's `default_collate`.
pub trait Collate: Sized + Send + 'static {
    /// Several of them.
    type Batch: Send + 'static;

    /// Puts at least one item together.
    ///
    /// # Errors
    /// If they are not of one size: [`DataError::Uneven`].
    fn collate(items: Vec<Self>) -> Result<Self::Batch, DataError>;
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, index: usize) -> Result<D::Item, DataError> {
        (**self).get(index)
    }
}
