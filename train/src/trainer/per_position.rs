//! A class at each position: segmentation, labels of sequences, language models.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::ReshapeTo;
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, Loss};
use layercake::prelude::*;

use super::classification::must_have_batches;
use super::{Criterion, Pass, Step, TapedLoss, Task, label_weight};
use crate::data::{Collate, DataError, Dataset, Inputs, Loader, PositionBatch, sizes};
use crate::error::OnDevice;
use crate::health::count_units;
use crate::run::{class_table, draw_confusion_matrix, write_text};
use crate::{ConfusionMatrix, Metrics, TrainError, argmax, argmax_maps, perplexity};

/// What the positions are, which decides the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Segmentation,
    Sequence,
    Language,
}

/// A class at each position of an input, trained by softmax cross entropy over the positions.
///
/// | | output of the network | metrics besides `loss` |
/// |---|---|---|
/// | [`PerPosition::segmentation`]: of the pixels of a picture | `[classes, height, width]` | `mean_iou`, `pixel_accuracy`, `iou_` of each class |
/// | [`PerPosition::sequence`]: of the steps of a sequence | `[steps, classes]` | `accuracy`, `f1` (macro) |
/// | [`PerPosition::language_model`]: the next token behind each | `[steps, tokens]` | `accuracy`, `perplexity` |
///
/// Batches are those of [`PositionSample`](crate::data::PositionSample), of pictures with masks ([`MaskFolder`](crate::data::readers::MaskFolder)) or of windows of a text
/// ([`Windows`](crate::data::readers::Windows)). Positions without a class, such as padding, have a number of their own, the `ignore_index` of the criterion.
///
/// A language model of 16 characters of a text:
///
/// ```
/// use layercake::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
/// use layercake_train::data::Loader;
/// use layercake_train::data::readers::{Text, Windows};
/// use layercake_train::{PerPosition, Trainer, Until};
///
/// network! {
///     Letters: usize[16] -> [16, 7] { embedding: Embedding(7, 12), lstm: LSTM(32), fc: Linear(7) }
/// }
///
/// let (text, test) = Text::new(&"one by one, ".repeat(40)).split(0.2); // `Text::read` reads a file
/// let characters: Vec<String> = text.vocabulary().iter().map(char::to_string).collect();
/// assert_eq!(characters.len(), 7);
/// let train = Loader::new(Windows::new(text, 16, 4)?, 8).shuffle(1);
/// let mut task = PerPosition::language_model(characters, Loader::new(Windows::new(test, 16, 16)?, 8));
///
/// let device = Cpu::seed_from_u64(1);
/// let mut net = Letters::new(&device);
/// let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..Default::default() });
/// let history = Trainer::new(Until::Epochs(8)).fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
/// assert!(history[7].test.get("perplexity") < Some(1.5));
/// # Ok::<(), layercake_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct PerPosition<S: Dataset> {
    /// The names of the classes, or the tokens.
    pub classes: Vec<String>,
    /// The test data.
    pub test: Loader<S>,
    /// Weights of the classes, the number of positions without one, and label smoothing.
    pub criterion: CrossEntropy,
    /// The title of pictures.
    pub title: String,
    kind: Kind,
    confusion: Option<ConfusionMatrix>,
}

impl<S: Dataset> PerPosition<S> {
    /// A class for each pixel.
    pub fn segmentation(classes: Vec<String>, test: Loader<S>) -> Self {
        Self::new(Kind::Segmentation, classes, test)
    }

    /// A class for each step of a sequence.
    pub fn sequence(classes: Vec<String>, test: Loader<S>) -> Self {
        Self::new(Kind::Sequence, classes, test)
    }

    /// The next token behind each token.
    pub fn language_model(tokens: Vec<String>, test: Loader<S>) -> Self {
        Self::new(Kind::Language, tokens, test)
    }

    fn new(kind: Kind, classes: Vec<String>, test: Loader<S>) -> Self {
        Self { classes, test, criterion: CrossEntropy::default(), title: String::new(), kind, confusion: None }
    }

    /// Sets the loss: weights of the classes, the number of positions without a class.
    #[must_use]
    pub fn with_criterion(self, criterion: CrossEntropy) -> Self {
        Self { criterion, ..self }
    }

    /// Sets the title of pictures.
    #[must_use]
    pub fn titled(self, title: &str) -> Self {
        Self { title: title.to_owned(), ..self }
    }

    /// The confusion matrix of the last evaluation, over positions.
    pub fn confusion_matrix(&self) -> Option<&ConfusionMatrix> {
        self.confusion.as_ref()
    }

    /// Checks that a network gives each position a score for each class.
    fn fits(&self, graph: &Graph) -> Result<(), TrainError> {
        let wrong = |reason: String| Err(TrainError::Setting(format!("the network `{}` {reason}", graph.name)));
        let (inputs, outputs) = (graph.inputs(), graph.outputs());
        if inputs.len() != 1 || outputs.len() != 1 {
            return wrong(format!("has {} inputs and {} outputs; expected one input and one output", inputs.len(), outputs.len()));
        }
        let (found, classes) = (outputs[0].shape, self.classes.len());
        let (fits, expected) = match self.kind {
            Kind::Segmentation => (found.dims().len() == 3 && found.dims()[0] == classes, format!("[{classes}, height, width]")),
            Kind::Sequence | Kind::Language => (found.dims().len() == 2 && found.dims()[1] == classes, format!("[steps, {classes}]")),
        };
        if found.is_ids() || !fits {
            return wrong(format!("has the output {found}; {classes} classes take an output {expected}"));
        }
        Ok(())
    }

    /// Checks the classes of a batch for an output of these sizes.
    fn check_batch(&self, graph: &Graph, batch: &PositionBatch) -> Result<(), DataError> {
        let (output, classes) = (graph.outputs()[0].shape, self.classes.len());
        let positions = if self.kind == Kind::Segmentation { &output.dims()[1..] } else { &output.dims()[..1] };
        let expected = [&batch.inputs.shape()[..1], positions].concat();
        if batch.classes.shape() != expected {
            let expected = format!("classes of shape {}, the positions of the network's output", sizes(&expected));
            return Err(DataError::Batch { expected, found: sizes(batch.classes.shape()) });
        }
        let is_unknown = |label: usize| label >= classes && Some(label) != self.criterion.ignore_index;
        match batch.classes.as_slice().iter().enumerate().find(|&(_, &label)| is_unknown(label)) {
            Some((index, &label)) => Err(DataError::Label { origin: "a batch".to_owned(), index, label, classes }),
            None => Ok(()),
        }
    }

    /// The mean loss over the positions that have a class.
    fn try_loss<D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        output: DynTensor<f32, D, T>,
        classes: &[usize],
    ) -> Result<Tensor<Rank0, f32, D, T>, TrainError> {
        const CHECKED: &str = "the number of axes was checked";
        // The mean over no positions would be NaN; the sum is 0.
        let counts = label_weight(&self.criterion, classes) > 0.0;
        match self.kind {
            Kind::Segmentation => {
                let maps: Tensor<(usize, usize, usize, usize), f32, D, T> = output.try_into_tensor().on_device()?.expect(CHECKED);
                if counts { self.criterion.try_mean(maps, classes) } else { self.criterion.try_sum(maps, classes) }.on_device()
            }
            Kind::Sequence | Kind::Language => {
                let steps: Tensor<(usize, usize, usize), f32, D, T> = output.try_into_tensor().on_device()?.expect(CHECKED);
                let rows = steps.try_reshape_like(&(classes.len(), self.classes.len())).on_device()?;
                if counts { self.criterion.try_mean(rows, classes) } else { self.criterion.try_sum(rows, classes) }.on_device()
            }
        }
    }

    fn metrics(&self, confusion: &ConfusionMatrix) -> Metrics {
        let metrics = Metrics::new().with("loss", confusion.loss());
        match self.kind {
            Kind::Segmentation => {
                let mut metrics = metrics.with("mean_iou", confusion.mean_iou()).with("pixel_accuracy", confusion.accuracy());
                for (class, iou) in self.classes.iter().zip(confusion.iou()) {
                    // A class that neither occurs nor is predicted has no IoU.
                    if let Some(iou) = iou {
                        metrics.set(&format!("iou_{}", class.to_lowercase()), iou);
                    }
                }
                metrics
            }
            Kind::Sequence => metrics.with("accuracy", confusion.accuracy()).with("f1", confusion.macro_f1()),
            Kind::Language => metrics.with("accuracy", confusion.accuracy()).with("perplexity", perplexity(confusion.loss())),
        }
    }
}

impl<N, S, D> Task<N, D> for PerPosition<S>
where
    N: AnyNetwork<f32, D>,
    S: Dataset,
    S::Item: Collate,
    <S::Item as Collate>::Batch: Into<PositionBatch>,
    D: Backend<f32>,
{
    type Batch = <S::Item as Collate>::Batch;
    const UNIT: &'static str = <S::Item as Collate>::UNIT;

    fn loss(&mut self, net: &mut N, batch: Self::Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let batch: PositionBatch = batch.into();
        self.fits(net.network_graph())?;
        self.check_batch(net.network_graph(), &batch)?;
        let PositionBatch { inputs, classes } = batch;
        let (items, weight) = (inputs.shape()[0], label_weight(&self.criterion, classes.as_slice()));
        let output = net.try_train(vec![inputs.into_dynamic(&pass.device)?], pass.gradients)?.swap_remove(0);
        let loss: TapedLoss<D> = self.try_loss(output, classes.as_slice())?;
        Ok(Step::new(loss, items).with_weight(weight))
    }

    fn check(&self, net: &N) -> Result<(), TrainError> {
        if self.classes.is_empty() {
            return Err(TrainError::Setting("there is nothing to predict: there are no classes".to_owned()));
        }
        self.fits(net.network_graph())?;
        Criterion::CrossEntropy(self.criterion.clone()).check(self.classes.len())?;
        must_have_batches(&self.test)
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        self.fits(net.network_graph())?;
        must_have_batches(&self.test)?;
        let count = self.classes.len();
        let mut confusion = ConfusionMatrix::new(count);
        for batch in self.test.epoch(1) {
            let batch: PositionBatch = batch?.into();
            self.check_batch(net.network_graph(), &batch)?;
            let PositionBatch { inputs, classes } = batch;
            let output = net.try_infer(vec![inputs.into_dynamic(device)?])?.swap_remove(0);
            let (scores, positions) = (output.to_vec(), classes.as_slice().len() / classes.shape()[0]);
            let predicted = if self.kind == Kind::Segmentation { argmax_maps(&scores, count, positions) } else { argmax(&scores, count) };
            confusion.count_classes(&predicted, classes.as_slice(), self.criterion.ignore_index);
            let loss = self.try_loss(output, classes.as_slice())?;
            confusion.add_weighted_loss(loss.as_vec()[0], label_weight(&self.criterion, classes.as_slice()));
        }
        let metrics = self.metrics(&confusion);
        self.confusion = Some(confusion);
        Ok(metrics)
    }

    fn chance_loss(&self) -> Option<f64> {
        Some((self.classes.len() as f64).ln())
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        // Token ids have no units.
        if net.network_graph().inputs()[0].shape.is_ids() {
            return Ok(Vec::new());
        }
        count_units(net.as_hookable(), device, &self.test, |batch| match batch.into().inputs {
            Inputs::Numbers(numbers) => numbers,
            Inputs::Ids(_) => unreachable!("the network takes numbers, and was trained on them"),
        })
    }

    /// `confusion.svg` and `classes.md`, over positions; a language model has none.
    fn draw(&mut self, _: &N, _: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let Some(confusion) = self.confusion.as_ref().filter(|_| self.kind != Kind::Language) else { return Ok(()) };
        let (name, unit) = if self.kind == Kind::Segmentation { ("pixel accuracy", "pixels") } else { ("accuracy", "positions") };
        let heading = format!("{}: test {name} {:.2} %", self.title, 100.0 * confusion.accuracy());
        write_text(&folder.join("confusion.svg"), draw_confusion_matrix(&heading, confusion, &self.classes))?;
        write_text(&folder.join("classes.md"), Ok(class_table(confusion, &self.classes, unit)))
    }
}
