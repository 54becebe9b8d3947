//! Products of positions and packed weights: 1x1 convolutions, convolutions by the definition, and `Linear` over positions.
//!
//! `y[position][channel] = sum over terms of x[position][term] w[term][channel]`. A tile is some adjacent positions times a panel of vectors of
//! output channels; each term is one load for each vector, and one broadcast for each position. The terms of a position are segments of adjacent
//! numbers: for a convolution the lines of its window, so there is no matrix of windows.

use std::mem::MaybeUninit;

use pulp::{MemMask, Simd, WithSimd};

use super::{
    Tail,
    pack::Panels,
    team::{self, Shared},
};
use crate::kernels::{cache, simd::arch};

/// The arguments of [`product`]. There are `images * lines` lines of `columns` positions; positions of the result are adjacent, `out_row` apart.
#[derive(Clone, Copy)]
pub struct Product<'a> {
    /// The images, the lines of an image, and the positions of a line.
    pub positions: [usize; 3],
    /// The distances of images, lines and positions in `x`.
    pub steps: [usize; 3],
    /// The input.
    pub x: &'a [f32],
    /// Where the segments of the first position begin.
    pub segments: &'a [usize],
    /// The number of terms of a segment.
    pub len: usize,
    /// The division of the output channels.
    pub panels: Panels,
    /// The weights, as [`Panels::pack`] writes them.
    pub weight: &'a [f32],
    /// For each output channel, with those that fill up the last vector, the initial value of its sums.
    pub bias: &'a [f32],
    /// The distance of two positions in the result.
    pub out_row: usize,
    /// The first output channel in a row of the result.
    pub out_first: usize,
    /// What is done to the sums.
    pub tail: Tail<'a>,
}

/// The largest number of positions of a tile.
fn tallest<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 9 } else { 6 }
}

/// The number of positions of a line if all are at one distance.
const LINE: usize = 63;

/// See [`Product`].
///
/// # Panics
/// Panics if a slice is too short for the sizes.
pub fn product(p: Product, y: &mut [f32]) {
    run_on(p, y, false);
}

/// [`product`] on the calling thread.
///
/// # Panics
/// As [`product`].
pub fn product_alone(p: Product, y: &mut [f32]) {
    run_on(p, y, true);
}

fn run_on(mut p: Product, y: &mut [f32], alone: bool) {
    let [images, lines, columns] = p.positions;
    if images * lines * columns == 0 || p.panels.outputs == 0 {
        return;
    }
    let total = images * lines * columns;
    // Positions at one distance need not be in lines of the image.
    let even = (lines == 1 || p.steps[1] == columns * p.steps[2]) && (images == 1 || p.steps[0] == lines * columns * p.steps[2]);
    if even {
        p.positions = [1, total.div_ceil(LINE), LINE];
        p.steps = [0, LINE * p.steps[2], p.steps[2]];
    }
    check(&p, total, y.len());
    if alone {
        let (lines, panels, y) = (0..p.positions[0] * p.positions[1], 0..p.panels.count, Shared::new(y));
        return arch().dispatch(Part { p: &p, lines, panels, total, y });
    }
    let count = p.positions[0] * p.positions[1];
    let [by_lines, by_panels] = division(&p, count, total);
    let y = Shared::new(y);
    team::each(by_lines * by_panels, |part| {
        let lines = team::share(count, by_lines, part / by_panels);
        let panels = team::share(p.panels.count, by_panels, part % by_panels);
        arch().dispatch(Part { p: &p, lines, panels, total, y });
    });
}

/// All bounds that the tiles rely on.
fn check(p: &Product, total: usize, len: usize) {
    let terms = p.segments.len() * p.len;
    // The last position is that of number `total - 1`, as the last line may be shorter.
    let [_, lines, columns] = p.positions;
    let last = total - 1;
    let last = [last / (lines * columns), last / columns % lines, last % columns];
    let furthest = |at: [usize; 3]| {
        let steps = at.iter().zip(&p.steps).try_fold(0usize, |sum, (&at, &step)| sum.checked_add(at.checked_mul(step)?));
        let segment = p.segments.iter().copied().max().unwrap_or(0);
        steps.and_then(|at| at.checked_add(segment)?.checked_add(p.len))
    };
    // Of the other lines, the furthest position is the last of the line before.
    let before = [last[0], last[1].saturating_sub(1), columns - 1];
    let whole = total > columns && last[2] + 1 < columns;
    let ends = [Some(last), whole.then_some(before)];
    assert!(terms == 0 || ends.into_iter().flatten().all(|at| furthest(at).is_some_and(|end| end <= p.x.len())), "input too short");
    assert!(p.weight.len() >= terms * p.panels.padded(), "weights too short");
    assert!(p.bias.len() >= p.panels.padded(), "bias too short");
    let end = (total - 1).checked_mul(p.out_row).and_then(|row| row.checked_add(p.out_first)?.checked_add(p.panels.outputs));
    assert!(end.is_some_and(|end| end <= len), "result too short");
    assert!(p.out_first + p.panels.outputs <= p.out_row, "rows of the result do not overlap");
    assert!(p.tail.residual.is_none_or(|residual| residual.len() == len), "a residual has the size of the result");
}

/// The number of parts by lines and by panels. Each part reads the weights of its panels and the input of its lines: of all divisions into enough
/// parts, with input that stays in a level-2 cache, that which reads least.
fn division(p: &Product, lines: usize, total: usize) -> [usize; 2] {
    let terms = p.segments.len() * p.len;
    let (weights, input) = (terms * p.panels.padded(), total * p.steps[2].min(terms));
    let wanted = team::parts(total.saturating_mul(weights));
    let fits = (input * size_of::<f32>()).div_ceil(cache::level2() / 4);
    let mut best = ([1, 1], f64::INFINITY);
    for by_panels in 1..=wanted.min(p.panels.count) {
        let by_lines = wanted.div_ceil(by_panels).max(fits).min(lines);
        let reads = by_lines as f64 * weights as f64 + by_panels as f64 * input as f64;
        let missing = wanted as f64 / (by_lines * by_panels) as f64;
        let cost = reads * missing.max(1.0);
        if cost < best.1 {
            best = ([by_lines, by_panels], cost);
        }
    }
    best.0
}

struct Part<'a, 'b> {
    p: &'a Product<'b>,
    lines: std::ops::Range<usize>,
    panels: std::ops::Range<usize>,
    total: usize,
    y: Shared<'a>,
}

impl WithSimd for Part<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Part { p, lines, panels, total, y } = self;
        assert_eq!(S::F32_LANES, p.panels.lanes, "packed for these vectors");
        let terms = p.segments.len() * p.len;
        let [_, per_image, columns] = p.positions;
        let width = |line: usize| columns.min(total - line * columns);
        // Weights that stay in a level-2 cache are read again for each line, so that the result is written, and a residual read, line by line.
        let weights = (p.panels.first(panels.end) - p.panels.first(panels.start)) * S::F32_LANES * terms * size_of::<f32>();
        let by_lines = weights <= cache::level2() / 4;
        let [lines_here, panels_here] = [lines.len(), panels.len()];
        // One loop: its body is large, and must not be compiled twice.
        for at in 0..lines_here * panels_here {
            let [line, panel] = if by_lines { [at / panels_here, at % panels_here] } else { [at % lines_here, at / lines_here] };
            let (line, panel) = (lines.start + line, panels.start + panel);
            let [first, last] = [panel, panel + 1].map(|panel| p.panels.first(panel));
            let lanes = (p.panels.outputs - (last - 1) * S::F32_LANES).min(S::F32_LANES);
            let from = (line / per_image) * p.steps[0] + (line % per_image) * p.steps[1];
            let count = width(line);
            let tiles = count.div_ceil(tallest::<S>());
            let all = tiles * lines.len();
            for tile in 0..tiles {
                let [column, end] = [tile, tile + 1].map(|tile| tile * count / tiles);
                let out = (line * columns + column) * p.out_row + p.out_first + first * S::F32_LANES;
                // The weights of the next panel come from memory while this one is used, a part of them in each tile.
                let ahead =
                    last * S::F32_LANES * terms + (tiles * (line - lines.start) + tile) * ((last - first) * S::F32_LANES * terms) / all;
                let tile = Tile {
                    x: p.x.as_ptr().wrapping_add(from + column * p.steps[2]),
                    weight: p.weight.as_ptr().wrapping_add(first * S::F32_LANES * terms),
                    ahead: p.weight.as_ptr().wrapping_add(ahead),
                    step: ((last - first) * S::F32_LANES / all).max(1),
                    bias: p.bias.as_ptr().wrapping_add(first * S::F32_LANES),
                    residual: p.tail.residual.map(|residual| residual.as_ptr().wrapping_add(out)),
                    out: y.at(out),
                    mask: (lanes < S::F32_LANES).then(|| MemMask::new(simd.mask_between_m32s(0, lanes as u32).mask())),
                };
                // SAFETY: `check` has seen that all positions, panels and terms are inside the slices; and each element of the result belongs
                // to one line and one panel, so to one part.
                unsafe { tile_of(simd, p, tile, end - column, last - first) };
            }
        }
        let Some(function) = p.tail.function else { return };
        let first = p.panels.first(panels.start) * S::F32_LANES;
        let end = (p.panels.first(panels.end) * S::F32_LANES).min(p.panels.outputs);
        for line in lines {
            if end - first == p.out_row {
                // SAFETY: the lines of this part, of which it has all channels.
                function.forward(unsafe { y.part(line * columns * p.out_row, width(line) * p.out_row) });
                continue;
            }
            for column in 0..width(line) {
                // SAFETY: the channels of this part, at a position of one of its lines.
                function.forward(unsafe { y.part((line * columns + column) * p.out_row + p.out_first + first, end - first) });
            }
        }
    }
}

/// Where a tile reads and writes. The mask is that of the last vector, if it is not whole.
struct Tile<M> {
    x: *const f32,
    weight: *const f32,
    /// What is fetched meanwhile, and how much of it for each term.
    ahead: *const f32,
    step: usize,
    bias: *const f32,
    residual: Option<*const f32>,
    out: *mut f32,
    mask: Option<MemMask<M>>,
}

/// Selects the compiled tile for a number of positions and of vectors.
///
/// # Safety
/// The same as for [`run`].
#[inline(always)]
unsafe fn tile_of<S: Simd>(simd: S, p: &Product, tile: Tile<S::m32s>, height: usize, vectors: usize) {
    macro_rules! pick {
        ($([$($rows:literal)*] $vectors:literal)*) => {
            match (height, vectors) {
                $($(
                    // SAFETY: handed on to the caller.
                    ($rows, $vectors) => unsafe { run::<S, $rows, $vectors>(simd, p, tile) },
                )*)*
                _ => unreachable!("a tile is not larger than the registers"),
            }
        };
    }
    if S::REGISTER_COUNT >= 32 {
        pick!([1 2 3 4 5 6 7 8 9] 1 [1 2 3 4 5 6 7 8 9] 2 [1 2 3 4 5 6 7 8 9] 3)
    } else {
        pick!([1 2 3 4 5 6] 1 [1 2 3 4 5 6] 2)
    }
}

/// One tile: `M` positions and `N` vectors of output channels.
///
/// # Safety
/// All terms of `M` positions from `tile.x` on, the weights of `N` vectors for all terms, `N` vectors of the bias, and `M` rows of `N` vectors of
/// the residual and of the result must be inside their slices; and no other thread may use these elements of the result.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "loops over small arrays, which have to become one piece of code")]
unsafe fn run<S: Simd, const M: usize, const N: usize>(simd: S, p: &Product, tile: Tile<S::m32s>) {
    let mut sums = [[simd.splat_f32s(0.0); N]; M];
    for j in 0..N {
        // SAFETY: vector `j` of the bias.
        let bias = unsafe { tile.bias.wrapping_add(j * S::F32_LANES).cast::<S::f32s>().read_unaligned() };
        for sums in &mut sums {
            sums[j] = bias;
        }
    }
    for i in 0..M {
        for j in 0..N {
            let at = i * p.out_row + j * S::F32_LANES;
            prefetch(tile.out.wrapping_add(at));
            if let Some(residual) = tile.residual {
                prefetch(residual.wrapping_add(at));
            }
        }
    }
    let (mut weight, mut ahead) = (tile.weight, tile.ahead);
    for &segment in p.segments {
        let x = tile.x.wrapping_add(segment);
        for term in 0..p.len {
            let mut factors = [simd.splat_f32s(0.0); N];
            for (j, factor) in factors.iter_mut().enumerate() {
                // SAFETY: vector `j` of this term.
                *factor = unsafe { weight.wrapping_add(j * S::F32_LANES).cast::<S::f32s>().read_unaligned() };
            }
            weight = weight.wrapping_add(N * S::F32_LANES);
            prefetch(ahead);
            ahead = ahead.wrapping_add(tile.step);
            for (i, sums) in sums.iter_mut().enumerate() {
                // SAFETY: this term of position `i`.
                let x = simd.splat_f32s(unsafe { *x.wrapping_add(i * p.steps[2] + term) });
                for (sum, &factor) in sums.iter_mut().zip(&factors) {
                    *sum = simd.mul_add_e_f32s(x, factor, *sum);
                }
            }
        }
    }
    // The rest is a loop that is not unrolled, over a copy: if it were over the sums, these would not stay in registers.
    let mut done = [[MaybeUninit::<S::f32s>::uninit(); N]; M];
    for i in 0..M {
        for j in 0..N {
            done[i][j].write(sums[i][j]);
        }
    }
    for (i, done) in done.iter().enumerate() {
        for (j, done) in done.iter().enumerate() {
            // SAFETY: the loop above has written all of them.
            let mut sum = unsafe { done.assume_init() };
            let at = i * p.out_row + j * S::F32_LANES;
            let mask = tile.mask.filter(|_| j + 1 == N);
            if let Some(residual) = tile.residual {
                // SAFETY: vector `j` of position `i`, as far as its channels exist.
                sum = simd.add_f32s(sum, unsafe { load(simd, residual.wrapping_add(at), mask) });
            }
            if let Some(limits) = p.tail.limits {
                sum = within(simd, sum, limits);
            }
            // SAFETY: as above.
            unsafe { store(simd, sum, tile.out.wrapping_add(at), mask) };
        }
    }
}

/// The nearest number between two limits; NaN stays.
#[inline(always)]
pub fn within<S: Simd>(simd: S, x: S::f32s, [least, most]: [f32; 2]) -> S::f32s {
    let (least, most) = (simd.splat_f32s(least), simd.splat_f32s(most));
    let x = simd.select_f32s(simd.less_than_f32s(x, least), least, x);
    simd.select_f32s(simd.less_than_f32s(most, x), most, x)
}

/// Asks for a cache line. It need not exist.
#[inline(always)]
pub fn prefetch(at: *const f32) {
    // Miri does not know it.
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch of any address is only a hint, and every processor of this kind has the instruction.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = at;
}

/// Loads a vector, or the lanes of it that are in the mask.
///
/// # Safety
/// The lanes must be readable.
#[inline(always)]
pub unsafe fn load<S: Simd>(simd: S, from: *const f32, mask: Option<MemMask<S::m32s>>) -> S::f32s {
    match mask {
        // SAFETY: the caller's.
        Some(mask) => unsafe { simd.mask_load_ptr_f32s(mask, from) },
        // SAFETY: the caller's.
        None => unsafe { from.cast::<S::f32s>().read_unaligned() },
    }
}

/// Stores a vector, or the lanes of it that are in the mask.
///
/// # Safety
/// The lanes must be writable.
#[inline(always)]
pub unsafe fn store<S: Simd>(simd: S, value: S::f32s, to: *mut f32, mask: Option<MemMask<S::m32s>>) {
    match mask {
        // SAFETY: the caller's.
        Some(mask) => unsafe { simd.mask_store_ptr_f32s(mask, to, value) },
        // SAFETY: the caller's.
        None => unsafe { to.cast::<S::f32s>().write_unaligned(value) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layers of ResNet-50 on one image.
    #[test]
    fn all_threads_have_work_on_one_image() {
        let layers =
            [([1, 112, 112], 147, 64), ([1, 56, 56], 64, 256), ([1, 14, 14], 1024, 256), ([1, 7, 7], 512, 2048), ([1, 7, 7], 4608, 512)];
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for (positions, terms, outputs) in layers {
                let panels = Panels::new(outputs);
                let (x, tail) = (&[][..], Tail::default());
                let steps = [0, positions[2] * terms, terms];
                let p = Product {
                    positions,
                    steps,
                    x,
                    segments: &[0],
                    len: terms,
                    panels,
                    weight: x,
                    bias: x,
                    out_row: outputs,
                    out_first: 0,
                    tail,
                };
                let [by_lines, by_panels] = pool.install(|| division(&p, positions[1], positions.iter().product()));
                assert!(by_lines <= positions[1] && by_panels <= panels.count);
                // With one thread there may be several parts too, each with an input that stays in cache.
                assert!(threads == 1 || by_lines * by_panels >= threads, "{positions:?} on {threads} threads: {by_lines} x {by_panels}");
            }
        }
    }
}
