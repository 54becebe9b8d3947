//! Elementwise functions, and layers that do nothing at inference.

use layercake_ir::Op;
use layercake_ir::ops::Approximation;

use super::emit::{Emitter, float, int, text};
use super::{Layer, Written};

pub(super) fn write(e: &mut Emitter<'_>, layer: &Layer<'_>, op: &Op) -> Option<Written> {
    let x = layer.x();
    let plain = |e: &mut Emitter<'_>, kind: &str| e.op(kind, &[x], vec![]);
    let name = match op {
        // Active in training only. The mean is the first input of `Reparameterize`.
        Op::Dropout(_) | Op::Dropout2d(_) | Op::StochasticDepth(_) | Op::Reparameterize(_) => x.to_owned(),
        Op::Relu(_) => plain(e, "Relu"),
        Op::Tanh(_) => plain(e, "Tanh"),
        Op::Sigmoid(_) => plain(e, "Sigmoid"),
        Op::Selu(_) => plain(e, "Selu"),
        Op::Softsign(_) => plain(e, "Softsign"),
        Op::Mish(_) => plain(e, "Mish"),
        Op::Hardswish(_) => plain(e, "HardSwish"),
        Op::Abs(_) => plain(e, "Abs"),
        Op::Exp(_) => plain(e, "Exp"),
        Op::Log(_) => plain(e, "Log"),
        Op::Sqrt(_) => plain(e, "Sqrt"),
        Op::Silu(_) => {
            let gate = plain(e, "Sigmoid");
            e.op("Mul", &[x, &gate], vec![])
        }
        Op::LeakyRelu(op) => e.op("LeakyRelu", &[x], vec![float("alpha", op.negative_slope)]),
        Op::Rrelu(op) => e.op("LeakyRelu", &[x], vec![float("alpha", (op.lower + op.upper) / 2.0)]),
        Op::Elu(op) => e.op("Elu", &[x], vec![float("alpha", op.alpha)]),
        Op::Hardsigmoid(_) => e.op("HardSigmoid", &[x], vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)]),
        Op::Softshrink(op) => e.op("Shrink", &[x], vec![float("lambd", op.lambd), float("bias", op.lambd)]),
        Op::Gelu(op) => {
            let word = if matches!(op.approximate, Approximation::Tanh) { "tanh" } else { "none" };
            e.op("Gelu", &[x], vec![text("approximate", word)])
        }
        Op::Softmax(op) => e.op("Softmax", &[x], vec![int("axis", op.axis + 1)]),
        Op::LogSoftmax(op) => e.op("LogSoftmax", &[x], vec![int("axis", op.axis + 1)]),
        Op::Softmin(op) => {
            let negated = plain(e, "Neg");
            e.op("Softmax", &[&negated], vec![int("axis", op.axis + 1)])
        }
        Op::Relu6(_) => clip(e, x, 0.0, 6.0),
        Op::Hardtanh(op) => clip(e, x, op.min_val, op.max_val),
        Op::Clamp(op) => clip(e, x, op.min, op.max),
        Op::Pow(op) => {
            let exponent = e.number(op.exponent);
            e.op("Pow", &[x, &exponent], vec![])
        }
        Op::Rescaling(op) => {
            let (scale, offset) = (e.number(op.scale), e.number(op.offset));
            let scaled = if op.scale == 1.0 { x.to_owned() } else { e.op("Mul", &[x, &scale], vec![]) };
            if op.offset == 0.0 && scaled != x { scaled } else { e.op("Add", &[&scaled, &offset], vec![]) }
        }
        Op::Threshold(op) => {
            let (threshold, value) = (e.number(op.threshold), e.number(op.value));
            let above = e.op("Greater", &[x, &threshold], vec![]);
            e.op("Where", &[&above, x, &value], vec![])
        }
        Op::NanToNum(op) => {
            let (nan, finite) = (e.number(op.nan), clip(e, x, f32::MIN.into(), f32::MAX.into()));
            let is_nan = plain(e, "IsNaN");
            e.op("Where", &[&is_nan, &nan, &finite], vec![])
        }
        Op::Softplus(op) => softplus(e, x, op.beta, op.threshold),
        Op::Prelu(op) => {
            let slope = e.tensor(&layer.path("weight"));
            // One slope for each channel, whatever axes follow.
            let sizes: Vec<usize> = std::iter::once(op.parameters).chain(layer.shapes[0].dims()[1..].iter().map(|_| 1)).collect();
            let sizes = e.ints(&sizes);
            let slope = e.op("Reshape", &[&slope, &sizes], vec![]);
            e.op("PRelu", &[x, &slope], vec![])
        }
        Op::Glu(op) => {
            let halves = e.op_of("Split", &[x], 2, vec![int("axis", op.axis + 1), int("num_outputs", 2)]);
            let gate = e.op("Sigmoid", &[&halves[1]], vec![]);
            e.op("Mul", &[&halves[0], &gate], vec![])
        }
        _ => return None,
    };
    Some(Ok(vec![name]))
}

fn clip(e: &mut Emitter<'_>, x: &str, min: f64, max: f64) -> String {
    // A bound that is infinite is left out.
    let lower = if min.is_finite() { e.number(min) } else { String::new() };
    let upper = if max.is_finite() { e.number(max) } else { String::new() };
    e.op("Clip", &[x, &lower, &upper], vec![])
}

fn softplus(e: &mut Emitter<'_>, x: &str, beta: f64, threshold: f64) -> String {
    let factor = e.number(beta);
    let scaled = if beta == 1.0 { x.to_owned() } else { e.op("Mul", &[x, &factor], vec![]) };
    let curve = e.op("Softplus", &[&scaled], vec![]);
    let curve = if beta == 1.0 { curve } else { e.op("Div", &[&curve, &factor], vec![]) };
    // From 20 on the function is linear to the last bit of an f32.
    if threshold >= 20.0 {
        return curve;
    }
    let threshold = e.number(threshold);
    let above = e.op("Greater", &[&scaled, &threshold], vec![]);
    e.op("Where", &[&above, x, &curve], vec![])
}
