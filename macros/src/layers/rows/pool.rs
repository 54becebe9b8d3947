//! Pooling.

use layercake_ir::Op;
use layercake_ir::ops::{AvgPool2d, MaxPool2d};

use super::{CEIL, COUNT_PAD, DILATION, KERNEL, PADDING, STRIDE};
use crate::layers::{Choice, Default, Outline, Positions, Row};

const POOL_STRIDE: Choice = Choice { default: Default::Same("kernel"), ..STRIDE };

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
];
