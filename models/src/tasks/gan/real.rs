//! Real images that samples are compared with.

use layercake_train::data::Images;
use layercake_train::generative::Gaussian;
use layercake_train::{Metrics, TrainError};

use super::judge::{Judge, Judged};
use crate::tasks::SHAPE;
use crate::tasks::machine::Machine;

/// Most real and generated images that are compared.
const MOST: usize = 10_000;

/// The real images that samples are compared with.
pub(crate) struct Real<D: Machine> {
    judge: Judge<D>,
    images: Judged,
    gaussian: Gaussian,
    /// The distance of other real images.
    distance: f64,
    count: usize,
}

impl<D: Machine> Real<D> {
    /// Images to compare with, and others to compare these with.
    pub(crate) fn of(device: &D, images: &Images, others: &Images) -> Result<Self, TrainError> {
        let judge = Judge::new(device)?;
        let count = images.len().min(MOST);
        let judged = judge.judge(&pixels_of(images, count))?;
        let gaussian = judged.gaussian()?;
        let others = judge.judge(&pixels_of(others, count))?.gaussian()?;
        let distance = gaussian.frechet_distance(&others).map_err(|error| TrainError::Test(error.to_string()))?;
        Ok(Self { judge, images: judged, gaussian, distance, count })
    }

    /// The figures of as many samples, which `make` gives as pixels in 0..1; beside them, the distance of as many other real images.
    pub(crate) fn compare(&self, make: impl FnOnce(usize) -> Result<Vec<f32>, TrainError>) -> Result<Metrics, TrainError> {
        let made = self.judge.judge(&make(self.count)?)?;
        Ok(made.compared_with(&self.images, &self.gaussian)?.with("frechet_distance_of_real", self.distance))
    }
}

/// The pixels of the first images, in 0..1.
fn pixels_of(images: &Images, count: usize) -> Vec<f32> {
    let size = SHAPE.iter().product::<usize>();
    images.pixels().iter().take(count * size).map(|&byte| f32::from(byte) / 255.0).collect()
}
