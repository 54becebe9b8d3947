//! Rows at places that are known or computed, token ids that are computed with, and running sums.

use std::rc::Rc;

use layercake_ir::INFER;
use layercake_ir::ops::{Abs, Add, Clamp, Embedding, Linear, Rescaling, Select, Sub};

use super::attributes::Op;
use super::importer::{Importer, index};
use super::logic::is_positive;
use super::moves::{part, pick};
use super::resample::along;
use super::value::{Const, Data, Int, Kind, Outcome, Value};
use super::{arrange, repeat};
use crate::Tensor;

/// The most rows of a table that is multiplied by hits, one for each row.
const MOST_ROWS: usize = 4096;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Gather" => Some(gather(i, op)),
        "GatherElements" => Some(gather_elements(i, op)),
        "CumSum" => Some(running(i, op)),
        _ => None,
    }
}

fn gather(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let axis = op.int("axis", 0);
    match (i.input(op, 0)?, i.input(op, 1)?) {
        (Value::Const(table), Value::Data(at)) if at.kind == Kind::Integer && index(axis, table.dims.len().max(1))? == 0 => {
            rows_at(i, op, &table, at)
        }
        (Value::Const(table), Value::Data(ids)) => embedding(i, op, &table, ids, axis),
        (Value::Data(x), Value::Const(indices)) => {
            let at = i.sample_axis(x, axis)?;
            if x.merged && x.batch == Some(at) {
                return Err("it works along the batch".into());
            }
            let size = i.dims(x)[at];
            let rows = indices.as_ints().ok_or("its indices depend on the batch")?;
            let rows = rows.iter().map(|&row| index(row, size)).collect::<Outcome<Vec<_>>>()?;
            match indices.dims.len() {
                0 => {
                    let (before, dims) = (index(axis, i.rank(x))?, i.dims(x));
                    if dims.len() == 1 {
                        let value = part(i, op, x.value, at, rows[0], rows[0] + 1)?;
                        return i.single(op, x, value).map(|data| vec![Value::Data(data)]);
                    }
                    let value = i.add(op, Select { axis: at, index: rows[0] }, &[x.value])?;
                    let batch = x.batch.map(|batch| if batch > before { batch - 1 } else { batch });
                    Ok(vec![Value::Data(Data { value, batch, ..x })])
                }
                1 if !rows.is_empty() => {
                    let value = pick(i, op, x.value, at, &rows)?;
                    Ok(vec![Value::Data(x.with(value))])
                }
                axes => Err(format!("indices with {axes} axes are not supported").into()),
            }
        }
        // One row of a table for each sample.
        (Value::Const(table), Value::Filled { dims, number }) if !table.dims.is_empty() && index(axis, table.dims.len())? == 0 => {
            let row = index(number as i64, table.dims[0])? as i64;
            let row = arrange::gather(&table, &Const::ints(vec![], vec![row.into()]), 0, i.room())?;
            let wish = [&dims[..], &row.dims.iter().map(|&size| Int::from(size as i64)).collect::<Vec<_>>()].concat();
            repeat::constant(i, &Rc::new(row), &wish)
        }
        _ => Err("its indices are computed, which is supported for a table of constants only".into()),
    }
}

/// Elements of a value that is the same number everywhere.
fn gather_elements(i: &mut Importer, op: &Op<'_>) -> Outcome {
    op.ignore(&["axis"]);
    let number = match i.peek(op, 0)? {
        Value::Filled { number, .. } => Some(number),
        Value::Each(x) if x.stride == 0 => x.rest.everywhere(),
        Value::Const(found) => found.everywhere(),
        _ => None,
    };
    let dims = match i.input(op, 1)? {
        Value::Const(indices) => indices.dims.iter().map(|&size| Int::from(size as i64)).collect(),
        Value::Filled { dims, .. } => dims,
        Value::Data(indices) => i.sizes(indices),
        _ => return Err("its indices are computed, which is not supported".into()),
    };
    let number = number.ok_or("it takes elements of a value that is computed, which is not supported")?;
    Ok(vec![Value::Filled { dims, number }])
}

fn embedding(i: &mut Importer, op: &Op<'_>, table: &Rc<Const>, ids: Data, axis: i64) -> Outcome {
    let [num_embeddings, embedding_dim] = table.dims[..] else {
        return Err(format!("a table of shape {:?} is not supported", table.dims).into());
    };
    if index(axis, 2)? != 0 || !i.shape(ids).is_ids() {
        return Err("it looks up numbers that are not token ids along the first axis of the table".into());
    }
    let data = table.as_floats().ok_or("the table has integers")?.to_vec();
    let tensors = vec![("weight", Tensor { dims: table.dims.clone(), data })];
    let layer = Embedding { num_embeddings, embedding_dim, padding_idx: INFER };
    let value = i.layer(op, table.name.as_deref(), layer, &[ids.value], tensors)?;
    i.apart(op, ids.with(value)).map(|data| vec![Value::Data(data)])
}

/// The numbers that token ids are: rows of a table that counts.
pub(super) fn numbers(i: &mut Importer, op: &Op<'_>, ids: Data) -> Outcome<Data> {
    let rows = i.vocabulary.ok_or("it computes with token ids, and no table says how many there are")?;
    i.spend(rows)?;
    let table = Tensor { dims: vec![rows, 1], data: (0..rows).map(|row| row as f32).collect() };
    let layer = Embedding { num_embeddings: rows, embedding_dim: 1, padding_idx: INFER };
    let dims = i.dims(ids);
    let value = i.layer(op, None, layer, &[ids.value], vec![("weight", table)])?;
    let value = i.shaped(op, value, &dims)?;
    Ok(Data { kind: Kind::Integer, ..ids.with(value) })
}

/// Rows of a table at integers that are computed: a product with 1 at the row that is meant, and 0 elsewhere.
fn rows_at(i: &mut Importer, op: &Op<'_>, table: &Const, at: Data) -> Outcome {
    let [rows, features] = table.dims[..] else { return Err(format!("a table of shape {:?} is not supported", table.dims).into()) };
    if rows > MOST_ROWS || rows == 0 {
        return Err(format!("it looks up computed integers in a table of {rows} rows; at most {MOST_ROWS} are possible").into());
    }
    let data = table.as_floats().ok_or("the table has integers")?;
    i.spend(data.len() + rows)?;
    // Those below 0 count from the end.
    let negated = i.add(op, Rescaling { scale: -1.0, offset: 0.0 }, &[at.value])?;
    let below = is_positive(i, op, at.with(negated))?;
    let more = i.add(op, Rescaling { scale: rows as f64, offset: 0.0 }, &[below.value])?;
    let place = i.add(op, Add {}, &[at.value, more])?;
    let dims = i.dims(at);
    let place = i.shaped(op, place, &[&dims[..], &[1]].concat())?;
    let all = Rc::new(Const::floats(vec![rows], (0..rows).map(|row| row as f32).collect()));
    let all = i.parameter(&all, [vec![1; dims.len()], vec![rows]].concat())?;
    let apart = i.add(op, Sub {}, &[place, all])?;
    let apart = i.add(op, Abs {}, &[apart])?;
    let apart = i.add(op, Clamp { min: 0.0, max: 1.0 }, &[apart])?;
    let hits = i.add(op, Rescaling { scale: -1.0, offset: 1.0 }, &[apart])?;
    let turned = (0..features).flat_map(|feature| (0..rows).map(move |row| data[row * features + feature])).collect();
    let layer = Linear { in_features: rows, out_features: features, bias: false };
    let value =
        i.layer(op, table.name.as_deref(), layer, &[hits], vec![("weight", Tensor { dims: vec![features, rows], data: turned })])?;
    let found = i.apart(op, Data { kind: Kind::Float, ..at.with(value) })?;
    Ok(vec![Value::Data(found)])
}

/// Sums up to each element along an axis: a product with a triangle of ones.
fn running(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let axis = i.constant(op, 1)?.as_ints().and_then(|axis| axis.first().copied()).ok_or("its axis is not known")?;
    let axis = i.sample_axis(x, axis)?;
    if x.merged && x.batch == Some(axis) {
        return Err("it works along the batch".into());
    }
    let size = i.dims(x)[axis];
    i.spend(size.saturating_mul(size))?;
    let (reverse, exclusive) = (op.int("reverse", 0) != 0, op.int("exclusive", 0) != 0);
    let counts = |to: usize, from: usize| {
        let before = if reverse { from > to } else { from < to };
        f32::from(u8::from(before || (from == to && !exclusive)))
    };
    let weight = (0..size).flat_map(|to| (0..size).map(move |from| counts(to, from))).collect();
    let value = along(i, op, x.value, axis, Tensor { dims: vec![size, size], data: weight })?;
    Ok(vec![Value::Data(x.with(value))])
}
