//! Classifying images.

use std::path::Path;

use layercake::ir::{Graph, Op};
use layercake::loss::{CrossEntropy, Hinge, Loss};
use layercake::prelude::*;

use super::{Classifier, Pass, Scores, Step, Task};
use crate::data::{Array, Batch, Collate, DataError, Dataset, Loader, Pictured};
use crate::error::OnDevice;
use crate::run::{Canvas, LETTER, class_table, cut, draw_confusion, filter_pictures, write_text};
use crate::{Figures, Tally, TrainError, best};

/// What a classifier's scores are held against.
#[derive(Clone, Debug)]
pub enum Criterion {
    /// Softmax cross entropy, with label smoothing and weights of classes.
    CrossEntropy(CrossEntropy),
    /// The multi-class hinge: with one layer, a linear support vector machine.
    Hinge(Hinge),
}

impl Criterion {
    /// The mean, and 0 where nothing counts.
    fn try_mean<const K: usize, D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        scores: Scores<K, D, T>,
        labels: &[usize],
    ) -> Result<Tensor<Rank0, f32, D, T>, D::Err> {
        match self {
            Self::CrossEntropy(criterion) if label_weight(criterion, labels) == 0.0 => criterion.try_sum(scores, labels),
            Self::CrossEntropy(criterion) => criterion.try_mean(scores, labels),
            Self::Hinge(criterion) => criterion.try_mean(scores, labels),
        }
    }

    /// What the mean over these labels is divided by.
    fn weight(&self, labels: &[usize]) -> f64 {
        match self {
            Self::CrossEntropy(criterion) => label_weight(criterion, labels),
            Self::Hinge(_) => labels.len() as f64,
        }
    }

    /// The label that counts for nothing.
    fn ignored(&self) -> Option<usize> {
        match self {
            Self::CrossEntropy(criterion) => criterion.ignore_index,
            Self::Hinge(_) => None,
        }
    }

    /// Sees that the options fit so many classes.
    fn check(&self, classes: usize) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(format!("the criterion: {reason}")));
        match self {
            Self::CrossEntropy(CrossEntropy { weight, label_smoothing, .. }) => {
                if !weight.is_empty() && weight.len() != classes {
                    return wrong(format!("there are {} weights for {classes} classes", weight.len()));
                }
                if let Some(bad) = weight.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    return wrong(format!("{bad} is no weight of a class"));
                }
                if !(0.0..=1.0).contains(label_smoothing) {
                    return wrong(format!("the label smoothing must be between 0 and 1, not {label_smoothing}"));
                }
            }
            Self::Hinge(Hinge { margin, .. }) if !margin.is_finite() => return wrong(format!("{margin} is no margin")),
            Self::Hinge(_) => {}
        }
        Ok(())
    }
}

/// What a cross entropy's mean over these labels is divided by: the sum of the weights of those that are not ignored. It is what a batch counts
/// where means of several are put together ([`Step::weighing`]).
pub fn label_weight(criterion: &CrossEntropy, labels: &[usize]) -> f64 {
    let counted = labels.iter().filter(|&&label| Some(label) != criterion.ignore_index);
    counted.map(|&label| if criterion.weight.is_empty() { 1.0 } else { criterion.weight.get(label).copied().unwrap_or(0.0) }).sum()
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
        let ignored = self.criterion.ignored();
        let Batch { images, labels } = fitting::<C, H, W, K>(batch, ignored)?;
        has_variance(N::GRAPH, labels.len())?;
        let scores = net.try_forward_train(images.on(&pass.device)?, pass.gradients).on_device()?;
        let mut tally = Tally::new(K);
        tally.count_classes(&best(&scores.as_vec(), K), &labels, ignored);
        let loss = self.criterion.try_mean(scores, &labels).on_device()?;
        let step = Step::new(loss, labels.len()).weighing(self.criterion.weight(&labels));
        Ok(step.with_weighing("accuracy", tally.accuracy(), tally.total() as f64))
    }

    fn check(&self) -> Result<(), TrainError> {
        self.criterion.check(K)?;
        must_have_batches(&self.test)
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Figures, TrainError> {
        let tested = test(net, device, &self.test, &self.criterion)?;
        if !tested.tally.loss().is_finite() && tested.weight == 0.0 {
            return Err(TrainError::Test("no item counts: each label is ignored, or has a weight of 0".to_owned()));
        }
        let figures = tested.tally.figures();
        self.tested = Some(tested);
        Ok(figures)
    }

    /// `confusion.svg` and `classes.md`; at the end also `filters.png`, the weights of the first layer where they can be looked at, and
    /// `mistakes.png`, the first test images that were taken for another class, with both classes.
    fn draw(&mut self, net: &N, _: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        let Some(Tested { tally, wrong, .. }) = &self.tested else { return Ok(()) };
        let heading = format!("{}: {:.2} % of the test images right", self.title, 100.0 * tally.accuracy());
        write_text(&folder.join("confusion.svg"), draw_confusion(&heading, tally, &self.classes))?;
        write_text(&folder.join("classes.md"), Ok(class_table(tally, &self.classes)))?;
        if !last {
            return Ok(());
        }
        if let Some(filters) = filters::<C, H, W>(net.first_weight().on_device()?, &self.classes) {
            filters.save(&folder.join("filters.png"))?;
        }
        if C == 1 || C == 3 {
            let mistake = |&mistake: &Mistake| -> Result<(Canvas, Mistake), TrainError> {
                Ok((Canvas::of(self.test.data().get(mistake.index)?.picture().image).legible(), mistake))
            };
            let shown = wrong.iter().take(MISTAKES).map(mistake).collect::<Result<Vec<_>, _>>()?;
            if !shown.is_empty() {
                mistakes(&shown, &self.classes).save(&folder.join("mistakes.png"))?;
            }
        }
        Ok(())
    }
}

/// How many images that were taken for another class are drawn.
const MISTAKES: usize = 50;
/// A grid is about so wide.
const WIDE: usize = 1000;
/// Longer names of classes are cut.
const LETTERS: usize = 12;

/// What came out of a measurement.
#[derive(Clone, Debug)]
struct Tested {
    tally: Tally,
    /// What the loss was divided by.
    weight: f64,
    /// The images that were taken for another class.
    wrong: Vec<Mistake>,
}

#[derive(Clone, Copy, Debug)]
struct Mistake {
    /// The image's position.
    index: usize,
    truth: usize,
    predicted: usize,
}

/// Images, each above its true class and the one that it was taken for.
fn mistakes(shown: &[(Canvas, Mistake)], classes: &[String]) -> Canvas {
    let name = |class: usize| cut(&classes[class], LETTERS);
    let lengths = shown.iter().flat_map(|(_, mistake)| [name(mistake.truth).chars().count(), 3 + name(mistake.predicted).chars().count()]);
    // On one line where names are short, else on two.
    let longest = lengths.max().unwrap_or(0);
    let width = shown.iter().map(|(picture, _)| picture.size()[1]).fold(LETTER * longest, usize::max) + LETTER / 2;
    let label = |(picture, mistake): &(Canvas, Mistake)| picture.mistaken(&name(mistake.truth), &name(mistake.predicted), width);
    let pictures = same_height(shown.iter().map(label).collect());
    Canvas::grid(&pictures, WIDE / width).captioned("true class as predicted class")
}

/// All as high as the highest.
fn same_height(pictures: Vec<Canvas>) -> Vec<Canvas> {
    let high = pictures.iter().map(|picture| picture.size()[0]).max().unwrap_or(0);
    pictures.into_iter().map(|picture| picture.on_paper(high)).collect()
}

/// Filters of a convolution that acts on the image, or what a linear layer looks for in it, for each class.
fn filters<const C: usize, const H: usize, const W: usize>(weight: Option<Array>, classes: &[String]) -> Option<Canvas> {
    let weight = weight?;
    let (shape, named) = match *weight.shape() {
        [_, channels, height, width] if channels == C && height * width > 1 => ([C, height, width], false),
        [outputs, inputs] if inputs == C * H * W && (C == 1 || C == 3) => ([C, H, W], outputs == classes.len()),
        _ => return None,
    };
    let mut pictures: Vec<Canvas> = filter_pictures(weight.numbers(), shape).iter().map(Canvas::legible).collect();
    let names: Vec<String> = classes.iter().map(|name| cut(name, LETTERS)).collect();
    let mut width = pictures[0].size()[1];
    if named {
        width = names.iter().map(|name| LETTER * name.chars().count()).fold(width, usize::max) + LETTER / 2;
        pictures = pictures.iter().zip(&names).map(|(picture, name)| picture.named(name, width)).collect();
    }
    let range = if shape[0] == 3 { "grey is 0" } else { "grey is 0, white is positive, black is negative" };
    Some(Canvas::grid(&pictures, (WIDE / width).min(8)).captioned(range))
}

/// Runs a network over all images of a loader, as inference does: without a tape, without dropout, with the running statistics of
/// batch normalisation. Neither the network nor the device's random numbers change.
///
/// # Errors
/// If the loader has no batch, the images do not fit the network, a label has no score, or the device fails.
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
    must_have_batches(data)?;
    let (mut tally, mut wrong, mut seen, mut weight) = (Tally::new(K), Vec::new(), 0, 0.0);
    let (ignored, order) = (criterion.ignored(), data.order(1));
    for batch in data.epoch(1) {
        let Batch { images, labels } = fitting::<C, H, W, K>(batch?, ignored)?;
        let scores = net.try_forward(images.on(device)?).on_device()?;
        let said = best(&scores.as_vec(), K);
        tally.count_classes(&said, &labels, ignored);
        let mistaken =
            said.into_iter().zip(&labels).enumerate().filter(|&(_, (predicted, &truth))| predicted != truth && Some(truth) != ignored);
        wrong.extend(mistaken.filter_map(|(i, (predicted, &truth))| Some(Mistake { index: *order.get(seen + i)?, truth, predicted })));
        seen += labels.len();
        let loss = criterion.try_mean(scores, &labels).on_device()?;
        let counts = criterion.weight(&labels);
        tally.add_weighted_loss(loss.as_vec()[0], counts);
        weight += counts;
    }
    Ok(Tested { tally, weight, wrong })
}

/// An empty test set measures nothing.
fn must_have_batches<S: Dataset>(test: &Loader<S>) -> Result<(), TrainError> {
    if test.batches() > 0 {
        return Ok(());
    }
    let (items, size) = (test.data().len(), test.batch_size());
    Err(TrainError::Test(format!("they make no batch: {items} items in batches of {size}, or a sampler that chooses none of them")))
}

/// A batch, if its images are of the size that the network takes, and each has a label that the network gives a score for or that is ignored.
fn fitting<const C: usize, const H: usize, const W: usize, const K: usize>(
    batch: Batch,
    ignored: Option<usize>,
) -> Result<Batch, DataError> {
    let origin = || "the images".to_owned();
    let Batch { images, labels } = &batch;
    let &[items, channels, height, width] = images.shape() else {
        let expected = format!("images of {C}x{H}x{W}");
        return Err(DataError::Batch { expected, found: format!("{:?}", images.shape()) });
    };
    if [channels, height, width] != [C, H, W] {
        return Err(DataError::Size { origin: origin(), expected: [C, H, W], found: [channels, height, width] });
    }
    if items != labels.len() {
        return Err(DataError::Counts { images: origin(), image_count: items, labels: "the batch".to_owned(), label_count: labels.len() });
    }
    match labels.iter().enumerate().find(|&(_, &label)| label >= K && Some(label) != ignored) {
        Some((index, &label)) => Err(DataError::Label { origin: "a batch".to_owned(), index, label, classes: K }),
        None => Ok(batch),
    }
}

/// Batch normalisation estimates a variance from the values of a channel: of one value there is none.
fn has_variance(graph: &Graph, batch: usize) -> Result<(), TrainError> {
    if batch != 1 {
        return Ok(());
    }
    let alone = |graph: &Graph| {
        let nodes = graph.nodes().iter();
        let mut norms = nodes.filter(|node| matches!(node.op, Op::BatchNorm1d(_) | Op::BatchNorm2d(_)));
        norms.find(|node| node.output.dims()[1..].iter().product::<usize>() == 1).map(|node| node.name.to_string())
    };
    let nested = graph.nodes().iter().any(|node| matches!(node.op, Op::Subgraph(_)));
    let layer = if nested { alone(&graph.inlined()) } else { alone(graph) };
    layer.map_or(Ok(()), |layer| Err(TrainError::SingleValue { layer }))
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
