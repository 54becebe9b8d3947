//! An artificial network of all layers that take one input.

use layercake::prelude::*;

network! {
    pub Catalogue: [4, 12, 12] -> [5] {
        conv: Conv2d(6, kernel = 3, padding = 1, groups = 2), norm: BatchNorm2d, SELU,
        up: ConvTranspose2d(4, kernel = 2, stride = 2), SiLU,
        group: GroupNorm(2), ReLU6,
        masked: MaskedConv2d(4, kernel = 3, mask = B), prelu: PReLU(parameters = 4),
        instance: InstanceNorm2d(affine = true), ELU,
        MaxPool2d(2), AvgPool2d(2, padding = 1), Upsample(2, mode = bilinear), LeakyReLU,
        LocalResponseNorm(3), Softplus, Hardtanh, Sigmoid,
        AdaptiveAvgPool2d(5), FractionalMaxPool2d(2, output_size = 3), Pad(1), Slice(axis = 1, start = 1, end = 4), Dropout2d,
        Reshape(4, 15), seq: Conv1d(6, kernel = 3), MaxPool1d(2), AvgPool1d(2), Tanh,
        layer: LayerNorm, GELU, Permute(1, 0), Softmax(axis = 0), LogSoftmax(axis = 1), GLU(axis = 1), Dropout,
        Reshape(3, 3, 1), GlobalAvgPool2d, maxout: Maxout(7, pieces = 2), bn: BatchNorm1d, ReLU, Flatten, fc: Linear(5),
    }
}
