"""The cases: every layer that `network!` knows, with every option, in PyTorch's words.

A case's name is its name in `tests/tests/parity/`, and a keyword is the layer's name there. Sizes are chosen to be awkward: odd,
different from each other where a mix-up of axes must show, equal where a mix-up of strides must.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np
from torch import nn


def normal(rng, shape):
    return rng.standard_normal(shape)


def grid(rng, shape):
    """Small whole numbers: many equal elements in a window."""
    return rng.randint(-2, 3, shape).astype(np.float64)


def negative(rng, shape):
    """Below zero everywhere, so that a zero in the padding would win a maximum."""
    return -0.5 - rng.random_sample(shape)


def with_zeros(rng, shape):
    """A third exact zeros, of both signs."""
    values = rng.standard_normal(shape)
    values[rng.random_sample(shape) < 0.2] = 0.0
    values[rng.random_sample(shape) < 0.2] = -0.0
    return values


def positive(rng, shape):
    """Above zero, over eight orders of magnitude."""
    return 10.0 ** rng.uniform(-4, 4, shape)


def large(rng, shape):
    """From where a saturating function is smooth to where its exponential overflows a float."""
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-1, 2.5, shape)


def small(rng, shape):
    """Where tanh(x) is nearly x."""
    return rng.standard_normal(shape) * 1e-4


def logits(rng, shape):
    """Near 200, 500 and 800: the exponentials overflow, the differences underflow, and yet the largest are close to each other."""
    return 500.0 + 300.0 * rng.randint(-1, 2, shape) + rng.standard_normal(shape)


def offset(rng, shape):
    """A mean far larger than the spread, where a variance worked out as E[x^2] - E[x]^2 loses its digits."""
    return 50.0 + rng.standard_normal(shape)


def flat(rng, shape):
    """So little spread that eps rules the variance."""
    return 1e-3 * rng.standard_normal(shape)


def broken(rng, shape):
    """A third NaN, a third infinities."""
    values = rng.standard_normal(shape)
    chance = rng.random_sample(shape)
    values[chance < 0.33] = np.nan
    values[chance > 0.83] = np.inf
    values[(chance > 0.67) & (chance < 0.83)] = -np.inf
    return values


def pixels(rng, shape):
    return rng.random_sample(shape)


@dataclass
class Case:
    name: str
    shape: tuple
    layers: dict
    batch: int
    data: Callable
    eval_only: bool


def case(name, shape, *, batch=3, data=normal, eval_only=False, **layers):
    """`shape` is a sample's. `eval_only`: what the case does in training is random."""
    return Case(name, shape, layers, batch, data, eval_only)


def lenet5():
    return dict(
        conv1=nn.Conv2d(1, 6, 5, padding=2),
        tanh1=nn.Tanh(),
        pool1=nn.AvgPool2d(2),
        conv2=nn.Conv2d(6, 16, 5),
        tanh2=nn.Tanh(),
        pool2=nn.AvgPool2d(2),
        flatten=nn.Flatten(),
        fc1=nn.Linear(400, 120),
        tanh3=nn.Tanh(),
        fc2=nn.Linear(120, 84),
        tanh4=nn.Tanh(),
        fc3=nn.Linear(84, 10),
    )


def along_axes(layer):
    """Softmax and its logarithm; PyTorch counts the batch among the axes."""
    return [
        case("features", (7,), s=layer(1)),
        case("features_stated", (4,), batch=4, s=layer(1)),
        case("sequence_axis0", (3, 5), s=layer(1)),
        case("sequence_axis1", (3, 5), s=layer(2)),
        case("image_axis0", (3, 4, 5), batch=2, s=layer(1)),
        case("image_axis1", (3, 4, 5), batch=2, s=layer(2)),
        case("image_axis2", (3, 4, 5), batch=2, s=layer(3)),
        case("one_class", (1,), s=layer(1)),
        case("large", (10,), batch=5, data=logits, s=layer(1)),
        case("large_image", (4, 3, 3), batch=2, data=logits, s=layer(1)),
        case("ties", (9,), data=grid, s=layer(1)),
    ]


CASES = {
    "linear": [
        case("bias", (7,), batch=5, fc=nn.Linear(7, 3)),
        case("no_bias", (7,), batch=5, fc=nn.Linear(7, 3, bias=False)),
        case("square", (5,), batch=5, fc=nn.Linear(5, 5)),
        case("wide", (33,), fc=nn.Linear(33, 17)),
        case("one_of_all", (1,), batch=1, fc=nn.Linear(1, 1)),
        case("batch_of_one", (9,), batch=1, fc=nn.Linear(9, 4)),
        case("sequence", (4, 6), fc=nn.Linear(6, 5)),
        case("sequence_no_bias", (4, 6), fc=nn.Linear(6, 5, bias=False)),
        case("sequence_square", (3, 3), fc=nn.Linear(3, 3)),
        case("three_axes", (2, 4, 6), fc=nn.Linear(6, 5)),
        case("four_axes", (2, 3, 2, 5), batch=1, fc=nn.Linear(5, 4, bias=False)),
    ],
    "conv2d": [
        case("kernel_number", (2, 7, 6), conv=nn.Conv2d(2, 3, 3)),
        case("kernel_pair", (2, 7, 6), conv=nn.Conv2d(2, 3, (3, 2))),
        case("stride_number", (2, 9, 7), conv=nn.Conv2d(2, 3, 3, stride=2)),
        case("stride_pair", (2, 9, 7), conv=nn.Conv2d(2, 3, 3, stride=(3, 1))),
        case("stride_remainder", (1, 8, 10), conv=nn.Conv2d(1, 4, 3, stride=3)),
        case("stride_beyond_kernel", (2, 9, 8), conv=nn.Conv2d(2, 3, 2, stride=4)),
        case("padding_number", (2, 5, 6), conv=nn.Conv2d(2, 3, 3, padding=1)),
        case("padding_pair", (2, 5, 6), conv=nn.Conv2d(2, 3, (5, 1), padding=(2, 0))),
        case("padding_other_pair", (2, 6, 5), conv=nn.Conv2d(2, 3, (1, 4), padding=(0, 3))),
        case("padding_wide", (2, 4, 5), conv=nn.Conv2d(2, 3, 3, padding=2)),
        case("padding_beyond_kernel", (2, 3, 4), conv=nn.Conv2d(2, 3, 3, padding=4)),
        case("dilation_number", (2, 8, 9), conv=nn.Conv2d(2, 3, 3, dilation=2)),
        case("dilation_pair", (2, 8, 9), conv=nn.Conv2d(2, 3, 3, dilation=(2, 3))),
        case("all_pairs", (3, 9, 8), conv=nn.Conv2d(3, 2, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 3))),
        case("groups", (6, 5, 4), conv=nn.Conv2d(6, 4, 3, padding=1, groups=2)),
        case("groups_all_options", (4, 9, 8), conv=nn.Conv2d(4, 6, (2, 3), stride=(1, 2), padding=(2, 1), dilation=(3, 2), groups=2)),
        case("depthwise", (5, 6, 7), conv=nn.Conv2d(5, 5, 3, padding=1, groups=5)),
        case("depthwise_strided", (5, 8, 7), conv=nn.Conv2d(5, 5, 3, stride=2, padding=1, groups=5, bias=False)),
        case("depthwise_multiplied", (3, 6, 5), conv=nn.Conv2d(3, 6, 3, groups=3)),
        case("no_bias", (2, 7, 6), conv=nn.Conv2d(2, 3, 3, bias=False)),
        case("square", (6, 6, 6), batch=6, conv=nn.Conv2d(6, 6, 3, padding=1)),
        case("square_strided", (8, 8, 8), batch=2, conv=nn.Conv2d(8, 8, 2, stride=2)),
        case("pointwise", (5, 4, 3), conv=nn.Conv2d(5, 7, 1)),
        case("pointwise_strided", (5, 5, 6), conv=nn.Conv2d(5, 3, 1, stride=2)),
        case("pointwise_padded", (3, 4, 3), conv=nn.Conv2d(3, 2, 1, padding=1)),
        case("batch_of_one", (3, 7, 5), batch=1, conv=nn.Conv2d(3, 4, 3)),
        case("kernel_of_input_size", (3, 5, 4), conv=nn.Conv2d(3, 4, (5, 4))),
        case("one_pixel", (3, 1, 1), conv=nn.Conv2d(3, 4, 3, padding=1)),
        case("one_row", (2, 1, 9), conv=nn.Conv2d(2, 3, (1, 3), padding=(0, 1))),
        case("one_column", (2, 9, 1), conv=nn.Conv2d(2, 3, (3, 1), stride=(2, 1))),
        case("kernel_even", (2, 6, 7), conv=nn.Conv2d(2, 3, 4, padding=2)),
        case("kernel_five", (1, 12, 12), conv=nn.Conv2d(1, 6, 5, padding=2)),
        case("many_channels", (17, 6, 5), conv=nn.Conv2d(17, 19, 3, padding=1)),
        case("one_channel_out", (9, 5, 7), conv=nn.Conv2d(9, 1, 3)),
        case("wide_rows", (2, 3, 37), conv=nn.Conv2d(2, 4, 3, padding=1)),
    ],
    "max_pool2d": [
        case("kernel_number", (2, 6, 8), pool=nn.MaxPool2d(2)),
        case("kernel_pair", (2, 6, 8), pool=nn.MaxPool2d((3, 2))),
        case("remainder", (2, 7, 5), pool=nn.MaxPool2d(2)),
        case("stride_below_kernel", (2, 7, 9), pool=nn.MaxPool2d(3, stride=2)),
        case("stride_beyond_kernel", (2, 8, 9), pool=nn.MaxPool2d(2, stride=3)),
        case("stride_one", (2, 5, 4), pool=nn.MaxPool2d(3, stride=1, padding=1)),
        case("stride_pair", (2, 7, 9), pool=nn.MaxPool2d(2, stride=(1, 3))),
        case("padding_number", (2, 5, 6), pool=nn.MaxPool2d(3, stride=2, padding=1)),
        case("padding_pair", (2, 5, 6), pool=nn.MaxPool2d((2, 4), padding=(0, 2))),
        case("padding_below_zero", (2, 5, 6), data=negative, pool=nn.MaxPool2d(3, stride=2, padding=1)),
        case("dilation_number", (2, 8, 7), pool=nn.MaxPool2d(2, stride=1, dilation=3)),
        case("dilation_pair", (2, 9, 8), pool=nn.MaxPool2d(3, stride=2, padding=1, dilation=(1, 2))),
        case("ceil_mode", (2, 7, 6), pool=nn.MaxPool2d(3, stride=2, ceil_mode=True)),
        case("ceil_mode_padded", (2, 6, 7), data=negative, pool=nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)),
        case("ceil_mode_window_dropped", (2, 5, 4), pool=nn.MaxPool2d(2, stride=3, padding=1, ceil_mode=True)),
        case("all_options", (3, 9, 8), data=grid,
             pool=nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), dilation=(2, 3), ceil_mode=True)),
        case("ties", (2, 6, 8), data=grid, pool=nn.MaxPool2d(2)),
        case("ties_overlapping", (2, 7, 7), data=grid, pool=nn.MaxPool2d(3, stride=1, padding=1)),
        case("square", (5, 5, 5), batch=5, pool=nn.MaxPool2d(2, stride=1)),
        case("whole_image", (3, 4, 5), batch=1, pool=nn.MaxPool2d((4, 5))),
        case("pointwise", (3, 4, 5), pool=nn.MaxPool2d(1, stride=2)),
    ],
    "avg_pool2d": [
        case("kernel_number", (2, 6, 8), pool=nn.AvgPool2d(2)),
        case("kernel_pair", (2, 6, 8), pool=nn.AvgPool2d((3, 2))),
        case("remainder", (2, 7, 5), pool=nn.AvgPool2d(2)),
        case("stride_below_kernel", (2, 7, 9), pool=nn.AvgPool2d(3, stride=2)),
        case("stride_beyond_kernel", (2, 8, 9), pool=nn.AvgPool2d(2, stride=3)),
        case("stride_pair", (2, 7, 9), pool=nn.AvgPool2d(2, stride=(1, 3))),
        case("padding_number", (2, 5, 6), pool=nn.AvgPool2d(3, stride=2, padding=1)),
        case("padding_pair", (2, 5, 6), pool=nn.AvgPool2d((2, 4), padding=(0, 2))),
        case("exclude_pad", (2, 5, 6), pool=nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)),
        case("exclude_pad_pair", (2, 5, 6), pool=nn.AvgPool2d((2, 4), stride=1, padding=(1, 2), count_include_pad=False)),
        case("ceil_mode", (2, 7, 6), pool=nn.AvgPool2d(3, stride=2, ceil_mode=True)),
        case("ceil_mode_padded", (2, 6, 7), pool=nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True)),
        case("ceil_mode_exclude_pad", (2, 6, 7), pool=nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)),
        case("ceil_mode_window_dropped", (2, 5, 4), pool=nn.AvgPool2d(2, stride=3, padding=1, ceil_mode=True)),
        case("square", (5, 5, 5), batch=5, pool=nn.AvgPool2d(2, stride=1)),
        case("whole_image", (3, 4, 5), batch=1, pool=nn.AvgPool2d((4, 5))),
        case("pointwise", (3, 4, 5), pool=nn.AvgPool2d(1, stride=2)),
    ],
    "flatten": [
        case("image", (2, 3, 4), flatten=nn.Flatten()),
        case("sequence", (3, 5), flatten=nn.Flatten()),
        case("features", (4,), flatten=nn.Flatten()),
        case("batch_of_one", (2, 2, 2), batch=1, flatten=nn.Flatten()),
    ],
    "relu": [
        case("features", (9,), relu=nn.ReLU()),
        case("sequence", (3, 5), relu=nn.ReLU()),
        case("image", (2, 3, 7), relu=nn.ReLU()),
        case("zeros", (17,), data=with_zeros, relu=nn.ReLU()),
    ],
    "leaky_relu": [
        case("default_slope", (9,), act=nn.LeakyReLU()),
        case("slope", (9,), act=nn.LeakyReLU(0.2)),
        case("slope_zero", (9,), act=nn.LeakyReLU(0.0)),
        case("slope_one", (9,), act=nn.LeakyReLU(1.0)),
        case("slope_below_zero", (9,), act=nn.LeakyReLU(-0.5)),
        case("steep", (9,), act=nn.LeakyReLU(1.5)),
        case("sequence", (3, 5), act=nn.LeakyReLU(0.3)),
        case("image", (2, 3, 7), act=nn.LeakyReLU(0.3)),
        case("zeros", (17,), data=with_zeros, act=nn.LeakyReLU(0.2)),
    ],
    "tanh": [
        case("features", (9,), tanh=nn.Tanh()),
        case("sequence", (3, 5), tanh=nn.Tanh()),
        case("image", (2, 3, 7), tanh=nn.Tanh()),
        case("large", (41,), data=large, tanh=nn.Tanh()),
        case("small", (41,), data=small, tanh=nn.Tanh()),
        case("zeros", (17,), data=with_zeros, tanh=nn.Tanh()),
    ],
    "sigmoid": [
        case("features", (9,), sigmoid=nn.Sigmoid()),
        case("sequence", (3, 5), sigmoid=nn.Sigmoid()),
        case("image", (2, 3, 7), sigmoid=nn.Sigmoid()),
        case("large", (41,), data=large, sigmoid=nn.Sigmoid()),
        case("zeros", (17,), data=with_zeros, sigmoid=nn.Sigmoid()),
    ],
    "softmax": along_axes(nn.Softmax),
    "log_softmax": along_axes(nn.LogSoftmax),
    "dropout": [
        case("nothing_dropped", (9,), drop=nn.Dropout(0.0)),
        case("nothing_dropped_image", (2, 3, 4), drop=nn.Dropout(0.0)),
        case("inference", (9,), eval_only=True, drop=nn.Dropout(0.5)),
        case("inference_image", (2, 3, 4), eval_only=True, drop=nn.Dropout(0.25)),
        case("inference_between", (6,), eval_only=True, fc1=nn.Linear(6, 8), relu=nn.ReLU(), drop=nn.Dropout(0.7), fc2=nn.Linear(8, 3)),
    ],
    "batch_norm1d": [
        case("features", (5,), batch=7, bn=nn.BatchNorm1d(5)),
        case("sequence", (4, 6), bn=nn.BatchNorm1d(4)),
        case("square", (5, 5), batch=5, bn=nn.BatchNorm1d(5)),
        # Two values are one apart from their mean whatever they were: all but eps cancels in the gradient, so eps is made to matter.
        case("batch_of_two", (6,), batch=2, bn=nn.BatchNorm1d(6, eps=0.5)),
        case("batch_of_one", (4, 5), batch=1, bn=nn.BatchNorm1d(4)),
        case("eps", (5,), batch=7, bn=nn.BatchNorm1d(5, eps=0.3)),
        case("momentum", (5,), batch=7, bn=nn.BatchNorm1d(5, momentum=0.35)),
        case("momentum_zero", (5,), batch=7, bn=nn.BatchNorm1d(5, momentum=0.0)),
        case("momentum_one", (5,), batch=7, bn=nn.BatchNorm1d(5, momentum=1.0)),
        case("not_affine", (5,), batch=7, bn=nn.BatchNorm1d(5, affine=False)),
        case("not_affine_sequence", (4, 6), bn=nn.BatchNorm1d(4, affine=False)),
        case("one_feature", (1,), batch=9, bn=nn.BatchNorm1d(1)),
        case("offset", (5,), batch=16, data=offset, bn=nn.BatchNorm1d(5)),
        case("flat", (5,), batch=7, data=flat, bn=nn.BatchNorm1d(5)),
    ],
    "batch_norm2d": [
        case("image", (4, 3, 5), bn=nn.BatchNorm2d(4)),
        case("square", (5, 5, 5), batch=5, bn=nn.BatchNorm2d(5)),
        case("batch_of_one", (3, 4, 5), batch=1, bn=nn.BatchNorm2d(3)),
        case("one_pixel", (6, 1, 1), batch=5, bn=nn.BatchNorm2d(6)),
        case("one_channel", (1, 5, 4), bn=nn.BatchNorm2d(1)),
        case("eps", (4, 3, 5), bn=nn.BatchNorm2d(4, eps=0.3)),
        case("momentum", (4, 3, 5), bn=nn.BatchNorm2d(4, momentum=0.35)),
        case("momentum_zero", (4, 3, 5), bn=nn.BatchNorm2d(4, momentum=0.0)),
        case("momentum_one", (4, 3, 5), bn=nn.BatchNorm2d(4, momentum=1.0)),
        case("not_affine", (4, 3, 5), bn=nn.BatchNorm2d(4, affine=False)),
        case("all_options", (4, 3, 5), bn=nn.BatchNorm2d(4, eps=0.02, momentum=0.6, affine=False)),
        case("offset", (4, 6, 5), batch=8, data=offset, bn=nn.BatchNorm2d(4)),
        case("flat", (4, 3, 5), data=flat, bn=nn.BatchNorm2d(4)),
    ],
    # What an optimizing executor could get wrong only where layers meet.
    "combined": [
        case("conv_bn_relu_pool", (3, 8, 7),
             conv=nn.Conv2d(3, 5, 3, padding=1, bias=False), bn=nn.BatchNorm2d(5), relu=nn.ReLU(), pool=nn.MaxPool2d(2)),
        case("conv_bias_bn", (2, 6, 5), conv=nn.Conv2d(2, 4, 3), bn=nn.BatchNorm2d(4)),
        case("conv_bn_not_affine", (2, 6, 5), conv=nn.Conv2d(2, 4, 3, groups=2), bn=nn.BatchNorm2d(4, affine=False), act=nn.LeakyReLU(0.1)),
        case("bn_conv_padded", (3, 5, 6), bn=nn.BatchNorm2d(3), conv=nn.Conv2d(3, 4, 3, padding=2)),
        case("conv_relu_bn", (2, 6, 5), conv=nn.Conv2d(2, 4, 3), relu=nn.ReLU(), bn=nn.BatchNorm2d(4)),
        case("bn_bn", (4, 3, 5), bn1=nn.BatchNorm2d(4), bn2=nn.BatchNorm2d(4, eps=0.5, momentum=0.5)),
        case("bn_offset_tanh", (4, 5), batch=6, data=offset, bn=nn.BatchNorm1d(4), tanh=nn.Tanh()),
        case("conv_relu_max_pool", (3, 9, 8), conv=nn.Conv2d(3, 4, 3), relu=nn.ReLU(), pool=nn.MaxPool2d(3, stride=2, padding=1)),
        case("conv_max_pool_relu", (3, 8, 9), conv=nn.Conv2d(3, 4, 3), pool=nn.MaxPool2d(2), relu=nn.ReLU()),
        case("conv_tanh_avg_pool", (1, 9, 10), conv=nn.Conv2d(1, 5, 3, padding=1), tanh=nn.Tanh(), pool=nn.AvgPool2d(2)),
        case("conv_avg_pool", (2, 8, 7), conv=nn.Conv2d(2, 3, 3), pool=nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)),
        case("conv_sigmoid_conv", (2, 7, 8), conv1=nn.Conv2d(2, 3, 3), sigmoid=nn.Sigmoid(), conv2=nn.Conv2d(3, 2, (2, 3), stride=2)),
        case("conv_depthwise_pointwise", (6, 7, 5), dw=nn.Conv2d(6, 6, 3, padding=1, groups=6), relu=nn.ReLU(), pw=nn.Conv2d(6, 9, 1)),
        case("conv_softmax", (2, 5, 4), conv=nn.Conv2d(2, 4, 3, padding=1), s=nn.Softmax(1)),
        case("relu_first", (9,), data=with_zeros, relu=nn.ReLU(), fc=nn.Linear(9, 4)),
        case("flatten_first", (2, 3, 4), flatten=nn.Flatten(), fc=nn.Linear(24, 5)),
        case("activation_last", (6,), fc=nn.Linear(6, 5), tanh=nn.Tanh()),
        case("activations_in_a_row", (11,), relu=nn.ReLU(), act=nn.LeakyReLU(0.2), tanh=nn.Tanh(), sigmoid=nn.Sigmoid()),
        case("pools_in_a_row", (2, 9, 8), data=grid,
             pool1=nn.MaxPool2d(2, stride=1), pool2=nn.AvgPool2d(3, stride=2), pool3=nn.MaxPool2d(2)),
        case("linear_bn_relu_linear", (7,), batch=6, fc1=nn.Linear(7, 9), bn=nn.BatchNorm1d(9), relu=nn.ReLU(), fc2=nn.Linear(9, 4)),
        case("linear_log_softmax", (8,), fc=nn.Linear(8, 6), s=nn.LogSoftmax(1)),
        case("sequence_mlp", (4, 5), fc1=nn.Linear(5, 7), tanh=nn.Tanh(), fc2=nn.Linear(7, 3), s=nn.Softmax(2)),
        case("sequence_linear_bn", (4, 5), fc=nn.Linear(5, 6), bn=nn.BatchNorm1d(4), flatten=nn.Flatten()),
        case("saturated", (12,), data=large, fc1=nn.Linear(12, 9), tanh=nn.Tanh(), fc2=nn.Linear(9, 5), sigmoid=nn.Sigmoid()),
        case("dropout_off", (6,), fc1=nn.Linear(6, 8), drop=nn.Dropout(0.0), relu=nn.ReLU(), fc2=nn.Linear(8, 3)),
        case("small_cnn", (3, 11, 9), batch=7,
             conv1=nn.Conv2d(3, 5, 3, padding=1), bn1=nn.BatchNorm2d(5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
             conv2=nn.Conv2d(5, 7, 3, stride=2, bias=False), bn2=nn.BatchNorm2d(7, momentum=0.3), act2=nn.LeakyReLU(0.1),
             flatten=nn.Flatten(), bn3=nn.BatchNorm1d(14, eps=0.5), fc=nn.Linear(14, 4), s=nn.LogSoftmax(1)),
    ],
    "lenet5": [case("whole", (1, 28, 28), data=pixels, **lenet5())],
}
