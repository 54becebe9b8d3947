//! Against scikit-image, on the pictures of `tests/skimage/features.json`, and by hand.

use serde::Deserialize;

use super::*;
use crate::data::Image;

#[derive(Deserialize)]
struct Case {
    shape: [usize; 3],
    pixels: Vec<f32>,
    orientations: usize,
    cell: usize,
    block: usize,
    hog: Vec<f32>,
    hues: Option<Vec<f32>>,
    histogram: Option<Vec<f32>>,
}

#[test]
fn as_scikit_image() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/skimage/features.json")).unwrap();
    assert!(cases.len() >= 4);
    for Case { shape, pixels, orientations, cell, block, hog: expected, hues, histogram } in cases {
        let image = Image { shape, pixels };
        let found = hog(&image, &Hog { orientations, cell, block });
        assert_eq!(found.len(), expected.len(), "{shape:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 2e-6, "{shape:?}: {found} and {expected}");
        }
        let (Some(hues), Some(histogram)) = (hues, histogram) else { continue };
        let plane = shape[1] * shape[2];
        for (i, expected) in hues.iter().enumerate() {
            let found = hue([0, 1, 2].map(|channel| image.pixels[channel * plane + i]));
            assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        }
        assert_eq!(hue_histogram(&image, histogram.len()), histogram);
    }
}

/// A slope to the right: all gradients of 2 point to the right, except at the border columns.
#[test]
fn by_hand() {
    let slope = Image { shape: [1, 4, 4], pixels: [0.0, 1.0, 2.0, 3.0].repeat(4) };
    let options = Hog { orientations: 2, cell: 2, block: 2 };
    // In each cell two of four pixels have a gradient of 2: a mean of 1 in the first direction, normalized to 1/2, cut off at 0.2, normalized to 1/2.
    let found = hog(&slope, &options);
    let expected = [0.5, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0];
    assert!(found.len() == 8 && found.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-5), "{found:?}");
    assert!(hog(&slope, &Hog { block: 3, ..options }).is_empty());
    // Red, green, blue, gray.
    let colors = Image { shape: [3, 2, 2], pixels: [[1.0, 0.0, 0.0, 0.5], [0.0, 1.0, 0.0, 0.5], [0.0, 0.0, 1.0, 0.5]].concat() };
    assert_eq!(hue_histogram(&colors, 3), [0.5, 0.25, 0.25]);
}
