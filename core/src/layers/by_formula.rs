//! Elementwise functions as two formulas in dfdx's operations: the value, and the derivative, which the tape gets as a known slope.

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryEq, TryGe, TryGt, TryLe, TryLt, TryMul, TrySub};
use layercake_ir::ops::{Abs, Clamp, Exp, Hardsigmoid, Hardswish, Log, Mish, NanToNum, Pow, Softshrink, Softsign, Sqrt, Threshold};

use super::{Taped, portable};
use crate::host::{number, wide};
use crate::run::value::{Rank1, Value};
use crate::{Scalar, bounds, formula};

type Flat<E, D> = Tensor<Rank1, E, D>;
type Found<E, D> = Result<Flat<E, D>, <D as dfdx::tensor::HasErr>::Err>;

/// A function of one number.
trait Formula {
    /// The value.
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D>;

    /// The derivative; PyTorch's value where it is not defined.
    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D>;
}

fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(function: &impl Formula, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let value = function.value(x.flat())?;
    let y = match T::OWNS_TAPE {
        true => formula::attach(x.flat().put_tape(tape), value, function.slope(x.flat())?)?,
        false => value.put_tape(tape),
    };
    let (y, tape) = Value::erase(y)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
}

/// As many elements as `x` has, all of them this number.
fn all<E: Scalar, D: Device<E>>(x: &Flat<E, D>, value: f64) -> Found<E, D> {
    x.device().try_zeros_like(x.shape())?.try_add(number::<E>(value))
}

impl Formula for Clamp {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        bounds::clamp(x, self.min, self.max)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let beyond = x.clone().try_le(number::<E>(self.min))? | x.clone().try_ge(number::<E>(self.max))?;
        beyond.try_choose(all(&x, 0.0)?, all(&x, 1.0)?)
    }
}

impl Formula for Threshold {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.clone().try_le(number::<E>(self.threshold))?.try_choose(all(&x, self.value)?, x)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.clone().try_le(number::<E>(self.threshold))?.try_choose(all(&x, 0.0)?, all(&x, 1.0)?)
    }
}

impl Formula for Softshrink {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let by = number::<E>(self.lambd);
        let above = x.clone().try_gt(by)?;
        let moved = above.try_choose(x.clone().try_sub(by)?, x.clone().try_add(by)?)?;
        x.clone().try_abs()?.try_le(by)?.try_choose(all(&x, 0.0)?, moved)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.clone().try_abs()?.try_le(number::<E>(self.lambd))?.try_choose(all(&x, 0.0)?, all(&x, 1.0)?)
    }
}

impl Formula for Softsign {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let room = x.clone().try_abs()?.try_add(E::ONE)?;
        x.try_div(room)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_abs()?.try_add(E::ONE)?.try_recip()?.try_square()
    }
}

/// With `n = e (e + 2)` and `e = exp(x)`, the hyperbolic tangent of `ln(1 + e)` is `n / (n + 2)`. Up to 40 nothing overflows in `f32`, and from there on
/// the tangent is 1. Returns `e`, `n` and `n + 2`.
fn powers<E: Scalar, D: Device<E>>(x: Flat<E, D>) -> Result<[Flat<E, D>; 3], D::Err> {
    let e = bounds::at_most(x, 40.0)?.try_exp()?;
    let n = e.clone().try_add(number::<E>(2.0))?.try_mul(e.clone())?;
    let whole = n.clone().try_add(number::<E>(2.0))?;
    Ok([e, n, whole])
}

impl Formula for Mish {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let [_, n, whole] = powers(x.clone())?;
        n.try_div(whole)?.try_mul(x)
    }

    /// With `t = n / (n + 2)` it is `t + x (1 - t^2) s`, where `s` is the logistic function. `1 - t^2` is `4 (n + 1) / (n + 2)^2`.
    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let [e, n, whole] = powers(x.clone())?;
        let logistic = e.clone().try_div(e.try_add(E::ONE)?)?;
        let bend = n.clone().try_add(E::ONE)?.try_div(whole.clone())?.try_div(whole.clone())?.try_mul(number::<E>(4.0))?;
        n.try_div(whole)?.try_add(bend.try_mul(logistic)?.try_mul(x)?)
    }
}

/// `middle` between -3 and 3, other numbers at and beyond them; NaN goes to the middle.
fn between_threes<E: Scalar, D: Device<E>>(x: Flat<E, D>, low: f64, middle: Flat<E, D>, high: Flat<E, D>) -> Found<E, D> {
    let middle = x.clone().try_le(number::<E>(-3.0))?.try_choose(all(&x, low)?, middle)?;
    x.try_ge(number::<E>(3.0))?.try_choose(high, middle)
}

impl Formula for Hardswish {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let middle = x.clone().try_add(number::<E>(3.0))?.try_mul(x.clone())?.try_div(number::<E>(6.0))?;
        between_threes(x.clone(), 0.0, middle, x)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let middle = x.clone().try_div(number::<E>(3.0))?.try_add(number::<E>(0.5))?;
        let one = all(&x, 1.0)?;
        between_threes(x, 0.0, middle, one)
    }
}

impl Formula for Hardsigmoid {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let middle = x.clone().try_add(number::<E>(3.0))?.try_div(number::<E>(6.0))?;
        let one = all(&x, 1.0)?;
        between_threes(x, 0.0, middle, one)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let inside = x.clone().try_gt(number::<E>(-3.0))? & x.clone().try_lt(number::<E>(3.0))?;
        inside.try_choose(all(&x, 1.0 / 6.0)?, all(&x, 0.0)?)
    }
}

impl Formula for Exp {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_exp()
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_exp()
    }
}

impl Formula for Log {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_ln()
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_recip()
    }
}

impl Formula for Sqrt {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_sqrt()
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_sqrt()?.try_recip()?.try_mul(number::<E>(0.5))
    }
}

impl Formula for Abs {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_abs()
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let sign = x.clone().try_lt(E::default())?.try_choose(all(&x, -1.0)?, all(&x, 1.0)?)?;
        x.clone().try_eq(E::default())?.try_choose(all(&x, 0.0)?, sign)
    }
}

impl Formula for Pow {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        x.try_powf(self.exponent)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        // At 0 the power would be infinite.
        if self.exponent == 0.0 {
            return all(&x, 0.0);
        }
        x.try_powf(self.exponent - 1.0)?.try_mul(number::<E>(self.exponent))
    }
}

/// The largest finite number.
fn most<E: Scalar>() -> f64 {
    wide(E::max_value())
}

impl Formula for NanToNum {
    fn value<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let is_number = x.clone().try_le(E::default())? | x.clone().try_ge(E::default())?;
        let finite = bounds::clamp(x.clone(), -most::<E>(), most::<E>())?;
        is_number.try_choose(finite, all(&x, self.nan)?)
    }

    fn slope<E: Scalar, D: Device<E>>(&self, x: Flat<E, D>) -> Found<E, D> {
        let is_finite = x.clone().try_abs()?.try_le(E::max_value())?;
        is_finite.try_choose(all(&x, 1.0)?, all(&x, 0.0)?)
    }
}

portable! {
    Clamp: |op, x, tape, _| forward(op, x, tape);
    Threshold: |op, x, tape, _| forward(op, x, tape);
    Softshrink: |op, x, tape, _| forward(op, x, tape);
    Softsign: |op, x, tape, _| forward(op, x, tape);
    Mish: |op, x, tape, _| forward(op, x, tape);
    Hardswish: |op, x, tape, _| forward(op, x, tape);
    Hardsigmoid: |op, x, tape, _| forward(op, x, tape);
    Exp: |op, x, tape, _| forward(op, x, tape);
    Log: |op, x, tape, _| forward(op, x, tape);
    Sqrt: |op, x, tape, _| forward(op, x, tape);
    Abs: |op, x, tape, _| forward(op, x, tape);
    Pow: |op, x, tape, _| forward(op, x, tape);
    NanToNum: |op, x, tape, _| forward(op, x, tape);
}
