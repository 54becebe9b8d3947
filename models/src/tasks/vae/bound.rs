//! A lower bound of the likelihood that comes closer to it the more latent vectors are drawn.

use layercake::loss::{BceWithLogits, Loss};
use layercake_train::TrainError;
use layercake_train::data::{Images, Loader};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{Gray, Parts, normal, on_device};
use crate::tasks::machine::Machine;

/// The numbers of latent vectors for which the bound is stated.
pub(super) const DRAWS: [usize; 3] = [1, 10, 100];

/// The sum of exponentials of numbers that come one by one, as its logarithm.
#[derive(Clone, Copy)]
struct LogSum {
    most: f64,
    /// Relative to the largest number.
    sum: f64,
}

impl LogSum {
    const EMPTY: Self = Self { most: f64::NEG_INFINITY, sum: 0.0 };

    fn add(&mut self, number: f64) {
        if number > self.most {
            self.sum *= (self.most - number).exp();
            self.most = number;
        }
        self.sum += (number - self.most).exp();
    }

    fn value(self) -> f64 {
        self.most + self.sum.ln()
    }
}

/// The negative importance-weighted bound in nats per image (Burda, Grosse and Salakhutdinov, 2016, equation 8) for each number of [`DRAWS`]:
/// `-log(1/k sum_i p(x | z_i) p(z_i) / q(z_i | x))` with latent vectors drawn from `q(z | x)`. With one it is the negative evidence lower bound; it falls towards the
/// negative log likelihood. The pixels should be binary: a gray value has no probability here.
pub(super) fn importance_weighted<D: Machine>(parts: &Parts<'_, D>, images: &Loader<Images>) -> Result<[f64; DRAWS.len()], TrainError> {
    let mut random = StdRng::seed_from_u64(0);
    let (mut bounds, mut items) = ([0.0; DRAWS.len()], 0);
    for batch in images.epoch(1) {
        let batch = batch?;
        let count = batch.labels.len();
        let pixels: Gray<D> = batch.images.clone().into_tensor(parts.device)?;
        let [mean, logvar] = parts.encode(batch.images)?.map(|tensor| tensor.as_vec());
        let mut sums = vec![LogSum::EMPTY; count];
        for drawn in 1..=DRAWS[DRAWS.len() - 1] {
            let noise = normal(&mut random, count * parts.latent);
            let latent: Vec<f32> = (0..noise.len()).map(|i| mean[i] + (0.5 * logvar[i]).exp() * noise[i]).collect();
            // log p(z) - log q(z | x); the powers of 2 pi cancel.
            let prior = |i: usize| {
                let at = i * parts.latent..(i + 1) * parts.latent;
                at.map(|j| f64::from(noise[j]).powi(2) + f64::from(logvar[j]) - f64::from(latent[j]).powi(2)).sum::<f64>() / 2.0
            };
            let priors: Vec<f64> = (0..count).map(prior).collect();
            let nats = on_device(BceWithLogits::default().try_each(parts.decode(latent.clone())?, pixels.clone()))?.as_vec();
            let nats = nats.chunks(nats.len() / count).map(|image| image.iter().map(|&nats| f64::from(nats)).sum::<f64>());
            sums.iter_mut().zip(priors).zip(nats).for_each(|((sum, prior), nats)| sum.add(prior - nats));
            if let Some(at) = DRAWS.iter().position(|&draws| draws == drawn) {
                bounds[at] -= sums.iter().map(|sum| sum.value() - (drawn as f64).ln()).sum::<f64>();
            }
        }
        items += count;
    }
    Ok(bounds.map(|sum| sum / items as f64))
}

#[cfg(test)]
mod tests {
    use layercake::GraphModel;
    use layercake::prelude::*;
    use layercake_train::data::digits;
    use layercake_train::data::frame;

    use super::*;
    use crate::tasks::pixel_cnn::binarize;

    network! {
        Encoder: [1, 28, 28] -> { mean: [1], logvar: [1] } {
            Flatten as pixels, fc1: Linear(1), output mean,
            from pixels, fc2: Linear(1), output logvar,
        }

        Decoder: [1] -> [1, 28, 28] { fc: Linear(784), Reshape(1, 28, 28) }

        Whole: [1, 28, 28] -> { image: [1, 28, 28], mean: [1], logvar: [1] } {
            encoder: Encoder as (mean, logvar),
            decoder: Decoder, output image,
            from mean, output mean,
            from logvar, output logvar,
        }
    }

    /// With one latent number the likelihood is an integral over a line.
    #[test]
    fn the_bound_falls_to_the_likelihood() {
        let device = Cpu::seed_from_u64(3);
        let net = GraphModel::try_new(Whole::GRAPH.clone(), &device).unwrap();
        let parts = Parts::of(&net, &device).unwrap();
        let images = binarize(Loader::new(frame(&digits().test, 28).subset(&[0, 5, 9]), 2));
        let bounds = importance_weighted(&parts, &images).unwrap();

        let points: Vec<f32> = (-800..=800).map(|i| i as f32 / 100.0).collect();
        let logits = parts.decode(points.clone()).unwrap().as_vec();
        let mut exact = 0.0;
        for batch in images.epoch(1) {
            for image in batch.unwrap().images.as_slice().chunks(784) {
                let mut sum = LogSum::EMPTY;
                for (z, logits) in points.iter().zip(logits.chunks(784)) {
                    let pixel = |(&x, &logit): (&f32, &f32)| f64::from(logit).mul_add(f64::from(x), -f64::from(logit).exp().ln_1p());
                    let prior = -0.5 * f64::from(*z).powi(2) - 0.5 * std::f64::consts::TAU.ln();
                    sum.add(image.iter().zip(logits).map(pixel).sum::<f64>() + prior + 0.01f64.ln());
                }
                exact -= sum.value() / 3.0;
            }
        }
        assert!(bounds[0] > exact + 1.0, "{bounds:?}, {exact}");
        assert!(bounds[1..].iter().all(|bound| (-0.2..1.0).contains(&(bound - exact))), "{bounds:?}, {exact}");
    }

    #[test]
    fn sums_of_exponentials() {
        let mut sum = LogSum::EMPTY;
        [-1000.0, 2.0, -3.0, 5.0].iter().for_each(|&number| sum.add(number));
        let expected = (2f64.exp() + (-3f64).exp() + 5f64.exp()).ln();
        assert!((sum.value() - expected).abs() < 1e-12, "{}", sum.value());
    }
}
