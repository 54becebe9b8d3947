//! Samples from Gaussians with a given mean and log-variance. The noise is computed from counters wherever it is needed ([`crate::rng`]).

use crate::rng;

/// Identifies the noise.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// The run's seed.
    pub seed: u64,
    /// The node's index in the graph.
    pub node: usize,
    /// The index in the batch of the first image.
    pub start: usize,
    /// The number of images.
    pub images: usize,
}

impl Noise {
    /// The noise of element `at` of `[elements, images]`: that of its position in `[batch, elements]`.
    fn of(&self, at: usize, elements: usize) -> f32 {
        let (element, image) = (at / self.images, self.start + at % self.images);
        rng::normal(self.seed, self.node, (image * elements + element) as u64) as f32
    }
}

/// Adds `exp(logvar / 2) noise` to the means in `y`. Both are `[elements, images]`.
pub fn draw(noise: Noise, logvar: &[f32], y: &mut [f32]) {
    let elements = y.len() / noise.images;
    for (at, (y, logvar)) in y.iter_mut().zip(logvar).enumerate() {
        *y += (0.5 * logvar).exp() * noise.of(at, elements);
    }
}

/// Turns the gradient of the result into the gradient of the log-variance: `dy exp(logvar / 2) noise / 2`.
pub fn logvar_grad(noise: Noise, logvar: &[f32], grad: &mut [f32]) {
    let elements = grad.len() / noise.images;
    for (at, (grad, logvar)) in grad.iter_mut().zip(logvar).enumerate() {
        *grad *= 0.5 * (0.5 * logvar).exp() * noise.of(at, elements);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn agrees_with_the_definition_wherever_a_lane_begins() {
        for (start, images, elements) in [(0, 1, 1), (5, 17, 3), (1 << 20, 3, 37)] {
            let noise = Noise { seed: 11, node: 2, start, images };
            let (mean, logvar, dy) = (numbers(images * elements, 1), numbers(images * elements, 2), numbers(images * elements, 3));
            let (mut y, mut grad) = (mean.clone(), dy.clone());
            draw(noise, &logvar, &mut y);
            logvar_grad(noise, &logvar, &mut grad);
            let spread = |at: usize| {
                let index = (start + at % images) * elements + at / images;
                (0.5 * f64::from(logvar[at])).exp() * rng::normal(11, 2, index as u64)
            };
            let wanted: Vec<f32> = (0..y.len()).map(|at| (f64::from(mean[at]) + spread(at)) as f32).collect();
            close(&y, &wanted, 1e-6);
            let wanted: Vec<f32> = (0..y.len()).map(|at| (f64::from(dy[at]) * 0.5 * spread(at)) as f32).collect();
            close(&grad, &wanted, 1e-6);
        }
    }
}
