//! Options of layers, as they may be written.

use layercake::prelude::*;

network! {
    Pairs: [2, 9, 9] -> [4, 2, 2] {
        Conv2d(4, kernel = (3, 5), stride = [1, 2], padding = (1, 2), dilation = (1, 1), groups = 2, bias = false) -> [4, 9, 5],
        MaxPool2d(kernel = [2; 2], stride = 2, padding = 1, dilation = 1, ceil_mode = true) -> [_, 5, 3],
        AvgPool2d((3, 2), stride = (2, 1), padding = (0, 0), ceil_mode = false, count_include_pad = false),
    }

    Numbers: [0x10 * 2, 1_000usize] -> [32, 1_000] {
        LeakyReLU(negative_slope = -0.2), LeakyReLU(), LeakyReLU(negative_slope = 1),
        Dropout(0.5), Dropout(p = 1e-3), Dropout(0), Dropout,
        BatchNorm1d(32, momentum = 0.01, eps = 1e-3, affine = false), BatchNorm1d,
        Softmax(axis = 1), LogSoftmax(axis = 0,), Sigmoid, Tanh,
        Linear(1000 -> 30 * 30 + 100, bias = !false),
    }
}

#[test]
fn runs() {
    let device = Cpu::default();
    let images: Tensor<(usize, Const<2>, Const<9>, Const<9>), f32, _> = device.sample_normal_like(&(3, Const, Const, Const));
    assert_eq!(Pairs::new(&device).forward(images).shape().concrete(), [3, 4, 2, 2]);
    // A kernel of 3 x 5 for each of the 4 channels out and the 1 channel of its group.
    assert_eq!(Pairs::PARAMS, 4 * 3 * 5);
    assert_eq!(Numbers::LAYERS, 14);
    assert_eq!(Numbers::PARAMS, 2 * 32 + 1001 * 1000);
}
