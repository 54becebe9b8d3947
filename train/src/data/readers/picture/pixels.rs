//! Conversion of decoded pixels to floats.

use super::{Channels, decoded::Decoded};

/// Converts to row-major planes in 0..=1.
pub(super) fn planes(image: &Decoded, channels: Channels) -> Vec<f32> {
    let pixels = || image.bytes.chunks_exact(image.format.samples);
    let scaled = |byte: u8| f32::from(byte) / 255.0;
    let plane = |channel: usize| pixels().map(move |pixel| scaled(pixel[channel]));
    let is_gray = image.format.samples < 3;
    match channels {
        Channels::Gray if is_gray => plane(0).collect(),
        Channels::Gray => pixels().map(|pixel| scaled(luminance([pixel[0], pixel[1], pixel[2]]))).collect(),
        Channels::Rgb => {
            // The exact capacity: a growing vector would allocate more.
            let mut planes = Vec::with_capacity(3 * pixels().len());
            [0, 1, 2].iter().for_each(|&channel| planes.extend(plane(if is_gray { 0 } else { channel })));
            planes
        }
    }
}

/// PIL's conversion to `L`: ITU-R 601-2 in 16-bit fixed point, rounded.
fn luminance([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471 + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of `PIL.Image.convert("L")`.
    #[test]
    fn grays_of_colors() {
        assert_eq!(
            [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [255, 127, 0], [171, 18, 18]].map(luminance),
            [76, 150, 29, 255, 151, 64]
        );
        // Gray does not change.
        assert!((0..=255).all(|gray| luminance([gray; 3]) == gray));
    }
}
