//! Sums, means and extrema over axes.

use layercake_ir::ops::{Abs, Amax, Amin, Log, Mean, Mul, Sizes, Sqrt, Sum};
use layercake_ir::{self as ir};

use super::attributes::Op;
use super::importer::{Importer, index};
use super::value::{Data, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    type Make = fn(Sizes) -> ir::Op;
    let make: Make = match op.kind() {
        "ReduceMean" => |axes| Mean { axes }.into(),
        "ReduceSum" | "ReduceSumSquare" | "ReduceL1" | "ReduceL2" | "ReduceLogSum" => |axes| Sum { axes }.into(),
        "ReduceMax" => |axes| Amax { axes }.into(),
        "ReduceMin" => |axes| Amin { axes }.into(),
        _ => return None,
    };
    Some(reduce(i, op, make))
}

fn reduce(i: &mut Importer, op: &Op<'_>, make: fn(Sizes) -> ir::Op) -> Outcome {
    let x = i.data(op, 0)?;
    let rank = i.rank(x);
    let (keep, nothing) = (op.int("keepdims", 1) != 0, op.int("noop_with_empty_axes", 0) != 0);
    let axes = i.integers(op, "axes", 1)?.unwrap_or_default();
    let mut axes = match axes.is_empty() {
        true if nothing => return Ok(vec![Value::Data(x)]),
        true => (0..rank).collect(),
        false => axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?,
    };
    axes.sort_unstable();
    axes.dedup();
    if x.batch.is_some_and(|at| axes.contains(&at)) {
        return Err("it works along the batch".into());
    }
    let own = x.own_batch();
    let sample: Vec<usize> = axes.iter().map(|&axis| if own.is_some_and(|at| axis > at) { axis - 1 } else { axis }).collect();
    let mut value = match op.kind() {
        "ReduceSumSquare" | "ReduceL2" => i.add(op, Mul {}, &[x.value, x.value])?,
        "ReduceL1" => i.add(op, Abs {}, &[x.value])?,
        _ => x.value,
    };
    value = reduced(i, op, value, &sample, make)?;
    value = match op.kind() {
        "ReduceL2" => i.add(op, Sqrt {}, &[value])?,
        "ReduceLogSum" => i.add(op, Log {}, &[value])?,
        _ => value,
    };
    left(i, op, x.with(value), &sample, keep).map(|data| vec![Value::Data(data)])
}

/// A reduction over axes of a sample, which stay as axes of size 1.
pub(super) fn reduced(i: &mut Importer, op: &Op<'_>, value: usize, axes: &[usize], make: impl Fn(Sizes) -> ir::Op) -> Outcome<usize> {
    let dims = i.dims(Data::of(value, None));
    // A layer leaves an axis, so that a reduction over all of a sample is one over the second of two.
    let value = if axes.len() == dims.len() {
        let len = dims.iter().product();
        let row = i.shaped(op, value, &[1, len])?;
        i.add(op, make(Sizes::new(&[1])), &[row])?
    } else {
        i.add(op, make(Sizes::new(axes)), &[value])?
    };
    let kept: Vec<usize> = dims.iter().enumerate().map(|(axis, &size)| if axes.contains(&axis) { 1 } else { size }).collect();
    i.shaped(op, value, &kept)
}

/// A reduced value with its axes of size 1, or without them.
pub(super) fn left(i: &mut Importer, op: &Op<'_>, x: Data, axes: &[usize], keep: bool) -> Outcome<Data> {
    if keep {
        return Ok(x);
    }
    let dims = i.dims(x);
    if axes.len() == dims.len() {
        return i.single(op, x, x.value);
    }
    let rest: Vec<usize> = (0..dims.len()).filter(|axis| !axes.contains(axis)).map(|axis| dims[axis]).collect();
    let value = i.shaped(op, x.value, &rest)?;
    let batch = x.batch.map(|at| at - axes.iter().filter(|&&axis| axis < at).count());
    Ok(Data { batch, ..x.with(value) })
}
