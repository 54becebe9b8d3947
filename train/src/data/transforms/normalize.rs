//! Normalization.

use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::data::{DataError, Dataset, HasImage, ImageMut, Images};

/// Normalizes each channel to mean 0 and standard deviation 1 over a training set: `(pixel - mean) / std` for pixels in 0..=1; torchvision's
/// `Normalize`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalize {
    /// The mean of each channel.
    pub mean: Vec<f32>,
    /// The standard deviation of each channel.
    #[serde(alias = "deviation")]
    pub std: Vec<f32>,
}

impl Normalize {
    /// Computes mean and standard deviation over all pixels of `images`. A constant channel gets a standard deviation of 1.
    pub fn measure(images: &Images) -> Self {
        let [channels, height, width] = images.shape();
        let pixels = images.len() * height * width;
        let count = pixels as f64;
        // Integer sums are exact.
        let mut sums = vec![(0u64, 0u64); channels];
        for (i, plane) in images.pixels().chunks_exact(height * width).enumerate() {
            let (sum, squares) = &mut sums[i % channels];
            *sum += plane.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
            *squares += plane.iter().map(|&pixel| u64::from(pixel).pow(2)).sum::<u64>();
        }
        let moments = sums.into_iter().map(|(sum, squares)| {
            let mean = sum as f64 / count / 255.0;
            // count^2 times the variance, computed exactly: floats would cancel where pixels hardly vary.
            let spread = u128::from(squares) * pixels as u128 - u128::from(sum).pow(2);
            let deviation = (spread as f64).sqrt() / count / 255.0;
            (mean as f32, if spread > 0 { deviation as f32 } else { 1.0 })
        });
        let (mean, std) = moments.unzip();
        Self { mean, std }
    }

    /// Computes mean and standard deviation over any data set of images. Each image is read once.
    ///
    /// # Errors
    /// Returns an error if an image cannot be read, or the numbers of channels differ.
    pub fn measure_dataset<D: Dataset>(data: &D) -> Result<Self, DataError>
    where
        D::Item: HasImage,
    {
        // Sums of differences from a channel's first pixel, so that squares do not cancel where pixels hardly vary.
        let (mut firsts, mut sums, mut count) = (Vec::<f64>::new(), Vec::<[f64; 2]>::new(), 0);
        for index in 0..data.len() {
            let mut item = data.get(index)?;
            let image = item.image_mut().image;
            if index == 0 {
                firsts = image.planes().map(|plane| plane.first().copied().map_or(0.0, f64::from)).collect();
                sums = vec![[0.0; 2]; image.shape[0]];
            } else if image.shape[0] != sums.len() {
                return Err(channels(sums.len(), image.shape[0]));
            }
            count += image.shape[1] * image.shape[2];
            for ((sums, first), plane) in sums.iter_mut().zip(&firsts).zip(image.planes()) {
                let distances = plane.iter().map(|&pixel| f64::from(pixel) - first);
                distances.for_each(|distance| *sums = [sums[0] + distance, sums[1] + distance * distance]);
            }
        }
        let moments = sums.into_iter().zip(firsts).map(|([sum, squares], first)| {
            let mean = sum / count as f64;
            let deviation = (squares / count as f64 - mean * mean).max(0.0).sqrt();
            ((first + mean) as f32, if deviation > 0.0 { deviation as f32 } else { 1.0 })
        });
        let (mean, std) = moments.unzip();
        Ok(Self { mean, std })
    }

    /// Whether the transform is valid for this number of channels: a finite mean and a positive standard deviation for each.
    pub fn fits(&self, channels: usize) -> bool {
        let positive = self.std.iter().all(|d| d.is_finite() && *d > 0.0);
        self.mean.len() == channels && self.std.len() == channels && positive && self.mean.iter().all(|m| m.is_finite())
    }
}

impl Transform for Normalize {
    fn apply(&self, picture: &mut ImageMut<'_>, _: &mut StdRng) -> Result<(), DataError> {
        let [found, height, width] = picture.image.shape;
        if self.mean.len() != found || self.std.len() != found {
            return Err(channels(self.mean.len(), found));
        }
        for (plane, (mean, deviation)) in
            picture.image.pixels.chunks_exact_mut((height * width).max(1)).zip(self.mean.iter().zip(&self.std))
        {
            plane.iter_mut().for_each(|pixel| *pixel = (*pixel - mean) / deviation);
        }
        Ok(())
    }
}

fn channels(expected: usize, found: usize) -> DataError {
    DataError::Transform { reason: format!("expected images of {expected} channels, found {found}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::seed::stream;

    fn two_channels() -> Images {
        // Channel 0: 0, 255, 0, 255. Channel 1: 51 everywhere.
        Images::new("test", [2, 1, 2], vec![0, 255, 51, 51, 0, 255, 51, 51], vec![0, 0], vec!["one".into()]).unwrap()
    }

    #[test]
    fn channels_with_little_variance() {
        // Channel 0: 77 everywhere. Channel 1: 200 except for one pixel of a million.
        let mut pixels = vec![77; 2_000_000];
        pixels[1_000_000..].fill(200);
        pixels[1_000_000] = 201;
        let images = Images::new("test", [2, 1000, 1000], pixels, vec![0], vec!["one".into()]).unwrap();
        for measured in [Normalize::measure(&images), Normalize::measure_dataset(&images).unwrap()] {
            assert_eq!(measured.std[0], 1.0);
            let exact = (1e-6f64 * (1.0 - 1e-6)).sqrt() / 255.0;
            assert!((f64::from(measured.std[1]) - exact).abs() < 1e-4 * exact, "{measured:?} instead of {exact}");
        }
    }

    #[test]
    fn by_hand() {
        let normalize = Normalize::measure(&two_channels());
        assert_eq!(normalize, Normalize { mean: vec![0.5, 0.2], std: vec![0.5, 1.0] });
        let mut item = two_channels().get(0).unwrap();
        normalize.apply(&mut item.image_mut(), &mut stream("test", 0, [0, 0])).unwrap();
        assert_eq!(item.image.pixels, [-1.0, 1.0, 0.0, 0.0]);
        assert_eq!(Normalize::measure_dataset(&two_channels()).unwrap(), normalize);
        assert!(normalize.fits(2) && !normalize.fits(1));
        assert!(!Normalize { mean: vec![0.0], std: vec![0.0] }.fits(1) && !Normalize { mean: vec![f32::NAN], std: vec![1.0] }.fits(1));
    }
}
