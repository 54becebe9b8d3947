//! Parts of values, and values side by side.

use layercake_ir as ir;
use layercake_ir::ops::{Concat, Pad, PadMode, Sizes, Slice, Split};

use super::arrange::rows;
use super::attributes::Op;
use super::elementwise::one_sample;
use super::fold::split_sizes;
use super::importer::Importer;
use super::value::{Data, Outcome, Value};

/// The most parts of a value that a `Gather` is written as.
const MOST_PARTS: usize = 64;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Slice" => Some(slice(i, op)),
        "Split" => Some(split(i, op)),
        "Concat" => Some(concat(i, op)),
        "Pad" => Some(pad(i, op)),
        _ => None,
    }
}

pub(super) fn part(i: &mut Importer, op: &Op<'_>, value: usize, axis: usize, start: usize, end: usize) -> Outcome<usize> {
    i.add(op, Slice { axis, start, end }, &[value])
}

fn slice(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let starts = i.integers(op, "starts", 1)?.ok_or("it has no starts")?;
    let ends = i.integers(op, "ends", 2)?.ok_or("it has no ends")?;
    let axes = i.integers(op, "axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = i.integers(op, "steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if starts.len() > i.rank(x) {
        return Err("it names an axis twice".into());
    }
    let mut value = x.value;
    for (((&start, &end), &axis), &step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let Some(axis) = i.axis(x, axis)? else {
            // No batch is that large: exporters write some large number where they mean the end.
            if start == 0 && end >= 1_000_000_000 && step == 1 {
                continue;
            }
            return Err("it takes a part of the batch".into());
        };
        if x.merged && x.batch == Some(axis) {
            return Err("it takes a part of the batch".into());
        }
        let size = i.dims(x.with(value))[axis];
        if step == 1 {
            let from_start = |at: i64| (if at < 0 { at.saturating_add(size as i64) } else { at }).clamp(0, size as i64) as usize;
            let (start, end) = (from_start(start), from_start(end));
            if start >= end {
                return Err(format!("nothing is left of axis {axis}").into());
            }
            if (start, end) != (0, size) {
                value = part(i, op, value, axis, start, end)?;
            }
            continue;
        }
        // Backwards, each row is a part of its own.
        if step < 0 && size as u64 / step.unsigned_abs() > MOST_PARTS as u64 {
            return Err(format!("a step of {step} takes more than {MOST_PARTS} parts of its input, one by one").into());
        }
        let rows = rows(start, end, step, size)?;
        if rows.is_empty() {
            return Err(format!("nothing is left of axis {axis}").into());
        }
        value = match usize::try_from(step) {
            Ok(step) if rows.len() > 1 => every(i, op, value, axis, [rows[0], rows.len()], step)?,
            _ => pick(i, op, value, axis, &rows)?,
        };
    }
    Ok(vec![Value::Data(x.with(value))])
}

/// Every `step`-th row along an axis: `count` rows from `first`.
///
/// The axis is cut into blocks of `step` rows, of each of which one stays.
fn every(i: &mut Importer, op: &Op<'_>, value: usize, axis: usize, [first, count]: [usize; 2], step: usize) -> Outcome<usize> {
    let dims = i.dims(Data::of(value, None));
    let size = dims[axis];
    // Where the row is in its block: the blocks may begin before it, but must end with the axis.
    let at = (first + count * step).saturating_sub(size);
    if at > first {
        let most = every(i, op, value, axis, [first, count - 1], step)?;
        let last = first + (count - 1) * step;
        let last = part(i, op, value, axis, last, last + 1)?;
        return i.add(op, Concat { axis }, &[most, last]);
    }
    let start = first - at;
    let value = if (start, count * step) == (0, size) { value } else { part(i, op, value, axis, start, start + count * step)? };
    let product = |dims: &[usize]| dims.iter().fold(1usize, |product, &size| product.saturating_mul(size));
    let inner = product(&dims[axis + 1..]);
    let value = i.shaped(op, value, &[product(&dims[..axis]), count, step * inner])?;
    let value = part(i, op, value, 2, at * inner, (at + 1) * inner)?;
    i.shaped(op, value, &[&dims[..axis], &[count], &dims[axis + 1..]].concat())
}

/// These rows along an axis, in their order.
pub(super) fn pick(i: &mut Importer, op: &Op<'_>, value: usize, axis: usize, rows: &[usize]) -> Outcome<usize> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &row in rows {
        match runs.last_mut() {
            Some((_, end)) if *end == row => *end += 1,
            _ => runs.push((row, row + 1)),
        }
        if runs.len() > MOST_PARTS {
            return Err(format!("it takes more than {MOST_PARTS} parts of its input, one by one").into());
        }
    }
    if let [(0, end)] = runs[..]
        && i.dims(Data::of(value, None))[axis] == end
    {
        return Ok(value);
    }
    let parts = runs.iter().map(|&(start, end)| part(i, op, value, axis, start, end)).collect::<Outcome<Vec<_>>>()?;
    if let [part] = parts[..] { Ok(part) } else { i.add(op, Concat { axis }, &parts) }
}

fn split(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let axis = i.sample_axis(x, op.int("axis", 0))?;
    op.ignore(&["num_outputs"]);
    let count = op.node.output.len();
    let size = i.dims(x)[axis];
    let sizes = split_sizes(i.integers(op, "split", 1)?, count, size)?;
    if count == 1 {
        return Ok(vec![Value::Data(x)]);
    }
    if count <= Sizes::MOST {
        let value = i.add(op, Split { sizes: Sizes::new(&sizes), axis }, &[x.value])?;
        return Ok((0..count).map(|part| Value::Data(x.with(value + part))).collect());
    }
    if count > MOST_PARTS {
        return Err(format!("{count} parts are more than {MOST_PARTS}").into());
    }
    let mut start = 0;
    let mut parts = Vec::new();
    for size in sizes {
        parts.push(Value::Data(x.with(part(i, op, x.value, axis, start, start + size)?)));
        start += size;
    }
    Ok(parts)
}

fn concat(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let inputs = i.inputs(op)?;
    let place = inputs.iter().find_map(|input| if let Value::Data(data) = input { Some(*data) } else { None });
    let place = place.ok_or("its inputs are constants")?;
    let axis = i.sample_axis(place, op.int("axis", 0))?;
    if place.merged && place.batch == Some(axis) {
        return Err("it works along the batch".into());
    }
    let mut values = Vec::new();
    for input in inputs {
        let data = match input {
            Value::Data(data) => data,
            Value::Const(constant) => {
                let mut dims = constant.dims.clone();
                let mut constant = constant;
                if let Some(at) = place.own_batch() {
                    let known = (at < dims.len()).then_some(at);
                    constant = one_sample(i, &constant, known).ok_or("a constant is not repeated for each sample")?;
                    dims.remove(at);
                }
                place.with(i.parameter(&constant, dims)?)
            }
            _ => return Err("an input is not supported".into()),
        };
        if !data.is_beside(place) {
            return Err("its inputs have the batch at different axes".into());
        }
        values.push(data.value);
    }
    let value = if values.len() == 1 { values[0] } else { i.add(op, Concat { axis }, &values)? };
    Ok(vec![Value::Data(place.with(value))])
}

fn pad(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let mode = match op.text("mode", "constant").as_str() {
        "constant" => PadMode::Zeros,
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Replicate,
        other => return Err(format!("the mode `{other}` is not supported").into()),
    };
    let number = if Importer::has(op, 2) { i.constant(op, 2)?.single() } else { Some(op.float("value", 0.0) as f32) };
    if matches!(mode, PadMode::Zeros) && number != Some(0.0) {
        return Err("padding by other numbers than 0 is not supported".into());
    }
    let rank = i.rank(x);
    let pads = i.integers(op, "pads", 1)?.ok_or("it has no sizes")?;
    let axes =
        if Importer::has(op, 3) { i.constant(op, 3)?.as_ints().ok_or("its axes are not known")? } else { (0..rank as i64).collect() };
    if pads.len() != 2 * axes.len() {
        return Err(format!("{} sizes for {} axes", pads.len(), axes.len()).into());
    }
    let mut sides = vec![[0; 2]; i.dims(x).len()];
    for (at, &axis) in axes.iter().enumerate() {
        let both = [pads[at], pads[at + axes.len()]];
        if both == [0, 0] {
            continue;
        }
        let axis = i.sample_axis(x, axis)?;
        sides[axis] = both.map(|side| usize::try_from(side).unwrap_or(usize::MAX));
        if sides[axis].contains(&usize::MAX) {
            return Err("negative padding is not supported".into());
        }
    }
    let dims = i.dims(x);
    // The layer pads the last two axes of an image, or the last of a sequence.
    let images = sides.len().saturating_sub(2);
    if sides[..images].iter().any(|side| *side != [0, 0]) {
        return Err("only the last two axes can be padded".into());
    }
    let side = |back: usize| sides.len().checked_sub(back).map_or([0; 2], |at| sides[at]);
    let ([left, right], [top, bottom]) = (side(1), side(2));
    if [left, right, top, bottom] == [0; 4] {
        return Ok(vec![Value::Data(x)]);
    }
    let flat: Vec<usize> = if sides.len() >= 2 && [top, bottom] != [0; 2] || sides.len() >= 3 {
        let lead = dims[..images].iter().fold(1usize, |product, &size| product.saturating_mul(size));
        vec![lead, dims[images], dims[images + 1]]
    } else if sides.len() == 2 {
        dims.clone()
    } else {
        vec![1, dims[0]]
    };
    let value = i.shaped(op, x.value, &flat)?;
    let pad = Pad { padding: [0, 0], mode, top, bottom, left, right };
    let value = i.add(op, ir::Op::from(pad), &[value])?;
    let mut wide = dims;
    for (size, [before, after]) in wide.iter_mut().zip(&sides) {
        *size = size.checked_add(*before).and_then(|size| size.checked_add(*after)).ok_or("it is too large")?;
    }
    let value = i.shaped(op, value, &wide)?;
    Ok(vec![Value::Data(x.with(value))])
}
