//! Where the largest or the smallest number of an axis is.

use std::rc::Rc;

use layercake_ir::ops::{Amax, Amin, Mul, Rescaling, Sub};

use super::attributes::Op;
use super::importer::Importer;
use super::logic::{is_positive, not};
use super::reduce::{left, reduced};
use super::value::{Const, Data, Kind, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "ArgMax" | "ArgMin" => Some(place(i, op)),
        _ => None,
    }
}

/// The index is that of the first such number, or of the last. Elements that are less than the largest number count 0, the others by their position.
fn place(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let axis = op.int("axis", 0);
    let (keep, last, largest) = (op.int("keepdims", 1) != 0, op.int("select_last_index", 0) != 0, op.kind() == "ArgMax");
    let at = i.sample_axis(x, axis)?;
    if x.merged && x.batch == Some(at) {
        return Err("it works along the batch".into());
    }
    let size = i.dims(x)[at];
    let distance = if largest {
        let best = reduced(i, op, x.value, &[at], |axes| Amax { axes }.into())?;
        i.add(op, Sub {}, &[best, x.value])?
    } else {
        let best = reduced(i, op, x.value, &[at], |axes| Amin { axes }.into())?;
        i.add(op, Sub {}, &[x.value, best])?
    };
    let other = is_positive(i, op, x.with(distance))?;
    let hit = not(i, op, other)?;
    // Positions from 1 on, so that a hit counts more than none.
    let positions = (0..size).map(|index| if last { index + 1 } else { size - index } as f32).collect();
    let mut dims = vec![1; i.dims(x).len()];
    dims[at] = size;
    i.spend(size)?;
    let positions = i.parameter(&Rc::new(Const::floats(dims.clone(), positions)), dims)?;
    let counted = i.add(op, Mul {}, &[hit.value, positions])?;
    let most = reduced(i, op, counted, &[at], |axes| Amax { axes }.into())?;
    let (scale, offset) = if last { (1.0, -1.0) } else { (-1.0, size as f64) };
    let value = i.add(op, Rescaling { scale, offset }, &[most])?;
    let data = left(i, op, Data { kind: Kind::Integer, ..x.with(value) }, &[at], keep)?;
    Ok(vec![Value::Data(data)])
}
