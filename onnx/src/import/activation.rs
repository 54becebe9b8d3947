//! Functions of each element.

use layercake_ir::ops::*;
use layercake_ir::{self as ir};

use super::attributes::Op;
use super::elementwise::shortest;
use super::importer::Importer;
use super::value::{Outcome, Value};
use crate::Tensor;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    let operation: ir::Op = match op.kind() {
        "Relu" => Relu {}.into(),
        "Sigmoid" => Sigmoid {}.into(),
        "Tanh" => Tanh {}.into(),
        "Softsign" => Softsign {}.into(),
        "Mish" => Mish {}.into(),
        "HardSwish" => Hardswish {}.into(),
        "Exp" => Exp {}.into(),
        "Log" => Log {}.into(),
        "Sqrt" => Sqrt {}.into(),
        "Abs" => Abs {}.into(),
        "Neg" => Rescaling { scale: -1.0, offset: 0.0 }.into(),
        "Reciprocal" => Pow { exponent: -1.0 }.into(),
        "Softplus" => Softplus { beta: 1.0, threshold: 20.0 }.into(),
        "LeakyRelu" => LeakyRelu { negative_slope: op.float("alpha", 0.01) }.into(),
        "Elu" => Elu { alpha: op.float("alpha", 1.0) }.into(),
        "Celu" if op.float("alpha", 1.0) == 1.0 => Elu { alpha: 1.0 }.into(),
        "ThresholdedRelu" => Threshold { threshold: op.float("alpha", 1.0), value: 0.0 }.into(),
        "Swish" if op.float("alpha", 1.0) == 1.0 => Silu {}.into(),
        "Gelu" => {
            let approximate = if op.text("approximate", "none") == "tanh" { Approximation::Tanh } else { Approximation::None };
            Gelu { approximate }.into()
        }
        "Selu" => return Some(selu(i, op)),
        "HardSigmoid" => return Some(hard_sigmoid(i, op)),
        "Shrink" => return Some(shrink(i, op)),
        "Clip" => return Some(clip(i, op)),
        "PRelu" => return Some(prelu(i, op)),
        "Erf" => return Some(erf(i, op)),
        "Softmax" | "LogSoftmax" => return Some(softmax(i, op)),
        "Identity" => return Some(i.input(op, 0).map(|value| vec![value])),
        "Dropout" => {
            op.ignore(&["ratio", "seed", "is_test"]);
            return Some(dropout(i, op));
        }
        _ => return None,
    };
    Some(simple(i, op, operation))
}

fn simple(i: &mut Importer, op: &Op<'_>, operation: ir::Op) -> Outcome {
    op.ignore(&["consumed_inputs"]);
    let x = i.data(op, 0)?;
    let value = i.add(op, operation, &[x.value])?;
    if let ir::Op::Rescaling(Rescaling { scale, offset: 0.0 }) = operation {
        i.note_multiple(value, x.value, scale);
    }
    Ok(vec![Value::Data(x.with(value))])
}

fn selu(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let near = |found: f64, expected: f64| (found - expected).abs() < 1e-5;
    let (alpha, gamma) = (op.float("alpha", 1.673_263_2), op.float("gamma", 1.050_701));
    if near(alpha, 1.673_263_2) && near(gamma, 1.050_701) {
        return simple(i, op, Selu {}.into());
    }
    let x = i.data(op, 0)?;
    let value = i.add(op, Elu { alpha }, &[x.value])?;
    let value = i.add(op, Rescaling { scale: gamma, offset: 0.0 }, &[value])?;
    Ok(vec![Value::Data(x.with(value))])
}

/// `min(max(alpha x + beta, 0), 1)`
fn hard_sigmoid(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let (alpha, beta) = (op.float("alpha", 0.2), op.float("beta", 0.5));
    if (alpha - 1.0 / 6.0).abs() < 1e-7 && beta == 0.5 {
        return simple(i, op, Hardsigmoid {}.into());
    }
    let x = i.data(op, 0)?;
    let value = i.add(op, Rescaling { scale: alpha, offset: beta }, &[x.value])?;
    let value = i.add(op, Clamp { min: 0.0, max: 1.0 }, &[value])?;
    Ok(vec![Value::Data(x.with(value))])
}

fn shrink(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let (lambd, bias) = (op.float("lambd", 0.5), op.float("bias", 0.0));
    if lambd != bias {
        return Err(format!("a bias of {bias} that is not `lambd`, {lambd}, is not supported").into());
    }
    simple(i, op, Softshrink { lambd }.into())
}

fn clip(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let mut bounds = [f64::NEG_INFINITY, f64::INFINITY];
    for (at, name) in [(0, "min"), (1, "max")] {
        bounds[at] = op.float(name, bounds[at]);
        if Importer::has(op, at + 1) {
            bounds[at] = shortest(i.constant(op, at + 1)?.single().ok_or("a bound is not a single number")?);
        }
    }
    let [min, max] = bounds;
    if min == f64::NEG_INFINITY && max == f64::INFINITY {
        return i.input(op, 0).map(|value| vec![value]);
    }
    if min > max {
        return Err(format!("its bounds {min} and {max} are in the wrong order").into());
    }
    if min == 0.0 && max == 6.0 {
        return simple(i, op, Relu6 {}.into());
    }
    let x = i.data(op, 0)?;
    let value = i.add(op, Clamp { min, max }, &[x.value])?;
    if min.is_finite() && max.is_finite() {
        i.note_bounded(value, x.value);
    }
    Ok(vec![Value::Data(x.with(value))])
}

/// One slope, or one for each channel.
fn prelu(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let name = i.constant(op, 1)?.name.clone();
    let slope = i.tensor(op, 1)?;
    let (count, rank) = (slope.data.len(), i.rank(x));
    let channel = i.dims(x).first().copied();
    let front = rank.saturating_sub(slope.dims.len());
    // The slopes lie along axis 1, behind the batch.
    let along = slope.dims.iter().enumerate().all(|(axis, &size)| size == if axis + front == 1 { count } else { 1 });
    let per_channel = x.batch == Some(0) && !x.merged && along && slope.dims.len() <= rank && channel == Some(count);
    if count != 1 && !per_channel {
        return Err(format!("slopes of shape {:?} are neither one nor one for each channel", slope.dims).into());
    }
    let tensors = vec![("weight", Tensor { dims: vec![count], data: slope.data })];
    let value = i.layer(op, name.as_deref(), Prelu { parameters: count }, &[x.value], tensors)?;
    Ok(vec![Value::Data(x.with(value))])
}

/// Waits for the rest of GELU.
fn erf(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let y = i.data(op, 0)?;
    let (source, scale) = i.source(y.value);
    if (scale - std::f64::consts::FRAC_1_SQRT_2).abs() > 1e-6 {
        return Err("the error function is supported as a part of GELU only".into());
    }
    Ok(vec![Value::Erf { x: y.with(source), plus_one: false, scale: 1.0 }])
}

/// Nothing, as at inference.
fn dropout(i: &mut Importer, op: &Op<'_>) -> Outcome {
    if Importer::has(op, 2) && i.constant(op, 2)?.single() != Some(0.0) {
        return Err("the form of training is not supported".into());
    }
    if i.is_used(op, 1) {
        return Err("the mask as an output is not supported".into());
    }
    i.input(op, 0).map(|value| vec![value])
}

fn softmax(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let rank = i.rank(x);
    let axis = op.int("axis", if i.opset < 13 { 1 } else { -1 });
    let at = super::importer::index(axis, rank)?;
    let logarithm = op.kind() == "LogSoftmax";
    let of = |axis: usize| -> ir::Op { if logarithm { LogSoftmax { axis }.into() } else { Softmax { axis }.into() } };
    // Older versions flatten all axes from this one on.
    if i.opset < 13 && at + 1 != rank {
        let dims = i.dims(x);
        if x.own_batch() != Some(0) || at != 1 {
            return Err("a softmax over several axes is supported over all but the batch only".into());
        }
        let len = i.shape(x).len();
        let flat = i.shaped(op, x.value, &[len])?;
        let value = i.add(op, of(0), &[flat])?;
        let value = i.shaped(op, value, &dims)?;
        return Ok(vec![Value::Data(x.with(value))]);
    }
    let axis = i.sample_axis(x, axis)?;
    let value = i.add(op, of(axis), &[x.value])?;
    if !logarithm {
        i.note_bounded(value, value);
    }
    Ok(vec![Value::Data(x.with(value))])
}
