//! An autoencoder by squared error, and what its encoder is worth to a classifier with few labels.

mod labels;

use std::path::Path;

use layercake::AnyNetwork;
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::{Loss, Mse};
use layercake::prelude::*;
use layercake_train::data::{Batch, Images, KnownDataset, Loader, Split};
use layercake_train::health::count_units;
use layercake_train::run::{RunOutcome, image_grid};
use layercake_train::{CancellationToken, Metrics, Pass, Step, Task, TrainError};

use self::labels::FewLabels;
use super::entry::{Description, ModelKind, Run};
use super::machine::{Machine, shaped};
use super::run::{PreparedNet, TEST_BATCH, Trained, prepare_images, train};
use super::{Gray, SHAPE, on_device};
use crate::networks::DigitAutoencoder;
use crate::zoo::{ModelError, TrainOptions};

/// Images that are drawn, and columns of the picture.
const SHOWN: usize = 50;
const COLUMNS: usize = 10;

/// An autoencoder as a kind of model.
pub(crate) struct Autoencoder;

impl ModelKind for Autoencoder {
    fn graph(&self) -> &'static Graph {
        DigitAutoencoder::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let prepared: PreparedNet<Images, Reconstruction, D> =
                prepare_images(device, self.graph(), options, recipe, "validation_squared_error", Reconstruction::on)?;
            let mut task = prepared.task;
            let test = Images::clone(task.task.test.data());
            // Of the images that the encoder learns from.
            task.task.labels = Some(FewLabels::new(prepared.train.data(), test, options.cancellation.clone()));
            Ok(PreparedNet::<Images, Reconstruction, D> { task, ..prepared })
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
        let (items, labels) = (test.len() as u64, FewLabels::new(&train, test.clone(), CancellationToken::new()));
        let mut task = Reconstruction { labels: Some(labels), ..Reconstruction::on(test) };
        Ok((Task::<D::Net, D>::evaluate(&mut task, &net, device)?, items))
    }
}

/// The squared error of an image: the mean over its pixels, which are in 0..1.
struct Reconstruction {
    test: Loader<Images>,
    /// What the encoder is worth; not measured on validation images.
    labels: Option<FewLabels>,
}

impl Reconstruction {
    fn on(images: Images) -> Self {
        Self { test: Loader::new(images, TEST_BATCH), labels: None }
    }
}

impl<D: Machine> Task<D::Net, D> for Reconstruction {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut D::Net, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.labels.len();
        let images: Gray<D> = batch.images.clone().into_tensor(&pass.device)?;
        let back: Gray<D, OwnedTape<f32, D>> =
            shaped(net.try_train(vec![batch.images.into_dynamic(&pass.device)?], pass.gradients)?.swap_remove(0))?;
        Ok(Step::new(on_device(Mse.try_mean(back, images))?, items))
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let (mut error, mut items) = (0.0, 0);
        for batch in self.test.epoch(1) {
            let Batch { images, labels } = batch?;
            let back = net.try_infer(vec![images.clone().into_dynamic(device)?])?[0].to_vec();
            let squared = images.as_slice().iter().zip(&back).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>();
            error += squared / SHAPE.iter().product::<usize>() as f64;
            items += labels.len();
        }
        let mut metrics = Metrics::new().with("squared_error", error / items as f64);
        if let Some(labels) = &mut self.labels {
            let [with, without] = labels.accuracies::<D>(net, device)?;
            metrics.set("accuracy", with);
            metrics.set("accuracy_without_encoder", without);
        }
        Ok(metrics)
    }

    fn units(&mut self, net: &D::Net, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.images)
    }

    /// `reconstructions.png`, rows of test images above their reconstructions; `labels.svg`, the accuracy of classifiers with few labels, with the encoder and without.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let size = SHAPE.iter().product::<usize>();
        let shown = self.test.spread(SHOWN, SHOWN).epoch(1).next().ok_or_else(|| TrainError::Test("no images".to_owned()))??.images;
        let back = net.try_infer(vec![shown.clone().into_dynamic(device)?])?[0].to_vec();
        let rows = shown.as_slice().chunks(COLUMNS * size).zip(back.chunks(COLUMNS * size));
        let pixels: Vec<f32> = rows.flat_map(|(images, back)| images.iter().chain(back).map(|pixel| pixel.clamp(0.0, 1.0))).collect();
        let caption = "test images, with the reconstructions below each row";
        image_grid(&pixels, SHAPE, COLUMNS).enlarged(2).captioned(caption).save(&folder.join("reconstructions.png"))?;
        self.labels.as_ref().map_or(Ok(()), |labels| labels.draw(&folder.join("labels.svg")))
    }
}
