//! Convolution as a matrix product: the input's windows as columns of a matrix, and back.
//!
//! Row `(channel, tap)` of the matrix holds what that tap of that channel reads in each window, zero in the padding. Windows are
//! counted by *output rows*: row `image * output height + y` has the windows of line `y` of that image. A band of output rows is
//! taken at a time, so that the matrix stays in cache.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    Slide,
    rows::{RowPairs, put_with},
    simd::arch,
};

/// Writes the matrix `[channels * taps, rows * output width]` of a band of output rows.
///
/// `x` holds the `channels` maps, channel-major: `[channels, images, height, width]`.
pub fn gather(slide: &Slide, channels: usize, images: usize, band: Range<usize>, x: &[f32], columns: &mut [f32]) {
    arch().dispatch(Gather { slide, channels, images, band, x, columns });
}

/// The reverse of [`gather`]: adds each element of the matrix to the input element that it was read from.
pub fn scatter(slide: &Slide, channels: usize, images: usize, band: Range<usize>, columns: &[f32], x: &mut [f32]) {
    arch().dispatch(Scatter { slide, channels, images, band, columns, x });
}

/// A stretch of the matrix: what one tap reads in consecutive windows of one image.
struct Stretch {
    /// The output rows, counted from the band's first, whose tap lies inside the input; the others read padding.
    rows: Range<usize>,
    /// The same for the columns.
    columns: Range<usize>,
    /// Where in the channel's maps the first of them reads.
    at: usize,
}

/// The stretches of one tap over the band, one for each image of which the band has a part, and the band's rows of that image.
#[inline(always)]
fn stretches(slide: &Slide, band: &Range<usize>, [tap_y, tap_x]: [usize; 2], mut visit: impl FnMut(Range<usize>, Stretch)) {
    let [height, width] = slide.input;
    let out_height = slide.output[0];
    let (inside_y, inside_x) = (slide.inside(0, tap_y), slide.inside(1, tap_x));
    let mut row = band.start;
    while row < band.end {
        let (image, first) = (row / out_height, row % out_height);
        let end = out_height.min(first + band.end - row);
        let inside = inside_y.start.clamp(first, end)..inside_y.end.clamp(first, end);
        let shift = row - band.start;
        let mut stretch = Stretch { rows: shift..shift, columns: inside_x.clone(), at: 0 };
        if !inside.is_empty() && !inside_x.is_empty() {
            let y = inside.start * slide.window.stride[0] + tap_y * slide.window.dilation[0] - slide.window.padding[0];
            let x = inside_x.start * slide.window.stride[1] + tap_x * slide.window.dilation[1] - slide.window.padding[1];
            stretch.rows = shift + inside.start - first..shift + inside.end - first;
            stretch.at = (image * height + y) * width + x;
        }
        visit(shift..shift + end - first, stretch);
        row += end - first;
    }
}

struct Gather<'a> {
    slide: &'a Slide,
    channels: usize,
    images: usize,
    band: Range<usize>,
    x: &'a [f32],
    columns: &'a mut [f32],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Gather { slide, channels, images, band, x, columns } = self;
        let [row_stride, stride] = [slide.window.stride[0] * slide.input[1], slide.window.stride[1]];
        let width = slide.output[1];
        let mut lines = columns.chunks_exact_mut(band.len() * width);
        for x in x.chunks_exact(images * slide.input_len()).take(channels) {
            for tap in taps(slide) {
                let line = lines.next().expect("the matrix has a row for each channel and tap");
                stretches(
                    slide,
                    &band,
                    tap,
                    #[inline(always)]
                    |all, stretch| {
                        if stretch.rows.len() < all.len() || stretch.columns.len() < width {
                            line[all.start * width..all.end * width].fill(0.0);
                        }
                        let (count, len) = (stretch.rows.len(), stretch.columns.len());
                        let to = &mut line[stretch.rows.start * width + stretch.columns.start..];
                        if stride == 1 {
                            put_with(simd, RowPairs { count, len, from: row_stride, to: width }, &x[stretch.at..], to, false);
                        } else {
                            for row in 0..count {
                                let from = x[stretch.at + row * row_stride..].iter().step_by(stride);
                                to[row * width..][..len].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                            }
                        }
                    },
                );
            }
        }
    }
}

struct Scatter<'a> {
    slide: &'a Slide,
    channels: usize,
    images: usize,
    band: Range<usize>,
    columns: &'a [f32],
    x: &'a mut [f32],
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Scatter { slide, channels, images, band, columns, x } = self;
        let [row_stride, stride] = [slide.window.stride[0] * slide.input[1], slide.window.stride[1]];
        let width = slide.output[1];
        let mut lines = columns.chunks_exact(band.len() * width);
        for x in x.chunks_exact_mut(images * slide.input_len()).take(channels) {
            for tap in taps(slide) {
                let line = lines.next().expect("the matrix has a row for each channel and tap");
                stretches(
                    slide,
                    &band,
                    tap,
                    #[inline(always)]
                    |_, stretch| {
                        let (count, len) = (stretch.rows.len(), stretch.columns.len());
                        let from = &line[stretch.rows.start * width + stretch.columns.start..];
                        if stride == 1 {
                            put_with(simd, RowPairs { count, len, from: width, to: row_stride }, from, &mut x[stretch.at..], true);
                        } else {
                            for row in 0..count {
                                let to = x[stretch.at + row * row_stride..].iter_mut().step_by(stride);
                                to.zip(&from[row * width..][..len]).for_each(|(to, from)| *to += *from);
                            }
                        }
                    },
                );
            }
        }
    }
}

/// All taps of a window, row by row.
#[inline(always)]
fn taps(slide: &Slide) -> impl Iterator<Item = [usize; 2]> + use<> {
    let [height, width] = slide.window.kernel;
    (0..height).flat_map(move |y| (0..width).map(move |x| [y, x]))
}

#[cfg(test)]
mod tests {
    use layercake_ir::ops::Window;

    use super::*;
    use crate::kernels::testing::{close, numbers};

    /// Calls `f(matrix index, input index)` for each element that is no padding.
    fn visit(slide: &Slide, channels: usize, images: usize, band: Range<usize>, mut f: impl FnMut(usize, usize)) {
        let [kernel_height, kernel_width] = slide.window.kernel;
        let mut at = 0;
        for channel in 0..channels {
            for (tap_y, tap_x) in (0..kernel_height).flat_map(|y| (0..kernel_width).map(move |x| (y, x))) {
                for row in band.clone() {
                    let (image, y) = (row / slide.output[0], row % slide.output[0]);
                    for x in 0..slide.output[1] {
                        if let (Some(y), Some(x)) = (slide.tap(0, y, tap_y), slide.tap(1, x, tap_x)) {
                            f(at, ((channel * images + image) * slide.input[0] + y) * slide.input[1] + x);
                        }
                        at += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn gathers_and_scatters_as_defined() {
        let windows = [
            ([1, 1], [1, 1], [0, 0], [1, 1]),
            ([3, 3], [1, 1], [1, 1], [1, 1]),
            ([3, 2], [2, 3], [4, 0], [1, 2]),
            ([5, 5], [1, 1], [4, 4], [1, 1]),
            ([2, 3], [3, 2], [1, 2], [2, 1]),
            ([1, 7], [1, 1], [0, 6], [1, 1]),
        ];
        for (kernel, stride, padding, dilation) in windows {
            for (channels, images, input) in [(3, 3, [3, 3]), (1, 1, [9, 4]), (2, 4, [5, 17])] {
                let window = Window { kernel, stride, padding, dilation, ceil: false };
                if (0..2).any(|axis| window.span(axis) > input[axis] + 2 * padding[axis]) {
                    continue;
                }
                let slide = Slide { window, input, output: [window.steps(0, input[0]), window.steps(1, input[1])] };
                let rows = images * slide.output[0];
                for band in [0..rows, rows / 2..rows, 0..1] {
                    let x = numbers(channels * images * slide.input_len(), 1);
                    let len = channels * slide.taps() * band.len() * slide.output[1];
                    let (mut fast, mut slow) = (numbers(len, 2), vec![0.0; len]);
                    gather(&slide, channels, images, band.clone(), &x, &mut fast);
                    visit(&slide, channels, images, band.clone(), |to, from| slow[to] = x[from]);
                    assert_eq!(fast, slow, "{slide:?}");
                    let (mut fast, mut slow) = (x.clone(), x);
                    let columns = numbers(len, 3);
                    scatter(&slide, channels, images, band.clone(), &columns, &mut fast);
                    visit(&slide, channels, images, band, |from, to| slow[to] += columns[from]);
                    close(&fast, &slow, 1e-5);
                }
            }
        }
    }
}
