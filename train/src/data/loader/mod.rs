//! The loader: batches of a data set.

mod workers;

use std::fmt;
use std::sync::Arc;

use rand::rngs::StdRng;

use super::contained::contained;
use super::seed::stream;
use super::transforms::Transform;
use super::{Collate, DataError, Dataset, HasImage, RandomSampler, Sampler, SequentialSampler, SubsetSampler};
use crate::distributed::share;
pub use workers::Batches;

/// A transform of an item. Its random numbers are a function of the position in the epoch.
type Change<I> = Arc<dyn Fn(&mut I, &mut StdRng) -> Result<(), DataError> + Send + Sync>;

/// Loads a data set in batches; PyTorch's `DataLoader`.
///
/// Batches are a function of the seeds and the epoch, for any number of workers: the sampler determines the order, and a transform's random
/// numbers are a function of (seed, epoch, position in the epoch). An item that is drawn several times in an epoch is transformed differently
/// each time.
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
#[must_use = "a loader does nothing until its epochs are iterated over"]
pub struct Loader<D: Dataset> {
    data: Arc<D>,
    batch_size: usize,
    sampler: Arc<dyn Sampler>,
    changes: Vec<Change<D::Item>>,
    seed: u64,
    workers: usize,
    drop_last: bool,
    /// The rank that reads a part of each batch, and the number of ranks.
    part: Option<[usize; 2]>,
}

impl<D: Dataset> Loader<D> {
    /// Loads batches of `batch_size` items in order; the last batch of an epoch may be smaller. To share a data set, put it into an `Arc`, which is
    /// a data set itself.
    ///
    /// # Panics
    /// Panics if `batch_size` is zero.
    pub fn new(data: D, batch_size: usize) -> Self {
        assert!(batch_size > 0, "expected a batch size of at least 1");
        let (data, sampler) = (Arc::new(data), Arc::new(SequentialSampler));
        Self { data, batch_size, sampler, changes: Vec::new(), seed: 0, workers: 0, drop_last: false, part: None }
    }

    /// Shuffles the items in each epoch, and seeds the transforms.
    pub fn shuffle(self, seed: u64) -> Self {
        self.sampler(RandomSampler { seed }).seed(seed)
    }

    /// Sets the sampler.
    pub fn sampler(self, sampler: impl Sampler + 'static) -> Self {
        Self { sampler: Arc::new(sampler), ..self }
    }

    /// Seeds the transforms.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Adds a transform of items, `|item, random| ..`, after those so far. The random numbers differ for each item and epoch.
    pub fn map(mut self, change: impl Fn(&mut D::Item, &mut StdRng) -> Result<(), DataError> + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// Sets the number of worker threads that prepare batches ahead of time. With 0, batches are prepared by the calling thread.
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Drops the last batch of an epoch if it is smaller than the others.
    pub fn drop_last(self) -> Self {
        Self { drop_last: true, ..self }
    }

    /// Loads at most `most` items, spread evenly over the first epoch, in batches of `batch_size`, without workers. For a look at a part of the data.
    ///
    /// # Panics
    /// Panics if `batch_size` is zero.
    pub fn spread(&self, most: usize, batch_size: usize) -> Self {
        assert!(batch_size > 0, "expected a batch size of at least 1");
        let indices = self.spread_order(most);
        Self { batch_size, workers: 0, drop_last: false, ..self.clone() }.sampler(SubsetSampler { indices, shuffle: None })
    }

    /// The data set.
    pub fn data(&self) -> &Arc<D> {
        &self.data
    }

    /// Items per batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Number of batches per epoch.
    pub fn batch_count(&self) -> usize {
        let items = self.sampler.count(self.data.len());
        if self.drop_last { items / self.batch_size } else { items.div_ceil(self.batch_size) }
    }

    /// Iterates over the batches of an epoch, counted from 1. Dropping the iterator stops its workers; an error ends it. Panics in the data set,
    /// the sampler, a transform or [`Collate`] are returned as errors.
    pub fn epoch(&self, epoch: usize) -> Batches<D> {
        self.epoch_from(epoch, 0)
    }

    /// Iterates over the batches of an epoch from batch `first` on, counted from 0, to resume a run.
    pub fn epoch_from(&self, epoch: usize, first: usize) -> Batches<D> {
        let order = contained(|| self.order(epoch));
        // Returned with the first batch.
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
            part: self.part,
        };
        Batches::start(task, first, self.workers, failed)
    }
}

impl<D: Dataset> Loader<D> {
    /// At most `most` indices, spread evenly over the first epoch.
    pub(crate) fn spread_order(&self, most: usize) -> Vec<usize> {
        let order = self.order(1);
        let count = most.min(order.len());
        (0..count).map(|i| order[i * order.len() / count]).collect()
    }

    /// Reads only the part of a rank of each batch that [has an item for every rank](Loader::is_divided).
    pub(crate) fn part_of(self, rank: usize, ranks: usize) -> Self {
        Self { part: Some([rank, ranks]), ..self }
    }

    /// Whether only a part of this batch is read.
    pub(crate) fn is_divided(&self, number: usize) -> bool {
        let items = self.sampler.count(self.data.len()).saturating_sub(number * self.batch_size).min(self.batch_size);
        self.part.is_some_and(|[_, ranks]| is_divided(items, ranks))
    }

    /// The indices of an epoch in their order.
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
    /// Adds a transform of images, after those so far.
    pub fn transform(self, transform: impl Transform + 'static) -> Self {
        self.map(move |item, random| transform.apply(&mut item.image_mut(), random))
    }
}

impl<D: Dataset> Clone for Loader<D> {
    fn clone(&self) -> Self {
        let Self { batch_size, seed, workers, drop_last, part, .. } = *self;
        let (data, sampler) = (Arc::clone(&self.data), Arc::clone(&self.sampler));
        Self { data, sampler, changes: self.changes.clone(), batch_size, seed, workers, drop_last, part }
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

fn is_divided(items: usize, ranks: usize) -> bool {
    items >= ranks
}

/// Everything needed to prepare any batch of an epoch.
struct Task<D: Dataset> {
    data: Arc<D>,
    changes: Vec<Change<D::Item>>,
    seed: u64,
    epoch: usize,
    order: Vec<usize>,
    batch_size: usize,
    part: Option<[usize; 2]>,
}

/// The batch type of a data set.
type BatchOf<D> = <<D as Dataset>::Item as Collate>::Batch;

impl<D: Dataset> Task<D> {
    fn batch_count(&self) -> usize {
        self.order.len().div_ceil(self.batch_size)
    }

    /// Prepares a batch. Panics become errors.
    fn batch(&self, number: usize) -> Result<BatchOf<D>, DataError> {
        let start = number * self.batch_size;
        let places = start..self.order.len().min(start + self.batch_size);
        let places = match self.part {
            Some([rank, ranks]) if is_divided(places.len(), ranks) => {
                let own = share(places.len(), rank, ranks);
                start + own.start..start + own.end
            }
            _ => places,
        };
        let items = places.map(|place| self.item(place)).collect::<Result<Vec<_>, _>>()?;
        contained(|| D::Item::collate(items)).unwrap_or_else(|reason| Err(DataError::Panicked { index: self.order[start], reason }))
    }

    /// Reads and transforms the item at this position of the order.
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
                // Seeded by position: an item that is drawn twice is transformed differently.
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
