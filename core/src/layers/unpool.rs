//! The reverse of maximum pooling.

use dfdx::shapes::HasShape;
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryEq, TryGt, TryNe};
use layercake_ir::ops::MaxUnpool2d;

use super::pool2d::{pixels_first, pixels_last};
use super::window::Taps;
use super::{Taped, portable};
use crate::run::tables::{Lookup, Rows, Table, Tables};
use crate::run::value::Value;
use crate::{Scalar, host};

/// Each element of the output is one of the values or 0. The input of the pool determines which one.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &MaxUnpool2d,
    inputs: &[&Value<E, D>],
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (values, pooled) = (inputs[0], inputs[1]);
    let size = [pooled.dims()[2], pooled.dims()[3]];
    let taps = || Taps::new(&op.window(), size);
    let pixels = size[0] * size[1];
    let taken = tables.get(pooled.device(), format!("taps of {op:?} of {size:?}"), || {
        taps().index.into_iter().map(|index| Table::pick(pixels, index)).collect()
    })?;
    let origins = tables.get(pooled.device(), format!("origins of {op:?} of {size:?}"), || origins(&taps(), pixels))?;

    let (planes, _) = pixels_first(pooled, NoneTape)?;
    let winners = winners(&planes, &taken)?;
    let (values, mut tape) = pixels_first(values, tape)?;
    let mut out: Rows<E, D> = planes.device().try_zeros_like(planes.shape())?;
    // If several windows select the same element, the last one's value is kept.
    for origin in origins.iter() {
        let selected = origin.picked(winners.clone())?.try_eq(&origin.factors(planes.device(), planes.shape().1)?)?;
        let value = origin.picked(values.clone().put_tape(tape))?;
        let (placed, carried) = selected.try_choose(value, out)?.split_tape();
        (out, tape) = (placed, carried);
    }
    pixels_last(out.put_tape(tape), pooled, size)
}

/// For each window the number of the tap that the pool selects: the first maximum, or the last NaN. A tap outside the input has an element of the
/// window.
fn winners<E: Scalar, D: Device<E>>(planes: &Rows<E, D>, taps: &[Lookup<E, D>]) -> Result<Rows<E, D>, D::Err> {
    let mut best = taps[0].picked(planes.clone())?;
    let zeros = best.device().try_zeros_like(best.shape())?;
    let mut number: Rows<E, D> = zeros.clone();
    for (tap, lookup) in taps.iter().enumerate().skip(1) {
        let candidate = lookup.picked(planes.clone())?;
        let better = candidate.try_gt(&best)? | candidate.try_ne(&candidate)?;
        number = better.clone().try_choose(zeros.clone().try_add(host::number::<E>(tap as f64))?, number)?;
        best = better.try_choose(candidate, best)?;
    }
    Ok(number)
}

/// For each element the windows that may select it, in their order, each with the number of the tap that does: one table for the first of each element,
/// one for the second, and so on.
fn origins(taps: &Taps, pixels: usize) -> Vec<Table> {
    let windows = taps.out[0] * taps.out[1];
    let mut all: Vec<Vec<(usize, usize)>> = vec![Vec::new(); pixels];
    for window in 0..windows {
        for (tap, index) in taps.index.iter().enumerate() {
            all[index[window]].push((window, tap));
        }
    }
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    let table = |which: usize| {
        let pairs = || all.iter().map(|pairs| pairs.get(which));
        // No tap has the number -1.
        let numbers = pairs().map(|pair| pair.map_or(-1.0, |&(_, tap)| tap as f64)).collect();
        Table { factors: Some(numbers), ..Table::pick(windows, pairs().map(|pair| pair.map_or(0, |&(window, _)| window)).collect()) }
    };
    (0..most).map(table).collect()
}

portable! {
    MaxUnpool2d: |op, all inputs, tape, context| forward(op, inputs, tape, context.tables);
}
