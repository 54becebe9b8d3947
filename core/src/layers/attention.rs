//! Multi-head attention.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes3, Axes5, Axis, Dtype, Rank1, Rank2};
use dfdx::tensor::{Cpu, PutTape, SplitTape, Storage, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, Device, PermuteTo, ReshapeTo, SelectTo, TryAdd, TryMatMul, TryMul};
use layercake_engine::{Mode, rng};
use layercake_ir::ops;

use super::{Context, Layer, Taped, linear, portable, present, present_mut};
use crate::init::{self, Init};
use crate::run::slot::Slot;
use crate::run::tables::{Table, Tables};
use crate::run::value::{Rank3, Value};
use crate::tensors::Tensors;
use crate::{Scalar, host};

/// The tensors of attention on `FEATURES` features; `ALL` is `3 * FEATURES`.
///
/// Initial values are PyTorch's: Xavier uniform for `in_proj_weight`, uniform within `1 / sqrt(FEATURES)` for `out_proj_weight`, 0 for the
/// biases.
#[derive(Clone, Debug)]
pub struct MultiheadAttention<const FEATURES: usize, const ALL: usize, E: Dtype = f32, D: Storage<E> = Cpu, const BIAS: bool = true> {
    /// The rows for queries, keys and values, in this order: `[ALL, FEATURES]`.
    pub in_proj_weight: Tensor<Rank2<ALL, FEATURES>, E, D>,
    /// `[ALL]`; `None` without `BIAS`.
    pub in_proj_bias: Option<Tensor<Rank1<ALL>, E, D>>,
    /// `[FEATURES, FEATURES]`. Its path is PyTorch's, `out_proj.weight`.
    pub out_proj_weight: Tensor<Rank2<FEATURES, FEATURES>, E, D>,
    /// `[FEATURES]`; `None` without `BIAS`. Its path is PyTorch's, `out_proj.bias`.
    pub out_proj_bias: Option<Tensor<Rank1<FEATURES>, E, D>>,
}

impl<const FEATURES: usize, const ALL: usize, E: Scalar, D: Device<E>, const BIAS: bool> TensorCollection<E, D>
    for MultiheadAttention<FEATURES, ALL, E, D, BIAS>
{
    type To<E2: Dtype, D2: Device<E2>> = MultiheadAttention<FEATURES, ALL, E2, D2, BIAS>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let options = TensorOptions::reset_with(|t| init::try_fill(t, Init::XavierUniform { gain: 1.0 }));
        let weight = Self::tensor("in_proj_weight", |s| &s.in_proj_weight, |s| &mut s.in_proj_weight, options);
        let options = TensorOptions::reset_with(|t| init::default_uniform(t, FEATURES));
        let out = Self::tensor("out_proj.weight", |s| &s.out_proj_weight, |s| &mut s.out_proj_weight, options);
        if !BIAS {
            return visitor.visit_fields((weight, out), |(in_proj_weight, out_proj_weight)| MultiheadAttention {
                in_proj_weight,
                in_proj_bias: None,
                out_proj_weight,
                out_proj_bias: None,
            });
        }
        let zeros = TensorOptions::reset_to_zeros();
        let bias = Self::tensor("in_proj_bias", |s| present(&s.in_proj_bias), |s| present_mut(&mut s.in_proj_bias), zeros);
        let zeros = TensorOptions::reset_to_zeros();
        let out_bias = Self::tensor("out_proj.bias", |s| present(&s.out_proj_bias), |s| present_mut(&mut s.out_proj_bias), zeros);
        visitor.visit_fields((weight, bias, out, out_bias), |(in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias)| {
            MultiheadAttention { in_proj_weight, in_proj_bias: Some(in_proj_bias), out_proj_weight, out_proj_bias: Some(out_proj_bias) }
        })
    }
}

impl<const FEATURES: usize, const ALL: usize, E: Scalar, D: Device<E>, const BIAS: bool> Layer<E, D>
    for MultiheadAttention<FEATURES, ALL, E, D, BIAS>
{
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        super::push_both(&self.in_proj_weight, self.in_proj_bias.as_ref(), into)?;
        super::push_both(&self.out_proj_weight, self.out_proj_bias.as_ref(), into)
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        super::slots_of_both(&mut self.in_proj_weight, self.in_proj_bias.as_mut(), into);
        super::slots_of_both(&mut self.out_proj_weight, self.out_proj_bias.as_mut(), into);
    }
}

/// The score of a masked position: finite, but its softmax is 0.
const HIDDEN: f64 = -1e30;

/// Queries, keys and values, each `[batch * heads, steps, size]`.
type Heads<E, D> = [Tensor<Rank3, E, D>; 3];

/// The parts of an input's projection to queries, keys and values.
fn project<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    heads: usize,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
    tables: &Tables<E, D>,
) -> Result<(Heads<E, D>, T), D::Err> {
    let [batch, steps, features] = x.dims()[..] else { unreachable!("the shape rule accepts only sequences") };
    let size = features / heads;
    let (all, tape) = linear::forward(x, tape, params)?;
    let all = all.flat().put_tape(tape).try_reshape_like(&(batch, steps, 3usize, heads, size))?;
    let all = all.try_permute::<(usize, usize, usize, usize, usize), Axes5<2, 0, 3, 1, 4>>()?.try_contiguous()?;
    let (all, mut tape) = all.try_reshape_like(&(3usize, batch * heads, steps, size))?.split_tape();
    let mut parts = Vec::new();
    for part in 0..3 {
        let index = tables.number(x.device(), part)?;
        let (part, carried): (Tensor<Rank3, E, D>, T) = all.clone().put_tape(tape).try_select::<Rank3, ()>(index)?.split_tape();
        parts.push(part);
        tape = carried;
    }
    let Ok(parts) = parts.try_into() else { unreachable!("three parts were taken") };
    Ok((parts, tape))
}

/// The forward pass.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &ops::MultiheadAttention,
    inputs: &[&Value<E, D>],
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let x = inputs[0];
    let [batch, length, features] = x.dims()[..] else { unreachable!("the shape rule accepts only sequences") };
    let (ins, outs) = context.params.split_at(if op.bias { 2 } else { 1 });
    let device = x.device().clone();
    let (heads, size) = (batch * op.heads, features / op.heads);
    let ([queries, mut keys, mut values], mut tape) = project(op.heads, x, tape, ins, context.tables)?;
    // Of the projections of another input, the parts that it is not asked for have no gradient.
    if op.key {
        let ([_, from_key, and_value], carried) = project(op.heads, inputs[1], tape, ins, context.tables)?;
        (keys, values, tape) = (from_key, and_value, carried);
    }
    if op.value {
        let ([_, _, from_value], carried) = project(op.heads, inputs[2], tape, ins, context.tables)?;
        (values, tape) = (from_value, carried);
    }
    let steps = inputs[usize::from(op.key)].dims()[1];
    let (keys, tape) = keys.put_tape(tape).try_permute::<Rank3, Axes3<0, 2, 1>>()?.split_tape();
    let scores = queries.put_tape(tape).try_matmul(keys)?.try_mul(host::number::<E>(1.0 / (size as f64).sqrt()))?;
    let scores = if op.causal {
        let mask = context.tables.get(&device, format!("seen up to {length}"), || {
            let hidden = |at: usize| if at % length > at / length { HIDDEN } else { 0.0 };
            let factors = Some((0..length * length).map(hidden).collect());
            vec![Table { factors, ..Table::pick(length * length, (0..length * length).collect()) }]
        })?;
        let mask = mask[0].factors(&device, 1)?.try_reshape_like(&(length, length))?;
        scores.try_add(mask.try_broadcast_like::<_, Axis<0>>(&(heads, length, length))?)?
    } else {
        scores
    };
    let scores = match inputs.last().filter(|_| op.mask) {
        Some(mask) => {
            let (scores, tape) = scores.split_tape();
            // The same mask for each head. It is the scores that are reshaped: dfdx's `reshape` of a broadcast tensor loses gradients on CUDA.
            let mask = mask.flat().put_tape(tape).try_reshape_like(&(batch, length, steps))?;
            let (mask, tape) = mask.try_broadcast_like::<_, Axis<1>>(&(batch, op.heads, length, steps))?.split_tape();
            let scores = scores.put_tape(tape).try_reshape_like(&(batch, op.heads, length, steps))?;
            scores.try_add(mask)?.try_reshape_like(&(heads, length, steps))?
        }
        None => scores,
    };
    let mut seen = scores.try_softmax::<Axis<2>>()?;
    if context.mode == Mode::Train && op.dropout > 0.0 {
        let scale = host::number::<E>(1.0 / (1.0 - op.dropout));
        let keep = |at: usize| if rng::keep(context.seed, context.node, at as u64, op.dropout) { scale } else { E::zero() };
        let mask = (0..heads * length * steps).map(keep).collect();
        seen = seen.try_mul(<D as TensorFromVec<E>>::try_tensor_from_vec(&device, mask, (heads, length, steps))?)?;
    }
    let mixed = seen.try_matmul(values)?.try_reshape_like(&(batch, op.heads, length, size))?;
    let mixed = mixed.try_permute::<(usize, usize, usize, usize), dfdx::shapes::Axes4<0, 2, 1, 3>>()?;
    let (mixed, tape) = Value::erase(mixed)?;
    linear::forward(&mixed.with_dims(vec![batch, length, features]), tape, outs)
}

portable! {
    MultiheadAttention: |op, all inputs, tape, context| forward(op, inputs, tape, context);
}
