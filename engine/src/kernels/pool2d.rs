//! Maximum and mean of sliding windows, over planes `[height, width]`.

use pulp::{Simd, WithSimd};

use super::{Slide, simd::arch};

/// The largest element of each window; NaN if there is one. A window of nothing but padding gives minus infinity.
pub fn max_forward(slide: &Slide, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(slide.input_len()).zip(y.chunks_exact_mut(slide.output_len())) {
        for (row, y) in y.chunks_exact_mut(slide.output[1]).enumerate() {
            for (column, y) in y.iter_mut().enumerate() {
                *y = winner(slide, x, row, column).map_or(f32::NEG_INFINITY, |at| x[at]);
            }
        }
    }
}

/// Adds each gradient to the element that won its window, which is found anew.
pub fn max_backward(slide: &Slide, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let planes = x.chunks_exact(slide.input_len()).zip(dx.chunks_exact_mut(slide.input_len()));
    for ((x, dx), dy) in planes.zip(dy.chunks_exact(slide.output_len())) {
        for (row, dy) in dy.chunks_exact(slide.output[1]).enumerate() {
            for (column, dy) in dy.iter().enumerate() {
                if let Some(at) = winner(slide, x, row, column) {
                    dx[at] += dy;
                }
            }
        }
    }
}

/// The element that a window takes: the first of the largest, but the last NaN where there are any, as in PyTorch.
#[inline(always)]
fn winner(slide: &Slide, x: &[f32], row: usize, column: usize) -> Option<usize> {
    let width = slide.input[1];
    let mut best = None;
    let mut most = f32::NEG_INFINITY;
    for tap_y in 0..slide.window.kernel[0] {
        let Some(line) = slide.tap(0, row, tap_y) else { continue };
        for tap_x in 0..slide.window.kernel[1] {
            let Some(at) = slide.tap(1, column, tap_x) else { continue };
            let value = x[line * width + at];
            if best.is_none() || value > most || value.is_nan() {
                best = Some(line * width + at);
                most = value;
            }
        }
    }
    best
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
    /// 1 / the number of elements that a window counts along one axis: what lies beyond the padding never counts.
    #[inline(always)]
    fn share(&self, axis: usize, step: usize) -> f32 {
        let Slide { window, input, .. } = self.slide;
        let start = step * window.stride[axis];
        let end = start + window.kernel[axis];
        let (padding, size) = (window.padding[axis], input[axis]);
        let count = if self.count_padding { end.min(size + 2 * padding) - start } else { end.min(size + padding) - start.max(padding) };
        1.0 / count as f32
    }

    /// Windows of 2 x 2 side by side that cover the input but for a remainder: the usual case.
    fn is_halving(&self) -> bool {
        let Slide { window, input, output } = self.slide;
        window.kernel == [2; 2] && window.stride == [2; 2] && window.padding == [0; 2] && output == [input[0] / 2, input[1] / 2]
    }
}

/// The mean of each window.
pub fn mean_forward(pool: &Mean, x: &[f32], y: &mut [f32]) {
    if pool.is_halving() {
        return arch().dispatch(HalvingForward(pool.slide, x, y));
    }
    let slide = &pool.slide;
    let width = slide.input[1];
    for (x, y) in x.chunks_exact(slide.input_len()).zip(y.chunks_exact_mut(slide.output_len())) {
        for (row, y) in y.chunks_exact_mut(slide.output[1]).enumerate() {
            let share = pool.share(0, row);
            for (column, y) in y.iter_mut().enumerate() {
                let mut sum = 0.0;
                for line in (0..slide.window.kernel[0]).filter_map(|tap| slide.tap(0, row, tap)) {
                    for at in (0..slide.window.kernel[1]).filter_map(|tap| slide.tap(1, column, tap)) {
                        sum += x[line * width + at];
                    }
                }
                *y = sum * (share * pool.share(1, column));
            }
        }
    }
}

/// Adds to each element its share of the gradients of the windows it is in, or overwrites where `add` is false.
pub fn mean_backward(pool: &Mean, dy: &[f32], dx: &mut [f32], add: bool) {
    let slide = &pool.slide;
    if !add {
        if pool.is_halving() && slide.input[0].is_multiple_of(2) && slide.input[1].is_multiple_of(2) {
            return arch().dispatch(HalvingBackward(*slide, dy, dx));
        }
        dx.fill(0.0);
    }
    let width = slide.input[1];
    for (dx, dy) in dx.chunks_exact_mut(slide.input_len()).zip(dy.chunks_exact(slide.output_len())) {
        for (row, dy) in dy.chunks_exact(slide.output[1]).enumerate() {
            let share = pool.share(0, row);
            for (column, dy) in dy.iter().enumerate() {
                let part = dy * (share * pool.share(1, column));
                for line in (0..slide.window.kernel[0]).filter_map(|tap| slide.tap(0, row, tap)) {
                    for at in (0..slide.window.kernel[1]).filter_map(|tap| slide.tap(1, column, tap)) {
                        dx[line * width + at] += part;
                    }
                }
            }
        }
    }
}

struct HalvingForward<'a>(Slide, &'a [f32], &'a mut [f32]);

impl WithSimd for HalvingForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let HalvingForward(slide, x, y) = self;
        let width = slide.input[1];
        for (x, y) in x.chunks_exact(slide.input_len()).zip(y.chunks_exact_mut(slide.output_len())) {
            for (x, y) in x.chunks_exact(2 * width).zip(y.chunks_exact_mut(slide.output[1])) {
                let (upper, lower) = x.split_at(width);
                for ((upper, lower), y) in upper.chunks_exact(2).zip(lower.chunks_exact(2)).zip(y) {
                    *y = (upper[0] + upper[1] + lower[0] + lower[1]) * 0.25;
                }
            }
        }
    }
}

struct HalvingBackward<'a>(Slide, &'a [f32], &'a mut [f32]);

impl WithSimd for HalvingBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let HalvingBackward(slide, dy, dx) = self;
        let width = slide.input[1];
        for (dx, dy) in dx.chunks_exact_mut(2 * width).zip(dy.chunks_exact(slide.output[1])) {
            let (upper, lower) = dx.split_at_mut(width);
            for ((upper, lower), dy) in upper.chunks_exact_mut(2).zip(lower.chunks_exact_mut(2)).zip(dy) {
                let part = dy * 0.25;
                upper.fill(part);
                lower.fill(part);
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

    fn within(slide: &Slide, (y, x): (isize, isize), margin: [usize; 2]) -> bool {
        let [vertical, horizontal] = margin.map(|margin| margin as isize);
        let [height, width] = slide.input.map(|size| size as isize);
        (-vertical..height + vertical).contains(&y) && (-horizontal..width + horizontal).contains(&x)
    }

    #[test]
    fn mean_agrees_with_its_definition() {
        for slide in slides() {
            for (planes, count_padding) in [(1, true), (3, false), (2, true)] {
                let slide = Slide { window: Window { dilation: [1, 1], ..slide.window }, ..slide };
                let slide = Slide { output: [slide.window.steps(0, slide.input[0]), slide.window.steps(1, slide.input[1])], ..slide };
                let pool = Mean { slide, count_padding };
                let x = numbers(planes * slide.input_len(), 1);
                let dy = numbers(planes * slide.output_len(), 2);
                let (mut y, mut dx) = (vec![0.0; dy.len()], numbers(x.len(), 3));
                mean_forward(&pool, &x, &mut y);
                mean_backward(&pool, &dy, &mut dx, false);
                let (mut slow_y, mut slow_dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
                for (at, slow_y) in slow_y.iter_mut().enumerate() {
                    let (plane, row, column) = (at / slide.output_len(), at / slide.output[1] % slide.output[0], at % slide.output[1]);
                    let margin = if count_padding { slide.window.padding } else { [0, 0] };
                    let taps = taps(&slide, row, column);
                    let count = taps.iter().filter(|&&tap| within(&slide, tap, margin)).count() as f32;
                    for &tap in taps.iter().filter(|&&tap| within(&slide, tap, [0, 0])) {
                        let from = plane * slide.input_len() + tap.0 as usize * slide.input[1] + tap.1 as usize;
                        *slow_y += x[from] / count;
                        slow_dx[from] += dy[at] / count;
                    }
                }
                close(&y, &slow_y, 1e-6);
                close(&dx, &slow_dx, 1e-6);
                let twice: Vec<f32> = slow_dx.iter().map(|x| x * 2.0).collect();
                mean_backward(&pool, &dy, &mut dx, true);
                close(&dx, &twice, 1e-6);
            }
        }
    }

    #[test]
    fn max_agrees_with_its_definition() {
        for slide in slides() {
            for planes in [1, 3] {
                // Few different numbers, so that there are ties.
                let x: Vec<f32> = numbers(planes * slide.input_len(), 1).iter().map(|x| x.round()).collect();
                let dy = numbers(planes * slide.output_len(), 2);
                let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
                max_forward(&slide, &x, &mut y);
                max_backward(&slide, &x, &dy, &mut dx);
                let (mut slow_y, mut slow_dx) = (vec![f32::NEG_INFINITY; dy.len()], vec![0.0; x.len()]);
                for (at, slow_y) in slow_y.iter_mut().enumerate() {
                    let (plane, row, column) = (at / slide.output_len(), at / slide.output[1] % slide.output[0], at % slide.output[1]);
                    let mut from = None;
                    for tap in taps(&slide, row, column).into_iter().filter(|&tap| within(&slide, tap, [0, 0])) {
                        let index = plane * slide.input_len() + tap.0 as usize * slide.input[1] + tap.1 as usize;
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
        max_forward(&slide, &x, &mut y);
        max_backward(&slide, &x, &[1.0, 2.0, 3.0], &mut dx);
        assert!(y[0].is_nan() && y[1].is_nan() && y[2] == f32::NEG_INFINITY);
        assert_eq!(dx, [0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0]);
    }
}
