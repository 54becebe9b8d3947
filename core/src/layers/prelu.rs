//! PReLU: a leaky ReLU whose slope is a parameter.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes2, Axes3, Dtype, HasShape, Rank1};
use dfdx::tensor::{Cpu, PutTape, SplitTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, ChooseFrom, Device, ReshapeTo, TryGt, TryMul};

use super::{Layer, Taped, portable};
use crate::Scalar;
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::tensors::Tensors;

/// The slopes for negative elements: one, or one per channel.
///
/// The initial value is 0.25, as in PyTorch.
#[derive(Clone, Debug)]
pub struct Prelu<const PARAMETERS: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    /// `[PARAMETERS]`
    pub weight: Tensor<Rank1<PARAMETERS>, E, D>,
}

impl<const PARAMETERS: usize, E: Scalar, D: Device<E>> TensorCollection<E, D> for Prelu<PARAMETERS, E, D> {
    type To<E2: Dtype, D2: Device<E2>> = Prelu<PARAMETERS, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let options = TensorOptions::reset_with(|t| {
            t.try_fill_with_ones()?;
            *t = t.clone().try_mul(E::from_f64(0.25).expect("a number"))?;
            Ok(())
        });
        let weight = Self::tensor("weight", |s| &s.weight, |s| &mut s.weight, options);
        visitor.visit_fields(weight, |weight| Prelu { weight })
    }
}

impl<const PARAMETERS: usize, E: Scalar, D: Device<E>> Layer<E, D> for Prelu<PARAMETERS, E, D> {
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        into.add(&self.weight)
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        into.push(&mut self.weight);
    }
}

/// The gradient at exactly 0 is the weight, as in PyTorch.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    // [batch, channels, positions]
    let input = x.around(1)?;
    let shape = *input.shape();
    let weight = params[0].flat().retaped::<T>();
    let slopes = match weight.shape().0 {
        1 => weight.try_reshape_like(&())?.try_broadcast_like::<_, Axes3<0, 1, 2>>(&shape)?,
        _ => weight.try_broadcast_like::<_, Axes2<0, 2>>(&shape)?,
    };
    let (below, tape) = input.clone().put_tape(tape).try_mul(slopes)?.split_tape();
    let positive = input.try_gt(E::zero())?;
    let (y, tape) = Value::erase(positive.try_choose(input.put_tape(tape), below)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

portable! {
    Prelu: |_, x, tape, context| forward(x, tape, context.params);
}
