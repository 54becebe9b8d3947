//! Other sizes for the axes of a value, by the weights of `Resize`: a matrix for each axis.

use layercake_ir::ops::{Linear, Permute, Sizes};

use super::attributes::Op;
use super::importer::Importer;
use super::value::{Data, Outcome};
use crate::Tensor;

/// How a `Resize` finds the elements that a new one is made of.
#[derive(Clone, Debug)]
pub(super) struct Method {
    pub mode: String,
    pub positions: String,
    pub rounding: String,
    /// The coefficient of cubic interpolation.
    pub cubic: f64,
    /// Whether elements outside of the axis have no weight.
    pub exclude: bool,
}

/// A new size and the scale that leads to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub from: usize,
    pub to: usize,
    pub scale: f64,
}

/// Resizes one axis of a sample.
pub(super) fn resample(i: &mut Importer, op: &Op<'_>, value: usize, axis: usize, stretch: Stretch, method: &Method) -> Outcome<usize> {
    let Stretch { from, to, .. } = stretch;
    i.spend(from.saturating_mul(to))?;
    let mut weight = vec![0.0f32; from * to];
    for (row, weights) in weight.chunks_mut(from).enumerate() {
        for (at, share) in shares(row, stretch, method)? {
            weights[at] += share as f32;
        }
    }
    along(i, op, value, axis, Tensor { dims: vec![to, from], data: weight })
}

/// A product with a weight of `[to, from]` along an axis of a sample.
pub(super) fn along(i: &mut Importer, op: &Op<'_>, value: usize, axis: usize, weight: Tensor) -> Outcome<usize> {
    let [to, from] = weight.dims[..] else { return Err("its weight is not a matrix".into()) };
    let rank = i.dims(Data::of(value, None)).len();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(axis, rank - 1);
    let turn = |i: &mut Importer, value: usize| {
        if axis + 1 == rank { Ok(value) } else { i.add(op, Permute { axes: Sizes::new(&order) }, &[value]) }
    };
    let value = turn(i, value)?;
    let layer = Linear { in_features: from, out_features: to, bias: false };
    let value = i.layer(op, None, layer, &[value], vec![("weight", weight)])?;
    turn(i, value)
}

/// The elements that element `at` of the new axis is made of, with their shares.
fn shares(at: usize, stretch: Stretch, method: &Method) -> Outcome<Vec<(usize, f64)>> {
    let Stretch { from, to, scale } = stretch;
    let (new, old, count) = (at as f64, from as f64, to as f64);
    let x = match method.positions.as_str() {
        "half_pixel" => (new + 0.5) / scale - 0.5,
        "pytorch_half_pixel" if to == 1 => 0.0,
        "pytorch_half_pixel" => (new + 0.5) / scale - 0.5,
        // The new length before it is rounded down.
        "align_corners" if at == 0 => 0.0,
        "align_corners" => new * (old - 1.0) / (scale * old - 1.0),
        "asymmetric" => new / scale,
        "half_pixel_symmetric" => old / 2.0 * (1.0 - count / (scale * old)) + (new + 0.5) / scale - 0.5,
        other => return Err(format!("the positions `{other}` are not supported").into()),
    };
    let inside = |place: f64| place.clamp(0.0, old - 1.0) as usize;
    let near = x.floor();
    Ok(match method.mode.as_str() {
        "nearest" => {
            let place = match method.rounding.as_str() {
                "round_prefer_floor" => (x - 0.5).ceil(),
                "round_prefer_ceil" => (x + 0.5).floor(),
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                other => return Err(format!("the rounding `{other}` is not supported").into()),
            };
            vec![(inside(place), 1.0)]
        }
        "linear" => weighted(&[(near, 1.0 - (x - near)), (near + 1.0, x - near)], old, method.exclude),
        "cubic" => {
            let curve = |distance: f64| {
                let (a, d) = (method.cubic, distance.abs());
                if d <= 1.0 { ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0 } else { ((d - 5.0) * d + 8.0) * d * a - 4.0 * a }
            };
            let four: Vec<(f64, f64)> = (-1..3).map(|step| near + f64::from(step)).map(|place| (place, curve(x - place))).collect();
            weighted(&four, old, method.exclude)
        }
        other => return Err(format!("the mode `{other}` is not supported").into()),
    })
}

/// Elements outside of the axis are those at its ends, or have no share.
fn weighted(places: &[(f64, f64)], size: f64, exclude: bool) -> Vec<(usize, f64)> {
    let outside = |place: f64| place < 0.0 || place > size - 1.0;
    let kept: Vec<(f64, f64)> = places.iter().copied().filter(|(place, _)| !(exclude && outside(*place))).collect();
    let total: f64 = if exclude { kept.iter().map(|(_, share)| share).sum() } else { 1.0 };
    kept.into_iter().map(|(place, share)| (place.clamp(0.0, size - 1.0) as usize, share / total)).collect()
}
