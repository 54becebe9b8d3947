//! Pooling against a slow, simple reference, with awkward sizes.

use layercake_ir::ops::Window;

use super::*;
use crate::kernels::testing::{close, numbers};

fn slides() -> Vec<Slide> {
    let windows = [
        ([2, 2], [2, 2], [0, 0], [1, 1], false),
        ([2, 2], [2, 2], [0, 0], [1, 1], true),
        ([3, 3], [2, 2], [1, 1], [1, 1], true),
        ([3, 2], [1, 3], [1, 1], [2, 1], false),
        ([5, 4], [2, 2], [2, 2], [1, 1], true),
        ([1, 1], [3, 2], [0, 0], [1, 1], true),
    ];
    let inputs = [[2, 2], [4, 4], [7, 5], [6, 40], [9, 9], [12, 34]];
    let mut list = Vec::new();
    for (kernel, stride, padding, dilation, ceil) in windows {
        for input in inputs {
            let window = Window { kernel, stride, padding, dilation, ceil };
            if (0..2).all(|axis| window.span(axis) <= input[axis] + 2 * padding[axis]) {
                list.push(Slide { window, input, output: [window.steps(0, input[0]), window.steps(1, input[1])] });
            }
        }
    }
    list
}

/// The taps of a window as `(row, column)`, which may be outside the input, in row order, in signed arithmetic.
fn taps(slide: &Slide, row: usize, column: usize) -> Vec<(isize, isize)> {
    let w = &slide.window;
    let at = |axis: usize, step: usize, tap: usize| (step * w.stride[axis] + tap * w.dilation[axis]) as isize - w.padding[axis] as isize;
    (0..w.kernel[0]).flat_map(|y| (0..w.kernel[1]).map(move |x| (at(0, row, y), at(1, column, x)))).collect()
}

/// The element of the output at `at`: its plane, row, column and image.
fn place(slide: &Slide, images: usize, at: usize) -> (usize, usize, usize, usize) {
    let (image, at) = (at % images, at / images);
    (at / slide.output_len(), at / slide.output[1] % slide.output[0], at % slide.output[1], image)
}

fn within(slide: &Slide, (y, x): (isize, isize), margin: [usize; 2]) -> bool {
    let [vertical, horizontal] = margin.map(|margin| margin as isize);
    let [height, width] = slide.input.map(|size| size as isize);
    (-vertical..height + vertical).contains(&y) && (-horizontal..width + horizontal).contains(&x)
}

#[test]
fn mean_agrees_with_its_definition() {
    for slide in slides() {
        for (planes, images, count_padding) in [(2, 1, true), (3, 17, false), (2, 3, true)] {
            let slide = Slide { window: Window { dilation: [1, 1], ..slide.window }, ..slide };
            let slide = Slide { output: [slide.window.steps(0, slide.input[0]), slide.window.steps(1, slide.input[1])], ..slide };
            let pool = Mean { slide, count_padding };
            let x = numbers(planes * slide.input_len() * images, 1);
            let dy = numbers(planes * slide.output_len() * images, 2);
            let (mut y, mut dx) = (vec![0.0; dy.len()], numbers(x.len(), 3));
            mean_forward(&pool, images, &x, &mut y);
            mean_backward(&pool, images, &dy, &mut dx, false);
            let (mut slow_y, mut slow_dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
            for (at, slow_y) in slow_y.iter_mut().enumerate() {
                let (plane, row, column, image) = place(&slide, images, at);
                let margin = if count_padding { slide.window.padding } else { [0, 0] };
                let taps = taps(&slide, row, column);
                let count = taps.iter().filter(|&&tap| within(&slide, tap, margin)).count() as f32;
                for &tap in taps.iter().filter(|&&tap| within(&slide, tap, [0, 0])) {
                    let from = (plane * slide.input_len() + tap.0 as usize * slide.input[1] + tap.1 as usize) * images + image;
                    *slow_y += x[from] / count;
                    slow_dx[from] += dy[at] / count;
                }
            }
            close(&y, &slow_y, 1e-6);
            close(&dx, &slow_dx, 1e-6);
            let twice: Vec<f32> = slow_dx.iter().map(|x| x * 2.0).collect();
            mean_backward(&pool, images, &dy, &mut dx, true);
            close(&dx, &twice, 1e-6);
        }
    }
}

#[test]
fn max_agrees_with_its_definition() {
    for slide in slides() {
        for (planes, images) in [(2, 1), (3, 5), (2, 37)] {
            // Only a few different numbers, so that there are ties.
            let x: Vec<f32> = numbers(planes * slide.input_len() * images, 1).iter().map(|x| x.round()).collect();
            let dy = numbers(planes * slide.output_len() * images, 2);
            let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
            max_forward(&slide, images, &x, &mut y);
            max_backward(&slide, images, &x, &dy, &mut dx);
            let (mut slow_y, mut slow_dx) = (vec![f32::NEG_INFINITY; dy.len()], vec![0.0; x.len()]);
            for (at, slow_y) in slow_y.iter_mut().enumerate() {
                let (plane, row, column, image) = place(&slide, images, at);
                let mut from = None;
                for tap in taps(&slide, row, column).into_iter().filter(|&tap| within(&slide, tap, [0, 0])) {
                    let index = (plane * slide.input_len() + tap.0 as usize * slide.input[1] + tap.1 as usize) * images + image;
                    if x[index] > *slow_y {
                        *slow_y = x[index];
                        from = Some(index);
                    }
                }
                if let Some(from) = from {
                    slow_dx[from] += dy[at];
                }
            }
            assert_eq!(y, slow_y, "{slide:?}");
            close(&dx, &slow_dx, 1e-6);
        }
    }
}

#[test]
fn max_takes_nan() {
    let window = Window { kernel: [1, 3], stride: [1, 3], padding: [0, 0], dilation: [1, 1], ceil: false };
    let slide = Slide { window, input: [1, 9], output: [1, 3] };
    let x = [1.0, f32::NAN, 2.0, f32::NAN, f32::NAN, 0.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    let (mut y, mut dx) = ([0.0; 3], [0.0; 9]);
    max_forward(&slide, 1, &x, &mut y);
    max_backward(&slide, 1, &x, &[1.0, 2.0, 3.0], &mut dx);
    assert!(y[0].is_nan() && y[1].is_nan() && y[2] == f32::NEG_INFINITY);
    assert_eq!(dx, [0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0]);
}
