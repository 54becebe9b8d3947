//! Constants that every sample has, and numbers that count the samples: what exporters write around masks and positions, computed when the file is read.
//!
//! A mask of tokens is read at the places (sample, token), which exporters write as a table of all such pairs. Here the table is a constant for the tokens and
//! the number of a sample, so that what is read is the sample's own mask.

use std::rc::Rc;

use super::arrange::{broadcast, gather, reshaped, spread, strides};
use super::attributes::Op;
use super::fold::compute;
use super::importer::{Importer, index};
use super::moves::pick;
use super::value::{Const, Data, EachSample, Elements, Int, Outcome, Value};

/// Functions of each element, of one to three inputs.
const ELEMENTWISE: [&str; 31] = [
    "Abs",
    "Add",
    "And",
    "Cast",
    "Ceil",
    "Cos",
    "Div",
    "Equal",
    "Exp",
    "Floor",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Log",
    "Max",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "Not",
    "Or",
    "Pow",
    "Reciprocal",
    "Round",
    "Sigmoid",
    "Sin",
    "Sqrt",
    "Sub",
    "Tanh",
    "Where",
];

/// The results, if an input is such a constant and there is a rule; otherwise the constant becomes a learned tensor.
pub(super) fn fold(i: &mut Importer, op: &Op<'_>) -> Outcome<Option<Vec<Value>>> {
    let mut inputs: Vec<Option<Value>> = Vec::new();
    for at in 0..op.node.input.len() {
        inputs.push(match Importer::has(op, at).then(|| i.peek(op, at)) {
            None => None,
            Some(Ok(value)) => Some(value),
            // What has no layer is named even if its inputs are refused.
            Some(Err(_)) => return Ok(None),
        });
    }
    let known = |input: &Option<Value>| matches!(input, None | Some(Value::Const(_) | Value::Each(_) | Value::Filled { .. }));
    if (ELEMENTWISE.contains(&op.kind()) || op.kind() == "CumSum") && inputs.iter().all(known) {
        for (at, input) in inputs.iter_mut().enumerate() {
            let truth = matches!((op.kind(), at), ("And" | "Or" | "Not", _) | ("Where", 0));
            if let Some(Value::Filled { dims, number }) = input
                && let Some(found) = everywhere(i, dims, *number, truth)?
            {
                *input = Some(Value::Each(found));
            }
        }
    }
    let found = match (op.kind(), &inputs[..]) {
        ("Range", _) => counted(&inputs).map(Value::Each),
        ("GatherND", [Some(x), Some(Value::Columns(columns))]) => Some(at_places(i, op, x.clone(), columns)?),
        ("Gather", [Some(Value::Data(x)), Some(Value::Each(indices))]) => own_rows(i, op, *x, indices)?,
        ("Gather", [Some(Value::Const(table)), Some(Value::Each(ids))]) if ids.stride == 0 => {
            let axis = index(op.int("axis", 0), table.dims.len())?;
            let rest = Rc::new(gather(table, &ids.rest, axis, i.room())?);
            Some(Value::Each(EachSample { rest, at: axis + ids.at, stride: 0 }))
        }
        ("Shape", [Some(Value::Each(x))]) => return Ok(Some(vec![Value::Const(Rc::new(super::fold::shape(op, &x.sizes())?))])),
        ("Shape", [Some(Value::Sized(sizes))]) => return Ok(Some(vec![Value::Const(Rc::new(super::fold::shape(op, sizes)?))])),
        ("Concat", [Some(Value::Each(_)), ..]) => concat(op, &inputs)?,
        (_, [Some(Value::Each(x)), ..]) if !ELEMENTWISE.contains(&op.kind()) => moved(i, op, x)?.map(Value::Each),
        (kind, _) if ELEMENTWISE.contains(&kind) => elementwise(i, op, &inputs)?,
        _ => None,
    };
    if let Some(Value::Each(x)) = &found {
        i.spend(x.rest.elements.len())?;
    }
    Ok(found.map(|value| vec![value]))
}

/// A number or a truth value everywhere, as a constant of each sample.
fn everywhere(i: &Importer, dims: &[Int], number: f32, truth: bool) -> Outcome<Option<EachSample>> {
    let Some(at) = dims.iter().position(|size| size.batch) else { return Ok(None) };
    if dims[at].number != 1 || dims.iter().filter(|size| size.batch).count() != 1 {
        return Ok(None);
    }
    let Some(sizes) = dims.iter().map(|size| usize::try_from(size.number).ok()).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let single = if truth { Const::ints(vec![], vec![Int::from(i64::from(number != 0.0))]) } else { Const::floats(vec![], vec![number]) };
    let rest = spread(&single, &sizes, i.room())?;
    Ok(Some(EachSample { rest: Rc::new(rest), at, stride: 0 }))
}

/// The numbers of the samples.
fn counted(bounds: &[Option<Value>]) -> Option<EachSample> {
    let bound = |at: usize| match bounds.get(at)?.as_ref()? {
        Value::Const(found) => match &found.elements {
            Elements::Ints(all) if all.len() == 1 => Some(all[0]),
            _ => None,
        },
        _ => None,
    };
    let all = bound(1).filter(|&end| end == Int { number: 1, batch: true });
    (all.is_some() && bound(0) == Some(0.into()) && bound(2) == Some(1.into())).then(|| EachSample {
        rest: Rc::new(Const::ints(vec![1], vec![0.into()])),
        at: 0,
        stride: 1,
    })
}

/// The elements in other axes.
fn moved(i: &mut Importer, op: &Op<'_>, x: &EachSample) -> Outcome<Option<EachSample>> {
    let rank = x.rest.dims.len();
    let with = |dims: Vec<usize>, at: usize| EachSample {
        rest: Rc::new(Const { name: x.rest.name.clone(), dims, elements: x.rest.elements.clone() }),
        at,
        ..*x
    };
    let mut dims = x.rest.dims.clone();
    Ok(match op.kind() {
        "Identity" => Some(x.clone()),
        "Unsqueeze" => {
            let axes = i.integers(op, "axes", 1)?.ok_or("it names no axes")?;
            let rank = rank + axes.len();
            let mut axes = axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?;
            axes.sort_unstable();
            axes.dedup();
            let mut at = x.at;
            for axis in axes {
                if axis > dims.len() {
                    return Ok(None);
                }
                dims.insert(axis, 1);
                at += usize::from(axis <= at);
            }
            Some(with(dims, at)).filter(|found| found.rest.dims.len() == rank)
        }
        "Squeeze" => {
            let Some(axes) = i.integers(op, "axes", 1)? else { return Ok(None) };
            let mut axes = axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?;
            axes.sort_unstable();
            axes.dedup();
            if axes.iter().any(|&axis| axis == x.at || dims[axis] != 1) {
                return Ok(None);
            }
            axes.iter().rev().for_each(|&axis| _ = dims.remove(axis));
            Some(with(dims, x.at - axes.iter().filter(|&&axis| axis < x.at).count()))
        }
        "Transpose" => {
            let perm = op.sizes("perm")?.unwrap_or_else(|| (0..rank).rev().collect());
            let rest = super::arrange::transpose(&x.rest, &perm)?;
            let at = perm.iter().position(|&axis| axis == x.at).unwrap_or(0);
            Some(EachSample { rest: Rc::new(rest), at, ..*x })
        }
        "Expand" => {
            let Elements::Ints(wish) = i.constant(op, 1)?.elements.clone() else { return Err("its sizes are not integers".into()) };
            let skip = wish.len().saturating_sub(rank);
            let at = x.at + skip;
            let sizes = wish.iter().map(|size| if size.batch { Some(1) } else { usize::try_from(size.number).ok() });
            let Some(sizes) = sizes.collect::<Option<Vec<_>>>() else { return Err("a size is negative".into()) };
            let place = wish.iter().position(|size| size.batch);
            if place.is_some_and(|place| place + rank.saturating_sub(wish.len()) != at)
                || wish.iter().any(|size| size.batch && size.number != 1)
            {
                return Ok(None);
            }
            let whole = broadcast(&dims, &sizes)?;
            // A size of its own for the axis of the batch would not fit.
            if whole[at] != 1 {
                return Ok(None);
            }
            let rest = spread(&x.rest, &whole, i.room())?;
            Some(EachSample { rest: Rc::new(rest), at, ..*x })
        }
        "Slice" if x.stride == 0 => {
            let axes = match i.integers(op, "axes", 3)? {
                Some(axes) => axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?,
                None => (0..i.integers(op, "starts", 1)?.map_or(0, |starts| starts.len())).collect(),
            };
            if axes.contains(&x.at) { None } else { computed(i, op, x)? }
        }
        "CumSum" if x.stride == 0 => {
            let axis = i.constant(op, 1)?.as_ints().and_then(|axis| axis.first().copied()).ok_or("its axis is not known")?;
            if index(axis, rank)? == x.at { None } else { computed(i, op, x)? }
        }
        "Reshape" if x.stride == 0 => {
            let Elements::Ints(wish) = i.constant(op, 1)?.elements.clone() else { return Err("its sizes are not integers".into()) };
            // The batch stays first.
            let Some(([first], rest)) = wish.split_first_chunk().filter(|_| x.at == 0) else { return Ok(None) };
            if *first != (Int { number: 1, batch: true }) || rest.iter().any(|size| size.batch) {
                return Ok(None);
            }
            let rest: Vec<i64> = rest.iter().map(|size| size.number).collect();
            let sizes = reshaped(&dims[1..], &rest, op.int("allowzero", 0) != 0)?;
            Some(with([&[1], &sizes[..]].concat(), 0))
        }
        _ => None,
    })
}

/// What an operator makes of the constant, whose axis of the batch stays where it is.
fn computed(i: &mut Importer, op: &Op<'_>, x: &EachSample) -> Outcome<Option<EachSample>> {
    let mut inputs = vec![Some(Rc::clone(&x.rest))];
    for at in 1..op.node.input.len() {
        inputs.push(if Importer::has(op, at) { Some(i.constant(op, at)?) } else { None });
    }
    let Some(found) = compute(i, op, &inputs)? else { return Ok(None) };
    let Ok([found]) = <[Const; 1]>::try_from(found) else { return Ok(None) };
    Ok(Some(EachSample { rest: Rc::new(found), ..x.clone() }))
}

/// Inputs that are constants of each sample or of all, with the axes of the batch at one place from the back.
fn elementwise(i: &mut Importer, op: &Op<'_>, inputs: &[Option<Value>]) -> Outcome<Option<Value>> {
    let mut all = Vec::new();
    for input in inputs {
        all.push(match input {
            Some(Value::Each(x)) => x.clone(),
            // Not repeated: the place is not used.
            Some(Value::Const(x)) => EachSample { rest: Rc::clone(x), at: usize::MAX, stride: 0 },
            _ => return Ok(None),
        });
    }
    let Some(back) = all.iter().find(|x| x.at != usize::MAX).map(|x| x.rest.dims.len() - x.at) else { return Ok(None) };
    let fits = |x: &EachSample| {
        let place = x.rest.dims.len().checked_sub(back);
        if x.at == usize::MAX { place.is_none_or(|at| x.rest.dims[at] == 1) } else { place == Some(x.at) }
    };
    if !all.iter().all(fits) {
        return Ok(None);
    }
    let dims = all.iter().try_fold(vec![], |dims, x| broadcast(&dims, &x.rest.dims))?;
    let at = dims.len() - back;
    let stride = match (op.kind(), &all[..]) {
        (_, all) if all.iter().all(|x| x.stride == 0) => Some(0),
        ("Cast", [x]) if matches!(op.int("to", 0), 6 | 7) => Some(x.stride),
        ("Add", [x, y]) => x.stride.checked_add(y.stride),
        ("Sub", [x, y]) => x.stride.checked_sub(y.stride),
        ("Mul", [x, y]) => {
            let times = |x: &EachSample, y: &EachSample| match (&y.rest.elements, y.stride) {
                (Elements::Ints(all), 0) if all.len() == 1 && !all[0].batch => x.stride.checked_mul(all[0].number),
                _ => None,
            };
            if y.stride == 0 { times(x, y) } else { times(y, x) }
        }
        _ => None,
    };
    let Some(stride) = stride else {
        // Only the size is of use.
        let sizes = dims.iter().enumerate().map(|(axis, &size)| Int { number: size as i64, batch: axis == at });
        return Ok(Some(Value::Sized(sizes.collect())));
    };
    let rests: Vec<Option<Rc<Const>>> = all.into_iter().map(|x| Some(x.rest)).collect();
    let Some(found) = compute(i, op, &rests)? else { return Ok(None) };
    let Ok([found]) = <[Const; 1]>::try_from(found) else { return Ok(None) };
    Ok(Some(Value::Each(EachSample { rest: Rc::new(found), at, stride })))
}

/// Constants of each sample side by side. Along a last axis of single numbers they may be the columns of a table of places.
fn concat(op: &Op<'_>, inputs: &[Option<Value>]) -> Outcome<Option<Value>> {
    let all: Option<Vec<EachSample>> =
        inputs.iter().map(|input| if let Some(Value::Each(x)) = input { Some(x.clone()) } else { None }).collect();
    let Some(all) = all else { return Ok(None) };
    let (rank, at) = (all[0].rest.dims.len(), all[0].at);
    let axis = index(op.int("axis", 0), rank)?;
    if axis == at || all.iter().any(|x| x.rest.dims.len() != rank || x.at != at) {
        return Ok(None);
    }
    if all.iter().any(|x| x.stride != 0) {
        let single = axis + 1 == rank && all.iter().all(|x| x.rest.dims[axis] == 1);
        return Ok(single.then_some(Value::Columns(all)));
    }
    let rests: Vec<&Const> = all.iter().map(|x| &*x.rest).collect();
    let rest = super::arrange::concat(&rests, axis as i64)?;
    Ok(Some(Value::Each(EachSample { rest: Rc::new(rest), at, stride: 0 })))
}

/// The numbers at each sample's own places: the first column of the table is the sample.
fn at_places(i: &mut Importer, op: &Op<'_>, x: Value, columns: &[EachSample]) -> Outcome<Value> {
    op.ignore(&["batch_dims"]);
    let [sample, others @ ..] = columns else { return Err("its indices are of another depth".into()) };
    let zeros = sample.rest.as_ints().is_some_and(|all| all.iter().all(|&at| at == 0));
    if op.int("batch_dims", 0) != 0 || sample.stride != 1 || !zeros || others.iter().any(|column| column.stride != 0) || others.is_empty() {
        return Err("its indices mix samples".into());
    }
    // Without the batch, and without the axis of the columns.
    let mut dims = sample.rest.dims.clone();
    dims.pop();
    dims.remove(sample.at);
    let rows = |sizes: &[usize]| -> Outcome<Vec<usize>> {
        let Some(sizes) = sizes.get(..others.len()) else { return Err("its indices are of another depth".into()) };
        let own = strides(sizes);
        let mut rows = vec![0; dims.iter().product()];
        for ((column, &size), stride) in others.iter().zip(sizes).zip(own) {
            let all = column.rest.as_ints().filter(|all| all.len() == rows.len()).ok_or("its indices have different sizes")?;
            for (row, at) in rows.iter_mut().zip(all) {
                *row += index(at, size)? * stride;
            }
        }
        Ok(rows)
    };
    let depth = others.len();
    match x {
        Value::Each(x) if x.at == 0 && x.stride == 0 => {
            let sizes = &x.rest.dims[1..];
            let rows = rows(sizes)?.into_iter().map(|row| Int::from(row as i64)).collect();
            let flat = [&[sizes[..depth].iter().product()], &sizes[depth..]].concat();
            let flat = Const { name: None, dims: flat, elements: x.rest.elements.clone() };
            let mut rest = gather(&flat, &Const::ints(dims, rows), 0, i.room())?;
            rest.dims.insert(sample.at, 1);
            Ok(Value::Each(EachSample { rest: Rc::new(rest), at: sample.at, stride: 0 }))
        }
        Value::Data(x) if x.own_batch() == Some(0) => {
            let sizes = i.dims(x);
            let rows = rows(&sizes)?;
            let flat = i.shaped(op, x.value, &[&[sizes[..depth].iter().product()], &sizes[depth..]].concat())?;
            let value = pick(i, op, flat, 0, &rows)?;
            let value = i.shaped(op, value, &[&dims[..], &sizes[depth..]].concat())?;
            Ok(Value::Data(Data { batch: Some(sample.at), ..x.with(value) }))
        }
        _ => Err("it takes numbers of a value without a batch, which is not supported".into()),
    }
}

/// Rows of `[batch * rows, ..]` whose numbers are the sample's first row and what is added to it.
fn own_rows(i: &mut Importer, op: &Op<'_>, x: Data, indices: &EachSample) -> Outcome<Option<Value>> {
    let sizes = i.dims(x);
    let flat = x.merged && !x.inner && x.batch == Some(0) && index(op.int("axis", 0), sizes.len())? == 0;
    let Some(rows) = indices.rest.as_ints().filter(|_| flat && indices.stride == sizes[0] as i64) else { return Ok(None) };
    if rows.iter().any(|&row| !(0..indices.stride).contains(&row)) {
        return Err("its indices mix samples".into());
    }
    let rows: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
    let value = pick(i, op, x.value, 0, &rows)?;
    let mut dims = indices.rest.dims.clone();
    dims.remove(indices.at);
    let value = i.shaped(op, value, &[&dims[..], &sizes[1..]].concat())?;
    Ok(Some(Value::Data(Data { batch: Some(indices.at), merged: false, ..x.with(value) })))
}
