//! Other axes for the same elements, and where the batch goes.

use layercake_ir::ops::{Permute, Sizes};

use super::attributes::Op;
use super::fold::filling;
use super::importer::{Importer, index};
use super::value::{Const, Data, Elements, Int, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Reshape" => Some(reshape(i, op)),
        "Flatten" => Some(flatten(i, op)),
        "Squeeze" => Some(squeeze(i, op)),
        "Unsqueeze" => Some(unsqueeze(i, op)),
        "Transpose" => Some(transpose(i, op)),
        "ConstantOfShape" => Some(constant_of_shape(i, op)),
        _ => None,
    }
}

fn reshape(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let wish = match op.ints("shape") {
        Some(sizes) => sizes.iter().copied().map(Int::from).collect(),
        None => match &i.constant(op, 1)?.elements {
            Elements::Ints(sizes) => sizes.clone(),
            Elements::Floats(_) => return Err("its sizes are not integers".into()),
        },
    };
    let zero = op.int("allowzero", 0) != 0;
    to_sizes(i, op, x, &wish, zero).map(|data| vec![Value::Data(data)])
}

fn flatten(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let sizes = i.sizes(x);
    let axis = op.int("axis", 1);
    let axis = if axis == sizes.len() as i64 { sizes.len() } else { index(axis, sizes.len())? };
    let product = |part: &[Int]| Int {
        number: part.iter().fold(1i64, |product, size| product.saturating_mul(size.number)),
        batch: part.iter().any(|size| size.batch),
    };
    let wish = [product(&sizes[..axis]), product(&sizes[axis..])];
    to_sizes(i, op, x, &wish, false).map(|data| vec![Value::Data(data)])
}

/// The elements in other axes. `wish` may have a -1, and zeros for sizes that stay.
pub(super) fn to_sizes(i: &mut Importer, op: &Op<'_>, x: Data, wish: &[Int], zero: bool) -> Outcome<Data> {
    let sizes = i.sizes(x);
    let mut wish = wish.to_vec();
    for (axis, size) in wish.iter_mut().enumerate().filter(|(_, size)| size.number == 0 && !size.batch && !zero) {
        *size = *sizes.get(axis).ok_or_else(|| format!("it copies axis {axis}, which does not exist"))?;
    }
    let len = i.dims(x).iter().fold(1usize, |product, &size| product.saturating_mul(size));
    let known = |wish: &[Int]| {
        wish.iter()
            .filter(|size| size.number != -1)
            .try_fold(1usize, |product, size| product.checked_mul(usize::try_from(size.number).ok()?))
    };
    let impossible = || format!("its input of shape {:?} cannot be reshaped to {:?}", shown(&sizes), shown(&wish));
    let mut wish = wish.clone();
    let open = wish.iter().position(|size| size.number == -1 && !size.batch);
    let product = known(&wish).filter(|&product| product > 0).ok_or_else(impossible)?;
    let mut at = wish.iter().position(|size| size.batch);
    if x.batch.is_some() && at.is_none() {
        // The first size is the batch that the file fixes, or a multiple of it.
        let times = i.fixed.filter(|&fixed| fixed > 0).and_then(|fixed| {
            let first = usize::try_from(wish.first()?.number).ok()?;
            let times = first.checked_div(fixed).filter(|times| first == times * fixed && *times > 0)?;
            let whole = product / first * times;
            let all = if open.is_some() { len.is_multiple_of(whole) } else { len == whole };
            all.then_some(times)
        });
        match open {
            _ if times.is_some() && open != Some(0) => {
                wish[0] = Int { number: times.unwrap_or(1) as i64, batch: true };
                at = Some(0);
            }
            // All else is there: what is left is the batch.
            Some(open) if product == len => {
                wish[open] = Int { number: 1, batch: true };
                at = Some(open);
            }
            // The batch and the rest in one axis.
            Some(open) if len % product == 0 => {
                wish[open] = Int { number: (len / product) as i64, batch: true };
                at = Some(open);
            }
            _ => return Err(impossible().into()),
        }
    }
    let product = known(&wish).filter(|&product| product > 0).ok_or_else(impossible)?;
    if let Some(open) = wish.iter().position(|size| size.number == -1 && !size.batch) {
        wish[open] = Int::from((len / product) as i64);
    }
    if known(&wish) != Some(len) || wish.iter().any(|size| size.number < 1) {
        return Err(impossible().into());
    }
    // The batch keeps its place in the order of the elements.
    let before = |sizes: &[Int], at: usize| sizes[..at].iter().fold(1i64, |product, size| product.saturating_mul(size.number));
    // A sample that is a single number shares its axis with the batch.
    let merged = at.is_some_and(|at| wish[at].number != 1 || wish.len() == 1);
    let mut inner = false;
    if let (Some(from), Some(to)) = (x.batch, at) {
        let have = before(&sizes, from).saturating_mul(if x.inner { sizes[from].number } else { 1 });
        let outer = before(&wish, to);
        inner = merged && have != outer && have == outer.saturating_mul(wish[to].number);
        if have != outer && !inner {
            return Err(format!("its input of shape {:?} would have its batch in another place, {:?}", shown(&sizes), shown(&wish)).into());
        }
    }
    let sample: Vec<usize> =
        wish.iter().enumerate().filter(|&(axis, _)| merged || Some(axis) != at).map(|(_, size)| size.number as usize).collect();
    let value = i.shaped(op, x.value, &sample)?;
    Ok(Data { value, batch: at, merged, inner, kind: x.kind })
}

/// Sizes for a message: the batch as `N`.
fn shown(sizes: &[Int]) -> Vec<String> {
    sizes
        .iter()
        .map(|size| match (size.batch, size.number) {
            (false, number) => number.to_string(),
            (true, 1) => "N".to_owned(),
            (true, number) => format!("{number} N"),
        })
        .collect()
}

fn squeeze(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let sizes = i.sizes(x);
    let axes = match i.integers(op, "axes", 1)? {
        Some(axes) => axes.iter().map(|&axis| index(axis, sizes.len())).collect::<Outcome<Vec<_>>>()?,
        None => (0..sizes.len()).filter(|&axis| sizes[axis] == Int::from(1)).collect(),
    };
    if let Some(axis) = axes.iter().find(|&&axis| sizes[axis] != Int::from(1)) {
        return Err(format!("axis {axis} of {:?} is not of size 1", shown(&sizes)).into());
    }
    let wish: Vec<Int> = sizes.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &size)| size).collect();
    to_sizes(i, op, x, &wish, true).map(|data| vec![Value::Data(data)])
}

fn unsqueeze(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let sizes = i.sizes(x);
    let axes = i.integers(op, "axes", 1)?.ok_or("it names no axes")?;
    let rank = sizes.len() + axes.len();
    let axes = axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?;
    let mut rest = sizes.iter();
    let wish =
        (0..rank).map(|axis| if axes.contains(&axis) { Some(Int::from(1)) } else { rest.next().copied() }).collect::<Option<Vec<_>>>();
    to_sizes(i, op, x, &wish.ok_or("it names an axis twice")?, true).map(|data| vec![Value::Data(data)])
}

fn transpose(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let rank = i.rank(x);
    let perm = op.sizes("perm")?.unwrap_or_else(|| (0..rank).rev().collect());
    if perm.len() != rank || (0..rank).any(|axis| !perm.contains(&axis)) {
        return Err(format!("`perm` is {perm:?} for {rank} axes").into());
    }
    let batch = x.batch.and_then(|at| perm.iter().position(|&axis| axis == at));
    let own = x.own_batch();
    let axes: Vec<usize> =
        perm.iter().filter(|&&axis| Some(axis) != own).map(|&axis| if own.is_some_and(|at| axis > at) { axis - 1 } else { axis }).collect();
    let place = Data { batch, ..x };
    if axes.is_sorted() {
        return Ok(vec![Value::Data(place)]);
    }
    let value = i.add(op, Permute { axes: Sizes::new(&axes) }, &[x.value])?;
    Ok(vec![Value::Data(place.with(value))])
}

fn constant_of_shape(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let sizes = i.constant(op, 0)?;
    let Const { elements: Elements::Ints(sizes), .. } = &*sizes else { return Err("its sizes are not integers".into()) };
    let number = filling(op)?.single().ok_or("`value` is not a number")?;
    Ok(vec![Value::Filled { dims: sizes.clone(), number }])
}
