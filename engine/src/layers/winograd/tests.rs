//! All passes against the definition.

use layercake_ir::{Shape, ops::Conv2d};

use super::*;
use crate::{
    kernels::{
        testing::{close, numbers},
        winograd::Begin,
    },
    layers::{Convolution, Held},
};

/// Input and output channels, height and width, padding, images.
type Case = ([usize; 2], [usize; 2], [usize; 2], usize);

/// Maps that are smaller than a tile and not a multiple of one, chunks of one tile, several chunks whose last one is not full, images that
/// do not fill vectors, rows that are not a multiple of a block.
const CASES: [Case; 8] = [
    ([16, 16], [4, 4], [1, 1], 16),
    ([17, 37], [2, 2], [1, 1], 8),
    ([19, 16], [5, 7], [1, 1], 9),
    ([16, 33], [9, 3], [2, 0], 16),
    ([20, 18], [13, 10], [1, 1], 17),
    ([16, 16], [12, 12], [0, 2], 150),
    ([50, 70], [6, 6], [1, 1], 11),
    ([64, 64], [8, 8], [1, 1], 32),
];

fn convolution([inputs, outputs]: [usize; 2], [height, width]: [usize; 2], padding: [usize; 2]) -> Convolution {
    let op = Conv2d {
        in_channels: inputs,
        out_channels: outputs,
        kernel: [3; 2],
        stride: [1; 2],
        padding,
        dilation: [1; 2],
        groups: 1,
        bias: true,
    };
    let output = [height + 2 * padding[0] - 2, width + 2 * padding[1] - 2];
    Convolution::new(&op, &Shape::new(&[inputs, height, width]), &Shape::new(&[outputs, output[0], output[1]]))
}

/// Calls `term` with the positions of a weight, an element of the input and one of the output, for each product of the definition.
fn products(conv: &Convolution, images: usize, mut term: impl FnMut(usize, usize, usize)) {
    let Slide { window, input, output } = conv.slide;
    for (o, i) in (0..conv.outputs).flat_map(|o| (0..conv.inputs).map(move |i| (o, i))) {
        for (tap, at) in (0..9).flat_map(|tap| (0..output[0] * output[1]).map(move |at| (tap, at))) {
            let [y, x] = [at / output[1] + tap / 3, at % output[1] + tap % 3];
            let (Some(y), Some(x)) = (y.checked_sub(window.padding[0]), x.checked_sub(window.padding[1])) else { continue };
            if y < input[0] && x < input[1] {
                let weight = (o * conv.inputs + i) * 9 + tap;
                let from = ((i * input[0] + y) * input[1] + x) * images;
                let to = (o * output[0] * output[1] + at) * images;
                (0..images).for_each(|image| term(weight, from + image, to + image));
            }
        }
    }
}

fn narrow(wide: &[f64]) -> Vec<f32> {
    wide.iter().map(|&x| x as f32).collect()
}

#[test]
fn agrees_with_the_definition_forward_and_backward() {
    let mut sizes = [false; 2];
    // Miri runs one small case.
    for (channels, size, padding, images) in CASES.into_iter().skip(usize::from(cfg!(miri))).take(if cfg!(miri) { 1 } else { 8 }) {
        let conv = convolution(channels, size, padding);
        let tiled = conv.tiled(images).expect("these are done in tiles");
        sizes[usize::from(tiled.four)] = true;
        let (len_x, len_y) = (conv.inputs * conv.slide.input_len() * images, conv.outputs * conv.slide.output_len() * images);
        let (x, dy, weight) = (numbers(len_x, 1), numbers(len_y, 2), numbers(conv.weights(), 3));
        let bias = numbers(conv.outputs, 4);
        let mut y: Vec<f64> = (0..len_y).map(|at| f64::from(bias[at / (len_y / conv.outputs)])).collect();
        let (mut dx, mut dw) = (vec![0f64; len_x], vec![0f64; weight.len()]);
        products(&conv, images, |w, from, to| {
            let [weight, value, grad] = [weight[w], x[from], dy[to]].map(f64::from);
            y[to] += weight * value;
            dx[from] += weight * grad;
            dw[w] += value * grad;
        });
        // The previous content must not matter.
        let mut spare = vec![f32::NAN; tiled.spare(images, false).max(tiled.spare(images, true)).max(tiled.grad_spare(images))];
        let mut found = vec![f32::NAN; len_y];
        tiled.convolve(Pass { images, weight: &weight, back: false, begin: Begin::Bias(&bias), limits: None }, &x, &mut found, &mut spare);
        close(&found, &narrow(&y), 1e-5);
        spare.fill(f32::NAN);
        for add in [false, true] {
            let (old, begin) = if add { (numbers(len_x, 5), Begin::Sum) } else { (vec![0.0; len_x], Begin::Zero) };
            let mut found = old.clone();
            tiled.convolve(Pass { images, weight: &weight, back: true, begin, limits: None }, &dy, &mut found, &mut spare);
            let wanted: Vec<f32> = dx.iter().zip(&old).map(|(dx, &old)| (dx + f64::from(old)) as f32).collect();
            close(&found, &wanted, 1e-5);
        }
        spare.fill(f32::NAN);
        for add in [false, true] {
            let old = if add { numbers(weight.len(), 6) } else { vec![0.0; weight.len()] };
            let wanted: Vec<f32> = dw.iter().zip(&old).map(|(dw, &old)| (dw + f64::from(old)) as f32).collect();
            let mut found = old.clone();
            let held = Held { images, x: &x, dy: &dy, scratch: &[], kept: &[] };
            tiled.alone(held, &mut found, add, &mut spare);
            close(&found, &wanted, 1e-5);
            let Some(kept) = tiled.kept(images) else { continue };
            let mut kept = vec![f32::NAN; kept];
            tiled.prepare(held, &mut kept, &mut spare);
            let mut found = old;
            for first in (0..conv.outputs).step_by(21) {
                let to = &mut found[first * conv.depth()..][..21.min(conv.outputs - first) * conv.depth()];
                tiled.rows(Held { scratch: &kept, ..held }, first, to, add);
            }
            close(&found, &wanted, 1e-5);
        }
    }
    assert!(cfg!(miri) || sizes == [true; 2], "both sizes of tiles are tried");
}

#[test]
fn is_left_to_what_gains_by_it() {
    assert!(convolution([64, 64], [8, 8], [1; 2]).tiled(16).is_some_and(|tiled| tiled.four));
    assert!(convolution([512, 512], [4, 4], [1; 2]).tiled(16).is_some_and(|tiled| !tiled.four));
    assert!(convolution([3, 64], [32, 32], [1; 2]).tiled(16).is_none(), "few channels");
    assert!(convolution([64, 64], [8, 8], [1; 2]).tiled(1).is_none(), "few images");
}
