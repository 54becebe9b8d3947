//! Operations with several inputs: elementwise joins and concatenation; and splitting.

use dfdx::shapes::{Axes3, HasShape};
use dfdx::tensor::{NoneTape, PutTape, SplitTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{ChooseFrom, Device, PermuteTo, ReshapeTo, TryAdd, TryDiv, TryEq, TryGt, TryLt, TryMatMul, TryMul, TrySub};
use layercake_engine::{Mode, rng};

use super::linear_map::{self, LinearMap};
use super::{Context, Outputs, Taped, portable};
use crate::Scalar;
use crate::run::tables::{Lookup, Table, Tables};
use crate::run::value::{Rank1, Rank3, Value};

/// Applies a binary function to values, repeated to one shape, from left to right.
fn elementwise<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    inputs: &[&Value<E, D>],
    mut tape: T,
    tables: &Tables<E, D>,
    join: impl Fn(Tensor<Rank1, E, D, T>, Tensor<Rank1, E, D>) -> Result<Tensor<Rank1, E, D, T>, D::Err>,
) -> Result<Taped<E, D, T>, D::Err> {
    let most = |axis: usize| inputs.iter().map(|input| input.dims()[axis]).max().unwrap_or(1);
    let dims: Vec<usize> = (0..inputs[0].dims().len()).map(most).collect();
    let (first, carried) = repeated(inputs[0], &dims, tape, tables)?;
    tape = carried;
    let mut result: Tensor<Rank1, E, D> = first.flat();
    for other in &inputs[1..] {
        let (other, carried) = repeated(other, &dims, tape, tables)?;
        // dfdx refuses a tensor as both operands, which can occur because dropout in inference returns its input. A copy is a different
        // tensor.
        let (other, carried) = other.flat().put_tape(carried).try_mul(E::ONE)?.split_tape();
        tape = carried;
        let joined = join(result.put_tape(tape), other)?;
        (result, tape) = joined.split_tape();
    }
    let (y, tape) = Value::erase(result.put_tape(tape))?;
    Ok((y.with_dims(dims), tape))
}

/// The value repeated along its axes of size 1 to these sizes, batch first.
fn repeated<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    dims: &[usize],
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    if x.dims() == dims {
        return Ok((x.clone(), tape));
    }
    let (own, sizes) = (x.dims()[1..].to_vec(), &dims[1..]);
    let source = |to: usize| {
        let (mut rest, mut from, mut step) = (to, 0, 1);
        for (own, size) in own.iter().zip(sizes).rev() {
            from += if own == size { rest % size * step } else { 0 };
            step *= own;
            rest /= size;
        }
        from
    };
    let make = || LinearMap::pick((0..sizes.iter().product()).map(source).collect());
    linear_map::apply(&format!("repeated to {sizes:?}"), sizes, make, x, 1, own.len(), tape, tables)
}

/// The products of the matrices in the last two axes.
fn matmul<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    a: &Value<E, D>,
    b: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let leads = a.dims().len() - 2;
    let (n, k, m) = (a.dims()[leads], a.dims()[leads + 1], b.dims()[leads + 1]);
    let lead: Vec<usize> = (0..leads).map(|axis| a.dims()[axis].max(b.dims()[axis])).collect();
    let count: usize = lead.iter().product();
    let (a, tape) = repeated(a, &[&lead[..], &[n, k]].concat(), tape, tables)?;
    let (b, tape) = repeated(b, &[&lead[..], &[k, m]].concat(), tape, tables)?;
    // As in a join, the factors must be two tensors.
    let (b, tape) = b.flat().put_tape(tape).try_mul(E::ONE)?.try_reshape_like(&(count, k, m))?.split_tape();
    let product = a.flat().put_tape(tape).try_reshape_like(&(count, n, k))?.try_matmul(b)?;
    let (y, tape) = Value::erase(product)?;
    Ok((y.with_dims([&lead[..], &[n, m]].concat()), tape))
}

/// The larger of two elements, NaN if either is NaN. Equal elements each receive half of the gradient, as in PyTorch.
fn maximum<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    a: Tensor<Rank1, E, D, T>,
    b: Tensor<Rank1, E, D>,
) -> Result<Tensor<Rank1, E, D, T>, D::Err> {
    let plain = a.retaped::<NoneTape>();
    let (below, above) = (plain.try_lt(&b)?, plain.try_gt(&b)?);
    extreme(a, b, above, below)
}

/// The smaller of two elements, by the same rules.
fn minimum<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    a: Tensor<Rank1, E, D, T>,
    b: Tensor<Rank1, E, D>,
) -> Result<Tensor<Rank1, E, D, T>, D::Err> {
    let plain = a.retaped::<NoneTape>();
    let (below, above) = (plain.try_lt(&b)?, plain.try_gt(&b)?);
    extreme(a, b, below, above)
}

/// `a` where `first` holds, `b` where `second` does, and their mean where they are equal.
fn extreme<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    a: Tensor<Rank1, E, D, T>,
    b: Tensor<Rank1, E, D>,
    first: Tensor<Rank1, bool, D>,
    second: Tensor<Rank1, bool, D>,
) -> Result<Tensor<Rank1, E, D, T>, D::Err> {
    let half = E::from_f64(0.5).expect("a half is a number");
    let equal = a.retaped::<NoneTape>().try_eq(&b)?;
    let both = a.retaped::<T>().try_mul(half)?.try_add(b.retaped::<T>().try_mul(half)?)?;
    // If neither holds, one element is NaN, and so is the sum.
    let nan = a.retaped::<T>().try_add(b.retaped::<T>())?;
    let rest = equal.try_choose(both, nan)?;
    second.try_choose(b.retaped::<T>(), first.try_choose(a, rest)?)
}

/// `mean + exp(logvar / 2) noise` in training, the mean in inference. The noise depends only on the seed of the forward pass, by the same
/// rule as in the engine.
pub(crate) fn reparameterize<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    inputs: &[&Value<E, D>],
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (mean, logvar) = (inputs[0], inputs[1].flat());
    if context.mode != Mode::Train {
        return Ok((mean.clone(), tape));
    }
    let number = |x: f64| E::from_f64(x).expect("a number");
    let len = logvar.shape().0;
    let noise = (0..len).map(|i| number(rng::normal(context.seed, context.node, i as u64))).collect();
    let noise = <D as TensorFromVec<E>>::try_tensor_from_vec(logvar.device(), noise, (len,))?;
    let deviation = logvar.put_tape(tape).try_mul(number(0.5))?.try_exp()?;
    let (y, tape) = Value::erase(deviation.try_mul(noise)?.try_add(mean.flat())?)?;
    Ok((y.with_dims(mean.dims().to_vec()), tape))
}

/// Concatenates values along an axis, counted without the batch: gathers the rows of each value to their places in the result and adds the
/// values. dfdx's own concatenation takes two tensors only.
pub(crate) fn concat<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axis: usize,
    inputs: &[&Value<E, D>],
    mut tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let total: usize = inputs.iter().map(|input| input.dims()[axis + 1]).sum();
    let mut sum: Option<Tensor<Rank3, E, D>> = None;
    let mut first = 0;
    for input in inputs {
        let size = input.dims()[axis + 1];
        let table = || {
            let place = |i: usize| (first..first + size).contains(&i).then(|| i - first);
            let index = (0..total).map(|i| place(i).unwrap_or(0)).collect();
            Table { inside: Some((0..total).map(|i| place(i).is_some()).collect()), ..Table::pick(size, index) }
        };
        let lookup = tables.get(input.device(), format!("{size} to {first} of {total}"), || vec![table()])?;
        let (spread, carried) = rows(input, axis, total, &lookup[0], tape)?.split_tape();
        (sum, tape) = match sum {
            None => (Some(spread), carried),
            Some(sum) => {
                let (sum, carried) = spread.put_tape(carried).try_add(sum)?.split_tape();
                (Some(sum), carried)
            }
        };
        first += size;
    }
    let (y, tape) = Value::erase(sum.expect("a concatenation has inputs").put_tape(tape))?;
    let mut dims = inputs[0].dims().to_vec();
    dims[axis + 1] = total;
    Ok((y.with_dims(dims), tape))
}

/// Consecutive parts of these sizes along an axis.
fn parts<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    axis: usize,
    sizes: impl Iterator<Item = usize>,
    x: &Value<E, D>,
    mut tape: T,
    tables: &Tables<E, D>,
) -> Result<Outputs<E, D, T>, D::Err> {
    let whole = x.dims()[axis + 1];
    let (mut all, mut begin) = (Vec::new(), 0);
    for size in sizes {
        let table = || Table::pick(whole, (begin..begin + size).collect());
        let lookup = tables.get(x.device(), format!("{size} from {begin} of {whole}"), || vec![table()])?;
        let (y, carried) = Value::erase(rows(x, axis, size, &lookup[0], tape)?)?;
        let mut dims = x.dims().to_vec();
        dims[axis + 1] = size;
        all.push(y.with_dims(dims));
        (begin, tape) = (begin + size, carried);
    }
    Ok((all, tape))
}

/// `[before, count, after]`, whose middle axis a table picks from `axis`.
fn rows<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    axis: usize,
    count: usize,
    lookup: &Lookup<E, D>,
    tape: T,
) -> Result<Tensor<Rank3, E, D, T>, D::Err> {
    let x = x.around(axis + 1)?;
    let (before, size, after) = *x.shape();
    let middle_first = x.put_tape(tape).try_permute::<Rank3, Axes3<1, 0, 2>>()?.try_reshape_like(&(size, before * after))?;
    let found = lookup.rows(middle_first)?.try_reshape_like(&(count, before, after))?;
    found.try_permute::<Rank3, Axes3<1, 0, 2>>()
}

portable! {
    Add: |_, all inputs, tape, context| elementwise(inputs, tape, context.tables, |a, b| a.try_add(b));
    Sub: |_, all inputs, tape, context| elementwise(inputs, tape, context.tables, |a, b| a.try_sub(b));
    Mul: |_, all inputs, tape, context| elementwise(inputs, tape, context.tables, |a, b| a.try_mul(b));
    Div: |_, all inputs, tape, context| elementwise(inputs, tape, context.tables, |a, b| a.try_div(b));
    MatMul: |_, all inputs, tape, context| matmul(inputs[0], inputs[1], tape, context.tables);
    Maximum: |_, all inputs, tape, context| elementwise(inputs, tape, context.tables, maximum);
    Minimum: |_, all inputs, tape, context| elementwise(inputs, tape, context.tables, minimum);
    Reparameterize: |_, all inputs, tape, context| reparameterize(inputs, tape, context);
    Concat: |op, all inputs, tape, context| concat(op.axis, inputs, tape, context.tables);
}

portable! {
    Chunk: several |op, x, tape, context| {
        parts(op.axis, std::iter::repeat_n(x.dims()[op.axis + 1] / op.chunks, op.chunks), x, tape, context.tables)
    };
    Split: several |op, x, tape, context| parts(op.axis, op.sizes.as_slice().iter().copied(), x, tape, context.tables);
}
