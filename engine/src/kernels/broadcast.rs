//! Values that are repeated along some axes of a result, PyTorch's broadcasting.

use super::{join::Operator, simd::vectorized};

/// The maximum number of axes.
const MOST: usize = layercake_ir::MAX_RANK;

/// Where the elements of a result are found in an operand.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The axes of the result, neighbors of one kind as one.
    axes: Vec<Axis>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    size: usize,
    /// Whether the operand has one element along it.
    repeats: bool,
}

/// Consecutive elements of the result: a run of the operand, a number of times.
struct Run {
    /// The position in the result.
    to: usize,
    /// The position in the operand.
    from: usize,
    /// The length of the run.
    len: usize,
    /// The number of times.
    times: usize,
}

impl Spread {
    /// The spread of an operand of these sizes over a result of as many axes.
    pub fn new(operand: &[usize], result: &[usize]) -> Self {
        let mut axes: Vec<Axis> = Vec::new();
        for (&own, &size) in operand.iter().zip(result).filter(|(_, size)| **size > 1) {
            let repeats = own != size;
            match axes.last_mut() {
                Some(last) if last.repeats == repeats => last.size *= size,
                _ => axes.push(Axis { size, repeats }),
            }
        }
        Self { axes }
    }

    /// Whether nothing is repeated.
    pub fn is_whole(&self) -> bool {
        self.axes.iter().all(|axis| !axis.repeats)
    }

    /// Calls `work` for the runs of a lane, in the order of the result.
    #[inline(always)]
    fn runs(&self, images: usize, mut work: impl FnMut(Run)) {
        let (outer, len, times) = match self.axes.split_last() {
            Some((last, outer)) if last.repeats => (outer, images, last.size),
            Some((last, outer)) => (outer, last.size * images, 1),
            None => (&[][..], images, 1),
        };
        // The distance in the operand between neighbors of each axis.
        let (mut steps, mut next) = ([0; MOST], len);
        for axis in (0..outer.len()).rev().filter(|&axis| !outer[axis].repeats) {
            steps[axis] = next;
            next *= outer[axis].size;
        }
        let (mut at, mut from, mut to) = ([0; MOST], 0, 0);
        for _ in 0..outer.iter().map(|axis| axis.size).product() {
            work(Run { to, from, len, times });
            to += len * times;
            for axis in (0..outer.len()).rev() {
                at[axis] += 1;
                from += steps[axis];
                if at[axis] < outer[axis].size {
                    break;
                }
                from -= at[axis] * steps[axis];
                at[axis] = 0;
            }
        }
    }
}

/// `y = x`, repeated.
///
/// # Panics
/// Panics, here and below, if a slice is too short for the sizes.
pub fn expand(spread: &Spread, images: usize, x: &[f32], y: &mut [f32]) {
    spread.runs(images, |run| {
        let x = &x[run.from..run.from + run.len];
        y[run.to..run.to + run.len * run.times].chunks_exact_mut(run.len).for_each(|y| y.copy_from_slice(x));
    });
}

/// A call with the operator as the last argument.
macro_rules! with_operator {
    ($operator:expr, $work:ident($($argument:expr),*)) => {
        match $operator {
            Operator::Add => $work($($argument,)* #[inline(always)] |a, x| a + x),
            Operator::Sub => $work($($argument,)* #[inline(always)] |a, x| a - x),
            Operator::Mul => $work($($argument,)* #[inline(always)] |a, x| a * x),
            Operator::Div => $work($($argument,)* #[inline(always)] |a, x| a / x),
            Operator::Max => $work($($argument,)* greater),
            Operator::Min => $work($($argument,)* smaller),
        }
    };
}

/// `y = a op x`, where `a` has the result's shape.
pub fn join(operator: Operator, spread: &Spread, images: usize, a: &[f32], x: &[f32], y: &mut [f32]) {
    with_operator!(operator, pairs(spread, images, a, x, y));
}

/// `y = y op x`
pub fn fold(operator: Operator, spread: &Spread, images: usize, x: &[f32], y: &mut [f32]) {
    with_operator!(operator, onto(spread, images, x, y));
}

/// Sets `to`, of the operand's shape, to the sums of the elements of `full` that it is repeated to, or adds them.
pub fn sum(spread: &Spread, images: usize, full: &[f32], to: &mut [f32], add: bool) {
    if !add {
        to.fill(0.0);
    }
    vectorized(
        #[inline(always)]
        || {
            spread.runs(
                images,
                #[inline(always)]
                |run| {
                    let (full, to) = (&full[run.to..run.to + run.len * run.times], &mut to[run.from..run.from + run.len]);
                    if let [to] = to {
                        *to += total(full);
                        return;
                    }
                    for full in full.chunks_exact(run.len) {
                        to.iter_mut().zip(full).for_each(|(to, x)| *to += x);
                    }
                },
            );
        },
    );
}

/// The sum of adjacent elements, in eight sums that do not wait for each other.
#[inline(always)]
fn total(x: &[f32]) -> f32 {
    let (eights, rest) = x.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for x in eights {
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

#[inline(always)]
fn pairs(spread: &Spread, images: usize, a: &[f32], x: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    vectorized(
        #[inline(always)]
        || {
            spread.runs(
                images,
                #[inline(always)]
                |run| {
                    let whole = run.to..run.to + run.len * run.times;
                    let (a, x, y) = (&a[whole.clone()], &x[run.from..run.from + run.len], &mut y[whole]);
                    if let [x] = *x {
                        y.iter_mut().zip(a).for_each(|(y, &a)| *y = f(a, x));
                        return;
                    }
                    for (y, a) in y.chunks_exact_mut(run.len).zip(a.chunks_exact(run.len)) {
                        y.iter_mut().zip(a).zip(x).for_each(|((y, &a), &x)| *y = f(a, x));
                    }
                },
            );
        },
    );
}

#[inline(always)]
fn onto(spread: &Spread, images: usize, x: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    vectorized(
        #[inline(always)]
        || {
            spread.runs(
                images,
                #[inline(always)]
                |run| {
                    let (x, y) = (&x[run.from..run.from + run.len], &mut y[run.to..run.to + run.len * run.times]);
                    if let [x] = *x {
                        y.iter_mut().for_each(|y| *y = f(*y, x));
                        return;
                    }
                    for y in y.chunks_exact_mut(run.len) {
                        y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(*y, x));
                    }
                },
            );
        },
    );
}

/// The maximum; NaN if either is.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// The minimum; NaN if either is.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if b < a || b.is_nan() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    /// The position in an operand of an element of the result, image included.
    fn source(to: usize, images: usize, operand: &[usize], result: &[usize]) -> usize {
        let (mut rest, mut from, mut step) = (to / images, 0, 1);
        for (own, size) in operand.iter().zip(result).rev() {
            from += if own == size { rest % size * step } else { 0 };
            step *= own;
            rest /= size;
        }
        from * images + to % images
    }

    const SHAPES: [([usize; 4], [usize; 4]); 9] = [
        ([3, 1, 1, 1], [3, 4, 5, 1]),
        ([1, 4, 5, 1], [3, 4, 5, 1]),
        ([3, 1, 5, 2], [3, 4, 5, 2]),
        ([1, 4, 1, 2], [3, 4, 5, 2]),
        ([1, 1, 1, 1], [2, 3, 2, 5]),
        ([2, 3, 2, 5], [2, 3, 2, 5]),
        ([1, 3, 1, 5], [2, 3, 2, 5]),
        ([2, 1, 2, 1], [2, 3, 2, 5]),
        ([1, 1, 1, 1], [1, 1, 1, 1]),
    ];

    #[test]
    fn agree_with_their_definitions() {
        type Definition = fn(f32, f32) -> f32;
        let operators: [(Operator, Definition); 6] = [
            (Operator::Add, |a, b| a + b),
            (Operator::Sub, |a, b| a - b),
            (Operator::Mul, |a, b| a * b),
            (Operator::Div, |a, b| a / b),
            (Operator::Max, f32::max),
            (Operator::Min, f32::min),
        ];
        for (operand, result) in SHAPES {
            for images in [1, 3, 16] {
                let len = |shape: &[usize]| shape.iter().product::<usize>() * images;
                let (spread, x, a) = (Spread::new(&operand, &result), numbers(len(&operand), 1), numbers(len(&result), 2));
                let at = |to: usize| source(to, images, &operand, &result);
                let mut y = vec![f32::NAN; a.len()];
                expand(&spread, images, &x, &mut y);
                assert_eq!(y, (0..a.len()).map(|to| x[at(to)]).collect::<Vec<_>>(), "{operand:?} in {result:?}");
                for (operator, definition) in operators {
                    let wanted: Vec<f32> = (0..a.len()).map(|to| definition(a[to], x[at(to)])).collect();
                    let mut y = vec![f32::NAN; a.len()];
                    join(operator, &spread, images, &a, &x, &mut y);
                    assert_eq!(y, wanted, "{operator:?} of {operand:?} in {result:?}");
                    let mut y = a.clone();
                    fold(operator, &spread, images, &x, &mut y);
                    assert_eq!(y, wanted, "{operator:?} of {operand:?} in {result:?}");
                }
                let mut wanted = vec![0.0; x.len()];
                (0..a.len()).for_each(|to| wanted[at(to)] += a[to]);
                let mut sums = vec![9.0; x.len()];
                sum(&spread, images, &a, &mut sums, false);
                close(&sums, &wanted, 1e-5);
                sum(&spread, images, &a, &mut sums, true);
                close(&sums, &wanted.iter().map(|x| 2.0 * x).collect::<Vec<_>>(), 1e-5);
            }
        }
    }

    #[test]
    fn maxima_and_minima_keep_nan() {
        let spread = Spread::new(&[1], &[3]);
        for operator in [Operator::Max, Operator::Min] {
            let mut y = [1.0, f32::NAN, 2.0];
            fold(operator, &spread, 1, &[0.0], &mut y);
            assert!(y[1].is_nan() && !y[0].is_nan());
            fold(operator, &spread, 1, &[f32::NAN], &mut y);
            assert!(y.iter().all(|y| y.is_nan()));
        }
    }
}
