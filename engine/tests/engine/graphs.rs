//! Whole graphs: the engine against the interpreter in every mode, with outputs and all gradients.

use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{Add, Mask, MaskedConv2d, Relu, Sigmoid, Stack, Tanh},
};

use crate::networks::*;

#[test]
fn linear_with_and_without_length() {
    for batch in [1, 2, 17, 70] {
        check(&chain(&[5], &[linear(7)]), batch);
        check(&chain(&[3, 5], &[linear(5), Op::Tanh(Tanh {}), linear(1)]), batch);
    }
    check(&chain(&[40], &[Op::Linear(layercake_ir::ops::Linear { in_features: 40, out_features: 33, bias: false })]), 9);
}

#[test]
fn convolutions_of_every_kind() {
    let one = [1, 1];
    let shapes: [&[usize]; 4] = [&[3, 3, 3], &[4, 9, 6], &[6, 12, 17], &[1, 20, 20]];
    let options = [
        ([one, one, [0, 0], one], 1, true),
        ([[3, 3], one, one, one], 1, false),
        ([[3, 2], [2, 3], [1, 0], one], 1, true),
        ([[3, 3], one, [3, 4], one], 1, true),
        ([[2, 3], one, [1, 2], [2, 1]], 1, true),
        ([[2, 2], [2, 2], [0, 1], [2, 2]], 1, false),
        ([one, [2, 2], [0, 0], one], 1, true),
        ([one, one, [2, 1], one], 1, true),
        // Windows that skip elements and padding, or lie within the padding; widely spaced taps; one tap per segment of the frame.
        ([[2, 3], [7, 9], [5, 8], one], 1, true),
        ([[2, 2], [40, 50], [60, 70], one], 1, true),
        ([[2, 2], one, [30, 33], [55, 60]], 1, true),
        ([[3, 2], [2, 3], [20, 30], [17, 49]], 1, false),
    ];
    for shape in shapes {
        for (sizes, groups, bias) in options {
            check(&chain(shape, &[conv_with(5, sizes, groups, bias), Op::Tanh(Tanh {})]), 3);
        }
        let channels = shape[0];
        // Depthwise, with two outputs per channel; and grouped, where the channels are divisible.
        check(&chain(shape, &[conv_with(2 * channels, [[3, 3], one, one, one], channels, true)]), 2);
        if channels % 2 == 0 {
            check(&chain(shape, &[conv_with(6, [[3, 3], [2, 1], one, one], 2, true), Op::Relu(Relu {})]), 5);
            check(&chain(shape, &[conv_with(4, [one, one, [0, 0], one], 2, true)]), 5);
        }
    }
}

#[test]
fn stacked_convolutions() {
    check(&chain(&[2, 8, 8], &[conv(4, 3, 1), Op::Relu(Relu {}), conv(3, 5, 0), Op::Sigmoid(Sigmoid {}), conv(6, 1, 0)]), 1);
    check(&chain(&[3, 11, 7], &[conv(20, 3, 1), leaky(0.1), conv(9, 3, 1), leaky(-0.5), conv(2, 3, 0)]), 35);
}

/// With at least 16 channels and lanes of at least 8 images, convolutions are computed in tiles. Maps with 4x4 tiles and with 2x2 tiles, a
/// gradient that is added to another, a weight whose gradient is computed by all threads together, a shared weight, a masked weight, and a
/// lane too small for tiles.
#[test]
fn convolutions_in_tiles() {
    let masked = |mask| {
        Op::MaskedConv2d(MaskedConv2d {
            in_channels: INFER,
            out_channels: 17,
            kernel: [3; 2],
            mask,
            stack: Stack::Full,
            colors: 1,
            dilation: [1; 2],
            bias: true,
        })
    };
    // Without a bias: its gradient before a normalization is a sum that cancels.
    let plain = |outputs| conv_with(outputs, [[3, 3], [1, 1], [1, 1], [1, 1]], 1, false);
    check(&chain(&[16, 9, 6], &[plain(18), norm2d(true), Op::Relu(Relu {}), conv(16, 3, 0), Op::Tanh(Tanh {}), conv(3, 1, 0)]), 19);
    check(&chain(&[17, 4, 3], &[masked(Mask::B), Op::Relu(Relu {}), masked(Mask::A), Op::Tanh(Tanh {}), conv(16, 3, 2)]), 34);
    check(&chain(&[160, 2, 5], &[conv(150, 3, 1), Op::Tanh(Tanh {}), conv(2, 1, 0)]), 33);
    let mut builder = Builder::new("Joined");
    let x = builder.input("input", Shape::new(&[16, 6, 5])).unwrap();
    let y = builder.add("conv", conv(16, 3, 1), &[x]).unwrap();
    let z = builder.add("joined", Op::Add(Add {}), &[x, y]).unwrap();
    let z = builder.add_shared("again", conv(16, 3, 1), &[z], y).unwrap();
    check(&builder.finish(&[("output", z), ("before", y)]), 25);
}

#[test]
fn pools() {
    for shape in [[3, 3, 3], [2, 8, 8], [1, 7, 10]] {
        for (kernel, stride, padding) in [([2, 2], [2, 2], [0, 0]), ([3, 3], [2, 2], [1, 1]), ([2, 3], [1, 2], [1, 0])] {
            for ceil in [false, true] {
                check(&chain(&shape, &[max_pool(kernel, stride, padding, [1, 1], ceil), conv(2, 1, 0)]), 3);
                check(&chain(&shape, &[conv(3, 3, 1), avg_pool(kernel, stride, padding, ceil, true)]), 3);
                check(&chain(&shape, &[avg_pool(kernel, stride, padding, ceil, false)]), 3);
            }
        }
    }
    check(&chain(&[2, 8, 9], &[max_pool([2, 2], [1, 1], [1, 1], [3, 2], false)]), 4);
}

#[test]
fn softmaxes_along_every_axis() {
    for axis in 0..3 {
        check(&chain(&[3, 4, 5], &[softmax(axis)]), 3);
        check(&chain(&[3, 4, 5], &[conv(3, 1, 0), log_softmax(axis), Op::Tanh(Tanh {})]), 3);
    }
    check(&chain(&[6], &[linear(10), log_softmax(0)]), 40);
    check(&chain(&[4, 6], &[softmax(0), softmax(1)]), 3);
}

#[test]
fn dropouts() {
    check(&chain(&[4, 5, 5], &[dropout(0.3), conv(3, 3, 1), Op::Relu(Relu {}), dropout(0.5), FLATTEN, dropout(0.0), linear(4)]), 37);
    check(&chain(&[10], &[linear(8), Op::Tanh(Tanh {}), dropout(0.4), Op::Tanh(Tanh {}), linear(2)]), 50);
}

#[test]
fn batch_norms() {
    // Without a bias, whose gradient would be a sum that cancels.
    let plain = conv_with(3, [[3, 3], [1, 1], [1, 1], [1, 1]], 1, false);
    for affine in [true, false] {
        for batch in [4, 37, 70] {
            check(&chain(&[5], &[linear(6), Op::Tanh(Tanh {}), norm1d(affine), Op::Relu(Relu {}), linear(2)]), batch);
            check(&chain(&[5, 3], &[norm1d(affine), linear(4)]), batch);
            check(&chain(&[3, 4, 4], &[plain, Op::Tanh(Tanh {}), norm2d(affine), Op::Relu(Relu {}), conv(2, 3, 1)]), batch);
        }
        check(&chain(&[3, 4, 4], &[norm2d(affine)]), 1);
    }
}

#[test]
fn activations_by_themselves() {
    for op in [Op::Relu(Relu {}), Op::Tanh(Tanh {}), Op::Sigmoid(Sigmoid {}), leaky(0.2), leaky(0.0), leaky(-1.5)] {
        check(&chain(&[7], &[op]), 3);
        check(&chain(&[3, 3, 3], &[op, op, conv(2, 3, 1), max_pool([2, 2], [1, 1], [0, 0], [1, 1], false), op]), 3);
    }
}

#[test]
fn nothing_but_shapes() {
    check(&chain(&[2, 3, 4], &[FLATTEN]), 5);
    check(&chain(&[2, 3], &[FLATTEN, dropout(0.0), FLATTEN]), 5);
    let mut builder = Builder::new("Identity");
    let x = builder.input("input", Shape::new(&[2, 2, 2])).unwrap();
    check(&builder.finish(&[("output", x)]), 3);
}

#[test]
fn lenet_agrees() {
    check(&lenet(), 3);
    check(&lenet(), 33);
}

/// Values used twice, two inputs, several outputs of which one is used further, a value listed twice as an output, and an input and a
/// branch that no output depends on.
fn tangle() -> Graph {
    let mut builder = Builder::new("Tangle");
    let image = builder.input("image", Shape::new(&[2, 6, 6])).unwrap();
    let row = builder.input("row", Shape::new(&[4])).unwrap();
    let unused = builder.input("unused", Shape::new(&[3])).unwrap();
    let a = builder.add("a", conv(4, 3, 1), &[image]).unwrap();
    let b = builder.add("b", Op::Tanh(Tanh {}), &[a]).unwrap();
    let c = builder.add("c", Op::Relu(Relu {}), &[a]).unwrap();
    let d = builder.add("d", conv(3, 3, 0), &[b]).unwrap();
    let e = builder.add("e", max_pool([2, 2], [2, 2], [0, 0], [1, 1], false), &[c]).unwrap();
    let f = builder.add("f", FLATTEN, &[e]).unwrap();
    let g = builder.add("g", linear(5), &[f]).unwrap();
    let h = builder.add("h", softmax(0), &[f]).unwrap();
    let i = builder.add("i", FLATTEN, &[f]).unwrap();
    let j = builder.add("j", linear(4), &[i]).unwrap();
    let k = builder.add("k", linear(4), &[row]).unwrap();
    let l = builder.add("l", Op::Sigmoid(Sigmoid {}), &[k]).unwrap();
    let m = builder.add("m", Op::Relu(Relu {}), &[row]).unwrap();
    let n = builder.add("n", dropout(0.5), &[row]).unwrap();
    let o = builder.add("o", avg_pool([2, 2], [1, 1], [0, 0], false, true), &[image]).unwrap();
    let _dead = builder.add("dead", linear(2), &[l]).unwrap();
    let _dead = builder.add("dead2", norm1d(true), &[unused]).unwrap();
    builder.finish(&[
        ("d", d),
        ("g", g),
        ("h", h),
        ("j", j),
        ("k", k),
        ("l", l),
        ("again", l),
        ("m", m),
        ("n", n),
        ("o", o),
        ("b", b),
        ("i", i),
        ("row", row),
    ])
}

#[test]
fn a_tangle_of_uses() {
    check(&tangle(), 2);
    check(&tangle(), 67);
}
