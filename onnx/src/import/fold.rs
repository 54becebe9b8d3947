//! Operators whose inputs are known: the chains that exporters write around shapes, masks and positions.

use std::rc::Rc;

use super::arithmetic::{cast, choose, each, pairwise, trilu};
use super::arrange::{broadcast, concat, fits, gather, range, reshaped, rows, spread, tile, transpose};
use super::attributes::Op;
use super::importer::{Importer, index};
use super::value::{Const, Int, Outcome, Value};
use super::{known, literal};

/// The results, if the operator can be computed now. None if an input is not known, or if there is no rule.
pub(super) fn fold(i: &Importer, op: &Op<'_>) -> Outcome<Option<Vec<Const>>> {
    if op.kind() == "Constant" {
        return constant(op).map(|found| Some(vec![found]));
    }
    if op.node.input.iter().all(String::is_empty) {
        return Ok(None);
    }
    let mut inputs: Vec<Option<Rc<Const>>> = Vec::new();
    for at in 0..op.node.input.len() {
        inputs.push(if Importer::has(op, at) {
            match i.peek(op, at)? {
                Value::Const(found) => Some(found),
                Value::Data(data) if matches!(op.kind(), "Shape" | "Size") => {
                    let sizes = i.sizes(data);
                    return shape(op, &sizes).map(|found| Some(vec![found]));
                }
                Value::Filled { dims, .. } if op.kind() == "Shape" => return shape(op, &dims).map(|found| Some(vec![found])),
                _ => return Ok(None),
            }
        } else {
            None
        });
    }
    compute(i, op, &inputs)
}

/// The results for inputs that are known; None if there is no rule.
pub(super) fn compute(i: &Importer, op: &Op<'_>, inputs: &[Option<Rc<Const>>]) -> Outcome<Option<Vec<Const>>> {
    let x = inputs[0].as_deref().ok_or("its first input is missing")?;
    let y = inputs.get(1).and_then(Option::as_deref);
    let room = Importer::room(i);
    let found = match op.kind() {
        "Shape" => shape(op, &x.dims.iter().map(|&size| Int::from(size as i64)).collect::<Vec<_>>())?,
        "Size" => Const::ints(vec![], vec![Int::from(x.elements.len() as i64)]),
        "Identity" | "Dropout" => {
            op.ignore(&["ratio", "seed"]);
            x.clone()
        }
        "Cast" => cast(op, x),
        "Gather" => {
            let axis = index(op.int("axis", 0), x.dims.len())?;
            gather(x, y.ok_or("no indices")?, axis, room)?
        }
        "Split" => return split(i, op, x, room).map(Some),
        "Concat" => {
            let all: Option<Vec<&Const>> = inputs.iter().map(Option::as_deref).collect();
            concat(&all.ok_or("an input is missing")?, op.int("axis", 0))?
        }
        "Unsqueeze" => {
            let axes = i.integers(op, "axes", 1)?.ok_or("it names no axes")?;
            let rank = x.dims.len() + axes.len();
            let axes = axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?;
            let mut rest = x.dims.iter();
            let dims = (0..rank).map(|axis| if axes.contains(&axis) { Some(1) } else { rest.next().copied() }).collect::<Option<_>>();
            Const { name: x.name.clone(), dims: dims.ok_or("it names an axis twice")?, elements: x.elements.clone() }
        }
        "Squeeze" => {
            let axes = i.integers(op, "axes", 1)?;
            let axes = axes.map(|axes| axes.iter().map(|&axis| index(axis, x.dims.len())).collect::<Outcome<Vec<_>>>()).transpose()?;
            let gone = |axis: usize| axes.as_ref().map_or(x.dims[axis] == 1, |axes| axes.contains(&axis));
            if (0..x.dims.len()).any(|axis| gone(axis) && x.dims[axis] != 1) {
                return Err("an axis to remove is not of size 1".into());
            }
            let dims = (0..x.dims.len()).filter(|&axis| !gone(axis)).map(|axis| x.dims[axis]).collect();
            Const { name: x.name.clone(), dims, elements: x.elements.clone() }
        }
        "Reshape" | "Flatten" => {
            let dims = if op.kind() == "Flatten" {
                let axis = op.int("axis", 1);
                let axis = if axis == x.dims.len() as i64 { x.dims.len() } else { index(axis, x.dims.len())? };
                vec![x.dims[..axis].iter().product(), x.dims[axis..].iter().product()]
            } else {
                reshaped(&x.dims, &y.and_then(Const::as_ints).ok_or("its sizes depend on the batch")?, op.int("allowzero", 0) != 0)?
            };
            Const { name: x.name.clone(), dims, elements: x.elements.clone() }
        }
        "Transpose" => {
            let perm = op.sizes("perm")?.unwrap_or_else(|| (0..x.dims.len()).rev().collect());
            transpose(x, &perm)?
        }
        "Slice" => slice(i, op, x, room)?,
        "Expand" => {
            let Some(sizes) = counts(y.ok_or("no sizes")?)? else { return Ok(None) };
            let dims = broadcast(&x.dims, &sizes)?;
            spread(x, &dims, room)?
        }
        "Tile" => {
            let Some(counts) = counts(y.ok_or("no repeats")?)? else { return Ok(None) };
            tile(x, &counts, room)?
        }
        "ConstantOfShape" => {
            let Some(sizes) = counts(x)? else { return Ok(None) };
            spread(&filling(op)?, &sizes, room)?
        }
        "Range" => {
            let bounds: Option<Vec<&Const>> = (0..3).map(|at| inputs.get(at)?.as_deref()).collect();
            range(&bounds.ok_or("a bound is missing")?, room)?
        }
        "ReduceProd" if x.as_floats().is_none() => {
            let all = x.as_ints().ok_or("it depends on the batch")?;
            let product = all.iter().try_fold(1i64, |product, &int| product.checked_mul(int)).ok_or("the product is too large")?;
            let whole = i.integers(op, "axes", 1)?.is_none_or(|axes| axes.len() == x.dims.len());
            if !whole || x.dims.len() > 1 {
                return Err("only the product of all elements is computed".into());
            }
            Const::ints(if op.int("keepdims", 1) != 0 { vec![1; x.dims.len()] } else { vec![] }, vec![Int::from(product)])
        }
        "Where" => {
            let z = inputs.get(2).and_then(Option::as_deref).ok_or("an input is missing")?;
            choose(x, y.ok_or("an input is missing")?, z, room)?
        }
        "Mod" if op.int("fmod", 0) != 0 && x.as_floats().is_some() => {
            pairwise("Remainder", x, y.ok_or("an input is missing")?, room)?.ok_or("it mixes floats and integers")?
        }
        "Trilu" => return trilu(op, x, y).map(|found| Some(vec![found])),
        kind if known::RULES.contains(&kind) => match known::fold(i, op, inputs, room)? {
            Some(found) => found,
            None => return Ok(None),
        },
        kind => match y {
            Some(y) if inputs.len() == 2 => match pairwise(kind, x, y, room)? {
                Some(found) => found,
                None => return Ok(None),
            },
            None if inputs.len() == 1 => match each(kind, x) {
                Some(found) => found,
                None => return Ok(None),
            },
            _ => return Ok(None),
        },
    };
    literal::check_dims(&found.dims)?;
    Ok(Some(vec![found]))
}

/// Sizes or repeats; None if they depend on the batch.
fn counts(found: &Const) -> Outcome<Option<Vec<usize>>> {
    let Some(sizes) = found.as_ints() else { return Ok(None) };
    let sizes: Option<Vec<usize>> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
    Ok(Some(sizes.ok_or("a size is negative")?))
}

fn constant(op: &Op<'_>) -> Outcome<Const> {
    if let Some(attribute) = op.find("value") {
        return Ok(literal::read(attribute.t.as_ref().ok_or("`value` is not a tensor")?)?);
    }
    if let Some(attribute) = op.find("value_float") {
        return Ok(Const::floats(vec![], vec![attribute.f.unwrap_or(0.0)]));
    }
    if let Some(attribute) = op.find("value_int") {
        return Ok(Const::ints(vec![], vec![Int::from(attribute.i.unwrap_or(0))]));
    }
    if let Some(attribute) = op.find("value_floats") {
        return Ok(Const::floats(vec![attribute.floats.len()], attribute.floats.clone()));
    }
    if let Some(ints) = op.ints("value_ints") {
        return Ok(Const::ints(vec![ints.len()], ints.iter().copied().map(Int::from).collect()));
    }
    Err("it has no numbers".into())
}

pub(super) fn shape(op: &Op<'_>, sizes: &[Int]) -> Outcome<Const> {
    if op.kind() == "Size" {
        return Err("the number of all elements depends on the batch".into());
    }
    let bound = |at: i64| (if at < 0 { at.saturating_add(sizes.len() as i64) } else { at }).clamp(0, sizes.len() as i64) as usize;
    let (start, end) = (bound(op.int("start", 0)), bound(op.int("end", i64::MAX)));
    let part = sizes[start.min(end)..end].to_vec();
    Ok(Const::ints(vec![part.len()], part))
}

/// The element of `ConstantOfShape`.
pub(super) fn filling(op: &Op<'_>) -> Outcome<Const> {
    match op.find("value").and_then(|attribute| attribute.t.as_ref()) {
        Some(tensor) => {
            let found = literal::read(tensor)?;
            if found.elements.len() == 1 { Ok(Const { dims: vec![], ..found }) } else { Err("`value` is not a single number".into()) }
        }
        None => Ok(Const::floats(vec![], vec![0.0])),
    }
}

fn split(i: &Importer, op: &Op<'_>, x: &Const, room: usize) -> Outcome<Vec<Const>> {
    let axis = index(op.int("axis", 0), x.dims.len())?;
    op.ignore(&["num_outputs"]);
    let size = x.dims[axis];
    let sizes = split_sizes(i.integers(op, "split", 1)?, op.node.output.len(), size)?;
    fits(x.elements.len(), room)?;
    let mut start = 0;
    let mut parts = Vec::new();
    for size in sizes {
        let rows = (start..start + size).map(|row| Int::from(row as i64)).collect();
        parts.push(gather(x, &Const::ints(vec![size], rows), axis, room)?);
        start += size;
    }
    Ok(parts)
}

/// The sizes of the parts of a `Split`: those that are given, or equal ones.
pub(super) fn split_sizes(given: Option<Vec<i64>>, count: usize, size: usize) -> Outcome<Vec<usize>> {
    let sizes: Vec<usize> = match given {
        Some(sizes) => sizes.iter().map(|&size| usize::try_from(size)).collect::<Result<_, _>>().map_err(|_| "a size is negative")?,
        None => {
            let each = size.div_ceil(count.max(1));
            (0..count).map(|part| each.min(size.saturating_sub(part * each))).collect()
        }
    };
    if sizes.len() != count || sizes.contains(&0) || sizes.iter().try_fold(0usize, |sum, &size| sum.checked_add(size)) != Some(size) {
        return Err(format!("parts of sizes {sizes:?} are not {count} parts of {size}").into());
    }
    Ok(sizes)
}

fn slice(i: &Importer, op: &Op<'_>, x: &Const, room: usize) -> Outcome<Const> {
    let starts = i.integers(op, "starts", 1)?.ok_or("it has no starts")?;
    let ends = i.integers(op, "ends", 2)?.ok_or("it has no ends")?;
    let axes = i.integers(op, "axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = i.integers(op, "steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if starts.len() > x.dims.len() {
        return Err("it names an axis twice".into());
    }
    let mut found = x.clone();
    for (((&start, &end), &axis), &step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = index(axis, x.dims.len())?;
        let rows = rows(start, end, step, found.dims[axis])?;
        let len = rows.len();
        found = gather(&found, &Const::ints(vec![len], rows.into_iter().map(|row| Int::from(row as i64)).collect()), axis, room)?;
    }
    Ok(found)
}
