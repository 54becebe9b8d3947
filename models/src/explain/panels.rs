//! Pictures beside each other, with their names.

use layercake_train::data::Image;
use layercake_train::run::{Canvas, heat_picture};

/// The least size of the longer side of a picture.
const LEAST: usize = 224;
/// The width of a letter of a name.
const LETTER: usize = 16;
/// The share of the elements that a heat map shows without clipping: single outliers would make the rest dark.
const SHOWN: f64 = 0.995;

/// A picture with its name.
pub(super) type Panel = (Canvas, String);

/// Panels beside each other, with `columns` in a row.
pub(super) fn beside(panels: &[Panel], columns: usize) -> Canvas {
    let widest = panels.iter().map(|(_, name)| LETTER * name.chars().count()).max().unwrap_or_default();
    let large: Vec<Canvas> = panels.iter().map(|(picture, _)| enlarged(picture)).collect();
    let width = large.iter().map(|picture| picture.size()[1]).fold(widest, usize::max);
    let named: Vec<Canvas> = large.iter().zip(panels).map(|(picture, (_, name))| picture.named(name, width)).collect();
    Canvas::grid(&named, columns)
}

/// Enlarged by a whole factor.
fn enlarged(picture: &Canvas) -> Canvas {
    picture.enlarged(LEAST.div_ceil(picture.size()[0].max(picture.size()[1]).max(1)).max(1))
}

/// An image of one or three channels; of others the first channel.
pub(super) fn image(image: &Image) -> Canvas {
    match image.shape {
        [1 | 3, ..] => Canvas::from_image(image),
        [_, height, width] => Canvas::from_image(&Image { shape: [1, height, width], pixels: image.pixels[..height * width].to_vec() }),
    }
}

/// Numbers around 0 as a picture in which gray is 0. The scale is that of the largest, but not below `least`.
pub(super) fn around_gray(numbers: &[f32], shape: [usize; 3], least: f32) -> Canvas {
    let most = clipped(numbers.iter().map(|x| x.abs())).max(least);
    image(&Image { shape, pixels: numbers.iter().map(|x| (0.5 + 0.5 * x / most).clamp(0.0, 1.0)).collect() })
}

/// Numbers of at least 0 as a heat map, from 0 to the largest.
pub(super) fn heat(numbers: &[f32], columns: usize) -> Canvas {
    heat_picture(numbers, columns, [0.0, clipped(numbers.iter().copied())])
}

/// Numbers of both signs as a heat map whose middle color is 0.
pub(super) fn signed_heat(numbers: &[f32], columns: usize) -> Canvas {
    let most = clipped(numbers.iter().map(|x| x.abs()));
    heat_picture(numbers, columns, [-most, most])
}

/// The number below which almost all lie.
fn clipped(numbers: impl Iterator<Item = f32>) -> f32 {
    let mut numbers: Vec<f32> = numbers.collect();
    numbers.sort_by(f32::total_cmp);
    let place = ((numbers.len() as f64 * SHOWN) as usize).min(numbers.len().saturating_sub(1));
    numbers.get(place).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE)
}
