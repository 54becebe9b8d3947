//! Images, masks, and data set items with images.

use super::array::{Array, stack};
use super::transforms::resize;
use super::{Collate, Column, DataError};
use crate::detection::Object;

/// An image of floats: in 0..=1 when read from a data set, any values after transforms.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// `[channels, height, width]`
    pub shape: [usize; 3],
    /// Row-major.
    pub pixels: Vec<f32>,
}

impl Image {
    /// Converts bytes of shape `[channels, height, width]` to floats in 0..=1.
    ///
    /// # Panics
    /// Panics if the number of bytes does not match the shape.
    pub fn from_bytes(shape: [usize; 3], bytes: &[u8]) -> Self {
        assert_eq!(shape.iter().product::<usize>(), bytes.len(), "an image of {shape:?}");
        Self { shape, pixels: bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect() }
    }

    /// Converts the pixels to bytes, clamped and rounded.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.pixels.iter().map(|&number| (number.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.shape[1], self.shape[2]]
    }

    /// The channels, each row-major.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        self.pixels.chunks_exact((self.shape[1] * self.shape[2]).max(1))
    }

    /// Resizes the image as [`transforms::Resize`](super::transforms::Resize) does.
    ///
    /// # Panics
    /// Panics if one of the two sizes is 0.
    #[must_use]
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
    /// The index of its class.
    pub label: usize,
}

/// An image with a mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Masked {
    /// The image.
    pub image: Image,
    /// The class of each pixel.
    pub mask: Mask,
}

/// An image and the objects in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The image.
    pub image: Image,
    /// The objects; there may be none.
    pub objects: Vec<Object>,
}

/// A batch of images with labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `[batch, channels, height, width]`
    pub images: Array<f32>,
    /// `[batch]`
    pub labels: Vec<usize>,
}

/// A batch of images with masks.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedBatch {
    /// `[batch, channels, height, width]`
    pub images: Array<f32>,
    /// `[batch, height, width]`
    pub masks: Array<usize>,
}

/// A batch of images with the objects in each.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneBatch {
    /// `[batch, channels, height, width]`
    pub images: Array<f32>,
    /// `[batch]`, with any number of objects for each image.
    pub objects: Vec<Vec<Object>>,
}

fn images<'a>(items: impl IntoIterator<Item = &'a mut Image>) -> Result<Array<f32>, DataError> {
    stack("images", items.into_iter().map(|image| (image.shape.to_vec(), std::mem::take(&mut image.pixels))))
}

impl Collate for Labeled {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn collate(mut items: Vec<Self>) -> Result<Batch, DataError> {
        let labels = items.iter().map(|item| item.label).collect();
        Ok(Batch { images: images(items.iter_mut().map(|item| &mut item.image))?, labels })
    }

    fn columns(Batch { images, labels }: &mut Batch) -> Option<Vec<Column<'_>>> {
        Some(vec![Column::Numbers(images), Column::Classes(labels)])
    }
}

impl Collate for Masked {
    type Batch = MaskedBatch;
    const UNIT: &'static str = "images";

    fn collate(mut items: Vec<Self>) -> Result<MaskedBatch, DataError> {
        let masks = items.iter().map(|item| (item.mask.size.to_vec(), item.mask.classes.iter().map(|&class| class.into()).collect()));
        let masks = stack("masks", masks)?;
        Ok(MaskedBatch { images: images(items.iter_mut().map(|item| &mut item.image))?, masks })
    }

    fn columns(MaskedBatch { images, masks }: &mut MaskedBatch) -> Option<Vec<Column<'_>>> {
        Some(vec![Column::Numbers(images), Column::Indices(masks)])
    }
}

/// The images must have one size; the numbers of objects may differ.
impl Collate for Scene {
    type Batch = SceneBatch;

    fn collate(mut items: Vec<Self>) -> Result<SceneBatch, DataError> {
        let objects = items.iter_mut().map(|item| std::mem::take(&mut item.objects)).collect();
        Ok(SceneBatch { images: images(items.iter_mut().map(|item| &mut item.image))?, objects })
    }
}

/// Images without labels.
impl Collate for Image {
    type Batch = Array<f32>;

    fn collate(mut items: Vec<Self>) -> Result<Array<f32>, DataError> {
        images(&mut items)
    }

    fn columns(images: &mut Array<f32>) -> Option<Vec<Column<'_>>> {
        Some(vec![Column::Numbers(images)])
    }
}

/// The mutable image of an item, and what moves with it, for transforms.
#[derive(Debug)]
pub struct ImageMut<'a> {
    /// The image.
    pub image: &'a mut Image,
    /// The mask, if any. Geometric transforms must transform it with the image.
    pub mask: Option<&'a mut Mask>,
    /// The objects, if any. Geometric transforms must move their boxes with the image, and remove those that are no longer in it.
    pub objects: Option<&'a mut Vec<Object>>,
}

/// An item with an image that transforms can modify.
pub trait HasImage {
    /// The image and what moves with it.
    fn image_mut(&mut self) -> ImageMut<'_>;
}

impl HasImage for Image {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: self, mask: None, objects: None }
    }
}

impl HasImage for Labeled {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: &mut self.image, mask: None, objects: None }
    }
}

impl HasImage for Masked {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: &mut self.image, mask: Some(&mut self.mask), objects: None }
    }
}

impl HasImage for Scene {
    fn image_mut(&mut self) -> ImageMut<'_> {
        ImageMut { image: &mut self.image, mask: None, objects: Some(&mut self.objects) }
    }
}
