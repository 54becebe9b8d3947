//! Batches out of a data set.

mod workers;

use std::fmt;
use std::sync::Arc;

use rand::rngs::StdRng;

use super::contained::contained;
use super::seed::stream;
use super::transforms::Transform;
use super::{Collate, DataError, Dataset, HasImage, RandomSampler, Sampler, SequentialSampler};
pub use workers::Batches;

/// Changes an item; its random numbers belong to its place in the epoch's order.
type Change<I> = Arc<dyn Fn(&mut I, &mut StdRng) -> Result<(), DataError> + Send + Sync>;

/// Gives a data set's items in batches, epoch by epoch. PyTorch's `DataLoader`.
///
/// Order and content depend on the seeds and the epoch alone, whatever the number of workers: the order is the sampler's, and the random
/// numbers of a transform are those of (seed, epoch, place in the epoch's order). An item that a sampler draws several times in an epoch is
/// changed in another way each time.
///
/// ```
/// use layercake_train::data::{Loader, Normalize, digits};
/// use layercake_train::data::transforms::RandomCrop;
///
/// let train = digits().train;
/// let normalize = Normalize::measure(&train);
/// let loader = Loader::new(train, 64).shuffle(1).transform(RandomCrop::new([8, 8]).padding(1)).transform(normalize).workers(2);
/// for batch in loader.epoch(1) {
///     let batch = batch?;
///     assert_eq!(batch.images.shape()[1..], [1, 8, 8]);
/// }
/// # Ok::<(), layercake_train::data::DataError>(())
/// ```
pub struct Loader<D: Dataset> {
    data: Arc<D>,
    batch_size: usize,
    sampler: Arc<dyn Sampler>,
    changes: Vec<Change<D::Item>>,
    seed: u64,
    workers: usize,
    drop_last: bool,
}

impl<D: Dataset> Loader<D> {
    /// Batches of `batch_size` items in the set's order; the last one of an epoch holds those that are left. A set that is used elsewhere
    /// too goes into an `Arc`, which is a data set itself.
    ///
    /// # Panics
    /// If `batch_size` is zero.
    pub fn new(data: D, batch_size: usize) -> Self {
        assert!(batch_size > 0, "a batch has at least one item");
        let (data, sampler) = (Arc::new(data), Arc::new(SequentialSampler));
        Self { data, batch_size, sampler, changes: Vec::new(), seed: 0, workers: 0, drop_last: false }
    }

    /// All items in a new order each epoch, and random transforms, by this seed.
    pub fn shuffle(self, seed: u64) -> Self {
        self.sampler(RandomSampler { seed }).seed(seed)
    }

    /// The items that a sampler chooses.
    pub fn sampler(self, sampler: impl Sampler + 'static) -> Self {
        Self { sampler: Arc::new(sampler), ..self }
    }

    /// Seeds what is random in transforms.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Changes each item, after the changes so far: `|item, random| ..`, with random numbers of its own for each item of each epoch.
    pub fn map(mut self, change: impl Fn(&mut D::Item, &mut StdRng) -> Result<(), DataError> + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// So many threads prepare batches ahead of time; with 0 the caller's own does it when a batch is asked for.
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Leaves the last batch of an epoch out if it is smaller than the others.
    pub fn drop_last(self) -> Self {
        Self { drop_last: true, ..self }
    }

    /// The data set.
    pub fn data(&self) -> &Arc<D> {
        &self.data
    }

    /// Items in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The number of batches in an epoch.
    pub fn batch_count(&self) -> usize {
        let items = self.sampler.count(self.data.len());
        if self.drop_last { items / self.batch_size } else { items.div_ceil(self.batch_size) }
    }

    /// The batches of an epoch, counted from 1. Dropping the iterator early ends its workers; after an error there is nothing more. A panic in the
    /// data set, the sampler, a change or [`Collate`] is an error like any other.
    pub fn epoch(&self, epoch: usize) -> Batches<D> {
        self.epoch_from(epoch, 0)
    }

    /// The batches of an epoch from batch `first` on, counted from 0: to go on where a run ended.
    pub fn epoch_from(&self, epoch: usize, first: usize) -> Batches<D> {
        let order = contained(|| self.order(epoch));
        // Told of when the first batch is asked for.
        let (order, failed) = match order {
            Ok(order) => (order, None),
            Err(reason) => (Vec::new(), Some(DataError::Order { epoch, reason })),
        };
        let task = Task {
            data: Arc::clone(&self.data),
            changes: self.changes.clone(),
            seed: self.seed,
            epoch,
            order,
            batch_size: self.batch_size,
        };
        Batches::start(task, first, self.workers, failed)
    }
}

impl<D: Dataset> Loader<D> {
    /// The items of an epoch in their order.
    pub(crate) fn order(&self, epoch: usize) -> Vec<usize> {
        let mut order = self.sampler.order(epoch, self.data.len());
        order.truncate(self.batch_count().saturating_mul(self.batch_size));
        order
    }
}

impl<D: Dataset> Loader<D>
where
    D::Item: HasImage,
{
    /// Changes each picture, after the changes so far.
    pub fn transform(self, transform: impl Transform + 'static) -> Self {
        self.map(move |item, random| transform.apply(&mut item.image_mut(), random))
    }
}

impl<D: Dataset> Clone for Loader<D> {
    fn clone(&self) -> Self {
        let Self { batch_size, seed, workers, drop_last, .. } = *self;
        let (data, sampler) = (Arc::clone(&self.data), Arc::clone(&self.sampler));
        Self { data, sampler, changes: self.changes.clone(), batch_size, seed, workers, drop_last }
    }
}

impl<D: Dataset> fmt::Debug for Loader<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch_size, seed, workers, drop_last, .. } = self;
        let mut text = f.debug_struct("Loader");
        text.field("items", &self.data.len()).field("batch_size", batch_size).field("changes", &self.changes.len());
        text.field("seed", seed).field("workers", workers).field("drop_last", drop_last).finish()
    }
}

/// All that is needed to make any batch of an epoch.
struct Task<D: Dataset> {
    data: Arc<D>,
    changes: Vec<Change<D::Item>>,
    seed: u64,
    epoch: usize,
    order: Vec<usize>,
    batch_size: usize,
}

/// A batch of a data set.
type BatchOf<D> = <<D as Dataset>::Item as Collate>::Batch;

impl<D: Dataset> Task<D> {
    fn batch_count(&self) -> usize {
        self.order.len().div_ceil(self.batch_size)
    }

    /// Batch `number`. A data set or a transform that panics is an error like any other.
    fn batch(&self, number: usize) -> Result<BatchOf<D>, DataError> {
        let start = number * self.batch_size;
        let places = start..self.order.len().min(start + self.batch_size);
        let items = places.map(|place| self.item(place)).collect::<Result<Vec<_>, _>>()?;
        contained(|| D::Item::collate(items)).unwrap_or_else(|reason| Err(DataError::Panicked { index: self.order[start], reason }))
    }

    /// The item at this place of the order.
    fn item(&self, place: usize) -> Result<D::Item, DataError> {
        let index = self.order[place];
        let made = contained(|| {
            let len = self.data.len();
            if index >= len {
                return Err(DataError::Index { index, len });
            }
            let named = |source| DataError::Item { index, source: Box::new(source) };
            let mut item = self.data.get(index).map_err(named)?;
            if !self.changes.is_empty() {
                // By its place: what is drawn twice is not to be cut twice in the same way.
                let mut random = stream("transforms", self.seed, [self.epoch as u64, place as u64]);
                self.changes.iter().try_for_each(|change| change(&mut item, &mut random)).map_err(named)?;
            }
            Ok(item)
        });
        made.unwrap_or_else(|reason| Err(DataError::Panicked { index, reason }))
    }
}

#[cfg(test)]
mod tests;
