//! Images in batches, as a network takes them.

use layercake::prelude::*;

use super::{DataError, Images, Normalise};
use crate::ImageBatch;

/// Gives a set's images in batches of tensors, normalised.
#[derive(Clone, Debug)]
pub struct Loader<'a> {
    images: &'a Images,
    tables: Vec<[f32; 256]>,
    batch_size: usize,
}

/// Some images and the class of each.
#[derive(Clone, Debug)]
pub struct Batch<const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, D: Storage<f32>> {
    /// `[batch, CHANNELS, HEIGHT, WIDTH]`
    pub images: ImageBatch<CHANNELS, HEIGHT, WIDTH, D>,
    /// `[batch]`
    pub labels: Vec<usize>,
}

impl<'a> Loader<'a> {
    /// Batches of `batch_size` images; the last one of an epoch holds those that are left.
    ///
    /// # Panics
    /// If `batch_size` is zero, or `normalise` is not for as many channels.
    pub fn new(images: &'a Images, normalise: &Normalise, batch_size: usize) -> Self {
        assert!(batch_size > 0, "a batch has at least one image");
        assert!(normalise.fits(images.shape()[0]), "a mean and a positive deviation for each channel");
        Self { images, tables: normalise.tables(), batch_size }
    }

    /// The images.
    pub fn images(&self) -> &'a Images {
        self.images
    }

    /// The number of batches that all images make.
    pub fn batches(&self) -> usize {
        self.images.len().div_ceil(self.batch_size)
    }

    /// Refuses images of another shape than a network takes, and classes that it has no score for.
    ///
    /// # Errors
    /// [`DataError::Size`] or [`DataError::Classes`], in the name of `origin`.
    pub fn must_fit(&self, origin: &str, shape: [usize; 3], scores: usize) -> Result<(), DataError> {
        self.images.must_fit(origin, shape)?;
        let classes = self.images.classes().len();
        if classes > scores {
            return Err(DataError::Classes { origin: origin.to_owned(), classes, scores });
        }
        Ok(())
    }

    /// The images at the positions of `order`, batch by batch.
    ///
    /// # Errors
    /// Each item, if the device is out of memory or the images are of another shape.
    pub fn load<'b, const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, D: Device<f32>>(
        &'b self,
        device: &'b D,
        order: &'b [usize],
    ) -> impl Iterator<Item = Result<Batch<CHANNELS, HEIGHT, WIDTH, D>, D::Err>> + 'b {
        order.chunks(self.batch_size).map(|indices| {
            let images = device.try_tensor_from_vec(self.normalised(indices), (indices.len(), Const, Const, Const))?;
            let labels = indices.iter().map(|&index| self.images.labels()[index]).collect();
            Ok(Batch { images, labels })
        })
    }

    /// `[indices, channels, height, width]`
    fn normalised(&self, indices: &[usize]) -> Vec<f32> {
        let [channels, height, width] = self.images.shape();
        let mut numbers = Vec::with_capacity(indices.len() * channels * height * width);
        for &index in indices {
            for (plane, table) in self.images.image(index).chunks_exact(height * width).zip(&self.tables) {
                numbers.extend(plane.iter().map(|&pixel| table[usize::from(pixel)]));
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_what_they_should() {
        let classes = ["a", "b"].map(str::to_owned).to_vec();
        let images = Images::new("test", [2, 1, 1], vec![0, 255, 51, 102, 255, 0], vec![1, 0, 1], classes).unwrap();
        let normalise = Normalise { mean: vec![0.0, 1.0], deviation: vec![1.0, 0.5] };
        let loader = Loader::new(&images, &normalise, 2);
        let device = Cpu::default();
        let batches: Vec<Batch<2, 1, 1, Cpu>> = loader.load(&device, &[2, 0, 1]).map(Result::unwrap).collect();
        assert_eq!((loader.batches(), batches.len()), (2, 2));
        assert_eq!((batches[0].labels.as_slice(), batches[1].labels.as_slice()), (&[1, 1][..], &[0][..]));
        assert_eq!(batches[0].images.as_vec(), [1.0, -2.0, 0.0, 0.0]);
        assert_eq!(batches[1].images.as_vec(), [0.2, -1.2]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let images = Images::new("test", [1, 2, 2], vec![0; 4], vec![0], vec!["a".into(), "b".into()]).unwrap();
        let loader = Loader::new(&images, &Normalise { mean: vec![0.0], deviation: vec![1.0] }, 1);
        assert!(loader.must_fit("t", [1, 2, 2], 2).is_ok() && loader.must_fit("t", [1, 2, 2], 3).is_ok());
        let message = |shape, scores| loader.must_fit("t", shape, scores).unwrap_err().to_string();
        assert_eq!(message([1, 2, 2], 1), "t: there are 2 classes, but the network gives scores for 1");
        assert_eq!(message([1, 4, 1], 2), "t: expected images of 1x4x1 (channels x height x width), found 1x2x2");
    }
}
