//! What moves elements, and what takes means and maxima over axes.

use layercake_ir::ops::{Amax, Flatten, Mean, Pad, PadMode, Permute, Reshape, Slice};
use layercake_ir::{Op, Part};

use super::{AXIS, PADDING, plain};
use crate::layers::{Choice, Default, Kind, Outline, Positions, Row};

const SHAPE: Choice = Choice { name: "shape", kind: Kind::List { inferred: true }, default: Default::Required, part: Some(Part::Shape) };
const AXES: Choice = Choice { name: "axes", kind: Kind::List { inferred: false }, default: Default::Required, part: Some(Part::Axes) };

const PAD_MODE: Choice = Choice { name: "mode", kind: Kind::Word(&PadMode::WORDS), default: Default::Word("zeros"), part: None };
const SIDE: Choice = Choice { name: "top", kind: Kind::Size, default: Default::Infer, part: None };

/// What moves elements, and what takes means and maxima over axes.
pub const ROWS: &[Row] = &[
    Row { outline: Outline::Flat, ..plain("Flatten", "flatten", "Flatten", |_| Op::Flatten(Flatten {})) },
    Row {
        positions: Positions::List("shape"),
        options: &[SHAPE],
        outline: Outline::List("shape"),
        example: "Reshape(16, _)",
        ..plain("Reshape", "reshape", "Reshape", |s| Op::Reshape(Reshape { shape: s.sizes("shape") }))
    },
    Row {
        positions: Positions::List("axes"),
        options: &[AXES],
        outline: Outline::Rank,
        example: "Permute(2, 0, 1)",
        ..plain("Permute", "permute", "Permute", |s| Op::Permute(Permute { axes: s.sizes("axes") }))
    },
    Row {
        positions: Positions::Option("padding"),
        options: &[
            PADDING,
            PAD_MODE,
            Choice { name: "top", part: Some(Part::Top), ..SIDE },
            Choice { name: "bottom", part: Some(Part::Bottom), ..SIDE },
            Choice { name: "left", part: Some(Part::Left), ..SIDE },
            Choice { name: "right", part: Some(Part::Right), ..SIDE },
        ],
        outline: Outline::Rank,
        example: "Pad(1, mode = reflect)",
        ..plain("Pad", "pad", "Pad", |s| {
            Op::Pad(Pad {
                padding: s.pair("padding"),
                mode: PadMode::named(s.word("mode")).unwrap_or(PadMode::Zeros),
                top: s.size("top"),
                bottom: s.size("bottom"),
                left: s.size("left"),
                right: s.size("right"),
            })
        })
    },
    Row {
        options: &[
            AXIS,
            Choice { name: "start", kind: Kind::Size, default: Default::Size(0), part: Some(Part::Start) },
            Choice { name: "end", kind: Kind::Size, default: Default::Infer, part: Some(Part::End) },
        ],
        outline: Outline::Rank,
        example: "Slice(axis = 0, start = 1, end = 3)",
        ..plain("Slice", "slice", "Slice", |s| Op::Slice(Slice { axis: s.size("axis"), start: s.size("start"), end: s.size("end") }))
    },
    Row {
        positions: Positions::List("axes"),
        options: &[AXES],
        outline: Outline::Fewer("axes"),
        example: "Mean(1, 2)",
        ..plain("Mean", "mean", "Mean", |s| Op::Mean(Mean { axes: s.sizes("axes") }))
    },
    Row {
        positions: Positions::List("axes"),
        options: &[AXES],
        outline: Outline::Fewer("axes"),
        example: "Amax(1, 2)",
        ..plain("Amax", "amax", "Amax", |s| Op::Amax(Amax { axes: s.sizes("axes") }))
    },
];
