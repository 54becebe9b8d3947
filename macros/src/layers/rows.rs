//! The table.

use layercake_ir::ops::{AvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, LeakyRelu, Linear, LogSoftmax, MaxPool2d, Softmax};
use layercake_ir::{Op, Part};

use super::{Choice, Default, Field, Kind, Outline, Positions, Row};

const KERNEL: Choice = Choice { name: "kernel", kind: Kind::Pair, default: Default::Required, part: Some(Part::Kernel) };
const STRIDE: Choice = Choice { name: "stride", kind: Kind::Pair, default: Default::Size(1), part: Some(Part::Stride) };
const POOL_STRIDE: Choice = Choice { default: Default::Same("kernel"), ..STRIDE };
const PADDING: Choice = Choice { name: "padding", kind: Kind::Pair, default: Default::Size(0), part: Some(Part::Padding) };
const DILATION: Choice = Choice { name: "dilation", kind: Kind::Pair, default: Default::Size(1), part: Some(Part::Dilation) };
const GROUPS: Choice = Choice { name: "groups", kind: Kind::Size, default: Default::Size(1), part: Some(Part::Groups) };
const BIAS: Choice = Choice { name: "bias", kind: Kind::Bool, default: Default::Bool(true), part: None };
const CEIL: Choice = Choice { name: "ceil_mode", kind: Kind::Bool, default: Default::Bool(false), part: None };
const COUNT_PAD: Choice = Choice { name: "count_include_pad", kind: Kind::Bool, default: Default::Bool(true), part: None };
const AXIS: Choice = Choice { name: "axis", kind: Kind::Size, default: Default::Infer, part: Some(Part::Axis) };
const P: Choice = Choice { name: "p", kind: Kind::Float, default: Default::Float(0.5), part: Some(Part::Probability) };
const EPS: Choice = Choice { name: "eps", kind: Kind::Float, default: Default::Float(1e-5), part: Some(Part::Eps) };
const MOMENTUM: Choice = Choice { name: "momentum", kind: Kind::Float, default: Default::Float(0.1), part: Some(Part::Momentum) };
const AFFINE: Choice = Choice { name: "affine", kind: Kind::Bool, default: Default::Bool(true), part: None };
const SLOPE: Choice = Choice { name: "negative_slope", kind: Kind::Float, default: Default::Float(0.01), part: Some(Part::NegativeSlope) };

const BATCH_NORM: Field = Field { layer: "BatchNorm", axes: &[0], switch: "affine" };

/// A layer without arguments that leaves the shape as it is.
const fn plain(kind: &'static str, prefix: &'static str, variant: &'static str, build: fn(&super::Known) -> Op) -> Row {
    Row { kind, prefix, variant, positions: Positions::None, options: &[], build, outline: Outline::Same, field: None, example: kind }
}

/// All layers, in the order in which messages list them.
pub const ROWS: &[Row] = &[
    Row {
        kind: "Linear",
        prefix: "linear",
        variant: "Linear",
        positions: Positions::InOut { input: "in_features", output: "out_features", what: "features" },
        options: &[BIAS],
        build: |s| Op::Linear(Linear { in_features: s.size("in_features"), out_features: s.size("out_features"), bias: s.bool("bias") }),
        outline: Outline::Last("out_features"),
        field: Some(Field { layer: "Linear", axes: &[1, 0], switch: "bias" }),
        example: "Linear(120)",
    },
    Row {
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
        field: Some(Field { layer: "Conv2d", axes: &[0, 1, 2, 3], switch: "bias" }),
        example: "Conv2d(16, kernel = 3)",
    },
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
    Row { outline: Outline::Flat, ..plain("Flatten", "flatten", "Flatten", |_| Op::Flatten(Flatten {})) },
    plain("ReLU", "relu", "Relu", |_| Op::Relu),
    Row {
        options: &[SLOPE],
        example: "LeakyReLU(negative_slope = 0.2)",
        ..plain("LeakyReLU", "leaky_relu", "LeakyRelu", |s| Op::LeakyRelu(LeakyRelu { negative_slope: s.float("negative_slope") }))
    },
    plain("Tanh", "tanh", "Tanh", |_| Op::Tanh),
    plain("Sigmoid", "sigmoid", "Sigmoid", |_| Op::Sigmoid),
    Row {
        options: &[AXIS],
        example: "Softmax(axis = 0)",
        ..plain("Softmax", "softmax", "Softmax", |s| Op::Softmax(Softmax { axis: s.size("axis") }))
    },
    Row {
        options: &[AXIS],
        example: "LogSoftmax(axis = 0)",
        ..plain("LogSoftmax", "log_softmax", "LogSoftmax", |s| Op::LogSoftmax(LogSoftmax { axis: s.size("axis") }))
    },
    Row {
        positions: Positions::Option("p"),
        options: &[P],
        example: "Dropout(0.5)",
        ..plain("Dropout", "dropout", "Dropout", |s| Op::Dropout(Dropout { p: s.float("p") }))
    },
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
