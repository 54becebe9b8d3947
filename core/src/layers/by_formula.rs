//! Elementwise functions by their formulas: values and derivatives are computed in float64 on the host, for any device.

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::Device;
use layercake_engine::Formula;

use super::{Taped, portable};
use crate::run::value::{Rank1, Value};
use crate::{Scalar, formula, host};

fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(function: &impl Formula, x: &Value<E, D>, tape: T) -> Result<Taped<E, D, T>, D::Err> {
    let flat: Tensor<Rank1, E, D> = x.flat();
    let numbers = host::read(&flat);
    let of = |f: &dyn Fn(f64) -> f64| {
        let list = numbers.iter().map(|&x| host::number(f(host::wide(x)))).collect();
        <D as TensorFromVec<E>>::try_tensor_from_vec(flat.device(), list, *flat.shape())
    };
    let value = of(&|x| function.value(x))?;
    if !T::OWNS_TAPE {
        let (y, tape) = Value::erase(value.put_tape(tape))?;
        return Ok((y.with_dims(x.dims().to_vec()), tape));
    }
    let slope = of(&|x| function.slope(x))?;
    let (y, tape) = Value::erase(formula::attach(flat.put_tape(tape), value, slope)?)?;
    Ok((y.with_dims(x.dims().to_vec()), tape))
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
}
