//! Crops.

use rand::{Rng, rngs::StdRng};

use super::Transform;
use crate::data::{DataError, ImageMut, Mask, error::text};

/// A random crop, optionally after padding; torchvision's `RandomCrop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomCrop {
    /// Height and width of the crop.
    pub size: [usize; 2],
    /// Zero padding on each side.
    pub padding: usize,
    /// The class of the padding in masks, usually the ignored class.
    pub mask_fill: u8,
}

impl RandomCrop {
    /// A random crop without padding.
    pub const fn new(size: [usize; 2]) -> Self {
        Self { size, padding: 0, mask_fill: u8::MAX }
    }

    /// Sets the padding on each side.
    #[must_use]
    pub const fn padding(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    /// Sets the class of the padding in masks.
    #[must_use]
    pub const fn mask_fill(self, mask_fill: u8) -> Self {
        Self { mask_fill, ..self }
    }
}

impl Transform for RandomCrop {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        let [free_y, free_x] = room(picture, self.size, self.padding)?;
        let (y, x) = (random.gen_range(0..=free_y), random.gen_range(0..=free_x));
        let at = [y as isize - self.padding as isize, x as isize - self.padding as isize];
        cut(picture, at, self.size, self.mask_fill);
        Ok(())
    }
}

/// A crop at the center; torchvision's `CenterCrop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CenterCrop {
    /// Height and width of the crop.
    pub size: [usize; 2],
}

impl Transform for CenterCrop {
    fn apply(&self, picture: &mut ImageMut<'_>, _: &mut StdRng) -> Result<(), DataError> {
        let [free_y, free_x] = room(picture, self.size, 0)?;
        cut(picture, [(free_y / 2) as isize, (free_x / 2) as isize], self.size, u8::MAX);
        Ok(())
    }
}

/// Moves the image by this number of pixels, down and to the right; what comes into view is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Pixels down and to the right.
    pub by: [isize; 2],
}

impl Transform for Shift {
    fn apply(&self, picture: &mut ImageMut<'_>, _: &mut StdRng) -> Result<(), DataError> {
        let size = picture.image.size();
        cut(picture, self.by.map(|pixels| -pixels), size, u8::MAX);
        Ok(())
    }
}

/// The range of positions of a crop.
fn room(picture: &ImageMut<'_>, size: [usize; 2], padding: usize) -> Result<[usize; 2], DataError> {
    let [height, width] = picture.image.size();
    let free = |have: usize, want: usize| (have + 2 * padding).checked_sub(want);
    let refused = || DataError::Transform {
        reason: format!("a crop of {} is larger than an image of {} with padding {padding}", text(&size), text(&[height, width])),
    };
    Ok([free(height, size[0]).ok_or_else(refused)?, free(width, size[1]).ok_or_else(refused)?])
}

/// Crops image and mask at `at`, which may be outside. Boxes are clipped, and objects of which nothing is left are removed.
fn cut(picture: &mut ImageMut<'_>, at: [isize; 2], size: [usize; 2], mask_fill: u8) {
    let image = &mut *picture.image;
    let from = image.size();
    image.pixels = image.planes().flat_map(|plane| window(plane, from, at, size, 0.0)).collect();
    image.shape = [image.shape[0], size[0], size[1]];
    if let Some(mask) = &mut picture.mask {
        **mask = Mask { size, classes: window(&mask.classes, mask.size, at, size, mask_fill) };
    }
    if let Some(objects) = &mut picture.objects {
        objects.iter_mut().for_each(|object| object.bbox = object.bbox.shifted(-at[1] as f32, -at[0] as f32).clipped(size));
        objects.retain(|object| object.bbox.has_area());
    }
}

/// A window of a plane, filled outside of it.
fn window<P: Copy>(plane: &[P], from: [usize; 2], at: [isize; 2], size: [usize; 2], fill: P) -> Vec<P> {
    let mut out = vec![fill; size[0] * size[1]];
    // The columns of the window inside the plane are `left..right`.
    let left = (-at[1]).clamp(0, size[1] as isize) as usize;
    let right = (from[1] as isize - at[1]).clamp(left as isize, size[1] as isize) as usize;
    for y in 0..size[0] {
        let source = y as isize + at[0];
        if (0..from[0] as isize).contains(&source) && left < right {
            let start = source as usize * from[1] + (at[1] + left as isize) as usize;
            out[y * size[1] + left..y * size[1] + right].copy_from_slice(&plane[start..start + right - left]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_by_hand() {
        let plane = [1, 2, 3, 4, 5, 6];
        assert_eq!(window(&plane, [2, 3], [0, 1], [2, 2], 0), [2, 3, 5, 6]);
        assert_eq!(window(&plane, [2, 3], [-1, -1], [3, 3], 0), [0, 0, 0, 0, 1, 2, 0, 4, 5]);
        assert_eq!(window(&plane, [2, 3], [1, 2], [2, 2], 9), [6, 9, 9, 9]);
        assert_eq!(window(&plane, [2, 3], [-5, -5], [1, 4], 9), [9; 4]);
        assert_eq!(window(&plane, [2, 3], [0, 4], [1, 2], 9), [9, 9]);
    }
}
