//! Sizes of images.

use rand::rngs::StdRng;

use super::Transform;
use crate::data::{DataError, Mask, Picture, error::text};

/// Another size: bilinear interpolation for the image, the nearest pixel for a mask. Meant for sizes not far away: shrinking by more than
/// half skips pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// Height and width.
    pub size: [usize; 2],
}

impl Transform for Resize {
    fn apply(&self, picture: &mut Picture<'_>, _: &mut StdRng) -> Result<(), DataError> {
        let image = &mut *picture.image;
        let from = image.size();
        if from.contains(&0) || self.size.contains(&0) {
            return Err(DataError::Transform { reason: format!("an image of {} cannot become one of {}", text(&from), text(&self.size)) });
        }
        image.pixels = image.planes().flat_map(|plane| resize(plane, from, self.size)).collect();
        image.shape = [image.shape[0], self.size[0], self.size[1]];
        if let Some(mask) = &mut picture.mask {
            **mask = Mask { size: self.size, classes: nearest(&mask.classes, mask.size, self.size) };
        }
        Ok(())
    }
}

/// Resizes one plane of `from` = `[height, width]` to `to` by bilinear interpolation between pixel centres; beyond the outermost
/// centres the edge goes on.
///
/// # Panics
/// If `plane` is not of size `from`.
pub(in crate::data) fn resize(plane: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let [height, width] = from;
    assert_eq!(plane.len(), height * width, "a plane of {height}x{width}");
    let columns: Vec<_> = (0..to[1]).map(|x| neighbours(x, to[1], width)).collect();
    let mut out = Vec::with_capacity(to[0] * to[1]);
    for y in 0..to[0] {
        let (top, bottom, down) = neighbours(y, to[0], height);
        for &(left, right, across) in &columns {
            let row = |y: usize| mix(plane[y * width + left], plane[y * width + right], across);
            out.push(mix(row(top), row(bottom), down));
        }
    }
    out
}

/// The pixel of `plane` whose area the middle of the new one lies in.
fn nearest<P: Copy>(plane: &[P], from: [usize; 2], to: [usize; 2]) -> Vec<P> {
    let at = |position: usize, to: usize, from: usize| ((2 * position + 1) * from / (2 * to)).min(from - 1);
    let columns: Vec<usize> = (0..to[1]).map(|x| at(x, to[1], from[1])).collect();
    (0..to[0]).flat_map(|y| columns.iter().map(move |&x| plane[at(y, to[0], from[0]) * from[1] + x]).collect::<Vec<_>>()).collect()
}

/// The two source positions around target position `at` of `to`, and how far it lies from the first to the second.
fn neighbours(at: usize, to: usize, from: usize) -> (usize, usize, f32) {
    let position = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, (from - 1) as f32);
    let first = position as usize;
    (first, (first + 1).min(from - 1), position - first as f32)
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand: the four target centres of a row lie at -0.25, 0.25, 0.75 and 1.25 in source pixels.
    #[test]
    fn bilinear_by_hand() {
        assert_eq!(resize(&[0.0, 100.0], [1, 2], [1, 4]), [0.0, 25.0, 75.0, 100.0]);
        assert_eq!(resize(&[0.0, 100.0], [2, 1], [4, 1]), [0.0, 25.0, 75.0, 100.0]);
        // Rows 0, 1/4, 3/4, 1 of the way from [0, 80] to [40, 200], columns half way: 40 and 120.
        assert_eq!(resize(&[0.0, 80.0, 40.0, 200.0], [2, 2], [4, 1]), [40.0, 60.0, 100.0, 120.0]);
        // The same size gives the same plane.
        assert_eq!(resize(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3], [2, 3]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn the_nearest_by_hand() {
        assert_eq!(nearest(&[1, 2], [1, 2], [1, 5]), [1, 1, 2, 2, 2]);
        assert_eq!(nearest(&[1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3], [2, 1]), [2, 8]);
        assert_eq!(nearest(&[1, 2, 3, 4], [2, 2], [2, 2]), [1, 2, 3, 4]);
    }
}
