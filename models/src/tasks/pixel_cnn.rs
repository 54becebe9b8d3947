//! PixelCNNs: autoregressive models of the pixels of an image.

use std::f64::consts::LN_2;
use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::TryDiv;
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::{BceWithLogits, Loss};
use layercake::prelude::*;
use layercake_train::data::{Array, Batch, Images, KnownDataset, Labeled, Loader, Split};
use layercake_train::health::count_units;
use layercake_train::run::{Canvas, RunOutcome, image_grid};
use layercake_train::{Metrics, Pass, Step, Task, TrainError};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::entry::{Description, ModelKind, Run};
use super::machine::{Machine, shaped};
use super::run::{Prepared, TEST_BATCH, Trained, prepare_images, train};
use super::{Gray, SHAPE, on_device, reject_text_options, save, sigmoid};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

const CLASSES: usize = 10;
const PIXELS: usize = SHAPE[0] * SHAPE[1] * SHAPE[2];
/// Columns of an image grid.
const COLUMNS: usize = 10;

/// The inputs of a network: the images, and the classes if it is conditioned on them.
fn inputs<D: Backend<f32>>(
    net: &impl AnyNetwork<f32, D>,
    device: &D,
    images: Array<f32>,
    classes: &[usize],
) -> Result<Vec<DynTensor<f32, D>>, TrainError> {
    let mut inputs = vec![images.into_dynamic(device)?];
    if net.network_graph().inputs().len() == 2 {
        inputs.push(one_hot(classes).into_dynamic(device)?);
    }
    Ok(inputs)
}

/// PixelCNNs as a kind of model.
pub(crate) struct PixelCnnModel(pub &'static Graph);

impl ModelKind for PixelCnnModel {
    fn graph(&self) -> &'static Graph {
        self.0
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.0, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let prepared = prepare_images(device, self.0, options, recipe, "validation_nll", NegativeLogLikelihood::on)?;
            Ok(Prepared { train: binarize(prepared.train), ..prepared })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(self.0, device)?;
        let Split { test, .. } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let items = test.len() as u64;
        let mut task = NegativeLogLikelihood::on(test);
        Ok((Task::<D::Net, D>::evaluate(&mut task, &net, device)?, items))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        reject_text_options(description, options)?;
        let net = run.load_graph(self.0, device)?;
        save(&samples(&net, device, options.count.unwrap_or(3 * COLUMNS), options.seed.unwrap_or(0))?, options)
    }
}

/// Negative log-likelihood in nats per image.
pub(crate) struct NegativeLogLikelihood {
    pub test: Loader<Images>,
}

impl NegativeLogLikelihood {
    /// Measured on these images.
    fn on(images: Images) -> Self {
        Self { test: binarize(Loader::new(images, TEST_BATCH)) }
    }
}

impl<N: AnyNetwork<f32, D>, D: Backend<f32>> Task<N, D> for NegativeLogLikelihood {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.labels.len();
        let inputs = inputs(net, &pass.device, batch.images.clone(), &batch.labels)?;
        let images: Gray<D> = batch.images.into_tensor(&pass.device)?;
        let scores: Gray<D, OwnedTape<f32, D>> = shaped(net.try_train(inputs, pass.gradients)?.swap_remove(0))?;
        let sum = on_device(BceWithLogits::default().try_sum(scores, images))?;
        Ok(Step::new(on_device(sum.try_div(items as f32))?, items))
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        let (mut nats, mut items) = (0.0, 0);
        for batch in self.test.epoch(1) {
            let batch = batch?;
            items += batch.labels.len();
            let inputs = inputs(net, device, batch.images.clone(), &batch.labels)?;
            let images: Gray<D> = batch.images.into_tensor(device)?;
            let scores: Gray<D> = shaped(net.try_infer(inputs)?.swap_remove(0))?;
            let pixels = on_device(BceWithLogits::default().try_each(scores, images))?;
            nats += pixels.as_vec().iter().map(|&nats| f64::from(nats)).sum::<f64>();
        }
        let nll = nats / items as f64;
        Ok(Metrics::new().with("nll", nll).with("bits_per_pixel", nll / PIXELS as f64 / LN_2))
    }

    /// Each pixel with a probability of one half.
    fn chance_loss(&self) -> Option<f64> {
        Some(PIXELS as f64 * LN_2)
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.images)
    }

    /// After the last epoch: `samples.png`, one column per class, and `completions.png`, test images with their lower halves sampled; the last
    /// row is the originals.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        if !last {
            return Ok(());
        }
        let mut batch = None;
        if let Some(first) = self.test.epoch(1).next() {
            batch = Some(first?);
        }
        let Some(Batch { images, labels }) = batch else { return Ok(()) };
        let shown = COLUMNS.min(labels.len());
        let originals = &images.as_slice()[..shown * PIXELS];
        // Samples and completions share one batch: each pixel costs a pass through the network.
        const ROWS: usize = 3;
        let classes: Vec<usize> = (0..ROWS * COLUMNS).map(|i| i % CLASSES).chain(labels[..shown].repeat(ROWS)).collect();
        let samples = ROWS * COLUMNS;
        let known = [vec![0.0; samples * PIXELS], originals.repeat(ROWS)].concat();
        let begin: Vec<usize> = (0..classes.len()).map(|i| if i < samples { 0 } else { PIXELS / 2 }).collect();
        let drawn = complete(net, device, known, &begin, &classes, &mut StdRng::seed_from_u64(0))?;
        image_grid(&drawn[..samples * PIXELS], SHAPE, COLUMNS).enlarged(2).save(&folder.join("samples.png"))?;
        let completions = [&drawn[samples * PIXELS..], originals].concat();
        let caption = "lower halves sampled by the model; last row: test images";
        image_grid(&completions, SHAPE, shown).enlarged(2).captioned(caption).save(&folder.join("completions.png"))
    }
}

/// Samples images pixel by pixel, one column per class.
pub(crate) fn samples<N: AnyNetwork<f32, D>, D: Backend<f32>>(net: &N, device: &D, count: usize, seed: u64) -> Result<Canvas, TrainError> {
    let classes: Vec<usize> = (0..count).map(|i| i % CLASSES).collect();
    let drawn = complete(net, device, vec![0.0; count * PIXELS], &vec![0; count], &classes, &mut StdRng::seed_from_u64(seed))?;
    Ok(image_grid(&drawn, SHAPE, COLUMNS).enlarged(2))
}

/// Samples the pixels of each image from `begin` on, row by row.
fn complete<N: AnyNetwork<f32, D>, D: Backend<f32>>(
    net: &N,
    device: &D,
    mut images: Vec<f32>,
    begin: &[usize],
    classes: &[usize],
    random: &mut StdRng,
) -> Result<Vec<f32>, TrainError> {
    let count = classes.len();
    for pixel in begin.iter().copied().min().unwrap_or(PIXELS)..PIXELS {
        let given = Array::new(vec![count, 1, SHAPE[1], SHAPE[2]], images.clone());
        let scores = net.try_infer(inputs(net, device, given, classes)?)?[0].to_vec();
        let odds: Vec<f32> = scores.iter().skip(pixel).step_by(PIXELS).copied().collect();
        for (i, probability) in sigmoid(&odds).into_iter().enumerate() {
            // Every image consumes a random number, so that it does not depend on the other images of the batch.
            let white = random.r#gen::<f32>() < probability;
            if pixel >= begin[i] {
                images[i * PIXELS + pixel] = f32::from(u8::from(white));
            }
        }
    }
    Ok(images)
}

fn one_hot(classes: &[usize]) -> Array<f32> {
    let row = |&class: &usize| (0..CLASSES).map(move |i| f32::from(u8::from(i == class)));
    Array::new(vec![classes.len(), CLASSES], classes.iter().flat_map(row).collect())
}

/// Stochastic binarization (Salakhutdinov and Murray, 2008): a pixel becomes white with the probability of its gray value, resampled in each
/// training epoch. The test set is always read as epoch 1, so its pixels are always the same.
pub(crate) fn binarize(images: Loader<Images>) -> Loader<Images> {
    images.map(|item: &mut Labeled, random| {
        item.image.pixels.iter_mut().for_each(|pixel| *pixel = f32::from(u8::from(random.r#gen::<f32>() < *pixel)));
        Ok(())
    })
}
