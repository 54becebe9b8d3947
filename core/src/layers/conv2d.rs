//! Two-dimensional convolution.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes3, Axes4, Axis, Dtype, HasShape, Rank1, Rank4};
use dfdx::tensor::{Cpu, PutTape, Storage, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, Device, GatherTo, PermuteTo, ReshapeTo, TryAdd, TryMatMul, TryMul};

use super::window::Taps;
use super::{Layer, Taped};
use crate::value::{self, Slot, Value};
use crate::{Scalar, init};

/// The parameters of a two-dimensional convolution with `OUT` channels out, `IN` channels in for each group, and a kernel of
/// `HEIGHT x WIDTH`.
///
/// Built, they hold PyTorch's default: uniform within `1 / sqrt(IN * HEIGHT * WIDTH)`.
#[derive(Clone, Debug)]
pub struct Conv2d<
    const OUT: usize,
    const IN: usize,
    const HEIGHT: usize,
    const WIDTH: usize,
    E: Dtype = f32,
    D: Storage<E> = Cpu,
    const BIAS: bool = true,
> {
    /// `[OUT, IN, HEIGHT, WIDTH]`
    pub weight: Tensor<Rank4<OUT, IN, HEIGHT, WIDTH>, E, D>,
    /// `[OUT]`; none without `BIAS`.
    pub bias: Option<Tensor<Rank1<OUT>, E, D>>,
}

impl<const OUT: usize, const IN: usize, const HEIGHT: usize, const WIDTH: usize, E: Scalar, D: Device<E>, const BIAS: bool>
    TensorCollection<E, D> for Conv2d<OUT, IN, HEIGHT, WIDTH, E, D, BIAS>
{
    type To<E2: Dtype, D2: Device<E2>> = Conv2d<OUT, IN, HEIGHT, WIDTH, E2, D2, BIAS>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let options = TensorOptions::reset_with(|t| init::default_uniform(t, IN * HEIGHT * WIDTH));
        let weight = Self::tensor("weight", |s| &s.weight, |s| &mut s.weight, options);
        if !BIAS {
            return visitor.visit_fields(weight, |weight| Conv2d { weight, bias: None });
        }
        let options = TensorOptions::reset_with(|t| init::default_uniform(t, IN * HEIGHT * WIDTH));
        let bias = Self::tensor("bias", |s| super::present(&s.bias), |s| super::present_mut(&mut s.bias), options);
        visitor.visit_fields((weight, bias), |(weight, bias)| Conv2d { weight, bias: Some(bias) })
    }
}

impl<const OUT: usize, const IN: usize, const HEIGHT: usize, const WIDTH: usize, E: Scalar, D: Device<E>, const BIAS: bool> Layer<E, D>
    for Conv2d<OUT, IN, HEIGHT, WIDTH, E, D, BIAS>
{
    fn tensors(&self, into: &mut Vec<Value<E, D>>) -> Result<(), D::Err> {
        super::push_both(&self.weight, self.bias.as_ref(), into)
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        super::slots_of_both(&mut self.weight, self.bias.as_mut(), into);
    }
}

/// Gathers the columns that each output position sees, and multiplies the weights with them, group by group.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &layercake_ir::ops::Conv2d,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let images = x.images()?;
    let (batch, channels, height, width) = *images.shape();
    let taps = Taps::new(&op.window(), [height, width]);
    let (windows, device) = (taps.out[0] * taps.out[1], images.device().clone());

    // [channels * height * width, batch]
    let pixels = images.put_tape(tape).try_permute::<value::Rank4, Axes4<1, 2, 3, 0>>()?;
    let pixels = pixels.try_reshape_like(&(channels * height * width, batch))?;
    let (mut index, mut inside) = (Vec::new(), Vec::new());
    for channel in 0..channels {
        for (tap, within) in taps.index.iter().zip(&taps.inside) {
            index.extend(tap.iter().map(|at| channel * height * width + at));
            inside.extend(within.iter().map(|&inside| if inside { E::ONE } else { E::zero() }));
        }
    }
    let rows = index.len();
    let index = <D as TensorFromVec<usize>>::try_tensor_from_vec(&device, index, (rows,))?;
    let inside = <D as TensorFromVec<E>>::try_tensor_from_vec(&device, inside, (rows,))?;
    let columns = pixels.try_gather(index)?.try_mul(inside.try_broadcast_like::<_, Axis<1>>(&(rows, batch))?)?;

    // [groups, out / groups, in / groups * taps] x [groups, in / groups * taps, windows * batch]
    let inner = rows / windows / op.groups;
    let columns = columns.try_reshape_like(&(op.groups, inner, windows * batch))?;
    let weight = params[0].clone().restore(&(op.groups, op.out_channels / op.groups, inner))?;
    let maps = weight.retaped::<T>().try_matmul(columns)?;

    let maps = maps.try_reshape_like(&(op.out_channels, taps.out[0], taps.out[1], batch))?;
    let maps = maps.try_permute::<value::Rank4, Axes4<3, 0, 1, 2>>()?;
    let Some(bias) = params.get(1) else { return Value::erase(maps) };
    let shape = *maps.shape();
    Value::erase(maps.try_add(bias.flat().try_broadcast_like::<_, Axes3<0, 2, 3>>(&shape)?)?)
}
