//! Histograms of oriented gradients.

use crate::data::Image;

/// The options of [`hog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hog {
    /// Parts of the half circle of directions.
    pub orientations: usize,
    /// The side of a cell in pixels.
    pub cell: usize,
    /// The side of a block in cells. A block is normalized as a whole; blocks overlap, a cell apart.
    pub block: usize,
}

/// Scikit-image's defaults: nine directions, cells of 8x8 pixels, blocks of 3x3 cells.
impl Default for Hog {
    fn default() -> Self {
        Self { orientations: 9, cell: 8, block: 3 }
    }
}

/// Keeps the norm of an empty block above 0.
const EPS: f32 = 1e-5;
/// No number of a block is larger than this, before the block is normalized again.
const MOST: f32 = 0.2;

/// The histogram of oriented gradients of a picture (Dalal and Triggs, 2005), as `skimage.feature.hog` computes it: in each cell the gradients of its pixels, summed by direction
/// without sign, and each block normalized by its norm, cut off at 0.2 and normalized again ("L2-Hys"). In color the gradient of a pixel is that of the channel with the largest one.
///
/// # Shapes
/// `[channels, height, width]` to `rows of blocks x columns of blocks x block x block x orientations`, row-major; pixels beyond the last whole cell only count as neighbors.
/// Nothing if the picture is smaller than a block.
///
/// # Panics
/// Panics if an option is 0, or the number of pixels does not match the shape.
pub fn hog(image: &Image, &Hog { orientations, cell, block }: &Hog) -> Vec<f32> {
    assert!(orientations > 0 && cell > 0 && block > 0, "expected orientations, cells and blocks of at least 1");
    let [_, height, width] = image.shape;
    assert_eq!(image.pixels.len(), image.shape.iter().product::<usize>(), "pixels of {:?}", image.shape);
    let (rows, columns) = (height / cell, width / cell);
    let mut cells = vec![0.0; rows * columns * orientations];
    for y in 0..rows * cell {
        for x in 0..columns * cell {
            let [down, right] = gradient(image, y, x);
            let degrees = f64::from(down).atan2(f64::from(right)).to_degrees().rem_euclid(180.0);
            // A tiny negative angle becomes 180, which is 0.
            let part = (degrees / 180.0 * orientations as f64) as usize % orientations;
            cells[(y / cell * columns + x / cell) * orientations + part] += down.hypot(right) / (cell * cell) as f32;
        }
    }
    let mut features = Vec::new();
    for top in 0..(rows + 1).saturating_sub(block) {
        for left in 0..(columns + 1).saturating_sub(block) {
            let begin = features.len();
            for row in top..top + block {
                features.extend_from_slice(&cells[(row * columns + left) * orientations..][..block * orientations]);
            }
            normalize(&mut features[begin..]);
        }
    }
    features
}

/// The gradient of the channel in which it is largest; 0 across the border.
fn gradient(image: &Image, y: usize, x: usize) -> [f32; 2] {
    let [_, height, width] = image.shape;
    let of = |plane: &[f32]| {
        let at = |y: usize, x: usize| plane[y * width + x];
        let down = if y == 0 || y + 1 == height { 0.0 } else { at(y + 1, x) - at(y - 1, x) };
        let right = if x == 0 || x + 1 == width { 0.0 } else { at(y, x + 1) - at(y, x - 1) };
        [down, right]
    };
    let size = |[down, right]: [f32; 2]| down.hypot(right);
    let larger = |most: [f32; 2], plane| if size(of(plane)) > size(most) { of(plane) } else { most };
    image.planes().fold([0.0; 2], larger)
}

fn normalize(block: &mut [f32]) {
    let divide = |block: &mut [f32]| {
        let norm = (block.iter().map(|x| x * x).sum::<f32>() + EPS * EPS).sqrt();
        block.iter_mut().for_each(|x| *x /= norm);
    };
    divide(block);
    block.iter_mut().for_each(|x| *x = x.min(MOST));
    divide(block);
}
