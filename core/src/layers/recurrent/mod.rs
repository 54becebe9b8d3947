//! Recurrent layers: their tensors, and their forward passes in dfdx operations.
//!
//! Internally the layout is `[length, features, batch]`: time is the first axis and the batch the last, so each step is contiguous in
//! memory, and so is each gate of a step.

mod cell;
mod tensors;

use cell::{Matrix, State, Weights};
use dfdx::shapes::Axes3;
use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{Device, PermuteTo, ReshapeTo, SelectTo, TryMul, TryStack};
use layercake_engine::{Mode, rng};
use layercake_ir::ops;
pub use tensors::{Recurrent, RecurrentCell};

use super::{Context, Outputs, Taped};
use crate::Scalar;
use crate::layers::portable;
use crate::run::tables::Tables;
use crate::run::value::{Rank3, Value};

/// Three axes, the batch the last.
type Cube<E, D> = Tensor<Rank3, E, D>;

/// The forward pass. All inputs after the first are initial states, and all outputs after the first are final states.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &ops::Recurrent,
    inputs: &[&Value<E, D>],
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Outputs<E, D, T>, D::Err> {
    let x = inputs[0];
    let [batch, length, features] = x.dims()[..] else { unreachable!("the shape rule accepts only sequences") };
    let cube = x.flat().put_tape(tape).try_reshape_like(&(batch, length, features))?;
    let (mut sequence, mut tape): (Cube<E, D>, T) = cube.try_permute::<Rank3, Axes3<1, 2, 0>>()?.try_contiguous()?.split_tape();
    let mut given: Vec<Cube<E, D>> = Vec::new();
    for state in &inputs[1..] {
        let rows = (batch, op.layers * op.directions, op.hidden);
        let cube = state.flat().put_tape(tape).try_reshape_like(&rows)?.try_permute::<Rank3, Axes3<1, 2, 0>>()?;
        let (cube, carried) = cube.try_contiguous()?.split_tape();
        given.push(cube);
        tape = carried;
    }

    // The final states of each layer, stacked over the directions.
    let mut finals: [Vec<Matrix<E, D>>; 2] = [Vec::new(), Vec::new()];
    let mut steps: Vec<Matrix<E, D>> = Vec::new();
    for layer in 0..op.layers {
        if layer > 0 {
            (sequence, tape) = stack(steps, tape)?;
            (sequence, tape) = drop(op, layer - 1, sequence, tape, context)?;
        }
        let mut sides: Vec<Vec<Matrix<E, D>>> = Vec::new();
        let mut ends: Vec<State<E, D>> = Vec::new();
        for direction in 0..op.directions {
            let number = layer * op.directions + direction;
            let weights = Weights::of(op, number, context.params)?;
            let mut begin = Vec::new();
            for state in &given {
                let (row, carried) = row(state, number, tape, context.tables)?;
                begin.push(row);
                tape = carried;
            }
            let begin = if begin.is_empty() { None } else { Some(begin) };
            let (side, end, carried) = cell::run(op, &weights, &sequence, begin, direction == 1, tape, context.tables)?;
            sides.push(side);
            ends.push(end);
            tape = carried;
        }
        let both = |parts: Vec<Matrix<E, D>>, tape: T| beside(parts, tape);
        for state in 0..op.cell.states() {
            let (end, carried) = both(ends.iter().map(|end| end[state].clone()).collect(), tape)?;
            finals[state].push(end);
            tape = carried;
        }
        steps = Vec::new();
        for step in 0..length {
            let (step, carried) = both(sides.iter().map(|side| side[step].clone()).collect(), tape)?;
            steps.push(step);
            tape = carried;
        }
    }

    let mut outputs = Vec::new();
    if op.last {
        let last = finals[0][op.layers - 1].clone();
        let (y, carried) = Value::erase(last.put_tape(tape).try_permute::<(usize, usize), dfdx::shapes::Axes2<1, 0>>()?)?;
        outputs.push(y.with_dims(vec![batch, op.width()]));
        tape = carried;
    } else {
        let (y, carried) = batch_first(steps, tape)?;
        outputs.push(y.with_dims(vec![batch, length, op.width()]));
        tape = carried;
    }
    for state in finals.into_iter().take(op.outputs() - 1) {
        let (state, carried) = batch_first(state, tape)?;
        outputs.push(state.with_dims(vec![batch, op.layers * op.directions, op.hidden]));
        tape = carried;
    }
    Ok((outputs, tape))
}

/// Stacks rows into `[batch, rows, features]`.
fn batch_first<E: Scalar, D: Device<E>, T: Tape<E, D>>(rows: Vec<Matrix<E, D>>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (all, tape) = stack(rows, tape)?;
    Value::erase(all.put_tape(tape).try_permute::<Rank3, Axes3<2, 0, 1>>()?)
}

/// One index of the first axis.
fn row<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Cube<E, D>,
    number: usize,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<(Matrix<E, D>, T), D::Err> {
    let index = tables.number(x.device(), number)?;
    Ok(x.clone().put_tape(tape).try_select::<(usize, usize), ()>(index)?.split_tape())
}

/// Stacks values along a new first axis.
fn stack<E: Scalar, D: Device<E>, T: Tape<E, D>>(rows: Vec<Matrix<E, D>>, tape: T) -> Result<(Cube<E, D>, T), D::Err> {
    let mut tape = Some(tape);
    let rows: Vec<_> = rows.into_iter().map(|row| row.put_tape(tape.take().unwrap_or_default())).collect();
    Ok(rows.try_stack()?.split_tape())
}

/// Concatenates the features of both directions.
fn beside<E: Scalar, D: Device<E>, T: Tape<E, D>>(mut parts: Vec<Matrix<E, D>>, tape: T) -> Result<(Matrix<E, D>, T), D::Err> {
    if parts.len() == 1 {
        return Ok((parts.swap_remove(0), tape));
    }
    let (cube, tape) = stack(parts, tape)?;
    let &(parts, features, batch) = dfdx::shapes::HasShape::shape(&cube);
    Ok(cube.put_tape(tape).try_reshape_like(&(parts * features, batch))?.split_tape())
}

/// Dropout between layers, by the same rule as in the engine: random numbers are indexed by sample, layer, step and feature.
fn drop<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &ops::Recurrent,
    layer: usize,
    x: Cube<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<(Cube<E, D>, T), D::Err> {
    if context.mode != Mode::Train || op.dropout == 0.0 {
        return Ok((x, tape));
    }
    let shape = *dfdx::shapes::HasShape::shape(&x);
    let (length, width, batch) = shape;
    let scale = E::from_f64(1.0 / (1.0 - op.dropout)).expect("a probability is a number");
    let mut mask = Vec::with_capacity(length * width * batch);
    for step in 0..length {
        for feature in 0..width {
            for sample in 0..batch {
                let at = ((sample * op.layers + layer) * length + step) * width + feature;
                mask.push(if rng::keep(context.seed, context.node, at as u64, op.dropout) { scale } else { E::zero() });
            }
        }
    }
    let mask = <D as TensorFromVec<E>>::try_tensor_from_vec(x.device(), mask, shape)?;
    Ok(x.put_tape(tape).try_mul(mask)?.split_tape())
}

portable! {
    Rnn: several |op, all inputs, tape, context| forward(&op.view(), inputs, tape, context);
    Lstm: several |op, all inputs, tape, context| forward(&op.view(), inputs, tape, context);
    Gru: several |op, all inputs, tape, context| forward(&op.view(), inputs, tape, context);
}
