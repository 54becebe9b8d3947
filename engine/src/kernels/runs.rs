//! Sparse linear maps of whole rows: permuting, padding, interpolating, means over axes; and maxima and minima over the same elements.
//!
//! A map is a list of runs, in elements; each element is a row of `images` numbers. The same map applies to each of a number of planes.

use super::simd::vectorized;

/// Elements `to ..` of an output plane are elements `from ..` of an input plane, times a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The first element read.
    pub from: usize,
    /// The first element written.
    pub to: usize,
    /// The number of elements.
    pub len: usize,
    /// The weight.
    pub weight: f32,
}

impl Run {
    /// The transposed run.
    pub fn turned(self) -> Self {
        Self { from: self.to, to: self.from, ..self }
    }
}

/// The list and the sizes of a plane, in elements.
#[derive(Clone, Debug)]
pub struct Runs {
    /// The runs.
    pub list: Vec<Run>,
    /// The size of an input plane.
    pub from: usize,
    /// The size of an output plane.
    pub to: usize,
    /// Whether each element of the output is in at most one run.
    pub alone: bool,
}

/// Computes the output, or adds it.
///
/// # Panics
/// Panics, here and below, if the slices do not hold the same number of planes.
pub fn apply(runs: &Runs, images: usize, x: &[f32], y: &mut [f32], add: bool) {
    let planes = x.chunks_exact(runs.from * images);
    assert_eq!(planes.len(), y.len() / (runs.to * images));
    let copy = runs.alone && !add;
    let whole = copy && runs.list.iter().map(|run| run.len).sum::<usize>() == runs.to;
    if !add && !whole {
        y.fill(0.0);
    }
    vectorized(
        #[inline(always)]
        || {
            for (x, y) in planes.zip(y.chunks_exact_mut(runs.to * images)) {
                for run in &runs.list {
                    let x = &x[run.from * images..][..run.len * images];
                    let y = &mut y[run.to * images..][..run.len * images];
                    match (copy, run.weight == 1.0) {
                        (true, true) => y.copy_from_slice(x),
                        (true, false) => y.iter_mut().zip(x).for_each(|(y, x)| *y = run.weight * x),
                        (false, true) => y.iter_mut().zip(x).for_each(|(y, x)| *y += x),
                        (false, false) => y.iter_mut().zip(x).for_each(|(y, x)| *y += run.weight * x),
                    }
                }
            }
        },
    );
}

/// The largest of the elements that contribute to each element of the output; NaN if there is one.
pub fn max_forward(runs: &Runs, images: usize, x: &[f32], y: &mut [f32]) {
    extreme(
        runs,
        images,
        x,
        y,
        f32::NEG_INFINITY,
        #[inline(always)]
        |x, y| x > y,
    );
}

/// The smallest of the elements that contribute to each element of the output; NaN if there is one.
pub fn min_forward(runs: &Runs, images: usize, x: &[f32], y: &mut [f32]) {
    extreme(
        runs,
        images,
        x,
        y,
        f32::INFINITY,
        #[inline(always)]
        |x, y| x < y,
    );
}

/// The most extreme of the elements that contribute to each element of the output: `beyond(x, y)` is whether `x` replaces `y`, and `start` is the
/// value before the first.
#[inline(always)]
fn extreme(runs: &Runs, images: usize, x: &[f32], y: &mut [f32], start: f32, beyond: impl Fn(f32, f32) -> bool) {
    y.fill(start);
    vectorized(
        #[inline(always)]
        || {
            for (x, y) in x.chunks_exact(runs.from * images).zip(y.chunks_exact_mut(runs.to * images)) {
                for run in &runs.list {
                    let x = &x[run.from * images..][..run.len * images];
                    let y = &mut y[run.to * images..][..run.len * images];
                    y.iter_mut().zip(x).for_each(|(y, &x)| *y = if beyond(x, *y) || x.is_nan() { x } else { *y });
                }
            }
        },
    );
}

/// Divides each gradient equally among the elements that are equal to their maximum (minimum) in `y`, and adds it to `dx`.
///
/// `counts` has at least the size of a plane of `y`.
pub fn max_backward(runs: &Runs, images: usize, [x, y, dy]: [&[f32]; 3], dx: &mut [f32], counts: &mut [f32]) {
    let (from, to) = (runs.from * images, runs.to * images);
    let counts = &mut counts[..to];
    vectorized(
        #[inline(always)]
        || {
            let planes = x.chunks_exact(from).zip(y.chunks_exact(to)).zip(dy.chunks_exact(to)).zip(dx.chunks_exact_mut(from));
            for (((x, y), dy), dx) in planes {
                counts.fill(0.0);
                for run in &runs.list {
                    let x = &x[run.from * images..][..run.len * images];
                    let at = run.to * images..(run.to + run.len) * images;
                    for ((x, y), count) in x.iter().zip(&y[at.clone()]).zip(&mut counts[at]) {
                        *count += if x == y { 1.0 } else { 0.0 };
                    }
                }
                counts.iter_mut().zip(dy).for_each(|(count, dy)| *count = dy / *count);
                for run in &runs.list {
                    let from = run.from * images..(run.from + run.len) * images;
                    let to = run.to * images..(run.to + run.len) * images;
                    let shares = y[to.clone()].iter().zip(&counts[to]);
                    for ((x, dx), (y, share)) in x[from.clone()].iter().zip(&mut dx[from]).zip(shares) {
                        *dx += if x == y { *share } else { 0.0 };
                    }
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    fn run(from: usize, to: usize, len: usize, weight: f32) -> Run {
        Run { from, to, len, weight }
    }

    #[test]
    fn agrees_with_the_sum_over_all_runs() {
        let lists = [
            (Runs { list: vec![run(2, 0, 3, 1.0), run(0, 3, 2, 1.0)], from: 5, to: 5, alone: true }, 2),
            (Runs { list: vec![run(0, 1, 2, 1.0), run(4, 4, 1, -0.5)], from: 5, to: 6, alone: true }, 3),
            (Runs { list: vec![run(0, 0, 2, 0.25), run(1, 0, 2, 0.5), run(2, 2, 1, 1.0)], from: 3, to: 4, alone: false }, 2),
        ];
        for (runs, planes) in lists {
            for images in [1, 3, 16, 19] {
                for add in [false, true] {
                    let (x, old) = (numbers(planes * runs.from * images, 1), numbers(planes * runs.to * images, 2));
                    let (mut y, mut wanted) = (old.clone(), if add { old } else { vec![0.0; planes * runs.to * images] });
                    apply(&runs, images, &x, &mut y, add);
                    for (at, run) in (0..planes * images).flat_map(|at| runs.list.iter().map(move |run| (at, run))) {
                        let (plane, image) = (at / images, at % images);
                        for i in 0..run.len {
                            wanted[(plane * runs.to + run.to + i) * images + image] +=
                                run.weight * x[(plane * runs.from + run.from + i) * images + image];
                        }
                    }
                    close(&y, &wanted, 1e-6);
                }
            }
        }
    }

    #[test]
    fn equal_maxima_share() {
        let runs = Runs { list: vec![run(0, 0, 1, 1.0), run(1, 0, 1, 1.0), run(2, 0, 1, 1.0)], from: 3, to: 1, alone: false };
        let x = [1.0, 5.0, f32::NAN, 4.0, 5.0, 0.0, 4.0, 2.0, 0.0];
        let (mut y, mut dx) = ([0.0; 3], [1.0; 9]);
        max_forward(&runs, 3, &x, &mut y);
        assert!(y[..2] == [4.0, 5.0] && y[2].is_nan());
        max_backward(&runs, 3, [&x, &y, &[6.0, 8.0, 0.0]], &mut dx, &mut [0.0; 3]);
        assert_eq!(dx[..2], [1.0, 5.0]);
        assert_eq!([dx[3], dx[4], dx[6], dx[7]], [4.0, 5.0, 4.0, 1.0]);
    }
}
