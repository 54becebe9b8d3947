//! Two-dimensional pooling.

use dfdx::shapes::{Axes4, Axis, HasShape};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, ChooseFrom, Device, GatherTo, PermuteTo, ReshapeTo, TryAdd, TryGt, TryMul, TryNe};
use layercake_ir::ops::{AvgPool2d, MaxPool2d};

use super::window::Taps;
use super::{Taped, lines, portable};
use crate::run::value::{Rank4, Value};
use crate::{Scalar, bounds};

/// `[height * width, channels * batch]`
type Planes<E, D, T = NoneTape> = Tensor<(usize, usize), E, D, T>;

/// The maximum over the taps, one after the other. A later tap replaces the maximum only if it is larger, so the gradient goes to the first
/// of equal elements; NaN replaces it, as in PyTorch.
pub(crate) fn max<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &MaxPool2d, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let taps = Taps::new(&op.window(), [x.dims()[2], x.dims()[3]]);
    running_max(x, &taps.index, taps.out, tape)
}

/// The maximum over the taps; `index` has, for each tap and window, the index of an element of the plane.
pub(super) fn running_max<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    taps: &[Vec<usize>],
    out: [usize; 2],
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let (planes, tape) = pixels_first(x, tape)?;
    let mut best: Option<Planes<E, D, T>> = None;
    let mut tape = Some(tape);
    for index in taps {
        let running = best.take().map(|best| best.split_tape());
        let (best_so_far, carried) = match running {
            Some((best, carried)) => (Some(best), carried),
            None => (None, tape.take().expect("the first tap takes the tape")),
        };
        let (candidate, carried) = gather(&planes, index, carried)?.split_tape();
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
pub(crate) fn mean<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &AvgPool2d, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let size = [x.dims()[2], x.dims()[3]];
    let taps = Taps::new(&op.window(), size);
    let divisors = divisors(op, size, &taps);
    let (planes, mut tape) = pixels_first(x, tape)?;
    let mut sum: Option<Planes<E, D>> = None;
    for (index, inside) in taps.index.iter().zip(&taps.inside) {
        let share = |(&inside, &divisor): (&bool, &usize)| match inside {
            true => E::ONE / E::from_usize(divisor).expect("a count is a number"),
            false => E::zero(),
        };
        let shares: Vec<E> = inside.iter().zip(&divisors).map(share).collect();
        let tap = gather(&planes, index, tape)?;
        let shares = <D as TensorFromVec<E>>::try_tensor_from_vec(tap.device(), shares, (index.len(),))?;
        let shares = shares.try_broadcast_like::<_, Axis<1>>(&(index.len(), planes.shape().1))?;
        let tap = if inside.contains(&false) { bounds::masked(tap, shares.clone())? } else { tap };
        let tap = tap.try_mul(shares)?;
        let total = match sum.take() {
            None => tap,
            Some(sum) => tap.try_add(sum)?,
        };
        let (total, carried) = total.split_tape();
        (sum, tape) = (Some(total), carried);
    }
    pixels_last(sum.expect("a window has a tap").put_tape(tape), x, taps.out)
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
fn pixels_first<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<(Planes<E, D>, T), D::Err> {
    let images = x.images()?;
    let (batch, channels, height, width) = *images.shape();
    let planes = images.put_tape(tape).try_permute::<Rank4, Axes4<2, 3, 1, 0>>()?;
    Ok(planes.try_reshape_like(&(height * width, channels * batch))?.split_tape())
}

/// `[height * width, channels * batch]` to `[batch, channels, height, width]`.
fn pixels_last<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    planes: Planes<E, D, T>,
    x: &Value<E, D>,
    [height, width]: [usize; 2],
) -> Result<Taped<E, D, T>, D::Err> {
    let (batch, channels) = (x.dims()[0], x.dims()[1]);
    let planes = planes.try_reshape_like(&(height, width, channels, batch))?;
    Value::erase(planes.try_permute::<Rank4, Axes4<3, 2, 0, 1>>()?)
}

fn gather<E: Scalar, D: Device<E>, T: Tape<E, D>>(planes: &Planes<E, D>, index: &[usize], tape: T) -> Result<Planes<E, D, T>, D::Err> {
    let index = <D as TensorFromVec<usize>>::try_tensor_from_vec(planes.device(), index.to_vec(), (index.len(),))?;
    planes.clone().put_tape(tape).try_gather(index)
}

portable! {
    MaxPool2d: |op, x, tape, _| max(op, x, tape);
    AvgPool2d: |op, x, tape, _| mean(op, x, tape);
    MaxPool1d: |op, x, tape, _| lines(x, tape, |x, tape| max(&op.as_pool2d(), x, tape));
    AvgPool1d: |op, x, tape, _| lines(x, tape, |x, tape| mean(&op.as_pool2d(), x, tape));
}
