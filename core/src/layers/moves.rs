//! What moves elements and changes none.

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use layercake_ir::ops::{Permute, Reshape};

use super::Taped;
use super::linear_map::LinearMap;
use crate::Scalar;
use crate::value::Value;

/// The same data under other sizes.
pub(crate) fn reshape<E: Scalar, D: Device<E>, T>(op: &Reshape, x: &Value<E, D>, tape: T) -> Taped<E, D, T> {
    (x.clone().with_dims([&x.dims()[..1], op.shape.as_slice()].concat()), tape)
}

/// The axes in another order.
pub(crate) fn permute<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &Permute, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let sizes = &x.dims()[1..];
    let out: Vec<usize> = op.axes.as_slice().iter().map(|&axis| sizes[axis]).collect();
    let steps: Vec<usize> = op.axes.as_slice().iter().map(|&axis| sizes[axis + 1..].iter().product()).collect();
    let index = (0..out.iter().product()).map(|place| source(place, &out, &steps)).collect();
    LinearMap::pick(out, index).apply(x, 1, sizes.len(), tape)
}

/// Where the element number `place` of a value of sizes `out` comes from, if a step along each axis is one of `steps` there.
fn source(place: usize, out: &[usize], steps: &[usize]) -> usize {
    let (mut rest, mut source) = (place, 0);
    for (size, step) in out.iter().zip(steps).rev() {
        source += rest % size * step;
        rest /= size;
    }
    source
}
