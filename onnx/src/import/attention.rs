//! The operator `Attention`, written out in products and a softmax.

use std::rc::Rc;

use layercake_ir::ops::{Add, Clamp, Concat, MatMul, Mul, Permute, Rescaling, Sizes, Softmax, Tanh};

use super::arrange::{broadcast, spread};
use super::attributes::Op;
use super::elementwise::pair;
use super::importer::Importer;
use super::logic::{is_positive, not};
use super::value::{Const, Data, Elements, Kind, Outcome, Value};

/// What a score gets where a truth value hides its key: its exponential is 0, and a row of nothing else stays finite.
const HIDDEN: f64 = -1e30;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    (op.kind() == "Attention").then(|| attention(i, op))
}

/// Shapes without the batch or with it in front: queries `[heads, length, size]`, keys and values likewise; with three axes in the file
/// `[length, heads * size]`.
fn attention(i: &mut Importer, op: &Op<'_>) -> Outcome {
    op.ignore(&["softmax_precision"]);
    if Importer::has(op, 6) {
        return Err("lengths that differ within a batch are not supported".into());
    }
    let inputs = [0, 1, 2].map(|at| operand(i, op, at));
    let [q, k, v] = inputs;
    let (place, k, v) = (q?, k?, v?);
    let flat = i.rank(place) == 3;
    if !flat && i.rank(place) != 4 {
        return Err(format!("its queries have {} axes, not 3 or 4", i.rank(place)).into());
    }
    if ![place, k, v]
        .iter()
        .all(|x| !x.merged && x.batch == place.batch && matches!(x.batch, None | Some(0)) && i.rank(*x) == i.rank(place))
    {
        return Err("its inputs do not have the batch in front".into());
    }
    let (own, shared) = (op.int("q_num_heads", 0), op.int("kv_num_heads", 0));
    let mut q = place.value;
    let (mut k, mut v) = (k.value, v.value);
    if flat {
        [q, k, v] = [(q, own), (k, shared), (v, shared)]
            .map(|(x, heads)| split_heads(i, op, x, heads))
            .into_iter()
            .collect::<Outcome<Vec<_>>>()?[..]
            .try_into()
            .map_err(|_| "it has three inputs")?;
    }
    let dims = |i: &Importer, x: usize| i.dims(Data::of(x, None));
    let rank = dims(i, q).len();
    let past = if Importer::has(op, 4) && Importer::has(op, 5) {
        let (key, value) = (operand(i, op, 4)?, operand(i, op, 5)?);
        if key.batch != place.batch || value.batch != place.batch || dims(i, key.value).len() != rank {
            return Err("its past keys do not have the batch in front".into());
        }
        k = i.add(op, Concat { axis: rank - 2 }, &[key.value, k])?;
        v = i.add(op, Concat { axis: rank - 2 }, &[value.value, v])?;
        dims(i, key.value)[rank - 2]
    } else {
        0
    };
    let (present_key, present_value) = (k, v);

    let (shape, keys) = (dims(i, q), dims(i, k));
    let (heads, length, size, seen) = (shape[rank - 3], shape[rank - 2], shape[rank - 1], keys[rank - 2]);
    let groups = Groups { lead: shape[..rank - 3].to_vec(), heads, shared: keys[rank - 3] };
    let scale = op.float("scale", 1.0 / (size as f64).sqrt());
    let turned = {
        let mut axes: Vec<usize> = (0..rank).collect();
        axes.swap(rank - 2, rank - 1);
        i.add(op, Permute { axes: Sizes::new(&axes) }, &[k])?
    };
    let product = groups.multiply(i, op, q, turned)?;
    let scores = i.add(op, Rescaling { scale, offset: 0.0 }, &[product])?;
    let cap = op.float("softcap", 0.0);
    let capped = if cap == 0.0 {
        scores
    } else {
        let small = i.add(op, Rescaling { scale: 1.0 / cap, offset: 0.0 }, &[scores])?;
        let bent = i.add(op, Tanh {}, &[small])?;
        i.add(op, Rescaling { scale: cap, offset: 0.0 }, &[bent])?
    };
    let causal = (op.int("is_causal", 0) != 0).then_some(past);
    let masked = mask(i, op, place.with(capped), [length, seen], causal)?;
    let mut chances = i.add(op, Softmax { axis: rank - 1 }, &[masked.scores.value])?;
    if let Some(seen) = masked.seen {
        let Value::Data(kept) = pair(i, op, Mul {}.into(), Value::Data(place.with(chances)), Value::Data(seen))? else {
            return Err("its mask is not supported".into());
        };
        chances = kept.value;
    }
    let mut output = groups.multiply(i, op, chances, v)?;
    if flat {
        let shape = dims(i, output);
        output = exchanged(i, op, output)?;
        output = i.shaped(op, output, &[&shape[..rank - 3], &[length, heads * shape[rank - 1]]].concat())?;
    }
    let shown = match op.int("qk_matmul_output_mode", 0) {
        0 if cap == 0.0 => Some(scores),
        1 => Some(capped),
        2 if masked.seen.is_none() => Some(masked.scores.value),
        3 => Some(chances),
        _ => None,
    };
    if i.is_used(op, 3) && shown.is_none() {
        return Err("its scores as an output are not supported in this mode".into());
    }
    let values = [Some(output), Some(present_key), Some(present_value), shown];
    Ok(values.into_iter().map(|value| value.map_or(Value::Unknown, |value| Value::Data(place.with(value)))).collect())
}

/// An input; without a batch it may be a constant.
fn operand(i: &mut Importer, op: &Op<'_>, index: usize) -> Outcome<Data> {
    match i.input(op, index)? {
        Value::Const(constant) if !i.batched => {
            let value = i.parameter(&constant, constant.dims.clone())?;
            Ok(Data::of(value, None))
        }
        _ => i.data(op, index),
    }
}

/// `[.., length, heads * size]` as `[.., heads, length, size]`
fn split_heads(i: &mut Importer, op: &Op<'_>, x: usize, heads: i64) -> Outcome<usize> {
    let dims = i.dims(Data::of(x, None));
    let [lead @ .., length, features] = &dims[..] else { return Err("its inputs need more axes".into()) };
    let heads = usize::try_from(heads).ok().filter(|&heads| heads > 0 && features.is_multiple_of(heads));
    let heads = heads.ok_or_else(|| format!("{features} features are not divided among its heads"))?;
    let x = i.shaped(op, x, &[lead, &[*length, heads, features / heads]].concat())?;
    exchanged(i, op, x)
}

/// Heads and positions exchanged: the third and the second axis from the end.
fn exchanged(i: &mut Importer, op: &Op<'_>, x: usize) -> Outcome<usize> {
    let rank = i.dims(Data::of(x, None)).len();
    let mut axes: Vec<usize> = (0..rank).collect();
    axes.swap(rank - 3, rank - 2);
    i.add(op, Permute { axes: Sizes::new(&axes) }, &[x])
}

/// Which heads of the queries use which heads of the keys.
struct Groups {
    /// The axes before the heads.
    lead: Vec<usize>,
    heads: usize,
    shared: usize,
}

impl Groups {
    /// A product of `[.., heads, n, k]` and `[.., shared, k, m]`; consecutive heads share one of the second.
    fn multiply(&self, i: &mut Importer, op: &Op<'_>, a: usize, b: usize) -> Outcome<usize> {
        if self.heads == self.shared {
            return i.add(op, MatMul {}, &[a, b]);
        }
        if self.shared == 0 || !self.heads.is_multiple_of(self.shared) {
            return Err(format!("{} heads do not share {} heads of keys", self.heads, self.shared).into());
        }
        let at = self.lead.len() + 1;
        let (left, right) = (i.dims(Data::of(a, None)), i.dims(Data::of(b, None)));
        let a = i.shaped(op, a, &[&self.lead[..], &[self.shared, self.heads / self.shared], &left[at..]].concat())?;
        let b = i.shaped(op, b, &[&self.lead[..], &[self.shared, 1], &right[at..]].concat())?;
        let product = i.add(op, MatMul {}, &[a, b])?;
        let rest = i.dims(Data::of(product, None))[at + 1..].to_vec();
        i.shaped(op, product, &[&self.lead[..], &[self.heads], &rest].concat())
    }
}

/// Scores with a mask.
struct Masked {
    scores: Data,
    /// 1 where a query sees a key, where that is known only when the network runs.
    seen: Option<Data>,
}

/// `sizes` are the number of queries and of keys; `causal` is the number of keys before the first query.
fn mask(i: &mut Importer, op: &Op<'_>, scores: Data, sizes: [usize; 2], causal: Option<usize>) -> Outcome<Masked> {
    let [length, seen] = sizes;
    i.spend(length.saturating_mul(seen))?;
    let sees = |query: usize, key: usize| causal.is_none_or(|past| key <= query + past);
    let triangle: Vec<bool> =
        (0..length).flat_map(|query| (0..seen).map(move |key| (query, key))).map(|(query, key)| sees(query, key)).collect();
    let given = if Importer::has(op, 3) { Some(i.input(op, 3)?) } else { None };
    match given {
        None if causal.is_none() => Ok(Masked { scores, seen: None }),
        None | Some(Value::Const(_)) => {
            let mut bias =
                Const::floats(vec![length, seen], triangle.iter().map(|&sees| if sees { 0.0 } else { f32::NEG_INFINITY }).collect());
            if let Some(Value::Const(mask)) = given {
                let mask = additive(&mask, seen)?;
                let dims = broadcast(&mask.dims, &bias.dims)?;
                let room = i.room();
                let (one, other) = (spread(&mask, &dims, room)?, spread(&bias, &dims, room)?);
                let sum = one.as_floats().unwrap_or_default().iter().zip(other.as_floats().unwrap_or_default()).map(|(a, b)| a + b);
                bias = Const::floats(dims, sum.collect());
                i.spend(bias.elements.len())?;
            }
            let rows = bias.as_floats().unwrap_or_default().chunks(seen);
            if rows.into_iter().any(|row| row.iter().all(|number| *number == f32::NEG_INFINITY)) {
                return Err("its mask hides all keys from a query".into());
            }
            let Value::Data(scores) = pair(i, op, Add {}.into(), Value::Data(scores), Value::Const(Rc::new(bias)))? else {
                return Err("its mask is not supported".into());
            };
            Ok(Masked { scores, seen: None })
        }
        Some(_) => {
            let mask = i.data(op, 3)?;
            if i.dims(mask).last() != Some(&seen) {
                return Err("a mask for a part of the keys is supported as a constant only".into());
            }
            let (mut sees, bias) = if mask.kind == Kind::Truth {
                (mask, i.add(op, Rescaling { scale: -HIDDEN, offset: HIDDEN }, &[mask.value])?)
            } else {
                // Only an infinity hides a key for certain; a row of the smallest number is one of equal chances.
                let lowest = f64::from(f32::MIN);
                let below = i.add(op, Rescaling { scale: -1.0, offset: lowest }, &[mask.value])?;
                let hidden = is_positive(i, op, mask.with(below))?;
                (not(i, op, hidden)?, i.add(op, Clamp { min: lowest, max: f64::INFINITY }, &[mask.value])?)
            };
            let bias = Value::Data(Data { kind: Kind::Float, ..mask.with(bias) });
            let mut all = pair(i, op, Add {}.into(), Value::Data(scores), bias)?;
            if causal.is_some() {
                let of = |yes: f32, no: f32| triangle.iter().map(|&sees| if sees { yes } else { no }).collect();
                let (truth, bias) =
                    (Const::floats(vec![length, seen], of(1.0, 0.0)), Const::floats(vec![length, seen], of(0.0, HIDDEN as f32)));
                all = pair(i, op, Add {}.into(), all, Value::Const(Rc::new(bias)))?;
                match pair(i, op, Mul {}.into(), Value::Data(sees), Value::Const(Rc::new(truth)))? {
                    Value::Data(both) => sees = both,
                    _ => return Err("its mask is not supported".into()),
                }
            }
            match all {
                Value::Data(scores) => Ok(Masked { scores, seen: Some(sees) }),
                _ => Err("its mask is not supported".into()),
            }
        }
    }
}

/// A constant mask as numbers to add; keys that it does not reach are hidden.
fn additive(mask: &Const, seen: usize) -> Outcome<Const> {
    let numbers: Vec<f32> = match &mask.elements {
        Elements::Floats(all) => all.clone(),
        Elements::Ints(all) => all.iter().map(|truth| if truth.number != 0 { 0.0 } else { f32::NEG_INFINITY }).collect(),
    };
    let (Some(&width), true) = (mask.dims.last(), mask.dims.iter().all(|&size| size > 0)) else {
        return Err("its mask has no axes".into());
    };
    if width == seen || (width == 1 && seen != 1) {
        return Ok(Const::floats(mask.dims.clone(), numbers));
    }
    let more = seen.checked_sub(width).ok_or("its mask has more keys than there are")?;
    let rows = numbers.chunks(width).flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(f32::NEG_INFINITY, more)));
    let mut dims = mask.dims.clone();
    dims.pop();
    dims.push(seen);
    Ok(Const::floats(dims, rows.collect()))
}
