//! The weights of a network's first layer as pictures.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::prelude::*;

use super::samples::{NAME, WIDE};
use crate::data::Array;
use crate::run::{Canvas, LETTER, cut, filter_pictures};

/// The filters of a first convolution, or the templates of a first linear layer, one per class.
pub(super) fn filters<N: TensorCollection<f32, D>, D: Backend<f32>>(net: &N, [c, h, w]: [usize; 3], classes: &[String]) -> Option<Canvas> {
    let first = net.named_tensors().into_iter().next()?;
    let weight = Array::new(first.shape().to_vec(), first.to_vec());
    let (shape, named) = match *weight.shape() {
        [_, channels, height, width] if channels == c && height * width > 1 => ([c, height, width], false),
        [outputs, inputs] if inputs == c * h * w && (c == 1 || c == 3) => ([c, h, w], outputs == classes.len()),
        _ => return None,
    };
    let mut pictures: Vec<Canvas> = filter_pictures(weight.as_slice(), shape).iter().map(Canvas::legible).collect();
    let names: Vec<String> = classes.iter().map(|name| cut(name, NAME)).collect();
    let mut width = pictures[0].size()[1];
    if named {
        width = names.iter().map(|name| LETTER * name.chars().count()).fold(width, usize::max) + LETTER / 2;
        pictures = pictures.iter().zip(&names).map(|(picture, name)| picture.named(name, width)).collect();
    }
    let range = if shape[0] == 3 { "gray: 0" } else { "gray: 0, white: positive, black: negative" };
    Some(Canvas::grid(&pictures, (WIDE / width).min(8)).captioned(range))
}
