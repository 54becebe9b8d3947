//! How much the loss of a batch differs within an epoch.

use std::path::Path;

use layercake_train::TrainError;
use layercake_train::data::Array;
use layercake_train::run::{Line, draw_lines};

use crate::tasks::save_text;

/// Mean and deviation of the batches' losses, by epoch.
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// For each epoch the number of batches, the sum of their losses, and the sum of the squares.
    epochs: Vec<[f64; 3]>,
}

impl Spread {
    /// Adds the loss of a batch; epochs are counted from 1.
    pub(super) fn add(&mut self, epoch: usize, loss: f64) {
        self.epochs.resize(self.epochs.len().max(epoch), [0.0; 3]);
        let [count, sum, squares] = &mut self.epochs[epoch - 1];
        (*count, *sum, *squares) = (*count + 1.0, *sum + loss, *squares + loss * loss);
    }

    /// Mean and standard deviation in each epoch.
    fn figures(&self) -> impl Iterator<Item = [f64; 2]> {
        self.epochs.iter().map(|&[count, sum, squares]| {
            let mean = sum / count;
            [mean, (squares / count - mean * mean).max(0.0).sqrt()]
        })
    }

    pub(super) fn draw(&self, path: &Path) -> Result<(), TrainError> {
        let line = |name: &str, part: usize| -> Line {
            (name.to_owned(), self.figures().enumerate().map(|(i, figures)| ((i + 1) as f64, figures[part])).collect())
        };
        let title = "The losses of the batches of an epoch";
        let svg = draw_lines(title, ["epoch", "training loss"], &[line("mean", 0), line("deviation", 1)]);
        save_text(path, &svg.map_err(TrainError::Test)?)
    }

    /// For a checkpoint.
    pub(super) fn state(&self) -> Vec<(String, Array<f32>)> {
        let numbers = self.epochs.iter().flatten().map(|&number| number as f32).collect();
        vec![("losses".to_owned(), Array::new(vec![self.epochs.len(), 3], numbers))]
    }

    pub(super) fn from_state(state: Vec<(String, Array<f32>)>) -> Result<Self, String> {
        let mut spread = Self::default();
        for (name, array) in state {
            if name != "losses" || array.shape().get(1) != Some(&3) {
                return Err(format!("unknown state `{name}` of {:?}", array.shape()));
            }
            spread.epochs = array.as_slice().as_chunks().0.iter().map(|row: &[f32; 3]| row.map(f64::from)).collect();
        }
        Ok(spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_of_each_epoch() {
        let mut spread = Spread::default();
        [(1, 1.0), (1, 3.0), (2, 0.5)].iter().for_each(|&(epoch, loss)| spread.add(epoch, loss));
        assert_eq!(spread.figures().collect::<Vec<_>>(), [[2.0, 1.0], [0.5, 0.0]]);
        let mut again = Spread::from_state(spread.state()).unwrap();
        again.add(2, 1.5);
        assert_eq!(again.figures().collect::<Vec<_>>(), [[2.0, 1.0], [1.0, 0.5]]);
        assert!(Spread::from_state(vec![("other".to_owned(), Array::new(vec![0, 3], Vec::new()))]).is_err());
    }
}
