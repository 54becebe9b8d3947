//! Local response normalization.

use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{Device, TryAdd, TryMul};
use layercake_ir::ops::LocalResponseNorm;

use super::linear_map::{LinearMap, apply};
use super::{Taped, portable};
use crate::Scalar;
use crate::run::tables::Tables;
use crate::run::value::Value;

/// `x (k + alpha / size * sum of squares)^-beta`, with the sum over the neighboring channels.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &LocalResponseNorm,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let number = |number: f64| E::from_f64(number).expect("an option is a number");
    let channels = x.dims()[1];
    let (squares, tape) = Value::erase(x.flat().put_tape(tape).try_square()?)?;
    let squares = squares.with_dims(x.dims().to_vec());
    // Channel c depends on the channels c - size / 2 to c + (size - 1) / 2.
    let around = |c: usize, tap: usize| (c + tap).checked_sub(op.size / 2).filter(|other| *other < channels);
    let taps = |tap: usize| (0..channels).map(move |c| around(c, tap));
    let make = || LinearMap {
        index: (0..op.size).map(|tap| taps(tap).map(|at| at.unwrap_or(0)).collect()).collect(),
        weight: Some((0..op.size).map(|tap| taps(tap).map(|at| at.map(|_| 1.0)).collect()).collect()),
    };
    let (sums, tape) = apply(&format!("{op:?}"), &[channels], make, &squares, 1, 1, tape, tables)?;
    let divisor = sums.flat().put_tape(tape).try_mul(number(op.alpha / op.size as f64))?.try_add(number(op.k))?;
    let (factor, tape) = divisor.try_powf(-op.beta)?.split_tape();
    let (y, tape) = Value::erase(x.flat().put_tape(tape).try_mul(factor)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

portable! {
    LocalResponseNorm: |op, x, tape, context| forward(op, x, tape, context.tables);
}
