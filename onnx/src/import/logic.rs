//! Comparisons, truth values, and choices between two values.
//!
//! A truth value is 1 or 0. Comparisons are computed from the sign of a difference, so they hold for all numbers but two infinities of one sign.

use std::rc::Rc;

use layercake_ir::ops::{Abs, Add, Clamp, Div, Log, Maximum, Mul, NanToNum, Rescaling, Sub, Threshold};

use super::attributes::Op;
use super::elementwise::{pair, shortest};
use super::importer::Importer;
use super::value::{Const, Data, Elements, Kind, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Greater" | "Less" | "GreaterOrEqual" | "LessOrEqual" | "Equal" => Some(compare(i, op)),
        "And" | "Or" | "Xor" | "Not" => Some(connect(i, op)),
        "Where" => Some(choice(i, op)),
        "IsNaN" => Some(nan(i, op)),
        "Sign" => Some(sign(i, op)),
        _ => None,
    }
}

fn compare(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let (a, b) = (i.input(op, 0)?, i.input(op, 1)?);
    if let ("Greater", Value::Data(x), Value::Const(bound), true) = (op.kind(), &a, &b, i.chooses_its_input(op))
        && let Some(number) = bound.single()
    {
        // A choice between this number and another may follow.
        return Ok(vec![Value::Above { x: *x, threshold: shortest(number) }]);
    }
    let (a, b) = (i.settled(op, a)?, i.settled(op, b)?);
    let (first, second) = if matches!(op.kind(), "Less" | "GreaterOrEqual") { (b, a) } else { (a, b) };
    let Value::Data(difference) = pair(i, op, Sub {}.into(), first, second)? else { return Err("its inputs are constants".into()) };
    let truth = match op.kind() {
        "Greater" | "Less" => is_positive(i, op, difference)?,
        "Equal" => {
            let distance = i.add(op, Abs {}, &[difference.value])?;
            let apart = is_positive(i, op, difference.with(distance))?;
            not(i, op, apart)?
        }
        _ => {
            let fails = is_positive(i, op, difference)?;
            not(i, op, fails)?
        }
    };
    Ok(vec![Value::Data(truth)])
}

/// Where a value is greater than 0: the quotient of `x` or 0 and `x` or 1.
pub(super) fn is_positive(i: &mut Importer, op: &Op<'_>, x: Data) -> Outcome<Data> {
    // An infinity divided by itself would be NaN.
    let x = x.with(i.add(op, Clamp { min: -1.0, max: 1.0 }, &[x.value])?);
    let numerator = i.add(op, Threshold { threshold: 0.0, value: 0.0 }, &[x.value])?;
    let denominator = i.add(op, Threshold { threshold: 0.0, value: 1.0 }, &[x.value])?;
    let value = i.add(op, Div {}, &[numerator, denominator])?;
    Ok(Data { kind: Kind::Truth, ..x.with(value) })
}

/// Where a value is greater than a number.
pub(super) fn is_above(i: &mut Importer, op: &Op<'_>, x: Data, threshold: f64) -> Outcome<Data> {
    let value = i.add(op, Rescaling { scale: 1.0, offset: -threshold }, &[x.value])?;
    is_positive(i, op, x.with(value))
}

pub(super) fn is_not_zero(i: &mut Importer, op: &Op<'_>, x: Data) -> Outcome<Data> {
    let value = i.add(op, Abs {}, &[x.value])?;
    is_positive(i, op, x.with(value))
}

pub(super) fn not(i: &mut Importer, op: &Op<'_>, x: Data) -> Outcome<Data> {
    let value = i.add(op, Rescaling { scale: -1.0, offset: 1.0 }, &[x.value])?;
    Ok(x.with(value))
}

fn connect(i: &mut Importer, op: &Op<'_>) -> Outcome {
    if op.kind() == "Not" {
        if let Value::Nan { x, holds } = i.input(op, 0)? {
            let opposite = !holds;
            return Ok(vec![if i.is_output(op) { Value::Data(is_nan(i, op, x, opposite)?) } else { Value::Nan { x, holds: opposite } }]);
        }
        let x = i.data(op, 0)?;
        return not(i, op, x).map(|value| vec![Value::Data(value)]);
    }
    let (a, b) = (i.input(op, 0)?, i.input(op, 1)?);
    let (a, b) = (i.settled(op, a)?, i.settled(op, b)?);
    let operation = match op.kind() {
        "And" => Mul {}.into(),
        "Or" => Maximum {}.into(),
        _ => Sub {}.into(),
    };
    let Value::Data(mut truth) = pair(i, op, operation, a, b)? else { return Err("its inputs are constants".into()) };
    if op.kind() == "Xor" {
        truth = truth.with(i.add(op, Abs {}, &[truth.value])?);
    }
    Ok(vec![Value::Data(truth)])
}

fn nan(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    Ok(vec![if i.is_output(op) { Value::Data(is_nan(i, op, x, true)?) } else { Value::Nan { x, holds: true } }])
}

fn sign(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let negative = i.add(op, Rescaling { scale: -1.0, offset: 0.0 }, &[x.value])?;
    let (above, below) = (is_positive(i, op, x)?, is_positive(i, op, x.with(negative))?);
    let value = i.add(op, Sub {}, &[above.value, below.value])?;
    Ok(vec![Value::Data(x.with(value))])
}

/// `yes` where a condition holds, `no` elsewhere.
fn choice(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let (condition, yes, no) = (i.input(op, 0)?, i.input(op, 1)?, i.input(op, 2)?);
    if let (Value::Above { x, threshold }, Value::Data(chosen), Value::Const(other)) = (&condition, &yes, &no)
        && let Some(number) = other.single().filter(|_| chosen == x)
    {
        let value = i.add(op, Threshold { threshold: *threshold, value: shortest(number) }, &[x.value])?;
        return Ok(vec![Value::Data(x.with(value))]);
    }
    if let Value::Nan { x, holds } = condition {
        let (number, value) = if holds { (yes, no) } else { (no, yes) };
        return without_nan(i, op, x, &number, value);
    }
    let (condition, yes, no) = (i.settled(op, condition)?, i.settled(op, yes)?, i.settled(op, no)?);
    let fails = opposite(i, op, &condition)?;
    let chosen = match (endless(&yes), endless(&no)) {
        (None, None) => {
            let (yes, no) = (times(i, op, condition, yes)?, times(i, op, fails, no)?);
            pair(i, op, Add {}.into(), yes, no)?
        }
        // The logarithm of a truth value is 0 or minus infinity.
        (Some(false), None) => outside(i, op, fails, no)?,
        (None, Some(false)) => outside(i, op, condition, yes)?,
        _ => return Err("a choice between infinities is not supported".into()),
    };
    Ok(vec![chosen])
}

/// A number where `x` is NaN, and a value elsewhere. As a product with truth values it would stay NaN.
fn without_nan(i: &mut Importer, op: &Op<'_>, x: Data, number: &Value, value: Value) -> Outcome {
    let nan = match number {
        Value::Const(found) => found.everywhere(),
        Value::Filled { number, .. } => Some(*number),
        _ => None,
    };
    let value = i.settled(op, value)?;
    match (nan, value) {
        (Some(nan), Value::Data(value)) if nan.is_finite() && i.is_bounded_as(value.value, x.value) => {
            let value = value.with(i.add(op, NanToNum { nan: shortest(nan) }, &[value.value])?);
            Ok(vec![Value::Data(value)])
        }
        _ => Err("a number for NaN is supported in the result of a `Softmax` or a `Clip`".into()),
    }
}

/// Where a value is NaN, or where it is not. Only NaN is left by clamping to 0.
pub(super) fn is_nan(i: &mut Importer, op: &Op<'_>, x: Data, holds: bool) -> Outcome<Data> {
    let zero = i.add(op, Clamp { min: 0.0, max: 0.0 }, &[x.value])?;
    let truth = i.add(op, NanToNum { nan: 1.0 }, &[zero])?;
    let truth = Data { kind: Kind::Truth, ..x.with(truth) };
    if holds { Ok(truth) } else { not(i, op, truth) }
}

/// Whether a value is one infinity everywhere: true for the positive one.
fn endless(value: &Value) -> Option<bool> {
    let Value::Const(constant) = value else { return None };
    constant.as_floats()?.iter().find(|number| number.is_infinite()).map(|number| *number > 0.0 || constant.single().is_none())
}

/// A value where a condition holds, and minus infinity elsewhere.
fn outside(i: &mut Importer, op: &Op<'_>, condition: Value, value: Value) -> Outcome<Value> {
    let mask = match condition {
        Value::Data(data) => Value::Data(Data { kind: Kind::Float, ..data.with(i.add(op, Log {}, &[data.value])?) }),
        Value::Const(constant) => {
            let mask = truths(&constant)?.iter().map(|&holds| if holds { 0.0 } else { f32::NEG_INFINITY }).collect();
            Value::Const(Rc::new(Const::floats(constant.dims.clone(), mask)))
        }
        _ => return Err("its condition is not supported".into()),
    };
    match (&mask, &value) {
        (Value::Const(_), Value::Const(_)) => Err("its inputs are constants".into()),
        _ => pair(i, op, Add {}.into(), value, mask),
    }
}

/// A value where a condition holds, and 0 elsewhere.
fn times(i: &mut Importer, op: &Op<'_>, condition: Value, value: Value) -> Outcome<Value> {
    match (&condition, &value) {
        (Value::Const(condition), Value::Const(value)) => {
            let zero = Const { name: None, dims: vec![], elements: zero(&value.elements) };
            let chosen = super::arithmetic::choose(condition, value, &zero, i.room())?;
            i.spend(chosen.elements.len())?;
            Ok(Value::Const(Rc::new(chosen)))
        }
        // A product with 0 would be NaN.
        (_, Value::Data(chosen)) if i.is_endless(*chosen) => {
            Err("a choice of what may be infinite or NaN where it is not chosen is not supported".into())
        }
        (_, Value::Data(chosen)) => {
            let kind = chosen.kind;
            let Value::Data(product) = pair(i, op, Mul {}.into(), value, condition)? else { return Err("it is not supported".into()) };
            Ok(Value::Data(Data { kind, ..product }))
        }
        (_, Value::Const(constant)) => {
            let kind = if constant.as_floats().is_some() { Kind::Float } else { Kind::Integer };
            let Value::Data(product) = pair(i, op, Mul {}.into(), condition, value)? else { return Err("it is not supported".into()) };
            Ok(Value::Data(Data { kind, ..product }))
        }
        _ => Err("its input is not supported".into()),
    }
}

fn zero(like: &Elements) -> Elements {
    match like {
        Elements::Floats(_) => Elements::Floats(vec![0.0]),
        Elements::Ints(_) => Elements::Ints(vec![0.into()]),
    }
}

fn truths(constant: &Const) -> Outcome<Vec<bool>> {
    Ok(constant.as_ints().ok_or("its condition is not a truth value")?.iter().map(|&truth| truth != 0).collect())
}

fn opposite(i: &mut Importer, op: &Op<'_>, condition: &Value) -> Outcome<Value> {
    Ok(match condition {
        Value::Data(data) => Value::Data(not(i, op, *data)?),
        Value::Const(constant) => {
            let fails = truths(constant)?.iter().map(|&truth| i64::from(!truth).into()).collect();
            Value::Const(Rc::new(Const::ints(constant.dims.clone(), fails)))
        }
        _ => return Err("its condition is not supported".into()),
    })
}
