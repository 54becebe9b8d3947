//! The traits of data sets and their items.

use std::sync::Arc;

use super::{Column, DataError};

/// Random access to items, from several threads; PyTorch's `Dataset`.
///
/// Items in files should be read in [`Dataset::get`], so that a loader's workers share the cost.
pub trait Dataset: Send + Sync + 'static {
    /// The type of an item.
    type Item: Collate;

    /// Number of items.
    fn len(&self) -> usize;

    /// Reads item `index`, counted from 0.
    ///
    /// # Errors
    /// Returns an error if the item cannot be read. The error should name the file.
    fn get(&self, index: usize) -> Result<Self::Item, DataError>;

    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An item that can be collated into a batch; PyTorch's `default_collate`.
pub trait Collate: Sized + Send + 'static {
    /// The type of a batch. It is cloned if several optimizers take turns on it.
    type Batch: Clone + Send + 'static;

    /// What items are called when the speed is reported.
    const UNIT: &'static str = "samples";

    /// Collates at least one item into a batch.
    ///
    /// # Errors
    /// Returns an error if the items have different sizes: [`DataError::Uneven`].
    fn collate(items: Vec<Self>) -> Result<Self::Batch, DataError>;

    /// The arrays of a batch, if these are all of it: of several [ranks](crate::distributed) each then reads a part of every batch, and they exchange the rest. By default
    /// each rank reads the whole batch.
    fn columns(_: &mut Self::Batch) -> Option<Vec<Column<'_>>> {
        None
    }
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
