//! Windows that select one element, one plane and one image at a time: fractional maximum pooling, and unpooling.
//!
//! Planes are `[height, width, images]`. The selected element is computed again wherever it is needed.

use super::Slide;
use crate::rng;

/// The largest of some elements of an image: the first of equal ones, or the last NaN if there are any, as in PyTorch.
#[derive(Clone, Copy)]
struct Pick {
    /// Its index; the first element if none is larger than minus infinity.
    at: usize,
    most: f32,
    empty: bool,
}

impl Pick {
    const NONE: Self = Self { at: 0, most: f32::NEG_INFINITY, empty: true };

    fn see(&mut self, at: usize, x: f32) {
        if self.empty || x > self.most || x.is_nan() {
            *self = Self { at, most: x, empty: false };
        }
    }
}

/// The element of a plane that a window selects in one image.
fn picked(slide: &Slide, images: usize, x: &[f32], window: usize, image: usize) -> usize {
    let (row, column) = (window / slide.output[1], window % slide.output[1]);
    let mut pick = Pick::NONE;
    for tap_y in slide.taps_inside(0, row) {
        let Some(line) = slide.tap(0, row, tap_y) else { continue };
        for tap_x in slide.taps_inside(1, column) {
            let Some(place) = slide.tap(1, column, tap_x) else { continue };
            let at = line * slide.input[1] + place;
            pick.see(at, x[at * images + image]);
        }
    }
    pick.at
}

/// Writes each element of `values` to the position of the largest element of its window of `x`, and zeros elsewhere. If several go to one position,
/// the last one is kept.
pub fn unpool_forward(slide: &Slide, images: usize, values: &[f32], x: &[f32], y: &mut [f32]) {
    y.fill(0.0);
    let (small, large) = (slide.output_len() * images, slide.input_len() * images);
    for ((values, x), y) in values.chunks_exact(small).zip(x.chunks_exact(large)).zip(y.chunks_exact_mut(large)) {
        for (i, value) in values.iter().enumerate() {
            let (window, image) = (i / images, i % images);
            y[picked(slide, images, x, window, image) * images + image] = *value;
        }
    }
}

/// The gradient of the values; overwrites or is added. It is the gradient at the position to which each was written, and zero for a value that
/// another one replaced. `taken` has the size of a plane of `x`.
pub fn unpool_backward(slide: &Slide, images: usize, x: &[f32], dy: &[f32], dx: &mut [f32], add: bool, taken: &mut [f32]) {
    let (small, large) = (slide.output_len() * images, slide.input_len() * images);
    let taken = &mut taken[..large];
    for ((dx, x), dy) in dx.chunks_exact_mut(small).zip(x.chunks_exact(large)).zip(dy.chunks_exact(large)) {
        taken.fill(0.0);
        // From the last window on: the first to reach a position here has it.
        for (i, dx) in dx.iter_mut().enumerate().rev() {
            let (window, image) = (i / images, i % images);
            let at = picked(slide, images, x, window, image) * images + image;
            let grad = if taken[at] == 0.0 { dy[at] } else { 0.0 };
            taken[at] = 1.0;
            *dx = if add { *dx + grad } else { grad };
        }
    }
}

/// Maximum pooling with windows at varying distances.
#[derive(Clone, Copy, Debug)]
pub struct Fractional {
    /// The rule for the beginnings of windows.
    pub op: layercake_ir::ops::FractionalMaxPool2d,
    /// The number of planes of an image.
    pub channels: usize,
    /// Height and width of the input.
    pub input: [usize; 2],
}

/// The images of a lane, and how their windows are drawn: the middle, or from a seed and a node.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// The index in the batch of the first image.
    pub start: usize,
    /// The number of images.
    pub images: usize,
    /// The seed and the node, in training.
    pub seeds: Option<(u64, usize)>,
}

impl Fractional {
    /// Calls `each` with every element of the output and the element of the input that it is, as indices.
    fn each(&self, draw: Draw, x: &[f32], mut each: impl FnMut(usize, usize)) {
        let ([height, width], [rows, columns], images) = (self.input, self.op.output_size, draw.images);
        for (channel, x) in x.chunks_exact(height * width * images).enumerate() {
            for image in 0..images {
                let plane = (draw.start + image) * self.channels + channel;
                let shift = |axis: usize| draw.seeds.map_or(0.5, |(seed, node)| rng::unit(seed, node, (2 * plane + axis) as u64));
                let shifts = [shift(0), shift(1)];
                for window in 0..rows * columns {
                    let top = self.op.start(0, height, shifts[0], window / columns);
                    let left = self.op.start(1, width, shifts[1], window % columns);
                    let mut pick = Pick::NONE;
                    for tap in 0..self.op.kernel[0] * self.op.kernel[1] {
                        let at = (top + tap / self.op.kernel[1]) * width + left + tap % self.op.kernel[1];
                        pick.see(at, x[at * images + image]);
                    }
                    let place = |at: usize, len: usize| (channel * len + at) * images + image;
                    each(place(window, rows * columns), place(pick.at, height * width));
                }
            }
        }
    }
}

/// The largest element of each window.
pub fn fractional_forward(of: &Fractional, draw: Draw, x: &[f32], y: &mut [f32]) {
    of.each(draw, x, |to, from| y[to] = x[from]);
}

/// Adds each gradient to the element that its window selected.
pub fn fractional_backward(of: &Fractional, draw: Draw, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    of.each(draw, x, |from, to| dx[to] += dy[from]);
}

#[cfg(test)]
mod tests {
    use layercake_ir::ops::{FractionalMaxPool2d, Window};

    use super::*;
    use crate::kernels::{pool2d, testing::numbers};

    /// Unpooling puts back the elements that pooling selected.
    #[test]
    fn unpooling_reverses_pooling() {
        for (kernel, stride, padding, input, output, images) in [
            ([2, 2], [2, 2], [0, 0], [6, 4], [3, 2], 5),
            ([3, 2], [2, 1], [1, 1], [5, 4], [3, 5], 3),
            ([2, 3], [1, 2], [0, 1], [4, 4], [3, 2], 17),
        ] {
            let window = Window { kernel, stride, padding, dilation: [1, 1], ceil: false };
            let slide = Slide { window, input, output };
            let (planes, large, small) = (2, slide.input_len() * images, slide.output_len() * images);
            let x = numbers(planes * large, 1);
            let (mut pooled, mut y) = (vec![0.0; planes * small], vec![7.0; planes * large]);
            pool2d::max_forward(&slide, images, &x, &mut pooled);
            unpool_forward(&slide, images, &pooled, &x, &mut y);
            assert!(x.iter().zip(&y).all(|(x, y)| y == x || *y == 0.0));
            assert!(y.iter().any(|&y| y != 0.0));
            // Every filled position was selected; its gradient is propagated to one value only.
            let dy = numbers(planes * large, 2);
            let (mut dx, mut taken) = (vec![1.0; planes * small], vec![0.0; large]);
            unpool_backward(&slide, images, &x, &dy, &mut dx, true, &mut taken);
            let filled: f64 = y.iter().zip(&dy).filter(|(y, _)| **y != 0.0).map(|(_, dy)| f64::from(*dy)).sum();
            let found: f64 = dx.iter().map(|&dx| f64::from(dx) - 1.0).sum();
            assert!((filled - found).abs() < 1e-3, "{found} instead of {filled}");
        }
    }

    /// With adjacent windows, the result is that of ordinary pooling.
    #[test]
    fn whole_steps_are_a_maximum_pool() {
        let (input, images) = ([6, 8], 3);
        let of = Fractional { op: FractionalMaxPool2d { kernel: [2, 2], output_size: [3, 4] }, channels: 2, input };
        let window = Window { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceil: false };
        let slide = Slide { window, input, output: [3, 4] };
        let mut x = numbers(2 * 48 * images, 1);
        x[17] = f32::NAN;
        let dy = numbers(2 * 12 * images, 2);
        for seeds in [None, Some((3, 1))] {
            let draw = Draw { start: 5, images, seeds };
            let (mut y, mut wanted) = (vec![0.0; dy.len()], vec![0.0; dy.len()]);
            fractional_forward(&of, draw, &x, &mut y);
            pool2d::max_forward(&slide, images, &x, &mut wanted);
            assert!(y.iter().zip(&wanted).all(|(a, b)| a == b || a.is_nan() && b.is_nan()));
            let (mut dx, mut wanted) = (vec![1.0; x.len()], vec![1.0; x.len()]);
            fractional_backward(&of, draw, &x, &dy, &mut dx);
            pool2d::max_backward(&slide, images, &x, &dy, &mut wanted);
            assert_eq!(dx, wanted);
        }
    }
}
