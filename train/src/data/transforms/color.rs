//! Color jitter.

use rand::{Rng, rngs::StdRng, seq::SliceRandom};

use super::Transform;
use crate::data::{DataError, Image, ImageMut};

/// Changes brightness, contrast, saturation and hue at random, in random order; torchvision's `ColorJitter`. Pixels must be in 0..=1, so apply it
/// before normalization. Gray images have no saturation and hue.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ColorJitter {
    /// Scales all pixels by a factor in `1 - brightness ..= 1 + brightness`.
    pub brightness: f32,
    /// Scales the difference from the mean gray by a factor in `1 - contrast ..= 1 + contrast`.
    pub contrast: f32,
    /// Scales the difference of each pixel from its gray by a factor in `1 - saturation ..= 1 + saturation`.
    pub saturation: f32,
    /// Rotates the hue by a fraction of the color circle in `-hue ..= hue`; at most 0.5.
    pub hue: f32,
}

/// The weights of the channels in gray (ITU-R BT.601).
const GRAY: [f32; 3] = [0.299, 0.587, 0.114];

impl Transform for ColorJitter {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        let image = &mut *picture.image;
        let mut factor = |range: f32| {
            if range > 0.0 { (1.0 - range).max(0.0) + random.gen_range(0.0..=1.0) * (1.0 + range - (1.0 - range).max(0.0)) } else { 1.0 }
        };
        let (brightness, contrast, saturation) = (factor(self.brightness), factor(self.contrast), factor(self.saturation));
        let turn = if self.hue > 0.0 { random.gen_range(-self.hue..=self.hue) } else { 0.0 };
        let mut order = [0, 1, 2, 3];
        order.shuffle(random);
        for step in order {
            match step {
                0 if self.brightness > 0.0 => image.pixels.iter_mut().for_each(|pixel| *pixel = (*pixel * brightness).clamp(0.0, 1.0)),
                1 if self.contrast > 0.0 => {
                    let gray = grays(image);
                    let mean = gray.iter().sum::<f32>() / gray.len().max(1) as f32;
                    image.pixels.iter_mut().for_each(|pixel| *pixel = (mean + (*pixel - mean) * contrast).clamp(0.0, 1.0));
                }
                2 if self.saturation > 0.0 && image.shape[0] == 3 => {
                    let gray = grays(image);
                    for plane in image.pixels.chunks_exact_mut(gray.len().max(1)) {
                        plane
                            .iter_mut()
                            .zip(&gray)
                            .for_each(|(pixel, gray)| *pixel = (gray + (*pixel - gray) * saturation).clamp(0.0, 1.0));
                    }
                }
                3 if self.hue > 0.0 && image.shape[0] == 3 => rotate_hue(image, turn),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The gray value of each pixel.
fn grays(image: &Image) -> Vec<f32> {
    let size = image.shape[1] * image.shape[2];
    if image.shape[0] != 3 {
        return image.pixels[..size.min(image.pixels.len())].to_vec();
    }
    (0..size).map(|i| GRAY.iter().enumerate().map(|(channel, weight)| weight * image.pixels[channel * size + i]).sum()).collect()
}

/// Rotates the hue of each pixel by a fraction of the circle; value and saturation do not change.
fn rotate_hue(image: &mut Image, turn: f32) {
    let size = image.shape[1] * image.shape[2];
    for i in 0..size {
        let [r, g, b] = [0, 1, 2].map(|channel| image.pixels[channel * size + i]);
        let (most, least) = (r.max(g).max(b), r.min(g).min(b));
        let range = most - least;
        if range <= 0.0 {
            continue;
        }
        // Sixths of the circle from red.
        let hue = if most == r {
            (g - b) / range
        } else if most == g {
            2.0 + (b - r) / range
        } else {
            4.0 + (r - g) / range
        };
        let hue = (hue + 6.0 * turn).rem_euclid(6.0);
        for (channel, offset) in [5.0, 3.0, 1.0].into_iter().enumerate() {
            let k = (offset + hue) % 6.0;
            image.pixels[channel * size + i] = most - range * k.min(4.0 - k).clamp(0.0, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red with its hue rotated by a third of the circle is green, by half of it cyan.
    #[test]
    fn hue_by_hand() {
        let red = Image { shape: [3, 1, 1], pixels: vec![0.8, 0.2, 0.2] };
        for (turn, expected) in
            [(0.0, [0.8, 0.2, 0.2]), (1.0 / 3.0, [0.2, 0.8, 0.2]), (0.5, [0.2, 0.8, 0.8]), (-1.0 / 6.0, [0.8, 0.2, 0.8])]
        {
            let mut turned = red.clone();
            rotate_hue(&mut turned, turn);
            assert!(turned.pixels.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{turn}: {:?}", turned.pixels);
        }
    }
}
