//! Constants that every sample has, and numbers that count the samples: what exporters write around masks and positions, computed when the file is read.
//!
//! A mask of tokens is read at the places (sample, token), which exporters write as a table of all such pairs. Here the table is a constant for the tokens and
//! the number of a sample, so that what is read is the sample's own mask.

mod moved;
mod places;

use std::rc::Rc;

use moved::moved;
use places::{at_places, own_rows};

use super::arrange::{broadcast, gather, spread};
use super::attributes::Op;
use super::fold::compute;
use super::importer::{Importer, index};
use super::value::{Const, EachSample, Elements, Int, Outcome, Value};

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
