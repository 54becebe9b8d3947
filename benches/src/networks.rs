//! The networks, equal to those in `peers/torch/bench.py`.

use layercake::prelude::*;

network! {
    block vgg(stages) { Conv2d(stages, kernel = 3, padding = 1), BatchNorm2d, ReLU }

    block head() { Flatten, fc1: Linear(512), ReLU, fc2: Linear(10) }

    block basic(width) {
        Residual {
            Conv2d(width, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU,
            Conv2d(width, kernel = 3, padding = 1, bias = false), BatchNorm2d,
        },
        ReLU,
    }

    block halving(width) {
        Residual(shortcut = { Conv2d(width, kernel = 1, stride = 2, bias = false), BatchNorm2d }) {
            Conv2d(width, kernel = 3, stride = 2, padding = 1, bias = false), BatchNorm2d, ReLU,
            Conv2d(width, kernel = 3, padding = 1, bias = false), BatchNorm2d,
        },
        ReLU,
    }

    /// A perceptron of three layers.
    pub Mlp: [784] -> [10] { fc1: Linear(512), ReLU, fc2: Linear(256), ReLU, fc3: Linear(10) }

    /// LeNet-5 with tanh and average pooling.
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten, fc1: Linear(120), Tanh, fc2: Linear(84), Tanh, fc3: Linear(10),
    }

    /// VGG-11 for 32x32 with batch normalization.
    pub Vgg11: [3, 32, 32] -> [10] {
        vgg(64), MaxPool2d(2), vgg(128), MaxPool2d(2), Repeat(2) { vgg(256) }, MaxPool2d(2), Repeat(2) { vgg(512) }, MaxPool2d(2),
        Repeat(2) { vgg(512) }, MaxPool2d(2),
        head(),
    }

    /// VGG-16 for 32x32 with batch normalization.
    pub Vgg16: [3, 32, 32] -> [10] {
        Repeat(2) { vgg(64) }, MaxPool2d(2), Repeat(2) { vgg(128) }, MaxPool2d(2), Repeat(3) { vgg(256) }, MaxPool2d(2),
        Repeat(3) { vgg(512) }, MaxPool2d(2), Repeat(3) { vgg(512) }, MaxPool2d(2),
        head(),
    }

    /// The encoder of a convolutional variational autoencoder.
    pub Encoder: [1, 28, 28] -> { mean: [20], logvar: [20] } {
        conv1: Conv2d(32, kernel = 3, stride = 2, padding = 1), ReLU,
        conv2: Conv2d(64, kernel = 3, stride = 2, padding = 1), ReLU, Flatten as hidden,
        mu: Linear(20), output mean,
        from hidden, lv: Linear(20), output logvar,
    }

    /// Its decoder, up to the logits of the pixels.
    pub Decoder: [20] -> [1, 28, 28] {
        fc: Linear(3136), ReLU, Reshape(64, 7, 7),
        up1: ConvTranspose2d(32, kernel = 4, stride = 2, padding = 1), ReLU,
        up2: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1),
    }

    /// PixelCNN, up to the logits of the pixels.
    pub PixelCnn: [1, 28, 28] -> [1, 28, 28] {
        first: MaskedConv2d(64, kernel = 7, mask = A), ReLU,
        Repeat(5) { MaskedConv2d(64, kernel = 3, mask = B), ReLU },
        mix: Conv2d(64, kernel = 1), ReLU,
        last: Conv2d(1, kernel = 1),
    }

    /// An LSTM that predicts the next character after each of 64.
    pub CharLstm: usize[64] -> [64, 65] { embedding: Embedding(65, 64), lstm: LSTM(256), fc: Linear(65) }

    block attending(heads, width, hidden) {
        Residual { norm1: LayerNorm, self_attn: MultiheadAttention(heads, causal = true) },
        Residual { norm2: LayerNorm, linear1: Linear(hidden), GELU, linear2: Linear(width) },
    }

    /// Causal attention that predicts the next character after each of 128.
    pub CharTransformer: usize[128] -> [128, 65] {
        embedding: Embedding(65, 128) as x, position: Parameter([128, 128], init = normal(1.0)), Add(x),
        Repeat(4) { attending(4, 128, 512) }, norm: LayerNorm, fc: Linear(65),
    }

    /// ResNet-18 for 32x32.
    pub ResNet18: [3, 32, 32] -> [10] {
        stem: Conv2d(64, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU,
        Repeat(2) { basic(64) },
        halving(128), basic(128), halving(256), basic(256), halving(512), basic(512),
        GlobalAvgPool2d, fc: Linear(10),
    }
}

/// Encoder and decoder.
#[derive(Clone, Debug, Model)]
pub struct Vae<E: Dtype = f32, D: Storage<E> = Cpu> {
    /// An image to mean and log variance of the latent vector.
    pub encoder: Encoder<E, D>,
    /// A latent vector to an image.
    pub decoder: Decoder<E, D>,
}

// The parameter counts of the other sides.
const _: () = assert!(Mlp::PARAMS == 535_818 && LeNet5::PARAMS == 61_706 && ResNet18::PARAMS == 11_173_962);
const _: () = assert!(Vgg11::PARAMS == 9_493_770 && Vgg16::PARAMS == 14_990_922 && PixelCnn::PARAMS == 192_065);
const _: () = assert!(Encoder::PARAMS + Decoder::PARAMS == 243_465 && CharLstm::PARAMS == 350_593);
