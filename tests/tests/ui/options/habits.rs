use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Conv2d(in_channels = 1, out_channels = 6, kernel_size = 5, strides = 2),
        BatchNorm2d(num_features = 6, epsilon = 1e-3),
        ReLU(inplace = true),
        Flatten(start_dim = 1),
        Linear(out_features = 10, use_bias = false),
        Softmax(dim = 0),
        Linear(in_dim = 10, units = 10),
        Linear(units = 10),
        Linear(10, 10, true, 1, 2, 3),
        BatchNorm1d(num_channels = 10),
    }
}

fn main() {}
