//! Activations: elementwise, any shape.

use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryEq, TryGt, TryLt, TryMul, TrySub};
use layercake_ir::ops::{Approximation, Elu, Gelu, Glu, Softplus};

use super::{Taped, moves};
use crate::Scalar;
use crate::value::{Rank1, Value};

pub(crate) fn relu<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_relu()?)?)
}

pub(crate) fn tanh<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_tanh()?)?)
}

pub(crate) fn sigmoid<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_sigmoid()?)?)
}

/// At exactly zero the slope is `negative_slope`, as in PyTorch.
pub(crate) fn leaky_relu<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    negative_slope: f64,
    x: &Value<E, D>,
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let slope = E::from_f64(negative_slope).expect("a slope is a number");
    let positive = x.flat().try_gt(E::zero())?;
    let (below, tape) = x.flat().put_tape(tape).try_mul(slope)?.split_tape();
    shaped_as(x, Value::erase(positive.try_choose(x.flat().put_tape(tape), below)?)?)
}

/// `x` where positive, else `alpha (exp(x) - 1)`; all of it times `scale`.
fn exponential<E: Scalar, D: Device<E>, T: Tape<E, D>>(alpha: f64, scale: f64, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let positive = x.flat().try_gt(E::zero())?;
    let zeros = x.flat().try_mul(E::zero())?;
    // What is positive is left out before the exponential, where it could overflow.
    let below = positive.clone().try_choose(zeros.put_tape(tape), x.flat())?;
    let (below, tape) = below.try_exp()?.try_sub(E::ONE)?.try_mul(number::<E>(alpha))?.split_tape();
    shaped_as(x, Value::erase(positive.try_choose(x.flat().put_tape(tape), below)?.try_mul(number::<E>(scale))?)?)
}

pub(crate) fn elu<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &Elu, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    exponential(op.alpha, 1.0, x, tape)
}

/// The constants are those of the paper's appendix, to the last digit of a float64.
pub(crate) fn selu<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    exponential(1.673_263_242_354_377_2, 1.050_700_987_355_480_5, x, tape)
}

pub(crate) fn silu<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let (gate, tape) = x.flat().put_tape(tape).try_sigmoid()?.split_tape();
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_mul(gate)?)?)
}

pub(crate) fn softplus<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &Softplus, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let linear = x.flat().try_mul(number::<E>(op.beta))?.try_gt(number::<E>(op.threshold))?;
    let zeros = x.flat().try_mul(E::zero())?;
    let bent = linear.clone().try_choose(zeros.put_tape(tape), x.flat())?.try_mul(number::<E>(op.beta))?;
    let (bent, tape) = bent.try_exp()?.try_add(E::ONE)?.try_ln()?.try_div(number::<E>(op.beta))?.split_tape();
    shaped_as(x, Value::erase(linear.try_choose(x.flat().put_tape(tape), bent)?)?)
}

/// On a bound and beyond the slope is zero, as in PyTorch.
pub(crate) fn between<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    [low, high]: [f64; 2],
    x: &Value<E, D>,
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let beyond = x.flat().try_clamp(low, high)?;
    let inside = x.flat().try_gt(number::<E>(low))? & x.flat().try_lt(number::<E>(high))?;
    shaped_as(x, Value::erase(inside.try_choose(x.flat().put_tape(tape), beyond)?)?)
}

/// The first half along an axis times the sigmoid of the second.
pub(crate) fn glu<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &Glu, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let size = x.dims()[op.axis + 1];
    let (value, tape) = moves::part(x, op.axis, 0, size / 2, tape)?;
    let (gate, tape) = moves::part(x, op.axis, size / 2, size, tape)?;
    let (gate, tape) = gate.flat().put_tape(tape).try_sigmoid()?.split_tape();
    shaped_as(&value, Value::erase(value.flat().put_tape(tape).try_mul(gate)?)?)
}

/// dfdx's derivative of the exact form is wrong (its density lacks a factor of `sqrt(2) / 2`), so only its values are used.
pub(crate) fn gelu<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &Gelu, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let input = x.flat();
    if op.approximate == Approximation::Tanh {
        return shaped_as(x, Value::erase(input.put_tape(tape).try_fast_gelu()?)?);
    }
    let value = input.clone().try_accurate_gelu()?;
    // (x Phi)' = Phi + x phi, where Phi is the value over x.
    let half = input.clone().try_mul(E::zero())?.try_add(number::<E>(0.5))?;
    let cumulative = input.try_eq(E::zero())?.try_choose(half, value.clone().try_div(input.clone())?)?;
    let density = input.clone().try_square()?.try_mul(number::<E>(-0.5))?.try_exp()?;
    let density = density.try_mul(number::<E>(0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2))?;
    let slope = density.try_mul(input.clone())?.try_add(cumulative)?;
    shaped_as(x, Value::erase(with_slope(input, value, slope, tape)?)?)
}

/// `value`, whose derivative by `x` is `slope`: the difference of `x` and itself is zero, but is recorded.
fn with_slope<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<Rank1, E, D>,
    value: Tensor<Rank1, E, D>,
    slope: Tensor<Rank1, E, D>,
    tape: T,
) -> Result<Tensor<Rank1, E, D, T>, D::Err> {
    let constant = x.clone().try_mul(E::ONE)?;
    x.put_tape(tape).try_sub(constant)?.try_mul(slope)?.try_add(value)
}

fn number<E: Scalar>(number: f64) -> E {
    E::from_f64(number).expect("an option is a number")
}

fn shaped_as<E: Scalar, D: Device<E>, T>(x: &Value<E, D>, (y, tape): Taped<E, D, T>) -> Result<Taped<E, D, T>, D::Err> {
    Ok((y.with_dims(x.dims().to_vec()), tape))
}
