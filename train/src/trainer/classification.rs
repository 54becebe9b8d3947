//! Classifying images.

use std::path::Path;

use layercake::loss::CrossEntropy;
use layercake::prelude::*;

use super::{Classifier, Pass, Step, Task};
use crate::data::{Array, Batch, Collate, DataError, Dataset, Loader};
use crate::error::OnDevice;
use crate::run::{draw_confusion, write_text};
use crate::{Figures, Tally, TrainError, metrics};

/// Softmax cross entropy on images `[C, H, W]` of `K` classes; measured by mean loss and accuracy on a test set. The compiler finds the
/// four sizes out from the network.
#[derive(Debug)]
pub struct Classification<S: Dataset, const C: usize, const H: usize, const W: usize, const K: usize> {
    /// The images that it is measured on.
    pub test: Loader<S>,
    /// The names of the classes, for the picture.
    pub classes: Vec<String>,
    /// Heads the picture.
    pub title: String,
    /// Label smoothing and weights of classes.
    pub criterion: CrossEntropy,
    tested: Option<Tally>,
}

impl<S: Dataset, const C: usize, const H: usize, const W: usize, const K: usize> Classification<S, C, H, W, K> {
    /// Plain cross entropy.
    ///
    /// # Errors
    /// If there are more classes than scores.
    pub fn new(title: &str, test: Loader<S>, classes: &[String]) -> Result<Self, DataError> {
        if classes.len() > K {
            return Err(DataError::Classes { origin: title.to_owned(), classes: classes.len(), scores: K });
        }
        let (title, classes) = (title.to_owned(), classes.to_vec());
        Ok(Self { test, classes, title, criterion: CrossEntropy::default(), tested: None })
    }

    /// What was counted in the last measurement.
    pub fn tested(&self) -> Option<&Tally> {
        self.tested.as_ref()
    }
}

impl<N, S, const C: usize, const H: usize, const W: usize, const K: usize, D> Task<N, D> for Classification<S, C, H, W, K>
where
    N: Classifier<C, H, W, K, D>,
    S: Dataset,
    S::Item: Collate<Batch = Batch>,
    D: Backend<f32>,
{
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let Batch { images, labels } = batch;
        let images = fitting::<C, H, W>(images)?.on(&pass.device)?;
        let scores = net.try_forward_train(images, pass.gradients).on_device()?;
        let accuracy = metrics::accuracy(&scores.as_vec(), &labels);
        let loss = self.criterion.try_mean(scores, &labels).on_device()?;
        Ok(Step::new(loss, labels.len()).with("accuracy", accuracy))
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Figures, TrainError> {
        let tally = evaluate(net, device, &self.test)?;
        let figures = tally.figures();
        self.tested = Some(tally);
        Ok(figures)
    }

    /// `confusion.svg`
    fn draw(&mut self, _: &N, _: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let Some(tally) = &self.tested else { return Ok(()) };
        let heading = format!("{}: {:.2} % of the test images right", self.title, 100.0 * tally.accuracy());
        write_text(&folder.join("confusion.svg"), draw_confusion(&heading, tally, &self.classes))
    }
}

/// Runs a network over all images of a loader, as inference does: without a tape, without dropout, with the running statistics of
/// batch normalisation. Neither the network nor the device's random numbers change.
///
/// # Errors
/// If the images do not fit the network, or the device fails.
pub fn evaluate<N, S, const C: usize, const H: usize, const W: usize, const K: usize, D>(
    net: &N,
    device: &D,
    data: &Loader<S>,
) -> Result<Tally, TrainError>
where
    N: Classifier<C, H, W, K, D>,
    S: Dataset,
    S::Item: Collate<Batch = Batch>,
    D: Backend<f32>,
{
    let mut tally = Tally::new(K);
    for batch in data.epoch(1) {
        let Batch { images, labels } = batch?;
        let scores = net.try_forward(fitting::<C, H, W>(images)?.on(device)?).on_device()?;
        tally.count(&scores.as_vec(), &labels);
        let loss = CrossEntropy::default().try_mean(scores, &labels).on_device()?;
        tally.add_loss(loss.as_vec()[0], labels.len());
    }
    Ok(tally)
}

/// The images, if they are of the size that the network takes.
fn fitting<const C: usize, const H: usize, const W: usize>(images: Array) -> Result<Array, DataError> {
    let found = [images.shape()[1], images.shape()[2], images.shape()[3]];
    if found == [C, H, W] { Ok(images) } else { Err(DataError::Size { origin: "the images".to_owned(), expected: [C, H, W], found }) }
}
