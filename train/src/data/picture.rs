//! Pictures as items of data sets: an image, with what belongs to it.

use super::array::{Array, stack};
use super::transforms::resize;
use super::{Collate, DataError};

/// An image, as floats: bytes divided by 255 when it comes out of a data set, anything after transforms.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// `[channels, height, width]`
    pub shape: [usize; 3],
    /// Row-major.
    pub pixels: Vec<f32>,
}

impl Image {
    /// An image of bytes, `[channels, height, width]`, as floats in 0..=1.
    ///
    /// # Panics
    /// If there are not as many bytes as the shape says.
    pub fn from_bytes(shape: [usize; 3], bytes: &[u8]) -> Self {
        assert_eq!(shape.iter().product::<usize>(), bytes.len(), "an image of {shape:?}");
        Self { shape, pixels: bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect() }
    }

    /// The bytes nearest to its numbers, for a picture file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.pixels.iter().map(|&number| (number.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.shape[1], self.shape[2]]
    }

    /// Each channel.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.pixels.chunks_exact((self.shape[1] * self.shape[2]).max(1))
    }

    /// The image in another size, as [`transforms::Resize`](super::transforms::Resize) makes it.
    ///
    /// # Panics
    /// If one of the two sizes is empty.
    pub fn resized(&self, size: [usize; 2]) -> Self {
        assert!(!self.size().contains(&0) && !size.contains(&0), "an image of {:?} cannot become one of {size:?}", self.size());
        let pixels = self.planes().flat_map(|plane| resize(plane, self.size(), size)).collect();
        Self { shape: [self.shape[0], size[0], size[1]], pixels }
    }
}

/// A class for each pixel of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// `[height, width]`
    pub size: [usize; 2],
    /// Row-major.
    pub classes: Vec<u8>,
}

/// An image and its class.
#[derive(Clone, Debug, PartialEq)]
pub struct Labeled {
    /// The image.
    pub image: Image,
    /// The position of its class.
    pub label: usize,
}

/// An image and the class of each of its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Masked {
    /// The image.
    pub image: Image,
    /// The classes.
    pub mask: Mask,
}

/// Some images and the class of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `[batch, channels, height, width]`
    pub images: Array<f32>,
    /// `[batch]`
    pub labels: Vec<usize>,
}

/// Some images and the class of each pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedBatch {
    /// `[batch, channels, height, width]`
    pub images: Array<f32>,
    /// `[batch, height, width]`
    pub masks: Array<usize>,
}

fn images<'a>(items: impl IntoIterator<Item = &'a mut Image>) -> Result<Array<f32>, DataError> {
    stack("images", items.into_iter().map(|image| (image.shape.to_vec(), std::mem::take(&mut image.pixels))))
}

impl Collate for Labeled {
    type Batch = Batch;

    fn collate(mut items: Vec<Self>) -> Result<Batch, DataError> {
        let labels = items.iter().map(|item| item.label).collect();
        Ok(Batch { images: images(items.iter_mut().map(|item| &mut item.image))?, labels })
    }
}

impl Collate for Masked {
    type Batch = MaskedBatch;

    fn collate(mut items: Vec<Self>) -> Result<MaskedBatch, DataError> {
        let masks = items.iter().map(|item| (item.mask.size.to_vec(), item.mask.classes.iter().map(|&class| class.into()).collect()));
        let masks = stack("masks", masks)?;
        Ok(MaskedBatch { images: images(items.iter_mut().map(|item| &mut item.image))?, masks })
    }
}

/// Images alone.
impl Collate for Image {
    type Batch = Array<f32>;

    fn collate(mut items: Vec<Self>) -> Result<Array<f32>, DataError> {
        images(&mut items)
    }
}

/// What transforms of pictures act on.
#[derive(Debug)]
pub struct ImageMut<'a> {
    /// The image.
    pub image: &'a mut Image,
    /// Its mask, which must go along with whatever moves pixels.
    pub mask: Option<&'a mut Mask>,
}

/// An item with a picture in it.
pub trait HasImage {
    /// The picture.
    fn image_mut(&mut self) -> ImageMut<'_>;
}

impl HasImage for Image {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: self, mask: None }
    }
}

impl HasImage for Labeled {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: &mut self.image, mask: None }
    }
}

impl HasImage for Masked {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: &mut self.image, mask: Some(&mut self.mask) }
    }
}
