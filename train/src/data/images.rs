//! Labeled images in memory.

use super::{DataError, Dataset, Image, Labeled, error::text};

/// Labeled images in memory, one byte per pixel and channel: `[count, channels, height, width]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    pixels: Vec<u8>,
    labels: Vec<usize>,
    shape: [usize; 3],
    classes: Vec<String>,
}

impl Images {
    /// Creates a data set. `origin` is a file or name for messages, `shape` is the shape of an image, `[channels, height, width]`, and labels are
    /// indices into `classes`.
    ///
    /// # Errors
    /// Returns an error if the set is empty, the numbers of pixels and labels do not match, or a label is out of range.
    pub fn new(origin: &str, shape: [usize; 3], pixels: Vec<u8>, labels: Vec<usize>, classes: Vec<String>) -> Result<Self, DataError> {
        let size = shape.iter().product::<usize>();
        if size == 0 || labels.is_empty() {
            let [channels, height, width] = shape;
            return Err(DataError::Empty { origin: origin.to_owned(), shape: text(&[labels.len(), channels, height, width]) });
        }
        if pixels.len() != size * labels.len() {
            return Err(DataError::Counts {
                images: origin.to_owned(),
                image_count: pixels.len() / size,
                labels: origin.to_owned(),
                label_count: labels.len(),
            });
        }
        if let Some((index, &label)) = labels.iter().enumerate().find(|&(_, &label)| label >= classes.len()) {
            return Err(DataError::Label { origin: origin.to_owned(), index, label, classes: classes.len() });
        }
        Ok(Self { pixels, labels, shape, classes })
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: a set without images cannot be created.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The shape of an image: `[channels, height, width]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The pixels of image `index`.
    ///
    /// # Panics
    /// Panics if the index is out of range.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.shape.iter().product::<usize>();
        &self.pixels[index * size..][..size]
    }

    /// All pixels.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The label of each image.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The images with these indices, in this order.
    ///
    /// # Panics
    /// Panics if an index is out of range, or there is none.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        assert!(!indices.is_empty(), "a set has at least one image");
        let pixels = indices.iter().flat_map(|&index| self.image(index)).copied().collect();
        let labels = indices.iter().map(|&index| self.labels[index]).collect();
        Self { pixels, labels, shape: self.shape, classes: self.classes.clone() }
    }

    /// Transforms each image. `shape` is the new shape of all images.
    ///
    /// # Panics
    /// Panics if a transformed image does not have this shape.
    pub fn map(&self, shape: [usize; 3], mut transform: impl FnMut(&[u8]) -> Vec<u8>) -> Self {
        let mut pixels = Vec::with_capacity(self.len() * shape.iter().product::<usize>());
        for index in 0..self.len() {
            pixels.extend(transform(self.image(index)));
        }
        assert_eq!(pixels.len(), self.len() * shape.iter().product::<usize>(), "images of the shape {shape:?}");
        Self { pixels, labels: self.labels.clone(), shape, classes: self.classes.clone() }
    }

    /// Checks that the images have the expected shape.
    ///
    /// # Errors
    /// [`DataError::Size`] with this `origin` if they do not.
    pub fn check_shape(&self, origin: &str, expected: [usize; 3]) -> Result<(), DataError> {
        if self.shape == expected {
            return Ok(());
        }
        Err(DataError::Size { origin: origin.to_owned(), expected, found: self.shape })
    }
}

impl Dataset for Images {
    type Item = Labeled;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn get(&self, index: usize) -> Result<Labeled, DataError> {
        Ok(Labeled { image: Image::from_bytes(self.shape, self.image(index)), label: self.labels[index] })
    }
}
