//! Reductions: mean, sum, maximum and minimum over axes.

use dfdx::shapes::Axis;
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, ChooseFrom, Device, MaxTo, MeanTo, ReshapeTo, SumTo, TryDiv, TryEq, TryMul, TryNe};
use layercake_ir::ops::{Permute, Sizes};

use super::{Taped, moves, portable};
use crate::run::tables::Tables;
use crate::run::value::Value;
use crate::{Scalar, bounds};

type Rows<E, D, T> = Tensor<(usize, usize), E, D, T>;

/// The reduced elements of each result in a row. The axes are counted without the batch.
fn rows<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axes: &Sizes,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Rows<E, D, T>, D::Err> {
    let rows: usize = without(axes, x.dims()).iter().product();
    let (x, tape) = axes_last(axes, x, tape, tables)?;
    let size = x.dims().iter().product::<usize>() / rows;
    x.flat().put_tape(tape).try_reshape_like(&(rows, size))
}

/// The mean over the axes, counted without the batch.
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axes: &Sizes,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = Value::erase(rows(axes, x, tape, tables)?.try_mean::<(usize,), Axis<1>>()?)?;
    Ok((y.with_dims(without(axes, x.dims())), tape))
}

/// The sum over the axes, counted without the batch.
fn sum<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axes: &Sizes,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = Value::erase(rows(axes, x, tape, tables)?.try_sum::<(usize,), Axis<1>>()?)?;
    Ok((y.with_dims(without(axes, x.dims())), tape))
}

/// The maximum over the axes, counted without the batch.
pub(crate) fn amax<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axes: &Sizes,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let dims = without(axes, x.dims());
    let (x, tape) = axes_last(axes, x, tape, tables)?;
    let rows: usize = dims.iter().product();
    let size = x.dims().iter().product::<usize>() / rows;
    let (y, tape) = max_of_rows(&x, rows, size, tape)?;
    Ok((y.with_dims(dims), tape))
}

/// The minimum over the axes, counted without the batch.
pub(crate) fn amin<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axes: &Sizes,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (negative, tape) = negated(x, tape)?;
    let (most, tape) = amax(axes, &negative, tape, tables)?;
    negated(&most, tape)
}

fn negated<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = Value::erase(x.flat().put_tape(tape).try_negate()?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// The maximum of each row of `size` elements. Equal maxima share the gradient evenly. dfdx would give the whole gradient to each, so the
/// maximum is computed here as the mean of all elements that equal it.
pub(super) fn max_of_rows<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    rows: usize,
    size: usize,
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let shape = (rows, size);
    let x = x.flat().try_reshape_like(&shape)?;
    let most = x.clone().try_max::<(usize,), Axis<1>>()?.try_broadcast_like::<_, Axis<1>>(&shape)?;
    let zeros = x.device().try_zeros_like(&shape)?;
    let mut ones = zeros.clone();
    ones.try_fill_with_ones()?;
    // dfdx's maximum ignores NaN, so NaN is taken from the sum.
    let equal = (x.try_eq(&most)? | x.try_ne(&x)?).try_choose(ones, zeros)?;
    let count = equal.clone().try_sum::<(usize,), Axis<1>>()?.try_broadcast_like::<_, Axis<1>>(&shape)?;
    let share = equal.clone().try_div(count)?;
    // The other elements are masked, not multiplied by 0, because one may be infinite.
    Value::erase(bounds::masked(x.put_tape(tape), equal)?.try_mul(share)?.try_sum::<(usize,), Axis<1>>()?)
}

/// Moves these axes to the end.
fn axes_last<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axes: &Sizes,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let kept = (0..x.dims().len() - 1).filter(|&axis| !axes.contains(axis));
    let order: Vec<usize> = kept.chain(axes.as_slice().iter().copied()).collect();
    moves::permute(&Permute { axes: Sizes::new(&order) }, x, tape, tables)
}

/// The sizes, batch axis first, without these axes.
fn without(axes: &Sizes, dims: &[usize]) -> Vec<usize> {
    dims.iter().enumerate().filter(|(axis, _)| *axis == 0 || !axes.contains(axis - 1)).map(|(_, size)| *size).collect()
}

portable! {
    Mean: |op, x, tape, context| mean(&op.axes, x, tape, context.tables);
    Sum: |op, x, tape, context| sum(&op.axes, x, tape, context.tables);
    Amax: |op, x, tape, context| amax(&op.axes, x, tape, context.tables);
    Amin: |op, x, tape, context| amin(&op.axes, x, tape, context.tables);
}
