//! What each sample has at places of its own.

use std::rc::Rc;

use crate::import::arrange::{gather, strides};
use crate::import::attributes::Op;
use crate::import::importer::{Importer, index};
use crate::import::moves::pick;
use crate::import::value::{Const, Data, EachSample, Int, Outcome, Value};

/// The numbers at each sample's own places: the first column of the table is the sample.
pub(super) fn at_places(i: &mut Importer, op: &Op<'_>, x: Value, columns: &[EachSample]) -> Outcome<Value> {
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
pub(super) fn own_rows(i: &mut Importer, op: &Op<'_>, x: Data, indices: &EachSample) -> Outcome<Option<Value>> {
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
