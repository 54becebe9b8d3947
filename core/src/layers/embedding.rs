//! Embedding: a lookup table for token ids.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axis, Dtype, Rank2, Shape};
use dfdx::tensor::{Cpu, PutTape, SplitTape, Storage, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, ChooseFrom, Device, GatherTo, TryGt};
use layercake_ir::{INFER, ops};

use super::{Layer, Taped, portable};
use crate::init::{self, Init};
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::tensors::Tensors;
use crate::{Scalar, layout};

/// An embedding table with one row of `FEATURES` numbers for each id below `ROWS`. The row `PADDING` is the padding row; [`INFER`] means
/// that there is none.
///
/// Initial values are PyTorch's: standard normal, and 0 in the padding row.
#[derive(Clone, Debug)]
pub struct Embedding<const ROWS: usize, const FEATURES: usize, const PADDING: usize = INFER, E: Dtype = f32, D: Storage<E> = Cpu> {
    /// `[ROWS, FEATURES]`
    pub weight: Tensor<Rank2<ROWS, FEATURES>, E, D>,
}

impl<const ROWS: usize, const FEATURES: usize, const PADDING: usize, E: Scalar, D: Device<E>> TensorCollection<E, D>
    for Embedding<ROWS, FEATURES, PADDING, E, D>
{
    type To<E2: Dtype, D2: Device<E2>> = Embedding<ROWS, FEATURES, PADDING, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let options = TensorOptions::reset_with(|t| begin(t, PADDING, FEATURES));
        let weight = Self::tensor("weight", |s| &s.weight, |s| &mut s.weight, options);
        visitor.visit_fields(weight, |weight| Embedding { weight })
    }
}

impl<const ROWS: usize, const FEATURES: usize, const PADDING: usize, E: Scalar, D: Device<E>> Layer<E, D>
    for Embedding<ROWS, FEATURES, PADDING, E, D>
{
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        into.add(&self.weight)
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        into.push(&mut self.weight);
    }
}

/// Standard normal numbers, and zeros in the padding row.
pub(crate) fn begin<S: Shape, E: Scalar, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
    padding: usize,
    features: usize,
) -> Result<(), D::Err> {
    init::try_fill(tensor, Init::Normal { mean: 0.0, std: 1.0 })?;
    if padding != INFER {
        let mut numbers = tensor.as_vec();
        let row = numbers.chunks_mut(features.max(1)).nth(padding);
        row.into_iter().flatten().for_each(|number| *number = E::zero());
        layout::write(tensor, &numbers)?;
    }
    Ok(())
}

/// `y = weight[id]`; the padding row gets no gradient.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &ops::Embedding,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let ids = x.ids();
    let (count, features) = (ids.len(), op.embedding_dim);
    let device = x.device();
    let weight = params[0].clone().restore(&(op.num_embeddings, features))?;
    let index = <D as TensorFromVec<usize>>::try_tensor_from_vec(device, ids.to_vec(), (count,))?;
    let (found, tape): (Tensor<(usize, usize), E, D>, T) = weight.clone().put_tape(tape).try_gather(index.clone())?.split_tape();
    let dims = [x.dims(), &[features]].concat();
    if op.padding_idx == INFER {
        let (y, tape) = Value::erase(found.put_tape(tape))?;
        return Ok((y.with_dims(dims), tape));
    }
    let token = ids.iter().map(|&id| if id == op.padding_idx { E::zero() } else { E::ONE }).collect();
    let token = <D as TensorFromVec<E>>::try_tensor_from_vec(device, token, (count,))?.try_gt(E::zero())?;
    let token = token.try_broadcast_like::<_, Axis<1>>(&(count, features))?;
    let still: Tensor<(usize, usize), E, D> = weight.try_gather(index)?;
    let (y, tape) = Value::erase(token.try_choose(found.put_tape(tape), still)?)?;
    Ok((y.with_dims(dims), tape))
}

portable! {
    Embedding: |op, x, tape, context| forward(op, x, tape, context.params);
}
