//! Recurrent layers.

use layercake_ir::ops::{Gru, Lstm, Nonlinearity, Rnn, Steps};
use layercake_ir::{self as ir};

use super::attributes::Op;
use super::importer::Importer;
use super::value::{Const, Data, Elements, Outcome, Value};
use crate::Tensor;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    matches!(op.kind(), "LSTM" | "GRU" | "RNN").then(|| recurrent(i, op))
}

/// The sizes of a layer.
struct Cell {
    gates: usize,
    hidden: usize,
    directions: usize,
    features: usize,
    /// For each gate of PyTorch's order, its place in ONNX's: i, f, g, o of i, o, f, c; r, z, n of z, r, h.
    order: &'static [usize],
}

fn recurrent(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let (weight, again) = (i.tensor(op, 1)?, i.tensor(op, 2)?);
    let name = i.constant(op, 1)?.name.clone();
    let (order, states): (&[usize], usize) = match op.kind() {
        "LSTM" => (&[0, 2, 3, 1], 2),
        "GRU" => (&[1, 0, 2], 1),
        _ => (&[0], 1),
    };
    let (&[directions, _, features], &[_, _, hidden]) = (&weight.dims[..], &again.dims[..]) else {
        return Err("its weights do not have three axes".into());
    };
    let cell = Cell { gates: order.len(), hidden, directions, features, order };
    let relu = check(op, &cell)?;
    let first = op.int("layout", 0) != 0;

    // The steps of one sample, [length, features].
    let dims = i.dims(x);
    let batch_axis = if first { 0 } else { 1 };
    let steps = match x.batch {
        Some(at) if at == batch_axis && !x.merged && dims.len() == 2 => x.value,
        None if dims.len() == 3 && dims[batch_axis] == 1 => {
            let length = dims[1 - batch_axis];
            i.shaped(op, x.value, &[length, dims[2]])?
        }
        _ => return Err("its input does not have the batch where it takes it to be".into()),
    };
    let length = i.dims(x.with(steps))[0];
    if Importer::has(op, 4) {
        let lengths = i.constant(op, 4)?.as_ints().ok_or("lengths that differ from sample to sample are not supported")?;
        if lengths.iter().any(|&given| given != length as i64) {
            return Err("lengths that differ from sample to sample are not supported".into());
        }
    }
    let mut inputs = vec![steps];
    let mut given = Vec::new();
    for at in 5..5 + states {
        given.push(if Importer::has(op, at) { state(i, op, at, &cell, batch_axis)? } else { None });
    }
    if given.iter().any(Option::is_some) {
        for state in given {
            // One state is given, the other is zeros.
            let zeros = || std::rc::Rc::new(Const::floats(vec![directions, hidden], vec![0.0; directions * hidden]));
            inputs.push(match state {
                Some(value) => value,
                None => i.parameter(&zeros(), vec![directions, hidden])?,
            });
        }
    }
    let bias = Importer::has(op, 3);
    let tensors = tensors(i, op, &cell, &weight, &again, bias)?;
    let tensors: Vec<(&str, Tensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect();
    let used = (1..=states).any(|output| i.is_used(op, output));
    let (in_features, bidirectional, output, dropout) = (features, directions == 2, Steps::All, 0.0);
    let layer: ir::Op = match op.kind() {
        "LSTM" => Lstm { in_features, hidden, layers: 1, bidirectional, dropout, bias, output, states: used }.into(),
        "GRU" => Gru { in_features, hidden, layers: 1, bidirectional, dropout, bias, output, states: used }.into(),
        _ => {
            let nonlinearity = if relu { Nonlinearity::Relu } else { Nonlinearity::Tanh };
            Rnn { in_features, hidden, layers: 1, bidirectional, dropout, bias, output, nonlinearity, states: used }.into()
        }
    };
    let value = i.layer(op, name.as_deref(), layer, &inputs, tensors)?;

    // [length, directions, batch, hidden], or [batch, length, directions, hidden]
    let at = if first { 0 } else { 2 };
    let mut sizes = vec![length, directions, hidden];
    let mut state_sizes = vec![directions, hidden];
    if x.batch.is_none() {
        sizes.insert(at, 1);
        state_sizes.insert(batch_axis, 1);
    }
    let all = i.shaped(op, value, &sizes)?;
    let mut outputs = vec![Value::Data(Data::of(all, x.batch.map(|_| at)))];
    for state in 1..=states {
        if !used {
            outputs.push(Value::Unknown);
            continue;
        }
        let state = i.shaped(op, value + state, &state_sizes)?;
        outputs.push(Value::Data(Data::of(state, x.batch.map(|_| batch_axis))));
    }
    Ok(outputs)
}

/// Refuses what the layers have no form for. Returns whether the activation is ReLU.
fn check(op: &Op<'_>, cell: &Cell) -> Outcome<bool> {
    let direction = op.text("direction", "forward");
    let directions = match direction.as_str() {
        "forward" => 1,
        "bidirectional" => 2,
        _ => return Err(format!("the direction `{direction}` is not supported").into()),
    };
    if directions != cell.directions || op.int("hidden_size", cell.hidden as i64) != cell.hidden as i64 {
        return Err("its weights have other sizes than its attributes say".into());
    }
    op.ignore(&["activation_alpha", "activation_beta", "output_sequence"]);
    if op.find("clip").is_some() || op.int("input_forget", 0) != 0 || (op.kind() == "LSTM" && Importer::has(op, 7)) {
        return Err("`clip`, `input_forget` and peepholes are not supported".into());
    }
    if op.kind() == "GRU" && op.int("linear_before_reset", 0) == 0 {
        return Err("`linear_before_reset = 0` is not supported".into());
    }
    let found = op.texts("activations");
    let expected: &[&str] = match op.kind() {
        "LSTM" => &["sigmoid", "tanh", "tanh"],
        "GRU" => &["sigmoid", "tanh"],
        _ => &["tanh"],
    };
    let lower: Vec<String> = found.iter().map(|name| name.to_lowercase()).collect();
    let each = |name: &str| !lower.is_empty() && lower.iter().all(|found| found == name);
    if op.kind() == "RNN" && each("relu") {
        return Ok(true);
    }
    if lower.iter().enumerate().any(|(at, name)| name != expected[at % expected.len()]) {
        return Err(format!("the activations {found:?} are not supported").into());
    }
    Ok(false)
}

/// An initial state, [directions, hidden] of each sample; None for zeros.
fn state(i: &mut Importer, op: &Op<'_>, at: usize, cell: &Cell, batch_axis: usize) -> Outcome<Option<usize>> {
    let sample = vec![cell.directions, cell.hidden];
    match i.input(op, at)? {
        Value::Filled { number: 0.0, .. } => Ok(None),
        Value::Const(found) => {
            if found.as_floats().is_some_and(|all| all.iter().all(|&number| number == 0.0)) {
                return Ok(None);
            }
            if found.elements.len() != cell.directions * cell.hidden || matches!(found.elements, Elements::Ints(_)) {
                return Err("a constant initial state differs from sample to sample".into());
            }
            i.parameter(&found, sample).map(Some)
        }
        _ => {
            let data = i.data(op, at)?;
            let fits = match data.batch {
                Some(batch) => batch == batch_axis && !data.merged,
                None => i.dims(data).get(batch_axis) == Some(&1),
            };
            if !fits || i.shape(data).len() != cell.directions * cell.hidden {
                return Err("an initial state does not have the batch where it takes it to be".into());
            }
            i.shaped(op, data.value, &sample).map(Some)
        }
    }
}

/// The tensors in PyTorch's order and with its names.
fn tensors(i: &Importer, op: &Op<'_>, cell: &Cell, weight: &Tensor, again: &Tensor, bias: bool) -> Outcome<Vec<(String, Tensor)>> {
    let (rows, hidden) = (cell.gates * cell.hidden, cell.hidden);
    let bias = if bias { Some(i.tensor(op, 3)?) } else { None };
    let right = weight.dims == [cell.directions, rows, cell.features]
        && again.dims == [cell.directions, rows, hidden]
        && bias.as_ref().is_none_or(|bias| bias.dims == [cell.directions, 2 * rows]);
    if !right {
        return Err("its weights do not have the sizes of its gates".into());
    }
    // Rows of the gates, from `start` on.
    let reordered = |data: &[f32], start: usize, width: usize| -> Vec<f32> {
        let gate = |&gate: &usize| &data[(start + gate * hidden) * width..(start + (gate + 1) * hidden) * width];
        cell.order.iter().flat_map(gate).copied().collect()
    };
    let mut list = Vec::new();
    for direction in 0..cell.directions {
        let end = if direction == 1 { "_reverse" } else { "" };
        let start = direction * rows;
        let data = reordered(&weight.data, start, cell.features);
        list.push((format!("weight_ih_l0{end}"), Tensor { dims: vec![rows, cell.features], data }));
        list.push((format!("weight_hh_l0{end}"), Tensor { dims: vec![rows, hidden], data: reordered(&again.data, start, hidden) }));
        if let Some(bias) = &bias {
            list.push((format!("bias_ih_l0{end}"), Tensor { dims: vec![rows], data: reordered(&bias.data, 2 * start, 1) }));
            list.push((format!("bias_hh_l0{end}"), Tensor { dims: vec![rows], data: reordered(&bias.data, 2 * start + rows, 1) }));
        }
    }
    Ok(list)
}
