//! Convolutions.

use layercake_ir::ops::{Conv1d, Conv2d, ConvTranspose2d, Mask, MaskedConv2d, Stack};
use layercake_ir::{Op, Part};

use super::{BIAS, DILATION, GROUPS, KERNEL, PADDING, STRIDE, one};
use crate::layers::{Axes, Choice, Default, Field, Kind, Outline, Positions, Row};

const OUTPUT_PADDING: Choice = Choice { name: "output_padding", part: Some(Part::OutputPadding), ..PADDING };
const MASK: Choice = Choice { name: "mask", kind: Kind::Word(&Mask::WORDS), default: Default::Required, part: None };
const STACK: Choice = Choice { name: "stack", kind: Kind::Word(&Stack::WORDS), default: Default::Word("full"), part: None };
const COLOURS: Choice = Choice { name: "colours", kind: Kind::Size, default: Default::Size(1), part: Some(Part::Colours) };

const CHANNELS: Positions = Positions::InOut { input: "in_channels", output: "out_channels", what: "channels" };

/// Convolutions.
pub const ROWS: &[Row] = &[
    Row {
        kind: "Conv2d",
        prefix: "conv2d",
        variant: "Conv2d",
        positions: CHANNELS,
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
        field: Some(Field { layer: "Conv2d", axes: Axes::Of(&[(0, 0), (0, 1), (0, 2), (0, 3)]), given: &[], switch: Some("bias") }),
        example: "Conv2d(16, kernel = 3)",
    },
    Row {
        kind: "ConvTranspose2d",
        prefix: "conv_transpose2d",
        variant: "ConvTranspose2d",
        positions: CHANNELS,
        options: &[KERNEL, STRIDE, PADDING, OUTPUT_PADDING, DILATION, GROUPS, BIAS],
        build: |s| {
            Op::ConvTranspose2d(ConvTranspose2d {
                in_channels: s.size("in_channels"),
                out_channels: s.size("out_channels"),
                kernel: s.pair("kernel"),
                stride: s.pair("stride"),
                padding: s.pair("padding"),
                output_padding: s.pair("output_padding"),
                dilation: s.pair("dilation"),
                groups: s.size("groups"),
                bias: s.bool("bias"),
            })
        },
        outline: Outline::Map(Some("out_channels")),
        // The number of biases is no axis of the weight where there are groups.
        field: Some(Field {
            layer: "ConvTranspose2d",
            axes: Axes::Of(&[(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]),
            given: &[],
            switch: Some("bias"),
        }),
        example: "ConvTranspose2d(16, kernel = 2, stride = 2)",
    },
    Row {
        kind: "MaskedConv2d",
        prefix: "masked_conv2d",
        variant: "MaskedConv2d",
        positions: CHANNELS,
        options: &[KERNEL, MASK, STACK, COLOURS, DILATION, BIAS],
        build: |s| {
            Op::MaskedConv2d(MaskedConv2d {
                in_channels: s.size("in_channels"),
                out_channels: s.size("out_channels"),
                kernel: s.pair("kernel"),
                mask: Mask::named(s.word("mask")).unwrap_or(Mask::A),
                stack: Stack::named(s.word("stack")).unwrap_or(Stack::Full),
                colours: s.size("colours"),
                dilation: s.pair("dilation"),
                bias: s.bool("bias"),
            })
        },
        outline: Outline::Map(Some("out_channels")),
        field: Some(Field { layer: "Conv2d", axes: Axes::Of(&[(0, 0), (0, 1), (0, 2), (0, 3)]), given: &[], switch: Some("bias") }),
        example: "MaskedConv2d(16, kernel = 3, mask = B)",
    },
    Row {
        kind: "Conv1d",
        prefix: "conv1d",
        variant: "Conv1d",
        positions: CHANNELS,
        options: &[one(KERNEL), one(STRIDE), one(PADDING), one(DILATION), GROUPS, BIAS],
        build: |s| {
            Op::Conv1d(Conv1d {
                in_channels: s.size("in_channels"),
                out_channels: s.size("out_channels"),
                kernel: s.size("kernel"),
                stride: s.size("stride"),
                padding: s.size("padding"),
                dilation: s.size("dilation"),
                groups: s.size("groups"),
                bias: s.bool("bias"),
            })
        },
        outline: Outline::Line(Some("out_channels")),
        field: Some(Field { layer: "Conv1d", axes: Axes::Of(&[(0, 0), (0, 1), (0, 2)]), given: &[], switch: Some("bias") }),
        example: "Conv1d(16, kernel = 3)",
    },
];
