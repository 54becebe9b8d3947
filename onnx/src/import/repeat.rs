//! Values and constants that are repeated along axes.

use std::rc::Rc;

use layercake_ir::ops::{Concat, Slice};

use super::arrange::{broadcast, spread};
use super::attributes::Op;
use super::importer::Importer;
use super::reshape::to_sizes;
use super::value::{Const, Data, EachSample, Elements, Int, Outcome, Value};

/// The most parts of one `Concat`.
const MOST_PARTS: usize = 64;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Expand" => Some(expand(i, op)),
        "Tile" => Some(tile(i, op)),
        _ => None,
    }
}

fn integers(i: &Importer, op: &Op<'_>) -> Outcome<Vec<Int>> {
    match &i.constant(op, 1)?.elements {
        Elements::Ints(all) => Ok(all.clone()),
        Elements::Floats(_) => Err("its sizes are not integers".into()),
    }
}

/// Axes of size 1 in other sizes.
fn expand(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let wish = integers(i, op)?;
    let one = Int::from(1);
    match i.input(op, 0)? {
        Value::Const(x) => return constant(i, &x, &wish),
        Value::Filled { dims, number } => {
            let rank = dims.len().max(wish.len());
            let padded = |dims: &[Int]| [vec![one; rank - dims.len()], dims.to_vec()].concat();
            let pairs = padded(&dims).into_iter().zip(padded(&wish));
            let dims = pairs.map(|(have, wish)| if have == one { Some(wish) } else { (wish == one || wish == have).then_some(have) });
            let dims = dims.collect::<Option<Vec<Int>>>().ok_or("it has another size, which cannot be expanded")?;
            return Ok(vec![Value::Filled { dims, number }]);
        }
        _ => {}
    }
    let mut x = i.data(op, 0)?;
    let sizes = i.sizes(x);
    let mut padded = [vec![one; wish.len().saturating_sub(sizes.len())], sizes].concat();
    if let (None, Some(at)) = (x.batch, wish.iter().position(|size| size.batch)) {
        let at = at + padded.len() - wish.len();
        x = to_sizes(i, op, x, &padded, true)?;
        x = for_each_sample(i, op, x, at, wish[at + wish.len() - padded.len()])?;
        padded[at] = Int { number: 1, batch: true };
    }
    let skip = padded.len() - wish.len();
    let mut counts = vec![1; padded.len()];
    for (axis, (have, wish)) in padded.iter().zip([vec![one; skip], wish].concat()).enumerate() {
        if *have == one && wish != one {
            counts[axis] = count(wish)?;
        } else if *have != wish && wish != one && !(have.batch && i.fixed.is_some_and(|fixed| wish.number == fixed as i64)) {
            return Err(format!("axis {axis} has another size, which cannot be expanded").into());
        }
    }
    let x = to_sizes(i, op, x, &padded, true)?;
    repeat(i, op, x, &counts)
}

/// Axes that are repeated whole.
fn tile(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let counts = integers(i, op)?;
    if let Value::Const(x) = i.input(op, 0)? {
        if counts.len() != x.dims.len() {
            return Err(format!("{} repeats for {} axes", counts.len(), x.dims.len()).into());
        }
        let alike = x.everywhere();
        let sizes = counts.iter().zip(&x.dims).map(|(count, &size)| Int { number: count.number.saturating_mul(size as i64), ..*count });
        return match alike {
            Some(number) => Ok(vec![Value::Filled { dims: sizes.collect(), number }]),
            None if counts.iter().zip(&x.dims).all(|(&count, &size)| size == 1 || count == Int::from(1)) => {
                constant(i, &x, &sizes.collect::<Vec<_>>())
            }
            None => Err("it repeats a constant in a way that depends on the batch, which is not supported".into()),
        };
    }
    let mut x = i.data(op, 0)?;
    let mut counts = counts;
    if let Some(at) = counts.iter().position(|count| count.batch).filter(|_| counts.len() == i.rank(x)) {
        x = for_each_sample(i, op, x, at, counts[at])?;
        counts[at] = Int::from(1);
    }
    let counts = counts.into_iter().map(count).collect::<Outcome<Vec<_>>>()?;
    if counts.len() != i.rank(x) {
        return Err(format!("{} repeats for {} axes", counts.len(), i.rank(x)).into());
    }
    repeat(i, op, x, &counts)
}

/// A value that all samples share, with an axis of the batch in place of one of size 1.
fn for_each_sample(i: &mut Importer, op: &Op<'_>, x: Data, at: usize, wish: Int) -> Outcome<Data> {
    let mut dims = i.dims(x);
    if x.batch.is_some() || wish.number != 1 || dims.get(at) != Some(&1) {
        return Err("it repeats a value as often as there are samples".into());
    }
    dims.remove(at);
    let value = i.shaped(op, x.value, &dims)?;
    Ok(Data { batch: Some(at), ..x.with(value) })
}

fn count(wish: Int) -> Outcome<usize> {
    let known = if wish.batch { Err("it repeats a value as often as there are samples") } else { Ok(wish.number) };
    usize::try_from(known?).ok().filter(|&count| count > 0).ok_or_else(|| format!("it repeats an axis {} times", wish.number).into())
}

/// A value as often as these counts say along the axes of the file.
fn repeat(i: &mut Importer, op: &Op<'_>, x: Data, counts: &[usize]) -> Outcome {
    let mut value = x.value;
    for (axis, &count) in counts.iter().enumerate().filter(|&(_, &count)| count != 1) {
        let axis = i.sample_axis(x, axis as i64)?;
        if x.merged && x.batch == Some(axis) {
            return Err("it works along the batch".into());
        }
        value = times(i, op, value, axis, count)?;
    }
    Ok(vec![Value::Data(x.with(value))])
}

/// `count` copies side by side, of which no `Concat` takes more than [`MOST_PARTS`].
fn times(i: &mut Importer, op: &Op<'_>, value: usize, axis: usize, count: usize) -> Outcome<usize> {
    if count <= MOST_PARTS {
        return if count == 1 { Ok(value) } else { i.add(op, Concat { axis }, &vec![value; count]) };
    }
    let many = i.add(op, Concat { axis }, &[value; MOST_PARTS])?;
    let whole = times(i, op, many, axis, count / MOST_PARTS)?;
    match count % MOST_PARTS {
        0 => Ok(whole),
        rest => {
            let end = i.dims(Data::of(value, None))[axis] * rest;
            let rest = i.add(op, Slice { axis, start: 0, end }, &[many])?;
            i.add(op, Concat { axis }, &[whole, rest])
        }
    }
}

/// A constant for each sample.
pub(super) fn constant(i: &mut Importer, x: &Rc<Const>, wish: &[Int]) -> Outcome {
    let at = wish.iter().position(|size| size.batch).ok_or("its sizes are not known")?;
    let fits = |size: usize, wish: Int| size == 1 || (!wish.batch && size as i64 == wish.number) || (wish.batch && Some(size) == i.fixed);
    let back = x.dims.iter().rev().zip(wish.iter().rev());
    let number = x.everywhere().filter(|_| x.dims.len() <= wish.len());
    if let Some(number) = number.filter(|_| back.clone().all(|(&size, &wish)| fits(size, wish))) {
        return Ok(vec![Value::Filled { dims: wish.to_vec(), number }]);
    }
    let dims = [vec![1; wish.len().saturating_sub(x.dims.len())], x.dims.clone()].concat();
    if dims.len() != wish.len() || wish[at].number != 1 || dims[at] != 1 {
        return Err("it repeats a constant along the axis of the batch, which is not supported".into());
    }
    let sizes = wish.iter().map(|size| if size.batch { Some(1) } else { usize::try_from(size.number).ok() }).collect::<Option<Vec<_>>>();
    let whole = broadcast(&dims, &sizes.ok_or("a size is negative")?)?;
    let rest = if whole == x.dims {
        Rc::clone(x)
    } else if whole == dims {
        i.spend(x.elements.len())?;
        Rc::new(Const { name: x.name.clone(), dims, elements: x.elements.clone() })
    } else {
        let repeated = spread(x, &whole, i.room())?;
        i.spend(repeated.elements.len())?;
        Rc::new(repeated)
    };
    Ok(vec![Value::Each(EachSample { rest, at, stride: 0 })])
}
