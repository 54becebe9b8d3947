//! Two-dimensional pooling.

use dfdx::shapes::{Axes4, HasShape};
use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{ChooseFrom, Device, PermuteTo, ReshapeTo, TryAdd, TryGt, TryMul, TryNe};
use layercake_ir::ops::{AvgPool2d, MaxPool2d};

use super::window::Taps;
use super::{Taped, lines, portable};
use crate::Scalar;
use crate::run::tables::{Lookup, Rows, Table, Tables};
use crate::run::value::{Rank4, Value};

/// The maximum over the taps, one after the other. A later tap replaces the maximum only if it is larger, so the gradient goes to the first
/// of equal elements; NaN replaces it, as in PyTorch.
pub(crate) fn max<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &MaxPool2d,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (size, window) = ([x.dims()[2], x.dims()[3]], op.window());
    let out = [window.steps(0, size[0]), window.steps(1, size[1])];
    // A tap outside the input has the index of one inside.
    let taps = tables.get(x.device(), format!("largest of {window:?} of {size:?}"), || {
        Taps::new(&window, size).index.into_iter().map(|index| Table::pick(size[0] * size[1], index)).collect()
    })?;
    running_max(x, &taps, out, tape)
}

/// The maximum over the taps, each of which picks an element of the plane for each window.
pub(super) fn running_max<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    taps: &[Lookup<E, D>],
    out: [usize; 2],
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let (planes, tape) = pixels_first(x, tape)?;
    let mut best: Option<Rows<E, D, T>> = None;
    let mut tape = Some(tape);
    for tap in taps {
        let running = best.take().map(|best| best.split_tape());
        let (best_so_far, carried) = match running {
            Some((best, carried)) => (Some(best), carried),
            None => (None, tape.take().expect("the first tap takes the tape")),
        };
        let (candidate, carried) = tap.rows(planes.clone().put_tape(carried))?.split_tape();
        best = Some(match best_so_far {
            None => candidate.put_tape(carried),
            Some(best) => {
                let replace = candidate.try_gt(&best)? | candidate.try_ne(&candidate)?;
                replace.try_choose(candidate.put_tape(carried), best)?
            }
        });
    }
    pixels_last(best.expect("a window has a tap"), x, out)
}

/// The sum over the taps inside the input, divided as in PyTorch: with `count_include_pad` by the number of taps inside the padded input,
/// else by the number of taps inside the input.
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &AvgPool2d,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (size, window) = ([x.dims()[2], x.dims()[3]], op.window());
    let out = [window.steps(0, size[0]), window.steps(1, size[1])];
    let taps = tables.get(x.device(), format!("mean of {op:?} of {size:?}"), || shares(op, size))?;
    let (planes, mut tape) = pixels_first(x, tape)?;
    // Without padding all elements have one share, by which their sum is multiplied.
    let first = taps[0].factor();
    let share = first.filter(|_| taps.iter().all(|tap| tap.factor() == first));
    let mut sum: Option<Rows<E, D>> = None;
    for tap in taps.iter() {
        let planes = planes.clone().put_tape(tape);
        let tap = if share.is_some() { tap.picked(planes)? } else { tap.rows(planes)? };
        let total = match sum.take() {
            None => tap,
            Some(sum) => tap.try_add(sum)?,
        };
        let (total, carried) = total.split_tape();
        (sum, tape) = (Some(total), carried);
    }
    let sum = sum.expect("a window has a tap").put_tape(tape);
    let mean = match share {
        Some(share) => sum.try_mul(share)?,
        None => sum,
    };
    pixels_last(mean, x, out)
}

/// The taps of a mean, each with its share.
fn shares(op: &AvgPool2d, size: [usize; 2]) -> Vec<Table> {
    let taps = Taps::new(&op.window(), size);
    let divisors = divisors(op, size, &taps);
    let share = |(&inside, &divisor): (&bool, &usize)| if inside { 1.0 / divisor as f64 } else { 0.0 };
    let table = |(index, inside): (Vec<usize>, Vec<bool>)| {
        let factors = Some(inside.iter().zip(&divisors).map(share).collect());
        Table { inside: Some(inside), factors, ..Table::pick(size[0] * size[1], index) }
    };
    taps.index.into_iter().zip(taps.inside).map(table).collect()
}

fn divisors(op: &AvgPool2d, size: [usize; 2], taps: &Taps) -> Vec<usize> {
    if !op.count_include_pad {
        let windows = taps.out[0] * taps.out[1];
        return (0..windows).map(|window| taps.inside.iter().filter(|inside| inside[window]).count()).collect();
    }
    let reach = |axis: usize, step: usize| {
        let start = step * op.stride[axis];
        (start + op.kernel[axis]).min(size[axis] + 2 * op.padding[axis]) - start
    };
    (0..taps.out[0]).flat_map(|row| (0..taps.out[1]).map(move |column| reach(0, row) * reach(1, column))).collect()
}

/// `[batch, channels, height, width]` to `[height * width, channels * batch]`.
pub(super) fn pixels_first<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<(Rows<E, D>, T), D::Err> {
    let images = x.images()?;
    let (batch, channels, height, width) = *images.shape();
    let planes = images.put_tape(tape).try_permute::<Rank4, Axes4<2, 3, 1, 0>>()?;
    Ok(planes.try_reshape_like(&(height * width, channels * batch))?.split_tape())
}

/// `[height * width, channels * batch]` to `[batch, channels, height, width]`.
pub(super) fn pixels_last<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    planes: Rows<E, D, T>,
    x: &Value<E, D>,
    [height, width]: [usize; 2],
) -> Result<Taped<E, D, T>, D::Err> {
    let (batch, channels) = (x.dims()[0], x.dims()[1]);
    let planes = planes.try_reshape_like(&(height, width, channels, batch))?;
    Value::erase(planes.try_permute::<Rank4, Axes4<3, 2, 0, 1>>()?)
}

portable! {
    MaxPool2d: |op, x, tape, context| max(op, x, tape, context.tables);
    AvgPool2d: |op, x, tape, context| mean(op, x, tape, context.tables);
    MaxPool1d: |op, x, tape, context| lines(x, tape, |x, tape| max(&op.as_pool2d(), x, tape, context.tables));
    AvgPool1d: |op, x, tape, context| lines(x, tape, |x, tape| mean(&op.as_pool2d(), x, tape, context.tables));
}
