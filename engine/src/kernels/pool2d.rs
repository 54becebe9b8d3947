//! Maximum and mean of sliding windows, over planes `[height, width, images]`.

use pulp::{Simd, WithSimd};

use super::{
    Slide,
    simd::{arch, load, store},
};

/// The largest element of each window; NaN if there is one. A window of padding only gives minus infinity.
pub fn max_forward(slide: &Slide, images: usize, x: &[f32], y: &mut [f32]) {
    arch().dispatch(MaxForward { slide, images, x, y });
}

/// Adds each gradient to the element that was the maximum of its window, which is computed again: the first of the largest, or the last NaN if there
/// are any, as in PyTorch.
pub fn max_backward(slide: &Slide, images: usize, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    arch().dispatch(MaxBackward { slide, images, x, dy, dx });
}

/// For windows of at most this many taps, all inside the input, the positions of the taps are listed once.
const LISTED: usize = 64;

/// The positions of the taps of windows.
struct Taps<'a> {
    slide: &'a Slide,
    list: [usize; LISTED],
    /// 0 if the list cannot be used.
    listed: usize,
}

impl<'a> Taps<'a> {
    fn new(slide: &'a Slide) -> Self {
        let Slide { window, input, output } = slide;
        let fits = |axis: usize| window.padding[axis] == 0 && (output[axis] - 1) * window.stride[axis] + window.span(axis) <= input[axis];
        let listed =
            if fits(0) && fits(1) && window.kernel.iter().all(|&taps| taps <= LISTED) && slide.taps() <= LISTED { slide.taps() } else { 0 };
        let mut list = [0; LISTED];
        for (tap, at) in list[..listed].iter_mut().enumerate() {
            let (y, x) = (tap / window.kernel[1], tap % window.kernel[1]);
            *at = y * window.dilation[0] * input[1] + x * window.dilation[1];
        }
        Self { slide, list, listed }
    }

    /// Visits the taps of a window that are not padding, row by row: the position of each in the plane, in images.
    #[inline(always)]
    fn visit(&self, row: usize, column: usize, mut visit: impl FnMut(usize)) {
        let Slide { window, input, .. } = self.slide;
        if self.listed > 0 {
            let base = row * window.stride[0] * input[1] + column * window.stride[1];
            self.list[..self.listed].iter().for_each(|tap| visit(base + tap));
            return;
        }
        for tap_y in self.slide.taps_inside(0, row) {
            let line = (row * window.stride[0] + tap_y * window.dilation[0] - window.padding[0]) * input[1];
            for tap_x in self.slide.taps_inside(1, column) {
                visit(line + column * window.stride[1] + tap_x * window.dilation[1] - window.padding[1]);
            }
        }
    }
}

/// The result of each window of a single image; adjacent windows take the place of adjacent images. Begins with `first` and combines it with one tap
/// after the other.
#[inline(always)]
fn single(taps: &Taps, x: &[f32], y: &mut [f32], first: f32, join: impl Fn(f32, f32) -> f32) {
    let Slide { window, input, output } = taps.slide;
    for (row, y) in y.chunks_exact_mut(output[1]).enumerate() {
        y.fill(first);
        if taps.listed == 0 {
            y.iter_mut().enumerate().for_each(|(column, y)| taps.visit(row, column, |tap| *y = join(*y, x[tap])));
            continue;
        }
        for tap in &taps.list[..taps.listed] {
            let line = &x[row * window.stride[0] * input[1] + tap..];
            // Constant strides are vectorized.
            match window.stride[1] {
                1 => y.iter_mut().zip(line).for_each(|(y, &x)| *y = join(*y, x)),
                2 => y.iter_mut().zip(line.chunks(2)).for_each(|(y, x)| *y = join(*y, x[0])),
                stride => y.iter_mut().zip(line.iter().step_by(stride)).for_each(|(y, &x)| *y = join(*y, x)),
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
            if images == 1 {
                single(&taps, x, y, f32::NEG_INFINITY, |most, x| if x > most || x.is_nan() { x } else { most });
                continue;
            }
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

/// Whether a later tap replaces the maximum: if it is larger, or NaN, which replaces all before it.
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
                    // The indices of taps, as f32. If all elements are minus infinity, the first is the maximum.
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

/// Mean pooling: its window, and whether the padding counts.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    /// The window and the sizes.
    pub slide: Slide,
    /// Whether the zeros of the padding count in the mean.
    pub count_padding: bool,
}

impl Mean {
    /// 1 / the number of elements of a window that count: elements beyond the padding never count.
    #[inline(always)]
    pub(super) fn share(&self, row: usize, column: usize) -> f32 {
        let Slide { window, input, .. } = self.slide;
        let counted = |axis: usize, step: usize| {
            let start = step * window.stride[axis];
            let end = start + window.kernel[axis];
            let (padding, size) = (window.padding[axis], input[axis]);
            if self.count_padding { end.min(size + 2 * padding) - start } else { end.min(size + padding) - start.max(padding) }
        };
        1.0 / (counted(0, row) as f32 * counted(1, column) as f32)
    }

    /// Whether each input element is in exactly one window. Then its gradient is written, not added.
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

/// Adds to each element its share of the gradients of its windows, or overwrites it if `add` is false.
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
            if images == 1 {
                single(&taps, x, y, 0.0, |sum, x| sum + x);
                if taps.listed > 0 {
                    let share = pool.share(0, 0);
                    y.iter_mut().for_each(|y| *y *= share);
                } else {
                    y.iter_mut().enumerate().for_each(|(at, y)| *y *= pool.share(at / slide.output[1], at % slide.output[1]));
                }
                continue;
            }
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
mod tests;
