//! Normalisation.

use layercake_ir::ops::{BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm2d, LayerNorm, LocalResponseNorm};
use layercake_ir::{Op, Part};

use super::{GROUPS, float, plain};
use crate::layers::{Axes, Choice, Default, Field, Kind, Positions, Row};

const EPS: Choice = Choice { name: "eps", kind: Kind::Float, default: Default::Float(1e-5), part: Some(Part::Eps) };
const MOMENTUM: Choice = Choice { name: "momentum", kind: Kind::Float, default: Default::Float(0.1), part: Some(Part::Momentum) };
const SHAPE: Choice = Choice { name: "shape", kind: Kind::List { inferred: false }, default: Default::Infer, part: Some(Part::Shape) };
const AFFINE: Choice = Choice { name: "affine", kind: Kind::Bool, default: Default::Bool(true), part: None };

const BATCH_NORM: Field = Field { layer: "BatchNorm", axes: Axes::Of(&[(0, 0)]), given: &[], switch: Some("affine") };

const CHANNELS: Choice = Choice { name: "channels", kind: Kind::Size, default: Default::Infer, part: Some(Part::Channels) };

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
    Row {
        positions: Positions::List("shape"),
        options: &[SHAPE, EPS, AFFINE],
        field: Some(Field { layer: "Affine", axes: Axes::Shape("shape"), given: &[], switch: Some("affine") }),
        ..plain("LayerNorm", "layer_norm", "LayerNorm", |s| {
            Op::LayerNorm(LayerNorm { shape: s.sizes("shape"), eps: s.float("eps"), affine: s.bool("affine") })
        })
    },
    Row {
        positions: Positions::Option("groups"),
        options: &[Choice { default: Default::Required, ..GROUPS }, CHANNELS, EPS, AFFINE],
        field: Some(Field { layer: "Affine", axes: Axes::Shape("shape"), given: &[], switch: Some("affine") }),
        example: "GroupNorm(2)",
        ..plain("GroupNorm", "group_norm", "GroupNorm", |s| {
            Op::GroupNorm(GroupNorm {
                groups: s.size("groups"),
                channels: s.size("channels"),
                eps: s.float("eps"),
                affine: s.bool("affine"),
            })
        })
    },
    Row {
        positions: Positions::Features("features"),
        options: &[EPS, Choice { default: Default::Bool(false), ..AFFINE }],
        field: Some(Field { layer: "Affine", axes: Axes::Shape("shape"), given: &[], switch: Some("affine") }),
        example: "InstanceNorm2d(affine = true)",
        ..plain("InstanceNorm2d", "instance_norm2d", "InstanceNorm2d", |s| {
            Op::InstanceNorm2d(InstanceNorm2d { features: s.size("features"), eps: s.float("eps"), affine: s.bool("affine") })
        })
    },
    Row {
        positions: Positions::Option("size"),
        options: &[
            Choice { name: "size", kind: Kind::Size, default: Default::Required, part: Some(Part::Size) },
            float("alpha", 1e-4, Part::Alpha),
            float("beta", 0.75, Part::Beta),
            float("k", 1.0, Part::K),
        ],
        example: "LocalResponseNorm(5)",
        ..plain("LocalResponseNorm", "local_response_norm", "LocalResponseNorm", |s| {
            Op::LocalResponseNorm(LocalResponseNorm {
                size: s.size("size"),
                alpha: s.float("alpha"),
                beta: s.float("beta"),
                k: s.float("k"),
            })
        })
    },
];
