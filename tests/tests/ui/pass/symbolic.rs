//! Sizes by constants.

use layercake::prelude::*;

const CHANNELS: usize = 3;
const KERNEL: usize = 5;
const SLOPE: f64 = 0.2;
const BIAS: bool = false;

const fn half(size: usize) -> usize {
    size / 2
}

mod sizes {
    pub const HIDDEN: usize = 32;

    pub trait Size {
        const SIZE: usize;
    }

    pub struct Ten;

    impl Size for Ten {
        const SIZE: usize = 10;
    }
}

network! {
    Net: [CHANNELS, 28, 28] -> [<sizes::Ten as sizes::Size>::SIZE] {
        conv1: Conv2d(half(16), kernel = KERNEL, padding = (half(KERNEL), 2), stride = 1, bias = BIAS) -> [8, 28, 28],
        BatchNorm2d(8, affine = BIAS, momentum = SLOPE / 2.0), LeakyReLU(negative_slope = -SLOPE), MaxPool2d(half(4)),
        conv2: Conv2d(8 -> 2 * sizes::HIDDEN, kernel = (KERNEL, 3), groups = CHANNELS - 1, dilation = half(2)),
        AvgPool2d(2, stride = half(KERNEL)), Flatten -> [_],
        fc1: Linear(64 * 5 * 6 -> sizes::HIDDEN), Dropout(SLOPE), Softmax(axis = CHANNELS - 3),
        fc2: Linear(sizes::HIDDEN -> 10) -> [10],
    }
}

const PARAMS: usize = 8 * 3 * 5 * 5 + (64 * 4 * 5 * 3 + 64) + (1920 + 1) * 32 + 33 * 10;
const _: () = assert!(Net::PARAMS == PARAMS);

#[test]
fn runs() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Net::new(&device);
    let images: Tensor<(usize, Const<3>, Const<28>, Const<28>), f32, _> = device.sample_normal_like(&(2, Const, Const, Const));
    let logits: Tensor<(usize, Const<10>), f32, _> = net.forward(images.clone());
    assert_eq!(logits.shape().concrete(), [2, 10]);
    let _ = net.forward_train(images, Gradients::leaky());
    // The fields' types are those of the same network written in numbers.
    let _: &layercake::layers::Conv2d<3, 8, 5, 5, f32, Cpu, false> = &net.conv1;
    let _: &layercake::layers::Linear<1920, 32> = &net.fc1;
}
