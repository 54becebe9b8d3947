//! Classifying images.

use std::path::Path;

use layercake::loss::{CrossEntropy, Hinge, Loss};
use layercake::prelude::*;

use super::{Classifier, Pass, Scores, Step, Task};
use crate::data::{Array, Batch, Collate, DataError, Dataset, Image, Loader, Pictured};
use crate::error::OnDevice;
use crate::run::{Canvas, class_table, draw_confusion, filter_grid, write_text};
use crate::{Figures, Tally, TrainError, best, metrics};

/// What a classifier's scores are held against.
#[derive(Clone, Debug)]
pub enum Criterion {
    /// Softmax cross entropy, with label smoothing and weights of classes.
    CrossEntropy(CrossEntropy),
    /// The multi-class hinge: with one layer, a linear support vector machine.
    Hinge(Hinge),
}

impl Criterion {
    fn try_mean<const K: usize, D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        scores: Scores<K, D, T>,
        labels: &[usize],
    ) -> Result<Tensor<Rank0, f32, D, T>, D::Err> {
        match self {
            Self::CrossEntropy(criterion) => criterion.try_mean(scores, labels),
            Self::Hinge(criterion) => criterion.try_mean(scores, labels),
        }
    }
}

/// Plain cross entropy.
impl Default for Criterion {
    fn default() -> Self {
        Self::CrossEntropy(CrossEntropy::default())
    }
}

/// A criterion on images `[C, H, W]` of `K` classes; measured by its mean and the accuracy on a test set. The compiler finds the
/// four sizes out from the network.
#[derive(Debug)]
pub struct Classification<S: Dataset, const C: usize, const H: usize, const W: usize, const K: usize> {
    /// The images that it is measured on.
    pub test: Loader<S>,
    /// The names of the classes, for the picture.
    pub classes: Vec<String>,
    /// Heads the picture.
    pub title: String,
    /// The loss.
    pub criterion: Criterion,
    tested: Option<Tested>,
}

impl<S: Dataset, const C: usize, const H: usize, const W: usize, const K: usize> Classification<S, C, H, W, K> {
    /// By plain cross entropy. Scores without a named class are called by their number.
    ///
    /// # Errors
    /// If there are more classes than scores.
    pub fn new(title: &str, test: Loader<S>, classes: &[String]) -> Result<Self, DataError> {
        if classes.len() > K {
            return Err(DataError::Classes { origin: title.to_owned(), classes: classes.len(), scores: K });
        }
        let unnamed = (classes.len()..K).map(|class| class.to_string());
        let (title, classes) = (title.to_owned(), classes.iter().cloned().chain(unnamed).collect());
        Ok(Self { test, classes, title, criterion: Criterion::default(), tested: None })
    }

    /// What was counted in the last measurement.
    pub fn tested(&self) -> Option<&Tally> {
        self.tested.as_ref().map(|tested| &tested.tally)
    }
}

impl<N, S, const C: usize, const H: usize, const W: usize, const K: usize, D> Task<N, D> for Classification<S, C, H, W, K>
where
    N: Classifier<C, H, W, K, D>,
    S: Dataset,
    S::Item: Collate<Batch = Batch> + Pictured,
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
        let tested = test(net, device, &self.test, &self.criterion)?;
        let figures = tested.tally.figures();
        self.tested = Some(tested);
        Ok(figures)
    }

    /// `confusion.svg` and `classes.md`; at the end also `filters.png`, the weights of the first layer where they can be looked at, and
    /// `mistakes.png`, the first test images that were taken for another class.
    fn draw(&mut self, net: &N, _: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        let Some(Tested { tally, wrong }) = &self.tested else { return Ok(()) };
        let heading = format!("{}: {:.2} % of the test images right", self.title, 100.0 * tally.accuracy());
        write_text(&folder.join("confusion.svg"), draw_confusion(&heading, tally, &self.classes))?;
        write_text(&folder.join("classes.md"), Ok(class_table(tally, &self.classes)))?;
        if !last {
            return Ok(());
        }
        if let Some(filters) = filters::<C, H, W>(net.first_weight().on_device()?) {
            filters.save(&folder.join("filters.png"))?;
        }
        if C == 1 || C == 3 {
            let image = |&index: &usize| -> Result<Image, TrainError> { Ok(self.test.data().get(index)?.picture().image.clone()) };
            let shown = wrong.iter().take(MISTAKES).map(image).collect::<Result<Vec<_>, _>>()?;
            if !shown.is_empty() {
                let pictures: Vec<Canvas> = shown.iter().map(Canvas::of).collect();
                Canvas::grid(&pictures, COLUMNS).enlarged(2).save(&folder.join("mistakes.png"))?;
            }
        }
        Ok(())
    }
}

/// How many images that were taken for another class are drawn, and how many side by side.
const MISTAKES: usize = 50;
const COLUMNS: usize = 10;

/// What came out of a measurement.
#[derive(Clone, Debug)]
struct Tested {
    tally: Tally,
    /// The positions of images that were taken for another class.
    wrong: Vec<usize>,
}

/// Filters of a convolution that acts on the image, or what a linear layer looks for in it.
fn filters<const C: usize, const H: usize, const W: usize>(weight: Option<Array>) -> Option<Canvas> {
    let weight = weight?;
    match *weight.shape() {
        [_, channels, height, width] if channels == C && height * width > 1 => {
            Some(filter_grid(weight.numbers(), [C, height, width], 8).enlarged(8))
        }
        [_, inputs] if inputs == C * H * W && (C == 1 || C == 3) => Some(filter_grid(weight.numbers(), [C, H, W], 5).enlarged(3)),
        _ => None,
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
    Ok(test(net, device, data, &Criterion::default())?.tally)
}

fn test<N, S, const C: usize, const H: usize, const W: usize, const K: usize, D>(
    net: &N,
    device: &D,
    data: &Loader<S>,
    criterion: &Criterion,
) -> Result<Tested, TrainError>
where
    N: Classifier<C, H, W, K, D>,
    S: Dataset,
    S::Item: Collate<Batch = Batch>,
    D: Backend<f32>,
{
    let (mut tally, mut wrong, mut seen) = (Tally::new(K), Vec::new(), 0);
    for batch in data.epoch(1) {
        let Batch { images, labels } = batch?;
        let scores = net.try_forward(fitting::<C, H, W>(images)?.on(device)?).on_device()?;
        let numbers = scores.as_vec();
        tally.count(&numbers, &labels);
        wrong.extend(best(&numbers, K).iter().zip(&labels).enumerate().filter(|(_, (said, label))| said != label).map(|(i, _)| seen + i));
        seen += labels.len();
        let loss = criterion.try_mean(scores, &labels).on_device()?;
        tally.add_loss(loss.as_vec()[0], labels.len());
    }
    Ok(Tested { tally, wrong })
}

/// The images, if they are of the size that the network takes.
fn fitting<const C: usize, const H: usize, const W: usize>(images: Array) -> Result<Array, DataError> {
    let found = [images.shape()[1], images.shape()[2], images.shape()[3]];
    if found == [C, H, W] { Ok(images) } else { Err(DataError::Size { origin: "the images".to_owned(), expected: [C, H, W], found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Images, Split, digits};

    /// A network may have more scores than a data set has classes: each still has a name in the pictures.
    #[test]
    fn every_score_has_a_name() {
        let Split { test, .. } = digits();
        let names = |classes: &[String]| {
            Classification::<Images, 1, 8, 8, 4>::new("digits", Loader::new(test.clone(), 1), classes).map(|task| task.classes)
        };
        let named = ["cat", "dog"].map(str::to_owned);
        assert_eq!(names(&named).unwrap(), ["cat", "dog", "2", "3"]);
        assert!(names(&["a"; 5].map(str::to_owned)).is_err());
    }
}
