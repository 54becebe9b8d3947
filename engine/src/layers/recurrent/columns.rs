//! Products whose columns are those of a weight, on the way back: the columns in groups, each one stretch of memory `[group, row, column]`, whatever the
//! distance of the weight's own rows.

use crate::kernels::{
    layout,
    product::{Every, Outer, Start, outer},
};

/// Columns of a group: three vectors of the widest kind. So much of all steps' inputs stays in a level-2 cache while the gates pass by.
const COLUMNS: usize = 48;
/// Rows whose gradients are worked out together, each with about so many terms: half a level-2 cache.
const ROWS: usize = 128;
const DEPTH: usize = 1024;
/// Gathered rows are a line further apart, since those a power of two apart would have all their elements on the same lines of a cache.
const LINE: usize = 16;

/// Gradients of the gates, `[steps, rows, images]`, from one step to the next so many rows.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    pub images: usize,
    pub steps: usize,
    pub apart: usize,
    pub d: &'a [f32],
}

/// Steps that are gathered at a time.
fn stretch(images: usize, steps: usize) -> usize {
    (DEPTH / images).clamp(1, steps.max(1))
}

/// Elements of the rows that [`product`] gathers.
pub fn gathered(images: usize, steps: usize) -> usize {
    if images == 1 { 0 } else { ROWS * (stretch(images, steps) * images + LINE) }
}

/// The groups: first column and number of them. Evenly, in whole vectors.
fn groups(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let vectors = columns.div_ceil(LINE);
    let count = columns.div_ceil(COLUMNS);
    let first = move |group: usize| (group * vectors / count * LINE).min(columns);
    (0..count).map(move |group| (first(group), first(group + 1) - first(group)))
}

/// Turns a step `[features, images]` to its rows of the groups of all steps.
pub fn turn(images: usize, step: usize, steps: usize, x: Option<&[f32]>, features: usize, groups_of_all: &mut [f32]) {
    for (first, width) in groups(features) {
        let to = &mut groups_of_all[(first * steps + step * width) * images..][..width * images];
        match x {
            Some(x) => layout::transpose(width, images, &x[first * images..][..width * images], to, false),
            None => to.fill(0.0),
        }
    }
}

/// `dW = sum over steps of d x^T`. Of each step's rows the first are the weight's; `x` is what [`turn`] made of all steps.
///
/// Rows of `d` lie a whole step apart: as they are, every one of them would be fetched anew for each group of columns. So some of them at a time are
/// gathered, for so many steps that they stay in a level-2 cache while the columns pass by.
pub fn product(terms: Terms, x: &[f32], features: usize, gathered: &mut [f32], to: &mut [f32], add: bool) {
    let Terms { images, steps, apart, d } = terms;
    let stretch = stretch(images, steps);
    for begin in (0..steps).step_by(stretch) {
        let count = stretch.min(steps - begin);
        let k = count * images;
        let start = if add || begin > 0 { Start::Sum } else { Start::Zero };
        for (block, to) in to.chunks_mut(ROWS * features).enumerate() {
            let m = to.len() / features;
            let (left, left_row, left_cols) = if images == 1 {
                (&d[begin * apart + block * ROWS..], 1, apart)
            } else {
                for step in 0..count {
                    let from = &d[((begin + step) * apart + block * ROWS) * images..][..m * images];
                    layout::spread(from, images, &mut gathered[step * images..], k + LINE);
                }
                (&*gathered, k + LINE, 1)
            };
            for (first, n) in groups(features) {
                let product = Outer {
                    m,
                    n,
                    segments: 1,
                    k,
                    left,
                    left_row,
                    left_cols: Every(left_cols),
                    right: &x[(first * steps + begin * n) * images..][..n * k],
                    rows: Every(n),
                    right_segment: 0,
                    out_row: features,
                    out_segment: 0,
                    start,
                };
                outer(product, &mut to[first..]);
            }
        }
    }
}

/// The columns of a weight in groups.
pub fn pack(weight: &[f32], columns: usize, to: &mut [f32]) {
    let rows = weight.len() / columns;
    for (first, width) in groups(columns) {
        for (from, to) in weight.chunks_exact(columns).zip(to[first * rows..][..width * rows].chunks_exact_mut(width)) {
            to.copy_from_slice(&from[first..][..width]);
        }
    }
}

/// `W^T d`, for a step, in the place of `to` or added. The columns of the product are those of the weight, which [`pack`] has put into groups; `turned` is
/// for it.
pub fn to_state(images: usize, packed: &[f32], hidden: usize, d: &[f32], turned: &mut [f32], to: &mut [f32], add: bool) {
    let k = packed.len() / hidden;
    for (first, width) in groups(hidden) {
        let product = Outer {
            m: images,
            n: width,
            segments: 1,
            k,
            left: d,
            left_row: 1,
            left_cols: Every(images),
            right: &packed[first * k..][..width * k],
            rows: Every(width),
            right_segment: 0,
            out_row: hidden,
            out_segment: 0,
            start: Start::Zero,
        };
        outer(product, &mut turned[first..]);
    }
    layout::transpose(images, hidden, turned, to, add);
}
