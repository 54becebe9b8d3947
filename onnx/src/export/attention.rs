//! Attention, written out: products, a softmax, a projection.

use layercake_ir::Op;
use layercake_ir::ops::MultiheadAttention;

use super::emit::{Emitter, int, ints};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let Op::MultiheadAttention(op) = op else { return None };
    Some(Ok(vec![attention(e, layer, op)]))
}

fn attention(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &MultiheadAttention) -> String {
    let n = op.features;
    let query = layer.x();
    let key = if op.key { &layer.inputs[1] } else { query };
    let value = if op.value { &layer.inputs[2] } else { key };
    let steps = layer.shapes[usize::from(op.key)].dim(0);

    let weight = e.tensor(&layer.path("in_proj_weight"));
    let thirds = e.ints(&[n, n, n]);
    let weights = e.op_of("Split", &[&weight, &thirds], 3, vec![int("axis", 0)]);
    let biases = op.bias.then(|| {
        let bias = e.tensor(&layer.path("in_proj_bias"));
        e.op_of("Split", &[&bias, &thirds], 3, vec![int("axis", 0)])
    });
    let sources = [(query, layer.shapes[0].dim(0)), (key, steps), (value, steps)];
    let mut heads = Vec::new();
    for (i, (source, length)) in sources.into_iter().enumerate() {
        let projected = linear(e, source, &weights[i], biases.as_ref().map(|all| all[i].as_str()));
        let split = e.reshape(&projected, &[length, op.heads, n / op.heads]);
        // [batch, heads, length, n / heads]; of the keys, the last two axes are exchanged.
        let perm = if i == 1 { [0, 2, 3, 1] } else { [0, 2, 1, 3] };
        heads.push(e.op("Transpose", &[&split], vec![ints("perm", &perm)]));
    }
    let scale = e.number(1.0 / ((n / op.heads) as f64).sqrt());
    let queries = e.op("Mul", &[&heads[0], &scale], vec![]);
    let mut scores = e.op("MatMul", &[&queries, &heads[1]], vec![]);
    if op.mask {
        let axis = e.ints(&[1]);
        let mask = e.op("Unsqueeze", &[&layer.inputs[layer.inputs.len() - 1], &axis], vec![]);
        scores = e.op("Add", &[&scores, &mask], vec![]);
    }
    if op.causal {
        let mask: Vec<f32> = (0..steps * steps).map(|i| if i % steps > i / steps { f32::NEG_INFINITY } else { 0.0 }).collect();
        let mask = e.floats(&layer.path("causal_mask"), &[steps, steps], &mask);
        scores = e.op("Add", &[&scores, &mask], vec![]);
    }
    let shares = e.op("Softmax", &[&scores], vec![int("axis", -1)]);
    let mixed = e.op("MatMul", &[&shares, &heads[2]], vec![]);
    let joined = e.op("Transpose", &[&mixed], vec![ints("perm", &[0, 2, 1, 3])]);
    let joined = e.reshape(&joined, layer.output.dims());
    let weight = e.tensor(&layer.path("out_proj.weight"));
    let bias = op.bias.then(|| e.tensor(&layer.path("out_proj.bias")));
    linear(e, &joined, &weight, bias.as_deref())
}

fn linear(e: &mut Emitter<'_>, x: &str, weight: &str, bias: Option<&str>) -> String {
    let weight = e.op("Transpose", &[weight], vec![ints("perm", &[1, 0])]);
    let product = e.op("MatMul", &[x, &weight], vec![]);
    match bias {
        Some(bias) => e.op("Add", &[&product, bias], vec![]),
        None => product,
    }
}
