//! A variational autoencoder that is sure or unsure of each pixel.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::SumTo;
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::{try_gaussian_kl, try_gaussian_nll};
use layercake::prelude::*;
use layercake_train::data::{Array, Batch, Dataset, Images, KnownDataset, Loader, Split};
use layercake_train::health::count_units;
use layercake_train::run::{Canvas, RunOutcome, image_grid};
use layercake_train::{Metrics, Pass, Step, Task, TrainError};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{Latent, bound_step, deviations, drawn};
use crate::networks::{GaussianVae, LEAST_LOG_VARIANCE};
use crate::tasks::entry::{Description, ModelKind, Run};
use crate::tasks::machine::{Machine, part, shaped};
use crate::tasks::run::{TEST_BATCH, Trained, prepare_images, train};
use crate::tasks::{Gray, SHAPE, normal, on_device, reject_text_options, save};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// Latent dimensions.
const LATENT: usize = 10;
/// The points of an axis that are drawn, in deviations.
const WALK: [f32; 9] = [-3.0, -2.25, -1.5, -0.75, 0.0, 0.75, 1.5, 2.25, 3.0];
/// A pixel is learned, not constant, if its deviation is at least this times the least one.
const LEARNED: f64 = 1.5;

/// [`GaussianVae`] as a kind of model.
pub(crate) struct GaussianVaeModel;

impl ModelKind for GaussianVaeModel {
    fn graph(&self) -> &'static Graph {
        GaussianVae::<f32, Cpu>::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            prepare_images(device, self.graph(), options, recipe, "validation_negative_elbo", GaussianElbo::on)
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
        let Split { test, .. } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut GaussianElbo::on(test), &net, device)?, items))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        reject_text_options(description, options)?;
        let parts = Parts::of(&run.load_graph(self.graph(), device)?, device)?;
        save(&parts.samples(options.count.unwrap_or(100), options.seed.unwrap_or(0))?, options)
    }
}

/// The negative evidence lower bound in nats per image: the negative log density of the pixels under the decoder's Gaussian, plus the KL divergence of the latent vector's
/// from the standard one. A density may be above 1, and the bound below 0.
pub(crate) struct GaussianElbo {
    test: Loader<Images>,
}

impl GaussianElbo {
    pub(crate) fn on(images: Images) -> Self {
        Self { test: Loader::new(images, TEST_BATCH) }
    }
}

/// Encoder and decoder, each to be called alone.
struct Parts<'a, D: Machine> {
    device: &'a D,
    encoder: D::Net,
    decoder: D::Net,
}

impl<'a, D: Machine> Parts<'a, D> {
    fn of(net: &D::Net, device: &'a D) -> Result<Self, TrainError> {
        Ok(Self { device, encoder: part(net, device, "encoder")?, decoder: part(net, device, "decoder")? })
    }

    /// The mean and the log variance of each image's latent vector.
    fn encode(&self, images: Array<f32>) -> Result<[Latent<D>; 2], TrainError> {
        two(self.encoder.try_infer(vec![images.into_dynamic(self.device)?])?)
    }

    /// The mean and the log variance of each pixel, of latent vectors one after the other.
    fn decode(&self, latent: Vec<f32>) -> Result<[Gray<D>; 2], TrainError> {
        let latent = Array::new(vec![latent.len() / LATENT, LATENT], latent).into_dynamic(self.device)?;
        two(self.decoder.try_infer(vec![latent])?)
    }

    /// Images that are drawn: a latent vector, and each pixel from its Gaussian.
    fn samples(&self, count: usize, seed: u64) -> Result<Canvas, TrainError> {
        let mut random = StdRng::seed_from_u64(seed);
        let latent = normal(&mut random, count * LATENT);
        let mut pixels = Vec::new();
        for chunk in latent.chunks(TEST_BATCH * LATENT) {
            let [mean, logvar] = self.decode(chunk.to_vec())?;
            pixels.extend(drawn(&mean.as_vec(), &logvar.as_vec(), &mut random).into_iter().map(|pixel| pixel.clamp(0.0, 1.0)));
        }
        Ok(image_grid(&pixels, SHAPE, (count as f64).sqrt().ceil() as usize).enlarged(2))
    }

    /// A walk along each latent axis, which is a row: the mean of the pixels on the left, their deviation on the right, the largest hundredth of them in white.
    fn walk(&self) -> Result<Canvas, TrainError> {
        let point = |axis: usize, at: f32| (0..LATENT).map(move |i| if i == axis { at } else { 0.0 });
        let latent = (0..LATENT).flat_map(|axis| WALK.into_iter().flat_map(move |at| point(axis, at))).collect();
        let [mean, logvar] = self.decode(latent)?;
        let (mean, deviation) = (mean.as_vec(), deviations(&logvar.as_vec()).collect::<Vec<_>>());
        let mut sorted = deviation.clone();
        sorted.sort_by(f32::total_cmp);
        let white = sorted[sorted.len() * 99 / 100];
        let deviation: Vec<f32> = deviation.into_iter().map(|deviation| (deviation / white).min(1.0)).collect();
        let row = WALK.len() * SHAPE.iter().product::<usize>();
        let rows: Vec<f32> = mean.chunks(row).zip(deviation.chunks(row)).flat_map(|(mean, deviation)| [mean, deviation].concat()).collect();
        let caption = "each row is a latent axis from -3 to 3: the means on the left, the deviations on the right";
        Ok(image_grid(&rows, SHAPE, 2 * WALK.len()).enlarged(2).captioned(caption))
    }
}

/// The only two outputs.
fn two<S: Shape, D: Machine>(outputs: Vec<DynTensor<f32, D>>) -> Result<[Tensor<S, f32, D>; 2], TrainError> {
    let count = outputs.len();
    let [first, second] =
        <[_; 2]>::try_from(outputs).map_err(|_| TrainError::Network(format!("the network has {count} outputs; expected 2")))?;
    Ok([shaped(first)?, shaped(second)?])
}

impl<D: Machine> Task<D::Net, D> for GaussianElbo {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut D::Net, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.labels.len();
        let images: Gray<D> = batch.images.clone().into_tensor(&pass.device)?;
        let mut outputs = net.try_train(vec![batch.images.into_dynamic(&pass.device)?], pass.gradients)?;
        let logvar: Latent<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(3))?;
        let mean: Latent<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(2))?;
        let pixel_logvar: Gray<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(1))?;
        let pixels: Gray<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(0))?;
        let pixels = on_device(on_device(try_gaussian_nll(pixels, pixel_logvar, images))?.try_sum::<Rank0, _>())?;
        bound_step(pixels, [mean, logvar], items)
    }

    /// One latent sample per image, with a fixed seed. `within_one_deviation` is the share of the pixels that are not constant: 68.3 % of a Gaussian.
    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let parts = Parts::of(net, device)?;
        let mut random = StdRng::seed_from_u64(0);
        let (mut reconstruction, mut kl, mut items, mut learned, mut within) = (0.0, 0.0, 0, 0usize, 0usize);
        for batch in self.test.epoch(1) {
            let batch = batch?;
            let count = batch.labels.len();
            let images: Gray<D> = batch.images.clone().into_tensor(device)?;
            let pixels = batch.images.as_slice().to_vec();
            let [mean, logvar] = parts.encode(batch.images)?;
            let [back, spread] = parts.decode(drawn(&mean.as_vec(), &logvar.as_vec(), &mut random))?;
            for ((pixel, mean), deviation) in pixels.iter().zip(back.as_vec()).zip(deviations(&spread.as_vec())) {
                if f64::from(deviation) >= LEARNED * (0.5 * LEAST_LOG_VARIANCE).exp() {
                    learned += 1;
                    within += usize::from((pixel - mean).abs() <= deviation);
                }
            }
            let nats = on_device(try_gaussian_nll(back, spread, images))?;
            reconstruction += nats.as_vec().iter().map(|&nats| f64::from(nats)).sum::<f64>();
            kl += on_device(try_gaussian_kl(mean, logvar))?.as_vec().iter().map(|&nats| f64::from(nats)).sum::<f64>();
            items += count;
        }
        let each = |sum: f64| sum / items as f64;
        Ok(Metrics::new()
            .with("negative_elbo", each(reconstruction + kl))
            .with("reconstruction", each(reconstruction))
            .with("kl", each(kl))
            .with("within_one_deviation", within as f64 / learned.max(1) as f64))
    }

    fn units(&mut self, net: &D::Net, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.images)
    }

    /// `samples.png`; `reconstructions.png`, test images above the means and the deviations of their reconstructions; `walk.png`.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const COLUMNS: usize = 10;
        const SHOWN: usize = 40;
        let parts = Parts::of(net, device)?;
        parts.samples(100, 0)?.save(&folder.join("samples.png"))?;
        parts.walk()?.save(&folder.join("walk.png"))?;
        let shown = self.test.data().subset(&(0..SHOWN.min(self.test.data().len())).collect::<Vec<_>>());
        let images: Vec<f32> = shown.pixels().iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let [mean, _] = parts.encode(Array::new(vec![shown.len(), 1, 28, 28], images.clone()))?;
        let [back, logvar] = parts.decode(mean.as_vec())?;
        let row = COLUMNS * SHAPE.iter().product::<usize>();
        // A deviation of one half in white.
        let deviation: Vec<f32> = deviations(&logvar.as_vec()).map(|deviation| (2.0 * deviation).min(1.0)).collect();
        let each = images.chunks(row).zip(back.as_vec().chunks(row).map(<[f32]>::to_vec).collect::<Vec<_>>());
        let rows: Vec<f32> =
            each.zip(deviation.chunks(row)).flat_map(|((images, back), deviation)| [images, &back, deviation].concat()).collect();
        let caption = "test images, with the means and the deviations below each row";
        image_grid(&rows, SHAPE, COLUMNS).enlarged(2).captioned(caption).save(&folder.join("reconstructions.png"))
    }
}
