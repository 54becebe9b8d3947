//! Operators on numbers that are known: weights that are scaled, positions and masks.

use std::rc::Rc;

use super::arrange::{broadcast, fits, pick, places, spread, strides};
use super::attributes::Op;
use super::importer::{Importer, index};
use super::value::{Const, Elements, Int, Outcome, Stop};

/// The most multiplications of a product that is computed while a file is read.
const MOST_PRODUCTS: usize = 1 << 26;

/// The operators that have a rule here.
pub(super) const RULES: [&str; 14] = [
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceProd",
    "Clip",
    "CumSum",
    "MatMul",
    "GatherElements",
    "GatherND",
    "ScatterND",
];

/// The result; None if there is no rule for these inputs, all of which are known.
pub(super) fn fold(i: &Importer, op: &Op<'_>, inputs: &[Option<Rc<Const>>], room: usize) -> Outcome<Option<Const>> {
    let x = inputs.first().and_then(Option::as_deref).ok_or("its first input is missing")?;
    let y = inputs.get(1).and_then(Option::as_deref);
    match op.kind() {
        "Clip" => {
            let bound = |at: usize, name: &'static str, open: f64| match inputs.get(at).and_then(Option::as_deref) {
                Some(bound) => bound.single().ok_or("a bound is not a single number"),
                None => Ok(op.float(name, open) as f32),
            };
            let (least, most) = (bound(1, "min", f64::NEG_INFINITY)?, bound(2, "max", f64::INFINITY)?);
            Ok(x.as_floats().map(|all| Const::floats(x.dims.clone(), all.iter().map(|&x| x.max(least).min(most)).collect())))
        }
        "CumSum" => running(op, x, y.ok_or("it names no axis")?),
        "MatMul" => product(x, y.ok_or("an input is missing")?, room),
        "GatherElements" => gather_elements(op, x, y.ok_or("no indices")?).map(Some),
        "GatherND" => gather_nd(op, x, y.ok_or("no indices")?, room),
        "ScatterND" => {
            let updates = inputs.get(2).and_then(Option::as_deref).ok_or("no updates")?;
            scatter_nd(op, x, y.ok_or("no indices")?, updates)
        }
        _ => reduce(i, op, x),
    }
}

fn reduce(i: &Importer, op: &Op<'_>, x: &Const) -> Outcome<Option<Const>> {
    let Some(all) = x.as_floats() else { return Ok(None) };
    let (keep, nothing) = (op.int("keepdims", 1) != 0, op.int("noop_with_empty_axes", 0) != 0);
    let rank = x.dims.len();
    let axes = i.integers(op, "axes", 1)?.unwrap_or_default();
    let axes = match axes.is_empty() {
        true if nothing => return Ok(None),
        true => (0..rank).collect(),
        false => axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?,
    };
    let kept: Vec<usize> = (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { x.dims[axis] }).collect();
    let mut own = strides(&kept);
    own.iter_mut().zip(&kept).filter(|(_, size)| **size == 1).for_each(|(stride, _)| *stride = 0);
    let begin = match op.kind() {
        "ReduceMax" => f64::NEG_INFINITY,
        "ReduceMin" => f64::INFINITY,
        "ReduceProd" => 1.0,
        _ => 0.0,
    };
    let mut sums = vec![begin; kept.iter().product()];
    for (at, &x) in places(&x.dims, &own).zip(all) {
        let (sum, x) = (&mut sums[at], f64::from(x));
        *sum = match op.kind() {
            "ReduceMax" => sum.max(x),
            "ReduceMin" => sum.min(x),
            "ReduceProd" => *sum * x,
            "ReduceL1" => *sum + x.abs(),
            "ReduceL2" | "ReduceSumSquare" => *sum + x * x,
            _ => *sum + x,
        };
    }
    let count = all.len() as f64 / sums.len().max(1) as f64;
    let last = |sum: f64| match op.kind() {
        "ReduceMean" => sum / count,
        "ReduceL2" => sum.sqrt(),
        _ => sum,
    };
    let dims = if keep { kept } else { (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| x.dims[axis]).collect() };
    Ok(Some(Const::floats(dims, sums.into_iter().map(|sum| last(sum) as f32).collect())))
}

/// Sums up to each element along an axis.
fn running(op: &Op<'_>, x: &Const, axis: &Const) -> Outcome<Option<Const>> {
    if op.int("reverse", 0) != 0 || op.int("exclusive", 0) != 0 {
        return Ok(None);
    }
    let axis = axis.as_ints().and_then(|axis| axis.first().copied()).ok_or("its axis is not known")?;
    let axis = index(axis, x.dims.len())?;
    let inner: usize = x.dims[axis + 1..].iter().product();
    let len = (x.dims[axis] * inner).max(1);
    if let Some(all) = x.as_ints() {
        let sums = summed(all, len, inner, i64::checked_add).ok_or("its sums are too large")?;
        return Ok(Some(Const::ints(x.dims.clone(), sums.into_iter().map(Int::from).collect())));
    }
    let Some(all) = x.as_floats() else { return Ok(None) };
    Ok(summed(all.to_vec(), len, inner, |a, b| Some(a + b)).map(|sums| Const::floats(x.dims.clone(), sums)))
}

/// Adds to each element of a block the one that is `inner` before it.
fn summed<T: Copy>(mut all: Vec<T>, block: usize, inner: usize, add: impl Fn(T, T) -> Option<T>) -> Option<Vec<T>> {
    for block in all.chunks_mut(block) {
        for at in inner..block.len() {
            block[at] = add(block[at], block[at - inner])?;
        }
    }
    Some(all)
}

fn product(x: &Const, y: &Const, room: usize) -> Outcome<Option<Const>> {
    let ([x_front @ .., rows, inner], [y_front @ .., deep, columns]) = (&x.dims[..], &y.dims[..]) else { return Ok(None) };
    let (rows, inner, columns) = (*rows, *inner, *columns);
    if inner != *deep || x.as_floats().is_none() || y.as_floats().is_none() {
        return Ok(None);
    }
    let front = broadcast(x_front, y_front)?;
    let count = front.iter().chain(&[rows, inner, columns]).try_fold(1usize, |product, &size| product.checked_mul(size));
    if count.is_none_or(|count| count > MOST_PRODUCTS) {
        return Ok(None);
    }
    let dims = [&front[..], &[rows, columns]].concat();
    fits(dims.iter().product(), room)?;
    let (x, y) = (spread(x, &[&front[..], &[rows, inner]].concat(), room)?, spread(y, &[&front[..], &[inner, columns]].concat(), room)?);
    let (Some(x), Some(y)) = (x.as_floats(), y.as_floats()) else { return Ok(None) };
    let mut all = Vec::new();
    for (x, y) in x.chunks_exact((rows * inner).max(1)).zip(y.chunks_exact((inner * columns).max(1))) {
        for x in x.chunks_exact(inner) {
            let sum = |column: usize| x.iter().enumerate().map(|(k, &x)| f64::from(x) * f64::from(y[k * columns + column])).sum::<f64>();
            all.extend((0..columns).map(|column| sum(column) as f32));
        }
    }
    Ok(Some(Const::floats(dims, all)))
}

/// The elements at the positions that indices give along one axis.
fn gather_elements(op: &Op<'_>, x: &Const, indices: &Const) -> Outcome<Const> {
    let axis = index(op.int("axis", 0), x.dims.len())?;
    let smaller = |at: usize| at == axis || indices.dims[at] <= x.dims[at];
    if indices.dims.len() != x.dims.len() || !(0..x.dims.len()).all(smaller) {
        return Err(format!("indices of shape {:?} for {:?}", indices.dims, x.dims).into());
    }
    let rows = indices.as_ints().ok_or("its indices depend on the batch")?;
    let mut own = strides(&x.dims);
    let along = std::mem::take(&mut own[axis]);
    let found: Outcome<Vec<usize>> =
        places(&indices.dims, &own).zip(rows).map(|(at, row)| Ok(at + index(row, x.dims[axis])? * along)).collect();
    Ok(Const { name: None, dims: indices.dims.clone(), elements: pick(&x.elements, found?.into_iter()) })
}

/// Where each of a list of positions begins, and the number of elements there.
fn positions(dims: &[usize], indices: &Const) -> Outcome<(Vec<usize>, usize)> {
    let depth = indices.dims.last().copied().filter(|&depth| depth > 0 && depth <= dims.len()).ok_or("its indices are of another depth")?;
    let own = strides(dims);
    let all = indices.as_ints().ok_or("its indices depend on the batch")?;
    let place = |row: &[i64]| {
        row.iter()
            .enumerate()
            .map(|(axis, &at)| Ok(index(at, dims[axis])? * own[axis]))
            .try_fold(0, |sum, at: Outcome<usize>| Ok::<usize, Stop>(sum + at?))
    };
    let places = all.chunks_exact(depth).map(place).collect::<Outcome<Vec<_>>>()?;
    Ok((places, dims[depth..].iter().product()))
}

fn gather_nd(op: &Op<'_>, x: &Const, indices: &Const, room: usize) -> Outcome<Option<Const>> {
    if op.int("batch_dims", 0) != 0 {
        return Ok(None);
    }
    let (begins, len) = positions(&x.dims, indices)?;
    fits(begins.len().saturating_mul(len), room)?;
    let depth = indices.dims.len() - 1;
    let dims = [&indices.dims[..depth], &x.dims[indices.dims[depth]..]].concat();
    let places = begins.into_iter().flat_map(|begin| begin..begin + len);
    Ok(Some(Const { name: None, dims, elements: pick(&x.elements, places) }))
}

fn scatter_nd(op: &Op<'_>, x: &Const, indices: &Const, updates: &Const) -> Outcome<Option<Const>> {
    if op.text("reduction", "none") != "none" {
        return Ok(None);
    }
    let (begins, len) = positions(&x.dims, indices)?;
    if updates.elements.len() != begins.len() * len {
        return Err("its updates are not as many as its indices say".into());
    }
    let targets = begins.into_iter().flat_map(|begin| begin..begin + len);
    let mut result = Const { name: None, ..x.clone() };
    match (&mut result.elements, &updates.elements) {
        (Elements::Floats(all), Elements::Floats(new)) => targets.zip(new).for_each(|(at, &new)| all[at] = new),
        (Elements::Ints(all), Elements::Ints(new)) => targets.zip(new).for_each(|(at, &new)| all[at] = new),
        _ => return Err("it mixes floats and integers".into()),
    }
    Ok(Some(result))
}
