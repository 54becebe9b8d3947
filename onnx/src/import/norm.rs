//! Normalization.

use layercake_ir::ops::*;

use super::attributes::Op;
use super::convolution::{Front, behind, exchanged, fronted};
use super::importer::{Importer, index};
use super::reduce::reduced;
use super::value::{Outcome, Value};
use crate::Tensor;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "BatchNormalization" => Some(batch(i, op)),
        "LayerNormalization" => Some(layer(i, op)),
        "RMSNormalization" => Some(root_mean_square(i, op)),
        "GroupNormalization" => Some(group(i, op)),
        "InstanceNormalization" => Some(instance(i, op)),
        "LRN" => Some(local_response(i, op)),
        _ => None,
    }
}

fn batch(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    op.ignore(&["spatial", "consumed_inputs", "is_test"]);
    if op.int("training_mode", 0) != 0 || (1..5).any(|output| i.is_used(op, output)) {
        return Err("the form of training is not supported".into());
    }
    let (eps, momentum) = (op.float("epsilon", 1e-5), 1.0 - op.float("momentum", 0.9));
    // In decimals the difference is what was meant: 0.1, not 0.09999999999999998.
    let momentum = ((momentum * 1e9).round() / 1e9).clamp(0.0, 1.0);
    let (mut value, front) = fronted(i, op, x)?;
    let rows = front == Front::Rows;
    if rows && !matches!(i.dims(x.with(value)).len(), 2 | 3) {
        return Err("images in rows are not supported".into());
    }
    // At inference each channel has its scale and offset, whatever the rows are.
    if rows {
        value = exchanged(i, op, value)?;
    }
    let name = i.constant(op, 1)?.name.clone();
    let mut tensors = Vec::new();
    for (at, tensor) in [(1, "weight"), (2, "bias"), (3, "running_mean"), (4, "running_var")] {
        tensors.push((tensor, i.tensor(op, at)?));
    }
    let features = tensors[0].1.data.len();
    let layer: layercake_ir::Op = if i.dims(x.with(value)).len() == 3 {
        BatchNorm2d { features, eps, momentum, affine: true }.into()
    } else {
        BatchNorm1d { features, eps, momentum, affine: true }.into()
    };
    let value = i.layer(op, name.as_deref(), layer, &[value], tensors)?;
    let value = if rows { exchanged(i, op, value)? } else { value };
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}

/// The name of the scale, and weight and bias.
type Affine = (Option<String>, Vec<(&'static str, Tensor)>);

/// The scale, and the offset or zeros.
fn affine(i: &Importer, op: &Op<'_>) -> Outcome<Affine> {
    let name = i.constant(op, 1)?.name.clone();
    let weight = i.tensor(op, 1)?;
    let bias =
        if Importer::has(op, 2) { i.tensor(op, 2)? } else { Tensor { dims: weight.dims.clone(), data: vec![0.0; weight.data.len()] } };
    Ok((name, vec![("weight", weight), ("bias", bias)]))
}

fn layer(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    op.ignore(&["stash_type"]);
    let eps = op.float("epsilon", 1e-5);
    let shape = last(i, op, x)?;
    let (name, tensors) = affine(i, op)?;
    let value = i.layer(op, name.as_deref(), LayerNorm { shape, eps, affine: true }, &[x.value], tensors)?;
    let mut outputs = vec![Value::Data(x.with(value))];
    if i.is_used(op, 1) || i.is_used(op, 2) {
        let dims = i.dims(x).len();
        let axes: Vec<usize> = (dims - shape.as_slice().len()..dims).collect();
        let mean = reduced(i, op, x.value, &axes, |axes| Mean { axes }.into())?;
        let centered = i.add(op, Sub {}, &[x.value, mean])?;
        let square = i.add(op, Mul {}, &[centered, centered])?;
        let variance = reduced(i, op, square, &axes, |axes| Mean { axes }.into())?;
        let stable = i.add(op, Rescaling { scale: 1.0, offset: eps }, &[variance])?;
        let inverse = i.add(op, Pow { exponent: -0.5 }, &[stable])?;
        outputs.extend([mean, inverse].map(|value| Value::Data(x.with(value))));
    }
    Ok(outputs)
}

/// The sizes from `axis` on, none of which is the batch.
fn last(i: &Importer, op: &Op<'_>, x: super::value::Data) -> Outcome<Sizes> {
    let axis = index(op.int("axis", -1), i.rank(x))?;
    if x.batch.is_some_and(|at| at >= axis) {
        return Err("it works along the batch".into());
    }
    let dims = i.dims(x);
    let from = axis - usize::from(x.own_batch().is_some());
    Ok(Sizes::new(&dims[from..]))
}

fn root_mean_square(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    op.ignore(&["stash_type"]);
    let eps = op.float("epsilon", 1e-5);
    let shape = last(i, op, x)?;
    let name = i.constant(op, 1)?.name.clone();
    let tensors = vec![("weight", i.tensor(op, 1)?)];
    let value = i.layer(op, name.as_deref(), RmsNorm { shape, eps, affine: true }, &[x.value], tensors)?;
    Ok(vec![Value::Data(x.with(value))])
}

fn group(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    op.ignore(&["stash_type"]);
    let eps = op.float("epsilon", 1e-5);
    let groups = usize::try_from(op.int("num_groups", 0)).map_err(|_| "`num_groups` is negative")?;
    let (value, front) = fronted(i, op, x)?;
    let dims = i.dims(x.with(value));
    if front == Front::Rows || dims.is_empty() {
        return Err("it takes the first axis for the batch, which it is not".into());
    }
    let (name, mut tensors) = affine(i, op)?;
    let per_group = i.opset < 21;
    for (_, tensor) in tensors.iter_mut().filter(|_| per_group) {
        // Older versions have one number for each group.
        let each = dims[0].checked_div(tensor.data.len()).unwrap_or(0);
        i.spend(dims[0])?;
        tensor.data = tensor.data.iter().flat_map(|&number| std::iter::repeat_n(number, each)).collect();
        tensor.dims = vec![tensor.data.len()];
    }
    let value = i.layer(op, name.as_deref(), GroupNorm { groups, channels: dims[0], eps, affine: true }, &[value], tensors)?;
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}

fn instance(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    op.ignore(&["consumed_inputs"]);
    let eps = op.float("epsilon", 1e-5);
    let (value, front) = fronted(i, op, x)?;
    let dims = i.dims(x.with(value));
    if front == Front::Rows || dims.len() < 2 {
        return Err("it takes the first axis for the batch, which it is not".into());
    }
    let (name, tensors) = affine(i, op)?;
    let channels = dims[0];
    let layer: layercake_ir::Op = if dims.len() == 3 {
        InstanceNorm2d { features: channels, eps, affine: true }.into()
    } else {
        GroupNorm { groups: channels, channels, eps, affine: true }.into()
    };
    let value = i.layer(op, name.as_deref(), layer, &[value], tensors)?;
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}

fn local_response(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let size = usize::try_from(op.int("size", 0)).map_err(|_| "`size` is negative")?;
    let (alpha, beta, k) = (op.float("alpha", 1e-4), op.float("beta", 0.75), op.float("bias", 1.0));
    if size.is_multiple_of(2) {
        return Err(format!("a sum over {size} channels is not supported; it must be odd").into());
    }
    let (value, front) = fronted(i, op, x)?;
    if front == Front::Rows {
        return Err("it takes the first axis for the batch, which it is not".into());
    }
    let value = i.add(op, LocalResponseNorm { size, alpha, beta, k }, &[value])?;
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}
