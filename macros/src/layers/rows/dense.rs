//! Matrix products.

use layercake_ir::Op;
use layercake_ir::ops::Linear;

use super::BIAS;
use crate::layers::{Axes, Field, Outline, Positions, Row};

/// Matrix products.
pub const ROWS: &[Row] = &[Row {
    kind: "Linear",
    prefix: "linear",
    variant: "Linear",
    positions: Positions::InOut { input: "in_features", output: "out_features", what: "features" },
    options: &[BIAS],
    build: |s| Op::Linear(Linear { in_features: s.size("in_features"), out_features: s.size("out_features"), bias: s.bool("bias") }),
    outline: Outline::Last("out_features"),
    field: Some(Field { layer: "Linear", axes: Axes::Of(&[1, 0]), switch: Some("bias") }),
    example: "Linear(120)",
}];
