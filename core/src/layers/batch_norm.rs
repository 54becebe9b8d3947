//! Batch normalization (Ioffe and Szegedy, 2015).

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{Axes2, Dtype, HasShape, Rank1};
use dfdx::tensor::{Cpu, PutTape, SplitTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, Device, MeanTo, TryAdd, TryDiv, TryMul, TrySub};
use layercake_engine::Mode;
use layercake_ir::ops::{BatchNorm1d, BatchNorm2d};

use super::{Context, Layer, Taped, portable};
use crate::Scalar;
use crate::run::slot::Slot;
use crate::run::value::{self, Value};
use crate::tensors::Tensors;

/// The tensors of a batch normalization of `FEATURES` features or channels: `BatchNorm1d` and `BatchNorm2d`.
///
/// Initial values: 1 for `weight` and `running_var`, 0 for `bias` and `running_mean`.
#[derive(Clone, Debug)]
pub struct BatchNorm<const FEATURES: usize, E: Dtype = f32, D: Storage<E> = Cpu, const AFFINE: bool = true> {
    /// The scale, `[FEATURES]`; `None` without `AFFINE`.
    pub weight: Option<Tensor<Rank1<FEATURES>, E, D>>,
    /// The shift, `[FEATURES]`; `None` without `AFFINE`.
    pub bias: Option<Tensor<Rank1<FEATURES>, E, D>>,
    /// The running mean, used in inference, `[FEATURES]`. A buffer: each training step moves it toward the mean of the batch.
    pub running_mean: Tensor<Rank1<FEATURES>, E, D>,
    /// The running variance, used in inference, `[FEATURES]`. A buffer: each training step moves it toward the variance of the batch.
    pub running_var: Tensor<Rank1<FEATURES>, E, D>,
}

impl<const FEATURES: usize, E: Scalar, D: Device<E>, const AFFINE: bool> TensorCollection<E, D> for BatchNorm<FEATURES, E, D, AFFINE> {
    type To<E2: Dtype, D2: Device<E2>> = BatchNorm<FEATURES, E2, D2, AFFINE>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let zeros = TensorOptions::detached(|t| t.try_fill_with_zeros());
        let mean = Self::tensor("running_mean", |s| &s.running_mean, |s| &mut s.running_mean, zeros);
        let ones = TensorOptions::detached(|t| t.try_fill_with_ones());
        let var = Self::tensor("running_var", |s| &s.running_var, |s| &mut s.running_var, ones);
        if !AFFINE {
            let build = |(running_mean, running_var)| BatchNorm { weight: None, bias: None, running_mean, running_var };
            return visitor.visit_fields((mean, var), build);
        }
        let options = TensorOptions::reset_to_ones();
        let weight = Self::tensor("weight", |s| super::present(&s.weight), |s| super::present_mut(&mut s.weight), options);
        let options = TensorOptions::reset_to_zeros();
        let bias = Self::tensor("bias", |s| super::present(&s.bias), |s| super::present_mut(&mut s.bias), options);
        visitor.visit_fields((weight, bias, mean, var), |(weight, bias, running_mean, running_var)| BatchNorm {
            weight: Some(weight),
            bias: Some(bias),
            running_mean,
            running_var,
        })
    }
}

impl<const FEATURES: usize, E: Scalar, D: Device<E>, const AFFINE: bool> Layer<E, D> for BatchNorm<FEATURES, E, D, AFFINE> {
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        self.weight.iter().chain(&self.bias).try_for_each(|tensor| into.add(tensor))?;
        into.add(&self.running_mean)?;
        into.add(&self.running_var)
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        let affine = self.weight.iter_mut().chain(&mut self.bias);
        into.extend(affine.map(|tensor| tensor as &mut dyn Slot<E, D>));
        into.push(&mut self.running_mean);
        into.push(&mut self.running_var);
    }
}

/// The options of either operation.
pub(crate) struct Options {
    eps: f64,
    momentum: f64,
    affine: bool,
}

impl From<&BatchNorm1d> for Options {
    fn from(op: &BatchNorm1d) -> Self {
        Self { eps: op.eps, momentum: op.momentum, affine: op.affine }
    }
}

impl From<&BatchNorm2d> for Options {
    fn from(op: &BatchNorm2d) -> Self {
        Self { eps: op.eps, momentum: op.momentum, affine: op.affine }
    }
}

/// `y = (x - mean) / sqrt(var + eps) * weight + bias` for each feature or channel.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    options: Options,
    x: &Value<E, D>,
    tape: T,
    context: &mut Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    // [batch, features, positions]
    let input = x.around(1)?;
    let shape = *input.shape();
    let statistics = context.params.len() - 2;
    let (centered, var, tape) = if context.mode == Mode::Train {
        let count = shape.0 * shape.2;
        let (mean, tape) = input.clone().put_tape(tape).try_mean::<value::Rank1, Axes2<0, 2>>()?.split_tape();
        let (centered, tape) = broadcast_sub(input, &mean, shape, tape)?;
        let squares = centered.clone().put_tape(tape).try_square()?;
        let (var, tape) = squares.try_mean::<value::Rank1, Axes2<0, 2>>()?.split_tape();
        // As in PyTorch, the running variance is updated with the unbiased estimate, while the batch is normalized with the biased one.
        let unbiased = var.clone().try_mul(number::<E>(count as f64 / (count as f64 - 1.0)))?;
        for (i, new) in [mean, unbiased].into_iter().enumerate() {
            let old = context.params[statistics + i].flat().try_mul(number::<E>(1.0 - options.momentum))?;
            let new = old.try_add(new.try_mul(number::<E>(options.momentum))?)?;
            context.updates.push((statistics + i, Value::erase(new)?.0));
        }
        (centered, var, tape)
    } else {
        let (centered, tape) = broadcast_sub(input, &context.params[statistics].flat(), shape, tape)?;
        (centered, context.params[statistics + 1].flat(), tape)
    };
    let deviation = var.put_tape(tape).try_add(number::<E>(options.eps))?.try_sqrt()?;
    let (deviation, tape) = deviation.try_broadcast_like::<_, Axes2<0, 2>>(&shape)?.split_tape();
    let mut y = centered.put_tape(tape).try_div(deviation)?;
    if options.affine {
        y = y.try_mul(context.params[0].flat().try_broadcast_like::<_, Axes2<0, 2>>(&shape)?)?;
        y = y.try_add(context.params[1].flat().try_broadcast_like::<_, Axes2<0, 2>>(&shape)?)?;
    }
    let (y, tape) = Value::erase(y)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

type Centered<E, D, T> = (Tensor<value::Rank3, E, D>, T);

fn broadcast_sub<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<value::Rank3, E, D>,
    mean: &Tensor<value::Rank1, E, D>,
    shape: value::Rank3,
    tape: T,
) -> Result<Centered<E, D, T>, D::Err> {
    let mean = mean.clone().try_broadcast_like::<_, Axes2<0, 2>>(&shape)?;
    Ok(x.put_tape(tape).try_sub(mean)?.split_tape())
}

fn number<E: Scalar>(number: f64) -> E {
    E::from_f64(number).expect("an option is a number")
}

portable! {
    BatchNorm1d: |op, x, tape, context| forward(Options::from(op), x, tape, context);
    BatchNorm2d: |op, x, tape, context| forward(Options::from(op), x, tape, context);
}
