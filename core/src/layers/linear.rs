//! Linear (fully connected) layer.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes2, Axis, Dtype, HasShape, Rank1, Rank2};
use dfdx::tensor::{Cpu, PutTape, Storage, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, Device, PermuteTo, ReshapeTo, TryAdd, TryMatMul, TryMul};
use layercake_engine::{Mode, rng};
use layercake_ir::ops::DropConnect;

use super::{Context, Layer, Taped, portable};
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::tensors::Tensors;
use crate::{Scalar, init};

/// The parameters of a linear layer from `IN` to `OUT` features.
///
/// Initial values are PyTorch's: uniform within `1 / sqrt(IN)`.
#[derive(Clone, Debug)]
pub struct Linear<const IN: usize, const OUT: usize, E: Dtype = f32, D: Storage<E> = Cpu, const BIAS: bool = true> {
    /// `[OUT, IN]`
    pub weight: Tensor<Rank2<OUT, IN>, E, D>,
    /// `[OUT]`; `None` without `BIAS`.
    pub bias: Option<Tensor<Rank1<OUT>, E, D>>,
}

super::weight_and_bias! {
    Linear<IN, OUT>, fan_in: IN
}

/// `y = x W^T + b` over the last axis.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let (lead, features) = x.dims().split_at(x.dims().len() - 1);
    let rows: usize = lead.iter().product();
    let out = params[0].dims()[0];
    let x = x.flat().put_tape(tape).try_reshape_like(&(rows, features[0]))?;
    let weight = params[0].clone().restore(&(out, features[0]))?;
    let y = x.try_matmul(weight.try_permute::<(usize, usize), Axes2<1, 0>>()?)?;
    let y = match params.get(1) {
        None => y,
        Some(bias) => {
            let shape = *y.shape();
            y.try_add(bias.flat().try_broadcast_like::<_, Axis<0>>(&shape)?)?
        }
    };
    let (y, tape) = Value::erase(y)?;
    Ok((y.with_dims([lead, &[out]].concat()), tape))
}

/// A linear layer with dropped weights; one mask for the whole batch. The mask depends only on the seed of the forward pass, by the same
/// rule as in the engine.
pub(crate) fn drop_connect<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &DropConnect,
    x: &Value<E, D>,
    tape: T,
    context: &Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    if context.mode != Mode::Train || op.p == 0.0 {
        return forward(x, tape, context.params);
    }
    let weight = &context.params[0];
    let scale = E::from_f64(1.0 / (1.0 - op.p)).expect("a probability is a number");
    let len = weight.dims().iter().product();
    let mask = (0..len).map(|i| if rng::keep(context.seed, context.node, i as u64, op.p) { scale } else { E::zero() }).collect();
    let mask = <D as TensorFromVec<E>>::try_tensor_from_vec(weight.device(), mask, (len,))?;
    let (masked, tape) = Value::erase(weight.flat().put_tape(tape).try_mul(mask)?)?;
    let mut params = context.params.to_vec();
    params[0] = masked.with_dims(weight.dims().to_vec());
    forward(x, tape, &params)
}

portable! {
    Linear: |_, x, tape, context| forward(x, tape, context.params);
    DropConnect: |op, x, tape, context| drop_connect(op, x, tape, context);
}
