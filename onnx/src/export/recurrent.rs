//! Recurrent layers: one ONNX node for each stacked layer.

use layercake_ir::Op;
use layercake_ir::ops::{Cell, Recurrent};

use super::emit::{Emitter, int, ints, text, texts};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let view = match op {
        Op::Lstm(op) => op.view(),
        Op::Gru(op) => op.view(),
        Op::Rnn(op) => op.view(),
        _ => return None,
    };
    Some(Ok(stack(e, layer, &view)))
}

/// For each gate of ONNX's order, its place in PyTorch's: i, o, f, c of i, f, g, o, and z, r, h of r, z, n.
fn order(cell: Cell) -> &'static [usize] {
    match cell {
        Cell::Tanh | Cell::Relu => &[0],
        Cell::Lstm => &[0, 3, 1, 2],
        Cell::Gru => &[1, 0, 2],
    }
}

fn stack(e: &mut Emitter<'_>, layer: &Layer<'_>, view: &Recurrent) -> Vec<String> {
    let (kind, outputs) = match view.cell {
        Cell::Tanh | Cell::Relu => ("RNN", 2),
        Cell::Lstm => ("LSTM", 3),
        Cell::Gru => ("GRU", 2),
    };
    // ONNX has the steps first: [length, batch, features], and states [directions, batch, hidden].
    let mut x = e.op("Transpose", &[layer.x()], vec![ints("perm", &[1, 0, 2])]);
    let initial: Vec<String> = layer.inputs[1..].iter().map(|state| e.op("Transpose", &[state], vec![ints("perm", &[1, 0, 2])])).collect();
    let mut finals: Vec<Vec<String>> = vec![Vec::new(); view.cell.states()];
    let mut last = String::new();
    for index in 0..view.layers {
        let weights = [weight(e, layer, view, index, "ih", "W"), weight(e, layer, view, index, "hh", "R")];
        let bias = if view.bias { biases(e, layer, view, index) } else { String::new() };
        let mut inputs = vec![x.clone(), weights[0].clone(), weights[1].clone(), bias, String::new()];
        for state in &initial {
            let (start, end) = (e.ints(&[index * view.directions]), e.ints(&[(index + 1) * view.directions]));
            let axis = e.ints(&[0]);
            inputs.push(if view.layers == 1 { state.clone() } else { e.op("Slice", &[state, &start, &end, &axis], vec![]) });
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let inputs = &inputs[..inputs.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)];
        let mut attributes = vec![int("hidden_size", view.hidden)];
        attributes.push(text("direction", if view.directions == 2 { "bidirectional" } else { "forward" }));
        match view.cell {
            Cell::Gru => attributes.push(int("linear_before_reset", 1)),
            Cell::Relu => attributes.push(texts("activations", &vec!["Relu"; view.directions])),
            Cell::Tanh | Cell::Lstm => {}
        }
        let found = e.op_of(kind, inputs, outputs, attributes);
        // [length, directions, batch, hidden]
        let steps = e.op("Transpose", &[&found[0]], vec![ints("perm", &[0, 2, 1, 3])]);
        let sizes = e.signed(&[3], &[0, 0, view.width() as i64]);
        x = e.op("Reshape", &[&steps, &sizes], vec![]);
        last.clone_from(&found[1]);
        for (list, state) in finals.iter_mut().zip(&found[1..]) {
            list.push(state.clone());
        }
    }
    let output = if view.last {
        let state = e.op("Transpose", &[&last], vec![ints("perm", &[1, 0, 2])]);
        e.op("Flatten", &[&state], vec![int("axis", 1)])
    } else {
        e.op("Transpose", &[&x], vec![ints("perm", &[1, 0, 2])])
    };
    let mut names = vec![output];
    for states in finals.iter().filter(|_| view.states) {
        let states: Vec<&str> = states.iter().map(String::as_str).collect();
        let all = if states.len() == 1 { states[0].to_owned() } else { e.op("Concat", &states, vec![int("axis", 0)]) };
        names.push(e.op("Transpose", &[&all], vec![ints("perm", &[1, 0, 2])]));
    }
    names
}

/// The weights of a layer in ONNX's gate order, `[directions, gates hidden, features]`, as `lstm.W_l0`.
fn weight(e: &mut Emitter<'_>, layer: &Layer<'_>, view: &Recurrent, index: usize, part: &str, letter: &str) -> String {
    let mut data = Vec::new();
    let mut width = 0;
    for direction in 0..view.directions {
        let tensor = e.numbers(&layer.path(&name("weight", part, index, direction)));
        width = tensor.dims[1];
        for &gate in order(view.cell) {
            data.extend_from_slice(tensor.rows(gate * view.hidden, (gate + 1) * view.hidden));
        }
    }
    e.floats(&layer.path(&format!("{letter}_l{index}")), &[view.directions, view.cell.gates() * view.hidden, width], &data)
}

/// Both biases of a layer: `[directions, 2 gates hidden]`.
fn biases(e: &mut Emitter<'_>, layer: &Layer<'_>, view: &Recurrent, index: usize) -> String {
    let mut data = Vec::new();
    for direction in 0..view.directions {
        for part in ["ih", "hh"] {
            let tensor = e.numbers(&layer.path(&name("bias", part, index, direction)));
            for &gate in order(view.cell) {
                data.extend_from_slice(tensor.rows(gate * view.hidden, (gate + 1) * view.hidden));
            }
        }
    }
    e.floats(&layer.path(&format!("B_l{index}")), &[view.directions, 2 * view.cell.gates() * view.hidden], &data)
}

/// `weight_ih_l0_reverse`
fn name(kind: &str, part: &str, index: usize, direction: usize) -> String {
    format!("{kind}_{part}_l{index}{}", if direction == 1 { "_reverse" } else { "" })
}
