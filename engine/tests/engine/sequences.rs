//! The interpreter's operations on sequences, and networks of them. Their derivatives are finite differences of the forward functions here.

use layercake_engine::{Mode, rng};
use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{Cell, Embedding, Gru, Lstm, Mul, MultiheadAttention, Nonlinearity, Recurrent, Rnn, Steps, Tanh},
};

use crate::{interpreter::Case, networks::*, products};

/// The outputs of an operation on sequences.
pub fn forward(case: &Case, index: usize, x: &[&[f64]], params: &[Vec<f64>]) -> Option<Vec<f64>> {
    let node = &case.graph.nodes()[index];
    let input = case.graph.shape(node.inputs()[0]);
    let each = |work: &dyn Fn(usize) -> Vec<f64>| Some((0..case.batch).flat_map(work).collect());
    if let Some(op) = node.op.recurrent() {
        return each(&|sample| recurrent(case, index, &op, sample, x, params));
    }
    let own = |sample: usize| &x[0][sample * input.len()..][..input.len()];
    match node.op {
        Op::Embedding(op) => each(&|sample| {
            let row = |&id: &f64| params[0][id as usize * op.embedding_dim..][..op.embedding_dim].to_vec();
            own(sample).iter().flat_map(row).collect()
        }),
        Op::MultiheadAttention(op) => each(&|sample| attention(case, index, &op, sample, x, params)),
        _ => {
            products::forward(case, index, 0, x, params)?;
            each(&|sample| products::forward(case, index, sample, x, params).expect("it did before"))
        }
    }
}

/// The gradients of the node's inputs and parameters.
pub fn backward(case: &Case, index: usize, x: &[&[f64]], params: &[Vec<f64>], dy: &[f64], grads: &mut [Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let node = &case.graph.nodes()[index];
    forward(case, index, x, params)?;
    const STEP: f64 = 1e-5;
    let value = |x: &[Vec<f64>], params: &[Vec<f64>]| -> f64 {
        let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let y = forward(case, index, &x, params).expect("it did before");
        y.iter().zip(dy).map(|(y, dy)| y * dy).sum()
    };
    let owned: Vec<Vec<f64>> = x.iter().map(|x| x.to_vec()).collect();
    let mut dx: Vec<Vec<f64>> = owned.iter().map(|x| vec![0.0; x.len()]).collect();
    if !case.graph.shape(node.inputs()[0]).is_ids() {
        let mut moved = owned.clone();
        for (input, dx) in dx.iter_mut().enumerate() {
            for (at, dx) in dx.iter_mut().enumerate() {
                let both = [STEP, -STEP].map(|step| {
                    moved[input][at] = owned[input][at] + step;
                    value(&moved, params)
                });
                moved[input][at] = owned[input][at];
                *dx = (both[0] - both[1]) / (2.0 * STEP);
            }
        }
    }
    let mut moved = params.to_vec();
    for (which, grad) in grads.iter_mut().enumerate() {
        for (at, grad) in grad.iter_mut().enumerate() {
            let padding = matches!(node.op, Op::Embedding(op) if op.padding_idx == at / op.embedding_dim);
            let both = [STEP, -STEP].map(|step| {
                moved[which][at] = params[which][at] + step;
                value(&owned, &moved)
            });
            moved[which][at] = params[which][at];
            *grad += if padding { 0.0 } else { (both[0] - both[1]) / (2.0 * STEP) };
        }
    }
    Some(dx)
}

fn kept(case: &Case, index: usize, at: usize, p: f64) -> f64 {
    match case.mode {
        Mode::Train if rng::keep(case.seed, index, at as u64, p) => 1.0 / (1.0 - p),
        Mode::Train => 0.0,
        _ => 1.0,
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A row of `W x`, plus its bias.
fn affine(weight: &[f64], bias: Option<&Vec<f64>>, x: &[f64], row: usize) -> f64 {
    let sum: f64 = weight[row * x.len()..][..x.len()].iter().zip(x).map(|(w, x)| w * x).sum();
    sum + bias.map_or(0.0, |bias| bias[row])
}

/// Runs a recurrent layer on one sample.
fn recurrent(case: &Case, index: usize, op: &Recurrent, sample: usize, x: &[&[f64]], params: &[Vec<f64>]) -> Vec<f64> {
    let length = x[0].len() / case.batch / op.in_features;
    let (n, width, states) = (op.hidden, op.width(), op.layers * op.directions * op.hidden);
    let mut steps: Vec<Vec<f64>> = (0..length).map(|t| x[0][(sample * length + t) * op.in_features..][..op.in_features].to_vec()).collect();
    let (mut h_rows, mut c_rows) = (Vec::new(), Vec::new());
    for layer in 0..op.layers {
        let mut out = vec![vec![0.0; width]; length];
        for direction in 0..op.directions {
            let number = layer * op.directions + direction;
            let own = &params[number * op.tensors()..][..op.tensors()];
            let begin = |state: usize| match x.get(1 + state) {
                Some(given) => given[sample * states + number * n..][..n].to_vec(),
                None => vec![0.0; n],
            };
            let mut h = begin(0);
            let mut c = if op.cell == Cell::Lstm { begin(1) } else { vec![0.0; n] };
            for i in 0..length {
                let t = if direction == 0 { i } else { length - 1 - i };
                let from_x = |gate: usize, j: usize| affine(&own[0], own.get(2), &steps[t], gate * n + j);
                let from_h = |gate: usize, j: usize| affine(&own[1], own.get(3), &h, gate * n + j);
                let sum = |gate: usize, j: usize| from_x(gate, j) + from_h(gate, j);
                let mut new = vec![0.0; n];
                for j in 0..n {
                    new[j] = match op.cell {
                        Cell::Tanh => sum(0, j).tanh(),
                        Cell::Relu => sum(0, j).max(0.0),
                        Cell::Lstm => {
                            c[j] = sigmoid(sum(1, j)) * c[j] + sigmoid(sum(0, j)) * sum(2, j).tanh();
                            sigmoid(sum(3, j)) * c[j].tanh()
                        }
                        Cell::Gru => {
                            let (r, z) = (sigmoid(sum(0, j)), sigmoid(sum(1, j)));
                            (1.0 - z) * (from_x(2, j) + r * from_h(2, j)).tanh() + z * h[j]
                        }
                    };
                }
                h = new;
                out[t][direction * n..][..n].copy_from_slice(&h);
            }
            h_rows.extend(h);
            c_rows.extend(c);
        }
        if layer + 1 < op.layers {
            for (t, out) in out.iter_mut().enumerate() {
                for (f, out) in out.iter_mut().enumerate() {
                    *out *= kept(case, index, ((sample * op.layers + layer) * length + t) * width + f, op.dropout);
                }
            }
        }
        steps = out;
    }
    let mut y = Vec::new();
    if op.last {
        y.extend(&h_rows[h_rows.len() - width..])
    } else {
        y.extend(steps.concat())
    }
    if op.states {
        y.extend(&h_rows);
        if op.cell == Cell::Lstm {
            y.extend(&c_rows);
        }
    }
    y
}

/// Runs attention on one sample.
fn attention(case: &Case, index: usize, op: &MultiheadAttention, sample: usize, x: &[&[f64]], params: &[Vec<f64>]) -> Vec<f64> {
    let inputs = case.graph.nodes()[index].inputs();
    let own = |input: usize| {
        let len = case.graph.shape(inputs[input]).len();
        &x[input][sample * len..][..len]
    };
    let keys = usize::from(op.key);
    let sources = [own(0), own(keys), own(keys + usize::from(op.value))];
    let mask = op.mask.then(|| own(inputs.len() - 1));
    let (n, size) = (op.features, op.features / op.heads);
    let (length, steps) = (sources[0].len() / n, sources[1].len() / n);
    let (ins, outs) = params.split_at(if op.bias { 2 } else { 1 });
    // Queries, keys and values.
    let part = |which: usize| -> Vec<Vec<f64>> {
        let of = |x: &[f64]| (0..n).map(|row| affine(&ins[0], ins.get(1), x, which * n + row)).collect();
        sources[which].chunks(n).map(of).collect()
    };
    let [queries, keys, values] = [part(0), part(1), part(2)];
    let mut mixed = vec![vec![0.0; n]; length];
    for head in 0..op.heads {
        for t in 0..length {
            let score = |other: usize| -> f64 {
                let products = (0..size).map(|d| queries[t][head * size + d] * keys[other][head * size + d]);
                (products.sum::<f64>() / (size as f64).sqrt() + mask.map_or(0.0, |mask| mask[t * steps + other])).exp()
            };
            let seen = if op.causal { t + 1 } else { steps };
            let sum: f64 = (0..seen).map(score).sum();
            for (other, values) in values.iter().enumerate().take(seen) {
                let at = ((sample * op.heads + head) * length + t) * steps + other;
                let weight = score(other) / sum * kept(case, index, at, op.dropout);
                for d in 0..size {
                    mixed[t][head * size + d] += weight * values[head * size + d];
                }
            }
        }
    }
    mixed.iter().flat_map(|mixed| (0..n).map(|row| affine(&outs[0], outs.get(1), mixed, row))).collect()
}

fn lstm(hidden: usize, layers: usize, bidirectional: bool, dropout: f64, bias: bool, output: Steps, states: bool) -> Op {
    Op::Lstm(Lstm { in_features: INFER, hidden, layers, bidirectional, dropout, bias, output, states })
}

fn gru(hidden: usize, layers: usize, bidirectional: bool, dropout: f64, bias: bool, output: Steps, states: bool) -> Op {
    Op::Gru(Gru { in_features: INFER, hidden, layers, bidirectional, dropout, bias, output, states })
}

fn tanh(hidden: usize, layers: usize, bidirectional: bool, dropout: f64, bias: bool, output: Steps, states: bool) -> Op {
    let nonlinearity = Nonlinearity::Tanh;
    Op::Rnn(Rnn { in_features: INFER, hidden, layers, bidirectional, dropout, bias, output, nonlinearity, states })
}

type Make = fn(usize, usize, bool, f64, bool, Steps, bool) -> Op;

#[test]
fn recurrent_layers_of_every_kind() {
    for make in [lstm as Make, gru, tanh] {
        for (batch, length, features, hidden) in [(1, 1, 1, 1), (1, 3, 2, 3), (2, 4, 3, 2), (17, 3, 2, 3), (33, 2, 2, 2)] {
            check(&chain(&[length, features], &[make(hidden, 1, false, 0.0, true, Steps::All, false)]), batch);
            check(&chain(&[length, features], &[make(hidden, 2, true, 0.4, batch > 1, Steps::All, false)]), batch);
            check(&chain(&[length, features], &[make(hidden, 1, true, 0.0, true, Steps::Last, false), linear(2)]), batch);
        }
        check(&chain(&[2, 3], &[make(3, 3, false, 0.2, false, Steps::Last, false)]), 5);
    }
    let relu = Op::Rnn(Rnn {
        in_features: INFER,
        hidden: 4,
        layers: 2,
        bidirectional: false,
        dropout: 0.0,
        bias: true,
        output: Steps::All,
        nonlinearity: Nonlinearity::Relu,
        states: false,
    });
    check(&chain(&[3, 2], &[linear(3), Op::Tanh(Tanh {}), relu]), 3);
}

/// A recurrent layer with initial and final states. Its outputs are outputs of the network, except `left_out`.
fn with_states(op: Op, length: usize, given: bool, left_out: usize) -> Graph {
    let view = op.recurrent().expect("a recurrent layer");
    let states = view.cell.states();
    let mut builder = Builder::new("States");
    let x = builder.input("x", Shape::new(&[length, 2])).unwrap();
    let shape = Shape::new(&[view.layers * view.directions, view.hidden]);
    let mut inputs = vec![x];
    if given {
        inputs.extend((0..states).map(|i| builder.input(&format!("state{i}"), shape).unwrap()));
    }
    let first = builder.add("layer", op, &inputs).unwrap();
    let outputs: Vec<(&str, usize)> =
        (0..=states).filter(|which| *which != left_out).map(|which| (["y", "h", "c"][which], first + which)).collect();
    builder.finish(&outputs)
}

#[test]
fn states_in_and_out() {
    for make in [lstm as Make, gru, tanh] {
        for given in [false, true] {
            for (layers, both, steps, batch) in
                [(1, false, Steps::All, 3), (2, true, Steps::All, 18), (2, true, Steps::Last, 1), (1, true, Steps::Last, 2)]
            {
                for left_out in [0, 1, 9] {
                    check(&with_states(make(2, layers, both, 0.0, true, steps, true), 3, given, left_out), batch);
                }
            }
        }
        check(&with_states(make(3, 2, false, 0.3, true, Steps::All, true), 1, true, 9), 4);
    }
}

#[test]
fn attention_agrees() {
    let attention = |heads: usize, causal: bool, dropout: f64, bias: bool| {
        Op::MultiheadAttention(MultiheadAttention { features: INFER, heads, causal, dropout, bias, key: false, value: false, mask: false })
    };
    for (batch, length, features, heads) in [(1, 1, 1, 1), (2, 3, 4, 2), (5, 4, 6, 3), (18, 2, 4, 4), (1, 5, 6, 1)] {
        for causal in [false, true] {
            check(&chain(&[length, features], &[attention(heads, causal, 0.0, true)]), batch);
            check(&chain(&[length, features], &[linear(features), attention(heads, causal, 0.3, false), linear(2)]), batch);
        }
    }
}

#[test]
fn attention_to_other_values() {
    // Which of key, value and mask are given.
    for given in [[true, false, false], [true, true, false], [false, false, true], [true, true, true], [true, false, true]] {
        for (batch, length, steps, heads, dropout) in [(1, 1, 2, 1, 0.0), (3, 4, 2, 2, 0.0), (18, 2, 3, 4, 0.3)] {
            let [key, value, mask] = given;
            let steps = if key { steps } else { length };
            let mut builder = Builder::new("Cross");
            let all = [("x", true, [length, 4]), ("key", key, [steps, 4]), ("value", value, [steps, 4]), ("mask", mask, [length, steps])];
            let given = all.iter().filter(|(_, given, _)| *given);
            let mut inputs: Vec<usize> = given.map(|(name, _, shape)| builder.input(name, Shape::new(shape)).unwrap()).collect();
            inputs[0] = builder.add("tanh", Op::Tanh(Tanh {}), &[inputs[0]]).unwrap();
            let bias = batch != 3;
            let op = MultiheadAttention { features: INFER, heads, causal: false, dropout, bias, key, value, mask };
            let y = builder.add("attend", Op::MultiheadAttention(op), &inputs).unwrap();
            check(&builder.finish(&[("y", y)]), batch);
        }
    }
}

#[test]
fn tables() {
    for (batch, rows, padding) in [(1, 1, INFER), (3, 5, INFER), (18, 6, 2), (40, 33, 0)] {
        let mut builder = Builder::new("Tables");
        let ids = builder.input("ids", Shape::ids(&[4])).unwrap();
        let more = builder.input("more", Shape::new(&[4, 3])).unwrap();
        let table = Op::Embedding(Embedding { num_embeddings: rows, embedding_dim: 3, padding_idx: padding });
        let x = builder.add("table", table, &[ids]).unwrap();
        let again = builder.add_shared("again", table, &[ids], x).unwrap();
        let y = builder.add("sum", Op::Mul(Mul {}), &[x, more]).unwrap();
        let y = builder.add("recurrent", gru(2, 1, false, 0.0, true, Steps::All, false), &[y]).unwrap();
        check(&builder.finish(&[("y", y), ("again", again)]), batch);
    }
    // So large that its gradient is computed by all threads together.
    let mut builder = Builder::new("Large");
    let ids = builder.input("ids", Shape::ids(&[2])).unwrap();
    let table = Op::Embedding(Embedding { num_embeddings: 2100, embedding_dim: 100, padding_idx: 7 });
    let x = builder.add("table", table, &[ids]).unwrap();
    let graph = builder.finish(&[("y", x)]);
    let found = on_engine(&layercake_engine::Engine::default(), &case(&graph, 40, Mode::Train));
    let whole: f64 = found.param_grads[0].iter().sum();
    let case = case(&graph, 40, Mode::Train);
    let padded = |at: usize| case.inputs[0][at / 100] == 7.0;
    let wanted: f64 = case.output_grads[0].iter().enumerate().filter(|(at, _)| !padded(*at)).map(|(_, dy)| dy).sum();
    assert!((whole - wanted).abs() < 1e-3, "{whole} instead of {wanted}");
}

#[test]
#[should_panic]
fn an_id_beyond_the_table_is_never_read() {
    let mut builder = Builder::new("Tables");
    let ids = builder.input("ids", Shape::ids(&[1])).unwrap();
    let x = builder.add("table", Op::Embedding(Embedding { num_embeddings: 3, embedding_dim: 2, padding_idx: INFER }), &[ids]).unwrap();
    let graph = builder.finish(&[("y", x)]);
    let mut run = layercake_engine::Engine::default().start(&graph, 1, Mode::Infer, false).unwrap();
    run.set_ids(0, &[usize::MAX]);
    run.forward();
}
