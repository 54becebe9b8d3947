//! Variational autoencoders.

use std::f64::consts::{LN_2, TAU};
use std::path::Path;

use layercake::ForwardError;
use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::dfdx::tensor::HasErr;
use layercake::dfdx::tensor_ops::{TryAdd, TryDiv};
use layercake::explain::LayerUnits;
use layercake::generic::try_forward_train;
use layercake::ir::Graph;
use layercake::loss::{BceWithLogits, Loss, try_gaussian_kl};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::{Array, Batch, Dataset, Images, KnownDataset, Loader, Split};
use layercake_train::health::count_units;
use layercake_train::run::{Canvas, RunOutcome, image_grid};
use layercake_train::{Metrics, Pass, Seeded, Step, Task, TrainError, WithValidation};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::entry::{Description, ModelKind, Run};
use super::run::{Prepared, TEST_BATCH, Trained, hold_out_images, train};
use super::{Gray, SHAPE, built, normal, on_device, reject_text_options, save, sigmoid};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// A batch of latent vectors.
type Latent<const Z: usize, D, T = NoneTape> = Tensor<(usize, Const<Z>), f32, D, T>;
/// The outputs in training mode: logits of the pixels, mean and log variance of the latent vectors.
type Traced<const Z: usize, D> = (Gray<D, OwnedTape<f32, D>>, Latent<Z, D, OwnedTape<f32, D>>, Latent<Z, D, OwnedTape<f32, D>>);

/// What a part of the network returns.
type Part<T, D> = Result<T, ForwardError<<D as HasErr>::Err>>;

/// Columns of `reconstructions.png`.
const COLUMNS: usize = 10;

/// An autoencoder whose encoder and decoder can be called separately.
pub(crate) trait Autoencoder<const Z: usize, D: Backend<f32>>:
    Network<f32, D> + TensorCollection<f32, D> + Module<Gray<D>, Output = (Gray<D>, Latent<Z, D>, Latent<Z, D>), Error = D::Err>
{
    /// Mean and log variance of each image's latent vector.
    fn encode(&self, images: Gray<D>) -> Part<(Latent<Z, D>, Latent<Z, D>), D>;

    /// The logit of each pixel.
    fn decode(&self, latent: Latent<Z, D>) -> Part<Gray<D>, D>;
}

macro_rules! autoencoders {
    ($($name:ident, $z:literal;)*) => {$(
        impl<D: Backend<f32>> Autoencoder<$z, D> for crate::networks::$name<f32, D> {
            fn encode(&self, images: Gray<D>) -> Part<(Latent<$z, D>, Latent<$z, D>), D> {
                self.encoder.try_forward(images)
            }

            fn decode(&self, latent: Latent<$z, D>) -> Part<Gray<D>, D> {
                self.decoder.try_forward(latent)
            }
        }

        impl Family<$z> for crate::networks::$name {
            const GRAPH: &'static Graph = crate::networks::$name::<f32, Cpu>::GRAPH;
            type On<D: Backend<f32>> = crate::networks::$name<f32, D>;
        }
    )*};
}

/// An autoencoder on any device.
pub(crate) trait Family<const Z: usize>: Sync + 'static {
    const GRAPH: &'static Graph;
    type On<D: Backend<f32>>: Autoencoder<Z, D> + BuildModule<D, f32> + Clone;
}

/// Variational autoencoders as a kind of model.
pub(crate) struct Vae<F, const Z: usize>(std::marker::PhantomData<fn() -> F>);

impl<F: Family<Z>, const Z: usize> ModelKind for Vae<F, Z> {
    const GRAPH: &'static Graph = F::GRAPH;

    fn train<D: Seeded>(description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: F::GRAPH, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), SHAPE).map_err(TrainError::from)?;
            let net = built(F::On::<D>::try_build(device))?;
            let (train, validation) = hold_out_images(train, recipe)?;
            let items = train.len();
            let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let measured_on = |images| NegativeElbo::<Z> { test: Loader::new(images, TEST_BATCH) };
            let task = WithValidation { task: measured_on(test), validation: validation.map(measured_on) };
            let (optimizer, selected_by) = (recipe.adam(&net), ("validation_negative_elbo", Better::Lower));
            Ok(Prepared { optimizer, net, items, task, selected_by, train, normalize: None, classes: Vec::new() })
        })
    }

    fn evaluate<D: Seeded>(run: &Run, device: &D, dataset: KnownDataset, data_dir: Option<&Path>) -> Result<(Metrics, u64), ModelError> {
        let net: F::On<D> = run.load(device)?;
        let Split { test, .. } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let items = test.len() as u64;
        let mut task = NegativeElbo::<Z> { test: Loader::new(test, TEST_BATCH) };
        Ok((Task::<F::On<D>, D>::evaluate(&mut task, &net, device)?, items))
    }

    fn sample<D: Seeded>(description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        reject_text_options(description, options)?;
        let net: F::On<D> = run.load(device)?;
        save(&samples(&net, device, options.count.unwrap_or(100), options.seed)?, options)
    }
}

autoencoders! {
    MlpVae, 20;
    MlpVae2, 2;
    ConvVae, 20;
    ConvVae2, 2;
}

/// The negative evidence lower bound in nats per image (Kingma and Welling, 2014, equation 10, with one sample): the binary cross entropy of
/// the pixels, with gray values as probabilities, plus the KL divergence from the standard normal distribution.
pub(crate) struct NegativeElbo<const Z: usize> {
    pub test: Loader<Images>,
}

impl<const Z: usize, N, D> Task<N, D> for NegativeElbo<Z>
where
    N: Autoencoder<Z, D>,
    D: Backend<f32>,
{
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.labels.len();
        let images: Gray<D> = batch.images.into_tensor(&pass.device)?;
        let (back, mean, logvar): Traced<Z, D> = on_device(try_forward_train(net, images.clone(), pass.gradients))?;
        let divergence = on_device(try_gaussian_kl(mean, logvar))?;
        let divergence = on_device(divergence.try_mean())?;
        let pixels = on_device(BceWithLogits::default().try_sum(back, images))?;
        let pixels = on_device(pixels.try_div(items as f32))?;
        let late = |term: Tensor<Rank0, f32, D>| move || (f64::from(term.as_vec()[0]), items as f64);
        let (reconstruction, kl) = (late(pixels.retaped()), late(divergence.retaped()));
        let step = Step::new(on_device(pixels.try_add(divergence))?, items);
        Ok(step.with_late_metric("reconstruction", reconstruction).with_late_metric("kl", kl))
    }

    /// One latent sample per image, with a fixed seed.
    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        let mut random = StdRng::seed_from_u64(0);
        let (mut reconstruction, mut kl, mut items) = (0.0, 0.0, 0);
        for batch in self.test.epoch(1) {
            let batch = batch?;
            let count = batch.labels.len();
            let images: Gray<D> = batch.images.into_tensor(device)?;
            let (mean, logvar) = on_device(net.encode(images.clone()))?;
            let noise = normal(&mut random, count * Z);
            let spread: Vec<f32> = logvar.as_vec().iter().zip(&noise).map(|(logvar, noise)| (0.5 * logvar).exp() * noise).collect();
            let drawn = mean.as_vec().iter().zip(spread).map(|(mean, spread)| mean + spread).collect();
            let back = on_device(net.decode(Array::new(vec![count, Z], drawn).into_tensor(device)?))?;
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

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net, device, &self.test, |batch| batch.images)
    }

    /// `samples.png`; `reconstructions.png`, rows of test images above their reconstructions; after the last epoch, for two latent dimensions,
    /// `manifold.png`.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        self::samples(net, device, 100, 0)?.save(&folder.join("samples.png"))?;
        let shown = self.test.data().subset(&(0..50.min(self.test.data().len())).collect::<Vec<_>>());
        let images: Vec<f32> = shown.pixels().iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let (mean, _) = on_device(net.encode(Array::new(vec![shown.len(), 1, 28, 28], images.clone()).into_tensor(device)?))?;
        let back = sigmoid(&on_device(net.decode(mean))?.as_vec());
        let row = COLUMNS * SHAPE.iter().product::<usize>();
        let rows: Vec<f32> = images.chunks(row).zip(back.chunks(row)).flat_map(|(images, back)| [images, back].concat()).collect();
        let caption = "test images, with the reconstructions below each row";
        image_grid(&rows, SHAPE, COLUMNS).enlarged(2).captioned(caption).save(&folder.join("reconstructions.png"))?;
        if last && Z == 2 {
            manifold(net, device)?.save(&folder.join("manifold.png"))?;
        }
        Ok(())
    }
}

/// Decodes samples from the standard normal distribution.
pub(crate) fn samples<const Z: usize, N: Autoencoder<Z, D>, D: Backend<f32>>(
    net: &N,
    device: &D,
    count: usize,
    seed: u64,
) -> Result<Canvas, TrainError> {
    let latent = normal(&mut StdRng::seed_from_u64(seed), count * Z);
    let images = on_device(net.decode(Array::new(vec![count, Z], latent).into_tensor(device)?))?;
    Ok(image_grid(&sigmoid(&images.as_vec()), SHAPE, (count as f64).sqrt().ceil() as usize).enlarged(2))
}

/// Decodes a grid of quantiles of the standard normal distribution (Kingma and Welling, 2014, figure 4).
fn manifold<const Z: usize, N: Autoencoder<Z, D>, D: Backend<f32>>(net: &N, device: &D) -> Result<Canvas, TrainError> {
    const SIDE: usize = 20;
    let at = |i: usize| quantile((i as f64 + 0.5) / SIDE as f64) as f32;
    // The second coordinate increases upwards.
    let point = |i: usize| (0..Z).map(move |axis| if axis == 0 { at(i % SIDE) } else { at(SIDE - 1 - i / SIDE) });
    let latent = (0..SIDE * SIDE).flat_map(point).collect();
    let images = on_device(net.decode(Array::new(vec![SIDE * SIDE, Z], latent).into_tensor(device)?))?;
    Ok(image_grid(&sigmoid(&images.as_vec()), SHAPE, SIDE))
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
