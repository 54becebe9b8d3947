//! Constants in other orders, sizes and parts.

use super::importer::index;
use super::value::{Const, Elements, Int, Outcome};

pub(super) fn fits(len: usize, room: usize) -> Outcome<()> {
    if len <= room { Ok(()) } else { Err("the constants that it takes are many times the size of the file".into()) }
}

/// The elements at these places.
pub(super) fn pick(elements: &Elements, places: impl Iterator<Item = usize>) -> Elements {
    match elements {
        Elements::Floats(all) => Elements::Floats(places.map(|at| all[at]).collect()),
        Elements::Ints(all) => Elements::Ints(places.map(|at| all[at]).collect()),
    }
}

pub(super) fn gather(x: &Const, indices: &Const, axis: usize, room: usize) -> Outcome<Const> {
    let size = x.dims[axis];
    let rows = indices.as_ints().ok_or("its indices depend on the batch")?;
    let rows = rows.iter().map(|&row| index(row, size)).collect::<Outcome<Vec<_>>>()?;
    let (outer, inner): (usize, usize) = (x.dims[..axis].iter().product(), x.dims[axis + 1..].iter().product());
    fits(outer.saturating_mul(inner).saturating_mul(rows.len()), room)?;
    let places = (0..outer).flat_map(|o| rows.iter().flat_map(move |row| (0..inner).map(move |i| (o * size + row) * inner + i)));
    let dims = [&x.dims[..axis], &indices.dims, &x.dims[axis + 1..]].concat();
    Ok(Const { name: None, dims, elements: pick(&x.elements, places) })
}

pub(super) fn concat(all: &[&Const], axis: i64) -> Outcome<Const> {
    let first = all[0];
    let axis = index(axis, first.dims.len())?;
    let alike = |other: &Const| {
        other.dims.len() == first.dims.len() && (0..first.dims.len()).all(|at| at == axis || other.dims[at] == first.dims[at])
    };
    if !all.iter().all(|other| alike(other)) {
        return Err("its inputs have different sizes".into());
    }
    let outer: usize = first.dims[..axis].iter().product();
    let width = |part: &Const| part.dims[axis..].iter().product::<usize>();
    let mut dims = first.dims.clone();
    dims[axis] = all.iter().map(|part| part.dims[axis]).sum();
    let floats: Option<Vec<&[f32]>> = all.iter().map(|part| part.as_floats()).collect();
    if let Some(floats) = floats {
        let rows =
            (0..outer).flat_map(|o| all.iter().zip(&floats).flat_map(move |(part, data)| &data[o * width(part)..(o + 1) * width(part)]));
        return Ok(Const::floats(dims, rows.copied().collect()));
    }
    let ints: Option<Vec<&[Int]>> =
        all.iter().map(|part| if let Elements::Ints(all) = &part.elements { Some(&all[..]) } else { None }).collect();
    let ints = ints.ok_or("its inputs are floats and integers")?;
    let rows = (0..outer).flat_map(|o| all.iter().zip(&ints).flat_map(move |(part, data)| &data[o * width(part)..(o + 1) * width(part)]));
    Ok(Const::ints(dims, rows.copied().collect()))
}

pub(super) fn transpose(x: &Const, perm: &[usize]) -> Outcome<Const> {
    let rank = x.dims.len();
    if perm.len() != rank || (0..rank).any(|axis| !perm.contains(&axis)) {
        return Err(format!("`perm` is {perm:?} for {rank} axes").into());
    }
    let strides = strides(&x.dims);
    let dims: Vec<usize> = perm.iter().map(|&axis| x.dims[axis]).collect();
    let moved: Vec<usize> = perm.iter().map(|&axis| strides[axis]).collect();
    Ok(Const { name: None, elements: pick(&x.elements, places(&dims, &moved)), dims })
}

pub(super) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

/// The place of each element, in row-major order.
pub(super) fn places<'a>(dims: &'a [usize], strides: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let len = dims.iter().product();
    (0..len).map(move |mut at| {
        let mut place = 0;
        for axis in (0..dims.len()).rev() {
            place += at % dims[axis] * strides[axis];
            at /= dims[axis];
        }
        place
    })
}

pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Outcome<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |dims: &[usize], axis: usize| (axis + dims.len()).checked_sub(rank).map_or(1, |axis| dims[axis]);
    let size = |axis| match (at(a, axis), at(b, axis)) {
        (1, size) | (size, 1) => Some(size),
        (size, other) => (size == other).then_some(size),
    };
    (0..rank).map(size).collect::<Option<_>>().ok_or_else(|| format!("{a:?} and {b:?} cannot be combined").into())
}

/// The constant repeated to these sizes.
pub(super) fn spread(x: &Const, dims: &[usize], room: usize) -> Outcome<Const> {
    let len = dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
    fits(len.unwrap_or(usize::MAX), room)?;
    let own = strides(&x.dims);
    let strides: Vec<usize> = (0..dims.len())
        .map(|axis| (axis + x.dims.len()).checked_sub(dims.len()).filter(|&at| x.dims[at] != 1).map_or(0, |at| own[at]))
        .collect();
    Ok(Const { name: None, dims: dims.to_vec(), elements: pick(&x.elements, places(dims, &strides)) })
}

/// The constant repeated whole along its axes.
pub(super) fn tile(x: &Const, counts: &[usize], room: usize) -> Outcome<Const> {
    if counts.len() != x.dims.len() {
        return Err(format!("{} repeats for {} axes", counts.len(), x.dims.len()).into());
    }
    // Each axis becomes two, of which the first repeats.
    let pairs = |counts: &[usize]| counts.iter().zip(&x.dims).flat_map(|(&count, &size)| [count, size]).collect::<Vec<_>>();
    let apart = Const { name: None, dims: pairs(&vec![1; counts.len()]), elements: x.elements.clone() };
    let repeated = spread(&apart, &pairs(counts), room)?;
    Ok(Const { dims: counts.iter().zip(&x.dims).map(|(count, &size)| count.saturating_mul(size)).collect(), ..repeated })
}

/// The numbers from a bound to another, in steps.
pub(super) fn range(bounds: &[&Const], room: usize) -> Outcome<Const> {
    let floats: Option<Vec<f64>> = bounds.iter().map(|bound| Some(f64::from(*bound.as_floats()?.first()?))).collect();
    if let Some(floats) = floats {
        let [start, limit, step] = floats[..] else { return Err("it has not three bounds".into()) };
        let len = ((limit - start) / step).ceil();
        if !len.is_finite() {
            return Err("its bounds or its step are not finite".into());
        }
        // A float that is too large becomes the largest integer.
        let len = len.max(0.0) as usize;
        fits(len, room)?;
        return Ok(Const::floats(vec![len], (0..len).map(|at| (start + at as f64 * step) as f32).collect()));
    }
    let ints: Option<Vec<i64>> = bounds.iter().map(|bound| bound.as_ints()?.first().copied()).collect();
    let ints = ints.ok_or("its bounds are not known numbers of one type")?;
    let [start, limit, step] = ints[..] else { return Err("it has not three bounds".into()) };
    if step == 0 {
        return Err("its step is 0".into());
    }
    let len = (i128::from(limit) - i128::from(start) + i128::from(step - step.signum())) / i128::from(step);
    let len = usize::try_from(len.max(0)).unwrap_or(usize::MAX);
    fits(len, room)?;
    Ok(Const::ints(vec![len], (0..len as i64).map(|at| Int::from(start.wrapping_add(step.wrapping_mul(at)))).collect()))
}

/// The rows that a slice keeps, in its order.
pub(super) fn rows(start: i64, end: i64, step: i64, size: usize) -> Outcome<Vec<usize>> {
    let size = size as i64;
    let from_start = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
    let (start, end) = (from_start(start), from_start(end));
    Ok(match step {
        0 => return Err("a step is 0".into()),
        1.. => (start.clamp(0, size)..end.clamp(0, size)).step_by(step as usize).map(|at| at as usize).collect(),
        _ => {
            let (start, end) = (start.clamp(-1, size - 1), end.clamp(-1, size - 1));
            (end + 1..=start).rev().step_by(step.unsigned_abs() as usize).map(|at| at as usize).collect()
        }
    })
}

/// The sizes of a `Reshape` of a tensor that is known.
pub(super) fn reshaped(dims: &[usize], wish: &[i64], zero: bool) -> Outcome<Vec<usize>> {
    let len: usize = dims.iter().product();
    let mut sizes = Vec::new();
    let mut open = None;
    for (axis, &size) in wish.iter().enumerate() {
        sizes.push(match size {
            -1 => {
                open = Some(axis);
                1
            }
            0 if !zero => *dims.get(axis).ok_or("it copies an axis that does not exist")?,
            size => usize::try_from(size).map_err(|_| format!("a size is {size}"))?,
        });
    }
    let rest = sizes.iter().try_fold(1, |product: usize, &size| product.checked_mul(size)).ok_or("it is too large")?;
    if let Some(axis) = open {
        sizes[axis] = len.checked_div(rest).unwrap_or(0);
    }
    if sizes.iter().product::<usize>() == len { Ok(sizes) } else { Err(format!("{dims:?} cannot be reshaped to {wish:?}").into()) }
}
