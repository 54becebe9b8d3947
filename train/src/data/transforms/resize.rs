//! Resizing.

use rand::rngs::StdRng;

use super::Transform;
use crate::data::{DataError, ImageMut, Mask, error::text};

/// Resizes images by bilinear interpolation with antialiasing, as PyTorch's `interpolate` with `mode="bilinear"` and `antialias=True`, and masks
/// by nearest-neighbor interpolation. Boxes are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// Height and width.
    pub size: [usize; 2],
}

impl Transform for Resize {
    fn apply(&self, picture: &mut ImageMut<'_>, _: &mut StdRng) -> Result<(), DataError> {
        let image = &mut *picture.image;
        let from = image.size();
        if from.contains(&0) || self.size.contains(&0) {
            return Err(DataError::Transform { reason: format!("cannot resize an image of {} to {}", text(&from), text(&self.size)) });
        }
        *image = image.resized(self.size);
        if let Some(mask) = &mut picture.mask {
            **mask = Mask { size: self.size, classes: nearest(&mask.classes, mask.size, self.size) };
        }
        let [down, across] = [0, 1].map(|axis| self.size[axis] as f32 / from[axis] as f32);
        for object in picture.objects.iter_mut().flat_map(|objects| objects.iter_mut()) {
            object.bbox = object.bbox.scaled(across, down);
        }
        Ok(())
    }
}

/// Resizes one plane of `from` = `[height, width]` to `to`, along the rows and then along the columns.
///
/// # Panics
/// Panics if `plane` is not of size `from`.
pub(in crate::data) fn resize(plane: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let [height, width] = from;
    assert_eq!(plane.len(), height * width, "a plane of {height}x{width}");
    let across: Vec<Mean> = (0..to[1]).map(|x| Mean::at(x, to[1], width)).collect();
    let rows: Vec<f32> =
        plane.chunks_exact(width).flat_map(|row| across.iter().map(move |mean| mean.of(|x| row[x])).collect::<Vec<_>>()).collect();
    let mut out = Vec::with_capacity(to[0] * to[1]);
    for y in 0..to[0] {
        let down = Mean::at(y, to[0], height);
        out.extend((0..to[1]).map(|x| down.of(|y| rows[y * to[1] + x])));
    }
    out
}

/// Nearest-neighbor interpolation by pixel centers.
fn nearest<P: Copy>(plane: &[P], from: [usize; 2], to: [usize; 2]) -> Vec<P> {
    let at = |position: usize, to: usize, from: usize| ((2 * position + 1) * from / (2 * to)).min(from - 1);
    let columns: Vec<usize> = (0..to[1]).map(|x| at(x, to[1], from[1])).collect();
    (0..to[0]).flat_map(|y| columns.iter().map(move |&x| plane[at(y, to[0], from[0]) * from[1] + x]).collect::<Vec<_>>()).collect()
}

/// The weights of source positions for a target position.
struct Mean {
    first: usize,
    weights: Vec<f32>,
}

impl Mean {
    /// The weights for position `at` of `to`: a triangle filter around its center, two source or target pixels wide, whichever is wider, and cut off
    /// at the edges.
    fn at(at: usize, to: usize, from: usize) -> Self {
        let scale = from as f64 / to as f64;
        let (reach, center) = (scale.max(1.0), (at as f64 + 0.5) * scale);
        let first = (center - reach + 0.5).max(0.0) as usize;
        let last = ((center + reach + 0.5) as usize).min(from);
        let weights: Vec<f64> = (first..last).map(|i| (1.0 - (i as f64 + 0.5 - center).abs() / reach).max(0.0)).collect();
        let sum: f64 = weights.iter().sum();
        Self { first, weights: weights.into_iter().map(|weight| (weight / sum) as f32).collect() }
    }

    fn of(&self, value: impl Fn(usize) -> f32) -> f32 {
        self.weights.iter().enumerate().map(|(i, weight)| weight * value(self.first + i)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand: the four target centers of a row are at -0.25, 0.25, 0.75 and 1.25 in source pixels.
    #[test]
    fn bilinear_by_hand() {
        assert_eq!(resize(&[0.0, 100.0], [1, 2], [1, 4]), [0.0, 25.0, 75.0, 100.0]);
        assert_eq!(resize(&[0.0, 100.0], [2, 1], [4, 1]), [0.0, 25.0, 75.0, 100.0]);
        // Rows at 0, 1/4, 3/4 and 1 between [0, 80] and [40, 200]; columns at 1/2: 40 and 120.
        assert_eq!(resize(&[0.0, 80.0, 40.0, 200.0], [2, 2], [4, 1]), [40.0, 60.0, 100.0, 120.0]);
        // With the same size, the plane does not change.
        assert_eq!(resize(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3], [2, 3]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    /// By hand: four pixels become two, each a mean of three pixels with weights of 1/4, 3/4 and 3/4. None of ten pixels is skipped.
    #[test]
    fn shrunk_by_hand() {
        let close =
            |found: &[f32], wanted: &[f32]| found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-4) && found.len() == wanted.len();
        assert!(close(&resize(&[0.0, 100.0, 50.0, 50.0], [1, 4], [1, 2]), &[50.0, 100.0 / 1.75]));
        assert!(close(&resize(&[0.0, 100.0, 50.0, 50.0], [4, 1], [2, 1]), &[50.0, 100.0 / 1.75]));
        let lit = |at: usize| resize(&(0..10).map(|i| f32::from(u8::from(i == at))).collect::<Vec<_>>(), [1, 10], [1, 2]);
        assert!((0..10).all(|at| lit(at).iter().sum::<f32>() > 0.05));
        assert!(close(&resize(&[7.0; 30], [5, 6], [2, 1]), &[7.0; 2]));
    }

    /// Square numbers in 5x7, compared with `torch.nn.functional.interpolate(x, size=.., mode="bilinear", antialias=True)`.
    #[test]
    fn as_pytorch_does() {
        let plane: Vec<f32> = (0..35).map(|i| (i * i) as f32).collect();
        let smaller = [34.3953, 68.4419, 265.9638, 362.429, 719.9766, 878.8604];
        let (low, wide) = (
            [84.6364, 94.6364, 107.1919, 120.8586, 135.6364, 151.9697, 169.4142, 187.9697, 204.6364],
            [476.6363, 505.303, 539.6364, 575.0808, 611.6364, 649.7474, 688.9697, 729.303, 764.6363],
        );
        for (to, wanted) in [([3, 2], smaller.to_vec()), ([2, 9], [low, wide].concat())] {
            let found = resize(&plane, [5, 7], to);
            assert_eq!(found.len(), wanted.len());
            assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
        }
    }

    #[test]
    fn the_nearest_by_hand() {
        assert_eq!(nearest(&[1, 2], [1, 2], [1, 5]), [1, 1, 2, 2, 2]);
        assert_eq!(nearest(&[1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3], [2, 1]), [2, 8]);
        assert_eq!(nearest(&[1, 2, 3, 4], [2, 2], [2, 2]), [1, 2, 3, 4]);
    }
}
