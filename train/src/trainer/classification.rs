//! Image classification.

use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::ir::{Graph, Op};
use layercake::loss::{CrossEntropy, Hinge, Loss};
use layercake::prelude::*;

use super::samples::{Judged, Judgments, NAME, WIDE};
use super::{Classifier, Pass, Scores, Step, Task};
use crate::data::{Array, Batch, Collate, DataError, Dataset, HasImage, Loader};
use crate::error::OnDevice;
use crate::health::count_units;
use crate::run::{Canvas, LETTER, class_table, cut, draw_confusion_matrix, filter_pictures, write_text};
use crate::{ConfusionMatrix, Metrics, TrainError, argmax, softmax};

/// The loss of a classifier.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    /// Softmax cross entropy, with label smoothing and class weights.
    CrossEntropy(CrossEntropy),
    /// Multi-class hinge loss: with one linear layer, a linear support vector machine.
    Hinge(Hinge),
}

impl Criterion {
    /// The mean loss, or 0 if the total weight is 0.
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

    /// The weight of these labels in the mean.
    fn weight(&self, labels: &[usize]) -> f64 {
        match self {
            Self::CrossEntropy(criterion) => label_weight(criterion, labels),
            Self::Hinge(_) => labels.len() as f64,
        }
    }

    /// The ignored label.
    fn ignored(&self) -> Option<usize> {
        match self {
            Self::CrossEntropy(criterion) => criterion.ignore_index,
            Self::Hinge(_) => None,
        }
    }

    /// Checks the options for this number of classes.
    fn check(&self, classes: usize) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(format!("the criterion: {reason}")));
        match self {
            Self::CrossEntropy(CrossEntropy { weight, label_smoothing, .. }) => {
                if !weight.is_empty() && weight.len() != classes {
                    return wrong(format!("expected {classes} class weights, found {}", weight.len()));
                }
                if let Some(bad) = weight.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                    return wrong(format!("the class weight {bad} is invalid; expected a finite number of at least 0"));
                }
                if !(0.0..=1.0).contains(label_smoothing) {
                    return wrong(format!("`label_smoothing` is {label_smoothing}; expected a number in 0..=1"));
                }
            }
            Self::Hinge(Hinge { margin, .. }) if !margin.is_finite() => {
                return wrong(format!("`margin` is {margin}; expected a finite number"));
            }
            Self::Hinge(_) => {}
        }
        Ok(())
    }
}

/// The weight of a batch under a cross entropy: the sum of the class weights of its labels, without ignored ones. Use it with
/// [`Step::with_weight`].
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

/// Image classification: a criterion on images `[C, H, W]` of `K` classes, evaluated by loss and accuracy on a test set. The four sizes are
/// inferred from the network.
#[derive(Debug)]
pub struct Classification<S: Dataset, const C: usize, const H: usize, const W: usize, const K: usize> {
    /// The test images.
    pub test: Loader<S>,
    /// The names of the classes, for pictures.
    pub classes: Vec<String>,
    /// The title of pictures.
    pub title: String,
    /// The loss.
    pub criterion: Criterion,
    tested: Option<Tested>,
}

impl<S: Dataset, const C: usize, const H: usize, const W: usize, const K: usize> Classification<S, C, H, W, K> {
    /// Creates a task with plain cross entropy. Classes without a name are named by their index.
    ///
    /// # Errors
    /// Returns an error if there are more class names than outputs of the network.
    pub fn new(title: &str, test: Loader<S>, classes: &[String]) -> Result<Self, DataError> {
        if classes.len() > K {
            return Err(DataError::Classes { origin: title.to_owned(), classes: classes.len(), scores: K });
        }
        let unnamed = (classes.len()..K).map(|class| class.to_string());
        let (title, classes) = (title.to_owned(), classes.iter().cloned().chain(unnamed).collect());
        Ok(Self { test, classes, title, criterion: Criterion::default(), tested: None })
    }

    /// The confusion matrix of the last evaluation.
    pub fn confusion_matrix(&self) -> Option<&ConfusionMatrix> {
        self.tested.as_ref().map(|tested| &tested.confusion)
    }
}

impl<N, S, const C: usize, const H: usize, const W: usize, const K: usize, D> Task<N, D> for Classification<S, C, H, W, K>
where
    N: Classifier<C, H, W, K, D>,
    S: Dataset,
    S::Item: Collate<Batch = Batch> + HasImage,
    D: Backend<f32>,
{
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let ignored = self.criterion.ignored();
        let Batch { images, labels } = checked::<C, H, W, K>(batch, ignored)?;
        has_variance(N::GRAPH, labels.len())?;
        let scores = net.try_forward_train(images.into_tensor(&pass.device)?, pass.gradients).on_device()?;
        let found = scores.retaped::<NoneTape>();
        let loss = self.criterion.try_mean(scores, &labels).on_device()?;
        let step = Step::new(loss, labels.len()).with_weight(self.criterion.weight(&labels));
        Ok(step.with_late_metric("accuracy", move || {
            let mut confusion = ConfusionMatrix::new(K);
            confusion.count_classes(&argmax(&found.as_vec(), K), &labels, ignored);
            (confusion.accuracy(), confusion.total() as f64)
        }))
    }

    fn check(&self) -> Result<(), TrainError> {
        self.criterion.check(K)?;
        must_have_batches(&self.test)
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        let tested = test(net, device, &self.test, &self.criterion)?;
        if !tested.confusion.loss().is_finite() && tested.weight == 0.0 {
            return Err(TrainError::Test("all labels are ignored or have a weight of 0".to_owned()));
        }
        let metrics = tested.confusion.metrics();
        self.tested = Some(tested);
        Ok(metrics)
    }

    /// The logarithm of the number of classes; for the hinge loss, the margin for each wrong class.
    fn chance_loss(&self) -> Option<f64> {
        Some(match &self.criterion {
            Criterion::CrossEntropy(_) => (K as f64).ln(),
            Criterion::Hinge(Hinge { margin, squared }) => margin.powi(if *squared { 2 } else { 1 }) * (K as f64 - 1.0),
        })
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net, device, &self.test, |batch| batch.images)
    }

    /// `confusion.svg` and `classes.md`; after the last epoch also `filters.png`, the weights of the first layer as images, `surest.png`,
    /// the test image of each class that the network is surest of, and `mistakes.png`, misclassified test images with their true and predicted classes.
    fn draw(&mut self, net: &N, _: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        let Some(Tested { confusion, judgments, .. }) = &self.tested else { return Ok(()) };
        let heading = format!("{}: test accuracy {:.2} %", self.title, 100.0 * confusion.accuracy());
        write_text(&folder.join("confusion.svg"), draw_confusion_matrix(&heading, confusion, &self.classes))?;
        write_text(&folder.join("classes.md"), Ok(class_table(confusion, &self.classes)))?;
        if !last {
            return Ok(());
        }
        if let Some(filters) = filters::<C, H, W>(net.first_weight().on_device()?, &self.classes) {
            filters.save(&folder.join("filters.png"))?;
        }
        if C == 1 || C == 3 {
            let picture = |index| Ok(Canvas::from_image(self.test.data().get(index)?.image_mut().image).legible());
            judgments.draw(folder, &self.classes, picture)?;
        }
        Ok(())
    }
}

/// The result of an evaluation.
#[derive(Clone, Debug)]
struct Tested {
    confusion: ConfusionMatrix,
    /// The total weight of the loss.
    weight: f64,
    judgments: Judgments,
}

/// The filters of a first convolution, or the templates of a first linear layer, one per class.
fn filters<const C: usize, const H: usize, const W: usize>(weight: Option<Array>, classes: &[String]) -> Option<Canvas> {
    let weight = weight?;
    let (shape, named) = match *weight.shape() {
        [_, channels, height, width] if channels == C && height * width > 1 => ([C, height, width], false),
        [outputs, inputs] if inputs == C * H * W && (C == 1 || C == 3) => ([C, H, W], outputs == classes.len()),
        _ => return None,
    };
    let mut pictures: Vec<Canvas> = filter_pictures(weight.as_slice(), shape).iter().map(Canvas::legible).collect();
    let names: Vec<String> = classes.iter().map(|name| cut(name, NAME)).collect();
    let mut width = pictures[0].size()[1];
    if named {
        width = names.iter().map(|name| LETTER * name.chars().count()).fold(width, usize::max) + LETTER / 2;
        pictures = pictures.iter().zip(&names).map(|(picture, name)| picture.named(name, width)).collect();
    }
    let range = if shape[0] == 3 { "gray: 0" } else { "gray: 0, white: positive, black: negative" };
    Some(Canvas::grid(&pictures, (WIDE / width).min(8)).captioned(range))
}

/// Evaluates a network on all images of a loader in inference mode: without tape and dropout, with the running statistics of batch
/// normalization. The network and the state of the device's random numbers do not change.
///
/// # Errors
/// Returns an error if the loader has no batch, the images do not match the network, a label is out of range, or the device fails.
pub fn evaluate<N, S, const C: usize, const H: usize, const W: usize, const K: usize, D>(
    net: &N,
    device: &D,
    data: &Loader<S>,
) -> Result<ConfusionMatrix, TrainError>
where
    N: Classifier<C, H, W, K, D>,
    S: Dataset,
    S::Item: Collate<Batch = Batch>,
    D: Backend<f32>,
{
    Ok(test(net, device, data, &Criterion::default())?.confusion)
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
    let (mut confusion, mut judgments, mut seen, mut weight) = (ConfusionMatrix::new(K), Judgments::default(), 0, 0.0);
    let (ignored, order) = (criterion.ignored(), data.order(1));
    for batch in data.epoch(1) {
        let Batch { images, labels } = checked::<C, H, W, K>(batch?, ignored)?;
        let scores = net.try_forward(images.into_tensor(device)?).on_device()?;
        let logits = scores.as_vec();
        let predicted = argmax(&logits, K);
        confusion.count_classes(&predicted, &labels, ignored);
        for (i, (&predicted, &truth)) in predicted.iter().zip(&labels).enumerate() {
            if let Some(&index) = order.get(seen + i).filter(|_| Some(truth) != ignored) {
                let sure = softmax(&logits[i * K..][..K])[predicted];
                judgments.add(Judged { index, truth, predicted, sure });
            }
        }
        seen += labels.len();
        let loss = criterion.try_mean(scores, &labels).on_device()?;
        let counts = criterion.weight(&labels);
        confusion.add_weighted_loss(loss.as_vec()[0], counts);
        weight += counts;
    }
    Ok(Tested { confusion, weight, judgments })
}

/// Rejects an empty test set.
pub(super) fn must_have_batches<S: Dataset>(test: &Loader<S>) -> Result<(), TrainError> {
    if test.batch_count() > 0 {
        return Ok(());
    }
    let (items, size) = (test.data().len(), test.batch_size());
    Err(TrainError::Test(format!("no batch: {items} items in batches of {size}, or a sampler that selects none")))
}

/// Checks that the batch matches the network: image size, and labels in range or ignored.
fn checked<const C: usize, const H: usize, const W: usize, const K: usize>(
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

/// Rejects a batch from which a batch normalization would estimate a variance of a single value.
pub(super) fn has_variance(graph: &Graph, batch: usize) -> Result<(), TrainError> {
    if batch != 1 {
        return Ok(());
    }
    let alone = |graph: &Graph| {
        let nodes = graph.nodes().iter();
        let mut norms = nodes.filter(|node| node.op.spec().needs_variance);
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

    /// A network may have more outputs than the data set has classes; each output has a name in the pictures.
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
