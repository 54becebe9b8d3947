//! All passes against the definition.

use layercake_ir::{Shape, ops::ConvTranspose2d};

use super::*;
use crate::{
    kernels::{
        testing::{close, numbers},
        winograd::Begin,
    },
    layers::conv_transpose2d::ConvTranspose,
};

/// Input and output channels, height and width of the large maps, padding, images.
type Case = ([usize; 2], [usize; 2], [usize; 2], usize);

/// As many channels as lines and columns; maps that are not a multiple of a tile, that continue after the last window, that are narrower
/// than a kernel; chunks of one tile, and several chunks whose last one is not full; images that do not fill vectors; rows that are not a
/// multiple of a block.
const CASES: [Case; 8] = [
    ([16, 16], [16, 16], [1, 1], 16),
    ([32, 64], [14, 14], [1, 1], 16),
    ([17, 37], [8, 8], [1, 1], 8),
    ([19, 16], [9, 15], [0, 3], 9),
    ([16, 33], [13, 30], [2, 1], 16),
    ([35, 18], [31, 17], [1, 0], 17),
    ([16, 16], [10, 3], [1, 3], 150),
    ([70, 40], [7, 25], [3, 1], 11),
];

fn phased([inputs, outputs]: [usize; 2], large: [usize; 2], padding: [usize; 2]) -> Phased {
    let small = [0, 1].map(|axis| (large[axis] + 2 * padding[axis] - 4) / 2 + 1);
    Phased { inputs, outputs, large, small, padding }
}

/// Calls `term` with the positions of a weight, a large and a small element, for each product of the definition.
fn definition(of: &Phased, images: usize, mut term: impl FnMut(usize, usize, usize)) {
    let places = |axis: usize| {
        let all = (0..of.small[axis]).flat_map(|i| (0..4).map(move |tap| (i, tap)));
        all.filter_map(move |(i, tap)| Some((i, tap, (2 * i + tap).checked_sub(of.padding[axis]).filter(|&at| at < of.large[axis])?)))
    };
    for (o, c) in (0..of.outputs).flat_map(|o| (0..of.inputs).map(move |c| (o, c))) {
        for (i, tap, y) in places(0) {
            for (j, other, x) in places(1) {
                let weight = (o * of.inputs + c) * 16 + tap * 4 + other;
                let large = ((c * of.large[0] + y) * of.large[1] + x) * images;
                let small = ((o * of.small[0] + i) * of.small[1] + j) * images;
                (0..images).for_each(|image| term(weight, large + image, small + image));
            }
        }
    }
}

fn sum(wanted: &[f64], old: &[f32]) -> Vec<f32> {
    wanted.iter().zip(old).map(|(wanted, &old)| (wanted + f64::from(old)) as f32).collect()
}

#[test]
fn agrees_with_the_definition_in_all_passes() {
    // Miri runs one small case.
    let cases = if cfg!(miri) { &[([16, 17], [6, 3], [1, 2], 9)][..] } else { &CASES };
    for &(channels, large, padding, images) in cases {
        let of = phased(channels, large, padding);
        let [len_x, len_y] = [of.inputs * large[0] * large[1], of.outputs * of.small[0] * of.small[1]].map(|len| len * images);
        let (x, y, weight) = (numbers(len_x, 1), numbers(len_y, 2), numbers(16 * of.inputs * of.outputs, 3));
        let [mut to_x, mut to_y, mut to_weight] = [len_x, len_y, weight.len()].map(|len| vec![0f64; len]);
        definition(&of, images, |w, large, small| {
            let [weight, value, grad] = [weight[w], x[large], y[small]].map(f64::from);
            to_y[small] += weight * value;
            to_x[large] += weight * grad;
            to_weight[w] += value * grad;
        });
        // The previous content must not matter.
        let forward = || vec![f32::NAN; of.spare(images, false)];
        for biased in [false, true] {
            for (large, to, channels) in [(false, &to_y, of.outputs), (true, &to_x, of.inputs)] {
                let bias = numbers(channels, 4);
                let len = to.len() / channels;
                // With a bias or without, overwriting; or adding.
                let old = if biased { (0..to.len()).map(|at| bias[at / len]).collect() } else { numbers(to.len(), 5) };
                let begin = if biased { Begin::Bias(&bias) } else { Begin::Sum };
                let mut found = if biased { vec![f32::NAN; to.len()] } else { old.clone() };
                let pass = Pass { images, weight: &weight, begin, limits: None };
                if large {
                    of.scatter(pass, &y, &mut found, &mut forward());
                } else {
                    of.gather(pass, &x, &mut found, &mut forward());
                }
                close(&found, &sum(to, &old), 1e-5);
            }
        }
        for add in [false, true] {
            let old = if add { numbers(weight.len(), 6) } else { vec![0.0; weight.len()] };
            let mut found = if add { old.clone() } else { vec![f32::NAN; weight.len()] };
            of.weight_grads(images, [&x, &y], [None; 2], &mut found, add, &mut vec![f32::NAN; of.spare(images, true)]);
            close(&found, &sum(&to_weight, &old), 1e-5);
        }
    }
}

/// A transposed convolution of 64 maps, as in autoencoders, with changes.
fn taken(change: impl Fn(&mut ConvTranspose2d), size: usize, images: usize) -> bool {
    let mut op = ConvTranspose2d {
        in_channels: 64,
        out_channels: 32,
        kernel: [4; 2],
        stride: [2; 2],
        padding: [1; 2],
        output_padding: [0; 2],
        dilation: [1; 2],
        groups: 1,
        bias: true,
    };
    change(&mut op);
    let out = |axis: usize| {
        (size - 1) * op.stride[axis] + op.dilation[axis] * (op.kernel[axis] - 1) + 1 + op.output_padding[axis] - 2 * op.padding[axis]
    };
    let layer = ConvTranspose::new(&op, &Shape::new(&[64, size, size]), &Shape::new(&[op.out_channels, out(0), out(1)]));
    layer.is_phased(images)
}

#[test]
fn is_left_to_what_gains_by_it() {
    assert!(taken(|_| (), 7, 16) && taken(|_| (), 4, 8) && taken(|op| op.output_padding = [1; 2], 8, 16));
    assert!(!taken(|_| (), 5, 16), "half-empty tiles");
    assert!(!taken(|_| (), 7, 1), "few images");
    assert!(!taken(|op| op.out_channels = 1, 7, 16), "few channels");
    assert!(!taken(|op| op.groups = 2, 7, 16), "groups");
    assert!(!taken(|op| op.stride = [2, 1], 7, 16) && !taken(|op| op.dilation = [2; 2], 7, 16) && !taken(|op| op.kernel = [3, 4], 7, 16));
}
