//! Activations: elementwise functions of any shape.

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryEq, TryGe, TryGt, TryLe, TryMul};
use layercake_ir::ops::{Approximation, Elu, Gelu, Glu, Rescaling, Softplus};

use super::{Taped, moves, portable};
use crate::run::tables::Tables;
use crate::run::value::Value;
use crate::{Scalar, bounds, formula};

pub(crate) fn relu<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(bounds::positive_part(x.flat().put_tape(tape))?)?)
}

pub(crate) fn tanh<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_tanh()?)?)
}

pub(crate) fn sigmoid<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    shaped_as(x, Value::erase(x.flat().put_tape(tape).try_sigmoid()?)?)
}

/// The gradient at exactly 0 is `negative_slope`, as in PyTorch.
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

/// `x` where positive, else `alpha (exp(x) - 1)`; both times `scale`.
fn exponential<E: Scalar, D: Device<E>, T: Tape<E, D>>(alpha: f64, scale: f64, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let positive = x.flat().try_gt(E::zero())?;
    // Positive elements are removed before the exponential, where they could overflow.
    let below = bounds::at_most(x.flat().put_tape(tape), 0.0)?;
    let (below, tape) = formula::exp_m1(below)?.try_mul(number::<E>(alpha))?.split_tape();
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
    let scaled = x.flat().try_mul(number::<E>(op.beta))?;
    let linear = scaled.clone().try_gt(number::<E>(op.threshold))?;
    // Elements in the linear range are removed before the exponential, where they could overflow.
    let bent = linear.clone().try_choose(scaled.device().try_zeros_like(scaled.shape())?.put_tape(tape), x.flat())?;
    let power = bent.try_mul(number::<E>(op.beta))?.try_exp()?;
    let (bent, tape) = formula::ln_1p(power)?.try_div(number::<E>(op.beta))?.split_tape();
    shaped_as(x, Value::erase(linear.try_choose(x.flat().put_tape(tape), bent)?)?)
}

/// The gradient is 0 at and beyond the bounds, as in PyTorch; NaN stays NaN.
pub(crate) fn between<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    [low, high]: [f64; 2],
    x: &Value<E, D>,
    tape: T,
) -> Result<Taped<E, D, T>, D::Err> {
    let bound = bounds::clamp(x.flat(), low, high)?;
    let beyond = x.flat().try_le(number::<E>(low))? | x.flat().try_ge(number::<E>(high))?;
    shaped_as(x, Value::erase(beyond.try_choose(bound.put_tape(tape), x.flat())?)?)
}

/// The first half along an axis times the sigmoid of the second half.
pub(crate) fn glu<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Glu,
    x: &Value<E, D>,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let size = x.dims()[op.axis + 1];
    let (value, tape) = moves::part(x, op.axis, 0, size / 2, tape, tables)?;
    let (gate, tape) = moves::part(x, op.axis, size / 2, size, tape, tables)?;
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
    shaped_as(x, Value::erase(formula::attach(input.put_tape(tape), value, slope)?)?)
}

fn number<E: Scalar>(number: f64) -> E {
    E::from_f64(number).expect("an option is a number")
}

fn shaped_as<E: Scalar, D: Device<E>, T>(x: &Value<E, D>, (y, tape): Taped<E, D, T>) -> Result<Taped<E, D, T>, D::Err> {
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

fn rescaling<E: Scalar, D: Device<E>, T: Tape<E, D>>(op: &Rescaling, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let number = |number: f64| E::from_f64(number).expect("a number");
    let y = x.flat().put_tape(tape).try_mul(number(op.scale))?;
    let y = if op.offset == 0.0 { y } else { y.try_add(number(op.offset))? };
    shaped_as(x, Value::erase(y)?)
}

portable! {
    Relu: |_, x, tape, _| relu(x, tape);
    LeakyRelu: |op, x, tape, _| leaky_relu(op.negative_slope, x, tape);
    Tanh: |_, x, tape, _| tanh(x, tape);
    Sigmoid: |_, x, tape, _| sigmoid(x, tape);
    Elu: |op, x, tape, _| elu(op, x, tape);
    Selu: |_, x, tape, _| selu(x, tape);
    Silu: |_, x, tape, _| silu(x, tape);
    Softplus: |op, x, tape, _| softplus(op, x, tape);
    Hardtanh: |op, x, tape, _| between([op.min_val, op.max_val], x, tape);
    Relu6: |_, x, tape, _| between([0.0, 6.0], x, tape);
    Glu: |op, x, tape, context| glu(op, x, tape, context.tables);
    Gelu: |op, x, tape, _| gelu(op, x, tape);
    Rescaling: |op, x, tape, _| rescaling(op, x, tape);
}
