//! Normalisation.

use layercake_ir::ops::{BatchNorm1d, BatchNorm2d};
use layercake_ir::{Op, Part};

use super::plain;
use crate::layers::{Axes, Choice, Default, Field, Kind, Positions, Row};

const EPS: Choice = Choice { name: "eps", kind: Kind::Float, default: Default::Float(1e-5), part: Some(Part::Eps) };
const MOMENTUM: Choice = Choice { name: "momentum", kind: Kind::Float, default: Default::Float(0.1), part: Some(Part::Momentum) };
const AFFINE: Choice = Choice { name: "affine", kind: Kind::Bool, default: Default::Bool(true), part: None };

const BATCH_NORM: Field = Field { layer: "BatchNorm", axes: Axes::Of(&[0]), switch: Some("affine") };

/// Normalisation.
pub const ROWS: &[Row] = &[
    Row {
        positions: Positions::Features("features"),
        options: &[EPS, MOMENTUM, AFFINE],
        field: Some(BATCH_NORM),
        ..plain("BatchNorm1d", "batch_norm1d", "BatchNorm1d", |s| {
            Op::BatchNorm1d(BatchNorm1d {
                features: s.size("features"),
                eps: s.float("eps"),
                momentum: s.float("momentum"),
                affine: s.bool("affine"),
            })
        })
    },
    Row {
        positions: Positions::Features("features"),
        options: &[EPS, MOMENTUM, AFFINE],
        field: Some(BATCH_NORM),
        ..plain("BatchNorm2d", "batch_norm2d", "BatchNorm2d", |s| {
            Op::BatchNorm2d(BatchNorm2d {
                features: s.size("features"),
                eps: s.float("eps"),
                momentum: s.float("momentum"),
                affine: s.bool("affine"),
            })
        })
    },
];
