//! A run for TensorBoard.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::gradient::named_gradients;
use layercake::ir::Graph;
use layercake::prelude::*;
use serde::Serialize;

use super::hparams::{HyperParameter, settings};
use super::summary::Histogram;
use super::writer::SummaryWriter;
use crate::checkpoint::at;
use crate::error::OnDevice;
use crate::{Callback, Epoch, Progress, TrainError, TrainingEnd};

/// The most points of an epoch that has not ended.
const POINTS: usize = 100;

/// Writes a run for TensorBoard, by the number of optimizer steps: the metrics of each epoch, the learning rate, the gradient's norm and the speed; within an epoch the
/// means so far; at its end the distribution of each parameter and of its gradient in the last step; the task's pictures; and at the beginning the network and the
/// hyperparameters.
///
/// A run that is resumed continues in a new file. Steps that it repeats are shown once.
///
/// ```no_run
/// # use layercake::prelude::*;
/// # network! { Net: [4] -> [2] { fc: Linear(2) } }
/// use layercake_train::tensorboard::TensorBoard;
/// use layercake_train::{Trainer, Until};
///
/// let mut board = TensorBoard::create("logs/first".as_ref())?.graph(Net::<f32, Cpu>::GRAPH);
/// let trainer = Trainer::<Net>::new(Until::Epochs(3)).callback(&mut board);
/// # Ok::<(), layercake_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    writer: SummaryWriter,
    graph: Option<Graph>,
    hyper_parameters: BTreeMap<String, HyperParameter>,
    /// The folder of the trainer's pictures, and those that were drawn at a step and are not in the file yet.
    pictures: Option<PathBuf>,
    drawn: Vec<String>,
    step: usize,
    /// The gradients of the step with which the epoch ends.
    gradients: Vec<(String, Histogram)>,
    resumed: bool,
    begun: bool,
}

impl TensorBoard {
    /// Begins an event file in a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the folder or the file cannot be created.
    pub fn create(folder: &Path) -> Result<Self, TrainError> {
        Ok(Self {
            writer: SummaryWriter::create(folder)?,
            graph: None,
            hyper_parameters: BTreeMap::new(),
            pictures: None,
            drawn: Vec::new(),
            step: 0,
            gradients: Vec::new(),
            resumed: false,
            begun: false,
        })
    }

    /// Also writes the network.
    #[must_use]
    pub fn graph(self, graph: &Graph) -> Self {
        Self { graph: Some(graph.clone()), ..self }
    }

    /// Also writes hyperparameters: the fields of `settings`, such as a [`Recipe`](crate::run::Recipe). Those of further calls are added.
    #[must_use]
    pub fn hyper_parameters(mut self, of: &impl Serialize) -> Self {
        self.hyper_parameters.extend(settings(of));
        self
    }

    /// Also writes the task's pictures, PNG files in the folder of [`Trainer::pictures`](crate::Trainer::pictures).
    #[must_use]
    pub fn pictures(self, folder: &Path) -> Self {
        Self { pictures: Some(folder.to_owned()), ..self }
    }

    /// Writes what comes first, before the event of a step.
    fn begin(&mut self, step: usize) -> Result<(), TrainError> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        self.writer.purge(if self.resumed { step } else { 0 })?;
        if self.resumed && self.writer.continues() {
            // An earlier file of the run has the rest.
            return Ok(());
        }
        if let Some(graph) = &self.graph {
            self.writer.add_graph(graph)?;
        }
        if self.hyper_parameters.is_empty() { Ok(()) } else { self.writer.add_hparams(&self.hyper_parameters) }
    }

    /// Writes the pictures that were drawn since the last call. They are in their folder by now.
    fn write_pictures(&mut self) -> Result<(), TrainError> {
        let Some(folder) = &self.pictures else { return Ok(()) };
        for name in self.drawn.drain(..) {
            let path = folder.join(&name);
            let bytes = fs::read(&path).map_err(|source| at(&path, source))?;
            let header = png::Decoder::new(std::io::Cursor::new(&bytes)).read_header_info().map(|info| [info.height, info.width]);
            let size = header.map_err(|error| TrainError::Content { path: path.clone(), reason: format!("not a PNG file: {error}") })?;
            let tag = Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.writer.png(&format!("pictures/{tag}"), size.map(|side| side as usize), &bytes, self.step)?;
        }
        Ok(())
    }
}

impl<M: TensorCollection<f32, D>, D: Device<f32>> Callback<M, D> for TensorBoard {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        let Progress { step, lr, train, batches, .. } = *progress;
        self.begin(step)?;
        self.write_pictures()?;
        // By the number of the step, so that a resumed run has the same points.
        if step.is_multiple_of(batches.div_ceil(POINTS)) {
            for (name, mean) in train.means().iter() {
                self.writer.add_scalar(&format!("epoch so far/{name}"), mean, step)?;
            }
            self.writer.add_scalar("epoch so far/lr", lr, step)?;
        }
        Ok(())
    }

    fn on_gradients(
        &mut self,
        model: &M,
        gradients: &mut Gradients<f32, D>,
        factor: f64,
        moves: &dyn Fn(&str) -> bool,
    ) -> Result<(), TrainError> {
        let found = named_gradients(model, gradients).on_device()?;
        let scaled = |numbers: &[f32]| Histogram::of(numbers.iter().map(|&x| factor * f64::from(x)));
        let found = found.into_iter().filter(|(path, _)| moves(path));
        let histograms: Vec<_> = found.filter_map(|(path, numbers)| Some((path, scaled(&numbers)?))).collect();
        // Of several steps with the same parameters, the last.
        self.gradients.retain(|(path, _)| !moves(path));
        self.gradients.extend(histograms);
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &Epoch, model: &M) -> Result<(), TrainError> {
        let step = epoch.step;
        self.begin(step)?;
        self.write_pictures()?;
        for (part, metrics) in epoch.parts() {
            for (name, value) in metrics.iter() {
                self.writer.add_scalar(&format!("{name}/{part}"), value, step)?;
            }
        }
        let per_second = format!("speed/{}_per_second", epoch.unit);
        let others = [
            ("optimizer/lr", Some(epoch.lr)),
            ("optimizer/gradient_norm", epoch.gradient_norm),
            (&*per_second, Some(epoch.items_per_second)),
            ("speed/seconds", Some(epoch.seconds)),
        ];
        for (tag, value) in others {
            value.map_or(Ok(()), |value| self.writer.add_scalar(tag, value, step))?;
        }
        for tensor in model.named_tensors() {
            self.writer.add_histogram(&format!("weights/{}", tensor.path()), &tensor.to_vec(), step)?;
        }
        for (path, histogram) in self.gradients.drain(..) {
            self.writer.histogram(&format!("gradients/{path}"), &histogram, step)?;
        }
        self.step = step;
        Ok(())
    }

    fn on_resume(&mut self, _: &[Epoch]) -> Result<(), TrainError> {
        self.resumed = true;
        Ok(())
    }

    fn on_pictures(&mut self, names: &[String]) -> Result<(), TrainError> {
        self.drawn = names.iter().filter(|name| Path::new(name).extension() == Some(OsStr::new("png"))).cloned().collect();
        Ok(())
    }

    fn on_end(&mut self, ending: &TrainingEnd<'_>, _: &M) -> Result<(), TrainError> {
        if let Some(last) = ending.history.last() {
            // A run may be resumed after its last step. Nothing is repeated then.
            self.begin(last.step + 1)?;
            self.step = last.step;
        }
        self.write_pictures()?;
        if self.hyper_parameters.is_empty() { Ok(()) } else { self.writer.end_hparams() }
    }
}
