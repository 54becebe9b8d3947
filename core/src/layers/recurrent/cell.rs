//! One layer of a recurrent network in one direction, step by step.

use dfdx::shapes::{Axes3, Axis};
use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, Device, PermuteTo, ReshapeTo, TryAdd, TryMatMul, TryMul, TrySub};
use layercake_ir::ops::{self, Cell};

use super::{Cube, row};
use crate::Scalar;
use crate::run::tables::Tables;
use crate::run::value::{Rank3, Value};

/// Features and the batch.
pub(super) type Matrix<E, D> = Tensor<(usize, usize), E, D>;

/// `h`, and for an LSTM also `c`.
pub(super) type State<E, D> = Vec<Matrix<E, D>>;

/// The outputs of all steps in order of time, the final state, and the tape.
type Ran<E, D, T> = (Vec<Matrix<E, D>>, State<E, D>, T);

/// The tensors of one layer and direction.
pub(super) struct Weights<E: Scalar, D: Device<E>> {
    input: Matrix<E, D>,
    hidden: Matrix<E, D>,
    /// The biases of the input and of the state.
    biases: Option<[Value<E, D>; 2]>,
}

impl<E: Scalar, D: Device<E>> Weights<E, D> {
    /// The tensors of a layer and direction, by their number.
    pub fn of(op: &ops::Recurrent, number: usize, params: &[Value<E, D>]) -> Result<Self, D::Err> {
        let own = &params[number * op.tensors()..][..op.tensors()];
        let matrix = |value: &Value<E, D>| value.clone().restore(&(value.dims()[0], value.dims()[1]));
        let biases = op.bias.then(|| [own[2].clone(), own[3].clone()]);
        Ok(Self { input: matrix(&own[0])?, hidden: matrix(&own[1])?, biases })
    }
}

/// `W x + b`, for each column of `x`.
fn affine<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    weight: &Matrix<E, D>,
    bias: Option<&Value<E, D>>,
    x: &Matrix<E, D>,
    tape: T,
) -> Result<(Matrix<E, D>, T), D::Err> {
    let (y, mut tape) = weight.clone().put_tape(tape).try_matmul(x.clone())?.split_tape();
    let Some(bias) = bias else { return Ok((y, tape)) };
    let shape = *dfdx::shapes::HasShape::shape(&y);
    let (bias, carried) = bias.flat().put_tape(tape).try_broadcast_like::<_, Axis<1>>(&shape)?.split_tape();
    tape = carried;
    Ok(y.put_tape(tape).try_add(bias)?.split_tape())
}

/// Runs a sequence `[length, features, batch]`, backward in time if `reverse`.
pub(super) fn run<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &ops::Recurrent,
    weights: &Weights<E, D>,
    x: &Cube<E, D>,
    begin: Option<State<E, D>>,
    reverse: bool,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Ran<E, D, T>, D::Err> {
    let &(length, features, batch) = dfdx::shapes::HasShape::shape(x);
    let rows = op.cell.gates() * op.hidden;
    // The input's part of the gates of all steps is one product.
    let columns = x.clone().put_tape(tape).try_permute::<Rank3, Axes3<1, 0, 2>>()?.try_contiguous()?;
    let (columns, tape) = columns.try_reshape_like(&(features, length * batch))?.split_tape();
    let (all, tape) = affine(&weights.input, weights.biases.as_ref().map(|both| &both[0]), &columns, tape)?;
    let all = all.put_tape(tape).try_reshape_like(&(rows, length, batch))?.try_permute::<Rank3, Axes3<1, 0, 2>>()?;
    let (all, mut tape) = all.try_contiguous()?.split_tape();

    let zeros =
        || -> Result<State<E, D>, D::Err> { (0..op.cell.states()).map(|_| x.device().try_zeros_like(&(op.hidden, batch))).collect() };
    let mut state = begin.map_or_else(zeros, Ok)?;
    let mut steps = Vec::new();
    for i in 0..length {
        let (input, carried) = row(&all, if reverse { length - 1 - i } else { i }, tape, tables)?;
        let (past, carried) = affine(&weights.hidden, weights.biases.as_ref().map(|both| &both[1]), &state[0], carried)?;
        (state, tape) = step(op, input, past, &state, carried, tables)?;
        steps.push(state[0].clone());
    }
    if reverse {
        steps.reverse();
    }
    Ok((steps, state, tape))
}

/// An elementwise function.
type Curve<E, D, T> = fn(Tensor<(usize, usize), E, D, T>) -> Result<Tensor<(usize, usize), E, D, T>, <D as dfdx::tensor::HasErr>::Err>;

/// One step, from the input's and the state's parts of the gates.
fn step<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &ops::Recurrent,
    input: Matrix<E, D>,
    past: Matrix<E, D>,
    state: &State<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<(State<E, D>, T), D::Err> {
    let sigmoid: Curve<E, D, T> = |x| x.try_sigmoid();
    let tanh: Curve<E, D, T> = |x| x.try_tanh();
    let relu: Curve<E, D, T> = |x| x.try_relu();
    let &(rows, batch) = dfdx::shapes::HasShape::shape(&input);
    let gates: Rank3 = (op.cell.gates(), rows / op.cell.gates(), batch);
    let add = |a: &Matrix<E, D>, b: &Matrix<E, D>, tape: T| -> Result<(Matrix<E, D>, T), D::Err> {
        Ok(a.clone().put_tape(tape).try_add(b.clone())?.split_tape())
    };
    let mul = |a: &Matrix<E, D>, b: &Matrix<E, D>, tape: T| -> Result<(Matrix<E, D>, T), D::Err> {
        Ok(a.clone().put_tape(tape).try_mul(b.clone())?.split_tape())
    };
    let bend = |curve: Curve<E, D, T>, x: Matrix<E, D>, tape: T| -> Result<(Matrix<E, D>, T), D::Err> {
        Ok(curve(x.put_tape(tape))?.split_tape())
    };
    match op.cell {
        Cell::Tanh | Cell::Relu => {
            let (sum, tape) = add(&input, &past, tape)?;
            let (h, tape) = bend(if op.cell == Cell::Relu { relu } else { tanh }, sum, tape)?;
            Ok((vec![h], tape))
        }
        Cell::Lstm => {
            let (sum, tape) = add(&input, &past, tape)?;
            let (sum, tape) = sum.put_tape(tape).try_reshape_like(&gates)?.split_tape();
            let (i, tape) = row(&sum, 0, tape, tables)?;
            let (i, tape) = bend(sigmoid, i, tape)?;
            let (f, tape) = row(&sum, 1, tape, tables)?;
            let (f, tape) = bend(sigmoid, f, tape)?;
            let (g, tape) = row(&sum, 2, tape, tables)?;
            let (g, tape) = bend(tanh, g, tape)?;
            let (o, tape) = row(&sum, 3, tape, tables)?;
            let (o, tape) = bend(sigmoid, o, tape)?;
            let (kept, tape) = mul(&f, &state[1], tape)?;
            let (new, tape) = mul(&i, &g, tape)?;
            let (c, tape) = add(&kept, &new, tape)?;
            let (shown, tape) = bend(tanh, c.clone(), tape)?;
            let (h, tape) = mul(&o, &shown, tape)?;
            Ok((vec![h, c], tape))
        }
        Cell::Gru => {
            let (input, tape) = input.put_tape(tape).try_reshape_like(&gates)?.split_tape();
            let (past, tape) = past.put_tape(tape).try_reshape_like(&gates)?.split_tape();
            let (a, tape) = row(&input, 0, tape, tables)?;
            let (b, tape) = row(&past, 0, tape, tables)?;
            let (r, tape) = add(&a, &b, tape)?;
            let (r, tape) = bend(sigmoid, r, tape)?;
            let (a, tape) = row(&input, 1, tape, tables)?;
            let (b, tape) = row(&past, 1, tape, tables)?;
            let (z, tape) = add(&a, &b, tape)?;
            let (z, tape) = bend(sigmoid, z, tape)?;
            let (a, tape) = row(&input, 2, tape, tables)?;
            let (b, tape) = row(&past, 2, tape, tables)?;
            let (b, tape) = mul(&r, &b, tape)?;
            let (n, tape) = add(&a, &b, tape)?;
            let (n, tape) = bend(tanh, n, tape)?;
            // (1 - z) n + z h
            let (way, tape) = state[0].clone().put_tape(tape).try_sub(n.clone())?.split_tape();
            let (way, tape) = mul(&z, &way, tape)?;
            let (h, tape) = add(&n, &way, tape)?;
            Ok((vec![h], tape))
        }
    }
}
