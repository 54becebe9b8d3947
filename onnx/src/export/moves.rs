//! Layers that move elements, and reductions.

use layercake_ir::Op;
use layercake_ir::ops::{PadMode, Sizes};

use super::emit::{Emitter, int, ints, text};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let (x, shape) = (layer.x(), &layer.shapes[0]);
    let name = match op {
        Op::Flatten(_) => e.op("Flatten", &[x], vec![int("axis", 1)]),
        Op::Reshape(_) => e.reshape(x, layer.output.dims()),
        Op::Permute(op) => {
            let perm: Vec<usize> = std::iter::once(0).chain(op.axes.as_slice().iter().map(|axis| axis + 1)).collect();
            e.op("Transpose", &[x], vec![ints("perm", &perm)])
        }
        Op::Transpose(op) => {
            let mut perm: Vec<usize> = (0..=shape.rank()).collect();
            perm.swap(op.axes.get(0) + 1, op.axes.get(1) + 1);
            e.op("Transpose", &[x], vec![ints("perm", &perm)])
        }
        Op::Unsqueeze(op) => {
            let axes = e.ints(&[op.axis + 1]);
            e.op("Unsqueeze", &[x, &axes], vec![])
        }
        Op::Squeeze(op) => {
            let axes = e.ints(&[op.axis + 1]);
            e.op("Squeeze", &[x, &axes], vec![])
        }
        Op::PixelShuffle(op) => e.op("DepthToSpace", &[x], vec![int("blocksize", op.factor), text("mode", "CRD")]),
        Op::Pad(op) => {
            let [[top, bottom], [left, right]] = op.sides();
            // Batch and channels are not padded.
            let pads = if shape.rank() == 2 { vec![0, 0, left, 0, 0, right] } else { vec![0, 0, top, left, 0, 0, bottom, right] };
            let pads = e.ints(&pads);
            let mode = match op.mode {
                PadMode::Zeros => "constant",
                PadMode::Reflect => "reflect",
                PadMode::Replicate => "edge",
            };
            e.op("Pad", &[x, &pads], vec![text("mode", mode)])
        }
        Op::Slice(op) => {
            let (start, end, axis) = (e.ints(&[op.start]), e.ints(&[op.end]), e.ints(&[op.axis + 1]));
            e.op("Slice", &[x, &start, &end, &axis], vec![])
        }
        Op::Select(op) => {
            let index = e.signed(&[], &[op.index as i64]);
            e.op("Gather", &[x, &index], vec![int("axis", op.axis + 1)])
        }
        Op::Mean(op) => reduce(e, "ReduceMean", x, &op.axes),
        Op::Sum(op) => reduce(e, "ReduceSum", x, &op.axes),
        Op::Amax(op) => reduce(e, "ReduceMax", x, &op.axes),
        Op::Amin(op) => reduce(e, "ReduceMin", x, &op.axes),
        _ => return None,
    };
    Some(Ok(vec![name]))
}

fn reduce(e: &mut Emitter<'_>, kind: &str, x: &str, axes: &Sizes) -> String {
    let axes: Vec<usize> = axes.as_slice().iter().map(|axis| axis + 1).collect();
    let axes = e.ints(&axes);
    e.op(kind, &[x, &axes], vec![int("keepdims", 0)])
}
