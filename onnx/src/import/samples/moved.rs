//! Constants of each sample in other axes, sizes and parts.

use std::rc::Rc;

use crate::import::arrange::{broadcast, reshaped, spread, transpose};
use crate::import::attributes::Op;
use crate::import::fold::compute;
use crate::import::importer::{Importer, index};
use crate::import::value::{Const, EachSample, Elements, Int, Outcome};

/// The elements in other axes.
pub(super) fn moved(i: &mut Importer, op: &Op<'_>, x: &EachSample) -> Outcome<Option<EachSample>> {
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
            let rest = transpose(&x.rest, &perm)?;
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
