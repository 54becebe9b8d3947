//! Regularisation.

use layercake_ir::ops::{Dropout, Dropout2d, StochasticDepth};
use layercake_ir::{Op, Part};

use super::plain;
use crate::layers::{Choice, Default, Kind, Positions, Row};

/// A probability of dropping something.
pub const P: Choice = Choice { name: "p", kind: Kind::Float, default: Default::Float(0.5), part: Some(Part::Probability) };

/// Regularisation.
pub const ROWS: &[Row] = &[
    Row {
        positions: Positions::Option("p"),
        options: &[P],
        example: "Dropout(0.5)",
        ..plain("Dropout", "dropout", "Dropout", |s| Op::Dropout(Dropout { p: s.float("p") }))
    },
    Row {
        positions: Positions::Option("p"),
        options: &[P],
        example: "Dropout2d(0.5)",
        ..plain("Dropout2d", "dropout2d", "Dropout2d", |s| Op::Dropout2d(Dropout2d { p: s.float("p") }))
    },
    Row {
        positions: Positions::Option("p"),
        options: &[Choice { default: Default::Required, ..P }],
        example: "StochasticDepth(0.2)",
        ..plain("StochasticDepth", "stochastic_depth", "StochasticDepth", |s| Op::StochasticDepth(StochasticDepth { p: s.float("p") }))
    },
];
