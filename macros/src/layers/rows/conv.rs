//! Convolutions.

use layercake_ir::Op;
use layercake_ir::ops::Conv2d;

use super::{BIAS, DILATION, GROUPS, KERNEL, PADDING, STRIDE};
use crate::layers::{Axes, Field, Outline, Positions, Row};

/// Convolutions.
pub const ROWS: &[Row] = &[Row {
    kind: "Conv2d",
    prefix: "conv2d",
    variant: "Conv2d",
    positions: Positions::InOut { input: "in_channels", output: "out_channels", what: "channels" },
    options: &[KERNEL, STRIDE, PADDING, DILATION, GROUPS, BIAS],
    build: |s| {
        Op::Conv2d(Conv2d {
            in_channels: s.size("in_channels"),
            out_channels: s.size("out_channels"),
            kernel: s.pair("kernel"),
            stride: s.pair("stride"),
            padding: s.pair("padding"),
            dilation: s.pair("dilation"),
            groups: s.size("groups"),
            bias: s.bool("bias"),
        })
    },
    outline: Outline::Map(Some("out_channels")),
    field: Some(Field { layer: "Conv2d", axes: Axes::Of(&[0, 1, 2, 3]), switch: Some("bias") }),
    example: "Conv2d(16, kernel = 3)",
}];
