//! A task and its data without their types, so that the training loop is compiled once for each kind of model, and not for each task.

use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::prelude::*;

use super::{Pass, Step, Task};
use crate::TrainError;
use crate::data::{Array, Batches, Collate, Dataset, Loader, SubsetSampler, fingerprint, join};
use crate::distributed::World;
use crate::metrics::Metrics;

/// A [`Task`] with its training data. One batch at a time is read and then used.
pub(crate) trait Lessons<M, D: Storage<f32>> {
    /// What items are called.
    fn unit(&self) -> &'static str;

    /// The numbers of items and batches of an epoch, and that of the items in a batch.
    fn sizes(&self) -> Sizes;

    /// Divides the reading of the training data among the ranks, if the batches can be joined again, and compares the first batch.
    fn divide(&mut self, world: &World) -> Result<(), TrainError>;

    /// Joins the parts of the batch that the ranks have read.
    fn join(&mut self) -> Result<(), TrainError>;

    /// Begins an epoch, counted from 1, with this batch, counted from 0.
    fn begin(&mut self, epoch: usize, batch: usize);

    /// Reads the next batch; `None` if there is none.
    fn read(&mut self) -> Option<Result<(), TrainError>>;

    /// Ends the epoch, and the threads that read for it.
    fn end(&mut self);

    /// The loss of the batch that was read; `again` if it will be used once more.
    fn loss(&mut self, model: &mut M, pass: Pass<D>, again: bool) -> Result<Step<D>, TrainError>;

    /// The same task on other data: items with these indices, of this loader's data set.
    fn of(&mut self, indices: Vec<usize>, shuffle: Option<u64>) -> Box<dyn Lessons<M, D> + '_>;

    /// At most `most` indices, spread evenly over the first epoch.
    fn spread(&self, most: usize) -> Vec<usize>;

    /// The order of the first epoch.
    fn order(&self) -> Vec<usize>;

    fn check(&self, model: &M) -> Result<(), TrainError>;

    fn validate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError>;

    fn evaluate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError>;

    fn chance_loss(&self) -> Option<f64>;

    fn units(&mut self, model: &M, device: &D) -> Result<Vec<LayerUnits>, TrainError>;

    fn draw(&mut self, model: &M, device: &D, folder: &Path, last: bool) -> Result<(), TrainError>;

    fn state(&self) -> Vec<(String, Array<f32>)>;

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, device: &D) -> Result<(), String>;

    fn save_files(&self, folder: &Path) -> Result<(), TrainError>;

    fn load_files(&mut self, folder: &Path, model: &M) -> Result<(), TrainError>;
}

/// See [`Lessons::sizes`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// The size of the data set, of which a sampler may choose some.
    pub items: usize,
    pub batches: usize,
    pub batch_size: usize,
}

/// A task and the loader of its training data.
pub(crate) struct Lesson<'a, T, S: Dataset> {
    task: &'a mut T,
    data: Loader<S>,
    batches: Option<Batches<S>>,
    read: Option<<S::Item as Collate>::Batch>,
    /// The number of the next batch.
    next: usize,
    /// The ranks that read a part each.
    world: World,
}

impl<'a, T, S: Dataset> Lesson<'a, T, S> {
    pub fn new(task: &'a mut T, data: &Loader<S>) -> Self {
        Self { task, data: data.clone(), batches: None, read: None, next: 0, world: World::one() }
    }
}

/// A copy of a batch: that it can be copied is known of an item's batch, and not of a task's.
fn copied<I: Collate>(batch: &Option<I::Batch>) -> Option<I::Batch> {
    batch.clone()
}

impl<M, D, T, S> Lessons<M, D> for Lesson<'_, T, S>
where
    D: Storage<f32>,
    S: Dataset,
    S::Item: Collate<Batch = T::Batch>,
    T: Task<M, D>,
{
    fn unit(&self) -> &'static str {
        T::UNIT
    }

    fn sizes(&self) -> Sizes {
        Sizes { items: self.data.data().len(), batches: self.data.batch_count(), batch_size: self.data.batch_size() }
    }

    fn begin(&mut self, epoch: usize, batch: usize) {
        self.batches = Some(self.data.epoch_from(epoch, batch));
        self.next = batch;
    }

    fn divide(&mut self, world: &World) -> Result<(), TrainError> {
        if world.size() == 1 {
            return Ok(());
        }
        let first = self.data.clone().workers(0).epoch(1).next().transpose();
        let Some(mut first) = world.agree(first.map_err(TrainError::from))? else { return Ok(()) };
        let Some(columns) = S::Item::columns(&mut first) else { return Ok(()) };
        world.must_be_equal(&[("data: its first batch", fingerprint(&columns))])?;
        self.data = self.data.clone().part_of(world.rank(), world.size());
        self.world = world.clone();
        Ok(())
    }

    fn join(&mut self) -> Result<(), TrainError> {
        let (number, world) = (self.next, &self.world);
        self.next += 1;
        let columns = self.read.as_mut().filter(|_| self.data.is_divided(number)).and_then(S::Item::columns);
        columns.map_or(Ok(()), |columns| Ok(join(columns, world)?))
    }

    fn read(&mut self) -> Option<Result<(), TrainError>> {
        match self.batches.as_mut()?.next()? {
            Ok(batch) => self.read = Some(batch),
            Err(error) => return Some(Err(error.into())),
        }
        Some(Ok(()))
    }

    fn end(&mut self) {
        self.batches = None;
    }

    fn loss(&mut self, model: &mut M, pass: Pass<D>, again: bool) -> Result<Step<D>, TrainError> {
        let batch = if again { copied::<S::Item>(&self.read) } else { self.read.take() };
        self.task.loss(model, batch.expect("a batch was read"), pass)
    }

    fn of(&mut self, indices: Vec<usize>, shuffle: Option<u64>) -> Box<dyn Lessons<M, D> + '_> {
        let data = self.data.clone().sampler(SubsetSampler { indices, shuffle });
        Box::new(Lesson { task: &mut *self.task, data, batches: None, read: None, next: 0, world: World::one() })
    }

    fn spread(&self, most: usize) -> Vec<usize> {
        self.data.spread_order(most)
    }

    fn order(&self) -> Vec<usize> {
        self.data.order(1)
    }

    fn check(&self, model: &M) -> Result<(), TrainError> {
        self.task.check(model)
    }

    fn validate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        self.task.validate(model, device)
    }

    fn evaluate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        self.task.evaluate(model, device)
    }

    fn chance_loss(&self) -> Option<f64> {
        self.task.chance_loss()
    }

    fn units(&mut self, model: &M, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        self.task.units(model, device)
    }

    fn draw(&mut self, model: &M, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        self.task.draw(model, device, folder, last)
    }

    fn state(&self) -> Vec<(String, Array<f32>)> {
        self.task.state()
    }

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, device: &D) -> Result<(), String> {
        self.task.load_state(state, device)
    }

    fn save_files(&self, folder: &Path) -> Result<(), TrainError> {
        self.task.save_files(folder)
    }

    fn load_files(&mut self, folder: &Path, model: &M) -> Result<(), TrainError> {
        self.task.load_files(folder, model)
    }
}
