//! Pooling.

use layercake_ir::ops::{
    AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, FractionalMaxPool2d, GlobalAvgPool2d, Interpolation, MaxPool1d, MaxPool2d, MaxUnpool2d,
    Upsample,
};
use layercake_ir::{Op, Part};

use super::{CEIL, COUNT_PAD, DILATION, KERNEL, PADDING, STRIDE, one, plain};
use crate::layers::{Choice, Default, Kind, Outline, Positions, Row};

const SCALE: Choice = Choice { name: "scale", kind: Kind::Pair, default: Default::Required, part: Some(Part::Scale) };
const MODE: Choice = Choice { name: "mode", kind: Kind::Word(&Interpolation::WORDS), default: Default::Word("nearest"), part: None };
const ALIGN_CORNERS: Choice =
    Choice { name: "align_corners", kind: Kind::Bool, default: Default::Bool(false), part: Some(Part::AlignCorners) };
const POOL_STRIDE: Choice = Choice { default: Default::Same("kernel"), ..STRIDE };

const OUTPUT_SIZE: Choice = Choice { name: "output_size", kind: Kind::Pair, default: Default::Required, part: Some(Part::OutputSize) };

/// Pooling.
pub const ROWS: &[Row] = &[
    Row {
        kind: "MaxPool2d",
        prefix: "max_pool2d",
        variant: "MaxPool2d",
        positions: Positions::Option("kernel"),
        options: &[KERNEL, POOL_STRIDE, PADDING, DILATION, CEIL],
        build: |s| {
            Op::MaxPool2d(MaxPool2d {
                kernel: s.pair("kernel"),
                stride: s.pair("stride"),
                padding: s.pair("padding"),
                dilation: s.pair("dilation"),
                ceil_mode: s.bool("ceil_mode"),
            })
        },
        outline: Outline::Map(None),
        field: None,
        example: "MaxPool2d(2)",
    },
    Row {
        kind: "AvgPool2d",
        prefix: "avg_pool2d",
        variant: "AvgPool2d",
        positions: Positions::Option("kernel"),
        options: &[KERNEL, POOL_STRIDE, PADDING, CEIL, COUNT_PAD],
        build: |s| {
            Op::AvgPool2d(AvgPool2d {
                kernel: s.pair("kernel"),
                stride: s.pair("stride"),
                padding: s.pair("padding"),
                ceil_mode: s.bool("ceil_mode"),
                count_include_pad: s.bool("count_include_pad"),
            })
        },
        outline: Outline::Map(None),
        field: None,
        example: "AvgPool2d(2)",
    },
    Row {
        outline: Outline::First,
        ..plain("GlobalAvgPool2d", "global_avg_pool2d", "GlobalAvgPool2d", |_| Op::GlobalAvgPool2d(GlobalAvgPool2d {}))
    },
    Row {
        positions: Positions::Option("scale"),
        options: &[SCALE, MODE, ALIGN_CORNERS],
        outline: Outline::Map(None),
        example: "Upsample(2, mode = bilinear)",
        ..plain("Upsample", "upsample", "Upsample", |s| {
            Op::Upsample(Upsample {
                scale: s.pair("scale"),
                mode: Interpolation::named(s.word("mode")).unwrap_or(Interpolation::Nearest),
                align_corners: s.bool("align_corners"),
            })
        })
    },
    Row {
        kind: "MaxPool1d",
        prefix: "max_pool1d",
        variant: "MaxPool1d",
        positions: Positions::Option("kernel"),
        options: &[one(KERNEL), one(POOL_STRIDE), one(PADDING), one(DILATION), CEIL],
        build: |s| {
            Op::MaxPool1d(MaxPool1d {
                kernel: s.size("kernel"),
                stride: s.size("stride"),
                padding: s.size("padding"),
                dilation: s.size("dilation"),
                ceil_mode: s.bool("ceil_mode"),
            })
        },
        outline: Outline::Line(None),
        field: None,
        example: "MaxPool1d(2)",
    },
    Row {
        kind: "AvgPool1d",
        prefix: "avg_pool1d",
        variant: "AvgPool1d",
        positions: Positions::Option("kernel"),
        options: &[one(KERNEL), one(POOL_STRIDE), one(PADDING), CEIL, COUNT_PAD],
        build: |s| {
            Op::AvgPool1d(AvgPool1d {
                kernel: s.size("kernel"),
                stride: s.size("stride"),
                padding: s.size("padding"),
                ceil_mode: s.bool("ceil_mode"),
                count_include_pad: s.bool("count_include_pad"),
            })
        },
        outline: Outline::Line(None),
        field: None,
        example: "AvgPool1d(2)",
    },
    Row {
        positions: Positions::Option("output_size"),
        options: &[OUTPUT_SIZE],
        outline: Outline::Map(None),
        example: "AdaptiveAvgPool2d(1)",
        ..plain("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "AdaptiveAvgPool2d", |s| {
            Op::AdaptiveAvgPool2d(AdaptiveAvgPool2d { output_size: s.pair("output_size") })
        })
    },
    Row {
        positions: Positions::Option("kernel"),
        options: &[KERNEL, OUTPUT_SIZE],
        outline: Outline::Map(None),
        example: "FractionalMaxPool2d(2, output_size = 5)",
        ..plain("FractionalMaxPool2d", "fractional_max_pool2d", "FractionalMaxPool2d", |s| {
            Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: s.pair("kernel"), output_size: s.pair("output_size") })
        })
    },
    Row {
        // Its options are those of the pool that is named.
        kind: "MaxUnpool2d",
        prefix: "max_unpool2d",
        variant: "MaxUnpool2d",
        positions: Positions::Option("kernel"),
        options: &[KERNEL, POOL_STRIDE, PADDING, DILATION, CEIL],
        build: |s| {
            Op::MaxUnpool2d(MaxUnpool2d {
                kernel: s.pair("kernel"),
                stride: s.pair("stride"),
                padding: s.pair("padding"),
                dilation: s.pair("dilation"),
                ceil_mode: s.bool("ceil_mode"),
            })
        },
        outline: Outline::Map(None),
        field: None,
        example: "MaxUnpool2d(pool1)",
    },
];
