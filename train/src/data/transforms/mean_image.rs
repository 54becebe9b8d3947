//! Subtraction of the mean image.

use rand::rngs::StdRng;

use super::Transform;
use crate::data::{DataError, Dataset, HasImage, Image, ImageMut, error::text};

/// Subtracts the mean of all images of a set, pixel by pixel (Krizhevsky, Sutskever and Hinton, 2012).
#[derive(Clone, Debug, PartialEq)]
pub struct MeanImage(pub Image);

impl MeanImage {
    /// Computes the mean image of a data set.
    ///
    /// # Errors
    /// Returns an error if an image cannot be read, sizes differ, or there are no images.
    pub fn measure<D: Dataset>(data: &D) -> Result<Self, DataError>
    where
        D::Item: HasImage,
    {
        let (mut shape, mut sums) = ([0; 3], Vec::<f64>::new());
        for index in 0..data.len() {
            let mut item = data.get(index)?;
            let image = item.image_mut().image;
            if index == 0 {
                (shape, sums) = (image.shape, vec![0.0; image.pixels.len()]);
            } else if image.shape != shape {
                return Err(DataError::Uneven { what: "images", first: text(&shape), found: text(&image.shape) });
            }
            sums.iter_mut().zip(&image.pixels).for_each(|(sum, &pixel)| *sum += f64::from(pixel));
        }
        if sums.is_empty() {
            return Err(DataError::Empty { origin: "the mean image".to_owned(), shape: text(&[data.len()]) });
        }
        Ok(Self(Image { shape, pixels: sums.into_iter().map(|sum| (sum / data.len() as f64) as f32).collect() }))
    }
}

impl Transform for MeanImage {
    fn apply(&self, picture: &mut ImageMut<'_>, _: &mut StdRng) -> Result<(), DataError> {
        if picture.image.shape != self.0.shape {
            let (mean, image) = (text(&self.0.shape), text(&picture.image.shape));
            return Err(DataError::Transform { reason: format!("the mean image is {mean}, but the image is {image}") });
        }
        picture.image.pixels.iter_mut().zip(&self.0.pixels).for_each(|(pixel, mean)| *pixel -= mean);
        Ok(())
    }
}
