//! Variational autoencoders.

mod bound;
mod gaussian;

use std::f64::consts::{LN_2, TAU};
use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::{TryAdd, TryDiv};
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::{BceWithLogits, Loss, try_gaussian_kl};
use layercake::prelude::*;
use layercake_train::data::{Array, Batch, Dataset, Images, KnownDataset, Loader, Split};
use layercake_train::health::count_units;
use layercake_train::run::{Canvas, RunOutcome, image_grid};
use layercake_train::{Metrics, Pass, Step, Task, TrainError};
use rand::SeedableRng;
use rand::rngs::StdRng;

#[cfg(test)]
pub(crate) use self::gaussian::GaussianElbo;
pub(crate) use self::gaussian::GaussianVaeModel;
use super::entry::{Description, ModelKind, Run};
use super::gan::Real;
use super::machine::{Machine, part, shaped};
use super::pixel_cnn::binarize;
use super::run::{TEST_BATCH, Trained, prepare_images, train};
use super::{Gray, SHAPE, normal, on_device, reject_text_options, save, sigmoid};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// A batch of latent vectors.
type Latent<D, T = NoneTape> = Tensor<(usize, usize), f32, D, T>;

/// Columns of `reconstructions.png`.
const COLUMNS: usize = 10;

/// Variational autoencoders as a kind of model: networks of an `encoder` and a `decoder` that return the logits of the pixels, and the mean and the log variance of
/// the latent vectors.
pub(crate) struct Vae(pub &'static Graph);

impl ModelKind for Vae {
    fn graph(&self) -> &'static Graph {
        self.0
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.0, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            prepare_images(device, self.0, options, recipe, "validation_negative_elbo", NegativeElbo::on)
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
        let Split { train, test } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let items = test.len() as u64;
        let (parts, real) = (Parts::of(&net, device)?, Real::of(device, &test, &train)?);
        let of_samples = real.compare(|count| parts.pixels(count, 0))?;
        // Of binary pixels, as PixelCNN's likelihood.
        let bounds = bound::importance_weighted(&parts, &binarize(Loader::new(test.clone(), TEST_BATCH)))?;
        let mut metrics = Task::<D::Net, D>::evaluate(&mut NegativeElbo::on(test), &net, device)?;
        metrics.extend(of_samples.iter());
        bound::DRAWS.iter().zip(bounds).for_each(|(draws, bound)| metrics.set(&format!("binary_bound_{draws}"), bound));
        Ok((metrics, items))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        reject_text_options(description, options)?;
        let net = run.load_graph(self.0, device)?;
        save(&Parts::of(&net, device)?.samples(options.count.unwrap_or(100), options.seed.unwrap_or(0))?, options)
    }
}

/// The negative evidence lower bound in nats per image (Kingma and Welling, 2014, equation 10, with one sample): the binary cross entropy of
/// the pixels, with gray values as probabilities, plus the KL divergence from the standard normal distribution.
pub(crate) struct NegativeElbo {
    pub test: Loader<Images>,
}

impl NegativeElbo {
    /// Measured on these images.
    fn on(images: Images) -> Self {
        Self { test: Loader::new(images, TEST_BATCH) }
    }
}

/// The encoder and the decoder of a network, each to be called alone.
pub(crate) struct Parts<'a, D: Machine> {
    device: &'a D,
    encoder: D::Net,
    decoder: D::Net,
    /// Number of latent dimensions.
    latent: usize,
}

impl<'a, D: Machine> Parts<'a, D> {
    pub(crate) fn of(net: &D::Net, device: &'a D) -> Result<Self, TrainError> {
        let decoder = part(net, device, "decoder")?;
        let latent = decoder.network_graph().inputs()[0].shape.dims()[0];
        Ok(Self { device, encoder: part(net, device, "encoder")?, decoder, latent })
    }

    /// The mean and the log variance of each image's latent vector.
    fn encode(&self, images: Array<f32>) -> Result<[Latent<D>; 2], TrainError> {
        let mut outputs = self.encoder.try_infer(vec![images.into_dynamic(self.device)?])?;
        let logvar = shaped(outputs.swap_remove(1))?;
        Ok([shaped(outputs.swap_remove(0))?, logvar])
    }

    /// The logit of each pixel, of latent vectors one after the other.
    fn decode(&self, latent: Vec<f32>) -> Result<Gray<D>, TrainError> {
        let latent = Array::new(vec![latent.len() / self.latent, self.latent], latent).into_dynamic(self.device)?;
        shaped(self.decoder.try_infer(vec![latent])?.swap_remove(0))
    }

    /// Decodes samples from the standard normal distribution.
    pub(crate) fn samples(&self, count: usize, seed: u64) -> Result<Canvas, TrainError> {
        Ok(image_grid(&self.pixels(count, seed)?, SHAPE, (count as f64).sqrt().ceil() as usize).enlarged(2))
    }

    /// The pixels of such samples.
    fn pixels(&self, count: usize, seed: u64) -> Result<Vec<f32>, TrainError> {
        let latent = normal(&mut StdRng::seed_from_u64(seed), count * self.latent);
        let mut pixels = Vec::new();
        for chunk in latent.chunks(TEST_BATCH * self.latent) {
            pixels.extend(sigmoid(&self.decode(chunk.to_vec())?.as_vec()));
        }
        Ok(pixels)
    }

    /// Decodes a grid of quantiles of the standard normal distribution (Kingma and Welling, 2014, figure 4).
    fn manifold(&self) -> Result<Canvas, TrainError> {
        const SIDE: usize = 20;
        let at = |i: usize| quantile((i as f64 + 0.5) / SIDE as f64) as f32;
        // The second coordinate increases upwards.
        let point = |i: usize| [at(i % SIDE), at(SIDE - 1 - i / SIDE)];
        let images = self.decode((0..SIDE * SIDE).flat_map(point).collect())?;
        Ok(image_grid(&sigmoid(&images.as_vec()), SHAPE, SIDE))
    }
}

impl<D: Machine> Task<D::Net, D> for NegativeElbo {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut D::Net, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.labels.len();
        let images: Gray<D> = batch.images.clone().into_tensor(&pass.device)?;
        let mut outputs = net.try_train(vec![batch.images.into_dynamic(&pass.device)?], pass.gradients)?;
        let logvar: Latent<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(2))?;
        let mean: Latent<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(1))?;
        let back: Gray<D, OwnedTape<f32, D>> = shaped(outputs.swap_remove(0))?;
        bound_step(on_device(BceWithLogits::default().try_sum(back, images))?, [mean, logvar], items)
    }

    /// One latent sample per image, with a fixed seed.
    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let parts = Parts::of(net, device)?;
        let mut random = StdRng::seed_from_u64(0);
        let (mut reconstruction, mut kl, mut items) = (0.0, 0.0, 0);
        for batch in self.test.epoch(1) {
            let batch = batch?;
            let count = batch.labels.len();
            let images: Gray<D> = batch.images.clone().into_tensor(device)?;
            let [mean, logvar] = parts.encode(batch.images)?;
            let back = parts.decode(drawn(&mean.as_vec(), &logvar.as_vec(), &mut random))?;
            let pixels = on_device(BceWithLogits::default().try_each(back, images))?;
            reconstruction += pixels.as_vec().iter().map(|&nats| f64::from(nats)).sum::<f64>();
            kl += on_device(try_gaussian_kl(mean, logvar))?.as_vec().iter().map(|&nats| f64::from(nats)).sum::<f64>();
            items += count;
        }
        let each = |sum: f64| sum / items as f64;
        Ok(Metrics::new()
            .with("negative_elbo", each(reconstruction + kl))
            .with("reconstruction", each(reconstruction))
            .with("kl", each(kl)))
    }

    /// Each pixel with a probability of one half.
    fn chance_loss(&self) -> Option<f64> {
        Some(SHAPE.iter().product::<usize>() as f64 * LN_2)
    }

    fn units(&mut self, net: &D::Net, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.images)
    }

    /// `samples.png`; `reconstructions.png`, rows of test images above their reconstructions; after the last epoch, for two latent dimensions,
    /// `manifold.png`.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        let parts = Parts::of(net, device)?;
        parts.samples(100, 0)?.save(&folder.join("samples.png"))?;
        let shown = self.test.data().subset(&(0..50.min(self.test.data().len())).collect::<Vec<_>>());
        let images: Vec<f32> = shown.pixels().iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let [mean, _] = parts.encode(Array::new(vec![shown.len(), 1, 28, 28], images.clone()))?;
        let back = sigmoid(&parts.decode(mean.as_vec())?.as_vec());
        let row = COLUMNS * SHAPE.iter().product::<usize>();
        let rows: Vec<f32> = images.chunks(row).zip(back.chunks(row)).flat_map(|(images, back)| [images, back].concat()).collect();
        let caption = "test images, with the reconstructions below each row";
        image_grid(&rows, SHAPE, COLUMNS).enlarged(2).captioned(caption).save(&folder.join("reconstructions.png"))?;
        if last && parts.latent == 2 {
            parts.manifold()?.save(&folder.join("manifold.png"))?;
        }
        Ok(())
    }
}

/// Samples from Gaussians.
fn drawn(mean: &[f32], logvar: &[f32], random: &mut StdRng) -> Vec<f32> {
    let noise = normal(random, mean.len());
    mean.iter().zip(deviations(logvar)).zip(noise).map(|((mean, deviation), noise)| mean + deviation * noise).collect()
}

fn deviations(logvar: &[f32]) -> impl Iterator<Item = f32> {
    logvar.iter().map(|logvar| (0.5 * logvar).exp())
}

/// The step of a negative evidence lower bound: the negative log likelihood of all pixels, and the Gaussians of the latent vectors.
fn bound_step<D: Machine>(
    pixels: Tensor<Rank0, f32, D, OwnedTape<f32, D>>,
    [mean, logvar]: [Latent<D, OwnedTape<f32, D>>; 2],
    items: usize,
) -> Result<Step<D>, TrainError> {
    let divergence = on_device(on_device(try_gaussian_kl(mean, logvar))?.try_mean())?;
    let pixels = on_device(pixels.try_div(items as f32))?;
    let late = |term: Tensor<Rank0, f32, D>| move || (f64::from(term.as_vec()[0]), items as f64);
    let (reconstruction, kl) = (late(pixels.retaped()), late(divergence.retaped()));
    let step = Step::new(on_device(pixels.try_add(divergence))?, items);
    Ok(step.with_late_metric("reconstruction", reconstruction).with_late_metric("kl", kl))
}

/// The quantile function of the standard normal distribution, by bisection of its distribution function.
fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if below(middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The distribution function of the standard normal distribution, by Simpson's rule from 0.
fn below(point: f64) -> f64 {
    const PIECES: usize = 400;
    let density = |x: f64| (-0.5 * x * x).exp() / TAU.sqrt();
    let width = point / PIECES as f64;
    let sum: f64 = (0..PIECES)
        .map(|i| {
            let left = i as f64 * width;
            (density(left) + 4.0 * density(left + 0.5 * width) + density(left + width)) * width / 6.0
        })
        .sum();
    0.5 + sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metrics of the standard Gaussian's table.
    #[test]
    fn quantiles() {
        for (probability, expected) in
            [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (0.025, -1.959_963_984_540_054), (0.9, 1.281_551_565_544_600_4)]
        {
            assert!((quantile(probability) - expected).abs() < 1e-8, "{probability}: {}", quantile(probability));
        }
    }
}
