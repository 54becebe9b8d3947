//! Learned tensors.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{ConstShape, Dtype};
use dfdx::tensor::{Cpu, PutTape, SplitTape, Storage, Tensor};
use dfdx::tensor_ops::{Device, ReshapeTo, TryMatMul};

use super::{Layer, portable};
use crate::Scalar;
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::tensors::Tensors;

/// A learned tensor, the same for all samples. The initial values are 0.
#[derive(Clone, Debug)]
pub struct Parameter<S: ConstShape, E: Dtype = f32, D: Storage<E> = Cpu> {
    /// Its elements. Their path is the layer's name alone, as that of PyTorch's `nn.Parameter`.
    pub value: Tensor<S, E, D>,
}

impl<S: ConstShape, E: Scalar, D: Device<E>> TensorCollection<E, D> for Parameter<S, E, D> {
    type To<E2: Dtype, D2: Device<E2>> = Parameter<S, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let value = Self::tensor("", |s| &s.value, |s| &mut s.value, TensorOptions::reset_to_zeros());
        visitor.visit_fields(value, |value| Parameter { value })
    }
}

impl<S: ConstShape, E: Scalar, D: Device<E>> Layer<E, D> for Parameter<S, E, D> {
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        into.add(&self.value)
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        into.push(&mut self.value);
    }
}

portable! {
    Parameter: |op, x, tape, context| {
        let (batch, value) = (x.dims()[0], &context.params[0]);
        let sizes = op.shape.as_slice();
        // A product, as dfdx's `reshape` of a broadcast tensor loses all of the gradient but the first sample's on CUDA.
        let ones: Tensor<(usize, usize), E, D> = x.device().try_ones_like(&(batch, 1))?;
        let row = value.flat().put_tape(tape).try_reshape_like(&(1, sizes.iter().product::<usize>()))?;
        let (row, tape) = row.split_tape();
        let (y, tape) = Value::erase(ones.put_tape(tape).try_matmul(row)?)?;
        Ok((y.with_dims([&[batch], sizes].concat()), tape))
    };
}
