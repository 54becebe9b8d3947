//! Activations.

use layercake_ir::ops::{LeakyRelu, LogSoftmax, Softmax};
use layercake_ir::{Op, Part};

use super::{AXIS, plain};
use crate::layers::{Choice, Default, Kind, Row};

const SLOPE: Choice = Choice { name: "negative_slope", kind: Kind::Float, default: Default::Float(0.01), part: Some(Part::NegativeSlope) };

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
];
