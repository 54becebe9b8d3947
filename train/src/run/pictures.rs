//! Pictures as PNG files.

use std::path::Path;

use layercake::io::write_atomically;

use crate::TrainError;
use crate::checkpoint::at;
use crate::data::{Image, Mask};

/// The width of the lines between the pictures of a grid.
const GAP: usize = 2;
pub(super) const PAPER: [u8; 3] = [255; 3];
/// The minimum size of the longer side of an enlarged picture.
const LEGIBLE: usize = 96;

/// Distinguishable colors for classes: the palette of Okabe and Ito, extended.
const PALETTE: [[u8; 3]; 12] = [
    [86, 180, 233],
    [213, 94, 0],
    [240, 228, 66],
    [120, 94, 140],
    [204, 121, 167],
    [0, 158, 115],
    [230, 159, 0],
    [141, 110, 70],
    [0, 114, 178],
    [220, 38, 60],
    [100, 220, 190],
    [60, 60, 60],
];

/// An RGB picture of `[height, width]` pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas {
    size: [usize; 2],
    bytes: Vec<u8>,
}

impl Canvas {
    /// Converts an image of one or three channels; pixels are clamped to 0..=1.
    ///
    /// # Panics
    /// Panics if the image has another number of channels.
    pub fn from_image(image: &Image) -> Self {
        let (bytes, [channels, height, width]) = (image.to_bytes(), image.shape);
        assert!(channels == 1 || channels == 3, "expected an image of one or three channels, found {channels}");
        let plane = height * width;
        let pixel = |i: usize| [0, 1, 2].map(|channel| bytes[channel.min(channels - 1) * plane + i]);
        Self { size: [height, width], bytes: (0..plane).flat_map(pixel).collect() }
    }

    /// An image with a class mask as overlay. Each class has a color; `strength` is its opacity, 0..=1. Pixels of the class `ignored` are not
    /// colored.
    ///
    /// # Panics
    /// Panics if image and mask have different sizes.
    pub fn overlay(image: &Image, mask: &Mask, strength: f32, ignored: Option<u8>) -> Self {
        assert_eq!(image.size(), mask.size, "an image and its mask are of one size");
        let mut canvas = Self::from_image(image);
        for (pixel, &class) in canvas.bytes.chunks_exact_mut(3).zip(&mask.classes) {
            if Some(class) != ignored {
                let color = Self::color_of(usize::from(class));
                pixel
                    .iter_mut()
                    .zip(color)
                    .for_each(|(byte, color)| *byte = (f32::from(*byte) * (1.0 - strength) + f32::from(color) * strength).round() as u8);
            }
        }
        canvas
    }

    /// A mask in the colors of its classes.
    pub fn from_mask(mask: &Mask) -> Self {
        Self { size: mask.size, bytes: mask.classes.iter().flat_map(|&class| Self::color_of(usize::from(class))).collect() }
    }

    /// A grid of pictures with `columns` per row and white lines between them.
    ///
    /// # Panics
    /// Panics if there are no pictures, or their sizes differ.
    pub fn grid(pictures: &[Self], columns: usize) -> Self {
        let [height, width] = pictures.first().expect("a grid has at least one picture").size;
        let columns = columns.clamp(1, pictures.len());
        let rows = pictures.len().div_ceil(columns);
        let size = [rows * (height + GAP) - GAP, columns * (width + GAP) - GAP];
        let mut canvas = Self::blank(size);
        for (i, picture) in pictures.iter().enumerate() {
            assert_eq!(picture.size, [height, width], "the pictures of a grid are of one size");
            let (top, left) = (i / columns * (height + GAP), i % columns * (width + GAP));
            canvas.put(picture, top, left);
        }
        canvas
    }

    /// A grid of pictures of different sizes, each at the bottom left of a cell as large as the largest: for pictures below captions of one and of several lines.
    ///
    /// # Panics
    /// Panics if there are no pictures.
    pub fn level_grid(pictures: &[Self], columns: usize) -> Self {
        let largest = pictures.iter().fold([0, 0], |most, picture| [most[0].max(picture.size[0]), most[1].max(picture.size[1])]);
        let even = |picture: &Self| {
            let mut cell = Self::blank(largest);
            cell.put(picture, largest[0] - picture.size[0], 0);
            cell
        };
        Self::grid(&pictures.iter().map(even).collect::<Vec<_>>(), columns)
    }

    /// A white picture.
    pub fn blank(size: [usize; 2]) -> Self {
        Self { size, bytes: PAPER.repeat(size[0] * size[1]) }
    }

    /// A picture from RGB bytes, row by row.
    ///
    /// # Panics
    /// Panics if the number of bytes does not match the size.
    pub fn from_rgb(size: [usize; 2], bytes: Vec<u8>) -> Self {
        assert_eq!(bytes.len(), 3 * size[0] * size[1], "three bytes for each of {size:?} pixels");
        Self { size, bytes }
    }

    /// Fills the picture with a color.
    pub(super) fn paint(&mut self, color: [u8; 3]) {
        self.bytes = color.repeat(self.size[0] * self.size[1]);
    }

    /// Mixes a color into the pixel at a row and column; `share` is its weight.
    pub(super) fn blend(&mut self, [row, column]: [usize; 2], color: [u8; 3], share: f64) {
        let pixel = &mut self.bytes[3 * (row * self.size[1] + column)..][..3];
        for (byte, color) in pixel.iter_mut().zip(color) {
            *byte = (f64::from(*byte) * (1.0 - share) + f64::from(color) * share).round() as u8;
        }
    }

    /// Copies a picture to a position, clipped at the edges.
    pub fn put(&mut self, picture: &Self, top: usize, left: usize) {
        let [height, width] = self.size;
        let wide = picture.size[1].min(width.saturating_sub(left));
        for (y, row) in picture.bytes.chunks_exact(3 * picture.size[1]).enumerate().take(height.saturating_sub(top)) {
            self.bytes[3 * ((top + y) * width + left)..][..3 * wide].copy_from_slice(&row[..3 * wide]);
        }
    }

    /// Enlarged by an integer factor so that the longer side has at least 96 pixels.
    #[must_use]
    pub fn legible(&self) -> Self {
        self.enlarged(LEGIBLE.div_ceil(self.size[0].max(self.size[1]).max(1)).max(1))
    }

    /// Padded with white at the bottom to this height.
    pub(crate) fn padded(&self, high: usize) -> Self {
        let mut canvas = Self::blank([high.max(self.size[0]), self.size[1]]);
        canvas.put(self, 0, 0);
        canvas
    }

    /// The color of a class in overlays and masks.
    pub fn color_of(class: usize) -> [u8; 3] {
        PALETTE[class % PALETTE.len()]
    }

    /// Enlarged by an integer factor.
    ///
    /// # Panics
    /// Panics if the factor is 0.
    #[must_use]
    pub fn enlarged(&self, factor: usize) -> Self {
        assert!(factor > 0, "expected a factor of at least 1");
        let row = |row: &[u8]| row.chunks_exact(3).flat_map(|pixel| pixel.repeat(factor)).collect::<Vec<u8>>().repeat(factor);
        let bytes = self.bytes.chunks_exact(3 * self.size[1]).flat_map(row).collect();
        Self { size: self.size.map(|side| side * factor), bytes }
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// RGB bytes, row by row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes the picture atomically as a PNG file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let file = self.encoded().map_err(|error| TrainError::Drawing { path: path.to_owned(), reason: error.to_string() })?;
        write_atomically(path, &file).map_err(|source| at(path, source))
    }

    /// The bytes of a PNG file.
    pub(crate) fn encoded(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let [height, width] = self.size.map(|side| side as u32);
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.bytes)?;
        writer.finish()?;
        Ok(file)
    }
}

/// A grid of the images of a batch, `[batch, channels, height, width]` in 0..=1; torchvision's `make_grid`.
///
/// # Panics
/// Panics if there are no images, or the number of pixels does not match the shape.
pub fn image_grid(pixels: &[f32], shape: [usize; 3], columns: usize) -> Canvas {
    let size: usize = shape.iter().product();
    assert!(size > 0 && pixels.len().is_multiple_of(size), "images of {shape:?}");
    let image = |pixels: &[f32]| Canvas::from_image(&Image { shape, pixels: pixels.to_vec() });
    Canvas::grid(&pixels.chunks_exact(size).map(image).collect::<Vec<_>>(), columns)
}

/// A grid of the filters of a first convolution, `[out, channels, height, width]`, or the templates of a linear layer. Gray is 0; each filter is
/// scaled by its largest weight. Of filters with other than three channels only the first channel is drawn.
///
/// # Panics
/// Panics if there are no filters, or the number of weights does not match the shape.
pub fn filter_grid(weights: &[f32], shape: [usize; 3], columns: usize) -> Canvas {
    Canvas::grid(&filter_pictures(weights, shape), columns)
}

/// The pictures of [`filter_grid`].
pub(crate) fn filter_pictures(weights: &[f32], shape: [usize; 3]) -> Vec<Canvas> {
    let size: usize = shape.iter().product();
    assert!(size > 0 && weights.len().is_multiple_of(size), "filters of {shape:?}");
    let channels = if shape[0] == 3 { 3 } else { 1 };
    let [_, height, width] = shape;
    let filter = |weights: &[f32]| {
        let shown = &weights[..channels * height * width];
        let largest = shown.iter().fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
        Canvas::from_image(&Image {
            shape: [channels, height, width],
            pixels: shown.iter().map(|weight| 0.5 + 0.5 * weight / largest).collect(),
        })
    };
    weights.chunks_exact(size).map(filter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::readers::{Channels, read_image};

    #[test]
    fn grids_by_hand() {
        let grid = image_grid(&[0.0, 1.0, 0.5, 2.0, -1.0, 0.25], [1, 1, 2], 2);
        assert_eq!(grid.size(), [4, 6]);
        let grays: Vec<u8> = grid.bytes().chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!(grays[..6], [0, 255, 255, 255, 128, 255]);
        assert_eq!(grays[6..18], [255; 12], "two lines, and the empty cell");
        assert_eq!(grays[18..], [0, 64, 255, 255, 255, 255]);
        let filters = filter_grid(&[-2.0, 1.0, 0.0, 0.0], [2, 1, 1], 9);
        assert_eq!(filters.bytes()[..3], [0, 0, 0]);
        assert_eq!(image_grid(&[0.0, 1.0], [1, 1, 2], 1).enlarged(2).bytes(), [[0; 6], [255; 6], [0; 6], [255; 6]].concat());
    }

    #[test]
    fn overlays_by_hand() {
        let image = Image { shape: [3, 1, 2], pixels: vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0] };
        let mask = Mask { size: [1, 2], classes: vec![11, 1] };
        let canvas = Canvas::overlay(&image, &mask, 0.5, Some(11));
        assert_eq!(canvas.bytes(), [255, 255, 255, 107, 47, 0]);
        assert_eq!(Canvas::from_mask(&mask).bytes(), [60, 60, 60, 213, 94, 0]);
    }

    #[test]
    fn written_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let image = Image::from_bytes([3, 2, 3], &(0..18).map(|i| i * 14).collect::<Vec<u8>>());
        Canvas::from_image(&image).save(&path).unwrap();
        assert_eq!(read_image(&path, Channels::Rgb).unwrap(), image);
    }
}
