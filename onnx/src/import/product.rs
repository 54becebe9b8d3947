//! Matrix products.

use layercake_ir::ops::{Linear, MatMul, Permute, Rescaling, Sizes};

use super::attributes::Op;
use super::elementwise::{aligned, beside};
use super::importer::Importer;
use super::value::{Const, Data, Outcome, Value};
use crate::Tensor;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "MatMul" => Some(matmul(i, op)),
        "Gemm" => Some(gemm(i, op)),
        _ => None,
    }
}

fn matmul(i: &mut Importer, op: &Op<'_>) -> Outcome {
    match (i.input(op, 0)?, i.input(op, 1)?) {
        (Value::Data(x), Value::Const(weight)) if weight.dims.len() == 2 && features(i, x) => {
            let output = op.node.output.first().map(String::as_str).unwrap_or_default();
            let bias = i.bias_behind(output).filter(|bias| bias.dims == [weight.dims[1]] && bias.as_floats().is_some());
            if bias.is_some() {
                i.biased.insert(output.to_owned());
            }
            let numbers = i.tensor(op, 1)?;
            let value = linear(i, op, x, weight.name.as_deref(), transposed(&numbers), bias.as_deref())?;
            Ok(vec![Value::Data(value)])
        }
        (Value::Data(x), Value::Const(weight)) => {
            let (x, y) = beside(i, op, x, &weight)?;
            multiply(i, op, x, [x.value, y])
        }
        (Value::Const(weight), Value::Data(x)) => {
            let (x, y) = beside(i, op, x, &weight)?;
            multiply(i, op, x, [y, x.value])
        }
        (Value::Data(a), Value::Data(b)) => {
            let [a, b] = aligned(i, op, a, b)?;
            multiply(i, op, a, [a.value, b.value])
        }
        _ => Err("its inputs are not values that are computed".into()),
    }
}

/// The product over the last two axes, neither of which is the batch.
fn multiply(i: &mut Importer, op: &Op<'_>, place: Data, inputs: [usize; 2]) -> Outcome {
    if place.batch.is_some_and(|at| at + 2 >= i.rank(place)) {
        return Err("it multiplies along the batch".into());
    }
    let value = i.add(op, MatMul {}, &inputs)?;
    Ok(vec![Value::Data(place.with(value))])
}

/// Whether the last axis has the features, so that a `Linear` does the same.
fn features(i: &Importer, x: Data) -> bool {
    x.batch.is_none_or(|at| at + 1 != i.rank(x)) && !i.dims(x).is_empty()
}

fn linear(i: &mut Importer, op: &Op<'_>, x: Data, name: Option<&str>, weight: Tensor, bias: Option<&Const>) -> Outcome<Data> {
    let layer = Linear { in_features: weight.dims[1], out_features: weight.dims[0], bias: bias.is_some() };
    let mut tensors = vec![("weight", weight)];
    if let Some(bias) = bias {
        let data = bias.as_floats().ok_or("its bias has integers")?.to_vec();
        tensors.push(("bias", Tensor { dims: vec![data.len()], data }));
    }
    Ok(x.with(i.layer(op, name, layer, &[x.value], tensors)?))
}

fn transposed(tensor: &Tensor) -> Tensor {
    let (rows, columns) = (tensor.dims[0], tensor.dims[1]);
    let data = (0..columns).flat_map(|column| (0..rows).map(move |row| tensor.data[row * columns + column])).collect();
    Tensor { dims: vec![columns, rows], data }
}

/// `alpha A B + beta C`
fn gemm(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let mut a = i.data(op, 0)?;
    let (alpha, beta) = (op.float("alpha", 1.0) as f32, op.float("beta", 1.0) as f32);
    let (flip_a, flip_b) = (op.int("transA", 0) != 0, op.int("transB", 0) != 0);
    op.ignore(&["broadcast"]);
    if flip_a {
        if a.batch.is_some() || i.rank(a) != 2 {
            return Err("`transA` would exchange the batch and the features".into());
        }
        a = a.with(i.add(op, Permute { axes: Sizes::new(&[1, 0]) }, &[a.value])?);
    }
    let name = i.constant(op, 1)?.name.clone();
    let weight = i.tensor(op, 1)?;
    if weight.dims.len() != 2 || i.rank(a) != 2 || !features(i, a) {
        return Err("it is not a product of samples and a matrix".into());
    }
    let mut weight = if flip_b { weight } else { transposed(&weight) };
    weight.data.iter_mut().for_each(|number| *number *= alpha);
    let out = weight.dims[0];
    if !Importer::has(op, 2) || beta == 0.0 {
        return linear(i, op, a, name.as_deref(), weight, None).map(|value| vec![Value::Data(value)]);
    }
    if let Value::Const(bias) = i.input(op, 2)? {
        let data = bias.as_floats().ok_or("its bias has integers")?;
        let row = match data.len() {
            1 => vec![data[0] * beta; out],
            len if len == out && bias.dims.last() == Some(&out) => data.iter().map(|number| number * beta).collect(),
            _ => return Err(format!("a bias of shape {:?} is not supported", bias.dims).into()),
        };
        let bias = Const::floats(vec![out], row);
        return linear(i, op, a, name.as_deref(), weight, Some(&bias)).map(|value| vec![Value::Data(value)]);
    }
    let product = linear(i, op, a, name.as_deref(), weight, None)?;
    let more = i.data(op, 2)?;
    let more = if beta == 1.0 { more } else { more.with(i.add(op, Rescaling { scale: beta.into(), offset: 0.0 }, &[more.value])?) };
    let [product, more] = aligned(i, op, product, more)?;
    let value = i.add(op, layercake_ir::ops::Add {}, &[product.value, more.value])?;
    Ok(vec![Value::Data(product.with(value))])
}
