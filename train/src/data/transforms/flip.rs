//! Flips.

use rand::{Rng, rngs::StdRng};

use super::Transform;
use crate::data::{DataError, ImageMut};

/// Flips the image horizontally with a probability; torchvision's `RandomHorizontalFlip`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HorizontalFlip {
    /// The probability, 0..=1.
    pub p: f64,
}

/// Flips the image vertically with a probability; torchvision's `RandomVerticalFlip`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VerticalFlip {
    /// The probability, 0..=1.
    pub p: f64,
}

/// A probability of 0.5.
impl Default for HorizontalFlip {
    fn default() -> Self {
        Self { p: 0.5 }
    }
}

/// A probability of 0.5.
impl Default for VerticalFlip {
    fn default() -> Self {
        Self { p: 0.5 }
    }
}

impl Transform for HorizontalFlip {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        if random.gen_range(0.0..1.0) < self.p {
            let width = picture.image.shape[2].max(1);
            picture.image.pixels.chunks_exact_mut(width).for_each(<[f32]>::reverse);
            if let Some(mask) = &mut picture.mask {
                mask.classes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
            }
            for object in picture.objects.iter_mut().flat_map(|objects| objects.iter_mut()) {
                let bbox = &mut object.bbox;
                (bbox.x1, bbox.x2) = (width as f32 - bbox.x2, width as f32 - bbox.x1);
            }
        }
        Ok(())
    }
}

impl Transform for VerticalFlip {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        if random.gen_range(0.0..1.0) < self.p {
            let [height, width] = picture.image.size();
            picture.image.pixels.chunks_exact_mut((height * width).max(1)).for_each(|plane| upside_down(plane, width));
            if let Some(mask) = &mut picture.mask {
                upside_down(&mut mask.classes, width);
            }
            for object in picture.objects.iter_mut().flat_map(|objects| objects.iter_mut()) {
                let bbox = &mut object.bbox;
                (bbox.y1, bbox.y2) = (height as f32 - bbox.y2, height as f32 - bbox.y1);
            }
        }
        Ok(())
    }
}

fn upside_down<P>(plane: &mut [P], width: usize) {
    let rows = plane.len() / width.max(1);
    for y in 0..rows / 2 {
        let (above, below) = plane.split_at_mut((rows - 1 - y) * width);
        above[y * width..][..width].swap_with_slice(&mut below[..width]);
    }
}
