//! Normalizations without running statistics: each sample is normalized to mean 0 and variance 1, then scaled and shifted.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes2, Axis, ConstShape, Dtype, HasShape};
use dfdx::tensor::{Cpu, NoneTape, PutTape, SplitTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, Device, MeanTo, ReshapeTo, TryAdd, TryDiv, TryMul, TrySub};
use layercake_ir::ops::{LayerNorm, RmsNorm};

use super::{Layer, Taped, portable};
use crate::Scalar;
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::tensors::Tensors;

/// Scale and shift of a normalization without running statistics: `LayerNorm`, `GroupNorm` and `InstanceNorm2d`.
///
/// Initial values: `weight` 1, `bias` 0.
#[derive(Clone, Debug)]
pub struct Affine<S: ConstShape, E: Dtype = f32, D: Storage<E> = Cpu, const AFFINE: bool = true> {
    /// The learned scale; none without `AFFINE`.
    pub weight: Option<Tensor<S, E, D>>,
    /// The learned shift; none without `AFFINE`.
    pub bias: Option<Tensor<S, E, D>>,
}

impl<S: ConstShape, E: Scalar, D: Device<E>, const AFFINE: bool> TensorCollection<E, D> for Affine<S, E, D, AFFINE> {
    type To<E2: Dtype, D2: Device<E2>> = Affine<S, E2, D2, AFFINE>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        if !AFFINE {
            return visitor.visit_fields((), |()| Affine { weight: None, bias: None });
        }
        let options = TensorOptions::reset_to_ones();
        let weight = Self::tensor("weight", |s| super::present(&s.weight), |s| super::present_mut(&mut s.weight), options);
        let options = TensorOptions::reset_to_zeros();
        let bias = Self::tensor("bias", |s| super::present(&s.bias), |s| super::present_mut(&mut s.bias), options);
        visitor.visit_fields((weight, bias), |(weight, bias)| Affine { weight: Some(weight), bias: Some(bias) })
    }
}

impl<S: ConstShape, E: Scalar, D: Device<E>, const AFFINE: bool> Layer<E, D> for Affine<S, E, D, AFFINE> {
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        self.weight.iter().chain(&self.bias).try_for_each(|tensor| into.add(tensor))
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        let both = self.weight.iter_mut().chain(&mut self.bias);
        into.extend(both.map(|tensor| tensor as &mut dyn Slot<E, D>));
    }
}

/// Scale of a normalization without a shift: `RMSNorm`. The initial value is 1.
#[derive(Clone, Debug)]
pub struct Scale<S: ConstShape, E: Dtype = f32, D: Storage<E> = Cpu, const AFFINE: bool = true> {
    /// The learned scale; none without `AFFINE`.
    pub weight: Option<Tensor<S, E, D>>,
}

impl<S: ConstShape, E: Scalar, D: Device<E>, const AFFINE: bool> TensorCollection<E, D> for Scale<S, E, D, AFFINE> {
    type To<E2: Dtype, D2: Device<E2>> = Scale<S, E2, D2, AFFINE>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        if !AFFINE {
            return visitor.visit_fields((), |()| Scale { weight: None });
        }
        let options = TensorOptions::reset_to_ones();
        let weight = Self::tensor("weight", |s| super::present(&s.weight), |s| super::present_mut(&mut s.weight), options);
        visitor.visit_fields(weight, |weight| Scale { weight: Some(weight) })
    }
}

impl<S: ConstShape, E: Scalar, D: Device<E>, const AFFINE: bool> Layer<E, D> for Scale<S, E, D, AFFINE> {
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        self.weight.iter().try_for_each(|tensor| into.add(tensor))
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        into.extend(self.weight.iter_mut().map(|tensor| tensor as &mut dyn Slot<E, D>));
    }
}

/// Normalizes by the root mean square over the last axes.
fn rms_norm<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &RmsNorm,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let size = op.shape.shape().len();
    let shape = (x.dims().iter().product::<usize>() / size, size);
    let rows = x.flat().try_reshape_like(&shape)?;
    let y = by_deviation(rows, shape, op.eps, tape)?;
    let y = match params {
        [weight] => y.try_mul(weight.flat().try_broadcast_like::<_, Axis<0>>(&shape)?)?,
        _ => y,
    };
    let (y, tape) = Value::erase(y)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// Normalizes over the last axes.
pub(crate) fn layer_norm<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &LayerNorm,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let size = op.shape.shape().len();
    let y = standardized(x, size, op.eps, tape)?;
    let y = match params {
        [weight, bias] => {
            let shape = (x.dims().iter().product::<usize>() / size, size);
            let y = y.try_mul(weight.flat().try_broadcast_like::<_, Axis<0>>(&shape)?)?;
            y.try_add(bias.flat().try_broadcast_like::<_, Axis<0>>(&shape)?)?
        }
        _ => y,
    };
    let (y, tape) = Value::erase(y)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// Normalizes over each group of channels, then scales and shifts each channel.
pub(crate) fn group_norm<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    groups: usize,
    eps: f64,
    x: &Value<E, D>,
    tape: T,
    params: &[Value<E, D>],
) -> Result<Taped<E, D, T>, D::Err> {
    let size = x.dims()[1..].iter().product::<usize>() / groups;
    let (y, tape) = Value::erase(standardized(x, size, eps, tape)?)?;
    let y = y.with_dims(x.dims().to_vec());
    let [weight, bias] = params else { return Ok((y, tape)) };
    // [batch, channels, positions]
    let y = y.around(1)?;
    let shape = *y.shape();
    let y = y.put_tape(tape).try_mul(weight.flat().try_broadcast_like::<_, Axes2<0, 2>>(&shape)?)?;
    let (y, tape) = Value::erase(y.try_add(bias.flat().try_broadcast_like::<_, Axes2<0, 2>>(&shape)?)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// Rows of `size` elements, normalized to `(x - mean) / sqrt(var + eps)` with the biased variance.
fn standardized<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, size: usize, eps: f64, tape: T) -> Result<Rows<E, D, T>, D::Err> {
    let shape = (x.dims().iter().product::<usize>() / size, size);
    let x = x.flat().try_reshape_like(&shape)?;
    let (centered, tape) = centered(x, shape, tape)?;
    // The second subtraction removes the rounding error of a mean that is much larger than the deviations.
    let (centered, tape) = self::centered(centered, shape, tape)?;
    by_deviation(centered, shape, eps, tape)
}

/// Rows divided by `sqrt(mean(x^2) + eps)`.
fn by_deviation<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D>,
    shape: (usize, usize),
    eps: f64,
    tape: T,
) -> Result<Rows<E, D, T>, D::Err> {
    let squares = x.clone().put_tape(tape).try_square()?.try_mean::<(usize,), Axis<1>>()?;
    let deviation = squares.try_add(E::from_f64(eps).expect("an option is a number"))?.try_sqrt()?;
    let (deviation, tape) = deviation.try_broadcast_like::<_, Axis<1>>(&shape)?.split_tape();
    x.put_tape(tape).try_div(deviation)
}

type Rows<E, D, T = NoneTape> = Tensor<(usize, usize), E, D, T>;

/// Subtracts the mean of each row.
fn centered<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Rows<E, D>, shape: (usize, usize), tape: T) -> Result<(Rows<E, D>, T), D::Err> {
    let mean = x.clone().put_tape(tape).try_mean::<(usize,), Axis<1>>()?;
    let (mean, tape) = mean.try_broadcast_like::<_, Axis<1>>(&shape)?.split_tape();
    Ok(x.put_tape(tape).try_sub(mean)?.split_tape())
}

portable! {
    LayerNorm: |op, x, tape, context| layer_norm(op, x, tape, context.params);
    RmsNorm: |op, x, tape, context| rms_norm(op, x, tape, context.params);
    GroupNorm: |op, x, tape, context| group_norm(op.groups, op.eps, x, tape, context.params);
    InstanceNorm2d: |op, x, tape, context| group_norm(op.features, op.eps, x, tape, context.params);
}
