//! Sums, products and the like of two or more values.

use std::rc::Rc;

use layercake_ir::ops::{Add, Clamp, Div, Maximum, Minimum, Mul, Pow, Rescaling, Sub};
use layercake_ir::{self as ir, ops};

use super::arrange::gather;
use super::attributes::Op;
use super::importer::Importer;
use super::value::{Const, Data, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    let operation: ir::Op = match op.kind() {
        "Add" | "Sum" | "Mean" => Add {}.into(),
        "Sub" => Sub {}.into(),
        "Mul" => Mul {}.into(),
        "Div" => Div {}.into(),
        "Max" => Maximum {}.into(),
        "Min" => Minimum {}.into(),
        "Pow" => return Some(power(i, op)),
        _ => return None,
    };
    Some(join(i, op, operation))
}

fn join(i: &mut Importer, op: &Op<'_>, operation: ir::Op) -> Outcome {
    let inputs = i.inputs(op)?.into_iter().map(|value| i.settled(op, value)).collect::<Outcome<Vec<_>>>()?;
    let mut inputs = inputs.into_iter();
    let mut all = inputs.next().ok_or("it has no inputs")?;
    // The bias is part of the product already.
    if op.kind() == "Add"
        && let Some(product) = op.node.input.iter().find(|name| i.biased.contains(*name))
    {
        let product = op.node.input.iter().position(|name| name == product).unwrap_or(0);
        return i.input(op, product).map(|value| vec![value]);
    }
    for other in inputs {
        all = pair(i, op, operation, all, other)?;
    }
    if op.kind() == "Mean" {
        let Value::Data(data) = all else { return Err("it is a constant".into()) };
        let value = i.add(op, Rescaling { scale: 1.0 / op.node.input.len() as f64, offset: 0.0 }, &[data.value])?;
        all = Value::Data(data.with(value));
    }
    Ok(vec![all])
}

pub(super) fn pair(i: &mut Importer, op: &Op<'_>, operation: ir::Op, a: Value, b: Value) -> Outcome<Value> {
    if let Some(value) = error_function(i, op, &operation, &a, &b)? {
        return Ok(value);
    }
    match (a, b) {
        (Value::Data(a), Value::Data(b)) => {
            let [a, b] = aligned(i, op, a, b)?;
            Ok(Value::Data(a.with(i.add(op, operation, &[a.value, b.value])?)))
        }
        (Value::Data(data), Value::Const(constant)) => with_constant(i, op, operation, data, &constant, false).map(Value::Data),
        (Value::Const(constant), Value::Data(data)) => with_constant(i, op, operation, data, &constant, true).map(Value::Data),
        _ => Err("its inputs are constants".into()),
    }
}

/// Both values with equally many axes, and the batch in one place.
pub(super) fn aligned(i: &mut Importer, op: &Op<'_>, a: Data, b: Data) -> Outcome<[Data; 2]> {
    let rank = i.rank(a).max(i.rank(b));
    let (a, b) = (widened(i, op, a, rank)?, widened(i, op, b, rank)?);
    if a.is_beside(b) {
        return Ok([a, b]);
    }
    match (a.batch, b.batch) {
        (None, Some(_)) => Ok([placed(i, op, a, b)?, b]),
        (Some(_), None) => Ok([a, placed(i, op, b, a)?]),
        _ => Err("its inputs have the batch at different axes".into()),
    }
}

/// A value that is the same for all samples, with the batch where another value of as many axes has it.
fn placed(i: &mut Importer, op: &Op<'_>, data: Data, other: Data) -> Outcome<Data> {
    let mut dims = i.dims(data);
    match other.own_batch() {
        Some(at) if dims[at] == 1 && dims.len() > 1 => _ = dims.remove(at),
        _ => return Err("its inputs have the batch at different axes".into()),
    }
    let value = i.shaped(op, data.value, &dims)?;
    Ok(Data { value, ..other })
}

/// Axes of size 1 in front, as broadcasting adds them.
fn widened(i: &mut Importer, op: &Op<'_>, data: Data, rank: usize) -> Outcome<Data> {
    let more = rank - i.rank(data);
    if more == 0 {
        return Ok(data);
    }
    if data.batch == Some(0) && more > 0 && i.batched && !data.merged && i.dims(data).is_empty() {
        return Err("its inputs have the batch at different axes".into());
    }
    let dims = [vec![1; more], i.dims(data)].concat();
    let value = i.shaped(op, data.value, &dims)?;
    Ok(Data { value, batch: data.batch.map(|at| at + more), ..data })
}

/// A value and a constant; `first` if the constant is the first.
fn with_constant(i: &mut Importer, op: &Op<'_>, operation: ir::Op, data: Data, constant: &Rc<Const>, first: bool) -> Outcome<Data> {
    constant.check_exact()?;
    if let Some(number) = constant.single().filter(|_| constant.dims.len() <= i.rank(data)) {
        let number = shortest(number);
        let simple: Option<ir::Op> = match (operation, first) {
            (ir::Op::Add(_), _) => Some(Rescaling { scale: 1.0, offset: number }.into()),
            (ir::Op::Sub(_), false) => Some(Rescaling { scale: 1.0, offset: -number }.into()),
            (ir::Op::Sub(_), true) => Some(Rescaling { scale: -1.0, offset: number }.into()),
            (ir::Op::Mul(_), _) => Some(Rescaling { scale: number, offset: 0.0 }.into()),
            (ir::Op::Div(_), false) if number != 0.0 => Some(Rescaling { scale: 1.0 / number, offset: 0.0 }.into()),
            (ir::Op::Maximum(_), _) => Some(Clamp { min: number, max: f64::INFINITY }.into()),
            (ir::Op::Minimum(_), _) => Some(Clamp { min: f64::NEG_INFINITY, max: number }.into()),
            _ => None,
        };
        if let Some(simple) = simple.filter(|_| number.is_finite()) {
            let value = i.add(op, simple, &[data.value])?;
            if let ir::Op::Rescaling(Rescaling { scale, offset: 0.0 }) = simple {
                i.note_multiple(value, data.value, scale);
            }
            return Ok(data.with(value));
        }
    }
    let (data, other) = beside(i, op, data, constant)?;
    let inputs = if first { [other, data.value] } else { [data.value, other] };
    Ok(data.with(i.add(op, operation, &inputs)?))
}

/// A constant as a learned tensor that a value can be joined with.
pub(super) fn beside(i: &mut Importer, op: &Op<'_>, data: Data, constant: &Rc<Const>) -> Outcome<(Data, usize)> {
    let rank = i.rank(data).max(constant.dims.len());
    let data = widened(i, op, data, rank)?;
    let mut dims = [vec![1; rank - constant.dims.len()], constant.dims.clone()].concat();
    let mut constant = Rc::clone(constant);
    if let Some(at) = data.batch {
        if dims[at] != 1 {
            let one = if data.merged { None } else { one_sample(i, &constant, (at + constant.dims.len()).checked_sub(rank)) };
            let refused = || format!("a constant of shape {:?} differs from sample to sample", constant.dims);
            constant = one.ok_or_else(refused)?;
        }
        if !data.merged {
            dims.remove(at);
        }
    }
    Ok((data, i.parameter(&constant, dims)?))
}

/// A constant that repeats the same numbers for each sample of a batch whose size the file fixes, once.
pub(super) fn one_sample(i: &Importer, constant: &Const, axis: Option<usize>) -> Option<Rc<Const>> {
    let axis = axis?;
    if i.fixed != Some(constant.dims[axis]) {
        return None;
    }
    let rows = |row: i64| {
        let row = Const::ints(vec![1], vec![row.into()]);
        gather(constant, &row, axis, constant.elements.len()).ok()
    };
    let first = rows(0)?;
    let alike = |row: i64| rows(row).is_some_and(|other| other.elements == first.elements);
    (1..constant.dims[axis] as i64).all(alike).then(|| Rc::new(first))
}

/// GELU as exporters of older versions write it: `x / 2 * (1 + erf(x / sqrt(2)))`.
fn error_function(i: &mut Importer, op: &Op<'_>, operation: &ir::Op, a: &Value, b: &Value) -> Outcome<Option<Value>> {
    let (&Value::Erf { x, plus_one, scale }, other) = (match (a, b) {
        (Value::Erf { .. }, other) => (a, other),
        (other, Value::Erf { .. }) => (b, other),
        _ => return Ok(None),
    }) else {
        return Ok(None);
    };
    let refused = || "the error function is supported as a part of GELU only".into();
    match (operation, other) {
        (ir::Op::Add(_), Value::Const(one)) if one.single() == Some(1.0) && !plus_one => Ok(Some(Value::Erf { x, plus_one: true, scale })),
        (ir::Op::Mul(_), Value::Const(number)) if plus_one => {
            let number = number.single().ok_or_else(refused)?;
            Ok(Some(Value::Erf { x, plus_one, scale: scale * shortest(number) }))
        }
        (ir::Op::Mul(_), Value::Data(y)) if plus_one => {
            let factor = i.multiple(*y, x).ok_or_else(refused)?;
            let value = i.add(op, ops::Gelu { approximate: ops::Approximation::None }, &[x.value])?;
            let scale = 2.0 * scale * factor;
            let value = if scale == 1.0 { value } else { i.add(op, Rescaling { scale, offset: 0.0 }, &[value])? };
            Ok(Some(Value::Data(x.with(value))))
        }
        _ => Err(refused()),
    }
}

fn power(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let exponent = i.constant(op, 1)?.single().ok_or("its exponent is not a single number")?;
    let value = i.add(op, Pow { exponent: shortest(exponent) }, &[x.value])?;
    Ok(vec![Value::Data(x.with(value))])
}

/// The shortest decimal that gives this f32.
pub(super) fn shortest(number: f32) -> f64 {
    if number.is_finite() { number.to_string().parse().unwrap_or(f64::from(number)) } else { f64::from(number) }
}
