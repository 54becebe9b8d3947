//! Bytes to numbers around zero.

use serde::{Deserialize, Serialize};

use super::Images;

/// Makes each channel's pixels, taken as 0..=1, have mean 0 and deviation 1 over a training set: `(pixel / 255 - mean) / deviation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalise {
    /// The mean of each channel.
    pub mean: Vec<f32>,
    /// The standard deviation of each channel.
    pub deviation: Vec<f32>,
}

impl Normalise {
    /// Measures both over all pixels of `images`. A channel that is the same everywhere gets the deviation 1.
    pub fn measure(images: &Images) -> Self {
        let [channels, height, width] = images.shape();
        let count = (images.len() * height * width) as f64;
        // Whole numbers until the end: the sums are exact, in any order.
        let mut sums = vec![(0u64, 0u64); channels];
        for (i, plane) in images.pixels().chunks_exact(height * width).enumerate() {
            let (sum, squares) = &mut sums[i % channels];
            *sum += plane.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
            *squares += plane.iter().map(|&pixel| u64::from(pixel).pow(2)).sum::<u64>();
        }
        let moments = sums.into_iter().map(|(sum, squares)| {
            let mean = sum as f64 / count / 255.0;
            let deviation = (squares as f64 / count / 255.0f64.powi(2) - mean * mean).max(0.0).sqrt();
            (mean as f32, if deviation > 0.0 { deviation as f32 } else { 1.0 })
        });
        let (mean, deviation) = moments.unzip();
        Self { mean, deviation }
    }

    /// Can it be used for images of so many channels: a finite mean and a positive deviation for each?
    pub fn fits(&self, channels: usize) -> bool {
        let positive = self.deviation.iter().all(|d| d.is_finite() && *d > 0.0);
        self.mean.len() == channels && self.deviation.len() == channels && positive && self.mean.iter().all(|m| m.is_finite())
    }

    /// For each channel, the number that stands for each byte.
    pub(crate) fn tables(&self) -> Vec<[f32; 256]> {
        let table = |(mean, deviation): (&f32, &f32)| std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / deviation);
        self.mean.iter().zip(&self.deviation).map(table).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_channels() -> Images {
        // Channel 0: 0, 255, 0, 255. Channel 1: 51 everywhere.
        Images::new("test", [2, 1, 2], vec![0, 255, 51, 51, 0, 255, 51, 51], vec![0, 0], vec!["one".into()]).unwrap()
    }

    #[test]
    fn by_hand() {
        let normalise = Normalise::measure(&two_channels());
        assert_eq!(normalise, Normalise { mean: vec![0.5, 0.2], deviation: vec![0.5, 1.0] });
        let tables = normalise.tables();
        assert_eq!((tables[0][0], tables[0][255], tables[1][51]), (-1.0, 1.0, 0.0));
        assert!(normalise.fits(2) && !normalise.fits(1));
        assert!(
            !Normalise { mean: vec![0.0], deviation: vec![0.0] }.fits(1)
                && !Normalise { mean: vec![f32::NAN], deviation: vec![1.0] }.fits(1)
        );
    }
}
