//! Activations.

use layercake_ir::ops::{Approximation, Elu, Gelu, Glu, HardTanh, LeakyRelu, LogSoftmax, PRelu, Softmax, Softplus};
use layercake_ir::{Op, Part};

use super::{AXIS, float, plain};
use crate::layers::{Axes, Choice, Default, Field, Kind, Outline, Positions, Row};

const APPROXIMATE: Choice =
    Choice { name: "approximate", kind: Kind::Word(&Approximation::WORDS), default: Default::Word("none"), part: None };
const SLOPE: Choice = Choice { name: "negative_slope", kind: Kind::Float, default: Default::Float(0.01), part: Some(Part::NegativeSlope) };

const PARAMETERS: Choice = Choice { name: "parameters", kind: Kind::Size, default: Default::Size(1), part: Some(Part::Parameters) };

/// Activations.
pub const ROWS: &[Row] = &[
    plain("ReLU", "relu", "Relu", |_| Op::Relu),
    Row {
        options: &[SLOPE],
        example: "LeakyReLU(negative_slope = 0.2)",
        ..plain("LeakyReLU", "leaky_relu", "LeakyRelu", |s| Op::LeakyRelu(LeakyRelu { negative_slope: s.float("negative_slope") }))
    },
    plain("Tanh", "tanh", "Tanh", |_| Op::Tanh),
    plain("Sigmoid", "sigmoid", "Sigmoid", |_| Op::Sigmoid),
    Row {
        options: &[AXIS],
        example: "Softmax(axis = 0)",
        ..plain("Softmax", "softmax", "Softmax", |s| Op::Softmax(Softmax { axis: s.size("axis") }))
    },
    Row {
        options: &[AXIS],
        example: "LogSoftmax(axis = 0)",
        ..plain("LogSoftmax", "log_softmax", "LogSoftmax", |s| Op::LogSoftmax(LogSoftmax { axis: s.size("axis") }))
    },
    Row {
        options: &[APPROXIMATE],
        example: "GELU(approximate = tanh)",
        ..plain("GELU", "gelu", "Gelu", |s| {
            Op::Gelu(Gelu { approximate: Approximation::named(s.word("approximate")).unwrap_or(Approximation::None) })
        })
    },
    Row {
        positions: Positions::Option("parameters"),
        options: &[PARAMETERS],
        field: Some(Field { layer: "PRelu", axes: Axes::Of(&[(0, 0)]), given: &[], switch: None }),
        ..plain("PReLU", "prelu", "PRelu", |s| Op::PRelu(PRelu { parameters: s.size("parameters") }))
    },
    Row { options: &[float("alpha", 1.0, Part::Alpha)], ..plain("ELU", "elu", "Elu", |s| Op::Elu(Elu { alpha: s.float("alpha") })) },
    plain("SELU", "selu", "Selu", |_| Op::Selu),
    plain("SiLU", "silu", "Silu", |_| Op::Silu),
    Row {
        options: &[float("beta", 1.0, Part::Beta), float("threshold", 20.0, Part::Threshold)],
        ..plain("Softplus", "softplus", "Softplus", |s| Op::Softplus(Softplus { beta: s.float("beta"), threshold: s.float("threshold") }))
    },
    Row {
        options: &[float("min_val", -1.0, Part::MinVal), float("max_val", 1.0, Part::MaxVal)],
        ..plain("HardTanh", "hard_tanh", "HardTanh", |s| {
            Op::HardTanh(HardTanh { min_val: s.float("min_val"), max_val: s.float("max_val") })
        })
    },
    plain("ReLU6", "relu6", "Relu6", |_| Op::Relu6),
    Row {
        options: &[AXIS],
        outline: Outline::Rank,
        example: "GLU(axis = 0)",
        ..plain("GLU", "glu", "Glu", |s| Op::Glu(Glu { axis: s.size("axis") }))
    },
];
