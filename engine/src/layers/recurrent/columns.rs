//! Products of the backward pass whose columns are those of a weight. The columns are in groups, each contiguous, `[group, row, column]`,
//! independent of the distance between the weight's own rows.

use crate::kernels::{
    layout,
    product::{Every, Left, Outer, Start, outer},
    reduce,
};

/// The number of columns of a group: three vectors of the widest kind. This part of all steps' inputs stays in a level-2 cache while the
/// gates are read.
const COLUMNS: usize = 48;
/// The number of rows whose gradients are computed together, and about how many terms each has: half a level-2 cache.
const ROWS: usize = 128;
const DEPTH: usize = 1024;
/// Gathered rows are one cache line further apart, because at a distance of a power of two all their elements would be in the same cache
/// sets.
const LINE: usize = 16;

/// The gradients of the gates, `[steps, rows, images]`, with this many rows from one step to the next.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    pub images: usize,
    pub steps: usize,
    pub apart: usize,
    pub d: &'a [f32],
}

/// The number of steps that are gathered at a time.
fn stretch(images: usize, steps: usize) -> usize {
    (DEPTH / images).clamp(1, steps.max(1))
}

/// The number of elements of the rows that [`product`] gathers.
pub fn gathered(images: usize, steps: usize) -> usize {
    if images == 1 { 0 } else { ROWS * (stretch(images, steps) * images + LINE) }
}

/// The groups: the first column and the number of columns. They have nearly equal sizes, in whole vectors.
fn groups(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let vectors = columns.div_ceil(LINE);
    let count = columns.div_ceil(COLUMNS);
    let first = move |group: usize| (group * vectors / count * LINE).min(columns);
    (0..count).map(move |group| (first(group), first(group + 1) - first(group)))
}

/// Transposes a step `[features, images]` to its rows of the groups of all steps.
pub fn turn(images: usize, step: usize, steps: usize, x: Option<&[f32]>, features: usize, groups_of_all: &mut [f32]) {
    for (first, width) in groups(features) {
        let to = &mut groups_of_all[(first * steps + step * width) * images..][..width * images];
        match x {
            Some(x) => layout::transpose(width, images, &x[first * images..][..width * images], to, false),
            None => to.fill(0.0),
        }
    }
}

/// The other factor of the gates' gradients, and the place of the product: the gradient of a weight with as many rows as the first rows of
/// the gates.
pub struct Factor<'a> {
    /// As [`turn`] stores it.
    pub x: &'a [f32],
    pub features: usize,
    pub to: &'a mut [f32],
}

/// `dW = sum over steps of d x^T` for each factor, and `db = sum over steps and images of d` for each bias, for as many of the first rows.
///
/// Rows of `d` are a whole step apart, so each would be fetched again for each group of columns. Therefore some rows at a time are
/// gathered, for as many steps as stay in a level-2 cache while the columns are read.
pub fn product(terms: Terms, factors: &mut [Factor], biases: &mut [&mut [f32]], gathered: &mut [f32], add: bool) {
    let Terms { images, steps, apart, d } = terms;
    let stretch = stretch(images, steps);
    for begin in (0..steps).step_by(stretch) {
        let count = stretch.min(steps - begin);
        let k = count * images;
        let add = add || begin > 0;
        for row in (0..apart).step_by(ROWS) {
            let m = ROWS.min(apart - row);
            let (left, left_row, left_cols) = if images == 1 {
                (&d[begin * apart + row..], 1, apart)
            } else {
                gathered.chunks_exact_mut(k + LINE).for_each(|row| row[k..].fill(0.0));
                for step in 0..count {
                    let from = &d[((begin + step) * apart + row) * images..][..m * images];
                    layout::spread(from, images, &mut gathered[step * images..], k + LINE);
                }
                (&*gathered, k + LINE, 1)
            };
            for factor in &mut *factors {
                let features = factor.features;
                let to = part(factor.to, row * features, m * features);
                for (first, n) in groups(features) {
                    let product = Outer::new(
                        [to.len() / features, k, n],
                        Left { elements: left, row: left_row, cols: Every(left_cols) },
                        &factor.x[(first * steps + begin * n) * images..][..n * k],
                        Every(n),
                    )
                    .out_row(features)
                    .start(if add { Start::Sum } else { Start::Zero });
                    outer(product, to.get_mut(first..).unwrap_or_default());
                }
            }
            for to in biases.iter_mut().map(|to| part(to, row, m)).filter(|to| !to.is_empty()) {
                if images == 1 {
                    for step in 0..count {
                        layout::put(&d[(begin + step) * apart + row..][..to.len()], to, add || step > 0);
                    }
                } else {
                    // Including the zeros after each row.
                    reduce::stretches(&gathered[..to.len() * (k + LINE)], to, add);
                }
            }
        }
    }
}

/// A part of a slice, cut off at its end.
fn part(of: &mut [f32], first: usize, len: usize) -> &mut [f32] {
    let end = of.len();
    &mut of[first.min(end)..(first + len).min(end)]
}

/// Packs the columns of a weight into groups.
pub fn pack(weight: &[f32], columns: usize, to: &mut [f32]) {
    let rows = weight.len() / columns;
    for (first, width) in groups(columns) {
        for (from, to) in weight.chunks_exact(columns).zip(to[first * rows..][..width * rows].chunks_exact_mut(width)) {
            to.copy_from_slice(&from[first..][..width]);
        }
    }
}

/// `W^T d` for a step; overwrites `to` or is added. The columns of the product are those of the weight, packed by [`pack`]; `turned` is
/// scratch memory.
pub fn to_state(images: usize, packed: &[f32], hidden: usize, d: &[f32], turned: &mut [f32], to: &mut [f32], add: bool) {
    let k = packed.len() / hidden;
    for (first, width) in groups(hidden) {
        let product =
            Outer::new([images, k, width], Left::columns(d, images), &packed[first * k..][..width * k], Every(width)).out_row(hidden);
        outer(product, &mut turned[first..]);
    }
    layout::transpose(images, hidden, turned, to, add);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn groups_cover_all_columns() {
        for columns in [1, 15, 16, 47, 48, 49, 64, 97, 256] {
            let mut next = 0;
            for (first, width) in groups(columns) {
                assert!(first == next && (1..=COLUMNS).contains(&width), "{columns}: {first} {width}");
                next += width;
            }
            assert_eq!(next, columns);
        }
    }

    /// Images, steps, rows, features of two factors, rows of the second.
    const SIZES: [(usize, usize, usize, [usize; 2], usize); 6] = [
        (1, 3, 5, [2, 7], 5),
        (1, 1030, 130, [3, 17], 40),
        (3, 4, 6, [50, 1], 4),
        (16, 65, 129, [5, 97], 128),
        (17, 61, 257, [48, 64], 130),
        (1100, 2, 3, [4, 49], 3),
    ];

    #[test]
    fn gradients_agree_with_their_definition() {
        for (images, steps, rows, features, fewer) in SIZES {
            let d = numbers(steps * rows * images, 1);
            let inputs = features.map(|features| numbers(steps * features * images, features as u64));
            let [x, y] = [0, 1].map(|at| {
                let mut turned = vec![9.0; inputs[at].len()];
                for (step, x) in inputs[at].chunks_exact(features[at] * images).enumerate() {
                    turn(images, step, steps, Some(x), features[at], &mut turned);
                }
                turned
            });
            let old = [numbers(rows * features[0], 3), numbers(fewer * features[1], 4), numbers(rows, 5), numbers(fewer, 6)];
            for add in [false, true] {
                let mut all = old.clone();
                let [a, b, c, e] = &mut all;
                let mut factors = [Factor { x: &x, features: features[0], to: a }, Factor { x: &y, features: features[1], to: b }];
                let mut room = vec![9.0; gathered(images, steps)];
                product(Terms { images, steps, apart: rows, d: &d }, &mut factors, &mut [c, e], &mut room, add);
                let d = |step: usize, row: usize, image: usize| f64::from(d[(step * rows + row) * images + image]);
                let sum = |row: usize, x: &dyn Fn(usize, usize) -> f32| -> f64 {
                    (0..steps).flat_map(|t| (0..images).map(move |i| (t, i))).map(|(t, i)| d(t, row, i) * f64::from(x(t, i))).sum()
                };
                for (which, (all, old)) in all.iter().zip(&old).enumerate() {
                    let columns = if which < 2 { features[which] } else { 1 };
                    let wanted = |at: usize| {
                        let (row, column) = (at / columns, at % columns);
                        let x = |t: usize, i: usize| if which < 2 { inputs[which][(t * columns + column) * images + i] } else { 1.0 };
                        (sum(row, &x) + if add { f64::from(old[at]) } else { 0.0 }) as f32
                    };
                    close(all, &(0..all.len()).map(wanted).collect::<Vec<_>>(), 1e-5);
                }
            }
        }
    }

    #[test]
    fn gradients_of_a_state_agree_with_their_definition() {
        for (images, rows, hidden) in [(1, 5, 3), (3, 20, 17), (16, 1030, 50), (18, 64, 97)] {
            let (weight, d, old) = (numbers(rows * hidden, 1), numbers(rows * images, 2), numbers(hidden * images, 3));
            let mut packed = vec![9.0; weight.len()];
            pack(&weight, hidden, &mut packed);
            for add in [false, true] {
                let (mut turned, mut to) = (vec![9.0; old.len()], old.clone());
                to_state(images, &packed, hidden, &d, &mut turned, &mut to, add);
                let wanted = |at: usize| {
                    let (column, image) = (at / images, at % images);
                    let sum: f64 = (0..rows).map(|row| f64::from(weight[row * hidden + column]) * f64::from(d[row * images + image])).sum();
                    (sum + if add { f64::from(old[at]) } else { 0.0 }) as f32
                };
                close(&to, &(0..old.len()).map(wanted).collect::<Vec<_>>(), 1e-5);
            }
        }
    }
}
