//! Images of a generator, and pictures of them.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::ir::Graph;
use layercake_train::TrainError;
use layercake_train::data::Array;
use layercake_train::generative::GeneratorLoss;
use layercake_train::run::{Canvas, Figure, Plot, image_grid};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::tasks::machine::Machine;
use crate::tasks::{SHAPE, normal, save_text};

/// Pixels of an image.
pub(super) const SIZE: usize = SHAPE[0] * SHAPE[1] * SHAPE[2];
/// Images that are made at once.
const CHUNK: usize = 500;
/// Noise vectors whose images are followed over the epochs.
pub(super) const FOLLOWED: usize = 8;
/// Epochs that are shown at most.
const SHOWN: usize = 12;
/// Walks, and images of each.
const WALKS: usize = 6;
const STEPS: usize = 12;
const SAMPLES: usize = 100;

/// The norms of the generator's gradient at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slope {
    pub step: f32,
    pub non_saturating: f32,
    pub minimax: f32,
}

/// A generator in inference: batch normalization uses its running statistics.
pub(super) struct Maker<'a, D: Machine> {
    net: D::Net,
    device: &'a D,
}

/// The length of a generator's input.
pub(super) fn noise_size(generator: &Graph) -> usize {
    generator.inputs()[0].shape.dims().iter().product()
}

impl<'a, D: Machine> Maker<'a, D> {
    pub(super) fn new(net: D::Net, device: &'a D) -> Self {
        Self { net, device }
    }

    /// Noise vectors one after the other, from the standard normal distribution.
    fn noise(&self, count: usize, seed: u64) -> Vec<f32> {
        normal(&mut StdRng::seed_from_u64(seed), count * noise_size(self.net.network_graph()))
    }

    /// The pixels of each noise vector's image, in 0..1.
    fn images(&self, noise: Vec<f32>) -> Result<Vec<f32>, TrainError> {
        let size = noise_size(self.net.network_graph());
        let mut pixels = Vec::with_capacity(noise.len() / size * SIZE);
        for chunk in noise.chunks(CHUNK * size) {
            let input = Array::new(vec![chunk.len() / size, size], chunk.to_vec()).into_dynamic(self.device)?;
            let made = self.net.try_infer(vec![input])?.swap_remove(0).to_vec();
            pixels.extend(made.into_iter().map(|pixel| (pixel + 1.0) / 2.0));
        }
        Ok(pixels)
    }

    /// The images of the noise that is followed.
    pub(super) fn followed(&self) -> Result<Vec<f32>, TrainError> {
        self.images(self.noise(FOLLOWED, 1))
    }

    /// The pixels of images of random noise.
    pub(super) fn samples(&self, count: usize, seed: u64) -> Result<Vec<f32>, TrainError> {
        self.images(self.noise(count, seed))
    }

    pub(super) fn grid(&self) -> Result<Canvas, TrainError> {
        Ok(grid(&self.samples(SAMPLES, 0)?, 10).enlarged(2))
    }

    /// A row for each noise vector: its image at epochs so far, evenly spaced, and now.
    pub(super) fn progress(&self, frames: &[Vec<f32>]) -> Result<Canvas, TrainError> {
        let now = self.followed()?;
        let count = frames.len().min(SHOWN - 1);
        let mut shown: Vec<&[f32]> = (0..count).map(|i| &frames[i * frames.len() / count][..]).collect();
        shown.push(&now);
        let pixels: Vec<f32> =
            (0..FOLLOWED).flat_map(|row| shown.iter().flat_map(move |frame| &frame[row * SIZE..(row + 1) * SIZE])).copied().collect();
        Ok(grid(&pixels, shown.len()).enlarged(2).captioned("a row is one noise vector over time"))
    }

    /// Rows from one noise vector to another, on the arc between them: points in between would be shorter than any that are drawn.
    pub(super) fn walk(&self) -> Result<Canvas, TrainError> {
        let size = noise_size(self.net.network_graph());
        let ends = self.noise(2 * WALKS, 2);
        let mut noise = Vec::with_capacity(WALKS * STEPS * size);
        for pair in ends.chunks(2 * size) {
            let (from, to) = pair.split_at(size);
            (0..STEPS).for_each(|step| noise.extend(between(from, to, step as f32 / (STEPS - 1) as f32)));
        }
        Ok(grid(&self.images(noise)?, STEPS).enlarged(2).captioned("a row is a walk between two noise vectors"))
    }
}

/// A point on the arc from one vector to another (spherical interpolation): `share` 0 is the first, 1 the second.
fn between(from: &[f32], to: &[f32], share: f32) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let cosine = dot(from, to) / (dot(from, from) * dot(to, to)).sqrt();
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let share = f64::from(share);
    let weights = match angle.sin() {
        // Vectors of one direction.
        sine if sine < 1e-6 => [1.0 - share, share],
        sine => [((1.0 - share) * angle).sin() / sine, (share * angle).sin() / sine],
    };
    from.iter().zip(to).map(|(a, b)| (weights[0] * f64::from(*a) + weights[1] * f64::from(*b)) as f32).collect()
}

/// Images side by side.
pub(super) fn grid(pixels: &[f32], columns: usize) -> Canvas {
    image_grid(pixels, SHAPE, columns.max(1))
}

/// Draws the generator's gradients by both losses.
pub(super) fn slopes(slopes: &[Slope], trained: GeneratorLoss, path: &Path) -> Result<(), TrainError> {
    let line = |of: fn(&Slope) -> f32| slopes.iter().map(move |slope| (f64::from(slope.step), f64::from(of(slope)))).collect::<Vec<_>>();
    let plot = Plot::new("", ["step", "norm of the generator's gradient"]).logarithmic([false, true]);
    let plot = plot.line(GeneratorLoss::NonSaturating.name(), line(|slope| slope.non_saturating));
    let plot = plot.line(GeneratorLoss::Minimax.name(), line(|slope| slope.minimax));
    let title = format!("The same networks by both losses, trained by the {} one", trained.name());
    save_text(path, &Figure::new(&title).plot(plot).svg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_arc() {
        assert_eq!(between(&[1.0, 0.0], &[0.0, 2.0], 0.0), [1.0, 0.0]);
        let half = between(&[1.0, 0.0], &[0.0, 1.0], 0.5);
        assert!((half[0] - 0.5f32.sqrt()).abs() < 1e-6 && (half[1] - 0.5f32.sqrt()).abs() < 1e-6, "{half:?}");
        assert_eq!(between(&[2.0, 0.0], &[4.0, 0.0], 0.25), [2.5, 0.0]);
        let last = between(&[1.0, 1.0], &[3.0, -1.0], 1.0);
        assert!((last[0] - 3.0).abs() < 1e-6 && (last[1] + 1.0).abs() < 1e-6, "{last:?}");
    }
}
