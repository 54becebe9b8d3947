//! The reverse of maximum pooling.

use dfdx::tensor::{PutTape, Tape, TensorFromVec};
use dfdx::tensor_ops::{Device, GatherTo};
use layercake_ir::ops::MaxUnpool2d;

use super::window::Taps;
use super::{Taped, portable};
use crate::run::value::Value;
use crate::{Scalar, bounds, host};

/// Each element of the output is one of the values or 0. The input of the pool determines which one.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &MaxUnpool2d,
    inputs: &[&Value<E, D>],
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let (values, pooled) = (inputs[0], inputs[1]);
    let [batch, channels, height, width] = pooled.dims()[..] else { unreachable!("the shape rule accepts only images") };
    let taps = Taps::new(&op.window(), [height, width]);
    let numbers = host::read(&pooled.flat());
    let (small, large) = (taps.out[0] * taps.out[1], height * width);
    let mut source = vec![None; batch * channels * large];
    for plane in 0..batch * channels {
        let x = &numbers[plane * large..][..large];
        // If several windows select the same element, the last one's value is kept.
        for window in 0..small {
            source[plane * large + picked(&taps, x, window)] = Some(plane * small + window);
        }
    }
    let index: Vec<usize> = source.iter().map(|source| source.unwrap_or(0)).collect();
    let inside: Vec<E> = source.iter().map(|source| if source.is_some() { E::ONE } else { E::zero() }).collect();
    let flat = values.flat();
    let index = <D as TensorFromVec<usize>>::try_tensor_from_vec(flat.device(), index, (source.len(),))?;
    let inside = <D as TensorFromVec<E>>::try_tensor_from_vec(flat.device(), inside, (source.len(),))?;
    let (y, tape) = Value::erase(bounds::masked(flat.put_tape(tape).try_gather(index)?, inside)?)?;
    Ok((y.with_dims(pooled.dims().to_vec()), tape))
}

/// The element that the pool selects in a window: the first maximum, or the last NaN.
fn picked<E: Scalar>(taps: &Taps, x: &[E], window: usize) -> usize {
    let mut best = None;
    for (index, _) in taps.index.iter().zip(&taps.inside).filter(|(_, inside)| inside[window]) {
        let at = index[window];
        if best.is_none_or(|best: usize| x[at] > x[best] || x[at].is_nan()) {
            best = Some(at);
        }
    }
    best.expect("a window of a pool sees an element")
}

portable! {
    MaxUnpool2d: |op, all inputs, tape, _| forward(op, inputs, tape);
}
