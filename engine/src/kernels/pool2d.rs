//! Maximum and mean of sliding windows, over planes `[height, width, images]`.

use pulp::{Simd, WithSimd};

use super::{
    Slide,
    simd::{arch, load, store},
};

/// The largest element of each window; NaN if there is one. A window of nothing but padding gives minus infinity.
pub fn max_forward(slide: &Slide, images: usize, x: &[f32], y: &mut [f32]) {
    arch().dispatch(MaxForward { slide, images, x, y });
}

/// Adds each gradient to the element that won its window, which is found anew: the first of the largest, but the last NaN where
/// there are any, as in PyTorch.
pub fn max_backward(slide: &Slide, images: usize, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    arch().dispatch(MaxBackward { slide, images, x, dy, dx });
}

/// Windows of at most so many taps, all of them inside the input, have their taps listed once.
const LISTED: usize = 64;

/// Where the taps of windows are.
struct Taps<'a> {
    slide: &'a Slide,
    list: [usize; LISTED],
    /// 0 where the list cannot be used.
    listed: usize,
}

impl<'a> Taps<'a> {
    fn new(slide: &'a Slide) -> Self {
        let Slide { window, input, output } = slide;
        let fits = |axis: usize| window.padding[axis] == 0 && (output[axis] - 1) * window.stride[axis] + window.span(axis) <= input[axis];
        let listed = if fits(0) && fits(1) && slide.taps() <= LISTED { slide.taps() } else { 0 };
        let mut list = [0; LISTED];
        for (tap, at) in list[..listed].iter_mut().enumerate() {
            let (y, x) = (tap / window.kernel[1], tap % window.kernel[1]);
            *at = y * window.dilation[0] * input[1] + x * window.dilation[1];
        }
        Self { slide, list, listed }
    }

    /// Visits the taps of a window that are no padding, row by row: where in the plane each begins, in images.
    #[inline(always)]
    fn visit(&self, row: usize, column: usize, mut visit: impl FnMut(usize)) {
        let Slide { window, input, .. } = self.slide;
        if self.listed > 0 {
            let base = row * window.stride[0] * input[1] + column * window.stride[1];
            self.list[..self.listed].iter().for_each(|tap| visit(base + tap));
            return;
        }
        for tap_y in 0..window.kernel[0] {
            let Some(line) = self.slide.tap(0, row, tap_y) else { continue };
            for tap_x in 0..window.kernel[1] {
                let Some(at) = self.slide.tap(1, column, tap_x) else { continue };
                visit(line * input[1] + at);
            }
        }
    }
}

struct MaxForward<'a> {
    slide: &'a Slide,
    images: usize,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for MaxForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let MaxForward { slide, images, x, y } = self;
        let taps = Taps::new(slide);
        let planes = x.chunks_exact(slide.input_len() * images).zip(y.chunks_exact_mut(slide.output_len() * images));
        for (x, y) in planes {
            for (at, y) in y.chunks_exact_mut(images).enumerate() {
                let (row, column) = (at / slide.output[1], at % slide.output[1]);
                for (group, y) in y.chunks_mut(S::F32_LANES).enumerate() {
                    let mut most = simd.splat_f32s(f32::NEG_INFINITY);
                    taps.visit(
                        row,
                        column,
                        #[inline(always)]
                        |tap| {
                            let x = load(simd, &x[tap * images + group * S::F32_LANES..][..y.len()]);
                            most = simd.select_f32s(leads(simd, x, most), x, most);
                        },
                    );
                    store(simd, most, y);
                }
            }
        }
    }
}

/// Where a later tap takes the lead: where it is larger, or NaN, which leads over all before it.
#[inline(always)]
fn leads<S: Simd>(simd: S, x: S::f32s, most: S::f32s) -> S::m32s {
    let number = simd.equal_f32s(x, x);
    simd.not_m32s(simd.and_m32s(number, simd.not_m32s(simd.greater_than_f32s(x, most))))
}

struct MaxBackward<'a> {
    slide: &'a Slide,
    images: usize,
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl WithSimd for MaxBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let MaxBackward { slide, images, x, dy, dx } = self;
        let taps = Taps::new(slide);
        let plane = slide.input_len() * images;
        let planes = x.chunks_exact(plane).zip(dx.chunks_exact_mut(plane));
        for ((x, dx), dy) in planes.zip(dy.chunks_exact(slide.output_len() * images)) {
            for (at, dy) in dy.chunks_exact(images).enumerate() {
                let (row, column) = (at / slide.output[1], at % slide.output[1]);
                for (group, dy) in dy.chunks(S::F32_LANES).enumerate() {
                    let part = |tap: usize| tap * images + group * S::F32_LANES;
                    let mut most = simd.splat_f32s(f32::NEG_INFINITY);
                    // Numbers of taps, as f32. Where all are minus infinity none takes the lead, and the first has it.
                    let (mut winner, mut number) = (simd.splat_f32s(0.0), 0.0);
                    taps.visit(
                        row,
                        column,
                        #[inline(always)]
                        |tap| {
                            let x = load(simd, &x[part(tap)..][..dy.len()]);
                            let leads = leads(simd, x, most);
                            most = simd.select_f32s(leads, x, most);
                            winner = simd.select_f32s(leads, simd.splat_f32s(number), winner);
                            number += 1.0;
                        },
                    );
                    let (dy, zero, len) = (load(simd, dy), simd.splat_f32s(0.0), dy.len());
                    number = 0.0;
                    taps.visit(
                        row,
                        column,
                        #[inline(always)]
                        |tap| {
                            let dx = &mut dx[part(tap)..][..len];
                            let won = simd.equal_f32s(winner, simd.splat_f32s(number));
                            store(simd, simd.add_f32s(load(simd, dx), simd.select_f32s(won, dy, zero)), dx);
                            number += 1.0;
                        },
                    );
                }
            }
        }
    }
}

/// A mean pool: its window and whether the padding counts.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    /// The window and the sizes.
    pub slide: Slide,
    /// Do the zeros of the padding count in the mean?
    pub count_padding: bool,
}

impl Mean {
    /// 1 / the number of elements that a window counts: what lies beyond the padding never counts.
    #[inline(always)]
    fn share(&self, row: usize, column: usize) -> f32 {
        let Slide { window, input, .. } = self.slide;
        let counted = |axis: usize, step: usize| {
            let start = step * window.stride[axis];
            let end = start + window.kernel[axis];
            let (padding, size) = (window.padding[axis], input[axis]);
            if self.count_padding { end.min(size + 2 * padding) - start } else { end.min(size + padding) - start.max(padding) }
        };
        1.0 / (counted(0, row) * counted(1, column)) as f32
    }

    /// Is each input element in exactly one window? Then its gradient is written, not added.
    fn is_partition(&self) -> bool {
        let Slide { window, input, output } = self.slide;
        let covers = |axis: usize| window.stride[axis] == window.kernel[axis] && output[axis] * window.stride[axis] == input[axis];
        window.padding == [0; 2] && covers(0) && covers(1)
    }
}

/// The mean of each window.
pub fn mean_forward(pool: &Mean, images: usize, x: &[f32], y: &mut [f32]) {
    arch().dispatch(MeanForward { pool, images, x, y });
}

/// Adds to each element its share of the gradients of the windows it is in, or overwrites where `add` is false.
pub fn mean_backward(pool: &Mean, images: usize, dy: &[f32], dx: &mut [f32], add: bool) {
    if !add && !pool.is_partition() {
        dx.fill(0.0);
    }
    arch().dispatch(MeanBackward { pool, images, dy, dx, add: add || !pool.is_partition() });
}

struct MeanForward<'a> {
    pool: &'a Mean,
    images: usize,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for MeanForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let MeanForward { pool, images, x, y } = self;
        let slide = &pool.slide;
        let taps = Taps::new(slide);
        let planes = x.chunks_exact(slide.input_len() * images).zip(y.chunks_exact_mut(slide.output_len() * images));
        for (x, y) in planes {
            for (at, y) in y.chunks_exact_mut(images).enumerate() {
                let (row, column) = (at / slide.output[1], at % slide.output[1]);
                let share = simd.splat_f32s(pool.share(row, column));
                for (group, y) in y.chunks_mut(S::F32_LANES).enumerate() {
                    let mut sum = simd.splat_f32s(0.0);
                    taps.visit(
                        row,
                        column,
                        #[inline(always)]
                        |tap| sum = simd.add_f32s(sum, load(simd, &x[tap * images + group * S::F32_LANES..][..y.len()])),
                    );
                    store(simd, simd.mul_f32s(sum, share), y);
                }
            }
        }
    }
}

struct MeanBackward<'a> {
    pool: &'a Mean,
    images: usize,
    dy: &'a [f32],
    dx: &'a mut [f32],
    add: bool,
}

impl WithSimd for MeanBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let MeanBackward { pool, images, dy, dx, add } = self;
        let slide = &pool.slide;
        let taps = Taps::new(slide);
        let planes = dx.chunks_exact_mut(slide.input_len() * images).zip(dy.chunks_exact(slide.output_len() * images));
        for (dx, dy) in planes {
            for (at, dy) in dy.chunks_exact(images).enumerate() {
                let (row, column) = (at / slide.output[1], at % slide.output[1]);
                let share = simd.splat_f32s(pool.share(row, column));
                for (group, dy) in dy.chunks(S::F32_LANES).enumerate() {
                    let (part, len) = (simd.mul_f32s(load(simd, dy), share), dy.len());
                    taps.visit(
                        row,
                        column,
                        #[inline(always)]
                        |tap| {
                            let dx = &mut dx[tap * images + group * S::F32_LANES..][..len];
                            let value = if add { simd.add_f32s(load(simd, dx), part) } else { part };
                            store(simd, value, dx);
                        },
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
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

    /// The taps of a window as `(row, column)` that may lie outside, in row order, by signed arithmetic.
    fn taps(slide: &Slide, row: usize, column: usize) -> Vec<(isize, isize)> {
        let w = &slide.window;
        let at =
            |axis: usize, step: usize, tap: usize| (step * w.stride[axis] + tap * w.dilation[axis]) as isize - w.padding[axis] as isize;
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
            for (planes, images, count_padding) in [(1, 1, true), (3, 17, false), (2, 3, true)] {
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
            for (planes, images) in [(1, 1), (3, 5), (2, 37)] {
                // Few different numbers, so that there are ties.
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
}
