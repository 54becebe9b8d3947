//! Validation data.

use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::prelude::*;
use rand::seq::SliceRandom;

use super::{Pass, Step, Task};
use crate::data::{Array, stream};
use crate::{Metrics, TrainError};

/// A task with validation data, for [`Trainer::restore_best`](super::Trainer::restore_best), [`EarlyStopping`](super::EarlyStopping) and
/// learning rate plateaus.
#[derive(Clone, Debug)]
pub struct WithValidation<T, V = T> {
    /// The task, evaluated on the test data.
    pub task: T,
    /// The same task with the validation data as its test data; only its evaluation is used. `None` for no validation.
    pub validation: Option<V>,
}

impl<T, V, M, D> Task<M, D> for WithValidation<T, V>
where
    T: Task<M, D>,
    V: Task<M, D>,
    D: Storage<f32>,
{
    type Batch = T::Batch;
    const UNIT: &'static str = T::UNIT;

    fn loss(&mut self, model: &mut M, batch: Self::Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        self.task.loss(model, batch, pass)
    }

    fn check(&self, model: &M) -> Result<(), TrainError> {
        self.task.check(model)?;
        self.validation.as_ref().map_or(Ok(()), |validation| validation.check(model))
    }

    fn validate(&mut self, model: &M, device: &D) -> Result<Metrics, TrainError> {
        self.validation.as_mut().map_or_else(|| Ok(Metrics::new()), |validation| validation.evaluate(model, device))
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

/// Splits the indices of `items` items into a training part and `held` validation items, drawn at random by the seed. Both parts are sorted.
///
/// # Errors
/// Returns an error if one of the parts would be empty.
pub fn hold_out(items: usize, held: usize, seed: u64) -> Result<[Vec<usize>; 2], TrainError> {
    if held == 0 || held >= items {
        return Err(TrainError::Setting(format!("cannot hold out {held} of {items} training items: both parts need at least one")));
    }
    let mut order: Vec<usize> = (0..items).collect();
    order.shuffle(&mut stream("validation", seed, [items as u64, 0]));
    let mut validation = order.split_off(items - held);
    order.sort_unstable();
    validation.sort_unstable();
    Ok([order, validation])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_in_one_part() {
        let [train, held] = hold_out(60, 12, 1).unwrap();
        assert_eq!((train.len(), held.len()), (48, 12));
        let mut all = [train, held.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..60).collect::<Vec<_>>());
        assert_eq!(hold_out(60, 12, 1).unwrap()[1], held);
        assert_ne!(hold_out(60, 12, 2).unwrap()[1], held, "another seed");
        assert!(held[0] < 40, "not just the end of the set: {held:?}");
        for held in [0, 60, 61] {
            let message = hold_out(60, held, 1).unwrap_err().to_string();
            assert_eq!(message, format!("cannot hold out {held} of 60 training items: both parts need at least one"));
        }
    }
}
