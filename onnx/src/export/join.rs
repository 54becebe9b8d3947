//! Layers with several inputs or outputs, and learned tensors.

use layercake_ir::Op;

use super::emit::{Emitter, int};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let inputs: Vec<&str> = layer.inputs.iter().map(String::as_str).collect();
    let name = match op {
        Op::Add(_) => pairwise(e, "Add", &inputs),
        Op::Mul(_) => pairwise(e, "Mul", &inputs),
        Op::Sub(_) => e.op("Sub", &inputs, vec![]),
        Op::Div(_) => e.op("Div", &inputs, vec![]),
        Op::Maximum(_) => e.op("Max", &inputs, vec![]),
        Op::Minimum(_) => e.op("Min", &inputs, vec![]),
        Op::MatMul(_) => e.op("MatMul", &inputs, vec![]),
        Op::Concat(op) => e.op("Concat", &inputs, vec![int("axis", op.axis + 1)]),
        Op::Chunk(op) => {
            let size = layer.shapes[0].dim(op.axis) / op.chunks;
            return Some(Ok(split(e, layer.x(), op.axis, &vec![size; op.chunks])));
        }
        Op::Split(op) => return Some(Ok(split(e, layer.x(), op.axis, op.sizes.as_slice()))),
        Op::Parameter(_) => {
            let tensor = e.tensor(&layer.path(""));
            let axes = e.ints(&[0]);
            e.op("Unsqueeze", &[&tensor, &axes], vec![])
        }
        _ => return None,
    };
    Some(Ok(vec![name]))
}

/// A sum or product of two or more values.
fn pairwise(e: &mut Emitter<'_>, kind: &str, inputs: &[&str]) -> String {
    let mut all = inputs[0].to_owned();
    for input in &inputs[1..] {
        all = e.op(kind, &[&all, input], vec![]);
    }
    all
}

fn split(e: &mut Emitter<'_>, x: &str, axis: usize, sizes: &[usize]) -> Vec<String> {
    let parts = e.ints(sizes);
    e.op_of("Split", &[x, &parts], sizes.len(), vec![int("axis", axis + 1)])
}
