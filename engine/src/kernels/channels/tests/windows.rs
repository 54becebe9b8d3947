use layercake_ir::ops::{Tanh, Window};

use super::{finish, on_threads, tails};
use crate::kernels::{
    Slide,
    channels::window,
    pool2d::Mean,
    testing::{close, numbers},
};

fn slides() -> Vec<Slide> {
    let sizes = [
        [[3, 3], [1, 1], [1, 1], [1, 1], [7, 11]],
        [[3, 3], [2, 2], [1, 1], [1, 1], [9, 20]],
        [[5, 5], [1, 1], [2, 2], [1, 1], [6, 7]],
        [[2, 3], [1, 2], [0, 1], [1, 2], [5, 9]],
        [[1, 1], [1, 1], [0, 0], [1, 1], [3, 15]],
        [[7, 7], [7, 7], [0, 0], [1, 1], [7, 7]],
    ];
    sizes
        .map(|[kernel, stride, padding, dilation, input]: [[usize; 2]; 5]| {
            let window = Window { kernel, stride, padding, dilation, ceil: false };
            let output = [0, 1].map(|i| (input[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i] + 1);
            Slide { window, input, output }
        })
        .to_vec()
}

/// The taps of each window that are on the map: the result's position, and for each tap its number and position.
fn taps(slide: &Slide) -> Vec<Vec<(usize, usize)>> {
    let place = |at: usize| (at / slide.output[1], at % slide.output[1]);
    let tap = |row: usize, column: usize, tap: usize| {
        let (y, x) = (tap / slide.window.kernel[1], tap % slide.window.kernel[1]);
        Some((tap, slide.tap(0, row, y)? * slide.input[1] + slide.tap(1, column, x)?))
    };
    (0..slide.output_len()).map(|at| (0..slide.taps()).filter_map(|t| tap(place(at).0, place(at).1, t)).collect()).collect()
}

/// For each image, window and channel.
fn reference(slide: &Slide, channels: usize, images: usize, of: impl Fn(&[(usize, usize)], usize, usize) -> f32) -> Vec<f32> {
    let taps = taps(slide);
    let of = &of;
    let windows = (0..images).flat_map(|image| taps.iter().map(move |taps| (image, taps)));
    windows.flat_map(|(image, taps)| (0..channels).map(move |channel| of(taps, image, channel))).collect()
}

#[test]
fn windows_agree_with_their_definition() {
    for slide in slides() {
        for (channels, images) in [(1, 2), (16, 1), (19, 2), (130, 1)].into_iter().take(if cfg!(miri) { 1 } else { 4 }) {
            let x = numbers(images * slide.input_len() * channels, 1);
            let at = |image: usize, position: usize, channel: usize| x[(image * slide.input_len() + position) * channels + channel];
            let (weight, bias) = (numbers(slide.taps() * channels, 2), numbers(channels, 3));
            let len = images * slide.output_len() * channels;
            let residual = numbers(len, 4);
            for tail in tails(&residual, &Tanh {}) {
                let mut wanted = reference(&slide, channels, images, |taps, image, channel| {
                    let term = |&(tap, position): &(usize, usize)| {
                        f64::from(at(image, position, channel)) * f64::from(weight[tap * channels + channel])
                    };
                    (f64::from(bias[channel]) + taps.iter().map(term).sum::<f64>()) as f32
                });
                finish(tail, &mut wanted);
                let found = on_threads(|| {
                    let mut y = vec![9.0; len];
                    window::depthwise(&slide, channels, [&weight, &bias], tail, &x, &mut y);
                    y
                });
                close(&found, &wanted, 1e-5);
            }
            let most = reference(&slide, channels, images, |taps, image, channel| {
                taps.iter().map(|&(_, position)| at(image, position, channel)).fold(f32::NEG_INFINITY, f32::max)
            });
            let found = on_threads(|| {
                let mut y = vec![9.0; len];
                window::max(&slide, channels, &x, &mut y);
                y
            });
            assert_eq!(found, most);
            // Mean pools have no dilation.
            for count_padding in [false, true].into_iter().filter(|_| slide.window.dilation == [1; 2]) {
                let pool = Mean { slide, count_padding };
                let mean = reference(&slide, channels, images, |taps, image, channel| {
                    let sum: f64 = taps.iter().map(|&(_, position)| f64::from(at(image, position, channel))).sum();
                    (sum / if count_padding { slide.taps() } else { taps.len() } as f64) as f32
                });
                let found = on_threads(|| {
                    let mut y = vec![9.0; len];
                    window::mean(&pool, channels, &x, &mut y);
                    y
                });
                close(&found, &mean, 1e-5);
            }
        }
    }
}

#[test]
fn a_maximum_of_nan_is_nan() {
    let slide = slides()[0];
    let mut x = numbers(slide.input_len() * 3, 1);
    x[3 * 20 + 1] = f32::NAN;
    let mut y = vec![0.0; slide.output_len() * 3];
    window::max(&slide, 3, &x, &mut y);
    let sees = |at: usize| taps(&slide)[at / 3].iter().any(|&(_, position)| position == 20) && at % 3 == 1;
    assert!(y.iter().enumerate().all(|(at, y)| y.is_nan() == sees(at)));
}
