//! Histograms of hue.

use crate::data::Image;

/// The hue of a color of `[red, green, blue]` in `0.0..1.0`: red is 0, green 1/3, blue 2/3; of a gray it is 0. As in `skimage.color.rgb2hsv`.
pub fn hue([red, green, blue]: [f32; 3]) -> f32 {
    let most = red.max(green).max(blue);
    let span = most - red.min(green).min(blue);
    if span <= 0.0 || span.is_nan() {
        return 0.0;
    }
    let sixths = if most == red {
        (green - blue) / span
    } else if most == green {
        2.0 + (blue - red) / span
    } else {
        4.0 + (red - green) / span
    };
    let hue = (sixths / 6.0).rem_euclid(1.0);
    if hue < 1.0 { hue } else { 0.0 }
}

/// The share of a picture's pixels in each of `bins` equal parts of the circle of hues, which add up to 1. A gray has the hue of red.
///
/// # Shapes
/// `[3, height, width]` to `[bins]`.
///
/// # Panics
/// Panics if the picture has no three channels or no pixels, or if `bins` is 0.
pub fn hue_histogram(image: &Image, bins: usize) -> Vec<f32> {
    let [channels, height, width] = image.shape;
    assert!(channels == 3 && bins > 0, "expected three channels and at least one bin, found {channels} and {bins}");
    let plane = height * width;
    assert!(plane > 0 && image.pixels.len() == 3 * plane, "pixels of {:?}", image.shape);
    let mut counts = vec![0usize; bins];
    for i in 0..plane {
        let hue = hue([0, 1, 2].map(|channel| image.pixels[channel * plane + i]));
        counts[((hue * bins as f32) as usize).min(bins - 1)] += 1;
    }
    counts.iter().map(|&count| count as f32 / plane as f32).collect()
}
