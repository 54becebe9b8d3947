//! Regularisation.

use layercake_ir::ops::Dropout;
use layercake_ir::{Op, Part};

use super::plain;
use crate::layers::{Choice, Default, Kind, Positions, Row};

const P: Choice = Choice { name: "p", kind: Kind::Float, default: Default::Float(0.5), part: Some(Part::Probability) };

/// Regularisation.
pub const ROWS: &[Row] = &[Row {
    positions: Positions::Option("p"),
    options: &[P],
    example: "Dropout(0.5)",
    ..plain("Dropout", "dropout", "Dropout", |s| Op::Dropout(Dropout { p: s.float("p") }))
}];
