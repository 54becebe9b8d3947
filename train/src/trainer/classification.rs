//! Image classification.

use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::ir::{Graph, Op};
use layercake::prelude::*;

use super::filters::filters;
use super::samples::{Judged, Judgments};
use super::{Classifier, Criterion, Pass, Step, Task};
use crate::data::{Batch, Collate, DataError, Dataset, HasImage, Loader};
use crate::error::OnDevice;
use crate::health::count_units;
use crate::run::{Canvas, class_table, draw_confusion_matrix, write_text};
use crate::{ConfusionMatrix, Metrics, TrainError, argmax, softmax};

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

    fn check(&self, _: &N) -> Result<(), TrainError> {
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

    fn chance_loss(&self) -> Option<f64> {
        Some(self.criterion.of_chance(K))
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
        write_text(&folder.join("classes.md"), Ok(class_table(confusion, &self.classes, "images")))?;
        if !last {
            return Ok(());
        }
        if let Some(filters) = filters(net, [C, H, W], &self.classes) {
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
