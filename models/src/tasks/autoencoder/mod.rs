//! An autoencoder of images, and what its encoder is worth to a classifier with few labels.

mod few_labels;

use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::{Batch, Images, KnownDataset, Loader, Split};
use layercake_train::run::RunOutcome;
use layercake_train::{Metrics, Pass, Reconstruction, Step, Task, TrainError, WithValidation};

use self::few_labels::{Compared, FewLabels};
use super::SHAPE;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, hold_out_images, train};
use crate::networks::Autoencoder;
use crate::zoo::{ModelError, TrainOptions};

/// The deviation of the noise in training (Vincent et al., 2008, *Extracting and Composing Robust Features with Denoising Autoencoders*). Without noise the encoder copies
/// pixels, and is worth nothing to a classifier.
const NOISE: f32 = 0.5;

/// [`Autoencoder`] as a kind of model.
pub(crate) struct AutoencoderModel;

impl ModelKind for AutoencoderModel {
    fn graph(&self) -> &'static Graph {
        Autoencoder::<f32, Cpu>::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), SHAPE).map_err(TrainError::from)?;
            let (train, validation) = hold_out_images(train, recipe)?;
            let net = device.build(self.graph())?;
            let labels = FewLabels { train: train.clone(), test: test.clone() };
            let task = Autoencoding { labels: Some(labels), last: recipe.epochs, ..Autoencoding::on(test) };
            let task = WithValidation { task, validation: validation.map(Autoencoding::on) };
            let (items, optimizer, selected_by) = (train.len(), recipe.adam(&net), ("validation_mse", Better::Lower));
            let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: None, classes: Vec::new() })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(self.graph(), device)?;
        let Split { train, test } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let (items, labels) = (test.len() as u64, FewLabels { train, test: test.clone() });
        let mut task = Autoencoding { labels: Some(labels), ..Autoencoding::on(test) };
        Ok((Task::<D::Net, D>::evaluate(&mut task, &net, device)?, items))
    }
}

/// The squared error of the pixels; after the last epoch also what a classifier on the encoder learns from few labels.
pub(crate) struct Autoencoding {
    reconstruction: Reconstruction<Images>,
    labels: Option<FewLabels>,
    /// The epoch of the last batch, counted from 1, and the last of the run; 0 if nothing is trained.
    epoch: usize,
    last: usize,
    compared: Option<Compared>,
}

impl Autoencoding {
    /// Measured on these images.
    pub(crate) fn on(test: Images) -> Self {
        let reconstruction = Reconstruction { noise: NOISE, ..Reconstruction::new(Loader::new(test, TEST_BATCH)) };
        Self { reconstruction, labels: None, epoch: 0, last: 0, compared: None }
    }
}

impl<D: Machine> Task<D::Net, D> for Autoencoding {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut D::Net, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        self.epoch = pass.epoch;
        self.reconstruction.loss(net, batch, pass)
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        // The loss is the same number.
        let mse = Task::<D::Net, D>::evaluate(&mut self.reconstruction, net, device)?.get("mse").unwrap_or(f64::NAN);
        let metrics = Metrics::new().with("mse", mse);
        let Some(labels) = self.labels.as_ref().filter(|_| self.epoch == self.last) else { return Ok(metrics) };
        let compared = labels.compare(net, device)?;
        let metrics = metrics.with("accuracy", compared.fine_tuned()).with("accuracy_alone", compared.alone());
        self.compared = Some(compared);
        Ok(metrics)
    }

    fn units(&mut self, net: &D::Net, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        self.reconstruction.units(net, device)
    }

    /// `reconstructions.png`; after the last epoch `fine_tuning.svg`.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        Task::<D::Net, D>::draw(&mut self.reconstruction, net, device, folder, last)?;
        self.compared.as_ref().map_or(Ok(()), |compared| compared.draw(folder))
    }
}
